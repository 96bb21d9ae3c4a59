/* SPDX-License-Identifier: BSD-3-Clause */
/* What the operator changes: groups by their keepers, subscribers by their owners. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "keeper_private.h"
#include "request.h"
#include "verbs.h"
#include "verbs_group.h"
#include "verbs_json.h"

/** How long a verb waits for a worker to have done what another was asked. */
#define PATIENCE_MS 2000

static const struct gw_actor by_operator = {.sid = GW_ACTOR_OPERATOR};

/** Something a keeper does for the operator. */
struct errand {
	struct gw_ask ask; /* first */
	int (*run)(struct gw_worker *w, struct errand *e);
	struct mst_group *group;
	uint32_t sid;
	int result; /* of a decision: 0 or the error of the refusal */
	struct mst_policy_change change;
	struct mst_ua_owners_change owners;
	uint32_t count;
	uint64_t gid;
	int err;
};

static void
run_errand(struct gw_worker *w, struct gw_ask *ask)
{
	struct errand *e = (struct errand *)ask;

	if (!gw_mail_room(w) || !gw_audit_room(w))
		e->err = -MST_E_BUSY;
	else if (e->group != NULL && mst_group_now_rcu(e->group)->dissolved)
		e->err = -MST_E_GROUP_DISSOLVED;
	else
		e->err = e->run(w, e);
}

/** Has the keeper of e->group run it. Returns 0 or the error, answered. */
static int
send(struct gw *gw, struct mst_ctl_reply *reply, struct errand *e,
	int (*run)(struct gw_worker *w, struct errand *e))
{
	e->ask.run = run_errand;
	e->run = run;
	gw_ask(gw, e->group != NULL ? e->group->keeper : 0, &e->ask);
	if (e->err)
		mst_ctl_reply_error(reply, e->err, NULL);
	return e->err;
}

/** The subscriber that "imsi" in args names, or MST_NO_PEER after answering with the error. */
static uint32_t
named_subscriber(struct gw *gw, struct mst_ctl_reply *reply, const json_t *args)
{
	const json_t *name = json_object_get(args, "imsi");
	uint64_t imsi;
	uint32_t ref;

	if (!json_is_string(name) ||
		mst_imsi_encode(json_string_value(name), json_string_length(name), &imsi)) {
		mst_ctl_reply_error(reply, MST_E_IDENTITY, "an IMSI is 6 to 15 digits");
		return MST_NO_PEER;
	}
	if (mst_hss_lookup_bulk(&gw->hss, 1, &imsi, &ref) == 0) {
		mst_ctl_reply_error(reply, MST_E_NOT_FOUND, "no such subscriber");
		return MST_NO_PEER;
	}
	return gw_sid(gw, ref);
}

static void
done(struct mst_ctl_reply *reply, json_t *row)
{
	if (row != NULL)
		mst_ctl_reply_row(reply, row);
	mst_ctl_reply_done(reply);
}

/** Reads "policies" of args; answers with the error. */
static int
take_policies(struct mst_ctl_reply *reply, const json_t *args, struct mst_policy_change *change)
{
	char error[MST_CTL_ERROR_SIZE];
	int err = gw_policy_from_json(json_object_get(args, "policies"), change, error);

	if (err)
		mst_ctl_reply_error(reply, err, error);
	return err;
}

static int
create(struct gw_worker *w, struct errand *e)
{
	return gw_keeper_create(w, &e->change, &e->gid);
}

void
gw_verb_group_create(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct errand e = {0};
	struct mst_group *g;

	if (take_policies(reply, args, &e.change) || send(u->gw, reply, &e, create))
		return;
	g = mst_groups_find_rcu(&u->gw->groups, e.gid);
	done(reply, g != NULL ? gw_json_group_whole(u->gw, g) : NULL);
}

static int
dissolve(struct gw_worker *w, struct errand *e)
{
	return gw_keeper_dissolve(w, e->group, by_operator);
}

void
gw_verb_group_dissolve(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct errand e = {.group = gw_verb_named_group(u->gw, reply, args)};

	if (e.group != NULL && send(u->gw, reply, &e, dissolve) == 0)
		done(reply, NULL);
}

static int
policies(struct gw_worker *w, struct errand *e)
{
	return e->change.has != 0 ? gw_keeper_policies(w, e->group, &e->change, by_operator) : 0;
}

void
gw_verb_group_policy(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct errand e = {.group = gw_verb_named_group(u->gw, reply, args)};

	if (e.group == NULL || take_policies(reply, args, &e.change) ||
		send(u->gw, reply, &e, policies))
		return;
	done(reply, gw_json_policy(&mst_group_now_rcu(e.group)->policy));
}

/** Candidates of a group, a slice at a time. */
#define SLICE 256

struct pending_state {
	struct gw_ask ask; /* first */
	struct gw *gw;
	struct mst_group *group;
	uint32_t skip; /* shown before */
	unsigned count, shown;
	bool end;
	struct mst_ua_candidate row[SLICE];
};

static void
fill_pending(struct gw_worker *w, struct gw_ask *ask)
{
	struct pending_state *p = (struct pending_state *)ask;

	p->count = gw_keeper_slice(w, p->group, p->skip, p->row, SLICE);
	p->skip += p->count;
	p->shown = 0;
	p->end = p->count < SLICE;
}

static void
pending_more(struct mst_ctl_reply *reply, void *state)
{
	struct pending_state *p = state;

	while (mst_ctl_reply_room(reply)) {
		const struct mst_ua_candidate *c;
		char imsi[MST_IMSI_DIGITS_MAX];

		if (p->shown == p->count && !p->end)
			gw_ask(p->gw, p->group->keeper, &p->ask);
		if (p->shown == p->count) {
			mst_ctl_reply_done(reply);
			return;
		}
		c = &p->row[p->shown++];
		mst_ctl_reply_row(
			reply, json_pack("{s:o, s:o, s:o}", "imsi",
				       json_stringn(imsi, mst_imsi_decode(c->imsi, imsi)), "imei",
				       gw_json_imei(c->imei), "since", gw_json_time(c->since)));
	}
}

void
gw_verb_group_pending(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct mst_group *g = gw_verb_named_group(u->gw, reply, args);
	struct pending_state *state;

	if (g == NULL)
		return;
	state = calloc(1, sizeof(*state));
	if (state == NULL) {
		mst_ctl_reply_error(reply, MST_E_NO_MEMORY, NULL);
		return;
	}
	state->ask.run = fill_pending;
	state->gw = u->gw;
	state->group = g;
	mst_ctl_reply_stream(reply, pending_more, state, free);
}

static int
decide(struct gw_worker *w, struct errand *e)
{
	if (e->sid == MST_NO_PEER)
		e->count = gw_keeper_decide_all(w, e->group, e->result, by_operator);
	else
		e->count = gw_keeper_decide(w, e->group, e->sid, e->result, by_operator);
	return e->count == 0 && e->sid != MST_NO_PEER ? -MST_E_NODE_UNKNOWN : 0;
}

/** "imsi" of args is an IMSI or "all". */
static void
decide_by(void *user, struct mst_ctl_reply *reply, const json_t *args, int result)
{
	struct gw_verbs_user *u = user;
	struct errand e = {.group = gw_verb_named_group(u->gw, reply, args), .result = result};
	const char *who = json_string_value(json_object_get(args, "imsi"));
	bool all = who != NULL && strcmp(who, "all") == 0;

	if (e.group == NULL)
		return;
	e.sid = all ? MST_NO_PEER : named_subscriber(u->gw, reply, args);
	if ((!all && e.sid == MST_NO_PEER) || send(u->gw, reply, &e, decide))
		return;
	done(reply, json_pack("{s:I}", result == 0 ? "admitted" : "refused", (json_int_t)e.count));
}

void
gw_verb_group_approve(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	decide_by(user, reply, args, 0);
}

void
gw_verb_group_deny(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	decide_by(user, reply, args, -MST_E_GROUP_DENIED);
}

static int
evict(struct gw_worker *w, struct errand *e)
{
	if (gw_standing(w->gw, e->group, e->sid) != MST_MEMBER)
		return -MST_E_NODE_UNKNOWN;
	return gw_keeper_evict(w, e->group, e->sid, NULL, by_operator);
}

/** The keeper has written to the owner of the row; waits until that has done it. */
static bool
is_out(struct gw *gw, const struct mst_group *g, uint32_t sid)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms++) {
		if (gw_standing(gw, g, sid) != MST_MEMBER)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

void
gw_verb_group_evict(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct errand e = {.group = gw_verb_named_group(u->gw, reply, args)};

	if (e.group == NULL)
		return;
	e.sid = named_subscriber(u->gw, reply, args);
	if (e.sid == MST_NO_PEER || send(u->gw, reply, &e, evict))
		return;
	if (is_out(u->gw, e.group, e.sid))
		done(reply, NULL);
	else
		mst_ctl_reply_error(reply, MST_E_BUSY, NULL);
}

static int
rekey(struct gw_worker *w, struct errand *e)
{
	return gw_keeper_rekey(w, e->group, by_operator);
}

void
gw_verb_group_rekey(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct errand e = {.group = gw_verb_named_group(u->gw, reply, args)};

	if (e.group != NULL && send(u->gw, reply, &e, rekey) == 0)
		done(reply, gw_json_group(u->gw, e.group));
}

static int
transfer(struct gw_worker *w, struct errand *e)
{
	return gw_keeper_owners(w, e->group, &e->owners, by_operator);
}

void
gw_verb_group_transfer(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct errand e = {.group = gw_verb_named_group(u->gw, reply, args)};
	uint32_t sid;

	if (e.group == NULL)
		return;
	sid = named_subscriber(u->gw, reply, args);
	if (sid == MST_NO_PEER)
		return;
	e.owners.principal = mst_subs_imsi(mst_hss_record(&u->gw->hss, gw_ref(u->gw, sid)));
	if (send(u->gw, reply, &e, transfer) == 0)
		done(reply, gw_json_group_whole(u->gw, e.group));
}

/** What the owner of a subscriber does when it is barred. */
struct bar_ask {
	struct gw_ask ask; /* first */
	uint32_t sid;
	bool bar;
	int err;
};

static void
bar_at_owner(struct gw_worker *w, struct gw_ask *ask)
{
	struct bar_ask *b = (struct bar_ask *)ask;

	b->err = b->bar ? gw_list_bar(w, b->sid) : 0;
	gw_record_subscriber(w, b->sid);
	gw_audit(w, (struct gw_audit_event){.actor = GW_ACTOR_OPERATOR,
			    .subject = b->sid,
			    .what = b->bar ? GW_AUDIT_BAR : GW_AUDIT_UNBAR});
}

static json_t *
subscriber_row(struct gw *gw, uint32_t sid)
{
	uint32_t ref = gw_ref(gw, sid);
	const struct mst_subs_profile *p = mst_hss_profile(&gw->hss, ref);
	uint64_t state = mst_subs_state(mst_hss_record(&gw->hss, ref));

	return json_pack("{s:o, s:s, s:b, s:i, s:i, s:i, s:i, s:I, s:b, s:b, s:i, s:i}", "imsi",
		gw_json_imsi(gw, sid), "gba", p->gba_type == MST_GBA_U ? "gba_u" : "gba", "barred",
		mst_subs_state_barred(state), "groups", (int)mst_subs_state_joined(state), "owned",
		(int)mst_subs_state_created(state), "create_limit", (int)gw_create_limit(gw, p),
		"join_limit", (int)gw_join_limit(gw, p), "key_lifetime_s",
		(json_int_t)p->lifetime_s, "may_create", !(p->flags & MST_SUBS_F_NO_CREATE),
		"may_join", !(p->flags & MST_SUBS_F_NO_JOIN), "naf_groups", (int)p->naf_groups,
		"tags", (int)p->tags);
}

static void
bar(void *user, struct mst_ctl_reply *reply, const json_t *args, bool bar)
{
	struct gw_verbs_user *u = user;
	struct bar_ask b = {.ask.run = bar_at_owner, .bar = bar};
	unsigned owner;

	b.sid = named_subscriber(u->gw, reply, args);
	if (b.sid == MST_NO_PEER)
		return;
	mst_subs_set_barred(mst_hss_record(&u->gw->hss, gw_ref(u->gw, b.sid)), bar);
	owner = mst_session_owner(&u->gw->sessions, b.sid);
	gw_ask(u->gw, owner != MST_SESSION_NOBODY ? owner - 1 : 0, &b.ask);
	if (b.err)
		mst_ctl_reply_error(
			reply, b.err, "barred, but too many are being cleared: say it again");
	else
		done(reply, subscriber_row(u->gw, b.sid));
}

void
gw_verb_subscriber_bar(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	bar(user, reply, args, true);
}

void
gw_verb_subscriber_unbar(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	bar(user, reply, args, false);
}

void
gw_verb_subscriber_show(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	uint32_t sid = named_subscriber(u->gw, reply, args);

	if (sid != MST_NO_PEER)
		done(reply, subscriber_row(u->gw, sid));
}
