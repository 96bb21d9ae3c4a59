/* SPDX-License-Identifier: BSD-3-Clause */
/* Big-endian loads and stores at any alignment. Context: any thread. */
#ifndef MST_BASE_BYTES_H
#define MST_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

typedef uint8_t mst_b16[16]; /* RAND, K, OPc, an AES key or block */
typedef uint8_t mst_b32[32]; /* Ks, Ks_NAF, an HMAC-SHA-256 value */

static inline uint16_t
mst_get_be16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t
mst_get_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint64_t
mst_get_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

/** The 6-octet big-endian integer at p (SQN, AK). */
static inline uint64_t
mst_get_be48(const uint8_t *p)
{
	return (uint64_t)mst_get_be16(p) << 32 | mst_get_be32(p + 2);
}

static inline void
mst_put_be16(uint8_t *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
mst_put_be32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
mst_put_be64(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

/** Stores the low 48 bits of v. */
static inline void
mst_put_be48(uint8_t *p, uint64_t v)
{
	mst_put_be16(p, (uint16_t)(v >> 32));
	mst_put_be32(p + 2, (uint32_t)v);
}

#endif
