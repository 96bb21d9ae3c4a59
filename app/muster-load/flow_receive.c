/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames to answers: parse, find the meter by its address, match the exchange, sort by step. */
#include "batch.h"

#include "base/bytes.h"
#include "base/err.h"

/** How many exchanges back an answer still counts as one that came again. */
#define DUPLICATES_BACK 16

static bool
awaits(enum me_state state)
{
	return state >= ME_HINTS && state <= ME_SECURED;
}

/** Frames to datagrams of meters; ARP and ND requests are answered. */
static mst_lanes
parse_frames(struct gen *gen, unsigned frames, mst_lanes *replies)
{
	struct gen_batch *b = gen->batch;
	mst_lanes datagrams, mine = 0;

	for (unsigned i = 0; i < frames; i++) {
		b->net.frame[i] = b->frame[i].data;
		b->net.size[i] = b->frame[i].size;
		b->net.capacity[i] = b->frame[i].capacity;
	}
	datagrams = mst_net_parse_burst(&gen->link.host, &b->net, mst_lanes_first(frames), replies);
	mst_for_lanes(i, mst_lanes_first(frames) & ~datagrams & ~*replies)
		gen_count(&gen->counter[gen->options.flood > 0 &&
							b->net.status[i] == MST_E_IP_NOT_MINE
						? GEN_FLOOD_HEARD
						: GEN_MALFORMED],
			1);
	mst_for_lanes(i, datagrams) {
		if (link_meter_of(&gen->link, &b->net.view[i], b->frame[i].data, &b->meter[i])) {
			mine |= MST_LANE(i);
			__builtin_prefetch(batch_me(gen, i), 1);
		}
	}
	gen_count(&gen->counter[GEN_STRAYS], mst_lanes_count(datagrams & ~mine));
	return mine;
}

/** An Empty message of the gateway: Reset ends the exchange, an ACK promises a later answer. */
static void
take_empty(struct gen *gen, unsigned lane)
{
	const struct mst_coap_msg *m = &gen->batch->msg[lane];
	struct me *me = batch_me(gen, lane);

	if (m->mid != me->mid || !awaits(me->state) || m->type == MST_COAP_CON)
		gen_count(&gen->counter[GEN_STRAYS], 1);
	else if (m->type == MST_COAP_RST)
		flow_restart(gen, lane, GEN_WHY_NO_ANSWER);
	else
		flow_set_timer(gen, gen->batch->meter[lane], MST_COAP_MAX_TRANSMIT_WAIT_MS);
}

/** Acknowledges a separate response, also one that came before. */
static void
acknowledge(struct gen *gen, unsigned lane)
{
	const struct mst_coap_msg *m = &gen->batch->msg[lane];
	struct mst_coap_build build;
	uint8_t ack[MST_COAP_HEADER];

	if (m->type != MST_COAP_CON)
		return;
	mst_coap_build_init(
		&build, ack, sizeof(ack), MST_COAP_ACK, MST_COAP_EMPTY, m->mid, NULL, 0);
	link_send(&gen->link, gen->batch->meter[lane], gen->now_us, ack, sizeof(ack));
}

/** Whether the message answers the meter's open exchange; counts what does not. */
static bool
match(struct gen *gen, unsigned lane)
{
	const struct mst_coap_msg *m = &gen->batch->msg[lane];
	uint32_t meter = gen->batch->meter[lane], token;
	const struct me *me = &gen->mes.at[meter];
	uint16_t back;

	if (m->token_size != BATCH_TOKEN) {
		gen_count(&gen->counter[GEN_STRAYS], 1);
		return false;
	}
	token = mst_get_be32(m->token);
	acknowledge(gen, lane);
	if (awaits(me->state) && token == flow_token(gen, meter, me->mid) &&
		(m->type != MST_COAP_ACK || m->mid == me->mid))
		return true;
	if (flow_is_notification(gen, lane)) {
		gen->batch->notified |= MST_LANE(lane);
		return false;
	}
	back = (uint16_t)(me->mid - m->mid);
	gen_count(&gen->counter[back < DUPLICATES_BACK && token == flow_token(gen, meter, m->mid)
					? GEN_DUPLICATES
					: GEN_STRAYS],
		1);
	return false;
}

/** Reads one datagram. Returns whether it is an answer to work on; its meter is then taken. */
static bool
take_answer(struct gen *gen, unsigned lane)
{
	struct gen_batch *b = gen->batch;
	const struct mst_net_view *view = &b->net.view[lane];
	struct me *me = batch_me(gen, lane);
	int err = mst_coap_parse(
		mst_net_payload(view, b->frame[lane].data), view->size, &b->msg[lane]);

	if (err != 0 || mst_coap_is_request(b->msg[lane].code)) {
		gen_count(&gen->counter[GEN_MALFORMED], 1);
		return false;
	}
	if (b->msg[lane].code == MST_COAP_EMPTY) {
		take_empty(gen, lane);
		return false;
	}
	if (!match(gen, lane))
		return false;
	me->before = me->state;
	me->state = ME_TAKEN;
	if ((me->flags & ME_GBA_U) != 0)
		b->gba_u |= MST_LANE(lane);
	return true;
}

static void
measure_step(struct gen *gen, const struct me *me)
{
	static const uint8_t steps[] = {
		[ME_HINTS] = GEN_STEP_NEGOTIATE,
		[ME_CHALLENGE] = GEN_STEP_CHALLENGE,
		[ME_RESYNC] = GEN_STEP_CHALLENGE,
		[ME_RESULT] = GEN_STEP_ANSWER,
		[ME_SECURED] = GEN_STEP_SECURED,
	};

	mst_hist_add(&gen->step[steps[me->before]], (uint32_t)gen->now_us - me->sent_us);
}

/** Answers by the step that their meters are in. */
static void
sort_answers(struct gen *gen, mst_lanes answers, mst_lanes *by_state)
{
	struct gen_batch *b = gen->batch;

	mst_for_lanes(i, answers) {
		const struct me *me = batch_me(gen, i);
		const struct mst_coap_span *payload = &b->msg[i].opt.payload;

		if (me->before != ME_SECURED &&
			mst_ub_parse(payload->data, payload->size, &b->ub[i]) != 0) {
			flow_ignore(gen, i);
			continue;
		}
		measure_step(gen, me);
		by_state[me->before] |= MST_LANE(i);
		if (me->before <= ME_RESYNC)
			usim_prefetch(&gen->uiccs.usim, b->meter[i]);
	}
}

void
flow_receive(struct gen *gen, unsigned frames)
{
	struct gen_batch *b = gen->batch;
	mst_lanes by_state[ME_SECURED + 1] = {0}, replies, mine, answers = 0, challenges;

	flow_begin(gen);
	mine = parse_frames(gen, frames, &replies);
	mst_for_lanes(i, mine)
		if (take_answer(gen, i))
			answers |= MST_LANE(i);
	sort_answers(gen, answers, by_state);
	challenges = by_state[ME_CHALLENGE] | by_state[ME_RESYNC];
	if (gen->options.flow == GEN_EXPRESS)
		challenges |= by_state[ME_HINTS];
	else if (by_state[ME_HINTS] != 0)
		flow_hints(gen, by_state[ME_HINTS]);
	if (challenges != 0)
		flow_challenge(gen, challenges);
	if (by_state[ME_RESULT] != 0)
		flow_result(gen, by_state[ME_RESULT]);
	if (by_state[ME_SECURED] != 0)
		flow_secured(gen, by_state[ME_SECURED]);
	if (b->notified != 0)
		flow_notified(gen, b->notified);
	flow_send(gen);
	mst_for_lanes(i, replies) {
		b->frame[i].size = b->net.view[i].frame_size;
		link_send_frame(&gen->link, 0, &b->frame[i]);
	}
	mst_for_lanes(i, mst_lanes_first(frames) & ~replies)
		link_recycle(&gen->link, &b->frame[i], 1);
}
