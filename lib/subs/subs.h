/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subscriber store of one HSS: an array of 48-octet records with K, OPc and the subscriber's
 * state, a table from IMSI to index, and the settings that many subscribers share (profiles).
 *
 *	struct mst_subs *subs;
 *	int err = mst_subs_create(&subs, 10000000, &seed);
 *	mst_lanes known = mst_subs_lookup_bulk(subs, live, imsi, index);
 *	mst_for_lanes(i, known)
 *		use(mst_subs_record(subs, index[i])->k);
 *
 * A subscriber is added once and keeps its index; taking one out of service is barring it.
 * Threads: subscribers and profiles are added by one thread (control); workers look up and read
 * beside it without locks or read sections, as nothing is ever freed or moved. The state word of
 * a record may be changed by any thread.
 * Limits: 2^28 subscribers; 16384 profiles. Memory: 48 octets a record and 8 a table entry.
 */
#ifndef MST_SUBS_SUBS_H
#define MST_SUBS_SUBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aka/imsi.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/lanes.h"
#include "table/table.h"

#define MST_SUBS_CAPACITY_MAX (1u << 28)
#define MST_SUBS_PROFILES_MAX (1u << 14)
/** Largest value of the counters of groups joined and created. */
#define MST_SUBS_COUNT_MAX 1023

/** What the card can do (GUSS uiccType, TS 29.109). */
enum mst_gba_type {
	MST_GBA_ME = 0, /* keys live in the ME */
	MST_GBA_U = 1,  /* Ks stays on the UICC */
};

/** Settings shared by many subscribers (GUSS); equal rows are stored once. */
struct mst_subs_profile {
	uint32_t lifetime_s; /* of Ks */
	uint16_t amf;        /* authentication management field of TS 33.102 */
	uint8_t gba_type;    /* enum mst_gba_type */
	uint8_t mnc_size;    /* digits of the MNC, 2 or 3 */
	uint8_t hss;         /* HSS instance that holds the subscriber */
	uint8_t flags;       /* MST_SUBS_F_... */
	uint8_t naf_groups;  /* bit n: NAFs of group n may have keys (GUSS nafGroup); 0: all may */
	uint8_t tags;        /* for the allow-lists of groups */
	uint16_t create_limit; /* groups the subscriber may create; 0: the gateway's limit */
	uint16_t join_limit;   /* groups the subscriber may be in; 0: the gateway's limit */
};

/** The subscriber may not create groups. */
#define MST_SUBS_F_NO_CREATE 0x01
/** The subscriber may not join groups. */
#define MST_SUBS_F_NO_JOIN 0x02

/** One subscriber. The last two words are read and written by the functions below only. */
struct mst_subs_record {
	mst_b16 k;
	mst_b16 opc;
	uint64_t id;    /* imsi:50 profile:14, constant */
	uint64_t state; /* dif:43 barred:1 joined:10 created:10, any thread */
};
_Static_assert(sizeof(struct mst_subs_record) == 48, "ten million subscribers in 480 MB");

/** Fields are private but for the inline functions below. */
struct mst_subs {
	struct mst_subs_record *record;
	struct mst_subs_profile *profile;
	struct mst_table *by_imsi;
	struct mst_table *by_settings; /* control thread only */
	struct mst_hash_seed seed;
	uint32_t capacity;
	uint32_t count;         /* control thread; others read */
	uint32_t profile_count; /* control thread */
};

/**
 * Creates an empty store. The seed is copied.
 * Returns 0, -MST_E_ARGUMENT (capacity outside 1..MST_SUBS_CAPACITY_MAX) or -MST_E_NO_MEMORY.
 * Context: any thread; allocates.
 */
int mst_subs_create(struct mst_subs **subs, uint32_t capacity, const struct mst_hash_seed *seed);
/** Wipes and frees; NULL is allowed. Context: after the last reader has left. */
void mst_subs_destroy(struct mst_subs *subs);

/**
 * The number of the profile equal to *profile, added if new.
 * Returns 0, -MST_E_ARGUMENT (gba_type, mnc_size, lifetime_s of 0, or a limit above
 * MST_SUBS_COUNT_MAX) or -MST_E_TABLE_FULL. Context: control thread.
 */
int mst_subs_profile_add(
	struct mst_subs *subs, const struct mst_subs_profile *profile, uint16_t *number);

/** Subscribers to add, one a lane. */
struct mst_subs_cols {
	uint64_t imsi[MST_LANES]; /* codes */
	mst_b16 k[MST_LANES];
	mst_b16 opc[MST_LANES];
	uint16_t profile[MST_LANES]; /* numbers from mst_subs_profile_add() */
};

/**
 * Adds subscribers with all state zero; indices count up from 0 in the order of lanes. Returns the
 * lanes added; status[i] of another live lane is MST_E_EXISTS (its IMSI is present, or in a lower
 * lane) or MST_E_TABLE_FULL. Context: control thread.
 */
mst_lanes mst_subs_add_burst(
	struct mst_subs *subs, mst_lanes live, const struct mst_subs_cols *cols, uint8_t *status);

/**
 * Finds the indices of 64 IMSI codes. Returns the lanes found; index[i] of others is undefined.
 * Records found are being fetched into the cache. Context: any thread, data path.
 */
mst_lanes mst_subs_lookup_bulk(
	const struct mst_subs *subs, mst_lanes live, const uint64_t *imsi, uint32_t *index);
/** Finds one. Returns 0 or -MST_E_NOT_FOUND. Context: any thread. */
int mst_subs_lookup(const struct mst_subs *subs, uint64_t imsi, uint32_t *index);

/** Subscribers present; indices are below it. Context: any thread. */
uint32_t mst_subs_count(const struct mst_subs *subs);
/** Octets of address space of the store. Context: any thread. */
size_t mst_subs_memory(const struct mst_subs *subs);

/** Context of all below: any thread, data path. */
static inline struct mst_subs_record *
mst_subs_record(const struct mst_subs *subs, uint32_t index)
{
	return &subs->record[index];
}

static inline uint64_t
mst_subs_imsi(const struct mst_subs_record *r)
{
	return __atomic_load_n(&r->id, __ATOMIC_RELAXED) & ((UINT64_C(1) << MST_IMSI_BITS) - 1);
}

/** The settings of a subscriber of this store. */
static inline const struct mst_subs_profile *
mst_subs_profile(const struct mst_subs *subs, const struct mst_subs_record *r)
{
	return &subs->profile[__atomic_load_n(&r->id, __ATOMIC_RELAXED) >> MST_IMSI_BITS];
}

/** The state word, to take several fields from one moment. */
static inline uint64_t
mst_subs_state(const struct mst_subs_record *r)
{
	return __atomic_load_n(&r->state, __ATOMIC_RELAXED);
}

#define MST_SUBS_DIF_BITS 43

/** Offset of the subscriber's SEQ from the clock, mod 2^43 (TS 33.102 Annex C.1.1.3). */
static inline uint64_t
mst_subs_state_dif(uint64_t state)
{
	return state & ((UINT64_C(1) << MST_SUBS_DIF_BITS) - 1);
}

static inline bool
mst_subs_state_barred(uint64_t state)
{
	return state >> 43 & 1;
}

/** Groups the subscriber is in. */
static inline unsigned
mst_subs_state_joined(uint64_t state)
{
	return state >> 44 & MST_SUBS_COUNT_MAX;
}

/** Groups that the subscriber created and that exist. */
static inline unsigned
mst_subs_state_created(uint64_t state)
{
	return (unsigned)(state >> 54);
}

/** Sets the offset, mod 2^43. */
void mst_subs_set_dif(struct mst_subs_record *r, uint64_t dif);
void mst_subs_set_barred(struct mst_subs_record *r, bool barred);
/** Counts one more group joined. Returns 0, or -MST_E_LIMIT_JOIN at `limit` (at most 1023). */
int mst_subs_inc_joined(struct mst_subs_record *r, unsigned limit);
/** Counts one less; stays at 0. */
void mst_subs_dec_joined(struct mst_subs_record *r);
/** Counts one more group created. Returns 0, or -MST_E_LIMIT_CREATE at `limit` (at most 1023). */
int mst_subs_inc_created(struct mst_subs_record *r, unsigned limit);
/** Counts one less; stays at 0. */
void mst_subs_dec_created(struct mst_subs_record *r);
/** Sets the whole state, as restored from the database. */
void mst_subs_restore_state(struct mst_subs_record *r, uint64_t state);

#endif
