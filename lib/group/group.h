/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of MTC devices: G-ID, Kg, and the list G-ID <-> (IMSI, IMEI) that the M2M-SC keeps
 * (WO 2012/062077, steps 305 and 405).
 *
 * Group records are shared by all workers and read-mostly; they live in an RCU map keyed by G-ID.
 * Memberships belong to the worker that owns the subscriber: each worker keeps a store of its own,
 *with one chain a group, so that neither joins nor walks touch another worker's lines. The list of
 *a group is the chains of all workers.
 *
 *	struct mst_group *g = mst_groups_find_rcu(groups, gid);
 *	if (g != NULL && !mst_members_add(members, g->index, sid, imei, now, &m))
 *		...
 *
 * Limits: groups and memberships are sized at start; a group is 128 octets, a membership 32 and
 *about 8 of index.
 */
#ifndef MST_GROUP_GROUP_H
#define MST_GROUP_GROUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/lanes.h"
#include "rcu/map.h"
#include "table/table.h"

#define MST_KG      16
#define MST_NO_PEER UINT32_MAX /* end of a chain */

/** Constant after publication, but for the free list behind a dissolved group. */
struct mst_group {
	struct mst_rcu_node node; /* key: G-ID as 8 octets, then zeros */
	uint64_t gid;
	uint8_t kg[MST_KG];
	uint64_t origin[2]; /* first half of the creating session's RAND, Partial IV of the request
			     */
	uint32_t index;     /* place in the store, names the chains */
	uint32_t num;       /* number of the key, from 1 */
	uint32_t creator;   /* subscriber */
	uint32_t created;   /* seconds since 1970 UTC */
	uint32_t key_expires;  /* seconds since 1970 UTC */
	_Atomic uint32_t live; /* 1 between publication and dissolution */
};

struct mst_groups {
	struct mst_rcu_map *by_gid;
	struct mst_group *at;
	uint32_t capacity;
	_Atomic uint32_t used;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread; allocates. */
int mst_groups_init(struct mst_groups *groups, uint32_t capacity, const struct mst_hash_seed *seed);
/** Context: control thread, after the workers have ended; blocks. */
void mst_groups_fini(struct mst_groups *groups);

/** The group with this G-ID, or NULL. Context: RCU read section, data path. */
struct mst_group *mst_groups_find_rcu(struct mst_groups *groups, uint64_t gid);
/**
 * Publishes a group; `group` gives gid, kg, origin, creator, created and key_expires. *result is
 * the group that now has the G-ID: the new one, or on -MST_E_EXISTS the present one. Returns 0,
 * -MST_E_EXISTS or -MST_E_TABLE_FULL. Context: RCU read section, data path, any worker.
 */
int mst_groups_add_rcu(
	struct mst_groups *groups, const struct mst_group *group, struct mst_group **result);
/** The first live group from place `index` on, or NULL: a walk. Context: RCU read section. */
const struct mst_group *mst_groups_from_rcu(const struct mst_groups *groups, uint32_t index);
uint32_t mst_groups_count(const struct mst_groups *groups);
size_t mst_groups_memory(const struct mst_groups *groups);

/** One row of the list G-ID <-> (IMSI, IMEI). */
struct mst_member {
	uint64_t imei;  /* BCD, filler f */
	uint32_t sid;   /* subscriber */
	uint32_t group; /* index of the group */
	uint32_t since; /* seconds since 1970 UTC */
	uint32_t next;  /* chain of the group in this store */
	uint32_t previous;
	uint32_t spare;
};
_Static_assert(sizeof(struct mst_member) == 32, "two memberships a cache line");

/** The memberships of one worker's subscribers. */
struct mst_members {
	struct mst_table *by_key; /* (group, subscriber) */
	struct mst_member *at;
	const struct mst_hash_seed *seed;
	uint32_t *head;               /* by group */
	_Atomic uint32_t *group_size; /* by group; any thread reads */
	uint32_t capacity, groups;
	uint32_t used;
};

/** Room for `capacity` memberships in `groups` groups. Returns 0 or -MST_E_NO_MEMORY. */
int mst_members_init(struct mst_members *members, uint32_t capacity, uint32_t groups,
	const struct mst_hash_seed *seed);
void mst_members_fini(struct mst_members *members);

/** The membership of a subscriber in a group, or NULL. Context: owner of the store, data path. */
struct mst_member *mst_members_find(
	const struct mst_members *members, uint32_t group, uint32_t sid);
/** Fetches what mst_members_find() and _add() will touch. Context: owner of the store. */
void mst_members_prefetch(const struct mst_members *members, uint32_t group, uint32_t sid);
/**
 * Adds a membership that is not there yet. Returns 0 or -MST_E_TABLE_FULL.
 * Context: owner of the store, data path.
 */
int mst_members_add(struct mst_members *members, uint32_t group, uint32_t sid, uint64_t imei,
	uint32_t now, struct mst_member **result);
/** The group's newest membership at this worker, or NULL. Context: owner of the store. */
struct mst_member *mst_members_first(const struct mst_members *members, uint32_t group);
struct mst_member *mst_members_next(
	const struct mst_members *members, const struct mst_member *member);
/** Members of a group at this worker. Context: any thread. */
static inline uint32_t
mst_members_of(const struct mst_members *members, uint32_t group)
{
	return atomic_load_explicit(&members->group_size[group], memory_order_relaxed);
}
/** Whether no membership fits any more. Context: owner of the store. */
static inline bool
mst_members_full(const struct mst_members *members)
{
	return members->used >= members->capacity;
}

uint32_t mst_members_count(const struct mst_members *members);
size_t mst_members_memory(const struct mst_members *members);

#endif
