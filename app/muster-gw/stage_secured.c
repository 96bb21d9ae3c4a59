/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protected requests: find the session by kid, or for the express flow prove one from the cookie in
 * the kid context; decrypt; judge replay; have the group part answer; protect the answer under a
 * Partial IV of our own. Nothing is written before the tag was right.
 */
#include "batch.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "echo.h"

/** Options outside OSCORE that a device has no business sending there. */
#define OUTER_CRITICAL                                                                             \
	(MST_COAP_HAS_URI_QUERY | MST_COAP_HAS_BLOCK1 | MST_COAP_HAS_BLOCK2 |                      \
		MST_COAP_HAS_ACCEPT | MST_COAP_HAS_PROXY)

/** Reads the option; sends the lane to the worker that owns the kid. Returns whether it stays. */
static bool
take_option(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	const struct mst_coap_options *opt = &b->msg[lane].opt;
	struct mst_oscore_option *o = &b->option[lane];
	unsigned owner;
	int err = mst_oscore_option_parse_request(opt->oscore.data, opt->oscore.size, o);

	if (err == 0 && (opt->has & OUTER_CRITICAL || opt->path_count > 0))
		err = -MST_E_COAP_CRITICAL;
	if (err == 0 && b->msg[lane].code != MST_COAP_POST &&
		!(b->msg[lane].code == MST_COAP_FETCH && opt->has & MST_COAP_HAS_OBSERVE))
		err = -MST_E_COAP_METHOD;
	if (err == 0 && o->kid_size != MST_KID)
		err = -MST_E_OSCORE_KID;
	if (err) {
		gw_drop(w, lane, err);
		return false;
	}
	owner = gw_shard_worker(w->gw, o->kid[0]);
	if (owner != w->index) {
		gw_give(w, lane, owner);
		return false;
	}
	memcpy(b->kid[lane], o->kid, MST_KID);
	b->piv[lane] = o->piv;
	return true;
}

/** A kid context is the RAND of the session, or there is none. */
static bool
context_is(const struct mst_oscore_option *o, const uint8_t *rand)
{
	return !o->has_kid_context ||
	       (o->kid_context_size == 16 && memcmp(o->kid_context, rand, 16) == 0);
}

/** What the M2M-SC knows of the session's subscriber, into the columns. */
static int
take_session(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct gw *gw = w->gw;
	const struct mst_session *s = &gw->sessions.at[b->sid[lane]];
	const struct mst_subs_record *r;

	if (!context_is(&b->option[lane], s->rand))
		return -MST_E_OSCORE_KID;
	if (s->expires <= w->now_s)
		return -MST_E_SESSION_EXPIRED;
	b->ref[lane] = gw_ref(gw, b->sid[lane]);
	r = mst_hss_record(&gw->hss, b->ref[lane]);
	if (mst_subs_state_barred(mst_subs_state(r)))
		return -MST_E_SUBSCRIBER_BARRED;
	if (mst_hss_profile(&gw->hss, b->ref[lane])->gba_type == MST_GBA_U)
		b->gba_u |= MST_LANE(lane);
	b->expires[lane] = s->expires;
	memcpy(b->rand[lane], s->rand, sizeof(b->rand[lane]));
	memcpy(b->ks_naf[lane], s->ks_naf, sizeof(b->ks_naf[lane]));
	return 0;
}

static mst_lanes
find_sessions(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	mst_lanes found = mst_session_find_burst(
		&w->sessions, live, (const uint8_t(*)[MST_KID])b->kid, b->sid);

	mst_for_lanes(i, found)
		__builtin_prefetch(mst_hss_record(&w->gw->hss, gw_ref(w->gw, b->sid[i])));
	mst_for_lanes(i, found) {
		int err = take_session(w, i);

		if (err) {
			gw_drop(w, i, err);
			found &= ~MST_LANE(i);
		}
	}
	return found;
}

/** The express flow: Ks_NAF from the cookie in the kid context, without a session yet. */
static mst_lanes
prove_express(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	mst_lanes known, admitted;

	live = gw_sources_admit(w, live);
	mst_for_lanes(i, live) {
		const struct mst_oscore_option *o = &b->option[i];

		if (o->has_kid_context && o->kid_context_size == 16 &&
			memcmp(o->kid_context, o->kid, MST_KID) == 0) {
			memcpy(b->rand[i], o->kid_context, sizeof(b->rand[i]));
			continue;
		}
		gw_drop(w, i, MST_E_OSCORE_KID);
		live &= ~MST_LANE(i);
	}
	live = gw_cookies(w, live);
	gw_expect_sessions(w, live);
	known = gw_subscribers(w, live);
	gw_drop_lanes(w, live & ~known, MST_E_OSCORE_TAG);
	admitted = gw_admitted(w, gw_own(w, live & known));
	gw_keys(w, admitted);
	admitted = gw_zn(w, admitted, &w->gw->naf);
	gw_forget(w, live & ~admitted);
	return admitted;
}

/** Opens the session that an express request has proved, unless a lane before it did. */
static int
open_express(struct gw_worker *w, unsigned lane)
{
	int opened = gw_prove(w, lane);

	if (opened > 0)
		gw_count(&w->counters.outcome[GW_SESSIONS_EXPRESS], 1);
	return opened < 0 ? opened : 0;
}

/** Whether one more answer without a fresh request is due. */
static bool
repeat_allowed(struct mst_session *s)
{
	if (s->repeats == MST_SESSION_REPEATS)
		return false;
	s->repeats++;
	return true;
}

/** Replay: each Partial IV runs once, the latest may be answered again. In order of lanes. */
static int
accept(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct mst_session *s = &w->gw->sessions.at[b->sid[lane]];

	if (!mst_session_is(&w->gw->sessions, b->sid[lane], b->rand[lane]))
		return -MST_E_OSCORE_KID; /* a lane before this one replaced the session */
	if (s->counter == UINT16_MAX)
		return -MST_E_SESSION_SPENT;
	if (mst_oscore_window_lost(&s->window) && b->piv[lane] <= UINT32_MAX) {
		if (gw_echo_right(w, lane)) {
			mst_oscore_window_begin(&s->window, (uint32_t)b->piv[lane]);
			s->repeats = 0;
			gw_count(&w->counters.outcome[GW_SECURED], 1);
		} else if (!repeat_allowed(s)) {
			return -MST_E_OSCORE_REPLAY;
		} else {
			b->echo |= MST_LANE(lane);
		}
		b->own_piv[lane] = (uint64_t)w->gw->epoch << 16 | s->counter++;
		return 0;
	}
	switch (mst_oscore_window_accept(&s->window, b->piv[lane])) {
	case MST_OSCORE_FRESH:
		s->repeats = 0;
		gw_count(&w->counters.outcome[GW_SECURED], 1);
		break;
	case MST_OSCORE_LATEST:
		if (!repeat_allowed(s))
			return -MST_E_OSCORE_REPLAY;
		b->repeated |= MST_LANE(lane);
		gw_count(&w->counters.outcome[GW_SECURED_REPEATED], 1);
		break;
	case MST_OSCORE_REPLAY:
		return -MST_E_OSCORE_REPLAY;
	}
	b->own_piv[lane] = (uint64_t)w->gw->epoch << 16 | s->counter++;
	return 0;
}

/** From ciphertext to accepted plaintext. */
static mst_lanes
open_requests(struct gw_worker *w, mst_lanes live, mst_lanes express,
	const struct mst_oscore_exchange *x, struct mst_oscore_plain *plain)
{
	struct gw_batch *b = w->batch;
	mst_lanes right, accepted = 0;

	mst_oscore_derive_burst(w->crypto, x->profile, live, b->ks_naf, b->rand, b->kid, &b->keys);
	mst_for_lanes(i, live)
		plain->data[i] = b->plain[i];
	plain->capacity = GW_INNER_MAX;
	right = mst_oscore_open_request_burst(w->crypto, live, x, b->msg, plain, b->status);
	mst_for_lanes(i, live & ~right)
		gw_drop(w, i, b->status[i]);
	mst_for_lanes(i, right) {
		int err = MST_LANE(i) & express ? open_express(w, i) : 0;

		b->plain_size[i] = plain->size[i];
		if (err == 0)
			err = accept(w, i);
		if (err) {
			gw_drop(w, i, err);
			continue;
		}
		accepted |= MST_LANE(i);
	}
	return accepted;
}

void
gw_seal_answers(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	const struct mst_oscore_exchange x = {&w->gw->oscore, &b->keys, b->kid, b->piv};
	struct mst_coap_build build[MST_LANES];
	struct mst_oscore_plain plain = {.capacity = GW_INNER_MAX};
	mst_lanes sealed;

	mst_for_lanes(i, live) {
		bool observed = (b->observed & MST_LANE(i)) != 0;

		plain.data[i] = b->plain[i];
		plain.size[i] = b->plain_size[i];
		gw_answer_begin(w, i, &build[i], observed ? MST_COAP_CONTENT : MST_COAP_CHANGED);
		if (observed)
			mst_coap_put_uint(&build[i], MST_COAP_OPT_OBSERVE,
				(uint32_t)b->own_piv[i] & 0xffffff);
	}
	sealed = mst_oscore_seal_response_burst(w->crypto, live, &x, b->own_piv, &plain, build);
	gw_drop_lanes(w, live & ~sealed, MST_E_NO_SPACE);
	mst_for_lanes(i, sealed)
		gw_answer_end(w, i, &build[i]);
	b->proved |= sealed;
}

void
gw_stage_secured(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	const struct mst_oscore_exchange x = {&w->gw->oscore, &b->keys, b->kid, b->piv};
	struct mst_oscore_plain plain;
	mst_lanes mine = 0, found, express, accepted, answered;

	mst_for_lanes(i, live)
		if (take_option(w, i))
			mine |= MST_LANE(i);
	found = find_sessions(w, mine);
	express = mine & ~found;
	mst_for_lanes(i, express)
		if (b->status[i] != 0)
			express &= ~MST_LANE(i);
	express = prove_express(w, express);
	accepted = open_requests(w, found | express, express, &x, &plain);
	mst_for_lanes(i, accepted & b->echo)
		gw_echo_ask(w, i);
	answered = gw_stage_group(w, accepted & ~b->echo) | (accepted & b->echo);
	gw_seal_answers(w, answered);
	mst_for_lanes(i, found | express)
		mst_wipe(b->plain[i], b->plain_size[i]);
	gw_forget_keys(w, found | express);
	gw_forget(w, found | express);
}
