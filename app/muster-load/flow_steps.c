/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of an answer: hints, challenge, result, protected answer. */
#include "batch.h"

#include <string.h>

#include "acks.h"
#include "base/err.h"
#include "base/text.h"
#include "keylog.h"

static bool
is_ub(const struct mst_coap_msg *m, uint8_t code)
{
	return m->code == code && (m->opt.has & MST_COAP_HAS_CONTENT_FORMAT) != 0 &&
	       m->opt.content_format == MST_COAP_FORMAT_CBOR;
}

void
flow_hints(struct gen *gen, mst_lanes live)
{
	const struct gen_hints *hints = &gen->hints;

	mst_for_lanes(i, live) {
		const struct mst_coap_msg *m = &gen->batch->msg[i];
		const struct mst_coap_span *payload = &m->opt.payload;

		if (!is_ub(m, MST_COAP_UNAUTHORIZED))
			flow_refused(gen, i);
		else if (payload->size != hints->size ||
			 memcmp(payload->data, hints->payload, hints->size) != 0)
			flow_fail(gen, gen->batch->meter[i], GEN_WHY_HINTS);
		else
			flow_exchange(gen, i, ME_CHALLENGE);
	}
}

/** Keeps RAND and cookie of the challenges; returns the lanes that have one. */
static mst_lanes
take_challenges(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;
	mst_lanes challenged = 0;

	mst_for_lanes(i, live) {
		struct me *me = batch_me(gen, i);
		struct mst_ub_span cookie;

		if (!is_ub(&b->msg[i], MST_COAP_UNAUTHORIZED) ||
			!mst_ub_has(&b->ub[i], MST_UB_HAS_CHALLENGE)) {
			flow_refused(gen, i);
			continue;
		}
		memcpy(me->rand, b->ub[i].rand, sizeof(me->rand));
		memcpy(b->rand[i], b->ub[i].rand, sizeof(b->rand[i]));
		memcpy(b->autn[i], b->ub[i].autn, sizeof(b->autn[i]));
		cookie = mst_ub_cookie(&b->ub[i]);
		me_set_cookie(&gen->mes, b->meter[i], cookie.data, cookie.size);
		challenged |= MST_LANE(i);
	}
	return challenged;
}

/** SQN out of range: AUTS. A second time in a row counts as a failed exchange. */
static void
resynchronise(struct gen *gen, mst_lanes stale)
{
	mst_for_lanes(i, stale) {
		struct me *me = batch_me(gen, i);

		if (me->before == ME_RESYNC) {
			flow_restart(gen, i, GEN_WHY_REFUSED);
			continue;
		}
		memcpy(me->proof, gen->batch->aka.auts[i], sizeof(mst_auts));
		flow_exchange(gen, i, ME_RESYNC);
		gen_count(&gen->counter[GEN_RESYNCS], 1);
	}
}

/** Identities, for proofs and keys. */
static void
take_identities(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;

	mst_for_lanes(i, live) {
		b->imsi[i] = uicc_imsi(&gen->uiccs, b->meter[i]);
		b->mnc_size[i] = uicc_mnc_size(&gen->uiccs, b->meter[i]);
	}
}

/** The device's proofs, keyed with Ks where it lives. */
static void
prove(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;
	const uint8_t *cookie[MST_LANES];
	uint8_t cookie_size[MST_LANES];
	const struct mst_gba_device_in in = {
		.res = (const uint8_t(*)[MST_GBA_RES_SIZE])b->aka.res,
		.cookie = cookie,
		.cookie_size = cookie_size,
		.imsi = b->imsi,
	};

	mst_for_lanes(i, live)
		cookie[i] = me_cookie(&gen->mes, b->meter[i], &cookie_size[i]);
	me_prove_burst(&gen->mes, gen->crypto, live & ~b->gba_u, b->meter, &in, b->proof);
	uicc_prove_burst(&gen->uiccs, gen->crypto, live & b->gba_u, b->meter, &in, b->proof);
	mst_for_lanes(i, live) {
		memcpy(batch_me(gen, i)->proof, b->proof[i], sizeof(b->proof[i]));
		flow_exchange(gen, i, ME_RESULT);
	}
}

/** Inputs of the key of this NAF, from columns of the batch. */
static struct mst_gba_naf_in
naf_inputs(const struct gen *gen)
{
	const struct gen_batch *b = gen->batch;

	return (struct mst_gba_naf_in){
		.rand = b->rand,
		.imsi = b->imsi,
		.mnc_size = b->mnc_size,
		.naf_id = &gen->hints.naf_id,
	};
}

/** The first protected request of a session whose keys are derived. */
static void
begin_session(struct gen *gen, mst_lanes live)
{
	const struct gen_batch *b = gen->batch;

	mst_for_lanes(i, live) {
		if (gen->keylog != NULL)
			keylog_session(gen->keylog, b->meter[i], b->rand[i],
				gen_vault(gen, b->meter[i])->secret);
		batch_me(gen, i)->piv = 0;
		batch_me(gen, i)->flags &= (uint8_t)~ME_ECHO;
		batch_me(gen, i)->life &= (uint8_t)~ME_WATCHES;
		flow_exchange(gen, i, ME_SECURED);
	}
}

/** Express: from the challenge to the session. */
static void
derive(struct gen *gen, mst_lanes live)
{
	const struct gen_batch *b = gen->batch;
	const struct mst_gba_naf_in in = naf_inputs(gen);

	me_derive_burst(&gen->mes, gen->crypto, live & ~b->gba_u, b->meter, &in);
	uicc_derive_burst(&gen->uiccs, gen->crypto, live & b->gba_u, b->meter, &in);
	begin_session(gen, live);
}

void
flow_challenge(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;

	live = take_challenges(gen, live);
	if (live == 0)
		return;
	uicc_authenticate_burst(&gen->uiccs, gen->crypto, live, b->gba_u, b->meter,
		(const mst_b16 *)b->rand, (const mst_b16 *)b->autn, &b->aka);
	acks_aka(gen, b->aka.fresh | b->aka.stale);
	mst_for_lanes(i, live & ~b->aka.fresh & ~b->aka.stale)
		flow_fail(gen, b->meter[i], GEN_WHY_AUTN);
	resynchronise(gen, b->aka.stale);
	live = b->aka.fresh;
	if (live == 0)
		return;
	me_set_ks_burst(&gen->mes, live & ~b->gba_u, b->meter, (const mst_b16 *)b->aka.ck,
		(const mst_b16 *)b->aka.ik);
	take_identities(gen, live);
	if (gen->options.flow == GEN_EXPRESS)
		derive(gen, live);
	else
		prove(gen, live);
}

/** Columns of the BSF's proof. */
struct bsf_cols {
	uint32_t lifetime[MST_LANES];
	const uint8_t *client_id[MST_LANES];
	uint8_t server_id[MST_LANES];
	const char *btid[MST_LANES];
	uint8_t btid_size[MST_LANES];
	const uint8_t *received[MST_LANES];
};

/** Whether a result is about this session: ids and B-TID follow from RAND. */
static bool
fits_session(const struct mst_ub *ub, const mst_b16 rand)
{
	char named[MST_BASE64_SIZE(sizeof(mst_b16)) + 1];
	const size_t n = sizeof(named) - 1;

	mst_base64_encode(rand, sizeof(mst_b16), named);
	return ub->btid.size > n + 1 && memcmp(ub->btid.data, named, n) == 0 &&
	       ub->btid.data[n] == '@' && memcmp(ub->client_id, rand, MST_CLIENT_ID) == 0 &&
	       ub->server_id == MST_SERVER_ID;
}

static mst_lanes
take_results(struct gen *gen, mst_lanes live, struct bsf_cols *cols)
{
	struct gen_batch *b = gen->batch;
	mst_lanes taken = 0;

	mst_for_lanes(i, live) {
		const struct me *me = batch_me(gen, i);
		const struct mst_ub *ub = &b->ub[i];

		if (!is_ub(&b->msg[i], MST_COAP_CHANGED)) {
			flow_refused(gen, i);
			continue;
		}
		if (!mst_ub_has(ub, MST_UB_HAS_RESULT) || !fits_session(ub, me->rand)) {
			flow_ignore(gen, i);
			continue;
		}
		memcpy(b->rand[i], me->rand, sizeof(b->rand[i]));
		memcpy(b->proof[i], me->proof, sizeof(b->proof[i]));
		cols->lifetime[i] = ub->lifetime;
		cols->client_id[i] = ub->client_id;
		cols->server_id[i] = ub->server_id;
		cols->btid[i] = (const char *)ub->btid.data;
		cols->btid_size[i] = ub->btid.size;
		cols->received[i] = ub->proof;
		taken |= MST_LANE(i);
	}
	return taken;
}

void
flow_result(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;
	struct bsf_cols cols = {0};
	const struct mst_gba_bsf_in in = {(const mst_b16 *)b->proof, cols.lifetime, cols.client_id,
		cols.server_id, cols.btid, cols.btid_size};
	struct mst_gba_naf_in naf;
	mst_lanes right;

	live = take_results(gen, live, &cols);
	take_identities(gen, live);
	naf = naf_inputs(gen);
	right = me_accept_burst(
		&gen->mes, gen->crypto, live & ~b->gba_u, b->meter, &in, cols.received, &naf);
	right |= uicc_accept_burst(
		&gen->uiccs, gen->crypto, live & b->gba_u, b->meter, &in, cols.received, &naf);
	mst_for_lanes(i, live & ~right)
		flow_restart(gen, i, GEN_WHY_PROOF);
	begin_session(gen, right);
}

/** The gateway has lost what it knew of replays: the request again, as a new one, with its Echo. */
static void
show_fresh(struct gen *gen, unsigned lane)
{
	struct me *me = batch_me(gen, lane);

	if (me->waits == GEN_WAITS_MAX) {
		flow_restart(gen, lane, GEN_WHY_REFUSED);
		return;
	}
	me->waits++;
	me->flags |= ME_ECHO;
	me->life &= (uint8_t)~ME_WATCHES; /* the gateway has begun anew, and proof is needed */
	memcpy(me->proof, gen->batch->answer[lane].echo, VAULT_ECHO);
	me->piv++;
	flow_exchange(gen, lane, ME_SECURED);
	gen_count(&gen->counter[GEN_ECHOES], 1);
}

/** Acts on a protected answer. */
static void
conclude(struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];

	acks_answer(gen, lane);
	if (answer->piv_again)
		gen_count(&gen->counter[GEN_PIV_AGAIN], 1);
	if (answer->error != 0)
		flow_ignore(gen, lane);
	else if (answer->has_echo)
		show_fresh(gen, lane);
	else if (answer->code < MST_COAP_BAD_REQUEST)
		flow_task_done(gen, lane);
	else if (answer->code == MST_COAP_UNAVAILABLE)
		flow_wait(gen, lane, ME_WAIT_SECURED, answer->max_age_s);
	else if (answer->code == MST_COAP_UNAUTHORIZED)
		flow_restart(gen, lane, GEN_WHY_REFUSED);
	else if (!flow_was_done(gen, lane))
		flow_fail(gen, gen->batch->meter[lane], GEN_WHY_ERROR);
}

void
flow_secured(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;
	const struct vault_exchange x = {.profile = &gen->oscore,
		.rand = (const mst_b16 *)b->rand,
		.kid = (const mst_oscore_id *)b->kid,
		.request_piv = b->piv};
	mst_lanes protected = 0;

	mst_for_lanes(i, live) {
		uint32_t meter = b->meter[i];

		if ((b->msg[i].opt.has & MST_COAP_HAS_OSCORE) == 0) {
			flow_refused(gen, i);
			continue;
		}
		protected |= MST_LANE(i);
		flow_expect(gen, i, flow_task_resource(gen, meter), batch_me(gen, i)->piv);
	}
	me_open_burst(
		&gen->mes, gen->crypto, protected & ~b->gba_u, b->meter, &x, b->msg, b->answer);
	uicc_open_burst(
		&gen->uiccs, gen->crypto, protected & b->gba_u, b->meter, &x, b->msg, b->answer);
	mst_for_lanes(i, protected)
		conclude(gen, i);
}
