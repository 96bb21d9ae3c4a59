/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A decrypted request, as the M2M-SC's handlers see it: identity, end of the session and settings,
 * never Ks. A request runs once. A repetition (docs/protocol.md section 5.4) changes nothing: it is
 * answered from what stands, or with REPEAT_STALE when the result stands no more.
 *
 * A handler returns the size of the plaintext it wrote to out, a negative enum mst_err, or
 *	GW_LATER  the answer comes from elsewhere; the lane has been given away or holds an Empty
 *	          Acknowledgement
 * Context of all functions: the worker, data path, RCU read section.
 */
#ifndef GW_REQUEST_H
#define GW_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "gba/ua.h"
#include "group/member.h"
#include "gw.h"

#define GW_LATER 0

struct gw_request {
	struct gw_worker *w;
	struct mst_subs_record *subscriber;
	const struct mst_subs_profile *profile;
	const uint8_t *rand; /* of the session, which a later lane may have replaced by now */
	const struct mst_ua_request *ua;
	struct mst_group *group; /* that it names; NULL: none there is */
	struct gw_task *task;    /* it is one: NULL when it came by this burst */
	uint8_t *out;            /* GW_INNER_MAX octets */
	uint64_t piv;
	uint32_t expires; /* the session */
	uint32_t sid;
	unsigned lane;
	bool gba_u;
	bool repeated;
};

/** What a key is the answer to. */
enum gw_how { GW_ENTERED, GW_WAS_MEMBER, GW_READ };

/** Answers with the group's key; `m` is the device's row. */
int gw_answer_key(const struct gw_request *r, const struct mst_group *g, const struct mst_member *m,
	enum gw_how how);
/** The same plaintext for a session and group, without a request. */
int gw_build_key(const struct gw_worker *w, const struct mst_group *g, const struct mst_member *m,
	enum gw_how how, uint64_t imsi, bool observe, uint8_t *out);

/** Executes a request whose result another worker has told (r->task->asked). */
int gw_group_resume(struct gw_request *r);
/** Executes a request. */
int gw_group_serve(struct gw_request *r);

/** The subscriber's limit of groups created and joined. */
static inline unsigned
gw_create_limit(const struct gw *gw, const struct mst_subs_profile *p)
{
	return p->create_limit != 0 ? p->create_limit : gw->create_limit;
}

static inline unsigned
gw_join_limit(const struct gw *gw, const struct mst_subs_profile *p)
{
	return p->join_limit != 0 ? p->join_limit : gw->join_limit;
}

#endif
