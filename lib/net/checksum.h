/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071) over 64-bit accumulators in host order; the order of octets in
 * a folded sum is that of memory, so results are compared and stored without byte swaps.
 *
 *	uint64_t sum = mst_net_sum_add(0, header, 20);
 *	bool good = mst_net_sum_fold(sum) == 0xffff;
 *
 * Context: any thread; nothing here has state.
 */
#ifndef MST_NET_CHECKSUM_H
#define MST_NET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** One's complement sum of two 64-bit accumulators. */
static inline uint64_t
mst_net_sum_join(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;

	return sum + (sum < a);
}

/* The low three bits of n tell how many octets at p are left: they, padded with zeros. */
static inline uint64_t
mst_net_sum_tail(const uint8_t *p, size_t n)
{
	uint64_t word = 0;
	unsigned shift = 0;
	uint32_t four;
	uint16_t two;

	if ((n & 4) != 0) {
		memcpy(&four, p, 4);
		word = four;
		shift = 32;
		p += 4;
	}
	if ((n & 2) != 0) {
		memcpy(&two, p, 2);
		word |= (uint64_t)two << shift;
		shift += 16;
		p += 2;
	}
	if ((n & 1) != 0)
		word |= (uint64_t)*p << shift;
	return word;
}

/**
 * Adds n octets to a sum; the octets begin at an even offset of what is summed, an odd last octet
 * is padded with zero. Two chains of additions run side by side.
 */
static inline uint64_t
mst_net_sum_add(uint64_t sum, const void *data, size_t n)
{
	const uint8_t *p = data;
	uint64_t other = 0, word[2];

	for (; n >= 16; n -= 16, p += 16) {
		memcpy(word, p, 16);
		sum = mst_net_sum_join(sum, word[0]);
		other = mst_net_sum_join(other, word[1]);
	}
	if (n >= 8) {
		memcpy(word, p, 8);
		sum = mst_net_sum_join(sum, word[0]);
		p += 8;
	}
	return mst_net_sum_join(sum, mst_net_sum_join(other, mst_net_sum_tail(p, n)));
}

/** The 16-bit one's complement sum in memory order; 0xffff over data with a right checksum. */
static inline uint16_t
mst_net_sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
