/* SPDX-License-Identifier: BSD-3-Clause */
/* White box: each bucket's count of the keys that passed it, on which the end of a search rests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "table/table.c"

#define CAPACITY 4096

static const struct mst_hash_seed seed = {{41, 42}, {43, 44}, {45, 46}};

/* Counts again, from where every key is and should be; a value is its key. Returns the longest way.
 */
static unsigned
check_counts(const struct mst_table *t)
{
	static uint16_t count[CAPACITY];
	uint64_t position = 0;
	unsigned longest = 0;
	uint32_t key;

	memset(count, 0, sizeof(count));
	while (mst_table_walk(t, &position, &key)) {
		uint32_t at = (uint32_t)((position - 1) / SLOTS);
		unsigned way = 0;

		for (uint32_t b = home_of(t, mst_hash_u64(&seed, key)); b != at;
			b = next_of(t, b)) {
			count[b]++;
			way++;
		}
		longest = way > longest ? way : longest;
	}
	for (uint32_t b = 0; b < t->buckets; b++)
		assert_int_equal(t->bucket[b].passed, count[b]);
	return longest;
}

static void
counts_follow_keys(void **state)
{
	struct mst_table_options options = {.capacity = CAPACITY, .filled_once = true};
	struct mst_table *t = NULL;

	(void)state;
	assert_int_equal(mst_table_create(&t, &options), 0);
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t first = round * CAPACITY;

		for (uint32_t key = first; key < first + CAPACITY; key++)
			assert_int_equal(mst_table_insert(t, mst_hash_u64(&seed, key), key), 0);
		/* By the header's arithmetic a way of 60 has a probability of 1e-6 a bucket. */
		assert_in_range(check_counts(t), 1, 60);
		for (uint32_t key = first; key < first + CAPACITY; key += 2)
			assert_int_equal(mst_table_delete(t, mst_hash_u64(&seed, key), key), 0);
		check_counts(t);
		for (uint32_t key = first + 1; key < first + CAPACITY; key += 2)
			assert_int_equal(mst_table_delete(t, mst_hash_u64(&seed, key), key), 0);
		assert_int_equal(check_counts(t), 0);
	}
	mst_table_destroy(t);
}

/* A counter that was full once stays so, and every key is still found. */
static void
full_counter_sticks(void **state)
{
	struct mst_table_options options = {.capacity = 14};
	struct mst_table_hit hit;
	struct mst_table *t = NULL;

	(void)state;
	assert_int_equal(mst_table_create(&t, &options), 0);
	t->bucket[0].passed = PASSED_STUCK - 1;
	for (uint32_t v = 0; v < 14; v++)
		assert_int_equal(mst_table_insert(t, v, v), 0);
	assert_int_equal(t->bucket[0].passed, PASSED_STUCK);
	for (uint32_t v = 0; v < 14; v++) {
		assert_true(mst_table_lookup(t, v, &hit));
		while (hit.value != v)
			assert_true(mst_table_next(t, v, &hit));
		assert_int_equal(mst_table_delete(t, v, v), 0);
	}
	assert_int_equal(t->bucket[0].passed, PASSED_STUCK);
	assert_false(mst_table_lookup(t, 5, &hit));
	mst_table_destroy(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_follow_keys),
		cmocka_unit_test(full_counter_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
