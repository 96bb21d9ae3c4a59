/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that wait to be admitted: the keeper's list, in order of arrival by group and by age. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "base/err.h"
#include "batch.h"
#include "keeper_private.h"
#include "mail.h"
#include "request.h"
#include "table/pages.h"
#include "task.h"

/** Decisions that one look at a group writes mail for. */
#define DRAIN_A_STEP 64

/** Seconds between two words to the owners of a group. */
#define TELL_S 1

int
gw_keeper_init(struct gw_worker *w, uint32_t candidates, uint32_t groups)
{
	struct gw_keeper *k = &w->keeper;
	struct mst_table_options options = {.capacity = candidates};
	int err = mst_group_states_init(&k->states, groups + 1024);

	k->at = mst_pages_alloc(candidates * sizeof(*k->at), false);
	k->queue = mst_pages_alloc(groups * sizeof(*k->queue), false);
	k->capacity = candidates;
	k->groups = groups;
	k->free = k->oldest = k->youngest = MST_NO_PEER;
	if (err == 0 && (k->at == NULL || k->queue == NULL))
		err = -MST_E_NO_MEMORY;
	return err ? err : mst_table_create(&k->by_key, &options);
}

void
gw_keeper_fini(struct gw_worker *w)
{
	struct gw_keeper *k = &w->keeper;

	mst_group_states_fini(&k->states);
	mst_table_destroy(k->by_key);
	mst_pages_free(k->at, k->capacity * sizeof(*k->at));
	mst_pages_free(k->queue, k->groups * sizeof(*k->queue));
	memset(k, 0, sizeof(*k));
}

static uint64_t
key_hash(const struct gw_worker *w, uint32_t group, uint32_t sid)
{
	return mst_hash_u64(&w->gw->seed, (uint64_t)group << 32 | sid);
}

static uint32_t
find(const struct gw_worker *w, uint32_t group, uint32_t sid)
{
	const struct gw_keeper *k = &w->keeper;
	uint64_t hash = key_hash(w, group, sid);
	struct mst_table_hit hit;

	for (bool more = mst_table_lookup(k->by_key, hash, &hit); more;
		more = mst_table_next(k->by_key, hash, &hit))
		if (k->at[hit.value].group == group && k->at[hit.value].sid == sid)
			return hit.value;
	return MST_NO_PEER;
}

static void
refuse(struct gw_worker *w, uint32_t group, uint32_t sid, int result)
{
	unsigned owner = mst_session_owner(&w->gw->sessions, sid);

	gw_mail_post(w, owner - 1,
		(struct gw_mail){.kind = GW_MAIL_REFUSE,
			.group = group,
			.sid = sid,
			.result = result,
			.gid_low = (uint32_t)mst_groups_at(&w->gw->groups, group)->gid});
}

static void
join_lists(struct gw_worker *w, struct gw_kept *kept, uint32_t index)
{
	struct gw_keeper *k = &w->keeper;
	struct gw_candidate *c = &k->at[index];

	c->next = c->age_next = MST_NO_PEER;
	c->previous = kept->last;
	c->age_previous = k->youngest;
	if (kept->waiting == 0)
		kept->first = index;
	else
		k->at[kept->last].next = index;
	if (k->count == 0)
		k->oldest = index;
	else
		k->at[k->youngest].age_next = index;
	kept->last = k->youngest = index;
	kept->waiting++;
	k->count++;
}

static void
leave_lists(struct gw_worker *w, struct gw_kept *kept, uint32_t index)
{
	struct gw_keeper *k = &w->keeper;
	const struct gw_candidate *c = &k->at[index];

	if (kept->first == index)
		kept->first = c->next;
	else
		k->at[c->previous].next = c->next;
	if (kept->last == index)
		kept->last = c->previous;
	else
		k->at[c->next].previous = c->previous;
	if (k->oldest == index)
		k->oldest = c->age_next;
	else
		k->at[c->age_previous].age_next = c->age_next;
	if (k->youngest == index)
		k->youngest = c->age_previous;
	else
		k->at[c->age_next].age_previous = c->age_previous;
	kept->waiting--;
	k->count--;
}

void
gw_candidate_add(struct gw_worker *w, struct mst_group *g, const struct gw_mail *m)
{
	struct gw_keeper *k = &w->keeper;
	struct gw_kept *kept = gw_kept(w, g);
	uint32_t index = k->free != MST_NO_PEER ? k->free : k->used;

	if (mst_group_now_rcu(g)->dissolved)
		return; /* the row's worker purges it */
	if (index >= k->capacity ||
		mst_table_insert(k->by_key, key_hash(w, m->group, m->sid), index) != 0) {
		refuse(w, m->group, m->sid, -MST_E_QUEUE_FULL);
		return;
	}
	if (index == k->free)
		k->free = k->at[index].next;
	else
		k->used++;
	k->at[index] = (struct gw_candidate){
		.imei = m->imei, .sid = m->sid, .group = m->group, .since = m->when};
	join_lists(w, kept, index);
	if (kept->tell_at == 0) {
		kept->tell_at = kept->told + TELL_S > w->now_s ? kept->told + TELL_S : w->now_s;
		gw_keeper_look(w, g);
	}
}

bool
gw_candidate_del(struct gw_worker *w, struct mst_group *g, uint32_t sid)
{
	struct gw_keeper *k = &w->keeper;
	uint32_t index = find(w, g->index, sid);

	if (index == MST_NO_PEER)
		return false;
	mst_table_delete(k->by_key, key_hash(w, g->index, sid), index);
	leave_lists(w, gw_kept(w, g), index);
	k->at[index] =
		(struct gw_candidate){.sid = MST_NO_PEER, .group = MST_NO_PEER, .next = k->free};
	k->free = index;
	return true;
}

bool
gw_keeper_decide(
	struct gw_worker *w, struct mst_group *g, uint32_t sid, int result, struct gw_actor by)
{
	unsigned owner = mst_session_owner(&w->gw->sessions, sid);
	bool waited = gw_candidate_del(w, g, sid);

	/* Who has not proved itself in this run has no owner, and no row but an eviction's. */
	if (!waited && (result != 0 || gw_standing(w->gw, g, sid) != MST_EVICTED))
		return false;
	if (result == 0 && waited && mst_group_now_rcu(g)->policy.rekey_join &&
		gw_keeper_rekey(w, g, by) != 0)
		gw_kept(w, g)->rekey_at = w->now_s;
	gw_mail_post(w, owner - 1,
		(struct gw_mail){.kind = result == 0 ? GW_MAIL_ADMIT : GW_MAIL_REFUSE,
			.group = g->index,
			.sid = sid,
			.result = result,
			.gid_low = (uint32_t)g->gid});
	gw_audit_by(w, result == 0 ? GW_AUDIT_ADMIT : GW_AUDIT_REFUSE, g, by, sid);
	return true;
}

uint32_t
gw_keeper_decide_all(struct gw_worker *w, struct mst_group *g, int result, struct gw_actor by)
{
	struct gw_kept *kept = gw_kept(w, g);

	kept->drain = kept->waiting;
	kept->drain_result = result;
	kept->drain_actor = by.sid;
	gw_keeper_look(w, g);
	return kept->waiting;
}

bool
gw_candidate_drain(struct gw_worker *w, struct mst_group *g)
{
	struct gw_kept *kept = gw_kept(w, g);

	for (unsigned n = 0; n < DRAIN_A_STEP && kept->drain > 0; n++) {
		if (kept->waiting == 0) {
			kept->drain = 0;
			break;
		}
		kept->drain--;
		gw_keeper_decide(w, g, w->keeper.at[kept->first].sid, kept->drain_result,
			(struct gw_actor){.sid = kept->drain_actor});
	}
	return kept->drain > 0;
}

bool
gw_candidate_expire(struct gw_worker *w)
{
	struct gw_keeper *k = &w->keeper;
	unsigned n = 0;

	for (; n < DRAIN_A_STEP && k->count > 0; n++) {
		const struct gw_candidate *c = &k->at[k->oldest];
		uint32_t group = c->group, sid = c->sid;

		if (w->now_s - c->since < w->gw->decision_s)
			break;
		gw_candidate_del(w, mst_groups_at(&w->gw->groups, group), sid);
		refuse(w, group, sid, -MST_E_DECISION_LATE);
	}
	return n > 0;
}

unsigned
gw_keeper_slice(struct gw_worker *w, const struct mst_group *g, uint32_t skip,
	struct mst_ua_candidate *rows, unsigned max)
{
	const struct gw_kept *kept = gw_kept(w, g);
	uint32_t index = kept->first;
	unsigned n = 0;

	for (uint32_t i = 0; i < kept->waiting && n < max; i++) {
		const struct gw_candidate *c = &w->keeper.at[index];

		index = c->next;
		if (i < skip)
			continue;
		rows[n++] = (struct mst_ua_candidate){
			.imsi = mst_subs_imsi(mst_hss_record(&w->gw->hss, gw_ref(w->gw, c->sid))),
			.imei = c->imei,
			.since = c->since,
		};
	}
	return n;
}

unsigned
gw_keeper_candidates(struct gw_worker *w, const struct mst_group *g, struct mst_ua_candidate *rows,
	unsigned max, uint32_t *waiting)
{
	*waiting = gw_kept(w, g)->waiting;
	return gw_keeper_slice(w, g, 0, rows, max);
}

void
gw_candidate_tell(struct gw_worker *w, struct mst_group *g, unsigned to)
{
	struct mst_ua_candidate rows[MST_UA_CANDIDATES];
	struct gw_task *task = gw_task_get(w);
	uint32_t waiting;
	unsigned n;
	int size;

	if (task == NULL) {
		gw_kept(w, g)->tell_at = w->now_s + TELL_S;
		return;
	}
	n = gw_keeper_candidates(w, g, rows, MST_UA_CANDIDATES, &waiting);
	size = mst_ua_build_candidates(task->text, sizeof(task->text), waiting, rows, n, true);
	task->text_size = size > 0 ? (uint16_t)size : 0;
	gw_mail_post(w, to, (struct gw_mail){.kind = GW_MAIL_SAY, .group = g->index, .task = task});
}
