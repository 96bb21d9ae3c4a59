/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "coap/coap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEADER   "4002abcd" /* CON POST, no token */

/* A message in memory of exactly its size, so that the sanitizer sees what reads past it. */
static uint8_t *
octets(const char *hex, size_t *size)
{
	uint8_t *data = malloc(strlen(hex) / 2 + 1);

	*size = strlen(hex) / 2;
	data = realloc(data, *size > 0 ? *size : 1);
	assert_int_equal(mst_hex_decode(hex, 2 * *size, data, *size), 0);
	return data;
}

/* RFC 7252 appendix A, figures 16 and 17; RFC 7252 section 5.5 for the empty ones. */
static void
examples(void **state)
{
	static const struct {
		const char *hex;
		enum mst_coap_type type;
		uint8_t code;
		uint16_t mid;
		const char *token, *path, *payload;
	} rows[] = {
		{"40017d34bb74656d7065726174757265", MST_COAP_CON, MST_COAP_GET, 0x7d34, "",
			"temperature", ""},
		{"60457d34ff32322e332043", MST_COAP_ACK, MST_COAP_CONTENT, 0x7d34, "", NULL,
			"22.3 C"},
		{"41017d3520bb74656d7065726174757265", MST_COAP_CON, MST_COAP_GET, 0x7d35, " ",
			"temperature", ""},
		{"61457d3520ff32322e332043", MST_COAP_ACK, MST_COAP_CONTENT, 0x7d35, " ", NULL,
			"22.3 C"},
		{"60007d38", MST_COAP_ACK, MST_COAP_EMPTY, 0x7d38, "", NULL, ""},
		{"7000ad7b", MST_COAP_RST, MST_COAP_EMPTY, 0xad7b, "", NULL, ""},
		{"5145ad7b74ff32322e332043", MST_COAP_NON, MST_COAP_CONTENT, 0xad7b, "t", NULL,
			"22.3 C"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mst_coap_build b;
		struct mst_coap_msg m;
		uint8_t again[64];
		size_t size;
		uint8_t *data = octets(rows[i].hex, &size);

		assert_int_equal(mst_coap_parse(data, size, &m), 0);
		assert_int_equal(m.type, rows[i].type);
		assert_int_equal(m.code, rows[i].code);
		assert_int_equal(m.mid, rows[i].mid);
		assert_int_equal(m.token_size, strlen(rows[i].token));
		assert_memory_equal(m.token, rows[i].token, m.token_size);
		assert_int_equal(m.opt.path_count, rows[i].path != NULL);
		assert_true(rows[i].path == NULL || mst_coap_path_is(&m.opt, 0, rows[i].path));
		assert_int_equal(m.opt.payload.size, strlen(rows[i].payload));
		assert_memory_equal(m.opt.payload.data, rows[i].payload, m.opt.payload.size);

		mst_coap_build_init(&b, again, sizeof(again), rows[i].type, rows[i].code,
			rows[i].mid, (const uint8_t *)rows[i].token, strlen(rows[i].token));
		if (rows[i].path != NULL)
			mst_coap_put_path(&b, MST_COAP_OPT_URI_PATH, rows[i].path);
		mst_write_bytes(mst_coap_put_payload(&b), rows[i].payload, strlen(rows[i].payload));
		assert_int_equal(mst_coap_build_fini(&b), size);
		assert_memory_equal(again, data, size);
		free(data);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *hex;
		int err;
	} rows[] = {
		/* header */
		{"", MST_E_COAP_HEADER},
		{"400100", MST_E_COAP_HEADER},
		{"00010000", MST_E_COAP_HEADER},
		{"80010000", MST_E_COAP_HEADER},
		{"c0010000", MST_E_COAP_HEADER},
		{"49010000000000000000000000", MST_E_COAP_HEADER},
		{"4f010000000000000000000000000000000000", MST_E_COAP_HEADER},
		{"48010000"
		 "01020304050607",
			MST_E_COAP_HEADER},
		{"48010000"
		 "0102030405060708",
			0},
		{"40000000", 0},
		{"4100000001", MST_E_COAP_HEADER},
		{"40000000ff01", MST_E_COAP_HEADER},
		{"4000000010", MST_E_COAP_HEADER},
		{"40200000", MST_E_COAP_HEADER}, /* 1.00 */
		{"403f0000", MST_E_COAP_HEADER}, /* 1.31 */
		{"40c00000", MST_E_COAP_HEADER}, /* 6.00 */
		{"40e10000", MST_E_COAP_HEADER}, /* 7.01 */
		{"40ff0000", MST_E_COAP_HEADER},
		{"401f0000", 0}, /* 0.31, a method nobody has */
		{"40400000", 0}, /* 2.00 */
		{"40bf0000", 0}, /* 5.31 */
		/* type and code */
		{"50000000", MST_E_COAP_TYPE}, /* NON, Empty */
		{"60000000", 0},
		{"70000000", 0},
		{"60010000", MST_E_COAP_TYPE}, /* ACK, GET */
		{"70010000", MST_E_COAP_TYPE}, /* RST, GET */
		{"70450000", MST_E_COAP_TYPE}, /* RST, 2.05 */
		{"60450000", 0},
		{"50450000", 0},
		/* options */
		{HEADER "ff", MST_E_COAP_OPTION},
		{HEADER "ff00", 0},
		{HEADER "b161", 0},
		{HEADER "b161ff", MST_E_COAP_OPTION},
		{HEADER "b261", MST_E_COAP_OPTION},
		{HEADER "f0", MST_E_COAP_OPTION},
		{HEADER "f1aa", MST_E_COAP_OPTION},
		{HEADER "0f", MST_E_COAP_OPTION},
		{HEADER "bf61", MST_E_COAP_OPTION},
		{HEADER "d0", MST_E_COAP_OPTION},
		{HEADER "d003", 0}, /* 16 */
		{HEADER "e0ff", MST_E_COAP_OPTION},
		{HEADER "e00000", MST_E_COAP_CRITICAL}, /* 269 */
		{HEADER "e00001", 0},                   /* 270 */
		{HEADER "bd", MST_E_COAP_OPTION},
		{HEADER "bd00", MST_E_COAP_OPTION},
		{HEADER "be00", MST_E_COAP_OPTION},
		{HEADER "beffff", MST_E_COAP_OPTION},
		{HEADER "e0fef2", MST_E_COAP_CRITICAL}, /* 65535 */
		{HEADER "e0fef1", 0},                   /* 65534 */
		{HEADER "e0fef3", MST_E_COAP_OPTION},   /* 65536 */
		{HEADER "e0fef210", MST_E_COAP_OPTION}, /* 65535 + 1 */
		{HEADER "e0ffffe0ffff", MST_E_COAP_OPTION},
		/* unknown critical and elective */
		{HEADER "10", MST_E_COAP_CRITICAL},     /* If-Match */
		{HEADER "50", MST_E_COAP_CRITICAL},     /* If-None-Match */
		{HEADER "2161", 0},                     /* 2, elective */
		{HEADER "d10c61", MST_E_COAP_CRITICAL}, /* 25 */
		{HEADER "10f0", MST_E_COAP_OPTION},     /* malformed wins */
		/* lengths out of range: critical */
		{HEADER "30", MST_E_COAP_CRITICAL},
		{HEADER "3161", 0},
		{HEADER "73000000", MST_E_COAP_CRITICAL},
		{HEADER "720000", 0},
		{HEADER "d304000000", MST_E_COAP_CRITICAL}, /* Accept */
		{HEADER "d2040000", 0},
		{HEADER "d40e00000000", MST_E_COAP_CRITICAL}, /* Block1 */
		{HEADER "d40a00000000", MST_E_COAP_CRITICAL}, /* Block2 */
		{HEADER "d016", MST_E_COAP_CRITICAL},         /* Proxy-Uri, empty */
		/* lengths out of range: elective, ignored */
		{HEADER "6400000000", 0},
		{HEADER "c3000000", 0},
		{HEADER "d5010000000000", 0},
		/* repeated though not repeatable */
		{HEADER "31610161", MST_E_COAP_CRITICAL},
		{HEADER "7000", MST_E_COAP_CRITICAL},
		{HEADER "9000", MST_E_COAP_CRITICAL},
		{HEADER "d00400", MST_E_COAP_CRITICAL},
		{HEADER "d00e00", MST_E_COAP_CRITICAL},
		{HEADER "6000", 0},
		{HEADER "c000", 0},
		/* path */
		{HEADER "b16101610161016101610161", 0},
		{HEADER "b161016101610161016101610161", MST_E_COAP_PATH},
		{HEADER "b1610161016101610161016101610161", MST_E_COAP_PATH},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mst_coap_msg m, untouched;
		size_t size;
		uint8_t *data = octets(rows[i].hex, &size);
		int err;

		memset(&m, 0xa5, sizeof(m));
		untouched = m;
		err = mst_coap_parse(data, size, &m);
		if (err != -rows[i].err)
			fail_msg("%s: %s", rows[i].hex, mst_err_name(err));
		if (err == -MST_E_COAP_HEADER || err == -MST_E_COAP_TYPE)
			assert_memory_equal(&m, &untouched, sizeof(m));
		else
			assert_int_equal(m.mid, mst_get_be16(data + 2));
		free(data);
	}
}

static void
known_options(void **state)
{
	/* All known options in one message, the non-repeatable elective ones twice. */
	static const uint8_t echo[40] = {1, 2, 3};
	uint8_t data[256];
	struct mst_coap_build b;
	struct mst_coap_msg m;
	int size;

	(void)state;
	mst_coap_build_init(&b, data, sizeof(data), MST_COAP_NON, MST_COAP_FETCH, 0xffff,
		(const uint8_t *)"tokentok", 8);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_HOST, "host", 4);
	mst_coap_put_option(&b, MST_COAP_OPT_ETAG, "e", 1);
	mst_coap_put_uint(&b, MST_COAP_OPT_OBSERVE, 0xffffff);
	mst_coap_put_uint(&b, MST_COAP_OPT_OBSERVE, 1);
	mst_coap_put_uint(&b, MST_COAP_OPT_URI_PORT, 5683);
	mst_coap_put_option(&b, MST_COAP_OPT_OSCORE, "\x09\x14\x44", 3);
	mst_coap_put_path(&b, MST_COAP_OPT_URI_PATH, "ace-group/0123456789abcdef//num");
	mst_coap_put_uint(&b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_ACE_GROUPCOMM);
	mst_coap_put_uint(&b, MST_COAP_OPT_CONTENT_FORMAT, 0);
	mst_coap_put_uint(&b, MST_COAP_OPT_MAX_AGE, 0xffffffff);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_QUERY, "a=1", 3);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_QUERY, "b", 1);
	mst_coap_put_uint(&b, MST_COAP_OPT_ACCEPT, 0);
	mst_coap_put_uint(&b, MST_COAP_OPT_BLOCK2, 0x123456);
	mst_coap_put_uint(&b, MST_COAP_OPT_BLOCK1, 8);
	mst_coap_put_option(&b, MST_COAP_OPT_PROXY_URI, "coap://x", 8);
	mst_coap_put_option(&b, MST_COAP_OPT_PROXY_SCHEME, "coap", 4);
	mst_coap_put_option(&b, MST_COAP_OPT_ECHO, echo, 40);
	mst_coap_put_option(&b, MST_COAP_OPT_REQUEST_TAG, "", 0);
	mst_write_bytes(mst_coap_put_payload(&b), "\xff payload", 9);
	size = mst_coap_build_fini(&b);
	assert_true(size > 0);
	assert_int_equal(mst_coap_parse(data, (size_t)size, &m), 0);
	assert_int_equal(m.opt.has, 0xfff);
	assert_memory_equal(m.opt.uri_host.data, "host", 4);
	assert_int_equal(m.opt.observe, 0xffffff);
	assert_int_equal(m.opt.uri_port, 5683);
	assert_int_equal(m.opt.oscore.size, 3);
	assert_int_equal(m.opt.path_count, 4);
	assert_true(mst_coap_path_is(&m.opt, 0, "ace-group"));
	assert_true(mst_coap_path_is(&m.opt, 1, "0123456789abcdef"));
	assert_true(mst_coap_path_is(&m.opt, 2, ""));
	assert_true(mst_coap_path_is(&m.opt, 3, "num"));
	assert_false(mst_coap_path_is(&m.opt, 3, "nums"));
	assert_false(mst_coap_path_is(&m.opt, 3, "nu"));
	assert_false(mst_coap_path_is(&m.opt, 4, ""));
	assert_int_equal(m.opt.content_format, 261);
	assert_int_equal(m.opt.max_age, 0xffffffff);
	assert_int_equal(m.opt.uri_query.size, 3);
	assert_int_equal(m.opt.accept, 0);
	assert_int_equal(m.opt.block2, 0x123456);
	assert_int_equal(m.opt.block1, 8);
	assert_int_equal(m.opt.echo.size, 40);
	assert_memory_equal(m.opt.payload.data, "\xff payload", 9);
	assert_ptr_equal(m.opt.raw.data, data + 12);
	assert_int_equal(m.opt.raw.size, size - 12 - 1 - 9);

	/* As OSCORE's plaintext: the code, then the same. */
	struct mst_coap_options opt;

	assert_int_equal(mst_coap_parse_options(data + 12, (size_t)size - 12, &opt), 0);
	assert_memory_equal(&opt, &m.opt, sizeof(opt));
}

/* RFC 8613 appendix C.4: plaintext of GET /tv1 and C.7: of 2.05 "Hello World!". */
static void
oscore_plaintext(void **state)
{
	uint8_t data[32];
	struct mst_coap_build b;
	struct mst_coap_options opt;

	(void)state;
	mst_coap_build_inner(&b, data, sizeof(data), MST_COAP_GET);
	mst_coap_put_path(&b, MST_COAP_OPT_URI_PATH, "tv1");
	assert_int_equal(mst_coap_build_fini(&b), 5);
	assert_memory_equal(data, "\x01\xb3\x74\x76\x31", 5);
	assert_int_equal(mst_coap_parse_options(data + 1, 4, &opt), 0);
	assert_true(mst_coap_path_is(&opt, 0, "tv1"));
	assert_int_equal(opt.payload.size, 0);

	mst_coap_build_inner(&b, data, sizeof(data), MST_COAP_CONTENT);
	mst_write_bytes(mst_coap_put_payload(&b), "Hello World!", 12);
	assert_int_equal(mst_coap_build_fini(&b), 14);
	assert_memory_equal(data, "\x45\xff\x48\x65\x6c\x6c\x6f\x20\x57\x6f\x72\x6c\x64\x21", 14);
	assert_int_equal(mst_coap_parse_options(data + 1, 0, &opt), 0);
	assert_int_equal(opt.has, 0);
	assert_int_equal(opt.path_count, 0);
}

/* Section 3.2: shortest form; leading zeros are read all the same. */
static void
integers(void **state)
{
	static const struct {
		uint32_t value;
		size_t size;
	} rows[] = {{0, 0}, {1, 1}, {255, 1}, {256, 2}, {65535, 2}, {65536, 3}, {0xffffff, 3},
		{0x1000000, 4}, {UINT32_MAX, 4}};
	static const uint8_t padded[] = {0xc2, 0x00, 0x3c, 0x24, 0x00, 0x00, 0x00, 0x05};
	uint8_t data[8];
	struct mst_coap_build b;
	struct mst_coap_options opt;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		mst_coap_build_inner(&b, data, sizeof(data), 0);
		mst_coap_put_uint(&b, MST_COAP_OPT_MAX_AGE, rows[i].value);
		assert_int_equal(mst_coap_build_fini(&b), 3 + rows[i].size);
		assert_int_equal(mst_coap_parse_options(data + 1, 2 + rows[i].size, &opt), 0);
		assert_int_equal(opt.has, MST_COAP_HAS_MAX_AGE);
		assert_int_equal(opt.max_age, rows[i].value);
	}
	assert_int_equal(mst_coap_parse_options(padded, sizeof(padded), &opt), 0);
	assert_int_equal(opt.content_format, 60);
	assert_int_equal(opt.max_age, 5);
}

/* decode(encode(x)) = x around every limit of the delta and length encoding. */
static void
option_limits(void **state)
{
	static const uint32_t limits[] = {0, 1, 12, 13, 14, 268, 269, 270, 1000, 65535};
	static const struct {
		uint16_t number, size;
	} most[] = {
		{MST_COAP_OPT_URI_HOST, 255},
		{MST_COAP_OPT_URI_PORT, 2},
		{MST_COAP_OPT_OSCORE, 255},
		{MST_COAP_OPT_URI_PATH, 255},
		{MST_COAP_OPT_URI_QUERY, 255},
		{MST_COAP_OPT_ACCEPT, 2},
		{MST_COAP_OPT_BLOCK2, 3},
		{MST_COAP_OPT_BLOCK1, 3},
		{MST_COAP_OPT_PROXY_URI, 1034},
		{MST_COAP_OPT_PROXY_SCHEME, 255},
	};
	uint8_t *data = malloc(140000), *value = calloc(1, 65536);
	struct mst_coap_build b;

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		for (size_t k = 0; k < COUNT(limits); k++) {
			struct mst_coap_item item = {0};
			struct mst_reader r;
			int size;

			mst_coap_build_inner(&b, data, 140000, MST_COAP_GET);
			mst_coap_put_option(&b, limits[i], value, limits[k]);
			mst_coap_put_option(&b, 65535, value, 1);
			size = mst_coap_build_fini(&b);
			assert_true(size > 0);
			r = mst_reader_init(data + 1, (size_t)size - 1);
			assert_int_equal(mst_coap_next_option(&r, &item), 1);
			assert_int_equal(item.number, limits[i]);
			assert_int_equal(item.value.size, limits[k]);
			assert_int_equal(mst_coap_next_option(&r, &item), 1);
			assert_int_equal(item.number, 65535);
			assert_int_equal(mst_coap_next_option(&r, &item), 0);
			assert_int_equal(mst_reader_left(&r), 0);
			/* One octet less does not fit. */
			mst_coap_build_inner(&b, data, (size_t)size - 1, MST_COAP_GET);
			mst_coap_put_option(&b, limits[i], value, limits[k]);
			mst_coap_put_option(&b, 65535, value, 1);
			assert_int_equal(mst_coap_build_fini(&b), -MST_E_NO_SPACE);
		}
	}
	struct mst_coap_options opt;

	assert_int_equal(mst_coap_parse_options(value, 65536, &opt), -MST_E_COAP_OPTION);
	/* Values one octet longer than their option allows. */
	for (size_t i = 0; i < COUNT(most); i++) {
		for (size_t more = 0; more < 2; more++) {
			int size;

			mst_coap_build_inner(&b, data, 140000, MST_COAP_GET);
			mst_coap_put_option(&b, most[i].number, value, most[i].size + more);
			size = mst_coap_build_fini(&b);
			assert_int_equal(mst_coap_parse_options(data + 1, (size_t)size - 1, &opt),
				more != 0 ? -MST_E_COAP_CRITICAL : 0);
		}
	}
	free(data);
	free(value);
}

static void
option_walk_fails(void **state)
{
	static const uint8_t data[] = {0xb1, 'a', 0xff};
	struct mst_reader r = mst_reader_init(data, sizeof(data));
	struct mst_coap_item item = {0};

	(void)state;
	assert_int_equal(mst_coap_next_option(&r, &item), 1);
	assert_int_equal(mst_coap_next_option(&r, &item), -MST_E_COAP_OPTION);
	assert_int_equal(item.number, MST_COAP_OPT_URI_PATH);
	assert_int_equal(mst_coap_next_option(&r, &item), -MST_E_COAP_OPTION);
}

static void
payload_and_space(void **state)
{
	uint8_t data[16];
	struct mst_coap_build b;

	(void)state;
	/* An empty payload leaves no marker. */
	mst_coap_build_init(&b, data, 5, MST_COAP_ACK, MST_COAP_CHANGED, 7, NULL, 0);
	mst_coap_put_payload(&b);
	assert_int_equal(mst_coap_build_fini(&b), 4);
	assert_int_equal(mst_coap_build_fini(&b), 4);
	for (size_t room = 0; room < 8; room++) {
		mst_coap_build_init(
			&b, data, room, MST_COAP_ACK, MST_COAP_CHANGED, 7, (const uint8_t *)"t", 1);
		mst_coap_put_path(&b, MST_COAP_OPT_LOCATION_PATH, "");
		mst_write_u8(mst_coap_put_payload(&b), 1);
		assert_int_equal(mst_coap_build_fini(&b), room == 7 ? 7 : -MST_E_NO_SPACE);
	}
	mst_coap_build_inner(&b, data, 0, MST_COAP_GET);
	assert_int_equal(mst_coap_build_fini(&b), -MST_E_NO_SPACE);
}

static void
reset(void **state)
{
	static const struct {
		const char *hex;
		size_t size;
	} rows[] = {{"40001234", 4}, {"4f011234", 4}, {"40e11234", 4}, {"50001234", 0},
		{"60001234", 0}, {"70001234", 0}, {"80001234", 0}, {"400012", 0}, {"", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t out[4] = {0};
		size_t size;
		uint8_t *data = octets(rows[i].hex, &size);

		assert_int_equal(mst_coap_build_reset(data, size, out), rows[i].size);
		assert_memory_equal(out, rows[i].size != 0 ? "\x70\x00\x12\x34" : "\0\0\0\0", 4);
		free(data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(refused),
		cmocka_unit_test(known_options),
		cmocka_unit_test(oscore_plaintext),
		cmocka_unit_test(integers),
		cmocka_unit_test(option_limits),
		cmocka_unit_test(option_walk_fails),
		cmocka_unit_test(payload_and_space),
		cmocka_unit_test(reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
