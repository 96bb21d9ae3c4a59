/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <openssl/sha.h>

#include "oscore/hkdf.h"
#include "reference.h"

/* RFC 5869 Appendix A, the cases with SHA-256. */
static const struct {
	const char *ikm, *salt, *info, *prk, *okm;
} rows[] = {
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
		"f0f1f2f3f4f5f6f7f8f9",
		"077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8871858"
		"65"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
	 "28292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
		"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828384858687"
		"88898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
		"b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7"
		"d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		"06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
		"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271"
		"cb"
		"41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		"19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96"
		"c8"},
};

static void
vectors_on(struct mst_crypto *crypto)
{
	static struct mst_hmac_cols salt_cols, prk_cols;
	static mst_b32 prk[MST_LANES];
	const mst_lanes live = MST_LANE(0) | MST_LANE(63);

	for (size_t v = 0; v < sizeof(rows) / sizeof(rows[0]); v++) {
		uint8_t ikm[80], salt[80], info[80], want[82], out[2][82] = {0}, prk_want[32];
		const uint8_t *in[MST_LANES] = {[0] = ikm, [63] = ikm};
		const uint8_t *infos[MST_LANES] = {[0] = info, [63] = info};
		uint8_t *okm[MST_LANES] = {[0] = out[0], [63] = out[1]};
		size_t ikm_size = hex(rows[v].ikm, ikm), salt_size = hex(rows[v].salt, salt);
		size_t info_size = hex(rows[v].info, info), okm_size = hex(rows[v].okm, want);

		hex(rows[v].prk, prk_want);
		if (salt_size > 64) { /* as RFC 2104 has it */
			uint8_t digest[32];

			SHA256(salt, salt_size, digest);
			memcpy(salt, digest, salt_size = 32);
		}
		mst_hmac_key_all(crypto, live, salt, salt_size, &salt_cols);
		mst_hkdf_extract_burst(crypto, live, &salt_cols, in, ikm_size, prk);
		assert_memory_equal(prk[0], prk_want, 32);
		assert_memory_equal(prk[63], prk_want, 32);
		mst_hmac_key_burst(crypto, live, (const mst_b32 *)prk, &prk_cols);
		mst_hkdf_expand_burst(crypto, live, &prk_cols, infos, info_size, okm, okm_size);
		assert_memory_equal(out[0], want, okm_size);
		assert_memory_equal(out[1], want, okm_size);
	}
}

static void
vectors(void **state)
{
	(void)state;
	each_engine(vectors_on);
}

/* Random lanes, sizes and holes against OpenSSL; dead rows stay as they were. */
static void
random_on(struct mst_crypto *crypto)
{
	static struct mst_hmac_cols salt_cols, prk_cols;
	static uint8_t ikm[MST_LANES][MST_HKDF_IKM_MAX], info[MST_LANES][MST_HKDF_INFO_MAX];
	static uint8_t out[MST_LANES][200];
	static mst_b32 prk[MST_LANES];
	const uint8_t *in[MST_LANES], *infos[MST_LANES];
	uint8_t *okm[MST_LANES], salt[64], want[200];
	uint64_t seed = 3;

	for (unsigned round = 0; round < 40; round++) {
		mst_lanes live = rnd_lanes(&seed);
		size_t salt_size = rnd(&seed) % 65, ikm_size = rnd(&seed) % (MST_HKDF_IKM_MAX + 1);
		size_t info_size = rnd(&seed) % (MST_HKDF_INFO_MAX + 1);
		size_t okm_size = 1 + rnd(&seed) % sizeof(want);

		rnd_fill(&seed, salt, sizeof(salt));
		rnd_fill(&seed, ikm, sizeof(ikm));
		rnd_fill(&seed, info, sizeof(info));
		memset(out, 0xee, sizeof(out));
		memset(prk, 0xee, sizeof(prk));
		for (unsigned i = 0; i < MST_LANES; i++) {
			in[i] = live & MST_LANE(i) ? ikm[i] : NULL;
			infos[i] = live & MST_LANE(i) ? info[i] : NULL;
			okm[i] = live & MST_LANE(i) ? out[i] : NULL;
		}
		mst_hmac_key_all(crypto, live, salt, salt_size, &salt_cols);
		mst_hkdf_extract_burst(crypto, live, &salt_cols, in, ikm_size, prk);
		mst_hmac_key_burst(crypto, live, (const mst_b32 *)prk, &prk_cols);
		mst_hkdf_expand_burst(crypto, live, &prk_cols, infos, info_size, okm, okm_size);
		for (unsigned i = 0; i < MST_LANES; i++) {
			if (live & MST_LANE(i))
				ref_hkdf(salt, salt_size, ikm[i], ikm_size, info[i], info_size,
					want, okm_size);
			memset(want + (live & MST_LANE(i) ? okm_size : 0), 0xee,
				sizeof(want) - (live & MST_LANE(i) ? okm_size : 0));
			assert_memory_equal(out[i], want, sizeof(want));
		}
	}
}

static void
random_lanes(void **state)
{
	(void)state;
	each_engine(random_on);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(random_lanes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
