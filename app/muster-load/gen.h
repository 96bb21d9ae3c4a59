/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator: all meters, the link, and the data thread that plays them. It runs to completion
 *like the gateway's workers: receive a burst, match it to meters, advance the lanes by the step
 *they are in, send; then timers, then new starts.
 *
 *	gen_create(&gen, &options, subs, port, error);
 *	gen_start(gen);                  // the data thread: finds the gateway, then plays all
 *meters while (!gen_finished(gen)) ...   // counters and histograms may be read meanwhile
 *	gen_join(gen);
 *
 * Who writes what: before gen_start() and after gen_join() the control thread, between them the
 *data thread alone. Counters and histograms are written with relaxed stores and read by any thread.
 */
#ifndef LOAD_GEN_H
#define LOAD_GEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "arrival.h"
#include "base/hash.h"
#include "flood.h"
#include "gba/ub.h"
#include "hist/hist.h"
#include "link.h"
#include "me.h"
#include "timers.h"

enum gen_flow {
	GEN_STANDARD, /* negotiation, Ub, Ua */
	GEN_EXPRESS,  /* negotiation with identity, Ua */
	GEN_GBA,      /* Ub, Ua without a group */
};

/**
 * What meters do, one phase after the other: all join first, then what --then names. GEN_TASKS(X):
 * X(name, word, text).
 */
/* clang-format off */
#define GEN_TASKS(X)                                                          \
	X(JOIN,       "join",       "joins")                                  \
	X(WATCH,      "watch",      "members observe their group's key")      \
	X(READ,       "read",       "members read their group's key")         \
	X(LEAVE,      "leave",      "members that did not create leave")      \
	X(REJOIN,     "rejoin",     "those that left join again")             \
	X(REKEY,      "rekey",      "creators make new keys; who observes gets them") \
	X(EVICT,      "evict",      "creators evict a member; who observes gets the new key") \
	X(CANDIDATES, NULL,         "creators observe candidates")            \
	X(DECIDE,     NULL,         "creators admit all who wait")
/* clang-format on */

enum gen_task {
#define X(name, word, text) GEN_TASK_##name,
	GEN_TASKS(X)
#undef X
		GEN_TASK_COUNT
};

#define GEN_PHASES_MAX   17
#define GEN_RESTARTS_MAX 3  /* of a meter; then it has failed */
#define GEN_WAITS_MAX    10 /* 5.03 answers that a meter puts up with */
#define GEN_ERROR_SIZE   256

struct gen_options {
	enum gen_flow flow;
	uint32_t meters;
	uint32_t groups;      /* 0: no groups, GET /session */
	uint32_t outstanding; /* closed loop: joins under way */
	uint32_t flood;       /* first messages of strangers a second; 0: none */
	bool flood_one_prefix;
	struct arrival arrival;
	uint32_t ack_timeout_ms;
	uint32_t duration_limit_s; /* 0: none */
	uint32_t deadline_ms;      /* a join that took longer is overdue; 0: none */
	uint32_t sqn_tick_ms;
	double resync; /* percent */
	bool approval; /* creators admit who joins */
	enum gen_task then[GEN_PHASES_MAX - 1];
	unsigned then_count;
	double loss, dup, reorder;
	uint64_t seed;
	unsigned queues;
	struct link_address gateway;
	const char *crypto; /* backend; NULL: the best one */
	const char *keylog;
	const char *acks;
	uint32_t keylog_count;
	const char *capture;
	uint64_t capture_count;
};

/* clang-format off */
#define GEN_COUNTERS(X)                                                       \
	X(STARTED,     started,     "joins begun")                            \
	X(JOINED,      joined,      "joins completed")                        \
	X(FAILED,      failed,      "joins given up")                         \
	X(RETRANSMITS, retransmits, "messages sent again")                    \
	X(RESTARTS,    restarts,    "joins begun anew after a failed exchange") \
	X(RESYNCS,     resyncs,     "SQN resynchronisations")                 \
	X(WAITS,       waits,       "answers that asked to wait")             \
	X(ECHOES,      echoes,      "requests shown to be new after a restart") \
	X(PIV_AGAIN,   piv_again,   "answers under a Partial IV used before") \
	X(DUPLICATES,  duplicates,  "answers that came again")                \
	X(STRAYS,      strays,      "datagrams that nobody waits for")        \
	X(MALFORMED,   malformed,   "frames and answers that are not right")  \
	X(NOTIFIED,    notified,    "notifications")                         \
	X(FLOOD,       flood,       "first messages of strangers")         \
	X(FLOOD_HEARD, flood_heard, "answers to strangers")                \
	X(LATE,        late_sent,   "joins begun over 1 ms late")

#define GEN_REASONS(X)                                                        \
	X(NO_ANSWER, no_answer, "no answer")                                  \
	X(REFUSED,   refused,   "refused with 4.01")                          \
	X(ERROR,     error,     "another error answer")                       \
	X(AUTN,      autn,      "AUTN is not from the home network")          \
	X(PROOF,     bsf_proof, "the BSF's proof is wrong")                   \
	X(HINTS,     hints,     "hints differ from meter to meter")           \
	X(WAITED,    waited,    "told to wait too often")                     \
	X(NO_GROUP,  no_group,  "its group was never created")
/* clang-format on */

enum gen_counter {
#define X(name, key, text) GEN_##name,
	GEN_COUNTERS(X)
#undef X
		GEN_COUNTER_COUNT
};

/** Why a join was given up. */
enum gen_reason {
#define X(name, key, text) GEN_WHY_##name,
	GEN_REASONS(X)
#undef X
		GEN_REASON_COUNT
};

/** Steps whose latency is measured: from the first transmission to the answer. */
enum gen_step {
	GEN_STEP_NEGOTIATE,
	GEN_STEP_CHALLENGE,
	GEN_STEP_ANSWER,
	GEN_STEP_SECURED,
	GEN_STEP_COUNT,
};

struct gen_group {
	uint64_t gid;  /* 0: not created, or not open to others yet */
	uint64_t made; /* the same, from its creation on */
	uint32_t num;  /* of its key, as its creator knows */
	bool dead;     /* its creator gave up */
	bool asked;    /* candidates wait, and its creator is busy */
};

/** A phase as it went. */
struct gen_phase {
	enum gen_task task;
	uint64_t done, failed;
	double seconds;
	struct mst_hist latency; /* from a meter's start, or for those who observe the phase's */
};

/** What meters learn from hints; all have to learn the same. */
struct gen_hints {
	uint16_t size;
	uint8_t payload[MST_UB_HINTS_MAX];
	struct mst_naf_id naf_id;
};

struct gen_batch;
struct keylog;

struct gen {
	struct gen_options options;

	/* Read by the control thread while the data thread runs. */
	_Atomic uint64_t counter[GEN_COUNTER_COUNT];
	_Atomic uint64_t reason[GEN_REASON_COUNT];
	_Atomic uint64_t busy_cycles; /* of loops that had something to do */
	struct mst_hist latency;      /* of a join, in us */
	struct mst_hist lateness;     /* of the open loop: from when a join was due to its begin */
	struct mst_hist step[GEN_STEP_COUNT];
	struct gen_phase phase[GEN_PHASES_MAX]; /* the first: joins, which latency is of */
	_Atomic unsigned phase_now;
	_Atomic uint64_t begun_tsc; /* first start; 0 before */
	_Atomic uint64_t ended_tsc; /* last join or failure */
	_Atomic bool finished;
	_Atomic bool stop;
	int error; /* of the set-up; valid once finished */
	char error_text[GEN_ERROR_SIZE];

	/* The data thread's. */
	struct mst_crypto *crypto;
	struct uiccs uiccs;
	struct mes mes;
	struct link link;
	struct timers timers;
	struct flood flood;
	struct gen_group *group;
	struct gen_hints hints;
	struct mst_oscore_profile oscore;
	struct gen_batch *batch;
	struct keylog *keylog;
	FILE *acks; /* see acks.h; NULL: none */
	struct capture capture;
	uint64_t random;
	uint64_t start_tsc, us_per_tsc; /* 2^32 times microseconds a tick */
	uint64_t now_us;                /* since start_tsc, taken once a loop */
	uint32_t now_ms;                /* the same, never 0 */

	uint64_t phase_us; /* when the phase began */
	struct arrival_plan plan;
	uint64_t due_us;  /* of the meter to start, after phase_us */
	uint32_t next;    /* meter to start */
	uint32_t settled; /* joined or failed */
	uint32_t *parked; /* ring of meters whose group does not exist yet */
	uint32_t parked_head, parked_tail;

	pthread_t thread;
};

static inline uint64_t
gen_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/** Adds to what other threads read. */
static inline void
gen_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, gen_read(counter) + n, memory_order_relaxed);
}

/**
 * Builds all meters from the first options->meters subscribers of `subs`, which must outlive them;
 * the port may be NULL for tests. unix_ms is the clock that the network's SQNs follow. Returns 0 or
 * a negative error with a line in `error`. Context: control thread; allocates.
 */
int gen_create(struct gen **gen, const struct gen_options *options, const struct mst_subs *subs,
	struct mst_port *port, uint64_t unix_ms, char error[GEN_ERROR_SIZE]);
/**
 * Closes captures and logs, which are whole then. Returns 0 or -MST_E_FILE when anything could not
 * be written. Context: control thread, after gen_join().
 */
int gen_close_aids(struct gen *gen);
/** Wipes and frees; NULL is allowed. */
void gen_destroy(struct gen *gen);
/** Starts the data thread. Returns 0 or -MST_E_SYSTEM. */
int gen_start(struct gen *gen);
/** Whether the data thread has ended. Any thread. */
bool gen_finished(const struct gen *gen);
/** Asks the data thread to end before all have joined. Any thread, signal handlers too. */
void gen_stop(struct gen *gen);
/** Waits for the data thread. Returns gen->error. */
int gen_join(struct gen *gen);
/** Seconds from the first start to the last join, or to now. Any thread. */
double gen_seconds(const struct gen *gen);

/** Learns hints from a negotiation's answer: 0 or a negative error. */
int gen_learn_hints(struct gen *gen, const uint8_t *payload, size_t size);
/** Takes the time. Context: data thread, once a loop. */
void gen_take_time(struct gen *gen, uint64_t tsc);
/** The vault that holds the keys of a meter, wherever it is. Context: after gen_join(). */
const struct vault *gen_vault(const struct gen *gen, uint32_t meter);

#endif
