/* SPDX-License-Identifier: BSD-3-Clause */
#include "list.h"

#include "audit.h"
#include "base/err.h"
#include "batch.h"
#include "later.h"
#include "mail.h"
#include "request.h"
#include "task.h"

/** Rows that a job looks at between two bursts. */
#define ROWS_A_STEP 256
#define SCAN_A_STEP 4096

static struct mst_subs_record *
subscriber(const struct gw_worker *w, uint32_t sid)
{
	return mst_hss_record(&w->gw->hss, gw_ref(w->gw, sid));
}

static const struct mst_subs_profile *
profile(const struct gw_worker *w, uint32_t sid)
{
	return mst_hss_profile(&w->gw->hss, gw_ref(w->gw, sid));
}

int
gw_list_enter(struct gw_worker *w, const struct mst_group *g, uint32_t sid, uint64_t imei,
	struct mst_member **result)
{
	struct mst_subs_record *s = subscriber(w, sid);
	int err = mst_subs_inc_joined(s, gw_join_limit(w->gw, profile(w, sid)));

	if (err)
		return err;
	err = mst_members_add(&w->members, g->index, sid, MST_MEMBER, imei, w->now_s, result);
	if (err)
		mst_subs_dec_joined(s);
	else
		gw_record_member(w, *result);
	return err;
}

int
gw_list_wait(const struct gw_request *r, const struct mst_group *g)
{
	struct gw_worker *w = r->w;
	struct mst_member *m;
	uint32_t slot;
	int err;

	if (!gw_mail_room(w))
		return -MST_E_BUSY;
	slot = gw_later_keep(r, GW_LATER_ANSWER, g->index);
	if (slot == MST_NO_PEER)
		return -MST_E_QUEUE_FULL;
	err = mst_members_add(
		&w->members, g->index, r->sid, MST_CANDIDATE, r->ua->join.imei, w->now_s, &m);
	if (err) {
		gw_later_drop(w, slot);
		return err;
	}
	mst_member_set_slot(m, slot);
	w->later.at[slot].row = true;
	gw_record_member(w, m);
	gw_count(&w->counters.outcome[GW_CANDIDATES], 1);
	gw_mail_post(w, g->keeper,
		(struct gw_mail){.kind = GW_MAIL_CANDIDATE,
			.group = g->index,
			.sid = r->sid,
			.imei = m->imei,
			.when = m->since});
	gw_answer_ack(w, r->lane);
	return GW_LATER;
}

int
gw_list_wait_on(const struct gw_request *r, const struct mst_group *g, struct mst_member *m)
{
	uint32_t slot;

	if (!r->repeated) {
		m->imei = r->ua->join.imei;
		if (mst_member_slot(m) != MST_MEMBER_SLOT_NONE) {
			gw_later_refill(r, mst_member_slot(m), GW_LATER_ANSWER);
		} else {
			slot = gw_later_keep(r, GW_LATER_ANSWER, g->index);
			if (slot == MST_NO_PEER)
				return -MST_E_QUEUE_FULL;
			mst_member_set_slot(m, slot);
			r->w->later.at[slot].row = true;
		}
	}
	gw_answer_ack(r->w, r->lane);
	return GW_LATER;
}

/** A row and what hangs on it go; an exchange that is kept gets `result`, or ends. */
static void
remove_row(struct gw_worker *w, struct mst_member *m, int result)
{
	if (mst_member_standing(m) == MST_MEMBER)
		mst_subs_dec_joined(subscriber(w, m->sid));
	if (result != 0)
		gw_later_answer(w, mst_member_slot(m), result);
	else
		gw_later_drop(w, mst_member_slot(m));
	gw_later_end_candidates(w, m->group, m->sid, -MST_E_NOT_OWNER);
	gw_record_member_gone(w, m);
	mst_members_del(&w->members, m);
}

void
gw_list_leave(struct gw_worker *w, const struct mst_group *g, struct mst_member *m)
{
	struct gw_mail mail = {
		.kind = mst_member_standing(m) == MST_MEMBER ? GW_MAIL_LEFT : GW_MAIL_GONE,
		.group = g->index,
		.sid = m->sid,
	};

	if (mst_member_standing(m) == MST_MEMBER)
		gw_count(&w->counters.outcome[GW_LEAVES], 1);
	remove_row(w, m, 0);
	gw_mail_post(w, g->keeper, mail);
}

/** Whether mail is about the group that is at its place now. */
static bool
current(const struct gw_worker *w, const struct gw_mail *m)
{
	return (uint32_t)mst_groups_at(&w->gw->groups, m->group)->gid == m->gid_low;
}

/** The keeper has admitted a candidate, or lets one in again that was evicted. */
static void
admit(struct gw_worker *w, const struct gw_mail *mail)
{
	struct mst_member *m = mst_members_find(&w->members, mail->group, mail->sid);
	struct mst_subs_record *s = subscriber(w, mail->sid);
	int err;

	if (m == NULL || mst_member_standing(m) == MST_MEMBER)
		return;
	if (mst_member_standing(m) == MST_EVICTED) {
		gw_record_member_gone(w, m);
		mst_members_del(&w->members, m);
		return;
	}
	err = mst_subs_state_barred(mst_subs_state(s))
		      ? -MST_E_SUBSCRIBER_BARRED
		      : mst_subs_inc_joined(s, gw_join_limit(w->gw, profile(w, mail->sid)));
	if (err) {
		remove_row(w, m, err);
		return;
	}
	m->since = w->now_s;
	mst_members_set(&w->members, m, MST_MEMBER);
	gw_record_member(w, m);
	gw_count(&w->counters.outcome[GW_JOINS], 1);
	gw_later_answer(w, mst_member_slot(m), 0);
}

static void
refuse(struct gw_worker *w, const struct gw_mail *mail)
{
	struct mst_member *m = mst_members_find(&w->members, mail->group, mail->sid);

	if (m == NULL || mst_member_standing(m) != MST_CANDIDATE)
		return;
	gw_count(&w->counters.drop[-mail->result], 1);
	remove_row(w, m, mail->result);
}

/** Out of the list and out of the session: a new one needs a challenge from now on. */
static void
evict(struct gw_worker *w, const struct gw_mail *mail)
{
	struct mst_member *m = mst_members_find(&w->members, mail->group, mail->sid);
	struct gw_mail answer = *mail;

	answer.kind = GW_MAIL_EVICTED;
	answer.result = -MST_E_NODE_UNKNOWN;
	if (current(w, mail) && m != NULL && mst_member_standing(m) == MST_MEMBER) {
		mst_subs_dec_joined(subscriber(w, m->sid));
		gw_later_drop(w, mst_member_slot(m));
		gw_later_end_candidates(w, m->group, m->sid, -MST_E_NOT_OWNER);
		mst_members_set(&w->members, m, MST_EVICTED);
		mst_session_end(&w->sessions, m->sid, (uint32_t)w->sqn_clock);
		gw_record_member(w, m);
		gw_record_session(w, m->sid);
		gw_count(&w->counters.outcome[GW_EVICTIONS], 1);
		answer.result = 0;
	}
	gw_mail_post(w, mst_groups_at(&w->gw->groups, mail->group)->keeper, answer);
}

static bool
add_job(struct gw_worker *w, struct gw_list_job job)
{
	struct gw_list_jobs *j = &w->jobs;

	if (j->count == GW_LIST_JOBS)
		return false;
	j->at[(j->head + j->count++) % GW_LIST_JOBS] = job;
	return true;
}

int
gw_list_bar(struct gw_worker *w, uint32_t sid)
{
	if (!add_job(w, (struct gw_list_job){.group = MST_NO_PEER, .sid = sid}))
		return -MST_E_BUSY;
	mst_session_end(&w->sessions, sid, (uint32_t)w->sqn_clock);
	gw_record_session(w, sid);
	return 0;
}

void
gw_list_mail(struct gw_worker *w, const struct gw_mail *m)
{
	switch ((enum gw_mail_kind)m->kind) {
	case GW_MAIL_MAY_ENTER:
		m->task->asked = true;
		m->task->result = m->result;
		gw_task_ready(w, m->task);
		break;
	case GW_MAIL_ADMIT:
		if (current(w, m))
			admit(w, m);
		break;
	case GW_MAIL_REFUSE:
		if (current(w, m))
			refuse(w, m);
		break;
	case GW_MAIL_EVICT:
		evict(w, m);
		break;
	case GW_MAIL_DISSOLVED:
		gw_later_end_candidates(w, m->group, MST_NO_PEER, -MST_E_GROUP_DISSOLVED);
		if (!add_job(w, (struct gw_list_job){.group = m->group}))
			gw_mail_post(w, w->index, *m); /* comes again when there is room */
		break;
	default:
		break;
	}
}

/** Removes some rows of a dissolved group. Returns whether all are gone. */
static bool
purge(struct gw_worker *w, uint32_t group)
{
	for (unsigned n = 0; n < ROWS_A_STEP; n++) {
		struct mst_member *m = mst_members_first(&w->members, group);

		if (m == NULL) {
			gw_mail_post(w, mst_groups_at(&w->gw->groups, group)->keeper,
				(struct gw_mail){.kind = GW_MAIL_PURGED, .group = group});
			return true;
		}
		remove_row(w, m, -MST_E_GROUP_DISSOLVED);
	}
	return false;
}

/** Takes a barred subscriber out of its groups, as if it left. Returns whether it is out of all. */
static bool
clear(struct gw_worker *w, struct gw_list_job *job)
{
	for (unsigned n = 0; n < SCAN_A_STEP && job->cursor < w->members.used; n++, job->cursor++) {
		struct mst_member *m = &w->members.at[job->cursor];
		const struct mst_group *g;

		if (m->group == MST_NO_PEER || m->sid != job->sid ||
			mst_member_standing(m) == MST_EVICTED)
			continue;
		g = mst_groups_at(&w->gw->groups, m->group);
		gw_list_leave(w, g, m);
	}
	return job->cursor >= w->members.used;
}

bool
gw_list_step(struct gw_worker *w)
{
	struct gw_list_jobs *j = &w->jobs;
	struct gw_list_job *job = &j->at[j->head];
	bool done;

	if (j->count == 0 || !gw_mail_room(w))
		return false;
	done = job->group != MST_NO_PEER ? purge(w, job->group) : clear(w, job);
	if (done) {
		j->head = (j->head + 1) % GW_LIST_JOBS;
		j->count--;
	}
	return true;
}
