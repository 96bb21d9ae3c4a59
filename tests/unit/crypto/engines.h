/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a test on every backend that the CPU has; reproducible random columns for it. */
#ifndef MST_TESTS_CRYPTO_ENGINES_H
#define MST_TESTS_CRYPTO_ENGINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/lanes.h"
#include "crypto/crypto.h"

#define DEAD 0xa5 /* fills output rows that a call must not touch */

struct test_rng {
	uint64_t state;
};

/* splitmix64. */
static inline uint64_t
rng_next(struct test_rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline unsigned
rng_below(struct test_rng *r, unsigned n)
{
	return (unsigned)(rng_next(r) % n);
}

static inline void
rng_fill(struct test_rng *r, void *p, size_t n)
{
	uint8_t *to = p;

	for (size_t o = 0; o < n; o++)
		to[o] = (uint8_t)rng_next(r);
}

/* No lane, one, a prefix, all, or any holes. */
static inline mst_lanes
rng_lanes(struct test_rng *r)
{
	switch (rng_below(r, 6)) {
	case 0:
		return rng_below(r, 4) == 0 ? 0 : MST_LANE(rng_below(r, MST_LANES));
	case 1:
		return mst_lanes_first(rng_below(r, MST_LANES + 1));
	case 2:
		return ~(mst_lanes)0;
	case 3:
		return rng_next(r) & rng_next(r) & rng_next(r);
	default:
		return rng_next(r);
	}
}

typedef void (*engine_test)(struct mst_crypto *engine, struct test_rng *rng);

static inline void
on_every_engine(engine_test test)
{
	const char *name;

	for (unsigned b = 0; (name = mst_crypto_backend(b)) != NULL; b++) {
		struct test_rng rng = {.state = 1};
		struct mst_crypto *engine;

		assert_int_equal(mst_crypto_create(&engine, name), 0);
		assert_string_equal(mst_crypto_name(engine), name);
		print_message("%s\n", name);
		test(engine, &rng);
		mst_crypto_destroy(engine);
	}
}

/* Every backend at once, for tests whose reference is dear. */
struct engines {
	unsigned count;
	struct mst_crypto *engine[16];
};

static inline struct engines
engines_create(void)
{
	struct engines all = {.count = 0};
	const char *name;

	while ((name = mst_crypto_backend(all.count)) != NULL)
		assert_int_equal(mst_crypto_create(&all.engine[all.count++], name), 0);
	return all;
}

static inline void
engines_destroy(struct engines *all)
{
	while (all->count > 0)
		mst_crypto_destroy(all->engine[--all->count]);
}

static inline void
assert_dead(const void *p, size_t n)
{
	const uint8_t *octet = p;

	for (size_t o = 0; o < n; o++)
		assert_int_equal(octet[o], DEAD);
}

/* Octets between two pages that no one may touch. */
struct guarded {
	uint8_t *start;
	uint8_t *end;
};

#define GUARDED_SIZE 4096

static inline struct guarded
guarded_map(void)
{
	uint8_t *p = mmap(NULL, 3 * GUARDED_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct guarded g = {p + GUARDED_SIZE, p + 2 * GUARDED_SIZE};

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(g.start, GUARDED_SIZE, PROT_READ | PROT_WRITE), 0);
	return g;
}

static inline void
guarded_unmap(const struct guarded *g)
{
	assert_int_equal(munmap(g->start - GUARDED_SIZE, 3 * GUARDED_SIZE), 0);
}

#endif
