/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames to requests: Ethernet to UDP, CoAP, and which resource is meant. */
#include "batch.h"

#include "base/err.h"

void
gw_drop(struct gw_worker *w, unsigned lane, int err)
{
	unsigned e = (unsigned)(err < 0 ? -err : err);

	w->batch->status[lane] = (uint16_t)e;
	gw_count(&w->counters.drop[e], 1);
}

void
gw_drop_lanes(struct gw_worker *w, mst_lanes lanes, int err)
{
	mst_for_lanes(i, lanes)
		gw_drop(w, i, err);
}

/** Answers a CoAP ping or a malformed Confirmable message with Reset (RFC 7252 section 4.2). */
static void
reset(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	const uint8_t *data = mst_net_payload(&b->net.view[lane], b->net.frame[lane]);

	b->out_size[lane] =
		(uint16_t)mst_coap_build_reset(data, b->net.view[lane].size, b->out[lane]);
	if (b->out_size[lane] > 0)
		gw_count(&w->counters.outcome[GW_COAP_RESETS], 1);
}

static void
discover(struct gw_worker *w, unsigned lane)
{
	struct mst_coap_build build;

	gw_answer_begin(w, lane, &build, MST_COAP_CONTENT);
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_LINK);
	mst_write_bytes(
		mst_coap_put_payload(&build), MST_WELL_KNOWN_CORE, sizeof(MST_WELL_KNOWN_CORE) - 1);
	gw_answer_end(w, lane, &build);
	gw_count(&w->counters.outcome[GW_DISCOVERIES], 1);
}

/** One datagram. Returns whether the lane goes on to the stages. */
static bool
parse_coap(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct mst_coap_msg *m = &b->msg[lane];
	const struct mst_net_view *view = &b->net.view[lane];
	int err = mst_coap_parse(mst_net_payload(view, b->net.frame[lane]), view->size, m);

	if (err == -MST_E_COAP_HEADER || err == -MST_E_COAP_TYPE || err == -MST_E_COAP_OPTION) {
		gw_drop(w, lane, err);
		reset(w, lane);
		return false;
	}
	if (m->type == MST_COAP_ACK || m->type == MST_COAP_RST) {
		if (m->code == MST_COAP_EMPTY && gw_later_ack(w, lane))
			return false;
		gw_drop(w, lane, MST_E_COAP_RESPONSE);
		return false;
	}
	if (m->code == MST_COAP_EMPTY) {
		reset(w, lane);
		return false;
	}
	if (!mst_coap_is_request(m->code)) {
		gw_drop(w, lane, MST_E_COAP_RESPONSE);
		reset(w, lane);
		return false;
	}
	b->parsed |= MST_LANE(lane);
	if (err == 0 && view->size > GW_COAP_MAX)
		err = -MST_E_COAP_TOO_LARGE;
	if (err == 0 && m->opt.has & MST_COAP_HAS_OSCORE) {
		b->oscore |= MST_LANE(lane);
		return true;
	}
	if (err == 0)
		err = mst_classify_open(m->code, &m->opt, &b->target[lane]);
	if (err) {
		gw_drop(w, lane, err);
		return false;
	}
	if (b->target[lane].res == MST_RES_WELL_KNOWN) {
		discover(w, lane);
		return false;
	}
	return true;
}

mst_lanes
gw_stage_parse(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	mst_lanes replies, datagrams, requests = 0;

	mst_for_lanes(i, live) {
		b->net.frame[i] = b->frame[i].data;
		b->net.size[i] = b->frame[i].size;
		b->net.capacity[i] = b->frame[i].capacity;
	}
	datagrams = mst_net_parse_burst(&w->gw->host, &b->net, live, &replies);
	mst_for_lanes(i, live & ~datagrams & ~replies)
		gw_drop(w, i, b->net.status[i]);
	gw_count(&w->counters.outcome[GW_HOST_REPLIES], mst_lanes_count(replies));
	b->host_replies = replies;
	mst_for_lanes(i, datagrams)
		if (parse_coap(w, i))
			requests |= MST_LANE(i);
	return requests;
}
