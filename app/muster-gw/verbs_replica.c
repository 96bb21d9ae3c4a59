/* SPDX-License-Identifier: BSD-3-Clause */
/* replica status, replica verify, kek rotate. */
#include "verbs_replica.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "gw.h"
#include "replica.h"
#include "verbs.h"

/** The verification that a client waits for; there is one at a time. */
static struct {
	struct mst_ctl_reply *reply;
	uint32_t walk;
} verification;

static struct gw_replica *
replica_of(void *user, struct mst_ctl_reply *reply)
{
	struct gw_verbs_user *u = user;

	if (u->gw->replica == NULL)
		mst_ctl_reply_error(reply, MST_E_NOT_FOUND,
			"this gateway keeps its state in memory alone: its configuration has no "
			"section redis, or durability: none");
	return u->gw->replica;
}

static json_int_t
load(const _Atomic uint64_t *counter)
{
	return (json_int_t)atomic_load_explicit(counter, memory_order_relaxed);
}

static json_int_t
sum_parked(const struct gw *gw)
{
	json_int_t sum = 0;

	for (unsigned i = 0; i < gw->workers; i++)
		sum += gw->worker[i]->recorder.park_count;
	return sum;
}

static json_int_t
sum_waiting(const struct gw *gw)
{
	json_int_t sum = 0;

	for (unsigned i = 0; i < gw->workers; i++)
		sum += mst_port_ring_count(gw->worker[i]->recorder.ring);
	return sum;
}

static json_t *
quarantine_rows(const struct gw_replica *r)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < r->quarantined && i < GW_REPLICA_QUARANTINE; i++)
		json_array_append_new(
			rows, json_pack("{s:s, s:s, s:s}", "key", r->quarantine[i].key, "field",
				      r->quarantine[i].field, "reason",
				      mst_err_name(-r->quarantine[i].err)));
	return rows;
}

static json_t *
restored_row(const struct gw_replica *r)
{
	json_t *row = json_object();

	for (unsigned t = MST_RECORD_SUBSCRIBER; t < MST_RECORD_TYPES; t++)
		json_object_set_new(
			row, mst_record_rows[t].name, json_integer((json_int_t)r->restored[t]));
	json_object_set_new(row, "expired", json_integer((json_int_t)r->expired));
	return row;
}

void
gw_verb_replica_status(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	static const char *const levels[] = {"ack", "async", "none"};
	struct gw_replica *r = replica_of(user, reply);
	char kek[2 * MST_KEK_ID + 1], error[GW_REDIS_ERROR];
	const struct gw_replica_counters *c;
	json_t *row;

	(void)args;
	if (r == NULL)
		return;
	c = &r->counters;
	pthread_mutex_lock(&r->lock);
	mst_hex_encode(r->kek.id, sizeof(r->kek.id), kek);
	memcpy(error, r->error, sizeof(error));
	pthread_mutex_unlock(&r->lock);
	row = json_pack("{s:s, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			"s:I, s:I, s:I, s:o, s:I, s:o}",
		"durability", levels[r->options.level], "site", r->options.site, "up",
		(int)atomic_load(&r->durable.up), "error", error, "kek", kek, "epoch",
		(json_int_t)r->gw->epoch, "records", load(&c->records), "batches",
		load(&c->batches), "octets", load(&c->octets), "waiting", sum_waiting(r->gw),
		"in_flight", load(&c->in_flight), "parked", sum_parked(r->gw), "lag_us",
		load(&c->lag_us), "lag_max_us", load(&c->lag_max_us), "outages", load(&c->outages),
		"resent", load(&c->resent), "mended", load(&c->mended), "restored", restored_row(r),
		"quarantined", (json_int_t)r->quarantined, "quarantine", quarantine_rows(r));
	mst_ctl_reply_row(reply, row);
	mst_ctl_reply_done(reply);
}

void
gw_verb_replica_verify(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_replica *r = replica_of(user, reply);

	(void)args;
	if (r == NULL)
		return;
	if (verification.reply != NULL) {
		mst_ctl_reply_error(reply, MST_E_BUSY, "another verification is under way");
		return;
	}
	verification.reply = reply;
	verification.walk = atomic_fetch_add(&r->verify, 1) + 1;
}

bool
gw_verbs_replica_tend(struct gw *gw)
{
	struct mst_ctl_reply *reply = verification.reply;
	struct gw_replica *r = gw->replica;
	json_int_t missing, stale;

	if (reply == NULL)
		return false;
	if (atomic_load_explicit(&r->counters.walks_done, memory_order_acquire) !=
		verification.walk)
		return true;
	verification.reply = NULL;
	missing = load(&r->counters.missing);
	stale = load(&r->counters.stale);
	mst_ctl_reply_row(
		reply, json_pack("{s:I, s:I, s:I, s:I}", "checked", load(&r->counters.checked),
			       "missing", missing, "stale", stale, "differences", missing + stale));
	mst_ctl_reply_done(reply);
	return false;
}

void
gw_verb_kek_rotate(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	struct gw_replica *r = replica_of(user, reply);
	const char *file = json_string_value(json_object_get(args, "file"));
	char error[GW_REDIS_ERROR] = "", kek[2 * MST_KEK_ID + 1];
	int err;

	if (r == NULL)
		return;
	if (file == NULL) {
		mst_ctl_reply_error(reply, MST_E_ARGUMENT, "needs the file of the new key");
		return;
	}
	err = gw_replica_rotate(r, file, error);
	if (err) {
		mst_ctl_reply_error(reply, err, error);
		return;
	}
	mst_hex_encode(r->kek.id, sizeof(r->kek.id), kek);
	mst_ctl_reply_row(reply, json_pack("{s:s, s:s}", "kek", kek, "next",
					 "name the new file as redis.kek in the configuration "
					 "before the next start"));
	mst_ctl_reply_done(reply);
}
