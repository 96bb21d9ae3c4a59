/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages compared with libcoap: what either side builds or refuses, the other does too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <coap3/coap.h>

#include "base/text.h"
#include "coap/coap.h"

#define CAPACITY 16384
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t seed = 0x243f6a8885a308d3;

static uint32_t
random_u32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32);
}

/*
 * Options that libcoap knows and may refuse when their length is out of range (which ones depends
 * on its version), and three that it does not know. RFC 7252 section 5.10 allows an empty
 * Uri-Query; libcoap does not.
 */
static const struct {
	uint16_t number, min, max;
	uint16_t most; /* of them in a built message */
} known[] = {
	{MST_COAP_OPT_IF_MATCH, 0, 8, 0},
	{MST_COAP_OPT_URI_HOST, 1, 255, 1},
	{MST_COAP_OPT_ETAG, 1, 8, 3},
	{MST_COAP_OPT_IF_NONE_MATCH, 0, 0, 0},
	{MST_COAP_OPT_OBSERVE, 0, 3, 1},
	{MST_COAP_OPT_URI_PORT, 0, 2, 1},
	{MST_COAP_OPT_LOCATION_PATH, 0, 255, 3},
	{MST_COAP_OPT_OSCORE, 0, 255, 1},
	{MST_COAP_OPT_URI_PATH, 0, 255, 3},
	{MST_COAP_OPT_CONTENT_FORMAT, 0, 2, 1},
	{MST_COAP_OPT_MAX_AGE, 0, 4, 1},
	{MST_COAP_OPT_URI_QUERY, 1, 255, 3},
	{MST_COAP_OPT_HOP_LIMIT, 1, 1, 0},
	{MST_COAP_OPT_ACCEPT, 0, 2, 1},
	{19, 0, 3, 0}, /* Q-Block1 */
	{MST_COAP_OPT_LOCATION_QUERY, 0, 255, 0},
	{MST_COAP_OPT_BLOCK2, 0, 3, 1},
	{MST_COAP_OPT_BLOCK1, 0, 3, 1},
	{MST_COAP_OPT_SIZE2, 0, 4, 0},
	{31, 0, 3, 0}, /* Q-Block2 */
	{MST_COAP_OPT_PROXY_URI, 1, 1034, 0},
	{MST_COAP_OPT_PROXY_SCHEME, 1, 255, 0},
	{MST_COAP_OPT_SIZE1, 0, 4, 1},
	{MST_COAP_OPT_ECHO, 1, 40, 1},
	{258, 0, 1, 0}, /* No-Response */
	{MST_COAP_OPT_REQUEST_TAG, 0, 8, 3},
	{2049, 0, 300, 3},
	{65001, 0, 1000, 3},
	{65535, 0, 3, 3},
};

static coap_pdu_t *
libcoap_parse(const uint8_t *data, size_t size)
{
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, COAP_EMPTY_CODE, 0, size);

	assert_non_null(pdu);
	if (coap_pdu_parse(COAP_PROTO_UDP, data, size, pdu))
		return pdu;
	coap_delete_pdu(pdu);
	return NULL;
}

/* All of a message that both accept is the same to both. */
static void
assert_same(const struct mst_coap_msg *m, struct mst_reader options, coap_pdu_t *pdu)
{
	coap_bin_const_t token = coap_pdu_get_token(pdu);
	struct mst_coap_item item = {0};
	coap_opt_iterator_t it;
	const uint8_t *payload = NULL;
	coap_opt_t *option;
	size_t payload_size = 0;

	assert_int_equal(m->type, coap_pdu_get_type(pdu));
	assert_int_equal(m->code, coap_pdu_get_code(pdu));
	assert_int_equal(m->mid, (uint16_t)coap_pdu_get_mid(pdu));
	assert_int_equal(m->token_size, token.length);
	assert_memory_equal(m->token, token.s, token.length);
	coap_option_iterator_init(pdu, &it, COAP_OPT_ALL);
	while ((option = coap_option_next(&it)) != NULL) {
		assert_int_equal(mst_coap_next_option(&options, &item), 1);
		assert_int_equal(item.number, it.number);
		assert_int_equal(item.value.size, coap_opt_length(option));
		assert_memory_equal(item.value.data, coap_opt_value(option), item.value.size);
	}
	assert_int_equal(mst_coap_next_option(&options, &item), 0);
	coap_get_data(pdu, &payload_size, &payload);
	assert_int_equal(mst_reader_left(&options), payload_size);
	assert_memory_equal(options.pos, payload, payload_size);
}

/* Adds random known options to both; returns the octets that libcoap says they take. */
static size_t
add_options(struct mst_coap_build *b, coap_pdu_t *pdu, const uint8_t *value, bool small)
{
	size_t size = 0;

	for (size_t i = 0; i < COUNT(known); i++) {
		unsigned repeat = random_u32() % (known[i].most + 1U);

		unsigned span = 1U + known[i].max - known[i].min;

		if (small) {
			span = span < 20 ? span : 20;
			repeat = random_u32() % 4 == 0 ? repeat : 0;
		}
		while (repeat-- > 0) {
			size_t n = known[i].min + random_u32() % span;
			size_t taken = coap_add_option(pdu, known[i].number, n, value);

			assert_true(taken > 0);
			mst_coap_put_option(b, known[i].number, value, n);
			size += taken;
		}
	}
	return size;
}

/* A random message by both builders, the same octets; returns its size. */
static size_t
build_both(uint8_t *data, size_t payload_size, bool small)
{
	uint8_t value[1024], code = random_u32() % 2 != 0 ? MST_COAP_POST : MST_COAP_CONTENT;
	size_t token_size = random_u32() % 9, rest;
	uint16_t mid = (uint16_t)random_u32();
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, (coap_pdu_code_t)code, mid, 65535);
	struct mst_coap_build b;
	int size;

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)random_u32();
	mst_coap_build_init(&b, data, CAPACITY, MST_COAP_CON, code, mid, value, token_size);
	assert_true(coap_add_token(pdu, token_size, value));
	rest = token_size + add_options(&b, pdu, value, small);
	if (payload_size > 0) {
		assert_true(coap_add_data(pdu, payload_size, value));
		rest += 1 + payload_size;
	}
	mst_write_bytes(mst_coap_put_payload(&b), value, payload_size);
	size = mst_coap_build_fini(&b);
	assert_int_equal(size, MST_COAP_HEADER + rest);
	/* libcoap keeps token, options and payload in one piece. */
	assert_memory_equal(data + MST_COAP_HEADER, coap_pdu_get_token(pdu).s, rest);
	coap_delete_pdu(pdu);
	return (size_t)size;
}

static void
builders_agree(void **state)
{
	uint8_t *data = malloc(CAPACITY);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t size = build_both(data, random_u32() % 3 * 50, false);
		coap_pdu_t *pdu = libcoap_parse(data, size);
		struct mst_coap_msg m;
		struct mst_reader r;
		int n = mst_coap_parse_header(data, size, &m);

		assert_non_null(pdu);
		assert_in_range(n, 4, 12);
		r = mst_reader_init(data + n, size - (size_t)n);
		assert_same(&m, r, pdu);
		coap_delete_pdu(pdu);
	}
	free(data);
}

/* Whether the options are well-formed; *libcoap_strict: libcoap may refuse them for a length. */
static bool
options_pass(struct mst_reader r, bool *libcoap_strict)
{
	struct mst_coap_item item = {0};
	int status;

	while ((status = mst_coap_next_option(&r, &item)) == 1)
		for (size_t i = 0; i < COUNT(known); i++)
			if (item.number == known[i].number &&
				(item.value.size < known[i].min || item.value.size > known[i].max))
				*libcoap_strict = true;
	return status == 0;
}

/* libcoap lets option numbers run over 65535 and begin again at 0. */
static bool
number_wraps(struct mst_reader r)
{
	uint32_t number = 0;

	while (mst_reader_left(&r) > 0 && *r.pos != 0xff) {
		unsigned head = mst_read_u8(&r), delta = head >> 4, size = head & 15;

		delta = delta == 13   ? 13U + mst_read_u8(&r)
			: delta == 14 ? 269U + mst_read_be16(&r)
				      : delta;
		size = size == 13   ? 13U + mst_read_u8(&r)
		       : size == 14 ? 269U + mst_read_be16(&r)
				    : size;
		number += delta;
		mst_read_span(&r, size);
	}
	return number > 65535;
}

static void
fail_message(const uint8_t *data, size_t size, bool pass)
{
	char *text = malloc(2 * size + 1);

	mst_hex_encode(data, size, text);
	fail_msg("only %s accepts %s", pass ? "muster" : "libcoap", text);
}

static void
damaged_messages_agree(void **state)
{
	uint8_t *data = malloc(CAPACITY);
	unsigned accepted = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 30000; i++) {
		size_t size = build_both(data, random_u32() % 2 * 8, true);
		bool strict = false, pass;
		coap_pdu_t *pdu;
		struct mst_coap_msg m;
		struct mst_reader r;
		int n;

		if (random_u32() % 3 == 0)
			size = random_u32() % (size + 1);
		for (unsigned k = random_u32() % 3; k > 0 && size > 4; k--)
			data[4 + random_u32() % (size - 4)] = (uint8_t)random_u32();
		if (random_u32() % 8 == 0)
			data[0] ^= (uint8_t)(1U << random_u32() % 4);
		n = mst_coap_parse_header(data, size, &m);
		if (n > 0)
			r = mst_reader_init(data + n, size - (size_t)n);
		pass = n > 0 && options_pass(r, &strict);
		pdu = libcoap_parse(data, size);
		if (pdu != NULL && n > 0 && number_wraps(r)) {
			assert_false(pass);
			coap_delete_pdu(pdu);
			continue;
		}
		if (!strict && pass != (pdu != NULL))
			fail_message(data, size, pass);
		assert_true(pass || pdu == NULL);
		if (pdu != NULL) {
			assert_same(&m, r, pdu);
			coap_delete_pdu(pdu);
			accepted++;
		} else {
			refused++;
		}
	}
	assert_true(accepted > 5000 && refused > 5000);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builders_agree),
		cmocka_unit_test(damaged_messages_agree),
	};

	coap_set_log_level(LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
