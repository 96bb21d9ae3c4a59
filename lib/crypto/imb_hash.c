/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/imb.h"

#include <assert.h>

#include "base/secret.h"
#include "crypto/sha256.h"

#define SHA256_BLOCK 64

void
mst_imb_init_hash(struct mst_imb *imb)
{
	for (unsigned i = 0; i < MST_LANES; i++)
		imb->hash[i] = (IMB_JOB){
			.auth_tag_output_len_in_bytes = sizeof(mst_b32),
			.cipher_mode = IMB_CIPHER_NULL,
			.cipher_direction = IMB_DIR_ENCRYPT,
			.hash_alg = IMB_AUTH_HMAC_SHA_256,
			.chain_order = IMB_ORDER_HASH_CIPHER,
		};
}

void
mst_imb_hmac_key(struct mst_crypto *engine, mst_lanes live, const uint8_t *key, size_t stride,
	size_t key_size, struct mst_hmac_cols *prepared)
{
	struct mst_imb *imb = mst_imb_of(engine);
	uint8_t inner[SHA256_BLOCK], outer[SHA256_BLOCK];

	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	mst_for_lanes(i, live) {
		for (size_t o = 0; o < key_size; o++) {
			inner[o] = key[i * stride + o] ^ 0x36;
			outer[o] = key[i * stride + o] ^ 0x5c;
		}
		IMB_SHA256_ONE_BLOCK(imb->mgr, inner, prepared->inner[i]);
		IMB_SHA256_ONE_BLOCK(imb->mgr, outer, prepared->outer[i]);
	}
	mst_wipe(inner, sizeof(inner));
	mst_wipe(outer, sizeof(outer));
}

/* Ends an HMAC hash: one block of `text` (NULL: none) and the padding for `bits` in all. */
static void
last_block(uint32_t state[8], const uint32_t *text, uint16_t bits)
{
	uint8_t block[SHA256_BLOCK] = {0};

	for (unsigned w = 0; text != NULL && w < 8; w++)
		mst_put_be32(block + 4 * w, text[w]);
	block[text != NULL ? sizeof(mst_b32) : 0] = 0x80;
	mst_put_be16(block + SHA256_BLOCK - 2, bits);
	mst_sha256_compress(state, block);
	mst_wipe(block, sizeof(block));
}

/* The HMAC of no octets: 1.3 has no such job, it leaves the manager's lanes in disorder. */
static void
hmac_empty(mst_lanes live, const struct mst_hmac_cols *prepared, mst_b32 *mac)
{
	uint32_t inner[8], outer[8];

	mst_for_lanes(i, live) {
		memcpy(inner, prepared->inner[i], sizeof(inner));
		memcpy(outer, prepared->outer[i], sizeof(outer));
		last_block(inner, NULL, 8 * SHA256_BLOCK);
		last_block(outer, inner, 8 * (SHA256_BLOCK + sizeof(mst_b32)));
		for (unsigned w = 0; w < 8; w++)
			mst_put_be32(mac[i] + 4 * w, outer[w]);
	}
	mst_wipe(inner, sizeof(inner));
	mst_wipe(outer, sizeof(outer));
}

void
mst_imb_hmac(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac)
{
	struct mst_imb *imb = mst_imb_of(engine);
	unsigned n = 0;
	uint32_t done;

	if (size == 0) {
		hmac_empty(live, prepared, mac);
		return;
	}
	mst_for_lanes(i, live) {
		IMB_JOB *job = &imb->hash[n++];

		job->src = message[i];
		job->msg_len_to_hash_in_bytes = size;
		job->auth_tag_output = mac[i];
		job->u.HMAC._hashed_auth_key_xor_ipad = (const uint8_t *)prepared->inner[i];
		job->u.HMAC._hashed_auth_key_xor_opad = (const uint8_t *)prepared->outer[i];
	}
	done = IMB_SUBMIT_HASH_BURST_NOCHECK(imb->mgr, imb->hash, n, IMB_AUTH_HMAC_SHA_256);
	assert(done == n);
	(void)done;
}

void
mst_imb_sha1_16(struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20])
{
	mst_for_lanes(i, live)
		IMB_SHA1(mst_imb_of(engine)->mgr, in[i], sizeof(in[i]), digest[i]);
}
