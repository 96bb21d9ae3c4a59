/* SPDX-License-Identifier: BSD-3-Clause */
/* Percentiles against a sorted copy of the same values, cells at their edges, merging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hist/hist.h"

#define VALUES 20000

static struct mst_hist hist, other, both;

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
test_cells(void **state)
{
	unsigned last = 0;

	(void)state;
	for (unsigned i = 0; i < MST_HIST_CELLS; i++) {
		uint64_t end = mst_hist_cell_end(i);

		assert_int_equal(mst_hist_cell(end - 1), i);
		if (i + 1 < MST_HIST_CELLS)
			assert_int_equal(mst_hist_cell(end), i + 1);
	}
	assert_int_equal(mst_hist_cell_end(MST_HIST_CELLS - 1) - 1, MST_HIST_MAX);
	for (uint64_t v = 0; v < 1u << 16; v++) {
		unsigned cell = mst_hist_cell(v);

		assert_true(cell == last || cell == last + 1);
		assert_true(mst_hist_cell_end(cell) - 1 - v <= v / 1024);
		last = cell;
	}
}

static void
test_empty_and_limits(void **state)
{
	(void)state;
	memset(&hist, 0, sizeof(hist));
	assert_int_equal(mst_hist_percentile(&hist, 50), 0);
	assert_int_equal(mst_hist_max(&hist), 0);
	assert_true(mst_hist_mean(&hist) == 0);
	mst_hist_add(&hist, 0);
	assert_int_equal(mst_hist_percentile(&hist, 100), 0);
	mst_hist_add(&hist, UINT64_MAX);
	assert_int_equal(mst_hist_count(&hist), 2);
	assert_int_equal(mst_hist_percentile(&hist, 100), MST_HIST_MAX);
	assert_int_equal(mst_hist_percentile(&hist, 0), 0);
	assert_int_equal(mst_hist_percentile(&hist, 50), 0);
	assert_int_equal(mst_hist_percentile(&hist, 51), MST_HIST_MAX);
}

/* Values spread over all magnitudes. */
static void
fill(struct mst_hist *h, uint64_t *values, uint64_t seed)
{
	memset(h, 0, sizeof(*h));
	for (unsigned i = 0; i < VALUES; i++) {
		values[i] = (next_random(&seed) >> 32) >> next_random(&seed) % 32;
		mst_hist_add(h, values[i]);
	}
}

static void
check_percentiles(const struct mst_hist *h, uint64_t *values, unsigned count)
{
	static const double percents[] = {0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100};

	qsort(values, count, sizeof(*values), compare);
	for (unsigned i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		unsigned rank = (unsigned)(percents[i] * count / 100 + 0.999999);
		uint64_t want = values[rank > 0 ? rank - 1 : 0];
		uint64_t got = mst_hist_percentile(h, percents[i]);

		assert_true(got >= want && got - want <= want / 1024);
	}
	assert_int_equal(mst_hist_max(h), values[count - 1]);
}

static void
test_percentiles(void **state)
{
	static uint64_t values[VALUES];

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		fill(&hist, values, seed * 0x9e3779b97f4a7c15u);
		check_percentiles(&hist, values, VALUES);
	}
}

static void
test_above(void **state)
{
	static uint64_t values[VALUES];

	(void)state;
	fill(&hist, values, 5);
	for (unsigned i = 0; i < VALUES; i += 7) {
		uint64_t end = mst_hist_cell_end(mst_hist_cell(values[i])), above = 0;

		for (unsigned k = 0; k < VALUES; k++)
			above += values[k] >= end;
		assert_int_equal(mst_hist_above(&hist, values[i]), above);
	}
	assert_int_equal(mst_hist_above(&hist, MST_HIST_MAX), 0);
	assert_int_equal(mst_hist_above(&hist, UINT64_MAX), 0);
}

static void
test_merge(void **state)
{
	static uint64_t values[2 * VALUES];
	double sum = 0;

	(void)state;
	memset(&both, 0, sizeof(both));
	fill(&hist, values, 77);
	fill(&other, values + VALUES, 78);
	mst_hist_merge(&both, &hist);
	mst_hist_merge(&both, &other);
	assert_int_equal(mst_hist_count(&both), 2 * VALUES);
	for (unsigned i = 0; i < 2 * VALUES; i++)
		sum += (double)values[i];
	assert_true(mst_hist_mean(&both) == sum / (2 * VALUES));
	check_percentiles(&both, values, 2 * VALUES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_empty_and_limits),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_above),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
