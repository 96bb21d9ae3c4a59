/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves of one meter: exchanges, repetition, giving up, being done (docs/protocol.md section 8). */
#include "acks.h"
#include "batch.h"

#include "base/err.h"
#include "random.h"

void
flow_begin(struct gen *gen)
{
	gen->batch->plain = gen->batch->secured = gen->batch->gba_u = gen->batch->notified = 0;
}

void
flow_watch_timer(struct gen *gen, uint32_t meter)
{
	struct me *me = &gen->mes.at[meter];
	uint32_t soon = gen->now_ms + gen->options.ack_timeout_ms;
	bool later = (int32_t)(me->due_ms - soon) > 0;

	me->flags |= ME_IN_TIMERS;
	timers_add(&gen->timers, meter, later ? soon : me->due_ms);
}

void
flow_set_timer(struct gen *gen, uint32_t meter, uint32_t ms)
{
	struct me *me = &gen->mes.at[meter];

	me->due_ms = gen->now_ms + ms;
	/* 0 says that there is no timer. */
	if (me->due_ms == 0)
		me->due_ms = 1;
	if ((me->flags & ME_IN_TIMERS) != 0)
		return;
	flow_watch_timer(gen, meter);
}

void
flow_exchange(struct gen *gen, unsigned lane, enum me_state state)
{
	uint32_t meter = gen->batch->meter[lane], base = gen->options.ack_timeout_ms;
	struct me *me = &gen->mes.at[meter];

	me->state = (uint8_t)state;
	me->mid++;
	me->retransmits = 0;
	me->sent_us = (uint32_t)gen->now_us;
	me->timeout_ms = (uint16_t)(base + random_below(&gen->random, base / 2 + 1));
	flow_set_timer(gen, meter, me->timeout_ms);
	if (state == ME_SECURED)
		acks_own(gen, meter);
	*(state == ME_SECURED ? &gen->batch->secured : &gen->batch->plain) |= MST_LANE(lane);
}

void
flow_first(struct gen *gen, unsigned lane)
{
	flow_exchange(gen, lane, gen->options.flow == GEN_GBA ? ME_CHALLENGE : ME_HINTS);
}

void
flow_ignore(struct gen *gen, unsigned lane)
{
	struct me *me = batch_me(gen, lane);

	me->state = me->before;
	gen_count(&gen->counter[GEN_MALFORMED], 1);
}

void
flow_restart(struct gen *gen, unsigned lane, enum gen_reason reason)
{
	struct me *me = batch_me(gen, lane);
	enum me_state was = me->state == ME_TAKEN ? me->before : me->state;

	if (me->restarts == GEN_RESTARTS_MAX) {
		flow_fail(gen, gen->batch->meter[lane], reason);
		return;
	}
	me->restarts++;
	me->life &= (uint8_t)~ME_WATCHES; /* its session ends, and me->proof is needed */
	gen_count(&gen->counter[GEN_RESTARTS], 1);
	if (gen->options.flow == GEN_EXPRESS || was == ME_HINTS)
		flow_first(gen, lane);
	else
		flow_exchange(gen, lane, ME_CHALLENGE);
}

void
flow_wait(struct gen *gen, unsigned lane, enum me_state state, uint32_t seconds)
{
	struct me *me = batch_me(gen, lane);

	gen_count(&gen->counter[GEN_WAITS], 1);
	if (me->waits == GEN_WAITS_MAX) {
		flow_fail(gen, gen->batch->meter[lane], GEN_WHY_WAITED);
		return;
	}
	me->waits++;
	me->state = (uint8_t)state;
	if (seconds > 3600)
		seconds = 3600;
	flow_set_timer(gen, gen->batch->meter[lane], seconds * 1000);
}

void
flow_refused(struct gen *gen, unsigned lane)
{
	const struct mst_coap_msg *m = &gen->batch->msg[lane];
	uint32_t max_age = (m->opt.has & MST_COAP_HAS_MAX_AGE) != 0 ? m->opt.max_age : 60;

	if (m->code == MST_COAP_UNAUTHORIZED)
		flow_restart(gen, lane, GEN_WHY_REFUSED);
	else if (m->code == MST_COAP_UNAVAILABLE)
		flow_wait(gen, lane, ME_WAIT_START, max_age);
	else
		flow_fail(gen, gen->batch->meter[lane], GEN_WHY_ERROR);
}

void
flow_settle(struct gen *gen, struct me *me, enum me_state state)
{
	me->state = (uint8_t)state;
	me->due_ms = 0;
	gen->settled++;
	atomic_store_explicit(&gen->ended_tsc, mst_port_tsc(), memory_order_relaxed);
}

void
flow_fail(struct gen *gen, uint32_t meter, enum gen_reason reason)
{
	struct me *me = &gen->mes.at[meter];

	gen_count(&gen->reason[reason], 1);
	if (me->task == GEN_TASK_DECIDE) { /* it has done what its phase asks */
		me->state = ME_DONE;
		me->due_ms = 0;
		return;
	}
	flow_settle(gen, me, ME_FAILED);
	gen->phase[gen->phase_now].failed++;
	gen_count(&gen->counter[GEN_FAILED], 1);
	if (gen->options.groups > 0 && flow_creates(gen, meter))
		flow_group(gen, meter)->dead = true;
}

void
flow_done(struct gen *gen, unsigned lane, uint64_t gid)
{
	uint32_t meter = gen->batch->meter[lane];
	struct me *me = &gen->mes.at[meter];

	flow_settle(gen, me, ME_DONE);
	gen->phase[0].done++;
	gen_count(&gen->counter[GEN_JOINED], 1);
	mst_hist_add(&gen->latency, (uint32_t)gen->now_us - me->planned_us);
	if (gen->options.groups > 0 && flow_creates(gen, meter))
		flow_group(gen, meter)->gid = gid;
}
