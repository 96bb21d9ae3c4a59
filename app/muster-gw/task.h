/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A protected request that another worker executes, or that waits for a word from one: taken out of
 * its lane once it is authenticated and parsed, put back into a lane to be answered. The
 * worker it came to has given it the answer's Partial IV; the frame goes with it.
 *
 *	lane -> gw_task_take() -> mail -> gw_task_ready() -> gw_tasks_run(): lane -> answer
 *
 * Tasks come from a pool of the worker that took the request, and go back there by mail.
 * Context of all functions: the worker.
 */
#ifndef GW_TASK_H
#define GW_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "request.h"

/** Tasks of a worker. */
#define GW_TASKS 1024

struct gw_task {
	struct gw_task *next;
	struct mst_frame frame;
	struct mst_net_view view;
	struct mst_coap_msg msg;
	mst_b16 rand;
	mst_b32 ks_naf;
	mst_oscore_id kid;
	uint64_t piv, own_piv;
	uint32_t sid, ref, expires;
	uint16_t from; /* worker whose pool it is of */
	bool gba_u, repeated, observed;
	bool asked; /* another worker has said its word: result */
	int result; /* 0 or a negative error */
	struct mst_ua_request ua;
	uint8_t text[GW_INNER_MAX]; /* of SAY: a plaintext to send */
	uint16_t text_size;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int gw_tasks_init(struct gw_worker *w);
void gw_tasks_fini(struct gw_worker *w);

/** A blank task, or NULL. */
struct gw_task *gw_task_get(struct gw_worker *w);
/** Takes a request out of its lane, which is then given away; NULL if no task is free. */
struct gw_task *gw_task_take(const struct gw_request *r);
/** Wipes a task and gives it back to its pool. */
void gw_task_done(struct gw_worker *w, struct gw_task *task);
/** The same at the pool's worker. */
void gw_task_free(struct gw_worker *w, struct gw_task *task);
/** Lines a task up for gw_tasks_run(). */
void gw_task_ready(struct gw_worker *w, struct gw_task *task);
/** Executes and answers what is lined up, at most a burst. Returns whether there was any. */
bool gw_tasks_run(struct gw_worker *w);

#endif
