/* SPDX-License-Identifier: BSD-3-Clause */
#include "impair.h"

#include <string.h>

#include "random.h"

static uint32_t
share_of(double percent)
{
	double share = percent / 100 * 4294967296.0;

	return share >= 4294967295.0 ? UINT32_MAX : (uint32_t)share;
}

void
impair_init(struct impair *impair, uint64_t seed, double loss, double dup, double reorder)
{
	memset(impair, 0, sizeof(*impair));
	impair->random = seed;
	impair->lose = share_of(loss);
	impair->twice = share_of(dup);
	impair->hold = share_of(reorder);
}

/** True with a probability of share / 2^32. */
static bool
happens(struct impair *impair, uint32_t share)
{
	return share != 0 && (uint32_t)(random_next(&impair->random) >> 32) < share;
}

enum impair_fate
impair_judge(struct impair *impair)
{
	impair->passed++;
	if (happens(impair, impair->lose)) {
		impair->lost++;
		return IMPAIR_LOSE;
	}
	if (happens(impair, impair->twice)) {
		impair->doubled++;
		return IMPAIR_DOUBLE;
	}
	return happens(impair, impair->hold) ? IMPAIR_HOLD : IMPAIR_PASS;
}

bool
impair_hold(struct impair *impair, const struct mst_frame *frame, uint64_t now_us)
{
	unsigned at = impair->count;

	if (at == IMPAIR_HELD_MAX)
		return false;
	impair->holding[at].frame = *frame;
	impair->holding[at].due_us = now_us + IMPAIR_HOLD_US;
	impair->holding[at].due_passed =
		impair->passed + 1 + random_below(&impair->random, IMPAIR_PASS_MAX);
	impair->count++;
	impair->held++;
	return true;
}

unsigned
impair_release(struct impair *impair, uint64_t now_us, struct mst_frame *frames, unsigned max)
{
	unsigned n = 0, kept = 0;

	for (unsigned i = 0; i < impair->count; i++) {
		bool due = impair->holding[i].due_us <= now_us ||
			   impair->holding[i].due_passed <= impair->passed;

		if (due && n < max)
			frames[n++] = impair->holding[i].frame;
		else
			impair->holding[kept++] = impair->holding[i];
	}
	impair->count = kept;
	return n;
}
