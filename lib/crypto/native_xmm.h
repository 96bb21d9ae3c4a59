/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the unit: the vectors of native_aes.h with AES-NI, one block a register. */
#ifndef MST_CRYPTO_NATIVE_XMM_H
#define MST_CRYPTO_NATIVE_XMM_H

#include <immintrin.h>

#include "crypto/native.h"

#define VEC_LANES 1

typedef __m128i vec;

struct slot {
	unsigned lane;
};

INLINE struct slot
vec_take(mst_lanes *rest)
{
	struct slot s = {(unsigned)__builtin_ctzll(*rest)};

	*rest &= *rest - 1;
	return s;
}

INLINE vec
vec_all(const uint8_t *block)
{
	return _mm_loadu_si128((const __m128i *)block);
}

INLINE vec
vec_load(const mst_b16 *col, struct slot at)
{
	return vec_all(col[at.lane]);
}

INLINE void
vec_store(mst_b16 *col, struct slot at, vec x)
{
	_mm_storeu_si128((__m128i *)col[at.lane], x);
}

INLINE vec
vec_gather(const uint8_t *const *from, size_t offset)
{
	return vec_all(from[0] + offset);
}

INLINE vec
vec_gather_rows(const uint8_t *from, size_t stride)
{
	(void)stride;
	return vec_all(from);
}

INLINE void
vec_scatter(uint8_t *const *to, size_t offset, vec x)
{
	_mm_storeu_si128((__m128i *)(to[0] + offset), x);
}

INLINE void
vec_store_rows(uint8_t *to, vec x)
{
	_mm_storeu_si128((__m128i *)to, x);
}

INLINE vec
vec_pick(uint32_t first, vec a, vec b)
{
	return first & 1 ? a : b;
}

INLINE vec
vec_xor(vec a, vec b)
{
	return _mm_xor_si128(a, b);
}

INLINE vec
vec_and(vec a, vec b)
{
	return _mm_and_si128(a, b);
}

/* Adds one to the last octet; a CCM counter here stays below 256. */
INLINE vec
vec_count(vec a)
{
	return _mm_add_epi8(a, _mm_set_epi64x((int64_t)1 << 56, 0));
}

#define vec_words(a, order)  _mm_shuffle_epi32(a, order)
#define vec_enc(a, key)      _mm_aesenc_si128(a, key)
#define vec_enc_last(a, key) _mm_aesenclast_si128(a, key)
#define vec_dec(a, key)      _mm_aesdec_si128(a, key)
#define vec_dec_last(a, key) _mm_aesdeclast_si128(a, key)

#define vec_lo32(a, b) _mm_unpacklo_epi32(a, b)
#define vec_hi32(a, b) _mm_unpackhi_epi32(a, b)
#define vec_lo64(a, b) _mm_unpacklo_epi64(a, b)
#define vec_hi64(a, b) _mm_unpackhi_epi64(a, b)

/* AESENCLAST is SubBytes after ShiftRows, which the shuffle undoes while it rotates the words. */
INLINE vec
vec_sub_words(vec words, uint8_t constant)
{
	const __m128i order = _mm_set_epi64x(0x00070a0d0c030609, 0x080f0205040b0e01);

	return _mm_aesenclast_si128(_mm_shuffle_epi8(words, order), _mm_set1_epi32(constant));
}

/* The next round key of one key by itself, without the slow AESKEYGENASSIST. */
INLINE vec
vec_key_next(vec key, uint8_t constant)
{
	vec t = _mm_shuffle_epi8(key, _mm_set1_epi32(0x0c0f0e0d));

	t = _mm_aesenclast_si128(t, _mm_set1_epi32(constant));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, t);
}

#endif
