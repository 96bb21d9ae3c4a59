/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the tests of lib/gba: cmocka, octets from hex, a repeatable source of numbers. */
#ifndef TESTS_GBA_HELP_H
#define TESTS_GBA_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/text.h"
#include "crypto/crypto.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Octets of a hex text, blanks skipped. Returns their number. */
static inline size_t
unhex(const char *text, uint8_t *out, size_t capacity)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '\n')
			continue;
		assert_true(n < capacity);
		assert_int_equal(mst_hex_decode(text, 2, out + n++, 1), 0);
		text++;
	}
	return n;
}

/* splitmix64 */
static inline uint64_t
next_number(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline void
fill(uint64_t *seed, void *out, size_t n)
{
	uint8_t *p = out;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)next_number(seed);
}

static inline int
make_engine(void **state)
{
	struct mst_crypto *engine;

	assert_int_equal(mst_crypto_create(&engine, NULL), 0);
	*state = engine;
	return 0;
}

static inline int
drop_engine(void **state)
{
	mst_crypto_destroy(*state);
	return 0;
}

#endif
