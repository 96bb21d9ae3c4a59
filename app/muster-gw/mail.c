/* SPDX-License-Identifier: BSD-3-Clause */
#include "mail.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "gw.h"
#include "keeper.h"
#include "later.h"
#include "list.h"
#include "request.h"
#include "task.h"

#define RING  4096
#define BURST 64

int
gw_mail_init(struct gw_mailbox *box)
{
	_Static_assert(sizeof(struct gw_mail) % 4 == 0, "rings copy words");
	box->backlog = calloc(GW_MAIL_BACKLOG, sizeof(*box->backlog));
	if (box->backlog == NULL)
		return -MST_E_NO_MEMORY;
	return mst_port_ring_create(&box->ring, sizeof(struct gw_mail), RING);
}

void
gw_mail_fini(struct gw_mailbox *box)
{
	mst_port_ring_destroy(box->ring);
	free(box->backlog);
	*box = (struct gw_mailbox){0};
}

void
gw_mail_post(struct gw_worker *w, unsigned to, struct gw_mail mail)
{
	struct gw_mailbox *box = &w->mail;

	mail.from = (uint16_t)w->index;
	if (box->count == 0 && to != w->index &&
		mst_port_ring_put_burst_mt(w->gw->worker[to]->mail.ring, &mail, 1) == 1)
		return;
	assert(box->count < GW_MAIL_BACKLOG && "gw_mail_room() keeps room");
	box->backlog[(box->head + box->count++) % GW_MAIL_BACKLOG] =
		(struct gw_mail_to){.mail = mail, .to = to};
}

void
gw_mail_post_all(struct gw_worker *w, struct gw_mail mail)
{
	for (unsigned to = 0; to < w->gw->workers; to++)
		gw_mail_post(w, to, mail);
}

bool
gw_mail_room(const struct gw_worker *w)
{
	return w->mail.count <= GW_MAIL_BACKLOG - 2 * GW_MAIL_BURST_MAX;
}

bool
gw_mail_idle(const struct gw_worker *w)
{
	return w->mail.count == 0 && mst_port_ring_count(w->mail.ring) == 0;
}

static void
take(struct gw_worker *w, const struct gw_mail *m)
{
	switch ((enum gw_mail_kind)m->kind) {
	case GW_MAIL_TASK:
	case GW_MAIL_ENTER:
	case GW_MAIL_ENTERED:
	case GW_MAIL_CANDIDATE:
	case GW_MAIL_GONE:
	case GW_MAIL_LEFT:
	case GW_MAIL_EVICTED:
	case GW_MAIL_PURGED:
	case GW_MAIL_ASK:
		gw_keeper_mail(w, m);
		break;
	case GW_MAIL_MAY_ENTER:
	case GW_MAIL_ADMIT:
	case GW_MAIL_REFUSE:
	case GW_MAIL_EVICT:
	case GW_MAIL_DISSOLVED:
		gw_list_mail(w, m);
		break;
	case GW_MAIL_KEY:
	case GW_MAIL_CANDIDATES:
	case GW_MAIL_SAY:
		gw_later_mail(w, m);
		break;
	case GW_MAIL_TASK_BACK:
		gw_task_free(w, m->task);
		break;
	}
}

/** Sends what waits to be sent, up to the first message whose receiver has no room. */
static bool
move_backlog(struct gw_worker *w)
{
	struct gw_mailbox *box = &w->mail;
	bool any = false;

	for (unsigned n = box->count < BURST ? box->count : BURST; n > 0; n--) {
		struct gw_mail_to next = box->backlog[box->head];

		if (next.to != w->index &&
			mst_port_ring_put_burst_mt(
				w->gw->worker[next.to]->mail.ring, &next.mail, 1) == 0)
			break;
		box->head = (box->head + 1) % GW_MAIL_BACKLOG;
		box->count--;
		any = true;
		if (next.to == w->index)
			take(w, &next.mail);
	}
	return any;
}

bool
gw_mail_step(struct gw_worker *w)
{
	struct gw_mail in[BURST];
	bool any = w->mail.count > 0 && move_backlog(w);
	unsigned n;

	if (w->gw->workers == 1 || w->mail.count > GW_MAIL_BACKLOG - GW_MAIL_BURST_MAX)
		return any;
	n = mst_port_ring_get_burst(w->mail.ring, in, BURST);
	for (unsigned i = 0; i < n; i++)
		take(w, &in[i]);
	return any || n > 0;
}
