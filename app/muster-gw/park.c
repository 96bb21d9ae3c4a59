/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers that wait until what they announce lasts. */
#include <stdlib.h>

#include "base/err.h"
#include "batch.h"
#include "record.h"
#include "record/record.h"
#include "record_private.h"

/** Room that a burst can take at most: its own lanes, tasks and later answers. */
#define PARK_RESERVE (4 * MST_LANES)

int
gw_recorder_init(struct gw_worker *w, struct gw_durable *durable, uint32_t park_room)
{
	struct gw_recorder *rec = &w->recorder;

	rec->parked = calloc(park_room, sizeof(*rec->parked));
	rec->park_room = park_room;
	rec->walk_type = MST_RECORD_TYPES + 1;
	if (rec->parked == NULL)
		return -MST_E_NO_MEMORY;
	_Static_assert(sizeof(struct mst_record) <= 256, "fits an element of a ring");
	rec->ring_room =
		durable->level == GW_DURABILITY_ASYNC ? GW_RECORD_RING_ASYNC : GW_RECORD_RING;
	if (mst_port_ring_create(&rec->ring, sizeof(struct mst_record), rec->ring_room))
		return -MST_E_NO_MEMORY;
	rec->durable = durable;
	return 0;
}

void
gw_recorder_fini(struct gw_worker *w)
{
	struct gw_recorder *rec = &w->recorder;

	if (w->gw->port != NULL)
		for (uint32_t i = 0; i < rec->park_count; i++)
			mst_port_frame_free(
				&rec->parked[(rec->head + i) & (rec->park_room - 1)].frame, 1);
	mst_port_ring_destroy(rec->ring);
	free(rec->parked);
}

bool
gw_may_change(const struct gw_worker *w)
{
	return w->recorder.durable == NULL || w->recorder.may_change;
}

void
gw_record_begin(struct gw_worker *w)
{
	struct gw_recorder *rec = &w->recorder;

	if (rec->durable == NULL)
		return;
	rec->may_change = mst_port_ring_count(rec->ring) < rec->ring_room - GW_RECORD_RESERVE;
	if (rec->durable->level == GW_DURABILITY_ACK)
		rec->may_change &= atomic_load_explicit(&rec->durable->up, memory_order_relaxed) &&
				   rec->park_count + PARK_RESERVE <= rec->park_room;
}

bool
gw_parks(const struct gw_worker *w)
{
	return w->recorder.durable != NULL && w->recorder.durable->level == GW_DURABILITY_ACK;
}

void
gw_announce(struct gw_worker *w, unsigned lane)
{
	if (gw_parks(w))
		w->batch->announced |= MST_LANE(lane);
}

bool
gw_park(struct gw_worker *w, const struct mst_frame *frame)
{
	struct gw_recorder *rec = &w->recorder;
	struct gw_parked *p = &rec->parked[(rec->head + rec->park_count) & (rec->park_room - 1)];

	if (rec->park_count == rec->park_room)
		return false;
	/* Either the replicator sees what was recorded before, or this sees its new round. */
	atomic_thread_fence(memory_order_seq_cst);
	p->round = atomic_load_explicit(&rec->durable->round, memory_order_relaxed) + 1;
	p->frame = *frame;
	atomic_store_explicit(&rec->park_count, rec->park_count + 1, memory_order_relaxed);
	return true;
}

static bool
release(struct gw_worker *w)
{
	struct gw_recorder *rec = &w->recorder;
	uint64_t confirmed = atomic_load_explicit(&rec->durable->confirmed, memory_order_acquire);
	struct mst_frame out[MST_LANES];
	unsigned count = 0;

	while (count < MST_LANES && rec->park_count > 0) {
		struct gw_parked *p = &rec->parked[rec->head & (rec->park_room - 1)];

		if (p->round > confirmed)
			break;
		out[count++] = p->frame;
		rec->head++;
		atomic_store_explicit(&rec->park_count, rec->park_count - 1, memory_order_relaxed);
	}
	gw_send_frames(w, out, count);
	return count > 0;
}

bool
gw_record_step(struct gw_worker *w)
{
	bool any = false;

	if (w->recorder.durable == NULL)
		return false;
	if (w->recorder.park_count > 0)
		any = release(w);
	return gw_walk_step(w) || any;
}
