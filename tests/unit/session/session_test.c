/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "session/session.h"

#define SESSIONS 1000

struct fixture {
	struct mst_sessions sessions;
	struct mst_session_index index;
	struct mst_hash_seed seed;
};

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f.seed, 0x17, sizeof(f.seed));
	assert_int_equal(mst_sessions_init(&f.sessions, SESSIONS), 0);
	assert_int_equal(mst_session_index_init(&f.index, &f.sessions, SESSIONS - 1, &f.seed), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	mst_session_index_fini(&f->index);
	mst_sessions_fini(&f->sessions);
	return 0;
}

static void
make_rand(uint32_t n, mst_b16 rand)
{
	memset(rand, 0x40, 16);
	mst_put_be32(rand + 1, n * 2654435761u);
}

static void
opens_and_finds(void **state)
{
	struct fixture *f = *state;
	uint8_t kid[MST_LANES][MST_KID];
	mst_b32 ks_naf = {1};
	uint32_t sid[MST_LANES];
	mst_lanes found;
	mst_b16 rand;

	for (uint32_t s = 0; s < SESSIONS - 1; s++) {
		make_rand(s, rand);
		assert_int_equal(mst_session_open(&f->index, s, rand, ks_naf, 7), 0);
	}
	make_rand(5000, rand);
	assert_int_equal(
		mst_session_open(&f->index, SESSIONS - 1, rand, ks_naf, 7), -MST_E_TABLE_FULL);
	/* A session that replaces one finds the table's last place. */
	assert_int_equal(mst_session_open(&f->index, 3, rand, ks_naf, 9), 0);
	assert_true(mst_session_is(&f->sessions, 3, rand));
	assert_int_equal(f->sessions.at[3].expires, 9);
	assert_int_equal(mst_session_count(&f->index), SESSIONS - 1);

	for (unsigned i = 0; i < MST_LANES; i++) {
		make_rand(i % 2 ? i : 100000 + i, rand);
		memcpy(kid[i], rand, MST_KID);
	}
	found = mst_session_find_burst(
		&f->index, ~(mst_lanes)0, (const uint8_t(*)[MST_KID])kid, sid);
	assert_true(found == (UINT64_C(0xaaaaaaaaaaaaaaaa) & ~MST_LANE(3)));
	mst_for_lanes(i, found)
		assert_int_equal(sid[i], i);
}

static void
kids_do_not_collide(void **state)
{
	struct fixture *f = *state;
	mst_b16 rand, other;
	mst_b32 ks_naf = {1};

	make_rand(1, rand);
	memcpy(other, rand, 16);
	other[15] ^= 1;
	assert_int_equal(mst_session_open(&f->index, 1, rand, ks_naf, 7), 0);
	assert_int_equal(mst_session_open(&f->index, 2, other, ks_naf, 7), -MST_E_KID_COLLISION);
	/* The same subscriber may take the kid again under another RAND; the same RAND stands. */
	assert_int_equal(mst_session_open(&f->index, 1, other, ks_naf, 7), 0);
	assert_int_equal(mst_session_open(&f->index, 1, other, ks_naf, 7), -MST_E_KID_COLLISION);
}

static void
closes_and_wipes(void **state)
{
	static const mst_b32 nothing;
	struct fixture *f = *state;
	mst_b32 ks_naf;
	uint32_t sid;
	mst_b16 rand;

	memset(ks_naf, 0xaa, sizeof(ks_naf));
	make_rand(9, rand);
	assert_int_equal(mst_session_claim(&f->sessions, 9, 4), 4);
	assert_int_equal(mst_session_open(&f->index, 9, rand, ks_naf, 7), 0);
	mst_session_close(&f->index, 9);
	assert_false(mst_session_find(&f->index, rand, &sid));
	assert_memory_equal(f->sessions.at[9].ks_naf, nothing, 32);
	assert_int_equal(mst_session_owner(&f->sessions, 9), 4);
	assert_int_equal(mst_session_claim(&f->sessions, 9, 5), 4);
	mst_session_close(&f->index, 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opens_and_finds, setup, teardown),
		cmocka_unit_test_setup_teardown(kids_do_not_collide, setup, teardown),
		cmocka_unit_test_setup_teardown(closes_and_wipes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
