/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-CCM through the library's own CCM jobs. These take at most 46 octets of AAD and no empty
 * text; such rare lanes go one by one through CBC (the MAC) and CTR.
 */
#include "crypto/imb.h"

#include <assert.h>

#include "base/secret.h"

#define CCM_AAD_MAX 46

/* The lanes that the library's CCM takes; text_size[i] is without the tag. */
static mst_lanes
fit_lanes(mst_lanes live, const struct mst_ccm_cols *ops, const uint16_t *text_size)
{
	mst_for_lanes(i, live)
		if (ops->aad_size[i] > CCM_AAD_MAX || text_size[i] == 0)
			live &= ~MST_LANE(i);
	return live;
}

static void
fill_job(IMB_JOB *job, struct mst_imb *imb, const struct mst_ccm_cols *ops, unsigned i,
	uint16_t text_size, IMB_CIPHER_DIRECTION dir)
{
	job->enc_keys = imb->key[i];
	job->dec_keys = imb->key[i];
	job->key_len_in_bytes = IMB_KEY_128_BYTES;
	job->src = ops->in[i];
	job->dst = ops->out[i];
	job->cipher_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = text_size;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = text_size;
	job->iv = ops->nonce[i];
	job->iv_len_in_bytes = MST_CCM_NONCE;
	job->auth_tag_output = imb->block_out[i];
	job->auth_tag_output_len_in_bytes = MST_CCM_TAG;
	job->u.CCM.aad = ops->aad[i];
	job->u.CCM.aad_len_in_bytes = ops->aad_size[i];
	job->cipher_mode = IMB_CIPHER_CCM;
	job->cipher_direction = dir;
	job->hash_alg = IMB_AUTH_AES_CCM;
	job->chain_order = dir == IMB_DIR_ENCRYPT ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
}

/* Leaves the tags in imb->block_out[]. */
static void
run_jobs(struct mst_imb *imb, mst_lanes live, const struct mst_ccm_cols *ops,
	const uint16_t *text_size, IMB_CIPHER_DIRECTION dir)
{
	IMB_JOB *job[MST_LANES];
	unsigned want = mst_lanes_count(live), n = 0;
	uint32_t done;

	if (want == 0)
		return;
	done = IMB_GET_NEXT_BURST(imb->mgr, want, job);
	assert(done == want);
	mst_for_lanes(i, live)
		fill_job(job[n++], imb, ops, i, text_size[i], dir);
	done = IMB_SUBMIT_BURST_NOCHECK(imb->mgr, want, job);
	while (done < want)
		done += IMB_FLUSH_BURST(imb->mgr, want - done, job);
}

static void
cipher_one(struct mst_imb *imb, unsigned lane, IMB_CIPHER_MODE mode, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out)
{
	IMB_JOB job = imb->cipher[0];
	uint32_t done;

	job.enc_keys = imb->key[lane];
	job.dec_keys = imb->key[lane];
	job.iv = iv;
	job.src = in;
	job.dst = out;
	job.msg_len_to_cipher_in_bytes = size;
	job.cipher_mode = mode;
	done = IMB_SUBMIT_CIPHER_BURST_NOCHECK(
		imb->mgr, &job, 1, mode, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
	assert(done == 1);
	(void)done;
}

/* imb->block_out[lane] = the CBC-MAC of B_0, AAD and text (RFC 3610 section 2.2). */
static void
mac_one(struct mst_imb *imb, unsigned lane, const struct mst_ccm_cols *ops, const uint8_t *text,
	uint16_t text_size)
{
	uint16_t aad_size = ops->aad_size[lane];
	uint8_t *p = imb->text;
	size_t size = MST_AES_BLOCK;

	memset(p, 0, sizeof(imb->text));
	p[0] = (aad_size != 0 ? 0x40 : 0) | (MST_CCM_TAG - 2) / 2 << 3 | 1;
	memcpy(p + 1, ops->nonce[lane], MST_CCM_NONCE);
	mst_put_be16(p + 14, text_size);
	if (aad_size != 0) {
		mst_put_be16(p + size, aad_size);
		memcpy(p + size + 2, ops->aad[lane], aad_size);
		size += (2u + aad_size + MST_AES_BLOCK - 1) & ~(MST_AES_BLOCK - 1u);
	}
	if (text_size != 0)
		memcpy(p + size, text, text_size);
	size += (text_size + MST_AES_BLOCK - 1u) & ~(MST_AES_BLOCK - 1u);
	cipher_one(imb, lane, IMB_CIPHER_CBC, imb->zero_iv, p, size, p);
	memcpy(imb->block_out[lane], p + size - MST_AES_BLOCK, MST_AES_BLOCK);
	mst_wipe(p, size);
}

/* Like run_jobs() for a single lane without the library's limits. */
static void
run_one(struct mst_imb *imb, unsigned lane, const struct mst_ccm_cols *ops, uint16_t text_size,
	IMB_CIPHER_DIRECTION dir)
{
	mst_b16 counter = {1}, s0;

	memcpy(counter + 1, ops->nonce[lane], MST_CCM_NONCE);
	cipher_one(imb, lane, IMB_CIPHER_CBC, imb->zero_iv, counter, sizeof(counter), s0);
	counter[15] = 1;
	if (dir == IMB_DIR_ENCRYPT)
		mac_one(imb, lane, ops, ops->in[lane], text_size);
	if (text_size != 0)
		cipher_one(imb, lane, IMB_CIPHER_CNTR, counter, ops->in[lane], text_size,
			ops->out[lane]);
	if (dir == IMB_DIR_DECRYPT)
		mac_one(imb, lane, ops, ops->out[lane], text_size);
	for (unsigned o = 0; o < MST_CCM_TAG; o++)
		imb->block_out[lane][o] ^= s0[o];
	mst_wipe(s0, sizeof(s0));
}

static void
run(struct mst_imb *imb, mst_lanes live, const struct mst_ccm_cols *ops, const uint16_t *text_size,
	IMB_CIPHER_DIRECTION dir)
{
	mst_lanes fit = fit_lanes(live, ops, text_size);

	mst_imb_expand(imb, live, ops->key);
	run_jobs(imb, fit, ops, text_size, dir);
	mst_for_lanes(i, live & ~fit)
		run_one(imb, i, ops, text_size[i], dir);
}

void
mst_imb_seal(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)
{
	struct mst_imb *imb = mst_imb_of(engine);

	run(imb, live, ops, ops->in_size, IMB_DIR_ENCRYPT);
	mst_for_lanes(i, live)
		memcpy(ops->out[i] + ops->in_size[i], imb->block_out[i], MST_CCM_TAG);
	mst_imb_wipe(imb, live);
}

mst_lanes
mst_imb_open(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)
{
	struct mst_imb *imb = mst_imb_of(engine);
	uint16_t text_size[MST_LANES] = {0};
	mst_lanes good = live;

	mst_for_lanes(i, live)
		text_size[i] = ops->in_size[i] - MST_CCM_TAG;
	run(imb, live, ops, text_size, IMB_DIR_DECRYPT);
	mst_for_lanes(i, live) {
		if (mst_equal_ct(imb->block_out[i], ops->in[i] + text_size[i], MST_CCM_TAG))
			continue;
		good &= ~MST_LANE(i);
		mst_wipe(ops->out[i], text_size[i]);
	}
	mst_imb_wipe(imb, live);
	return good;
}
