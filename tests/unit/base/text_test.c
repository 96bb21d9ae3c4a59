/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wire.h"

/* RFC 4648 section 10. */
static void
base64_vectors(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	char text[16], plain[8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].plain);

		mst_base64_encode(rows[i].plain, n, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(mst_base64_decode(text, strlen(text), plain, n), 0);
		assert_memory_equal(plain, rows[i].plain, n);
	}
}

static void
base64_refuses(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_int_equal(mst_base64_decode("Zh==", 4, out, 1), -MST_E_ARGUMENT); /* spare bits */
	assert_int_equal(mst_base64_decode("Zg=", 3, out, 1), -MST_E_ARGUMENT);
	assert_int_equal(mst_base64_decode("Z===", 4, out, 1), -MST_E_ARGUMENT);
	assert_int_equal(mst_base64_decode("Zg==", 4, out, 2), -MST_E_ARGUMENT);
	assert_int_equal(mst_base64_decode("Z*9v", 4, out, 3), -MST_E_ARGUMENT);
}

static void
hex_round_trip(void **state)
{
	static const uint8_t data[] = {0x00, 0x7f, 0x80, 0xff};
	uint8_t back[4];
	char text[9];

	(void)state;
	mst_hex_encode(data, 4, text);
	assert_string_equal(text, "007f80ff");
	assert_int_equal(mst_hex_decode("007F80fF", 8, back, 4), 0);
	assert_memory_equal(back, data, 4);
	assert_int_equal(mst_hex_decode("007F80f", 7, back, 4), -MST_E_ARGUMENT);
	assert_int_equal(mst_hex_decode("007F80fg", 8, back, 4), -MST_E_ARGUMENT);
}

static void
cursor_errors_stick(void **state)
{
	uint8_t data[4] = {1, 2, 3, 4};
	struct mst_reader r = mst_reader_init(data, sizeof(data));
	struct mst_writer w = mst_writer_init(data, sizeof(data));

	(void)state;
	assert_int_equal(mst_read_be16(&r), 0x0102);
	assert_int_equal(mst_read_be32(&r), 0);
	assert_false(mst_reader_ok(&r));
	assert_int_equal(mst_read_u8(&r), 0);
	assert_int_equal(mst_reader_left(&r), 0);

	mst_write_be32(&w, 0xa0b0c0d0);
	assert_int_equal(mst_writer_size(&w), 4);
	mst_write_u8(&w, 1);
	assert_false(mst_writer_ok(&w));
	assert_int_equal(data[3], 0xd0);
}

static void
errors_have_names(void **state)
{
	(void)state;
	for (int e = 0; e < MST_E_COUNT; e++) {
		assert_non_null(mst_err_name(-e));
		assert_true(strlen(mst_err_text(e)) > 3);
	}
	assert_int_equal(mst_err_coap(-MST_E_COAP_CRITICAL), 0x82);
	assert_int_equal(mst_err_class(MST_E_TX_FULL), MST_CLASS_RESOURCE);
	assert_true(mst_equal_ct("abc", "abc", 3));
	assert_false(mst_equal_ct("abc", "abd", 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(base64_refuses),
		cmocka_unit_test(hex_round_trip),
		cmocka_unit_test(cursor_errors_stick),
		cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
