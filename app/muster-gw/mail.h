/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mail between workers: short messages about groups and memberships, each of which has one writer.
 *
 *	keeper of a group      policies, key, owners, candidates; asks others to admit, evict, purge
 *	owner of a subscriber  its rows in groups, its session; tells the keeper what changed
 *
 * A worker writes to itself in the same way, so that one worker alone and many run the same code.
 * Mail is never lost: what a full ring does not take waits in the sender's backlog, and while that
 * is long the sender refuses requests that would write more (gw_mail_room()).
 *
 * Context of all functions: the worker, between two bursts or in a stage; never block or allocate.
 */
#ifndef GW_MAIL_H
#define GW_MAIL_H

#include <stdbool.h>
#include <stdint.h>

struct gw_task;
struct gw_worker;
struct mst_port_ring;

enum gw_mail_kind {
	/* to the keeper */
	GW_MAIL_TASK,      /* task: a request for it to execute */
	GW_MAIL_ENTER,     /* task: may this device enter? */
	GW_MAIL_ENTERED,   /* group: a device it let enter has, or result: could not */
	GW_MAIL_CANDIDATE, /* group, sid, imei, when: waits for a decision */
	GW_MAIL_GONE,      /* group, sid: waits no more */
	GW_MAIL_LEFT,      /* group, sid: is no member any more */
	GW_MAIL_EVICTED,   /* group, sid, task or NULL; result: 0 or NODE_UNKNOWN */
	GW_MAIL_PURGED,    /* group: this worker has no rows of it any more */
	GW_MAIL_ASK,       /* group: what do owners see as candidates? */

	/* to the owner of a subscriber */
	GW_MAIL_MAY_ENTER, /* task; result: 0 or an error */
	GW_MAIL_ADMIT,     /* group, sid */
	GW_MAIL_REFUSE,    /* group, sid; result: the error */
	GW_MAIL_EVICT,     /* group, sid, task or NULL */

	/* to all */
	GW_MAIL_KEY,        /* group: has a new key */
	GW_MAIL_CANDIDATES, /* group: has new candidates */
	GW_MAIL_SAY,        /* task: candidates, for the owners that observe */
	GW_MAIL_DISSOLVED,  /* group: purge its rows */
	GW_MAIL_TASK_BACK,  /* task: of the receiver's pool, done with */
};

struct gw_mail {
	struct gw_task *task;
	uint64_t imei;
	uint32_t group;
	uint32_t sid;
	uint32_t when;
	int32_t result;
	uint16_t kind;    /* enum gw_mail_kind */
	uint16_t from;    /* worker */
	uint32_t gid_low; /* of ADMIT, REFUSE, EVICT: the place may be another group's by now */
};

/** Mail that one burst of requests can write at most, with workers to spare. */
#define GW_MAIL_BURST_MAX 4096
/** Messages of a backlog. */
#define GW_MAIL_BACKLOG 16384

struct gw_mail_to {
	struct gw_mail mail;
	uint32_t to;
	uint32_t spare;
};

struct gw_mailbox {
	struct mst_port_ring *ring; /* from other workers; made by gw_mail_init() */
	struct gw_mail_to *backlog; /* GW_MAIL_BACKLOG, a circle; includes mail to oneself */
	uint32_t head, count;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int gw_mail_init(struct gw_mailbox *box);
void gw_mail_fini(struct gw_mailbox *box);

/** Sends. */
void gw_mail_post(struct gw_worker *w, unsigned to, struct gw_mail mail);
/** Sends to every worker, this one included. */
void gw_mail_post_all(struct gw_worker *w, struct gw_mail mail);
/** Whether a request that writes mail may be executed now. */
bool gw_mail_room(const struct gw_worker *w);
/** Moves the backlog on and handles what has come. Returns whether there was any. */
bool gw_mail_step(struct gw_worker *w);
/** Whether nothing waits to be sent or read. */
bool gw_mail_idle(const struct gw_worker *w);

#endif
