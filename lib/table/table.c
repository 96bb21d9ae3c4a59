/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/table.h"

#include <assert.h>
#include <emmintrin.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/tsan.h"
#include "table/pages.h"

#define SLOTS 12
/* Keys of capacity for each bucket. */
#define HOME_KEYS      8
#define HOME_KEYS_ONCE 10
#define PASSED_STUCK   UINT16_MAX
/* An entry is a value and four more bits of the tag. */
#define VALUE_BITS 28
#define VALUE_MASK ((1u << VALUE_BITS) - 1)

/*
 * The writer stores an entry before its tag and clears a tag before anything else; readers load
 * in the opposite order. All fields are accessed atomically, the tags also as a vector.
 */
struct bucket {
	uint8_t tag[SLOTS]; /* 0: the slot is free */
	uint16_t passed;    /* keys whose way from home to slot leads on from here */
	uint16_t reserved;
	uint32_t entry[SLOTS];
};
_Static_assert(sizeof(struct bucket) == 64, "a bucket is a cache line");
_Static_assert(MST_TABLE_CAPACITY_MAX == 1u << VALUE_BITS, "values are indices below it");

struct mst_table {
	struct bucket *bucket;
	uint32_t buckets;
	uint32_t capacity;
	uint32_t count; /* writer; others read */
	const char *records;
	size_t record_size;
	size_t record_last; /* offset of an octet in the record's last cache line */
};

static inline uint8_t
tag_of(uint64_t hash)
{
	uint8_t tag = (uint8_t)hash;

	return tag != 0 ? tag : 1;
}

/* The entry of a value: its upper bits are more of the tag. */
static inline uint32_t
entry_of(uint64_t hash, uint32_t value)
{
	return (uint32_t)(hash >> 8) << VALUE_BITS | value;
}

static inline uint32_t
home_of(const struct mst_table *t, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * t->buckets >> 32);
}

static inline uint32_t
next_of(const struct mst_table *t, uint32_t bucket)
{
	return bucket + 1 < t->buckets ? bucket + 1 : 0;
}

/*
 * Bit s of the result: slot s seems to have the tag. The vector load is no atomic access in C's
 * eyes, so what it shows is only a hint; the thread sanitizer gets to see the same with atomic
 * loads.
 */
#if MST_TSAN
static inline uint32_t
match(const struct bucket *b, uint8_t tag)
{
	uint32_t mask = 0;

	for (unsigned s = 0; s < SLOTS; s++)
		mask |= (uint32_t)(__atomic_load_n(&b->tag[s], __ATOMIC_RELAXED) == tag) << s;
	return mask;
}
#else
static inline uint32_t
match(const struct bucket *b, uint8_t tag)
{
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)b);
	__m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));

	return (uint32_t)_mm_movemask_epi8(equal) & ((1u << SLOTS) - 1);
}
#endif

/* Takes the first of the slots `rest` of a bucket that still has the hash's tag. */
static inline bool
take(const struct mst_table *t, uint32_t bucket, uint32_t rest, uint64_t hash,
	struct mst_table_hit *hit)
{
	const struct bucket *b = &t->bucket[bucket];

	for (; rest != 0; rest &= rest - 1) {
		unsigned s = (unsigned)__builtin_ctz(rest);
		uint32_t entry;

		if (__atomic_load_n(&b->tag[s], __ATOMIC_ACQUIRE) != tag_of(hash))
			continue;
		entry = __atomic_load_n(&b->entry[s], __ATOMIC_ACQUIRE);
		if ((entry ^ entry_of(hash, 0)) >> VALUE_BITS != 0)
			continue;
		hit->value = entry & VALUE_MASK;
		hit->bucket = bucket;
		hit->rest = rest & (rest - 1);
		return true;
	}
	return false;
}

static inline bool
passed(const struct mst_table *t, uint32_t bucket)
{
	return __atomic_load_n(&t->bucket[bucket].passed, __ATOMIC_RELAXED) != 0;
}

/* Searches the buckets behind `bucket`. */
static bool
search_on(const struct mst_table *t, uint32_t bucket, uint64_t hash, struct mst_table_hit *hit)
{
	uint32_t home = home_of(t, hash);

	while (passed(t, bucket)) {
		bucket = next_of(t, bucket);
		if (bucket == home)
			return false;
		if (take(t, bucket, match(&t->bucket[bucket], tag_of(hash)), hash, hit))
			return true;
	}
	return false;
}

int
mst_table_create(struct mst_table **table, const struct mst_table_options *options)
{
	const uint32_t home_keys = options->filled_once ? HOME_KEYS_ONCE : HOME_KEYS;
	struct mst_table *t;

	if (options->capacity == 0 || options->capacity > MST_TABLE_CAPACITY_MAX)
		return -MST_E_ARGUMENT;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -MST_E_NO_MEMORY;
	t->capacity = options->capacity;
	t->buckets = (uint32_t)(((uint64_t)options->capacity + home_keys - 1) / home_keys);
	t->records = options->records;
	t->record_size = options->record_size;
	t->record_last = t->record_size > 0 ? t->record_size - 1 : 0;
	t->bucket = mst_pages_alloc((size_t)t->buckets * sizeof(struct bucket), options->hot);
	if (t->bucket == NULL) {
		free(t);
		return -MST_E_NO_MEMORY;
	}
	*table = t;
	return 0;
}

void
mst_table_destroy(struct mst_table *table)
{
	if (table == NULL)
		return;
	mst_pages_free(table->bucket, (size_t)table->buckets * sizeof(struct bucket));
	free(table);
}

static inline void
prefetch_record(const struct mst_table *t, uint32_t value)
{
	const char *record = t->records + (size_t)value * t->record_size;

	__builtin_prefetch(record);
	__builtin_prefetch(record + t->record_last);
}

mst_lanes
mst_table_lookup_bulk(const struct mst_table *table, mst_lanes live, const uint64_t *hash,
	struct mst_table_hit *hit)
{
	uint32_t home[MST_LANES];
	mst_lanes found = 0, further = 0;

	mst_for_lanes(i, live) {
		home[i] = home_of(table, hash[i]);
		__builtin_prefetch(&table->bucket[home[i]]);
	}
	mst_for_lanes(i, live) {
		uint32_t same = match(&table->bucket[home[i]], tag_of(hash[i]));

		if (take(table, home[i], same, hash[i], &hit[i])) {
			found |= MST_LANE(i);
			if (table->records != NULL)
				prefetch_record(table, hit[i].value);
		} else if (passed(table, home[i])) {
			further |= MST_LANE(i);
			__builtin_prefetch(&table->bucket[next_of(table, home[i])]);
		}
	}
	mst_for_lanes(i, further) {
		if (!search_on(table, home[i], hash[i], &hit[i]))
			continue;
		found |= MST_LANE(i);
		if (table->records != NULL)
			prefetch_record(table, hit[i].value);
	}
	return found;
}

bool
mst_table_lookup(const struct mst_table *table, uint64_t hash, struct mst_table_hit *hit)
{
	uint32_t home = home_of(table, hash);

	return take(table, home, match(&table->bucket[home], tag_of(hash)), hash, hit) ||
	       search_on(table, home, hash, hit);
}

bool
mst_table_next(const struct mst_table *table, uint64_t hash, struct mst_table_hit *hit)
{
	return take(table, hit->bucket, hit->rest, hash, hit) ||
	       search_on(table, hit->bucket, hash, hit);
}

void
mst_table_prefetch(const struct mst_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->bucket[home_of(table, hash)]);
}

/* Counts one key more or less on its way from home to the bucket of its slot. */
static void
count_way(struct mst_table *t, uint32_t home, uint32_t bucket, int delta)
{
	for (uint32_t i = home; i != bucket; i = next_of(t, i)) {
		uint16_t *counter = &t->bucket[i].passed;

		/* A counter that ever was full stays so: searches go on, which is harmless. */
		if (*counter != PASSED_STUCK)
			__atomic_store_n(counter, (uint16_t)(*counter + delta), __ATOMIC_RELAXED);
	}
}

static void
set_count(struct mst_table *t, uint32_t count)
{
	__atomic_store_n(&t->count, count, __ATOMIC_RELAXED);
}

int
mst_table_insert(struct mst_table *table, uint64_t hash, uint32_t value)
{
	uint32_t home = home_of(table, hash), bucket = home;
	uint32_t free_slots;
	struct bucket *b;
	unsigned s;

	assert(value <= VALUE_MASK);
	if (table->count == table->capacity)
		return -MST_E_TABLE_FULL;
	while ((free_slots = match(&table->bucket[bucket], 0)) == 0)
		bucket = next_of(table, bucket);
	b = &table->bucket[bucket];
	s = (unsigned)__builtin_ctz(free_slots);
	count_way(table, home, bucket, 1);
	__atomic_store_n(&b->entry[s], entry_of(hash, value), __ATOMIC_RELEASE);
	__atomic_store_n(&b->tag[s], tag_of(hash), __ATOMIC_RELEASE);
	set_count(table, table->count + 1);
	return 0;
}

/* The writer's search for an entry: its slot, or -1. */
static int
find_entry(struct mst_table *t, uint64_t hash, uint32_t value, struct mst_table_hit *hit)
{
	for (bool more = mst_table_lookup(t, hash, hit); more;
		more = mst_table_next(t, hash, hit)) {
		if (hit->value != value)
			continue;
		for (int s = 0; s < SLOTS; s++)
			if (t->bucket[hit->bucket].tag[s] == tag_of(hash) &&
				t->bucket[hit->bucket].entry[s] == entry_of(hash, value))
				return s;
	}
	return -1;
}

int
mst_table_replace(struct mst_table *table, uint64_t hash, uint32_t old_value, uint32_t new_value)
{
	struct mst_table_hit hit;
	int s = find_entry(table, hash, old_value, &hit);

	if (s < 0)
		return -MST_E_NOT_FOUND;
	assert(new_value <= VALUE_MASK);
	__atomic_store_n(
		&table->bucket[hit.bucket].entry[s], entry_of(hash, new_value), __ATOMIC_RELEASE);
	return 0;
}

int
mst_table_delete(struct mst_table *table, uint64_t hash, uint32_t value)
{
	struct mst_table_hit hit;
	int s = find_entry(table, hash, value, &hit);

	if (s < 0)
		return -MST_E_NOT_FOUND;
	__atomic_store_n(&table->bucket[hit.bucket].tag[s], 0, __ATOMIC_RELEASE);
	count_way(table, home_of(table, hash), hit.bucket, -1);
	set_count(table, table->count - 1);
	return 0;
}

bool
mst_table_walk(const struct mst_table *table, uint64_t *position, uint32_t *value)
{
	const uint64_t end = (uint64_t)table->buckets * SLOTS;

	for (uint64_t p = *position; p < end; p++) {
		const struct bucket *b = &table->bucket[p / SLOTS];

		if (__atomic_load_n(&b->tag[p % SLOTS], __ATOMIC_ACQUIRE) == 0)
			continue;
		*value = __atomic_load_n(&b->entry[p % SLOTS], __ATOMIC_ACQUIRE) & VALUE_MASK;
		*position = p + 1;
		return true;
	}
	*position = end;
	return false;
}

uint32_t
mst_table_count(const struct mst_table *table)
{
	return __atomic_load_n(&table->count, __ATOMIC_RELAXED);
}

uint32_t
mst_table_capacity(const struct mst_table *table)
{
	return table->capacity;
}

size_t
mst_table_memory(const struct mst_table *table)
{
	return sizeof(*table) + (size_t)table->buckets * sizeof(struct bucket);
}
