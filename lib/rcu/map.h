/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Concurrent hash map from 16-octet keys to records that embed their node: liburcu's lock-free
 * table at a fixed number of buckets. Any number of readers and writers. Made for records
 * that are few beside subscribers (groups): a lookup costs two or three dependent cache misses.
 *
 *	struct group {
 *		struct mst_rcu_node node;
 *		...
 *	};
 *	struct mst_rcu_node *other = mst_rcu_map_add_rcu(map, &g->node);
 *	if (other != &g->node)
 *		... the key is taken, g was not added ...
 *
 * The caller fills node.key before adding and leaves it alone until the record is freed. A removed
 * record is freed through mst_rcu_defer() (node.head is free for that from then on).
 * Context of all _rcu functions: registered online thread, inside a read section that lasts as
 * long as the returned pointer is used; lock-free, never block, never allocate.
 */
#ifndef MST_RCU_MAP_H
#define MST_RCU_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "rcu/rcu.h"

struct mst_rcu_map;

struct mst_rcu_node {
	uintptr_t link[2];
	struct mst_rcu_head head;
	mst_b16 key;
};

/** A place in a walk over the map. */
struct mst_rcu_walk {
	void *priv[2];
};

/** The record that embeds a node, e.g. mst_rcu_record(node, struct group, node). */
#define mst_rcu_record(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/**
 * Creates a map with at least `buckets` buckets, 1..2^28: as many as records expected; more
 * records still fit, at the price of longer chains. The seed is copied.
 * Returns 0, -MST_E_ARGUMENT or -MST_E_NO_MEMORY. Context: any thread; allocates.
 */
int mst_rcu_map_create(struct mst_rcu_map **map, size_t buckets, const struct mst_hash_seed *seed);
/**
 * Frees an empty map; NULL is allowed. Removing and deferring the records is the caller's part.
 * Context: any thread outside a read section, after the last user of the map; blocks.
 */
void mst_rcu_map_destroy(struct mst_rcu_map *map);

/** The node with this key, or NULL. */
struct mst_rcu_node *mst_rcu_map_lookup_rcu(struct mst_rcu_map *map, const mst_b16 key);
/** Adds node unless its key is taken. Returns node, or the present node of that key. */
struct mst_rcu_node *mst_rcu_map_add_rcu(struct mst_rcu_map *map, struct mst_rcu_node *node);
/**
 * Puts `fresh` (same key) in the place of `old`: readers see the one or the other.
 * Returns 0, or -MST_E_NOT_FOUND when old was removed or replaced meanwhile; fresh is then not in
 * the map. Of several threads that remove or replace one node, one succeeds: it frees old.
 */
int mst_rcu_map_replace_rcu(
	struct mst_rcu_map *map, struct mst_rcu_node *old, struct mst_rcu_node *fresh);
/** Removes a node. Returns 0, or -MST_E_NOT_FOUND when another thread did: it is the one to free.
 */
int mst_rcu_map_del_rcu(struct mst_rcu_map *map, struct mst_rcu_node *node);

/** The first node of a walk, or NULL. Nodes added or removed during the walk may be seen or not. */
struct mst_rcu_node *mst_rcu_map_first_rcu(struct mst_rcu_map *map, struct mst_rcu_walk *walk);
/** The next node, or NULL at the end; the present node may have been removed. */
struct mst_rcu_node *mst_rcu_map_next_rcu(struct mst_rcu_map *map, struct mst_rcu_walk *walk);

/** Records in the map; approximate while writers run. Context: any thread. */
size_t mst_rcu_map_count(const struct mst_rcu_map *map);

#endif
