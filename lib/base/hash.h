/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keyed 64-bit hash of short fixed-size keys, for tables that strangers can fill.
 *
 * Over the key's 64-bit words x_i: H = the upper 64 bits of (b + sum a_i * x_i mod 2^128), with
 * 128-bit secret a_i and b. This is multiply-shift hashing on a vector (Dietzfelbinger 1996):
 * strongly universal, so for any two keys that were chosen without knowing the seed, any pair of
 * hashes is equally likely. A fixed bijection then removes the linear structure, which regular
 * keys (consecutive IMSIs) would otherwise carry into the table.
 *
 *	struct mst_hash_seed seed; // sizeof(seed) random octets, once a process
 *	uint64_t h = mst_hash_u64(&seed, imsi);
 *
 * Not a MAC: who sees hashes learns the seed. Context: any thread; the seed is read-only.
 */
#ifndef MST_BASE_HASH_H
#define MST_BASE_HASH_H

#include <stdint.h>
#include <string.h>

/** Secret seed: random octets, nothing else. */
struct mst_hash_seed {
	uint64_t a0[2], a1[2], b[2]; /* low and high half of 128 bits */
};

__extension__ typedef unsigned __int128 mst_u128;

static inline mst_u128
mst_hash_mul(const uint64_t a[2], uint64_t x)
{
	return (mst_u128)a[0] * x + ((mst_u128)(a[1] * x) << 64);
}

static inline uint64_t
mst_hash_finish(mst_u128 sum)
{
	uint64_t h = (uint64_t)(sum >> 64);

	h ^= h >> 32;
	h *= 0x9fb21c651e98df25u;
	h ^= h >> 29;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/** Hash of one word. */
static inline uint64_t
mst_hash_u64(const struct mst_hash_seed *seed, uint64_t x)
{
	return mst_hash_finish(
		((mst_u128)seed->b[1] << 64 | seed->b[0]) + mst_hash_mul(seed->a0, x));
}

/** Hash of 16 octets, at any alignment. */
static inline uint64_t
mst_hash_b16(const struct mst_hash_seed *seed, const uint8_t *key)
{
	uint64_t x[2];

	memcpy(x, key, sizeof(x));
	return mst_hash_finish(((mst_u128)seed->b[1] << 64 | seed->b[0]) +
			       mst_hash_mul(seed->a0, x[0]) + mst_hash_mul(seed->a1, x[1]));
}

#endif
