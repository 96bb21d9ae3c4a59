/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One writer and several readers on one table, at its full load, for the thread sanitizer.
 *
 * Keys 0..STEADY-1 stay as they are; keys of the next STEADY keep being replaced by a fresh
 * record; the others come and go. Readers must always find the first two kinds, and whatever
 * they find must be a whole record of that key. A record is wiped and reused after a grace
 * period, with plain accesses, so a reader that kept one too long is a data race as well as a
 * wrong value.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "rcu/rcu.h"
#include "table/table.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define READERS  3
#define STEADY   500
#define KEYS     2000
#define CAPACITY 1400
#define RECORDS  4096
#define ROUNDS   1500
#define ABSENT   UINT32_MAX

struct record {
	struct mst_rcu_head head; /* first: a record is its head */
	uint64_t key;
	uint64_t check; /* ~key */
};

static const struct mst_hash_seed seed = {{21, 22}, {23, 24}, {25, 26}};
static struct record record[RECORDS];
static struct mst_table *table;
static bool stop;

/* The writer's; freed records come back from the reclaiming thread under the lock. */
static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t free_records[RECORDS];
static uint32_t free_count;
static uint32_t value_of[KEYS];
static uint32_t present;

static uint64_t
next_random(uint64_t *s)
{
	*s = *s * 6364136223846793005 + 1442695040888963407;
	return *s >> 33;
}

static void
free_record(struct mst_rcu_head *head)
{
	struct record *r = (struct record *)(void *)head;

	r->key = r->check = 0;
	pthread_mutex_lock(&free_lock);
	free_records[free_count++] = (uint32_t)(r - record);
	pthread_mutex_unlock(&free_lock);
}

/* Index of a fresh record for a key, or ABSENT while all wait for a grace period. */
static uint32_t
take_record(uint64_t key)
{
	uint32_t v = ABSENT;

	pthread_mutex_lock(&free_lock);
	if (free_count > 0)
		v = free_records[--free_count];
	pthread_mutex_unlock(&free_lock);
	if (v == ABSENT)
		return v;
	record[v].key = key;
	record[v].check = ~key;
	return v;
}

static void
insert_key(uint64_t key)
{
	uint32_t v = present < CAPACITY ? take_record(key) : ABSENT;

	if (v == ABSENT)
		return;
	REQUIRE(mst_table_insert(table, mst_hash_u64(&seed, key), v) == 0);
	value_of[key] = v;
	present++;
}

static void
delete_key(uint64_t key)
{
	uint32_t v = value_of[key];

	REQUIRE(mst_table_delete(table, mst_hash_u64(&seed, key), v) == 0);
	value_of[key] = ABSENT;
	present--;
	mst_rcu_defer(&record[v].head, free_record);
}

static void
replace_key(uint64_t key)
{
	uint32_t old = value_of[key], v = take_record(key);

	if (v == ABSENT)
		return;
	REQUIRE(mst_table_replace(table, mst_hash_u64(&seed, key), old, v) == 0);
	value_of[key] = v;
	mst_rcu_defer(&record[old].head, free_record);
}

static void
write_all(void)
{
	uint64_t random = 1;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 100; i++) {
			uint64_t key = STEADY + next_random(&random) % (KEYS - STEADY);

			if (key < 2 * STEADY)
				replace_key(key);
			else if (value_of[key] == ABSENT)
				insert_key(key);
			else
				delete_key(key);
		}
		mst_rcu_quiescent();
	}
}

static bool
verify(uint64_t key, uint64_t hash, struct mst_table_hit *hit)
{
	do {
		const struct record *r = &record[hit->value];

		REQUIRE(hit->value < RECORDS && r->check == ~r->key);
		if (r->key == key)
			return true;
	} while (mst_table_next(table, hash, hit));
	return false;
}

static void
read_batch(uint64_t *random)
{
	struct mst_table_hit hit[MST_LANES];
	uint64_t key[MST_LANES], hash[MST_LANES];
	mst_lanes maybe, found = 0;

	for (unsigned i = 0; i < MST_LANES; i++) {
		key[i] = next_random(random) % KEYS;
		hash[i] = mst_hash_u64(&seed, key[i]);
	}
	maybe = mst_table_lookup_bulk(table, ~(mst_lanes)0, hash, hit);
	mst_for_lanes(i, maybe)
		if (verify(key[i], hash[i], &hit[i]))
			found |= MST_LANE(i);
	for (unsigned i = 0; i < MST_LANES; i++)
		REQUIRE(key[i] >= 2 * STEADY || (found & MST_LANE(i)));
}

/* Steady values are seen exactly once. */
static void
walk(void)
{
	unsigned seen[2 * STEADY] = {0};
	uint64_t position = 0;
	uint32_t value;

	while (mst_table_walk(table, &position, &value)) {
		const struct record *r = &record[value];

		REQUIRE(value < RECORDS && r->check == ~r->key);
		if (r->key < 2 * STEADY)
			seen[r->key]++;
	}
	for (unsigned key = 0; key < 2 * STEADY; key++)
		REQUIRE(seen[key] == 1);
}

static void *
read_all(void *user)
{
	uint64_t random = (uintptr_t)user, rounds = 0;

	mst_rcu_register();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		read_batch(&random);
		if (++rounds % 64 == 0)
			walk();
		mst_rcu_quiescent();
	}
	mst_rcu_unregister();
	return NULL;
}

int
main(void)
{
	const struct mst_table_options options = {.capacity = CAPACITY,
		.filled_once = true,
		.records = record,
		.record_size = sizeof(record[0])};
	pthread_t thread[READERS];

	REQUIRE(mst_table_create(&table, &options) == 0);
	REQUIRE(mst_rcu_start(-1) == 0);
	for (uint32_t i = 0; i < RECORDS; i++)
		free_records[free_count++] = i;
	for (uint64_t key = 0; key < KEYS; key++) {
		value_of[key] = ABSENT;
		insert_key(key);
	}
	for (uintptr_t i = 0; i < READERS; i++)
		REQUIRE(pthread_create(&thread[i], NULL, read_all, (void *)(i + 1)) == 0);
	mst_rcu_register();
	write_all();
	mst_rcu_unregister();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	mst_rcu_stop();
	REQUIRE(mst_table_count(table) == present && free_count == RECORDS - present);
	mst_table_destroy(table);
	return 0;
}
