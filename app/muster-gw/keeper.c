/* SPDX-License-Identifier: BSD-3-Clause */
#include "keeper.h"

#include <string.h>

#include "audit.h"
#include "base/err.h"
#include "base/secret.h"
#include "batch.h"
#include "keeper_private.h"
#include "mail.h"
#include "request.h"
#include "task.h"

/** Groups that one step of the walk looks at, and its interval. */
#define SCAN_GROUPS 64
#define SCAN_MS     1
/** Groups of the queue that one step looks at. */
#define LOOKS 16

static const struct gw_actor by_policy = {.sid = GW_ACTOR_POLICY};

uint32_t
gw_members_of(const struct gw *gw, uint32_t group)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < gw->workers; i++)
		sum += mst_members_of(&gw->worker[i]->members, group);
	return sum;
}

int
gw_standing(const struct gw *gw, const struct mst_group *g, uint32_t sid)
{
	unsigned owner =
		sid != MST_NO_PEER ? mst_session_owner(&gw->sessions, sid) : MST_SESSION_NOBODY;

	if (owner == MST_SESSION_NOBODY)
		return -1;
	return mst_members_standing_mt(&gw->worker[owner - 1]->members, g->index, sid);
}

void
gw_audit_by(struct gw_worker *w, enum gw_audit_what what, const struct mst_group *g,
	struct gw_actor by, uint32_t subject)
{
	struct gw_audit_event e = {
		.gid = g->gid,
		.actor = by.sid,
		.subject = subject,
		.num = what == GW_AUDIT_REKEY ? mst_group_now_rcu(g)->num : 0,
		.what = (uint16_t)what,
	};

	if (by.kid != NULL)
		memcpy(e.kid, by.kid, sizeof(e.kid));
	gw_audit(w, e);
}

void
gw_keeper_look(struct gw_worker *w, const struct mst_group *g)
{
	struct gw_keeper *k = &w->keeper;
	struct gw_kept *kept = gw_kept(w, g);

	if (kept->queued)
		return;
	kept->queued = true;
	k->queue[(k->queue_head + k->queue_count++) % k->groups] = g->index;
}

int
gw_keeper_rekey(struct gw_worker *w, struct mst_group *g, struct gw_actor by)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct mst_group_state *next = mst_group_state_get(&w->keeper.states, now);
	int err;

	if (next == NULL)
		return -MST_E_BUSY;
	err = gw_random(w, next->kg, sizeof(next->kg));
	if (err) {
		mst_group_state_put(next);
		return err;
	}
	memcpy(next->earlier_kg, now->kg, sizeof(next->earlier_kg));
	next->earlier_until =
		now->policy.expiration_delta_s > 0 ? w->now_s + now->policy.expiration_delta_s : 0;
	next->num = now->num + 1;
	next->made = w->now_s;
	next->expires = w->now_s + now->policy.key_life_s;
	mst_group_publish_rcu(g, next);
	gw_record_group(w, g);
	gw_kept(w, g)->rekey_at = 0;
	gw_count(&w->counters.outcome[GW_REKEYS], 1);
	gw_audit_by(w, GW_AUDIT_REKEY, g, by, MST_NO_PEER);
	gw_mail_post_all(w, (struct gw_mail){.kind = GW_MAIL_KEY, .group = g->index});
	return 0;
}

/** A rekey is due at `at`, unless one is due before. */
static void
rekey_by(struct gw_worker *w, struct mst_group *g, uint32_t at)
{
	struct gw_kept *kept = gw_kept(w, g);

	if (kept->rekey_at == 0 || at < kept->rekey_at)
		kept->rekey_at = at;
	if (at <= w->now_s)
		gw_keeper_look(w, g);
}

/** The first co-owner takes the place of a principal that is gone. */
static void
succeed(struct gw_worker *w, struct mst_group *g, unsigned gone)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct mst_group_state *next = mst_group_state_get(&w->keeper.states, now);
	struct gw *gw = w->gw;

	if (next == NULL) {
		gw_mail_post(w, w->index, /* again, when states have come back */
			(struct gw_mail){.kind = GW_MAIL_LEFT,
				.group = g->index,
				.sid = now->owner[gone],
				.result = 1});
		return;
	}
	next->owners--;
	memmove(&next->owner[gone], &next->owner[gone + 1],
		(next->owners - gone) * sizeof(next->owner[0]));
	if (gone == 0) {
		mst_subs_dec_created(mst_hss_record(&gw->hss, gw_ref(gw, now->owner[0])));
		if (next->owners > 0)
			mst_subs_inc_created(mst_hss_record(&gw->hss, gw_ref(gw, next->owner[0])),
				MST_SUBS_COUNT_MAX);
	}
	mst_group_publish_rcu(g, next);
	gw_record_group(w, g);
	gw_audit_by(
		w, GW_AUDIT_OWNERS, g, by_policy, next->owners > 0 ? next->owner[0] : MST_NO_PEER);
}

void
gw_keeper_lost(struct gw_worker *w, struct mst_group *g, uint32_t sid)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	int owner = mst_group_owner(now, sid);

	if (now->dissolved)
		return;
	if (owner >= 0) {
		succeed(w, g, (unsigned)owner);
		now = mst_group_now_rcu(g);
	}
	if (now->policy.rekey_leave == MST_REKEY_WINDOW && now->policy.window_s > 0)
		rekey_by(w, g, w->now_s + now->policy.window_s);
	else if (now->policy.rekey_leave != MST_REKEY_NEVER &&
		 gw_keeper_rekey(w, g, by_policy) != 0)
		rekey_by(w, g, w->now_s);
}

int
gw_keeper_evict(struct gw_worker *w, struct mst_group *g, uint32_t sid, struct gw_task *task,
	struct gw_actor by)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	unsigned owner = mst_session_owner(&w->gw->sessions, sid);

	if (owner == MST_SESSION_NOBODY)
		return -MST_E_NODE_UNKNOWN;
	if (by.sid != GW_ACTOR_OPERATOR && mst_group_owner(now, sid) == 0)
		return -MST_E_OWNER_STAYS;
	gw_audit_by(w, GW_AUDIT_EVICT, g, by, sid);
	gw_mail_post(w, owner - 1,
		(struct gw_mail){.kind = GW_MAIL_EVICT,
			.group = g->index,
			.sid = sid,
			.task = task,
			.gid_low = (uint32_t)g->gid});
	return 0;
}

/** May a device enter a group that is limited or changes its key for who joins? */
static int
may_enter(struct gw_worker *w, struct mst_group *g)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct gw_kept *kept = gw_kept(w, g);
	uint32_t limit = now->policy.member_limit;

	if (now->dissolved)
		return -MST_E_GROUP_DISSOLVED;
	if (limit > 0 && gw_members_of(w->gw, g->index) + kept->entering >= limit)
		return -MST_E_GROUP_FULL;
	if (now->policy.rekey_join) {
		int err = gw_keeper_rekey(w, g, by_policy);

		if (err)
			return err;
	}
	kept->entering++;
	return 0;
}

static void
answer_enter(struct gw_worker *w, struct mst_group *g, const struct gw_mail *m)
{
	gw_mail_post(w, m->from,
		(struct gw_mail){
			.kind = GW_MAIL_MAY_ENTER, .task = m->task, .result = may_enter(w, g)});
}

static void
evicted(struct gw_worker *w, struct mst_group *g, const struct gw_mail *m)
{
	if (m->result == 0)
		gw_keeper_lost(w, g, m->sid);
	if (m->task == NULL)
		return;
	m->task->asked = true;
	m->task->result = m->result;
	gw_task_ready(w, m->task);
}

/** One more worker has no rows of a dissolved group; after the last its place is free. */
static void
purged(struct gw_worker *w, struct mst_group *g)
{
	struct gw_kept *kept = gw_kept(w, g);

	if (--kept->purging > 0)
		return;
	if (kept->queued || kept->waiting > 0 ||
		kept->entering > 0) { /* looked at once more before it goes */
		kept->purging = 1;
		gw_mail_post(
			w, w->index, (struct gw_mail){.kind = GW_MAIL_PURGED, .group = g->index});
		return;
	}
	*kept = (struct gw_kept){0};
	gw_record_group_gone(w, g);
	mst_groups_del_rcu(&w->gw->groups, g);
}

int
gw_keeper_dissolve(struct gw_worker *w, struct mst_group *g, struct gw_actor by)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct mst_group_state *next = mst_group_state_get(&w->keeper.states, now);
	struct gw_kept *kept = gw_kept(w, g);
	struct gw *gw = w->gw;

	if (next == NULL)
		return -MST_E_BUSY;
	next->dissolved = true;
	mst_wipe(next->kg, sizeof(next->kg));
	mst_wipe(next->earlier_kg, sizeof(next->earlier_kg));
	next->earlier_until = 0;
	if (now->owners > 0)
		mst_subs_dec_created(mst_hss_record(&gw->hss, gw_ref(gw, now->owner[0])));
	next->owners = 0;
	mst_group_publish_rcu(g, next);
	gw_record_group(w, g);
	kept->rekey_at = kept->tell_at = 0;
	kept->purging = (uint16_t)gw->workers;
	gw_keeper_decide_all(w, g, -MST_E_GROUP_DISSOLVED, by);
	gw_count(&w->counters.outcome[GW_DISSOLUTIONS], 1);
	gw_audit_by(w, GW_AUDIT_DISSOLVE, g, by, MST_NO_PEER);
	gw_mail_post_all(w, (struct gw_mail){.kind = GW_MAIL_DISSOLVED, .group = g->index});
	return 0;
}

void
gw_keeper_mail(struct gw_worker *w, const struct gw_mail *m)
{
	struct mst_group *g = mst_groups_at(&w->gw->groups, m->group);

	switch ((enum gw_mail_kind)m->kind) {
	case GW_MAIL_TASK:
		gw_task_ready(w, m->task);
		break;
	case GW_MAIL_ENTER:
		answer_enter(w, g, m);
		break;
	case GW_MAIL_ENTERED:
		gw_kept(w, g)->entering--;
		break;
	case GW_MAIL_CANDIDATE:
		gw_candidate_add(w, g, m);
		break;
	case GW_MAIL_GONE:
		gw_candidate_del(w, g, m->sid);
		break;
	case GW_MAIL_LEFT:
		gw_keeper_lost(w, g, m->sid);
		break;
	case GW_MAIL_EVICTED:
		evicted(w, g, m);
		break;
	case GW_MAIL_PURGED:
		purged(w, g);
		break;
	case GW_MAIL_ASK:
		gw_candidate_tell(w, g, m->from);
		break;
	default:
		break;
	}
}

/** What is due for one group. Returns whether it has to be looked at again soon. */
static bool
look_at(struct gw_worker *w, struct mst_group *g)
{
	struct gw_kept *kept = gw_kept(w, g);
	const struct mst_group_state *now = mst_group_now_rcu(g);
	bool more = kept->drain > 0 && gw_candidate_drain(w, g);

	if (now->dissolved)
		return more;
	if (w->now_s >= now->expires || (kept->rekey_at != 0 && w->now_s >= kept->rekey_at))
		more |= gw_keeper_rekey(w, g, by_policy) != 0;
	if (kept->tell_at != 0 && w->now_s >= kept->tell_at) {
		kept->tell_at = 0;
		kept->told = w->now_s;
		gw_mail_post_all(
			w, (struct gw_mail){.kind = GW_MAIL_CANDIDATES, .group = g->index});
	}
	return more;
}

/** Goes round all groups, so that nothing that is due is missed. */
static void
scan(struct gw_worker *w)
{
	struct gw_keeper *k = &w->keeper;
	uint32_t used = mst_groups_used(&w->gw->groups);

	if (w->now_ms - k->scanned_ms < SCAN_MS)
		return;
	k->scanned_ms = w->now_ms;
	for (unsigned n = 0; n < SCAN_GROUPS && n < used; n++) {
		struct mst_group *g;

		if (k->scan >= used)
			k->scan = 0;
		g = mst_groups_at(&w->gw->groups, k->scan++);
		if (atomic_load_explicit(&g->live, memory_order_acquire) && g->keeper == w->index &&
			look_at(w, g))
			gw_keeper_look(w, g);
	}
}

bool
gw_keeper_step(struct gw_worker *w)
{
	struct gw_keeper *k = &w->keeper;
	bool any = k->queue_count > 0;

	if (!gw_mail_room(w))
		return false;
	for (unsigned n = k->queue_count < LOOKS ? k->queue_count : LOOKS; n > 0; n--) {
		struct mst_group *g = mst_groups_at(&w->gw->groups, k->queue[k->queue_head]);

		k->queue_head = (k->queue_head + 1) % k->groups;
		k->queue_count--;
		gw_kept(w, g)->queued = false;
		if (look_at(w, g))
			gw_keeper_look(w, g);
	}
	if (k->count > 0)
		any |= gw_candidate_expire(w);
	scan(w);
	return any || w->mail.count > 0;
}
