/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cbor/cbor.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct octets {
	uint8_t data[300];
	size_t size;
};

static struct mst_cbor
reader(const char *hex, struct octets *o)
{
	o->size = strlen(hex) / 2;
	assert_int_equal(mst_hex_decode(hex, 2 * o->size, o->data, o->size), 0);
	return mst_cbor_init(o->data, o->size);
}

static void
integers(void **state)
{
	static const struct {
		const char *hex;
		int64_t min, max, value;
		int err;
	} rows[] = {
		{"00", 0, 0, 0, 0},
		{"20", -1, -1, -1, 0},
		{"17", 0, 22, 0, MST_E_CBOR_RANGE},
		{"1818", 24, 24, 24, 0},
		{"1818", 25, 99, 0, MST_E_CBOR_RANGE},
		{"1817", 0, 99, 0, MST_E_CBOR_ENCODING},
		{"1900ff", 0, 999, 0, MST_E_CBOR_ENCODING},
		{"1a0000ffff", 0, 99999, 0, MST_E_CBOR_ENCODING},
		{"1b00000000ffffffff", 0, INT64_MAX, 0, MST_E_CBOR_ENCODING},
		{"1b7fffffffffffffff", INT64_MIN, INT64_MAX, INT64_MAX, 0},
		{"1b8000000000000000", INT64_MIN, INT64_MAX, 0, MST_E_CBOR_RANGE},
		{"3b7fffffffffffffff", INT64_MIN, INT64_MAX, INT64_MIN, 0},
		{"3b8000000000000000", INT64_MIN, INT64_MAX, 0, MST_E_CBOR_RANGE},
		{"3863", -100, -100, -100, 0},
		{"40", 0, 0, 0, MST_E_CBOR_TYPE},
		{"f6", 0, 0, 0, MST_E_CBOR_TYPE},
		{"19ff", 0, 0, 0, MST_E_CBOR_MALFORMED},
		{"", 0, 0, 0, MST_E_CBOR_MALFORMED},
	};
	struct octets o;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mst_cbor r = reader(rows[i].hex, &o);

		assert_int_equal(mst_cbor_read_int(&r, rows[i].min, rows[i].max), rows[i].value);
		assert_int_equal(mst_cbor_end(&r), -rows[i].err);
		if (rows[i].min < 0)
			continue;
		r = reader(rows[i].hex, &o);
		mst_cbor_read_uint(&r, (uint64_t)rows[i].max);
		if (rows[i].value > 0)
			assert_int_equal(mst_cbor_end(&r), 0);
	}
	struct mst_cbor r = reader("1bffffffffffffffff", &o);

	assert_true(mst_cbor_read_uint(&r, UINT64_MAX) == UINT64_MAX);
	r = reader("1bffffffffffffffff", &o);
	assert_true(mst_cbor_read_uint(&r, UINT64_MAX - 1) == 0);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_RANGE);
	r = reader("20", &o);
	assert_true(mst_cbor_read_uint(&r, 1) == 0);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_TYPE);
}

static void
strings(void **state)
{
	static const struct {
		const char *hex;
		bool text;
		size_t min, max;
		int err;
	} rows[] = {
		{"43010203", false, 3, 3, 0},
		{"43010203", false, 4, 9, MST_E_CBOR_RANGE},
		{"43010203", false, 0, 2, MST_E_CBOR_RANGE},
		{"430102", false, 0, 9, MST_E_CBOR_MALFORMED},
		{"430102", false, 0, 1, MST_E_CBOR_MALFORMED},
		{"40", false, 0, 0, 0},
		{"40", false, 1, 1, MST_E_CBOR_RANGE},
		{"63616263", false, 0, 9, MST_E_CBOR_TYPE},
		{"43616263", true, 0, 9, MST_E_CBOR_TYPE},
		{"63616263", true, 3, 3, 0},
		{"63616263", true, 4, 9, MST_E_CBOR_RANGE},
		{"60", true, 0, 0, 0},
		{"5803010203", false, 0, 9, MST_E_CBOR_ENCODING},
		{"5f43010203ff", false, 0, 9, MST_E_CBOR_ENCODING},
		{"5bffffffffffffffff00", false, 0, SIZE_MAX, MST_E_CBOR_MALFORMED},
		/* RFC 3629: overlong, surrogate, above U+10FFFF, cut, lone continuation */
		{"62c3bc", true, 2, 2, 0},
		{"62c080", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"62c1bf", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"63e09fbf", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"63e0a080", true, 0, 9, 0},
		{"63ed9fbf", true, 0, 9, 0},
		{"63eda080", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"63ee8080", true, 0, 9, 0},
		{"64f08fbfbf", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"64f0908080", true, 0, 9, 0},
		{"64f48fbfbf", true, 0, 9, 0},
		{"64f4908080", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"64f5808080", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"61c3", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"62e6b0", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"63f09085", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"6180", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"69616161616161616180", true, 0, 9, MST_E_CBOR_MALFORMED},
		{"6a616161616161616161c3", true, 0, 19, MST_E_CBOR_MALFORMED},
		{"6a6161616161616161c3bc", true, 0, 19, 0},
	};
	struct octets o;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mst_cbor r = reader(rows[i].hex, &o);
		struct mst_cbor_span s = rows[i].text
						 ? mst_cbor_read_tstr(&r, rows[i].min, rows[i].max)
						 : mst_cbor_read_bstr(&r, rows[i].min, rows[i].max);

		if (mst_cbor_end(&r) != -rows[i].err)
			fail_msg("%s: %s", rows[i].hex, mst_err_name(mst_cbor_status(&r)));
		assert_ptr_equal(s.data, rows[i].err != 0 ? NULL : o.data + 1);
		assert_int_equal(s.size, rows[i].err != 0 ? 0 : o.size - 1);
	}
	struct mst_cbor r = reader("43010203", &o);

	assert_ptr_equal(mst_cbor_read_bytes(&r, 3), o.data + 1);
	r = reader("43010203", &o);
	assert_null(mst_cbor_read_bytes(&r, 2));
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_RANGE);
}

static void
simple_values(void **state)
{
	struct octets o;
	struct mst_cbor r = reader("f4f5f6f6f7", &o);

	(void)state;
	assert_false(mst_cbor_read_bool(&r));
	assert_false(mst_cbor_try_null(&r));
	assert_true(mst_cbor_read_bool(&r));
	assert_true(mst_cbor_try_null(&r));
	mst_cbor_read_null(&r);
	assert_int_equal(mst_cbor_status(&r), 0);
	assert_int_equal(mst_cbor_peek(&r), MST_CBOR_SIMPLE);
	assert_false(mst_cbor_read_bool(&r));
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_TYPE);
	assert_int_equal(mst_cbor_peek(&r), MST_CBOR_NONE);
	r = reader("f5", &o);
	mst_cbor_read_null(&r);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_TYPE);
	r = mst_cbor_init(NULL, 0);
	assert_false(mst_cbor_try_null(&r));
	mst_cbor_read_null(&r);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_MALFORMED);
	r = mst_cbor_init(NULL, 0);
	assert_false(mst_cbor_read_bool(&r));
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_MALFORMED);
}

/* Keys of the map as "k=v," for unsigned values, "k," for values left unread. */
static int
read_map(const char *hex, char *text)
{
	struct octets o;
	struct mst_cbor r = reader(hex, &o);
	struct mst_cbor_iter map;
	int64_t key = 4711;

	*text = '\0';
	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (mst_cbor_peek(&r) == MST_CBOR_UINT)
			text += sprintf(text, "%lld=%llu,", (long long)key,
				(unsigned long long)mst_cbor_read_uint(&r, 99));
		else
			text += sprintf(text, "%lld,", (long long)key);
	}
	assert_false(mst_cbor_next_key(&r, &map, &key));
	assert_int_equal(r.depth, 0);
	return mst_cbor_end(&r);
}

static void
maps(void **state)
{
	static const struct {
		const char *hex, *text;
		int err;
	} rows[] = {
		{"a0", "", 0},
		{"a10102", "1=2,", 0},
		{"a200010102", "0=1,1=2,", 0},
		{"a217011818022003", "23=1,24=2,", MST_E_CBOR_MALFORMED},
		{"a317011818022003", "23=1,24=2,-1=3,", 0},
		{"a3200137023818f6", "-1=1,-24=2,-25,", 0},
		{"a21819011901000a", "25=1,256=10,", 0},
		/* values left unread are passed over, whatever they hold */
		{"a301820102024161030a", "1,2,3=10,", 0},
		{"a201a20102030405f5", "1,5,", 0},
		/* keys that are no int64 are passed over with their values */
		{"a40101410203613204f505", "1=1,", 0},
		{"a301011b8000000000000000022003", "1=1,-1=3,", 0},
		{"a301013b8000000000000000024103", "1=1,", MST_E_CBOR_MALFORMED},
		{"a2010181020a", "1=1,", 0},
		{"a1f601", "", 0},
		/* order and duplicates, also among keys that are passed over */
		{"a2020a010a", "2=10,", MST_E_CBOR_ENCODING},
		{"a2010a010a", "1=10,", MST_E_CBOR_ENCODING},
		{"a2200a010a", "-1=10,", MST_E_CBOR_ENCODING},
		{"a2210a200a", "-2=10,", MST_E_CBOR_ENCODING},
		{"a218190a18180a", "25=10,", MST_E_CBOR_ENCODING},
		{"a218180a170a", "24=10,", MST_E_CBOR_ENCODING},
		{"a361610161620161620a", "", MST_E_CBOR_ENCODING},
		{"a261620161610a", "", MST_E_CBOR_ENCODING},
		{"a2010a18010a", "1=10,", MST_E_CBOR_ENCODING},
		/* an unread value is checked */
		{"a201181702f5", "1=0,", MST_E_CBOR_ENCODING},
		{"a20161ff020a", "1,", MST_E_CBOR_MALFORMED},
		{"a101", "", MST_E_CBOR_MALFORMED},
		{"a1", "", MST_E_CBOR_MALFORMED},
		{"a10101ff", "1=1,", MST_E_CBOR_MALFORMED},
		{"bf0101ff", "", MST_E_CBOR_ENCODING},
		{"b80101020304", "", MST_E_CBOR_ENCODING},
		{"bb7fffffffffffffff0101", "", MST_E_CBOR_MALFORMED},
		{"820101", "", MST_E_CBOR_TYPE},
		{"", "", MST_E_CBOR_MALFORMED},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int err = read_map(rows[i].hex, text);

		if (err != -rows[i].err || strcmp(text, rows[i].text) != 0)
			fail_msg("%s: %s \"%s\"", rows[i].hex, mst_err_name(err), text);
	}
}

static void
arrays(void **state)
{
	struct octets o;
	struct mst_cbor r = reader("840182020340f6", &o);
	struct mst_cbor_iter array;
	struct mst_cbor_span raw;

	(void)state;
	mst_cbor_open_array(&r, &array);
	assert_int_equal(array.left, 4);
	assert_true(mst_cbor_next_item(&r, &array));
	assert_int_equal(mst_cbor_read_uint(&r, 9), 1);
	assert_true(mst_cbor_next_item(&r, &array));
	raw = mst_cbor_read_item(&r);
	assert_ptr_equal(raw.data, o.data + 2);
	assert_int_equal(raw.size, 3);
	assert_true(mst_cbor_next_item(&r, &array));
	assert_true(mst_cbor_next_item(&r, &array)); /* the empty string stays unread */
	assert_true(mst_cbor_try_null(&r));
	assert_false(mst_cbor_next_item(&r, &array));
	assert_int_equal(mst_cbor_end(&r), 0);

	r = reader("8201f5", &o);
	assert_int_equal(mst_cbor_read_array(&r, 2, 2), 2);
	assert_int_equal(mst_cbor_read_uint(&r, 9), 1);
	assert_true(mst_cbor_read_bool(&r));
	assert_int_equal(mst_cbor_end(&r), 0);
	r = reader("8201f5", &o);
	assert_int_equal(mst_cbor_read_array(&r, 0, 1), 0);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_RANGE);
	r = reader("8401f5", &o);
	assert_int_equal(mst_cbor_read_array(&r, 0, 9), 0);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_MALFORMED);
	raw = mst_cbor_read_item(&r);
	assert_null(raw.data);
}

static void
errors_stick(void **state)
{
	struct octets o;
	struct mst_cbor r = reader("010203", &o);
	struct mst_cbor_iter iter;
	int64_t key = 5;

	(void)state;
	assert_int_equal(mst_cbor_read_uint(&r, 9), 1);
	mst_cbor_fail(&r, MST_E_CBOR_MISSING);
	mst_cbor_fail(&r, MST_E_CBOR_RANGE);
	assert_int_equal(mst_cbor_read_uint(&r, 9), 0);
	assert_int_equal(mst_cbor_read_int(&r, 5, 9), 0);
	assert_null(mst_cbor_read_bstr(&r, 0, 9).data);
	assert_null(mst_cbor_read_tstr(&r, 0, 9).data);
	assert_int_equal(mst_cbor_read_array(&r, 0, 9), 0);
	mst_cbor_open_array(&r, &iter);
	assert_false(mst_cbor_next_item(&r, &iter));
	mst_cbor_open_map(&r, &iter);
	assert_false(mst_cbor_next_key(&r, &iter, &key));
	assert_int_equal(key, 5);
	mst_cbor_skip(&r);
	assert_int_equal(mst_cbor_end(&r), -MST_E_CBOR_MISSING);
}

static void
depth_is_limited(void **state)
{
	static const uint8_t heads[][9] = {
		{0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81},
		{0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1},
	};
	uint8_t data[64];

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		memcpy(data, heads[i], 9);
		data[8] = 0;
		assert_int_equal(mst_cbor_check(data, 9), 0);
		data[8] = heads[i][8];
		data[9] = 0;
		assert_int_equal(mst_cbor_check(data, 10), -MST_E_CBOR_DEPTH);
	}
	for (size_t i = 0; i < 9; i++) {
		data[2 * i] = 0xa1;
		data[2 * i + 1] = 0;
	}
	data[16] = 0;
	assert_int_equal(mst_cbor_check(data, 17), 0);
	data[16] = 0xa1;
	data[18] = 0;
	assert_int_equal(mst_cbor_check(data, 19), -MST_E_CBOR_DEPTH);

	/* What the caller has open counts too. */
	struct mst_cbor r = mst_cbor_init(data, 19);
	struct mst_cbor_iter map;
	int64_t key;

	for (int level = 0; level < 8; level++) {
		mst_cbor_open_map(&r, &map);
		assert_true(mst_cbor_next_key(&r, &map, &key));
	}
	mst_cbor_open_map(&r, &map);
	assert_int_equal(mst_cbor_status(&r), -MST_E_CBOR_DEPTH);
	memset(data, 0x81, sizeof(data));
	assert_int_equal(mst_cbor_check(data, sizeof(data)), -MST_E_CBOR_DEPTH);
}

static void
writer_fills_exactly(void **state)
{
	static const uint64_t limits[] = {
		0, 23, 24, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000, UINT64_MAX};
	uint8_t data[300];

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		size_t n = mst_cbor_head_size(limits[i]);
		struct mst_writer w = mst_writer_init(data, n);
		struct mst_cbor r = mst_cbor_init(data, n);

		mst_cbor_write_uint(&w, limits[i]);
		assert_int_equal(mst_writer_size(&w), n);
		assert_true(mst_cbor_read_uint(&r, UINT64_MAX) == limits[i]);
		assert_int_equal(mst_cbor_end(&r), 0);
		w = mst_writer_init(data, n - 1);
		mst_cbor_write_uint(&w, limits[i]);
		assert_false(mst_writer_ok(&w));
	}
	for (size_t n = 0; n < 290; n++) {
		size_t size = mst_cbor_head_size(n) + n;
		struct mst_writer w = mst_writer_init(data, size);
		uint8_t *room = mst_cbor_write_bstr_span(&w, n);

		assert_ptr_equal(room, data + size - n);
		w = mst_writer_init(data, size - 1);
		assert_null(mst_cbor_write_bstr_span(&w, n));
		assert_int_equal(mst_writer_size(&w), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(strings),
		cmocka_unit_test(simple_values),
		cmocka_unit_test(maps),
		cmocka_unit_test(arrays),
		cmocka_unit_test(errors_stick),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(writer_fills_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
