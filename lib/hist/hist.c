/* SPDX-License-Identifier: BSD-3-Clause */
#include "hist/hist.h"

void
mst_hist_merge(struct mst_hist *to, const struct mst_hist *from)
{
	uint64_t max = mst_hist_get(&from->max);

	for (unsigned i = 0; i < MST_HIST_CELLS; i++) {
		uint64_t n = mst_hist_get(&from->cell[i]);

		if (n != 0)
			mst_hist_set(&to->cell[i], mst_hist_get(&to->cell[i]) + n);
	}
	mst_hist_set(&to->count, mst_hist_get(&to->count) + mst_hist_get(&from->count));
	mst_hist_set(&to->sum, mst_hist_get(&to->sum) + mst_hist_get(&from->sum));
	if (max > mst_hist_get(&to->max))
		mst_hist_set(&to->max, max);
}

/* How many values a percentile covers, at least one. */
static uint64_t
rank_of(uint64_t count, double percent)
{
	double share = percent / 100 * (double)count;
	uint64_t rank = (uint64_t)share;

	/* Rounds up, but not on account of the last bits of a double. */
	if (share - (double)rank > 1e-9 * (double)count)
		rank++;
	if (rank == 0)
		rank = 1;
	return rank < count ? rank : count;
}

uint64_t
mst_hist_percentile(const struct mst_hist *h, double percent)
{
	uint64_t count = mst_hist_get(&h->count), max = mst_hist_get(&h->max), seen = 0, rank;

	if (count == 0)
		return 0;
	rank = rank_of(count, percent);
	for (unsigned i = 0; i < MST_HIST_CELLS; i++) {
		seen += mst_hist_get(&h->cell[i]);
		if (seen >= rank) {
			uint64_t last = mst_hist_cell_end(i) - 1;

			return last < max ? last : max;
		}
	}
	return max;
}

uint64_t
mst_hist_above(const struct mst_hist *h, uint64_t value)
{
	uint64_t above = 0;

	if (value >= MST_HIST_MAX)
		return 0;
	for (unsigned i = mst_hist_cell(value) + 1; i < MST_HIST_CELLS; i++)
		above += mst_hist_get(&h->cell[i]);
	return above;
}

uint64_t
mst_hist_count(const struct mst_hist *h)
{
	return mst_hist_get(&h->count);
}

uint64_t
mst_hist_max(const struct mst_hist *h)
{
	return mst_hist_get(&h->max);
}

double
mst_hist_mean(const struct mst_hist *h)
{
	uint64_t count = mst_hist_get(&h->count);

	return count != 0 ? (double)mst_hist_get(&h->sum) / (double)count : 0;
}
