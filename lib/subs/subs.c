/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/subs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

#define BARRED_SHIFT  43
#define JOINED_SHIFT  44
#define CREATED_SHIFT 54
#define DIF_MASK      ((UINT64_C(1) << MST_SUBS_DIF_BITS) - 1)
_Static_assert(MST_SUBS_DIF_BITS + 1 + 2 * 10 == 64, "the state fills its word");
_Static_assert(MST_IMSI_BITS + 14 == 64 && MST_SUBS_PROFILES_MAX == 1 << 14 &&
		       MST_IMSI_CODE_END <= UINT64_C(1) << MST_IMSI_BITS,
	"IMSI and profile fill their word");
/* Profiles are hashed as 16 octets. */
_Static_assert(sizeof(struct mst_subs_profile) == 16, "profiles have no hidden octets");

static size_t
records_size(const struct mst_subs *s)
{
	return (size_t)s->capacity * sizeof(struct mst_subs_record);
}

int
mst_subs_create(struct mst_subs **subs, uint32_t capacity, const struct mst_hash_seed *seed)
{
	struct mst_table_options by_imsi = {.capacity = capacity,
		.filled_once = true,
		.hot = true,
		.record_size = sizeof(struct mst_subs_record)};
	struct mst_table_options by_settings = {
		.capacity = MST_SUBS_PROFILES_MAX, .filled_once = true};
	struct mst_subs *s;

	if (capacity == 0 || capacity > MST_SUBS_CAPACITY_MAX)
		return -MST_E_ARGUMENT;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -MST_E_NO_MEMORY;
	s->capacity = capacity;
	s->seed = *seed;
	s->record = mst_pages_alloc(records_size(s), true);
	s->profile = calloc(MST_SUBS_PROFILES_MAX, sizeof(*s->profile));
	by_imsi.records = s->record;
	if (s->record == NULL || s->profile == NULL ||
		mst_table_create(&s->by_imsi, &by_imsi) != 0 ||
		mst_table_create(&s->by_settings, &by_settings) != 0) {
		mst_subs_destroy(s);
		return -MST_E_NO_MEMORY;
	}
	*subs = s;
	return 0;
}

void
mst_subs_destroy(struct mst_subs *subs)
{
	if (subs == NULL)
		return;
	if (subs->record != NULL)
		mst_wipe(subs->record, (size_t)subs->count * sizeof(*subs->record));
	mst_pages_free(subs->record, records_size(subs));
	mst_table_destroy(subs->by_imsi);
	mst_table_destroy(subs->by_settings);
	free(subs->profile);
	mst_wipe(subs, sizeof(*subs));
	free(subs);
}

int
mst_subs_profile_add(
	struct mst_subs *subs, const struct mst_subs_profile *profile, uint16_t *number)
{
	mst_b16 key = {0};
	struct mst_table_hit hit;
	uint64_t hash;
	int err;

	if (profile->gba_type > MST_GBA_U || profile->mnc_size < 2 || profile->mnc_size > 3 ||
		profile->lifetime_s == 0 || profile->create_limit > MST_SUBS_COUNT_MAX ||
		profile->join_limit > MST_SUBS_COUNT_MAX)
		return -MST_E_ARGUMENT;
	memcpy(key, profile, sizeof(*profile));
	hash = mst_hash_b16(&subs->seed, key);
	for (bool more = mst_table_lookup(subs->by_settings, hash, &hit); more;
		more = mst_table_next(subs->by_settings, hash, &hit)) {
		if (memcmp(&subs->profile[hit.value], profile, sizeof(*profile)) == 0) {
			*number = (uint16_t)hit.value;
			return 0;
		}
	}
	if (subs->profile_count == MST_SUBS_PROFILES_MAX)
		return -MST_E_TABLE_FULL;
	subs->profile[subs->profile_count] = *profile;
	err = mst_table_insert(subs->by_settings, hash, subs->profile_count);
	assert(err == 0 && "the table holds as many profiles as the array");
	(void)err;
	*number = (uint16_t)subs->profile_count++;
	return 0;
}

/* The index of an IMSI behind a first candidate. */
static inline bool
verify(const struct mst_subs *s, uint64_t imsi, uint64_t hash, struct mst_table_hit *hit)
{
	do {
		if (mst_subs_imsi(&s->record[hit->value]) == imsi)
			return true;
	} while (mst_table_next(s->by_imsi, hash, hit));
	return false;
}

static bool
find(const struct mst_subs *s, uint64_t imsi, uint64_t hash, uint32_t *index)
{
	struct mst_table_hit hit;

	if (!mst_table_lookup(s->by_imsi, hash, &hit) || !verify(s, imsi, hash, &hit))
		return false;
	*index = hit.value;
	return true;
}

static int
add_one(struct mst_subs *s, const struct mst_subs_cols *cols, unsigned i, uint64_t hash)
{
	struct mst_subs_record *r = &s->record[s->count];
	uint32_t index;
	int err;

	assert(cols->imsi[i] < MST_IMSI_CODE_END && cols->profile[i] < s->profile_count);
	if (find(s, cols->imsi[i], hash, &index))
		return MST_E_EXISTS;
	if (s->count == s->capacity)
		return MST_E_TABLE_FULL;
	memcpy(r->k, cols->k[i], sizeof(r->k));
	memcpy(r->opc, cols->opc[i], sizeof(r->opc));
	__atomic_store_n(&r->id, cols->imsi[i] | (uint64_t)cols->profile[i] << MST_IMSI_BITS,
		__ATOMIC_RELAXED);
	__atomic_store_n(&r->state, 0, __ATOMIC_RELAXED);
	err = mst_table_insert(s->by_imsi, hash, s->count);
	assert(err == 0 && "the table holds as many entries as the array");
	(void)err;
	__atomic_store_n(&s->count, s->count + 1, __ATOMIC_RELEASE);
	return 0;
}

mst_lanes
mst_subs_add_burst(
	struct mst_subs *subs, mst_lanes live, const struct mst_subs_cols *cols, uint8_t *status)
{
	uint64_t hash[MST_LANES];
	mst_lanes added = 0;

	mst_for_lanes(i, live) {
		hash[i] = mst_hash_u64(&subs->seed, cols->imsi[i]);
		mst_table_prefetch(subs->by_imsi, hash[i]);
	}
	mst_for_lanes(i, live) {
		int err = add_one(subs, cols, i, hash[i]);

		if (err == 0)
			added |= MST_LANE(i);
		else
			status[i] = (uint8_t)err;
	}
	return added;
}

mst_lanes
mst_subs_lookup_bulk(
	const struct mst_subs *subs, mst_lanes live, const uint64_t *imsi, uint32_t *index)
{
	struct mst_table_hit hit[MST_LANES];
	uint64_t hash[MST_LANES];
	mst_lanes found;

	mst_for_lanes(i, live)
		hash[i] = mst_hash_u64(&subs->seed, imsi[i]);
	found = mst_table_lookup_bulk(subs->by_imsi, live, hash, hit);
	mst_for_lanes(i, found) {
		if (verify(subs, imsi[i], hash[i], &hit[i]))
			index[i] = hit[i].value;
		else
			found &= ~MST_LANE(i);
	}
	return found;
}

int
mst_subs_lookup(const struct mst_subs *subs, uint64_t imsi, uint32_t *index)
{
	return find(subs, imsi, mst_hash_u64(&subs->seed, imsi), index) ? 0 : -MST_E_NOT_FOUND;
}

uint32_t
mst_subs_count(const struct mst_subs *subs)
{
	return __atomic_load_n(&subs->count, __ATOMIC_ACQUIRE);
}

size_t
mst_subs_memory(const struct mst_subs *subs)
{
	return sizeof(*subs) + records_size(subs) +
	       MST_SUBS_PROFILES_MAX * sizeof(struct mst_subs_profile) +
	       mst_table_memory(subs->by_imsi) + mst_table_memory(subs->by_settings);
}

static bool
change_state(struct mst_subs_record *r, uint64_t old, uint64_t new_state)
{
	return __atomic_compare_exchange_n(
		&r->state, &old, new_state, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void
mst_subs_set_dif(struct mst_subs_record *r, uint64_t dif)
{
	uint64_t old;

	do
		old = mst_subs_state(r);
	while (!change_state(r, old, (old & ~DIF_MASK) | (dif & DIF_MASK)));
}

void
mst_subs_set_barred(struct mst_subs_record *r, bool barred)
{
	const uint64_t bit = UINT64_C(1) << BARRED_SHIFT;

	if (barred)
		__atomic_fetch_or(&r->state, bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&r->state, ~bit, __ATOMIC_RELAXED);
}

static bool
increment(struct mst_subs_record *r, unsigned shift, unsigned limit)
{
	uint64_t old;

	assert(limit <= MST_SUBS_COUNT_MAX);
	do {
		old = mst_subs_state(r);
		if ((old >> shift & MST_SUBS_COUNT_MAX) >= limit)
			return false;
	} while (!change_state(r, old, old + (UINT64_C(1) << shift)));
	return true;
}

static void
decrement(struct mst_subs_record *r, unsigned shift)
{
	uint64_t old;

	do {
		old = mst_subs_state(r);
		if ((old >> shift & MST_SUBS_COUNT_MAX) == 0)
			return;
	} while (!change_state(r, old, old - (UINT64_C(1) << shift)));
}

int
mst_subs_inc_joined(struct mst_subs_record *r, unsigned limit)
{
	return increment(r, JOINED_SHIFT, limit) ? 0 : -MST_E_LIMIT_JOIN;
}

void
mst_subs_dec_joined(struct mst_subs_record *r)
{
	decrement(r, JOINED_SHIFT);
}

int
mst_subs_inc_created(struct mst_subs_record *r, unsigned limit)
{
	return increment(r, CREATED_SHIFT, limit) ? 0 : -MST_E_LIMIT_CREATE;
}

void
mst_subs_dec_created(struct mst_subs_record *r)
{
	decrement(r, CREATED_SHIFT);
}

void
mst_subs_restore_state(struct mst_subs_record *r, uint64_t state)
{
	__atomic_store_n(&r->state, state, __ATOMIC_RELAXED);
}
