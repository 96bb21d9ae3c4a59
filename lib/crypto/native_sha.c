/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 and SHA-1 with the SHA extensions. One stream waits for its own latency most of the time;
 * four interleaved ones keep the unit busy. `n` is always a constant: every loop over streams
 * unrolls.
 */
#include "crypto/native.h"

#include <immintrin.h>

#include "base/secret.h"
#include "crypto/sha256.h"

#define STREAMS 4
#define BLOCK   64

/* States as the instructions want them, and one block of message words each. */
struct streams {
	__m128i abef[STREAMS];
	__m128i cdgh[STREAMS];
	__m128i w[4][STREAMS];
};

/* Lanes of one group of streams; a group that is not full repeats its last lane. */
struct group {
	unsigned lane[STREAMS];
};

INLINE __m128i
swap_words(__m128i v)
{
	return _mm_shuffle_epi8(v, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

INLINE __m128i
load(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

INLINE void
store(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i *)p, v);
}

INLINE void
load_block(struct streams *x, unsigned s, const uint8_t *block)
{
	for (unsigned q = 0; q < 4; q++)
		x->w[q][s] = swap_words(load(block + 16 * q));
}

INLINE void
load_state(struct streams *x, unsigned s, const uint32_t state[8])
{
	__m128i badc = _mm_shuffle_epi32(load(state), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(load(state + 4), 0x1b);

	x->abef[s] = _mm_alignr_epi8(badc, hgfe, 8);
	x->cdgh[s] = _mm_blend_epi16(hgfe, badc, 0xf0);
}

/* The words a..d and e..h of a state. */
INLINE void
get_state(const struct streams *x, unsigned s, __m128i *abcd, __m128i *efgh)
{
	__m128i feba = _mm_shuffle_epi32(x->abef[s], 0x1b);
	__m128i dchg = _mm_shuffle_epi32(x->cdgh[s], 0xb1);

	*abcd = _mm_blend_epi16(feba, dchg, 0xf0);
	*efgh = _mm_alignr_epi8(dchg, feba, 8);
}

/*
 * Four rounds of each stream on the words w[a]; if `more`, w[a] moves on by 16 words.
 */
INLINE void
four_rounds(struct streams *x, unsigned n, const uint32_t *k, unsigned a, bool more)
{
	unsigned b = (a + 1) % 4, c = (a + 2) % 4, d = (a + 3) % 4;

	for (unsigned s = 0; s < n; s++) {
		__m128i wk = _mm_add_epi32(x->w[a][s], load(k + 4 * a));

		x->cdgh[s] = _mm_sha256rnds2_epu32(x->cdgh[s], x->abef[s], wk);
		wk = _mm_shuffle_epi32(wk, 0x0e);
		x->abef[s] = _mm_sha256rnds2_epu32(x->abef[s], x->cdgh[s], wk);
	}
	for (unsigned s = 0; more && s < n; s++) {
		__m128i w = _mm_sha256msg1_epu32(x->w[a][s], x->w[b][s]);

		w = _mm_add_epi32(w, _mm_alignr_epi8(x->w[d][s], x->w[c][s], 4));
		x->w[a][s] = _mm_sha256msg2_epu32(w, x->w[d][s]);
	}
}

/* Compresses x->w[] into the states; uses x->w[] up. */
INLINE void
compress(struct streams *x, unsigned n)
{
	__m128i abef[STREAMS], cdgh[STREAMS];
	const uint32_t *k = mst_sha256_k;

	for (unsigned s = 0; s < n; s++) {
		abef[s] = x->abef[s];
		cdgh[s] = x->cdgh[s];
	}
	for (; k < mst_sha256_k + 48; k += 16) {
		four_rounds(x, n, k, 0, true);
		four_rounds(x, n, k, 1, true);
		four_rounds(x, n, k, 2, true);
		four_rounds(x, n, k, 3, true);
	}
	four_rounds(x, n, k, 0, false);
	four_rounds(x, n, k, 1, false);
	four_rounds(x, n, k, 2, false);
	four_rounds(x, n, k, 3, false);
	for (unsigned s = 0; s < n; s++) {
		x->abef[s] = _mm_add_epi32(x->abef[s], abef[s]);
		x->cdgh[s] = _mm_add_epi32(x->cdgh[s], cdgh[s]);
	}
}

/* Takes up to STREAMS lanes out of `rest`. */
INLINE struct group
next_group(mst_lanes *rest)
{
	struct group g;
	unsigned lane = 0;

	for (unsigned s = 0; s < STREAMS; s++) {
		lane = *rest != 0 ? (unsigned)__builtin_ctzll(*rest) : lane;
		*rest &= *rest - 1;
		g.lane[s] = lane;
	}
	return g;
}

/* state[lane] = the state after one block of key ^ pad. */
static NATIVE_KERNEL void
prepare(const struct group *g, const uint8_t (*key)[BLOCK], uint32_t pad, uint32_t (*state)[8])
{
	struct streams x;

	for (unsigned s = 0; s < STREAMS; s++) {
		load_state(&x, s, mst_sha256_init);
		load_block(&x, s, key[s]);
		for (unsigned q = 0; q < 4; q++)
			x.w[q][s] = _mm_xor_si128(x.w[q][s], _mm_set1_epi32((int)pad));
	}
	compress(&x, STREAMS);
	for (unsigned s = 0; s < STREAMS; s++) {
		__m128i abcd, efgh;

		get_state(&x, s, &abcd, &efgh);
		store(state[g->lane[s]], abcd);
		store(state[g->lane[s]] + 4, efgh);
	}
}

void
mst_native_hmac_key(struct mst_crypto *engine, mst_lanes live, const uint8_t *key, size_t stride,
	size_t key_size, struct mst_hmac_cols *prepared)
{
	uint8_t padded[STREAMS][BLOCK] = {0};

	(void)engine;
	while (live != 0) {
		struct group g = next_group(&live);

		for (unsigned s = 0; s < STREAMS; s++)
			if (key_size != 0)
				memcpy(padded[s], key + g.lane[s] * stride, key_size);
		prepare(&g, padded, 0x36363636, prepared->inner);
		prepare(&g, padded, 0x5c5c5c5c, prepared->outer);
	}
	mst_wipe(padded, sizeof(padded));
	mst_native_burn_stack();
}

/* The last octets of a message with FIPS 180-4's padding: one block or two. */
struct tail {
	size_t from; /* of the message */
	unsigned blocks;
	uint8_t octets[STREAMS][2 * BLOCK];
};

/* Once a burst: everything but the octets themselves depends on the common size alone. */
INLINE void
tail_init(struct tail *t, size_t size)
{
	size_t left = size % BLOCK;

	t->from = size - left;
	t->blocks = left + 9 > BLOCK ? 2 : 1;
	memset(t->octets, 0, sizeof(t->octets));
	for (unsigned s = 0; s < STREAMS; s++) {
		t->octets[s][left] = 0x80;
		mst_put_be16(t->octets[s] + t->blocks * BLOCK - 2, (uint16_t)(8 * (BLOCK + size)));
	}
}

/* The outer hash's only block: the inner digest, padding, 96 octets in all. */
INLINE void
outer_block(struct streams *x)
{
	for (unsigned s = 0; s < STREAMS; s++) {
		__m128i abcd, efgh;

		get_state(x, s, &abcd, &efgh);
		x->w[0][s] = abcd;
		x->w[1][s] = efgh;
		x->w[2][s] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
		x->w[3][s] = _mm_set_epi32(8 * (BLOCK + (int)sizeof(mst_b32)), 0, 0, 0);
	}
}

static NATIVE_KERNEL void
hmac(const struct group *g, const struct mst_hmac_cols *prepared, const uint8_t *const *message,
	const struct tail *tail, mst_b32 *mac)
{
	struct streams x;

	for (unsigned s = 0; s < STREAMS; s++)
		load_state(&x, s, prepared->inner[g->lane[s]]);
	for (size_t at = 0; at < tail->from; at += BLOCK) {
		for (unsigned s = 0; s < STREAMS; s++)
			load_block(&x, s, message[g->lane[s]] + at);
		compress(&x, STREAMS);
	}
	for (unsigned b = 0; b < tail->blocks; b++) {
		for (unsigned s = 0; s < STREAMS; s++)
			load_block(&x, s, tail->octets[s] + b * BLOCK);
		compress(&x, STREAMS);
	}
	outer_block(&x);
	for (unsigned s = 0; s < STREAMS; s++)
		load_state(&x, s, prepared->outer[g->lane[s]]);
	compress(&x, STREAMS);
	for (unsigned s = 0; s < STREAMS; s++) {
		__m128i abcd, efgh;

		get_state(&x, s, &abcd, &efgh);
		store(mac[g->lane[s]], swap_words(abcd));
		store(mac[g->lane[s]] + 16, swap_words(efgh));
	}
}

void
mst_native_hmac(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac)
{
	struct tail tail;

	(void)engine;
	tail_init(&tail, size);
	while (live != 0) {
		struct group g = next_group(&live);

		for (unsigned s = 0; s < STREAMS; s++)
			memcpy(tail.octets[s], message[g.lane[s]] + tail.from, size - tail.from);
		hmac(&g, prepared, message, &tail, mac);
	}
	mst_wipe(&tail, sizeof(tail));
	mst_native_burn_stack();
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
sha1_16(const struct group *g, const mst_b16 *in, uint8_t (*digest)[20])
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
		w[0][s] = _mm_shuffle_epi8(load(in[g->lane[s]]), reverse);
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

		store(digest[g->lane[s]], _mm_shuffle_epi8(_mm_add_epi32(abcd[s], init), reverse));
		mst_put_be32(digest[g->lane[s]] + 16, (uint32_t)_mm_extract_epi32(last, 3));
	}
}

void
mst_native_sha1_16(
	struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20])
{
	(void)engine;
	while (live != 0) {
		struct group g = next_group(&live);

		sha1_16(&g, in, digest);
	}
	mst_native_burn_stack();
}
