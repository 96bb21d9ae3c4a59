/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The M2M-SC's part of steps 304-306 and 404-406: decrypted requests to answers. Creations, joins,
 * reads and departures run here, at the owner of the subscriber; what changes a group goes to its
 * keeper.
 */
#include <string.h>

#include "audit.h"
#include "base/err.h"
#include "base/secret.h"
#include "batch.h"
#include "request.h"
#include "task.h"

/** Seconds after which a device may try again where the answer is "not now". */
#define RETRY_S 5

static void
audit(const struct gw_request *r, enum gw_audit_what what, uint64_t gid, uint32_t num)
{
	struct gw_audit_event e = {
		.gid = gid, .actor = r->sid, .subject = r->sid, .num = num, .what = (uint16_t)what};

	memcpy(e.kid, r->rand, sizeof(e.kid));
	gw_audit(r->w, e);
}

/**
 * G-ID of a creation: the run's epoch, which no other run and gateway has, and a block of the
 * session and the request under a secret key, so that a repetition finds the group it made.
 */
static void
name_group(const struct gw_request *r, struct mst_group *g)
{
	mst_b16 block[MST_LANES];

	memcpy(&g->origin[0], r->rand, sizeof(g->origin[0]));
	g->origin[1] = r->piv;
	memcpy(block[0], g->origin, sizeof(block[0]));
	mst_aes_encrypt_burst(r->w->crypto, 1, &r->w->gw->gid_key, block, block);
	g->gid = (uint64_t)r->w->gw->epoch << 40 | mst_get_be64(block[0]) >> 24;
}

static bool
made_by(const struct gw_request *r, const struct mst_group *g, const struct mst_group *wanted)
{
	return g->creator == r->sid && memcmp(g->origin, wanted->origin, sizeof(g->origin)) == 0;
}

/** Whether the creator can become a member, so that no group is left without one. */
static int
may_create(const struct gw_request *r)
{
	if (r->profile->flags & MST_SUBS_F_NO_CREATE)
		return -MST_E_LIMIT_CREATE;
	if (mst_subs_state_joined(mst_subs_state(r->subscriber)) >=
		gw_join_limit(r->w->gw, r->profile))
		return -MST_E_LIMIT_JOIN;
	return mst_members_full(&r->w->members) ? -MST_E_TABLE_FULL : 0;
}

/** The first state of a group: the preset policies with those the creator asks for, and a key. */
static int
first_state(const struct gw_request *r, struct mst_group_state **result)
{
	struct gw_worker *w = r->w;
	struct mst_group_state *s = mst_group_state_get(&w->keeper.states, NULL);
	int err;

	if (s == NULL)
		return -MST_E_BUSY;
	s->policy = w->gw->policy;
	mst_policy_apply(&s->policy, &r->ua->join.change);
	s->num = 1;
	s->made = w->now_s;
	s->expires = w->now_s + s->policy.key_life_s;
	s->owner[0] = r->sid;
	s->owners = 1;
	err = mst_policy_valid(&s->policy) ? gw_random(w, s->kg, sizeof(s->kg))
					   : -MST_E_GROUP_REQUEST;
	if (err)
		mst_group_state_put(s);
	else
		*result = s;
	return err;
}

static int
publish(const struct gw_request *r, struct mst_group *wanted, struct mst_group **made)
{
	struct gw_worker *w = r->w;
	struct mst_group_state *state;
	int err = may_create(r);

	if (err == 0)
		err = mst_subs_inc_created(r->subscriber, gw_create_limit(w->gw, r->profile));
	if (err)
		return err;
	wanted->creator = r->sid;
	wanted->created = w->now_s;
	wanted->keeper = (uint16_t)w->index;
	err = first_state(r, &state);
	if (err == 0) {
		err = mst_groups_add_rcu(&w->gw->groups, wanted, state, made);
		if (err)
			mst_group_state_put(state);
	}
	if (err) {
		mst_subs_dec_created(r->subscriber);
	} else {
		gw_record_group(w, *made);
		gw_count(&w->counters.outcome[GW_CREATES], 1);
		audit(r, GW_AUDIT_CREATE, wanted->gid, 1);
	}
	return err == -MST_E_EXISTS ? -MST_E_TABLE_FULL : err;
}

static int
create(const struct gw_request *r)
{
	struct gw_worker *w = r->w;
	struct mst_group wanted = {0}, *g;
	struct mst_member *m;
	int err;

	name_group(r, &wanted);
	g = mst_groups_find_rcu(&w->gw->groups, wanted.gid);
	if (r->repeated) {
		if (g == NULL || !made_by(r, g, &wanted) ||
			(m = mst_members_find(&w->members, g->index, r->sid)) == NULL ||
			mst_member_standing(m) != MST_MEMBER)
			return -MST_E_REPEAT_STALE;
		return gw_answer_key(r, g, m, GW_WAS_MEMBER);
	}
	err = publish(r, &wanted, &g);
	if (err == 0)
		err = gw_list_enter(w, g, r->sid, r->ua->join.imei, &m);
	return err ? err : gw_answer_key(r, g, m, GW_ENTERED);
}

static int
enter(const struct gw_request *r, const struct mst_group *g)
{
	struct mst_member *m;
	int err = gw_list_enter(r->w, g, r->sid, r->ua->join.imei, &m);

	if (err)
		return err;
	gw_count(&r->w->counters.outcome[GW_JOINS], 1);
	if (r->w->gw->audit_joins)
		audit(r, GW_AUDIT_JOIN, g->gid, 0);
	return gw_answer_key(r, g, m, GW_ENTERED);
}

/** Asks the keeper of a group that is limited, or that changes its key for who joins. */
static int
ask_keeper(const struct gw_request *r, const struct mst_group *g, enum gw_mail_kind kind)
{
	struct gw_task *task;

	if (!gw_mail_room(r->w))
		return -MST_E_BUSY;
	task = gw_task_take(r);
	if (task == NULL)
		return -MST_E_BUSY;
	gw_mail_post(r->w, g->keeper,
		(struct gw_mail){.kind = (uint16_t)kind, .group = g->index, .task = task});
	return GW_LATER;
}

/** A device that has no row in the group. */
static int
join_new(const struct gw_request *r, const struct mst_group *g, const struct mst_policy *policy)
{
	if (r->repeated)
		return -MST_E_REPEAT_STALE;
	if (r->profile->flags & MST_SUBS_F_NO_JOIN ||
		mst_subs_state_joined(mst_subs_state(r->subscriber)) >=
			gw_join_limit(r->w->gw, r->profile))
		return -MST_E_LIMIT_JOIN;
	if (policy->admission == MST_ADMIT_LIST &&
		!mst_policy_lists(policy, mst_subs_imsi(r->subscriber), r->profile->tags))
		return -MST_E_GROUP_DENIED;
	if (policy->admission >= MST_ADMIT_OWNERS)
		return gw_list_wait(r, g);
	if (policy->member_limit > 0 || policy->rekey_join)
		return ask_keeper(r, g, GW_MAIL_ENTER);
	return enter(r, g);
}

static int
join(const struct gw_request *r)
{
	const struct mst_group *g = r->group;
	const struct mst_group_state *now;
	struct mst_member *m;

	if (g == NULL)
		return -MST_E_GROUP_UNKNOWN;
	now = mst_group_now_rcu(g);
	if (now->dissolved)
		return -MST_E_GROUP_DISSOLVED;
	m = mst_members_find(&r->w->members, g->index, r->sid);
	if (m == NULL)
		return join_new(r, g, &now->policy);
	if (mst_member_standing(m) == MST_EVICTED)
		return -MST_E_EVICTED;
	if (mst_member_standing(m) == MST_CANDIDATE)
		return gw_list_wait_on(r, g, m);
	if (!r->repeated) {
		m->imei = r->ua->join.imei;
		gw_record_member(r->w, m);
		gw_count(&r->w->counters.outcome[GW_REJOINS], 1);
	}
	return gw_answer_key(r, g, m, GW_WAS_MEMBER);
}

/** The keeper has said whether the device may enter. */
static int
join_asked(const struct gw_request *r, const struct mst_group *g)
{
	int result = r->task->result;

	if (result != 0)
		return result;
	if (g == NULL)
		return -MST_E_GROUP_DISSOLVED;
	if (mst_group_now_rcu(g)->dissolved)
		result = -MST_E_GROUP_DISSOLVED;
	else if (mst_members_find(&r->w->members, g->index, r->sid) != NULL)
		result = -MST_E_BUSY; /* two joins of one device crossed: it asks again */
	else
		result = enter(r, g);
	gw_mail_post(r->w, g->keeper, (struct gw_mail){.kind = GW_MAIL_ENTERED, .group = g->index});
	return result;
}

/** The device's row, or the error that tells it what it is to the group. */
static int
member_of(const struct gw_request *r, const struct mst_group *g, struct mst_member **m)
{
	if (mst_group_now_rcu(g)->dissolved)
		return -MST_E_GROUP_DISSOLVED;
	*m = mst_members_find(&r->w->members, g->index, r->sid);
	if (*m == NULL || mst_member_standing(*m) == MST_CANDIDATE)
		return -MST_E_NOT_MEMBER;
	return mst_member_standing(*m) == MST_EVICTED ? -MST_E_EVICTED : 0;
}

static int
read_group(const struct gw_request *r, const struct mst_group *g, struct mst_member *m)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);

	gw_count(&r->w->counters.outcome[GW_READS], 1);
	if (r->ua->target.res == MST_RES_GROUP_POLICIES)
		return mst_ua_build_policies(r->out, GW_INNER_MAX, &now->policy);
	if (r->ua->target.res != MST_RES_GROUP_NODE && gw_later_observe(r, g, m))
		r->w->batch->observed |= MST_LANE(r->lane);
	if (r->ua->target.res == MST_RES_GROUP_NUM)
		return mst_ua_build_num(r->out, GW_INNER_MAX, now->num,
			(r->w->batch->observed & MST_LANE(r->lane)) != 0);
	return gw_answer_key(r, g, m, GW_READ);
}

/** DELETE of the device's own node: a member leaves, a candidate withdraws. */
static int
leave(const struct gw_request *r, const struct mst_group *g)
{
	struct mst_member *m = mst_members_find(&r->w->members, g->index, r->sid);

	if (mst_group_now_rcu(g)->dissolved)
		return -MST_E_GROUP_DISSOLVED;
	if (m == NULL && !r->repeated)
		return -MST_E_NOT_MEMBER;
	if (m != NULL && mst_member_standing(m) == MST_EVICTED)
		return -MST_E_EVICTED;
	if (!gw_mail_room(r->w) || !gw_audit_room(r->w))
		return -MST_E_BUSY;
	if (m != NULL) {
		audit(r, GW_AUDIT_LEAVE, g->gid, 0);
		gw_list_leave(r->w, g, m);
	}
	return mst_ua_build_done(r->out, GW_INNER_MAX, MST_COAP_DELETED);
}

/** Owners' requests go to the keeper, once the device is known to be a member. */
static int
manage(struct gw_request *r, struct mst_group *g)
{
	struct mst_member *m;
	int err;

	if (r->task != NULL)
		return gw_keeper_serve(r, g);
	err = member_of(r, g, &m);
	if (err)
		return err;
	if (mst_group_owner(mst_group_now_rcu(g), r->sid) < 0)
		return -MST_E_NOT_OWNER;
	if (r->ua->target.res == MST_RES_GROUP_PENDING && gw_later_observe(r, g, m))
		r->w->batch->observed |= MST_LANE(r->lane);
	if (g->keeper != r->w->index)
		return ask_keeper(r, g, GW_MAIL_TASK);
	return gw_keeper_serve(r, g);
}

static int
node(struct gw_request *r, struct mst_group *g)
{
	bool own = r->ua->target.node == mst_subs_imsi(r->subscriber);
	struct mst_member *m;
	int err;

	if (r->ua->code == MST_COAP_DELETE)
		return own ? leave(r, g) : manage(r, g);
	err = member_of(r, g, &m);
	if (err == 0 && !own)
		err = -MST_E_NODE_OF_OTHER;
	return err ? err : read_group(r, g, m);
}

static int
read_session(const struct gw_request *r)
{
	const struct gw *gw = r->w->gw;
	char btid[MST_BTID_SIZE_MAX];
	size_t size = mst_btid_build(r->rand, gw->bsf_fqdn, gw->bsf_fqdn_size, btid);

	gw_count(&r->w->counters.outcome[GW_READS], 1);
	return mst_ua_build_session(r->out, GW_INNER_MAX, btid, size, r->expires - r->w->now_s);
}

/** A request about a group that has to be there. */
static int
serve_group(struct gw_request *r)
{
	struct mst_group *g = r->group;
	struct mst_member *m;
	int err;

	if (g == NULL)
		return -MST_E_GROUP_UNKNOWN;
	if (r->ua->target.res == MST_RES_GROUP_NODE)
		return node(r, g);
	if (r->ua->code != MST_COAP_GET || r->ua->target.res == MST_RES_GROUP_PENDING ||
		r->ua->target.res == MST_RES_GROUP_OWNERS)
		return manage(r, g);
	err = member_of(r, g, &m);
	return err ? err : read_group(r, g, m);
}

/** Whether the place of storage is the one the subscriber's settings demand (section 6.2). */
static bool
stores_right(const struct gw_request *r)
{
	return r->ua->join.store == (r->gba_u ? MST_UA_STORE_UICC : MST_UA_STORE_ME);
}

int
gw_group_serve(struct gw_request *r)
{
	bool joins = r->ua->code == MST_COAP_POST &&
		     (r->ua->target.res == MST_RES_MANAGE || r->ua->target.res == MST_RES_GROUP);

	if (r->ua->code != MST_COAP_GET) {
		if (!r->repeated && !gw_may_change(r->w))
			return -MST_E_NOT_DURABLE; /* announces nothing: leaves at once */
		gw_announce(r->w, r->lane);
	}
	if (joins && !stores_right(r))
		return -MST_E_GROUP_STORAGE;
	switch (r->ua->target.res) {
	case MST_RES_MANAGE:
		return gw_audit_room(r->w) ? create(r) : -MST_E_BUSY;
	case MST_RES_SESSION:
		return read_session(r);
	case MST_RES_GROUP:
		return joins ? join(r) : serve_group(r);
	case MST_RES_GROUP_NUM:
	case MST_RES_GROUP_POLICIES:
	case MST_RES_GROUP_PENDING:
	case MST_RES_GROUP_NODE:
	case MST_RES_GROUP_REKEY:
	case MST_RES_GROUP_OWNERS:
		return serve_group(r);
	case MST_RES_OTHER:
	case MST_RES_WELL_KNOWN:
	case MST_RES_BSF:
		break;
	}
	return -MST_E_COAP_PATH;
}

int
gw_group_resume(struct gw_request *r)
{
	gw_announce(r->w, r->lane);
	if (r->ua->target.res == MST_RES_GROUP)
		return join_asked(r, r->group);
	return r->task->result != 0 ? r->task->result
				    : mst_ua_build_done(r->out, GW_INNER_MAX, MST_COAP_DELETED);
}

/** Reads the plaintexts, finds the groups that they name, and fetches the rows there. */
static void
parse(struct gw_worker *w, mst_lanes live, int *result, struct mst_group **group)
{
	struct gw_batch *b = w->batch;

	mst_for_lanes(i, live) {
		group[i] = NULL;
		result[i] = mst_ua_parse_request(b->plain[i], b->plain_size[i], &b->ua[i]);
		mst_wipe(b->plain[i], b->plain_size[i]); /* the answer may be shorter */
		b->plain_size[i] = 0;
		if (result[i] != 0 || b->ua[i].target.res < MST_RES_GROUP)
			continue;
		group[i] = mst_groups_find_rcu(&w->gw->groups, b->ua[i].target.gid);
		if (group[i] != NULL)
			mst_members_prefetch(&w->members, group[i]->index, b->sid[i]);
	}
}

static int
serve(struct gw_worker *w, unsigned lane, struct mst_group *group)
{
	struct gw_batch *b = w->batch;
	struct gw_request r = {
		.w = w,
		.subscriber = mst_hss_record(&w->gw->hss, b->ref[lane]),
		.profile = mst_hss_profile(&w->gw->hss, b->ref[lane]),
		.rand = b->rand[lane],
		.ua = &b->ua[lane],
		.group = group,
		.out = b->plain[lane],
		.piv = b->piv[lane],
		.expires = b->expires[lane],
		.sid = b->sid[lane],
		.lane = lane,
		.gba_u = (b->gba_u & MST_LANE(lane)) != 0,
		.repeated = (b->repeated & MST_LANE(lane)) != 0,
	};

	return gw_group_serve(&r);
}

bool
gw_group_answered(struct gw_worker *w, unsigned lane, int size)
{
	struct gw_batch *b = w->batch;

	if (size == GW_LATER)
		return false;
	if (size < 0) {
		gw_count(&w->counters.drop[-size], 1);
		b->observed &= ~MST_LANE(lane);
	}
	if (size == -MST_E_REPEAT_STALE) {
		b->status[lane] = MST_E_REPEAT_STALE;
		return false;
	}
	if (size < 0) {
		size = mst_ua_build_error(b->plain[lane], GW_INNER_MAX, size, RETRY_S);
		gw_count(&w->counters.outcome[GW_ERRORS_SENT], 1);
	}
	b->plain_size[lane] = (uint16_t)size;
	return true;
}

mst_lanes
gw_stage_group(struct gw_worker *w, mst_lanes live)
{
	mst_lanes answered = 0;
	struct mst_group *group[MST_LANES];
	int result[MST_LANES];

	parse(w, live, result, group);
	mst_for_lanes(i, live)
		if (gw_group_answered(w, i, result[i] ? result[i] : serve(w, i, group[i])))
			answered |= MST_LANE(i);
	return answered;
}
