/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels of native_aes.h and native_ccm.h with VAES and AVX-512: four blocks a register. */
#include <immintrin.h>

#include "crypto/native.h"

#define VEC_LANES    4
#define KERNEL(name) mst_avx512_##name

typedef __m512i vec;

/* Four neighbouring lanes, the live ones in `mask`: two bits, of 64-bit halves, a lane. */
struct slot {
	unsigned lane;
	__mmask8 mask;
};

INLINE __mmask8
lane_mask(unsigned lanes)
{
	static const uint8_t doubled[16] = {0x00, 0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f, 0xc0,
		0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff};

	return doubled[lanes & 15];
}

INLINE struct slot
vec_take(mst_lanes *rest)
{
	unsigned lane = (unsigned)__builtin_ctzll(*rest) & ~3u;
	struct slot s = {lane, lane_mask((unsigned)(*rest >> lane))};

	*rest &= ~((mst_lanes)15 << lane);
	return s;
}

INLINE vec
vec_load(const mst_b16 *col, struct slot at)
{
	return _mm512_maskz_loadu_epi64(at.mask, col[at.lane]);
}

INLINE void
vec_store(mst_b16 *col, struct slot at, vec x)
{
	_mm512_mask_storeu_epi64(col[at.lane], at.mask, x);
}

INLINE vec
vec_all(const uint8_t *block)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)block));
}

INLINE vec
vec_join(const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d)
{
	vec x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)a));

	x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)b), 1);
	x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)c), 2);
	return _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)d), 3);
}

INLINE vec
vec_gather(const uint8_t *const *from, size_t offset)
{
	return vec_join(from[0] + offset, from[1] + offset, from[2] + offset, from[3] + offset);
}

INLINE vec
vec_gather_rows(const uint8_t *from, size_t stride)
{
	return vec_join(from, from + stride, from + 2 * stride, from + 3 * stride);
}

INLINE void
vec_scatter(uint8_t *const *to, size_t offset, vec x)
{
	_mm_storeu_si128((__m128i *)(to[0] + offset), _mm512_castsi512_si128(x));
	_mm_storeu_si128((__m128i *)(to[1] + offset), _mm512_extracti32x4_epi32(x, 1));
	_mm_storeu_si128((__m128i *)(to[2] + offset), _mm512_extracti32x4_epi32(x, 2));
	_mm_storeu_si128((__m128i *)(to[3] + offset), _mm512_extracti32x4_epi32(x, 3));
}

INLINE void
vec_store_rows(uint8_t *to, vec x)
{
	_mm512_storeu_si512(to, x);
}

INLINE vec
vec_pick(uint32_t first, vec a, vec b)
{
	return _mm512_mask_mov_epi64(b, lane_mask(first), a);
}

INLINE vec
vec_xor(vec a, vec b)
{
	return _mm512_xor_si512(a, b);
}

INLINE vec
vec_and(vec a, vec b)
{
	return _mm512_and_si512(a, b);
}

/* Adds one to the last octets; a CCM counter here stays below 256. */
INLINE vec
vec_count(vec a)
{
	return _mm512_add_epi8(a, _mm512_maskz_set1_epi64(0xaa, (int64_t)1 << 56));
}

#define vec_words(a, order)  _mm512_shuffle_epi32(a, order)
#define vec_enc(a, key)      _mm512_aesenc_epi128(a, key)
#define vec_enc_last(a, key) _mm512_aesenclast_epi128(a, key)
#define vec_dec(a, key)      _mm512_aesdec_epi128(a, key)
#define vec_dec_last(a, key) _mm512_aesdeclast_epi128(a, key)

#define vec_lo32(a, b) _mm512_unpacklo_epi32(a, b)
#define vec_hi32(a, b) _mm512_unpackhi_epi32(a, b)
#define vec_lo64(a, b) _mm512_unpacklo_epi64(a, b)
#define vec_hi64(a, b) _mm512_unpackhi_epi64(a, b)

/* AESENCLAST is SubBytes after ShiftRows, which the shuffle undoes while it rotates the words. */
INLINE vec
vec_sub_words(vec words, uint8_t constant)
{
	const __m128i order = _mm_set_epi64x(0x00070a0d0c030609, 0x080f0205040b0e01);
	vec t = _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(order));

	return _mm512_aesenclast_epi128(t, _mm512_set1_epi32(constant));
}

#include "crypto/native_ccm.h"
#include "crypto/native_sha_wide.h"
