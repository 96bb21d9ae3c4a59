/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What meters do once they have joined (docs/protocol.md sections 5.6 to 6.7): phases, in each of
 * which every meter has a task, and observations that go on beside them.
 */
#include "acks.h"
#include "batch.h"

#include "base/err.h"

/** Operation permitted only to group members (RFC 9594 section 9). */
#define ACE_NOT_MEMBER 0

/** The meter's group; its creator knows it before others do. */
static uint64_t
group_of(const struct gen *gen, uint32_t meter)
{
	const struct gen_group *g = flow_group(gen, meter);

	return g->gid != 0 ? g->gid : g->made;
}

enum mst_res
flow_task_resource(const struct gen *gen, uint32_t meter)
{
	switch ((enum gen_task)gen->mes.at[meter].task) {
	case GEN_TASK_JOIN:
		return flow_resource(gen, meter);
	case GEN_TASK_LEAVE:
	case GEN_TASK_EVICT:
		return MST_RES_GROUP_NODE;
	case GEN_TASK_REKEY:
		return MST_RES_GROUP_REKEY;
	case GEN_TASK_CANDIDATES:
	case GEN_TASK_DECIDE:
		return MST_RES_GROUP_PENDING;
	default:
		return MST_RES_GROUP;
	}
}

/** The request of a join: creation, by approval with the policy for it, join, or GET /session. */
static int
build_join(const struct gen *gen, uint32_t meter, enum mst_ua_store store, uint8_t *inner)
{
	const struct mst_policy_change owners = {
		.has = MST_POLICY_ADMISSION, .to.admission = MST_ADMIT_OWNERS};

	switch (flow_resource(gen, meter)) {
	case MST_RES_MANAGE:
		return mst_ua_build_create_with(inner, MST_UA_SIZE_MAX, me_imei(meter), store,
			gen->options.approval ? &owners : NULL);
	case MST_RES_GROUP:
		return mst_ua_build_join(
			inner, MST_UA_SIZE_MAX, flow_group(gen, meter)->gid, me_imei(meter), store);
	default:
		return mst_ua_build_read_session(inner, MST_UA_SIZE_MAX);
	}
}

int
flow_build_task(const struct gen *gen, uint32_t meter, enum mst_ua_store store, uint8_t *inner)
{
	const struct mst_ua_decision all = {.rest = MST_UA_REST_ADMITTED};
	enum gen_task task = (enum gen_task)gen->mes.at[meter].task;
	uint64_t gid;

	if (task == GEN_TASK_JOIN)
		return build_join(gen, meter, store, inner);
	gid = group_of(gen, meter);
	switch (task) {
	case GEN_TASK_WATCH:
		return mst_ua_build_observe(
			inner, MST_UA_SIZE_MAX, MST_RES_GROUP, gid, MST_UA_OBSERVE_REGISTER);
	case GEN_TASK_CANDIDATES:
		return mst_ua_build_observe(inner, MST_UA_SIZE_MAX, MST_RES_GROUP_PENDING, gid,
			MST_UA_OBSERVE_REGISTER);
	case GEN_TASK_DECIDE:
		return mst_ua_build_decide(inner, MST_UA_SIZE_MAX, gid, &all);
	case GEN_TASK_REKEY:
		return mst_ua_build_rekey(inner, MST_UA_SIZE_MAX, gid, flow_group(gen, meter)->num);
	case GEN_TASK_LEAVE:
		return mst_ua_build_node(inner, MST_UA_SIZE_MAX, MST_COAP_DELETE, gid,
			uicc_imsi(&gen->uiccs, meter));
	case GEN_TASK_EVICT:
		return mst_ua_build_node(inner, MST_UA_SIZE_MAX, MST_COAP_DELETE, gid,
			uicc_imsi(&gen->uiccs, flow_victim(gen, meter)));
	case GEN_TASK_REJOIN:
		return mst_ua_build_join(inner, MST_UA_SIZE_MAX, gid, me_imei(meter), store);
	default:
		return mst_ua_build_read(inner, MST_UA_SIZE_MAX, gid);
	}
}

void
flow_expect(struct gen *gen, unsigned lane, enum mst_res res, uint64_t piv)
{
	struct gen_batch *b = gen->batch;
	const struct me *me = batch_me(gen, lane);
	bool own = res == MST_RES_MANAGE || res == MST_RES_SESSION;

	memcpy(b->rand[lane], me->rand, sizeof(b->rand[lane]));
	memcpy(b->kid[lane], me->rand, sizeof(b->kid[lane]));
	b->piv[lane] = piv;
	b->answer[lane] = (struct vault_answer){
		.res = res,
		.imsi = uicc_imsi(&gen->uiccs, b->meter[lane]),
		.gid = own ? 0 : group_of(gen, b->meter[lane]),
		.num = me->life & ME_WATCHES ? me->watch.num : 0,
	};
}

/** A new protected request in the session that stands. */
static void
ask(struct gen *gen, unsigned lane, enum gen_task task)
{
	struct me *me = batch_me(gen, lane);

	me->task = (uint8_t)task;
	me->flags &= (uint8_t)~ME_ECHO;
	me->piv++;
	flow_exchange(gen, lane, ME_SECURED);
}

/** The meter has done what the phase asks of it. */
static void
finish(struct gen *gen, uint32_t meter, uint64_t since_us)
{
	struct gen_phase *phase = &gen->phase[gen->phase_now];

	flow_settle(gen, &gen->mes.at[meter], ME_DONE);
	phase->done++;
	mst_hist_add(&phase->latency, (uint32_t)(gen->now_us - since_us));
}

static void
finish_own(struct gen *gen, unsigned lane)
{
	const struct me *me = batch_me(gen, lane);

	finish(gen, gen->batch->meter[lane],
		gen->now_us - ((uint32_t)gen->now_us - me->planned_us));
}

/** An observation is registered by the exchange that has just ended. */
static void
watch(struct gen *gen, unsigned lane)
{
	struct me *me = batch_me(gen, lane);

	me->life |= ME_WATCHES;
	me->watch.mid = me->mid;
	me->watch.piv = me->piv;
	me->watch.num = gen->batch->answer[lane].num;
}

/** Candidates wait: the creator admits them, now or when it has time. */
static void
admit(struct gen *gen, unsigned lane)
{
	struct gen_group *group = flow_group(gen, gen->batch->meter[lane]);

	if (batch_me(gen, lane)->state != ME_DONE) {
		group->asked = true;
		return;
	}
	group->asked = false;
	ask(gen, lane, GEN_TASK_DECIDE);
}

/** A creator, or a device that joined, has its key. */
static void
joined(struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];
	uint32_t meter = gen->batch->meter[lane];

	if (gen->options.groups == 0 || !flow_creates(gen, meter)) {
		flow_done(gen, lane, answer->gid);
		return;
	}
	flow_group(gen, meter)->num = answer->num;
	if (!gen->options.approval) {
		flow_done(gen, lane, answer->gid);
		return;
	}
	/* Members are let in once somebody looks at who wants to come. */
	flow_group(gen, meter)->made = answer->gid;
	ask(gen, lane, GEN_TASK_CANDIDATES);
}

void
flow_task_done(struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];
	uint32_t meter = gen->batch->meter[lane];
	struct me *me = batch_me(gen, lane);

	switch ((enum gen_task)me->task) {
	case GEN_TASK_JOIN:
		joined(gen, lane);
		return;
	case GEN_TASK_CANDIDATES:
		watch(gen, lane);
		flow_done(gen, lane, flow_group(gen, meter)->made);
		if (answer->waiting > 0)
			admit(gen, lane);
		return;
	case GEN_TASK_DECIDE:
		me->state = ME_DONE;
		me->due_ms = 0;
		if (flow_group(gen, meter)->asked)
			admit(gen, lane);
		return;
	case GEN_TASK_WATCH:
		watch(gen, lane);
		break;
	case GEN_TASK_LEAVE:
		me->life |= ME_OUT;
		me->life &= (uint8_t)~ME_WATCHES;
		break;
	case GEN_TASK_REJOIN:
		me->life &= (uint8_t)~ME_OUT;
		break;
	case GEN_TASK_READ:
	case GEN_TASK_REKEY:
		/* What the next request for a new key names. */
		if (flow_creates(gen, meter))
			flow_group(gen, meter)->num = answer->num;
		break;
	case GEN_TASK_EVICT:
		finish(gen, flow_victim(gen, meter), gen->phase_us);
		break;
	default:
		break;
	}
	/* Who observes is done with the phase when the new key comes. */
	if (me->life & ME_AWAITS) {
		me->state = ME_DONE;
		me->due_ms = 0;
	} else {
		finish_own(gen, lane);
	}
}

bool
flow_was_done(struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];
	const struct me *me = batch_me(gen, lane);

	if ((me->flags & ME_ECHO) == 0)
		return false;
	if (me->task == GEN_TASK_LEAVE && answer->code == MST_COAP_FORBIDDEN &&
		answer->error_id == ACE_NOT_MEMBER)
		flow_task_done(gen, lane);
	else if (me->task == GEN_TASK_REKEY && answer->code == MST_COAP_CONFLICT)
		ask(gen, lane, GEN_TASK_READ);
	else
		return false;
	return true;
}

bool
flow_is_notification(const struct gen *gen, unsigned lane)
{
	const struct mst_coap_msg *m = &gen->batch->msg[lane];
	uint32_t meter = gen->batch->meter[lane];
	const struct me *me = &gen->mes.at[meter];

	return (me->life & ME_WATCHES) != 0 && m->type == MST_COAP_CON &&
	       mst_get_be32(m->token) == flow_token(gen, meter, me->watch.mid);
}

/** A notification that authenticates: a newer key, or candidates. */
static void
take_notification(struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];
	struct me *me = batch_me(gen, lane);

	acks_notified(gen, lane);
	if (answer->error != 0 || answer->code != MST_COAP_CONTENT) {
		gen_count(&gen->counter[GEN_MALFORMED], answer->error != 0);
		if (answer->error == 0) /* an error ends the observation */
			me->life &= (uint8_t)~ME_WATCHES;
		return;
	}
	gen_count(&gen->counter[GEN_NOTIFIED], 1);
	if (answer->res == MST_RES_GROUP_PENDING) {
		if (answer->waiting > 0)
			admit(gen, lane);
		return;
	}
	if (answer->num <= me->watch.num)
		return;
	me->watch.num = answer->num;
	if (flow_creates(gen, gen->batch->meter[lane]))
		flow_group(gen, gen->batch->meter[lane])->num = answer->num;
	if ((me->life & ME_AWAITS) == 0)
		return;
	me->life &= (uint8_t)~ME_AWAITS;
	if (me->state == ME_DONE)
		finish(gen, gen->batch->meter[lane], gen->phase_us);
}

void
flow_notified(struct gen *gen, mst_lanes live)
{
	struct gen_batch *b = gen->batch;
	const struct vault_exchange x = {.profile = &gen->oscore,
		.rand = (const mst_b16 *)b->rand,
		.kid = (const mst_oscore_id *)b->kid,
		.request_piv = b->piv};
	mst_lanes gba_u = 0;

	mst_for_lanes(i, live) {
		const struct me *me = batch_me(gen, i);
		bool candidates = gen->options.approval && flow_creates(gen, b->meter[i]);

		flow_expect(
			gen, i, candidates ? MST_RES_GROUP_PENDING : MST_RES_GROUP, me->watch.piv);
		if (me->flags & ME_GBA_U)
			gba_u |= MST_LANE(i);
	}
	me_open_burst(&gen->mes, gen->crypto, live & ~gba_u, b->meter, &x, b->msg, b->answer);
	uicc_open_burst(&gen->uiccs, gen->crypto, live & gba_u, b->meter, &x, b->msg, b->answer);
	mst_for_lanes(i, live)
		take_notification(gen, i);
}

/** Whether a meter takes part in a phase by a request of its own. */
static bool
acts(const struct gen *gen, uint32_t meter, enum gen_task task)
{
	bool creates = flow_creates(gen, meter), out = gen->mes.at[meter].life & ME_OUT;

	switch (task) {
	case GEN_TASK_REKEY:
		return creates;
	case GEN_TASK_EVICT:
		return creates && flow_victim(gen, meter) < gen->options.meters &&
		       (gen->mes.at[flow_victim(gen, meter)].life & ME_OUT) == 0;
	case GEN_TASK_LEAVE:
		return !creates && !out;
	case GEN_TASK_REJOIN:
		return !creates && out && (gen->mes.at[meter].life & ME_EVICTED) == 0;
	case GEN_TASK_WATCH:
		return !out && !(creates && gen->options.approval);
	default:
		return !out;
	}
}

/** Whether a meter is done with a phase when it is notified of a new key. */
static bool
awaits(const struct gen *gen, uint32_t meter, enum gen_task task)
{
	const struct me *me = &gen->mes.at[meter];

	if ((task != GEN_TASK_REKEY && task != GEN_TASK_EVICT) || me->state != ME_DONE ||
		(me->life & (ME_WATCHES | ME_OUT)) != ME_WATCHES)
		return false;
	return !(flow_creates(gen, meter) && gen->options.approval);
}

/** Who is evicted does not act, and is settled by its creator. */
static bool
is_victim(const struct gen *gen, uint32_t meter, enum gen_task task)
{
	return task == GEN_TASK_EVICT && meter >= gen->options.groups &&
	       meter < 2 * gen->options.groups && (gen->mes.at[meter].life & ME_OUT) == 0;
}

bool
flow_begin_task(struct gen *gen, unsigned lane)
{
	enum gen_task task = gen->phase[gen->phase_now].task;
	uint32_t meter = gen->batch->meter[lane];
	struct me *me = &gen->mes.at[meter];

	me->restarts = me->waits = 0;
	if (me->state != ME_FAILED && is_victim(gen, meter, task)) {
		me->life |= ME_OUT | ME_EVICTED;
		return false;
	}
	if (me->state != ME_FAILED && acts(gen, meter, task)) {
		ask(gen, lane, task);
		return true;
	}
	if (me->state == ME_FAILED || !(me->life & ME_PHASE))
		gen->settled++;
	return false;
}

/** Marks who waits for a notification, before anybody does what causes it. */
static void
mark_phase(struct gen *gen, enum gen_task task)
{
	for (uint32_t m = 0; m < gen->options.meters; m++) {
		struct me *me = &gen->mes.at[m];

		me->life &= (uint8_t) ~(ME_AWAITS | ME_PHASE);
		if (awaits(gen, m, task) && !is_victim(gen, m, task))
			me->life |= ME_AWAITS | ME_PHASE;
	}
}

bool
flow_next_phase(struct gen *gen)
{
	const struct gen_options *o = &gen->options;
	unsigned now = gen->phase_now;
	bool stop = atomic_load_explicit(&gen->stop, memory_order_relaxed);

	gen->phase[now].seconds = (double)(gen->now_us - gen->phase_us) / 1e6;
	if (stop || gen->settled < o->meters || now == o->then_count)
		return false;
	gen->phase[now + 1].task = o->then[now];
	gen->phase_us = gen->now_us;
	gen->next = gen->settled = 0;
	mark_phase(gen, o->then[now]);
	atomic_store_explicit(&gen->phase_now, now + 1, memory_order_relaxed);
	flow_plan(gen);
	return true;
}
