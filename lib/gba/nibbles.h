/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the unit: eight digits at once in a 64-bit word. Context: any thread; no state. */
#ifndef MST_GBA_NIBBLES_H
#define MST_GBA_NIBBLES_H

#include <stdint.h>

#define MST_OCTETS(v) (UINT64_C(0x0101010101010101) * (v))

/** Eight values 0..15, one an octet, as 32 bits in the same order. Other bits must be clear. */
static inline uint32_t
mst_nibbles_pack(uint64_t x)
{
	x = (x | x >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(x | x >> 16);
}

/** The inverse. */
static inline uint64_t
mst_nibbles_spread(uint32_t v)
{
	uint64_t x = v;

	x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
	x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
	return (x | x << 4) & MST_OCTETS(0x0f);
}

#endif
