/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path writes nothing that another worker reads or writes: while a device bootstraps,
 * joins and reads at one worker, no octet changes of the gateway's common structure, of the other
 * worker, of the group and its state, and of other devices' sessions and records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"

static struct bench bench;
static struct device creator, first, second, other;

/** Everything that is not the acting device's. */
struct picture {
	struct gw gw;
	struct gw_worker worker;
	struct mst_group group;
	struct mst_group_state state;
	struct gw_cookies cookies;
	struct mst_session session[BENCH_SUBSCRIBERS];
	struct mst_subs_record record[BENCH_SUBSCRIBERS];
	uint32_t groups;
};

static void
take(struct picture *p, uint32_t acting)
{
	struct gw *gw = bench.gw;
	const struct mst_group *g = mst_groups_find_rcu(&gw->groups, creator.gid);

	memset(p, 0, sizeof(*p));
	memcpy(&p->gw, gw, sizeof(p->gw));
	memcpy(&p->worker, gw->worker[1], sizeof(p->worker));
	memcpy(&p->group, g, sizeof(p->group));
	memcpy(&p->state, mst_group_now_rcu(g), sizeof(p->state));
	memcpy(&p->cookies, gw->cookies, sizeof(p->cookies));
	p->groups = mst_groups_count(&gw->groups);
	for (uint32_t i = 0; i < BENCH_SUBSCRIBERS; i++) {
		if (i == acting)
			continue;
		memcpy(&p->session[i], &gw->sessions.at[i], sizeof(p->session[i]));
		memcpy(&p->record[i], mst_hss_record(&gw->hss, gw_ref(gw, i)),
			sizeof(p->record[i]));
	}
}

static int
open_two_workers(void **state)
{
	struct gw_options options = bench_options();

	(void)state;
	options.workers = 2;
	bench_open(&bench, &options);
	device_init(&creator, &bench, 1);
	device_init(&first, &bench, 2);
	device_init(&second, &bench, 3);
	device_init(&other, &bench, 5);
	other.worker = 1;
	device_bootstrap(&creator);
	assert_int_equal(device_join(&creator, 0, false), MST_COAP_CREATED);
	device_bootstrap(&other);
	assert_int_equal(device_join(&other, creator.gid, false), MST_COAP_CREATED);
	return 0;
}

static int
close_it(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

/** One worker serves a device from its first message on; the other one is left alone. */
static void
act(struct device *d, bool express)
{
	struct picture *before = malloc(sizeof(*before)), *after = malloc(sizeof(*after));
	uint8_t plain[64], message[1024];
	struct answer a;
	size_t size;
	uint32_t sid = (uint32_t)(d->imsi - creator.imsi) + 1;

	assert_non_null(before);
	assert_non_null(after);
	take(before, sid);
	if (express) {
		device_negotiate(d, "manage", true, &a);
		assert_int_equal(device_authenticate(d), 0);
	} else {
		device_negotiate(d, "manage", false, &a);
		device_bootstrap(d);
	}
	assert_int_equal(device_join(d, creator.gid, express), MST_COAP_CREATED);
	size = (size_t)mst_ua_build_read(plain, sizeof(plain), creator.gid);
	size = device_seal(d, plain, size, false, message);
	assert_int_equal(device_secured(d, message, size, &a), MST_COAP_CONTENT);
	take(after, sid);
	assert_memory_equal(&before->gw, &after->gw, sizeof(after->gw));
	assert_memory_equal(&before->worker, &after->worker, sizeof(after->worker));
	assert_memory_equal(&before->group, &after->group, sizeof(after->group));
	assert_memory_equal(&before->state, &after->state, sizeof(after->state));
	assert_memory_equal(&before->cookies, &after->cookies, sizeof(after->cookies));
	assert_memory_equal(before->session, after->session, sizeof(after->session));
	assert_memory_equal(before->record, after->record, sizeof(after->record));
	assert_int_equal(before->groups, after->groups);
	free(before);
	free(after);
}

static void
a_standard_join_writes_nothing_shared(void **state)
{
	(void)state;
	act(&first, false);
}

static void
an_express_join_writes_nothing_shared(void **state)
{
	(void)state;
	act(&second, true);
}

/** What other threads write lies on lines of its own. */
static void
lines_are_apart(void **state)
{
	(void)state;
	assert_int_equal((uintptr_t)bench.gw->worker[0] % 64, 0);
	assert_int_equal((uintptr_t)bench.gw->worker[1] % 64, 0);
	assert_int_equal((uintptr_t)bench.gw->sessions.at % 64, 0);
	assert_int_equal((uintptr_t)bench.gw->worker[0]->batch % 64, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_standard_join_writes_nothing_shared, open_two_workers, close_it),
		cmocka_unit_test_setup_teardown(
			an_express_join_writes_nothing_shared, open_two_workers, close_it),
		cmocka_unit_test_setup_teardown(lines_are_apart, open_two_workers, close_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
