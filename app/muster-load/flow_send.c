/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests from the state of their meters alone, so that a repetition has the same octets. */
#include "batch.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

/** A negotiation is at least this long, so that hints and challenge fit its bound (section 7.2). */
#define NEGOTIATION_SIZE 46

static void
begin(struct gen *gen, unsigned lane, uint8_t code, struct mst_coap_build *build)
{
	uint32_t meter = gen->batch->meter[lane];
	const struct me *me = &gen->mes.at[meter];
	uint8_t token[BATCH_TOKEN];

	mst_put_be32(token, flow_token(gen, meter, me->mid));
	mst_coap_build_init(build, gen->batch->out[lane], BATCH_COAP_MAX, MST_COAP_CON, code,
		me->mid, token, sizeof(token));
}

static void
put_resource(struct gen *gen, uint32_t meter, struct mst_coap_build *build)
{
	char gid[MST_GID_TEXT];

	switch (flow_resource(gen, meter)) {
	case MST_RES_MANAGE:
		mst_coap_put_option(build, MST_COAP_OPT_URI_PATH, "manage", 6);
		break;
	case MST_RES_GROUP:
		mst_gid_build(flow_group(gen, meter)->gid, gid);
		mst_coap_put_option(build, MST_COAP_OPT_URI_PATH, "ace-group", 9);
		mst_coap_put_option(build, MST_COAP_OPT_URI_PATH, gid, sizeof(gid));
		break;
	default:
		mst_coap_put_option(build, MST_COAP_OPT_URI_PATH, "session", 7);
		break;
	}
}

/** Step 301/401: who wants what; for the express flow with the identity. */
static void
put_negotiation(struct gen *gen, uint32_t meter, struct mst_coap_build *build)
{
	bool express = gen->options.flow == GEN_EXPRESS;
	uint64_t imsi = uicc_imsi(&gen->uiccs, meter);
	char digits[MST_IMSI_DIGITS_MAX];
	/* Marker, map, pad's key and head; identity's key, head and digits. */
	size_t size = 4 + (express ? 2 + mst_imsi_decode(imsi, digits) : 0);
	size_t pad = NEGOTIATION_SIZE;

	put_resource(gen, meter, build);
	mst_coap_put_uint(build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	size += mst_writer_size(&build->w);
	mst_ub_write_request(mst_coap_put_payload(build), express ? MST_UB_ID_IMSI : MST_UB_ID_NONE,
		imsi, 0, pad > size ? (int)(pad - size) : 0);
}

static void
put_bsf(struct gen *gen, uint32_t meter, struct mst_coap_build *build)
{
	const struct me *me = &gen->mes.at[meter];
	struct mst_ub_span cookie;
	struct mst_writer *w;

	mst_coap_put_option(build, MST_COAP_OPT_URI_PATH, "bsf", 3);
	mst_coap_put_uint(build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	w = mst_coap_put_payload(build);
	if (me->state == ME_CHALLENGE) {
		mst_ub_write_request(
			w, MST_UB_ID_IMSI, uicc_imsi(&gen->uiccs, meter), 0, MST_UB_NO_PAD);
		return;
	}
	cookie.data = me_cookie(&gen->mes, meter, &cookie.size);
	if (me->state == ME_RESYNC)
		mst_ub_write_resync(w, &cookie, me->proof);
	else
		mst_ub_write_answer(w, &cookie, me->proof);
}

static void
end(struct gen *gen, unsigned lane, struct mst_coap_build *build)
{
	int size = mst_coap_build_fini(build);

	assert(size > 0); /* the longest request has half of BATCH_COAP_MAX */
	link_send(&gen->link, gen->batch->meter[lane], gen->now_us, gen->batch->out[lane],
		(size_t)size);
}

static void
send_plain(struct gen *gen, mst_lanes live)
{
	mst_for_lanes(i, live) {
		uint32_t meter = gen->batch->meter[i];
		struct mst_coap_build build;

		begin(gen, i, MST_COAP_POST, &build);
		if (gen->mes.at[meter].state == ME_HINTS)
			put_negotiation(gen, meter, &build);
		else
			put_bsf(gen, meter, &build);
		end(gen, i, &build);
	}
}

/** Steps 304 and 404 before protection. */
static int
build_inner(struct gen *gen, unsigned lane, uint8_t *inner)
{
	uint32_t meter = gen->batch->meter[lane];
	enum mst_ua_store store =
		gen->batch->gba_u & MST_LANE(lane) ? MST_UA_STORE_UICC : MST_UA_STORE_ME;

	return flow_build_task(gen, meter, store, inner);
}

/** Puts an Echo option behind the others of a plaintext. Returns the new size. */
static int
insert_echo(uint8_t *inner, int size, const uint8_t *echo)
{
	struct mst_reader r = mst_reader_init(inner + 1, (size_t)size - 1);
	struct mst_coap_item item = {0};
	uint8_t option[2 + VAULT_ECHO], *at;
	const uint8_t *before = r.pos;

	while (mst_coap_next_option(&r, &item) == 1)
		before = r.pos;
	at = inner + (before - inner);
	/* Numbers below 252 - 13 are before it: a delta of one more octet (RFC 7252 section 3.1).
	 */
	assert(item.number <= MST_COAP_OPT_ECHO - 13 &&
		size + (int)sizeof(option) <= MST_UA_SIZE_MAX);
	option[0] = 13 << 4 | VAULT_ECHO;
	option[1] = (uint8_t)(MST_COAP_OPT_ECHO - 13 - item.number);
	memcpy(option + 2, echo, VAULT_ECHO);
	memmove(at + sizeof(option), at, (size_t)(inner + size - at));
	memcpy(at, option, sizeof(option));
	return size + (int)sizeof(option);
}

/**
 * Requests that carry RAND as kid context: all of the express flow, and those of meters in the key
 * log, without which tshark finds no context.
 */
static mst_lanes
with_context(const struct gen *gen, mst_lanes live)
{
	mst_lanes logged = 0;

	if (gen->options.flow == GEN_EXPRESS)
		return live;
	if (gen->keylog == NULL)
		return 0;
	mst_for_lanes(i, live)
		if (gen->batch->meter[i] < gen->options.keylog_count)
			logged |= MST_LANE(i);
	return logged;
}

/** Outside a request is POST, with Observe FETCH (RFC 8613 section 4.1.3.5). */
static void
begin_secured(struct gen *gen, unsigned lane, struct mst_coap_build *build)
{
	bool registers = flow_registers(batch_me(gen, lane));

	begin(gen, lane, registers ? MST_COAP_FETCH : MST_COAP_POST, build);
	if (registers)
		mst_coap_put_uint(build, MST_COAP_OPT_OBSERVE, 0);
}

static void
send_secured(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;
	struct mst_coap_build build[MST_LANES];
	struct mst_oscore_plain plain = {0};
	const struct vault_exchange x = {.profile = &gen->oscore,
		.rand = (const mst_b16 *)b->rand,
		.kid = (const mst_oscore_id *)b->kid,
		.request_piv = b->piv,
		.with_context = with_context(gen, live)};
	mst_lanes sealed;

	mst_for_lanes(i, live) {
		const struct me *me = batch_me(gen, i);
		int size;

		b->gba_u =
			(b->gba_u & ~MST_LANE(i)) | ((me->flags & ME_GBA_U) != 0 ? MST_LANE(i) : 0);
		memcpy(b->rand[i], me->rand, sizeof(b->rand[i]));
		memcpy(b->kid[i], me->rand, sizeof(b->kid[i]));
		b->piv[i] = me->piv;
		plain.data[i] = b->inner[i];
		size = build_inner(gen, i, b->inner[i]);
		if ((me->flags & ME_ECHO) != 0)
			size = insert_echo(b->inner[i], size, me->proof);
		plain.size[i] = (uint16_t)size;
		begin_secured(gen, i, &build[i]);
	}
	sealed = me_seal_burst(
		&gen->mes, gen->crypto, live & ~b->gba_u, b->meter, &x, &plain, build);
	sealed |= uicc_seal_burst(
		&gen->uiccs, gen->crypto, live & b->gba_u, b->meter, &x, &plain, build);
	assert(sealed == live);
	mst_for_lanes(i, sealed)
		end(gen, i, &build[i]);
}

void
flow_send(struct gen *gen)
{
	if (gen->batch->plain != 0)
		send_plain(gen, gen->batch->plain);
	if (gen->batch->secured != 0)
		send_secured(gen, gen->batch->secured);
}
