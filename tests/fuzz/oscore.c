/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSCORE: option, outer message and plaintext, under the keys of RFC 8613 Appendix C.1. The first
 * octet of the input chooses what the rest is:
 *	0  value of an OSCORE option
 *	1  protected request, a datagram
 *	2  protected response, a datagram, to request 20
 *	3  plaintext: sealed here, so that it reaches the parser behind a right tag
 */
#include <stdlib.h>
#include <string.h>

#include "oscore/oscore.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

#define UNTOUCHED 0xeeee

static struct mst_crypto *crypto;
static struct mst_oscore_profile profile;
static struct mst_oscore_keys keys;
static uint64_t request_piv[MST_LANES] = {20};
static const struct mst_oscore_exchange exchange = {&profile, &keys, NULL, request_piv};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t salt[] = {0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40};
	static const mst_b32 secret[1] = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
	const struct mst_oscore_params params = {
		.master_salt = salt,
		.master_salt_size = sizeof(salt),
		.master_secret_size = 16,
		.server_id = (const uint8_t *)"\x01",
		.server_id_size = 1,
	};

	(void)argc;
	(void)argv;
	REQUIRE(mst_crypto_create(&crypto, NULL) == 0);
	REQUIRE(mst_oscore_profile_init(&profile, crypto, &params) == 0);
	mst_oscore_derive_burst(crypto, &profile, MST_LANE(0), secret, NULL, NULL, &keys);
	return 0;
}

/** What parses has one encoding. */
static void
check_option(const struct mst_oscore_option *option, const uint8_t *value, size_t size)
{
	uint8_t again[MST_OSCORE_OPTION_MAX];

	REQUIRE(size <= sizeof(again));
	REQUIRE(mst_oscore_option_encode(option, again) == size);
	REQUIRE(size == 0 || memcmp(again, value, size) == 0);
}

static void
fuzz_option(const uint8_t *data, size_t size)
{
	struct mst_oscore_option request, response;
	int as_request = mst_oscore_option_parse_request(data, size, &request);
	int as_response = mst_oscore_option_parse_response(data, size, &response);

	if (as_request == 0) {
		check_option(&request, data, size);
		REQUIRE(request.has_piv && request.has_kid);
		REQUIRE(request.piv < MST_OSCORE_PIV_LIMIT);
	}
	if (as_response == 0) {
		check_option(&response, data, size);
		REQUIRE(!response.has_kid_context);
	}
	if (as_request == 0 && as_response == 0)
		REQUIRE(request.piv == response.piv);
}

/** Parses the plaintext of an authentic message; sizes must stay inside it. */
static void
parse_inner(const struct mst_coap_msg *outer, const struct mst_oscore_plain *plain)
{
	static struct mst_coap_msg inner[1];
	uint16_t status[1] = {UNTOUCHED};

	if (mst_oscore_parse_inner_burst(MST_LANE(0), outer, plain, inner, status) == 0) {
		REQUIRE(status[0] == MST_E_OSCORE_INNER || status[0] == MST_E_COAP_CRITICAL ||
			status[0] == MST_E_COAP_PATH);
		return;
	}
	REQUIRE(status[0] == UNTOUCHED);
	REQUIRE(mst_coap_is_request(inner[0].code) == mst_coap_is_request(outer[0].code));
	REQUIRE(inner[0].opt.payload.size < plain->size[0]);
	REQUIRE(inner[0].mid == outer[0].mid);
}

static void
fuzz_datagram(const uint8_t *data, size_t size, bool request)
{
	static uint8_t text[MST_OSCORE_PLAIN_MAX];
	static struct mst_oscore_plain plain = {.data = {text}, .capacity = sizeof(text)};
	struct mst_oscore_option option[1];
	struct mst_coap_msg outer[1];
	uint16_t status[1] = {UNTOUCHED};
	const struct mst_coap_span *value = &outer[0].opt.oscore;
	mst_lanes live;

	if (mst_coap_parse(data, size, &outer[0]) != 0 ||
		(outer[0].opt.has & MST_COAP_HAS_OSCORE) == 0 ||
		mst_coap_is_request(outer[0].code) != request)
		return;
	plain.size[0] = UNTOUCHED;
	request_piv[0] = 20;
	if (request) {
		if (mst_oscore_option_parse_request(value->data, value->size, &option[0]) != 0)
			return;
		request_piv[0] = option[0].piv;
		live = mst_oscore_open_request_burst(
			crypto, MST_LANE(0), &exchange, outer, &plain, status);
	} else {
		if (mst_oscore_option_parse_response(value->data, value->size, &option[0]) != 0)
			return;
		live = mst_oscore_open_response_burst(
			crypto, MST_LANE(0), &exchange, option, outer, &plain, status);
	}
	if (live == 0) {
		REQUIRE(status[0] == MST_E_OSCORE_TAG || status[0] == MST_E_COAP_TOO_LARGE);
		REQUIRE(plain.size[0] == UNTOUCHED);
		return;
	}
	REQUIRE(plain.size[0] + MST_OSCORE_TAG == outer[0].opt.payload.size);
	parse_inner(outer, &plain);
}

/** Seals the plaintext as a request or, with a response's code, as a response, and opens it. */
static void
fuzz_plaintext(const uint8_t *data, size_t size)
{
	static uint8_t text[MST_OSCORE_PLAIN_MAX], back[MST_OSCORE_PLAIN_MAX];
	static uint8_t wire[MST_OSCORE_PLAIN_MAX + MST_OSCORE_OVERHEAD_MAX + MST_COAP_HEADER];
	static struct mst_oscore_plain in = {.data = {text}};
	static struct mst_oscore_plain out = {.data = {back}, .capacity = sizeof(back)};
	const uint64_t own_piv[1] = {size};
	struct mst_coap_build build[1];
	struct mst_oscore_option option[1];
	struct mst_coap_msg outer[1];
	uint16_t status[1];
	bool request;
	int n;

	if (size == 0 || size > sizeof(text))
		return;
	request = mst_coap_is_request(data[0]);
	request_piv[0] = 20;
	memcpy(text, data, size);
	in.size[0] = (uint16_t)size;
	mst_coap_build_init(build, wire, sizeof(wire), MST_COAP_NON,
		request ? MST_COAP_POST : MST_COAP_CHANGED, 7, NULL, 0);
	if (request)
		REQUIRE(mst_oscore_seal_request_burst(
			crypto, MST_LANE(0), &exchange, 0, NULL, &in, build));
	else
		REQUIRE(mst_oscore_seal_response_burst(
			crypto, MST_LANE(0), &exchange, own_piv, &in, build));
	n = mst_coap_build_fini(build);
	REQUIRE(n > 0 && mst_coap_parse(wire, (size_t)n, outer) == 0);
	if (request) {
		REQUIRE(mst_oscore_open_request_burst(
			crypto, MST_LANE(0), &exchange, outer, &out, status));
	} else {
		REQUIRE(mst_oscore_option_parse_response(
				outer[0].opt.oscore.data, outer[0].opt.oscore.size, option) == 0);
		REQUIRE(mst_oscore_open_response_burst(
			crypto, MST_LANE(0), &exchange, option, outer, &out, status));
	}
	REQUIRE(out.size[0] == size && memcmp(back, data, size) == 0);
	parse_inner(outer, &out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		fuzz_option(data + 1, size - 1);
		break;
	case 1:
	case 2:
		fuzz_datagram(data + 1, size - 1, data[0] % 4 == 1);
		break;
	default:
		fuzz_plaintext(data + 1, size - 1);
		break;
	}
	return 0;
}
