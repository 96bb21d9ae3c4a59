/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "group/member.h"
#include "rcu/rcu.h"

#define GROUPS  8
#define MEMBERS 1000

static struct mst_hash_seed seed;

static void
groups_by_gid(void **state)
{
	struct mst_groups groups;
	struct mst_group g = {.creator = 3}, *made, *again;
	struct mst_group_states states;
	struct mst_group_state *now;
	const struct mst_group *walked;
	unsigned seen = 0;

	(void)state;
	assert_int_equal(mst_groups_init(&groups, GROUPS, &seed), 0);
	assert_int_equal(mst_group_states_init(&states, GROUPS + 1), 0);
	for (unsigned i = 0; i < GROUPS; i++) {
		g.gid = 0x1000 + i;
		assert_non_null(now = mst_group_state_get(&states, NULL));
		memset(now->kg, (int)i, sizeof(now->kg));
		now->num = 1;
		assert_int_equal(mst_groups_add_rcu(&groups, &g, now, &made), 0);
		assert_int_equal(mst_group_now_rcu(made)->num, 1);
	}
	g.gid = 0x1003;
	assert_non_null(now = mst_group_state_get(&states, NULL));
	assert_null(mst_group_state_get(&states, NULL));
	assert_int_equal(mst_groups_add_rcu(&groups, &g, now, &again), -MST_E_EXISTS);
	assert_int_equal(mst_group_now_rcu(again)->kg[0], 3);
	g.gid = 0x2000;
	assert_int_equal(mst_groups_add_rcu(&groups, &g, now, &again), -MST_E_TABLE_FULL);
	assert_ptr_equal(mst_groups_find_rcu(&groups, 0x1007), made);
	assert_null(mst_groups_find_rcu(&groups, 0x2000));
	for (walked = mst_groups_from_rcu(&groups, 0); walked != NULL;
		walked = mst_groups_from_rcu(&groups, walked->index + 1))
		seen++;
	assert_int_equal(seen, GROUPS);
	assert_int_equal(mst_groups_count(&groups), GROUPS);
	mst_groups_fini(&groups);
	mst_group_states_fini(&states);
}

static void
members_by_group(void **state)
{
	struct mst_members members;
	struct mst_member *m;
	unsigned seen[GROUPS] = {0};

	(void)state;
	assert_int_equal(mst_members_init(&members, MEMBERS, GROUPS, &seed), 0);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		assert_null(mst_members_find(&members, i % GROUPS, i / GROUPS));
		assert_int_equal(
			mst_members_add(&members, i % GROUPS, i / GROUPS, MST_MEMBER, i, 77, &m),
			0);
	}
	assert_true(mst_members_full(&members));
	assert_int_equal(
		mst_members_add(&members, 0, 5000, MST_MEMBER, 1, 77, &m), -MST_E_TABLE_FULL);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		m = mst_members_find(&members, i % GROUPS, i / GROUPS);
		assert_non_null(m);
		assert_int_equal(m->imei, i);
		assert_int_equal(m->since, 77);
	}
	for (uint32_t g = 0; g < GROUPS; g++) {
		for (m = mst_members_first(&members, g); m != NULL;
			m = mst_members_next(&members, m)) {
			assert_int_equal(m->group, g);
			seen[g]++;
		}
		assert_int_equal(seen[g], MEMBERS / GROUPS);
		assert_int_equal(mst_members_of(&members, g), seen[g]);
	}
	assert_int_equal(mst_members_count(&members), MEMBERS);
	mst_members_fini(&members);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_by_gid),
		cmocka_unit_test(members_by_group),
	};
	int failed;

	memset(&seed, 0x33, sizeof(seed));
	mst_rcu_register();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	mst_rcu_unregister();
	return failed;
}
