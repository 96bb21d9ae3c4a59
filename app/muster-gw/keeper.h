/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keeper of a group: the worker that made it, and the only one to change its state, which it
 * replaces whole. It keeps the candidates, decides what is due (a rekey, a word to the owners), and
 * executes what owners and the operator ask (docs/protocol.md sections 6.4 to 6.9).
 *
 * Context of all functions: the keeper, RCU read section; never block or allocate.
 */
#ifndef GW_KEEPER_H
#define GW_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "audit.h"
#include "gba/ua.h"
#include "group/group.h"
#include "table/table.h"

struct gw;
struct gw_mail;
struct gw_request;
struct gw_task;
struct gw_worker;

/** What a keeper knows of a group beside its state; by the group's index, its keeper's alone. */
struct gw_kept {
	uint32_t rekey_at;    /* seconds; 0: not due */
	uint32_t tell_at;     /* owners hear of new candidates, seconds; 0: there are none */
	uint32_t told;        /* when they last did */
	uint32_t first, last; /* candidates in order of arrival */
	uint32_t waiting;
	uint32_t drain;       /* candidates that an owner's `true` still takes */
	int32_t drain_result; /* 0: admitted; else refused with this error */
	uint32_t drain_actor;
	uint32_t entering; /* devices that may enter and have not yet said that they did */
	uint16_t purging;  /* workers that still have rows of a dissolved group */
	bool queued;       /* in the queue of groups to be looked at */
};

struct gw_candidate {
	uint64_t imei; /* BCD */
	uint32_t sid, group;
	uint32_t since;
	uint32_t next, previous; /* of the group; next also of what is free */
	uint32_t age_next, age_previous;
};

struct gw_keeper {
	struct mst_group_states states;
	struct gw_candidate *at;
	struct mst_table *by_key; /* (group, subscriber) */
	uint32_t capacity, used, free, count;
	uint32_t oldest, youngest;
	uint32_t *queue; /* groups to be looked at soon, a circle with room for all */
	uint32_t queue_head, queue_count, groups;
	uint32_t scan; /* where the walk over all groups stands */
	uint64_t scanned_ms;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int gw_keeper_init(struct gw_worker *w, uint32_t candidates, uint32_t groups);
void gw_keeper_fini(struct gw_worker *w);

/** Who acts: a subscriber in a session, or the operator. */
struct gw_actor {
	uint32_t sid; /* or GW_ACTOR_... */
	const uint8_t *kid;
};

/** Writes an event of a group into the audit trail. */
void gw_audit_by(struct gw_worker *w, enum gw_audit_what what, const struct mst_group *g,
	struct gw_actor by, uint32_t subject);

/** What a subscriber is to a group: enum mst_standing, or -1. Context: any thread. */
int gw_standing(const struct gw *gw, const struct mst_group *g, uint32_t sid);
/** Executes a request of a member that is for the keeper. See request.h for what it returns. */
int gw_keeper_serve(struct gw_request *r, struct mst_group *g);

/** Admits (result 0) or refuses one: whether it waited, or was evicted and may join again. */
bool gw_keeper_decide(
	struct gw_worker *w, struct mst_group *g, uint32_t sid, int result, struct gw_actor by);
/** Decides so on all that wait now. Returns how many. */
uint32_t gw_keeper_decide_all(
	struct gw_worker *w, struct mst_group *g, int result, struct gw_actor by);
/** Begins to evict; `task`, if any, is answered when it is done. 0 or -MST_E_OWNER_STAYS. */
int gw_keeper_evict(struct gw_worker *w, struct mst_group *g, uint32_t sid, struct gw_task *task,
	struct gw_actor by);
/** Makes a new key. Returns 0 or -MST_E_RANDOM_EMPTY, -MST_E_BUSY. */
int gw_keeper_rekey(struct gw_worker *w, struct mst_group *g, struct gw_actor by);
/** Returns 0 or -MST_E_GROUP_REQUEST, -MST_E_BUSY. */
int gw_keeper_policies(struct gw_worker *w, struct mst_group *g,
	const struct mst_policy_change *change, struct gw_actor by);
/**
 * Changes owners, whose IMSIs it looks up. Returns 0 or -MST_E_NODE_UNKNOWN, _OWNER_LIMIT,
 * _LIMIT_CREATE, _BUSY; then nothing has changed.
 */
int gw_keeper_owners(struct gw_worker *w, struct mst_group *g,
	const struct mst_ua_owners_change *change, struct gw_actor by);
/** Makes a group that is the operator's, with the presets and `change`. Returns 0 or an error. */
int gw_keeper_create(struct gw_worker *w, const struct mst_policy_change *change, uint64_t *gid);
/** Dissolves the group. Returns 0 or -MST_E_BUSY. */
int gw_keeper_dissolve(struct gw_worker *w, struct mst_group *g, struct gw_actor by);
/** The candidates that came first. Returns how many are given. */
unsigned gw_keeper_candidates(struct gw_worker *w, const struct mst_group *g,
	struct mst_ua_candidate *rows, unsigned max, uint32_t *waiting);

/** Up to `max` candidates after the first `skip`. Returns how many. */
unsigned gw_keeper_slice(struct gw_worker *w, const struct mst_group *g, uint32_t skip,
	struct mst_ua_candidate *rows, unsigned max);

void gw_keeper_mail(struct gw_worker *w, const struct gw_mail *m);
/** Does what is due. Returns whether anything was. */
bool gw_keeper_step(struct gw_worker *w);

#endif
