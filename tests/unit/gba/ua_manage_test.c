/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of group management (docs/protocol.md section 6): tables of good and bad encodings, and
 * round trips of random values. */
#include "help.h"

#include <stdio.h>
#include <stdlib.h>

#include "aka/imsi.h"
#include "base/err.h"
#include "gba/ua_keys.h"

#define OK        0
#define MALFORMED (-MST_E_CBOR_MALFORMED)
#define ENCODING  (-MST_E_CBOR_ENCODING)
#define TYPE      (-MST_E_CBOR_TYPE)
#define RANGE     (-MST_E_CBOR_RANGE)
#define MISSING   (-MST_E_CBOR_MISSING)
#define GROUP     (-MST_E_GROUP_REQUEST)

#define GID    UINT64_C(0x0123456789abcdef)
#define ROUNDS 20000

/* IMSIs 001011, 001012, 001013. */
#define I1 "66303031303131"
#define I2 "66303031303132"
#define I3 "66303031303133"
#define I4 "66303031303134"

struct row {
	const char *hex;
	int err;
};

typedef int parser(const uint8_t *data, size_t size);

static int
policies(const uint8_t *data, size_t size)
{
	struct mst_policy_change change;

	return mst_ua_parse_policies(data, size, &change);
}

static int
decision(const uint8_t *data, size_t size)
{
	struct mst_ua_decision parsed;

	return mst_ua_parse_decision(data, size, &parsed);
}

static int
owners(const uint8_t *data, size_t size)
{
	struct mst_ua_owners_change change;

	return mst_ua_parse_owners_change(data, size, &change);
}

static int
rekey(const uint8_t *data, size_t size)
{
	uint32_t num;

	return mst_ua_parse_rekey(data, size, &num);
}

/* Payloads of answers, as the device reads them. */

static int
candidates(const uint8_t *data, size_t size)
{
	const struct mst_coap_span payload = {data, (uint16_t)size};
	struct mst_ua_response response;

	return mst_ua_parse_candidates(&payload, &response);
}

static int
decided(const uint8_t *data, size_t size)
{
	const struct mst_coap_span payload = {data, (uint16_t)size};
	struct mst_ua_response response;

	return mst_ua_parse_decided(&payload, &response);
}

static int
owners_answer(const uint8_t *data, size_t size)
{
	const struct mst_coap_span payload = {data, (uint16_t)size};
	struct mst_ua_response response;

	return mst_ua_parse_owners(&payload, &response);
}

static void
run_table(const struct row *rows, size_t count, parser *parse)
{
	uint8_t data[512];

	for (size_t i = 0; i < count; i++) {
		size_t n = unhex(rows[i].hex, data, sizeof(data));
		uint8_t *exact = test_malloc(n + 1);
		int err;

		memcpy(exact, data, n); /* what is read behind its end is found by the sanitizers */
		err = parse(exact, n);
		if (err != rows[i].err)
			print_message("row %zu %s: %s\n", i, rows[i].hex, mst_err_name(err));
		assert_int_equal(err, rows[i].err);
		/* Cut anywhere it is no whole value. */
		for (size_t cut = 0; rows[i].err == OK && cut < n; cut++)
			assert_int_equal(parse(exact, cut), MALFORMED);
		test_free(exact);
	}
}

static void
policies_table(void **state)
{
	static const struct row rows[] = {
		{"a110a0", OK},
		{"a110a101190e10", OK},
		{"a110a13a0001000003", OK}, /* admission */
		{"a110a13a0001000004", RANGE},
		{"a110a13a0001000020", TYPE},
		{"a110a13a000100011affffffff", OK}, /* most members */
		{"a110a13a000100011b0000000100000000", RANGE},
		{"a110a13a0001000202", OK}, /* rekey */
		{"a110a13a0001000203", RANGE},
		{"a110a13a000100031a00093a80", OK}, /* window */
		{"a110a13a000100031a00093a81", GROUP},
		{"a110a13a00010004f5", OK}, /* rekey on join */
		{"a110a13a0001000401", TYPE},
		{"a110a13a00010005183c", OK}, /* life */
		{"a110a13a00010005183b", GROUP},
		{"a110a13a00010006f4", OK}, /* history */
		{"a110a13a0001000780", OK}, /* ranges */
		{"a110a13a000100078182" I1 I2, OK},
		{"a110a13a000100078182" I2 I1, GROUP},
		{"a110a13a000100078182" I1 "6730303130313330", GROUP},
		{"a110a13a000100078181" I1, RANGE},
		{"a110a13a000100078183" I1 I2 I3, RANGE},
		{"a110a13a000100078582" I1 I1 "82" I1 I1 "82" I1 I1 "82" I1 I1 "82" I1 I1, RANGE},
		{"a110a13a0001000718ff", TYPE},
		{"a110a13a0001000818ff", OK}, /* tags */
		{"a110a13a00010008190100", RANGE},
		{"a110a100f6", OK}, /* unknown */
		{"a2"
		 "05f6"
		 "10a0",
			OK},
		{"a0", MISSING},
		{"a101a0", MISSING},
		{"", MALFORMED},
		{"80", TYPE},
		{"a11000", TYPE},
		{"a110a10100", GROUP}, /* an interval of 0 */
		{"a110a1011a01e13381", GROUP},
		{"a110a10118ff00", MALFORMED},
		{"a110a1011800", ENCODING},
		{"a110a2190e1001", MALFORMED},
		{"a110a202190258011903e8", ENCODING}, /* keys out of order */
		{"a110bf01190e10ff", ENCODING},
	};

	(void)state;
	run_table(rows, COUNT(rows), policies);
}

static void
decision_table(void **state)
{
	static const struct row rows[] = {
		{"a10081" I1, OK},
		{"a10181" I1, OK},
		{"a100f5", OK},
		{"a101f5", OK},
		{"a20081" I1 "0181" I2, OK},
		{"a20081" I1 "01f5", OK},
		{"a200f50181" I1, OK},
		{"a20081" I1 "05f6", OK},
		{"a100f4", GROUP},
		{"a200f501f5", GROUP},
		{"a20081" I1 "0181" I1, GROUP},
		{"a10082" I1 I1, GROUP},
		{"a10080", RANGE},
		{"a10081653030313031", RANGE},
		{"a1008166303031303161", GROUP},
		{"a1008146303031303131", TYPE},
		{"a10081" I1 "00", MALFORMED},
		{"a100f6", TYPE},
		{"a10001", TYPE},
		{"a0", MISSING},
		{"a102f5", MISSING},
		{"", MALFORMED},
		{"f5", TYPE},
		{"a20181" I1 "0081" I2, ENCODING},
		{"a1009801" I1, ENCODING},
		{"a1009f" I1 "ff", ENCODING},
	};

	(void)state;
	run_table(rows, COUNT(rows), decision);
}

static void
owners_table(void **state)
{
	static const struct row rows[] = {
		{"a100" I1, OK},
		{"a10181" I1, OK},
		{"a10283" I1 I2 I3, OK},
		{"a300" I1 "0181" I2 "0281" I3, OK},
		{"a10284" I1 I2 I3 I4, RANGE},
		{"a10180", RANGE},
		{"a200" I1 "0181" I1, GROUP},
		{"a20181" I1 "0281" I1, GROUP},
		{"a101f5", TYPE},
		{"a10081" I1, TYPE},
		{"a100f6", TYPE},
		{"a0", MISSING},
		{"a103f6", MISSING},
		{"", MALFORMED},
		{"a20181" I2 "00" I1, ENCODING},
	};

	(void)state;
	run_table(rows, COUNT(rows), owners);
}

static void
rekey_table(void **state)
{
	static const struct row rows[] = {
		{"a10901", OK},
		{"a1091affffffff", OK},
		{"a20104"
		 "0901",
			OK},
		{"a1091b0000000100000000", RANGE},
		{"a10920", TYPE},
		{"a109f5", TYPE},
		{"a0", MISSING},
		{"a10801", MISSING},
		{"", MALFORMED},
		{"01", TYPE},
		{"a1091801", ENCODING},
		{"a1090100", MALFORMED},
	};

	(void)state;
	run_table(rows, COUNT(rows), rekey);
}

/* A row of candidates: IMSI, IMEI, since when. */
#define ROW "83" I1 "6e343930313534323033323337353101"

static void
candidates_table(void **state)
{
	static const struct row rows[] = {
		{"a200000180", OK},
		{"a200010181" ROW, OK},
		{"a2001affffffff0181" ROW, OK},
		{"a200080188" ROW ROW ROW ROW ROW ROW ROW ROW, OK},
		{"a30000018005f6", OK},
		{"a200090189" ROW ROW ROW ROW ROW ROW ROW ROW ROW, RANGE},
		{"a2001b000000010000000001"
		 "80",
			RANGE},
		{"a20020"
		 "0180",
			TYPE},
		{"a2000101a0", TYPE},
		{"a200010181"
		 "82" I1 "6e3439303135343230333233373531",
			RANGE},
		{"a200010181"
		 "83" I1 "6d3439303135343230333233373501",
			RANGE},
		{"a200010181"
		 "83" I1 "6e3439303135343230333233373561"
		 "01",
			GROUP},
		{"a200010181"
		 "83653030313031"
		 "6e3439303135343230333233373531"
		 "01",
			RANGE},
		{"a20001019f" ROW "ff", ENCODING},
		{"a2000101"
		 "9801" ROW,
			ENCODING},
		{"a2018000"
		 "00",
			ENCODING},
		{"a10000", MISSING},
		{"a10180", MISSING},
		{"a0", MISSING},
		{"", MALFORMED},
		{"80", TYPE},
		{"a20000018000", MALFORMED},
	};

	(void)state;
	run_table(rows, COUNT(rows), candidates);
}

static void
decided_table(void **state)
{
	static const struct row rows[] = {
		{"a3000001000200", OK},
		{"a3001affffffff01000200", OK},
		{"a400000100020003f6", OK},
		{"a3001b000000010000000001000200", RANGE},
		{"a3002001000200", TYPE},
		{"a300f501000200", TYPE},
		{"a20000"
		 "0100",
			MISSING},
		{"a2000002"
		 "00",
			MISSING},
		{"a0", MISSING},
		{"", MALFORMED},
		{"83000000", TYPE},
		{"a3001800"
		 "01000200",
			ENCODING},
		{"a3010000"
		 "000200",
			ENCODING},
		{"bf000001000200ff", ENCODING},
		{"a300000100020000", MALFORMED},
	};

	(void)state;
	run_table(rows, COUNT(rows), decided);
}

static void
owners_answer_table(void **state)
{
	static const struct row rows[] = {
		{"a200" I1 "0180", OK},
		{"a200" I1 "0183" I2 I3 I4, OK},
		{"a300" I1 "018005f6", OK},
		{"a200" I1 "0184" I2 I3 I4 I1, RANGE},
		{"a20065303031303101"
		 "80",
			RANGE},
		{"a20066303031303161"
		 "0180",
			GROUP},
		{"a200f60180", TYPE},
		{"a200" I1 "01f5", TYPE},
		{"a100" I1, MISSING},
		{"a10180", MISSING},
		{"a0", MISSING},
		{"", MALFORMED},
		{"a2018000" I1, ENCODING},
		{"a200" I1 "019f" I2 "ff", ENCODING},
		{"a200" I1 "018000", MALFORMED},
	};

	(void)state;
	run_table(rows, COUNT(rows), owners_answer);
}

/* Random values come back from their messages, and no octet may be missing. */

static uint32_t
below(uint32_t end)
{
	return (uint32_t)(((uint64_t)random() << 31 | (uint64_t)random()) % end);
}

static uint64_t
an_imsi(void)
{
	char digits[MST_IMSI_DIGITS_MAX];
	size_t n = MST_IMSI_DIGITS_MIN + below(MST_IMSI_DIGITS_MAX - MST_IMSI_DIGITS_MIN + 1);
	uint64_t imsi;

	for (size_t i = 0; i < n; i++)
		digits[i] = (char)('0' + below(10));
	assert_int_equal(mst_imsi_encode(digits, n, &imsi), 0);
	return imsi;
}

static struct mst_policy_change
a_change(void)
{
	struct mst_policy_change c = {.has = (uint16_t)below(MST_POLICY_ALL + 1)};
	struct mst_policy *p = &c.to;

	p->check_interval_s = c.has & MST_POLICY_CHECK_INTERVAL ? 1 + below(31536000) : 0;
	p->expiration_delta_s = c.has & MST_POLICY_EXPIRATION_DELTA ? below(604801) : 0;
	p->member_limit = c.has & MST_POLICY_MEMBER_LIMIT ? below(UINT32_MAX) : 0;
	p->window_s = c.has & MST_POLICY_WINDOW ? below(604801) : 0;
	p->key_life_s = c.has & MST_POLICY_KEY_LIFE ? 60 + below(315359941) : 0;
	p->admission = c.has & MST_POLICY_ADMISSION ? (uint8_t)below(MST_ADMIT_COUNT) : 0;
	p->rekey_leave = c.has & MST_POLICY_REKEY_LEAVE ? (uint8_t)below(MST_REKEY_COUNT) : 0;
	p->rekey_join = c.has & MST_POLICY_REKEY_JOIN && below(2);
	p->history = c.has & MST_POLICY_HISTORY && below(2);
	p->tags = c.has & MST_POLICY_TAGS ? (uint8_t)below(256) : 0;
	p->range_count = c.has & MST_POLICY_RANGES_SET ? (uint8_t)below(MST_POLICY_RANGES + 1) : 0;
	for (unsigned i = 0; i < p->range_count; i++)
		p->range[i].first = p->range[i].last = an_imsi();
	return c;
}

/* What a builder made parses to the code and resource, and not when the last octet is missing. */
static struct mst_ua_request
parsed(const uint8_t *plain, int size)
{
	struct mst_ua_request request;

	assert_true(size > 0);
	assert_int_not_equal(mst_ua_parse_request(plain, (size_t)size - 1, &request), 0);
	assert_int_equal(mst_ua_parse_request(plain, (size_t)size, &request), 0);
	assert_true(request.target.gid == GID);
	return request;
}

static void
policies_come_back(void **state)
{
	uint8_t plain[MST_UA_SIZE_MAX];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct mst_policy_change c = a_change();
		struct mst_ua_request r =
			parsed(plain, mst_ua_build_put_policies(plain, sizeof(plain), GID, &c));

		assert_int_equal(r.change.has, c.has);
		assert_memory_equal(&r.change.to, &c.to, sizeof(c.to));
	}
}

static void
decisions_come_back(void **state)
{
	uint8_t plain[MST_UA_SIZE_MAX];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct mst_ua_decision d = {.count = (uint8_t)(1 + below(MST_UA_DECISIONS))};
		struct mst_ua_request r;

		d.admit = (uint16_t)((1u << below(d.count + 1u)) - 1); /* the admitted come first */
		if (d.admit == 0)
			d.rest = below(2) ? MST_UA_REST_ADMITTED : MST_UA_REST_WAITS;
		for (unsigned n = 0; n < d.count; n++)
			d.imsi[n] = an_imsi();
		r = parsed(plain, mst_ua_build_decide(plain, sizeof(plain), GID, &d));
		assert_memory_equal(&r.decision, &d, sizeof(d));
	}
}

static void
owners_come_back(void **state)
{
	uint8_t plain[MST_UA_SIZE_MAX];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct mst_ua_owners_change c = {.principal = an_imsi(),
			.add_count = (uint8_t)below(MST_UA_CO_OWNERS + 1),
			.remove_count = (uint8_t)below(MST_UA_CO_OWNERS + 1)};
		struct mst_ua_request r;

		for (unsigned n = 0; n < c.add_count; n++)
			c.add[n] = an_imsi();
		for (unsigned n = 0; n < c.remove_count; n++)
			c.remove[n] = an_imsi();
		r = parsed(plain, mst_ua_build_change_owners(plain, sizeof(plain), GID, &c));
		assert_memory_equal(&r.owners, &c, sizeof(c));
	}
}

static void
candidates_come_back(void **state)
{
	uint8_t plain[MST_UA_SIZE_MAX];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned count = below(MST_UA_CANDIDATES + 1);
		struct mst_ua_candidate rows[MST_UA_CANDIDATES];
		struct mst_ua_response r;
		uint32_t waiting = below(UINT32_MAX);
		int n;

		for (unsigned k = 0; k < count; k++)
			rows[k] = (struct mst_ua_candidate){
				an_imsi(), UINT64_C(0x490154203237518f), below(UINT32_MAX)};
		n = mst_ua_build_candidates(plain, sizeof(plain), waiting, rows, count, i & 1);
		assert_true(n > 0);
		assert_int_equal(
			mst_ua_parse_response(plain, (size_t)n, MST_RES_GROUP_PENDING, &r), 0);
		assert_true(r.observed == (i & 1) && r.candidates.waiting == waiting &&
			    r.candidates.count == count);
		for (unsigned k = 0; k < count; k++)
			assert_true(r.candidates.row[k].imsi == rows[k].imsi &&
				    r.candidates.row[k].imei == rows[k].imei &&
				    r.candidates.row[k].since == rows[k].since);
		assert_int_not_equal(
			mst_ua_parse_response(plain, (size_t)n - 1, MST_RES_GROUP_PENDING, &r), 0);
	}
}

/* The largest of each still fits into what a plaintext may have. */
static void
largest_fit(void **state)
{
	struct mst_ua_decision d = {.count = MST_UA_DECISIONS};
	struct mst_policy_change c = {.has = MST_POLICY_ALL,
		.to = {.check_interval_s = 31536000,
			.expiration_delta_s = 604800,
			.member_limit = UINT32_MAX,
			.window_s = 604800,
			.key_life_s = 315360000,
			.admission = MST_ADMIT_OPERATOR,
			.rekey_leave = MST_REKEY_WINDOW,
			.tags = 255,
			.range_count = MST_POLICY_RANGES}};
	uint8_t plain[MST_UA_SIZE_MAX];

	(void)state;
	for (unsigned i = 0; i < MST_UA_DECISIONS; i++) {
		char digits[MST_IMSI_DIGITS_MAX + 1];

		snprintf(digits, sizeof(digits), "%015u", i);
		assert_int_equal(mst_imsi_encode(digits, 15, &d.imsi[i]), 0);
	}
	for (unsigned i = 0; i < MST_POLICY_RANGES; i++)
		c.to.range[i] = (struct mst_imsi_range){d.imsi[0], d.imsi[i]};
	(void)parsed(plain, mst_ua_build_decide(plain, sizeof(plain), GID, &d));
	(void)parsed(plain, mst_ua_build_put_policies(plain, sizeof(plain), GID, &c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_table),
		cmocka_unit_test(decision_table),
		cmocka_unit_test(owners_table),
		cmocka_unit_test(rekey_table),
		cmocka_unit_test(candidates_table),
		cmocka_unit_test(decided_table),
		cmocka_unit_test(owners_answer_table),
		cmocka_unit_test(policies_come_back),
		cmocka_unit_test(decisions_come_back),
		cmocka_unit_test(owners_come_back),
		cmocka_unit_test(candidates_come_back),
		cmocka_unit_test(largest_fit),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
