/* SPDX-License-Identifier: BSD-3-Clause */
#include "task.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "mail.h"
#include "table/pages.h"

int
gw_tasks_init(struct gw_worker *w)
{
	struct gw_tasks *t = &w->tasks;

	t->at = mst_pages_alloc(GW_TASKS * sizeof(*t->at), false);
	if (t->at == NULL)
		return -MST_E_NO_MEMORY;
	for (unsigned i = GW_TASKS; i > 0; i--) {
		t->at[i - 1].next = t->free;
		t->free = &t->at[i - 1];
	}
	t->ready_end = &t->ready;
	return 0;
}

void
gw_tasks_fini(struct gw_worker *w)
{
	struct gw_tasks *t = &w->tasks;

	if (t->at == NULL)
		return;
	mst_wipe(t->at, GW_TASKS * sizeof(*t->at));
	mst_pages_free(t->at, GW_TASKS * sizeof(*t->at));
	*t = (struct gw_tasks){0};
}

struct gw_task *
gw_task_get(struct gw_worker *w)
{
	struct gw_task *task = w->tasks.free;

	if (task == NULL)
		return NULL;
	w->tasks.free = task->next;
	task->from = (uint16_t)w->index;
	task->next = NULL;
	return task;
}

void
gw_task_free(struct gw_worker *w, struct gw_task *task)
{
	task->next = w->tasks.free;
	w->tasks.free = task;
}

void
gw_task_done(struct gw_worker *w, struct gw_task *task)
{
	unsigned from = task->from;

	mst_wipe(task, sizeof(*task));
	task->from = (uint16_t)from;
	if (from == w->index)
		gw_task_free(w, task);
	else
		gw_mail_post(w, from, (struct gw_mail){.kind = GW_MAIL_TASK_BACK, .task = task});
}

struct gw_task *
gw_task_take(const struct gw_request *r)
{
	struct gw_worker *w = r->w;
	struct gw_batch *b = w->batch;
	struct gw_task *t = r->task != NULL ? r->task : gw_task_get(w);
	unsigned i = r->lane;

	if (t == NULL)
		return NULL;
	t->frame = b->frame[i];
	t->view = b->net.view[i];
	t->msg = b->msg[i];
	memcpy(t->rand, b->rand[i], sizeof(t->rand));
	memcpy(t->ks_naf, b->ks_naf[i], sizeof(t->ks_naf));
	memcpy(t->kid, b->kid[i], sizeof(t->kid));
	t->piv = b->piv[i];
	t->own_piv = b->own_piv[i];
	t->sid = r->sid;
	t->ref = b->ref[i];
	t->expires = r->expires;
	t->gba_u = r->gba_u;
	t->repeated = r->repeated;
	t->observed = (b->observed & MST_LANE(i)) != 0;
	t->asked = false;
	t->ua = *r->ua;
	b->given_away |= MST_LANE(i);
	return t;
}

void
gw_task_ready(struct gw_worker *w, struct gw_task *task)
{
	task->next = NULL;
	*w->tasks.ready_end = task;
	w->tasks.ready_end = &task->next;
}

/** Puts a task into a lane, as if it had come by this burst and been accepted. */
static void
load_lane(struct gw_worker *w, unsigned i, const struct gw_task *t)
{
	struct gw_batch *b = w->batch;

	b->frame[i] = t->frame;
	b->net.frame[i] = t->frame.data;
	b->net.view[i] = t->view;
	b->msg[i] = t->msg;
	memcpy(b->rand[i], t->rand, sizeof(b->rand[i]));
	memcpy(b->ks_naf[i], t->ks_naf, sizeof(b->ks_naf[i]));
	memcpy(b->kid[i], t->kid, sizeof(b->kid[i]));
	b->piv[i] = t->piv;
	b->own_piv[i] = t->own_piv;
	b->sid[i] = t->sid;
	b->ref[i] = t->ref;
	b->expires[i] = t->expires;
	b->parsed |= MST_LANE(i);
	b->proved |= MST_LANE(i);
	if (t->repeated)
		b->repeated |= MST_LANE(i);
	if (t->observed)
		b->observed |= MST_LANE(i);
}

static int
execute(struct gw_worker *w, unsigned lane, struct gw_task *t)
{
	struct gw_request r = {
		.w = w,
		.subscriber = mst_hss_record(&w->gw->hss, t->ref),
		.profile = mst_hss_profile(&w->gw->hss, t->ref),
		.rand = t->rand,
		.ua = &t->ua,
		.group = mst_groups_find_rcu(&w->gw->groups, t->ua.target.gid),
		.task = t,
		.out = w->batch->plain[lane],
		.piv = t->piv,
		.expires = t->expires,
		.sid = t->sid,
		.lane = lane,
		.gba_u = t->gba_u,
		.repeated = t->repeated,
	};

	return t->asked ? gw_group_resume(&r) : gw_group_serve(&r);
}

static struct gw_task *
next_ready(struct gw_worker *w)
{
	struct gw_tasks *t = &w->tasks;
	struct gw_task *task = t->ready;

	t->ready = task->next;
	if (t->ready == NULL)
		t->ready_end = &t->ready;
	return task;
}

/** Without a port: what became of frames, size 0 where they have no answer. */
static void
report(struct gw_worker *w, mst_lanes lanes)
{
	struct gw_batch *b = w->batch;

	mst_for_lanes(i, lanes) {
		if (!(b->sent & MST_LANE(i)))
			b->frame[i].size = 0;
		w->gw->sink(w->gw->sink_user, w->index, &b->frame[i]);
	}
}

bool
gw_tasks_run(struct gw_worker *w)
{
	struct gw_batch *b = w->batch;
	mst_lanes lanes = 0, answered = 0;
	unsigned n = 0;

	if (w->tasks.ready == NULL)
		return false;
	gw_batch_begin(b, MST_LANES);
	for (; n < MST_LANES && w->tasks.ready != NULL; n++) {
		struct gw_task *task = next_ready(w);

		load_lane(w, n, task);
		lanes |= MST_LANE(n);
		if (gw_group_answered(w, n, execute(w, n, task)))
			answered |= MST_LANE(n);
		if (!(b->given_away & MST_LANE(n)))
			gw_task_done(w, task);
	}
	mst_oscore_derive_burst(w->crypto, &w->gw->oscore, answered, (const mst_b32 *)b->ks_naf,
		(const mst_b16 *)b->rand, b->kid, &b->keys);
	gw_seal_answers(w, answered);
	gw_stage_reply(w, lanes);
	mst_for_lanes(i, answered)
		mst_wipe(b->plain[i], b->plain_size[i]);
	gw_forget_keys(w, lanes);
	gw_forget(w, lanes);
	if (w->gw->port == NULL && w->gw->sink != NULL)
		report(w, lanes & ~b->given_away);
	return true;
}
