/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data plane's side of lasting state (docs/durability.md): each change is told by one call,
 * answers that announce changes wait until they last.
 *
 *	gw_record_member(w, g, m);       the row as it is now, for the replicator
 *	gw_announce(w, lane);            the answer leaves when all told so far lasts
 *	if (!gw_may_change(w)) ...       -MST_E_NOT_DURABLE: not now, before anything is changed
 *
 * Without Redis all of this does nothing. A record is a copy in a ring: well below 100 ns.
 *
 * Rounds. The replicator empties the rings in rounds: what was put before a round begins is part of
 *it. An answer waits for the end of the first round that begins after the answer was made, so it
 *also waits for what other workers put before they told this one. Redis has confirmed all records
 *of a round when it ends.
 *
 * Context of all functions: the worker, data path, RCU read section; never block or allocate.
 */
#ifndef GW_RECORD_H
#define GW_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

struct gw;
struct gw_worker;
struct mst_group;
struct mst_member;
struct mst_record;

enum gw_durability {
	GW_DURABILITY_ACK,   /* answers wait for Redis */
	GW_DURABILITY_ASYNC, /* Redis follows */
	GW_DURABILITY_NONE,  /* nothing is recorded */
};

/** What becomes of a record; `op` of struct mst_record. */
enum gw_record_op {
	GW_RECORD_PUT,
	GW_RECORD_DEL,
	GW_RECORD_CHECK, /* compares what Redis has, and counts */
	GW_RECORD_MEND,  /* compares, and puts what differs */
	GW_RECORD_END,   /* a walk is over at this worker */
};

/** What workers and replicator share. Each line has one writer. */
struct gw_durable {
	enum gw_durability level; /* constant */
	/* Replicator. */
	_Alignas(64) _Atomic uint64_t round; /* begun last */
	_Atomic uint64_t confirmed;          /* ended last */
	_Atomic bool up;                     /* Redis takes changes */
	_Atomic uint32_t walk; /* number of the walk that workers are to make; below */
	_Atomic uint32_t walk_op;
};

/** Answers that wait, in order. */
struct gw_parked {
	uint64_t round;
	struct mst_frame frame;
};

/** A worker's part. */
struct gw_recorder {
	struct gw_durable *durable; /* NULL: nothing is recorded */
	struct mst_port_ring *ring; /* of struct mst_record */
	uint32_t ring_room;
	struct gw_parked *parked; /* a circle of `park_room` (a power of two) */
	uint32_t park_room, head;
	_Atomic uint32_t park_count;
	bool may_change;
	_Atomic uint64_t lost; /* records for which the ring had no room */

	/* A walk over all that this worker owns. */
	uint32_t walk;      /* number of the one that was begun last */
	unsigned walk_type; /* MST_RECORD_TYPES: none under way */
	uint64_t walk_at;
};

/** Records a ring takes, more where nothing else bounds what is under way. */
#define GW_RECORD_RING       32768
#define GW_RECORD_RING_ASYNC 262144
/** How many have to be free for changes to go on. */
#define GW_RECORD_RESERVE 2048

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int gw_recorder_init(struct gw_worker *w, struct gw_durable *durable, uint32_t park_room);
void gw_recorder_fini(struct gw_worker *w);

/** Whether changes can be made to last. Looked up once a burst by gw_record_begin(). */
bool gw_may_change(const struct gw_worker *w);
void gw_record_begin(struct gw_worker *w);

/** The session of a subscriber as it is now. */
void gw_record_session(struct gw_worker *w, uint32_t sid);
/** SQN offset and barring. */
void gw_record_subscriber(struct gw_worker *w, uint32_t sid);
void gw_record_group(struct gw_worker *w, const struct mst_group *g);
void gw_record_group_gone(struct gw_worker *w, const struct mst_group *g);
void gw_record_member(struct gw_worker *w, const struct mst_member *m);
void gw_record_member_gone(struct gw_worker *w, const struct mst_member *m);

/** The lane's answer says that something has changed. */
void gw_announce(struct gw_worker *w, unsigned lane);
/** Whether announcements wait at the moment. */
bool gw_parks(const struct gw_worker *w);
/** Keeps a frame until what was recorded so far lasts. False: no room, the frame is the caller's.
 */
bool gw_park(struct gw_worker *w, const struct mst_frame *frame);
/**
 * Sends what may go, and goes on with a walk. Returns whether there was anything to do.
 */
bool gw_record_step(struct gw_worker *w);

#endif
