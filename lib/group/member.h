/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list G-ID <-> (IMSI, IMEI) that the M2M-SC keeps (WO 2012/062077, steps 305 and 405).
 *
 * Rows belong to the worker that owns the subscriber: each worker keeps a store of its own, with
 *one chain a group, so that neither joins nor walks touch another worker's lines. The list of a
 *group is the chains of all workers. Beside members the store holds who waits to become one and who
 *was evicted, so that one look-up tells all there is between a subscriber and a group.
 *
 *	struct mst_member *m = mst_members_find(members, g->index, sid);
 *	if (m == NULL)
 *		err = mst_members_add(members, g->index, sid, MST_MEMBER, imei, now, &m);
 *
 * Limits: rows are sized at start; a row is 32 octets and about 9 of index.
 * Context of all functions, unless they say otherwise: owner of the store, data path.
 */
#ifndef MST_GROUP_MEMBER_H
#define MST_GROUP_MEMBER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "group/group.h"
#include "table/table.h"

/** What a subscriber is to a group. */
enum mst_standing {
	MST_MEMBER,
	MST_CANDIDATE, /* a join that somebody decides on */
	MST_EVICTED,   /* out until it is let in again */
};

/** mst_member.tag: the standing in the upper two bits, a slot for the holder's use below. */
#define MST_MEMBER_SLOT_BITS 30
#define MST_MEMBER_SLOT_NONE ((1u << MST_MEMBER_SLOT_BITS) - 1)

/** One row. sid, group and tag are written by the owner and read by any thread. */
struct mst_member {
	uint64_t imei;  /* BCD, filler f */
	uint32_t sid;   /* subscriber */
	uint32_t group; /* index of the group */
	uint32_t since; /* seconds since 1970 UTC */
	uint32_t next;  /* chain of the group in this store */
	uint32_t previous;
	uint32_t tag;
};
_Static_assert(sizeof(struct mst_member) == 32, "two rows a cache line");

static inline enum mst_standing
mst_member_standing(const struct mst_member *m)
{
	return (enum mst_standing)(
		__atomic_load_n(&m->tag, __ATOMIC_RELAXED) >> MST_MEMBER_SLOT_BITS);
}

static inline uint32_t
mst_member_slot(const struct mst_member *m)
{
	return m->tag & MST_MEMBER_SLOT_NONE;
}

/** slot <= MST_MEMBER_SLOT_NONE, which means that there is none. Context: owner of the store. */
static inline void
mst_member_set_slot(struct mst_member *m, uint32_t slot)
{
	__atomic_store_n(&m->tag, (m->tag & ~MST_MEMBER_SLOT_NONE) | slot, __ATOMIC_RELAXED);
}

/** The rows of one worker's subscribers. */
struct mst_members {
	struct mst_table *by_key; /* (group, subscriber) */
	struct mst_member *at;
	const struct mst_hash_seed *seed;
	uint32_t *head;               /* by group */
	_Atomic uint32_t *group_size; /* members by group; any thread reads */
	uint32_t capacity, groups;
	uint32_t used;          /* rows from the start that are or were in use */
	uint32_t free;          /* list of rows to use again */
	_Atomic uint32_t count; /* members */
};

/** Room for `capacity` rows in `groups` groups. Returns 0 or -MST_E_NO_MEMORY. Context: control. */
int mst_members_init(struct mst_members *members, uint32_t capacity, uint32_t groups,
	const struct mst_hash_seed *seed);
void mst_members_fini(struct mst_members *members);

/** The row of a subscriber in a group, or NULL. */
struct mst_member *mst_members_find(
	const struct mst_members *members, uint32_t group, uint32_t sid);
/**
 * What a subscriber of any worker is to a group at this moment: enum mst_standing, or -1.
 * Context: any thread.
 */
int mst_members_standing_mt(const struct mst_members *members, uint32_t group, uint32_t sid);
/** Fetches what mst_members_find() and _add() will touch. */
void mst_members_prefetch(const struct mst_members *members, uint32_t group, uint32_t sid);
/** Adds a row that is not there yet. Returns 0 or -MST_E_TABLE_FULL. */
int mst_members_add(struct mst_members *members, uint32_t group, uint32_t sid,
	enum mst_standing standing, uint64_t imei, uint32_t now, struct mst_member **result);
/** Changes what a row stands for. */
void mst_members_set(
	struct mst_members *members, struct mst_member *member, enum mst_standing standing);
/** Removes a row; the pointer is void. */
void mst_members_del(struct mst_members *members, struct mst_member *member);

/** The group's newest row at this worker, whatever it stands for, or NULL. */
struct mst_member *mst_members_first(const struct mst_members *members, uint32_t group);
struct mst_member *mst_members_next(
	const struct mst_members *members, const struct mst_member *member);
/** Members of a group at this worker. Context: any thread. */
static inline uint32_t
mst_members_of(const struct mst_members *members, uint32_t group)
{
	return atomic_load_explicit(&members->group_size[group], memory_order_relaxed);
}
/** Whether no row fits any more. */
static inline bool
mst_members_full(const struct mst_members *members)
{
	return members->used >= members->capacity && members->free == MST_NO_PEER;
}

/** Members of all groups. Context: any thread. */
static inline uint32_t
mst_members_count(const struct mst_members *members)
{
	return atomic_load_explicit(&members->count, memory_order_relaxed);
}
size_t mst_members_memory(const struct mst_members *members);

#endif
