/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a frame to a CoAP message and back. The first octet of the input chooses what the rest is:
 *	0  frame
 *	1  frame whose checksums are put right first, so that the parsers behind them are reached
 *	2  CoAP message
 *	3  options and payload, as in OSCORE's plaintext
 *	4  frame with an ARP reply or a neighbour advertisement
 */
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "coap/coap.h"
#include "fuzz.h"
#include "net/checksum.h"
#include "net/net.h"

#define CAPACITY 4096

static struct mst_net_host host;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, ip4[4] = {192, 0, 2, 1};
	static const uint8_t ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	static const uint8_t local6[16] = {0xfe, 0x80, [15] = 1};

	(void)argc;
	(void)argv;
	mst_net_host_init(&host, mac, MST_COAP_PORT);
	REQUIRE(mst_net_host_add_ip4(&host, ip4, 32) == 0);
	REQUIRE(mst_net_host_add_ip6(&host, ip6, 128) == 0);
	REQUIRE(mst_net_host_add_ip6(&host, local6, 128) == 0);
	return 0;
}

/* Encodings of options are unique: walked and built again they are the same octets. */
static void
rebuild_options(struct mst_coap_build *b, const uint8_t *data, size_t size)
{
	struct mst_reader r = mst_reader_init(data, size);
	struct mst_coap_item item = {0};
	int status;

	while ((status = mst_coap_next_option(&r, &item)) == 1)
		mst_coap_put_option(b, item.number, item.value.data, item.value.size);
	REQUIRE(status == 0);
	mst_write_bytes(mst_coap_put_payload(b), r.pos, mst_reader_left(&r));
}

static void
require_inside(struct mst_coap_span s, const uint8_t *data, size_t size)
{
	REQUIRE(s.data >= data && s.data + s.size <= data + size);
}

static void
check_options(const struct mst_coap_options *o, const uint8_t *data, size_t size)
{
	REQUIRE(o->path_count <= MST_COAP_PATH_MAX);
	for (unsigned i = 0; i < o->path_count; i++)
		require_inside(o->path[i], data, size);
	if ((o->has & MST_COAP_HAS_OSCORE) != 0)
		require_inside(o->oscore, data, size);
	if ((o->has & MST_COAP_HAS_ECHO) != 0)
		require_inside(o->echo, data, size);
	require_inside(o->raw, data, size);
	require_inside(o->payload, data, size);
	REQUIRE(o->raw.size + o->payload.size + (o->payload.size != 0 ? 1U : 0U) == size);
}

static void
coap_options(const uint8_t *data, size_t size)
{
	static uint8_t out[CAPACITY + 1];
	struct mst_coap_options o;
	struct mst_coap_build b;
	int err = mst_coap_parse_options(data, size, &o);

	if (err == 0)
		check_options(&o, data, size);
	if (err == -MST_E_COAP_OPTION)
		return;
	mst_coap_build_inner(&b, out, sizeof(out), MST_COAP_GET);
	rebuild_options(&b, data, size);
	REQUIRE(mst_coap_build_fini(&b) == (int)size + 1);
	REQUIRE(memcmp(out + 1, data, size) == 0);
}

static int
coap_message(const uint8_t *data, size_t size, struct mst_coap_msg *m)
{
	static uint8_t out[CAPACITY];
	struct mst_coap_build b;
	size_t head;
	int err = mst_coap_parse(data, size, m);

	if (err == -MST_E_COAP_HEADER || err == -MST_E_COAP_TYPE || err == -MST_E_COAP_OPTION) {
		size_t n = mst_coap_build_reset(data, size, out);

		REQUIRE(n == 0 || (n == 4 && mst_coap_parse(out, 4, m) == 0));
		return err;
	}
	head = MST_COAP_HEADER + m->token_size;
	if (err == 0)
		check_options(&m->opt, data + head, size - head);
	mst_coap_build_init(
		&b, out, sizeof(out), m->type, m->code, m->mid, m->token, m->token_size);
	rebuild_options(&b, data + head, size - head);
	REQUIRE(mst_coap_build_fini(&b) == (int)size);
	REQUIRE(memcmp(out, data, size) == 0);
	return err;
}

/* Answers a datagram; whoever sent it has to accept the answer. */
static void
answer(uint8_t *frame, const struct mst_net_view *view)
{
	uint8_t token[MST_COAP_TOKEN_MAX], out[64];
	struct mst_coap_msg m;
	struct mst_coap_build b;
	struct mst_net_host peer;
	struct mst_net_view back;
	int size, n;

	if (coap_message(mst_net_payload(view, frame), view->size, &m) != 0)
		return;
	memcpy(token, m.token, m.token_size);
	mst_coap_build_init(
		&b, out, sizeof(out), MST_COAP_ACK, MST_COAP_CONTENT, m.mid, token, m.token_size);
	mst_coap_put_uint(&b, MST_COAP_OPT_MAX_AGE, 60);
	size = mst_coap_build_fini(&b);
	REQUIRE(size > 0);
	mst_net_host_init(&peer, frame + 6, view->src_port);
	if (view->family == 4)
		REQUIRE(mst_net_host_add_ip4(&peer, mst_net_source(view, frame), 32) == 0);
	else
		REQUIRE(mst_net_host_add_ip6(&peer, mst_net_source(view, frame), 128) == 0);
	n = mst_net_reply(view, frame, CAPACITY, out, (size_t)size);
	REQUIRE(n >= MST_NET_FRAME_MIN);
	REQUIRE(mst_net_parse(frame, (size_t)n, CAPACITY, &peer, &back) == MST_NET_UDP);
	REQUIRE(back.size == size && back.src_port == view->dst_port);
	REQUIRE(memcmp(mst_net_payload(&back, frame), out, (size_t)size) == 0);
	REQUIRE(mst_coap_parse(mst_net_payload(&back, frame), back.size, &m) == 0);
}

static void
frame(const uint8_t *data, size_t size)
{
	static uint8_t f[CAPACITY];
	uint8_t *exact = malloc(size > 0 ? size : 1);
	struct mst_net_view view;
	int kind;

	/* Without room the sanitizer watches the end; with room all answers fit. */
	REQUIRE(exact != NULL);
	memcpy(exact, data, size);
	kind = mst_net_parse(exact, size, size, &host, &view);
	REQUIRE(kind > 0 || memcmp(exact, data, size) == 0);
	free(exact);
	memcpy(f, data, size);
	switch (mst_net_parse(f, size, sizeof(f), &host, &view)) {
	case MST_NET_UDP:
		REQUIRE(kind == MST_NET_UDP && memcmp(f, data, size) == 0);
		REQUIRE((size_t)view.payload + view.size <= size);
		answer(f, &view);
		break;
	case MST_NET_REPLY:
		REQUIRE(kind == MST_NET_REPLY || kind == -MST_E_NO_SPACE);
		REQUIRE(view.frame_size >= MST_NET_FRAME_MIN && view.frame_size <= sizeof(f));
		/* Nobody answers an answer. */
		REQUIRE(mst_net_parse(f, view.frame_size, sizeof(f), &host, &view) < 0);
		break;
	default:
		REQUIRE(kind < 0 && memcmp(f, data, size) == 0);
	}
}

static void
put_sum(uint8_t *p, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~mst_net_sum_fold(sum);

	memcpy(p, &checksum, 2);
}

/* Puts right the checksums of an untagged frame as far as its lengths allow. */
static void
repair(uint8_t *f, size_t size)
{
	bool ip4 = size >= 34 && f[12] == 0x08 && f[13] == 0x00;
	bool ip6 = size >= 54 && f[12] == 0x86 && f[13] == 0xdd;
	size_t content = ip4 ? 34 : 54, n;
	uint8_t proto = ip4 ? f[23] : f[20];
	uint64_t sum;

	if (!ip4 && !ip6)
		return;
	if (ip4) {
		mst_put_be16(f + 24, 0);
		put_sum(f + 24, mst_net_sum_add(0, f + 14, 20));
	}
	n = ip4 ? mst_get_be16(f + 16) - 20U : mst_get_be16(f + 18);
	if (n < 8 || n > size - content)
		return;
	sum = (uint64_t)__builtin_bswap16(proto) + __builtin_bswap16((uint16_t)n);
	sum = ip4 && proto == 1 ? 0 : mst_net_sum_add(sum, f + (ip4 ? 26 : 22), ip4 ? 8 : 32);
	content += proto == 17 ? 6 : 2;
	mst_put_be16(f + content, 0);
	put_sum(f + content, mst_net_sum_add(sum, f + (ip4 ? 34 : 54), n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t repaired[CAPACITY];
	struct mst_net_neighbour neighbour;
	struct mst_coap_msg m;

	if (size == 0 || size > CAPACITY)
		return 0;
	switch (*data++) {
	case 0:
		frame(data, size - 1);
		break;
	case 1:
		memcpy(repaired, data, size - 1);
		repair(repaired, size - 1);
		frame(repaired, size - 1);
		break;
	case 2:
		coap_message(data, size - 1, &m);
		break;
	case 3:
		coap_options(data, size - 1);
		break;
	case 4:
		mst_net_parse_advert(data, size - 1, &host, &neighbour);
		break;
	}
	return 0;
}
