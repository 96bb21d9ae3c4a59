/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Batched symmetric cryptography: AES-128, HMAC-SHA-256 and AES-CCM-16-64-128 over up to 64 lanes
 * at once, each lane with a key of its own.
 *
 * An engine (struct mst_crypto) belongs to one thread. It is created for a named backend:
 *
 *	native-avx512  own kernels with VAES and AVX-512, SHA-NI for few lanes
 *	native         own kernels with AES-NI, AVX and SHA-NI
 *	native-sse     the same without AVX
 *	imb-avx512, imb-avx2, imb-sse  Intel IPsec-MB 1.3 through the manager of that name
 *
 * mst_crypto_create() picks the fastest that the CPU has. All backends give the same octets, and
 * keys prepared or expanded by one serve all others.
 *
 *	struct mst_crypto *c;
 *	int err = mst_crypto_create(&c, NULL);
 *	mst_hmac_key_burst(c, live, ks, &prepared);
 *	mst_hmac_burst(c, live, &prepared, message, 55, mac);
 *	mst_crypto_destroy(c);
 *
 * Shapes: every column has MST_LANES rows; rows of dead lanes are neither read nor written. Outputs
 * may be the same column as an input of the same shape. Messages of one call to the HMAC functions
 * have one length, as bursts of equal length keep the lanes full.
 * Timing: no branch and no address depends on a key or on plaintext.
 * Secrets: intermediate values are wiped before a function returns, key columns are the caller's.
 * Context of all functions but create/destroy: owner thread, data path; they neither block nor
 * allocate, and cannot fail.
 */
#ifndef MST_CRYPTO_CRYPTO_H
#define MST_CRYPTO_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lanes.h"

struct mst_crypto;

/**
 * Creates an engine. `backend` is a name from mst_crypto_backend(), or NULL for the best one.
 * Returns 0, -MST_E_UNSUPPORTED (unknown name, or the CPU lacks it) or -MST_E_NO_MEMORY.
 * Context: any thread; allocates. The engine then belongs to the thread that uses it.
 */
int mst_crypto_create(struct mst_crypto **engine, const char *backend);
/** Wipes and frees the engine; NULL is allowed. */
void mst_crypto_destroy(struct mst_crypto *engine);
/** Name of the engine's backend, e.g. "imb-avx2". */
const char *mst_crypto_name(const struct mst_crypto *engine);
/** Name of the index-th backend this CPU can run, best first; NULL past the last. Any thread. */
const char *mst_crypto_backend(unsigned index);

/** out[i] = AES-128 of in[i] under key[i], one block a lane (FIPS 197). */
void mst_aes_burst(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key, const mst_b16 *in,
	mst_b16 *out);

/** Blocks of Milenage after the first (TS 35.206 section 4.1): OUT1..OUT5, in this order. */
#define MST_FAN_BLOCKS 5

/**
 * The five AES blocks of Milenage under one expansion of each lane's key. With T = E_K(rand ^ opc),
 * rot(x, r) the rotation of 128 bits to the left and the last octets c = 0, 1, 2, 4, 8:
 *
 *	out[0] = E_K(T ^ rot(in1 ^ opc, 64)) ^ opc
 *	out[j] = E_K(rot(T ^ opc, r[j]) ^ c[j]) ^ opc     r = 0, 32, 64, 96 for j = 1..4
 *
 * A column out[j] that is NULL is not computed; in1 may be NULL if out[0] is.
 */
struct mst_aes_fan {
	const mst_b16 *key;
	const mst_b16 *opc;
	const mst_b16 *rand;
	const mst_b16 *in1; /* SQN || AMF || SQN || AMF */
	mst_b16 *out[MST_FAN_BLOCKS];
};

void mst_aes_fan_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan);

/** An expanded AES-128 key for both directions. */
struct mst_aes_key {
	_Alignas(16) uint8_t encrypt[11][16];
	_Alignas(16) uint8_t decrypt[11][16];
};

void mst_aes_key_init(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded);
/** One key for all lanes. */
void mst_aes_encrypt_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out);
void mst_aes_decrypt_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out);

/** Keys prepared for HMAC-SHA-256: per lane the SHA-256 state after the inner and outer pad. */
struct mst_hmac_cols {
	_Alignas(64) uint32_t inner[MST_LANES][8];
	_Alignas(64) uint32_t outer[MST_LANES][8];
};

/** Prepares 32-octet keys (RFC 2104): two compressions a lane, shared by all messages of a key. */
void mst_hmac_key_burst(struct mst_crypto *engine, mst_lanes live, const mst_b32 *key,
	struct mst_hmac_cols *prepared);
/** Prepares one key of 0..64 octets for the given lanes. */
void mst_hmac_key_all(struct mst_crypto *engine, mst_lanes live, const uint8_t *key,
	size_t key_size, struct mst_hmac_cols *prepared);
/** mac[i] = HMAC-SHA-256 of the `size` octets at message[i], 0..247, under the prepared key. */
void mst_hmac_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac);

/** digest[i] = SHA-1 of the 16 octets in[i] (FIPS 180-4); GBA_U alone needs it. */
void mst_sha1_16_burst(
	struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20]);

#define MST_CCM_TAG   8
#define MST_CCM_NONCE 13

/** One AES-CCM-16-64-128 operation a lane (RFC 3610, L = 2, M = 8; COSE algorithm 10). */
struct mst_ccm_cols {
	mst_b16 key[MST_LANES];
	uint8_t nonce[MST_LANES][MST_CCM_NONCE];
	const uint8_t *aad[MST_LANES];
	uint16_t aad_size[MST_LANES]; /* 0..255 */
	const uint8_t *in[MST_LANES];
	uint8_t *out[MST_LANES];     /* may equal in[] */
	uint16_t in_size[MST_LANES]; /* 0..2047; open: tag included */
};

/** Encrypts in[] to out[] and appends the tag: in_size + 8 octets are written. */
void mst_ccm_seal_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);
/**
 * Verifies and decrypts; writes in_size - 8 octets. Returns the lanes whose tag is right; out[] of
 * the others is zeroed. A lane with in_size < 8 fails.
 */
mst_lanes mst_ccm_open_burst(
	struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);

#endif
