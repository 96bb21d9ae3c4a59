/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Second half of step 303/403: the device's proof opens a session, an AUTS corrects the SQN offset.
 */
#include "batch.h"

#include <string.h>

#include "aka/autn.h"
#include "aka/sqn.h"
#include "base/err.h"

/** The lanes whose device proof is right. */
static mst_lanes
check_proofs(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	const uint8_t *cookie[MST_LANES], *received[MST_LANES];
	uint8_t cookie_size[MST_LANES];
	const struct mst_gba_device_in in = {
		.res = (const uint8_t(*)[MST_GBA_RES_SIZE])b->aka.res,
		.cookie = cookie,
		.cookie_size = cookie_size,
		.imsi = b->imsi,
	};

	mst_for_lanes(i, live) {
		cookie[i] = b->rand[i];
		cookie_size[i] = sizeof(b->rand[i]);
		received[i] = b->ub[i].proof;
	}
	mst_gba_proof_device_burst(w->crypto, live, &b->ks, &in, b->proof);
	return mst_gba_proof_check(live, b->proof, received);
}

/** 2.04 with the BSF's proof over what it says. */
static void
answer_results(struct gw_worker *w, mst_lanes live)
{
	static const uint8_t server_id = MST_SERVER_ID;
	struct gw_batch *b = w->batch;
	char text[MST_LANES][MST_BTID_SIZE_MAX];
	const char *btid[MST_LANES];
	const uint8_t *client_id[MST_LANES];
	uint8_t server_ids[MST_LANES], btid_size[MST_LANES];
	uint32_t lifetime[MST_LANES];
	mst_b16 proof[MST_LANES];
	const struct mst_gba_bsf_in in = {
		b->proof, lifetime, client_id, server_ids, btid, btid_size};

	mst_for_lanes(i, live) {
		btid_size[i] = (uint8_t)mst_btid_build(
			b->rand[i], w->gw->bsf_fqdn, w->gw->bsf_fqdn_size, text[i]);
		btid[i] = text[i];
		client_id[i] = b->rand[i];
		server_ids[i] = server_id;
		lifetime[i] = b->expires[i] - w->now_s;
	}
	mst_gba_proof_bsf_burst(w->crypto, live, &b->ks, &in, proof);
	mst_for_lanes(i, live) {
		const struct mst_ub_result result = {
			proof[i], btid[i], btid_size[i], lifetime[i], client_id[i], server_id};
		struct mst_coap_build build;

		gw_answer_begin(w, i, &build, MST_COAP_CHANGED);
		mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
		mst_ub_write_result(mst_coap_put_payload(&build), &result);
		gw_answer_end(w, i, &build);
		gw_announce(w, i);
	}
	b->proved |= live;
}

void
gw_stage_answer(struct gw_worker *w, mst_lanes live)
{
	mst_lanes known, right, looked_up;

	live = gw_cookies(w, live);
	gw_expect_sessions(w, live);
	known = gw_subscribers(w, live);
	looked_up = live;
	live = gw_own(w, live & known) | (live & ~known);
	gw_keys(w, live);
	right = check_proofs(w, live) & known;
	gw_drop_lanes(w, live & ~right, MST_E_PROOF_WRONG);
	live = gw_admitted(w, right);
	live = gw_zn(w, live, &w->gw->naf);
	mst_for_lanes(i, live) {
		int opened = gw_prove(w, i);

		if (opened < 0) {
			gw_drop(w, i, opened);
			live &= ~MST_LANE(i);
		} else if (opened == 0) {
			gw_count(&w->counters.outcome[GW_ANSWERS_REPEATED], 1);
		}
	}
	gw_count(&w->counters.outcome[GW_ANSWERS], mst_lanes_count(live));
	answer_results(w, live);
	gw_forget(w, looked_up);
}

/**
 * Sets the offset of a subscriber whose USIM would not accept the next SQN, and only then
 * (TS 33.102 section 6.3.5): a repeated AUTS finds it corrected and moves nothing back.
 */
static int
correct_sqn(struct gw_worker *w, unsigned lane, uint64_t sqn_ms)
{
	struct mst_subs_record *r = mst_hss_record(&w->gw->hss, w->batch->ref[lane]);
	uint64_t dif = mst_subs_state_dif(mst_subs_state(r));
	uint64_t next = mst_sqn_seq(mst_sqn_make(w->sqn_clock, dif, w->gw->ind));
	uint64_t ahead = (next - mst_sqn_seq(sqn_ms)) & MST_SQN_SEQ_MASK;

	if (ahead != 0 && ahead <= MST_SQN_DELTA)
		return 0;
	if (!gw_may_change(w))
		return -MST_E_NOT_DURABLE;
	mst_subs_set_dif(r, mst_sqn_dif(w->sqn_clock, sqn_ms));
	gw_record_subscriber(w, w->batch->sid[lane]);
	gw_count(&w->counters.outcome[GW_RESYNCS], 1);
	return 0;
}

void
gw_stage_resync(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	const struct mst_milenage_in in = {.k = b->k, .opc = b->opc, .rand = b->rand};
	mst_lanes known, right, looked_up;
	mst_auts auts[MST_LANES];
	uint64_t sqn_ms[MST_LANES];

	live = gw_cookies(w, live);
	known = gw_subscribers(w, live);
	looked_up = live;
	mst_for_lanes(i, live)
		memcpy(auts[i], b->ub[i].auts, sizeof(auts[i]));
	right = mst_auts_check_burst(w->crypto, live, &in, auts, sqn_ms) & known;
	gw_drop_lanes(w, live & ~right, MST_E_AUTS_FORGED);
	live = gw_admitted(w, right);
	mst_for_lanes(i, live) {
		int err = correct_sqn(w, i, sqn_ms[i]);

		if (err) {
			gw_drop(w, i, err);
			live &= ~MST_LANE(i);
		} else {
			gw_announce(w, i);
		}
	}
	gw_forget(w, looked_up);
	if (live != 0)
		gw_stage_challenge(w, live, false);
}
