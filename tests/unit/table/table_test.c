/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/hash.h"
#include "table/table.h"

#define ABSENT UINT32_MAX

static const struct mst_hash_seed seed = {{0x243f6a8885a308d3, 0x13198a2e03707344},
	{0xa4093822299f31d0, 0x082efa98ec4e6c89}, {0x452821e638d01377, 0xbe5466cf34e90c6c}};

/* A table beside a plain reference: which value each of the keys 0..keys-1 has. */
struct model {
	struct mst_table *table;
	uint64_t *record; /* value -> key */
	uint32_t *value;  /* key -> value or ABSENT */
	uint32_t keys, values, count;
	uint64_t (*hash)(uint64_t key);
	uint64_t random;
};

static uint64_t
next_random(uint64_t *s)
{
	uint64_t z = *s += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t
seeded_hash(uint64_t key)
{
	return mst_hash_u64(&seed, key);
}

/* Every 64 keys share a hash, so candidates are often wrong. */
static uint64_t
colliding_hash(uint64_t key)
{
	return mst_hash_u64(&seed, key / 64);
}

/* All keys want the last bucket; their ways lead round the end of the table. */
static uint64_t
last_bucket_hash(uint64_t key)
{
	return UINT64_C(0xffffffff) << 32 | (key & 0xffff);
}

static void
model_init(struct model *m, uint32_t capacity, bool filled_once, uint64_t (*hash)(uint64_t key))
{
	struct mst_table_options options = {
		.capacity = capacity, .filled_once = filled_once, .record_size = sizeof(uint64_t)};

	*m = (struct model){
		.keys = capacity * 2, .values = capacity * 2 + 1, .hash = hash, .random = capacity};
	m->record = calloc(m->values, sizeof(*m->record));
	m->value = malloc(m->keys * sizeof(*m->value));
	assert_non_null(m->record);
	assert_non_null(m->value);
	memset(m->value, 0xff, m->keys * sizeof(*m->value));
	memset(m->record, 0xff, m->values * sizeof(*m->record));
	options.records = m->record;
	assert_int_equal(mst_table_create(&m->table, &options), 0);
}

static void
model_fini(struct model *m)
{
	mst_table_destroy(m->table);
	free(m->record);
	free(m->value);
}

static uint32_t
model_lookup(const struct model *m, uint64_t key)
{
	struct mst_table_hit hit;

	for (bool more = mst_table_lookup(m->table, m->hash(key), &hit); more;
		more = mst_table_next(m->table, m->hash(key), &hit))
		if (m->record[hit.value] == key)
			return hit.value;
	return ABSENT;
}

static uint32_t
model_free_value(struct model *m)
{
	uint32_t v = (uint32_t)(next_random(&m->random) % m->values);

	while (m->record[v] != UINT64_MAX)
		v = (v + 1) % m->values;
	return v;
}

static void
model_insert(struct model *m, uint32_t key)
{
	uint32_t v;

	if (m->count == mst_table_capacity(m->table)) {
		assert_int_equal(mst_table_insert(m->table, m->hash(key), 0), -MST_E_TABLE_FULL);
		return;
	}
	v = model_free_value(m);
	m->record[v] = key;
	m->value[key] = v;
	m->count++;
	assert_int_equal(mst_table_insert(m->table, m->hash(key), v), 0);
}

static void
model_delete(struct model *m, uint32_t key)
{
	uint32_t v = m->value[key];

	assert_int_equal(mst_table_delete(m->table, m->hash(key), v), 0);
	assert_int_equal(mst_table_delete(m->table, m->hash(key), v), -MST_E_NOT_FOUND);
	m->record[v] = UINT64_MAX;
	m->value[key] = ABSENT;
	m->count--;
}

static void
model_replace(struct model *m, uint32_t key)
{
	uint32_t old = m->value[key], v = model_free_value(m);

	m->record[v] = key;
	assert_int_equal(mst_table_replace(m->table, m->hash(key), old, v), 0);
	assert_int_equal(mst_table_replace(m->table, m->hash(key), old, v), -MST_E_NOT_FOUND);
	m->record[old] = UINT64_MAX;
	m->value[key] = v;
}

/* Every key, absent ones too, by single and by bulk search with random holes. */
static void
model_check(struct model *m)
{
	struct mst_table_hit hit[MST_LANES];
	uint64_t hash[MST_LANES];

	assert_int_equal(mst_table_count(m->table), m->count);
	for (uint32_t first = 0; first < m->keys; first += MST_LANES) {
		unsigned n = m->keys - first < MST_LANES ? m->keys - first : MST_LANES;
		mst_lanes live = mst_lanes_first(n) & next_random(&m->random), found;

		mst_for_lanes(i, live)
			hash[i] = m->hash(first + i);
		found = mst_table_lookup_bulk(m->table, live, hash, hit);
		assert_int_equal(found & ~live, 0);
		mst_for_lanes(i, live) {
			bool more = found >> i & 1;

			while (more && m->record[hit[i].value] != first + i)
				more = mst_table_next(m->table, hash[i], &hit[i]);
			assert_int_equal(more ? hit[i].value : ABSENT, m->value[first + i]);
			assert_int_equal(model_lookup(m, first + i), m->value[first + i]);
		}
	}
}

static void
model_check_walk(struct model *m)
{
	uint8_t *seen = calloc(m->values, 1);
	uint64_t position = 0;
	uint32_t value, count = 0;

	assert_non_null(seen);
	while (mst_table_walk(m->table, &position, &value)) {
		assert_true(value < m->values);
		assert_int_equal(seen[value]++, 0);
		assert_int_not_equal(m->record[value], UINT64_MAX);
		count++;
	}
	assert_false(mst_table_walk(m->table, &position, &value));
	assert_int_equal(count, m->count);
	free(seen);
}

static void
model_churn(struct model *m, uint32_t steps)
{
	for (uint32_t i = 0; i < steps; i++) {
		uint64_t r = next_random(&m->random);
		uint32_t key = (uint32_t)(r % m->keys);

		if (m->value[key] == ABSENT)
			model_insert(m, key);
		else if (r >> 60 < 5 && m->count < m->values)
			model_replace(m, key);
		else
			model_delete(m, key);
	}
}

static void
model_fill(struct model *m)
{
	for (uint32_t key = 0; key < m->keys; key++)
		if (m->value[key] == ABSENT && m->count < mst_table_capacity(m->table))
			model_insert(m, key);
}

static void
run_load(uint32_t capacity, bool filled_once, uint64_t (*hash)(uint64_t key), uint32_t steps)
{
	struct model m;

	model_init(&m, capacity, filled_once, hash);
	model_check(&m);
	model_churn(&m, steps);
	model_check(&m);
	model_fill(&m);
	model_check(&m);
	model_check_walk(&m);
	model_churn(&m, steps);
	model_check(&m);
	model_check_walk(&m);
	for (uint32_t key = 0; key < m.keys; key++)
		if (m.value[key] != ABSENT)
			model_delete(&m, key);
	model_check(&m);
	model_check_walk(&m);
	model_fini(&m);
}

static void
run_model(uint32_t capacity, uint64_t (*hash)(uint64_t key), uint32_t steps)
{
	run_load(capacity, false, hash, steps);
	run_load(capacity, true, hash, steps);
}

static void
small_tables(void **state)
{
	(void)state;
	for (uint32_t capacity = 1; capacity <= 80; capacity++)
		run_model(capacity, seeded_hash, 2000);
}

static void
equal_hashes(void **state)
{
	(void)state;
	run_model(1, colliding_hash, 1000);
	run_model(100, colliding_hash, 10000);
	run_model(1000, colliding_hash, 20000);
}

static void
one_home(void **state)
{
	(void)state;
	run_model(9, last_bucket_hash, 3000);
	run_model(300, last_bucket_hash, 3000);
}

static void
large_table(void **state)
{
	(void)state;
	run_load(100000, false, seeded_hash, 300000);
	run_load(1100000, true, seeded_hash, 1000000);
}

static void
limits(void **state)
{
	struct mst_table_options options = {.capacity = 0};
	struct mst_table *table = NULL;
	struct mst_table_hit hit[MST_LANES];
	uint64_t hash[MST_LANES] = {0};

	(void)state;
	assert_int_equal(mst_table_create(&table, &options), -MST_E_ARGUMENT);
	options.capacity = MST_TABLE_CAPACITY_MAX + 1;
	assert_int_equal(mst_table_create(&table, &options), -MST_E_ARGUMENT);
	assert_null(table);
	mst_table_destroy(NULL);

	/* Without records nothing is prefetched; any value is allowed, and so is any hash. */
	options.capacity = 8;
	options.hot = true;
	assert_int_equal(mst_table_create(&table, &options), 0);
	assert_int_equal(mst_table_lookup_bulk(table, ~(mst_lanes)0, hash, hit), 0);
	assert_int_equal(mst_table_insert(table, 0, MST_TABLE_CAPACITY_MAX - 1), 0);
	assert_int_equal(mst_table_insert(table, UINT64_MAX, 0), 0);
	hash[63] = UINT64_MAX;
	assert_int_equal(
		mst_table_lookup_bulk(table, MST_LANE(0) | MST_LANE(63), hash, hit) & MST_LANE(63),
		MST_LANE(63));
	assert_int_equal(hit[0].value, MST_TABLE_CAPACITY_MAX - 1);
	assert_int_equal(hit[63].value, 0);
	assert_true(mst_table_memory(table) >= 64);
	mst_table_destroy(table);
}

/* The memory that the header promises: 8 or 6.4 octets a key. */
static void
memory(void **state)
{
	struct mst_table_options options = {.capacity = 10000000};
	struct mst_table *table;

	(void)state;
	assert_int_equal(mst_table_create(&table, &options), 0);
	assert_in_range(mst_table_memory(table), 80000000, 80001000);
	mst_table_destroy(table);
	options.filled_once = true;
	assert_int_equal(mst_table_create(&table, &options), 0);
	assert_in_range(mst_table_memory(table), 64000000, 64001000);
	mst_table_destroy(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(memory),
		cmocka_unit_test(small_tables),
		cmocka_unit_test(equal_hashes),
		cmocka_unit_test(one_home),
		cmocka_unit_test(large_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
