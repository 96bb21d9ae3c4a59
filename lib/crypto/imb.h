/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: the engine behind the three IPsec-MB backends. IPsec-MB wants expanded keys
 * and job records at stable addresses; the engine holds both, so that no call allocates.
 *
 * Jobs are submitted without the library's checks: their contents come from this unit alone.
 */
#ifndef MST_CRYPTO_IMB_H
#define MST_CRYPTO_IMB_H

#include <intel-ipsec-mb.h>

#include "crypto/backend.h"

#define MST_AES_BLOCK 16
#define MST_CCM_BLOCKS_MAX                                                                         \
	(MST_AES_BLOCK + 2 + 255 + MST_AES_BLOCK - 1 + 2047 + MST_AES_BLOCK -                      \
		1) /* B_0, AAD, text */

struct mst_imb {
	struct mst_crypto base;
	size_t size; /* of the whole object, for the wipe */
	IMB_MGR *mgr;
	IMB_JOB cipher[MST_LANES]; /* one CBC block under key[] and a zero IV */
	IMB_JOB hash[MST_LANES];   /* HMAC-SHA-256 */
	_Alignas(64) uint8_t zero_iv[MST_AES_BLOCK];
	_Alignas(64) uint8_t key[MST_LANES][11 * MST_AES_BLOCK];
	_Alignas(64) uint8_t unused_key[11 * MST_AES_BLOCK]; /* the decrypt schedule */
	_Alignas(64) mst_b16 block[MST_LANES];
	_Alignas(64) mst_b16 block_out[MST_LANES];
	_Alignas(64) uint8_t text[MST_CCM_BLOCKS_MAX]; /* of one lane's long CBC-MAC */
	_Alignas(64) uint8_t manager[];
};

static inline struct mst_imb *
mst_imb_of(struct mst_crypto *engine)
{
	return (struct mst_imb *)engine;
}

void mst_imb_init_aes(struct mst_imb *imb);
void mst_imb_init_hash(struct mst_imb *imb);
/* Expands key[i] into imb->key[i] for the live lanes. */
void mst_imb_expand(struct mst_imb *imb, mst_lanes live, const mst_b16 *key);
/* Forgets the expanded keys and blocks of the live lanes. */
void mst_imb_wipe(struct mst_imb *imb, mst_lanes live);

void mst_imb_aes(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key, const mst_b16 *in,
	mst_b16 *out);
void mst_imb_fan(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan);
void mst_imb_aes_key(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded);
void mst_imb_encrypt(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out);
void mst_imb_decrypt(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out);
void mst_imb_hmac_key(struct mst_crypto *engine, mst_lanes live, const uint8_t *key, size_t stride,
	size_t key_size, struct mst_hmac_cols *prepared);
void mst_imb_hmac(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac);
void mst_imb_sha1_16(
	struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20]);
void mst_imb_seal(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);
mst_lanes mst_imb_open(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);

#endif
