/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers: CoAP envelopes, errors, the bound on answers to the unproved, frames out. */
#include "batch.h"

#include "base/err.h"

void
gw_answer_begin(struct gw_worker *w, unsigned lane, struct mst_coap_build *build, uint8_t code)
{
	struct gw_batch *b = w->batch;
	const struct mst_coap_msg *m = &b->msg[lane];
	bool confirmable = m->type == MST_COAP_CON;

	mst_coap_build_init(build, b->out[lane], GW_OUT_MAX,
		confirmable ? MST_COAP_ACK : MST_COAP_NON, code,
		confirmable ? m->mid : gw_later_mid(w), m->token, m->token_size);
}

void
gw_answer_end(struct gw_worker *w, unsigned lane, struct mst_coap_build *build)
{
	int size = mst_coap_build_fini(build);

	if (size < 0)
		gw_drop(w, lane, size);
	else
		w->batch->out_size[lane] = (uint16_t)size;
}

void
gw_answer_ack(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct mst_coap_build build;

	if (b->msg[lane].type != MST_COAP_CON)
		return;
	mst_coap_build_init(&build, b->out[lane], GW_OUT_MAX, MST_COAP_ACK, MST_COAP_EMPTY,
		b->msg[lane].mid, NULL, 0);
	gw_answer_end(w, lane, &build);
}

/** Seconds after which a device may try again where an error says "not now" (Max-Age of 5.03). */
#define RETRY_S 5

static void
answer_error(struct gw_worker *w, unsigned lane)
{
	struct mst_coap_build build;
	uint8_t code = mst_err_coap(w->batch->status[lane]);

	if (code == 0)
		return;
	gw_answer_begin(w, lane, &build, code);
	if (code == MST_COAP_UNAVAILABLE)
		mst_coap_put_uint(&build, MST_COAP_OPT_MAX_AGE, RETRY_S);
	gw_answer_end(w, lane, &build);
	gw_count(&w->counters.outcome[GW_ERRORS_SENT], 1);
}

/** Holds answers to senders who have proved nothing to the bounds of docs/protocol.md 7.2. */
static void
bound_unproved(struct gw_worker *w, mst_lanes lanes)
{
	struct gw_batch *b = w->batch;

	mst_for_lanes(i, lanes & ~b->proved) {
		unsigned size = b->out_size[i], request = b->net.view[i].size;

		if (size > GW_UNPROVED_MAX || size > GW_UNPROVED_FACTOR * request) {
			b->out_size[i] = 0;
			gw_drop(w, i, MST_E_COAP_AMPLIFY);
		}
	}
}

static mst_lanes
build_frames(struct gw_worker *w, mst_lanes lanes)
{
	struct gw_batch *b = w->batch;
	mst_lanes built = 0;

	mst_for_lanes(i, lanes) {
		int size;

		if (b->out_size[i] == 0)
			continue;
		size = mst_net_reply(&b->net.view[i], b->frame[i].data, b->frame[i].capacity,
			b->out[i], b->out_size[i]);
		if (size < 0) {
			gw_drop(w, i, size);
			continue;
		}
		b->frame[i].size = (uint16_t)size;
		built |= MST_LANE(i);
	}
	return built;
}

/** A full transmit ring empties within microseconds: waits so long at most, then drops. */
#define PATIENCE_US 100

static unsigned
send_patiently(struct gw_worker *w, const struct mst_frame *out, unsigned count)
{
	unsigned sent = mst_port_tx_burst(w->gw->port, w->index, out, count);
	uint64_t begin;

	if (sent == count)
		return sent;
	begin = mst_port_tsc();
	while (sent < count && mst_port_tsc() - begin < w->gw->tsc_per_ms * PATIENCE_US / 1000)
		sent += mst_port_tx_burst(w->gw->port, w->index, out + sent, count - sent);
	return sent;
}

void
gw_send_frames(struct gw_worker *w, const struct mst_frame *frames, unsigned count)
{
	unsigned sent;
	uint64_t octets = 0;

	if (count == 0)
		return;
	if (w->gw->port == NULL) {
		for (unsigned i = 0; i < count && w->gw->sink != NULL; i++)
			w->gw->sink(w->gw->sink_user, w->index, &frames[i]);
		return;
	}
	sent = send_patiently(w, frames, count);
	for (unsigned i = 0; i < sent; i++)
		octets += frames[i].size;
	gw_count(&w->counters.outcome[GW_TX_FRAMES], sent);
	gw_count(&w->counters.outcome[GW_TX_OCTETS], octets);
	if (sent < count) {
		gw_count(&w->counters.drop[MST_E_TX_FULL], count - sent);
		mst_port_frame_free(frames + sent, count - sent);
	}
}

static void
transmit(struct gw_worker *w, mst_lanes lanes)
{
	struct mst_frame out[MST_LANES];
	unsigned count = 0;

	mst_for_lanes(i, lanes)
		out[count++] = w->batch->frame[i];
	gw_send_frames(w, out, count);
}

/** Takes answers that announce a change out of those to send. Returns the lanes that are kept. */
static mst_lanes
park(struct gw_worker *w, mst_lanes lanes)
{
	mst_lanes parked = 0;

	mst_for_lanes(i, lanes) {
		if (gw_park(w, &w->batch->frame[i]))
			parked |= MST_LANE(i);
		else
			gw_drop(w, i, MST_E_NOT_DURABLE);
	}
	return parked;
}

void
gw_stage_reply(struct gw_worker *w, mst_lanes frames)
{
	struct gw_batch *b = w->batch;
	struct mst_frame idle[MST_LANES];
	mst_lanes send, parked;
	unsigned count = 0;

	frames &= ~b->given_away;
	mst_for_lanes(i, frames & b->parsed)
		if (b->status[i] != 0 && b->out_size[i] == 0)
			answer_error(w, i);
	bound_unproved(w, frames & ~b->host_replies);
	send = build_frames(w, frames & ~b->host_replies);
	mst_for_lanes(i, frames & b->host_replies) {
		b->frame[i].size = b->net.view[i].frame_size;
		send |= MST_LANE(i);
	}
	parked = park(w, send & b->announced);
	send &= ~b->announced;
	b->sent = send;
	if (w->gw->port == NULL)
		return;
	transmit(w, send);
	mst_for_lanes(i, frames & ~send & ~parked)
		idle[count++] = b->frame[i];
	mst_port_frame_free(idle, count);
}
