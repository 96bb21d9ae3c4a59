/* SPDX-License-Identifier: BSD-3-Clause */
/* When meters begin and when they repeat: the schedule, and timers that have ended. */
#include "batch.h"

#include "base/err.h"

#define LATE_US 1000

static bool
is_open_loop(const struct gen *gen)
{
	return gen->options.arrival.kind != ARRIVAL_CLOSED;
}

void
flow_plan(struct gen *gen)
{
	const struct gen_options *o = &gen->options;

	if (!is_open_loop(gen))
		return;
	arrival_plan_init(&gen->plan, &o->arrival, o->meters, o->seed + gen->phase_now);
	gen->due_us = arrival_plan_next(&gen->plan);
}

/** Whether the schedule lets another meter begin now. */
static bool
may_start(const struct gen *gen)
{
	const struct gen_options *o = &gen->options;

	if (gen->next == o->meters)
		return false;
	if (is_open_loop(gen))
		return gen->due_us <= gen->now_us - gen->phase_us;
	/* Parked meters count: those that create come first, so that no group waits for them. */
	/* Who waits for a notification may have it before its turn to begin. */
	return (int64_t)gen->next - gen->settled < (int64_t)o->outstanding;
}

/** Meters begin in order: what the next burst of them touches is fetched now. */
#define AHEAD MST_LANES

static void
look_ahead(const struct gen *gen)
{
	uint32_t meter = gen->next + AHEAD;

	if (meter >= gen->options.meters)
		return;
	__builtin_prefetch(&gen->mes.at[meter], 1);
	usim_prefetch(&gen->uiccs.usim, meter);
}

/** Takes the next meter off the schedule. Latency counts from when it was due. */
static uint32_t
take_next(struct gen *gen)
{
	uint32_t meter = gen->next++;
	struct me *me = &gen->mes.at[meter];
	uint64_t late_us;

	me->planned_us = (uint32_t)gen->now_us;
	if (!is_open_loop(gen))
		return meter;
	late_us = gen->now_us - gen->phase_us - gen->due_us;
	me->planned_us = (uint32_t)(gen->phase_us + gen->due_us);
	mst_hist_add(&gen->lateness, late_us);
	if (late_us > LATE_US)
		gen_count(&gen->counter[GEN_LATE], 1);
	if (gen->next < gen->options.meters)
		gen->due_us = arrival_plan_next(&gen->plan);
	return meter;
}

/** Puts the next meter into a lane. */
static void
start(struct gen *gen, unsigned lane, uint32_t meter)
{
	/* In the closed loop a meter that waited for its group was not due before. */
	if (!is_open_loop(gen))
		gen->mes.at[meter].planned_us = (uint32_t)gen->now_us;
	gen->batch->meter[lane] = meter;
	gen_count(&gen->counter[GEN_STARTED], 1);
	flow_first(gen, lane);
}

/** Whether a meter's group lets it begin; gives the meter up when it never will. */
static bool
group_is_ready(struct gen *gen, uint32_t meter)
{
	const struct gen_group *g;

	if (flow_resource(gen, meter) != MST_RES_GROUP)
		return true;
	g = flow_group(gen, meter);
	return g->gid != 0 || g->dead;
}

static bool
give_up_without_group(struct gen *gen, uint32_t meter)
{
	if (flow_resource(gen, meter) != MST_RES_GROUP || !flow_group(gen, meter)->dead)
		return false;
	gen_count(&gen->counter[GEN_STARTED], 1);
	flow_fail(gen, meter, GEN_WHY_NO_GROUP);
	return true;
}

static void
park(struct gen *gen, uint32_t meter)
{
	gen->mes.at[meter].state = ME_PARKED;
	gen->parked[gen->parked_tail++ % gen->options.meters] = meter;
}

/** Meters whose group exists by now; each is looked at once. */
static unsigned
start_parked(struct gen *gen, unsigned lanes)
{
	uint32_t waiting = gen->parked_tail - gen->parked_head;
	unsigned n = 0;

	if (waiting > MST_LANES)
		waiting = MST_LANES;
	for (; waiting > 0 && n < lanes; waiting--) {
		uint32_t meter = gen->parked[gen->parked_head++ % gen->options.meters];

		if (!group_is_ready(gen, meter))
			park(gen, meter);
		else if (!give_up_without_group(gen, meter))
			start(gen, n++, meter);
	}
	return n;
}

/** After the joins: the next meters begin the phase's task. */
static unsigned
start_tasks(struct gen *gen)
{
	unsigned n = 0, looked = 0;

	for (; n < MST_LANES && looked < 16 * MST_LANES && may_start(gen); looked++) {
		gen->batch->meter[n] = take_next(gen);
		if (flow_begin_task(gen, n))
			n++;
	}
	flow_send(gen);
	return looked;
}

unsigned
flow_starts(struct gen *gen)
{
	unsigned n, looked = 0;

	if (!link_has_room(&gen->link))
		return 0;
	flow_begin(gen);
	if (gen->phase_now > 0)
		return start_tasks(gen);
	n = start_parked(gen, MST_LANES);
	for (; n < MST_LANES && looked < MST_LANES && may_start(gen); looked++) {
		uint32_t meter = take_next(gen);

		look_ahead(gen);
		if (!group_is_ready(gen, meter))
			park(gen, meter);
		else if (!give_up_without_group(gen, meter))
			start(gen, n++, meter);
	}
	flow_send(gen);
	return n;
}

/** RFC 7252 section 4.2: the same message again, twice the time-out. */
static void
repeat(struct gen *gen, unsigned lane)
{
	uint32_t meter = gen->batch->meter[lane];
	struct me *me = &gen->mes.at[meter];

	if (me->retransmits == MST_COAP_MAX_RETRANSMIT) {
		flow_restart(gen, lane, GEN_WHY_NO_ANSWER);
		return;
	}
	me->retransmits++;
	me->timeout_ms =
		me->timeout_ms > UINT16_MAX / 2 ? UINT16_MAX : (uint16_t)(2 * me->timeout_ms);
	flow_set_timer(gen, meter, me->timeout_ms);
	gen_count(&gen->counter[GEN_RETRANSMITS], 1);
	*(me->state == ME_SECURED ? &gen->batch->secured : &gen->batch->plain) |= MST_LANE(lane);
}

static void
timer_ended(struct gen *gen, unsigned lane)
{
	struct me *me = batch_me(gen, lane);

	switch ((enum me_state)me->state) {
	case ME_HINTS:
	case ME_CHALLENGE:
	case ME_RESYNC:
	case ME_RESULT:
	case ME_SECURED:
		repeat(gen, lane);
		break;
	case ME_WAIT_START:
		if (gen->options.flow == GEN_EXPRESS)
			flow_first(gen, lane);
		else
			flow_exchange(gen, lane, ME_CHALLENGE);
		break;
	case ME_WAIT_SECURED:
		me->piv++;
		flow_exchange(gen, lane, ME_SECURED);
		break;
	default:
		break;
	}
}

unsigned
flow_timers(struct gen *gen)
{
	struct gen_batch *b = gen->batch;
	unsigned n;

	flow_begin(gen);
	n = timers_take(&gen->timers, gen->now_ms, b->meter, MST_LANES);
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(batch_me(gen, i), 1);
	for (unsigned i = 0; i < n; i++) {
		struct me *me = batch_me(gen, i);

		me->flags &= (uint8_t)~ME_IN_TIMERS;
		if (me->due_ms == 0)
			continue;
		if ((int32_t)(me->due_ms - gen->now_ms) > 0) {
			flow_watch_timer(gen, b->meter[i]);
			continue;
		}
		me->due_ms = 0;
		timer_ended(gen, i);
	}
	if (n > 0)
		flow_send(gen);
	return n;
}
