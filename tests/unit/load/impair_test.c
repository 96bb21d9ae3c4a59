/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares of lost, doubled and held frames; holding times; the same seed does the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "impair.h"

#define FRAMES 200000

static struct impair impair, again;

static void
count_fates(struct impair *im, unsigned counts[4])
{
	memset(counts, 0, 4 * sizeof(*counts));
	for (unsigned i = 0; i < FRAMES; i++)
		counts[impair_judge(im)]++;
}

/** Within five standard deviations of a share of n. */
static void
assert_share(unsigned count, double n, double share)
{
	double off = count - n * share;

	assert_true(off * off <= 25 * n * share * (1 - share) + 1);
}

static void
test_off(void **state)
{
	unsigned counts[4];

	(void)state;
	impair_init(&impair, 1, 0, 0, 0);
	assert_false(impair_is_on(&impair));
	count_fates(&impair, counts);
	assert_int_equal(counts[IMPAIR_PASS], FRAMES);
}

static void
test_all(void **state)
{
	unsigned counts[4];

	(void)state;
	impair_init(&impair, 1, 100, 100, 100);
	count_fates(&impair, counts);
	assert_true(counts[IMPAIR_LOSE] >= FRAMES - 1);
}

static void
test_shares(void **state)
{
	static const double shares[][3] = {
		{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {5, 3, 2}, {0.1, 0.1, 0.1}, {30, 20, 50}};
	unsigned counts[4];

	(void)state;
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double loss = shares[i][0] / 100, dup = shares[i][1] / 100;
		double hold = shares[i][2] / 100, rest = 1 - loss;

		impair_init(&impair, 1000 + i, shares[i][0], shares[i][1], shares[i][2]);
		assert_true(impair_is_on(&impair));
		count_fates(&impair, counts);
		assert_share(counts[IMPAIR_LOSE], FRAMES, loss);
		assert_share(counts[IMPAIR_DOUBLE], FRAMES, rest * dup);
		assert_share(counts[IMPAIR_HOLD], FRAMES, rest * (1 - dup) * hold);
		assert_int_equal(impair.lost, counts[IMPAIR_LOSE]);
		assert_int_equal(impair.doubled, counts[IMPAIR_DOUBLE]);
	}
}

static void
test_seed(void **state)
{
	(void)state;
	impair_init(&impair, 7, 10, 10, 10);
	impair_init(&again, 7, 10, 10, 10);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(impair_judge(&impair), impair_judge(&again));
	impair_init(&again, 8, 10, 10, 10);
	for (unsigned i = 0; i < 1000; i++)
		if (impair_judge(&impair) != impair_judge(&again))
			return;
	fail_msg("two seeds give the same thousand fates");
}

static struct mst_frame
frame_of(uintptr_t number)
{
	return (struct mst_frame){.handle = (void *)number};
}

static void
test_hold_by_time(void **state)
{
	struct mst_frame frame = frame_of(3), out[2];

	(void)state;
	impair_init(&impair, 1, 0, 0, 50);
	assert_true(impair_hold(&impair, &frame, 100));
	assert_int_equal(impair_release(&impair, 100 + IMPAIR_HOLD_US - 1, out, 2), 0);
	assert_int_equal(impair_release(&impair, 100 + IMPAIR_HOLD_US, out, 2), 1);
	assert_ptr_equal(out[0].handle, frame.handle);
	assert_int_equal(impair_release(&impair, UINT64_MAX, out, 2), 0);
}

static void
test_hold_by_passing(void **state)
{
	struct mst_frame frame = frame_of(4), out[2];
	unsigned passed = 0;

	(void)state;
	impair_init(&impair, 1, 0, 0, 50);
	assert_true(impair_hold(&impair, &frame, 0));
	while (impair_release(&impair, 0, out, 2) == 0) {
		impair_judge(&impair);
		passed++;
	}
	assert_true(passed >= 1 && passed <= IMPAIR_PASS_MAX);
}

static void
test_hold_full(void **state)
{
	struct mst_frame frame, out[64];
	bool seen[IMPAIR_HELD_MAX] = {false};
	unsigned n, total = 0;

	(void)state;
	impair_init(&impair, 1, 0, 0, 50);
	for (uintptr_t i = 0; i < IMPAIR_HELD_MAX; i++) {
		frame = frame_of(i);
		assert_true(impair_hold(&impair, &frame, 0));
	}
	assert_false(impair_hold(&impair, &frame, 0));
	while ((n = impair_release(&impair, UINT64_MAX, out, 64)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			assert_false(seen[(uintptr_t)out[i].handle]);
			seen[(uintptr_t)out[i].handle] = true;
		}
		total += n;
	}
	assert_int_equal(total, IMPAIR_HELD_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_hold_by_time),
		cmocka_unit_test(test_hold_by_passing),
		cmocka_unit_test(test_hold_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
