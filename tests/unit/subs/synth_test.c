/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "subs/synth.h"

static const mst_b16 seed = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88,
	0x09, 0xcf, 0x4f, 0x3c};

static void
encrypt(const mst_b16 key, const mst_b16 in, mst_b16 out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int size;

	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &size, in, 16), 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void
keys_follow_the_header(void **state)
{
	static struct mst_subs_cols cols, other;
	struct mst_crypto *crypto;
	struct mst_synth synth;
	uint64_t number[MST_LANES];
	mst_lanes live = 0xf0f0f0f0f0f0f0ff;

	(void)state;
	assert_int_equal(mst_crypto_create(&crypto, NULL), 0);
	assert_int_equal(mst_synth_init(&synth, "001010000000500", 10000000, seed, 250), 0);
	for (unsigned i = 0; i < MST_LANES; i++)
		number[i] = 9999999 - i * 150000;
	mst_synth_burst(&synth, crypto, live, number, &cols);
	for (unsigned i = 0; i < MST_LANES; i++) {
		mst_b16 in = {0}, k, opc;

		if (!(live & MST_LANE(i))) {
			assert_int_equal(cols.imsi[i], 0);
			continue;
		}
		assert_int_equal(cols.imsi[i], 1010000000500 + number[i]);
		for (int b = 0; b < 8; b++)
			in[14 - b] = (uint8_t)(number[i] >> 8 * b);
		in[15] = 1;
		encrypt(seed, in, k);
		in[15] = 2;
		encrypt(seed, in, opc);
		assert_memory_equal(cols.k[i], k, sizeof(k));
		assert_memory_equal(cols.opc[i], opc, sizeof(opc));
	}
	/* A lane's subscriber does not depend on the lanes beside it. */
	mst_synth_burst(&synth, crypto, MST_LANE(7), number, &other);
	assert_memory_equal(other.k[7], cols.k[7], sizeof(cols.k[7]));
	mst_crypto_destroy(crypto);
}

static void
share_of_gba_u(void **state)
{
	static const uint32_t shares[] = {0, 1, 250, 999, 1000};
	struct mst_synth synth;

	(void)state;
	for (size_t s = 0; s < sizeof(shares) / sizeof(shares[0]); s++) {
		assert_int_equal(
			mst_synth_init(&synth, "001010000000000", 5000, seed, shares[s]), 0);
		for (uint64_t first = 0; first < 4000; first += 333) {
			uint32_t count = 0;

			for (uint64_t i = first; i < first + 1000; i++)
				count += mst_synth_gba_type(&synth, i) == MST_GBA_U;
			assert_int_equal(count, shares[s]);
		}
	}
}

static void
refuses(void **state)
{
	struct mst_synth synth;

	(void)state;
	assert_int_equal(mst_synth_init(&synth, "00101", 1, seed, 0), -MST_E_IDENTITY);
	assert_int_equal(mst_synth_init(&synth, "00101000000000a", 1, seed, 0), -MST_E_IDENTITY);
	assert_int_equal(mst_synth_init(&synth, "001010000000000", 0, seed, 0), -MST_E_ARGUMENT);
	assert_int_equal(mst_synth_init(&synth, "001010000000000", 1, seed, 1001), -MST_E_ARGUMENT);
	assert_int_equal(mst_synth_init(&synth, "999999999999990", 11, seed, 0), -MST_E_ARGUMENT);
	assert_int_equal(mst_synth_init(&synth, "999999999999990", 10, seed, 0), 0);
	assert_int_equal(mst_synth_init(&synth, "999990", 11, seed, 0), -MST_E_ARGUMENT);
	assert_int_equal(mst_synth_init(&synth, "999990", 10, seed, 0), 0);
	assert_int_equal(mst_synth_imsi(&synth, 9), MST_IMSI_CODE_END - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_follow_the_header),
		cmocka_unit_test(share_of_gba_u),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
