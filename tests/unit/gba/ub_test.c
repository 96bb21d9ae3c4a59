/* SPDX-License-Identifier: BSD-3-Clause */
/* The map of Ub: every parameter's limits, every builder, every malformed form. */
#include "help.h"

#include "cbor/cbor.h"
#include "gba/ub.h"

#define OK        0
#define MALFORMED (-MST_E_CBOR_MALFORMED)
#define ENCODING  (-MST_E_CBOR_ENCODING)
#define TYPE      (-MST_E_CBOR_TYPE)
#define RANGE     (-MST_E_CBOR_RANGE)
#define MISSING   (-MST_E_CBOR_MISSING)
#define DEPTH     (-MST_E_CBOR_DEPTH)
#define IDENTITY  (-MST_E_IDENTITY)

#define B5        "0102030405"
#define B7        "01020304050607"
#define B14       B7 B7
#define B15       B5 B5 B5
#define B16       "000102030405060708090a0b0c0d0e0f"
#define B17       B16 "ff"
#define B40       B16 B16 "0001020304050607"
#define IMSI      "6f303031303130303030303030303031" /* 001010000000001 */
#define IMPI_TAIL "40696d732e6d6e633030312e6d63633030312e336770706e6574776f726b2e6f7267"
#define IMPI      "7831303031303130303030303030303031" IMPI_TAIL

struct row {
	const char *hex;
	int err;
};

/* Text strings of n octets are made by the tests below; these need no counting. */
static const struct row rows[] = {
	{"", OK},
	{"a0", OK},
	{"a101" IMSI, OK},
	{"a102" IMPI, OK},
	{"a201" IMSI "02" IMPI, OK},
	{"a10350" B16, OK},
	{"a10450" B16, OK},
	{"a10541aa", OK},
	{"a1055828" B40, OK},
	{"a10650" B16, OK},
	{"a1074e" B14, OK},
	{"a10900", OK},
	{"a1091affffffff", OK},
	{"a10a47" B7, OK},
	{"a10b4147", OK},
	{"a10c642f627366", OK},
	{"a10e45" B5, OK},
	{"a10f40", OK},
	{"a10f5817" B16 B7, ENCODING},
	{"a10f5818" B16 "0001020304050607", OK},
	/* unknown keys of any type are passed over */
	{"a100f6", OK},
	{"a110a0", OK},
	{"a1181881f5", OK},
	{"a11a0001000001", OK},
	{"a12001", OK},
	{"a13a0001000001", OK},
	{"a1616101", OK},
	{"a2054101610101", OK},
	{"a20541016101f6", OK},
	{"a1414001", OK},

	/* lengths and values out of range */
	{"a1016530303130ff", RANGE},
	{"a10165303031303130", RANGE}, /* 5 digits */
	{"a10170"
	 "30303130313030303030303030303131",
		RANGE}, /* 16 digits */
	{"a10166303031303161", IDENTITY},
	{"a1016630303130312f", IDENTITY},
	{"a10166303031303120", IDENTITY},
	{"a10166303031303130", OK},
	{"a10269616263646566676869", RANGE},
	{"a1026a6162636465666768696a", IDENTITY},
	{"a103"
	 "4f" B15,
		RANGE},
	{"a103"
	 "51" B17,
		RANGE},
	{"a104"
	 "4f" B15,
		RANGE},
	{"a104"
	 "51" B17,
		RANGE},
	{"a10540", RANGE},
	{"a1055829" B40 "ff", RANGE},
	{"a106"
	 "4f" B15,
		RANGE},
	{"a106"
	 "51" B17,
		RANGE},
	{"a107"
	 "4d" B7 "010203040506",
		RANGE},
	{"a107"
	 "4f" B15,
		RANGE},
	{"a1091b0000000100000000", RANGE},
	{"a10a46010203040506", RANGE},
	{"a10a480102030405060708", RANGE},
	{"a10b40", RANGE},
	{"a10b420102", RANGE},
	{"a10c60", RANGE},
	{"a10e4401020304", RANGE},
	{"a10e46010203040506", RANGE},

	/* types */
	{"00", TYPE},
	{"80", TYPE},
	{"f6", TYPE},
	{"40", TYPE},
	{"a1014f303031303130303030303030303031", TYPE},
	{"a1011b00000918bc4b8b41", TYPE},
	{"a10241aa", TYPE},
	{"a10301", TYPE},
	{"a10370"
	 "30303130313030303030303030303131",
		TYPE},
	{"a104f6", TYPE},
	{"a105613a", TYPE},
	{"a10680", TYPE},
	{"a107a0", TYPE},
	{"a10841aa", TYPE},
	{"a10920", TYPE},
	{"a1094101", TYPE},
	{"a109f90000", TYPE},
	{"a10a01", TYPE},
	{"a10b1847", TYPE},
	{"a10c41aa", TYPE},
	{"a10d01", TYPE},
	{"a10e01", TYPE},
	{"a10f60", TYPE},
	{"a10f00", TYPE},
	{"c1a0", TYPE},

	/* truncated, trailing, reserved, bad UTF-8 */
	{"a1", MALFORMED},
	{"a101", MALFORMED},
	{"a1016f3030313031303030303030303030", MALFORMED},
	{"a10350" B15, MALFORMED},
	{"a201" IMSI, MALFORMED},
	{"a000", MALFORMED},
	{"a101" IMSI "00", MALFORMED},
	{"bc", MALFORMED},
	{"a11c", MALFORMED},
	{"a10c61ff", MALFORMED},
	{"a10c62c080", MALFORMED},
	{"a119", MALFORMED},
	{"ff", TYPE},
	{"bb7fffffffffffffff", MALFORMED},
	{"a1055bffffffffffffffff", MALFORMED},

	/* not deterministic */
	{"bf01" IMSI "ff", ENCODING},
	{"b800", ENCODING},
	{"b90000", ENCODING},
	{"a11801" IMSI, ENCODING},
	{"a101780f303031303130303030303030303031", ENCODING},
	{"a1035810" B16, ENCODING},
	{"a1035f50" B16 "ff", ENCODING},
	{"a1091800", ENCODING},
	{"a1091900ff", ENCODING},
	{"a202" IMPI "01" IMSI, ENCODING},
	{"a20900"
	 "0900",
		ENCODING},
	{"a20541aa"
	 "0541aa",
		ENCODING},
	{"a110fb0000000000000000", ENCODING},
	{"a1109fff", ENCODING},

	/* both identities, not the same */
	{"a2016f30303130313030303030303030303202" IMPI, IDENTITY},
	/* IMPI of another MCC, MNC, with a letter, in capitals */
	{"a102783130303130313030303030303030303140696d732e6d6e633030312e6d63633030322e336770706e657"
	 "477"
	 "6f726b2e6f7267",
		IDENTITY},
	{"a102783130303130313030303030303030303140696d732e6d6e633030322e6d63633030312e336770706e657"
	 "477"
	 "6f726b2e6f7267",
		IDENTITY},
	{"a102783130303130313030303030303030306140696d732e6d6e633030312e6d63633030312e336770706e657"
	 "477"
	 "6f726b2e6f7267",
		IDENTITY},
	{"a102783130303130313030303030303030303140494d532e6d6e633030312e6d63633030312e336770706e657"
	 "477"
	 "6f726b2e6f7267",
		IDENTITY},
	{"a110818181818181818100", DEPTH},
};

static void
parse_table(void **state)
{
	struct mst_ub ub, kept;
	uint8_t data[512];

	(void)state;
	memset(&kept, 0xee, sizeof(kept));
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = unhex(rows[i].hex, data, sizeof(data));
		uint8_t *exact = test_malloc(n + 1);
		int err;

		memcpy(exact + 1, data, n);
		memcpy(&ub, &kept, sizeof(ub));
		err = mst_ub_parse(exact + 1, n, &ub);
		test_free(exact);
		if (err != rows[i].err)
			print_message("row %zu %s: %s\n", i, rows[i].hex, mst_err_name(err));
		assert_int_equal(err, rows[i].err);
		if (err != 0)
			assert_memory_equal(&ub, &kept, sizeof(ub));
	}
}

static struct mst_writer
start(uint8_t *out, size_t capacity)
{
	return mst_writer_init(out, capacity);
}

/* Strings of every length around the limits of the parameters of variable length. */
static void
length_limits(void **state)
{
	static const struct {
		enum mst_ub_key key;
		bool text;
		size_t min, max;
	} limits[] = {{MST_UB_COOKIE, false, 1, 40}, {MST_UB_BTID, true, 26, 128},
		{MST_UB_BSF, true, 1, 96}, {MST_UB_REALM, true, 20, 96}};
	char text[140];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < COUNT(limits); i++) {
		for (size_t n = 0; n <= 130; n++) {
			uint8_t out[160];
			struct mst_writer w = start(out, sizeof(out));
			struct mst_ub ub;
			bool good = n >= limits[i].min && n <= limits[i].max;

			mst_cbor_write_map(&w, 1);
			mst_cbor_write_uint(&w, limits[i].key);
			if (limits[i].text)
				mst_cbor_write_tstr(&w, text, n);
			else
				mst_cbor_write_bstr(&w, text, n);
			assert_int_equal(
				mst_ub_parse(out, mst_writer_size(&w), &ub), good ? OK : RANGE);
			if (good)
				assert_int_equal(ub.has, 1u << limits[i].key);
		}
	}
}

static void
request_kinds(void **state)
{
	static const struct {
		uint32_t has;
		int kind;
	} kinds[] = {
		{0, MISSING},
		{MST_UB_HAS(PAD), MISSING},
		{MST_UB_HAS(RAND), MISSING},
		{MST_UB_HAS(IMSI), MST_UB_FIRST},
		{MST_UB_HAS(IMPI), MST_UB_FIRST},
		{MST_UB_HAS(IMPI) | MST_UB_HAS(IMSI) | MST_UB_HAS(PAD), MST_UB_FIRST},
		{MST_UB_HAS(COOKIE), MISSING},
		{MST_UB_HAS(COOKIE) | MST_UB_HAS(IMSI), MISSING},
		{MST_UB_HAS(PROOF), MISSING},
		{MST_UB_HAS(AUTS), MISSING},
		{MST_UB_HAS(AUTS) | MST_UB_HAS(IMSI), MISSING},
		{MST_UB_HAS(COOKIE) | MST_UB_HAS(PROOF), MST_UB_ANSWER},
		{MST_UB_HAS(COOKIE) | MST_UB_HAS(PROOF) | MST_UB_HAS(IMSI), MST_UB_ANSWER},
		{MST_UB_HAS(COOKIE) | MST_UB_HAS(AUTS), MST_UB_RESYNC},
		{MST_UB_HAS(COOKIE) | MST_UB_HAS(AUTS) | MST_UB_HAS(PROOF), RANGE},
		{MST_UB_HAS(AUTS) | MST_UB_HAS(PROOF), RANGE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct mst_ub ub = {.has = kinds[i].has};

		assert_int_equal(mst_ub_request(&ub), kinds[i].kind);
	}
}

/* A built map parses, and is deterministic CBOR. */
static struct mst_ub
parse_built(const struct mst_writer *w)
{
	struct mst_ub ub;

	assert_true(mst_writer_ok(w));
	assert_int_equal(mst_cbor_check(w->start, mst_writer_size(w)), 0);
	assert_int_equal(mst_ub_parse(w->start, mst_writer_size(w), &ub), 0);
	return ub;
}

static void
expect_hex(const struct mst_writer *w, const char *hex)
{
	uint8_t want[512];
	size_t n = unhex(hex, want, sizeof(want));

	assert_int_equal(mst_writer_size(w), n);
	assert_memory_equal(w->start, want, n);
}

static void
request_round_trip(void **state)
{
	uint8_t out[400];
	uint64_t imsi;
	struct mst_writer w;
	struct mst_ub ub;

	(void)state;
	assert_int_equal(mst_imsi_encode("001010000000001", 15, &imsi), 0);
	w = start(out, sizeof(out));
	mst_ub_write_request(&w, MST_UB_ID_NONE, 0, 0, MST_UB_NO_PAD);
	assert_int_equal(mst_writer_size(&w), 0);

	mst_ub_write_request(&w, MST_UB_ID_NONE, 0, 0, 0);
	expect_hex(&w, "a10f40");

	w = start(out, sizeof(out));
	mst_ub_write_request(&w, MST_UB_ID_IMSI, imsi, 0, MST_UB_NO_PAD);
	expect_hex(&w, "a101" IMSI);
	ub = parse_built(&w);
	assert_int_equal(ub.has, MST_UB_HAS(IMSI));
	assert_true(ub.imsi == imsi);

	w = start(out, sizeof(out));
	mst_ub_write_request(&w, MST_UB_ID_IMPI, imsi, 2, 300);
	ub = parse_built(&w);
	assert_int_equal(ub.has, MST_UB_HAS(IMPI) | MST_UB_HAS(PAD));
	assert_true(ub.imsi == imsi);
	assert_int_equal(ub.mnc_sizes, MST_IMPI_MNC_2);
	assert_int_equal(mst_writer_size(&w), 1 + 1 + 2 + 49 + 1 + 3 + 300);
}

static void
hints_round_trip(void **state)
{
	static const uint8_t ua[MST_UA_ID] = {0xff, 0, 0, 0, 1};
	struct mst_ub_hints hints = {.size = 1};
	struct mst_ub_span fqdn;
	char text[MST_BSF_URI_MAX + 1];
	uint8_t out[MST_UB_HINTS_MAX];
	struct mst_writer w = start(out, sizeof(out));
	struct mst_ub ub;

	(void)state;
	memset(text, 'h', sizeof(text));
	assert_int_equal(mst_ub_hints_init(&hints, text, 0, text, 1, ua), -MST_E_ARGUMENT);
	assert_int_equal(mst_ub_hints_init(&hints, text, 97, text, 1, ua), -MST_E_ARGUMENT);
	assert_int_equal(mst_ub_hints_init(&hints, text, 1, text, 0, ua), -MST_E_ARGUMENT);
	assert_int_equal(mst_ub_hints_init(&hints, text, 1, text, 78, ua), -MST_E_ARGUMENT);
	assert_int_equal(hints.size, 1);

	assert_int_equal(mst_ub_hints_init(&hints, "/bsf", 4, "naf.example.com", 15, ua), 0);
	mst_ub_write_hints(&w, &hints);
	assert_int_equal(mst_writer_size(&w), 51);
	ub = parse_built(&w);
	assert_int_equal(ub.has, MST_UB_HAS_HINTS);
	assert_int_equal(ub.bsf.size, 4);
	assert_memory_equal(ub.bsf.data, "/bsf", 4);
	assert_memory_equal(ub.ua, ua, MST_UA_ID);
	assert_int_equal(mst_realm_naf(&ub.realm, &fqdn), 0);
	assert_int_equal(fqdn.size, 15);
	assert_memory_equal(fqdn.data, "naf.example.com", 15);

	assert_int_equal(mst_ub_hints_init(&hints, text, 96, text, 77, ua), 0);
	w = start(out, sizeof(out));
	mst_ub_write_hints(&w, &hints);
	ub = parse_built(&w);
	assert_int_equal(ub.bsf.size, 96);
	assert_int_equal(ub.realm.size, 96);
	assert_int_equal(mst_writer_size(&w), sizeof(out));
}

static void
realm_forms(void **state)
{
	static const char *const wrong[] = {"", "3GPP-bootstrapping@",
		"3GPP-bootstrapping-uicc@naf", "3gpp-bootstrapping@naf.example",
		"naf.example.com.of.the.world"};
	struct mst_ub_span fqdn = {NULL, 7}, realm = {(const uint8_t *)"3GPP-bootstrapping@n", 20};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct mst_ub_span r = {(const uint8_t *)wrong[i], (uint8_t)strlen(wrong[i])};

		assert_int_equal(mst_realm_naf(&r, &fqdn), RANGE);
		assert_int_equal(fqdn.size, 7);
	}
	assert_int_equal(mst_realm_naf(&realm, &fqdn), 0);
	assert_int_equal(fqdn.size, 1);
}

static void
challenge_round_trip(void **state)
{
	static const uint8_t ua[MST_UA_ID] = {0xff, 0, 0, 0, 1};
	uint8_t octets[72], out[MST_UB_SIZE_MAX];
	const struct mst_ub_span cookie = {octets + 32, 40};
	struct mst_ub_hints hints;
	uint64_t seed = 8;

	(void)state;
	fill(&seed, octets, sizeof(octets));
	assert_int_equal(mst_ub_hints_init(&hints, "/bsf", 4, "naf.example.com", 15, ua), 0);
	for (unsigned with = 0; with < 4; with++) {
		const struct mst_ub_span *c = with & 1 ? &cookie : NULL;
		const struct mst_ub_hints *h = with & 2 ? &hints : NULL;
		struct mst_writer w = start(out, sizeof(out));
		struct mst_ub ub;

		mst_ub_write_challenge(&w, octets, octets + 16, c, h);
		ub = parse_built(&w);
		assert_int_equal(ub.has, MST_UB_HAS_CHALLENGE |
						 (c != NULL ? MST_UB_HAS(COOKIE) : 0) |
						 (h != NULL ? MST_UB_HAS_HINTS : 0));
		assert_int_equal(
			mst_writer_size(&w), mst_ub_challenge_size(h) + (c != NULL ? 3 + 40 : 0));
		assert_memory_equal(ub.rand, octets, 16);
		assert_memory_equal(ub.autn, octets + 16, 16);
		assert_int_equal(mst_ub_cookie(&ub).size, c != NULL ? 40 : 16);
		assert_memory_equal(mst_ub_cookie(&ub).data, c != NULL ? octets + 32 : octets,
			mst_ub_cookie(&ub).size);
	}
}

static void
answer_and_resync_round_trip(void **state)
{
	uint8_t octets[80], out[MST_UB_SIZE_MAX];
	uint64_t seed = 9;

	(void)state;
	fill(&seed, octets, sizeof(octets));
	for (uint8_t n = 1; n <= MST_COOKIE_MAX; n++) {
		const struct mst_ub_span cookie = {octets, n};
		struct mst_writer w = start(out, sizeof(out));
		struct mst_ub ub;

		mst_ub_write_answer(&w, &cookie, octets + 50);
		ub = parse_built(&w);
		assert_int_equal(mst_ub_request(&ub), MST_UB_ANSWER);
		assert_int_equal(ub.cookie.size, n);
		assert_memory_equal(ub.cookie.data, octets, n);
		assert_memory_equal(ub.proof, octets + 50, 16);

		w = start(out, sizeof(out));
		mst_ub_write_resync(&w, &cookie, octets + 60);
		ub = parse_built(&w);
		assert_int_equal(mst_ub_request(&ub), MST_UB_RESYNC);
		assert_int_equal(ub.cookie.size, n);
		assert_memory_equal(ub.auts, octets + 60, 14);
	}
}

static void
result_round_trip(void **state)
{
	static const uint32_t lifetimes[] = {0, 23, 24, 255, 256, 65535, 65536, 86400, UINT32_MAX};
	uint8_t octets[32], out[MST_UB_SIZE_MAX];
	char btid[MST_BTID_SIZE_MAX], fqdn[MST_FQDN_BSF_MAX];
	uint64_t seed = 10;

	(void)state;
	fill(&seed, octets, sizeof(octets));
	memset(fqdn, 'b', sizeof(fqdn));
	for (size_t i = 0; i < COUNT(lifetimes); i++) {
		struct mst_ub_result result = {octets, btid, 0, lifetimes[i], octets, 0x47};
		struct mst_writer w = start(out, sizeof(out));
		struct mst_ub ub;

		result.btid_size = mst_btid_build(octets, fqdn, 1 + i * 12, btid);
		mst_ub_write_result(&w, &result);
		ub = parse_built(&w);
		assert_int_equal(ub.has, MST_UB_HAS_RESULT);
		assert_memory_equal(ub.proof, octets, 16);
		assert_int_equal(ub.btid.size, result.btid_size);
		assert_memory_equal(ub.btid.data, btid, result.btid_size);
		assert_true(ub.lifetime == lifetimes[i]);
		assert_memory_equal(ub.client_id, octets, 7);
		assert_int_equal(ub.server_id, 0x47);
	}
}

/* A builder short of room by one octet fails, and writes nothing behind the end. */
static void
builders_respect_their_room(void **state)
{
	const struct mst_ub_span cookie = {(const uint8_t *)"cookie", 6};
	struct mst_ub_result result = {(const uint8_t *)"0123456789abcdef",
		"0123456789abcdef0123456789abcdef", 32, 1, (const uint8_t *)"abcdefg", 1};
	uint8_t out[200];

	(void)state;
	for (unsigned kind = 0; kind < 5; kind++) {
		for (size_t room = 0; room < sizeof(out) - 1; room++) {
			struct mst_writer w = start(out, room);

			out[room] = 0xa5;
			if (kind == 0)
				mst_ub_write_request(&w, MST_UB_ID_IMPI, 1, 2, 5);
			else if (kind == 1)
				mst_ub_write_challenge(
					&w, result.proof, result.proof, &cookie, NULL);
			else if (kind == 2)
				mst_ub_write_answer(&w, &cookie, result.proof);
			else if (kind == 3)
				mst_ub_write_resync(&w, &cookie, result.proof);
			else
				mst_ub_write_result(&w, &result);
			assert_int_equal(out[room], 0xa5);
			if (mst_writer_ok(&w)) {
				assert_int_equal(mst_writer_size(&w), room);
				break;
			}
		}
	}
}

/* Every octet string near a good message parses or is refused; nothing outside is read. */
static void
mutations(void **state)
{
	uint8_t good[512], *data;
	uint64_t seed = 11;
	size_t n = unhex("a801" IMSI "02" IMPI "0350" B16 "0450" B16 "0541aa0650" B16
			 "0918ff0f4401020304",
		good, sizeof(good));
	struct mst_ub ub;

	(void)state;
	assert_int_equal(mst_ub_parse(good, n, &ub), 0);
	for (unsigned round = 0; round < 200000; round++) {
		size_t size = next_number(&seed) % 4 == 0 ? next_number(&seed) % (n + 1) : n;

		data = test_malloc(size + 1);
		memcpy(data, good, size);
		for (unsigned k = 0; size != 0 && k <= next_number(&seed) % 3; k++)
			data[next_number(&seed) % size] = (uint8_t)next_number(&seed);
		if (mst_ub_parse(data, size, &ub) == 0) {
			(void)mst_ub_request(&ub);
			assert_true(size == 0 || mst_cbor_check(data, size) == 0);
		}
		test_free(data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_table),
		cmocka_unit_test(length_limits),
		cmocka_unit_test(request_kinds),
		cmocka_unit_test(request_round_trip),
		cmocka_unit_test(hints_round_trip),
		cmocka_unit_test(realm_forms),
		cmocka_unit_test(challenge_round_trip),
		cmocka_unit_test(answer_and_resync_round_trip),
		cmocka_unit_test(result_round_trip),
		cmocka_unit_test(builders_respect_their_room),
		cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
