/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 8613 Appendix C.4 to C.8: whole messages, in both directions. */
#include "fixture.h"

/* Derives context 0 of RFC 8613 Appendix C.1 (0), C.2 (1) or C.3 (2). */
static void
appendix_c(struct mst_crypto *crypto, unsigned which)
{
	static mst_b32 secret[1];
	static const uint8_t salt[] = {0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40};
	struct mst_oscore_params params = {
		.master_salt = salt,
		.master_salt_size = which == 1 ? 0 : sizeof(salt),
		.master_secret_size = hex("0102030405060708090a0b0c0d0e0f10", secret[0]),
		.id_context_size = which == 2 ? hex("37cbf3210017a2d3", id_context[0]) : 0,
		.client_id_size = which == 1 ? 1 : 0,
		.server_id = (const uint8_t *)"\x01",
		.server_id_size = 1,
	};

	reset();
	client_id[0][0] = 0;
	assert_int_equal(mst_oscore_profile_init(&profile, crypto, &params), 0);
	mst_oscore_derive_burst(crypto, &profile, MST_LANE(0), (const mst_b32 *)secret,
		(const mst_b16 *)id_context, (const mst_oscore_id *)client_id, &keys);
}

/* Starts the outer message of lane 0 with the header of an unprotected one, and its Uri-Host. */
static void
begin_outer(const struct mst_coap_msg *m, uint8_t code)
{
	mst_coap_build_init(
		&build[0], wire[0], ROOM, m->type, code, m->mid, m->token, m->token_size);
	if ((m->opt.has & MST_COAP_HAS_URI_HOST) != 0)
		mst_coap_put_option(&build[0], MST_COAP_OPT_URI_HOST, m->opt.uri_host.data,
			m->opt.uri_host.size);
}

static void
assert_wire(const char *protected)
{
	uint8_t want[64];
	size_t n = hex(protected, want);

	assert_int_equal(mst_coap_build_fini(&build[0]), n);
	assert_memory_equal(wire[0], want, n);
	assert_int_equal(mst_coap_parse(wire[0], n, &msg[0]), 0);
}

/* Test vectors 4 to 6: requests. */
static void
request_vectors_on(struct mst_crypto *crypto)
{
	static const char *const rows[][2] = {
		{"44015d1f00003974396c6f63616c686f737483747631",
			"44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e"},
		{"440171c30000b932396c6f63616c686f737483747631",
			"440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0"},
		{"44012f8eef9bbf7a396c6f63616c686f737483747631",
			"44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd33"
			"1ac45c"
			"ffbe55c3"},
	};

	for (unsigned v = 0; v < 3; v++) {
		uint8_t unprotected[64];
		size_t n = hex(rows[v][0], unprotected);
		struct mst_coap_msg m;

		appendix_c(crypto, v);
		assert_int_equal(mst_coap_parse(unprotected, n, &m), 0);
		plain.size[0] = (uint16_t)hex("01b3747631", text[0]);
		piv[0] = 20;
		begin_outer(&m, MST_COAP_POST);
		assert_int_equal(
			mst_oscore_seal_request_burst(crypto, MST_LANE(0), &exchange,
				v == 2 ? MST_LANE(0) : 0,
				v == 2 ? (const mst_b16 *)id_context : NULL, &plain, build),
			MST_LANE(0));
		assert_wire(rows[v][1]);

		assert_int_equal(mst_oscore_option_parse_request(msg[0].opt.oscore.data,
					 msg[0].opt.oscore.size, &option[0]),
			0);
		assert_int_equal(option[0].piv, 20);
		assert_int_equal(option[0].kid_context_size, v == 2 ? 8 : 0);
		assert_int_equal(mst_oscore_open_request_burst(
					 crypto, MST_LANE(0), &exchange, msg, &result, status),
			MST_LANE(0));
		assert_int_equal(result.size[0], 5);
		assert_memory_equal(opened[0], text[0], 5);
		assert_int_equal(
			mst_oscore_parse_inner_burst(MST_LANE(0), msg, &result, inner, status),
			MST_LANE(0));
		assert_int_equal(inner[0].code, MST_COAP_GET);
		assert_int_equal(inner[0].mid, m.mid);
		assert_true(mst_coap_path_is(&inner[0].opt, 0, "tv1"));
		assert_int_equal(inner[0].opt.has, MST_COAP_HAS_URI_HOST);
		assert_memory_equal(inner[0].opt.uri_host.data, "localhost", 9);
		assert_int_equal(status[0], 0xeeee);
	}
}

static void
request_vectors(void **state)
{
	(void)state;
	each_engine(request_vectors_on);
}

/* Test vectors 7 and 8: responses under the request's nonce and under a Partial IV of their own. */
static void
response_vectors_on(struct mst_crypto *crypto)
{
	static const char *const protected[] = {
		"64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106",
		"64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e",
	};
	const uint64_t own_piv[1] = {0};

	for (unsigned v = 0; v < 2; v++) {
		uint8_t unprotected[64];
		size_t n = hex("64455d1f00003974ff48656c6c6f20576f726c6421", unprotected);
		struct mst_coap_msg m;

		appendix_c(crypto, 0);
		assert_int_equal(mst_coap_parse(unprotected, n, &m), 0);
		plain.size[0] = (uint16_t)hex("45ff48656c6c6f20576f726c6421", text[0]);
		piv[0] = 20;
		begin_outer(&m, MST_COAP_CHANGED);
		assert_int_equal(mst_oscore_seal_response_burst(crypto, MST_LANE(0), &exchange,
					 v == 0 ? NULL : own_piv, &plain, build),
			MST_LANE(0));
		assert_wire(protected[v]);

		assert_int_equal(mst_oscore_option_parse_response(msg[0].opt.oscore.data,
					 msg[0].opt.oscore.size, &option[0]),
			0);
		assert_int_equal(mst_oscore_open_response_burst(crypto, MST_LANE(0), &exchange,
					 option, msg, &result, status),
			MST_LANE(0));
		assert_int_equal(
			mst_oscore_parse_inner_burst(MST_LANE(0), msg, &result, msg, status),
			MST_LANE(0));
		assert_int_equal(msg[0].code, MST_COAP_CONTENT);
		assert_int_equal(msg[0].opt.payload.size, 12);
		assert_memory_equal(msg[0].opt.payload.data, "Hello World!", 12);
	}
}

static void
response_vectors(void **state)
{
	(void)state;
	each_engine(response_vectors_on);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_vectors),
		cmocka_unit_test(response_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
