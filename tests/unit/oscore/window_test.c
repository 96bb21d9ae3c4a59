/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <stdbool.h>

#include "oscore/window.h"

#define HISTORY 4096

/* Every accepted Partial IV, and the rule of RFC 8613 section 7.4 applied to the list. */
struct naive {
	uint64_t seen[HISTORY];
	unsigned count;
};

static enum mst_oscore_verdict
naive_check(const struct naive *n, uint64_t piv)
{
	uint64_t highest = 0;
	bool known = false;

	if (piv >> 32 != 0)
		return MST_OSCORE_REPLAY;
	for (unsigned i = 0; i < n->count; i++) {
		highest = n->seen[i] > highest ? n->seen[i] : highest;
		known |= n->seen[i] == piv;
	}
	if (n->count == 0)
		return MST_OSCORE_FRESH;
	if (known)
		return piv == highest ? MST_OSCORE_LATEST : MST_OSCORE_REPLAY;
	return piv + MST_OSCORE_WINDOW > highest ? MST_OSCORE_FRESH : MST_OSCORE_REPLAY;
}

static uint64_t
next_piv(uint64_t *seed, const struct mst_oscore_window *w)
{
	uint64_t r = rnd(seed);

	switch (r % 16) {
	case 0:
		return rnd(seed) & UINT32_MAX;
	case 1:
		return w->highest + (rnd(seed) % 3) * UINT64_C(0x100000000);
	case 2:
		return w->highest + 31 + rnd(seed) % 3;
	case 3:
		return UINT32_MAX - rnd(seed) % 70;
	default: /* around the window */
		return w->highest + 4 - (r >> 8) % 40 + (w->highest < 40 ? 40 : 0);
	}
}

static void
equals_naive(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct mst_oscore_window w = {0};
		static struct naive n;

		n.count = 0;
		for (unsigned step = 0; step < 400; step++) {
			uint64_t piv =
				step < 200 ? next_piv(&seed, &w) % 5000 : next_piv(&seed, &w);
			enum mst_oscore_verdict want = naive_check(&n, piv);
			struct mst_oscore_window before = w;

			assert_int_equal(mst_oscore_window_check(&w, piv), want);
			assert_memory_equal(&w, &before, sizeof(w));
			if (rnd(&seed) % 4 == 0)
				continue; /* checked, but did not authenticate */
			assert_int_equal(mst_oscore_window_accept(&w, piv), want);
			if (want == MST_OSCORE_FRESH)
				n.seen[n.count++] = piv;
			else
				assert_memory_equal(&w, &before, sizeof(w));
		}
	}
}

static void
edges(void **state)
{
	struct mst_oscore_window w = {0};

	(void)state;
	assert_int_equal(sizeof(w), 8);
	/* An empty window takes any first number, and after it the 31 below. */
	assert_int_equal(mst_oscore_window_check(&w, UINT32_MAX), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_check(&w, (uint64_t)UINT32_MAX + 1), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_check(&w, UINT64_MAX), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_accept(&w, 0), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_accept(&w, 0), MST_OSCORE_LATEST);
	assert_int_equal(mst_oscore_window_accept(&w, 31), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_accept(&w, 0), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_accept(&w, 1), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_accept(&w, 1), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_accept(&w, 33), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_check(&w, 1), MST_OSCORE_REPLAY); /* out of the window */
	assert_int_equal(mst_oscore_window_check(&w, 2), MST_OSCORE_FRESH);  /* its left end */
	assert_int_equal(
		mst_oscore_window_check(&w, 31), MST_OSCORE_REPLAY); /* kept by the shift */
	/* Jumps of exactly the width and far beyond, up to the last number. */
	assert_int_equal(mst_oscore_window_accept(&w, 65), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_check(&w, 33), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_check(&w, 34), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_accept(&w, UINT32_MAX), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_accept(&w, UINT32_MAX), MST_OSCORE_LATEST);
	assert_int_equal(mst_oscore_window_accept(&w, UINT32_MAX - 31), MST_OSCORE_FRESH);
	assert_int_equal(mst_oscore_window_accept(&w, UINT32_MAX - 32), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_accept(&w, 0), MST_OSCORE_REPLAY);
	assert_int_equal(w.highest, UINT32_MAX);
	assert_int_equal(w.bitmap, 0x80000001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_naive),
		cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
