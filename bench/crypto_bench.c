/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Primitives on every backend of the engine: Milenage vectors and CCM open and seal of a join
 * beside OpenSSL, key derivations under new keys, whose peers are in kdf_bench.c.
 */
#include <openssl/evp.h>
#include <string.h>

#include "aka/milenage.h"
#include "crypto/crypto.h"
#include "oscore/context.h"
#include "shim.h"

#ifdef HAVE_OSMOGSM
#include <osmocom/crypt/auth.h>
#endif

#define KDF_SIZE  100 /* octets of S for Ks_NAF */
#define JOIN_SIZE 60  /* octets of a join's plaintext */
#define AAD_SIZE  24

static mst_b16 k[MST_LANES], opc[MST_LANES], rand_[MST_LANES];
static mst_b32 key[MST_LANES], mac[MST_LANES];
static uint64_t sqn[MST_LANES];
static uint16_t amf[MST_LANES];
static uint8_t text[MST_LANES][128];

static void
fill(void)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		memset(k[i], (int)i, 16);
		memset(opc[i], (int)i + 1, 16);
		memset(rand_[i], (int)i + 2, 16);
		memset(key[i], (int)i + 3, 32);
		memset(text[i], (int)i + 4, sizeof(text[i]));
	}
}

static struct mst_crypto *
engine(struct mst_bench *b, const void *backend)
{
	struct mst_crypto *c;

	fill();
	if (mst_crypto_create(&c, backend) == 0)
		return c;
	mst_bench_skip(b, "backend not on this CPU");
	return NULL;
}

static void
milenage(struct mst_bench *b, const void *backend, unsigned wanted)
{
	static struct mst_milenage_out out;
	const struct mst_milenage_in in = {k, opc, rand_, sqn, amf};
	struct mst_crypto *c = engine(b, backend);

	while (c != NULL && mst_bench_next(b)) {
		mst_bench_begin(b);
		mst_milenage_burst(c, ~(mst_lanes)0, wanted, &in, &out);
		mst_bench_end(b, MST_LANES);
	}
	mst_crypto_destroy(c);
}

static void
milenage_challenge(struct mst_bench *b, const void *backend)
{
	milenage(b, backend, MST_MILENAGE_F1 | MST_MILENAGE_F2345);
}

static void
milenage_answer(struct mst_bench *b, const void *backend)
{
	milenage(b, backend, MST_MILENAGE_F2345);
}

/**
 * The AES of Milenage by EVP: one key schedule, T, then the `outputs` blocks that follow from it in
 * one call. The XORs around them are left to the reader.
 */
static void
evp_milenage(struct mst_bench *b, unsigned outputs)
{
	EVP_CIPHER *aes = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t t[16], out[4 * 16] = {0};
	int n;

	fill();
	EVP_EncryptInit_ex2(ctx, aes, k[0], NULL, NULL);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < MST_LANES; i++) {
			EVP_EncryptInit_ex2(ctx, NULL, k[i], NULL, NULL);
			EVP_EncryptUpdate(ctx, t, &n, rand_[i], 16);
			EVP_EncryptUpdate(ctx, out, &n, out, (int)outputs * 16);
		}
		mst_bench_end(b, MST_LANES);
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(aes);
}

static void
evp_challenge(struct mst_bench *b, const void *arg)
{
	(void)arg;
	evp_milenage(b, 4);
}

static void
evp_answer(struct mst_bench *b, const void *arg)
{
	(void)arg;
	evp_milenage(b, 3);
}

#ifdef HAVE_OSMOGSM
/** A vector of libosmogsm's: f1 to f5 and AUTN. */
static void
osmo_challenge(struct mst_bench *b, const void *arg)
{
	struct osmo_sub_auth_data data = {.type = OSMO_AUTH_TYPE_UMTS,
		.algo = OSMO_AUTH_ALG_MILENAGE,
		.u.umts = {.ind_bitlen = 5}};
	struct osmo_auth_vector vector;

	(void)arg;
	fill();
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < MST_LANES; i++) {
			memcpy(data.u.umts.k, k[i], 16);
			memcpy(data.u.umts.opc, opc[i], 16);
			osmo_auth_gen_vec(&vector, &data, rand_[i]);
		}
		mst_bench_end(b, MST_LANES);
	}
}
#endif

static void
ks_naf(struct mst_bench *b, const void *backend)
{
	static struct mst_hmac_cols prepared;
	const uint8_t *message[MST_LANES];
	struct mst_crypto *c = engine(b, backend);

	for (unsigned i = 0; i < MST_LANES; i++)
		message[i] = text[i];
	while (c != NULL && mst_bench_next(b)) {
		mst_bench_begin(b);
		mst_hmac_key_burst(c, ~(mst_lanes)0, key, &prepared);
		mst_hmac_burst(c, ~(mst_lanes)0, &prepared, message, KDF_SIZE, mac);
		mst_bench_end(b, MST_LANES);
	}
	mst_crypto_destroy(c);
}

/** Both keys and the Common IV of a session from its Master Secret. */
static void
oscore_keys(struct mst_bench *b, const void *backend)
{
	static const uint8_t server_id = 'G';
	static const struct mst_oscore_params params = {.master_secret_size = 32,
		.id_context_size = 16,
		.client_id_size = sizeof(mst_oscore_id),
		.server_id = &server_id,
		.server_id_size = 1};
	static mst_oscore_id id[MST_LANES];
	static struct mst_oscore_keys keys;
	struct mst_oscore_profile profile;
	struct mst_crypto *c = engine(b, backend);

	if (c == NULL || mst_oscore_profile_init(&profile, c, &params) != 0)
		return;
	for (unsigned i = 0; i < MST_LANES; i++)
		memcpy(id[i], rand_[i], sizeof(id[i]));
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		mst_oscore_derive_burst(c, &profile, ~(mst_lanes)0, (const mst_b32 *)key,
			(const mst_b16 *)rand_, (const mst_oscore_id *)id, &keys);
		mst_bench_end(b, MST_LANES);
	}
	mst_oscore_profile_fini(&profile);
	mst_crypto_destroy(c);
}

static void
ccm_open_seal(struct mst_bench *b, const void *backend)
{
	static struct mst_ccm_cols seal, open;
	static uint8_t sealed[MST_LANES][128], opened[MST_LANES][128];
	struct mst_crypto *c = engine(b, backend);

	for (unsigned i = 0; i < MST_LANES; i++) {
		memcpy(seal.key[i], k[i], 16);
		seal.aad[i] = text[i];
		seal.aad_size[i] = AAD_SIZE;
		seal.in[i] = text[i];
		seal.out[i] = sealed[i];
		seal.in_size[i] = JOIN_SIZE;
	}
	open = seal;
	for (unsigned i = 0; i < MST_LANES; i++) {
		open.in[i] = sealed[i];
		open.out[i] = opened[i];
		open.in_size[i] = JOIN_SIZE + MST_CCM_TAG;
	}
	while (c != NULL && mst_bench_next(b)) {
		mst_bench_begin(b);
		mst_ccm_seal_burst(c, ~(mst_lanes)0, &seal);
		mst_ccm_open_burst(c, ~(mst_lanes)0, &open);
		mst_bench_end(b, MST_LANES);
	}
	mst_crypto_destroy(c);
}

/** A context of its own for each direction, so that only key, nonce and tag are set anew. */
static EVP_CIPHER_CTX *
evp_ccm_context(const EVP_CIPHER *ccm, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	EVP_CipherInit_ex2(ctx, ccm, NULL, NULL, encrypt, NULL);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, MST_CCM_NONCE, NULL);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, MST_CCM_TAG, NULL);
	return ctx;
}

static bool
evp_ccm(EVP_CIPHER_CTX *ctx, int encrypt, const uint8_t *in, uint8_t *out, uint8_t *tag, unsigned i)
{
	static const uint8_t nonce[MST_CCM_NONCE];
	int n;

	if (!encrypt)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, MST_CCM_TAG, tag);
	EVP_CipherInit_ex2(ctx, NULL, k[i], nonce, encrypt, NULL);
	EVP_CipherUpdate(ctx, NULL, &n, NULL, JOIN_SIZE);
	EVP_CipherUpdate(ctx, NULL, &n, text[i], AAD_SIZE);
	if (EVP_CipherUpdate(ctx, out, &n, in, JOIN_SIZE) != 1)
		return false;
	if (encrypt)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, MST_CCM_TAG, tag);
	return true;
}

static void
evp_ccm_open_seal(struct mst_bench *b, const void *arg)
{
	EVP_CIPHER *ccm = EVP_CIPHER_fetch(NULL, "AES-128-CCM", NULL);
	EVP_CIPHER_CTX *seal = evp_ccm_context(ccm, 1), *open = evp_ccm_context(ccm, 0);
	uint8_t sealed[128], opened[128], tag[MST_CCM_TAG];

	(void)arg;
	fill();
	while (mst_bench_next(b)) {
		bool right = true;

		mst_bench_begin(b);
		for (unsigned i = 0; i < MST_LANES; i++) {
			right &= evp_ccm(seal, 1, text[i], sealed, tag, i);
			right &= evp_ccm(open, 0, sealed, opened, tag, i);
		}
		mst_bench_end(b, MST_LANES);
		if (!right || memcmp(opened, text[MST_LANES - 1], JOIN_SIZE) != 0)
			mst_bench_skip(b, "wrong result");
	}
	EVP_CIPHER_CTX_free(seal);
	EVP_CIPHER_CTX_free(open);
	EVP_CIPHER_free(ccm);
}

void
bench_crypto(void)
{
	static char who[8][32];
	const char *backend;

	for (unsigned i = 0; (backend = mst_crypto_backend(i)) != NULL && i < 8; i++) {
		strcpy(who[i], "muster/");
		strncat(who[i], backend, sizeof(who[i]) - 8);
		mst_bench_add("milenage_challenge", who[i], milenage_challenge, backend);
		mst_bench_add("milenage_answer", who[i], milenage_answer, backend);
		mst_bench_add("ks_naf", who[i], ks_naf, backend);
		mst_bench_add("oscore_keys", who[i], oscore_keys, backend);
		mst_bench_add("ccm_open_seal", who[i], ccm_open_seal, backend);
	}
	mst_bench_add("milenage_challenge", "openssl-evp", evp_challenge, NULL);
	mst_bench_add("milenage_answer", "openssl-evp", evp_answer, NULL);
#ifdef HAVE_OSMOGSM
	mst_bench_add("milenage_challenge", "libosmogsm", osmo_challenge, NULL);
#endif
	mst_bench_add("ccm_open_seal", "openssl-evp", evp_ccm_open_seal, NULL);
}
