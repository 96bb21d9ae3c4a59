/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Batches are columns of MST_LANES lanes and a 64-bit mask of the lanes that are alive.
 *
 *	mst_lanes live = mst_lanes_first(n);
 *	mst_for_lanes(i, live)
 *		use(column[i]);
 *
 * Context: any thread; nothing here has state.
 */
#ifndef MST_BASE_LANES_H
#define MST_BASE_LANES_H

#include <stdint.h>

#define MST_LANES 64

/** Bit i set: lane i is alive. */
typedef uint64_t mst_lanes;

#define MST_LANE(i) ((mst_lanes)1 << (i))

/** The first n lanes, 0 <= n <= 64. */
static inline mst_lanes
mst_lanes_first(unsigned n)
{
	return n >= MST_LANES ? ~(mst_lanes)0 : MST_LANE(n) - 1;
}

static inline unsigned
mst_lanes_count(mst_lanes live)
{
	return (unsigned)__builtin_popcountll(live);
}

/** Visits the live lanes in ascending order; `live` is evaluated once. */
#define mst_for_lanes(i, live)                                                                     \
	for (mst_lanes mst_rest_##i = (live); mst_rest_##i; mst_rest_##i &= mst_rest_##i - 1)      \
		for (unsigned i = (unsigned)__builtin_ctzll(mst_rest_##i), mst_once_##i = 1;       \
			mst_once_##i; mst_once_##i = 0)

#endif
