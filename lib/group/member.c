/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "group/group.h"
#include "table/pages.h"

int
mst_members_init(struct mst_members *members, uint32_t capacity, uint32_t groups,
	const struct mst_hash_seed *seed)
{
	struct mst_members m = {.capacity = capacity, .groups = groups, .seed = seed};
	struct mst_table_options options = {.capacity = capacity, .huge_pages = true};

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

void
mst_members_prefetch(const struct mst_members *members, uint32_t group, uint32_t sid)
{
	mst_table_prefetch(members->by_key, key_hash(members, group, sid));
	__builtin_prefetch(&members->at[members->used], 1);
}

int
mst_members_add(struct mst_members *members, uint32_t group, uint32_t sid, uint64_t imei,
	uint32_t now, struct mst_member **result)
{
	uint32_t index = members->used, old;
	struct mst_member *m;
	int err;

	assert(group < members->groups);
	if (index >= members->capacity)
		return -MST_E_TABLE_FULL;
	m = &members->at[index];
	old = members->head[group];
	*m = (struct mst_member){
		.imei = imei,
		.sid = sid,
		.group = group,
		.since = now,
		.next = old,
		.previous = MST_NO_PEER,
	};
	err = mst_table_insert(members->by_key, key_hash(members, group, sid), index);
	if (err)
		return err;
	if (old != MST_NO_PEER)
		members->at[old].previous = index;
	members->head[group] = index;
	members->used = index + 1;
	atomic_store_explicit(&members->group_size[group], mst_members_of(members, group) + 1,
		memory_order_relaxed);
	*result = m;
	return 0;
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

uint32_t
mst_members_count(const struct mst_members *members)
{
	return mst_table_count(members->by_key);
}

size_t
mst_members_memory(const struct mst_members *members)
{
	return members->capacity * sizeof(*members->at) + mst_table_memory(members->by_key) +
	       members->groups * (sizeof(*members->head) + sizeof(*members->group_size));
}
