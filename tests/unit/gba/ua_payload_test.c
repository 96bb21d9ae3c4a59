/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of Ua: IMEI, join-request, join-response, problem details. */
#include "help.h"

#include "cbor/cbor.h"
#include "gba/ua.h"

#define OK        0
#define MALFORMED (-MST_E_CBOR_MALFORMED)
#define ENCODING  (-MST_E_CBOR_ENCODING)
#define TYPE      (-MST_E_CBOR_TYPE)
#define RANGE     (-MST_E_CBOR_RANGE)
#define MISSING   (-MST_E_CBOR_MISSING)
#define DEPTH     (-MST_E_CBOR_DEPTH)
#define GROUP     (-MST_E_GROUP_REQUEST)

#define GID   UINT64_C(0x0123456789abcdef)
#define IMEI  UINT64_C(0x490154203237518f)
#define K1    "3a00010000" /* -65537 */
#define K2    "3a00010001" /* -65538 */
#define IMEIX "6f343930313534323033323337353138"
#define GIDX                                                                                       \
	"70"                                                                                       \
	"30313233343536373839616263646566"
#define JOIN K1 IMEIX K2

struct row {
	const char *hex;
	int err;
};

static void
imei_digits(void **state)
{
	static const struct {
		const char *digits;
		uint64_t imei;
	} good[] = {{"490154203237518", IMEI}, {"00000000000000", 0xff},
		{"49015420323751", UINT64_C(0x49015420323751ff)},
		{"9999999999999999", UINT64_C(0x9999999999999999)}, {"0000000000000000", 0}};
	static const char *const bad[] = {"", "1234567890123", "12345678901234567",
		"49015420323751a", "49015420323751:", "49015420323751/", "4901542 3237518"};
	char digits[16];
	uint64_t imei = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(mst_imei_encode(bad[i], strlen(bad[i]), &imei), GROUP);
	assert_true(imei == 7);
	for (size_t i = 0; i < COUNT(good); i++) {
		size_t n = strlen(good[i].digits);

		assert_int_equal(mst_imei_encode(good[i].digits, n, &imei), 0);
		assert_true(imei == good[i].imei);
		assert_int_equal(mst_imei_decode(imei, digits), n);
		assert_memory_equal(digits, good[i].digits, n);
	}
}

static const struct row joins[] = {
	{"a2" JOIN "00", OK},
	{"a2" JOIN "01", OK},
	{"a303"
	 "52"
	 "81" GIDX JOIN "00",
		OK},
	{"a303"
	 "53"
	 "82" GIDX "01" JOIN "00",
		OK},
	{"a303"
	 "53"
	 "82" GIDX "20" JOIN "00",
		OK},
	{"a303"
	 "54"
	 "82" GIDX "6161" JOIN "00",
		OK},
	{"a304f6" JOIN "00", OK},
	{"a30648"
	 "0102030405060708" JOIN "00",
		OK}, /* cnonce */
	{"a4046180"
	 "0600" JOIN "00",
		MALFORMED},
	{"a30501" JOIN "00", OK},
	{"a3" JOIN "003a0001000201", OK},

	{"", MALFORMED},
	{"a0", MISSING},
	{"a1" K1 IMEIX, MISSING},
	{"a1" K2 "00", MISSING},
	{"a10352"
	 "81" GIDX,
		MISSING},
	{"80", TYPE},
	{"60", TYPE},
	{"a2" JOIN "0000", MALFORMED},
	{"a2" JOIN, MALFORMED},
	{"a3" JOIN "00", MALFORMED},
	{"a2" JOIN "02", RANGE},
	{"a2" JOIN "20", TYPE},
	{"a2" JOIN "f4", TYPE},
	{"a2" JOIN "1801", ENCODING},
	{"a2" JOIN "1800", ENCODING},
	{"a2" K2 "00" K1 IMEIX, ENCODING},
	{"a3" K1 IMEIX K1 IMEIX K2 "00", ENCODING},
	{"a3" JOIN "00"
	 "03"
	 "52"
	 "81" GIDX,
		ENCODING},
	{"bf" JOIN "00ff", ENCODING},
	{"a2" K1 "6d31323334353637383930313233" K2 "00", RANGE},
	{"a2" K1 "7131323334353637383930313233343536 37" K2 "00", RANGE},
	{"a2" K1 "6e3132333435363738393031323361" K2 "00", GROUP},
	{"a2" K1 "4e3132333435363738393031323334" K2 "00", TYPE},
	{"a2" K1 "1b001234567890abcd" K2 "00", TYPE},
	{"a2" K1 "7f" IMEIX "ff" K2 "00", ENCODING},

	{"a303f6" JOIN "00", TYPE},
	{"a303" GIDX JOIN "00", TYPE},
	{"a30340" JOIN "00", MALFORMED},
	{"a3034180" JOIN "00", RANGE},
	{"a30341a0" JOIN "00", TYPE},
	{"a303"
	 "54"
	 "83" GIDX "0102" JOIN "00",
		RANGE},
	{"a303"
	 "53"
	 "81" GIDX "01" JOIN "00",
		MALFORMED},
	{"a303"
	 "52"
	 "82" GIDX JOIN "00",
		TYPE},
	{"a303"
	 "53"
	 "82" GIDX "f6" JOIN "00",
		TYPE},
	{"a303"
	 "54"
	 "82" GIDX "1801" JOIN "00",
		ENCODING},
	{"a303"
	 "42"
	 "8101" JOIN "00",
		TYPE},
	{"a303"
	 "42"
	 "8160" JOIN "00",
		GROUP},
	{"a303"
	 "52"
	 "81"
	 "70"
	 "30313233343536373839414243444546" JOIN "00",
		GROUP},
	{"a303"
	 "51"
	 "81"
	 "6f"
	 "303132333435363738396162636465" JOIN "00",
		GROUP},
	{"a305"
	 "818181818181818100" JOIN "00",
		DEPTH},
};

static void
join_request_table(void **state)
{
	struct mst_ua_join join, kept;
	uint8_t data[128];

	(void)state;
	memset(&kept, 0xee, sizeof(kept));
	for (size_t i = 0; i < COUNT(joins); i++) {
		size_t n = unhex(joins[i].hex, data, sizeof(data));
		uint8_t *exact = test_malloc(n + 1);
		int err;

		memcpy(exact + 1, data, n);
		memcpy(&join, &kept, sizeof(join));
		err = mst_ua_parse_join(exact + 1, n, &join);
		test_free(exact);
		if (err != joins[i].err)
			print_message("row %zu %s: %s\n", i, joins[i].hex, mst_err_name(err));
		assert_int_equal(err, joins[i].err);
		if (err != 0)
			assert_memory_equal(&join, &kept, sizeof(join));
		else
			assert_true(
				join.imei == IMEI && (!join.has_scope || join.scope_gid == GID));
	}
}

static const struct mst_ua_key key = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 3, 1900000000, 86400, 3600};
#define KG "50000102030405060708090a0b0c0d0e0f"

static void
expect_key(const struct mst_ua_key *got, const struct mst_ua_key *want)
{
	assert_memory_equal(got->kg, want->kg, MST_KG_SIZE);
	assert_true(got->num == want->num && got->exp == want->exp && got->exi == want->exi &&
		    got->check_interval == want->check_interval);
}

static void
key_table(void **state)
{
	static const struct row rows[] = {
		{"a707" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a101190e10", OK},
		{"a807" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a101190e10181800", OK},
		{"a707" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a2000001190e10", OK},
		{"a607" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a00015180", MISSING},
		{"a708" KG "09030a" K1 "0b1a713fb3000c1a0001518010a101190e10181800", MISSING},
		{"a707" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a0", MISSING},
		{"a0", MISSING},
		{"", MALFORMED},
		{"81a0", TYPE},
		{"a707" K2 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a101190e10", RANGE},
		{"a707" K1 "08" KG "09030a" K2 "0b1a713fb3000c1a0001518010a101190e10", RANGE},
		{"a707" K1 "0841aa"
		 "09030a" K1 "0b1a713fb3000c1a0001518010a101190e10",
			RANGE},
		{"a707" K1 "08" KG "09200a" K1 "0b1a713fb3000c1a0001518010a101190e10", TYPE},
		{"a707" K1 "08" KG "091b00000001000000000a" K1
		 "0b1a713fb3000c1a0001518010a101190e10",
			RANGE},
		{"a707" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a10120", TYPE},
		{"a707" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a00015180108101", TYPE},
		{"a707" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a101190e1000", MALFORMED},
		{"a707" K1 "08" KG "0918030a" K1 "0b1a713fb3000c1a0001518010a101190e10", ENCODING},
	};
	uint8_t data[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mst_ua_key got = {.num = 77};
		int err = mst_ua_parse_key(data, unhex(rows[i].hex, data, sizeof(data)), &got);

		if (err != rows[i].err)
			print_message("row %zu %s: %s\n", i, rows[i].hex, mst_err_name(err));
		assert_int_equal(err, rows[i].err);
		if (err == 0)
			expect_key(&got, &key);
		else
			assert_int_equal(got.num, 77);
	}
}

static void
problem_table(void **state)
{
	static const struct {
		const char *hex;
		int err, id;
	} rows[] = {
		{"a100a10000", OK, 0},
		{"a100a10006", OK, 6},
		{"a100a1001903e8", OK, 1000},
		{"a200a100032066746f6f206261", OK, 3}, /* with a title */
		{"a0", OK, -1},
		{"a100a0", OK, -1},
		{"a100a10100", OK, -1},
		{"a101a10000", OK, -1},
		{"", MALFORMED, 99},
		{"a10000", TYPE, 99},
		{"a100a10020", TYPE, 99},
		{"a100a1001b0000000100000000", RANGE, 99},
		{"a100a1001800", ENCODING, 99},
		{"a100a1000000", MALFORMED, 99},
	};
	uint8_t data[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int id = 99;

		assert_int_equal(
			mst_ua_parse_problem(data, unhex(rows[i].hex, data, sizeof(data)), &id),
			rows[i].err);
		assert_int_equal(id, rows[i].id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imei_digits),
		cmocka_unit_test(join_request_table),
		cmocka_unit_test(key_table),
		cmocka_unit_test(problem_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
