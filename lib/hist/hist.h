/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Histogram of durations over ten orders of magnitude with three significant digits, as
 *HdrHistogram has it: cells grow with the value, so that a cell is never wider than 1/1024 of what
 *is in it.
 *
 *	static struct mst_hist h; // zeroed memory is an empty histogram
 *	mst_hist_add(&h, 215);
 *	uint64_t p99 = mst_hist_percentile(&h, 99.0);
 *
 * Values are integers of any unit, 0 to MST_HIST_MAX; larger ones are counted as MST_HIST_MAX. At 1
 * us a unit the range is over an hour.
 *
 * Threads: one writer; any thread may read meanwhile and then sees a sum that is a moment old.
 *Never allocates. Memory: 188 KB, of which a narrow distribution touches a few KB.
 */
#ifndef MST_HIST_HIST_H
#define MST_HIST_HIST_H

#include <stdatomic.h>
#include <stdint.h>

#define MST_HIST_MAX (((uint64_t)1 << 32) - 1)

/** Cells below 2048 are one wide; every further doubling has 1024. */
#define MST_HIST_HALF_BITS 10
#define MST_HIST_CELLS     ((32 - MST_HIST_HALF_BITS + 1) << MST_HIST_HALF_BITS)

/** Private but for its size; all fields are written by the owner. */
struct mst_hist {
	_Atomic uint64_t cell[MST_HIST_CELLS];
	_Atomic uint64_t count;
	_Atomic uint64_t sum;
	_Atomic uint64_t max;
};

/** The cell of a value. */
static inline unsigned
mst_hist_cell(uint64_t value)
{
	unsigned bits = 64u - (unsigned)__builtin_clzll(value | 1);
	unsigned shift = bits > MST_HIST_HALF_BITS + 1 ? bits - MST_HIST_HALF_BITS - 1 : 0;

	return (shift << MST_HIST_HALF_BITS) + (unsigned)(value >> shift);
}

/** The value behind the last one of a cell. */
static inline uint64_t
mst_hist_cell_end(unsigned cell)
{
	unsigned half = cell >> MST_HIST_HALF_BITS, shift = half > 1 ? half - 1 : 0;

	return ((uint64_t)(cell - (shift << MST_HIST_HALF_BITS)) + 1) << shift;
}

static inline uint64_t
mst_hist_get(const _Atomic uint64_t *where)
{
	return atomic_load_explicit(where, memory_order_relaxed);
}

/** A store that a reader in another thread sees whole; no other thread writes. */
static inline void
mst_hist_set(_Atomic uint64_t *where, uint64_t value)
{
	atomic_store_explicit(where, value, memory_order_relaxed);
}

/** Counts a value. Context: owner thread, data path. */
static inline void
mst_hist_add(struct mst_hist *h, uint64_t value)
{
	uint64_t v = value < MST_HIST_MAX ? value : MST_HIST_MAX;
	_Atomic uint64_t *cell = &h->cell[mst_hist_cell(v)];

	mst_hist_set(cell, mst_hist_get(cell) + 1);
	mst_hist_set(&h->count, mst_hist_get(&h->count) + 1);
	mst_hist_set(&h->sum, mst_hist_get(&h->sum) + v);
	if (v > mst_hist_get(&h->max))
		mst_hist_set(&h->max, v);
}

/** Adds all that `from` has counted. Context: owner thread of `to`. */
void mst_hist_merge(struct mst_hist *to, const struct mst_hist *from);

/**
 * The smallest value that at least `percent` (0 to 100) of all values do not exceed, rounded up
 * within its cell, at most the largest value; 0 if nothing was counted. Context: any thread.
 */
uint64_t mst_hist_percentile(const struct mst_hist *h, double percent);
/** Values that are above `value`, those of its own cell left out. Context: any thread. */
uint64_t mst_hist_above(const struct mst_hist *h, uint64_t value);
/** Values counted. Context: any thread. */
uint64_t mst_hist_count(const struct mst_hist *h);
/** The largest value; 0 if nothing was counted. Context: any thread. */
uint64_t mst_hist_max(const struct mst_hist *h);
/** The average, 0 if nothing was counted. Context: any thread. */
double mst_hist_mean(const struct mst_hist *h);

#endif
