/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: HMAC-SHA-256 with AVX-512, sixteen lanes at once, one word of all of them a
 * register. SHA-NI starts a pair of rounds of one lane every two to three cycles; a round of
 * sixteen lanes is 28 instructions, of which two start in a cycle. Lanes that do not come to
 * WIDE_MIN are left to SHA-NI.
 */
#ifndef MST_CRYPTO_NATIVE_SHA_WIDE_H
#define MST_CRYPTO_NATIVE_SHA_WIDE_H

#include <immintrin.h>
#include <string.h>

#include "crypto/native.h"
#include "crypto/sha256.h"

#define WIDE         16
#define WIDE_MIN     10
#define SHA256_BLOCK 64
#define BLOCKS_MAX   4 /* of a message of 247 octets */

/* Lanes that go together; places that no lane fills repeat the last. */
struct wide {
	unsigned lane[WIDE];
};

/* What is public about messages of one size: octets to load, and padding. */
struct wide_block {
	__mmask64 text;
	bool whole;
	uint32_t padding[16];
};

INLINE struct wide
take_wide(mst_lanes *rest)
{
	struct wide g;
	unsigned lane = 0;

	for (unsigned i = 0; i < WIDE; i++) {
		lane = *rest != 0 ? (unsigned)__builtin_ctzll(*rest) : lane;
		*rest &= *rest - 1;
		g.lane[i] = lane;
	}
	return g;
}

/* Rows of four words a 128-bit part, from four rows: out[j] has word j of each. */
INLINE void
turn_parts(const __m512i in[4], __m512i out[4])
{
	__m512i lo01 = _mm512_unpacklo_epi32(in[0], in[1]);
	__m512i hi01 = _mm512_unpackhi_epi32(in[0], in[1]);
	__m512i lo23 = _mm512_unpacklo_epi32(in[2], in[3]);
	__m512i hi23 = _mm512_unpackhi_epi32(in[2], in[3]);

	out[0] = _mm512_unpacklo_epi64(lo01, lo23);
	out[1] = _mm512_unpackhi_epi64(lo01, lo23);
	out[2] = _mm512_unpacklo_epi64(hi01, hi23);
	out[3] = _mm512_unpackhi_epi64(hi01, hi23);
}

INLINE __m512i
load_two(const uint8_t *a, const uint8_t *b, __mmask32 octets)
{
	return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_maskz_loadu_epi8(octets, a)),
		_mm256_maskz_loadu_epi8(octets, b), 1);
}

/* w[j] = word j of the eight at octet `at` of each row; octets outside the mask are zero. */
INLINE void
load_words(const uint8_t *const row[WIDE], size_t at, __mmask32 octets, __m512i w[8])
{
	__m512i x[8], t[8];

	for (unsigned i = 0; i < 4; i++) {
		x[i] = load_two(row[i] + at, row[i + 4] + at, octets);
		x[4 + i] = load_two(row[i + 8] + at, row[i + 12] + at, octets);
	}
	turn_parts(x, t);
	turn_parts(x + 4, t + 4);
	for (unsigned j = 0; j < 4; j++) {
		w[j] = _mm512_shuffle_i32x4(t[j], t[4 + j], 0x88);
		w[4 + j] = _mm512_shuffle_i32x4(t[j], t[4 + j], 0xdd);
	}
}

/* The inverse, without a mask. */
INLINE void
store_words(uint8_t *const row[WIDE], const __m512i w[8])
{
	for (unsigned half = 0; half < 2; half++) {
		__m512i p[4];

		turn_parts(w + 4 * half, p);
		for (unsigned i = 0; i < 4; i++) {
			__m128i *to[4];

			for (unsigned part = 0; part < 4; part++)
				to[part] = (__m128i *)(row[4 * part + i] + 16 * half);
			_mm_storeu_si128(to[0], _mm512_castsi512_si128(p[i]));
			_mm_storeu_si128(to[1], _mm512_extracti32x4_epi32(p[i], 1));
			_mm_storeu_si128(to[2], _mm512_extracti32x4_epi32(p[i], 2));
			_mm_storeu_si128(to[3], _mm512_extracti32x4_epi32(p[i], 3));
		}
	}
}

INLINE __m512i
swap_octets(__m512i w)
{
	return _mm512_shuffle_epi8(
		w, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

INLINE __m512i
all_lanes(uint32_t word)
{
	return _mm512_set1_epi32((int)word);
}

#define ADD(a, b)     _mm512_add_epi32(a, b)
#define XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define ROR(a, n)     _mm512_ror_epi32(a, n)
#define SHR(a, n)     _mm512_srli_epi32(a, n)

/* Round t of sixteen (FIPS 180-4 section 6.2.2); if `more`, w[t] moves on by 16 words. */
INLINE void
wide_round(__m512i s[8], __m512i w[16], unsigned t, const uint32_t *k, bool more)
{
	__m512i a = s[(16 - t) % 8], b = s[(17 - t) % 8], c = s[(18 - t) % 8];
	__m512i e = s[(20 - t) % 8], f = s[(21 - t) % 8], g = s[(22 - t) % 8];
	__m512i *d = &s[(19 - t) % 8], *h = &s[(23 - t) % 8];
	__m512i t1 = ADD(*h, ADD(w[t], all_lanes(k[t])));
	__m512i maj = _mm512_ternarylogic_epi32(a, b, c, 0xe8);

	t1 = ADD(t1, _mm512_ternarylogic_epi32(e, f, g, 0xca));
	t1 = ADD(t1, XOR3(ROR(e, 6), ROR(e, 11), ROR(e, 25)));
	*d = ADD(*d, t1);
	*h = ADD(t1, ADD(maj, XOR3(ROR(a, 2), ROR(a, 13), ROR(a, 22))));
	if (more) {
		__m512i old = w[(t + 1) % 16], new = w[(t + 14) % 16];
		__m512i sigma0 = XOR3(ROR(old, 7), ROR(old, 18), SHR(old, 3));
		__m512i sigma1 = XOR3(ROR(new, 17), ROR(new, 19), SHR(new, 10));

		w[t] = ADD(ADD(w[t], sigma0), ADD(w[(t + 9) % 16], sigma1));
	}
}

INLINE void
wide_sixteen_rounds(__m512i s[8], __m512i w[16], const uint32_t *k, bool more)
{
	wide_round(s, w, 0, k, more);
	wide_round(s, w, 1, k, more);
	wide_round(s, w, 2, k, more);
	wide_round(s, w, 3, k, more);
	wide_round(s, w, 4, k, more);
	wide_round(s, w, 5, k, more);
	wide_round(s, w, 6, k, more);
	wide_round(s, w, 7, k, more);
	wide_round(s, w, 8, k, more);
	wide_round(s, w, 9, k, more);
	wide_round(s, w, 10, k, more);
	wide_round(s, w, 11, k, more);
	wide_round(s, w, 12, k, more);
	wide_round(s, w, 13, k, more);
	wide_round(s, w, 14, k, more);
	wide_round(s, w, 15, k, more);
}

/* Compresses a block into state[]. A function, so that its 6 KB of code are in the cache once. */
static NATIVE_KERNEL void
wide_compress(__m512i state[8], const __m512i block[16])
{
	__m512i s[8], w[16];

	memcpy(s, state, sizeof(s));
	memcpy(w, block, sizeof(w));
	for (unsigned t = 0; t < 48; t += 16)
		wide_sixteen_rounds(s, w, mst_sha256_k + t, true);
	wide_sixteen_rounds(s, w, mst_sha256_k + 48, false);
	for (unsigned i = 0; i < 8; i++)
		state[i] = ADD(state[i], s[i]);
}

/* state[lane] = the state after one block of key ^ pad. */
static NATIVE_KERNEL void
wide_prepare(const uint8_t *const key[WIDE], uint32_t pad, uint8_t *const state[WIDE])
{
	__m512i s[8], w[16];

	load_words(key, 0, ~(__mmask32)0, w);
	for (unsigned i = 0; i < 8; i++) {
		w[i] = _mm512_xor_si512(swap_octets(w[i]), all_lanes(pad));
		w[8 + i] = all_lanes(pad);
		s[i] = all_lanes(mst_sha256_init[i]);
	}
	wide_compress(s, w);
	store_words(state, s);
}

static void
wide_prepare_both(
	const struct wide *g, const uint8_t *key, size_t stride, struct mst_hmac_cols *prepared)
{
	const uint8_t *lane_key[WIDE];
	uint8_t *inner[WIDE], *outer[WIDE];

	for (unsigned i = 0; i < WIDE; i++) {
		lane_key[i] = key + g->lane[i] * stride;
		inner[i] = (uint8_t *)prepared->inner[g->lane[i]];
		outer[i] = (uint8_t *)prepared->outer[g->lane[i]];
	}
	wide_prepare(lane_key, 0x36363636, inner);
	wide_prepare(lane_key, 0x5c5c5c5c, outer);
}

void
mst_avx512_hmac_key(struct mst_crypto *engine, mst_lanes live, const uint8_t *key, size_t stride,
	size_t key_size, struct mst_hmac_cols *prepared)
{
	if (stride != 0 && mst_lanes_count(live) >= WIDE_MIN) {
		do {
			struct wide g = take_wide(&live);

			wide_prepare_both(&g, key, stride, prepared);
		} while (mst_lanes_count(live) >= WIDE_MIN);
		mst_native_burn_8k();
	}
	if (live != 0)
		mst_avx_hmac_key(engine, live, key, stride, key_size, prepared);
}

static unsigned
plan_blocks(struct wide_block block[BLOCKS_MAX], size_t size)
{
	unsigned count = (unsigned)(size + 1 + 8 + SHA256_BLOCK - 1) / SHA256_BLOCK;

	for (unsigned b = 0; b < count; b++) {
		size_t left = size > SHA256_BLOCK * b ? size - SHA256_BLOCK * b : 0;

		block[b].whole = left >= SHA256_BLOCK;
		block[b].text = block[b].whole ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1;
		memset(block[b].padding, 0, sizeof(block[b].padding));
	}
	block[size / SHA256_BLOCK].padding[size % SHA256_BLOCK / 4] = 0x80000000 >> size % 4 * 8;
	block[count - 1].padding[15] |= 8 * (SHA256_BLOCK + (uint32_t)size);
	return count;
}

INLINE void
load_block_words(
	const uint8_t *const row[WIDE], size_t at, const struct wide_block *b, __m512i w[16])
{
	__mmask32 low = (__mmask32)b->text, high = (__mmask32)(b->text >> 32);

	for (unsigned j = 0; j < 16; j++)
		w[j] = _mm512_setzero_si512();
	if (low != 0)
		load_words(row, at, low, w);
	if (high != 0)
		load_words(row, at + 32, high, w + 8);
	for (unsigned j = 0; j < 16; j++)
		w[j] = swap_octets(w[j]);
	if (!b->whole)
		for (unsigned j = 0; j < 16; j++)
			w[j] = _mm512_or_si512(w[j], all_lanes(b->padding[j]));
}

static NATIVE_KERNEL void
wide_hmac(const struct wide *g, const struct mst_hmac_cols *prepared, const uint8_t *const *message,
	const struct wide_block *block, unsigned count, mst_b32 *mac)
{
	const uint8_t *text[WIDE], *inner[WIDE], *outer[WIDE];
	uint8_t *out[WIDE];
	__m512i s[8], w[16];

	for (unsigned i = 0; i < WIDE; i++) {
		text[i] = message[g->lane[i]];
		inner[i] = (const uint8_t *)prepared->inner[g->lane[i]];
		outer[i] = (const uint8_t *)prepared->outer[g->lane[i]];
		out[i] = mac[g->lane[i]];
	}
	load_words(inner, 0, ~(__mmask32)0, s);
	for (unsigned b = 0; b < count; b++) {
		load_block_words(text, (size_t)SHA256_BLOCK * b, &block[b], w);
		wide_compress(s, w);
	}
	for (unsigned j = 0; j < 8; j++) {
		w[j] = s[j];
		w[8 + j] = _mm512_setzero_si512();
	}
	w[8] = all_lanes(0x80000000);
	w[15] = all_lanes(8 * (SHA256_BLOCK + sizeof(mst_b32)));
	load_words(outer, 0, ~(__mmask32)0, s);
	wide_compress(s, w);
	for (unsigned j = 0; j < 8; j++)
		s[j] = swap_octets(s[j]);
	store_words(out, s);
}

void
mst_avx512_hmac(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac)
{
	if (mst_lanes_count(live) >= WIDE_MIN) {
		struct wide_block block[BLOCKS_MAX];
		unsigned count = plan_blocks(block, size);

		do {
			struct wide g = take_wide(&live);

			wide_hmac(&g, prepared, message, block, count, mac);
		} while (mst_lanes_count(live) >= WIDE_MIN);
		mst_native_burn_8k();
	}
	if (live != 0)
		mst_avx_hmac(engine, live, prepared, message, size, mac);
}

#endif
