/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What WO 2012/062077 promises of lists, storage and numbers of groups, and what Zn does of a
 * subscriber's settings (docs/patent-map.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "keeper_private.h"
#include "manager.h"

#define DEVICES 5

static struct bench bench;
static struct device dev[DEVICES];
static struct mst_ua_response r;

static int
close_bench(void **state)
{
	(void)state;
	bench_close(&bench);
	return 0;
}

static uint64_t
imei_of(const struct device *d)
{
	return 0x490154203237500f | (uint64_t)(d->ip & 0xf) << 4;
}

/** The rows of a group, by all workers: a bit for each subscriber. */
static unsigned
rows(uint64_t gid)
{
	const struct mst_group *g = mst_groups_find_rcu(&bench.gw->groups, gid);
	unsigned seen = 0;

	for (unsigned i = 0; i < bench.gw->workers; i++) {
		const struct mst_members *members = &bench.gw->worker[i]->members;
		const struct mst_member *m = mst_members_first(members, g->index);

		for (; m != NULL; m = mst_members_next(members, m)) {
			assert_int_equal(mst_member_standing(m), MST_MEMBER);
			assert_true(m->imei == imei_of(&dev[m->sid]));
			assert_true(mst_subs_imsi(mst_hss_record(&bench.hss,
					    gw_ref(bench.gw, m->sid))) == dev[m->sid].imsi);
			assert_true((seen >> m->sid & 1) == 0);
			seen |= 1u << m->sid;
		}
	}
	return seen;
}

/** Steps 305 and 405: the list has the creator alone at first, then who joined, until they leave.
 */
static void
test_list(void **state)
{
	uint64_t gid;

	(void)state;
	managers_open(&bench, 3, dev, DEVICES);
	assert_int_equal(manage_create(&dev[0], NULL, &r), MST_COAP_CREATED);
	gid = dev[0].gid;
	assert_int_equal(rows(gid), 1);
	for (unsigned i = 1; i < DEVICES; i++) {
		assert_int_equal(manage_join(&dev[i], gid, &r), MST_COAP_CREATED);
		assert_int_equal(rows(gid), (2u << i) - 1);
	}
	assert_int_equal(manage_join(&dev[2], gid, &r), MST_COAP_CHANGED);
	assert_int_equal(rows(gid), (1u << DEVICES) - 1);
	assert_int_equal(manage_leave(&dev[2], gid, &r), MST_COAP_DELETED);
	assert_int_equal(rows(gid), ((1u << DEVICES) - 1) & ~4u);
}

/** Keys of a GBA_U card go to the UICC and under Ks_int_NAF, those of others to the ME. */
static void
test_storage(void **state)
{
	uint8_t plain[256], ks_ext_naf[32], right[32];
	uint64_t gid;
	int size;

	(void)state;
	managers_open(&bench, 1, dev, DEVICES); /* device 3 is GBA_U */
	assert_true(dev[3].gba_u && !dev[1].gba_u);
	assert_int_equal(manage_create(&dev[0], NULL, &r), MST_COAP_CREATED);
	gid = dev[0].gid;
	for (unsigned i = 1; i <= 3; i += 2) {
		enum mst_ua_store wrong = dev[i].gba_u ? MST_UA_STORE_ME : MST_UA_STORE_UICC;

		size = mst_ua_build_join(plain, sizeof(plain), gid, imei_of(&dev[i]), wrong);
		assert_int_equal(
			manage(&dev[i], plain, size, MST_RES_GROUP, &r), MST_COAP_BAD_REQUEST);
	}
	/* What the ME of a GBA_U device has is Ks_ext_NAF, which opens nothing here. */
	memcpy(right, dev[3].ks_naf, 32);
	dev[3].gba_u = false;
	bench.now_ms += 1000;
	device_derive_as_me(&dev[3]);
	memcpy(ks_ext_naf, dev[3].ks_naf, 32);
	assert_memory_not_equal(ks_ext_naf, right, 32);
	assert_int_equal(manage_get(&dev[3], MST_RES_SESSION, 0, &r), MST_COAP_UNAUTHORIZED);
	memcpy(dev[3].ks_naf, right, 32);
	dev[3].gba_u = true;
	assert_int_equal(manage_join(&dev[3], gid, &r), MST_COAP_CREATED);
}

static void
test_how_many(void **state)
{
	struct gw_options options = bench_options();
	uint64_t gid[4];

	(void)state;
	options.create_limit = 2;
	options.join_limit = 3;
	managers_open_with(&bench, &options, dev, DEVICES);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(manage_create(&dev[0], NULL, &r), MST_COAP_CREATED);
		gid[i] = dev[0].gid;
	}
	assert_int_equal(manage_create(&dev[0], NULL, &r), MST_COAP_FORBIDDEN);
	/* After joining it may create, after creating it may join others. */
	assert_int_equal(manage_join(&dev[1], gid[0], &r), MST_COAP_CREATED);
	assert_int_equal(manage_create(&dev[1], NULL, &r), MST_COAP_CREATED);
	gid[2] = dev[1].gid;
	assert_int_equal(manage_join(&dev[1], gid[1], &r), MST_COAP_CREATED);
	assert_int_equal(manage_join(&dev[0], gid[2], &r), MST_COAP_CREATED);
	assert_int_equal(manage_create(&dev[2], NULL, &r), MST_COAP_CREATED);
	assert_int_equal(manage_join(&dev[0], dev[2].gid, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(manage_leave(&dev[0], gid[2], &r), MST_COAP_DELETED);
	assert_int_equal(manage_join(&dev[0], dev[2].gid, &r), MST_COAP_CREATED);
}

/** A subscriber's own settings, beside the gateway's. */
static void
test_settings(void **state)
{
	struct mst_subs_profile *p;
	uint64_t gid;

	(void)state;
	managers_open(&bench, 1, dev, DEVICES);
	p = &bench.hss.store[0]->profile[0]; /* of the devices with GBA_ME */
	assert_int_equal(manage_create(&dev[3], NULL, &r), MST_COAP_CREATED);
	gid = dev[3].gid;
	p->flags = MST_SUBS_F_NO_CREATE;
	assert_int_equal(manage_create(&dev[1], NULL, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_CREATED);
	p->flags = MST_SUBS_F_NO_JOIN;
	assert_int_equal(manage_join(&dev[2], gid, &r), MST_COAP_FORBIDDEN);
	p->flags = 0;
	p->join_limit = 1;
	assert_int_equal(manage_create(&dev[1], NULL, &r), MST_COAP_FORBIDDEN);
	p->join_limit = 0;
	p->create_limit = 1;
	assert_int_equal(manage_create(&dev[1], NULL, &r), MST_COAP_CREATED);
	assert_int_equal(manage_create(&dev[1], NULL, &r), MST_COAP_FORBIDDEN);
}

/** A NAF of a group that the subscriber's settings leave out gets no key, nor one of another name.
 */
static void
test_naf_groups(void **state)
{
	struct mst_subs_profile *p;
	struct answer a;

	(void)state;
	managers_open(&bench, 1, dev, 2);
	p = &bench.hss.store[0]->profile[0];
	p->naf_groups = 1u << 3; /* the M2M-SC is in group 0 */
	bench.now_ms += 1000;
	device_first(&dev[0], &a);
	assert_int_equal(device_authenticate(&dev[0]), 0);
	assert_int_equal(device_answer(&dev[0], &a), MST_COAP_UNAUTHORIZED);
	device_negotiate(&dev[1], "manage", true, &a);
	assert_int_equal(device_authenticate(&dev[1]), 0);
	assert_int_equal(device_join(&dev[1], 0, true), MST_COAP_UNAUTHORIZED);
	assert_int_equal(bench_drops(&bench, MST_E_NAF_NOT_AUTHORISED), 2);
	p->naf_groups = 1u << 3 | 1;
	bench.now_ms += 1000;
	device_bootstrap(&dev[0]);
	assert_true(gw_zn_authorised(&bench.gw->naf));
	bench.gw->naf.fqdn = "other.example.com";
	assert_false(gw_zn_authorised(&bench.gw->naf));
	bench.now_ms += 1000;
	device_first(&dev[0], &a);
	assert_int_equal(device_authenticate(&dev[0]), 0);
	assert_int_equal(device_answer(&dev[0], &a), MST_COAP_UNAUTHORIZED);
	bench.gw->naf.fqdn = "naf.example.com";
}

static unsigned
memberships(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < bench.gw->workers; i++)
		count += mst_members_count(&bench.gw->worker[i]->members);
	return count;
}

/** One device is in 1,000 groups, of which it created half; it reads all, enters some again, and
 * ends in none. */
static void
many_groups(unsigned workers)
{
	enum { EACH = 500 };
	struct gw_options options = bench_options();
	static uint64_t own[EACH], others[EACH];
	struct mst_policy_change open = policy_admission(MST_ADMIT_OPEN);

	options.workers = workers;
	options.groups = 2 * EACH;
	options.memberships = 4 * EACH;
	options.create_limit = options.join_limit = 2 * EACH;
	managers_open_with(&bench, &options, dev, 2);
	for (unsigned i = 0; i < EACH; i++) {
		assert_int_equal(manage_create(&dev[1], &open, &r), MST_COAP_CREATED);
		others[i] = dev[1].gid;
		assert_int_equal(manage_create(&dev[0], &open, &r), MST_COAP_CREATED);
		own[i] = dev[0].gid;
		assert_int_equal(manage_join(&dev[0], others[i], &r), MST_COAP_CREATED);
	}
	/* The table of groups is full. */
	assert_int_equal(manage_create(&dev[1], &open, &r), MST_COAP_UNAVAILABLE);
	for (unsigned i = 0; i < EACH; i++) {
		assert_int_equal(manage_get(&dev[0], MST_RES_GROUP, own[i], &r), MST_COAP_CONTENT);
		assert_int_equal(
			manage_get(&dev[0], MST_RES_GROUP_NUM, others[i], &r), MST_COAP_CONTENT);
	}
	/* Leaving them one by one, the oldest first, and entering again. */
	for (unsigned i = 0; i < EACH; i++)
		assert_int_equal(manage_leave(&dev[0], others[i], &r), MST_COAP_DELETED);
	for (unsigned i = EACH; i-- > 0;)
		assert_int_equal(manage_join(&dev[0], others[i], &r), MST_COAP_CREATED);
	assert_int_equal(bench_outcome(&bench, GW_JOINS), 2 * EACH);
	assert_int_equal(bench_outcome(&bench, GW_LEAVES), EACH);
	assert_int_equal(memberships(), 3 * EACH);
	/* None is left: one half ends with it, the other goes on with its creator. */
	for (unsigned i = 0; i < EACH; i++) {
		assert_int_equal(manage_leave(&dev[0], others[i], &r), MST_COAP_DELETED);
		assert_int_equal(manage_dissolve(&dev[0], own[i], &r), MST_COAP_DELETED);
	}
	bench_settle(&bench);
	assert_int_equal(memberships(), EACH);
	assert_int_equal(mst_groups_count(&bench.gw->groups), EACH);
	assert_int_equal(manage_get(&dev[0], MST_RES_GROUP, others[0], &r), MST_COAP_FORBIDDEN);
	/* What it held is free again, once no worker can hold it. */
	mst_rcu_barrier();
	for (unsigned i = 0; i < EACH; i++)
		assert_int_equal(manage_create(&dev[0], &open, &r), MST_COAP_CREATED);
	assert_int_equal(manage_create(&dev[0], &open, &r), MST_COAP_UNAVAILABLE);
}

static void
test_many_groups_one_worker(void **state)
{
	(void)state;
	many_groups(1);
}

static void
test_many_groups_three_workers(void **state)
{
	(void)state;
	many_groups(3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_list, close_bench),
		cmocka_unit_test_teardown(test_storage, close_bench),
		cmocka_unit_test_teardown(test_how_many, close_bench),
		cmocka_unit_test_teardown(test_many_groups_one_worker, close_bench),
		cmocka_unit_test_teardown(test_many_groups_three_workers, close_bench),
		cmocka_unit_test_teardown(test_settings, close_bench),
		cmocka_unit_test_teardown(test_naf_groups, close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
