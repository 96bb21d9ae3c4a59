/* SPDX-License-Identifier: BSD-3-Clause */
#include "group/group.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

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
	*groups = (struct mst_groups){.by_gid = map, .at = at, .capacity = capacity};
	return 0;
}

void
mst_groups_fini(struct mst_groups *groups)
{
	if (groups->at == NULL)
		return;
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

int
mst_groups_add_rcu(
	struct mst_groups *groups, const struct mst_group *group, struct mst_group **result)
{
	struct mst_group *g, *standing = mst_groups_find_rcu(groups, group->gid);
	uint32_t index;

	if (standing != NULL) {
		*result = standing;
		return -MST_E_EXISTS;
	}
	index = atomic_load_explicit(&groups->used, memory_order_relaxed);
	do {
		if (index >= groups->capacity)
			return -MST_E_TABLE_FULL;
	} while (!atomic_compare_exchange_weak(&groups->used, &index, index + 1));
	g = &groups->at[index];
	memcpy(g, group, offsetof(struct mst_group, live));
	g->index = index;
	g->num = 1;
	gid_key(g->gid, g->node.key);
	standing = group_of(mst_rcu_map_add_rcu(groups->by_gid, &g->node));
	*result = standing;
	if (standing != g) {
		mst_wipe(g->kg, sizeof(g->kg));
		return -MST_E_EXISTS;
	}
	atomic_store_explicit(&g->live, 1, memory_order_release);
	return 0;
}

const struct mst_group *
mst_groups_from_rcu(const struct mst_groups *groups, uint32_t index)
{
	uint32_t used = atomic_load_explicit(&groups->used, memory_order_relaxed);

	for (; index < used; index++)
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
