/* SPDX-License-Identifier: BSD-3-Clause */
/* The wheel against a plain list of times: nothing early, nothing forgotten, nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "timers.h"

#define METERS 5000

static struct timers timers;
static uint32_t due[METERS]; /* 0: not in the wheel */

static int
set_up(void **state)
{
	(void)state;
	memset(due, 0, sizeof(due));
	return timers_init(&timers, METERS);
}

static int
tear_down(void **state)
{
	(void)state;
	timers_fini(&timers);
	return 0;
}

/** Takes all that is due, in bursts of `max`; checks each. Returns how many. */
static unsigned
take_all(uint32_t now, unsigned max)
{
	uint32_t meter[64];
	unsigned total = 0, n;

	while ((n = timers_take(&timers, now, meter, max)) > 0) {
		assert_true(n <= max);
		for (unsigned i = 0; i < n; i++) {
			assert_true(meter[i] < METERS);
			assert_int_not_equal(due[meter[i]], 0);
			assert_true(due[meter[i]] <= now);
			due[meter[i]] = 0;
		}
		total += n;
	}
	return total;
}

static void
test_order(void **state)
{
	(void)state;
	for (uint32_t m = 0; m < METERS; m++) {
		due[m] = 1 + m % 1000;
		timers_add(&timers, m, due[m]);
	}
	for (uint32_t now = 0; now <= 1000; now++) {
		unsigned taken = take_all(now, 64);

		assert_int_equal(taken, now == 0 ? 0 : METERS / 1000);
	}
	assert_int_equal(take_all(100000, 64), 0);
}

static void
test_past_and_far(void **state)
{
	uint32_t meter[64];

	(void)state;
	assert_int_equal(timers_take(&timers, 1000, meter, 64), 0);
	timers_add(&timers, 7, 10); /* passed */
	assert_int_equal(timers_take(&timers, 1000, meter, 64), 1);
	assert_int_equal(meter[0], 7);
	timers_add(&timers, 8, 1000 + 10 * TIMERS_SLOTS);
	assert_int_equal(timers_take(&timers, 1000 + TIMERS_SLOTS - 2, meter, 64), 0);
	/* Looked at once a turn, early. */
	assert_int_equal(timers_take(&timers, 1000 + TIMERS_SLOTS, meter, 64), 1);
	assert_int_equal(meter[0], 8);
}

static void
test_full_bursts(void **state)
{
	(void)state;
	for (uint32_t m = 0; m < METERS; m++) {
		due[m] = 5;
		timers_add(&timers, m, due[m]);
	}
	assert_int_equal(take_all(4, 1), 0);
	assert_int_equal(take_all(5, 63), METERS);
}

/** Random adds and steps of time over many turns; blocks are given back and used again. */
static void
test_random(void **state)
{
	uint64_t random = 42;
	uint32_t now = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t late = 0;

		for (unsigned i = 0; i < 20; i++) {
			uint32_t m = random_below(&random, METERS);

			if (due[m] != 0)
				continue;
			due[m] = now + random_below(&random, TIMERS_SLOTS - 1);
			timers_add(&timers, m, due[m]);
		}
		now += random_below(&random, round % 100 == 0 ? 3000 : 4);
		take_all(now, 1 + random_below(&random, 64));
		for (uint32_t m = 0; m < METERS; m++)
			late += due[m] != 0 && due[m] <= now;
		assert_int_equal(late, 0);
	}
	assert_true(timers.unused <= timers.blocks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_past_and_far, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_bursts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
