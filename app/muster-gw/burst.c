/* SPDX-License-Identifier: BSD-3-Clause */
/* One burst through the stages: which lanes need which. */
#include "batch.h"

#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "keeper.h"
#include "later.h"
#include "list.h"
#include "mail.h"
#include "task.h"

/** Lanes by what they ask for. */
struct lanes_by_kind {
	mst_lanes hint, express, identity, answer, resync, secured;
};

/** Reads the Ub map of a negotiation or of a request to /bsf. */
static void
sort_ub(struct gw_worker *w, unsigned lane, struct lanes_by_kind *kinds)
{
	struct gw_batch *b = w->batch;
	const struct mst_coap_span *payload = &b->msg[lane].opt.payload;
	struct mst_ub *ub = &b->ub[lane];
	int kind = mst_ub_parse(payload->data, payload->size, ub);

	if (kind == 0 && mst_target_negotiates(&b->target[lane])) {
		bool known = (ub->has & MST_UB_HAS_IDENTITY) != 0;

		*(known ? &kinds->express : &kinds->hint) |= MST_LANE(lane);
		b->imsi[lane] = ub->imsi;
		return;
	}
	if (kind == 0)
		kind = mst_ub_request(ub);
	if (kind == MST_UB_FIRST) {
		kinds->identity |= MST_LANE(lane);
		b->imsi[lane] = ub->imsi;
	} else if (kind < 0) {
		gw_drop(w, lane, kind);
	} else if (ub->cookie.size != sizeof(b->rand[lane])) {
		gw_drop(w, lane, MST_E_COOKIE_FORGED); /* ours are RAND itself */
	} else {
		*(kind == MST_UB_ANSWER ? &kinds->answer : &kinds->resync) |= MST_LANE(lane);
		memcpy(b->rand[lane], ub->cookie.data, sizeof(b->rand[lane]));
	}
}

static struct lanes_by_kind
sort_lanes(struct gw_worker *w, mst_lanes requests)
{
	struct lanes_by_kind kinds = {0};

	mst_for_lanes(i, requests) {
		if (MST_LANE(i) & w->batch->oscore)
			kinds.secured |= MST_LANE(i);
		else
			sort_ub(w, i, &kinds);
	}
	return kinds;
}

/** Takes from all kinds but `secured` what their sources may not ask for. */
static void
bound_sources(struct gw_worker *w, struct lanes_by_kind *kinds)
{
	mst_lanes admitted = gw_sources_admit(
		w, kinds->hint | kinds->express | kinds->identity | kinds->answer | kinds->resync);

	kinds->hint &= admitted;
	kinds->express &= admitted;
	kinds->identity &= admitted;
	kinds->answer &= admitted;
	kinds->resync &= admitted;
}

/** Runs a stage on its lanes and charges its cycles. */
#define RUN(w, stage, lanes, call)                                                                 \
	do {                                                                                       \
		if ((lanes) != 0) {                                                                \
			uint64_t begin = mst_port_tsc();                                           \
			call;                                                                      \
			gw_count(&(w)->counters.stage_cycles[GW_STAGE_##stage],                    \
				mst_port_tsc() - begin);                                           \
			gw_count(&(w)->counters.stage_lanes[GW_STAGE_##stage],                     \
				mst_lanes_count(lanes));                                           \
		}                                                                                  \
	} while (0)

void
gw_batch_begin(struct gw_batch *b, unsigned frames)
{
	b->host_replies = b->parsed = b->given_away = b->proved = 0;
	b->announced = b->echo = 0;
	b->oscore = b->repeated = b->observed = b->gba_u = 0;
	for (unsigned i = 0; i < frames; i++) {
		b->status[i] = 0;
		b->out_size[i] = 0;
	}
}

void
gw_burst(struct gw_worker *w, unsigned frames)
{
	struct gw_batch *b = w->batch;
	mst_lanes all = mst_lanes_first(frames), requests = 0;
	struct lanes_by_kind kinds = {0};

	gw_batch_begin(b, frames);
	gw_record_begin(w);
	RUN(w, PARSE, all, requests = gw_stage_parse(w, all); kinds = sort_lanes(w, requests);
		bound_sources(w, &kinds));
	RUN(w, HINT, kinds.hint, gw_stage_hint(w, kinds.hint));
	RUN(w, CHALLENGE, kinds.express, gw_stage_challenge(w, kinds.express, true));
	RUN(w, CHALLENGE, kinds.identity, gw_stage_challenge(w, kinds.identity, false));
	RUN(w, ANSWER, kinds.answer, gw_stage_answer(w, kinds.answer));
	RUN(w, ANSWER, kinds.resync, gw_stage_resync(w, kinds.resync));
	RUN(w, SECURED, kinds.secured, gw_stage_secured(w, kinds.secured));
	RUN(w, REPLY, all, gw_stage_reply(w, all));
}

/** Fills the pool when it is half empty; outside the stages, as it calls the system. */
static void
refill_random(struct gw_worker *w)
{
	ssize_t got;

	if (w->random_left >= GW_RANDOM_POOL / 2)
		return;
	got = getrandom(w->random + w->random_left, GW_RANDOM_POOL - w->random_left, GRND_NONBLOCK);
	if (got > 0)
		w->random_left += (uint16_t)got;
}

bool
gw_between(struct gw_worker *w)
{
	bool any;

	gw_record_begin(w);
	any = gw_mail_step(w);
	any |= gw_tasks_run(w);
	any |= gw_list_step(w);
	any |= gw_keeper_step(w);
	any |= gw_later_step(w);
	any |= gw_record_step(w);
	refill_random(w);
	return any;
}
