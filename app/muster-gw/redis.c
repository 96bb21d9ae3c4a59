/* SPDX-License-Identifier: BSD-3-Clause */
#include "redis.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <hiredis/hiredis.h>

#include "base/err.h"

static int __attribute__((format(printf, 2, 3)))
fail(struct gw_redis *redis, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(redis->error, sizeof(redis->error), format, ap);
	va_end(ap);
	return -MST_E_SYSTEM;
}

static int
check(struct gw_redis *redis, struct redisReply *reply, const char *what)
{
	const char *error = gw_reply_error(reply);
	int err = 0;

	if (reply == NULL)
		err = -MST_E_SYSTEM; /* the reason is there already */
	else if (error != NULL)
		err = fail(redis, "%s: %s", what, error);
	gw_reply_free(reply);
	return err;
}

int
gw_redis_open(struct gw_redis *redis, const struct gw_redis_options *o)
{
	const struct timeval timeout = {o->timeout_ms / 1000, o->timeout_ms % 1000 * 1000};
	char database[16];
	redisContext *c;
	int err = 0;

	gw_redis_close(redis);
	c = o->socket != NULL ? redisConnectUnixWithTimeout(o->socket, timeout)
			      : redisConnectWithTimeout(o->host, o->port, timeout);
	if (c == NULL)
		return fail(redis, "no memory");
	redis->context = c;
	if (c->err != 0) {
		fail(redis, "cannot connect to %s: %s", o->socket != NULL ? o->socket : o->host,
			c->errstr);
		gw_redis_close(redis);
		return -MST_E_SYSTEM;
	}
	redisSetTimeout(c, timeout);
	snprintf(database, sizeof(database), "%u", o->database);
	if (o->password != NULL)
		err = check(redis,
			o->user != NULL ? gw_redis_words(redis, "AUTH", o->user, o->password, NULL)
					: gw_redis_words(redis, "AUTH", o->password, NULL),
			"AUTH");
	if (err == 0 && o->database != 0)
		err = check(redis, gw_redis_words(redis, "SELECT", database, NULL), "SELECT");
	if (err == 0)
		err = check(redis, gw_redis_words(redis, "PING", NULL), "PING");
	if (err)
		gw_redis_close(redis);
	return err;
}

void
gw_redis_close(struct gw_redis *redis)
{
	if (redis->context != NULL)
		redisFree(redis->context);
	redis->context = NULL;
}

int
gw_redis_push(struct gw_redis *redis, const void *data, size_t size)
{
	return redisAppendFormattedCommand(redis->context, data, size) == REDIS_OK
		       ? 0
		       : -MST_E_NO_MEMORY;
}

int
gw_redis_send(struct gw_redis *redis, const struct mst_resp *commands)
{
	int done = 0, err;

	if (redis->context == NULL || commands->failed)
		return fail(redis, "no memory");
	err = gw_redis_push(redis, commands->data, commands->size);
	while (err == 0 && !done)
		if (redisBufferWrite(redis->context, &done) != REDIS_OK)
			err = fail(redis, "%s", redis->context->errstr);
	return err;
}

struct redisReply *
gw_redis_wait(struct gw_redis *redis)
{
	void *reply = NULL;

	if (redis->context == NULL)
		return NULL;
	if (redisGetReply(redis->context, &reply) != REDIS_OK) {
		fail(redis, "%s",
			redis->context->err == REDIS_ERR_IO && errno == EAGAIN
				? "no answer in time"
				: redis->context->errstr);
		return NULL;
	}
	return reply;
}

struct redisReply *
gw_redis_ask(struct gw_redis *redis, struct mst_resp *command)
{
	int err = gw_redis_send(redis, command);

	mst_resp_clear(command);
	return err == 0 ? gw_redis_wait(redis) : NULL;
}

struct redisReply *
gw_redis_words(struct gw_redis *redis, ...)
{
	struct mst_resp command = {0};
	struct redisReply *reply;
	const char *word;
	size_t count = 0;
	va_list ap;

	va_start(ap, redis);
	while (va_arg(ap, const char *) != NULL)
		count++;
	va_end(ap);
	mst_resp_command(&command, count);
	va_start(ap, redis);
	while ((word = va_arg(ap, const char *)) != NULL)
		mst_resp_text(&command, word);
	va_end(ap);
	reply = gw_redis_ask(redis, &command);
	mst_resp_fini(&command);
	return reply;
}

int
gw_redis_stream(struct gw_redis *redis)
{
	int fd = redis->context->fd, flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return fail(redis, "fcntl: %s", strerror(errno));
	redis->context->flags &= ~REDIS_BLOCK;
	return 0;
}

int
gw_redis_step(struct gw_redis *redis, int wait_ms)
{
	redisContext *c = redis->context;
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int done = 0;

	if (redisBufferWrite(c, &done) != REDIS_OK)
		return fail(redis, "%s", c->errstr);
	if (!done)
		p.events |= POLLOUT;
	if (poll(&p, 1, wait_ms) <= 0)
		return 0;
	if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && redisBufferRead(c) != REDIS_OK)
		return fail(redis, "%s", c->errstr);
	if ((p.revents & POLLOUT) != 0 && redisBufferWrite(c, &done) != REDIS_OK)
		return fail(redis, "%s", c->errstr);
	return 0;
}

struct redisReply *
gw_redis_next(struct gw_redis *redis)
{
	void *reply = NULL;

	if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
		return NULL;
	return reply;
}

void
gw_reply_free(struct redisReply *reply)
{
	if (reply != NULL)
		freeReplyObject(reply);
}

const char *
gw_reply_error(const struct redisReply *reply)
{
	return reply != NULL && reply->type == REDIS_REPLY_ERROR ? reply->str : NULL;
}

const uint8_t *
gw_reply_text(const struct redisReply *reply, size_t *size)
{
	if (reply == NULL ||
		(reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)) {
		*size = 0;
		return NULL;
	}
	*size = reply->len;
	return (const uint8_t *)reply->str;
}

uint64_t
gw_reply_number(const struct redisReply *reply)
{
	if (reply == NULL)
		return 0;
	if (reply->type == REDIS_REPLY_INTEGER)
		return (uint64_t)reply->integer;
	return reply->type == REDIS_REPLY_STRING ? strtoull(reply->str, NULL, 10) : 0;
}

size_t
gw_reply_count(const struct redisReply *reply)
{
	return reply != NULL && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

const struct redisReply *
gw_reply_at(const struct redisReply *reply, size_t index)
{
	return index < gw_reply_count(reply) ? reply->element[index] : NULL;
}
