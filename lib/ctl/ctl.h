/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control protocol between a gateway and musterctl: a UNIX stream socket with one JSON object a
 * line (RFC 8259, UTF-8).
 *
 *	request:  {"verb": "group members", "args": {"group": "00112233445566aa"}}
 *	answer:   rows, one object a line, then one last line with a member "done":
 *	          {"imsi": "001010000000001", "imei": "35...", "store": "ME"}
 *	          {"done": true, "rows": 1}
 *	          {"done": true, "rows": 0, "error": "GROUP_UNKNOWN", "message": "no such group"}
 *
 * A client sends its next request after the last line of the answer; it may send it earlier, it
 * then waits in the socket. Who may connect: the gateway's own user and root (SO_PEERCRED); the
 * socket has mode 0600.
 *
 * Server: everything runs in the thread that calls mst_ctl_server_step(). A handler may answer
 * at once, or keep the reply and finish it later, or hand over a source of rows that is asked for
 * more whenever the client has read:
 *
 *	static void
 *	on_status(void *user, struct mst_ctl_reply *reply, const json_t *args)
 *	{
 *		mst_ctl_reply_row(reply, json_pack("{s:i}", "workers", 2));
 *		mst_ctl_reply_done(reply);
 *	}
 *	static const struct mst_ctl_verb verbs[] = {{"status", on_status}};
 *	mst_ctl_server_create(&server, path, verbs, 1, user, error);
 *	for (;;) { poll() on mst_ctl_server_fd(server); mst_ctl_server_step(server); }
 *
 * Limits: MST_CTL_CLIENTS clients, requests of MST_CTL_REQUEST_MAX octets, MST_CTL_BUFFER octets of
 * answer that a client has not read yet; a row is at most MST_CTL_ROW_MAX octets.
 */
#ifndef MST_CTL_CTL_H
#define MST_CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define MST_CTL_CLIENTS     16
#define MST_CTL_REQUEST_MAX 4096
#define MST_CTL_BUFFER      65536
#define MST_CTL_ROW_MAX     16384
/** Octets of the text that explains an error, terminator included. */
#define MST_CTL_ERROR_SIZE 256

struct mst_ctl_server;

/**
 * The answer to one request. From the call of the handler on it belongs to the handler's side,
 * which finishes it exactly once with mst_ctl_reply_done() or mst_ctl_reply_error(), even when the
 * client has gone meanwhile: what is written then is dropped.
 */
struct mst_ctl_reply;

/** Handles one request; `args` is an object and lives for the call. */
typedef void (*mst_ctl_handler)(void *user, struct mst_ctl_reply *reply, const json_t *args);

struct mst_ctl_verb {
	const char *name;
	mst_ctl_handler handler;
};

/**
 * Listens at `path`. A socket there that nobody answers is replaced; one in use is an error. A
 * missing directory is made with mode 0700. `verbs` must outlive the server.
 * Returns 0, -MST_E_EXISTS (another gateway listens there), -MST_E_ARGUMENT (path too long),
 * -MST_E_SYSTEM or -MST_E_NO_MEMORY; `error` (MST_CTL_ERROR_SIZE octets) then says what to do.
 * Context: control; blocks, allocates.
 */
int mst_ctl_server_create(struct mst_ctl_server **server, const char *path,
	const struct mst_ctl_verb *verbs, size_t verb_count, void *user, char *error);
/**
 * Closes all connections and removes the socket. Replies that are still open are void: their source
 * is released, and their holder must not touch them. NULL is allowed. Context: control.
 */
void mst_ctl_server_destroy(struct mst_ctl_server *server);
/** A descriptor that polls readable whenever mst_ctl_server_step() has work. */
int mst_ctl_server_fd(const struct mst_ctl_server *server);
/** Accepts, reads, calls handlers and sources, writes. Context: control; never blocks. */
void mst_ctl_server_step(struct mst_ctl_server *server);

/**
 * Appends a row and takes over the reference; a NULL row counts as out of memory.
 * Returns 0 (also when the client has gone), -MST_E_NO_SPACE when the client has not read enough
 * yet or the row is longer than MST_CTL_ROW_MAX, or -MST_E_NO_MEMORY. The answer then ends with
 * that error; only a source that writes without room may write the row again at its next call.
 * Context: control.
 */
int mst_ctl_reply_row(struct mst_ctl_reply *reply, json_t *row);
/** Whether MST_CTL_ROW_MAX octets fit now. A source writes rows while this holds. */
bool mst_ctl_reply_room(const struct mst_ctl_reply *reply);
/** Whether the client has gone, so that further rows are wasted. */
bool mst_ctl_reply_gone(const struct mst_ctl_reply *reply);
/** The last line; the reply is void afterwards. Context: control, from a handler or later. */
void mst_ctl_reply_done(struct mst_ctl_reply *reply);
/**
 * The last line with an error: `err` from enum mst_err, either sign; `message` for people or NULL
 * for the error's own text. The reply is void afterwards.
 */
void mst_ctl_reply_error(struct mst_ctl_reply *reply, int err, const char *message);

/** Writes rows while there is room, and finishes the reply after the last one. */
typedef void (*mst_ctl_source)(struct mst_ctl_reply *reply, void *state);

/**
 * Hands the reply to a source of rows, which is called whenever there is room, writes at least one
 * row a call, and finishes the reply after the last. `release` (may be NULL) is called with `state`
 * once, when the reply is finished or void; where the client has gone, that may be at once.
 * Context: control; the source is called from mst_ctl_server_step().
 */
void mst_ctl_reply_stream(struct mst_ctl_reply *reply, mst_ctl_source source, void *state,
	void (*release)(void *state));

/* Client: blocking. Context: one thread. */
struct mst_ctl_client;

/**
 * Connects. Returns 0, -MST_E_NOT_FOUND (nobody listens), -MST_E_ARGUMENT, -MST_E_NO_MEMORY or
 * -MST_E_SYSTEM; `error` then says what to do.
 */
int mst_ctl_client_open(struct mst_ctl_client **client, const char *path, char *error);
void mst_ctl_client_close(struct mst_ctl_client *client);
/** Called for each row; the row lives for the call. Other than 0 ends the answer with that value.
 */
typedef int (*mst_ctl_row)(void *user, json_t *row);
/**
 * Sends a request and hands its rows to `row`. Takes over the reference to `args` (NULL: none).
 * Returns 0; a positive enum mst_err when the gateway answered with an error, whose message is then
 * in `error`; or -MST_E_SYSTEM (connection lost), -MST_E_ARGUMENT (request too long) or what `row`
 * returned. After a negative value the connection is of no use.
 */
int mst_ctl_client_call(struct mst_ctl_client *client, const char *verb, json_t *args,
	mst_ctl_row row, void *user, char *error);

#endif
