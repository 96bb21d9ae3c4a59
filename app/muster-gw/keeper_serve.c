/* SPDX-License-Identifier: BSD-3-Clause */
/* What owners ask of their group (docs/protocol.md sections 6.4 to 6.9), executed by its keeper. */
#include <string.h>

#include "base/err.h"
#include "batch.h"
#include "keeper_private.h"
#include "mail.h"
#include "request.h"
#include "task.h"

/** Subscriber of an IMSI code, or MST_NO_PEER. */
static uint32_t
sid_of(const struct gw *gw, uint64_t imsi)
{
	uint32_t ref[MST_LANES];
	const uint64_t imsis[MST_LANES] = {imsi};

	return mst_hss_lookup_bulk(&gw->hss, 1, imsis, ref) != 0 ? gw_sid(gw, ref[0]) : MST_NO_PEER;
}

int
gw_keeper_policies(struct gw_worker *w, struct mst_group *g, const struct mst_policy_change *change,
	struct gw_actor by)
{
	struct mst_group_state *next = mst_group_state_get(&w->keeper.states, mst_group_now_rcu(g));

	if (next == NULL)
		return -MST_E_BUSY;
	mst_policy_apply(&next->policy, change);
	if (!mst_policy_valid(&next->policy)) {
		mst_group_state_put(next);
		return -MST_E_GROUP_REQUEST;
	}
	mst_group_publish_rcu(g, next);
	gw_record_group(w, g);
	gw_audit_by(w, GW_AUDIT_POLICIES, g, by, MST_NO_PEER);
	return 0;
}

int
gw_keeper_create(struct gw_worker *w, const struct mst_policy_change *change, uint64_t *gid)
{
	struct mst_group wanted = {
		.creator = MST_NO_PEER, .created = w->now_s, .keeper = (uint16_t)w->index};
	struct mst_group_state *s = mst_group_state_get(&w->keeper.states, NULL);
	struct mst_group *made;
	int err;

	if (s == NULL)
		return -MST_E_BUSY;
	s->policy = w->gw->policy;
	mst_policy_apply(&s->policy, change);
	s->num = 1;
	s->made = w->now_s;
	s->expires = w->now_s + s->policy.key_life_s;
	err = mst_policy_valid(&s->policy) ? gw_random(w, s->kg, sizeof(s->kg))
					   : -MST_E_GROUP_REQUEST;
	if (err == 0)
		err = gw_random(w, wanted.origin, sizeof(wanted.origin));
	wanted.gid = (uint64_t)w->gw->epoch << 40 | wanted.origin[0] >> 24;
	if (err == 0)
		err = mst_groups_add_rcu(&w->gw->groups, &wanted, s, &made);
	if (err) {
		mst_group_state_put(s);
		return err;
	}
	*gid = wanted.gid;
	gw_record_group(w, made);
	gw_count(&w->counters.outcome[GW_CREATES], 1);
	gw_audit_by(
		w, GW_AUDIT_CREATE, made, (struct gw_actor){.sid = GW_ACTOR_OPERATOR}, MST_NO_PEER);
	return 0;
}

static int
decide(struct gw_request *r, struct mst_group *g, struct gw_actor by)
{
	const struct mst_ua_decision *d = &r->ua->decision;
	uint32_t admitted = 0, refused = 0, unknown = 0;

	for (unsigned i = 0; i < d->count && !r->repeated; i++) {
		uint32_t sid = sid_of(r->w->gw, d->imsi[i]);
		int result = (d->admit >> i & 1) != 0 ? 0 : -MST_E_GROUP_DENIED;

		if (sid == MST_NO_PEER || !gw_keeper_decide(r->w, g, sid, result, by))
			unknown++;
		else if (result == 0)
			admitted++;
		else
			refused++;
	}
	if (d->rest == MST_UA_REST_ADMITTED && !r->repeated)
		admitted += gw_keeper_decide_all(r->w, g, 0, by);
	if (d->rest == MST_UA_REST_REFUSED && !r->repeated)
		refused += gw_keeper_decide_all(r->w, g, -MST_E_GROUP_DENIED, by);
	return mst_ua_build_decided(r->out, GW_INNER_MAX, admitted, refused, unknown);
}

static int
show_candidates(struct gw_request *r, const struct mst_group *g)
{
	struct mst_ua_candidate rows[MST_UA_CANDIDATES];
	bool observed = (r->w->batch->observed & MST_LANE(r->lane)) != 0;
	uint32_t waiting;
	unsigned n = gw_keeper_candidates(r->w, g, rows, MST_UA_CANDIDATES, &waiting);

	return mst_ua_build_candidates(r->out, GW_INNER_MAX, waiting, rows, n, observed);
}

static int
evict(struct gw_request *r, struct mst_group *g, struct gw_actor by)
{
	uint32_t sid = sid_of(r->w->gw, r->ua->target.node);
	struct gw_task *task;
	int err;

	if (sid == MST_NO_PEER)
		return -MST_E_NODE_UNKNOWN;
	if (r->repeated)
		return gw_standing(r->w->gw, g, sid) == MST_EVICTED
			       ? mst_ua_build_done(r->out, GW_INNER_MAX, MST_COAP_DELETED)
			       : -MST_E_REPEAT_STALE;
	task = gw_task_take(r);
	if (task == NULL)
		return -MST_E_BUSY;
	err = gw_keeper_evict(r->w, g, sid, task, by);
	if (err == 0)
		return GW_LATER;
	r->w->batch->given_away &= ~MST_LANE(r->lane);
	if (r->task == NULL)
		gw_task_done(r->w, task);
	return err;
}

/** A rekey that was repeated has made the number after the one it named. */
static int
rekey(struct gw_request *r, struct mst_group *g, struct gw_actor by)
{
	uint32_t num = mst_group_now_rcu(g)->num;
	int err = 0;

	if (r->repeated && num == r->ua->num + 1)
		return mst_ua_build_rekeyed(r->out, GW_INNER_MAX, num);
	if (num != r->ua->num)
		return -MST_E_KEY_NUMBER;
	if (r->repeated)
		return -MST_E_REPEAT_STALE;
	err = gw_keeper_rekey(r->w, g, by);
	return err ? err : mst_ua_build_rekeyed(r->out, GW_INNER_MAX, num + 1);
}

static int
show_owners(struct gw_request *r, const struct mst_group_state *now)
{
	uint64_t imsi[MST_GROUP_OWNERS] = {0};
	const struct gw *gw = r->w->gw;

	for (unsigned i = 0; i < now->owners; i++)
		imsi[i] = mst_subs_imsi(mst_hss_record(&gw->hss, gw_ref(gw, now->owner[i])));
	return mst_ua_build_owners(r->out, GW_INNER_MAX, imsi[0], imsi + 1, now->owners - 1U);
}

static void
remove_owner(struct mst_group_state *s, unsigned place)
{
	s->owners--;
	memmove(&s->owner[place], &s->owner[place + 1], (s->owners - place) * sizeof(s->owner[0]));
}

/** The subscriber of an IMSI that is a member of the group, or MST_NO_PEER. */
static uint32_t
member_named(const struct gw *gw, const struct mst_group *g, uint64_t imsi)
{
	uint32_t sid = sid_of(gw, imsi);

	return gw_standing(gw, g, sid) == MST_MEMBER ? sid : MST_NO_PEER;
}

/** Makes `sid` the principal; the principal before it a co-owner, where there is room. */
static void
transfer(struct mst_group_state *s, uint32_t sid)
{
	int place = mst_group_owner(s, sid);

	if (place == 0)
		return;
	if (place > 0)
		remove_owner(s, (unsigned)place);
	if (s->owners > 0 && s->owners < MST_GROUP_OWNERS) {
		memmove(&s->owner[1], &s->owner[0], s->owners * sizeof(s->owner[0]));
		s->owners++;
	} else if (s->owners == 0) {
		s->owners = 1;
	}
	s->owner[0] = sid;
}

static int
change_owners(const struct gw *gw, const struct mst_group *g, struct mst_group_state *s,
	const struct mst_ua_owners_change *c)
{
	for (unsigned i = 0; i < c->remove_count; i++) {
		int place = mst_group_owner(s, sid_of(gw, c->remove[i]));

		if (place > 0)
			remove_owner(s, (unsigned)place);
		else
			return place == 0 ? -MST_E_OWNER_STAYS : -MST_E_NODE_UNKNOWN;
	}
	if (c->principal != 0) {
		uint32_t sid = member_named(gw, g, c->principal);

		if (sid == MST_NO_PEER)
			return -MST_E_NODE_UNKNOWN;
		transfer(s, sid);
	}
	for (unsigned i = 0; i < c->add_count; i++) {
		uint32_t sid = member_named(gw, g, c->add[i]);

		if (sid == MST_NO_PEER)
			return -MST_E_NODE_UNKNOWN;
		if (mst_group_owner(s, sid) >= 0)
			continue;
		if (s->owners == MST_GROUP_OWNERS)
			return -MST_E_OWNER_LIMIT;
		s->owner[s->owners++] = sid;
	}
	return 0;
}

/** The office of principal is counted as a group created. */
static int
count_created(
	const struct gw *gw, const struct mst_group_state *now, const struct mst_group_state *next)
{
	uint32_t from = now->owners > 0 ? now->owner[0] : MST_NO_PEER, to = next->owner[0];
	int err;

	if (from == to)
		return 0;
	err = mst_subs_inc_created(mst_hss_record(&gw->hss, gw_ref(gw, to)),
		gw_create_limit(gw, mst_hss_profile(&gw->hss, gw_ref(gw, to))));
	if (err == 0 && from != MST_NO_PEER)
		mst_subs_dec_created(mst_hss_record(&gw->hss, gw_ref(gw, from)));
	return err;
}

int
gw_keeper_owners(struct gw_worker *w, struct mst_group *g,
	const struct mst_ua_owners_change *change, struct gw_actor by)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct mst_group_state *next = mst_group_state_get(&w->keeper.states, now);
	int err;

	if (next == NULL)
		return -MST_E_BUSY;
	err = change_owners(w->gw, g, next, change);
	if (err == 0)
		err = count_created(w->gw, now, next);
	if (err) {
		mst_group_state_put(next);
		return err;
	}
	mst_group_publish_rcu(g, next);
	gw_record_group(w, g);
	gw_audit_by(w, GW_AUDIT_OWNERS, g, by, next->owner[0]);
	return 0;
}

static int
serve_owners(struct gw_request *r, struct mst_group *g, struct gw_actor by)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	int err;

	if (r->ua->code == MST_COAP_GET)
		return show_owners(r, now);
	if (r->repeated)
		return -MST_E_REPEAT_STALE;
	err = gw_keeper_owners(r->w, g, &r->ua->owners, by);
	return err ? err : mst_ua_build_done(r->out, GW_INNER_MAX, MST_COAP_CHANGED);
}

/** What the principal alone may do. A repetition finds it done. */
static int
serve_principal(struct gw_request *r, struct mst_group *g, struct gw_actor by)
{
	uint8_t done = MST_COAP_CHANGED;
	int err = 0;

	if (r->ua->target.res == MST_RES_GROUP) {
		done = MST_COAP_DELETED;
		err = gw_keeper_dissolve(r->w, g, by);
	} else if (!r->repeated) {
		err = gw_keeper_policies(r->w, g, &r->ua->change, by);
	}
	return err ? err : mst_ua_build_done(r->out, GW_INNER_MAX, done);
}

static bool
for_principal(const struct mst_ua_request *ua)
{
	return ua->target.res == MST_RES_GROUP || ua->target.res == MST_RES_GROUP_POLICIES ||
	       (ua->target.res == MST_RES_GROUP_OWNERS && ua->code == MST_COAP_POST);
}

int
gw_keeper_serve(struct gw_request *r, struct mst_group *g)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	const struct gw_actor by = {.sid = r->sid, .kid = r->rand};
	int place = mst_group_owner(now, r->sid);

	if (now->dissolved)
		return -MST_E_GROUP_DISSOLVED;
	if (place < 0 || (place > 0 && for_principal(r->ua)))
		return -MST_E_NOT_OWNER;
	if (!gw_mail_room(r->w) || !gw_audit_room(r->w))
		return -MST_E_BUSY;
	gw_count(&r->w->counters.outcome[GW_MANAGED], 1);
	switch (r->ua->target.res) {
	case MST_RES_GROUP:
	case MST_RES_GROUP_POLICIES:
		return serve_principal(r, g, by);
	case MST_RES_GROUP_PENDING:
		if (now->policy.admission == MST_ADMIT_OPERATOR && r->ua->code == MST_COAP_POST)
			return -MST_E_NOT_OWNER;
		return r->ua->code == MST_COAP_GET ? show_candidates(r, g) : decide(r, g, by);
	case MST_RES_GROUP_NODE:
		return evict(r, g, by);
	case MST_RES_GROUP_REKEY:
		return rekey(r, g, by);
	case MST_RES_GROUP_OWNERS:
		return serve_owners(r, g, by);
	default:
		return -MST_E_COAP_PATH;
	}
}
