/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Group management from the devices' side (docs/protocol.md sections 5.6 to 6.9), with one worker
 * and with three: then owners, candidates and members belong to different ones.
 */
#include "keeper_private.h"
#include "manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define DEVICES 9

static struct bench bench;
static struct device dev[DEVICES];
static struct mst_ua_response r;

static int
open_one(void **state)
{
	(void)state;
	managers_open(&bench, 1, dev, DEVICES);
	return 0;
}

static int
open_three(void **state)
{
	(void)state;
	managers_open(&bench, 3, dev, DEVICES);
	return 0;
}

static int
close_bench(void **state)
{
	(void)state;
	assert_int_equal(bench_outcome(&bench, GW_AUDIT_LOST), 0);
	bench_close(&bench);
	return 0;
}

static void
pass(unsigned seconds)
{
	bench.now_ms += (uint64_t)seconds * 1000;
	bench_settle(&bench);
}

/** Device 0 creates a group with this admission, or the preset. */
static uint64_t
create(enum mst_admission admission)
{
	struct mst_policy_change change = policy_admission(admission);

	assert_int_equal(manage_create(&dev[0], &change, &r), MST_COAP_CREATED);
	return dev[0].gid;
}

static void
join_all(uint64_t gid, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_int_equal(manage_join(&dev[i], gid, &r), MST_COAP_CREATED);
}

static void
test_admitted(void **state)
{
	uint64_t gid = create(MST_ADMIT_OWNERS);
	uint8_t kg[16];

	(void)state;
	memcpy(kg, r.key.kg, 16);
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_again(&dev[1], &r), MST_COAP_EMPTY);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP, gid, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(r.error_id, MST_UA_ERROR_MEMBERS);
	assert_int_equal(manage_get(&dev[0], MST_RES_GROUP_PENDING, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.candidates.waiting, 1);
	assert_int_equal(r.candidates.count, 1);
	assert_true(r.candidates.row[0].imsi == dev[1].imsi);
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY); /* asks anew */
	assert_int_equal(manage_decide(&dev[0], gid, &dev[1], true, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.admitted, 1);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), MST_COAP_CREATED);
	assert_memory_equal(r.key.kg, kg, 16);
	assert_true(r.gid == gid);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), DEVICE_SILENCE);
	pass(100);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), DEVICE_SILENCE);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP, gid, &r), MST_COAP_CONTENT);
	/* Deciding twice finds nobody. */
	assert_int_equal(manage_decide(&dev[0], gid, &dev[1], false, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.unknown, 1);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP_NUM, gid, &r), MST_COAP_CONTENT);
}

static void
test_refused_and_late(void **state)
{
	uint64_t gid = create(MST_ADMIT_OWNERS);

	(void)state;
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_decide(&dev[0], gid, &dev[1], false, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.refused, 1);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(r.error_id, -1);
	/* It may ask again; this time nobody answers. */
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY);
	pass(599);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), DEVICE_SILENCE);
	pass(1);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), MST_COAP_GATEWAY_TIMEOUT);
	assert_int_equal(manage_get(&dev[0], MST_RES_GROUP_PENDING, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.candidates.waiting, 0);
}

/** A separate response is repeated until it is acknowledged, at most four times. */
static void
test_response_repeated(void **state)
{
	static const unsigned wait[] = {0, 2, 4, 8, 16};
	uint64_t gid = create(MST_ADMIT_OWNERS), piv[5] = {0};
	struct answer a;

	(void)state;
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_decide(&dev[0], gid, NULL, true, &r), MST_COAP_CHANGED);
	for (unsigned i = 0; i < 5; i++) {
		struct mst_oscore_option o;

		if (wait[i] > 0) {
			bench.now_ms += wait[i] * 1000 - 1;
			bench_settle(&bench);
			assert_int_equal(device_late(&dev[1], DEVICE_NO_REPLY, &a), DEVICE_SILENCE);
			bench.now_ms++;
			bench_settle(&bench);
		}
		assert_int_equal(device_late(&dev[1], DEVICE_NO_REPLY, &a), MST_COAP_CREATED);
		assert_int_equal(mst_oscore_option_parse_response(
					 a.msg.opt.oscore.data, a.msg.opt.oscore.size, &o),
			0);
		piv[i] = o.piv;
		for (unsigned j = 0; j < i; j++)
			assert_true(piv[j] != piv[i]);
	}
	pass(1000);
	assert_int_equal(device_late(&dev[1], DEVICE_NO_REPLY, &a), DEVICE_SILENCE);
	assert_int_equal(bench_outcome(&bench, GW_GIVEN_UP), 1);
	/* It is a member all the same, and learns it when it asks. */
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_CHANGED);
}

/** A candidate with a new session, and one without any by then. */
static void
test_candidate_changes_session(void **state)
{
	uint64_t gid = create(MST_ADMIT_OWNERS);

	(void)state;
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY);
	pass(1);
	device_bootstrap(&dev[1]);
	device_bootstrap(&dev[0]); /* the creator too */
	assert_int_equal(manage_decide(&dev[0], gid, &dev[1], true, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.admitted, 1);
	assert_int_equal(bench.late_count, 0);
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_CHANGED);
}

static void
test_candidates_observed(void **state)
{
	uint64_t gid = create(MST_ADMIT_OWNERS);

	(void)state;
	assert_int_equal(
		manage_observe(&dev[0], MST_RES_GROUP_PENDING, gid, false, &r), MST_COAP_CONTENT);
	assert_true(r.observed);
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_late(&dev[0], MST_RES_GROUP_PENDING, &r), MST_COAP_CONTENT);
	assert_true(r.observed);
	assert_int_equal(r.candidates.count, 1);
	/* At most one a second. */
	assert_int_equal(manage_join(&dev[2], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_join(&dev[3], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_late(&dev[0], MST_RES_GROUP_PENDING, &r), DEVICE_SILENCE);
	pass(1);
	assert_int_equal(manage_late(&dev[0], MST_RES_GROUP_PENDING, &r), MST_COAP_CONTENT);
	assert_int_equal(r.candidates.waiting, 3);
	assert_int_equal(manage_late(&dev[0], MST_RES_GROUP_PENDING, &r), DEVICE_SILENCE);
	assert_int_equal(manage_decide(&dev[0], gid, NULL, false, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.refused, 3);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(manage_late(&dev[i], MST_RES_GROUP, &r), MST_COAP_FORBIDDEN);
	pass(2);
	assert_int_equal(
		manage_observe(&dev[0], MST_RES_GROUP_PENDING, gid, true, &r), MST_COAP_CONTENT);
	assert_false(r.observed);
	assert_int_equal(manage_join(&dev[4], gid, &r), MST_COAP_EMPTY);
	pass(2);
	assert_int_equal(manage_late(&dev[0], MST_RES_GROUP_PENDING, &r), DEVICE_SILENCE);
}

static void
test_key_observed(void **state)
{
	uint64_t gid = create(MST_ADMIT_OPEN);
	uint8_t kg[16];
	struct answer a;

	(void)state;
	join_all(gid, 1, 5);
	memcpy(kg, r.key.kg, 16);
	assert_int_equal(manage_observe(&dev[1], MST_RES_GROUP, gid, false, &r), MST_COAP_CONTENT);
	assert_true(r.observed);
	assert_int_equal(
		manage_observe(&dev[2], MST_RES_GROUP_NUM, gid, false, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 1);
	assert_int_equal(manage_rekey(&dev[0], gid, 1, &r), MST_COAP_CHANGED);
	assert_int_equal(r.num, 2);
	assert_int_equal(manage_again(&dev[0], &r), MST_COAP_CHANGED);
	assert_int_equal(r.num, 2);
	pass(1);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), MST_COAP_CONTENT);
	assert_int_equal(r.key.num, 2);
	assert_memory_not_equal(r.key.kg, kg, 16);
	memcpy(kg, r.key.kg, 16);
	assert_int_equal(manage_late(&dev[2], MST_RES_GROUP_NUM, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 2);
	assert_int_equal(manage_get(&dev[3], MST_RES_GROUP_NODE, gid, &r), MST_COAP_CONTENT);
	assert_memory_equal(r.key.kg, kg, 16);
	/* One resets, the other is told on; a number of the past changes nothing. */
	assert_int_equal(manage_rekey(&dev[0], gid, 1, &r), MST_COAP_CONFLICT);
	assert_int_equal(manage_rekey(&dev[0], gid, 3, &r), MST_COAP_CONFLICT);
	assert_int_equal(manage_rekey(&dev[0], gid, 2, &r), MST_COAP_CHANGED);
	pass(1);
	assert_int_equal(device_late(&dev[1], MST_COAP_RST, &a), MST_COAP_CONTENT);
	assert_int_equal(manage_late(&dev[2], MST_RES_GROUP_NUM, &r), MST_COAP_CONTENT);
	assert_int_equal(manage_rekey(&dev[0], gid, 3, &r), MST_COAP_CHANGED);
	pass(1);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), DEVICE_SILENCE);
	assert_int_equal(manage_late(&dev[2], MST_RES_GROUP_NUM, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 4);
	/* A new session ends an observation. */
	device_bootstrap(&dev[2]);
	assert_int_equal(manage_rekey(&dev[0], gid, 4, &r), MST_COAP_CHANGED);
	pass(1);
	assert_int_equal(bench.late_count, 0);
}

/** Who may still read what after an eviction; the earlier key during its overlap. */
static void
test_evicted(void **state)
{
	struct mst_policy_change change = {
		.has = MST_POLICY_EXPIRATION_DELTA | MST_POLICY_REKEY_LEAVE,
		.to = {.expiration_delta_s = 60, .rekey_leave = MST_REKEY_AT_ONCE}};
	uint8_t first[16];
	uint64_t gid;

	(void)state;
	assert_int_equal(manage_create(&dev[0], &change, &r), MST_COAP_CREATED);
	gid = dev[0].gid;
	memcpy(first, r.key.kg, 16);
	join_all(gid, 1, 4);
	pass(1);
	assert_int_equal(manage_evict(&dev[1], gid, &dev[2], &r), MST_COAP_FORBIDDEN);
	assert_int_equal(r.error_id, MST_UA_ERROR_ROLES);
	assert_int_equal(manage_evict(&dev[0], gid, &dev[2], &r), MST_COAP_DELETED);
	assert_int_equal(manage_again(&dev[0], &r), MST_COAP_DELETED);
	assert_int_equal(manage_evict(&dev[0], gid, &dev[7], &r), MST_COAP_NOT_FOUND);
	assert_int_equal(manage_get(&dev[2], MST_RES_GROUP, gid, &r), MST_COAP_UNAUTHORIZED);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.key.num, 2);
	assert_true(r.key.has_earlier);
	assert_int_equal(r.key.earlier_num, 1);
	assert_memory_equal(r.key.earlier_kg, first, 16);
	assert_int_equal(r.key.expiration_delta, 60);
	assert_int_equal(manage_join(&dev[4], gid, &r), MST_COAP_CREATED); /* came after */
	assert_false(r.key.has_earlier);
	pass(60);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP, gid, &r), MST_COAP_CONTENT);
	assert_false(r.key.has_earlier);
	/* The evicted device comes back with a new session, and is let in when an owner says so. */
	device_bootstrap(&dev[2]);
	assert_int_equal(manage_join(&dev[2], gid, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(r.error_id, MST_UA_ERROR_TERMINATED);
	assert_int_equal(manage_decide(&dev[0], gid, &dev[2], true, &r), MST_COAP_CHANGED);
	assert_int_equal(r.decided.admitted, 1);
	assert_int_equal(manage_join(&dev[2], gid, &r), MST_COAP_CREATED);
	assert_int_equal(r.key.num, 2);
}

/** A challenge from before the eviction opens no session. */
static void
test_old_challenge(void **state)
{
	uint64_t gid = create(MST_ADMIT_OPEN);
	struct answer a;

	(void)state;
	join_all(gid, 1, 2);
	pass(1);
	device_first(&dev[1], &a);
	assert_int_equal(device_authenticate(&dev[1]), 0);
	assert_int_equal(manage_evict(&dev[0], gid, &dev[1], &r), MST_COAP_DELETED);
	pass(1);
	assert_int_equal(device_answer(&dev[1], &a), MST_COAP_UNAUTHORIZED);
	device_bootstrap(&dev[1]);
}

static void
test_left(void **state)
{
	struct mst_policy_change change = {.has = MST_POLICY_REKEY_LEAVE | MST_POLICY_WINDOW,
		.to = {.rekey_leave = MST_REKEY_WINDOW, .window_s = 10}};
	uint64_t gid;

	(void)state;
	assert_int_equal(manage_create(&dev[0], &change, &r), MST_COAP_CREATED);
	gid = dev[0].gid;
	join_all(gid, 1, 5);
	assert_int_equal(manage_leave(&dev[1], gid, &r), MST_COAP_DELETED);
	assert_int_equal(manage_again(&dev[1], &r), MST_COAP_DELETED);
	assert_int_equal(manage_leave(&dev[1], gid, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(r.error_id, MST_UA_ERROR_MEMBERS);
	assert_int_equal(manage_leave(&dev[2], gid, &r), MST_COAP_DELETED);
	pass(9);
	assert_int_equal(manage_get(&dev[3], MST_RES_GROUP_NUM, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 1);
	pass(1);
	assert_int_equal(manage_get(&dev[3], MST_RES_GROUP_NUM, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 2); /* once for both */
	pass(100);
	assert_int_equal(manage_get(&dev[3], MST_RES_GROUP_NUM, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 2);
	assert_int_equal(manage_join(&dev[1], gid, &r), MST_COAP_CREATED);
	/* The life of the key ends. */
	pass(30 * 86400);
	device_bootstrap(&dev[3]);
	assert_int_equal(manage_get(&dev[3], MST_RES_GROUP_NUM, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.num, 3);
}

static void
test_owners(void **state)
{
	uint64_t gid = create(MST_ADMIT_OPEN);

	(void)state;
	join_all(gid, 1, 6);
	assert_int_equal(manage_owners(&dev[0], gid, NULL, &dev[8], NULL, &r), MST_COAP_NOT_FOUND);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(
			manage_owners(&dev[0], gid, NULL, &dev[i], NULL, &r), MST_COAP_CHANGED);
	assert_int_equal(manage_owners(&dev[0], gid, NULL, &dev[4], NULL, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP_OWNERS, gid, &r), MST_COAP_CONTENT);
	assert_true(r.owners.principal == dev[0].imsi);
	assert_int_equal(r.owners.count, 3);
	assert_int_equal(manage_get(&dev[4], MST_RES_GROUP_OWNERS, gid, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(r.error_id, MST_UA_ERROR_ROLES);
	/* Co-owners evict, but not the principal, and do not change owners or policies. */
	assert_int_equal(manage_evict(&dev[1], gid, &dev[5], &r), MST_COAP_DELETED);
	assert_int_equal(manage_evict(&dev[1], gid, &dev[0], &r), MST_COAP_FORBIDDEN);
	assert_int_equal(manage_owners(&dev[1], gid, &dev[1], NULL, NULL, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(manage_dissolve(&dev[1], gid, &r), MST_COAP_FORBIDDEN);
	/* Transfer, then the new principal leaves: its first co-owner follows. */
	assert_int_equal(manage_owners(&dev[0], gid, &dev[2], NULL, NULL, &r), MST_COAP_CHANGED);
	assert_int_equal(manage_get(&dev[2], MST_RES_GROUP_OWNERS, gid, &r), MST_COAP_CONTENT);
	assert_true(r.owners.principal == dev[2].imsi);
	assert_true(r.owners.co_owner[0] == dev[0].imsi);
	assert_int_equal(manage_owners(&dev[2], gid, NULL, NULL, &dev[3], &r), MST_COAP_CHANGED);
	assert_int_equal(manage_leave(&dev[2], gid, &r), MST_COAP_DELETED);
	assert_int_equal(manage_get(&dev[0], MST_RES_GROUP_OWNERS, gid, &r), MST_COAP_CONTENT);
	assert_true(r.owners.principal == dev[0].imsi);
	assert_int_equal(r.owners.count, 1);
	assert_int_equal(manage_leave(&dev[1], gid, &r), MST_COAP_DELETED);
	assert_int_equal(manage_leave(&dev[0], gid, &r), MST_COAP_DELETED);
	/* Nobody owns it; it lives on. */
	assert_int_equal(manage_get(&dev[4], MST_RES_GROUP, gid, &r), MST_COAP_CONTENT);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(mst_subs_state_created(mst_subs_state(
					 mst_hss_record(&bench.hss, gw_ref(bench.gw, i)))),
			0);
}

static void
test_policies(void **state)
{
	struct mst_policy_change limit = {.has = MST_POLICY_MEMBER_LIMIT, .to.member_limit = 3};
	struct mst_policy_change list = {
		.has = MST_POLICY_ADMISSION | MST_POLICY_RANGES_SET | MST_POLICY_MEMBER_LIMIT,
		.to = {.admission = MST_ADMIT_LIST,
			.range_count = 1,
			.range = {{dev[5].imsi, dev[6].imsi}}}};
	uint64_t gid = create(MST_ADMIT_OPEN);

	(void)state;
	join_all(gid, 1, 2);
	assert_int_equal(manage_policies(&dev[1], gid, &limit, &r), MST_COAP_FORBIDDEN);
	assert_int_equal(manage_policies(&dev[0], gid, &limit, &r), MST_COAP_CHANGED);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP_POLICIES, gid, &r), MST_COAP_CONTENT);
	assert_int_equal(r.policy.member_limit, 3);
	join_all(gid, 2, 3);
	assert_int_equal(manage_join(&dev[3], gid, &r), MST_COAP_UNAVAILABLE);
	assert_int_equal(manage_leave(&dev[1], gid, &r), MST_COAP_DELETED);
	assert_int_equal(manage_join(&dev[3], gid, &r), MST_COAP_CREATED);
	assert_int_equal(manage_policies(&dev[0], gid, &list, &r), MST_COAP_CHANGED);
	assert_int_equal(manage_join(&dev[4], gid, &r), MST_COAP_FORBIDDEN);
	join_all(gid, 5, 7);
}

/** Who joins gets a key that nobody had before. */
static void
test_rekey_join(void **state)
{
	struct mst_policy_change change = {.has = MST_POLICY_REKEY_JOIN, .to.rekey_join = true};

	(void)state;
	assert_int_equal(manage_create(&dev[0], &change, &r), MST_COAP_CREATED);
	for (unsigned i = 1; i < 5; i++) {
		assert_int_equal(manage_join(&dev[i], dev[0].gid, &r), MST_COAP_CREATED);
		assert_int_equal(r.key.num, i + 1);
		assert_false(r.key.has_earlier);
	}
	assert_int_equal(manage_join(&dev[1], dev[0].gid, &r), MST_COAP_CHANGED);
	assert_int_equal(r.key.num, 5);
}

static void
test_dissolved(void **state)
{
	uint64_t gid = create(MST_ADMIT_OPEN);
	struct mst_policy_change owners = policy_admission(MST_ADMIT_OWNERS);

	(void)state;
	join_all(gid, 1, 4);
	assert_int_equal(manage_observe(&dev[1], MST_RES_GROUP, gid, false, &r), MST_COAP_CONTENT);
	assert_int_equal(manage_policies(&dev[0], gid, &owners, &r), MST_COAP_CHANGED);
	assert_int_equal(manage_join(&dev[5], gid, &r), MST_COAP_EMPTY);
	assert_int_equal(manage_dissolve(&dev[0], gid, &r), MST_COAP_DELETED);
	assert_int_equal(manage_late(&dev[1], MST_RES_GROUP, &r), MST_COAP_NOT_FOUND);
	assert_int_equal(r.error_id, MST_UA_ERROR_DELETED);
	assert_int_equal(manage_late(&dev[5], MST_RES_GROUP, &r), MST_COAP_NOT_FOUND);
	assert_int_equal(r.error_id, MST_UA_ERROR_DELETED);
	assert_int_equal(manage_get(&dev[2], MST_RES_GROUP, gid, &r), MST_COAP_NOT_FOUND);
	assert_int_equal(manage_join(&dev[6], gid, &r), MST_COAP_NOT_FOUND);
	mst_rcu_barrier();
	assert_int_equal(mst_groups_count(&bench.gw->groups), 0);
	for (unsigned i = 0; i < DEVICES; i++) {
		uint64_t s = mst_subs_state(mst_hss_record(&bench.hss, gw_ref(bench.gw, i)));

		assert_int_equal(mst_subs_state_created(s), 0);
		assert_int_equal(mst_subs_state_joined(s), 0);
	}
	/* Its place is used again, by many more groups than there are places. */
	for (unsigned n = 0; n < 200; n++) {
		assert_int_equal(manage_create(&dev[n % 3], NULL, &r), MST_COAP_CREATED);
		gid = dev[n % 3].gid;
		assert_int_equal(manage_join(&dev[5], gid, &r), MST_COAP_CREATED);
		assert_int_equal(manage_dissolve(&dev[n % 3], gid, &r), MST_COAP_DELETED);
		mst_rcu_barrier();
	}
}

static void
list_bar(struct gw_worker *w, struct gw_ask *ask)
{
	(void)ask;
	assert_int_equal(gw_list_bar(w, 1), 0);
}

static void
test_barred(void **state)
{
	uint64_t gid = create(MST_ADMIT_OPEN), other;
	unsigned owner = mst_session_owner(&bench.gw->sessions, 1) - 1;
	struct answer a;

	(void)state;
	join_all(gid, 1, 4);
	assert_int_equal(manage_create(&dev[1], NULL, &r), MST_COAP_CREATED);
	other = dev[1].gid;
	assert_int_equal(manage_join(&dev[2], other, &r), MST_COAP_CREATED);
	mst_subs_set_barred(mst_hss_record(&bench.hss, gw_ref(bench.gw, 1)), true);
	list_bar(bench.gw->worker[owner], NULL);
	bench_settle(&bench);
	assert_int_equal(manage_get(&dev[1], MST_RES_GROUP, gid, &r), MST_COAP_UNAUTHORIZED);
	pass(1);
	device_first(&dev[1], &a);
	assert_int_equal(device_authenticate(&dev[1]), 0);
	assert_int_equal(device_answer(&dev[1], &a), MST_COAP_UNAUTHORIZED);
	assert_int_equal(gw_members_of(bench.gw, 0), 3);
	assert_int_equal(manage_get(&dev[2], MST_RES_GROUP, other, &r), MST_COAP_CONTENT);
}

#define BOTH(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, open_one, close_bench),                              \
		cmocka_unit_test_setup_teardown(test, open_three, close_bench)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_admitted),
		BOTH(test_refused_and_late),
		BOTH(test_response_repeated),
		BOTH(test_candidate_changes_session),
		BOTH(test_candidates_observed),
		BOTH(test_key_observed),
		BOTH(test_evicted),
		BOTH(test_old_challenge),
		BOTH(test_left),
		BOTH(test_owners),
		BOTH(test_policies),
		BOTH(test_rekey_join),
		BOTH(test_dissolved),
		BOTH(test_barred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
