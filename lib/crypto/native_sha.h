/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: SHA-256 and SHA-1 with the SHA extensions. One stream spends most of its
 * time waiting for its own results, so four advance together: two at a time through sixteen rounds,
 * which is what sixteen registers hold, while the processor already starts on the other two.
 */
#ifndef MST_CRYPTO_NATIVE_SHA_H
#define MST_CRYPTO_NATIVE_SHA_H

#include "crypto/native.h"

#include <immintrin.h>

#include "base/secret.h"
#include "crypto/sha256.h"

#define STREAMS      4
#define PAIRS        (STREAMS / 2)
#define SHA256_BLOCK 64

/* Two streams: states as the instructions want them, and a block of message words each. */
struct pair {
	__m128i abef[2];
	__m128i cdgh[2];
	__m128i w[4][2];
};

/* Lanes of one group of streams; places that no lane fills repeat the last. */
struct sha_group {
	unsigned lane[STREAMS];
};

INLINE __m128i
swap_words(__m128i v)
{
	return _mm_shuffle_epi8(v, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

INLINE __m128i
sha_load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

INLINE void
sha_store(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

INLINE void
load_block(struct pair *x, unsigned s, const uint8_t *block)
{
	for (unsigned q = 0; q < 4; q++)
		x->w[q][s] = swap_words(sha_load(block + 16 * q));
}

INLINE void
load_state(struct pair *x, unsigned s, const uint32_t state[8])
{
	__m128i badc = _mm_shuffle_epi32(sha_load(state), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(sha_load(state + 4), 0x1b);

	x->abef[s] = _mm_alignr_epi8(badc, hgfe, 8);
	x->cdgh[s] = _mm_blend_epi16(hgfe, badc, 0xf0);
}

/* The words a..d and e..h of a state. */
INLINE void
get_state(const struct pair *x, unsigned s, __m128i *abcd, __m128i *efgh)
{
	__m128i feba = _mm_shuffle_epi32(x->abef[s], 0x1b);
	__m128i dchg = _mm_shuffle_epi32(x->cdgh[s], 0xb1);

	*abcd = _mm_blend_epi16(feba, dchg, 0xf0);
	*efgh = _mm_alignr_epi8(dchg, feba, 8);
}

/* Four rounds of both streams on the words w[a]; if `more`, w[a] moves on by 16 words. */
INLINE void
four_rounds(struct pair *x, const uint32_t *k, unsigned a, bool more)
{
	unsigned b = (a + 1) % 4, c = (a + 2) % 4, d = (a + 3) % 4;

	for (unsigned s = 0; s < 2; s++) {
		__m128i wk = _mm_add_epi32(x->w[a][s], sha_load(k + 4 * a));

		x->cdgh[s] = _mm_sha256rnds2_epu32(x->cdgh[s], x->abef[s], wk);
		wk = _mm_shuffle_epi32(wk, 0x0e);
		x->abef[s] = _mm_sha256rnds2_epu32(x->abef[s], x->cdgh[s], wk);
	}
	for (unsigned s = 0; more && s < 2; s++) {
		__m128i w = _mm_sha256msg1_epu32(x->w[a][s], x->w[b][s]);

		w = _mm_add_epi32(w, _mm_alignr_epi8(x->w[d][s], x->w[c][s], 4));
		x->w[a][s] = _mm_sha256msg2_epu32(w, x->w[d][s]);
	}
}

INLINE void
sixteen_rounds(struct pair *in_memory, const uint32_t *k, bool more)
{
	struct pair x = *in_memory;

	four_rounds(&x, k, 0, more);
	four_rounds(&x, k, 1, more);
	four_rounds(&x, k, 2, more);
	four_rounds(&x, k, 3, more);
	*in_memory = x;
	/* Ends the use of the registers: the compiler is not to mix this pair with the next. */
	__asm__ volatile("" ::: "memory");
}

/* Compresses w[] of all streams into their states; uses w[] up. */
INLINE void
compress(struct pair x[PAIRS])
{
	__m128i abef[STREAMS], cdgh[STREAMS];

	for (unsigned s = 0; s < STREAMS; s++) {
		abef[s] = x[s / 2].abef[s % 2];
		cdgh[s] = x[s / 2].cdgh[s % 2];
	}
	for (unsigned t = 0; t < 48; t += 16)
		for (unsigned p = 0; p < PAIRS; p++)
			sixteen_rounds(&x[p], mst_sha256_k + t, true);
	for (unsigned p = 0; p < PAIRS; p++)
		sixteen_rounds(&x[p], mst_sha256_k + 48, false);
	for (unsigned s = 0; s < STREAMS; s++) {
		x[s / 2].abef[s % 2] = _mm_add_epi32(x[s / 2].abef[s % 2], abef[s]);
		x[s / 2].cdgh[s % 2] = _mm_add_epi32(x[s / 2].cdgh[s % 2], cdgh[s]);
	}
}

/* Takes up to STREAMS lanes out of `rest`. */
INLINE struct sha_group
take_streams(mst_lanes *rest)
{
	struct sha_group g;
	unsigned lane = 0;

	for (unsigned s = 0; s < STREAMS; s++) {
		lane = *rest != 0 ? (unsigned)__builtin_ctzll(*rest) : lane;
		*rest &= *rest - 1;
		g.lane[s] = lane;
	}
	return g;
}

/* state[lane] = the state after one block of key ^ pad; key[s] has key_size octets, 32 or 64. */
INLINE void
prepare(const struct sha_group *g, const uint8_t *const *key, size_t key_size, uint32_t pad,
	uint32_t (*state)[8])
{
	struct pair x[PAIRS];

	for (unsigned s = 0; s < STREAMS; s++) {
		struct pair *p = &x[s / 2];

		load_state(p, s % 2, mst_sha256_init);
		for (unsigned q = 0; q < 4; q++) {
			__m128i w = _mm_set1_epi32((int)pad);

			if (16 * q < key_size)
				w = _mm_xor_si128(w, swap_words(sha_load(key[s] + 16 * q)));
			p->w[q][s % 2] = w;
		}
	}
	compress(x);
	for (unsigned s = 0; s < STREAMS; s++) {
		__m128i abcd, efgh;

		get_state(&x[s / 2], s % 2, &abcd, &efgh);
		sha_store(state[g->lane[s]], abcd);
		sha_store(state[g->lane[s]] + 4, efgh);
	}
}

static NATIVE_KERNEL void
prepare_both(const struct sha_group *g, const uint8_t *const *key, size_t key_size,
	struct mst_hmac_cols *prepared)
{
	prepare(g, key, key_size, 0x36363636, prepared->inner);
	prepare(g, key, key_size, 0x5c5c5c5c, prepared->outer);
}

void
KERNEL(hmac_key)(struct mst_crypto *engine, mst_lanes live, const uint8_t *key, size_t stride,
	size_t key_size, struct mst_hmac_cols *prepared)
{
	uint8_t padded[SHA256_BLOCK] = {0};

	(void)engine;
	if (stride == 0) {
		if (key_size != 0)
			memcpy(padded, key, key_size);
		key = padded;
		key_size = sizeof(padded);
	}
	while (live != 0) {
		struct sha_group g = take_streams(&live);
		const uint8_t *lane_key[STREAMS];

		for (unsigned s = 0; s < STREAMS; s++)
			lane_key[s] = key + g.lane[s] * stride;
		prepare_both(&g, lane_key, key_size, prepared);
	}
	mst_wipe(padded, sizeof(padded));
	mst_native_burn_1k();
}

/*
 * How the last octets of messages of one size become one padded block or two: 16 octets of a block
 * are shuffle(16 octets of the message) | constant. Sizes that are no multiple of 16 take the
 * message's last 16 octets and shift them into place, so that nothing is read past its end.
 */
struct tail {
	size_t whole;   /* octets in whole blocks, before the tail */
	unsigned quads; /* 4 or 8 times 16 octets */
	size_t from[8]; /* offset in the message */
	__m128i shuffle[8];
	__m128i constant[8];
};

static void
tail_quad(struct tail *t, unsigned q, size_t size, size_t left)
{
	size_t have = left > 16 * q ? left - 16 * q : 0; /* octets of text from here on */
	uint8_t shuffle[16], constant[16] = {0};

	t->from[q] = have >= 16 ? t->whole + 16 * q : size >= 16 ? size - 16 : 0;
	for (unsigned p = 0; p < 16; p++) {
		unsigned o = p ^ 3; /* words are big-endian */
		size_t shift = have < 16 && size >= 16 ? 16 - have : 0;

		shuffle[p] = o < have ? (uint8_t)(o + shift) : 0x80;
		if (left == 16 * q + o)
			constant[p] = 0x80;
	}
	t->shuffle[q] = sha_load(shuffle);
	t->constant[q] = sha_load(constant);
}

static void
tail_init(struct tail *t, size_t size)
{
	size_t left = size % SHA256_BLOCK;

	t->whole = size - left;
	t->quads = left + 9 > SHA256_BLOCK ? 8 : 4;
	for (unsigned q = 0; q < t->quads; q++)
		tail_quad(t, q, size, left);
	t->constant[t->quads - 1] = _mm_or_si128(
		t->constant[t->quads - 1], _mm_set_epi32(8 * (SHA256_BLOCK + (int)size), 0, 0, 0));
}

/* The outer hash's only block: the inner digest, padding, 96 octets in all. */
INLINE void
outer_block(struct pair *x, unsigned s)
{
	__m128i abcd, efgh;

	get_state(x, s, &abcd, &efgh);
	x->w[0][s] = abcd;
	x->w[1][s] = efgh;
	x->w[2][s] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
	x->w[3][s] = _mm_set_epi32(8 * (SHA256_BLOCK + (int)sizeof(mst_b32)), 0, 0, 0);
}

INLINE void
load_tail(struct pair *x, unsigned s, const uint8_t *message, const struct tail *t, unsigned at)
{
	for (unsigned q = 0; q < 4; q++) {
		__m128i text = sha_load(message + t->from[at + q]);

		text = _mm_shuffle_epi8(text, t->shuffle[at + q]);
		x->w[q][s] = _mm_or_si128(text, t->constant[at + q]);
	}
}

static NATIVE_KERNEL void
hmac(const struct sha_group *g, const struct mst_hmac_cols *prepared, const uint8_t *const *message,
	const struct tail *tail, mst_b32 *mac)
{
	struct pair x[PAIRS];

	for (unsigned s = 0; s < STREAMS; s++)
		load_state(&x[s / 2], s % 2, prepared->inner[g->lane[s]]);
	for (size_t at = 0; at < tail->whole; at += SHA256_BLOCK) {
		for (unsigned s = 0; s < STREAMS; s++)
			load_block(&x[s / 2], s % 2, message[s] + at);
		compress(x);
	}
	for (unsigned at = 0; at < tail->quads; at += 4) {
		for (unsigned s = 0; s < STREAMS; s++)
			load_tail(&x[s / 2], s % 2, message[s], tail, at);
		compress(x);
	}
	for (unsigned s = 0; s < STREAMS; s++) {
		outer_block(&x[s / 2], s % 2);
		load_state(&x[s / 2], s % 2, prepared->outer[g->lane[s]]);
	}
	compress(x);
	for (unsigned s = 0; s < STREAMS; s++) {
		__m128i abcd, efgh;

		get_state(&x[s / 2], s % 2, &abcd, &efgh);
		sha_store(mac[g->lane[s]], swap_words(abcd));
		sha_store(mac[g->lane[s]] + 16, swap_words(efgh));
	}
}

void
KERNEL(hmac)(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac)
{
	uint8_t copy[STREAMS][16] = {0}; /* of messages too short to load 16 octets */
	struct tail tail;

	(void)engine;
	tail_init(&tail, size);
	while (live != 0) {
		struct sha_group g = take_streams(&live);
		const uint8_t *lane_message[STREAMS];

		for (unsigned s = 0; s < STREAMS; s++) {
			lane_message[s] = message[g.lane[s]];
			if (size < 16) {
				if (size != 0)
					memcpy(copy[s], lane_message[s], size);
				lane_message[s] = copy[s];
			}
		}
		hmac(&g, prepared, lane_message, &tail, mac);
	}
	mst_wipe(copy, sizeof(copy));
	mst_native_burn_1k();
}

#define SHA1_E0 ((int)0xc3d2e1f0)

/* Four rounds of each stream with function `f` on w[a]; if `more`, w[a] moves on by 16 words. */
#define SHA1_FOUR(f, a, more)                                                                      \
	for (unsigned s = 0; s < STREAMS; s++) {                                                   \
		__m128i was = abcd[s];                                                             \
                                                                                                   \
		e[s] = _mm_sha1nexte_epu32(e[s], w[a][s]);                                         \
		abcd[s] = _mm_sha1rnds4_epu32(abcd[s], e[s], f);                                   \
		e[s] = was;                                                                        \
		if (more) {                                                                        \
			w[a][s] = _mm_sha1msg1_epu32(w[a][s], w[((a) + 1) % 4][s]);                \
			w[a][s] = _mm_xor_si128(w[a][s], w[((a) + 2) % 4][s]);                     \
			w[a][s] = _mm_sha1msg2_epu32(w[a][s], w[((a) + 3) % 4][s]);                \
		}                                                                                  \
	}

#define SHA1_TWENTY(f, a, more)                                                                    \
	do {                                                                                       \
		SHA1_FOUR(f, a, true);                                                             \
		SHA1_FOUR(f, ((a) + 1) % 4, more);                                                 \
		SHA1_FOUR(f, ((a) + 2) % 4, more);                                                 \
		SHA1_FOUR(f, ((a) + 3) % 4, more);                                                 \
		SHA1_FOUR(f, a, more);                                                             \
	} while (0)

static NATIVE_KERNEL void
sha1_16(const struct sha_group *g, const mst_b16 *in, uint8_t (*digest)[20])
{
	const __m128i reverse = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
	const __m128i init =
		_mm_set_epi32(0x67452301, (int)0xefcdab89, (int)0x98badcfe, 0x10325476);
	__m128i abcd[STREAMS], e[STREAMS], w[4][STREAMS];

	for (unsigned s = 0; s < STREAMS; s++) {
		abcd[s] = init;
		/* The a of four rounds before, which rotated by 30 would be the first e. */
		e[s] = _mm_set_epi32(
			(int)((uint32_t)SHA1_E0 << 2 | (uint32_t)SHA1_E0 >> 30), 0, 0, 0);
		w[0][s] = _mm_shuffle_epi8(sha_load(in[g->lane[s]]), reverse);
		w[1][s] = _mm_set_epi32((int)0x80000000, 0, 0, 0);
		w[2][s] = _mm_setzero_si128();
		w[3][s] = _mm_set_epi32(0, 0, 0, 8 * (int)sizeof(mst_b16));
	}
	SHA1_TWENTY(0, 0, true);
	SHA1_TWENTY(1, 1, true);
	SHA1_TWENTY(2, 2, true);
	SHA1_TWENTY(3, 3, false);
	for (unsigned s = 0; s < STREAMS; s++) {
		__m128i last = _mm_sha1nexte_epu32(e[s], _mm_set_epi32(SHA1_E0, 0, 0, 0));

		sha_store(digest[g->lane[s]],
			_mm_shuffle_epi8(_mm_add_epi32(abcd[s], init), reverse));
		mst_put_be32(digest[g->lane[s]] + 16, (uint32_t)_mm_extract_epi32(last, 3));
	}
}

void
KERNEL(sha1_16)(struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20])
{
	(void)engine;
	while (live != 0) {
		struct sha_group g = take_streams(&live);

		sha1_16(&g, in, digest);
	}
	mst_native_burn_1k();
}

#endif
