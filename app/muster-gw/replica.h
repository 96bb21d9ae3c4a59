/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * State that outlives the process: what a gateway shares with Redis (docs/durability.md).
 *
 *	gw_replica_open(&replica, gw, &options)    keys, epoch, everything of earlier runs
 *	gw_start(gw)
 *	gw_replica_start(replica)                  the replicator's thread
 *	...
 *	gw_stop(gw)
 *	gw_replica_close(replica)                  sends what is left
 *
 * Context: control thread, unless a function says otherwise.
 */
#ifndef GW_REPLICA_H
#define GW_REPLICA_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "record/record.h"
#include "redis.h"

#define GW_REPLICA_RUN        17 /* 16 hexadecimal digits and a terminator */
#define GW_REPLICA_QUARANTINE 64 /* records that are named; all are counted */
#define GW_REPLICA_DEK_VALUE  128

struct gw;

struct gw_replica_options {
	struct gw_redis_options redis;
	const char *site;
	const char *kek;     /* file */
	const char *kek_old; /* file of the one before, or NULL */
	enum gw_durability level;
	uint32_t parked;       /* answers of a worker that can wait, a power of two */
	unsigned patience_s;   /* how long to try at the start */
	unsigned replicas;     /* of Redis that confirm a batch, too; 0: none has to */
	uint32_t lease_ms;     /* a gateway not heard of for so long is gone */
	void (*waiting)(void); /* called from time to time while the start waits, or NULL */
};

/** A record that was not loaded. */
struct gw_quarantined {
	char key[MST_RECORD_KEY_MAX + 1];
	char field[MST_RECORD_FIELD_MAX + 1];
	int err;
};

/** What the replicator counts; it writes, any thread reads. */
struct gw_replica_counters {
	_Atomic uint64_t records, batches, octets; /* confirmed */
	_Atomic uint64_t outages, resent;
	_Atomic uint64_t lag_us;     /* of the last batch: from sent to confirmed */
	_Atomic uint64_t lag_max_us; /* the longest */
	_Atomic uint64_t in_flight;  /* records */
	_Atomic uint64_t mended;     /* records that Redis had lost and has again */
	_Atomic uint64_t checked, missing, stale;
	_Atomic uint32_t walks_done; /* number of the last walk that is over */
};

struct gw_replica {
	struct gw *gw;
	struct gw_replica_options options;
	struct gw_durable durable;
	struct gw_replica_counters counters;
	char run[GW_REPLICA_RUN]; /* names this run */
	char name[64];            /* of the gateway's hash: "muster:SITE:gateway:IND" */

	pthread_mutex_t lock; /* of kek and dek_value: control thread and reconnecting replicator */
	struct mst_kek kek;
	uint32_t dek_id;
	uint8_t dek_value[GW_REPLICA_DEK_VALUE];
	size_t dek_size;
	struct mst_seal seal; /* the replicator's, once it runs */

	struct gw_redis redis;         /* the same */
	struct gw_redis lease_link;    /* keeps the lease during the start */
	uint64_t lease_us;             /* when to keep it next; see lease.h */
	struct mst_port_ring *control; /* records of the control thread */
	struct mst_record site;        /* constant; secret */
	struct gw_replicator *replicator;
	pthread_t thread;
	bool started;
	_Atomic bool stop;
	_Atomic bool fenced;        /* another gateway serves the site; the replicator writes */
	_Atomic uint32_t verify;    /* walks that the control thread wants */
	char error[GW_REDIS_ERROR]; /* why Redis is not at hand; under lock */

	uint64_t restored[MST_RECORD_TYPES];
	uint64_t expired;
	uint64_t quarantined;
	struct gw_quarantined quarantine[GW_REPLICA_QUARANTINE];
};

/**
 * Connects, reads keys, leases an epoch and loads what earlier runs left into `gw`, whose workers
 * have not started. Stands by while another gateway serves the site. Progress and reasons go to
 * standard error. Returns 0, -MST_E_BUSY when asked to stop meanwhile, or another negative error.
 * Context: main thread, an RCU reader; blocks, allocates.
 */
int gw_replica_open(
	struct gw_replica **result, struct gw *gw, const struct gw_replica_options *options);
/** Starts the replicator's thread. Returns 0 or -MST_E_SYSTEM. */
int gw_replica_start(struct gw_replica *replica);
/** Sends what is left, for some seconds at most, and frees. After gw_stop(); NULL is allowed. */
void gw_replica_close(struct gw_replica *replica);

/** Tells the cookie keys that are valid now. */
void gw_replica_cookies(struct gw_replica *replica, uint32_t now_s);
/** Wraps all data keys under the KEK in `file` instead. Returns 0 or negative with a reason. */
int gw_replica_rotate(struct gw_replica *replica, const char *file, char error[GW_REDIS_ERROR]);

#endif
