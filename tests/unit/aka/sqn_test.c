/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aka/sqn.h"

#define SEQ_MAX MST_SQN_SEQ_MASK

static uint64_t
sqn_of(uint64_t seq, unsigned ind)
{
	return seq << MST_SQN_IND_BITS | ind;
}

static void
network_side(void **state)
{
	(void)state;
	assert_true(mst_sqn_make(0, 0, 0) == 0);
	assert_true(mst_sqn_make(1, 2, 3) == (3 << 5 | 3));
	assert_true(mst_sqn_make(SEQ_MAX, 0, 31) == MST_SQN_MASK);
	assert_true(mst_sqn_make(SEQ_MAX, 1, 31) == 31);
	assert_true(mst_sqn_make(SEQ_MAX, SEQ_MAX, 0) == sqn_of(SEQ_MAX - 1, 0));
	assert_true(mst_sqn_seq(sqn_of(77, 30)) == 77);
	assert_int_equal(mst_sqn_ind(sqn_of(77, 30)), 30);
}

/* After resynchronisation the next SEQ is SEQ_MS + 1, wherever the clock stands. */
static void
resynchronisation(void **state)
{
	static const uint64_t clocks[] = {0, 1, 1000, SEQ_MAX - 1, SEQ_MAX, UINT64_MAX};
	static const uint64_t seqs[] = {0, 1, 999, 1000, 1001, SEQ_MAX - 1};

	(void)state;
	for (unsigned c = 0; c < sizeof(clocks) / sizeof(clocks[0]); c++)
		for (unsigned s = 0; s < sizeof(seqs) / sizeof(seqs[0]); s++) {
			uint64_t dif = mst_sqn_dif(clocks[c], sqn_of(seqs[s], 9));

			assert_true(dif <= SEQ_MAX);
			assert_true(mst_sqn_make(clocks[c], dif, 4) == sqn_of(seqs[s] + 1, 4));
			assert_true(mst_sqn_make(clocks[c] + 50, dif, 4) ==
				    sqn_of((seqs[s] + 51) & SEQ_MAX, 4));
		}
}

static void
fresh_usim(void **state)
{
	struct mst_usim_sqn usim = {0};

	(void)state;
	assert_true(mst_usim_sqn_ms(&usim) == 0);
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(0, 0)));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(0, 31)));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(MST_SQN_DELTA + 1, 0)));
	assert_true(mst_usim_sqn_ms(&usim) == 0);
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(1, 31)));
	assert_true(mst_usim_sqn_ms(&usim) == sqn_of(1, 31));
}

static void
jumps_up_to_delta(void **state)
{
	struct mst_usim_sqn usim = {0};

	(void)state;
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(MST_SQN_DELTA, 3)));
	assert_true(mst_usim_sqn_ms(&usim) == sqn_of(MST_SQN_DELTA, 3));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(2 * MST_SQN_DELTA + 1, 3)));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(2 * MST_SQN_DELTA + 1, 4)));
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(2 * MST_SQN_DELTA, 4)));
	assert_true(mst_usim_sqn_ms(&usim) == sqn_of(2 * MST_SQN_DELTA, 4));
}

/* Each IND has a sequence of its own; only within it must SEQ grow. */
static void
generators_overtake_each_other(void **state)
{
	struct mst_usim_sqn usim = {0};

	(void)state;
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(1000, 0)));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(1000, 0)));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(999, 0)));
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(1000, 1)));
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(5, 2)));
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(5, 2)));
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(6, 2)));
	assert_true(mst_usim_sqn_ms(&usim) == sqn_of(1000, 0));
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(1001, 2)));
	assert_true(mst_usim_sqn_ms(&usim) == sqn_of(1001, 2));
}

static void
set_seq(struct mst_usim_sqn *usim, unsigned ind, uint64_t seq)
{
	mst_put_be48(usim->seq[ind], seq);
}

/* SEQ never wraps around in a USIM: past the largest there is nothing to accept. */
static void
no_wrap_around(void **state)
{
	struct mst_usim_sqn usim = {0};

	(void)state;
	set_seq(&usim, 7, SEQ_MAX - 1);
	assert_false(mst_usim_sqn_accept(&usim, sqn_of(0, 7)));
	assert_false(mst_usim_sqn_accept(&usim, mst_sqn_make(SEQ_MAX, 2, 7)));
	assert_true(mst_usim_sqn_accept(&usim, sqn_of(SEQ_MAX, 7)));
	assert_true(mst_usim_sqn_ms(&usim) == sqn_of(SEQ_MAX, 7));
	for (uint64_t seq = 0; seq < 3; seq++)
		assert_false(mst_usim_sqn_accept(&usim, sqn_of(seq, 7)));
	/* Bits above the 48 of an SQN do not count. */
	assert_false(mst_usim_sqn_accept(&usim, MST_SQN_MASK + 1 + 7));
}

/* A stale USIM and its network find together in one round trip. */
static void
recovers_by_auts(void **state)
{
	struct mst_usim_sqn usim = {0};
	uint64_t clock = 17000000000, dif = 0, sqn = mst_sqn_make(clock, dif, 2);

	(void)state;
	set_seq(&usim, 30, 4242);
	assert_false(mst_usim_sqn_accept(&usim, sqn));
	dif = mst_sqn_dif(clock, mst_usim_sqn_ms(&usim));
	assert_true(mst_usim_sqn_accept(&usim, mst_sqn_make(clock, dif, 2)));
	assert_true(mst_usim_sqn_accept(&usim, mst_sqn_make(clock + 1, dif, 2)));
	assert_true(mst_usim_sqn_accept(&usim, mst_sqn_make(clock + 1, dif, 30)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_side),
		cmocka_unit_test(resynchronisation),
		cmocka_unit_test(fresh_usim),
		cmocka_unit_test(jumps_up_to_delta),
		cmocka_unit_test(generators_overtake_each_other),
		cmocka_unit_test(no_wrap_around),
		cmocka_unit_test(recovers_by_auts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
