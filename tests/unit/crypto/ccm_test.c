/* SPDX-License-Identifier: BSD-3-Clause */
#include "engines.h"

#include <openssl/evp.h>

#include "base/text.h"
#include "ccm_vectors.h"

#define TEXT_MAX 2039 /* an opened in_size is at most 2047 */
#define AAD_MAX  255
#define GUARD    16

struct ccm_lanes {
	struct mst_ccm_cols ops;
	uint8_t aad[MST_LANES][AAD_MAX];
	uint8_t in[MST_LANES][TEXT_MAX + MST_CCM_TAG];
	uint8_t out[MST_LANES][TEXT_MAX + MST_CCM_TAG + GUARD];
	uint8_t sealed[MST_LANES][TEXT_MAX + MST_CCM_TAG];
};

static struct ccm_lanes lanes;

static void
evp_seal(const struct mst_ccm_cols *ops, unsigned i, const uint8_t *text, uint8_t *sealed)
{
	static EVP_CIPHER_CTX *ctx;
	int n, size = ops->in_size[i];

	if (ctx == NULL)
		ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL), 1);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, MST_CCM_NONCE, NULL);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, MST_CCM_TAG, NULL);
	assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, ops->key[i], ops->nonce[i]), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, NULL, size), 1);
	if (ops->aad_size[i] != 0)
		assert_int_equal(
			EVP_EncryptUpdate(ctx, NULL, &n, ops->aad[i], ops->aad_size[i]), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, sealed, &n, text, size), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, sealed + n, &n), 1);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, MST_CCM_TAG, sealed + size);
}

/* Sizes around the block edges of AAD (with its two octets of length) and text, or any. */
static uint16_t
any_aad_size(struct test_rng *rng)
{
	static const uint16_t edges[] = {0, 1, 13, 14, 15, 30, 31, 46, 47, 255};

	return rng_below(rng, 2) ? edges[rng_below(rng, 10)]
				 : (uint16_t)rng_below(rng, AAD_MAX + 1);
}

static uint16_t
any_text_size(struct test_rng *rng)
{
	static const uint16_t edges[] = {0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, TEXT_MAX};

	switch (rng_below(rng, 8)) {
	case 0:
		return (uint16_t)rng_below(rng, TEXT_MAX + 1);
	case 1:
	case 2:
	case 3:
		return edges[rng_below(rng, 13)];
	default:
		return (uint16_t)rng_below(rng, 100);
	}
}

static void
fill(struct test_rng *rng, struct ccm_lanes *l)
{
	unsigned turn = rng_below(rng, MST_LANES), uniform = rng_below(rng, 3) == 0;
	uint16_t text_size = any_text_size(rng), aad_size = any_aad_size(rng);

	rng_fill(rng, l->ops.key, sizeof(l->ops.key));
	rng_fill(rng, l->ops.nonce, sizeof(l->ops.nonce));
	memset(l->out, DEAD, sizeof(l->out));
	for (unsigned i = 0; i < MST_LANES; i++) {
		unsigned row = (i * 29 + turn) % MST_LANES;

		l->ops.aad_size[i] = uniform ? aad_size : any_aad_size(rng);
		l->ops.in_size[i] = uniform ? text_size : any_text_size(rng);
		l->ops.aad[i] = l->ops.aad_size[i] != 0 ? l->aad[row] : NULL;
		l->ops.in[i] = l->in[row];
		l->ops.out[i] = l->out[row];
		rng_fill(rng, l->aad[row], l->ops.aad_size[i]);
		rng_fill(rng, l->in[row], l->ops.in_size[i]);
	}
}

static void
check_seal(struct mst_crypto *engine, struct test_rng *rng)
{
	for (unsigned round = 0; round < 150; round++) {
		struct ccm_lanes *l = &lanes;
		mst_lanes live = rng_lanes(rng);

		fill(rng, l);
		mst_for_lanes(i, live) {
			evp_seal(&l->ops, i, l->ops.in[i], l->sealed[i]);
			if (round % 2) {
				memcpy(l->ops.out[i], l->ops.in[i], l->ops.in_size[i]);
				l->ops.in[i] = l->ops.out[i];
			}
		}
		mst_ccm_seal_burst(engine, live, &l->ops);
		mst_for_lanes(i, live) {
			size_t size = l->ops.in_size[i] + MST_CCM_TAG;

			assert_memory_equal(l->ops.out[i], l->sealed[i], size);
			assert_dead(l->ops.out[i] + size, GUARD);
		}
		mst_for_lanes(i, ~live)
			assert_dead(l->ops.out[i], sizeof(l->out[0]));
	}
}

/* Spoils one octet of ciphertext, tag, AAD, nonce or key; returns whether there was one. */
static bool
spoil(struct test_rng *rng, struct ccm_lanes *l, unsigned i)
{
	uint8_t *p;
	unsigned n;

	switch (rng_below(rng, 5)) {
	case 0:
		p = l->sealed[i];
		n = l->ops.in_size[i];
		break;
	case 1:
		p = l->sealed[i] + l->ops.in_size[i] - MST_CCM_TAG;
		n = MST_CCM_TAG;
		break;
	case 2:
		p = (uint8_t *)(uintptr_t)l->ops.aad[i];
		n = l->ops.aad_size[i];
		break;
	case 3:
		p = l->ops.nonce[i];
		n = MST_CCM_NONCE;
		break;
	default:
		p = l->ops.key[i];
		n = sizeof(l->ops.key[i]);
	}
	if (n == 0)
		return false;
	p[rng_below(rng, n)] ^= (uint8_t)(1 << rng_below(rng, 8));
	return true;
}

static void
check_opened(const struct ccm_lanes *l, const uint8_t *const *text, unsigned i, bool good)
{
	uint16_t size = l->ops.in_size[i];
	static const uint8_t zero[TEXT_MAX];

	if (size < MST_CCM_TAG)
		assert_dead(l->ops.out[i], sizeof(l->out[0]));
	else
		assert_memory_equal(l->ops.out[i], good ? text[i] : zero, size - MST_CCM_TAG);
}

static void
check_open(struct mst_crypto *engine, struct test_rng *rng)
{
	for (unsigned round = 0; round < 150; round++) {
		mst_lanes live = rng_lanes(rng), bad = 0, good,
			  wrong = rng_next(rng) & rng_next(rng);
		const uint8_t *text[MST_LANES];
		struct ccm_lanes *l = &lanes;

		fill(rng, l);
		for (unsigned i = 0; i < MST_LANES; i++) {
			evp_seal(&l->ops, i, l->ops.in[i], l->sealed[i]);
			text[i] = l->ops.in[i];
			l->ops.in[i] = l->sealed[i];
			l->ops.in_size[i] += MST_CCM_TAG;
			if (wrong & MST_LANE(i) && rng_below(rng, 8) == 0) {
				l->ops.in_size[i] = (uint16_t)rng_below(rng, MST_CCM_TAG);
				bad |= MST_LANE(i);
			} else if (wrong & MST_LANE(i) && spoil(rng, l, i)) {
				bad |= MST_LANE(i);
			}
			if (round % 2 && live & MST_LANE(i) && l->ops.in_size[i] >= MST_CCM_TAG) {
				memcpy(l->ops.out[i], l->sealed[i], l->ops.in_size[i]);
				l->ops.in[i] = l->ops.out[i];
			}
		}
		good = mst_ccm_open_burst(engine, live, &l->ops);
		assert_true(good == (live & ~bad));
		mst_for_lanes(i, live)
			check_opened(l, text, i, good & MST_LANE(i));
		mst_for_lanes(i, ~live)
			assert_dead(l->ops.out[i], sizeof(l->out[0]));
	}
}

#define VTT128_SIZE  24
#define VTT128_COUNT (sizeof(vtt128) / sizeof(vtt128[0]))

static void
check_vtt128(struct mst_crypto *engine, struct test_rng *rng)
{
	struct ccm_lanes *l = &lanes;

	(void)rng;
	for (unsigned i = 0; i < MST_LANES; i++) {
		const struct vtt128 *v = &vtt128[i % VTT128_COUNT];

		mst_hex_decode(VTT128_KEY, 32, l->ops.key[i], 16);
		mst_hex_decode(VTT128_NONCE, 26, l->ops.nonce[i], 13);
		mst_hex_decode(v->aad, 64, l->aad[i], 32);
		mst_hex_decode(v->payload, 48, l->in[i], VTT128_SIZE);
		mst_hex_decode(v->sealed, 64, l->sealed[i], VTT128_SIZE + MST_CCM_TAG);
		l->ops.aad[i] = l->aad[i];
		l->ops.aad_size[i] = 32;
		l->ops.in[i] = l->in[i];
		l->ops.in_size[i] = VTT128_SIZE;
		l->ops.out[i] = l->out[i];
	}
	mst_ccm_seal_burst(engine, ~(mst_lanes)0, &l->ops);
	for (unsigned i = 0; i < MST_LANES; i++) {
		assert_memory_equal(l->out[i], l->sealed[i], VTT128_SIZE + MST_CCM_TAG);
		l->ops.in[i] = l->sealed[i];
		l->ops.in_size[i] += MST_CCM_TAG;
	}
	assert_true(mst_ccm_open_burst(engine, ~(mst_lanes)0, &l->ops) == ~(mst_lanes)0);
	for (unsigned i = 0; i < MST_LANES; i++)
		assert_memory_equal(l->out[i], l->in[i], VTT128_SIZE);
}

/* One message of each size, its AAD, text and output each ending where a page does. */
static void
check_bounds(struct mst_crypto *engine, struct test_rng *rng)
{
	struct guarded aad = guarded_map(), in = guarded_map(), out = guarded_map();
	struct mst_ccm_cols *ops = &lanes.ops;
	uint8_t sealed[400 + MST_CCM_TAG];
	const unsigned lane = 63;

	rng_fill(rng, ops->key, sizeof(ops->key));
	rng_fill(rng, ops->nonce, sizeof(ops->nonce));
	rng_fill(rng, aad.start, GUARDED_SIZE);
	rng_fill(rng, in.start, GUARDED_SIZE);
	for (uint16_t size = 0; size <= 400; size++) {
		uint16_t whole = size + MST_CCM_TAG, aad_size = size % (AAD_MAX + 1);

		ops->aad[lane] = aad.end - aad_size;
		ops->aad_size[lane] = aad_size;
		ops->in[lane] = in.end - size;
		ops->in_size[lane] = size;
		ops->out[lane] = out.end - whole;
		evp_seal(ops, lane, ops->in[lane], sealed);
		mst_ccm_seal_burst(engine, MST_LANE(lane), ops);
		assert_memory_equal(ops->out[lane], sealed, whole);
		ops->in[lane] = out.end - whole;
		ops->in_size[lane] = whole;
		ops->out[lane] = out.end - whole;
		assert_true(mst_ccm_open_burst(engine, MST_LANE(lane), ops) == MST_LANE(lane));
		assert_memory_equal(ops->out[lane], in.end - size, size);
	}
	guarded_unmap(&aad);
	guarded_unmap(&in);
	guarded_unmap(&out);
}

static void
nothing_beyond_a_message_is_touched(void **state)
{
	(void)state;
	on_every_engine(check_bounds);
}

static void
cavp_vectors(void **state)
{
	(void)state;
	on_every_engine(check_vtt128);
}

static void
seal_agrees_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_seal);
}

static void
open_takes_right_tags_alone(void **state)
{
	(void)state;
	on_every_engine(check_open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cavp_vectors),
		cmocka_unit_test(seal_agrees_with_openssl),
		cmocka_unit_test(open_takes_right_tags_alone),
		cmocka_unit_test(nothing_beyond_a_message_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
