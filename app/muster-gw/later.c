/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchanges that are answered later: what is kept, and for how long. */
#include "later.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "batch.h"
#include "later_private.h"
#include "mail.h"
#include "request.h"
#include "table/pages.h"
#include "task.h"

#define MIDS 65536

int
gw_laters_init(struct gw_worker *w, uint32_t capacity, uint32_t groups)
{
	struct gw_laters *l = &w->later;

	l->at = mst_pages_alloc(capacity * sizeof(*l->at), false);
	l->watch = mst_pages_alloc(groups * sizeof(*l->watch), false);
	l->watch_candidates = mst_pages_alloc(groups * sizeof(*l->watch_candidates), false);
	l->tell = mst_pages_alloc((groups + 1) * sizeof(*l->tell), false);
	l->telling = mst_pages_alloc(groups, false);
	l->of_mid = mst_pages_alloc(MIDS * sizeof(*l->of_mid), false);
	l->capacity = capacity;
	l->groups = groups;
	l->free = MST_NO_PEER;
	l->mid = (uint16_t)w->index;
	for (unsigned i = 0; i <= GW_LATER_TRIES; i++)
		l->line[i].first = l->line[i].last = MST_NO_PEER;
	if (l->at == NULL || l->watch == NULL || l->watch_candidates == NULL || l->tell == NULL ||
		l->telling == NULL || l->of_mid == NULL)
		return -MST_E_NO_MEMORY;
	memset(l->watch, 0xff, groups * sizeof(*l->watch)); /* MST_NO_PEER */
	memset(l->watch_candidates, 0xff, groups * sizeof(*l->watch_candidates));
	memset(l->of_mid, 0xff, MIDS * sizeof(*l->of_mid));
	return 0;
}

void
gw_laters_fini(struct gw_worker *w)
{
	struct gw_laters *l = &w->later;

	mst_pages_free(l->at, l->capacity * sizeof(*l->at));
	mst_pages_free(l->watch, l->groups * sizeof(*l->watch));
	mst_pages_free(l->watch_candidates, l->groups * sizeof(*l->watch_candidates));
	mst_pages_free(l->tell, (l->groups + 1) * sizeof(*l->tell));
	mst_pages_free(l->telling, l->groups);
	mst_pages_free(l->of_mid, MIDS * sizeof(*l->of_mid));
	memset(l, 0, sizeof(*l));
}

uint16_t
gw_later_mid(struct gw_worker *w)
{
	unsigned end = MIDS / w->gw->workers * w->gw->workers;

	w->later.mid = (uint16_t)((w->later.mid + w->gw->workers) % end);
	return w->later.mid;
}

void
gw_later_line_leave(struct gw_laters *l, uint32_t slot)
{
	struct gw_later *x = &l->at[slot];

	if (x->line == GW_LATER_NO_LINE)
		return;
	if (x->line_previous != MST_NO_PEER)
		l->at[x->line_previous].line_next = x->line_next;
	else
		l->line[x->line].first = x->line_next;
	if (x->line_next != MST_NO_PEER)
		l->at[x->line_next].line_previous = x->line_previous;
	else
		l->line[x->line].last = x->line_previous;
	x->line = GW_LATER_NO_LINE;
}

void
gw_later_line_join(struct gw_laters *l, uint32_t slot, unsigned line, uint64_t due_ms)
{
	struct gw_later *x = &l->at[slot];

	gw_later_line_leave(l, slot);
	x->line = (uint8_t)line;
	x->due_ms = (uint32_t)due_ms;
	x->line_next = MST_NO_PEER;
	x->line_previous = l->line[line].last;
	if (x->line_previous != MST_NO_PEER)
		l->at[x->line_previous].line_next = slot;
	else
		l->line[line].first = slot;
	l->line[line].last = slot;
}

/** The chain of its group that an exchange of this kind stands in, or NULL. */
static uint32_t *
chain_of(struct gw_laters *l, const struct gw_later *x)
{
	switch ((enum gw_later_kind)x->kind) {
	case GW_LATER_KEY:
	case GW_LATER_NUM:
		return &l->watch[x->group];
	case GW_LATER_CANDIDATES:
		return &l->watch_candidates[x->group];
	case GW_LATER_ANSWER:
		break;
	}
	return NULL;
}

static void
chain_join(struct gw_laters *l, uint32_t slot)
{
	struct gw_later *x = &l->at[slot];
	uint32_t *head = chain_of(l, x);

	if (head == NULL)
		return;
	x->previous = MST_NO_PEER;
	x->next = *head;
	if (x->next != MST_NO_PEER)
		l->at[x->next].previous = slot;
	*head = slot;
}

static void
chain_leave(struct gw_laters *l, uint32_t slot)
{
	struct gw_later *x = &l->at[slot];
	uint32_t *head = chain_of(l, x);

	if (head == NULL)
		return;
	if (l->walking && l->cursor == slot)
		l->cursor = x->next;
	if (x->previous != MST_NO_PEER)
		l->at[x->previous].next = x->next;
	else
		*head = x->next;
	if (x->next != MST_NO_PEER)
		l->at[x->next].previous = x->previous;
}

/** What a message to the sender of this request needs. */
static void
take_request(const struct gw_request *r, struct gw_later *x)
{
	const struct gw_batch *b = r->w->batch;
	const struct mst_coap_msg *m = &b->msg[r->lane];

	mst_net_flow_back(&b->net.view[r->lane], b->net.frame[r->lane], &x->flow);
	memcpy(x->token, m->token, m->token_size);
	x->token_size = m->token_size;
	memcpy(x->rand, r->rand, sizeof(x->rand));
	x->sid = r->sid;
	x->piv = (uint32_t)r->piv;
	x->non = m->type == MST_COAP_NON;
	x->tries = 0;
	x->result = 0;
}

uint32_t
gw_later_keep(const struct gw_request *r, enum gw_later_kind kind, uint32_t group)
{
	struct gw_laters *l = &r->w->later;
	uint32_t slot = l->free;

	if (slot != MST_NO_PEER)
		l->free = l->at[slot].next;
	else if (l->used < l->capacity)
		slot = l->used++;
	else
		return MST_NO_PEER;
	l->at[slot] =
		(struct gw_later){.group = group, .kind = (uint8_t)kind, .line = GW_LATER_NO_LINE};
	take_request(r, &l->at[slot]);
	chain_join(l, slot);
	l->count++;
	return slot;
}

void
gw_later_refill(const struct gw_request *r, uint32_t slot, enum gw_later_kind kind)
{
	struct gw_laters *l = &r->w->later;

	gw_later_line_leave(l, slot);
	chain_leave(l, slot);
	l->at[slot].kind = (uint8_t)kind;
	take_request(r, &l->at[slot]);
	chain_join(l, slot);
}

static void
forget_row(struct gw_worker *w, struct gw_later *x)
{
	struct mst_member *m = x->row ? mst_members_find(&w->members, x->group, x->sid) : NULL;

	x->row = false;
	if (m != NULL)
		mst_member_set_slot(m, MST_MEMBER_SLOT_NONE);
}

void
gw_later_drop(struct gw_worker *w, uint32_t slot)
{
	struct gw_laters *l = &w->later;

	if (slot == MST_MEMBER_SLOT_NONE)
		return;
	gw_later_line_leave(l, slot);
	chain_leave(l, slot);
	forget_row(w, &l->at[slot]);
	memset(&l->at[slot], 0, sizeof(l->at[slot]));
	l->at[slot].line = GW_LATER_NO_LINE;
	l->at[slot].sid = MST_NO_PEER;
	l->at[slot].next = l->free;
	l->free = slot;
	l->count--;
}

void
gw_later_answer(struct gw_worker *w, uint32_t slot, int result)
{
	struct gw_laters *l = &w->later;
	struct gw_later *x;

	if (slot == MST_MEMBER_SLOT_NONE)
		return;
	x = &l->at[slot];
	chain_leave(l, slot);
	forget_row(w, x);
	x->kind = GW_LATER_ANSWER;
	x->result = (int16_t)result;
	x->tries = 0;
	gw_later_line_join(l, slot, 0, w->now_ms);
}

/** An owner's observation of candidates, or MST_NO_PEER; the chain is short. */
static uint32_t
find_candidates(const struct gw_laters *l, uint32_t group, uint32_t sid)
{
	uint32_t slot = l->watch_candidates[group];

	while (slot != MST_NO_PEER && l->at[slot].sid != sid)
		slot = l->at[slot].next;
	return slot;
}

static bool
observe_candidates(const struct gw_request *r, const struct mst_group *g)
{
	struct gw_laters *l = &r->w->later;
	uint32_t slot = find_candidates(l, g->index, r->sid);

	if (r->ua->observe == MST_UA_OBSERVE_CANCEL) {
		if (slot != MST_NO_PEER)
			gw_later_drop(r->w, slot);
		return false;
	}
	if (slot == MST_NO_PEER)
		return gw_later_keep(r, GW_LATER_CANDIDATES, g->index) != MST_NO_PEER;
	gw_later_refill(r, slot, GW_LATER_CANDIDATES);
	return true;
}

bool
gw_later_observe(const struct gw_request *r, const struct mst_group *g, struct mst_member *m)
{
	enum gw_later_kind kind =
		r->ua->target.res == MST_RES_GROUP_NUM ? GW_LATER_NUM : GW_LATER_KEY;
	uint32_t slot;

	if (r->ua->observe == MST_UA_OBSERVE_NONE)
		return false;
	if (r->ua->target.res == MST_RES_GROUP_PENDING)
		return observe_candidates(r, g);
	if (r->ua->observe == MST_UA_OBSERVE_CANCEL) {
		gw_later_drop(r->w, mst_member_slot(m));
		return false;
	}
	if (mst_member_slot(m) != MST_MEMBER_SLOT_NONE) {
		gw_later_refill(r, mst_member_slot(m), kind);
		return true;
	}
	slot = gw_later_keep(r, kind, g->index);
	if (slot == MST_NO_PEER)
		return false;
	mst_member_set_slot(m, slot);
	r->w->later.at[slot].row = true;
	return true;
}

void
gw_later_end_candidates(struct gw_worker *w, uint32_t group, uint32_t sid, int result)
{
	struct gw_laters *l = &w->later;
	uint32_t slot = l->watch_candidates[group];

	while (slot != MST_NO_PEER) {
		uint32_t next = l->at[slot].next;

		if (sid == MST_NO_PEER || l->at[slot].sid == sid)
			gw_later_answer(w, slot, result);
		slot = next;
	}
}

/** Whether a datagram comes from where the exchange's messages go. */
static bool
from_peer(const struct gw_batch *b, unsigned lane, const struct gw_later *x)
{
	const struct mst_net_view *v = &b->net.view[lane];

	return v->family == x->flow.family && v->src_port == x->flow.dst_port &&
	       memcmp(mst_net_source(v, b->net.frame[lane]), x->flow.dst_ip,
		       v->family == 4 ? 4 : 16) == 0;
}

bool
gw_later_ack(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct gw_laters *l = &w->later;
	const struct mst_coap_msg *m = &b->msg[lane];
	unsigned owner = m->mid % w->gw->workers;
	struct gw_later *x;
	uint32_t slot;

	if (owner != w->index) {
		gw_give(w, lane, owner);
		return true;
	}
	slot = l->of_mid[m->mid];
	if (slot >= l->used)
		return false;
	x = &l->at[slot];
	if (x->sid == MST_NO_PEER || x->tries == 0 || x->mid != m->mid || !from_peer(b, lane, x))
		return false;
	l->of_mid[m->mid] = MST_NO_PEER;
	if (x->kind == GW_LATER_ANSWER || m->type == MST_COAP_RST) {
		gw_later_drop(w, slot);
	} else {
		gw_later_line_leave(l, slot);
		x->tries = 0;
	}
	gw_count(&w->counters.outcome[GW_ACKNOWLEDGED], 1);
	return true;
}
