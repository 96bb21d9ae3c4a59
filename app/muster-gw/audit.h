/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The audit trail: who changed what, when, by which key. Workers write events to rings of their
 * own, the control thread takes them out and writes them down.
 */
#ifndef GW_AUDIT_H
#define GW_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

struct gw;
struct gw_worker;

/** GW_AUDIT_(name), the name in the trail. */
#define GW_AUDITS(X)                                                                               \
	X(CREATE, "create")                                                                        \
	X(JOIN, "join")                                                                            \
	X(LEAVE, "leave")                                                                          \
	X(EVICT, "evict")                                                                          \
	X(ADMIT, "admit")                                                                          \
	X(REFUSE, "refuse")                                                                        \
	X(POLICIES, "policies")                                                                    \
	X(OWNERS, "owners")                                                                        \
	X(REKEY, "rekey")                                                                          \
	X(DISSOLVE, "dissolve")                                                                    \
	X(BAR, "bar")                                                                              \
	X(UNBAR, "unbar")

enum gw_audit_what {
#define X(name, text) GW_AUDIT_##name,
	GW_AUDITS(X)
#undef X
		GW_AUDIT_COUNT
};

/** Actors that are no subscriber. */
#define GW_ACTOR_OPERATOR UINT32_MAX
#define GW_ACTOR_POLICY   (UINT32_MAX - 1) /* the group's policy, e.g. a rekey when it is due */

struct gw_audit_event {
	uint64_t at_ms;   /* Unix time */
	uint64_t gid;     /* 0: none */
	uint32_t actor;   /* subscriber, or one of the above */
	uint32_t subject; /* subscriber, or MST_NO_PEER */
	uint32_t num;     /* of the group key, where it changed, else 0 */
	uint16_t what;    /* enum gw_audit_what */
	uint8_t kid[7];   /* of the session that the actor acted in; zero: none */
	uint8_t spare[3];
};

/** Events that may wait for the control thread, a worker. */
#define GW_AUDIT_EVENTS 65536

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int gw_audit_init(struct gw_worker *w);
void gw_audit_fini(struct gw_worker *w);

/** Whether a burst of events fits; otherwise what would write some is refused. Context: worker. */
bool gw_audit_room(const struct gw_worker *w);
/** Writes an event, with the time of this burst. Context: worker, data path. */
void gw_audit(struct gw_worker *w, struct gw_audit_event event);
/** Takes up to `max` events of all workers. Returns their number. Context: control thread. */
unsigned gw_audit_take(struct gw *gw, struct gw_audit_event *events, unsigned max);
const char *gw_audit_name(enum gw_audit_what what);

#endif
