/* SPDX-License-Identifier: BSD-3-Clause */
/* From the worker's stores to records in its ring. */
#include "record.h"

#include <string.h>

#include "base/secret.h"
#include "batch.h"
#include "record/record.h"
#include "record_private.h"

/** Records that a walk puts between two bursts. */
#define WALK_A_STEP 128

static void
put(struct gw_worker *w, struct mst_record *r)
{
	struct gw_recorder *rec = &w->recorder;

	r->worker = (uint8_t)w->index;
	if (mst_port_ring_put_burst_mt(rec->ring, r, 1) == 0)
		gw_count(&rec->lost, 1);
	mst_wipe(r, sizeof(*r));
}

static uint64_t
imsi_of(const struct gw *gw, uint32_t sid)
{
	return sid != MST_NO_PEER ? mst_subs_imsi(mst_hss_record(&gw->hss, gw_ref(gw, sid))) : 0;
}

static void
fill_session(const struct gw *gw, uint32_t sid, struct mst_record *r)
{
	const struct mst_session *s = &gw->sessions.at[sid];

	r->type = MST_RECORD_SESSION;
	r->session.imsi = imsi_of(gw, sid);
	r->session.expires = s->expires;
	r->session.ended = s->ended;
	memcpy(r->session.rand, s->rand, sizeof(r->session.rand));
	memcpy(r->session.ks_naf, s->ks_naf, sizeof(r->session.ks_naf));
}

static void
fill_group(const struct gw *gw, const struct mst_group *g, struct mst_record *r)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct mst_record_group *to = &r->group;

	_Static_assert(MST_RECORD_OWNERS == MST_GROUP_OWNERS, "a record holds all owners");
	r->type = MST_RECORD_GROUP;
	to->gid = g->gid;
	to->creator = imsi_of(gw, g->creator);
	to->created = g->created;
	memcpy(to->origin, g->origin, sizeof(to->origin));
	to->num = now->num;
	to->made = now->made;
	to->expires = now->expires;
	to->earlier_until = now->earlier_until;
	to->dissolved = now->dissolved;
	to->owners = now->owners;
	for (unsigned i = 0; i < now->owners; i++)
		to->owner[i] = imsi_of(gw, now->owner[i]);
	to->policy = now->policy;
	memcpy(to->kg, now->kg, sizeof(to->kg));
	memcpy(to->earlier_kg, now->earlier_kg, sizeof(to->earlier_kg));
}

static void
fill_member(const struct gw *gw, const struct mst_member *m, struct mst_record *r)
{
	r->type = MST_RECORD_MEMBER;
	r->member.gid = mst_groups_at(&gw->groups, m->group)->gid;
	r->member.imsi = imsi_of(gw, m->sid);
	r->member.imei = m->imei;
	r->member.since = m->since;
	r->member.standing = (uint8_t)mst_member_standing(m);
}

void
gw_fill_subscriber(const struct gw *gw, uint32_t sid, struct mst_record *r)
{
	const struct mst_subs_record *s = mst_hss_record(&gw->hss, gw_ref(gw, sid));
	uint64_t state = mst_subs_state(s);

	r->type = MST_RECORD_SUBSCRIBER;
	r->subscriber.imsi = mst_subs_imsi(s);
	r->subscriber.sid = sid;
	r->subscriber.dif = mst_subs_state_dif(state);
	r->subscriber.barred = mst_subs_state_barred(state);
}

void
gw_record_session(struct gw_worker *w, uint32_t sid)
{
	struct mst_record r;

	if (w->recorder.durable == NULL)
		return;
	r = (struct mst_record){.op = GW_RECORD_PUT};
	fill_session(w->gw, sid, &r);
	put(w, &r);
}

void
gw_record_subscriber(struct gw_worker *w, uint32_t sid)
{
	struct mst_record r;

	if (w->recorder.durable == NULL)
		return;
	r = (struct mst_record){.op = GW_RECORD_PUT};
	gw_fill_subscriber(w->gw, sid, &r);
	put(w, &r);
}

static void
record_group(struct gw_worker *w, const struct mst_group *g, enum gw_record_op op)
{
	struct mst_record r;

	if (w->recorder.durable == NULL)
		return;
	r = (struct mst_record){.op = (uint8_t)op};
	fill_group(w->gw, g, &r);
	put(w, &r);
}

void
gw_record_group(struct gw_worker *w, const struct mst_group *g)
{
	record_group(w, g, GW_RECORD_PUT);
}

void
gw_record_group_gone(struct gw_worker *w, const struct mst_group *g)
{
	record_group(w, g, GW_RECORD_DEL);
}

static void
record_member(struct gw_worker *w, const struct mst_member *m, enum gw_record_op op)
{
	struct mst_record r;

	if (w->recorder.durable == NULL)
		return;
	r = (struct mst_record){.op = (uint8_t)op};
	fill_member(w->gw, m, &r);
	put(w, &r);
}

void
gw_record_member(struct gw_worker *w, const struct mst_member *m)
{
	record_member(w, m, GW_RECORD_PUT);
}

void
gw_record_member_gone(struct gw_worker *w, const struct mst_member *m)
{
	record_member(w, m, GW_RECORD_DEL);
}

/** The next thing of a type from *at on, as a record. False: there is none. */
static bool
next_subscriber(struct gw_worker *w, uint64_t *at, struct mst_record *r)
{
	struct gw *gw = w->gw;

	for (unsigned looked = 0; *at < gw->subscribers; looked++) {
		uint32_t sid = (uint32_t)(*at)++;

		if (sid % gw->workers != w->index)
			continue;
		gw_fill_subscriber(gw, sid, r);
		if (r->subscriber.dif != 0 || r->subscriber.barred)
			return true;
		if (looked > WALK_A_STEP)
			break;
	}
	r->type = MST_RECORD_TYPES; /* nothing here, go on later */
	return *at < gw->subscribers;
}

static bool
next_group(struct gw_worker *w, uint64_t *at, struct mst_record *r)
{
	const struct mst_group *g;

	while ((g = mst_groups_from_rcu(&w->gw->groups, (uint32_t)*at)) != NULL) {
		*at = (uint64_t)g->index + 1;
		if (g->keeper != w->index)
			continue;
		fill_group(w->gw, g, r);
		return true;
	}
	return false;
}

static bool
next_session(struct gw_worker *w, uint64_t *at, struct mst_record *r)
{
	uint32_t sid;

	if (!mst_table_walk(w->sessions.by_kid, at, &sid))
		return false;
	fill_session(w->gw, sid, r);
	return true;
}

static bool
next_member(struct gw_worker *w, uint64_t *at, struct mst_record *r)
{
	while (*at < w->members.used) {
		const struct mst_member *m = &w->members.at[(*at)++];

		if (m->group == MST_NO_PEER)
			continue;
		fill_member(w->gw, m, r);
		return true;
	}
	return false;
}

static bool
next_record(struct gw_worker *w, unsigned type, uint64_t *at, struct mst_record *r)
{
	switch (type) {
	case MST_RECORD_SUBSCRIBER:
		return next_subscriber(w, at, r);
	case MST_RECORD_GROUP:
		return next_group(w, at, r);
	case MST_RECORD_SESSION:
		return next_session(w, at, r);
	case MST_RECORD_MEMBER:
		return next_member(w, at, r);
	default:
		return false; /* the control thread's */
	}
}

bool
gw_walk_step(struct gw_worker *w)
{
	struct gw_recorder *rec = &w->recorder;
	uint32_t wanted = atomic_load_explicit(&rec->durable->walk, memory_order_acquire);
	uint8_t op = (uint8_t)atomic_load_explicit(&rec->durable->walk_op, memory_order_relaxed);

	if (rec->walk != wanted) {
		rec->walk = wanted;
		rec->walk_type = 0;
		rec->walk_at = 0;
	} else if (rec->walk_type > MST_RECORD_TYPES || wanted == 0) {
		return false;
	}
	for (unsigned n = 0; n < WALK_A_STEP; n++) {
		struct mst_record r = {.op = op};

		if (mst_port_ring_count(rec->ring) > GW_RECORD_RING / 4)
			break;
		if (rec->walk_type == MST_RECORD_TYPES) {
			r.op = GW_RECORD_END;
			put(w, &r);
			rec->walk_type++;
			break;
		}
		if (!next_record(w, rec->walk_type, &rec->walk_at, &r)) {
			rec->walk_type++;
			rec->walk_at = 0;
		} else if (r.type < MST_RECORD_TYPES) {
			put(w, &r);
		}
	}
	return true;
}
