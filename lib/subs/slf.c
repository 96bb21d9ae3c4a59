/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/slf.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Ranges in ascending order, none overlapping, as columns: a search touches `first` alone. */
struct mst_slf {
	unsigned count;
	uint64_t *first;
	uint64_t *last;
	uint8_t *hss;
};

struct row {
	uint64_t first, last;
	unsigned number;
	uint8_t hss;
};

static int
parse_range(const struct mst_slf_range *range, struct row *row)
{
	size_t size = strlen(range->first);
	int err;

	if (strlen(range->last) != size)
		return -MST_E_IDENTITY;
	err = mst_imsi_encode(range->first, size, &row->first);
	if (err == 0)
		err = mst_imsi_encode(range->last, size, &row->last);
	if (err != 0)
		return err;
	if (row->first > row->last || range->hss >= MST_HSS_MAX)
		return -MST_E_ARGUMENT;
	row->hss = range->hss;
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Reads, sorts and checks the ranges. */
static int
sort_ranges(const struct mst_slf_range *ranges, unsigned count, struct row *row, unsigned *bad)
{
	for (unsigned i = 0; i < count; i++) {
		int err = parse_range(&ranges[i], &row[i]);

		row[i].number = i;
		if (err != 0) {
			*bad = i;
			return err;
		}
	}
	qsort(row, count, sizeof(*row), by_first);
	for (unsigned i = 1; i < count; i++) {
		unsigned a = row[i - 1].number, b = row[i].number;

		if (row[i].first <= row[i - 1].last) {
			*bad = a > b ? a : b;
			return -MST_E_EXISTS;
		}
	}
	return 0;
}

static struct mst_slf *
slf_alloc(unsigned count)
{
	struct mst_slf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->count = count;
	s->first = calloc(count, sizeof(*s->first));
	s->last = calloc(count, sizeof(*s->last));
	s->hss = calloc(count, sizeof(*s->hss));
	if (s->first == NULL || s->last == NULL || s->hss == NULL) {
		mst_slf_destroy(s);
		return NULL;
	}
	return s;
}

int
mst_slf_create(
	struct mst_slf **slf, const struct mst_slf_range *ranges, unsigned count, unsigned *bad)
{
	struct mst_slf *s = NULL;
	struct row *row;
	int err;

	if (count == 0 || count > MST_SLF_RANGES_MAX) {
		*bad = 0;
		return -MST_E_ARGUMENT;
	}
	row = calloc(count, sizeof(*row));
	if (row == NULL)
		return -MST_E_NO_MEMORY;
	err = sort_ranges(ranges, count, row, bad);
	if (err == 0 && (s = slf_alloc(count)) == NULL)
		err = -MST_E_NO_MEMORY;
	if (err == 0) {
		for (unsigned i = 0; i < count; i++) {
			s->first[i] = row[i].first;
			s->last[i] = row[i].last;
			s->hss[i] = row[i].hss;
		}
		*slf = s;
	}
	free(row);
	return err;
}

void
mst_slf_destroy(struct mst_slf *slf)
{
	if (slf == NULL)
		return;
	free(slf->first);
	free(slf->last);
	free(slf->hss);
	free(slf);
}

mst_lanes
mst_slf_lookup_bulk(const struct mst_slf *slf, mst_lanes live, const uint64_t *imsi, uint8_t *hss)
{
	uint32_t at[MST_LANES] = {0};
	mst_lanes found = 0;

	/* All lanes halve their interval [at, at + left) together, without branches on the data. */
	for (uint32_t left = slf->count; left > 1; left -= left / 2) {
		uint32_t half = left / 2;

		mst_for_lanes(i, live)
			at[i] += slf->first[at[i] + half] <= imsi[i] ? half : 0;
	}
	mst_for_lanes(i, live) {
		if (imsi[i] < slf->first[at[i]] || imsi[i] > slf->last[at[i]])
			continue;
		hss[i] = slf->hss[at[i]];
		found |= MST_LANE(i);
	}
	return found;
}

/* Searches one store for the lanes `mine`. */
static mst_lanes
lookup_in(const struct mst_hss_set *set, unsigned hss, mst_lanes mine, const uint64_t *imsi,
	uint32_t *ref)
{
	mst_lanes found;

	if (hss >= set->count || set->store[hss] == NULL)
		return 0;
	found = mst_subs_lookup_bulk(set->store[hss], mine, imsi, ref);
	mst_for_lanes(i, found)
		ref[i] = mst_hss_ref(hss, ref[i]);
	return found;
}

mst_lanes
mst_hss_lookup_bulk(
	const struct mst_hss_set *set, mst_lanes live, const uint64_t *imsi, uint32_t *ref)
{
	mst_lanes found = 0, rest;
	uint8_t hss[MST_LANES];

	if (set->slf == NULL)
		return lookup_in(set, 0, live, imsi, ref);
	rest = mst_slf_lookup_bulk(set->slf, live, imsi, hss);
	while (rest != 0) {
		unsigned first = (unsigned)__builtin_ctzll(rest);
		mst_lanes mine = 0;

		mst_for_lanes(i, rest)
			mine |= (mst_lanes)(hss[i] == hss[first]) << i;
		found |= lookup_in(set, hss[first], mine, imsi, ref);
		rest &= ~mine;
	}
	return found;
}
