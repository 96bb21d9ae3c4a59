/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rcu/map.h"

static const struct mst_hash_seed seed = {{11, 12}, {13, 14}, {15, 16}};

struct group {
	uint64_t version;
	struct mst_rcu_node node;
	uint32_t number;
};

static unsigned freed;

static void
free_group(struct mst_rcu_head *head)
{
	struct mst_rcu_node *node = mst_rcu_record(head, struct mst_rcu_node, head);

	free(mst_rcu_record(node, struct group, node));
	__atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

static struct group *
new_group(uint32_t number)
{
	struct group *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->number = number;
	/* Keys that differ in one octet only, first or last. */
	g->node.key[number & 1 ? 0 : 15] = (uint8_t)number;
	mst_put_be32(&g->node.key[6], number >> 1);
	return g;
}

static struct group *
group_of(struct mst_rcu_node *node)
{
	return node != NULL ? mst_rcu_record(node, struct group, node) : NULL;
}

static void
add_find_del(void **state)
{
	enum { GROUPS = 1000 };
	struct group *g[GROUPS];
	struct mst_rcu_map *map;
	struct mst_rcu_node *node;
	struct mst_rcu_walk walk;
	unsigned seen[GROUPS] = {0}, count = 0;

	(void)state;
	mst_rcu_register();
	assert_int_equal(mst_rcu_map_create(&map, 100, &seed), 0);
	for (uint32_t i = 0; i < GROUPS; i++) {
		struct group *again = new_group(i);

		g[i] = new_group(i);
		assert_null(mst_rcu_map_lookup_rcu(map, g[i]->node.key));
		assert_ptr_equal(mst_rcu_map_add_rcu(map, &g[i]->node), &g[i]->node);
		assert_ptr_equal(mst_rcu_map_add_rcu(map, &again->node), &g[i]->node);
		free(again);
		assert_int_equal(mst_rcu_map_count(map), i + 1);
	}
	for (uint32_t i = 0; i < GROUPS; i++)
		assert_ptr_equal(group_of(mst_rcu_map_lookup_rcu(map, g[i]->node.key)), g[i]);
	for (node = mst_rcu_map_first_rcu(map, &walk); node != NULL;
		node = mst_rcu_map_next_rcu(map, &walk)) {
		seen[group_of(node)->number]++;
		count++;
	}
	assert_null(mst_rcu_map_next_rcu(map, &walk));
	assert_int_equal(count, GROUPS);
	for (uint32_t i = 0; i < GROUPS; i++)
		assert_int_equal(seen[i], 1);
	/* Removal in the course of a walk. */
	for (node = mst_rcu_map_first_rcu(map, &walk); node != NULL;
		node = mst_rcu_map_next_rcu(map, &walk)) {
		assert_int_equal(mst_rcu_map_del_rcu(map, node), 0);
		assert_int_equal(mst_rcu_map_del_rcu(map, node), -MST_E_NOT_FOUND);
		assert_null(mst_rcu_map_lookup_rcu(map, node->key));
		mst_rcu_defer(&node->head, free_group);
	}
	assert_int_equal(mst_rcu_map_count(map), 0);
	mst_rcu_unregister();
	mst_rcu_stop();
	assert_int_equal(freed, GROUPS);
	mst_rcu_map_destroy(map);
}

static void
replace(void **state)
{
	struct group *a = new_group(5), *b = new_group(5), *c = new_group(5);
	struct mst_rcu_map *map;

	(void)state;
	mst_rcu_register();
	assert_int_equal(mst_rcu_map_create(&map, 1, &seed), 0);
	assert_int_equal(mst_rcu_map_replace_rcu(map, &a->node, &b->node), -MST_E_NOT_FOUND);
	assert_ptr_equal(mst_rcu_map_add_rcu(map, &a->node), &a->node);
	assert_int_equal(mst_rcu_map_replace_rcu(map, &a->node, &b->node), 0);
	assert_ptr_equal(mst_rcu_map_lookup_rcu(map, a->node.key), &b->node);
	assert_int_equal(mst_rcu_map_replace_rcu(map, &a->node, &c->node), -MST_E_NOT_FOUND);
	assert_int_equal(mst_rcu_map_del_rcu(map, &a->node), -MST_E_NOT_FOUND);
	assert_int_equal(mst_rcu_map_count(map), 1);
	assert_int_equal(mst_rcu_map_del_rcu(map, &b->node), 0);
	assert_int_equal(mst_rcu_map_count(map), 0);
	mst_rcu_synchronize();
	mst_rcu_unregister();
	mst_rcu_map_destroy(map);
	free(a);
	free(b);
	free(c);
}

#define SHARED 64
static struct mst_rcu_map *shared_map;
static unsigned balance; /* groups added less groups freed */

static void
free_shared(struct mst_rcu_head *head)
{
	__atomic_sub_fetch(&balance, 1, __ATOMIC_RELAXED);
	free_group(head);
}

static void
change_one(struct group *fresh, uint64_t action)
{
	struct mst_rcu_node *present = mst_rcu_map_lookup_rcu(shared_map, fresh->node.key);

	if (present == NULL) {
		if (mst_rcu_map_add_rcu(shared_map, &fresh->node) != &fresh->node)
			free(fresh);
		else
			__atomic_add_fetch(&balance, 1, __ATOMIC_RELAXED);
		return;
	}
	assert_int_equal(group_of(present)->number, fresh->number);
	fresh->version = group_of(present)->version + 1;
	if (action & 1 && mst_rcu_map_replace_rcu(shared_map, present, &fresh->node) == 0) {
		__atomic_add_fetch(&balance, 1, __ATOMIC_RELAXED);
		mst_rcu_defer(&present->head, free_shared);
		return;
	}
	free(fresh);
	if (!(action & 1) && mst_rcu_map_del_rcu(shared_map, present) == 0)
		mst_rcu_defer(&present->head, free_shared);
}

static void *
changer(void *user)
{
	uint64_t random = (uintptr_t)user;

	mst_rcu_register();
	for (int i = 0; i < 50000; i++) {
		random = random * 6364136223846793005 + 1442695040888963407;
		change_one(new_group(random >> 33 & (SHARED - 1)), random >> 60);
		mst_rcu_quiescent();
	}
	mst_rcu_unregister();
	return NULL;
}

/* Several writers on few keys: what was added is freed once. */
static void
many_writers(void **state)
{
	enum { THREADS = 3 };
	pthread_t thread[THREADS];
	struct mst_rcu_node *node;
	struct mst_rcu_walk walk;

	(void)state;
	assert_int_equal(mst_rcu_start(-1), 0);
	assert_int_equal(mst_rcu_map_create(&shared_map, 16, &seed), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, changer, (void *)(i + 1)), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	mst_rcu_barrier();
	assert_int_equal(balance, mst_rcu_map_count(shared_map));
	mst_rcu_register();
	for (node = mst_rcu_map_first_rcu(shared_map, &walk); node != NULL;
		node = mst_rcu_map_next_rcu(shared_map, &walk)) {
		assert_int_equal(mst_rcu_map_del_rcu(shared_map, node), 0);
		mst_rcu_defer(&node->head, free_shared);
	}
	mst_rcu_unregister();
	mst_rcu_stop();
	assert_int_equal(balance, 0);
	mst_rcu_map_destroy(shared_map);
}

static void
create_refuses(void **state)
{
	struct mst_rcu_map *map = NULL;

	(void)state;
	assert_int_equal(mst_rcu_map_create(&map, 0, &seed), -MST_E_ARGUMENT);
	assert_int_equal(mst_rcu_map_create(&map, (1u << 28) + 1, &seed), -MST_E_ARGUMENT);
	assert_null(map);
	mst_rcu_map_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_refuses),
		cmocka_unit_test(add_find_del),
		cmocka_unit_test(replace),
		cmocka_unit_test(many_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
