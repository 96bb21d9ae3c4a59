/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A burst as columns, one lane a meter, and the steps that advance it. A step looks at the lanes it
 * is given, moves their meters' state on, and marks what they are to send next in plain and
 * secured; flow_send() sends it.
 *
 * Context of all functions: the data thread; no allocation, lock, system call or log.
 */
#ifndef LOAD_BATCH_H
#define LOAD_BATCH_H

#include "coap/coap.h"
#include "gba/ua.h"
#include "gba/ub.h"
#include "gen.h"

#define BATCH_COAP_MAX 256
#define BATCH_TOKEN    4

struct gen_batch {
	struct mst_frame frame[MST_LANES];
	struct mst_net_cols net;
	struct mst_coap_msg msg[MST_LANES];
	struct mst_ub ub[MST_LANES];
	uint32_t meter[MST_LANES];
	mst_lanes gba_u;
	mst_lanes notified;

	/* Next messages. */
	mst_lanes plain;
	mst_lanes secured;

	/* Columns of the steps. */
	mst_b16 rand[MST_LANES];
	mst_b16 autn[MST_LANES];
	mst_b16 proof[MST_LANES];
	uint64_t imsi[MST_LANES];
	uint8_t mnc_size[MST_LANES];
	mst_oscore_id kid[MST_LANES];
	uint64_t piv[MST_LANES];
	struct uicc_authenticated aka;
	struct vault_answer answer[MST_LANES];
	uint8_t inner[MST_LANES][MST_UA_SIZE_MAX];
	uint8_t out[MST_LANES][BATCH_COAP_MAX];
};

static inline struct me *
batch_me(const struct gen *gen, unsigned lane)
{
	return &gen->mes.at[gen->batch->meter[lane]];
}

/** The token of a meter's exchange: needs no memory, and a stranger cannot guess it from others. */
static inline uint32_t
flow_token(const struct gen *gen, uint32_t meter, uint16_t mid)
{
	uint64_t x = (uint64_t)meter << 16 | mid;

	x = (x ^ gen->options.seed) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(x >> 32 ^ x);
}

/** The group that a meter creates or joins; only with groups. */
static inline struct gen_group *
flow_group(const struct gen *gen, uint32_t meter)
{
	return &gen->group[meter % gen->options.groups];
}

static inline bool
flow_creates(const struct gen *gen, uint32_t meter)
{
	return meter < gen->options.groups;
}

/** The meter that a creator evicts: the first that joined its group. */
static inline uint32_t
flow_victim(const struct gen *gen, uint32_t creator)
{
	return creator + gen->options.groups;
}

/** What a meter asks for in its join. */
static inline enum mst_res
flow_resource(const struct gen *gen, uint32_t meter)
{
	if (gen->options.groups == 0)
		return MST_RES_SESSION;
	return flow_creates(gen, meter) ? MST_RES_MANAGE : MST_RES_GROUP;
}

/** The resource of the present protected request. */
enum mst_res flow_task_resource(const struct gen *gen, uint32_t meter);
/** Builds the present protected request. Returns its size. */
int flow_build_task(const struct gen *gen, uint32_t meter, enum mst_ua_store store, uint8_t *inner);
/** Whether it registers an observation. */
static inline bool
flow_registers(const struct me *me)
{
	return me->task == GEN_TASK_WATCH || me->task == GEN_TASK_CANDIDATES;
}
/** A task is done: keeps what it brought, and goes on or settles the meter. */
void flow_task_done(struct gen *gen, unsigned lane);
/**
 * Whether an error says that the task was done by a gateway that was killed before it could tell.
 * Goes on as after its answer.
 */
bool flow_was_done(struct gen *gen, unsigned lane);
/** Whether a message belongs to the meter's observation. */
bool flow_is_notification(const struct gen *gen, unsigned lane);
/** Works on notifications. */
void flow_notified(struct gen *gen, mst_lanes live);
/** Begins the schedule of the present phase; nothing in the closed loop. */
void flow_plan(struct gen *gen);
/** The phase is over when all meters are settled: begins the next. Returns false after the last. */
bool flow_next_phase(struct gen *gen);
/** Has a meter begin the phase's task. Returns whether a message is to be sent. */
bool flow_begin_task(struct gen *gen, unsigned lane);
/** Fills the columns of a protected answer, to the request under `piv`. */
void flow_expect(struct gen *gen, unsigned lane, enum mst_res res, uint64_t piv);
/** One meter less to wait for. */
void flow_settle(struct gen *gen, struct me *me, enum me_state state);

/** Starts the batch over for meters whose numbers the caller sets. */
void flow_begin(struct gen *gen);
/** Sends plain and secured. */
void flow_send(struct gen *gen);

/** Works on the frames of the batch. */
void flow_receive(struct gen *gen, unsigned frames);
/** Works on timers that have ended. Returns how many. */
unsigned flow_timers(struct gen *gen);
/** Starts meters that are due. Returns how many. */
unsigned flow_starts(struct gen *gen);

/* Steps of an answer. */
void flow_hints(struct gen *gen, mst_lanes live);
void flow_challenge(struct gen *gen, mst_lanes live);
void flow_result(struct gen *gen, mst_lanes live);
void flow_secured(struct gen *gen, mst_lanes live);

/* Moves of one lane's meter. */

/** A new exchange in `state`, with message id, token and timer; marks it to be sent. */
void flow_exchange(struct gen *gen, unsigned lane, enum me_state state);
/** The first exchange of a join. */
void flow_first(struct gen *gen, unsigned lane);
/** An answer that is void: as if it had not come. */
void flow_ignore(struct gen *gen, unsigned lane);
/** A failed exchange: bootstraps again, or gives up after GEN_RESTARTS_MAX times. */
void flow_restart(struct gen *gen, unsigned lane, enum gen_reason reason);
/** Waits `seconds`, then goes on in `state`: ME_WAIT_START or ME_WAIT_SECURED. */
void flow_wait(struct gen *gen, unsigned lane, enum me_state state, uint32_t seconds);
/** Acts on an answer outside OSCORE that is not the one hoped for. */
void flow_refused(struct gen *gen, unsigned lane);
void flow_fail(struct gen *gen, uint32_t meter, enum gen_reason reason);
void flow_done(struct gen *gen, unsigned lane, uint64_t gid);
/** Has a meter's timer end at now + ms. */
void flow_set_timer(struct gen *gen, uint32_t meter, uint32_t ms);

/**
 * Enters a meter with a timer into the wheel: for when it ends, or one ACK_TIMEOUT from now, so
 * that the wheel never looks later than at a timer that is set meanwhile.
 */
void flow_watch_timer(struct gen *gen, uint32_t meter);

#endif
