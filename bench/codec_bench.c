/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CoAP: parse the request of the answer stage and build its response, beside libcoap's PDU
 * functions. CBOR: read that request's map and write a challenge, beside libcbor.
 */
#include <string.h>

#include "coap/coap.h"
#include "gba/ub.h"
#include "shim.h"

#ifdef HAVE_LIBCOAP
#include <coap3/coap.h>
#endif
#ifdef HAVE_LIBCBOR
#include <cbor.h>
#endif

#define BURST 64

/* CON POST /bsf, Content-Format 60, {5: cookie, 6: proof}: docs/protocol.md section 11.2. */
static const uint8_t request[] = {0x44, 0x02, 0x7d, 0x03, 0xc0, 0xa1, 0x00, 0x03, 0xb3, 0x62, 0x73,
	0x66, 0x11, 0x3c, 0xff, 0xa2, 0x05, 0x50, 0x58, 0xe2, 0x43, 0xa8, 0x2b, 0x97, 0x70, 0x97,
	0x76, 0x48, 0x31, 0x77, 0x22, 0x9b, 0x02, 0x3d, 0x06, 0x50, 0xd3, 0x35, 0xc1, 0x67, 0x35,
	0x6e, 0x3d, 0x10, 0x70, 0x06, 0x65, 0x7f, 0x56, 0x49, 0x71, 0xf2};
#define PAYLOAD 15 /* where its map begins */

static const uint8_t rand16[16] = {1, 2, 3}, autn16[16] = {4, 5, 6};
static volatile size_t sink;

static void
coap_muster(struct mst_bench *b, const void *arg)
{
	uint8_t out[128];

	(void)arg;
	while (mst_bench_next(b)) {
		size_t sum = 0;

		mst_bench_begin(b);
		for (unsigned i = 0; i < BURST; i++) {
			struct mst_coap_build build;
			struct mst_coap_msg m;

			if (mst_coap_parse(request, sizeof(request), &m) != 0)
				break;
			mst_coap_build_init(&build, out, sizeof(out), MST_COAP_ACK,
				MST_COAP_CHANGED, m.mid, m.token, m.token_size);
			mst_coap_put_uint(
				&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
			mst_write_bytes(mst_coap_put_payload(&build), m.opt.payload.data,
				m.opt.payload.size);
			sum += (size_t)mst_coap_build_fini(&build);
		}
		mst_bench_end(b, BURST);
		sink = sum;
	}
}

static void
cbor_muster(struct mst_bench *b, const void *arg)
{
	uint8_t out[128];

	(void)arg;
	while (mst_bench_next(b)) {
		size_t sum = 0;

		mst_bench_begin(b);
		for (unsigned i = 0; i < BURST; i++) {
			struct mst_writer w = mst_writer_init(out, sizeof(out));
			struct mst_ub ub;

			if (mst_ub_parse(request + PAYLOAD, sizeof(request) - PAYLOAD, &ub) != 0)
				break;
			mst_ub_write_challenge(&w, rand16, autn16, NULL, NULL);
			sum += ub.cookie.size + mst_writer_size(&w);
		}
		mst_bench_end(b, BURST);
		sink = sum;
	}
}

#ifdef HAVE_LIBCOAP
/** Its public functions make a PDU for each message; they leave the fixed header unwritten. */
static void
coap_libcoap(struct mst_bench *b, const void *arg)
{
	(void)arg;
	while (mst_bench_next(b)) {
		size_t sum = 0;

		mst_bench_begin(b);
		for (unsigned i = 0; i < BURST; i++) {
			coap_pdu_t *in = coap_pdu_init(
				COAP_MESSAGE_CON, COAP_EMPTY_CODE, 0, sizeof(request));
			coap_pdu_t *out;
			coap_bin_const_t token;
			const uint8_t *data;
			size_t size;

			if (!coap_pdu_parse(COAP_PROTO_UDP, request, sizeof(request), in))
				break;
			token = coap_pdu_get_token(in);
			coap_get_data(in, &size, &data);
			out = coap_pdu_init(COAP_MESSAGE_ACK, COAP_RESPONSE_CODE_CHANGED,
				coap_pdu_get_mid(in), 128);
			coap_add_token(out, token.length, token.s);
			coap_add_option(
				out, COAP_OPTION_CONTENT_FORMAT, 1, (const uint8_t *)"\x3c");
			coap_add_data(out, size, data);
			sum += size;
			coap_delete_pdu(in);
			coap_delete_pdu(out);
		}
		mst_bench_end(b, BURST);
		sink = sum;
	}
}
#endif

#ifdef HAVE_LIBCBOR
/** Reading is libcbor's streaming decoder, which allocates nothing; writing its encoders. */
struct taken {
	uint64_t key;
	cbor_data cookie, proof;
};

static void
on_uint(void *user, uint8_t value)
{
	struct taken *t = user;

	t->key = value;
}

static void
on_bytes(void *user, cbor_data data, size_t size)
{
	struct taken *t = user;

	(void)size;
	if (t->key == 5)
		t->cookie = data;
	if (t->key == 6)
		t->proof = data;
}

static size_t
write_pair(uint8_t key, const uint8_t *value, uint8_t *out, size_t size)
{
	size_t n = cbor_encode_uint8(key, out, size);

	n += cbor_encode_bytestring_start(16, out + n, size - n);
	memcpy(out + n, value, 16);
	return n + 16;
}

static void
cbor_libcbor(struct mst_bench *b, const void *arg)
{
	struct cbor_callbacks callbacks = cbor_empty_callbacks;
	uint8_t out[128];

	(void)arg;
	callbacks.uint8 = on_uint;
	callbacks.byte_string = on_bytes;
	while (mst_bench_next(b)) {
		size_t sum = 0;

		mst_bench_begin(b);
		for (unsigned i = 0; i < BURST; i++) {
			size_t at = PAYLOAD, n;
			struct taken t = {0};

			while (at < sizeof(request)) {
				struct cbor_decoder_result r = cbor_stream_decode(
					request + at, sizeof(request) - at, &callbacks, &t);

				if (r.status != CBOR_DECODER_FINISHED)
					break;
				at += r.read;
			}
			n = cbor_encode_map_start(2, out, sizeof(out));
			n += write_pair(3, rand16, out + n, sizeof(out) - n);
			n += write_pair(4, autn16, out + n, sizeof(out) - n);
			sum += n + (t.cookie != NULL) + (t.proof != NULL);
		}
		mst_bench_end(b, BURST);
		sink = sum;
	}
}
#endif

void
bench_codec(void)
{
	mst_bench_add("coap_parse_build", "muster/coap", coap_muster, NULL);
	mst_bench_add("cbor", "muster/cbor", cbor_muster, NULL);
#ifdef HAVE_LIBCOAP
	mst_bench_add("coap_parse_build", "libcoap", coap_libcoap, NULL);
#endif
#ifdef HAVE_LIBCBOR
	mst_bench_add("cbor", "libcbor", cbor_libcbor, NULL);
#endif
}
