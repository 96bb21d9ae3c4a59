/* SPDX-License-Identifier: BSD-3-Clause */
/* group list, group show, group members, group export. */
#include "verbs_group.h"

#include <stdlib.h>

#include "base/err.h"
#include "gba/classify.h"
#include "verbs.h"
#include "verbs_json.h"

/** Rows that a worker hands over at a time. */
#define SLICE 256

struct mst_group *
gw_verb_named_group(struct gw *gw, struct mst_ctl_reply *reply, const json_t *args)
{
	const json_t *name = json_object_get(args, "group");
	struct mst_group *g;
	uint64_t gid;

	if (!json_is_string(name) || mst_gid_parse((const uint8_t *)json_string_value(name),
					     json_string_length(name), &gid)) {
		mst_ctl_reply_error(reply, MST_E_ARGUMENT, "a G-ID is 16 characters of 0-9a-f");
		return NULL;
	}
	g = mst_groups_find_rcu(&gw->groups, gid);
	if (g == NULL)
		mst_ctl_reply_error(reply, MST_E_GROUP_UNKNOWN, NULL);
	return g;
}

void
gw_verb_group_show(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	const struct mst_group *g = gw_verb_named_group(u->gw, reply, args);

	if (g == NULL)
		return;
	mst_ctl_reply_row(reply, gw_json_group_whole(u->gw, g));
	mst_ctl_reply_done(reply);
}

struct list_state {
	struct gw *gw;
	uint32_t next;
};

static void
list_more(struct mst_ctl_reply *reply, void *state)
{
	struct list_state *list = state;

	while (mst_ctl_reply_room(reply)) {
		const struct mst_group *g = mst_groups_from_rcu(&list->gw->groups, list->next);

		if (g == NULL) {
			mst_ctl_reply_done(reply);
			return;
		}
		list->next = g->index + 1;
		mst_ctl_reply_row(reply, gw_json_group(list->gw, g));
	}
}

void
gw_verb_group_list(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct list_state *state = malloc(sizeof(*state));

	(void)args;
	if (state == NULL) {
		mst_ctl_reply_error(reply, MST_E_NO_MEMORY, NULL);
		return;
	}
	*state = (struct list_state){.gw = u->gw};
	mst_ctl_reply_stream(reply, list_more, state, free);
}

/** A part of one worker's chain of a group. */
struct slice {
	struct gw_ask ask; /* first */
	uint32_t group;
	uint32_t next; /* where to go on; MST_NO_PEER: from the start, or at the end */
	bool begun;
	unsigned count;
	struct mst_member row[SLICE];
};

static void
fill_slice(struct gw_worker *w, struct gw_ask *ask)
{
	struct slice *s = (struct slice *)ask;
	const struct mst_member *m =
		s->begun ? &w->members.at[s->next] : mst_members_first(&w->members, s->group);

	s->count = 0;
	for (unsigned n = 0; m != NULL && n < SLICE; n++, m = mst_members_next(&w->members, m))
		if (mst_member_standing(m) == MST_MEMBER)
			s->row[s->count++] = *m;
	s->begun = true;
	s->next = m != NULL ? (uint32_t)(m - w->members.at) : MST_NO_PEER;
}

struct members_state {
	struct gw *gw;
	unsigned worker;
	unsigned shown; /* of the slice */
	struct slice slice;
};

/** Fetches the next rows; false when there are none. */
static bool
next_slice(struct members_state *m)
{
	while (m->worker < m->gw->workers) {
		if (m->slice.begun && m->slice.next == MST_NO_PEER) {
			m->worker++;
			m->slice.begun = false;
			continue;
		}
		gw_ask(m->gw, m->worker, &m->slice.ask);
		m->shown = 0;
		if (m->slice.count > 0)
			return true; /* a slice of candidates alone has none */
	}
	return false;
}

static json_t *
member_row(const struct gw *gw, const struct mst_member *m)
{
	return json_pack("{s:o, s:o, s:o}", "imsi", gw_json_imsi(gw, m->sid), "imei",
		gw_json_imei(m->imei), "since", gw_json_time(m->since));
}

static void
members_more(struct mst_ctl_reply *reply, void *state)
{
	struct members_state *m = state;

	while (mst_ctl_reply_room(reply)) {
		if (m->shown == m->slice.count && !next_slice(m)) {
			mst_ctl_reply_done(reply);
			return;
		}
		mst_ctl_reply_row(reply, member_row(m->gw, &m->slice.row[m->shown++]));
	}
}

void
gw_verb_group_members(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	const struct mst_group *g = gw_verb_named_group(u->gw, reply, args);
	struct members_state *state;

	if (g == NULL)
		return;
	state = calloc(1, sizeof(*state));
	if (state == NULL) {
		mst_ctl_reply_error(reply, MST_E_NO_MEMORY, NULL);
		return;
	}
	state->gw = u->gw;
	state->slice.ask.run = fill_slice;
	state->slice.group = g->index;
	mst_ctl_reply_stream(reply, members_more, state, free);
}

/** A walk over the members of all groups. */
struct export_state {
	struct gw *gw;
	uint32_t next; /* group */
	uint64_t gid;
	bool inside;
	struct members_state members;
};

static bool
next_group(struct export_state *e)
{
	const struct mst_group *g = mst_groups_from_rcu(&e->gw->groups, e->next);

	if (g == NULL)
		return false;
	e->next = g->index + 1;
	e->gid = g->gid;
	e->members = (struct members_state){
		.gw = e->gw, .slice = {.ask.run = fill_slice, .group = g->index}};
	e->inside = true;
	return true;
}

static void
export_more(struct mst_ctl_reply *reply, void *state)
{
	struct export_state *e = state;
	struct members_state *m = &e->members;

	while (mst_ctl_reply_room(reply)) {
		json_t *row;

		if (!e->inside && !next_group(e)) {
			mst_ctl_reply_done(reply);
			return;
		}
		if (m->shown == m->slice.count && !next_slice(m)) {
			e->inside = false;
			continue;
		}
		row = member_row(e->gw, &m->slice.row[m->shown++]);
		json_object_set_new(row, "gid", gw_json_gid(e->gid));
		mst_ctl_reply_row(reply, row);
	}
}

void
gw_verb_group_export(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct export_state *state = calloc(1, sizeof(*state));

	(void)args;
	if (state == NULL) {
		mst_ctl_reply_error(reply, MST_E_NO_MEMORY, NULL);
		return;
	}
	state->gw = u->gw;
	mst_ctl_reply_stream(reply, export_more, state, free);
}
