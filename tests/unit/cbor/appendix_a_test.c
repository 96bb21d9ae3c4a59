/* SPDX-License-Identifier: BSD-3-Clause */
/* The examples of RFC 8949 Appendix A and the ill-formed ones of Appendix F. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cbor/cbor.h"

#define OK        0
#define ENCODING  (-MST_E_CBOR_ENCODING)
#define MALFORMED (-MST_E_CBOR_MALFORMED)

struct row {
	const char *hex;
	int err;
};

/* Floats in a longer form than needed and indefinite lengths are valid CBOR, not deterministic. */
static const struct row appendix_a[] = {
	{"00", OK},
	{"01", OK},
	{"0a", OK},
	{"17", OK},
	{"1818", OK},
	{"1819", OK},
	{"1864", OK},
	{"1903e8", OK},
	{"1a000f4240", OK},
	{"1b000000e8d4a51000", OK},
	{"1bffffffffffffffff", OK},
	{"c249010000000000000000", OK},
	{"3bffffffffffffffff", OK},
	{"c349010000000000000000", OK},
	{"20", OK},
	{"29", OK},
	{"3863", OK},
	{"3903e7", OK},
	{"f90000", OK},
	{"f98000", OK},
	{"f93c00", OK},
	{"fb3ff199999999999a", OK},
	{"f93e00", OK},
	{"f97bff", OK},
	{"fa47c35000", OK},
	{"fa7f7fffff", OK},
	{"fb7e37e43c8800759c", OK},
	{"f90001", OK},
	{"f90400", OK},
	{"f9c400", OK},
	{"fbc010666666666666", OK},
	{"f97c00", OK},
	{"f97e00", OK},
	{"f9fc00", OK},
	{"fa7f800000", ENCODING},
	{"fa7fc00000", ENCODING},
	{"faff800000", ENCODING},
	{"fb7ff0000000000000", ENCODING},
	{"fb7ff8000000000000", ENCODING},
	{"fbfff0000000000000", ENCODING},
	{"f4", OK},
	{"f5", OK},
	{"f6", OK},
	{"f7", OK},
	{"f0", OK},
	{"f8ff", OK},
	{"c074323031332d30332d32315432303a30343a30305a", OK},
	{"c11a514b67b0", OK},
	{"c1fb41d452d9ec200000", OK},
	{"d74401020304", OK},
	{"d818456449455446", OK},
	{"d82076687474703a2f2f7777772e6578616d706c652e636f6d", OK},
	{"40", OK},
	{"4401020304", OK},
	{"60", OK},
	{"6161", OK},
	{"6449455446", OK},
	{"62225c", OK},
	{"62c3bc", OK},
	{"63e6b0b4", OK},
	{"64f0908591", OK},
	{"80", OK},
	{"83010203", OK},
	{"8301820203820405", OK},
	{"98190102030405060708090a0b0c0d0e0f101112131415161718181819", OK},
	{"a0", OK},
	{"a201020304", OK},
	{"a26161016162820203", OK},
	{"826161a161626163", OK},
	{"a56161614161626142616361436164614461656145", OK},
	{"5f42010243030405ff", ENCODING},
	{"7f657374726561646d696e67ff", ENCODING},
	{"9fff", ENCODING},
	{"9f018202039f0405ffff", ENCODING},
	{"9f01820203820405ff", ENCODING},
	{"83018202039f0405ff", ENCODING},
	{"83019f0203ff820405", ENCODING},
	{"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", ENCODING},
	{"bf61610161629f0203ffff", ENCODING},
	{"826161bf61626163ff", ENCODING},
	{"bf6346756ef563416d7421ff", ENCODING},
};

/* Appendix F: not well-formed. Inside indefinite lengths the first fault met is the length. */
static const struct row appendix_f[] = {
	{"", MALFORMED},
	/* end of input in a head */
	{"18", MALFORMED},
	{"19", MALFORMED},
	{"1a", MALFORMED},
	{"1b", MALFORMED},
	{"1901", MALFORMED},
	{"1a0102", MALFORMED},
	{"1b01020304050607", MALFORMED},
	{"38", MALFORMED},
	{"58", MALFORMED},
	{"78", MALFORMED},
	{"98", MALFORMED},
	{"9a01ff00", MALFORMED},
	{"b8", MALFORMED},
	{"d8", MALFORMED},
	{"f8", MALFORMED},
	{"f900", MALFORMED},
	{"fa0000", MALFORMED},
	{"fb000000", MALFORMED},
	/* definite-length strings with short data */
	{"41", MALFORMED},
	{"61", MALFORMED},
	{"5affffffff00", MALFORMED},
	{"5bffffffffffffffff010203", MALFORMED},
	{"7affffffff00", MALFORMED},
	{"7b7fffffffffffffff010203", MALFORMED},
	/* definite-length maps and arrays not closed with enough items */
	{"81", MALFORMED},
	{"818181818181818181", MALFORMED},
	{"8200", MALFORMED},
	{"a1", MALFORMED},
	{"a20102", MALFORMED},
	{"a100", MALFORMED},
	{"a2000000", MALFORMED},
	/* tag without content */
	{"c0", MALFORMED},
	/* indefinite-length strings, arrays, maps */
	{"5f4100", ENCODING},
	{"7f6100", ENCODING},
	{"9f", ENCODING},
	{"9f0102", ENCODING},
	{"bf", ENCODING},
	{"bf01020102", ENCODING},
	{"819f", ENCODING},
	{"9f8000", ENCODING},
	/* reserved additional information */
	{"1c", MALFORMED},
	{"1d", MALFORMED},
	{"1e", MALFORMED},
	{"3c", MALFORMED},
	{"3d", MALFORMED},
	{"3e", MALFORMED},
	{"5c", MALFORMED},
	{"5e", MALFORMED},
	{"7c", MALFORMED},
	{"7e", MALFORMED},
	{"9c", MALFORMED},
	{"9e", MALFORMED},
	{"bc", MALFORMED},
	{"be", MALFORMED},
	{"dc", MALFORMED},
	{"de", MALFORMED},
	{"fc", MALFORMED},
	{"fd", MALFORMED},
	{"fe", MALFORMED},
	/* reserved two-octet encodings of simple values */
	{"f800", MALFORMED},
	{"f801", MALFORMED},
	{"f818", MALFORMED},
	{"f81f", MALFORMED},
	/* break outside of indefinite lengths */
	{"ff", MALFORMED},
	{"81ff", MALFORMED},
	{"8200ff", MALFORMED},
	{"a1ff", MALFORMED},
	{"a1ff00", MALFORMED},
	{"a100ff", MALFORMED},
	{"a20000ff", MALFORMED},
	/* integers and tags with additional information 31 */
	{"1f", MALFORMED},
	{"3f", MALFORMED},
	{"df", MALFORMED},
};

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(rows[i].hex) / 2;
		uint8_t data[64];
		int err;

		assert_int_equal(mst_hex_decode(rows[i].hex, 2 * n, data, n), 0);
		err = mst_cbor_check(data, n);
		if (err != rows[i].err)
			fail_msg("%s: %s", rows[i].hex, mst_err_name(err));
	}
}

static void
examples(void **state)
{
	(void)state;
	check_rows(appendix_a, sizeof(appendix_a) / sizeof(appendix_a[0]));
}

static void
ill_formed_examples(void **state)
{
	(void)state;
	check_rows(appendix_f, sizeof(appendix_f) / sizeof(appendix_f[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(ill_formed_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
