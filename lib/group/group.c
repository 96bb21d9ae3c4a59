/* SPDX-License-Identifier: BSD-3-Clause */
#include "group/group.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

#define NO_PLACE UINT32_MAX

int
mst_groups_init(struct mst_groups *groups, uint32_t capacity, const struct mst_hash_seed *seed)
{
	struct mst_group *at = mst_pages_alloc(capacity * sizeof(*at), false);
	struct mst_rcu_map *map;
	int err;

	if (at == NULL)
		return -MST_E_NO_MEMORY;
	err = mst_rcu_map_create(&map, capacity, seed);
	if (err) {
		mst_pages_free(at, capacity * sizeof(*at));
		return err;
	}
	*groups = (struct mst_groups){
		.by_gid = map, .at = at, .capacity = capacity, .free = NO_PLACE};
	return 0;
}

void
mst_groups_fini(struct mst_groups *groups)
{
	if (groups->at == NULL)
		return;
	mst_rcu_barrier();
	for (uint32_t i = 0; i < groups->used; i++)
		if (groups->at[i].live)
			mst_rcu_map_del_rcu(groups->by_gid, &groups->at[i].node);
	mst_rcu_map_destroy(groups->by_gid);
	mst_pages_free(groups->at, groups->capacity * sizeof(*groups->at));
	*groups = (struct mst_groups){0};
}

static struct mst_group *
group_of(struct mst_rcu_node *node)
{
	return node != NULL ? mst_rcu_record(node, struct mst_group, node) : NULL;
}

static void
gid_key(uint64_t gid, mst_b16 key)
{
	mst_put_be64(key, gid);
	memset(key + 8, 0, 8);
}

struct mst_group *
mst_groups_find_rcu(struct mst_groups *groups, uint64_t gid)
{
	mst_b16 key;

	gid_key(gid, key);
	return group_of(mst_rcu_map_lookup_rcu(groups->by_gid, key));
}

/** The tag makes a place that was taken and given back meanwhile another top. */
static uint32_t
take_place(struct mst_groups *groups)
{
	uint64_t top = atomic_load_explicit(&groups->free, memory_order_acquire);
	uint32_t index;

	while ((uint32_t)top != NO_PLACE) {
		uint32_t next =
			__atomic_load_n(&groups->at[(uint32_t)top].next_free, __ATOMIC_RELAXED);

		if (atomic_compare_exchange_weak_explicit(&groups->free, &top,
			    ((top >> 32) + 1) << 32 | next, memory_order_acquire,
			    memory_order_acquire))
			return (uint32_t)top;
	}
	index = atomic_load_explicit(&groups->used, memory_order_relaxed);
	do {
		if (index >= groups->capacity)
			return NO_PLACE;
	} while (!atomic_compare_exchange_weak(&groups->used, &index, index + 1));
	return index;
}

static void
give_place(struct mst_groups *groups, uint32_t index)
{
	uint64_t top = atomic_load_explicit(&groups->free, memory_order_relaxed);

	do {
		__atomic_store_n(&groups->at[index].next_free, (uint32_t)top, __ATOMIC_RELAXED);
	} while (!atomic_compare_exchange_weak_explicit(&groups->free, &top,
		((top >> 32) + 1) << 32 | index, memory_order_release, memory_order_relaxed));
}

int
mst_groups_add_rcu(struct mst_groups *groups, const struct mst_group *group,
	struct mst_group_state *state, struct mst_group **result)
{
	struct mst_group *g, *standing = mst_groups_find_rcu(groups, group->gid);
	uint32_t index;

	if (standing != NULL) {
		*result = standing;
		return -MST_E_EXISTS;
	}
	index = take_place(groups);
	if (index == NO_PLACE)
		return -MST_E_TABLE_FULL;
	g = &groups->at[index];
	g->gid = group->gid;
	memcpy(g->origin, group->origin, sizeof(g->origin));
	g->creator = group->creator;
	g->created = group->created;
	g->keeper = group->keeper;
	g->index = index;
	g->now = state;
	g->groups = groups;
	gid_key(g->gid, g->node.key);
	standing = group_of(mst_rcu_map_add_rcu(groups->by_gid, &g->node));
	*result = standing;
	if (standing != g) {
		give_place(groups, index);
		return -MST_E_EXISTS;
	}
	atomic_store_explicit(&g->live, 1, memory_order_release);
	return 0;
}

static void
free_group(struct mst_rcu_head *head)
{
	struct mst_group *g = mst_rcu_record(head, struct mst_group, node.head);

	mst_group_state_put(g->now);
	give_place(g->groups, g->index);
}

void
mst_groups_del_rcu(struct mst_groups *groups, struct mst_group *group)
{
	atomic_store_explicit(&group->live, 0, memory_order_release);
	mst_rcu_map_del_rcu(groups->by_gid, &group->node);
	mst_rcu_defer(&group->node.head, free_group);
}

struct mst_group *
mst_groups_from_rcu(const struct mst_groups *groups, uint32_t index)
{
	for (uint32_t used = mst_groups_used(groups); index < used; index++)
		if (atomic_load_explicit(&groups->at[index].live, memory_order_acquire))
			return &groups->at[index];
	return NULL;
}

uint32_t
mst_groups_count(const struct mst_groups *groups)
{
	return (uint32_t)mst_rcu_map_count(groups->by_gid);
}

size_t
mst_groups_memory(const struct mst_groups *groups)
{
	return groups->capacity * sizeof(*groups->at);
}
