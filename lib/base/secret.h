/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handling of key material: wipes that the compiler keeps, comparisons whose time does not
 * depend on the data. Context: any thread.
 */
#ifndef MST_BASE_SECRET_H
#define MST_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void
mst_wipe(void *p, size_t n)
{
	memset(p, 0, n);
	/* Whoever reads p[0..n) might be behind this: the zeros have to be there. */
	__asm__ volatile("" : : "r"(p) : "memory");
}

/** Whether the n octets at a and b are equal, in time that depends on n alone. */
static inline bool
mst_equal_ct(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	/* Hides from the optimiser that only "zero or not" matters. */
	__asm__("" : "+r"(diff));
	return diff == 0;
}

#endif
