/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the sources of the replicator's thread; all of it belongs to that thread. */
#ifndef GW_REPLICATOR_H
#define GW_REPLICATOR_H

#include "port/port.h"
#include "replica.h"

#define GW_BATCH_RECORDS 4096  /* of a batch at most */
#define GW_BATCHES       16    /* under way at most */
#define GW_GONE          16384 /* deletions that are remembered */
#define GW_SLOTS         (MST_RECORD_TYPES * 256)

/** How long Redis may wait for its replicas before it says how many have confirmed, in ms. */
#define GW_REPLICAS_WAIT "200"

/** Commands under way. Kept until they are confirmed, to be sent again. */
struct gw_batch_out {
	struct mst_resp commands;
	uint64_t number; /* in the gateway's row of Redis; 0: a comparison, which has none */
	uint64_t round;  /* that ends with it; 0: none */
	uint64_t sent_us;
	size_t records;
	unsigned answers; /* that are still to come */
	bool wiped;       /* the gateway's row was new: Redis has been emptied meanwhile */
};

/** One record of a batch, encoded. */
struct gw_item {
	uint32_t next;       /* of its hash; UINT32_MAX: last */
	uint32_t at, size;   /* the words of its command, in `items` */
	uint32_t field_size; /* of these, the first word */
	uint32_t value, value_size;
	bool differs;
};

/** The records of one hash in a batch. */
struct gw_slot {
	uint32_t first, last;
	uint16_t count, type, part;
	uint8_t op;
};

/** A deletion, in case Redis forgets it. */
struct gw_gone {
	uint64_t batch;
	uint8_t key_size, field_size;
	char key[MST_RECORD_KEY_MAX];
	char field[MST_RECORD_FIELD_MAX];
};

struct gw_replicator {
	struct gw_replica *r;
	unsigned rings;
	struct mst_port_ring *ring[GW_WORKERS_MAX + 1];

	/* The round that is being collected. */
	uint64_t round;
	bool round_open;
	unsigned left[GW_WORKERS_MAX + 1], todo;
	unsigned pending; /* records read and not in a batch yet */
	struct mst_record record[GW_BATCH_RECORDS];

	/* The batch that was made last. */
	struct mst_resp items;
	struct gw_item item[GW_BATCH_RECORDS];
	unsigned item_count;
	struct gw_slot slot[GW_SLOTS];
	uint16_t slot_of[GW_SLOTS]; /* place in slot[] + 1; 0: none */
	unsigned slots;
	bool comparing; /* it is a comparison under way: nothing else is sent meanwhile */
	unsigned compared;
	bool compare_mends;

	struct gw_batch_out batch[GW_BATCHES];
	unsigned first, count; /* a circle */
	uint64_t number, confirmed_batch;
	uint64_t in_flight;

	struct gw_gone *gone; /* a circle */
	uint64_t gone_count;

	/* The connection. */
	bool linked, slow;
	uint64_t refilled; /* batches up to here may find an empty Redis: it is known */
	uint64_t retry_us, backoff_us;
	char server[48], client[24]; /* Redis's run, and the connection's number there */

	/* Walks. */
	bool walking, walk_mends, mend;
	unsigned ends;
	uint32_t verified;
	uint64_t lost[GW_WORKERS_MAX];
};

uint64_t gw_replicator_now_us(void);
void gw_replicator_add(_Atomic uint64_t *counter, uint64_t n);
/** The oldest batch is confirmed. */
void gw_replicator_confirm(struct gw_replicator *p);
/** A worker has been through all it has. */
void gw_replicator_walked(struct gw_replicator *p);

/** replicator_batch.c: the pending records, as far as they are of one kind, become a batch. */
void gw_batch_make(struct gw_replicator *p);
/** A batch without records that keeps the lease. */
void gw_batch_lease(struct gw_replicator *p);
/** One answer to a comparison; after the last, what differs becomes a batch. */
void gw_batch_compared(struct gw_replicator *p, const struct redisReply *reply);
/** Deletions since a batch that Redis still knows, and what there is one of, become a batch. */
void gw_batch_again(struct gw_replicator *p, uint64_t since);
/** Hands the newest batch to the connection, if there is one. */
void gw_batch_send(struct gw_replicator *p);

/** replicator_link.c: takes over the connection that the start has made. */
void gw_link_adopt(struct gw_replicator *p);
/** Reconnects when it is time; tells workers whether Redis takes changes. */
void gw_link_tend(struct gw_replicator *p, uint64_t now_us);
/** Sends and receives. Returns whether an answer came. */
bool gw_link_step(struct gw_replicator *p, int wait_ms);

#endif
