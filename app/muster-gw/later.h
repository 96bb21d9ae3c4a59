/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exchanges that are answered later: separate responses to joins that waited, and observations
 * (docs/protocol.md sections 5.6 and 5.7; RFC 7252 section 5.2.2, RFC 7641).
 *
 *	CANDIDATE row --slot--> ANSWER, waits ... decided: sent, repeated until acknowledged, freed
 *	MEMBER row    --slot--> KEY or NUM, in the chain of its group, sent when the key changes
 *	              CANDIDATES, in another chain of the group, sent when candidates were added
 *
 * What is kept is what a message needs that keys do not tell: addresses, token, and the request's
 * Partial IV. Keys come from the session; where that is another by now, the exchange ends. A
 * message that is repeated is protected anew, with a message id and Partial IV of its own.
 * Message ids of a worker are congruent to its number, so that an acknowledgement that another
 * worker receives is given to the right one.
 *
 * Limits: 128 octets an exchange, sized at start. Notifications are paced.
 * Context of all functions, unless they say otherwise: the worker; never block or allocate.
 */
#ifndef GW_LATER_H
#define GW_LATER_H

#include <stdbool.h>
#include <stdint.h>

#include "coap/coap.h"
#include "group/member.h"
#include "net/net.h"

struct gw_mail;
struct gw_request;
struct gw_worker;

enum gw_later_kind {
	GW_LATER_ANSWER,     /* a separate response, or the error that ends an observation */
	GW_LATER_KEY,        /* observes a group */
	GW_LATER_NUM,        /* observes the number of its key */
	GW_LATER_CANDIDATES, /* observes its candidates */
};

/** Transmissions of a message before the peer is given up (RFC 7252 section 4.2). */
#define GW_LATER_TRIES 5

struct gw_later {
	struct mst_net_flow flow;
	uint8_t token[MST_COAP_TOKEN_MAX];
	uint8_t rand[8]; /* first half of the session's RAND */
	uint32_t sid;
	uint32_t piv; /* of the request */
	uint32_t group;
	uint32_t next, previous; /* chain of the group; next also of what is free */
	uint32_t line_next, line_previous;
	uint32_t due_ms; /* low 32 bits of the time */
	uint16_t mid;    /* of the last message */
	int16_t result;  /* of ANSWER: 0 or a negative error */
	uint8_t kind;    /* enum gw_later_kind */
	uint8_t token_size;
	uint8_t tries; /* transmissions of this message */
	uint8_t line;  /* it stands in, or GW_LATER_NO_LINE */
	bool row;      /* a row's slot names it */
	bool non;      /* the request was Non-confirmable */
};
_Static_assert(sizeof(struct gw_later) <= 128, "an exchange is two cache lines");

#define GW_LATER_NO_LINE 0xff

/** A worker's. */
struct gw_laters {
	struct gw_later *at;
	uint32_t capacity, used, free, count;
	/* What is to be sent: line 0 at once, line n after n transmissions; each in order of time.
	 */
	struct {
		uint32_t first, last;
	} line[GW_LATER_TRIES + 1];
	uint32_t *watch;            /* by group: KEY and NUM */
	uint32_t *watch_candidates; /* by group */
	/* Groups whose observers are to be told: a circle with room for all and the one that is
	   being told, and where that stands. */
	uint32_t *tell;
	uint8_t *telling; /* by group: is in the circle */
	uint32_t groups, tell_head, tell_count, cursor;
	bool walking;
	uint32_t budget; /* notifications that may go out now, in thousandths */
	uint64_t paced_ms;
	uint32_t *of_mid; /* by message id: the exchange that used it last */
	uint16_t mid;
};

/** Room for `capacity` exchanges. Returns 0 or -MST_E_NO_MEMORY. Context: control thread. */
int gw_laters_init(struct gw_worker *w, uint32_t capacity, uint32_t groups);
void gw_laters_fini(struct gw_worker *w);

/** The next message id of the worker's own. */
uint16_t gw_later_mid(struct gw_worker *w);
/** Keeps the exchange of a request. Returns its slot, or MST_NO_PEER when there is no room. */
uint32_t gw_later_keep(const struct gw_request *r, enum gw_later_kind kind, uint32_t group);
/** Puts another request of the same device in the place of a kept one. */
void gw_later_refill(const struct gw_request *r, uint32_t slot, enum gw_later_kind kind);
/** Frees an exchange; the row that names it forgets it. MST_MEMBER_SLOT_NONE is allowed. */
void gw_later_drop(struct gw_worker *w, uint32_t slot);
/** Sends the answer: the key, or an error; no row names the exchange any more. */
void gw_later_answer(struct gw_worker *w, uint32_t slot, int result);
/**
 * GET with Observe on a group, its number or its candidates: registers, replaces or cancels.
 * Returns whether the device observes now. `m` is its row.
 */
bool gw_later_observe(const struct gw_request *r, const struct mst_group *g, struct mst_member *m);
/** Ends an owner's observation of candidates with an error; so too all of a group (MST_NO_PEER). */
void gw_later_end_candidates(struct gw_worker *w, uint32_t group, uint32_t sid, int result);
/** Takes an Empty Acknowledgement or Reset out of its lane: whether it was for an exchange. */
bool gw_later_ack(struct gw_worker *w, unsigned lane);
void gw_later_mail(struct gw_worker *w, const struct gw_mail *m);
/** Sends what is due, at most a burst. Returns whether anything was. */
bool gw_later_step(struct gw_worker *w);

#endif
