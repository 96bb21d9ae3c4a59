/* SPDX-License-Identifier: BSD-3-Clause */
#include "rcu/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <urcu-qsbr.h>
/* The table's header takes the flavour from the header before it. */
#include <urcu/rculfhash.h>

#include "base/err.h"
#include "base/tsan.h"

#define BUCKETS_MAX ((size_t)1 << 28)

struct mst_rcu_map {
	struct cds_lfht *table;
	struct mst_hash_seed seed;
	size_t count;
};

_Static_assert(sizeof(((struct mst_rcu_node *)0)->link) == sizeof(struct cds_lfht_node) &&
		       offsetof(struct mst_rcu_node, link) % _Alignof(struct cds_lfht_node) == 0,
	"a node has room for liburcu's node");
_Static_assert(sizeof(struct mst_rcu_walk) == sizeof(struct cds_lfht_iter),
	"a walk has room for liburcu's iterator");

static struct cds_lfht_node *
to_cds(struct mst_rcu_node *node)
{
	return (struct cds_lfht_node *)(void *)node->link;
}

static struct mst_rcu_node *
record_of(struct cds_lfht_node *node)
{
	MST_TSAN_ACQUIRE(node);
	return mst_rcu_record((void *)node, struct mst_rcu_node, link);
}

static struct mst_rcu_node *
from_cds(struct cds_lfht_node *node)
{
	return node != NULL ? record_of(node) : NULL;
}

static int
match(struct cds_lfht_node *node, const void *key)
{
	return memcmp(record_of(node)->key, key, sizeof(mst_b16)) == 0;
}

static unsigned long
hash_of(const struct mst_rcu_map *map, const uint8_t *key)
{
	return mst_hash_b16(&map->seed, key);
}

int
mst_rcu_map_create(struct mst_rcu_map **map, size_t buckets, const struct mst_hash_seed *seed)
{
	struct mst_rcu_map *m;
	size_t size = 1;

	if (buckets == 0 || buckets > BUCKETS_MAX)
		return -MST_E_ARGUMENT;
	while (size < buckets)
		size *= 2;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -MST_E_NO_MEMORY;
	m->seed = *seed;
	m->table = cds_lfht_new(size, size, size, 0, NULL);
	if (m->table == NULL) {
		free(m);
		return -MST_E_NO_MEMORY;
	}
	*map = m;
	return 0;
}

void
mst_rcu_map_destroy(struct mst_rcu_map *map)
{
	int err;

	if (map == NULL)
		return;
	err = cds_lfht_destroy(map->table, NULL);
	assert(err == 0 && "the map is empty");
	(void)err;
	free(map);
}

struct mst_rcu_node *
mst_rcu_map_lookup_rcu(struct mst_rcu_map *map, const mst_b16 key)
{
	struct cds_lfht_iter iter;

	cds_lfht_lookup(map->table, hash_of(map, key), match, key, &iter);
	return from_cds(cds_lfht_iter_get_node(&iter));
}

struct mst_rcu_node *
mst_rcu_map_add_rcu(struct mst_rcu_map *map, struct mst_rcu_node *node)
{
	struct cds_lfht_node *present;

	MST_TSAN_RELEASE(to_cds(node));
	present = cds_lfht_add_unique(
		map->table, hash_of(map, node->key), match, node->key, to_cds(node));
	if (present == to_cds(node))
		__atomic_add_fetch(&map->count, 1, __ATOMIC_RELAXED);
	return from_cds(present);
}

int
mst_rcu_map_replace_rcu(
	struct mst_rcu_map *map, struct mst_rcu_node *old, struct mst_rcu_node *fresh)
{
	unsigned long hash = hash_of(map, old->key);
	struct cds_lfht_iter iter;

	assert(memcmp(old->key, fresh->key, sizeof(old->key)) == 0);
	MST_TSAN_RELEASE(to_cds(fresh));
	cds_lfht_lookup(map->table, hash, match, old->key, &iter);
	if (cds_lfht_iter_get_node(&iter) != to_cds(old) ||
		cds_lfht_replace(map->table, &iter, hash, match, fresh->key, to_cds(fresh)) != 0)
		return -MST_E_NOT_FOUND;
	return 0;
}

int
mst_rcu_map_del_rcu(struct mst_rcu_map *map, struct mst_rcu_node *node)
{
	if (cds_lfht_del(map->table, to_cds(node)) != 0)
		return -MST_E_NOT_FOUND;
	__atomic_sub_fetch(&map->count, 1, __ATOMIC_RELAXED);
	return 0;
}

static struct mst_rcu_node *
keep(struct mst_rcu_walk *walk, struct cds_lfht_iter *iter)
{
	memcpy(walk->priv, iter, sizeof(*iter));
	return from_cds(cds_lfht_iter_get_node(iter));
}

struct mst_rcu_node *
mst_rcu_map_first_rcu(struct mst_rcu_map *map, struct mst_rcu_walk *walk)
{
	struct cds_lfht_iter iter;

	cds_lfht_first(map->table, &iter);
	return keep(walk, &iter);
}

struct mst_rcu_node *
mst_rcu_map_next_rcu(struct mst_rcu_map *map, struct mst_rcu_walk *walk)
{
	struct cds_lfht_iter iter;

	memcpy(&iter, walk->priv, sizeof(iter));
	if (cds_lfht_iter_get_node(&iter) == NULL)
		return NULL;
	cds_lfht_next(map->table, &iter);
	return keep(walk, &iter);
}

size_t
mst_rcu_map_count(const struct mst_rcu_map *map)
{
	size_t count = __atomic_load_n(&map->count, __ATOMIC_RELAXED);

	/* A delete may be counted before the add it undoes. */
	return count <= SIZE_MAX / 2 ? count : 0;
}
