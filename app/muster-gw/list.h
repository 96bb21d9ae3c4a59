/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows G-ID <-> (IMSI, IMEI) of a worker's own subscribers: who enters, waits, leaves (steps
 * 305 and 405, docs/protocol.md sections 6.2, 6.5, 6.6). The keeper of the group is told by mail.
 *
 * Context of all functions: the owner of the subscriber; data path.
 */
#ifndef GW_LIST_H
#define GW_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "group/member.h"

struct gw_mail;
struct gw_request;
struct gw_worker;

/** Work on many rows, done a little between any two bursts. */
struct gw_list_job {
	uint32_t group;  /* rows of a dissolved group are removed; MST_NO_PEER: */
	uint32_t sid;    /* a barred subscriber's rows are */
	uint32_t cursor; /* of the latter */
};

#define GW_LIST_JOBS 256

struct gw_list_jobs {
	struct gw_list_job at[GW_LIST_JOBS];
	unsigned head, count;
};

/**
 * Makes a device a member. Returns 0, -MST_E_LIMIT_JOIN or -MST_E_TABLE_FULL; *result is its row.
 */
int gw_list_enter(struct gw_worker *w, const struct mst_group *g, uint32_t sid, uint64_t imei,
	struct mst_member **result);
/** A join that waits for a decision: takes the row and the exchange, tells the keeper,
 * acknowledges. */
int gw_list_wait(const struct gw_request *r, const struct mst_group *g);
/** A candidate asked again. */
int gw_list_wait_on(const struct gw_request *r, const struct mst_group *g, struct mst_member *m);
/** Removes a member or candidate at its own wish or with its subscriber. */
void gw_list_leave(struct gw_worker *w, const struct mst_group *g, struct mst_member *m);
/**
 * Ends the subscriber's session and begins to remove it from all groups. Returns 0 or -MST_E_BUSY.
 */
int gw_list_bar(struct gw_worker *w, uint32_t sid);
void gw_list_mail(struct gw_worker *w, const struct gw_mail *m);
/** Goes on with jobs. Returns whether there was any. */
bool gw_list_step(struct gw_worker *w);

#endif
