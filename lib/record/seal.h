/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of records. Two levels:
 *
 *	key-encryption key (KEK)  32 octets from the operator's file; never in Redis; wraps
 *	data key (DEK)            32 octets, made by each run of a gateway for itself alone; seals
 *
 * A data key is written by one thread, the replicator of the run that made it, under nonces that
 * count up from 1: no nonce comes twice under a key, whatever is lost. It is forgotten with the
 * process; later runs read its records by the wrapped copy in Redis, and never write under it. A
 * KEK wraps data keys only, some a run, under random 96-bit nonces: SP 800-38D section 8.3 allows
 * 2^32 of these. Changing the KEK means wrapping the data keys anew, not the records.
 *
 *	sealed  = data key id (4) || count (8) || ciphertext || tag (16)     nonce = zeros (4) ||
 *count wrapped = nonce (12) || ciphertext (32) || tag (16)
 *
 * Context: the thread that owns the object; create and add allocate.
 */
#ifndef MST_RECORD_SEAL_H
#define MST_RECORD_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/gcm.h"

#define MST_KEK_ID       4
#define MST_DEK_ID       4
#define MST_SEALED(size) (MST_DEK_ID + 8 + (size) + MST_GCM_TAG)
#define MST_WRAPPED      (MST_GCM_NONCE + sizeof(mst_b32) + MST_GCM_TAG)
/** Records under one data key; after that many a new one is due (SP 800-38D allows 2^64 nonces;
 * this keeps the attacker's advantage from the number of blocks below 2^-40). */
#define MST_DEK_RECORDS_MAX (UINT64_C(1) << 40)

/** A data key that seals. Secret. */
struct mst_seal {
	struct mst_gcm *gcm;
	uint32_t id;
	uint64_t count; /* records sealed */
};

/** Returns 0 or the errors of mst_gcm_create(). `id` names the key, unique in a site. */
int mst_seal_init(
	struct mst_seal *seal, const struct mst_gcm *sibling, uint32_t id, const mst_b32 key);
void mst_seal_fini(struct mst_seal *seal);
/** Seals: writes MST_SEALED(size) octets. */
void mst_seal_put(struct mst_seal *seal, const void *aad, size_t aad_size, const void *secret,
	size_t size, uint8_t *out);

/** Data keys that open, by id. */
struct mst_keyring {
	struct mst_keyring_row {
		uint32_t id;
		struct mst_gcm *gcm;
	} * at;
	size_t count, room;
};

/** Adds a data key. Returns 0, -MST_E_EXISTS (an id twice) or those of mst_gcm_create(). */
int mst_keyring_add(struct mst_keyring *keys, uint32_t id, const mst_b32 key);
void mst_keyring_fini(struct mst_keyring *keys);
/**
 * Opens what mst_seal_put() made: `size` octets of secret. Returns 0, -MST_E_RECORD_KEY or
 * -MST_E_RECORD_TAG; then secret is zeroed.
 */
int mst_keyring_open(const struct mst_keyring *keys, const void *aad, size_t aad_size,
	const uint8_t *sealed, void *secret, size_t size);

/** A key-encryption key. Secret. */
struct mst_kek {
	struct mst_gcm *gcm;
	uint8_t id[MST_KEK_ID]; /* from the key, tells keys apart */
};

/** Returns 0 or the errors of mst_gcm_create(). */
int mst_kek_init(struct mst_kek *kek, const mst_b32 key);
void mst_kek_fini(struct mst_kek *kek);
/** Wraps a data key under a random nonce; aad binds it to its name. Writes MST_WRAPPED octets. */
void mst_kek_wrap(struct mst_kek *kek, const uint8_t nonce[MST_GCM_NONCE], const void *aad,
	size_t aad_size, const mst_b32 key, uint8_t *out);
/** Returns whether `wrapped` is of this KEK and name; if not, key is zeroed. */
bool mst_kek_unwrap(
	struct mst_kek *kek, const void *aad, size_t aad_size, const uint8_t *wrapped, mst_b32 key);

#endif
