/* SPDX-License-Identifier: BSD-3-Clause */
/* Plaintexts of Ua: requests and responses, in both directions. */
#include "help.h"

#include "cbor/cbor.h"
#include "gba/ua.h"

#define OK        0
#define MALFORMED (-MST_E_CBOR_MALFORMED)
#define TYPE      (-MST_E_CBOR_TYPE)
#define MISSING   (-MST_E_CBOR_MISSING)
#define GROUP     (-MST_E_GROUP_REQUEST)
#define INNER     (-MST_E_OSCORE_INNER)

#define GID   UINT64_C(0x0123456789abcdef)
#define IMEI  UINT64_C(0x490154203237518f)
#define IMSI  UINT64_C(1010000000001)
#define K1    "3a00010000" /* -65537 */
#define K2    "3a00010001" /* -65538 */
#define IMEIX "6f343930313534323033323337353138"
#define GIDX                                                                                       \
	"70"                                                                                       \
	"30313233343536373839616263646566"
#define JOIN K1 IMEIX K2

/* A plaintext: code, path, Content-Format (none if negative), payload in hex. */
static size_t
plain(uint8_t *out, size_t capacity, uint8_t code, const char *path, int format, const char *hex)
{
	struct mst_coap_build b;
	uint8_t payload[128];
	size_t size = unhex(hex, payload, sizeof(payload));
	int n;

	mst_coap_build_inner(&b, out, capacity, code);
	mst_coap_put_path(&b, MST_COAP_OPT_URI_PATH, path);
	if (format >= 0)
		mst_coap_put_uint(&b, MST_COAP_OPT_CONTENT_FORMAT, (uint32_t)format);
	mst_write_bytes(mst_coap_put_payload(&b), payload, size);
	n = mst_coap_build_fini(&b);
	assert_true(n > 0);
	return (size_t)n;
}

#define GPATH "ace-group/0123456789abcdef"

static void
request_table(void **state)
{
	static const struct {
		uint8_t code;
		const char *path;
		int format;
		const char *payload;
		int err;
	} rows[] = {
		{MST_COAP_POST, "manage", 261, "a2" JOIN "00", OK},
		{MST_COAP_POST, GPATH, 261, "a2" JOIN "00", OK},
		{MST_COAP_POST, GPATH, 261,
			"a303"
			"52"
			"81" GIDX JOIN "00",
			OK},
		{MST_COAP_POST, "manage", 261,
			"a303"
			"52"
			"81" GIDX JOIN "00",
			GROUP},
		{MST_COAP_POST, "ace-group/0123456789abcdee", 261,
			"a303"
			"52"
			"81" GIDX JOIN "00",
			GROUP},
		{MST_COAP_GET, GPATH, -1, "", OK},
		{MST_COAP_GET, GPATH, -1, "ff", OK},
		{MST_COAP_GET, GPATH "/num", -1, "", OK},
		{MST_COAP_GET, "session", -1, "", OK},
		{MST_COAP_POST, "manage", 261, "", MALFORMED},
		{MST_COAP_POST, "manage", 261, "a0", MISSING},
		{MST_COAP_POST, "manage", 60, "a2" JOIN "00", -MST_E_COAP_FORMAT},
		{MST_COAP_POST, "manage", -1, "a2" JOIN "00", -MST_E_COAP_FORMAT},
		{MST_COAP_POST, "session", 261, "a0", -MST_E_COAP_METHOD},
		{MST_COAP_POST, "bsf", 60, "a0", -MST_E_COAP_PATH},
		{MST_COAP_GET, "a/b/c/d/e/f/g", -1, "", -MST_E_COAP_PATH},
		{MST_COAP_EMPTY, "manage", 261, "a2" JOIN "00", INNER},
		{MST_COAP_CREATED, "manage", 261, "a2" JOIN "00", INNER},
		{MST_COAP_CODE(1, 0), "manage", 261, "a2" JOIN "00", INNER},
		{MST_COAP_CODE(0, 31), "manage", 261, "a2" JOIN "00", -MST_E_COAP_METHOD},
	};
	struct mst_ua_request request, kept;
	uint8_t out[200];

	(void)state;
	memset(&kept, 0xee, sizeof(kept));
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = plain(out, sizeof(out), rows[i].code, rows[i].path, rows[i].format,
			rows[i].payload);
		int err;

		memcpy(&request, &kept, sizeof(request));
		err = mst_ua_parse_request(out, n, &request);
		if (err != rows[i].err)
			print_message("row %zu: %s\n", i, mst_err_name(err));
		assert_int_equal(err, rows[i].err);
		if (err != 0)
			assert_memory_equal(&request, &kept, sizeof(request));
		else
			assert_int_equal(request.code, rows[i].code);
	}
	assert_int_equal(mst_ua_parse_request(out, 0, &request), INNER);
	out[0] = MST_COAP_GET;
	out[1] = 0xf0; /* reserved option delta */
	assert_int_equal(mst_ua_parse_request(out, 2, &request), INNER);
	out[1] = 0x90; /* unknown critical option 9: OSCORE inside OSCORE */
	assert_int_equal(mst_ua_parse_request(out, 2, &request), -MST_E_COAP_CRITICAL);
	out[1] = 0xff; /* marker without payload */
	assert_int_equal(mst_ua_parse_request(out, 2, &request), INNER);
}

static struct mst_ua_request
parse_built(const uint8_t *out, int n)
{
	struct mst_ua_request request;

	assert_true(n > 0);
	assert_int_equal(mst_ua_parse_request(out, (size_t)n, &request), 0);
	return request;
}

static void
request_round_trip(void **state)
{
	uint8_t out[MST_UA_SIZE_MAX];
	struct mst_ua_request r;

	(void)state;
	r = parse_built(out, mst_ua_build_create(out, sizeof(out), IMEI, MST_UA_STORE_ME));
	assert_int_equal(r.target.res, MST_RES_MANAGE);
	assert_true(r.join.imei == IMEI && r.join.store == MST_UA_STORE_ME);
	assert_false(r.join.has_scope);

	r = parse_built(out, mst_ua_build_join(out, sizeof(out), GID, 0, MST_UA_STORE_UICC));
	assert_int_equal(r.target.res, MST_RES_GROUP);
	assert_int_equal(r.code, MST_COAP_POST);
	assert_true(r.target.gid == GID && r.join.imei == 0 && r.join.store == MST_UA_STORE_UICC);

	r = parse_built(out, mst_ua_build_read(out, sizeof(out), GID));
	assert_int_equal(r.target.res, MST_RES_GROUP);
	assert_int_equal(r.code, MST_COAP_GET);
	assert_true(r.target.gid == GID);

	r = parse_built(out, mst_ua_build_read_num(out, sizeof(out), GID));
	assert_int_equal(r.target.res, MST_RES_GROUP_NUM);

	r = parse_built(out, mst_ua_build_read_session(out, sizeof(out)));
	assert_int_equal(r.target.res, MST_RES_SESSION);
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

static struct mst_ua_response
parse_response(const uint8_t *out, int n, enum mst_res res)
{
	struct mst_ua_response response;

	assert_true(n > 0 && n <= MST_UA_SIZE_MAX);
	assert_int_equal(mst_ua_parse_response(out, (size_t)n, res, &response), 0);
	return response;
}

static void
response_round_trip(void **state)
{
	static const char btid[] = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.example.com";
	static const struct mst_ua_key largest = {
		{0xff}, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
	char longest[MST_BTID_SIZE_MAX];
	uint8_t out[MST_UA_SIZE_MAX];
	struct mst_ua_response r;

	(void)state;
	r = parse_response(
		out, mst_ua_build_joined(out, sizeof(out), true, GID, IMSI, &key), MST_RES_GROUP);
	assert_int_equal(r.code, MST_COAP_CREATED);
	assert_true(r.has_location && r.gid == GID && r.node == IMSI);
	assert_int_equal(r.error_id, -1);
	expect_key(&r.key, &key);

	r = parse_response(out,
		mst_ua_build_joined(out, sizeof(out), false, UINT64_MAX, 0, &largest),
		MST_RES_MANAGE);
	assert_int_equal(r.code, MST_COAP_CHANGED);
	assert_true(r.has_location && r.gid == UINT64_MAX && r.node == 0);
	expect_key(&r.key, &largest);

	r = parse_response(out, mst_ua_build_key(out, sizeof(out), &key, false), MST_RES_GROUP);
	assert_int_equal(r.code, MST_COAP_CONTENT);
	assert_false(r.has_location);
	expect_key(&r.key, &key);

	r = parse_response(out, mst_ua_build_num(out, sizeof(out), 300, false), MST_RES_GROUP_NUM);
	assert_int_equal(r.num, 300);

	r = parse_response(out, mst_ua_build_session(out, sizeof(out), btid, strlen(btid), 3000),
		MST_RES_SESSION);
	assert_int_equal(r.session.lifetime, 3000);
	assert_int_equal(r.session.btid.size, strlen(btid));
	assert_memory_equal(r.session.btid.data, btid, strlen(btid));

	memset(longest, 'b', sizeof(longest));
	r = parse_response(out,
		mst_ua_build_session(out, sizeof(out), longest, sizeof(longest), UINT32_MAX),
		MST_RES_SESSION);
	assert_int_equal(r.session.btid.size, sizeof(longest));
}

/** RFC 9594 section 9. */
static int
error_id(int err)
{
	return err == MST_E_NOT_MEMBER        ? 0
	       : err == MST_E_NOT_OWNER       ? 1
	       : err == MST_E_EVICTED         ? 5
	       : err == MST_E_GROUP_DISSOLVED ? 6
					      : -1;
}

static void
error_round_trip(void **state)
{
	uint8_t out[MST_UA_SIZE_MAX];

	(void)state;
	for (int err = 1; err < MST_E_COUNT; err++) {
		struct mst_ua_response r;

		if (mst_err_coap(err) == 0)
			continue;
		r = parse_response(
			out, mst_ua_build_error(out, sizeof(out), -err, 30), MST_RES_GROUP);
		assert_int_equal(r.code, mst_err_coap(err));
		assert_int_equal(r.error_id, error_id(err));
		assert_int_equal(r.max_age, r.code == MST_COAP_UNAVAILABLE ? 30 : 60);
		r = parse_response(
			out, mst_ua_build_error(out, sizeof(out), err, 0), MST_RES_SESSION);
		assert_int_equal(r.code, mst_err_coap(err));
	}
}

static void
response_table(void **state)
{
	/* 2.01, Location-Path, Content-Format 261, marker, key */
#define LOCATION                                                                                   \
	"41"                                                                                       \
	"89 6163652d67726f7570"                                                                    \
	"0d03 30313233343536373839616263646566"                                                    \
	"05 6e6f646573"                                                                            \
	"0d02 303031303130303030303030303031"
#define PAYLOAD "07" K1 "08" KG "09030a" K1 "0b1a713fb3000c1a0001518010a101190e10"
	static const struct {
		const char *hex;
		enum mst_res res;
		int err;
	} rows[] = {
		{LOCATION "420105ff a7" PAYLOAD, MST_RES_GROUP, OK},
		{LOCATION "420105ff a7" PAYLOAD, MST_RES_MANAGE, OK},
		{LOCATION "420105ff a7" PAYLOAD, MST_RES_SESSION, INNER},
		{LOCATION "420105ff a7" PAYLOAD, MST_RES_GROUP_NUM, INNER},
		{LOCATION "413cff a7" PAYLOAD, MST_RES_GROUP, -MST_E_COAP_FORMAT},
		{LOCATION "ff a7" PAYLOAD, MST_RES_GROUP, -MST_E_COAP_FORMAT},
		{LOCATION "420105", MST_RES_GROUP, MALFORMED},
		{LOCATION "0161 420105ff a7" PAYLOAD, MST_RES_GROUP, INNER},
		{"41c20105ff a7" PAYLOAD, MST_RES_GROUP, INNER},
		{"41 89 6163652d67726f7570 420105ff a7" PAYLOAD, MST_RES_GROUP, INNER},
		{"45 c20105ff a7" PAYLOAD, MST_RES_GROUP, OK},
		{"45 c20105ff a7" PAYLOAD, MST_RES_MANAGE, INNER},
		{"45 c20105ff 03", MST_RES_GROUP_NUM, OK},
		{"45 c20105ff 20", MST_RES_GROUP_NUM, TYPE},
		{"45 c20105ff 0303", MST_RES_GROUP_NUM, MALFORMED},
		{"45 c13cff a0", MST_RES_SESSION, MISSING},
		{"45 c13cff a10900", MST_RES_SESSION, MISSING},
		{"44", MST_RES_GROUP, INNER},
		{"81", MST_RES_GROUP, OK},
		{"84 ff00", MST_RES_GROUP, OK},
		{"83 c20101ff a100a10000", MST_RES_GROUP, OK},
		{"83 c20101ff a100", MST_RES_GROUP, MALFORMED},
		{"83 c20101", MST_RES_GROUP, MALFORMED},
		{"a3 d1011e", MST_RES_GROUP, OK},
		{"", MST_RES_GROUP, INNER},
		{"00", MST_RES_GROUP, INNER},
		{"01", MST_RES_GROUP, INNER},
		{"60", MST_RES_GROUP, INNER},
		{"e1", MST_RES_GROUP, INNER},
		{"83 f0", MST_RES_GROUP, INNER},
		{"83 10", MST_RES_GROUP, -MST_E_COAP_CRITICAL},
	};
	struct mst_ua_response response, kept;
	uint8_t data[256];

	(void)state;
	memset(&kept, 0xee, sizeof(kept));
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = unhex(rows[i].hex, data, sizeof(data));
		int err;

		memcpy(&response, &kept, sizeof(kept));
		err = mst_ua_parse_response(data, n, rows[i].res, &response);
		if (err != rows[i].err)
			print_message("row %zu %s: %s\n", i, rows[i].hex, mst_err_name(err));
		assert_int_equal(err, rows[i].err);
		if (err != 0)
			assert_memory_equal(&response, &kept, sizeof(kept));
	}
}

static int
build(unsigned kind, uint8_t *out, size_t room)
{
	static const char btid[MST_BTID_SIZE_MIN + 1] = "AAAAAAAAAAAAAAAAAAAAAA==@b";

	switch (kind) {
	case 0:
		return mst_ua_build_create(out, room, IMEI, MST_UA_STORE_ME);
	case 1:
		return mst_ua_build_join(out, room, GID, IMEI, MST_UA_STORE_ME);
	case 2:
		return mst_ua_build_read_num(out, room, GID);
	case 3:
		return mst_ua_build_read_session(out, room);
	case 4:
		return mst_ua_build_joined(out, room, true, GID, IMSI, &key);
	case 5:
		return mst_ua_build_key(out, room, &key, false);
	case 6:
		return mst_ua_build_session(out, room, btid, MST_BTID_SIZE_MIN, 1);
	default:
		return mst_ua_build_error(out, room, MST_E_NOT_MEMBER, 0);
	}
}

static void
builders_respect_their_room(void **state)
{
	uint8_t out[MST_UA_SIZE_MAX + 1];

	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		int size = build(kind, out, sizeof(out));

		assert_true(size > 0);
		for (size_t room = 0; room <= (size_t)size; room++) {
			out[room] = 0xa5;
			assert_int_equal(build(kind, out, room),
				room < (size_t)size ? -MST_E_NO_SPACE : size);
			assert_int_equal(out[room], 0xa5);
		}
	}
}

/* Random damage to good plaintexts of both directions: parsed or refused, nothing else. */
static void
mutations(void **state)
{
	uint64_t seed = 13;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		uint8_t good[MST_UA_SIZE_MAX], *data;
		int n = build(round % 8, good, sizeof(good));
		struct mst_ua_response response;
		struct mst_ua_request request;
		size_t size =
			next_number(&seed) % 4 == 0 ? next_number(&seed) % (size_t)n : (size_t)n;

		data = test_malloc(size + 1);
		memcpy(data, good, size);
		for (unsigned k = 0; size != 0 && k <= next_number(&seed) % 3; k++)
			data[next_number(&seed) % size] = (uint8_t)next_number(&seed);
		(void)mst_ua_parse_request(data, size, &request);
		for (enum mst_res res = MST_RES_MANAGE; res <= MST_RES_SESSION; res++)
			(void)mst_ua_parse_response(data, size, res, &response);
		test_free(data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_table),
		cmocka_unit_test(request_round_trip),
		cmocka_unit_test(response_round_trip),
		cmocka_unit_test(error_round_trip),
		cmocka_unit_test(response_table),
		cmocka_unit_test(builders_respect_their_room),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
