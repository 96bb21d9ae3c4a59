/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker counts. Outcomes are listed here; drops are counted by enum mst_err, so every error
 * in lib/base/err_list.h is a drop reason with a name.
 *
 * A worker alone writes its counters, with relaxed stores; any thread may read them at any time and
 * adds the workers up.
 */
#ifndef GW_COUNTERS_H
#define GW_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"

/* clang-format off */
#define GW_OUTCOMES(X)                                                                            \
	X(RX_FRAMES,      "frames received")                                                      \
	X(RX_OCTETS,      "octets received")                                                      \
	X(TX_FRAMES,      "frames sent")                                                          \
	X(TX_OCTETS,      "octets sent")                                                          \
	X(FORWARDED,      "frames handed to the worker that owns the subscriber")                 \
	X(HOST_REPLIES,   "ARP, neighbour and echo requests answered")                            \
	X(COAP_RESETS,    "CoAP pings answered by Reset")                                         \
	X(DISCOVERIES,    "resource discoveries answered")                                        \
	X(HINTS,          "negotiations answered with hints")                                     \
	X(CHALLENGES,     "challenges issued on Ub")                                              \
	X(EXPRESS_CHALLENGES, "challenges issued in a negotiation")                               \
	X(UNKNOWN_IDENTITIES, "challenges issued to identities that are not provisioned")         \
	X(RESYNCS,        "SQN offsets corrected")                                                \
	X(ANSWERS,        "right answers on Ub")                                                  \
	X(ANSWERS_REPEATED, "right answers that found their session live")                        \
	X(SESSIONS,       "sessions opened")                                                      \
	X(SESSIONS_EXPRESS, "sessions opened by an express request")                              \
	X(SECURED,        "protected requests executed")                                          \
	X(SECURED_REPEATED, "protected requests repeated and answered from state")                \
	X(ECHOES,         "requests in restored sessions asked to show that they are new")                \
	X(CREATES,        "groups created")                                                       \
	X(JOINS,          "memberships created by a join")                                        \
	X(REJOINS,        "joins by members")                                                     \
	X(CANDIDATES,     "joins that wait for a decision")                                       \
	X(LEAVES,         "members that left")                                                    \
	X(EVICTIONS,      "members evicted")                                                      \
	X(REKEYS,         "group keys made in the place of another")                              \
	X(DISSOLUTIONS,   "groups dissolved")                                                     \
	X(MANAGED,        "requests of owners executed")                                          \
	X(NOTIFICATIONS,  "notifications sent to observers, repetitions included")                \
	X(LATE_ANSWERS,   "separate responses sent, repetitions included")                        \
	X(ACKNOWLEDGED,   "notifications and separate responses acknowledged or reset")           \
	X(GIVEN_UP,       "observers and waiting devices that did not acknowledge")               \
	X(AUDIT_LOST,     "audit events without room")                                            \
	X(READS,          "group and session reads")                                              \
	X(ERRORS_SENT,    "requests answered with a CoAP error")
/* clang-format on */

enum gw_outcome {
#define X(name, text) GW_##name,
	GW_OUTCOMES(X)
#undef X
		GW_OUTCOME_COUNT
};

/** Stages of the data path, for cycles and lanes by stage. */
#define GW_STAGES(X) X(PARSE) X(HINT) X(CHALLENGE) X(ANSWER) X(SECURED) X(GROUP) X(REPLY)

enum gw_stage {
#define X(name) GW_STAGE_##name,
	GW_STAGES(X)
#undef X
		GW_STAGE_COUNT
};

struct gw_counters {
	_Alignas(64) _Atomic uint64_t outcome[GW_OUTCOME_COUNT];
	_Atomic uint64_t drop[MST_E_COUNT];
	_Atomic uint64_t stage_lanes[GW_STAGE_COUNT];
	_Atomic uint64_t stage_cycles[GW_STAGE_COUNT];
	_Atomic uint64_t loops;
	_Atomic uint64_t busy_loops;
	_Atomic uint64_t busy_cycles;    /* TSC cycles of loops that had work */
	_Atomic uint64_t longest_cycles; /* TSC cycles of the longest of them */
	_Atomic uint64_t start_tsc;
	_Atomic uint64_t now_tsc;
};

/** Adds to a counter of the calling worker. */
static inline void
gw_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

const char *gw_outcome_name(enum gw_outcome outcome);
const char *gw_outcome_text(enum gw_outcome outcome);
const char *gw_stage_name(enum gw_stage stage);

#endif
