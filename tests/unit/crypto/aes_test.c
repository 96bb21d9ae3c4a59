/* SPDX-License-Identifier: BSD-3-Clause */
#include "engines.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/err.h"
#include "base/text.h"

/* OpenSSL's view: one ECB block under `key`. */
static void
evp_block(int encrypt, const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	static EVP_CIPHER_CTX *ctx;
	int n;

	if (ctx == NULL)
		ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_CipherInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL, encrypt), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_CipherUpdate(ctx, out, &n, in, 16), 1);
	assert_int_equal(n, 16);
}

struct aes_vector {
	const char *key, *plain, *cipher;
};

/* FIPS 197 Appendix B and C.1; SP 800-38A F.1.1. */
static const struct aes_vector aes_vectors[] = {
	{"2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
		"3925841d02dc09fbdc118597196a0b32"},
	{"000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
		"69c4e0d86a7b0430d8cdb78070b4c55a"},
	{"2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
		"3ad77bb40d7a3660a89ecaf32466ef97"},
	{"2b7e151628aed2a6abf7158809cf4f3c", "ae2d8a571e03ac9c9eb76fac45af8e51",
		"f5d3d58503b9699de785895a96fdbaaf"},
};
#define AES_VECTORS (sizeof(aes_vectors) / sizeof(aes_vectors[0]))

static void
check_vectors(struct mst_crypto *engine, struct test_rng *rng)
{
	mst_b16 key[MST_LANES], plain[MST_LANES], cipher[MST_LANES], out[MST_LANES];
	struct mst_aes_key expanded;

	(void)rng;
	for (unsigned i = 0; i < MST_LANES; i++) {
		const struct aes_vector *v = &aes_vectors[i % AES_VECTORS];

		assert_int_equal(mst_hex_decode(v->key, 32, key[i], 16), 0);
		assert_int_equal(mst_hex_decode(v->plain, 32, plain[i], 16), 0);
		assert_int_equal(mst_hex_decode(v->cipher, 32, cipher[i], 16), 0);
	}
	mst_aes_burst(engine, ~(mst_lanes)0, key, plain, out);
	assert_memory_equal(out, cipher, sizeof(out));
	for (unsigned i = 0; i < AES_VECTORS; i++) {
		mst_aes_key_init(engine, key[i], &expanded);
		mst_aes_encrypt_burst(engine, MST_LANE(i), &expanded, plain, out);
		assert_memory_equal(out[i], cipher[i], 16);
		mst_aes_decrypt_burst(engine, MST_LANE(i), &expanded, cipher, out);
		assert_memory_equal(out[i], plain[i], 16);
	}
}

static void
check_one_block(struct mst_crypto *engine, struct test_rng *rng)
{
	mst_b16 key[MST_LANES], in[MST_LANES], out[MST_LANES], want;

	for (unsigned round = 0; round < 500; round++) {
		mst_lanes live = rng_lanes(rng);
		unsigned in_place = rng_below(rng, 2);

		rng_fill(rng, key, sizeof(key));
		rng_fill(rng, in, sizeof(in));
		memset(out, DEAD, sizeof(out));
		if (in_place)
			mst_for_lanes(i, live)
				memcpy(out[i], in[i], 16);
		mst_aes_burst(engine, live, key, in_place ? out : in, out);
		mst_for_lanes(i, live) {
			evp_block(1, key[i], in[i], want);
			assert_memory_equal(out[i], want, 16);
		}
		mst_for_lanes(i, ~live)
			assert_dead(out[i], 16);
	}
}

static void
check_one_key(struct mst_crypto *engine, struct test_rng *rng)
{
	mst_b16 key, in[MST_LANES], out[MST_LANES], want;
	struct mst_aes_key expanded;

	for (unsigned round = 0; round < 200; round++) {
		mst_lanes live = rng_lanes(rng);

		rng_fill(rng, key, sizeof(key));
		rng_fill(rng, in, sizeof(in));
		memset(out, DEAD, sizeof(out));
		mst_aes_key_init(engine, key, &expanded);
		mst_aes_encrypt_burst(engine, live, &expanded, in, out);
		mst_for_lanes(i, live) {
			evp_block(1, key, in[i], want);
			assert_memory_equal(out[i], want, 16);
		}
		mst_for_lanes(i, ~live)
			assert_dead(out[i], 16);
		mst_aes_decrypt_burst(engine, live, &expanded, out, out);
		mst_for_lanes(i, live)
			assert_memory_equal(out[i], in[i], 16);
		mst_for_lanes(i, ~live)
			assert_dead(out[i], 16);
	}
}

/* Rotates 128 bits to the left by whole octets. */
static void
rotate(const uint8_t *in, unsigned octets, uint8_t *out)
{
	for (unsigned o = 0; o < 16; o++)
		out[o] = in[(o + octets) % 16];
}

/* OUT(j + 1) of TS 35.206 section 4.1, block by block. */
static void
fan_reference(const struct mst_aes_fan *fan, unsigned i, unsigned j, uint8_t *out)
{
	static const uint8_t turn[] = {8, 0, 4, 8, 12}, constant[] = {0, 1, 2, 4, 8};
	mst_b16 block, temp, rotated;

	for (unsigned o = 0; o < 16; o++)
		block[o] = fan->rand[i][o] ^ fan->opc[i][o];
	evp_block(1, fan->key[i], block, temp);
	for (unsigned o = 0; o < 16; o++)
		block[o] = (j == 0 ? fan->in1[i][o] : temp[o]) ^ fan->opc[i][o];
	rotate(block, turn[j], rotated);
	rotated[15] ^= constant[j];
	for (unsigned o = 0; j == 0 && o < 16; o++)
		rotated[o] ^= temp[o];
	evp_block(1, fan->key[i], rotated, out);
	for (unsigned o = 0; o < 16; o++)
		out[o] ^= fan->opc[i][o];
}

static void
check_fan(struct mst_crypto *engine, struct test_rng *rng)
{
	mst_b16 key[MST_LANES], opc[MST_LANES], rand[MST_LANES], in1[MST_LANES];
	mst_b16 out[MST_FAN_BLOCKS][MST_LANES], want;

	for (unsigned round = 0; round < 200; round++) {
		struct mst_aes_fan fan = {key, opc, rand, in1, {0}};
		mst_lanes live = rng_lanes(rng);
		unsigned wanted = round % (1 << MST_FAN_BLOCKS);

		rng_fill(rng, key, sizeof(key));
		rng_fill(rng, opc, sizeof(opc));
		rng_fill(rng, rand, sizeof(rand));
		rng_fill(rng, in1, sizeof(in1));
		memset(out, DEAD, sizeof(out));
		for (unsigned j = 0; j < MST_FAN_BLOCKS; j++)
			fan.out[j] = wanted >> j & 1 ? out[j] : NULL;
		if (fan.out[0] == NULL)
			fan.in1 = NULL;
		mst_aes_fan_burst(engine, live, &fan);
		for (unsigned j = 0; j < MST_FAN_BLOCKS; j++) {
			mst_lanes written = fan.out[j] != NULL ? live : 0;

			mst_for_lanes(i, written) {
				fan_reference(&fan, i, j, want);
				assert_memory_equal(out[j][i], want, 16);
			}
			mst_for_lanes(i, ~written)
				assert_dead(out[j][i], 16);
		}
	}
}

static void
check_sha1(struct mst_crypto *engine, struct test_rng *rng)
{
	uint8_t digest[MST_LANES][20], want[20];
	mst_b16 in[MST_LANES];

	for (unsigned round = 0; round < 100; round++) {
		mst_lanes live = rng_lanes(rng);

		rng_fill(rng, in, sizeof(in));
		memset(digest, DEAD, sizeof(digest));
		mst_sha1_16_burst(engine, live, in, digest);
		mst_for_lanes(i, live) {
			SHA1(in[i], 16, want);
			assert_memory_equal(digest[i], want, 20);
		}
		mst_for_lanes(i, ~live)
			assert_dead(digest[i], 20);
	}
}

/* A key expanded by one backend serves all others. */
static void
check_expansion(struct mst_crypto *engine, struct test_rng *rng)
{
	struct mst_aes_key own, other;
	struct mst_crypto *best;
	mst_b16 key;

	assert_int_equal(mst_crypto_create(&best, NULL), 0);
	for (unsigned round = 0; round < 50; round++) {
		rng_fill(rng, key, sizeof(key));
		mst_aes_key_init(engine, key, &own);
		mst_aes_key_init(best, key, &other);
		assert_memory_equal(&own, &other, sizeof(own));
	}
	mst_crypto_destroy(best);
}

static void
expanded_keys_are_interchangeable(void **state)
{
	(void)state;
	on_every_engine(check_expansion);
}

static void
published_vectors(void **state)
{
	(void)state;
	on_every_engine(check_vectors);
}

static void
one_block_agrees_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_one_block);
}

static void
one_key_agrees_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_one_key);
}

static void
fan_agrees_with_single_blocks(void **state)
{
	(void)state;
	on_every_engine(check_fan);
}

static void
sha1_agrees_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_sha1);
}

static void
backends_are_named_and_usable(void **state)
{
	struct mst_crypto *engine;

	(void)state;
	assert_non_null(mst_crypto_backend(0));
	assert_null(mst_crypto_backend(100));
	assert_int_equal(mst_crypto_create(&engine, "imb-mmx"), -MST_E_UNSUPPORTED);
	assert_int_equal(mst_crypto_create(&engine, NULL), 0);
	assert_string_equal(mst_crypto_name(engine), mst_crypto_backend(0));
	mst_crypto_destroy(engine);
	mst_crypto_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backends_are_named_and_usable),
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(one_block_agrees_with_openssl),
		cmocka_unit_test(one_key_agrees_with_openssl),
		cmocka_unit_test(expanded_keys_are_interchangeable),
		cmocka_unit_test(fan_agrees_with_single_blocks),
		cmocka_unit_test(sha1_agrees_with_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
