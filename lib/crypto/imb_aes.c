/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/imb.h"

#include <assert.h>

#include "base/secret.h"

void
mst_imb_init_aes(struct mst_imb *imb)
{
	for (unsigned i = 0; i < MST_LANES; i++)
		imb->cipher[i] = (IMB_JOB){
			.enc_keys = imb->key[i],
			.dec_keys = imb->key[i],
			.key_len_in_bytes = IMB_KEY_128_BYTES,
			.msg_len_to_cipher_in_bytes = MST_AES_BLOCK,
			.iv = imb->zero_iv,
			.iv_len_in_bytes = MST_AES_BLOCK,
			.cipher_mode = IMB_CIPHER_CBC,
			.cipher_direction = IMB_DIR_ENCRYPT,
			.hash_alg = IMB_AUTH_NULL,
			.chain_order = IMB_ORDER_CIPHER_HASH,
		};
}

void
mst_imb_expand(struct mst_imb *imb, mst_lanes live, const mst_b16 *key)
{
	mst_for_lanes(i, live)
		IMB_AES_KEYEXP_128(imb->mgr, key[i], imb->key[i], imb->unused_key);
	mst_wipe(imb->unused_key, sizeof(imb->unused_key));
}

void
mst_imb_wipe(struct mst_imb *imb, mst_lanes live)
{
	mst_for_lanes(i, live) {
		mst_wipe(imb->key[i], sizeof(imb->key[i]));
		mst_wipe(imb->block[i], sizeof(imb->block[i]));
		mst_wipe(imb->block_out[i], sizeof(imb->block_out[i]));
	}
}

/* The first n records of imb->cipher[], their keys, sources and destinations set. */
static void
run_cipher(struct mst_imb *imb, unsigned n, IMB_CIPHER_DIRECTION dir)
{
	uint32_t done = IMB_SUBMIT_CIPHER_BURST_NOCHECK(
		imb->mgr, imb->cipher, n, IMB_CIPHER_CBC, dir, IMB_KEY_128_BYTES);

	assert(done == n);
	(void)done;
}

/* out[i] = one block of in[i] under the expanded imb->key[i]. */
static void
encrypt_expanded(struct mst_imb *imb, mst_lanes live, const mst_b16 *in, mst_b16 *out)
{
	unsigned n = 0;

	mst_for_lanes(i, live) {
		imb->cipher[n].enc_keys = imb->key[i];
		imb->cipher[n].src = in[i];
		imb->cipher[n++].dst = out[i];
	}
	run_cipher(imb, n, IMB_DIR_ENCRYPT);
}

void
mst_imb_aes(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key, const mst_b16 *in,
	mst_b16 *out)
{
	struct mst_imb *imb = mst_imb_of(engine);

	mst_imb_expand(imb, live, key);
	encrypt_expanded(imb, live, in, out);
	mst_imb_wipe(imb, live);
}

static inline uint64_t
load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
store_xor(uint8_t *p, const uint8_t *a, const uint8_t *b)
{
	uint64_t lo = load(a) ^ load(b), hi = load(a + 8) ^ load(b + 8);

	memcpy(p, &lo, sizeof(lo));
	memcpy(p + 8, &hi, sizeof(hi));
}

/* imb->block_out[i] = the input of the AES block whose output is OUT(j + 1); T is in block[i]. */
static void
fan_input(struct mst_imb *imb, mst_lanes live, const struct mst_aes_fan *fan, unsigned j)
{
	static const uint8_t rotation[MST_FAN_BLOCKS] = {8, 0, 4, 8, 12}; /* octets */
	static const uint8_t constant[MST_FAN_BLOCKS] = {0, 1, 2, 4, 8};

	mst_for_lanes(i, live) {
		uint8_t twice[2 * MST_AES_BLOCK];
		uint8_t *to = imb->block_out[i];

		store_xor(twice, j == 0 ? fan->in1[i] : imb->block[i], fan->opc[i]);
		memcpy(twice + MST_AES_BLOCK, twice, MST_AES_BLOCK);
		if (j == 0)
			store_xor(to, twice + rotation[j], imb->block[i]);
		else
			memcpy(to, twice + rotation[j], MST_AES_BLOCK);
		to[MST_AES_BLOCK - 1] ^= constant[j];
	}
}

void
mst_imb_fan(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan)
{
	struct mst_imb *imb = mst_imb_of(engine);

	mst_imb_expand(imb, live, fan->key);
	mst_for_lanes(i, live)
		store_xor(imb->block[i], fan->rand[i], fan->opc[i]);
	encrypt_expanded(imb, live, imb->block, imb->block);
	for (unsigned j = 0; j < MST_FAN_BLOCKS; j++) {
		if (fan->out[j] == NULL)
			continue;
		fan_input(imb, live, fan, j);
		encrypt_expanded(imb, live, imb->block_out, imb->block_out);
		mst_for_lanes(i, live)
			store_xor(fan->out[j][i], imb->block_out[i], fan->opc[i]);
	}
	mst_imb_wipe(imb, live);
}

void
mst_imb_aes_key(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded)
{
	IMB_AES_KEYEXP_128(mst_imb_of(engine)->mgr, key, expanded->encrypt, expanded->decrypt);
}

void
mst_imb_encrypt(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out)
{
	struct mst_imb *imb = mst_imb_of(engine);
	unsigned n = 0;

	mst_for_lanes(i, live) {
		imb->cipher[n].enc_keys = key->encrypt;
		imb->cipher[n].src = in[i];
		imb->cipher[n++].dst = out[i];
	}
	run_cipher(imb, n, IMB_DIR_ENCRYPT);
}

void
mst_imb_decrypt(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out)
{
	struct mst_imb *imb = mst_imb_of(engine);
	unsigned n = 0;

	mst_for_lanes(i, live) {
		imb->cipher[n].dec_keys = key->decrypt;
		imb->cipher[n].src = in[i];
		imb->cipher[n++].dst = out[i];
	}
	run_cipher(imb, n, IMB_DIR_DECRYPT);
}
