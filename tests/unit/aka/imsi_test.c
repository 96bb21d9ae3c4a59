/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aka/imsi.h"
#include "base/err.h"

static uint64_t
next_random(uint64_t *s)
{
	uint64_t z = *s += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The code by the definition in the header, one digit after the other. */
static uint64_t
plain_code(const char *digits, size_t size)
{
	uint64_t code = 0, power = 1000000000000000;

	for (size_t i = 0; i < size; i++)
		code = code * 10 + (uint64_t)(digits[i] - '0');
	for (size_t n = 15; n > size; n--, power /= 10)
		code += power;
	return code;
}

/* Copies to a buffer of exactly this size, so that a sanitizer sees reads beyond it. */
static int
encode(const char *digits, size_t size, uint64_t *code)
{
	char exact[24];

	memcpy(exact + sizeof(exact) - size, digits, size);
	return mst_imsi_encode(exact + sizeof(exact) - size, size, code);
}

static void
check(const char *digits, size_t size)
{
	char back[MST_IMSI_DIGITS_MAX];
	uint64_t code;

	assert_int_equal(encode(digits, size, &code), 0);
	assert_true(code == plain_code(digits, size));
	assert_true(code < MST_IMSI_CODE_END);
	assert_int_equal(mst_imsi_decode(code, back), size);
	assert_memory_equal(back, digits, size);
}

static void
codes_of_limits(void **state)
{
	static const struct {
		const char *digits;
		uint64_t code;
	} rows[] = {
		{"000000000000000", 0},
		{"001010000000001", 1010000000001},
		{"999999999999999", 999999999999999},
		{"00000000000000", 1000000000000000},
		{"99999999999999", 1099999999999999},
		{"0000000000000", 1100000000000000},
		{"0000000", 1111111100000000},
		{"9999999", 1111111109999999},
		{"000000", 1111111110000000},
		{"999999", 1111111110999999},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t code;

		check(rows[i].digits, strlen(rows[i].digits));
		assert_int_equal(encode(rows[i].digits, strlen(rows[i].digits), &code), 0);
		assert_true(code == rows[i].code);
	}
}

static void
every_length_and_back(void **state)
{
	uint64_t random = 1;
	char digits[MST_IMSI_DIGITS_MAX];

	(void)state;
	for (size_t size = MST_IMSI_DIGITS_MIN; size <= MST_IMSI_DIGITS_MAX; size++) {
		for (int round = 0; round < 20000; round++) {
			for (size_t i = 0; i < size; i++)
				digits[i] = (char)('0' + next_random(&random) % 10);
			check(digits, size);
		}
	}
}

/* All of the shortest IMSIs; then codes drawn from the whole range. */
static void
every_code_is_an_imsi(void **state)
{
	char digits[MST_IMSI_DIGITS_MAX];
	uint64_t random = 2;

	(void)state;
	for (uint64_t code = 1111111110000000; code < MST_IMSI_CODE_END; code++) {
		size_t size = mst_imsi_decode(code, digits);

		if (code % 1000 == 0)
			check(digits, size);
		assert_true(plain_code(digits, size) == code);
	}
	for (int round = 0; round < 100000; round++) {
		uint64_t code = next_random(&random) % MST_IMSI_CODE_END;

		assert_true(plain_code(digits, mst_imsi_decode(code, digits)) == code);
	}
}

static void
refuses_other_characters(void **state)
{
	char digits[MST_IMSI_DIGITS_MAX + 1];
	uint64_t code = 77;

	(void)state;
	memset(digits, '5', sizeof(digits));
	for (size_t size = 0; size < MST_IMSI_DIGITS_MIN; size++)
		assert_int_equal(encode(digits, size, &code), -MST_E_IDENTITY);
	assert_int_equal(encode(digits, 16, &code), -MST_E_IDENTITY);
	assert_int_equal(mst_imsi_encode(digits, SIZE_MAX, &code), -MST_E_IDENTITY);
	for (size_t size = MST_IMSI_DIGITS_MIN; size <= MST_IMSI_DIGITS_MAX; size++) {
		for (size_t at = 0; at < size; at++) {
			for (int c = 0; c < 256; c++) {
				if (c >= '0' && c <= '9')
					continue;
				digits[at] = (char)c;
				assert_int_equal(encode(digits, size, &code), -MST_E_IDENTITY);
			}
			digits[at] = '5';
		}
	}
	assert_int_equal(code, 77);
}

static void
impi_rows(void **state)
{
	static const struct {
		const char *imsi;
		unsigned mnc_size;
		const char *impi;
		unsigned mnc_sizes;
	} rows[] = {
		{"001010000000001", 2, "001010000000001@ims.mnc001.mcc001.3gppnetwork.org",
			MST_IMPI_MNC_2},
		{"001010000000001", 3, "001010000000001@ims.mnc010.mcc001.3gppnetwork.org",
			MST_IMPI_MNC_3},
		{"310410123456789", 3, "310410123456789@ims.mnc410.mcc310.3gppnetwork.org",
			MST_IMPI_MNC_3},
		{"262011234", 2, "262011234@ims.mnc001.mcc262.3gppnetwork.org", MST_IMPI_MNC_2},
		{"123456", 3, "123456@ims.mnc456.mcc123.3gppnetwork.org", MST_IMPI_MNC_3},
		{"123000456", 2, "123000456@ims.mnc000.mcc123.3gppnetwork.org",
			MST_IMPI_MNC_2 | MST_IMPI_MNC_3},
		{"123001456", 3, "123001456@ims.mnc001.mcc123.3gppnetwork.org", MST_IMPI_MNC_3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char impi[MST_IMPI_SIZE_MAX];
		uint64_t code, parsed = 0;
		unsigned sizes = 0;
		size_t size;

		assert_int_equal(encode(rows[i].imsi, strlen(rows[i].imsi), &code), 0);
		size = mst_impi_build(code, rows[i].mnc_size, impi);
		assert_int_equal(size, strlen(rows[i].impi));
		assert_memory_equal(impi, rows[i].impi, size);
		assert_int_equal(mst_impi_parse(impi, size, &parsed, &sizes), 0);
		assert_true(parsed == code);
		assert_int_equal(sizes, rows[i].mnc_sizes);
	}
}

static void
impi_refuses(void **state)
{
	static const char good[] = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
	static const char *const rows[] = {
		"",
		"@ims.mnc001.mcc001.3gppnetwork.org",
		"00101@ims.mnc001.mcc001.3gppnetwork.org",
		"0010100000000011@ims.mnc001.mcc001.3gppnetwork.org",
		"001010000000001",
		"001010000000001@ims.mnc002.mcc001.3gppnetwork.org",
		"001010000000001@ims.mnc001.mcc002.3gppnetwork.org",
		"001010000000001@ims.mnc01.mcc001.3gppnetwork.org",
		"001010000000001@ims.mnc001.mcc001.3gppnetwork.org.",
		"001010000000001@ims.mnc001.mcc001.3gppnetwork.com",
		"001010000000001@IMS.mnc001.mcc001.3gppnetwork.org",
		"00101000000000a@ims.mnc001.mcc001.3gppnetwork.org",
		" 001010000000001@ims.mnc001.mcc001.3gppnetwork.org",
	};
	char impi[MST_IMPI_SIZE_MAX];
	uint64_t code = 77;
	unsigned sizes = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			mst_impi_parse(rows[i], strlen(rows[i]), &code, &sizes), -MST_E_IDENTITY);
	/* No octet of the realm may change, and none may be missing. */
	for (size_t at = 0; at < MST_IMPI_SIZE_MAX; at++) {
		assert_int_equal(mst_impi_parse(good, at, &code, &sizes), -MST_E_IDENTITY);
		memcpy(impi, good, sizeof(impi));
		impi[at] ^= 0x20;
		assert_int_equal(
			mst_impi_parse(impi, sizeof(impi), &code, &sizes), -MST_E_IDENTITY);
	}
	assert_int_equal(code, 77);
	assert_int_equal(sizes, 99);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_of_limits),
		cmocka_unit_test(every_length_and_back),
		cmocka_unit_test(every_code_is_an_imsi),
		cmocka_unit_test(refuses_other_characters),
		cmocka_unit_test(impi_rows),
		cmocka_unit_test(impi_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
