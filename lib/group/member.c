/* SPDX-License-Identifier: BSD-3-Clause */
#include "group/member.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "table/pages.h"

int
mst_members_init(struct mst_members *members, uint32_t capacity, uint32_t groups,
	const struct mst_hash_seed *seed)
{
	struct mst_members m = {
		.capacity = capacity, .groups = groups, .seed = seed, .free = MST_NO_PEER};
	struct mst_table_options options = {.capacity = capacity, .hot = true};

	m.at = mst_pages_alloc(capacity * sizeof(*m.at), true);
	m.head = mst_pages_alloc(groups * sizeof(*m.head), false);
	m.group_size = mst_pages_alloc(groups * sizeof(*m.group_size), false);
	options.records = m.at;
	options.record_size = sizeof(*m.at);
	if (m.at == NULL || m.head == NULL || m.group_size == NULL ||
		mst_table_create(&m.by_key, &options)) {
		mst_members_fini(&m);
		return -MST_E_NO_MEMORY;
	}
	memset(m.head, 0xff, groups * sizeof(*m.head)); /* MST_NO_PEER */
	*members = m;
	return 0;
}

void
mst_members_fini(struct mst_members *members)
{
	mst_table_destroy(members->by_key);
	mst_pages_free(members->at, members->capacity * sizeof(*members->at));
	mst_pages_free(members->head, members->groups * sizeof(*members->head));
	mst_pages_free(members->group_size, members->groups * sizeof(*members->group_size));
	*members = (struct mst_members){0};
}

static uint64_t
key_hash(const struct mst_members *members, uint32_t group, uint32_t sid)
{
	return mst_hash_u64(members->seed, (uint64_t)group << 32 | sid);
}

struct mst_member *
mst_members_find(const struct mst_members *members, uint32_t group, uint32_t sid)
{
	uint64_t hash = key_hash(members, group, sid);
	struct mst_table_hit hit;

	if (!mst_table_lookup(members->by_key, hash, &hit))
		return NULL;
	do {
		struct mst_member *m = &members->at[hit.value];

		if (m->group == group && m->sid == sid)
			return m;
	} while (mst_table_next(members->by_key, hash, &hit));
	return NULL;
}

/** Whether a row is of this key; what was read of it before counts only if it still is. */
static bool
is_row(const struct mst_member *m, uint32_t group, uint32_t sid)
{
	return __atomic_load_n(&m->sid, __ATOMIC_ACQUIRE) == sid &&
	       __atomic_load_n(&m->group, __ATOMIC_RELAXED) == group;
}

int
mst_members_standing_mt(const struct mst_members *members, uint32_t group, uint32_t sid)
{
	uint64_t hash = key_hash(members, group, sid);
	struct mst_table_hit hit;

	for (bool more = mst_table_lookup(members->by_key, hash, &hit); more;
		more = mst_table_next(members->by_key, hash, &hit)) {
		const struct mst_member *m = &members->at[hit.value];
		int standing;

		if (!is_row(m, group, sid))
			continue;
		standing = (int)mst_member_standing(m);
		if (is_row(m, group, sid))
			return standing;
	}
	return -1;
}

/** New rows are taken in a row: fetched so many of them ahead. */
#define ROWS_AHEAD 32

/** The row that the next _add() takes. */
static uint32_t
next_row(const struct mst_members *members)
{
	return members->free != MST_NO_PEER ? members->free : members->used;
}

void
mst_members_prefetch(const struct mst_members *members, uint32_t group, uint32_t sid)
{
	mst_table_prefetch(members->by_key, key_hash(members, group, sid));
	__builtin_prefetch(&members->at[members->free != MST_NO_PEER ? members->free
								     : members->used + ROWS_AHEAD],
		1);
}

static void
count(struct mst_members *members, uint32_t group, uint32_t more)
{
	atomic_store_explicit(&members->group_size[group], mst_members_of(members, group) + more,
		memory_order_relaxed);
	atomic_store_explicit(
		&members->count, mst_members_count(members) + more, memory_order_relaxed);
}

static void
link_row(struct mst_members *members, struct mst_member *m)
{
	uint32_t index = (uint32_t)(m - members->at), old = members->head[m->group];

	m->next = old;
	m->previous = MST_NO_PEER;
	if (old != MST_NO_PEER)
		members->at[old].previous = index;
	members->head[m->group] = index;
}

static void
unlink_row(struct mst_members *members, const struct mst_member *m)
{
	if (m->next != MST_NO_PEER)
		members->at[m->next].previous = m->previous;
	if (m->previous != MST_NO_PEER)
		members->at[m->previous].next = m->next;
	else
		members->head[m->group] = m->next;
}

static void
name_row(struct mst_member *m, uint32_t group, uint32_t sid, enum mst_standing standing)
{
	__atomic_store_n(&m->tag, (uint32_t)standing << MST_MEMBER_SLOT_BITS | MST_MEMBER_SLOT_NONE,
		__ATOMIC_RELAXED);
	__atomic_store_n(&m->group, group, __ATOMIC_RELAXED);
	__atomic_store_n(&m->sid, sid, __ATOMIC_RELEASE);
}

int
mst_members_add(struct mst_members *members, uint32_t group, uint32_t sid,
	enum mst_standing standing, uint64_t imei, uint32_t now, struct mst_member **result)
{
	uint32_t index = next_row(members), after;
	struct mst_member *m;
	int err;

	assert(group < members->groups);
	if (index >= members->capacity)
		return -MST_E_TABLE_FULL;
	m = &members->at[index];
	after = m->next;
	err = mst_table_insert(members->by_key, key_hash(members, group, sid), index);
	if (err)
		return err;
	if (members->free == index)
		members->free = after;
	else
		members->used++;
	m->imei = imei;
	m->since = now;
	name_row(m, group, sid, standing);
	link_row(members, m);
	if (standing == MST_MEMBER)
		count(members, group, 1);
	*result = m;
	return 0;
}

void
mst_members_set(struct mst_members *members, struct mst_member *member, enum mst_standing standing)
{
	if (mst_member_standing(member) == MST_MEMBER)
		count(members, member->group, UINT32_MAX);
	if (standing == MST_MEMBER)
		count(members, member->group, 1);
	__atomic_store_n(&member->tag,
		(uint32_t)standing << MST_MEMBER_SLOT_BITS | mst_member_slot(member),
		__ATOMIC_RELAXED);
}

void
mst_members_del(struct mst_members *members, struct mst_member *member)
{
	uint32_t index = (uint32_t)(member - members->at);

	mst_table_delete(members->by_key, key_hash(members, member->group, member->sid), index);
	unlink_row(members, member);
	if (mst_member_standing(member) == MST_MEMBER)
		count(members, member->group, UINT32_MAX);
	name_row(member, MST_NO_PEER, MST_NO_PEER, MST_CANDIDATE);
	member->imei = 0;
	member->next = members->free;
	members->free = index;
}

struct mst_member *
mst_members_first(const struct mst_members *members, uint32_t group)
{
	uint32_t index = members->head[group];

	return index != MST_NO_PEER ? &members->at[index] : NULL;
}

struct mst_member *
mst_members_next(const struct mst_members *members, const struct mst_member *member)
{
	return member->next != MST_NO_PEER ? &members->at[member->next] : NULL;
}

size_t
mst_members_memory(const struct mst_members *members)
{
	return members->capacity * sizeof(*members->at) + mst_table_memory(members->by_key) +
	       members->groups * (sizeof(*members->head) + sizeof(*members->group_size));
}
