/* SPDX-License-Identifier: BSD-3-Clause */
/* What stages share about subscribers: look-up, cookies, ownership, keys. */
#include "batch.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "rcu/rcu.h"

static void
take_subscriber(struct gw_batch *b, unsigned i, const struct mst_subs_record *r,
	const struct mst_subs_profile *p)
{
	memcpy(b->k[i], r->k, sizeof(b->k[i]));
	memcpy(b->opc[i], r->opc, sizeof(b->opc[i]));
	b->amf[i] = p->amf;
	b->mnc_size[i] = p->mnc_size;
	if (p->gba_type == MST_GBA_U)
		b->gba_u |= MST_LANE(i);
}

mst_lanes
gw_subscribers(struct gw_worker *w, mst_lanes live)
{
	static const struct mst_subs_profile decoy = {.lifetime_s = 1, .mnc_size = 2};
	struct gw_batch *b = w->batch;
	struct gw *gw = w->gw;
	mst_lanes known = mst_hss_lookup_bulk(&gw->hss, live, b->imsi, b->ref);

	b->gba_u &= ~live;
	mst_for_lanes(i, known) {
		b->sid[i] = gw_sid(gw, b->ref[i]);
		__builtin_prefetch(&gw->sessions.at[b->sid[i]], 1);
		take_subscriber(b, i, mst_hss_record(&gw->hss, b->ref[i]),
			mst_hss_profile(&gw->hss, b->ref[i]));
	}
	mst_for_lanes(i, live & ~known)
		take_subscriber(b, i, &gw->decoy, &decoy);
	return known;
}

mst_lanes
gw_cookies(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	const struct mst_cookie_keys *keys = &mst_rcu_load(&w->gw->cookies)->keys;
	struct mst_cookie_cols opened;
	uint8_t status[MST_LANES];
	mst_lanes good = mst_cookie_open_burst(
		w->crypto, live, keys, w->sqn_clock, w->gw->cookie_ticks, b->rand, &opened, status);

	mst_for_lanes(i, live & ~good)
		gw_drop(w, i, status[i]);
	mst_for_lanes(i, good) {
		uint64_t tick_end =
			(w->sqn_clock - (uint64_t)opened.age[i] + 1) * w->gw->sqn_tick_ms;

		b->imsi[i] = opened.imsi[i];
		b->issued[i] = (uint32_t)((tick_end - 1) / 1000);
		b->issued_clock[i] = (uint32_t)(w->sqn_clock - opened.age[i]);
	}
	return good;
}

void
gw_expect_sessions(struct gw_worker *w, mst_lanes live)
{
	mst_for_lanes(i, live)
		mst_session_prefetch(&w->sessions, w->batch->rand[i]);
}

mst_lanes
gw_admitted(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	mst_lanes admitted = live;

	mst_for_lanes(i, live) {
		if (mst_subs_state_barred(mst_subs_state(mst_hss_record(&w->gw->hss, b->ref[i])))) {
			gw_drop(w, i, MST_E_SUBSCRIBER_BARRED);
			admitted &= ~MST_LANE(i);
		}
	}
	return admitted;
}

void
gw_give(struct gw_worker *w, unsigned lane, unsigned worker)
{
	struct gw_batch *b = w->batch;

	if (mst_port_ring_put_burst_mt(w->gw->worker[worker]->inbox, &b->frame[lane], 1) == 0) {
		gw_drop(w, lane, MST_E_RING_FULL);
		return;
	}
	b->given_away |= MST_LANE(lane);
	gw_count(&w->counters.outcome[GW_FORWARDED], 1);
}

mst_lanes
gw_own(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	struct gw *gw = w->gw;
	mst_lanes mine = 0;

	mst_for_lanes(i, live) {
		unsigned shard = gw_shard_worker(gw, b->rand[i][0]);
		unsigned owner = mst_session_owner(&gw->sessions, b->sid[i]);

		if (shard != w->index)
			gw_give(w, i, shard);
		else if (owner == MST_SESSION_NOBODY || owner == w->index + 1)
			mine |= MST_LANE(i);
		else /* challenged by two workers before either proved it: the other one has it */
			gw_drop(w, i, MST_E_PROOF_WRONG);
	}
	return mine;
}

int
gw_prove(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct gw *gw = w->gw;
	uint32_t sid = b->sid[lane], lifetime = mst_hss_profile(&gw->hss, b->ref[lane])->lifetime_s;
	const struct mst_session *s = &gw->sessions.at[sid];
	int err;

	if (!gw_may_change(w) && !mst_session_is(&gw->sessions, sid, b->rand[lane]))
		return -MST_E_NOT_DURABLE;
	if (mst_session_claim(&gw->sessions, sid, w->index + 1) != w->index + 1)
		return -MST_E_PROOF_WRONG;
	if (mst_session_is(&gw->sessions, sid, b->rand[lane])) {
		b->expires[lane] = s->expires;
		return s->expires > w->now_s ? 0 : -MST_E_SESSION_EXPIRED;
	}
	if (mst_session_outlived(&gw->sessions, sid, b->issued_clock[lane]))
		return -MST_E_COOKIE_EXPIRED;
	if (mst_session_is(&gw->sessions, sid, s->rand) && b->issued[lane] < s->expires - lifetime)
		return -MST_E_COOKIE_EXPIRED;
	err = mst_session_open(
		&w->sessions, sid, b->rand[lane], b->ks_naf[lane], w->now_s + lifetime);
	if (err)
		return err;
	b->expires[lane] = w->now_s + lifetime;
	gw_record_session(w, sid);
	gw_count(&w->counters.outcome[GW_SESSIONS], 1);
	return 1;
}

void
gw_keys(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	const struct mst_milenage_in in = {
		.k = b->k,
		.opc = b->opc,
		.rand = b->rand,
	};

	mst_milenage_burst(w->crypto, live, MST_MILENAGE_F2345, &in, &b->aka);
	mst_gba_key_burst(w->crypto, live, b->aka.ck, b->aka.ik, &b->ks);
}

void
gw_forget(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;

	mst_for_lanes(i, live) {
		mst_wipe(b->k[i], sizeof(b->k[i]));
		mst_wipe(b->opc[i], sizeof(b->opc[i]));
		mst_wipe(b->aka.ck[i], sizeof(b->aka.ck[i]));
		mst_wipe(b->aka.ik[i], sizeof(b->aka.ik[i]));
		mst_wipe(b->aka.res[i], sizeof(b->aka.res[i]));
		mst_wipe(b->ks.inner[i], sizeof(b->ks.inner[i]));
		mst_wipe(b->ks.outer[i], sizeof(b->ks.outer[i]));
		mst_wipe(b->ks_naf[i], sizeof(b->ks_naf[i]));
		mst_wipe(b->proof[i], sizeof(b->proof[i]));
	}
}

void
gw_forget_keys(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;

	mst_for_lanes(i, live) {
		mst_wipe(b->keys.client_key[i], sizeof(b->keys.client_key[i]));
		mst_wipe(b->keys.server_key[i], sizeof(b->keys.server_key[i]));
	}
}
