/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A burst of up to 64 packets as columns, and the stages that advance them together.
 *
 * Each stage takes the lanes that need it and marks a lane dead by gw_drop(): its status is the
 * error, which is counted once and, where the error has a CoAP code, answered. A lane that is
 * answered has octets in out[]. A lane given away (to another worker) is neither.
 *
 * Context of all functions: the worker that owns the batch, data path: no allocation, lock, system
 * call or log.
 */
#ifndef GW_BATCH_H
#define GW_BATCH_H

#include "aka/milenage.h"
#include "coap/coap.h"
#include "gba/classify.h"
#include "gba/ua.h"
#include "gba/ub.h"
#include "gw.h"
#include "oscore/oscore.h"

#define GW_OUT_MAX   1152
#define GW_INNER_MAX 512
#define GW_COAP_MAX  1024

/** Longest answer to a sender who has proved nothing, in octets of CoAP (RFC 9175 section 2.4). */
#define GW_UNPROVED_MAX    136
#define GW_UNPROVED_FACTOR 3

/* Columns are grouped by stage; the padding between them is nothing beside them. */
struct gw_batch {
	struct mst_frame frame[MST_LANES];
	struct mst_net_cols net;
	struct mst_coap_msg msg[MST_LANES];
	struct mst_target target[MST_LANES];
	struct mst_ub ub[MST_LANES];
	uint16_t status[MST_LANES];

	mst_lanes host_replies; /* net turned the frame into its answer */
	mst_lanes parsed;       /* msg[] is valid: errors can be answered */
	mst_lanes given_away;   /* frame is another worker's now */
	mst_lanes proved;       /* the sender has proved itself: answers are not bounded */
	mst_lanes announced;    /* the answer waits until what was changed lasts */
	mst_lanes echo;         /* the session's replay window is lost: asks for freshness */

	/* Subscribers */
	uint64_t imsi[MST_LANES];
	uint32_t ref[MST_LANES];
	uint32_t sid[MST_LANES];
	mst_lanes gba_u;
	mst_b16 k[MST_LANES];
	mst_b16 opc[MST_LANES];
	mst_b16 rand[MST_LANES];
	mst_b16 autn[MST_LANES];
	uint64_t sqn[MST_LANES];
	uint16_t amf[MST_LANES];
	uint8_t mnc_size[MST_LANES];
	struct mst_milenage_out aka;
	mst_b32 ks_naf[MST_LANES];
	struct mst_hmac_cols ks; /* prepared */
	mst_b16 proof[MST_LANES];
	uint32_t issued[MST_LANES]; /* of the cookie, seconds since 1970 UTC, never too early */
	uint32_t issued_clock[MST_LANES]; /* the same, low 32 bits of the SQN clock */
	uint32_t expires[MST_LANES];      /* of the session */

	/* OSCORE */
	mst_lanes oscore; /* requests with the option */
	struct mst_oscore_option option[MST_LANES];
	mst_oscore_id kid[MST_LANES];
	uint64_t piv[MST_LANES];     /* the request's */
	uint64_t own_piv[MST_LANES]; /* the answer's */
	struct mst_oscore_keys keys;
	uint8_t plain[MST_LANES][GW_INNER_MAX];
	uint16_t plain_size[MST_LANES];
	struct mst_ua_request ua[MST_LANES]; /* what is in the plaintexts */
	mst_lanes repeated;                  /* requests that ran before */
	mst_lanes observed;                  /* answers that begin an observation */

	/* Answers, in CoAP octets; 0: none */
	uint8_t out[MST_LANES][GW_OUT_MAX];
	uint16_t out_size[MST_LANES];
	mst_lanes sent; /* frames that went out, or without a port wait in frame[] for a test */
};

/** Marks a lane dead: counts `err` (positive or negative) as its drop reason. */
void gw_drop(struct gw_worker *w, unsigned lane, int err);
/** Drops all lanes of a mask. */
void gw_drop_lanes(struct gw_worker *w, mst_lanes lanes, int err);

/** Frames to CoAP requests with a known resource. Returns the lanes that are. */
mst_lanes gw_stage_parse(struct gw_worker *w, mst_lanes live);
/** Negotiation without identity: hints. */
void gw_stage_hint(struct gw_worker *w, mst_lanes live);
/** First requests on Ub, and negotiations with identity if `express`: challenges. */
void gw_stage_challenge(struct gw_worker *w, mst_lanes live, bool express);
/** Second requests on Ub: proof against session. */
void gw_stage_answer(struct gw_worker *w, mst_lanes live);
/** Second requests on Ub with AUTS: SQN offset, then a fresh challenge. */
void gw_stage_resync(struct gw_worker *w, mst_lanes live);
/** Protected requests: to plaintext, through gw_stage_group(), and back. */
void gw_stage_secured(struct gw_worker *w, mst_lanes live);
/** Decrypted requests to plaintext answers in plain[]. Returns the lanes answered, also by errors.
 */
mst_lanes gw_stage_group(struct gw_worker *w, mst_lanes live);
/** Sends frames, or drops and counts them. */
void gw_send_frames(struct gw_worker *w, const struct mst_frame *frames, unsigned count);
/** Sends what is in out[], frees the rest. */
void gw_stage_reply(struct gw_worker *w, mst_lanes frames);
/** Clears the columns' masks for `frames` lanes. */
void gw_batch_begin(struct gw_batch *b, unsigned frames);

/** Looks imsi[] up: fills ref, sid, k, opc, amf, mnc_size, gba_u. Returns the lanes provisioned. */
mst_lanes gw_subscribers(struct gw_worker *w, mst_lanes live);
/**
 * Opens the cookies in rand[]: fills imsi and issued, drops forged and expired ones. Returns the
 * lanes that are good.
 */
mst_lanes gw_cookies(struct gw_worker *w, mst_lanes live);
/** Fetches what gw_prove() will search for rand[]. */
void gw_expect_sessions(struct gw_worker *w, mst_lanes live);
/**
 * Gives lanes whose RAND leads to another worker to it, drops those whose subscriber another worker
 * owns. Returns the rest; who owns them, if nobody does yet, gw_prove() settles.
 */
mst_lanes gw_own(struct gw_worker *w, mst_lanes live);
/**
 * The sender has proved rand[lane]: claims the subscriber and opens the session, unless it is open.
 * A challenge issued before the present session began opens none: what a device once answered it
 * cannot take back. Fills expires. Returns 1 for a session opened, 0 for one that was open, or
 *	-MST_E_PROOF_WRONG      another worker has claimed the subscriber in the meantime
 *	-MST_E_COOKIE_EXPIRED   the challenge is of before the present session
 *	-MST_E_SESSION_EXPIRED  the session was open once
 *	-MST_E_NOT_DURABLE      a new session would not last now
 * and the errors of mst_session_open().
 */
int gw_prove(struct gw_worker *w, unsigned lane);
/** Gives a lane's frame to another worker. */
void gw_give(struct gw_worker *w, unsigned lane, unsigned worker);
/** f2..f5 of rand[]: fills aka and ks. */
void gw_keys(struct gw_worker *w, mst_lanes live);
/** Drops lanes whose subscriber is barred; returns the rest. */
mst_lanes gw_admitted(struct gw_worker *w, mst_lanes live);
/** Wipes the keys that a stage left in the columns of these lanes. */
void gw_forget(struct gw_worker *w, mst_lanes live);
/** Wipes the OSCORE keys of these lanes. */
void gw_forget_keys(struct gw_worker *w, mst_lanes live);
/** Protects the plaintexts of answered requests, with keys[] derived; wipes them. */
void gw_seal_answers(struct gw_worker *w, mst_lanes live);
/** An Empty Acknowledgement in out[lane], where the request is Confirmable. */
void gw_answer_ack(struct gw_worker *w, unsigned lane);
/** Writes the answer, or the error, that a handler gave. Returns whether it is to be protected. */
bool gw_group_answered(struct gw_worker *w, unsigned lane, int size);
/** Starts an answer in out[lane], in the type and with the ids that fit the request. */
void gw_answer_begin(
	struct gw_worker *w, unsigned lane, struct mst_coap_build *build, uint8_t code);
/** Ends it; without room for it the lane is dropped. */
void gw_answer_end(struct gw_worker *w, unsigned lane, struct mst_coap_build *build);

/** Octets for keys, from the system. Returns 0 or -MST_E_RANDOM_EMPTY. */
int gw_random(struct gw_worker *w, void *out, size_t size);

#endif
