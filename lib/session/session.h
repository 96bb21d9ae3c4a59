/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions: what the M2M-SC holds of a bootstrapped subscriber. It is what Zn grants (TS 33.220
 * section 4.4.6): RAND, hence B-TID, the one Ks_NAF of this NAF, its end of life, and the replay
 *state of the OSCORE context made from it. Ks is not among it.
 *
 * One session a subscriber, in an array beside the subscriber store: session s belongs to
 *subscriber s. OSCORE keys are derived from Ks_NAF at each request: 45 octets less for 160 ns more.
 *
 * Ownership. A session is written by one worker only, the subscriber's owner. The first worker to
 * prove a subscriber claims it (one compare-and-swap in the subscriber's life); the kid of a
 *session leads back to its owner, as the first octet of RAND is chosen for it (cookie.h). Each
 *worker indexes its own sessions.
 *
 *	mst_session_claim(sessions, s, self);
 *	mst_session_open(index, s, rand, ks_naf, expires);
 *	found = mst_session_find_burst(index, live, kid, sid);
 *
 * Limits: 64 octets a session and about 8 of index.
 */
#ifndef MST_SESSION_SESSION_H
#define MST_SESSION_SESSION_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/lanes.h"
#include "oscore/window.h"
#include "table/table.h"

#define MST_KID 7
/**
 * Answers that repetitions of one request get. Each takes a Partial IV of the gateway's, of which a
 * session has 65,535: who repeats a device's messages cannot use them up at will.
 */
#define MST_SESSION_REPEATS 100
#define MST_SESSION_NOBODY  0 /* owner of a subscriber that no worker has claimed */

struct mst_session {
	_Alignas(64) mst_b16 rand; /* all zero: no session */
	mst_b32 ks_naf;
	struct mst_oscore_window window;
	uint32_t expires;    /* seconds since 1970 UTC; of an ended session the clock of its end */
	uint16_t counter;    /* own Partial IVs used in this run */
	uint8_t ended : 1;   /* there is no session since mst_session_end() */
	uint8_t repeats : 7; /* answers without a fresh request since the last,
				..MST_SESSION_REPEATS */
	_Atomic uint8_t owner;
};
_Static_assert(sizeof(struct mst_session) == 64, "a session is one cache line");

/** All sessions of a gateway. */
struct mst_sessions {
	struct mst_session *at;
	uint32_t capacity;
};

/** The sessions of one worker by kid. */
struct mst_session_index {
	struct mst_sessions *sessions;
	struct mst_table *by_kid;
	const struct mst_hash_seed *seed;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread; allocates. */
int mst_sessions_init(struct mst_sessions *sessions, uint32_t capacity);
void mst_sessions_fini(struct mst_sessions *sessions);

/** Room for `capacity` sessions. The seed must outlive the index. Returns 0 or -MST_E_NO_MEMORY. */
int mst_session_index_init(struct mst_session_index *index, struct mst_sessions *sessions,
	uint32_t capacity, const struct mst_hash_seed *seed);
void mst_session_index_fini(struct mst_session_index *index);

/** The owner of a subscriber, MST_SESSION_NOBODY or 1.. Context: any thread. */
static inline unsigned
mst_session_owner(const struct mst_sessions *sessions, uint32_t sid)
{
	return atomic_load_explicit(&sessions->at[sid].owner, memory_order_relaxed);
}

/**
 * Makes `self` the owner unless there is one. Returns the owner that stands.
 * Context: any worker.
 */
unsigned mst_session_claim(struct mst_sessions *sessions, uint32_t sid, unsigned self);

/**
 * Finds sessions by kid, the first 7 octets of their RAND. Returns the lanes found, their
 * subscribers in sid[]. Context: owner of the index, data path.
 */
mst_lanes mst_session_find_burst(const struct mst_session_index *index, mst_lanes live,
	const uint8_t (*kid)[MST_KID], uint32_t *sid);
/** Fetches what mst_session_open() will touch of the index. Context: owner of the index. */
void mst_session_prefetch(const struct mst_session_index *index, const uint8_t *rand);
/** The same for one kid: whether it was found. Context: owner of the index. */
int mst_session_find(const struct mst_session_index *index, const uint8_t *kid, uint32_t *sid);

/** Whether subscriber sid has a session, and it is this RAND's. Context: owner of the subscriber.
 */
int mst_session_is(const struct mst_sessions *sessions, uint32_t sid, const uint8_t *rand);

/**
 * Opens a session with an empty replay window in the place of the subscriber's earlier one.
 * Returns 0, -MST_E_KID_COLLISION or -MST_E_TABLE_FULL; then the earlier one stands.
 * Context: owner of the subscriber, data path.
 */
int mst_session_open(struct mst_session_index *index, uint32_t sid, const uint8_t *rand,
	const uint8_t *ks_naf, uint32_t expires);
/**
 * The same for a session of an earlier run, whose replay window is lost.
 * Context: control thread, before the workers start.
 */
int mst_session_restore(struct mst_session_index *index, uint32_t sid, const uint8_t *rand,
	const uint8_t *ks_naf, uint32_t expires);
/** Ends and wipes a session, if there is one; its owner stays. Context: owner of the subscriber. */
void mst_session_close(struct mst_session_index *index, uint32_t sid);
/**
 * The same, and remembers when, in the low 32 bits of the clock that challenges are issued by: what
 * was challenged until then opens no session. Context: owner of the subscriber.
 */
void mst_session_end(struct mst_session_index *index, uint32_t sid, uint32_t clock);
/**
 * Whether a challenge issued at `clock` is not after the end by mst_session_end() of the
 * subscriber's last session. Context: owner of the subscriber.
 */
int mst_session_outlived(const struct mst_sessions *sessions, uint32_t sid, uint32_t clock);

/** Sessions in the index. Context: any thread. */
uint32_t mst_session_count(const struct mst_session_index *index);
/** Octets of sessions and index. Context: any thread. */
size_t mst_sessions_memory(const struct mst_sessions *sessions);
size_t mst_session_index_memory(const struct mst_session_index *index);

#endif
