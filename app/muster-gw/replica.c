/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing: what has to be right before a gateway may serve. */
#include "replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "batch.h"
#include "lease.h"
#include "replica_private.h"

void
gw_replica_key(const struct gw_replica *r, const char *what, char key[GW_REPLICA_KEY])
{
	snprintf(key, GW_REPLICA_KEY, "muster:%s:%s", r->options.site, what);
}

/** Says why, and frees the reply. */
int
gw_replica_complain(const struct gw_replica *r, struct redisReply *reply)
{
	const char *error = gw_reply_error(reply);

	fprintf(stderr, "muster-gw: redis: %s\n", error != NULL ? error : r->redis.error);
	gw_reply_free(reply);
	return -MST_E_SYSTEM;
}

/** The value of a setting of Redis, or "" where it does not tell. */
static void
setting(struct gw_replica *r, const char *name, char value[128])
{
	struct redisReply *reply = gw_redis_words(&r->redis, "CONFIG", "GET", name, NULL);
	size_t size;
	const uint8_t *text = gw_reply_text(gw_reply_at(reply, 1), &size);

	snprintf(value, 128, "%.*s", (int)size, text != NULL ? (const char *)text : "");
	gw_reply_free(reply);
}

/** Settings that break the promise of docs/durability.md. */
static void
warn(struct gw_replica *r)
{
	char appendonly[128], appendfsync[128], policy[128], memory[128];

	setting(r, "appendonly", appendonly);
	setting(r, "appendfsync", appendfsync);
	setting(r, "maxmemory-policy", policy);
	setting(r, "maxmemory", memory);
	if (appendonly[0] == '\0') {
		fprintf(stderr, "muster-gw: redis: warning: CONFIG GET is refused: what survives "
				"a failure of Redis is unknown\n");
		return;
	}
	if (strcmp(appendonly, "yes") != 0)
		fprintf(stderr,
			"muster-gw: redis: warning: appendonly is '%s': a restart of Redis "
			"loses what came after its last snapshot; set 'appendonly yes'\n",
			appendonly);
	else if (strcmp(appendfsync, "no") == 0)
		fprintf(stderr, "muster-gw: redis: warning: appendfsync is 'no': a power failure "
				"loses up to half a minute; set 'always' or 'everysec'\n");
	if (strcmp(memory, "0") != 0 && strcmp(policy, "noeviction") != 0)
		fprintf(stderr,
			"muster-gw: redis: warning: maxmemory-policy is '%s': Redis throws "
			"state away when it is full; set 'noeviction'\n",
			policy);
}

int
gw_replica_schema_check(struct gw_replica *r)
{
	char key[GW_REPLICA_KEY], version[8];
	struct redisReply *reply;
	uint64_t found;

	gw_replica_key(r, "schema", key);
	snprintf(version, sizeof(version), "%d", GW_REPLICA_SCHEMA);
	reply = gw_redis_words(&r->redis, "SETNX", key, version, NULL);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	gw_reply_free(reply);
	reply = gw_redis_words(&r->redis, "GET", key, NULL);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	found = gw_reply_number(reply);
	gw_reply_free(reply);
	if (found == GW_REPLICA_SCHEMA)
		return 0;
	fprintf(stderr,
		"muster-gw: redis: the state of site '%s' has layout %llu, this muster knows %d; "
		"it is left as it is\n",
		r->options.site, (unsigned long long)found, GW_REPLICA_SCHEMA);
	return -MST_E_RECORD_NEWER;
}

void
gw_replica_schema_put(const struct gw_replica *r, struct mst_resp *commands)
{
	char key[GW_REPLICA_KEY];

	gw_replica_key(r, "schema", key);
	mst_resp_command(commands, 3);
	mst_resp_text(commands, "SET");
	mst_resp_text(commands, key);
	mst_resp_number(commands, GW_REPLICA_SCHEMA);
	gw_replica_key(r, "epoch", key);
	mst_resp_command(commands, 3);
	mst_resp_text(commands, "SET");
	mst_resp_text(commands, key);
	mst_resp_number(commands, r->gw->epoch);
	gw_lease_fence_put(r, commands);
}

/** Puts a record now, in question and answer. */
static int
put_now(struct gw_replica *r, const struct mst_record *record)
{
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_resp command = {0};
	struct redisReply *reply;
	struct mst_place place;
	size_t size;

	mst_record_place(r->options.site, record, &place);
	size = mst_record_encode(&r->seal, &place, record, value);
	mst_resp_command(&command, 4);
	mst_resp_text(&command, "HSET");
	mst_resp_bulk(&command, place.key, place.key_size);
	mst_resp_bulk(&command, place.field, place.field_size);
	mst_resp_bulk(&command, value, size);
	reply = gw_redis_ask(&r->redis, &command);
	mst_resp_fini(&command);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	gw_reply_free(reply);
	return 0;
}

/** One of the records there is one of. Returns 0, -MST_E_NOT_FOUND or another error. */
static int
get_now(struct gw_replica *r, const struct mst_keyring *keys, enum mst_record_type type,
	struct mst_record *record)
{
	const char *field = mst_record_rows[type].field;
	char key[MST_RECORD_KEY_MAX + 1];
	size_t key_size = mst_record_key(r->options.site, type, 0, key), size;
	struct redisReply *reply;
	const uint8_t *value;
	int err = -MST_E_NOT_FOUND;

	key[key_size] = '\0';
	reply = gw_redis_words(&r->redis, "HGET", key, field, NULL);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	value = gw_reply_text(reply, &size);
	if (value != NULL)
		err = mst_record_decode(keys, r->options.site, type, key, key_size, field,
			strlen(field), value, size, record);
	gw_reply_free(reply);
	return err;
}

/** Keys of the site: read, or made by the first gateway. */
static int
take_site_keys(struct gw_replica *r, const struct mst_keyring *keys)
{
	struct mst_record cookie;
	int err = get_now(r, keys, MST_RECORD_SITE, &r->site);

	if (err == -MST_E_NOT_FOUND) {
		memset(&r->site, 0, sizeof(r->site));
		r->site.type = MST_RECORD_SITE;
		memcpy(r->site.site.gid_key, r->gw->gid_key.encrypt[0], sizeof(mst_b16));
		err = put_now(r, &r->site);
	}
	if (err) {
		fprintf(stderr, "muster-gw: redis: keys of site '%s': %s\n", r->options.site,
			mst_err_text(err));
		return err;
	}
	mst_aes_key_init(r->gw->crypto, r->site.site.gid_key, &r->gw->gid_key);
	err = get_now(r, keys, MST_RECORD_COOKIE, &cookie);
	if (err == 0)
		err = gw_set_cookies(r->gw, cookie.cookie.current,
			cookie.cookie.has_previous ? cookie.cookie.previous : NULL);
	else if (err != -MST_E_SYSTEM)
		err = 0; /* devices that are being challenged begin again */
	mst_wipe(&cookie, sizeof(cookie));
	return err;
}

static int
make_run(struct gw_replica *r)
{
	uint8_t id[8];

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return -MST_E_SYSTEM;
	mst_hex_encode(id, sizeof(id), r->run);
	snprintf(r->name, sizeof(r->name), "muster:%s:gateway:%u", r->options.site, r->gw->ind);
	return 0;
}

/** The gateway's own row: whose records are coming, and that none has come yet. */
static int
sign_in(struct gw_replica *r)
{
	struct redisReply *reply;
	char epoch[16], started[24];

	snprintf(epoch, sizeof(epoch), "%u", r->gw->epoch);
	snprintf(started, sizeof(started), "%llu", (unsigned long long)time(NULL));
	reply = gw_redis_words(&r->redis, "HSET", r->name, "run", r->run, "epoch", epoch, "started",
		started, "batch", "0", NULL);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	gw_reply_free(reply);
	return 0;
}

static int
attach_workers(struct gw_replica *r)
{
	int err = mst_port_ring_create(&r->control, sizeof(struct mst_record), 64);

	r->durable.level = r->options.level;
	for (unsigned i = 0; err == 0 && i < r->gw->workers; i++)
		err = gw_recorder_init(r->gw->worker[i], &r->durable, r->options.parked);
	return err;
}

static int
open_all(struct gw_replica *r, struct mst_keyring *keys)
{
	char error[GW_REDIS_ERROR];
	int err = gw_replica_kek_read(&r->kek, r->options.kek, error);

	if (err) {
		fprintf(stderr, "muster-gw: %s\n", error);
		return err;
	}
	err = make_run(r);
	if (err == 0)
		err = gw_lease_hold(r);
	if (err)
		return err;
	/* It may have been exchanged by the gateway that served meanwhile. */
	mst_kek_fini(&r->kek);
	err = gw_replica_kek_read(&r->kek, r->options.kek, error);
	if (err) {
		fprintf(stderr, "muster-gw: %s\n", error);
		return err;
	}
	warn(r);
	err = gw_replica_dek_load(r, keys);
	if (err == 0)
		err = gw_replica_dek_make(r);
	if (err == 0)
		err = take_site_keys(r, keys);
	if (err == 0)
		err = gw_replica_restore(r, keys);
	if (err == 0)
		err = sign_in(r);
	if (err == 0)
		err = attach_workers(r);
	gw_redis_close(&r->lease_link);
	return err;
}

int
gw_replica_open(struct gw_replica **result, struct gw *gw, const struct gw_replica_options *options)
{
	struct gw_replica *r = aligned_alloc(64, (sizeof(*r) + 63) / 64 * 64);
	struct mst_keyring keys = {0};
	int err;

	if (r == NULL)
		return -MST_E_NO_MEMORY;
	memset(r, 0, sizeof(*r));
	r->gw = gw;
	r->options = *options;
	pthread_mutex_init(&r->lock, NULL);
	err = open_all(r, &keys);
	mst_keyring_fini(&keys);
	if (err == 0)
		err = gw_replicator_create(r);
	if (err) {
		gw_replica_close(r);
		return err;
	}
	gw->replica = r;
	gw_replica_cookies(r, (uint32_t)time(NULL));
	*result = r;
	return 0;
}

int
gw_replica_start(struct gw_replica *r)
{
	if (pthread_create(&r->thread, NULL, gw_replicator_main, r) != 0)
		return -MST_E_SYSTEM;
	r->started = true;
	return 0;
}

void
gw_replica_close(struct gw_replica *r)
{
	if (r == NULL)
		return;
	atomic_store(&r->stop, true);
	if (r->started)
		pthread_join(r->thread, NULL);
	if (r->started && !atomic_load(&r->fenced) && atomic_load(&r->durable.up))
		gw_lease_release(r);
	r->gw->replica = NULL;
	gw_replicator_destroy(r);
	mst_port_ring_destroy(r->control);
	gw_redis_close(&r->redis);
	gw_redis_close(&r->lease_link);
	mst_seal_fini(&r->seal);
	mst_kek_fini(&r->kek);
	pthread_mutex_destroy(&r->lock);
	mst_wipe(r, sizeof(*r));
	free(r);
}

void
gw_replica_cookies(struct gw_replica *r, uint32_t now_s)
{
	const struct mst_cookie_keys *keys = &r->gw->cookies->keys;
	struct mst_record record = {.type = MST_RECORD_COOKIE, .op = GW_RECORD_PUT};

	record.cookie.made = now_s;
	record.cookie.has_previous = keys->has_previous;
	memcpy(record.cookie.current, keys->current.encrypt[0], sizeof(mst_b16));
	if (keys->has_previous)
		memcpy(record.cookie.previous, keys->previous.encrypt[0], sizeof(mst_b16));
	mst_port_ring_put_burst_mt(r->control, &record, 1);
	mst_wipe(&record, sizeof(record));
}
