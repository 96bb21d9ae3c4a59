/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "rcu/rcu.h"

#define ALIVE 0x616c697665000000u

struct item {
	struct mst_rcu_head head; /* first: an item is its head */
	uint64_t state;
};

static struct item *shared;
static unsigned freed;
static bool stop;

static void
free_item(struct mst_rcu_head *head)
{
	struct item *item = (struct item *)(void *)head;

	assert_true(item->state == ALIVE);
	item->state = 0;
	free(item);
	__atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

static struct item *
new_item(void)
{
	struct item *item = calloc(1, sizeof(*item));

	assert_non_null(item);
	item->state = ALIVE;
	return item;
}

static void *
reader(void *user)
{
	uint64_t *rounds = user;

	mst_rcu_register();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 100; i++) {
			const struct item *item = mst_rcu_load(&shared);

			assert_true(item->state == ALIVE);
		}
		mst_rcu_quiescent();
		if (++*rounds % 1000 == 0) {
			mst_rcu_offline();
			mst_rcu_online();
		}
	}
	mst_rcu_unregister();
	return NULL;
}

/* Readers never see a freed item; every replaced one is freed. */
static void
replaced_items_are_freed(void **state)
{
	enum { READERS = 2, ITEMS = 20000 };
	uint64_t rounds[READERS] = {0};
	pthread_t thread[READERS];

	(void)state;
	freed = 0;
	stop = false;
	assert_int_equal(mst_rcu_start(0), 0);
	assert_int_equal(mst_rcu_start(0), -MST_E_EXISTS);
	mst_rcu_register();
	shared = new_item();
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reader, &rounds[i]), 0);
	for (int i = 0; i < ITEMS; i++) {
		struct item *old = mst_rcu_exchange(&shared, new_item());

		mst_rcu_defer(&old->head, free_item);
		mst_rcu_quiescent();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	mst_rcu_offline();
	for (int i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	mst_rcu_barrier();
	assert_int_equal(freed, ITEMS);
	mst_rcu_online();
	mst_rcu_defer(&shared->head, free_item);
	mst_rcu_unregister();
	mst_rcu_stop();
	assert_int_equal(freed, ITEMS + 1);
}

static void *
slow_reader(void *user)
{
	struct item **item = user;

	mst_rcu_register();
	*item = mst_rcu_load(&shared);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	usleep(50000);
	assert_true((*item)->state == ALIVE);
	__atomic_store_n(&stop, false, __ATOMIC_RELEASE);
	mst_rcu_unregister();
	return NULL;
}

/* A grace period waits for the read section that runs when it begins. */
static void
synchronize_waits(void **state)
{
	struct item *seen = NULL, *old;
	pthread_t thread;

	(void)state;
	stop = false;
	shared = new_item();
	assert_int_equal(pthread_create(&thread, NULL, slow_reader, &seen), 0);
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
		usleep(100);
	old = mst_rcu_exchange(&shared, (struct item *)NULL);
	mst_rcu_synchronize();
	assert_false(__atomic_load_n(&stop, __ATOMIC_ACQUIRE));
	assert_ptr_equal(seen, old);
	pthread_join(thread, NULL);
	free(old);
}

/* Also without a reclaiming thread of its own, and again after a stop. */
static void
starts_again(void **state)
{
	(void)state;
	for (int round = 0; round < 4; round++) {
		freed = 0;
		if (round & 1)
			assert_int_equal(mst_rcu_start(-1), 0);
		mst_rcu_register();
		for (int i = 0; i < 10; i++)
			mst_rcu_defer(&new_item()->head, free_item);
		mst_rcu_unregister();
		mst_rcu_stop();
		assert_int_equal(freed, 10);
	}
	assert_int_equal(mst_rcu_start(1000), -MST_E_SYSTEM);
	assert_int_equal(mst_rcu_start(1 << 30), -MST_E_SYSTEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaced_items_are_freed),
		cmocka_unit_test(synchronize_waits),
		cmocka_unit_test(starts_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
