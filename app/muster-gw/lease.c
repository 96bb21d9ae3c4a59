/* SPDX-License-Identifier: BSD-3-Clause */
#include "lease.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "gw.h"
#include "replica_private.h"
#include "replicator.h"

/** Epochs begin at this many minutes since 2020: what Redis forgets, the clock does not. */
#define EPOCH_ORIGIN_S 1577836800u
#define EPOCH_MAX      0xffffffu

#define LOOK_US   100000  /* between two looks while standing by */
#define SETTLE_US 200000  /* what the holder has sent already may keep a lease that ran out */
#define RETURN_US 2000000 /* a gateway that lost Redis tries again at least so often */
#define ALONE     20      /* looks for a connection that a killed gateway left */
#define NOBODY    UINT32_MAX

/** The lease is taken if it is free or held as ARGV[1] says, and the fence is below ARGV[3]. */
static const char take_script[] =
	"local held = redis.call('GET', KEYS[1]) or ''\n"
	"local fence = redis.call('GET', KEYS[2]) or '0'\n"
	"if held ~= '' and held ~= ARGV[1] then return 0 end\n"
	"if tonumber(string.match(fence, '^%d+')) >= tonumber(ARGV[3]) then return 0 end\n"
	"redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[5])\n"
	"redis.call('SET', KEYS[2], ARGV[3] .. ' ' .. ARGV[4])\n"
	"return 1\n";
/** A gateway comes back: 1 if the fence is its own, 2 if Redis has an older one, 0: too late. */
static const char resume_script[] = "local fence = redis.call('GET', KEYS[2]) or '0'\n"
				    "fence = tonumber(string.match(fence, '^%d+'))\n"
				    "if fence > tonumber(ARGV[2]) then return 0 end\n"
				    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])\n"
				    "redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3])\n"
				    "return fence == tonumber(ARGV[2]) and 1 or 2\n";
static const char release_script[] =
	"if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end\n"
	"return 1\n";

/** What a look at Redis showed. */
struct look {
	char lease[64];   /* "" while it is free */
	uint32_t holder;  /* IND of the lease, or NOBODY */
	uint32_t last;    /* IND of the fence, or NOBODY */
	uint64_t epoch;   /* the highest that is known */
	bool restarted;   /* Redis, lately: a gateway may be on its way back */
	bool emptied;     /* no epoch is known, but a gateway is connected */
	uint64_t free_us; /* since when the lease has been free; 0: it is held */
	uint64_t linked_us;
	bool stood_by;
	bool tried; /* to take over: who was faster ends the connection */
};

/** Whether a signal waits that the control thread takes as the end. */
static bool
asked_to_stop(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM));
}

/** How long a gateway that lost Redis may take to come back to it. */
static uint64_t
grace_us(const struct gw_replica *r)
{
	return 1000ULL * (2 * r->options.lease_ms + r->options.redis.timeout_ms) + RETURN_US;
}

/** Redis may still be starting: tries for `patience_s`, or, if there is no end to it, for ever. */
static int
connect(struct gw_replica *r, bool patient)
{
	time_t end = time(NULL) + r->options.patience_s;
	bool told = false;

	while (gw_redis_open(&r->redis, &r->options.redis) != 0) {
		if (asked_to_stop())
			return -MST_E_BUSY;
		if (!patient && time(NULL) >= end) {
			fprintf(stderr, "muster-gw: redis: %s\n", r->redis.error);
			return -MST_E_SYSTEM;
		}
		if (!told)
			fprintf(stderr, "muster-gw: waiting for redis: %s\n", r->redis.error);
		told = true;
		if (r->options.waiting != NULL)
			r->options.waiting();
		usleep(2 * LOOK_US);
	}
	return 0;
}

static void
lease_value(const struct gw_replica *r, char value[64])
{
	snprintf(value, 64, "%u %s", r->gw->ind, r->run);
}

static int
name_connection(const struct gw_replica *r, struct gw_redis *redis, const char *role)
{
	char name[96];
	struct redisReply *reply;
	int err;

	snprintf(name, sizeof(name), "%s:%s:%u", role, r->options.site, r->gw->ind);
	reply = gw_redis_words(redis, "CLIENT", "SETNAME", name, NULL);
	err = reply == NULL || gw_reply_error(reply) != NULL ? -MST_E_SYSTEM : 0;
	if (gw_reply_error(reply) != NULL)
		snprintf(redis->error, sizeof(redis->error), "%s", gw_reply_error(reply));
	gw_reply_free(reply);
	return err;
}

/** Whether a connection is open whose name begins so; negative: Redis does not say. */
static int
connected(struct gw_replica *r, const char *name)
{
	struct redisReply *list = gw_redis_words(&r->redis, "CLIENT", "LIST", NULL);
	size_t size;
	const uint8_t *text = gw_reply_text(list, &size);
	int found;

	if (text == NULL)
		return gw_replica_complain(r, list);
	found = memmem(text, size, name, strlen(name)) != NULL;
	gw_reply_free(list);
	return found;
}

/** Whether a gateway with this IND serves or stands by; negative: Redis does not say. */
static int
namesake(struct gw_replica *r)
{
	char name[96];
	int found;

	snprintf(name, sizeof(name), " name=muster-gw:%s:%u ", r->options.site, r->gw->ind);
	found = connected(r, name);
	if (found != 0)
		return found;
	snprintf(name, sizeof(name), " name=muster-standby:%s:%u ", r->options.site, r->gw->ind);
	return connected(r, name);
}

/** Two gateways with one IND would give one subscriber the same SQN. */
static int
check_ind(struct gw_replica *r)
{
	int found = 1;

	for (unsigned tries = 0; found == 1 && tries < ALONE; tries++) {
		found = namesake(r);
		if (found == 1)
			usleep(LOOK_US);
	}
	if (found < 0)
		return -MST_E_SYSTEM;
	if (found == 0)
		return 0;
	fprintf(stderr,
		"muster-gw: redis: another gateway of site '%s' with sqn.ind %u is running: each "
		"gateway of a site has its own sqn.ind; other sites have another redis.site\n",
		r->options.site, r->gw->ind);
	return -MST_E_EXISTS;
}

/** Ends all connections of gateways that serve this site, but this one. */
static int
end_others(struct gw_replica *r, struct gw_redis *redis)
{
	struct redisReply *reply = gw_redis_words(redis, "CLIENT", "ID", NULL);
	uint64_t own = gw_reply_number(reply);
	char wanted[96], *text, *line, *rest;
	const uint8_t *list;
	size_t size;

	gw_reply_free(reply);
	snprintf(wanted, sizeof(wanted), " name=muster-gw:%s:", r->options.site);
	reply = gw_redis_words(redis, "CLIENT", "LIST", NULL);
	list = gw_reply_text(reply, &size);
	text = list != NULL && own != 0 ? strndup((const char *)list, size) : NULL;
	gw_reply_free(reply);
	if (text == NULL)
		return -MST_E_SYSTEM;
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char id[24];

		if (strstr(line, wanted) == NULL || sscanf(line, "id=%23[0-9]", id) != 1 ||
			strtoull(id, NULL, 10) == own)
			continue;
		/* One that has gone meanwhile is an error of no consequence. */
		gw_reply_free(gw_redis_words(redis, "CLIENT", "KILL", "ID", id, NULL));
	}
	free(text);
	return redis->context != NULL ? 0 : -MST_E_SYSTEM;
}

/** Whether Redis itself has been up for less than a gateway may take to come back to it. */
static int
ask_uptime(struct gw_replica *r, struct look *l)
{
	struct redisReply *reply = gw_redis_words(&r->redis, "INFO", "server", NULL);
	size_t size;
	const uint8_t *text = gw_reply_text(reply, &size);
	const char *at = text != NULL ? memmem(text, size, "uptime_in_seconds:", 18) : NULL;

	if (text == NULL)
		return gw_replica_complain(r, reply);
	l->restarted = at == NULL || strtoull(at + 18, NULL, 10) * 1000000 < grace_us(r);
	gw_reply_free(reply);
	return 0;
}

static void
read_lease(struct look *l, const struct redisReply *reply)
{
	size_t size;
	const uint8_t *held = gw_reply_text(reply, &size);

	snprintf(l->lease, sizeof(l->lease), "%.*s", (int)size,
		held != NULL ? (const char *)held : "");
	l->holder = held != NULL ? (uint32_t)strtoul(l->lease, NULL, 10) : NOBODY;
	if (held != NULL)
		l->free_us = 0;
	else if (l->free_us == 0)
		l->free_us = gw_replicator_now_us();
}

static void
read_fence(struct look *l, const struct redisReply *reply)
{
	size_t size;
	const uint8_t *fence = gw_reply_text(reply, &size);
	uint64_t epoch;
	char *end;

	l->last = NOBODY;
	if (fence == NULL)
		return;
	epoch = strtoull((const char *)fence, &end, 10);
	l->last = (uint32_t)strtoul(end, NULL, 10);
	l->epoch = epoch > l->epoch ? epoch : l->epoch;
}

/** Whether Redis was emptied under a gateway that will fill it again. */
static int
ask_emptied(struct gw_replica *r, struct look *l)
{
	char name[96];
	int found = 0;

	snprintf(name, sizeof(name), " name=muster-gw:%s:", r->options.site);
	if (l->epoch == 0)
		found = connected(r, name);
	l->emptied = found > 0;
	return found < 0 ? found : 0;
}

static int
look(struct gw_replica *r, struct look *l)
{
	char lease[GW_REPLICA_KEY], fence[GW_REPLICA_KEY], epoch[GW_REPLICA_KEY];
	struct redisReply *reply;
	uint64_t last;
	int err;

	gw_replica_key(r, "lease", lease);
	gw_replica_key(r, "fence", fence);
	gw_replica_key(r, "epoch", epoch);
	reply = gw_redis_words(&r->redis, "MGET", lease, fence, epoch, NULL);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	read_lease(l, gw_reply_at(reply, 0));
	read_fence(l, gw_reply_at(reply, 1));
	last = gw_reply_number(gw_reply_at(reply, 2));
	l->epoch = last > l->epoch ? last : l->epoch;
	gw_reply_free(reply);
	err = ask_emptied(r, l);
	return err ? err : ask_uptime(r, l);
}

/**
 * Whether it is right to take over. A lease that ran out means that its gateway is gone, unless
 * Redis was gone meanwhile: then the gateway, which may know more than Redis does, comes first.
 */
static bool
may_take(const struct gw_replica *r, const struct look *l)
{
	uint64_t now = gw_replicator_now_us();
	bool known = l->last != NOBODY;

	if (l->holder != NOBODY)
		return l->holder == r->gw->ind; /* this one's last run: check_ind() */
	if (l->last == r->gw->ind || (!known && l->epoch == 0 && !l->emptied))
		return true;
	if (!known || l->restarted || (l->stood_by && now - l->linked_us < grace_us(r)))
		return now - l->free_us >= grace_us(r);
	return now - l->free_us >= SETTLE_US;
}

/**
 * An epoch that no other run has: the count in Redis goes up by one, at least to the minutes since
 * 2020 and over what was ever seen, so that a Redis that has lost its count gives none again.
 */
static int
lease_epoch(struct gw_replica *r, uint64_t seen)
{
	uint64_t floor = ((uint64_t)time(NULL) - EPOCH_ORIGIN_S) / 60, epoch;
	char key[GW_REPLICA_KEY], step[24] = "1";
	struct redisReply *reply;

	if (floor <= seen)
		floor = seen + 1;
	gw_replica_key(r, "epoch", key);
	do {
		reply = gw_redis_words(&r->redis, "INCRBY", key, step, NULL);
		if (reply == NULL || gw_reply_error(reply) != NULL)
			return gw_replica_complain(r, reply);
		epoch = gw_reply_number(reply);
		gw_reply_free(reply);
		snprintf(step, sizeof(step), "%llu",
			(unsigned long long)(epoch < floor ? floor - epoch : 1));
	} while (epoch < floor);
	if (epoch > EPOCH_MAX) {
		fprintf(stderr, "muster-gw: redis: epochs of site '%s' are used up\n",
			r->options.site);
		return -MST_E_EXISTS;
	}
	r->gw->epoch = (uint32_t)epoch;
	return 0;
}

/** One of the scripts, with the lease and the fence as its keys. */
static struct redisReply *
run_script(struct gw_replica *r, struct gw_redis *redis, const char *script, const char *held)
{
	char lease[GW_REPLICA_KEY], fence[GW_REPLICA_KEY], value[64], epoch[16], ind[16], life[16];

	gw_replica_key(r, "lease", lease);
	gw_replica_key(r, "fence", fence);
	lease_value(r, value);
	snprintf(epoch, sizeof(epoch), "%u", r->gw->epoch);
	snprintf(ind, sizeof(ind), "%u", r->gw->ind);
	snprintf(life, sizeof(life), "%u", r->options.lease_ms);
	if (held != NULL)
		return gw_redis_words(redis, "EVAL", script, "2", lease, fence, held, value, epoch,
			ind, life, NULL);
	return gw_redis_words(
		redis, "EVAL", script, "2", lease, fence, value, epoch, ind, life, NULL);
}

/** Returns 0, -MST_E_BUSY (another was faster) or another error. */
static int
take(struct gw_replica *r, struct look *l)
{
	struct redisReply *reply;
	bool taken;
	int err = lease_epoch(r, l->epoch);

	if (err == 0)
		err = name_connection(r, &r->redis, "muster-gw");
	if (err)
		return err;
	l->tried = true;
	reply = run_script(r, &r->redis, take_script, l->lease);
	if (reply == NULL || gw_reply_error(reply) != NULL)
		return gw_replica_complain(r, reply);
	taken = gw_reply_number(reply) == 1;
	gw_reply_free(reply);
	if (taken)
		return end_others(r, &r->redis);
	err = name_connection(r, &r->redis, "muster-standby");
	return err ? err : -MST_E_BUSY;
}

static void
say_standing_by(const struct gw_replica *r, struct look *l)
{
	if (!l->stood_by && l->holder != NOBODY)
		fprintf(stderr,
			"muster-gw: standing by: site '%s' is served by the gateway with sqn.ind "
			"%u\n",
			r->options.site, l->holder);
	else if (!l->stood_by)
		fprintf(stderr,
			"muster-gw: standing by: the last gateway of site '%s' may come back\n",
			r->options.site);
	l->stood_by = true;
	if (r->options.waiting != NULL)
		r->options.waiting();
}

/** Looks until it is right to take over, and does. */
static int
stand_by(struct gw_replica *r, struct look *l)
{
	int err = 0;

	while (err == 0) {
		if (asked_to_stop())
			return -MST_E_BUSY;
		err = look(r, l);
		if (err == 0 && may_take(r, l)) {
			err = take(r, l);
			if (err == 0)
				return 0;
			if (err == -MST_E_BUSY)
				err = 0;
		}
		if (err == 0) {
			say_standing_by(r, l);
			usleep(LOOK_US);
		}
	}
	return err;
}

int
gw_lease_hold(struct gw_replica *r)
{
	struct look l = {.holder = NOBODY, .last = NOBODY};
	int err = connect(r, false);

	if (err == 0)
		err = gw_replica_schema_check(r);
	if (err == 0)
		err = check_ind(r);
	if (err == 0)
		err = name_connection(r, &r->redis, "muster-standby");
	if (err == 0)
		err = stand_by(r, &l);
	/* Who stands by goes on doing so while Redis is away. */
	while (err == -MST_E_SYSTEM && (l.stood_by || l.tried)) {
		usleep(10 * LOOK_US);
		err = connect(r, true);
		l.linked_us = gw_replicator_now_us();
		l.free_us = 0;
		if (err == 0)
			err = name_connection(r, &r->redis, "muster-standby");
		if (err == 0)
			err = stand_by(r, &l);
	}
	if (err)
		return err;
	if (l.stood_by)
		fprintf(stderr, "muster-gw: takes over site '%s'\n", r->options.site);
	gw_lease_due(r, gw_replicator_now_us());
	return 0;
}

bool
gw_lease_due(struct gw_replica *r, uint64_t now_us)
{
	if (now_us < r->lease_us)
		return false;
	r->lease_us = now_us + 1000ULL * r->options.lease_ms / 4;
	return true;
}

int
gw_lease_keep(struct gw_replica *r)
{
	struct gw_redis *redis = &r->lease_link;
	int err = 0;

	if (!gw_lease_due(r, gw_replicator_now_us()))
		return 0;
	if (redis->context == NULL)
		err = gw_redis_open(redis, &r->options.redis);
	if (err == 0)
		err = gw_lease_resume(r, redis);
	if (err)
		fprintf(stderr, "muster-gw: redis: %s\n",
			err == -MST_E_FENCED ? mst_err_text(err) : redis->error);
	return err ? -MST_E_SYSTEM : 0;
}

void
gw_lease_put(const struct gw_replica *r, struct mst_resp *commands)
{
	char key[GW_REPLICA_KEY], value[64];

	gw_replica_key(r, "lease", key);
	lease_value(r, value);
	mst_resp_command(commands, 5);
	mst_resp_text(commands, "SET");
	mst_resp_text(commands, key);
	mst_resp_text(commands, value);
	mst_resp_text(commands, "PX");
	mst_resp_number(commands, r->options.lease_ms);
}

void
gw_lease_fence_put(const struct gw_replica *r, struct mst_resp *commands)
{
	char key[GW_REPLICA_KEY], value[32];

	gw_replica_key(r, "fence", key);
	snprintf(value, sizeof(value), "%u %u", r->gw->epoch, r->gw->ind);
	mst_resp_command(commands, 3);
	mst_resp_text(commands, "SET");
	mst_resp_text(commands, key);
	mst_resp_text(commands, value);
}

int
gw_lease_resume(struct gw_replica *r, struct gw_redis *redis)
{
	struct redisReply *reply;
	uint64_t answer;
	int err = name_connection(r, redis, "muster-gw");

	if (err)
		return err;
	reply = run_script(r, redis, resume_script, NULL);
	if (reply == NULL || gw_reply_error(reply) != NULL) {
		if (reply != NULL)
			snprintf(redis->error, sizeof(redis->error), "%s", gw_reply_error(reply));
		gw_reply_free(reply);
		return -MST_E_SYSTEM;
	}
	answer = gw_reply_number(reply);
	gw_reply_free(reply);
	if (answer == 0)
		return -MST_E_FENCED;
	return answer == 2 ? end_others(r, redis) : 0;
}

void
gw_lease_release(struct gw_replica *r)
{
	struct gw_redis redis = {0};

	if (gw_redis_open(&redis, &r->options.redis) == 0)
		gw_reply_free(run_script(r, &redis, release_script, NULL));
	gw_redis_close(&redis);
}
