/* SPDX-License-Identifier: BSD-3-Clause */
/* The operator's key-encryption key, and data keys in Redis. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "gw.h"
#include "replica_private.h"

#define KEK_TEXT 64 /* hexadecimal digits of a KEK */

static int
key_of_text(const uint8_t *data, ssize_t size, mst_b32 key)
{
	while (size > KEK_TEXT && (data[size - 1] == '\n' || data[size - 1] == '\r'))
		size--;
	if (size == sizeof(mst_b32)) {
		memcpy(key, data, sizeof(mst_b32));
		return 0;
	}
	return size == KEK_TEXT ? mst_hex_decode((const char *)data, KEK_TEXT, key, sizeof(mst_b32))
				: -MST_E_ARGUMENT;
}

int
gw_replica_kek_read(struct mst_kek *kek, const char *file, char error[GW_REDIS_ERROR])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err;
	uint8_t data[KEK_TEXT + 8];
	struct stat st;
	ssize_t size;
	mst_b32 key;

	if (fd < 0 || fstat(fd, &st) != 0) {
		snprintf(error, GW_REDIS_ERROR, "cannot read the key-encryption key %s: %s", file,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -MST_E_FILE;
	}
	size = read(fd, data, sizeof(data));
	close(fd);
	err = key_of_text(data, size, key);
	mst_wipe(data, sizeof(data));
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		snprintf(error, GW_REDIS_ERROR, "others can read %s: chmod 600 it", file);
		err = -MST_E_FILE;
	} else if (err) {
		snprintf(error, GW_REDIS_ERROR,
			"%s does not hold 32 octets or 64 hexadecimal digits: make one with 'head "
			"-c 32 /dev/urandom'",
			file);
	} else {
		err = mst_kek_init(kek, key);
		if (err)
			snprintf(error, GW_REDIS_ERROR, "%s", mst_err_text(err));
	}
	mst_wipe(key, sizeof(key));
	return err;
}

/** "1 kek=ID made=TIME sealed=", which the wrapped key follows. Returns its size. */
static size_t
write_columns(const struct mst_kek *kek, uint32_t made, char *out)
{
	char id[2 * MST_KEK_ID + 1];

	mst_hex_encode(kek->id, MST_KEK_ID, id);
	return (size_t)snprintf(out, GW_REPLICA_DEK_VALUE, "1 kek=%s made=%u sealed=", id, made);
}

/** What binds a wrapped key to its place: key || 0 || field || 0 || columns. */
static size_t
make_aad(const char *key, uint32_t id, const void *columns, size_t size, uint8_t *aad)
{
	int n = snprintf((char *)aad, GW_REPLICA_KEY + 16, "%s%c%08x%c", key, 0, id, 0);

	memcpy(aad + n, columns, size);
	return (size_t)n + size;
}

static size_t
wrap(const struct gw_replica *r, struct mst_kek *kek, uint32_t id, uint32_t made, const mst_b32 key,
	uint8_t value[GW_REPLICA_DEK_VALUE])
{
	uint8_t aad[GW_REPLICA_KEY + GW_REPLICA_DEK_VALUE + 16], nonce[MST_GCM_NONCE];
	char name[GW_REPLICA_KEY];
	size_t columns = write_columns(kek, made, (char *)value), size;

	gw_replica_key(r, "dek", name);
	size = make_aad(name, id, value, columns, aad);
	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return 0;
	mst_kek_wrap(kek, nonce, aad, size, key, value + columns);
	return columns + MST_WRAPPED;
}

/** Opens a wrapped key of a field. Returns 0 or a negative error. */
static int
unwrap(const struct gw_replica *r, struct mst_kek *kek, const uint8_t *field, size_t field_size,
	const uint8_t *value, size_t size, uint32_t *id, mst_b32 key)
{
	uint8_t aad[GW_REPLICA_KEY + GW_REPLICA_DEK_VALUE + 16], raw[MST_DEK_ID];
	char name[GW_REPLICA_KEY], kek_id[2 * MST_KEK_ID + 1];
	size_t columns, aad_size;

	if (size <= MST_WRAPPED || size > GW_REPLICA_DEK_VALUE ||
		mst_hex_decode((const char *)field, field_size, raw, sizeof(raw)))
		return -MST_E_RECORD_MALFORMED;
	columns = size - MST_WRAPPED;
	mst_hex_encode(kek->id, MST_KEK_ID, kek_id);
	if (columns < 14 || memcmp(value, "1 kek=", 6) != 0)
		return -MST_E_RECORD_MALFORMED;
	if (memcmp(value + 6, kek_id, 2 * MST_KEK_ID) != 0)
		return -MST_E_RECORD_KEY;
	*id = mst_get_be32(raw);
	gw_replica_key(r, "dek", name);
	aad_size = make_aad(name, *id, value, columns, aad);
	return mst_kek_unwrap(kek, aad, aad_size, value + columns, key) ? 0 : -MST_E_RECORD_TAG;
}

static uint32_t
made_of(const uint8_t *value, size_t size)
{
	const uint8_t *at = memmem(value, size, "made=", 5);
	uint32_t made = 0;

	for (at = at != NULL ? at + 5 : NULL; at != NULL && *at >= '0' && *at <= '9'; at++)
		made = made * 10 + (uint32_t)(*at - '0');
	return made;
}

static int
load_one(struct gw_replica *r, struct mst_kek *old, struct mst_keyring *keys,
	const struct redisReply *all, size_t i)
{
	size_t field_size, size;
	const uint8_t *field = gw_reply_text(gw_reply_at(all, i), &field_size);
	const uint8_t *value = gw_reply_text(gw_reply_at(all, i + 1), &size);
	mst_b32 key;
	uint32_t id;
	int err;

	if (field == NULL || value == NULL)
		return -MST_E_RECORD_MALFORMED;
	err = unwrap(r, &r->kek, field, field_size, value, size, &id, key);
	if (err == -MST_E_RECORD_KEY && old->gcm != NULL)
		err = unwrap(r, old, field, field_size, value, size, &id, key);
	if (err == 0)
		err = mst_keyring_add(keys, id, key);
	mst_wipe(key, sizeof(key));
	return err;
}

int
gw_replica_dek_load(struct gw_replica *r, struct mst_keyring *keys)
{
	char name[GW_REPLICA_KEY], error[GW_REDIS_ERROR];
	struct redisReply *all;
	struct mst_kek old = {0};
	size_t bad = 0;
	int err = 0;

	gw_replica_key(r, "dek", name);
	all = gw_redis_words(&r->redis, "HGETALL", name, NULL);
	if (all == NULL || gw_reply_error(all) != NULL) {
		fprintf(stderr, "muster-gw: redis: %s\n",
			all != NULL ? gw_reply_error(all) : r->redis.error);
		gw_reply_free(all);
		return -MST_E_SYSTEM;
	}
	if (r->options.kek_old != NULL)
		err = gw_replica_kek_read(&old, r->options.kek_old, error);
	if (err)
		fprintf(stderr, "muster-gw: %s\n", error);
	for (size_t i = 0; err == 0 && i + 1 < gw_reply_count(all); i += 2)
		if (load_one(r, &old, keys, all, i))
			bad++;
	if (bad > 0 && keys->count == 0 && err == 0) {
		fprintf(stderr,
			"muster-gw: redis: none of the %zu data keys opens with %s: it is not the "
			"key-encryption key of site '%s'\n",
			bad, r->options.kek, r->options.site);
		err = -MST_E_RECORD_KEY;
	} else if (bad > 0 && err == 0) {
		fprintf(stderr,
			"muster-gw: redis: %zu data keys do not open; their records are left as "
			"they are\n",
			bad);
	}
	mst_kek_fini(&old);
	gw_reply_free(all);
	return err;
}

void
gw_replica_dek_put(struct gw_replica *r, struct mst_resp *commands)
{
	char name[GW_REPLICA_KEY], field[2 * MST_DEK_ID + 1];

	gw_replica_key(r, "dek", name);
	snprintf(field, sizeof(field), "%08x", r->dek_id);
	pthread_mutex_lock(&r->lock);
	mst_resp_command(commands, 4);
	mst_resp_text(commands, "HSET");
	mst_resp_text(commands, name);
	mst_resp_text(commands, field);
	mst_resp_bulk(commands, r->dek_value, r->dek_size);
	pthread_mutex_unlock(&r->lock);
}

int
gw_replica_dek_make(struct gw_replica *r)
{
	struct mst_resp command = {0};
	struct redisReply *reply;
	mst_b32 key;
	int err = 0;

	if (getrandom(key, sizeof(key), 0) != sizeof(key) ||
		getrandom(&r->dek_id, sizeof(r->dek_id), 0) != sizeof(r->dek_id))
		return -MST_E_SYSTEM;
	r->dek_size = wrap(r, &r->kek, r->dek_id, (uint32_t)time(NULL), key, r->dek_value);
	if (r->dek_size == 0)
		err = -MST_E_SYSTEM;
	if (err == 0)
		err = mst_seal_init(&r->seal, NULL, r->dek_id, key);
	mst_wipe(key, sizeof(key));
	if (err)
		return err;
	gw_replica_dek_put(r, &command);
	reply = gw_redis_ask(&r->redis, &command);
	if (reply == NULL || gw_reply_error(reply) != NULL) {
		fprintf(stderr, "muster-gw: redis: %s\n",
			reply != NULL ? gw_reply_error(reply) : r->redis.error);
		err = -MST_E_SYSTEM;
	}
	gw_reply_free(reply);
	mst_resp_fini(&command);
	return err;
}

/** Wraps one field anew. */
static int
rewrap(struct gw_replica *r, struct mst_kek *fresh, const struct redisReply *all, size_t i,
	struct mst_resp *commands)
{
	size_t field_size, size;
	const uint8_t *field = gw_reply_text(gw_reply_at(all, i), &field_size);
	const uint8_t *value = gw_reply_text(gw_reply_at(all, i + 1), &size);
	uint8_t wrapped[GW_REPLICA_DEK_VALUE];
	char name[GW_REPLICA_KEY];
	mst_b32 key;
	uint32_t id;
	int err = -MST_E_RECORD_MALFORMED;

	if (field != NULL && value != NULL)
		err = unwrap(r, &r->kek, field, field_size, value, size, &id, key);
	if (err)
		return err;
	size = wrap(r, fresh, id, made_of(value, size), key, wrapped);
	mst_wipe(key, sizeof(key));
	if (size == 0)
		return -MST_E_SYSTEM;
	gw_replica_key(r, "dek", name);
	mst_resp_command(commands, 4);
	mst_resp_text(commands, "HSET");
	mst_resp_text(commands, name);
	mst_resp_bulk(commands, field, field_size);
	mst_resp_bulk(commands, wrapped, size);
	if (id == r->dek_id) {
		memcpy(r->dek_value, wrapped, size);
		r->dek_size = size;
	}
	return 0;
}

/** All data keys in one step: Redis has all under the one KEK or all under the other. */
static int
rewrap_all(struct gw_replica *r, struct gw_redis *redis, struct mst_kek *fresh,
	char error[GW_REDIS_ERROR])
{
	char name[GW_REPLICA_KEY];
	struct mst_resp commands = {0};
	struct redisReply *all, *reply;
	int err = 0;

	gw_replica_key(r, "dek", name);
	all = gw_redis_words(redis, "HGETALL", name, NULL);
	mst_resp_command(&commands, 1);
	mst_resp_text(&commands, "MULTI");
	for (size_t i = 0; i + 1 < gw_reply_count(all); i += 2) {
		err = rewrap(r, fresh, all, i, &commands);
		if (err == -MST_E_RECORD_KEY)
			err = 0; /* of a KEK that is gone already */
		else if (err)
			break;
	}
	mst_resp_command(&commands, 1);
	mst_resp_text(&commands, "EXEC");
	if (all == NULL)
		err = -MST_E_SYSTEM;
	if (err == 0)
		err = gw_redis_send(redis, &commands);
	for (unsigned i = 0; err == 0 && i < commands.commands; i++) {
		reply = gw_redis_wait(redis);
		if (reply == NULL || gw_reply_error(reply) != NULL)
			err = -MST_E_SYSTEM;
		if (gw_reply_error(reply) != NULL)
			snprintf(redis->error, sizeof(redis->error), "%s", gw_reply_error(reply));
		gw_reply_free(reply);
	}
	if (err)
		snprintf(error, GW_REDIS_ERROR, "%s",
			err == -MST_E_SYSTEM ? redis->error : mst_err_text(err));
	gw_reply_free(all);
	mst_resp_fini(&commands);
	return err;
}

int
gw_replica_rotate(struct gw_replica *r, const char *file, char error[GW_REDIS_ERROR])
{
	struct gw_redis redis = {0};
	struct mst_kek fresh = {0};
	uint8_t dek_value[GW_REPLICA_DEK_VALUE];
	size_t dek_size = r->dek_size;
	int err = gw_replica_kek_read(&fresh, file, error);

	if (err)
		return err;
	err = gw_redis_open(&redis, &r->options.redis);
	if (err)
		snprintf(error, GW_REDIS_ERROR, "%s", redis.error);
	pthread_mutex_lock(&r->lock);
	memcpy(dek_value, r->dek_value, sizeof(dek_value));
	if (err == 0)
		err = rewrap_all(r, &redis, &fresh, error);
	if (err) {
		memcpy(r->dek_value, dek_value, sizeof(dek_value));
		r->dek_size = dek_size;
	} else {
		struct mst_kek old = r->kek;

		r->kek = fresh;
		fresh = old;
	}
	pthread_mutex_unlock(&r->lock);
	mst_kek_fini(&fresh);
	gw_redis_close(&redis);
	return err;
}
