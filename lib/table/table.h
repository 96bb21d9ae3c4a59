/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash table of fixed capacity from 64-bit hashes to 28-bit values (indices of records), with
 * lock-free lookups by any number of threads beside one writer. Keys stay in the caller's
 * records: a lookup yields candidates, the caller compares. A candidate is wrong with a
 * probability of about 8/4096, so the first one nearly always decides.
 *
 *	struct mst_table_hit hit[MST_LANES];
 *	mst_lanes found = 0, maybe = mst_table_lookup_bulk(table, live, hash, hit);
 *	mst_for_lanes(i, maybe) {
 *		do {
 *			if (record[hit[i].value].key == key[i])
 *				found |= MST_LANE(i);
 *		} while (!(found & MST_LANE(i)) && mst_table_next(table, hash[i], &hit[i]));
 *	}
 *
 * Arithmetic. A bucket is one cache line: 12 tags of 8 bits, a count, 12 values with 4 more bits of
 * the tag. There is one bucket for every 8 keys of capacity, or for every 10 in a table that is
 * filled once: a key costs 8 or 6.4 octets, and the load never exceeds 0.67 or 0.83. A key that
 * finds its home bucket full goes to the next with room; since slots outnumber keys, an insert
 * below capacity always succeeds. Each bucket counts the keys that passed it, so a search ends at
 * the first bucket that nobody passed, and deletion needs neither tombstones nor moves; but keys
 * stay where they are when room nearer home is freed. Measured with the table at capacity, in
 * buckets searched beyond the first:
 *
 *	load	keys				a hit	a miss	longest
 *	0.83	filled once, 10 M		0.12	0.93	41
 *	0.67	coming, 10 M			0.02	0.10	10
 *	0.67	each come and gone 6 times, 4 M	0.09	0.77	11
 *
 * Races. A key that is present throughout a search is found; one inserted or deleted meanwhile
 * is found or not. A candidate's value is always one that was in the table for some key during
 * the search; comparing the key makes it exact. What must outlive the search is the record:
 * where records are freed or reused, search inside an RCU read section (any time between two
 * quiescent reports) and reuse an index only after a grace period; the table itself needs no
 * RCU.
 */
#ifndef MST_TABLE_TABLE_H
#define MST_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lanes.h"

#define MST_TABLE_CAPACITY_MAX 0x10000000u

struct mst_table;

struct mst_table_options {
	uint32_t capacity;   /* keys that fit for sure, 1..MST_TABLE_CAPACITY_MAX */
	bool filled_once;    /* keys are hardly ever deleted: pack them more densely */
	bool hot;            /* touched at once, on huge pages where there are any: pages.h */
	const void *records; /* value v means the record at records + v * record_size; a bulk */
	size_t record_size;  /* lookup prefetches that record. NULL and 0: no prefetch */
};

/** A candidate, and where its search stands. */
struct mst_table_hit {
	uint32_t value;
	uint32_t bucket; /* private */
	uint32_t rest;   /* private */
};

/**
 * Creates an empty table.
 * Returns 0, -MST_E_ARGUMENT (capacity) or -MST_E_NO_MEMORY.
 * Context: any thread; allocates.
 */
int mst_table_create(struct mst_table **table, const struct mst_table_options *options);
/** Frees the table; NULL is allowed. Context: after the last reader has left. */
void mst_table_destroy(struct mst_table *table);

/**
 * Searches for 64 hashes at once. Returns the lanes with a candidate in hit[i]; hit[i] of the
 * others is undefined. Context: any thread, data path.
 */
mst_lanes mst_table_lookup_bulk(const struct mst_table *table, mst_lanes live, const uint64_t *hash,
	struct mst_table_hit *hit);
/** Searches for one hash: whether hit holds a candidate. Context: any thread, data path. */
bool mst_table_lookup(const struct mst_table *table, uint64_t hash, struct mst_table_hit *hit);
/**
 * Goes on behind a candidate whose key was another: whether hit holds a further one. False ends
 * the search. Context: the thread that began the search.
 */
bool mst_table_next(const struct mst_table *table, uint64_t hash, struct mst_table_hit *hit);

/** Fetches the hash's home bucket ahead of an insert, delete or lookup. Context: any thread. */
void mst_table_prefetch(const struct mst_table *table, uint64_t hash);
/**
 * Adds a value for a key that is not in the table; uniqueness is the caller's promise. The
 * record must be complete before: readers may follow the value at once.
 * The value is below MST_TABLE_CAPACITY_MAX.
 * Returns 0 or -MST_E_TABLE_FULL (capacity reached). Context: writer, data path.
 */
int mst_table_insert(struct mst_table *table, uint64_t hash, uint32_t value);
/**
 * Exchanges the value of a key, in one step for readers.
 * Returns 0 or -MST_E_NOT_FOUND (no such hash with old_value). Context: writer, data path.
 */
int mst_table_replace(
	struct mst_table *table, uint64_t hash, uint32_t old_value, uint32_t new_value);
/**
 * Removes the key with this hash and value. Its room is free at once; the record is the caller's
 * to free after a grace period. Returns 0 or -MST_E_NOT_FOUND. Context: writer, data path.
 */
int mst_table_delete(struct mst_table *table, uint64_t hash, uint32_t value);

/**
 * Walks through all values: whether there was a further one. *position is 0 at the start. Values
 * present during the whole walk are seen exactly once. Context: any thread.
 */
bool mst_table_walk(const struct mst_table *table, uint64_t *position, uint32_t *value);

/** Keys in the table. Context of these three: any thread. */
uint32_t mst_table_count(const struct mst_table *table);
uint32_t mst_table_capacity(const struct mst_table *table);
/** Octets of address space the table takes. */
size_t mst_table_memory(const struct mst_table *table);

#endif
