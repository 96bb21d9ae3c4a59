/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "subs/subs.h"

static const struct mst_hash_seed seed = {{1, 2}, {3, 4}, {5, 6}};
static const struct mst_subs_profile plain = {.lifetime_s = 3600, .mnc_size = 2};

static struct mst_subs *
make_store(uint32_t capacity)
{
	struct mst_subs *subs;
	uint16_t number;

	assert_int_equal(mst_subs_create(&subs, capacity, &seed), 0);
	assert_int_equal(mst_subs_profile_add(subs, &plain, &number), 0);
	assert_int_equal(number, 0);
	return subs;
}

/* Lanes first..first+63 as subscribers, scattered over all lengths of IMSI. */
static void
make_cols(struct mst_subs_cols *cols, uint64_t first)
{
	memset(cols, 0, sizeof(*cols));
	for (unsigned i = 0; i < MST_LANES; i++) {
		cols->imsi[i] = (first + i) * 271267361111 % MST_IMSI_CODE_END;
		memset(cols->k[i], (int)(first + i), sizeof(cols->k[i]));
		memset(cols->opc[i], (int)~(first + i), sizeof(cols->opc[i]));
	}
}

static void
create_refuses(void **state)
{
	struct mst_subs *subs = NULL;

	(void)state;
	assert_int_equal(mst_subs_create(&subs, 0, &seed), -MST_E_ARGUMENT);
	assert_int_equal(mst_subs_create(&subs, MST_SUBS_CAPACITY_MAX + 1, &seed), -MST_E_ARGUMENT);
	assert_null(subs);
	mst_subs_destroy(NULL);
}

static void
add_and_find(void **state)
{
	enum { CAPACITY = 1000 };
	struct mst_subs *subs = make_store(CAPACITY);
	uint8_t status[MST_LANES];
	uint32_t index[MST_LANES], count = 0;
	struct mst_subs_cols cols;

	(void)state;
	for (uint64_t first = 0; first < 4096; first += MST_LANES) {
		/* Every third lane is a hole. */
		mst_lanes live = 0x9249249249249249 << first / 64 % 3, added;
		unsigned room = CAPACITY - count;

		make_cols(&cols, first);
		memset(status, 0xff, sizeof(status));
		added = mst_subs_add_burst(subs, live, &cols, status);
		count += mst_lanes_count(added);
		if (room >= mst_lanes_count(live))
			assert_true(added == live);
		else
			assert_int_equal(mst_lanes_count(added), room);
		for (unsigned i = 0; i < MST_LANES; i++)
			assert_int_equal(
				status[i], live & ~added & MST_LANE(i) ? MST_E_TABLE_FULL : 0xff);
		assert_int_equal(mst_subs_count(subs), count);

		assert_true(mst_subs_lookup_bulk(subs, ~(mst_lanes)0, cols.imsi, index) == added);
		mst_for_lanes(i, added) {
			const struct mst_subs_record *r = mst_subs_record(subs, index[i]);
			uint32_t alone;

			assert_int_equal(mst_subs_imsi(r), cols.imsi[i]);
			assert_memory_equal(r->k, cols.k[i], sizeof(r->k));
			assert_memory_equal(r->opc, cols.opc[i], sizeof(r->opc));
			assert_int_equal(mst_subs_state(r), 0);
			assert_int_equal(mst_subs_profile(subs, r)->lifetime_s, 3600);
			assert_int_equal(mst_subs_lookup(subs, cols.imsi[i], &alone), 0);
			assert_int_equal(alone, index[i]);
		}
		/* Once more: all are there already. */
		assert_int_equal(mst_subs_add_burst(subs, added, &cols, status), 0);
		mst_for_lanes(i, added)
			assert_int_equal(status[i], MST_E_EXISTS);
	}
	assert_int_equal(count, CAPACITY);
	assert_true(mst_subs_memory(subs) > 56 * CAPACITY);
	mst_subs_destroy(subs);
}

static void
same_imsi_in_two_lanes(void **state)
{
	struct mst_subs *subs = make_store(100);
	uint8_t status[MST_LANES];
	struct mst_subs_cols cols;
	uint32_t index;

	(void)state;
	make_cols(&cols, 1);
	cols.imsi[63] = cols.imsi[5];
	assert_true(mst_subs_add_burst(subs, ~(mst_lanes)0, &cols, status) == mst_lanes_first(63));
	assert_int_equal(status[63], MST_E_EXISTS);
	assert_int_equal(mst_subs_lookup(subs, cols.imsi[5], &index), 0);
	assert_int_equal(index, 5);
	assert_int_equal(mst_subs_lookup(subs, 0, &index), -MST_E_NOT_FOUND);
	mst_subs_destroy(subs);
}

static void
profiles_are_shared(void **state)
{
	struct mst_subs *subs = make_store(10);
	struct mst_subs_profile p = plain;
	uint16_t number = 77;

	(void)state;
	for (unsigned i = 0; i < MST_SUBS_PROFILES_MAX; i++) {
		p.lifetime_s = 3600 + i;
		assert_int_equal(mst_subs_profile_add(subs, &p, &number), 0);
		assert_int_equal(number, i);
	}
	for (unsigned i = 0; i < MST_SUBS_PROFILES_MAX; i += 7) {
		p.lifetime_s = 3600 + i;
		assert_int_equal(mst_subs_profile_add(subs, &p, &number), 0);
		assert_int_equal(number, i);
	}
	number = 77;
	p.lifetime_s = 1;
	assert_int_equal(mst_subs_profile_add(subs, &p, &number), -MST_E_TABLE_FULL);
	assert_int_equal(number, 77);
	mst_subs_destroy(subs);
}

static void
profile_refuses(void **state)
{
	static const struct mst_subs_profile rows[] = {
		{.lifetime_s = 0, .mnc_size = 2},
		{.lifetime_s = 1, .mnc_size = 1},
		{.lifetime_s = 1, .mnc_size = 4},
		{.lifetime_s = 1, .mnc_size = 3, .gba_type = MST_GBA_U + 1},
		{.lifetime_s = 1, .mnc_size = 3, .create_limit = 1024},
		{.lifetime_s = 1, .mnc_size = 3, .join_limit = 1024},
	};
	struct mst_subs *subs = make_store(10);
	uint16_t number = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mst_subs_profile_add(subs, &rows[i], &number), -MST_E_ARGUMENT);
	assert_int_equal(number, 77);
	mst_subs_destroy(subs);
}

static void
state_fields(void **state)
{
	struct mst_subs_record r = {.state = 0};
	const uint64_t dif = (UINT64_C(1) << 43) - 1;

	(void)state;
	mst_subs_set_dif(&r, UINT64_MAX);
	assert_int_equal(mst_subs_state(&r), dif);
	mst_subs_set_barred(&r, true);
	assert_true(mst_subs_state_barred(r.state));
	for (unsigned i = 0; i < MST_SUBS_COUNT_MAX; i++) {
		assert_int_equal(mst_subs_inc_joined(&r, MST_SUBS_COUNT_MAX), 0);
		assert_int_equal(mst_subs_inc_created(&r, MST_SUBS_COUNT_MAX), 0);
		assert_int_equal(mst_subs_state_joined(r.state), i + 1);
		assert_int_equal(mst_subs_state_created(r.state), i + 1);
	}
	assert_true(r.state == UINT64_MAX);
	assert_int_equal(mst_subs_inc_joined(&r, MST_SUBS_COUNT_MAX), -MST_E_LIMIT_JOIN);
	assert_int_equal(mst_subs_inc_created(&r, MST_SUBS_COUNT_MAX), -MST_E_LIMIT_CREATE);
	assert_true(r.state == UINT64_MAX);

	mst_subs_set_dif(&r, 5);
	mst_subs_set_barred(&r, false);
	assert_int_equal(mst_subs_state_dif(r.state), 5);
	assert_false(mst_subs_state_barred(r.state));
	for (unsigned i = 0; i < MST_SUBS_COUNT_MAX + 2; i++)
		mst_subs_dec_created(&r);
	assert_int_equal(mst_subs_state_created(r.state), 0);
	assert_int_equal(mst_subs_state_joined(r.state), MST_SUBS_COUNT_MAX);
	for (unsigned i = 0; i < MST_SUBS_COUNT_MAX + 2; i++)
		mst_subs_dec_joined(&r);
	assert_int_equal(r.state, 5);
	assert_int_equal(mst_subs_inc_joined(&r, 0), -MST_E_LIMIT_JOIN);
	assert_int_equal(mst_subs_inc_created(&r, 1), 0);
	assert_int_equal(mst_subs_inc_created(&r, 1), -MST_E_LIMIT_CREATE);
	mst_subs_restore_state(&r, 9);
	assert_int_equal(mst_subs_state(&r), 9);
}

static void *
change_fields(void *user)
{
	struct mst_subs_record *r = user;

	for (unsigned i = 0; i < 100000; i++) {
		assert_int_equal(mst_subs_inc_joined(r, 3), 0);
		mst_subs_dec_joined(r);
	}
	return NULL;
}

/* Threads that change different fields do not lose each other's changes. */
static void
state_from_threads(void **state)
{
	struct mst_subs_record r = {.state = 0};
	pthread_t thread[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, change_fields, &r), 0);
	for (uint64_t i = 1; i <= 100000; i++) {
		mst_subs_set_dif(&r, i);
		mst_subs_set_barred(&r, i & 1);
		assert_int_equal(mst_subs_state_dif(mst_subs_state(&r)), i);
		assert_int_equal(mst_subs_state_barred(mst_subs_state(&r)), i & 1);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(r.state, 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_refuses),
		cmocka_unit_test(add_and_find),
		cmocka_unit_test(same_imsi_in_two_lanes),
		cmocka_unit_test(profiles_are_shared),
		cmocka_unit_test(profile_refuses),
		cmocka_unit_test(state_fields),
		cmocka_unit_test(state_from_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
