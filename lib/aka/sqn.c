/* SPDX-License-Identifier: BSD-3-Clause */
#include "aka/sqn.h"

/* The IND whose SEQ is the highest, the lowest such. */
static unsigned
highest(const struct mst_usim_sqn *usim)
{
	unsigned best = 0;

	for (unsigned ind = 1; ind < MST_SQN_INDS; ind++)
		if (mst_get_be48(usim->seq[ind]) > mst_get_be48(usim->seq[best]))
			best = ind;
	return best;
}

uint64_t
mst_usim_sqn_ms(const struct mst_usim_sqn *usim)
{
	unsigned ind = highest(usim);

	return mst_get_be48(usim->seq[ind]) << MST_SQN_IND_BITS | ind;
}

bool
mst_usim_sqn_accept(struct mst_usim_sqn *usim, uint64_t sqn)
{
	uint64_t seq = mst_sqn_seq(sqn), seq_ms = mst_sqn_seq(mst_usim_sqn_ms(usim));
	unsigned ind = mst_sqn_ind(sqn);

	/* Below SEQ_MS is no jump at all: another IND was merely faster. */
	if (seq <= mst_get_be48(usim->seq[ind]) || seq > seq_ms + MST_SQN_DELTA)
		return false;
	mst_put_be48(usim->seq[ind], seq);
	return true;
}
