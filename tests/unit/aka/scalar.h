/* SPDX-License-Identifier: BSD-3-Clause */
/* Milenage for one subscriber, straight from TS 35.206 section 4.1 with OpenSSL's AES. */
#ifndef MST_TESTS_AKA_SCALAR_H
#define MST_TESTS_AKA_SCALAR_H

#include "../crypto/engines.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "aka/autn.h"

struct scalar {
	mst_b16 ck, ik;
	uint8_t mac_a[8], mac_s[8], res[8], ak[6], ak_s[6];
};

static inline void
scalar_aes(const uint8_t *k, const uint8_t *in, uint8_t *out)
{
	static EVP_CIPHER_CTX *ctx;
	int n;

	if (ctx == NULL)
		ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, k, NULL), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, 16), 1);
}

static inline void
scalar_xor(const uint8_t *a, const uint8_t *b, uint8_t *out)
{
	for (unsigned o = 0; o < 16; o++)
		out[o] = a[o] ^ b[o];
}

/* out = E_K(add ^ rot(in ^ OPc, r) ^ c) ^ OPc; add may be NULL. */
static inline void
scalar_out(const uint8_t *k, const uint8_t *opc, const uint8_t *in, const uint8_t *add, unsigned r,
	uint8_t c, uint8_t *out)
{
	mst_b16 x, y;

	scalar_xor(in, opc, x);
	for (unsigned o = 0; o < 16; o++)
		y[o] = x[(o + r / 8) % 16];
	y[15] ^= c;
	if (add != NULL)
		scalar_xor(y, add, y);
	scalar_aes(k, y, x);
	scalar_xor(x, opc, out);
}

static inline void
scalar_milenage(const uint8_t *k, const uint8_t *opc, const uint8_t *rand, uint64_t sqn,
	uint16_t amf, struct scalar *s)
{
	mst_b16 temp, in1, out;

	scalar_xor(rand, opc, in1);
	scalar_aes(k, in1, temp);
	mst_put_be48(in1, sqn);
	mst_put_be16(in1 + 6, amf);
	memcpy(in1 + 8, in1, 8);
	scalar_out(k, opc, in1, temp, 64, 0, out);
	memcpy(s->mac_a, out, 8);
	memcpy(s->mac_s, out + 8, 8);
	scalar_out(k, opc, temp, NULL, 0, 1, out);
	memcpy(s->ak, out, 6);
	memcpy(s->res, out + 8, 8);
	scalar_out(k, opc, temp, NULL, 32, 2, s->ck);
	scalar_out(k, opc, temp, NULL, 64, 4, s->ik);
	scalar_out(k, opc, temp, NULL, 96, 8, out);
	memcpy(s->ak_s, out, 6);
}

/* Columns of subscribers with what is known about each. */
struct subscribers {
	mst_b16 k[MST_LANES], opc[MST_LANES], rand[MST_LANES];
	uint64_t sqn[MST_LANES];
	uint16_t amf[MST_LANES];
};

static inline struct mst_milenage_in
subscribers_random(struct test_rng *rng, struct subscribers *s)
{
	rng_fill(rng, s, sizeof(*s));
	/* The upper 16 bits of sqn stay random: they must not matter. */
	return (struct mst_milenage_in){s->k, s->opc, s->rand, s->sqn, s->amf};
}

#endif
