/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which HSS holds a subscriber: the SLF's table (TS 29.109 interface Dz) of IMSI ranges, and the
 * set of HSS stores behind it. A site with one HSS needs no ranges.
 *
 * Across stores a subscriber is named by a reference of 32 bits: HSS number (4), index in
 * its store (28).
 *
 *	struct mst_hss_set set = {.count = 2, .store = {a, b}, .slf = slf};
 *	mst_lanes known = mst_hss_lookup_bulk(&set, live, imsi, ref);
 *	mst_for_lanes(i, known)
 *		use(mst_hss_record(&set, ref[i]));
 *
 * Threads: tables are built by the control thread and constant once workers see them.
 */
#ifndef MST_SUBS_SLF_H
#define MST_SUBS_SLF_H

#include "subs/subs.h"

#define MST_HSS_MAX        16
#define MST_SLF_RANGES_MAX 65536

/**
 * IMSIs from first to last, both included. Both have the same number of digits, 6..15; the
 * range holds IMSIs of that many digits.
 */
struct mst_slf_range {
	const char *first;
	const char *last;
	uint8_t hss; /* below MST_HSS_MAX */
};

struct mst_slf;

/**
 * Builds the table from ranges in any order; they are not kept. Returns 0, -MST_E_IDENTITY (an
 * end is no IMSI, or their lengths differ), -MST_E_ARGUMENT (first above last, hss or count out
 * of range), -MST_E_EXISTS (overlaps another range) or -MST_E_NO_MEMORY. *bad gets the number of
 * the offending range, of two that overlap the later one. Context: control thread; allocates.
 */
int mst_slf_create(
	struct mst_slf **slf, const struct mst_slf_range *ranges, unsigned count, unsigned *bad);
/** NULL is allowed. */
void mst_slf_destroy(struct mst_slf *slf);
/**
 * The HSS of 64 IMSI codes. Returns the lanes that are in a range; hss[i] of others is undefined.
 * Context: any thread, data path.
 */
mst_lanes mst_slf_lookup_bulk(
	const struct mst_slf *slf, mst_lanes live, const uint64_t *imsi, uint8_t *hss);

/** The HSS instances of a site. */
struct mst_hss_set {
	unsigned count; /* 1..MST_HSS_MAX */
	struct mst_subs *store[MST_HSS_MAX];
	const struct mst_slf *slf; /* NULL with one HSS */
};

/**
 * Finds the subscribers of 64 IMSI codes wherever they are. Returns the lanes found. An IMSI
 * outside all ranges, or routed to an HSS not in the set, is not found. Context: any thread, data
 * path.
 */
mst_lanes mst_hss_lookup_bulk(
	const struct mst_hss_set *set, mst_lanes live, const uint64_t *imsi, uint32_t *ref);

#define MST_HSS_INDEX_BITS 28

static inline uint32_t
mst_hss_ref(unsigned hss, uint32_t index)
{
	return (uint32_t)hss << MST_HSS_INDEX_BITS | index;
}

static inline struct mst_subs *
mst_hss_store(const struct mst_hss_set *set, uint32_t ref)
{
	return set->store[ref >> MST_HSS_INDEX_BITS];
}

static inline struct mst_subs_record *
mst_hss_record(const struct mst_hss_set *set, uint32_t ref)
{
	return mst_subs_record(mst_hss_store(set, ref), ref & ((1u << MST_HSS_INDEX_BITS) - 1));
}

static inline const struct mst_subs_profile *
mst_hss_profile(const struct mst_hss_set *set, uint32_t ref)
{
	return mst_subs_profile(mst_hss_store(set, ref), mst_hss_record(set, ref));
}

#endif
