/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-256-GCM against published vectors and OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "crypto/gcm.h"

/** McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16. */
static const struct {
	const char *key, *nonce, *aad, *plain, *cipher, *tag;
} vectors[] = {
	{"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
	{"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "00000000000000000000000000000000",
		"cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
	{"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888", "",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
		"b094dac5d93471bdec1a502270e3cc6c"},
	{"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
		"76fc6ece0f4e1768cddf8853bb2d551b"},
};

static size_t
unhex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;

	assert_int_equal(mst_hex_decode(text, 2 * n, out, n), 0);
	return n;
}

static void
published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint8_t key[32], nonce[12], aad[64], plain[64], cipher[64], tag[16], out[64],
			computed[16];
		size_t aad_size, size;
		struct mst_gcm *gcm;

		unhex(vectors[i].key, key);
		unhex(vectors[i].nonce, nonce);
		aad_size = unhex(vectors[i].aad, aad);
		size = unhex(vectors[i].plain, plain);
		unhex(vectors[i].cipher, cipher);
		unhex(vectors[i].tag, tag);
		assert_int_equal(mst_gcm_create(&gcm, NULL, key), 0);
		mst_gcm_seal(gcm, nonce, aad, aad_size, plain, size, out, computed);
		assert_memory_equal(out, cipher, size);
		assert_memory_equal(computed, tag, sizeof(tag));
		assert_true(mst_gcm_open(gcm, nonce, aad, aad_size, cipher, size, tag, out));
		assert_memory_equal(out, plain, size);
		mst_gcm_destroy(gcm);
	}
}

static void
openssl_seal(const uint8_t *key, const uint8_t *nonce, const uint8_t *aad, int aad_size,
	const uint8_t *in, int size, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_size), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, size), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out + n, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag), 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void
agrees_with_openssl(void **state)
{
	uint8_t key[32], nonce[12], aad[200], in[200], ours[200], theirs[200], tag[2][16];

	(void)state;
	srandom(7);
	for (unsigned round = 0; round < 400; round++) {
		int size = (int)(random() % 200), aad_size = (int)(random() % 200);
		struct mst_gcm *gcm;

		for (size_t i = 0; i < sizeof(in); i++) {
			in[i] = (uint8_t)random();
			aad[i] = (uint8_t)random();
			key[i % 32] = (uint8_t)random();
			nonce[i % 12] = (uint8_t)random();
		}
		assert_int_equal(mst_gcm_create(&gcm, NULL, key), 0);
		mst_gcm_seal(gcm, nonce, aad, (size_t)aad_size, in, (size_t)size, ours, tag[0]);
		openssl_seal(key, nonce, aad, aad_size, in, size, theirs, tag[1]);
		assert_memory_equal(ours, theirs, (size_t)size);
		assert_memory_equal(tag[0], tag[1], 16);
		tag[0][random() % 16] ^= (uint8_t)(1 << random() % 8);
		memset(ours, 0xee, sizeof(ours));
		assert_false(mst_gcm_open(
			gcm, nonce, aad, (size_t)aad_size, theirs, (size_t)size, tag[0], ours));
		for (int i = 0; i < size; i++)
			assert_int_equal(ours[i], 0);
		mst_gcm_destroy(gcm);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(agrees_with_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
