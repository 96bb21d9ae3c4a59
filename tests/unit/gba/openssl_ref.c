/* SPDX-License-Identifier: BSD-3-Clause */
#include "openssl_ref.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

void
ref_aes(const uint8_t *key, const uint8_t *in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, ok;

	ok = EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) && EVP_EncryptUpdate(ctx, out, &n, in, 16);
	assert(ok && n == 16);
	(void)ok;
	EVP_CIPHER_CTX_free(ctx);
}

/* OUT_i = E_K(rot(TEMP ^ OPc, r) ^ c) ^ OPc, r in octets, c in the last octet. */
static void
milenage_out(const uint8_t *k, const uint8_t *opc, const uint8_t *temp, unsigned r, uint8_t c,
	uint8_t *out)
{
	uint8_t in[16];

	for (unsigned i = 0; i < 16; i++)
		in[i] = temp[(i + r) % 16] ^ opc[(i + r) % 16];
	in[15] ^= c;
	ref_aes(k, in, out);
	for (unsigned i = 0; i < 16; i++)
		out[i] ^= opc[i];
}

void
ref_milenage(const uint8_t *k, const uint8_t *op, const uint8_t *rand, const uint8_t *sqn,
	const uint8_t *amf, struct ref_milenage *out)
{
	uint8_t temp[16], in1[16], out1[16], block[16];

	ref_aes(k, op, out->opc);
	for (unsigned i = 0; i < 16; i++)
		out->opc[i] ^= op[i];
	for (unsigned i = 0; i < 16; i++)
		block[i] = rand[i] ^ out->opc[i];
	ref_aes(k, block, temp);

	memcpy(in1, sqn, 6);
	memcpy(in1 + 6, amf, 2);
	memcpy(in1 + 8, in1, 8);
	for (unsigned i = 0; i < 16; i++)
		block[i] = temp[i] ^ in1[(i + 8) % 16] ^ out->opc[(i + 8) % 16];
	ref_aes(k, block, out1);
	for (unsigned i = 0; i < 16; i++)
		out1[i] ^= out->opc[i];
	memcpy(out->mac_a, out1, 8);
	memcpy(out->mac_s, out1 + 8, 8);

	milenage_out(k, out->opc, temp, 0, 1, block);
	memcpy(out->ak, block, 6);
	memcpy(out->res, block + 8, 8);
	milenage_out(k, out->opc, temp, 4, 2, out->ck);
	milenage_out(k, out->opc, temp, 8, 4, out->ik);
	milenage_out(k, out->opc, temp, 12, 8, block);
	memcpy(out->ak_s, block, 6);
}

void
ref_autn(const struct ref_milenage *m, const uint8_t *sqn, const uint8_t *amf, int gba_u,
	uint8_t *autn)
{
	uint8_t hash[SHA_DIGEST_LENGTH];

	SHA1(m->ik, 16, hash);
	for (unsigned i = 0; i < 6; i++)
		autn[i] = sqn[i] ^ m->ak[i];
	memcpy(autn + 6, amf, 2);
	for (unsigned i = 0; i < 8; i++)
		autn[8 + i] = m->mac_a[i] ^ (gba_u ? hash[i] : 0);
}

void
ref_auts(const struct ref_milenage *m, const uint8_t *sqn_ms, uint8_t *auts)
{
	for (unsigned i = 0; i < 6; i++)
		auts[i] = sqn_ms[i] ^ m->ak_s[i];
	memcpy(auts + 6, m->mac_s, 8);
}

static void
hmac(const uint8_t *key, size_t key_size, const uint8_t *data, size_t size, uint8_t *out)
{
	unsigned n = 32;
	const void *done = HMAC(EVP_sha256(), key, (int)key_size, data, size, out, &n);

	assert(done != NULL && n == 32);
	(void)done;
}

size_t
ref_kdf(const struct ref_milenage *m, uint8_t fc, const struct ref_p *p, size_t count, uint8_t *s,
	uint8_t *out)
{
	uint8_t key[32];
	size_t n = 0;

	s[n++] = fc;
	for (size_t i = 0; i < count; i++) {
		assert(n + p[i].size + 2 <= 256);
		memcpy(s + n, p[i].data, p[i].size);
		n += p[i].size;
		s[n++] = (uint8_t)(p[i].size >> 8);
		s[n++] = (uint8_t)p[i].size;
	}
	memcpy(key, m->ck, 16);
	memcpy(key + 16, m->ik, 16);
	hmac(key, sizeof(key), s, n, out);
	return n;
}

/* HKDF-Expand with info = [id, id_context, 10, type, length], one block. */
static void
expand(const uint8_t *prk, const uint8_t *id, size_t id_size, const uint8_t *rand, const char *type,
	uint8_t length, uint8_t *out)
{
	uint8_t info[64], okm[32];
	size_t n = 0;

	info[n++] = 0x85;
	info[n++] = (uint8_t)(0x40 + id_size);
	memcpy(info + n, id, id_size);
	n += id_size;
	info[n++] = 0x50;
	memcpy(info + n, rand, 16);
	n += 16;
	info[n++] = 0x0a;
	info[n++] = (uint8_t)(0x60 + strlen(type));
	memcpy(info + n, type, strlen(type));
	n += strlen(type);
	info[n++] = length;
	info[n++] = 1; /* T(1) */
	hmac(prk, 32, info, n, okm);
	memcpy(out, okm, length);
}

void
ref_oscore(const uint8_t *master_secret, const uint8_t *rand, struct ref_oscore *out)
{
	static const uint8_t server_id = 0x47, no_salt[32];
	uint8_t prk[32];

	hmac(no_salt, sizeof(no_salt), master_secret, 32, prk);
	memcpy(out->client_id, rand, 7);
	expand(prk, out->client_id, 7, rand, "Key", 16, out->client_key);
	expand(prk, &server_id, 1, rand, "Key", 16, out->server_key);
	expand(prk, &server_id, 0, rand, "IV", 13, out->common_iv);
}

/* Puts v into the last n octets of a field. Returns the size of its shortest form. */
static size_t
put_piv(uint8_t *field, uint64_t v)
{
	size_t used = 1;

	for (unsigned i = 0; i < 5; i++) {
		field[4 - i] = (uint8_t)(v >> 8 * i);
		if (field[4 - i] != 0)
			used = i + 1;
	}
	return used;
}

/* Encrypt0 structure with [1, [10], kid, request Partial IV, h'']. */
static size_t
make_aad(const struct ref_oscore *ctx, uint64_t request_piv, uint8_t *aad)
{
	static const uint8_t head[] = {0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0', 0x40};
	uint8_t piv[5], *p = aad + sizeof(head) + 1;
	size_t n = put_piv(piv, request_piv);

	memcpy(aad, head, sizeof(head));
	*p++ = 0x85;
	*p++ = 0x01;
	*p++ = 0x81;
	*p++ = 0x0a;
	*p++ = 0x47;
	memcpy(p, ctx->client_id, 7);
	p += 7;
	*p++ = (uint8_t)(0x40 + n);
	memcpy(p, piv + 5 - n, n);
	p += n;
	*p++ = 0x40;
	aad[sizeof(head)] = (uint8_t)(0x40 + (p - aad - (ptrdiff_t)sizeof(head) - 1));
	return (size_t)(p - aad);
}

int
ref_oscore_open(const struct ref_oscore *ctx, const struct ref_sealed *sealed, uint8_t *plain)
{
	const uint8_t *key = sealed->from_server ? ctx->server_key : ctx->client_key;
	EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
	uint8_t nonce[13] = {0}, aad[64];
	int body = (int)sealed->size - 8, n, ok;
	size_t aad_size = make_aad(ctx, sealed->request_piv, aad);

	nonce[0] = sealed->from_server ? 1 : 7;
	if (sealed->from_server)
		nonce[7] = 0x47;
	else
		memcpy(nonce + 1, ctx->client_id, 7);
	put_piv(nonce + 8, sealed->piv);
	for (unsigned i = 0; i < 13; i++)
		nonce[i] ^= ctx->common_iv[i];
	ok = body >= 0 && EVP_DecryptInit_ex(evp, EVP_aes_128_ccm(), NULL, NULL, NULL) &&
	     EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_IVLEN, 13, NULL) &&
	     EVP_CIPHER_CTX_ctrl(
		     evp, EVP_CTRL_AEAD_SET_TAG, 8, (void *)(uintptr_t)(sealed->data + body)) &&
	     EVP_DecryptInit_ex(evp, NULL, NULL, key, nonce) &&
	     EVP_DecryptUpdate(evp, NULL, &n, NULL, body) &&
	     EVP_DecryptUpdate(evp, NULL, &n, aad, (int)aad_size) &&
	     EVP_DecryptUpdate(evp, plain, &n, sealed->data, body) > 0;
	EVP_CIPHER_CTX_free(evp);
	return ok ? body : -1;
}
