/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "oscore/option.h"

static const struct {
	const char *value, *kid, *kid_context; /* NULL: absent */
	bool has_piv;
	uint64_t piv;
	bool request;
} good[] = {
	/* RFC 8613 section 6.3 and Appendix C */
	{"090525", "25", NULL, true, 5, true},
	{"0900", "", NULL, true, 0, true},
	{"1905054461"
	 "6c656b",
		"", "44616c656b", true, 5, true},
	{"", NULL, NULL, false, 0, false},
	{"0107", NULL, NULL, true, 7, false},
	{"0914", "", NULL, true, 20, true},
	{"091400", "00", NULL, true, 20, true},
	{"19140837cbf3210017a2d3", "", "37cbf3210017a2d3", true, 20, true},
	{"0100", NULL, NULL, true, 0, false},
	/* limits */
	{"09ff01020304050607", "01020304050607", NULL, true, 255, true},
	{"0a0100", "", NULL, true, 256, true},
	{"0dffffffffff47", "47", NULL, true, 0xffffffffff, true},
	{"0d010000000047", "47", NULL, true, 0x100000000, true},
	{"190000", "", "", true, 0, true},
	{"0847", "47", NULL, false, 0, false},
	{"08", "", NULL, false, 0, false},
};

static void
vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint8_t value[64], kid[8], context[32], out[MST_OSCORE_OPTION_MAX];
		size_t size = hex(good[i].value, value);
		struct mst_oscore_option o;
		int err = good[i].request ? mst_oscore_option_parse_request(value, size, &o)
					  : mst_oscore_option_parse_response(value, size, &o);

		assert_int_equal(err, 0);
		assert_int_equal(o.has_piv, good[i].has_piv);
		assert_int_equal(o.piv, good[i].piv);
		assert_int_equal(o.has_kid, good[i].kid != NULL);
		assert_int_equal(o.has_kid_context, good[i].kid_context != NULL);
		if (o.has_kid) {
			assert_int_equal(o.kid_size, hex(good[i].kid, kid));
			assert_memory_equal(o.kid, kid, o.kid_size);
		}
		if (o.has_kid_context) {
			assert_int_equal(o.kid_context_size, hex(good[i].kid_context, context));
			assert_memory_equal(o.kid_context, context, o.kid_context_size);
		}
		assert_int_equal(mst_oscore_option_encode(&o, out), size);
		assert_memory_equal(out, value, size);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *value;
		int request, response;
	} rows[] = {
		{"", MST_E_OSCORE_OPTION, 0},                         /* no Partial IV, no kid */
		{"0100", MST_E_OSCORE_OPTION, 0},                     /* no kid */
		{"0847", MST_E_OSCORE_OPTION, 0},                     /* no Partial IV */
		{"19000147", 0, MST_E_OSCORE_OPTION},                 /* kid context */
		{"00", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},     /* must have been empty */
		{"890547", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION}, /* reserved flags */
		{"490547", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},
		{"290547", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},
		{"0e01020304050647", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION}, /* n = 6, 7 */
		{"0f0102030405060747", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},
		{"0a0005", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION}, /* leading zero */
		{"0a0000", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},
		{"09", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION}, /* Partial IV past the end */
		{"0d01020304", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},
		{"1905", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION}, /* no size of the context */
		{"19050144", 0, MST_E_OSCORE_OPTION},
		{"190502"
		 "44",
			MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},    /* context past the end */
		{"010547", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION}, /* octets left over */
		{"1105014447", MST_E_OSCORE_OPTION, MST_E_OSCORE_OPTION},
		{"09050102030405060708", MST_E_OSCORE_KID, MST_E_OSCORE_KID}, /* kid of 8 */
		{"190521"
		 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
		 "47",
			MST_E_OSCORE_KID, MST_E_OSCORE_KID}, /* context of 33 */
	};
	const struct mst_oscore_option untouched = {.piv = 77, .kid_size = 3};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mst_oscore_option o = untouched;
		uint8_t value[64];
		size_t size = hex(rows[i].value, value);

		assert_int_equal(
			mst_oscore_option_parse_request(value, size, &o), -rows[i].request);
		if (rows[i].request)
			assert_memory_equal(&o, &untouched, sizeof(o));
		o = untouched;
		assert_int_equal(
			mst_oscore_option_parse_response(value, size, &o), -rows[i].response);
		if (rows[i].response)
			assert_memory_equal(&o, &untouched, sizeof(o));
	}
}

/* Whatever parses has exactly one encoding. */
static void
one_encoding(void **state)
{
	uint64_t seed = 1;
	unsigned parsed = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		uint8_t value[MST_OSCORE_OPTION_MAX + 4], out[MST_OSCORE_OPTION_MAX];
		size_t size = rnd(&seed) % (round % 4 == 0 ? sizeof(value) : 16);
		struct mst_oscore_option o;

		rnd_fill(&seed, value, sizeof(value));
		value[0] &= 0x3f;
		if (mst_oscore_option_parse_request(value, size, &o) != 0 &&
			mst_oscore_option_parse_response(value, size, &o) != 0)
			continue;
		parsed++;
		assert_int_equal(mst_oscore_option_encode(&o, out), size);
		assert_memory_equal(out, value, size);
	}
	assert_true(parsed > 10000);
}

static void
piv_sizes(void **state)
{
	(void)state;
	assert_int_equal(mst_oscore_piv_size(0), 1);
	for (unsigned n = 1; n <= MST_OSCORE_PIV_MAX; n++) {
		assert_int_equal(mst_oscore_piv_size(((uint64_t)1 << 8 * n) - 1), n);
		assert_int_equal(mst_oscore_piv_size((uint64_t)1 << (8 * n - 8)), n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(refused),
		cmocka_unit_test(one_encoding),
		cmocka_unit_test(piv_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
