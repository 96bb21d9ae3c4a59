/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bad link: loses, doubles and reorders frames at random, repeatably by a seed. One for each
 * direction. A reordered frame is held back until some later frames have passed it or some
 * milliseconds have gone by.
 *
 *	impair_init(&im, seed, loss, dup, reorder);
 *	switch (impair_judge(&im)) ...          // each frame
 *	n = impair_release(&im, now_us, frames, 64); // frames whose time has come
 *
 * It owns no frame but those held; copying and freeing is the caller's. Context: the data thread.
 */
#ifndef LOAD_IMPAIR_H
#define LOAD_IMPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

#define IMPAIR_HELD_MAX 256
#define IMPAIR_PASS_MAX 32    /* later frames that may pass a held one */
#define IMPAIR_HOLD_US  10000 /* longest time that a frame is held */

enum impair_fate {
	IMPAIR_PASS,
	IMPAIR_LOSE,
	IMPAIR_DOUBLE,
	IMPAIR_HOLD,
};

struct impair {
	uint64_t random;
	uint32_t lose, twice, hold; /* of 2^32 */
	uint64_t lost, doubled, held;
	unsigned count;
	uint64_t passed; /* frames judged so far */
	struct {
		struct mst_frame frame;
		uint64_t due_us;
		uint64_t due_passed;
	} holding[IMPAIR_HELD_MAX];
};

/** Shares in percent, 0 to 100. */
void impair_init(struct impair *impair, uint64_t seed, double loss, double dup, double reorder);
/** Whether it does anything at all. */
static inline bool
impair_is_on(const struct impair *impair)
{
	return (impair->lose | impair->twice | impair->hold) != 0;
}

/** What happens to the next frame. */
enum impair_fate impair_judge(struct impair *impair);
/** Takes over a frame; false when too many are held: it passes. */
bool impair_hold(struct impair *impair, const struct mst_frame *frame, uint64_t now_us);
/** Gives back up to `max` frames that were held long enough. */
unsigned impair_release(
	struct impair *impair, uint64_t now_us, struct mst_frame *frames, unsigned max);

#endif
