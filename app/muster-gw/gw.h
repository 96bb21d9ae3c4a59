/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gateway's data plane: what all workers share, and what one worker owns.
 *
 *	control thread                        worker (one a queue pair)
 *	  gw_create(), gw_start()               rx burst -> parse -> stages -> tx burst
 *	  gw_ask(): questions, one at a time    answers them between two bursts
 *	  cookie keys: replaced by pointer      reads them once a burst (RCU)
 *
 * Who writes what: struct gw is written by the control thread before the workers start, and by them
 *only through the concurrent stores it points to. A struct gw_worker is written by its worker
 *alone; others read its counters and post to its ring and question.
 */
#ifndef GW_GW_H
#define GW_GW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "audit.h"
#include "base/hash.h"
#include "counters.h"
#include "crypto/crypto.h"
#include "gba/cookie.h"
#include "gba/keys.h"
#include "gba/policy.h"
#include "gba/ub.h"
#include "group/group.h"
#include "group/member.h"
#include "keeper.h"
#include "later.h"
#include "list.h"
#include "mail.h"
#include "net/net.h"
#include "oscore/context.h"
#include "port/port.h"
#include "rcu/rcu.h"
#include "record.h"
#include "session/session.h"
#include "source.h"
#include "subs/slf.h"
#include "zn.h"

#define GW_WORKERS_MAX MST_PORT_QUEUES_MAX
#define GW_RANDOM_POOL 4096

struct gw_batch;
struct gw_replica;
struct gw_task;
struct gw_worker;

/** Requests of a worker that others execute; see task.h. */
struct gw_tasks {
	struct gw_task *at, *free;
	struct gw_task *ready, **ready_end;
};

/** Something a worker does for the control thread between two bursts; must be short. */
struct gw_ask {
	void (*run)(struct gw_worker *worker, struct gw_ask *ask);
	_Atomic bool done;
};

/** What a gateway is made of, beside its subscribers and its port. Texts must outlive it. */
struct gw_options {
	unsigned workers; /* 1..GW_WORKERS_MAX */
	struct mst_net_host host;
	const char *naf_fqdn;
	const char *bsf_fqdn;
	const char *bsf_uri; /* reference in hints, "/bsf" unless the BSF is elsewhere */
	uint8_t ua[MST_UA_ID];
	uint32_t cookie_life_s;
	uint32_t sqn_tick_ms;
	uint8_t ind;              /* of SQN: this gateway's */
	uint32_t groups;          /* room */
	uint32_t memberships;     /* room, all workers together */
	struct mst_policy policy; /* of groups that name none of their own */
	uint32_t decision_s;      /* how long a candidate waits for a decision */
	uint32_t candidates;      /* room for those who wait, a worker */
	uint32_t exchanges;       /* room for what is answered later, a worker */
	uint32_t notify_rate;     /* notifications a second and worker, 1..10000000 */
	bool audit;               /* there is an audit trail */
	bool audit_joins;         /* joins and not only creations are in it */
	uint8_t naf_group;        /* 0..7: that the M2M-SC is in (GUSS nafGroup) */
	unsigned create_limit;    /* groups a subscriber may create, at most 1023 */
	unsigned join_limit;      /* groups a subscriber may be in, at most 1023 */
	uint32_t epoch;           /* upper 24 bits of own Partial IVs: never that of an earlier run
				     whose cookie keys this run shares */
	struct gw_source_options sources;
	const char *crypto; /* backend; NULL: the best one */
};

/** Cookie keys as published to the workers: replaced whole. */
struct gw_cookies {
	struct mst_cookie_keys keys;
	struct mst_rcu_head rcu;
};

/* Padding keeps what workers read apart from what one writes; there is one of it. */
struct gw {
	struct mst_net_host host;
	struct mst_port *port;

	/* HSS and BSF */
	struct mst_hss_set hss;
	uint32_t sid_base[MST_HSS_MAX]; /* session index of an HSS's first subscriber */
	uint32_t subscribers;
	struct mst_subs_record decoy; /* stands for identities that are not provisioned */
	struct gw_cookies *cookies;   /* RCU */
	uint32_t cookie_ticks;        /* life of a cookie in ticks of the SQN clock */
	uint32_t sqn_tick_ms;
	uint8_t ind; /* of SQN, this gateway's */
	struct mst_ub_hints hints;
	const char *bsf_fqdn;
	uint8_t bsf_fqdn_size;
	struct mst_crypto *crypto; /* control thread's */

	/* M2M-SC */
	struct gw_naf naf;
	struct mst_oscore_profile oscore; /* of all sessions */
	struct mst_policy policy;         /* preset of new groups */
	uint32_t decision_s;
	uint32_t notify_rate;
	bool audit, audit_joins;
	unsigned create_limit, join_limit; /* a subscriber */
	struct mst_sessions sessions;
	struct mst_groups groups;
	struct gw_kept *kept;        /* by group, each written by the group's keeper */
	struct mst_aes_key gid_key;  /* G-ID = a block of (RAND, Partial IV) under it */
	struct mst_aes_key echo_key; /* of this run; see echo.h */
	uint32_t epoch;              /* upper 24 bits of own Partial IVs, unique to this run */
	struct mst_hash_seed seed;

	/* Unix time = TSC / tsc_per_ms + offset; the control thread corrects the offset. */
	uint64_t tsc_per_ms;
	_Atomic uint64_t clock_offset_ms;

	/* Without a port: where messages go that answer no frame of a burst; the frame's octets are
	   void afterwards. */
	void (*sink)(void *user, unsigned worker, const struct mst_frame *frame);
	void *sink_user;

	struct gw_replica *replica; /* NULL: state ends with the process */
	unsigned workers;
	struct gw_worker *worker[GW_WORKERS_MAX];
	unsigned started;
	_Atomic bool stop;
};

/** Counters first: other threads read them; the rest is the worker's own. */
struct gw_worker {
	struct gw_counters counters;

	_Alignas(64) _Atomic(struct gw_ask *) ask;
	struct mst_port_ring *inbox; /* frames that other workers received for this one */
	struct mst_port_ring *audit; /* events for the control thread */

	_Alignas(64) struct gw *gw;
	unsigned index;
	struct mst_crypto *crypto;
	struct mst_session_index sessions;
	struct mst_members members;
	struct gw_mailbox mail;
	struct gw_tasks tasks;
	struct gw_list_jobs jobs;
	struct gw_laters later;
	struct gw_keeper keeper;
	struct gw_recorder recorder;
	struct gw_sources sources;
	struct gw_batch *batch;
	uint64_t now_ms; /* Unix time, taken once a burst */
	uint32_t now_s;
	uint64_t sqn_clock; /* ticks */
	uint16_t nonce;     /* of cookies */
	uint16_t random_left;
	uint8_t random[GW_RANDOM_POOL]; /* from the system, consumed from the end, wiped as used */
	pthread_t thread;
	int error;
};

/* Counters are read by others, `ask` is written by the control thread: lines apart from the rest.
 */
_Static_assert(
	offsetof(struct gw_worker, counters) == 0 && offsetof(struct gw_worker, ask) % 64 == 0 &&
		offsetof(struct gw_worker, gw) % 64 == 0 && sizeof(struct gw_worker) % 64 == 0,
	"no cache line of a worker is written by two threads");

/** Subscriber reference of lib/subs to session index. */
static inline uint32_t
gw_sid(const struct gw *gw, uint32_t ref)
{
	return gw->sid_base[ref >> MST_HSS_INDEX_BITS] + (ref & ((1u << MST_HSS_INDEX_BITS) - 1));
}

/** The worker that owns sessions whose RAND or kid begins with this octet. */
static inline unsigned
gw_shard_worker(const struct gw *gw, uint8_t first)
{
	return first % gw->workers;
}

/** Session index to subscriber reference. Control thread and group reads; a short search. */
uint32_t gw_ref(const struct gw *gw, uint32_t sid);

/**
 * Sizes and allocates everything for `options` and the subscribers in `hss`. The port may be NULL
 * for tests that feed bursts from memory. Keys and seeds come from the system. Returns 0 or a
 * negative enum mst_err. Context: control thread; allocates.
 */
int gw_create(struct gw **result, const struct gw_options *options, const struct mst_hss_set *hss,
	struct mst_port *port);
/** Wipes and frees; NULL is allowed. Context: control thread, after gw_stop(). */
void gw_destroy(struct gw *gw);

/** Starts the workers. Returns 0 or a negative enum mst_err. */
int gw_start(struct gw *gw);
/** Ends the workers: each finishes its burst. */
void gw_stop(struct gw *gw);

/** Sets the workers' clock. Context: control thread; before the start, then every few seconds. */
void gw_set_time(struct gw *gw, uint64_t unix_ms);
/** Makes a new cookie key; the present one stays valid beside it. Context: control thread. */
int gw_rotate_cookies(struct gw *gw);
/**
 * Sets cookie keys of an earlier run; previous may be NULL. Returns 0.
 * Context: control thread, before the workers start.
 */
int gw_set_cookies(struct gw *gw, const mst_b16 current, const uint8_t *previous);
/** Has a worker run `ask` and waits for it. Context: control thread; RCU offline inside. */
void gw_ask(struct gw *gw, unsigned worker, struct gw_ask *ask);

/** Runs the stages over the frames of a batch. Context: the worker; see batch.h. */
void gw_burst(struct gw_worker *worker, unsigned frames);
/**
 * What a worker does between two bursts: mail, requests of other workers, what is due. Returns
 * whether there was anything. Context: the worker.
 */
bool gw_between(struct gw_worker *worker);

#endif
