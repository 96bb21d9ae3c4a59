/* SPDX-License-Identifier: BSD-3-Clause */
#include "reference.h"

#include <assert.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

void
ref_hkdf(const uint8_t *salt, size_t salt_size, const uint8_t *ikm, size_t ikm_size,
	const uint8_t *info, size_t info_size, uint8_t *out, size_t out_size)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)ikm, ikm_size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_size),
		OSSL_PARAM_construct_end(),
	};
	int ok = EVP_KDF_derive(ctx, out, out_size, params);

	assert(ok > 0);
	(void)ok;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static size_t
put_bstr(uint8_t *p, struct ref_octets s)
{
	assert(s.size < 24);
	*p = (uint8_t)(0x40 + s.size);
	if (s.size > 0)
		memcpy(p + 1, s.data, s.size);
	return 1 + s.size;
}

void
ref_derive(struct ref_octets salt, struct ref_octets secret, struct ref_octets id,
	struct ref_octets context, const char *type, uint8_t *out, size_t n)
{
	uint8_t info[64], *p = info;

	*p++ = 0x85;
	p += put_bstr(p, id);
	if (context.data != NULL)
		p += put_bstr(p, context);
	else
		*p++ = 0xf6;
	*p++ = 10;
	*p++ = (uint8_t)(0x60 + strlen(type));
	memcpy(p, type, strlen(type));
	p += strlen(type);
	*p++ = (uint8_t)n;
	ref_hkdf(salt.data, salt.size, secret.data, secret.size, info, (size_t)(p - info), out, n);
}

/** Shortest big-endian form, one octet for 0. */
static size_t
put_piv(uint8_t out[5], uint64_t piv)
{
	size_t n = 0;

	for (int shift = 32; shift >= 0; shift -= 8)
		if (n > 0 || piv >> shift != 0 || shift == 0)
			out[n++] = (uint8_t)(piv >> shift);
	return n;
}

void
ref_seal(const uint8_t key[16], const uint8_t iv[13], struct ref_octets nonce_id,
	uint64_t nonce_piv, struct ref_octets request_kid, uint64_t request_piv,
	const uint8_t *plain, size_t n, uint8_t *out)
{
	uint8_t nonce[13] = {0}, piv[5], external[32], *p = external, aad[64], *a = aad;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t piv_size = put_piv(piv, nonce_piv);
	int len, ok;

	nonce[0] = (uint8_t)nonce_id.size;
	if (nonce_id.size > 0)
		memcpy(nonce + 8 - nonce_id.size, nonce_id.data, nonce_id.size);
	memcpy(nonce + 13 - piv_size, piv, piv_size);
	for (int i = 0; i < 13; i++)
		nonce[i] ^= iv[i];

	piv_size = put_piv(piv, request_piv);
	memcpy(p, "\x85\x01\x81\x0a", 4);
	p += 4;
	p += put_bstr(p, request_kid);
	p += put_bstr(p, (struct ref_octets){piv, piv_size});
	*p++ = 0x40;
	memcpy(a,
		"\x83\x68"
		"Encrypt0"
		"\x40",
		11);
	a += 11;
	a += put_bstr(a, (struct ref_octets){external, (size_t)(p - external)});

	ok = EVP_EncryptInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL) > 0 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 13, NULL) > 0 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 8, NULL) > 0 &&
	     EVP_EncryptInit_ex(ctx, NULL, NULL, key, nonce) > 0 &&
	     EVP_EncryptUpdate(ctx, NULL, &len, NULL, (int)n) > 0 &&
	     EVP_EncryptUpdate(ctx, NULL, &len, aad, (int)(a - aad)) > 0 &&
	     EVP_EncryptUpdate(ctx, out, &len, plain, (int)n) > 0 &&
	     EVP_EncryptFinal_ex(ctx, out + n, &len) > 0 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 8, out + n) > 0;
	assert(ok);
	(void)ok;
	EVP_CIPHER_CTX_free(ctx);
}
