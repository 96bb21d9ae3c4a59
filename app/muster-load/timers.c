/* SPDX-License-Identifier: BSD-3-Clause */
#include "timers.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "table/pages.h"

int
timers_init(struct timers *timers, uint32_t meters)
{
	memset(timers, 0, sizeof(*timers));
	/* Full blocks, one partial block a slot, and block 0. */
	timers->blocks = meters / TIMERS_BLOCK + TIMERS_SLOTS + 2;
	timers->unused = 1;
	timers->block = mst_pages_alloc(timers->blocks * sizeof(*timers->block), true);
	return timers->block != NULL ? 0 : -MST_E_NO_MEMORY;
}

void
timers_fini(struct timers *timers)
{
	mst_pages_free(timers->block, timers->blocks * sizeof(*timers->block));
	timers->block = NULL;
}

static uint32_t
block_get(struct timers *timers)
{
	uint32_t b = timers->free;

	if (b != 0)
		timers->free = timers->block[b].next;
	else
		b = timers->unused++;
	assert(b < timers->blocks);
	return b;
}

static void
block_put(struct timers *timers, uint32_t b)
{
	timers->block[b].next = timers->free;
	timers->free = b;
}

void
timers_add(struct timers *timers, uint32_t meter, uint32_t due_ms)
{
	uint32_t ahead = due_ms - timers->now_ms, *head;
	struct timers_block *block;

	if ((int32_t)ahead < 0)
		ahead = 0;
	if (ahead >= TIMERS_SLOTS)
		ahead = TIMERS_SLOTS - 1;
	head = &timers->head[(timers->now_ms + ahead) % TIMERS_SLOTS];
	block = &timers->block[*head];
	if (*head == 0 || block->count == TIMERS_BLOCK) {
		uint32_t b = block_get(timers);

		block = &timers->block[b];
		block->next = *head;
		block->count = 0;
		*head = b;
	}
	block->meter[block->count++] = meter;
}

unsigned
timers_take(struct timers *timers, uint32_t now_ms, uint32_t *meter, unsigned max)
{
	unsigned n = 0;

	/* A slot may grow while it is read: what is added for a time that has passed is due now. */
	while (n < max && (int32_t)(now_ms - timers->now_ms) >= 0) {
		uint32_t *head = &timers->head[timers->now_ms % TIMERS_SLOTS], b = *head;
		struct timers_block *block = &timers->block[b];

		if (b == 0) {
			if (timers->now_ms == now_ms)
				break;
			timers->now_ms++;
			continue;
		}
		while (n < max && block->count > 0)
			meter[n++] = block->meter[--block->count];
		if (block->count == 0) {
			*head = block->next;
			block_put(timers, b);
		}
	}
	return n;
}
