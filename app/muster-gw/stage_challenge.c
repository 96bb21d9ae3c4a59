/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps 302/402 and the first half of 303/403: hints, and challenges that hold no state. Nothing
 * here writes but the answer and counters.
 */
#include "batch.h"

#include <string.h>

#include "aka/autn.h"
#include "aka/sqn.h"
#include "base/err.h"
#include "rcu/rcu.h"

void
gw_stage_hint(struct gw_worker *w, mst_lanes live)
{
	mst_for_lanes(i, live) {
		struct mst_coap_build build;

		gw_answer_begin(w, i, &build, MST_COAP_UNAUTHORIZED);
		mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
		mst_ub_write_hints(mst_coap_put_payload(&build), &w->gw->hints);
		gw_answer_end(w, i, &build);
	}
	gw_count(&w->counters.outcome[GW_HINTS], mst_lanes_count(live));
}

/**
 * RAND for each lane: a cookie whose first octet leads back to the worker that will own the
 * session, this one unless another owns the subscriber already. Tries nonces until it does.
 */
static void
issue_rand(struct gw_worker *w, mst_lanes live, mst_lanes known)
{
	struct gw_batch *b = w->batch;
	struct gw *gw = w->gw;
	const struct mst_cookie_keys *keys = &mst_rcu_load(&gw->cookies)->keys;
	struct mst_cookie_cols cookie;
	unsigned want[MST_LANES];
	mst_lanes left = live;

	mst_for_lanes(i, live) {
		unsigned owner = MST_LANE(i) & known ? mst_session_owner(&gw->sessions, b->sid[i])
						     : MST_SESSION_NOBODY;

		want[i] = owner == MST_SESSION_NOBODY ? w->index : owner - 1;
		cookie.imsi[i] = b->imsi[i];
		cookie.ind[i] = gw->ind;
	}
	for (unsigned tries = 0; left != 0 && tries < 1U << MST_COOKIE_NONCE_BITS; tries++) {
		mst_for_lanes(i, left)
			cookie.nonce[i] = w->nonce++;
		mst_cookie_issue_burst(w->crypto, left, keys, w->sqn_clock, &cookie, b->rand);
		mst_for_lanes(i, left)
			if (gw_shard_worker(gw, b->rand[i][0]) == want[i])
				left &= ~MST_LANE(i);
	}
}

static void
make_autn(struct gw_worker *w, mst_lanes live, mst_lanes known)
{
	struct gw_batch *b = w->batch;
	const struct mst_milenage_in in = {
		.k = b->k,
		.opc = b->opc,
		.rand = b->rand,
		.sqn = b->sqn,
		.amf = b->amf,
	};

	mst_for_lanes(i, live) {
		uint64_t state = MST_LANE(i) & known
					 ? mst_subs_state(mst_hss_record(&w->gw->hss, b->ref[i]))
					 : 0;

		b->sqn[i] = mst_sqn_make(w->sqn_clock, mst_subs_state_dif(state), w->gw->ind);
	}
	mst_autn_make_burst(w->crypto, live, b->gba_u, &in, b->autn);
	gw_forget(w, live);
}

/** The challenge; with hints where asked for and where they fit the bound for the unproved. */
static void
answer_challenge(struct gw_worker *w, unsigned lane, bool express)
{
	struct gw_batch *b = w->batch;
	const struct gw *gw = w->gw;
	const struct mst_ub_hints *hints = express ? &gw->hints : NULL;
	unsigned bound = GW_UNPROVED_FACTOR * b->net.view[lane].size;
	size_t envelope = MST_COAP_HEADER + b->msg[lane].token_size + 3u;
	struct mst_coap_build build;

	if (bound > GW_UNPROVED_MAX)
		bound = GW_UNPROVED_MAX;
	if (envelope + mst_ub_challenge_size(hints) > bound)
		hints = NULL;
	gw_answer_begin(w, lane, &build, MST_COAP_UNAUTHORIZED);
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_challenge(
		mst_coap_put_payload(&build), b->rand[lane], b->autn[lane], NULL, hints);
	gw_answer_end(w, lane, &build);
}

void
gw_stage_challenge(struct gw_worker *w, mst_lanes live, bool express)
{
	mst_lanes known = gw_subscribers(w, live);

	issue_rand(w, live, known);
	make_autn(w, live, known);
	mst_for_lanes(i, live)
		answer_challenge(w, i, express);
	gw_count(&w->counters.outcome[express ? GW_EXPRESS_CHALLENGES : GW_CHALLENGES],
		mst_lanes_count(live));
	gw_count(&w->counters.outcome[GW_UNKNOWN_IDENTITIES], mst_lanes_count(live & ~known));
}
