/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the unit share: hexadecimal columns, reproducible octets, all engines. */
#ifndef OSCORE_SUPPORT_H
#define OSCORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/lanes.h"
#include "base/text.h"
#include "crypto/crypto.h"

/** Octets of a hexadecimal text; returns their number. */
static inline size_t
hex(const char *text, uint8_t *out)
{
	size_t n = strlen(text);

	assert_int_equal(mst_hex_decode(text, n, out, n / 2), 0);
	return n / 2;
}

static inline uint64_t
rnd(uint64_t *seed)
{
	uint64_t x = (*seed += 0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static inline void
rnd_fill(uint64_t *seed, void *out, size_t n)
{
	uint8_t *p = out;

	while (n-- > 0)
		*p++ = (uint8_t)rnd(seed);
}

/** A mask of the kinds that matter: none, one, all, dense and sparse with holes. */
static inline mst_lanes
rnd_lanes(uint64_t *seed)
{
	switch (rnd(seed) % 6) {
	case 0:
		return MST_LANE(rnd(seed) % MST_LANES);
	case 1:
		return ~(mst_lanes)0;
	case 2:
		return rnd(seed) & rnd(seed) & rnd(seed);
	case 3:
		return mst_lanes_first((unsigned)(rnd(seed) % 65));
	default:
		return rnd(seed);
	}
}

/** Runs f with an engine of each backend this machine has. */
static inline void
each_engine(void (*f)(struct mst_crypto *))
{
	const char *name;

	assert_non_null(mst_crypto_backend(0));
	for (unsigned i = 0; (name = mst_crypto_backend(i)) != NULL; i++) {
		struct mst_crypto *crypto;

		assert_int_equal(mst_crypto_create(&crypto, name), 0);
		f(crypto);
		mst_crypto_destroy(crypto);
	}
}

#endif
