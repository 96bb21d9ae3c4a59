/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers of all meters: a wheel of 1 ms slots, each a list of blocks of meter numbers. Whether and
 * when a meter's timer ends is in its own record; the wheel only says when to look. So a timer is
 * moved or cancelled without touching the wheel, and slots are read in bulk with prefetch.
 *
 *	timers_add(&t, meter, due_ms);                  // unless the wheel has the meter already
 *	n = timers_take(&t, now_ms, meters, 64);        // meters to look at: add those not due
 *again
 *
 * Limits: a meter is in the wheel once at most (the caller keeps a bit). A time further ahead than
 * the wheel is long is looked at once a turn.
 * Context: init and fini: control thread; all else: the data thread.
 */
#ifndef LOAD_TIMERS_H
#define LOAD_TIMERS_H

#include <stdint.h>

#define TIMERS_SLOTS 4096 /* ms in a turn */
#define TIMERS_BLOCK 14   /* meters in a block */

struct timers_block {
	uint32_t next;
	uint32_t count;
	uint32_t meter[TIMERS_BLOCK];
};
_Static_assert(sizeof(struct timers_block) == 64, "one cache line");

struct timers {
	uint32_t head[TIMERS_SLOTS]; /* block being filled; 0: empty */
	struct timers_block *block;  /* block 0 is none */
	uint32_t blocks;
	uint32_t free;   /* list of blocks given back */
	uint32_t unused; /* blocks from here on were never used */
	uint32_t now_ms; /* slots before this time are empty */
};

/** Room for `meters` timers. Returns 0 or -MST_E_NO_MEMORY. */
int timers_init(struct timers *timers, uint32_t meters);
/** Frees; zeroed memory is allowed. */
void timers_fini(struct timers *timers);
/** Has timers_take() give out `meter` at `due_ms`, or a turn from now if that is earlier. */
void timers_add(struct timers *timers, uint32_t meter, uint32_t due_ms);
/** Gives out up to `max` meters whose time is up to now_ms; call until it returns 0. */
unsigned timers_take(struct timers *timers, uint32_t now_ms, uint32_t *meter, unsigned max);

#endif
