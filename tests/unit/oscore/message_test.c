/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <stdbool.h>

#include "reference.h"

static uint8_t server_id[MST_OSCORE_ID_MAX];
static const uint8_t token[MST_COAP_TOKEN_MAX] = {1, 2, 3, 4, 5, 6, 7, 8};

/* Keys, IDs and numbers at random for 64 lanes; sizes of the profile too. */
static void
random_contexts(struct mst_crypto *crypto, uint64_t *seed)
{
	static mst_b32 secret[MST_LANES];
	struct mst_oscore_params params = {
		.master_secret_size = 32,
		.id_context_size = rnd(seed) % 17,
		.client_id_size = rnd(seed) % 8,
		.server_id = server_id,
		.server_id_size = rnd(seed) % 8,
	};

	reset();
	rnd_fill(seed, secret, sizeof(secret));
	rnd_fill(seed, id_context, sizeof(id_context));
	rnd_fill(seed, client_id, sizeof(client_id));
	rnd_fill(seed, server_id, sizeof(server_id));
	for (unsigned i = 0; i < MST_LANES; i++)
		piv[i] = rnd(seed) >> (24 + rnd(seed) % 40);
	assert_int_equal(mst_oscore_profile_init(&profile, crypto, &params), 0);
	mst_oscore_derive_burst(crypto, &profile, ~(mst_lanes)0, (const mst_b32 *)secret,
		(const mst_b16 *)id_context, (const mst_oscore_id *)client_id, &keys);
}

static void
random_plaintexts(uint64_t *seed, uint8_t code)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		size_t n = rnd(seed) % (rnd(seed) % 4 ? 64 : MST_OSCORE_PLAIN_MAX - 1);

		rnd_fill(seed, text[i], sizeof(text[i]));
		text[i][0] = code;
		text[i][1] = 0xff;
		plain.size[i] = (uint16_t)(n == 0 ? 1 : n + 2);
	}
}

/* Lane i was sealed as OpenSSL seals it; parses it into msg[i]. */
static void
assert_sealed(unsigned i, const uint8_t *key, struct ref_octets nonce_id, uint64_t nonce_piv)
{
	int n = mst_coap_build_fini(&build[i]);
	uint8_t want[MST_OSCORE_PLAIN_MAX + 8];

	assert_true(n > 0 && n <= ROOM - 64 + 8 + MST_COAP_HEADER);
	assert_int_equal(mst_coap_parse(wire[i], (size_t)n, &msg[i]), 0);
	ref_seal(key, keys.common_iv[i], nonce_id, nonce_piv,
		(struct ref_octets){client_id[i], profile.client_id_size}, piv[i], text[i],
		plain.size[i], want);
	assert_int_equal(msg[i].opt.payload.size, plain.size[i] + 8);
	assert_memory_equal(msg[i].opt.payload.data, want, plain.size[i] + 8U);
}

static void
begin_all(mst_lanes live, uint8_t code)
{
	mst_for_lanes(i, live)
		mst_coap_build_init(
			&build[i], wire[i], ROOM, MST_COAP_CON, code, (uint16_t)i, token, i % 9);
}

/* Opened lanes hold their text; all others are untouched. */
static void
assert_opened(mst_lanes live, bool in_place)
{
	static const uint8_t dead[MST_OSCORE_PLAIN_MAX] = {0xee, 0xee, 0xee, 0xee};

	for (unsigned i = 0; i < MST_LANES; i++) {
		assert_int_equal(status[i], 0xeeee);
		if (!(live & MST_LANE(i))) {
			assert_int_equal(result.size[i], 0xeeee);
			assert_memory_equal(opened[i], dead, 4);
			continue;
		}
		assert_int_equal(result.size[i], plain.size[i]);
		assert_memory_equal(result.data[i], text[i], plain.size[i]);
		if (!in_place)
			assert_int_equal(opened[i][plain.size[i]], 0xee);
	}
}

static void
maybe_in_place(mst_lanes live, bool in_place)
{
	mst_for_lanes(i, live)
		if (in_place)
			result.data[i] = (uint8_t *)(uintptr_t)msg[i].opt.payload.data;
}

/* Client to server: random lanes and holes, equal to the reference, and back to the plaintext. */
static void
random_requests_on(struct mst_crypto *crypto)
{
	uint64_t seed = 5;

	for (unsigned round = 0; round < 40; round++) {
		mst_lanes live = rnd_lanes(&seed), with_context = rnd(&seed);
		bool in_place = round % 2;

		random_contexts(crypto, &seed);
		random_plaintexts(&seed, MST_COAP_POST);
		begin_all(live, MST_COAP_POST);
		assert_int_equal(mst_oscore_seal_request_burst(crypto, live, &exchange,
					 with_context, (const mst_b16 *)id_context, &plain, build),
			live);
		mst_for_lanes(i, live) {
			bool context = (with_context & MST_LANE(i)) != 0;

			assert_sealed(i, keys.client_key[i],
				(struct ref_octets){client_id[i], profile.client_id_size}, piv[i]);
			assert_int_equal(mst_oscore_option_parse_request(msg[i].opt.oscore.data,
						 msg[i].opt.oscore.size, &option[i]),
				0);
			assert_int_equal(option[i].piv, piv[i]);
			assert_int_equal(option[i].kid_size, profile.client_id_size);
			assert_memory_equal(option[i].kid, client_id[i], option[i].kid_size);
			assert_int_equal(option[i].has_kid_context, context);
			if (context)
				assert_memory_equal(option[i].kid_context, id_context[i],
					profile.id_context_size);
		}
		maybe_in_place(live, in_place);
		assert_int_equal(mst_oscore_open_request_burst(
					 crypto, live, &exchange, msg, &result, status),
			live);
		assert_opened(live, in_place);
		assert_int_equal(
			mst_oscore_parse_inner_burst(live, msg, &result, inner, status), live);
		mst_for_lanes(i, live) {
			assert_int_equal(inner[i].code, MST_COAP_POST);
			assert_int_equal(inner[i].mid, i);
			assert_int_equal(inner[i].opt.payload.size,
				plain.size[i] > 1 ? plain.size[i] - 2 : 0);
		}
	}
}

static void
random_requests(void **state)
{
	(void)state;
	each_engine(random_requests_on);
}

/* Server to client, with and without Partial IVs of the server's own in one burst. */
static void
random_responses_on(struct mst_crypto *crypto)
{
	uint64_t seed = 6;

	for (unsigned round = 0; round < 40; round++) {
		mst_lanes live = rnd_lanes(&seed);
		uint64_t own_piv[MST_LANES];
		bool in_place = round % 2;

		random_contexts(crypto, &seed);
		random_plaintexts(&seed, MST_COAP_CREATED);
		for (unsigned i = 0; i < MST_LANES; i++)
			own_piv[i] = rnd(&seed) % 4 == 0 ? MST_OSCORE_NO_PIV
							 : rnd(&seed) >> (24 + rnd(&seed) % 40);
		begin_all(live, MST_COAP_CHANGED);
		mst_for_lanes(o, live & 0xf0f0f0f0)
			mst_coap_put_uint(&build[o], MST_COAP_OPT_OBSERVE, o);
		assert_int_equal(mst_oscore_seal_response_burst(
					 crypto, live, &exchange, own_piv, &plain, build),
			live);
		mst_for_lanes(i, live) {
			bool own = own_piv[i] != MST_OSCORE_NO_PIV;

			assert_sealed(i, keys.server_key[i],
				own ? (struct ref_octets){server_id, profile.server_id_size}
				    : (struct ref_octets){client_id[i], profile.client_id_size},
				own ? own_piv[i] : piv[i]);
			assert_int_equal(mst_oscore_option_parse_response(msg[i].opt.oscore.data,
						 msg[i].opt.oscore.size, &option[i]),
				0);
			assert_int_equal(option[i].has_piv, own);
			assert_int_equal(option[i].piv, own ? own_piv[i] : 0);
			assert_false(option[i].has_kid);
		}
		maybe_in_place(live, in_place);
		assert_int_equal(mst_oscore_open_response_burst(
					 crypto, live, &exchange, option, msg, &result, status),
			live);
		assert_opened(live, in_place);
		assert_int_equal(
			mst_oscore_parse_inner_burst(live, msg, &result, inner, status), live);
		mst_for_lanes(c, live)
			assert_int_equal(inner[c].code, MST_COAP_CREATED);
	}
}

static void
random_responses(void **state)
{
	(void)state;
	each_engine(random_responses_on);
}

/* 64 copies of one sealed request in lane order; returns the size of its payload. */
static size_t
same_request(struct mst_crypto *crypto, uint64_t *seed, size_t size)
{
	random_contexts(crypto, seed);
	random_plaintexts(seed, MST_COAP_GET);
	for (unsigned i = 1; i < MST_LANES; i++) {
		memcpy(keys.client_key[i], keys.client_key[0], 16);
		memcpy(keys.common_iv[i], keys.common_iv[0], 16);
		memcpy(client_id[i], client_id[0], sizeof(client_id[0]));
		memcpy(text[i], text[0], sizeof(text[0]));
		piv[i] = piv[0];
	}
	for (unsigned i = 0; i < MST_LANES; i++)
		plain.size[i] = (uint16_t)size;
	begin_all(~(mst_lanes)0, MST_COAP_POST);
	assert_int_equal(mst_oscore_seal_request_burst(
				 crypto, ~(mst_lanes)0, &exchange, 0, NULL, &plain, build),
		~(mst_lanes)0);
	for (unsigned i = 0; i < MST_LANES; i++) {
		int n = mst_coap_build_fini(&build[i]);

		assert_int_equal(mst_coap_parse(wire[i], (size_t)n, &msg[i]), 0);
	}
	return size + MST_OSCORE_TAG;
}

/* Lane 0 stays as it was, lane i has octet first + i - 1 of its payload changed, if there is one.
 */
static void
tamper_from(struct mst_crypto *crypto, uint64_t *seed, size_t size, size_t first)
{
	size_t n = same_request(crypto, seed, size);
	mst_lanes bad = 0;

	for (unsigned i = 1; i < MST_LANES && first + i - 1 < n; i++) {
		uint8_t *p = (uint8_t *)(uintptr_t)msg[i].opt.payload.data;

		p[first + i - 1] ^= (uint8_t)(1U << rnd(seed) % 8);
		bad |= MST_LANE(i);
	}
	assert_int_equal(mst_oscore_open_request_burst(
				 crypto, ~(mst_lanes)0, &exchange, msg, &result, status),
		~bad);
	for (unsigned i = 0; i < MST_LANES; i++) {
		bool failed = (bad & MST_LANE(i)) != 0;

		assert_int_equal(status[i], failed ? MST_E_OSCORE_TAG : 0xeeee);
		assert_int_equal(result.size[i], failed ? 0xeeee : size);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(opened[i][k], failed ? 0 : text[i][k]);
	}
}

/* A change of any octet of the payload, or of what the AAD and nonce are made of, is found. */
static void
tampering_on(struct mst_crypto *crypto)
{
	const mst_lanes all = ~(mst_lanes)0;
	uint64_t seed = 7;

	for (size_t size = 1; size < 120; size += 13)
		for (size_t first = 0; first < size + MST_OSCORE_TAG; first += MST_LANES - 1)
			tamper_from(crypto, &seed, size, first);
	same_request(crypto, &seed, 40);
	for (unsigned b = 0; b < 40; b++)
		piv[b] ^= (uint64_t)1 << b; /* lane b: bit b of the Partial IV */
	keys.client_key[40][3] ^= 1;
	keys.common_iv[41][12] ^= 1;
	keys.common_iv[42][0] ^= 1;
	keys.server_key[43][0] ^= 1; /* not part of a request */
	keys.common_iv[44][13] ^= 1; /* past the 13 octets */
	msg[45].opt.payload.size--;  /* cut off */
	msg[46].opt.payload.data++;  /* shifted */
	msg[46].opt.payload.size--;
	assert_int_equal(
		mst_oscore_open_request_burst(crypto, all, &exchange, msg, &result, status),
		all << 47 | MST_LANE(43) | MST_LANE(44));
}

static void
tampering(void **state)
{
	(void)state;
	each_engine(tampering_on);
}

/* The ID is part of AAD and nonce, the context part of neither. */
static void
wrong_id_on(struct mst_crypto *crypto)
{
	uint64_t seed = 8;

	do {
		same_request(crypto, &seed, 20);
	} while (profile.client_id_size != MST_OSCORE_ID_MAX);
	for (unsigned i = 0; i < MST_OSCORE_ID_MAX; i++)
		client_id[i][i] ^= 0x80;
	assert_int_equal(mst_oscore_open_request_burst(
				 crypto, ~(mst_lanes)0, &exchange, msg, &result, status),
		~(mst_lanes)0 << MST_OSCORE_ID_MAX);
}

static void
wrong_id(void **state)
{
	(void)state;
	each_engine(wrong_id_on);
}

/* Payloads around the size of a tag, plaintexts around the capacities, buffers one short. */
static void
limits_on(struct mst_crypto *crypto)
{
	const mst_lanes all = ~(mst_lanes)0;
	uint64_t seed = 9;
	mst_lanes live;

	same_request(crypto, &seed, 40);
	for (unsigned i = 0; i < 12; i++)
		msg[i].opt.payload.size = (uint16_t)i;
	msg[12].opt.payload.size = MST_OSCORE_PLAIN_MAX + MST_OSCORE_TAG + 1;
	result.capacity = 40;
	assert_int_equal(
		mst_oscore_open_request_burst(crypto, all, &exchange, msg, &result, status),
		all << 13);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(status[i], MST_E_OSCORE_TAG);
	assert_int_equal(status[12], MST_E_COAP_TOO_LARGE);
	result.capacity = 39;
	assert_int_equal(
		mst_oscore_open_request_burst(crypto, all << 13, &exchange, msg, &result, status),
		0);
	assert_int_equal(status[13], MST_E_COAP_TOO_LARGE);
	result.capacity = UINT16_MAX;
	assert_int_equal(
		mst_oscore_open_request_burst(crypto, 0, &exchange, msg, &result, status), 0);

	same_request(crypto, &seed, MST_OSCORE_PLAIN_MAX);
	assert_int_equal(
		mst_oscore_open_request_burst(crypto, all, &exchange, msg, &result, status), all);

	same_request(crypto, &seed, 1);
	for (unsigned i = 0; i < MST_LANES; i++) {
		size_t room = (size_t)mst_coap_build_fini(&build[i]) - i % 2;

		memset(wire[i], 0xee, ROOM);
		mst_coap_build_init(&build[i], wire[i], room, MST_COAP_CON, MST_COAP_POST,
			(uint16_t)i, token, i % 9);
	}
	live = mst_oscore_seal_request_burst(crypto, all, &exchange, 0, NULL, &plain, build);
	assert_int_equal(live, 0x5555555555555555);
	for (unsigned i = 0; i < MST_LANES; i++) {
		int n = mst_coap_build_fini(&build[i]);

		assert_int_equal(n < 0, i % 2);
		if (n < 0)
			assert_int_equal(n, -MST_E_NO_SPACE);
	}
}

static void
limits(void **state)
{
	(void)state;
	each_engine(limits_on);
}

static void
inner_messages(void **state)
{
	static const struct {
		const char *plaintext;
		uint8_t outer;
		int err;
	} rows[] = {
		{"", MST_COAP_POST, MST_E_OSCORE_INNER},
		{"00", MST_COAP_POST, MST_E_OSCORE_INNER},    /* Empty */
		{"45", MST_COAP_POST, MST_E_OSCORE_INNER},    /* response in a request */
		{"01", MST_COAP_CHANGED, MST_E_OSCORE_INNER}, /* request in a response */
		{"21", MST_COAP_CHANGED, MST_E_OSCORE_INNER}, /* reserved classes */
		{"61", MST_COAP_CHANGED, MST_E_OSCORE_INNER},
		{"e1", MST_COAP_CHANGED, MST_E_OSCORE_INNER},
		{"01ff", MST_COAP_POST, MST_E_OSCORE_INNER},      /* marker without payload */
		{"01b47476", MST_COAP_POST, MST_E_OSCORE_INNER},  /* option past the end */
		{"01f0", MST_COAP_POST, MST_E_OSCORE_INNER},      /* reserved nibble */
		{"0190", MST_COAP_POST, MST_E_OSCORE_INNER},      /* OSCORE inside OSCORE */
		{"01d00000", MST_COAP_POST, MST_E_COAP_CRITICAL}, /* option 13 */
		{"01b161016101610161016101610161", MST_COAP_POST, MST_E_COAP_PATH}, /* 7 segments */
		{"01", MST_COAP_POST, 0},
		{"1f", MST_COAP_FETCH, 0},
		{"84", MST_COAP_CHANGED, 0},
		{"a3ff00", MST_COAP_CONTENT, 0},
	};
	uint8_t outer_octets[] = {0x40, 0, 0, 7, 0x31, 'h', 0x41, 9, 0x20, 0x51, 60, 0xff, 1};
	struct mst_coap_msg before;

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		uint8_t octets[32];
		size_t n = hex(rows[r].plaintext, octets);

		reset();
		outer_octets[1] = rows[r].outer;
		assert_int_equal(mst_coap_parse(outer_octets, sizeof(outer_octets), &msg[5]), 0);
		memcpy(opened[5], octets, n);
		result.size[5] = (uint16_t)n;
		before = inner[5];
		assert_int_equal(
			mst_oscore_parse_inner_burst(MST_LANE(5), msg, &result, inner, status),
			rows[r].err ? 0 : MST_LANE(5));
		assert_int_equal(status[5], rows[r].err ? rows[r].err : 0xeeee);
		if (rows[r].err) {
			assert_memory_equal(&inner[5], &before, sizeof(before));
			continue;
		}
		/* Uri-Host and Uri-Port come from outside, Content-Format does not. */
		assert_int_equal(inner[5].code, octets[0]);
		assert_int_equal(inner[5].mid, 7);
		assert_int_equal(inner[5].opt.has, MST_COAP_HAS_URI_HOST | MST_COAP_HAS_URI_PORT);
		assert_int_equal(inner[5].opt.uri_host.data[0], 'h');
		assert_int_equal(inner[5].opt.uri_port, 9);
		assert_int_equal(inner[5].opt.payload.size, n > 2 ? n - 2 : 0);
	}
}

/* What the plaintext says goes before what the outer message says. */
static void
inner_goes_first(void **state)
{
	static const uint8_t outer[] = {0x40, 2, 0, 7, 0x31, 'h', 0x41, 9, 0x20, 0xff, 1};

	(void)state;
	reset();
	assert_int_equal(mst_coap_parse(outer, sizeof(outer), &msg[0]), 0);
	result.size[0] = (uint16_t)hex("0131694105", opened[0]);
	assert_int_equal(mst_oscore_parse_inner_burst(MST_LANE(0), msg, &result, msg, status), 1);
	assert_int_equal(msg[0].opt.uri_host.size, 1);
	assert_int_equal(msg[0].opt.uri_host.data[0], 'i');
	assert_int_equal(msg[0].opt.uri_port, 5);
	assert_int_equal(msg[0].opt.payload.size, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_requests),
		cmocka_unit_test(random_responses),
		cmocka_unit_test(tampering),
		cmocka_unit_test(wrong_id),
		cmocka_unit_test(limits),
		cmocka_unit_test(inner_messages),
		cmocka_unit_test(inner_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
