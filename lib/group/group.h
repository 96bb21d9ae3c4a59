/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of MTC devices: G-ID, Kg, owners and policies (WO 2012/062077, steps 305 and 405;
 * docs/protocol.md section 6).
 *
 * A group is a record that all workers find by G-ID in an RCU map, and a state that one worker, the
 * group's keeper, replaces whole: readers see one state or the next, never a mixture. States come
 * from a pool of their keeper and return to it, wiped, a grace period after they were replaced.
 *
 *	struct mst_group *g = mst_groups_find_rcu(groups, gid);
 *	const struct mst_group_state *now = mst_group_now_rcu(g);
 *
 *	struct mst_group_state *next = mst_group_state_get(&states, now);   // the keeper
 *	next->num++;
 *	mst_group_publish_rcu(g, next);
 *
 * Who is in a group is in member.h.
 * Limits: groups are sized at start; a group is 128 octets, a state 256.
 */
#ifndef MST_GROUP_GROUP_H
#define MST_GROUP_GROUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "gba/policy.h"
#include "rcu/map.h"

#define MST_KG           16
#define MST_GROUP_OWNERS 4 /* the principal and three co-owners */
#define MST_NO_PEER      UINT32_MAX

struct mst_group_states;

/** Constant from publication until it is freed. */
struct mst_group_state {
	struct mst_rcu_head rcu;
	struct mst_group_states *pool;
	struct mst_group_state *free; /* next in the pool's list */
	uint8_t kg[MST_KG];
	uint8_t earlier_kg[MST_KG];
	uint32_t num;                     /* of kg, from 1 */
	uint32_t made;                    /* when kg was, seconds since 1970 UTC */
	uint32_t expires;                 /* seconds since 1970 UTC */
	uint32_t earlier_until;           /* earlier_kg is accepted before; 0: there is none */
	uint32_t owner[MST_GROUP_OWNERS]; /* subscribers; the principal first */
	uint8_t owners;                   /* 0: the operator's */
	bool dissolved;
	struct mst_policy policy;
};

/** Constant while the group is in the map, but for `now`. */
struct mst_group {
	struct mst_rcu_node node; /* key: G-ID as 8 octets, then zeros */
	uint64_t gid;
	uint64_t origin[2]; /* first half of the creating session's RAND, Partial IV of the request
			     */
	struct mst_group_state *now; /* RCU; written by the keeper */
	uint32_t index;              /* place in the store, names chains */
	uint32_t creator;            /* subscriber, or MST_NO_PEER: the operator */
	uint32_t created;            /* seconds since 1970 UTC */
	uint32_t next_free;
	uint16_t keeper;       /* worker */
	_Atomic uint16_t live; /* 1 from publication until it leaves the map */
	struct mst_groups *groups;
};

struct mst_groups {
	struct mst_rcu_map *by_gid;
	struct mst_group *at;
	uint32_t capacity;
	_Atomic uint32_t used;
	_Atomic uint64_t free; /* top of the list of places to use again: tag << 32 | index */
};

/** The states that one worker makes. Any thread may give one back, on a line of its own. */
struct mst_group_states {
	struct mst_group_state *at;
	struct mst_group_state *free; /* the owner's */
	uint32_t capacity, used;
	_Alignas(64) struct mst_group_state *_Atomic returned;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread; allocates. */
int mst_groups_init(struct mst_groups *groups, uint32_t capacity, const struct mst_hash_seed *seed);
/** Context: control thread, after the workers have ended; blocks. */
void mst_groups_fini(struct mst_groups *groups);

/** Room for `capacity` states. Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int mst_group_states_init(struct mst_group_states *states, uint32_t capacity);
/** Wipes and frees. Context: control thread, after the workers have ended, offline; blocks. */
void mst_group_states_fini(struct mst_group_states *states);
/**
 * A state that is a copy of `from` (NULL: zeros), to be filled and published, or put back. NULL
 * when none is free at the moment. Context: owner of the pool, data path.
 */
struct mst_group_state *mst_group_state_get(
	struct mst_group_states *states, const struct mst_group_state *from);
/** Wipes and gives back a state that was not published. Context: any thread. */
void mst_group_state_put(struct mst_group_state *state);

/** The group with this G-ID, or NULL. Context: RCU read section, data path. */
struct mst_group *mst_groups_find_rcu(struct mst_groups *groups, uint64_t gid);
/** The group at a place that is in use. Context: RCU read section, data path. */
static inline struct mst_group *
mst_groups_at(const struct mst_groups *groups, uint32_t index)
{
	return &groups->at[index];
}
/** The state of a group at this moment. Context: RCU read section, data path. */
static inline const struct mst_group_state *
mst_group_now_rcu(const struct mst_group *group)
{
	return mst_rcu_load(&group->now);
}

/**
 * Publishes a group with its first state; `group` gives gid, origin, creator, created and keeper.
 * *result is the group that now has the G-ID: the new one, or on -MST_E_EXISTS the present one.
 * Returns 0, -MST_E_EXISTS or -MST_E_TABLE_FULL; then the state is still the caller's.
 * Context: RCU read section, data path, any worker.
 */
int mst_groups_add_rcu(struct mst_groups *groups, const struct mst_group *group,
	struct mst_group_state *state, struct mst_group **result);
/** Puts `state` in the place of the present one. Context: keeper, RCU read section, data path. */
void mst_group_publish_rcu(struct mst_group *group, struct mst_group_state *state);
/**
 * Takes a group out of the map; its place is used again after a grace period. Nobody may hold its
 * index by then. Context: keeper, RCU read section, data path.
 */
void mst_groups_del_rcu(struct mst_groups *groups, struct mst_group *group);

/** The first live group from place `index` on, or NULL: a walk. Context: RCU read section. */
struct mst_group *mst_groups_from_rcu(const struct mst_groups *groups, uint32_t index);
/** Places below which all groups are. Context: any thread. */
static inline uint32_t
mst_groups_used(const struct mst_groups *groups)
{
	return atomic_load_explicit(&groups->used, memory_order_relaxed);
}
uint32_t mst_groups_count(const struct mst_groups *groups);
size_t mst_groups_memory(const struct mst_groups *groups);
size_t mst_group_states_memory(const struct mst_group_states *states);

/** Where a subscriber is among the owners, or -1. */
static inline int
mst_group_owner(const struct mst_group_state *state, uint32_t sid)
{
	for (unsigned i = 0; i < state->owners; i++)
		if (state->owner[i] == sid)
			return (int)i;
	return -1;
}

#endif
