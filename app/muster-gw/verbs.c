/* SPDX-License-Identifier: BSD-3-Clause */
/* status, stats, session show. */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "verbs_group.h"
#include "verbs_json.h"
#include "verbs_replica.h"

static json_int_t
sum(const struct gw *gw, uint32_t (*count)(const struct gw_worker *))
{
	json_int_t total = 0;

	for (unsigned i = 0; i < gw->workers; i++)
		total += count(gw->worker[i]);
	return total;
}

static uint32_t
count_sessions(const struct gw_worker *w)
{
	return mst_session_count(&w->sessions);
}

static uint32_t
count_members(const struct gw_worker *w)
{
	return mst_members_count(&w->members);
}

int64_t
gw_resident_memory(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[128] = "", *resident;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	strtoll(line, &resident, 10); /* the first number is the address space */
	return strtoll(resident, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static json_t *
memory_row(const struct gw *gw)
{
	json_int_t subscribers = 0, sessions = (json_int_t)mst_sessions_memory(&gw->sessions);
	json_int_t members = 0;

	for (unsigned h = 0; h < gw->hss.count; h++)
		subscribers += (json_int_t)mst_subs_memory(gw->hss.store[h]);
	for (unsigned i = 0; i < gw->workers; i++) {
		sessions += (json_int_t)mst_session_index_memory(&gw->worker[i]->sessions);
		members += (json_int_t)mst_members_memory(&gw->worker[i]->members);
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "subscribers", subscribers, "sessions",
		sessions, "memberships", members, "groups",
		(json_int_t)mst_groups_memory(&gw->groups), "resident",
		(json_int_t)gw_resident_memory());
}

static void
on_status(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct gw *gw = u->gw;

	(void)args;
	mst_ctl_reply_row(reply,
		json_pack("{s:s, s:i, s:I, s:s, s:b, s:i, s:s, s:I, s:I, s:I, s:I, s:o}", "version",
			GW_VERSION, "pid", (int)getpid(), "uptime_s",
			(json_int_t)(time(NULL) - u->started), "port", mst_port_name(gw->port),
			"link", mst_port_link_up(gw->port), "workers", (int)gw->workers, "crypto",
			mst_crypto_name(gw->crypto), "subscribers", (json_int_t)gw->subscribers,
			"sessions", sum(gw, count_sessions), "groups",
			(json_int_t)mst_groups_count(&gw->groups), "memberships",
			sum(gw, count_members), "memory_octets", memory_row(gw)));
	mst_ctl_reply_done(reply);
}

static uint64_t
load(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static json_t *
outcomes(const struct gw *gw)
{
	json_t *row = json_object();

	for (unsigned o = 0; o < GW_OUTCOME_COUNT; o++) {
		uint64_t total = 0;

		for (unsigned i = 0; i < gw->workers; i++)
			total += load(&gw->worker[i]->counters.outcome[o]);
		json_object_set_new(row, gw_outcome_name(o), json_integer((json_int_t)total));
	}
	return row;
}

static json_t *
drops(const struct gw *gw)
{
	json_t *row = json_object();

	for (int e = 1; e < MST_E_COUNT; e++) {
		uint64_t total = 0;

		for (unsigned i = 0; i < gw->workers; i++)
			total += load(&gw->worker[i]->counters.drop[e]);
		if (total > 0)
			json_object_set_new(row, mst_err_name(e), json_integer((json_int_t)total));
	}
	return row;
}

static json_t *
stages(const struct gw *gw)
{
	json_t *row = json_object();

	for (unsigned s = 0; s < GW_STAGE_COUNT; s++) {
		uint64_t lanes = 0, cycles = 0;

		for (unsigned i = 0; i < gw->workers; i++) {
			lanes += load(&gw->worker[i]->counters.stage_lanes[s]);
			cycles += load(&gw->worker[i]->counters.stage_cycles[s]);
		}
		json_object_set_new(row, gw_stage_name(s),
			json_pack("{s:I, s:I}", "lanes", (json_int_t)lanes, "cycles",
				(json_int_t)cycles));
	}
	return row;
}

static json_t *
worker_row(const struct gw_worker *w)
{
	const struct gw_counters *c = &w->counters;

	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I}", "worker", (int)w->index, "loops",
		(json_int_t)load(&c->loops), "busy_loops", (json_int_t)load(&c->busy_loops),
		"busy_cycles", (json_int_t)load(&c->busy_cycles), "longest_loop_us",
		(json_int_t)(load(&c->longest_cycles) * 1000000 / mst_port_tsc_hz()), "cycles",
		(json_int_t)(load(&c->now_tsc) - load(&c->start_tsc)));
}

static json_t *
port_row(struct gw *gw)
{
	struct mst_port_stats s;

	mst_port_stats_get(gw->port, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rx_frames",
		(json_int_t)s.rx_frames, "tx_frames", (json_int_t)s.tx_frames, "rx_missed",
		(json_int_t)s.rx_missed, "rx_no_buffer", (json_int_t)s.rx_no_buffer, "rx_errors",
		(json_int_t)s.rx_errors, "rx_chained", (json_int_t)s.rx_chained, "tx_errors",
		(json_int_t)s.tx_errors, "buffers_free", (json_int_t)s.buffers_free);
}

static void
on_stats(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct gw *gw = u->gw;
	json_t *workers = json_array();

	(void)args;
	for (unsigned i = 0; i < gw->workers; i++)
		json_array_append_new(workers, worker_row(gw->worker[i]));
	mst_ctl_reply_row(
		reply, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:I}", "tsc_hz",
			       (json_int_t)mst_port_tsc_hz(), "outcomes", outcomes(gw), "drops",
			       drops(gw), "stages", stages(gw), "workers", workers, "port",
			       port_row(gw), "resident_octets", (json_int_t)gw_resident_memory()));
	mst_ctl_reply_done(reply);
}

/** A question for a session, by IMSI or by RAND. */
struct session_ask {
	struct gw_ask ask; /* first */
	uint32_t sid;
	bool by_rand;
	bool found;
	mst_b16 rand;
	struct mst_session session;
};

static void
find_session(struct gw_worker *w, struct gw_ask *ask)
{
	static const mst_b16 none;
	struct session_ask *s = (struct session_ask *)ask;
	const struct mst_session *at;

	if (s->by_rand && !mst_session_find(&w->sessions, s->rand, &s->sid))
		return;
	at = &w->gw->sessions.at[s->sid];
	if ((memcmp(at->rand, s->by_rand ? s->rand : none, sizeof(none)) == 0) != s->by_rand)
		return;
	s->found = true;
	memcpy(s->session.rand, at->rand, sizeof(s->session.rand));
	s->session.window = at->window;
	s->session.expires = at->expires;
	s->session.counter = at->counter;
}

static json_t *
session_row(struct gw *gw, unsigned worker, const struct session_ask *s)
{
	uint32_t ref = gw_ref(gw, s->sid);
	char btid[MST_BTID_SIZE_MAX];
	size_t size = mst_btid_build(s->session.rand, gw->bsf_fqdn, gw->bsf_fqdn_size, btid);

	return json_pack("{s:o, s:o, s:s, s:o, s:i, s:I, s:i, s:i}", "imsi",
		gw_json_imsi(gw, s->sid), "btid", json_stringn(btid, size), "gba",
		mst_hss_profile(&gw->hss, ref)->gba_type == MST_GBA_U ? "gba_u" : "gba", "expires",
		gw_json_time(s->session.expires), "worker", (int)worker, "highest_piv",
		s->session.window.bitmap != 0 ? (json_int_t)s->session.window.highest : -1,
		"answers", (int)s->session.counter, "groups",
		(int)mst_subs_state_joined(mst_subs_state(mst_hss_record(&gw->hss, ref))));
}

/** Reads "session" of args, an IMSI or a B-TID. Returns 0 or a negative error. */
static int
name_session(struct gw *gw, const json_t *args, struct session_ask *s)
{
	const json_t *name = json_object_get(args, "session");
	const char *text = json_string_value(name), *bsf;
	size_t size = json_string_length(name), bsf_size;
	uint64_t imsi;
	uint32_t ref;

	if (text == NULL)
		return -MST_E_ARGUMENT;
	if (mst_btid_parse(text, size, s->rand, &bsf, &bsf_size) == 0) {
		s->by_rand = true;
		return 0;
	}
	if (mst_imsi_encode(text, size, &imsi))
		return -MST_E_IDENTITY;
	if (!mst_hss_lookup_bulk(&gw->hss, 1, &imsi, &ref))
		return -MST_E_NOT_FOUND;
	s->sid = gw_sid(gw, ref);
	return 0;
}

static void
on_session_show(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_verbs_user *u = user;
	struct gw *gw = u->gw;
	struct session_ask s = {.ask.run = find_session};
	unsigned owner;
	int err = name_session(gw, args, &s);

	if (err) {
		mst_ctl_reply_error(reply, err, NULL);
		return;
	}
	owner = s.by_rand ? gw_shard_worker(gw, s.rand[0]) + 1
			  : mst_session_owner(&gw->sessions, s.sid);
	if (owner != MST_SESSION_NOBODY)
		gw_ask(gw, owner - 1, &s.ask);
	if (!s.found) {
		mst_ctl_reply_error(reply, MST_E_NOT_FOUND, "no such session");
		return;
	}
	mst_ctl_reply_row(reply, session_row(gw, owner - 1, &s));
	mst_ctl_reply_done(reply);
}

const struct mst_ctl_verb gw_verbs[] = {
	{"status", on_status},
	{"stats", on_stats},
	{"group list", gw_verb_group_list},
	{"group show", gw_verb_group_show},
	{"group members", gw_verb_group_members},
	{"group export", gw_verb_group_export},
	{"group create", gw_verb_group_create},
	{"group dissolve", gw_verb_group_dissolve},
	{"group policy", gw_verb_group_policy},
	{"group pending", gw_verb_group_pending},
	{"group approve", gw_verb_group_approve},
	{"group deny", gw_verb_group_deny},
	{"group evict", gw_verb_group_evict},
	{"group rekey", gw_verb_group_rekey},
	{"group transfer", gw_verb_group_transfer},
	{"subscriber show", gw_verb_subscriber_show},
	{"subscriber bar", gw_verb_subscriber_bar},
	{"subscriber unbar", gw_verb_subscriber_unbar},
	{"session show", on_session_show},
	{"replica status", gw_verb_replica_status},
	{"replica verify", gw_verb_replica_verify},
	{"kek rotate", gw_verb_kek_rotate},
};
const size_t gw_verb_count = sizeof(gw_verbs) / sizeof(gw_verbs[0]);
