/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "subs/slf.h"

static const struct mst_hash_seed seed = {{1, 2}, {3, 4}, {5, 6}};

static uint64_t
code(const char *digits)
{
	uint64_t imsi;

	assert_int_equal(mst_imsi_encode(digits, strlen(digits), &imsi), 0);
	return imsi;
}

/* The HSS of one IMSI, or -1. */
static int
route(const struct mst_slf *slf, const char *digits)
{
	uint64_t imsi[MST_LANES];
	uint8_t hss[MST_LANES];

	imsi[17] = code(digits);
	return mst_slf_lookup_bulk(slf, MST_LANE(17), imsi, hss) ? hss[17] : -1;
}

static void
routes(void **state)
{
	static const struct mst_slf_range ranges[] = {
		{"262010000000000", "262019999999999", 1},
		{"001010000000000", "001010000000099", 0},
		{"001010000000100", "001010000000100", 2},
		{"001010", "001019", 3},
		{"00000000000000", "99999999999999", 15},
	};
	static const struct {
		const char *imsi;
		int hss;
	} rows[] = {
		{"001010000000000", 0},
		{"001010000000099", 0},
		{"001010000000100", 2},
		{"001010000000101", -1},
		{"000000000000000", -1},
		{"262009999999999", -1},
		{"262010000000000", 1},
		{"262019999999999", 1},
		{"262020000000000", -1},
		{"999999999999999", -1},
		{"001009", -1},
		{"001010", 3},
		{"001019", 3},
		{"001020", -1},
		{"0010100", -1},
		{"00000000000000", 15},
		{"99999999999999", 15},
		{"9999999999999", -1},
	};
	struct mst_slf *slf;
	unsigned bad;

	(void)state;
	assert_int_equal(mst_slf_create(&slf, ranges, 5, &bad), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(route(slf, rows[i].imsi), rows[i].hss);
	mst_slf_destroy(slf);
	mst_slf_destroy(NULL);
}

static void
refuses(void **state)
{
	static const struct {
		struct mst_slf_range ranges[3];
		int err;
		unsigned bad;
	} rows[] = {
		{{{"001010", "001019", 0}, {"00101", "001019", 0}, {"1", "2", 0}}, -MST_E_IDENTITY,
			1},
		{{{"00101x", "001019", 0}}, -MST_E_IDENTITY, 0},
		{{{"001010", "0010190", 0}}, -MST_E_IDENTITY, 0},
		{{{"001010", "00101-", 0}}, -MST_E_IDENTITY, 0},
		{{{"", "", 0}}, -MST_E_IDENTITY, 0},
		{{{"0010100000000000", "0010100000000009", 0}}, -MST_E_IDENTITY, 0},
		{{{"001010", "001019", 0}, {"001020", "001029", 0}, {"001031", "001030", 0}},
			-MST_E_ARGUMENT, 2},
		{{{"001010", "001019", 0}, {"001020", "001029", 0}, {"001030", "001039", 16}},
			-MST_E_ARGUMENT, 2},
		{{{"001020", "001029", 0}, {"001029", "001030", 0}, {"001010", "001019", 0}},
			-MST_E_EXISTS, 1},
		{{{"001025", "001025", 0}, {"001010", "001019", 0}, {"001020", "001029", 1}},
			-MST_E_EXISTS, 2},
	};
	struct mst_slf *slf = NULL;
	unsigned bad;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned count = 1;

		while (count < 3 && rows[i].ranges[count].first != NULL)
			count++;
		bad = 99;
		assert_int_equal(mst_slf_create(&slf, rows[i].ranges, count, &bad), rows[i].err);
		assert_int_equal(bad, rows[i].bad);
	}
	assert_int_equal(mst_slf_create(&slf, rows[0].ranges, 0, &bad), -MST_E_ARGUMENT);
	assert_int_equal(mst_slf_create(&slf, rows[0].ranges, MST_SLF_RANGES_MAX + 1, &bad),
		-MST_E_ARGUMENT);
	assert_null(slf);
}

/* Every number of ranges from 1 to 200 against a linear search. */
static void
equals_linear_search(void **state)
{
	static char text[200][2][16];
	static struct mst_slf_range ranges[200];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		/* Ranges of i + 1 IMSIs with gaps of 3 between them, in scattered order. */
		unsigned j = i * 77 % 200, first = 100000 + j * (j + 1) / 2 + 3 * j;

		(void)snprintf(text[i][0], 16, "%u", first);
		(void)snprintf(text[i][1], 16, "%u", first + j);
		ranges[i] = (struct mst_slf_range){text[i][0], text[i][1], (uint8_t)(j % 16)};
	}
	for (unsigned count = 1; count <= 200; count += count < 20 ? 1 : 30) {
		struct mst_slf *slf;
		unsigned bad;

		assert_int_equal(mst_slf_create(&slf, ranges, count, &bad), 0);
		for (unsigned v = 99990; v < 99990 + 64 * 330; v += MST_LANES) {
			uint64_t imsi[MST_LANES];
			uint8_t hss[MST_LANES];
			mst_lanes found;

			for (unsigned i = 0; i < MST_LANES; i++)
				imsi[i] = code("000000") + v + i;
			found = mst_slf_lookup_bulk(slf, ~(mst_lanes)0, imsi, hss);
			for (unsigned i = 0; i < MST_LANES; i++) {
				int expected = -1;

				for (unsigned k = 0; k < count; k++)
					if (v + i >= (unsigned)atoi(ranges[k].first) &&
						v + i <= (unsigned)atoi(ranges[k].last))
						expected = ranges[k].hss;
				assert_int_equal(found >> i & 1 ? hss[i] : -1, expected);
			}
		}
		mst_slf_destroy(slf);
	}
}

static struct mst_subs *
make_store(uint64_t first, unsigned count)
{
	static const struct mst_subs_profile profile = {.lifetime_s = 60, .mnc_size = 2};
	struct mst_subs_cols cols = {.imsi = {0}};
	uint8_t status[MST_LANES];
	struct mst_subs *subs;
	uint16_t number;

	assert_int_equal(mst_subs_create(&subs, count, &seed), 0);
	assert_int_equal(mst_subs_profile_add(subs, &profile, &number), 0);
	for (unsigned i = 0; i < count; i++)
		cols.imsi[i] = first + i;
	assert_true(mst_subs_add_burst(subs, mst_lanes_first(count), &cols, status) ==
		    mst_lanes_first(count));
	return subs;
}

static void
set_finds_across_stores(void **state)
{
	static const struct mst_slf_range ranges[] = {
		{"100000", "100009", 0}, {"100010", "100019", 1}, /* no store */
		{"100020", "100029", 2}, {"100030", "100039", 9}, /* not in the set */
	};
	const uint64_t zero = code("100000");
	struct mst_hss_set set = {.count = 3};
	uint64_t imsi[MST_LANES];
	uint32_t ref[MST_LANES];
	struct mst_slf *slf;
	mst_lanes found, live = ~MST_LANE(3) & mst_lanes_first(50);
	unsigned bad;

	(void)state;
	assert_int_equal(mst_slf_create(&slf, ranges, 4, &bad), 0);
	set.slf = slf;
	set.store[0] = make_store(zero, 8);       /* 100008 and 100009 are not there */
	set.store[2] = make_store(zero + 18, 10); /* 100018 and 100019 are never asked for */
	for (unsigned i = 0; i < MST_LANES; i++)
		imsi[i] = zero + i;
	found = mst_hss_lookup_bulk(&set, live, imsi, ref);
	assert_int_equal(found, 0xff00000 | 0xf7);
	mst_for_lanes(i, found) {
		unsigned hss = i < 10 ? 0 : 2;

		assert_int_equal(ref[i], mst_hss_ref(hss, hss == 0 ? i : i - 18));
		assert_ptr_equal(mst_hss_store(&set, ref[i]), set.store[hss]);
		assert_int_equal(mst_subs_imsi(mst_hss_record(&set, ref[i])), imsi[i]);
		assert_int_equal(mst_hss_profile(&set, ref[i])->lifetime_s, 60);
	}
	/* One HSS without ranges. */
	set.slf = NULL;
	found = mst_hss_lookup_bulk(&set, live, imsi, ref);
	assert_int_equal(found, 0xf7);
	mst_for_lanes(i, found)
		assert_int_equal(ref[i], i);
	mst_subs_destroy(set.store[0]);
	mst_subs_destroy(set.store[2]);
	mst_slf_destroy(slf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(equals_linear_search),
		cmocka_unit_test(set_finds_across_stores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
