/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random requests to a gateway of three workers and to the model (model.h), which have to agree at
 * every step: on the answer, on what comes later, and on everything that is kept.
 *	test_gw_model [STEPS [SEED]]
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "keeper_private.h"
#include "manager.h"

#define WORKERS     3
#define STEPS       20000
#define KEYS_SEEN   4096
#define CHECK_EVERY 16

static struct bench bench;
static struct device dev[MODEL_DEVICES];
static struct model model;
static uint64_t gid[MODEL_GROUPS];
static uint8_t (*seen_key)[KEYS_SEEN][16]; /* by group and number */
static struct mst_ua_response r;
static uint64_t seed = 1;
static unsigned long steps = STEPS;

/** The last request of each device, for repetitions. */
static struct {
	enum { NOTHING, CREATE, JOIN, LEAVE, EVICT, DECIDE, REKEY, POLICIES, OWNERS } what;
	int group, who;
	unsigned serial; /* of its session */
	bool admit;
	uint32_t num;
	struct mst_policy_change change;
} last;
static int last_device;

static uint32_t
random_below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

static bool
one_in(uint32_t n)
{
	return random_below(n) == 0;
}

static int
random_device(void)
{
	return (int)random_below(MODEL_DEVICES);
}

/** A key is what it was whenever this number was seen, and no other number's. */
static void
check_key(int g, uint32_t num, const uint8_t *kg)
{
	static const uint8_t none[16];
	uint8_t *seen = seen_key[g][num % KEYS_SEEN];

	if (memcmp(seen, none, 16) == 0)
		memcpy(seen, kg, 16);
	assert_memory_equal(seen, kg, 16);
	if (num > 1)
		assert_memory_not_equal(seen_key[g][(num - 1) % KEYS_SEEN], kg, 16);
	memset(seen_key[g][(num + KEYS_SEEN / 2) % KEYS_SEEN], 0, 16);
}

static void
check_answer(const char *what, int d, int g, uint8_t code, const struct model_answer *a)
{
	if (code != a->code || r.error_id != a->error_id)
		fail_msg("%s, device %d, group %d: %u.%02u id %d, not %u.%02u id %d", what, d, g,
			code >> 5, code & 31, r.error_id, a->code >> 5, a->code & 31, a->error_id);
}

static void
check_join(int g, uint8_t code, const struct model_answer *a)
{
	if (code >> 5 != 2)
		return;
	assert_int_equal(r.key.num, a->num);
	check_key(g, r.key.num, r.key.kg);
	assert_int_equal(r.key.has_earlier, a->earlier);
	if (r.key.has_earlier)
		check_key(g, r.key.earlier_num, r.key.earlier_kg);
}

/** Separate responses that the last step caused: those of the model, no other. */
static void
check_late(void)
{
	for (unsigned i = 0; i < model.late_count; i++) {
		const struct model_late *l = &model.late[i];
		uint8_t code = manage_late(&dev[l->device], MST_RES_GROUP, &r);

		if (code != l->code || r.error_id != l->error_id)
			fail_msg("late, device %d, group %d: %u.%02u id %d, not %u.%02u id %d",
				l->device, l->group, code >> 5, code & 31, r.error_id, l->code >> 5,
				l->code & 31, l->error_id);
		if (code == MST_COAP_CREATED) {
			/* By the time it is sent, later decisions may have changed the key. */
			assert_true(r.gid == gid[l->group] && r.key.num >= l->num);
			check_key(l->group, r.key.num, r.key.kg);
		}
	}
	model.late_count = 0;
	assert_int_equal(bench.late_count, 0);
}

static void
check_group(int g)
{
	const struct model_group *want = &model.group[g];
	const struct mst_group *have = mst_groups_find_rcu(&bench.gw->groups, gid[g]);
	const struct mst_group_state *now;

	if (!want->exists) {
		assert_true(gid[g] == 0 || have == NULL);
		return;
	}
	assert_non_null(have);
	now = mst_group_now_rcu(have);
	assert_int_equal(now->num, want->num);
	assert_int_equal(now->owners, want->owners);
	for (unsigned i = 0; i < want->owners; i++)
		assert_int_equal(now->owner[i], want->owner[i]);
	assert_int_equal(gw_members_of(bench.gw, have->index), model_members(want));
	assert_int_equal(bench.gw->kept[have->index].waiting, model_waiting(want));
	for (int d = 0; d < MODEL_DEVICES; d++) {
		static const int standing[] = {-1, MST_MEMBER, MST_CANDIDATE, MST_EVICTED};

		assert_int_equal(
			gw_standing(bench.gw, have, (uint32_t)d), standing[want->standing[d]]);
	}
}

static void
check_all(void)
{
	for (int g = 0; g < MODEL_GROUPS; g++)
		check_group(g);
	for (int d = 0; d < MODEL_DEVICES; d++) {
		uint64_t s =
			mst_subs_state(mst_hss_record(&bench.hss, gw_ref(bench.gw, (uint32_t)d)));

		assert_int_equal(mst_subs_state_joined(s), model.device[d].joined);
		assert_int_equal(mst_subs_state_created(s), model.device[d].created);
	}
}

static void
pass(uint32_t seconds)
{
	bench.now_ms += (uint64_t)seconds * 1000;
	bench_settle(&bench);
	model_time(&model, (uint32_t)(bench.now_ms / 1000));
	check_late();
}

static struct mst_policy
random_policy(void)
{
	struct mst_policy p = bench.gw->policy;

	p.admission = (uint8_t)(one_in(2) ? MST_ADMIT_OWNERS : random_below(MST_ADMIT_COUNT));
	p.member_limit = one_in(4) ? 2 + random_below(4) : 0;
	p.rekey_leave = (uint8_t)random_below(MST_REKEY_COUNT);
	p.window_s = random_below(3) * 5;
	p.rekey_join = one_in(3);
	p.key_life_s = one_in(3) ? 60 + random_below(600) : 86400;
	p.expiration_delta_s = one_in(2) ? random_below(120) : 0;
	p.history = one_in(3);
	p.range_count = 1;
	p.range[0] = (struct mst_imsi_range){dev[2].imsi, dev[8].imsi};
	return p;
}

static void
do_create(int d)
{
	struct mst_policy_change change = {.has = MST_POLICY_ALL, .to = random_policy()};
	struct model_answer a;
	uint8_t code;
	int g = 0;

	while (g < MODEL_GROUPS && model.group[g].exists)
		g++;
	if (g == MODEL_GROUPS)
		return;
	code = manage_create(&dev[d], &change, &r);
	a = model_create(&model, d, g, &change.to, false);
	check_answer("create", d, g, code, &a);
	if (code == MST_COAP_CREATED) {
		gid[g] = r.gid;
		memset(seen_key[g], 0, sizeof(seen_key[g]));
	}
	check_join(g, code, &a);
	if (a.code == MST_COAP_CREATED)
		last.what = CREATE, last.group = g;
}

static void
do_join(int d, int g)
{
	uint8_t code = manage_join(&dev[d], gid[g], &r);
	struct model_answer a = model_join(&model, d, g, dev[d].imsi, false);

	check_answer("join", d, g, code, &a);
	check_join(g, code, &a);
	last.what = JOIN;
}

static void
do_read(int d, int g)
{
	struct model_answer a = model_read(&model, d, g);
	uint8_t code;

	if (one_in(3)) {
		code = manage_get(&dev[d], MST_RES_GROUP_NUM, gid[g], &r);
		check_answer("number", d, g, code, &a);
		if (code == MST_COAP_CONTENT)
			assert_int_equal(r.num, a.num);
		return;
	}
	code = manage_get(&dev[d], one_in(2) ? MST_RES_GROUP : MST_RES_GROUP_NODE, gid[g], &r);
	check_answer("read", d, g, code, &a);
	check_join(g, code, &a);
}

static void
check_candidates(const struct model_group *g)
{
	unsigned shown = model_waiting(g);

	assert_int_equal(r.candidates.waiting, shown);
	assert_int_equal(r.candidates.count, shown < MST_UA_CANDIDATES ? shown : MST_UA_CANDIDATES);
	for (unsigned i = 0; i < r.candidates.count; i++) {
		unsigned before = 0;
		int d = 0;

		while (dev[d].imsi != r.candidates.row[i].imsi)
			d++;
		assert_int_equal(g->standing[d], MODEL_CANDIDATE);
		assert_int_equal(r.candidates.row[i].since, g->since[d]);
		for (int o = 0; o < MODEL_DEVICES; o++)
			before += g->standing[o] == MODEL_CANDIDATE && g->order[o] < g->order[d];
		assert_int_equal(before, i);
	}
}

static void
do_look(int d, int g)
{
	static const enum mst_res res[] = {
		MST_RES_GROUP_POLICIES, MST_RES_GROUP_PENDING, MST_RES_GROUP_OWNERS};
	unsigned which = random_below(3);
	uint8_t code = manage_get(&dev[d], res[which], gid[g], &r);
	struct model_answer a = model_look(&model, d, g, which > 0);
	const struct model_group *group = &model.group[g];

	check_answer("look", d, g, code, &a);
	if (code != MST_COAP_CONTENT)
		return;
	if (which == 0) {
		assert_int_equal(r.policy.admission, group->policy.admission);
		assert_int_equal(r.policy.key_life_s, group->policy.key_life_s);
		assert_int_equal(r.policy.member_limit, group->policy.member_limit);
	} else if (which == 1) {
		check_candidates(group);
	} else {
		assert_true(r.owners.principal == dev[group->owner[0]].imsi);
		assert_int_equal(r.owners.count, group->owners - 1);
	}
}

static void
do_leave(int d, int g)
{
	uint8_t code = manage_leave(&dev[d], gid[g], &r);
	struct model_answer a = model_leave(&model, d, g, false);

	check_answer("leave", d, g, code, &a);
	last.what = LEAVE;
}

static void
do_evict(int d, int g)
{
	int who = random_device();
	struct model_answer a;
	uint8_t code;

	for (unsigned n = 0; n < 3 && model.group[g].standing[who] != MODEL_MEMBER; n++)
		who = random_device();
	if (who == d)
		return;
	code = manage_evict(&dev[d], gid[g], &dev[who], &r);
	a = model_evict(&model, d, g, who, false);
	check_answer("evict", d, g, code, &a);
	last.what = EVICT;
	last.who = who;
}

static void
check_decided(uint8_t code, const struct model_answer *a)
{
	if (code != MST_COAP_CHANGED)
		return;
	assert_int_equal(r.decided.admitted, a->count[0]);
	assert_int_equal(r.decided.refused, a->count[1]);
	assert_int_equal(r.decided.unknown, a->count[2]);
}

static void
do_decide(int d, int g)
{
	int who = one_in(3) ? -1 : random_device();
	bool admit = !one_in(3);
	uint8_t code = manage_decide(&dev[d], gid[g], who < 0 ? NULL : &dev[who], admit, &r);
	struct model_answer a = model_decide(&model, d, g, who, admit, false);

	check_answer("decide", d, g, code, &a);
	check_decided(code, &a);
	last.what = DECIDE;
	last.who = who;
	last.admit = admit;
}

static void
do_rekey(int d, int g)
{
	uint32_t num = model.group[g].num + (one_in(4) ? random_below(3) - 1 : 0);
	uint8_t code = manage_rekey(&dev[d], gid[g], num, &r);
	struct model_answer a = model_rekey(&model, d, g, num, false);

	check_answer("rekey", d, g, code, &a);
	if (code == MST_COAP_CHANGED)
		assert_int_equal(r.num, a.num);
	last.what = REKEY;
	last.num = num;
}

static void
do_policies(int d, int g)
{
	uint16_t has = (uint16_t)(random_below(MST_POLICY_ALL) + 1);
	struct mst_policy_change change = {.has = has, .to = random_policy()};
	uint8_t code = manage_policies(&dev[d], gid[g], &change, &r);
	struct model_answer a = model_policies(&model, d, g, &change, false);

	check_answer("policies", d, g, code, &a);
	last.what = POLICIES;
	last.change = change;
}

static void
do_owners(int d, int g)
{
	int who[3];
	struct model_answer a;
	uint8_t code;

	for (unsigned i = 0; i < 3; i++)
		who[i] = one_in(2) ? random_device() : -1;
	if (who[0] + who[1] + who[2] == -3 ||
		(who[0] >= 0 && (who[0] == who[1] || who[0] == who[2])) ||
		(who[1] >= 0 && who[1] == who[2]))
		return; /* names nobody, or one twice: malformed */
	code = manage_owners(&dev[d], gid[g], who[0] < 0 ? NULL : &dev[who[0]],
		who[1] < 0 ? NULL : &dev[who[1]], who[2] < 0 ? NULL : &dev[who[2]], &r);
	a = model_owners(&model, d, g, who[0], who[1], who[2], false);
	check_answer("owners", d, g, code, &a);
	last.what = OWNERS;
}

static void
do_dissolve(int d, int g)
{
	uint8_t code = manage_dissolve(&dev[d], gid[g], &r);
	struct model_answer a = model_dissolve(&model, d, g);

	check_answer("dissolve", d, g, code, &a);
	mst_rcu_barrier();
}

/** The same octets once more: nothing changes. */
static void
do_repeat(void)
{
	int d = last_device, g = last.group;
	struct model_answer a;
	uint8_t code;

	if (last.what == NOTHING || model.device[d].serial != last.serial)
		return;
	code = manage_again(&dev[d], &r);
	switch (last.what) {
	case CREATE:
		a = model_create(&model, d, g, NULL, true);
		break;
	case JOIN:
		a = model_join(&model, d, g, dev[d].imsi, true);
		break;
	case LEAVE:
		a = model_leave(&model, d, g, true);
		break;
	case EVICT:
		a = model_evict(&model, d, g, last.who, true);
		break;
	case DECIDE:
		a = model_decide(&model, d, g, last.who, last.admit, true);
		check_decided(code, &a);
		break;
	case REKEY:
		a = model_rekey(&model, d, g, last.num, true);
		break;
	case POLICIES:
		a = model_policies(&model, d, g, &last.change, true);
		break;
	default:
		a = model_owners(&model, d, g, -1, -1, -1, true);
		break;
	}
	check_answer("repetition", d, g, code, &a);
}

static void
bar_at_owner(int d)
{
	unsigned owner = mst_session_owner(&bench.gw->sessions, (uint32_t)d);

	assert_int_equal(gw_list_bar(bench.gw->worker[owner - 1], (uint32_t)d), 0);
	bench_settle(&bench);
}

static void
do_bar(int d)
{
	bool barred = !model.device[d].barred;

	if (barred && !one_in(8))
		return; /* most are not, most of the time */
	mst_subs_set_barred(mst_hss_record(&bench.hss, gw_ref(bench.gw, (uint32_t)d)), barred);
	if (barred)
		bar_at_owner(d);
	model_bar(&model, d, barred);
}

/** The operator looks after a group without owners: a member gets it, or it ends. */
static void
do_operator(int g)
{
	const struct mst_ua_owners_change change = {.principal = dev[random_device()].imsi};
	const struct gw_actor by = {.sid = GW_ACTOR_OPERATOR};
	struct mst_group *group = mst_groups_find_rcu(&bench.gw->groups, gid[g]);
	int d = 0, err;

	if (!model.group[g].exists || model.group[g].owners > 0)
		return;
	while (dev[d].imsi != change.principal)
		d++;
	err = gw_keeper_owners(bench.gw->worker[group->keeper], group, &change, by);
	assert_int_equal(err, model_give(&model, g, d)                     ? 0
			      : model.group[g].standing[d] == MODEL_MEMBER ? -MST_E_LIMIT_CREATE
									   : -MST_E_NODE_UNKNOWN);
	if (err == 0 || one_in(2))
		return;
	assert_int_equal(gw_keeper_dissolve(bench.gw->worker[group->keeper], group, by), 0);
	bench_settle(&bench);
	mst_rcu_barrier();
	model_end(&model, g);
}

static void
do_bootstrap(int d)
{
	struct answer a;

	pass(1);
	if (!model.device[d].barred) {
		device_bootstrap(&dev[d]);
	} else {
		device_first(&dev[d], &a);
		assert_int_equal(device_authenticate(&dev[d]), 0);
		assert_int_equal(device_answer(&dev[d], &a), MST_COAP_UNAUTHORIZED);
	}
	model_bootstrap(&model, d);
}

/** A device that answered 65,535 times in a session needs another. */
static void
request(int d)
{
	static void (*const manage_group[])(int, int) = {do_join, do_join, do_join, do_read,
		do_read, do_look, do_look, do_leave, do_evict, do_decide, do_decide, do_decide,
		do_rekey, do_policies, do_owners, do_owners};
	int g = (int)random_below(MODEL_GROUPS);

	last = (typeof(last)){.group = g, .serial = model.device[d].serial};
	last_device = d;
	if (one_in(12))
		do_create(d);
	else if (gid[g] != 0 && one_in(150))
		do_dissolve(d, g);
	else if (gid[g] != 0)
		manage_group[random_below(sizeof(manage_group) / sizeof(manage_group[0]))](d, g);
}

static void
step(void)
{
	int d = random_device();
	uint32_t what = random_below(100);

	/* Owners act more often than their share, or little would happen. */
	if (one_in(2)) {
		const struct model_group *g = &model.group[random_below(MODEL_GROUPS)];

		if (g->exists && g->owners > 0)
			d = g->owner[random_below(g->owners)];
	}
	if (what < 4)
		pass(1 + random_below(one_in(10) ? 700 : 20));
	else if (what < 5)
		do_bar(d);
	else if (what < 7)
		do_operator((int)random_below(MODEL_GROUPS));
	else if (what < 10 || (!model.device[d].session && one_in(2)))
		do_bootstrap(d);
	else if (what < 16)
		do_repeat();
	else
		request(d);
	check_late();
}

static void
test_model(void **state)
{
	struct gw_options options = bench_options();

	(void)state;
	options.workers = WORKERS;
	options.create_limit = 2;
	options.join_limit = 4;
	bench_open(&bench, &options);
	seen_key = calloc(MODEL_GROUPS, sizeof(*seen_key));
	model = (struct model){.now = (uint32_t)(bench.now_ms / 1000),
		.create_limit = options.create_limit,
		.join_limit = options.join_limit,
		.decision_s = options.decision_s};
	for (int d = 0; d < MODEL_DEVICES; d++) {
		device_init(&dev[d], &bench, (unsigned)d);
		dev[d].worker = (unsigned)d % WORKERS;
		do_bootstrap(d);
	}
	for (unsigned long n = 0; n < steps; n++) {
		step();
		if (n % CHECK_EVERY == 0)
			check_all();
	}
	check_all();
	print_message(
		"%lu steps; %lu creations, %lu joins, %lu evictions, %lu rekeys, %lu candidates\n",
		steps, bench_outcome(&bench, GW_CREATES), bench_outcome(&bench, GW_JOINS),
		bench_outcome(&bench, GW_EVICTIONS), bench_outcome(&bench, GW_REKEYS),
		bench_outcome(&bench, GW_CANDIDATES));
	free(seen_key);
	bench_close(&bench);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

	if (argc > 1)
		steps = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
