/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection over time. Redis may be slow (workers refuse changes until it is not), go (what is
 * not confirmed is kept and sent again in order) or come back with less than it had confirmed (a
 * walk over all stores finds what is missing and sends that).
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gw.h"
#include "lease.h"
#include "log.h"
#include "replica_private.h"
#include "replicator.h"

#define BACKOFF_MIN_US 50000
#define BACKOFF_MAX_US 2000000

static void
set_up(struct gw_replicator *p, bool up)
{
	atomic_store_explicit(&p->r->durable.up, up, memory_order_relaxed);
}

/** Which Redis this is, and which of its connections: to end it when it may still hold commands. */
static int
learn(struct gw_replicator *p, char server[48], char client[24])
{
	struct redisReply *reply = gw_redis_words(&p->r->redis, "INFO", "server", NULL);
	size_t size;
	const uint8_t *text = gw_reply_text(reply, &size);
	const char *run = text != NULL ? memmem(text, size, "run_id:", 7) : NULL;

	snprintf(server, 48, "%.40s", run != NULL ? run + 7 : "");
	gw_reply_free(reply);
	reply = gw_redis_words(&p->r->redis, "CLIENT", "ID", NULL);
	snprintf(client, 24, "%llu", (unsigned long long)gw_reply_number(reply));
	size = reply != NULL;
	gw_reply_free(reply);
	return size != 0 ? 0 : -MST_E_SYSTEM;
}

void
gw_link_adopt(struct gw_replicator *p)
{
	p->linked = learn(p, p->server, p->client) == 0 && gw_redis_stream(&p->r->redis) == 0;
	set_up(p, p->linked);
}

static void
drop(struct gw_replicator *p, const char *why)
{
	struct gw_replica *r = p->r;

	pthread_mutex_lock(&r->lock);
	snprintf(r->error, sizeof(r->error), "%s", why);
	pthread_mutex_unlock(&r->lock);
	gw_log(GW_LOG_ERROR, "redis: %s; %s", why,
		r->options.level == GW_DURABILITY_ACK ? "changes are refused until it is back"
						      : "changes wait in memory");
	gw_replicator_add(&r->counters.outages, 1);
	gw_redis_close(&r->redis);
	p->linked = false;
	p->backoff_us = BACKOFF_MIN_US;
	p->retry_us = gw_replicator_now_us() + p->backoff_us;
	set_up(p, false);
}

/** Ends a connection whose commands Redis may still find in its socket: they come again. */
static int
fence(struct gw_replicator *p)
{
	char server[48], client[24];
	int err = learn(p, server, client);

	if (err == 0 && strcmp(server, p->server) == 0)
		gw_reply_free(
			gw_redis_words(&p->r->redis, "CLIENT", "KILL", "ID", p->client, NULL));
	memcpy(p->server, server, sizeof(p->server));
	memcpy(p->client, client, sizeof(p->client));
	return err == 0 ? gw_lease_resume(p->r, &p->r->redis) : err;
}

/** Another gateway took over while this one was away: what it has not confirmed stays untold. */
static void
give_up(struct gw_replicator *p)
{
	gw_redis_close(&p->r->redis);
	gw_log(GW_LOG_ERROR, "redis: another gateway serves site '%s' now", p->r->options.site);
	atomic_store_explicit(&p->r->fenced, true, memory_order_release);
}

/** The number of the last batch of this run that Redis has; 0 where it has none. */
static int
ask_batch(struct gw_replicator *p, uint64_t *batch)
{
	struct redisReply *reply =
		gw_redis_words(&p->r->redis, "HMGET", p->r->name, "run", "batch", NULL);
	size_t size;
	const uint8_t *run = gw_reply_text(gw_reply_at(reply, 0), &size);
	bool ours = run != NULL && size == strlen(p->r->run) && memcmp(run, p->r->run, size) == 0;
	int err = reply == NULL || gw_reply_error(reply) != NULL ? -MST_E_SYSTEM : 0;

	*batch = ours ? gw_reply_number(gw_reply_at(reply, 1)) : 0;
	if (gw_reply_error(reply) != NULL)
		snprintf(p->r->redis.error, sizeof(p->r->redis.error), "%s", gw_reply_error(reply));
	gw_reply_free(reply);
	return err;
}

/** A comparison is the newest batch; what it was to find, the walk that follows finds. */
static void
cancel_comparison(struct gw_replicator *p)
{
	const struct gw_batch_out *b = &p->batch[(p->first + p->count - 1) % GW_BATCHES];

	if (!p->comparing)
		return;
	p->comparing = false;
	p->count--;
	if (b->round > 0 && p->count > 0)
		p->batch[(p->first + p->count - 1) % GW_BATCHES].round = b->round;
	else if (b->round > 0)
		atomic_store_explicit(&p->r->durable.confirmed, b->round, memory_order_release);
}

/** Redis has less than it confirmed, nothing after `batch`: a walk sends what is missing. */
static void
refill(struct gw_replicator *p, uint64_t batch)
{
	gw_log(GW_LOG_WARNING,
		"redis: has lost records (%llu of %llu batches): sending what is missing",
		(unsigned long long)(p->confirmed_batch - batch),
		(unsigned long long)p->confirmed_batch);
	gw_batch_again(p, batch);
	gw_batch_send(p);
	p->refilled = p->number;
	p->mend = true;
}

/** Everything that may be missing is on its way again, in order. */
static void
resend(struct gw_replicator *p, uint64_t batch)
{
	bool lost = batch < p->confirmed_batch;

	while (p->count > 0 && p->batch[p->first % GW_BATCHES].number <= batch &&
		p->batch[p->first % GW_BATCHES].number > 0)
		gw_replicator_confirm(p);
	if (lost)
		cancel_comparison(p);
	p->compared = 0;
	for (unsigned i = 0; i < p->count; i++) {
		struct gw_batch_out *b = &p->batch[(p->first + i) % GW_BATCHES];

		b->answers = b->commands.commands;
		b->sent_us = gw_replicator_now_us();
		gw_redis_push(&p->r->redis, b->commands.data, b->commands.size);
		gw_replicator_add(&p->r->counters.resent, b->records);
	}
	if (!lost)
		return;
	refill(p, batch);
}

/** Whether so many replicas have a batch; otherwise the reason is in `error`. */
static int
check_replicas(const struct gw_replica *r, const struct redisReply *reply, char *error)
{
	uint64_t confirmed = gw_reply_number(reply);

	if (confirmed >= r->options.replicas)
		return 0;
	snprintf(error, GW_REDIS_ERROR, "%llu of %u replicas have confirmed",
		(unsigned long long)confirmed, r->options.replicas);
	return -MST_E_SYSTEM;
}

/** What Redis has, its replicas must have before it counts; fence() has just written. */
static int
await_replicas(struct gw_replica *r)
{
	char count[16];
	struct redisReply *reply;
	int err;

	if (r->options.replicas == 0)
		return 0;
	snprintf(count, sizeof(count), "%u", r->options.replicas);
	reply = gw_redis_words(&r->redis, "WAIT", count, GW_REPLICAS_WAIT, NULL);
	err = reply == NULL ? -MST_E_SYSTEM : check_replicas(r, reply, r->redis.error);
	gw_reply_free(reply);
	return err;
}

static void
reconnect(struct gw_replicator *p)
{
	struct gw_replica *r = p->r;
	uint64_t batch = 0;
	int err = gw_redis_open(&r->redis, &r->options.redis);

	if (err == 0)
		err = fence(p);
	if (err == -MST_E_FENCED) {
		give_up(p);
		return;
	}
	if (err == 0)
		err = await_replicas(r);
	if (err == 0)
		err = ask_batch(p, &batch);
	if (err == 0)
		err = gw_redis_stream(&r->redis);
	if (err) {
		gw_redis_close(&r->redis);
		p->backoff_us *= 2;
		if (p->backoff_us > BACKOFF_MAX_US)
			p->backoff_us = BACKOFF_MAX_US;
		p->retry_us = gw_replicator_now_us() + p->backoff_us;
		return;
	}
	p->linked = true;
	resend(p, batch);
	gw_log(GW_LOG_INFO, "redis: is back");
	pthread_mutex_lock(&r->lock);
	r->error[0] = '\0';
	pthread_mutex_unlock(&r->lock);
	set_up(p, true);
}

void
gw_link_tend(struct gw_replicator *p, uint64_t now_us)
{
	const struct gw_batch_out *oldest = &p->batch[p->first % GW_BATCHES];
	bool slow;

	if (!p->linked) {
		if (now_us >= p->retry_us &&
			!atomic_load_explicit(&p->r->fenced, memory_order_relaxed))
			reconnect(p);
		return;
	}
	slow = p->count > 0 && now_us > oldest->sent_us + p->r->options.redis.timeout_ms * 1000ULL;
	if (slow != p->slow) {
		gw_log(slow ? GW_LOG_WARNING : GW_LOG_INFO,
			slow ? "redis: does not answer in time" : "redis: answers again");
		set_up(p, !slow);
	}
	p->slow = slow;
}

/** Whether a reply to a batch is good: no error in it, nor in its elements. */
static const char *
bad(const struct redisReply *reply)
{
	const char *error = gw_reply_error(reply);

	for (size_t i = 0; error == NULL && i < gw_reply_count(reply); i++)
		error = gw_reply_error(gw_reply_at(reply, i));
	return error;
}

static bool
take_answer(struct gw_replicator *p, struct redisReply *reply)
{
	struct gw_batch_out *b = &p->batch[p->first % GW_BATCHES];
	const char *error = bad(reply);
	char why[GW_REDIS_ERROR];
	uint64_t number;
	bool wiped;

	if (error != NULL || p->count == 0) {
		snprintf(why, sizeof(why), "%s", error != NULL ? error : "unexpected answer");
		drop(p, why);
		return false;
	}
	b->answers--;
	if (p->comparing && b->number == 0) {
		bool last = b->answers == 0;

		if (last)
			gw_replicator_confirm(p);
		gw_batch_compared(p, reply);
		return true;
	}
	/* The last answer is EXEC's, or WAIT's after it. */
	if (b->answers == (p->r->options.replicas > 0))
		b->wiped = gw_reply_number(gw_reply_at(reply, gw_reply_count(reply) - 1)) > 0;
	if (b->answers > 0)
		return true;
	if (p->r->options.replicas > 0 && check_replicas(p->r, reply, why) != 0) {
		drop(p, why);
		return false;
	}
	number = b->number;
	wiped = b->wiped;
	gw_replicator_confirm(p);
	if (wiped && number > p->refilled && !p->comparing && p->count < GW_BATCHES - 1)
		refill(p, 0);
	return true;
}

bool
gw_link_step(struct gw_replicator *p, int wait_ms)
{
	struct redisReply *reply;
	bool any = false, good = true;

	if (gw_redis_step(&p->r->redis, wait_ms)) {
		drop(p, p->r->redis.error);
		return false;
	}
	while (good && (reply = gw_redis_next(&p->r->redis)) != NULL) {
		good = take_answer(p, reply);
		gw_reply_free(reply);
		any = true;
	}
	return any;
}
