/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What earlier runs left in Redis, into the stores, before the workers start. A record that cannot
 * be loaded is counted and named, and left where it is.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/secret.h"
#include "gw.h"
#include "keeper_private.h"
#include "lease.h"
#include "mail.h"
#include "replica_private.h"

/** Hashes that are asked for ahead of the one being read. */
#define AHEAD 4

struct restore {
	struct gw_replica *r;
	struct gw *gw;
	const struct mst_keyring *keys;
	uint32_t now_s;
	struct timespec begin, told;
	uint64_t records;
};

static double
seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

/** The session index of an IMSI, or MST_NO_PEER. */
static uint32_t
sid_of(const struct gw *gw, uint64_t imsi)
{
	const uint64_t imsis[MST_LANES] = {imsi};
	uint32_t ref[MST_LANES];

	return mst_hss_lookup_bulk(&gw->hss, 1, imsis, ref) != 0 ? gw_sid(gw, ref[0]) : MST_NO_PEER;
}

static struct mst_subs_record *
subscriber(const struct gw *gw, uint32_t sid)
{
	return mst_hss_record(&gw->hss, gw_ref(gw, sid));
}

static int
load_subscriber(struct restore *s, const struct mst_record_subscriber *in)
{
	uint32_t sid = sid_of(s->gw, in->imsi);

	if (sid == MST_NO_PEER)
		return -MST_E_RECORD_FOREIGN;
	mst_subs_set_dif(subscriber(s->gw, sid), in->dif);
	mst_subs_set_barred(subscriber(s->gw, sid), in->barred);
	return 0;
}

static int
fill_state(struct restore *s, const struct mst_record_group *in, struct mst_group_state *state)
{
	memcpy(state->kg, in->kg, sizeof(state->kg));
	memcpy(state->earlier_kg, in->earlier_kg, sizeof(state->earlier_kg));
	state->num = in->num;
	state->made = in->made;
	state->expires = in->expires;
	state->earlier_until = in->earlier_until;
	state->dissolved = in->dissolved;
	state->policy = in->policy;
	if (in->owners > MST_GROUP_OWNERS || !mst_policy_valid(&in->policy))
		return -MST_E_RECORD_MALFORMED;
	for (unsigned i = 0; i < in->owners; i++) {
		uint32_t sid = sid_of(s->gw, in->owner[i]);

		if (sid != MST_NO_PEER)
			state->owner[state->owners++] = sid;
	}
	return 0;
}

static int
load_group(struct restore *s, const struct mst_record_group *in)
{
	struct gw *gw = s->gw;
	struct mst_group g = {
		.gid = in->gid,
		.creator = sid_of(gw, in->creator),
		.created = in->created,
		.keeper = (uint16_t)(in->gid % gw->workers),
	};
	struct mst_group_state *state =
		mst_group_state_get(&gw->worker[g.keeper]->keeper.states, NULL);
	struct mst_group *made;
	int err;

	if (state == NULL)
		return -MST_E_TABLE_FULL;
	memcpy(g.origin, in->origin, sizeof(g.origin));
	err = fill_state(s, in, state);
	if (err == 0)
		err = mst_groups_add_rcu(&gw->groups, &g, state, &made);
	if (err) {
		mst_group_state_put(state);
		return err;
	}
	if (state->owners > 0)
		mst_subs_inc_created(subscriber(gw, state->owner[0]), MST_SUBS_COUNT_MAX);
	if (state->dissolved) { /* its rows were being removed: that goes on */
		gw->kept[made->index].purging = (uint16_t)gw->workers;
		gw_mail_post_all(gw->worker[g.keeper],
			(struct gw_mail){.kind = GW_MAIL_DISSOLVED, .group = made->index});
	}
	return 0;
}

static int
load_session(struct restore *s, const struct mst_record_session *in)
{
	struct gw *gw = s->gw;
	uint32_t sid = sid_of(gw, in->imsi);
	unsigned owner = gw_shard_worker(gw, in->rand[0]) + 1;
	int err;

	if (sid == MST_NO_PEER)
		return -MST_E_RECORD_FOREIGN;
	if (in->ended) {
		mst_session_claim(&gw->sessions, sid, sid % gw->workers + 1);
		gw->sessions.at[sid].expires = in->expires;
		gw->sessions.at[sid].ended = 1;
		return 0;
	}
	if (in->expires <= s->now_s) {
		s->r->expired++;
		return 0;
	}
	if (mst_session_claim(&gw->sessions, sid, owner) != owner)
		return -MST_E_EXISTS;
	err = mst_session_restore(
		&gw->worker[owner - 1]->sessions, sid, in->rand, in->ks_naf, in->expires);
	return err;
}

/** A candidate waits at the group's keeper, too. */
static void
load_candidate(
	struct restore *s, struct mst_group *g, uint32_t sid, const struct mst_record_member *in)
{
	gw_candidate_add(s->gw->worker[g->keeper], g,
		&(struct gw_mail){.kind = GW_MAIL_CANDIDATE,
			.group = g->index,
			.sid = sid,
			.imei = in->imei,
			.when = in->since});
}

static int
load_member(struct restore *s, const struct mst_record_member *in)
{
	struct gw *gw = s->gw;
	struct mst_group *g = mst_groups_find_rcu(&gw->groups, in->gid);
	uint32_t sid = sid_of(gw, in->imsi);
	struct mst_member *m;
	unsigned owner;
	int err;

	if (g == NULL || sid == MST_NO_PEER)
		return -MST_E_RECORD_FOREIGN;
	if (in->standing > MST_EVICTED)
		return -MST_E_RECORD_MALFORMED;
	owner = mst_session_claim(&gw->sessions, sid, sid % gw->workers + 1);
	err = mst_members_add(&gw->worker[owner - 1]->members, g->index, sid,
		(enum mst_standing)in->standing, in->imei, in->since, &m);
	if (err == 0 && in->standing == MST_MEMBER)
		mst_subs_inc_joined(subscriber(gw, sid), MST_SUBS_COUNT_MAX);
	if (err == 0 && in->standing == MST_CANDIDATE)
		load_candidate(s, g, sid, in);
	return err;
}

static int
load(struct restore *s, const struct mst_record *record)
{
	switch ((enum mst_record_type)record->type) {
	case MST_RECORD_SUBSCRIBER:
		return load_subscriber(s, &record->subscriber);
	case MST_RECORD_GROUP:
		return load_group(s, &record->group);
	case MST_RECORD_SESSION:
		return load_session(s, &record->session);
	case MST_RECORD_MEMBER:
		return load_member(s, &record->member);
	default:
		return 0;
	}
}

static void
quarantine(struct gw_replica *r, const char *key, size_t key_size, const char *field,
	size_t field_size, int err)
{
	struct gw_quarantined *q;

	if (r->quarantined++ >= GW_REPLICA_QUARANTINE)
		return;
	q = &r->quarantine[r->quarantined - 1];
	snprintf(q->key, sizeof(q->key), "%.*s", (int)key_size, key);
	snprintf(q->field, sizeof(q->field), "%.*s", (int)field_size, field);
	q->err = err;
	fprintf(stderr, "muster-gw: redis: %s %s is not loaded: %s\n", q->key, q->field,
		mst_err_text(err));
}

static int
take(struct restore *s, enum mst_record_type type, const char *key, size_t key_size,
	const struct redisReply *all, size_t i)
{
	size_t field_size, size;
	const char *field = (const char *)gw_reply_text(gw_reply_at(all, i), &field_size);
	const uint8_t *value = gw_reply_text(gw_reply_at(all, i + 1), &size);
	struct mst_record record;
	int err = -MST_E_RECORD_MALFORMED;

	if (field != NULL && value != NULL)
		err = mst_record_decode(s->keys, s->r->options.site, type, key, key_size, field,
			field_size, value, size, &record);
	if (err == 0)
		err = load(s, &record);
	mst_wipe(&record, sizeof(record));
	if (err == -MST_E_TABLE_FULL || err == -MST_E_NO_MEMORY) {
		fprintf(stderr,
			"muster-gw: redis: there are more %s records than there is room "
			"for: raise limits.groups or limits.memberships\n",
			mst_record_rows[type].name);
		return err;
	}
	if (err)
		quarantine(s->r, key, key_size, field != NULL ? field : "", field_size, err);
	else
		s->r->restored[type]++;
	s->records++;
	return 0;
}

static void
tell_progress(struct restore *s, enum mst_record_type type, unsigned part, unsigned parts)
{
	if (seconds_since(&s->told) < 1.0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &s->told);
	fprintf(stderr, "muster-gw: redis: %llu records, %s %u of %u, %.0f records/s\n",
		(unsigned long long)s->records, mst_record_rows[type].name, part + 1, parts,
		(double)s->records / seconds_since(&s->begin));
}

static int
ask(struct restore *s, enum mst_record_type type, unsigned part)
{
	struct mst_resp command = {0};
	char key[MST_RECORD_KEY_MAX];
	size_t size = mst_record_key(s->r->options.site, type, part, key);
	int err;

	mst_resp_command(&command, 2);
	mst_resp_text(&command, "HGETALL");
	mst_resp_bulk(&command, key, size);
	err = gw_redis_send(&s->r->redis, &command);
	mst_resp_fini(&command);
	return err;
}

static int
load_type(struct restore *s, enum mst_record_type type)
{
	unsigned parts = mst_record_rows[type].spread, asked = 0;
	int err = 0;

	for (unsigned part = 0; err == 0 && part < parts; part++) {
		char key[MST_RECORD_KEY_MAX];
		size_t key_size = mst_record_key(s->r->options.site, type, part, key);
		struct redisReply *all;

		for (; err == 0 && asked < parts && asked <= part + AHEAD; asked++)
			err = ask(s, type, asked);
		all = err == 0 ? gw_redis_wait(&s->r->redis) : NULL;
		if (all == NULL || gw_reply_error(all) != NULL) {
			fprintf(stderr, "muster-gw: redis: %s\n",
				all != NULL ? gw_reply_error(all) : s->r->redis.error);
			err = -MST_E_SYSTEM;
		}
		for (size_t i = 0; err == 0 && i + 1 < gw_reply_count(all); i += 2)
			err = take(s, type, key, key_size, all, i);
		gw_reply_free(all);
		if (err == 0)
			err = gw_lease_keep(s->r);
		tell_progress(s, type, part, parts);
	}
	return err;
}

int
gw_replica_restore(struct gw_replica *r, const struct mst_keyring *keys)
{
	struct restore s = {.r = r, .gw = r->gw, .keys = keys, .now_s = (uint32_t)time(NULL)};
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &s.begin);
	s.told = s.begin;
	for (int type = MST_RECORD_SUBSCRIBER; err == 0 && type < MST_RECORD_TYPES; type++)
		err = load_type(&s, (enum mst_record_type)type);
	if (err)
		return err;
	fprintf(stderr,
		"muster-gw: redis: %llu sessions, %llu groups, %llu memberships restored in %.1f "
		"s, %llu sessions expired, %llu records not loaded\n",
		(unsigned long long)(r->restored[MST_RECORD_SESSION] - r->expired),
		(unsigned long long)r->restored[MST_RECORD_GROUP],
		(unsigned long long)r->restored[MST_RECORD_MEMBER], seconds_since(&s.begin),
		(unsigned long long)r->expired, (unsigned long long)r->quarantined);
	return 0;
}
