/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection to Redis: the one unit that sees hiredis. Commands come as octets from
 * record/resp.h, answers are read through the functions below. First in question and answer, then,
 * after gw_redis_stream(), without ever waiting.
 *
 * Context: the thread that opened it. gw_redis_open() and gw_redis_ask() block up to the time-out.
 */
#ifndef GW_REDIS_H
#define GW_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/resp.h"

#define GW_REDIS_ERROR 256

struct redisContext;
struct redisReply;

struct gw_redis_options {
	const char *socket; /* path; or NULL: */
	const char *host;
	uint16_t port;
	const char *user;     /* of the ACL; NULL: default */
	const char *password; /* NULL: none; secret */
	unsigned database;
	unsigned timeout_ms; /* of connecting, and of an answer while waiting for it */
};

struct gw_redis {
	struct redisContext *context; /* NULL: not connected */
	char error[GW_REDIS_ERROR];   /* why the last call failed */
};

/** Connects, authenticates, chooses the database. Returns 0 or -MST_E_SYSTEM with a reason. */
int gw_redis_open(struct gw_redis *redis, const struct gw_redis_options *options);
void gw_redis_close(struct gw_redis *redis);

/** Sends what is in `commands`; answers are awaited by gw_redis_wait(). Blocks. 0 or negative. */
int gw_redis_send(struct gw_redis *redis, const struct mst_resp *commands);
/** The next answer, to be freed; NULL: the connection failed. Blocks up to the time-out. */
struct redisReply *gw_redis_wait(struct gw_redis *redis);
/** Sends one command and waits for its answer; an error of Redis is an answer too. */
struct redisReply *gw_redis_ask(struct gw_redis *redis, struct mst_resp *command);
/** The same for a command of words. The last argument is NULL. */
struct redisReply *gw_redis_words(struct gw_redis *redis, ...) __attribute__((sentinel));

/** From now on nothing waits. */
int gw_redis_stream(struct gw_redis *redis);
/** Appends octets to what is to be sent. Returns 0 or -MST_E_NO_MEMORY. */
int gw_redis_push(struct gw_redis *redis, const void *data, size_t size);
/** Sends and receives what is possible. Waits for it up to wait_ms. Returns 0 or -MST_E_SYSTEM. */
int gw_redis_step(struct gw_redis *redis, int wait_ms);
/** An answer that has come, or NULL. */
struct redisReply *gw_redis_next(struct gw_redis *redis);

/** Answers. Pointers live until the reply is freed; NULL is an empty reply. */
void gw_reply_free(struct redisReply *reply);
/** The text of an error, or NULL. */
const char *gw_reply_error(const struct redisReply *reply);
/** Octets of a string or status, NULL for anything else. */
const uint8_t *gw_reply_text(const struct redisReply *reply, size_t *size);
/** An integer, also one written as a string; 0 for anything else. */
uint64_t gw_reply_number(const struct redisReply *reply);
size_t gw_reply_count(const struct redisReply *reply);
const struct redisReply *gw_reply_at(const struct redisReply *reply, size_t index);

#endif
