/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Token buckets of source prefixes: what one prefix may ask for without a session, that others and
 * sessions do not suffer from it, and that no flood makes anything grow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "device.h"

#define RATE    1000 /* a second: one a ms */
#define BURST   8
#define DEVICES 16

static struct bench bench;
static struct device dev[DEVICES];

/** Devices 2k and 2k + 1 are neighbours in the prefix 10.0.k.0/24. */
static void
open_with(uint32_t rate)
{
	struct gw_options options = bench_options();

	options.sources = (struct gw_source_options){rate, BURST, 24, 56};
	bench_open(&bench, &options);
	for (unsigned i = 0; i < DEVICES; i++) {
		device_init(&dev[i], &bench, i);
		dev[i].ip = 0x0a000000 | i / 2 << 8 | (i % 2 + 1);
	}
}

static int
open_bounded(void **state)
{
	(void)state;
	open_with(RATE);
	return 0;
}

static int
open_free(void **state)
{
	(void)state;
	open_with(0);
	return 0;
}

static int
close_it(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

/** Whether a message is answered; otherwise it was dropped and counted. */
static bool
answered(struct device *d, const uint8_t *message, size_t size)
{
	uint64_t drops = bench_drops(&bench, MST_E_SOURCE_BUSY);
	uint8_t answer[1600];
	bool came = device_send(d, message, size, answer) > 0;

	assert_int_equal(bench_drops(&bench, MST_E_SOURCE_BUSY) - drops, !came);
	return came;
}

/** Whether a first message is. */
static bool
challenged(struct device *d)
{
	struct mst_coap_build build;
	uint8_t message[1024];

	device_begin(d, &build, message, MST_COAP_POST, "bsf");
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_request(
		mst_coap_put_payload(&build), MST_UB_ID_IMSI, d->imsi, 2, MST_UB_NO_PAD);
	return answered(d, message, (size_t)mst_coap_build_fini(&build));
}

static unsigned
count_challenged(struct device *d, unsigned tries)
{
	unsigned n = 0;

	while (tries-- > 0)
		n += challenged(d);
	return n;
}

static void
a_prefix_has_its_burst_and_then_its_rate(void **state)
{
	(void)state;
	assert_int_equal(count_challenged(&dev[0], 3 * BURST), BURST);
	assert_false(challenged(&dev[1])); /* the neighbour has the same bucket */
	bench.now_ms += 3;
	assert_int_equal(count_challenged(&dev[1], BURST), 3);
	bench.now_ms += 3600000;
	assert_int_equal(count_challenged(&dev[0], 3 * BURST), BURST);
	bench.now_ms -= 2; /* a clock set back delays, it does not open */
	assert_false(challenged(&dev[0]));
}

static void
other_prefixes_do_not_suffer(void **state)
{
	(void)state;
	count_challenged(&dev[0], 100);
	for (unsigned i = 2; i < DEVICES; i += 2)
		assert_true(challenged(&dev[i]));
}

static void
ipv6_has_prefixes_too(void **state)
{
	(void)state;
	dev[0].ipv6 = true;
	assert_int_equal(count_challenged(&dev[0], 3 * BURST), BURST);
	assert_true(challenged(&dev[2]));
}

static void
sessions_go_on(void **state)
{
	uint8_t plain[64], message[1024];
	struct answer a;

	(void)state;
	device_bootstrap(&dev[0]);
	count_challenged(&dev[1], 100);
	assert_false(challenged(&dev[0]));
	for (unsigned i = 0; i < 3 * BURST; i++) {
		size_t size = (size_t)mst_ua_build_read_session(plain, sizeof(plain));

		size = device_seal(&dev[0], plain, size, false, message);
		assert_int_equal(device_secured(&dev[0], message, size, &a), MST_COAP_CONTENT);
	}
}

static void
all_kinds_without_a_session_count(void **state)
{
	uint8_t message[1024], plain[64];
	struct answer a;
	size_t size;

	(void)state;
	device_first(&dev[0], &a);
	assert_int_equal(device_authenticate(&dev[0]), 0);
	device_first(&dev[2], &a);
	assert_int_equal(device_authenticate(&dev[2]), 0);
	count_challenged(&dev[1], 100);
	count_challenged(&dev[3], 100);

	/* The proof, */
	assert_false(answered(&dev[0], message, device_build_answer(&dev[0], message)));
	bench.now_ms += 1;
	assert_int_equal(device_answer(&dev[0], &a), MST_COAP_CHANGED);

	/* and a request that is one. */
	size = (size_t)mst_ua_build_read_session(plain, sizeof(plain));
	size = device_seal(&dev[2], plain, size, true, message);
	assert_true(answered(&dev[2], message, size));
	assert_false(challenged(&dev[3]));
}

static void
without_a_rate_there_is_no_bound(void **state)
{
	(void)state;
	assert_int_equal(count_challenged(&dev[0], 1000), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_prefix_has_its_burst_and_then_its_rate, open_bounded, close_it),
		cmocka_unit_test_setup_teardown(
			other_prefixes_do_not_suffer, open_bounded, close_it),
		cmocka_unit_test_setup_teardown(ipv6_has_prefixes_too, open_bounded, close_it),
		cmocka_unit_test_setup_teardown(sessions_go_on, open_bounded, close_it),
		cmocka_unit_test_setup_teardown(
			all_kinds_without_a_session_count, open_bounded, close_it),
		cmocka_unit_test_setup_teardown(
			without_a_rate_there_is_no_bound, open_free, close_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
