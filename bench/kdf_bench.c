/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers of the key derivations: OpenSSL's EVP_MAC with a context that is reused, its low-level
 * SHA-256 (deprecated since 3.0), and the managers of Intel IPsec-MB. A lane is Ks_NAF, one HMAC of
 * 100 octets, or the HKDF of a session, four HMACs; keys are new each time.
 *
 * IPsec-MB prepares HMAC keys one block at a time, without SHA-NI. Here both hashes of an HMAC
 * under a new key are plain SHA-256 jobs over what RFC 2104 hashes, padded keys included, which is
 * the faster way; the salt is prepared once.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include "base/bytes.h"
#include "base/lanes.h"
#include "shim.h"

#define KDF_SIZE  100 /* octets of S for Ks_NAF */
#define INFO_SIZE 34  /* octets of HKDF's info and its counter */
#define PAD       64
#define OUTPUTS   3 /* of a session: two keys, an IV */

static mst_b32 key[MST_LANES], prk[MST_LANES], mac[MST_LANES];
static uint8_t text[MST_LANES][KDF_SIZE];
static const mst_b32 salt;

static void
fill(void)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		memset(key[i], (int)i + 3, sizeof(key[i]));
		memset(text[i], (int)i + 4, sizeof(text[i]));
	}
}

/* EVP_MAC */

static void
evp_once(EVP_MAC_CTX *ctx, const uint8_t *with, const uint8_t *data, size_t size, uint8_t *out)
{
	size_t n;

	EVP_MAC_init(ctx, with, sizeof(mst_b32), NULL);
	EVP_MAC_update(ctx, data, size);
	EVP_MAC_final(ctx, out, &n, sizeof(mst_b32));
}

static void
evp_lane(EVP_MAC_CTX *ctx, unsigned i, bool session)
{
	if (!session) {
		evp_once(ctx, key[i], text[i], KDF_SIZE, mac[i]);
		return;
	}
	evp_once(ctx, salt, key[i], sizeof(mst_b32), prk[i]);
	for (unsigned out = 0; out < OUTPUTS; out++)
		evp_once(ctx, prk[i], text[i], INFO_SIZE, mac[i]);
}

static void
evp(struct mst_bench *b, bool session)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_end()};

	fill();
	EVP_MAC_init(ctx, key[0], sizeof(mst_b32), params);
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < MST_LANES; i++)
			evp_lane(ctx, i, session);
		mst_bench_end(b, MST_LANES);
	}
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(hmac);
}

static void
evp_ks_naf(struct mst_bench *b, const void *arg)
{
	(void)arg;
	evp(b, false);
}

static void
evp_session(struct mst_bench *b, const void *arg)
{
	(void)arg;
	evp(b, true);
}

/* Low-level SHA-256 */

struct pads {
	SHA256_CTX inner, outer;
};

static void
low_key(struct pads *p, const uint8_t *with)
{
	uint8_t block[PAD];

	memset(block, 0x36, PAD);
	for (unsigned o = 0; o < sizeof(mst_b32); o++)
		block[o] ^= with[o];
	SHA256_Init(&p->inner);
	SHA256_Update(&p->inner, block, PAD);
	for (unsigned o = 0; o < PAD; o++)
		block[o] ^= 0x36 ^ 0x5c;
	SHA256_Init(&p->outer);
	SHA256_Update(&p->outer, block, PAD);
}

static void
low_mac(const struct pads *p, const uint8_t *data, size_t size, uint8_t *out)
{
	SHA256_CTX inner = p->inner, outer = p->outer;
	mst_b32 digest;

	SHA256_Update(&inner, data, size);
	SHA256_Final(digest, &inner);
	SHA256_Update(&outer, digest, sizeof(digest));
	SHA256_Final(out, &outer);
}

static void
low_ks_naf(struct mst_bench *b, const void *arg)
{
	struct pads p;

	(void)arg;
	fill();
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < MST_LANES; i++) {
			low_key(&p, key[i]);
			low_mac(&p, text[i], KDF_SIZE, mac[i]);
		}
		mst_bench_end(b, MST_LANES);
	}
}

static void
low_session(struct mst_bench *b, const void *arg)
{
	struct pads salted, p;

	(void)arg;
	fill();
	low_key(&salted, salt);
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < MST_LANES; i++) {
			low_mac(&salted, key[i], sizeof(mst_b32), prk[i]);
			low_key(&p, prk[i]);
			for (unsigned out = 0; out < OUTPUTS; out++)
				low_mac(&p, text[i], INFO_SIZE, mac[i]);
		}
		mst_bench_end(b, MST_LANES);
	}
}

/* IPsec-MB */

struct manager {
	const char *who;
	uint64_t features;
	void (*init)(IMB_MGR *);
};

static const struct manager managers[] = {
	{"ipsec-mb-sse", IMB_CPUFLAGS_SSE, init_mb_mgr_sse},
	{"ipsec-mb-avx2", IMB_CPUFLAGS_AVX2, init_mb_mgr_avx2},
	{"ipsec-mb-avx512", IMB_CPUFLAGS_AVX512, init_mb_mgr_avx512},
};

/* Each lane's inner and outer messages: a padded key and what follows it. */
static uint8_t inner[MST_LANES][PAD + KDF_SIZE], outer[MST_LANES][PAD + sizeof(mst_b32)];

static void
imb_keys(const mst_b32 *with)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		memset(inner[i], 0x36, PAD);
		memset(outer[i], 0x5c, PAD);
		for (unsigned o = 0; o < sizeof(mst_b32); o++) {
			inner[i][o] ^= with[i][o];
			outer[i][o] ^= with[i][o];
		}
	}
}

/** One hash a lane of the rows of `size` octets at `from`. */
static void
imb_hash(IMB_MGR *m, const uint8_t *from, size_t stride, size_t size, uint8_t *to, size_t to_stride)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		IMB_JOB *job = IMB_GET_NEXT_JOB(m);

		job->cipher_mode = IMB_CIPHER_NULL;
		job->cipher_direction = IMB_DIR_ENCRYPT;
		job->chain_order = IMB_ORDER_HASH_CIPHER;
		job->hash_alg = IMB_AUTH_SHA_256;
		job->src = from + i * stride;
		job->hash_start_src_offset_in_bytes = 0;
		job->msg_len_to_hash_in_bytes = size;
		job->auth_tag_output = to + i * to_stride;
		job->auth_tag_output_len_in_bytes = sizeof(mst_b32);
		IMB_SUBMIT_JOB_NOCHECK(m);
	}
	while (IMB_FLUSH_JOB(m) != NULL)
		;
}

static void
imb_macs(IMB_MGR *m, uint8_t (*const data)[KDF_SIZE], size_t size, mst_b32 *out)
{
	for (unsigned i = 0; i < MST_LANES; i++)
		memcpy(inner[i] + PAD, data[i], size);
	imb_hash(m, inner[0], sizeof(inner[0]), PAD + size, outer[0] + PAD, sizeof(outer[0]));
	imb_hash(m, outer[0], sizeof(outer[0]), sizeof(outer[0]), out[0], sizeof(out[0]));
}

static IMB_MGR *
imb_open(struct mst_bench *b, const struct manager *manager)
{
	IMB_MGR *m;

	fill();
	if ((imb_get_feature_flags() & manager->features) != manager->features) {
		mst_bench_skip(b, "not on this CPU");
		return NULL;
	}
	m = alloc_mb_mgr(0);
	if (m == NULL)
		mst_bench_skip(b, "not enough memory");
	else
		manager->init(m);
	return m;
}

/** A wrong peer is no peer. */
static void
check_ks_naf(struct mst_bench *b)
{
	struct pads p;
	mst_b32 want;

	for (unsigned i = 0; i < MST_LANES; i++) {
		low_key(&p, key[i]);
		low_mac(&p, text[i], KDF_SIZE, want);
		if (memcmp(want, mac[i], sizeof(want)) != 0)
			mst_bench_skip(b, "wrong result");
	}
}

static void
check_session(struct mst_bench *b)
{
	struct pads salted, p;
	mst_b32 want;

	low_key(&salted, salt);
	for (unsigned i = 0; i < MST_LANES; i++) {
		low_mac(&salted, key[i], sizeof(mst_b32), want);
		low_key(&p, want);
		low_mac(&p, text[i], INFO_SIZE, want);
		if (memcmp(want, mac[i], sizeof(want)) != 0)
			mst_bench_skip(b, "wrong result");
	}
}

static void
imb_ks_naf(struct mst_bench *b, const void *arg)
{
	IMB_MGR *m = imb_open(b, arg);

	while (m != NULL && mst_bench_next(b)) {
		mst_bench_begin(b);
		imb_keys(key);
		imb_macs(m, text, KDF_SIZE, mac);
		mst_bench_end(b, MST_LANES);
	}
	if (m != NULL)
		check_ks_naf(b);
	free_mb_mgr(m);
}

/** HKDF-Extract: HMACs of the secrets under the salt, whose pads are ready. */
static void
imb_extract(IMB_MGR *m, IMB_JOB *jobs, const uint32_t pads[2][8])
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		jobs[i] = (IMB_JOB){
			.cipher_mode = IMB_CIPHER_NULL,
			.cipher_direction = IMB_DIR_ENCRYPT,
			.chain_order = IMB_ORDER_HASH_CIPHER,
			.hash_alg = IMB_AUTH_HMAC_SHA_256,
			.src = key[i],
			.msg_len_to_hash_in_bytes = sizeof(mst_b32),
			.auth_tag_output = prk[i],
			.auth_tag_output_len_in_bytes = sizeof(mst_b32),
		};
		jobs[i].u.HMAC._hashed_auth_key_xor_ipad = (const uint8_t *)pads[0];
		jobs[i].u.HMAC._hashed_auth_key_xor_opad = (const uint8_t *)pads[1];
	}
	IMB_SUBMIT_HASH_BURST_NOCHECK(m, jobs, MST_LANES, IMB_AUTH_HMAC_SHA_256);
}

static void
imb_session(struct mst_bench *b, const void *arg)
{
	static IMB_JOB jobs[MST_LANES];
	uint32_t pads[2][8];
	uint8_t block[PAD];
	IMB_MGR *m = imb_open(b, arg);

	if (m == NULL)
		return;
	memset(block, 0x36, PAD); /* the salt is zeros */
	IMB_SHA256_ONE_BLOCK(m, block, pads[0]);
	memset(block, 0x5c, PAD);
	IMB_SHA256_ONE_BLOCK(m, block, pads[1]);
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		imb_extract(m, jobs, pads);
		imb_keys(prk);
		for (unsigned out = 0; out < OUTPUTS; out++)
			imb_macs(m, text, INFO_SIZE, mac);
		mst_bench_end(b, MST_LANES);
	}
	check_session(b);
	free_mb_mgr(m);
}

void
bench_kdf(void)
{
	mst_bench_add("ks_naf", "openssl-evp-mac", evp_ks_naf, NULL);
	mst_bench_add("oscore_keys", "openssl-evp-mac", evp_session, NULL);
	mst_bench_add("ks_naf", "openssl-low-level", low_ks_naf, NULL);
	mst_bench_add("oscore_keys", "openssl-low-level", low_session, NULL);
	for (unsigned i = 0; i < sizeof(managers) / sizeof(managers[0]); i++) {
		mst_bench_add("ks_naf", managers[i].who, imb_ks_naf, &managers[i]);
		mst_bench_add("oscore_keys", managers[i].who, imb_session, &managers[i]);
	}
}
