/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More candidates than there is room for wait for one creator (docs/protocol.md sections 5.7, 6.5):
 * what is kept is bounded, the others hear 5.03 with Max-Age, and all are in at the end. With one
 * worker and with three.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "keeper_private.h"
#include "manager.h"

#define DEVICES 60 /* the creator and 59 that ask */
#define ROOM    16 /* candidates that a keeper has room for */
#define BUSY    8  /* exchanges that a worker has room for, in the test of those */

static struct bench bench;
static struct device dev[DEVICES];
static struct mst_ua_response r;
static bool in[DEVICES], waits[DEVICES];
static uint64_t group;

static void
begin(unsigned workers, uint32_t candidates, uint32_t exchanges)
{
	struct gw_options options = bench_options();
	struct mst_policy_change change = policy_admission(MST_ADMIT_OWNERS);

	options.workers = workers;
	options.candidates = candidates;
	options.exchanges = exchanges;
	managers_open_with(&bench, &options, dev, DEVICES);
	memset(in, 0, sizeof(in));
	assert_int_equal(manage_create(&dev[0], &change, &r), MST_COAP_CREATED);
	group = dev[0].gid;
}

static int
open_one(void **state)
{
	(void)state;
	begin(1, ROOM, 128);
	return 0;
}

static int
open_three(void **state)
{
	(void)state;
	begin(3, ROOM, 128);
	return 0;
}

static int
close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

static const struct gw_keeper *
keeper(void)
{
	const struct mst_group *g = mst_groups_find_rcu(&bench.gw->groups, group);

	return &bench.gw->worker[g->keeper]->keeper;
}

/** Rows of the group at all workers: members, and who waits. */
static unsigned
rows(void)
{
	const struct mst_group *g = mst_groups_find_rcu(&bench.gw->groups, group);
	unsigned count = 0;

	for (unsigned i = 0; i < bench.gw->workers; i++) {
		const struct mst_members *members = &bench.gw->worker[i]->members;
		const struct mst_member *m = mst_members_first(members, g->index);

		for (; m != NULL; m = mst_members_next(members, m))
			count++;
	}
	return count;
}

/** Every device that is not in asks; returns how many wait. The others were told when to try again.
 */
static unsigned
all_ask(void)
{
	unsigned waiting = 0;

	for (unsigned i = 1; i < DEVICES; i++) {
		waits[i] = false;
		if (in[i])
			continue;
		assert_int_equal(manage_join(&dev[i], group, &r), MST_COAP_EMPTY);
		switch (manage_late(&dev[i], MST_RES_GROUP, &r)) {
		case DEVICE_SILENCE:
			waits[i] = true;
			waiting++;
			break;
		case MST_COAP_UNAVAILABLE:
			assert_in_range(r.max_age, 1, 30);
			break;
		default:
			fail_msg("device %u: %#x", i, r.code);
		}
	}
	return waiting;
}

static void
creator_sees(unsigned waiting)
{
	assert_int_equal(manage_get(&dev[0], MST_RES_GROUP_PENDING, group, &r), MST_COAP_CONTENT);
	assert_int_equal(r.candidates.waiting, waiting);
	assert_int_equal(
		r.candidates.count, waiting < MST_UA_CANDIDATES ? waiting : MST_UA_CANDIDATES);
	assert_int_equal(keeper()->count, waiting);
	assert_true(keeper()->used <= ROOM);
}

static void
drains(void **state)
{
	unsigned members = 1, rounds = 0;

	(void)state;
	while (members < DEVICES) {
		unsigned left = DEVICES - members, waiting = all_ask();

		assert_int_equal(waiting, left < ROOM ? left : ROOM);
		creator_sees(waiting);
		assert_int_equal(rows(), members + waiting); /* who was sent away leaves none */
		assert_int_equal(manage_decide(&dev[0], group, NULL, true, &r), MST_COAP_CHANGED);
		assert_int_equal(r.decided.admitted, waiting);
		for (unsigned i = 1; i < DEVICES; i++) {
			if (!waits[i])
				continue;
			assert_int_equal(manage_late(&dev[i], MST_RES_GROUP, &r), MST_COAP_CREATED);
			in[i] = true;
			members++;
		}
		creator_sees(0);
		rounds++;
	}
	assert_int_equal(rounds, (DEVICES - 1 + ROOM - 1) / ROOM);
	assert_int_equal(rows(), DEVICES);
	assert_int_equal(bench_outcome(&bench, GW_JOINS), DEVICES - 1);
	assert_int_equal(bench.late_count, 0);
	bench.now_ms += 1000000;
	bench_settle(&bench);
	assert_int_equal(bench.late_count, 0); /* nothing is sent again */
}

/** Asking on and on takes no more room, and repeating neither. */
static void
impatience_costs_nothing(void **state)
{
	(void)state;
	assert_int_equal(all_ask(), ROOM);
	for (unsigned again = 0; again < 5; again++) {
		for (unsigned i = 1; i < DEVICES; i++) {
			if (!waits[i])
				continue;
			assert_int_equal(manage_join(&dev[i], group, &r), MST_COAP_EMPTY);
			assert_int_equal(manage_again(&dev[i], &r), MST_COAP_EMPTY);
		}
		creator_sees(ROOM);
		assert_int_equal(rows(), 1 + ROOM);
	}
	/* A candidate that withdraws makes room for one other. */
	for (unsigned i = 1; i < DEVICES; i++) {
		if (!waits[i])
			continue;
		assert_int_equal(manage_leave(&dev[i], group, &r), MST_COAP_DELETED);
		break;
	}
	creator_sees(ROOM - 1);
	assert_int_equal(all_ask(), ROOM);
	creator_sees(ROOM);
}

/** The creator never answers: all that wait are told so in time, and all room is free. */
static void
nobody_decides(void **state)
{
	(void)state;
	assert_int_equal(all_ask(), ROOM);
	bench.now_ms += (uint64_t)bench_options().decision_s * 1000;
	bench_settle(&bench);
	for (unsigned i = 1; i < DEVICES; i++)
		if (waits[i])
			assert_int_equal(
				manage_late(&dev[i], MST_RES_GROUP, &r), MST_COAP_GATEWAY_TIMEOUT);
	assert_int_equal(rows(), 1);
	creator_sees(0);
	assert_int_equal(all_ask(), ROOM);
}

/** No room to keep what is answered later: 5.03 at once, and no row. */
static void
exchanges_are_bounded(void **state)
{
	unsigned waiting = 0;

	(void)state;
	begin(1, DEVICES, BUSY);
	for (unsigned i = 1; i < DEVICES; i++) {
		uint8_t code = manage_join(&dev[i], group, &r);

		assert_int_equal(code, i <= BUSY ? MST_COAP_EMPTY : MST_COAP_UNAVAILABLE);
		if (code == MST_COAP_UNAVAILABLE)
			assert_in_range(r.max_age, 1, 30);
		else
			waiting++;
	}
	assert_int_equal(waiting, BUSY);
	assert_int_equal(rows(), 1 + BUSY);
	/* An observation finds none either: the answer is that to a request without Observe. */
	assert_int_equal(
		manage_observe(&dev[0], MST_RES_GROUP_PENDING, group, false, &r), MST_COAP_CONTENT);
	assert_false(r.observed);
	assert_int_equal(manage_decide(&dev[0], group, NULL, false, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.refused, BUSY);
	for (unsigned i = 1; i <= BUSY; i++)
		assert_int_equal(manage_late(&dev[i], MST_RES_GROUP, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(rows(), 1);
	assert_int_equal(manage_join(&dev[DEVICES - 1], group, &r), MST_COAP_EMPTY);
}

#define BOTH(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, open_one, close_bench),                              \
		cmocka_unit_test_setup_teardown(test, open_three, close_bench)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(drains),
		BOTH(impatience_costs_nothing),
		BOTH(nobody_decides),
		cmocka_unit_test_teardown(exchanges_are_bounded, close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
