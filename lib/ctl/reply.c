/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define LAST_LINE_MAX 1024 /* octets that rows leave for the last line */

struct mst_ctl_reply *
mst_ctl_reply_create(struct mst_ctl_reply **all, struct mst_ctl_connection *connection)
{
	struct mst_ctl_reply *reply = calloc(1, sizeof(*reply));

	if (reply == NULL)
		return NULL;
	reply->connection = connection;
	connection->reply = reply;
	reply->next = *all;
	reply->link = all;
	if (reply->next != NULL)
		reply->next->link = &reply->next;
	*all = reply;
	return reply;
}

void
mst_ctl_reply_free(struct mst_ctl_reply *reply)
{
	*reply->link = reply->next;
	if (reply->next != NULL)
		reply->next->link = reply->link;
	if (reply->release != NULL)
		reply->release(reply->state);
	free(reply);
}

/** Octets that can be appended. */
static size_t
room(const struct mst_ctl_connection *c)
{
	return sizeof(c->out) - c->out_size;
}

/** Appends a line of at most `max` octets. Returns 0 or -MST_E_NO_SPACE. */
static int
put_line(struct mst_ctl_connection *c, const json_t *row, size_t max)
{
	char *at;
	size_t size;

	if (c->out_start > 0)
		memmove(c->out, c->out + c->out_start, c->out_size);
	c->out_start = 0;
	at = c->out + c->out_size;
	size = json_dumpb(row, at, max - 1, JSON_COMPACT);
	if (size == 0 || size > max - 1)
		return -MST_E_NO_SPACE;
	at[size] = '\n';
	c->out_size += size + 1;
	mst_ctl_connection_arm(c);
	return 0;
}

bool
mst_ctl_reply_room(const struct mst_ctl_reply *reply)
{
	return reply->connection == NULL ||
	       room(reply->connection) >= MST_CTL_ROW_MAX + LAST_LINE_MAX;
}

int
mst_ctl_reply_row(struct mst_ctl_reply *reply, json_t *row)
{
	bool fits = mst_ctl_reply_room(reply);
	int err = row == NULL ? -MST_E_NO_MEMORY : 0;

	if (err == 0 && reply->connection != NULL)
		err = fits ? put_line(reply->connection, row, MST_CTL_ROW_MAX) : -MST_E_NO_SPACE;
	json_decref(row);
	if (err == 0)
		reply->rows++;
	else if (reply->source == NULL || fits)
		reply->refused = err; /* asking again would not help */
	return err;
}

bool
mst_ctl_reply_gone(const struct mst_ctl_reply *reply)
{
	return reply->connection == NULL;
}

/** Writes the last line, lets the connection go on with its next request, frees the reply. */
static void
finish(struct mst_ctl_reply *reply, json_t *last)
{
	struct mst_ctl_connection *c = reply->connection;

	if (c != NULL) {
		c->reply = NULL;
		if (last == NULL || put_line(c, last, LAST_LINE_MAX) != 0)
			c->closing = true;
		mst_ctl_connection_arm(c);
	}
	json_decref(last);
	mst_ctl_reply_free(reply);
}

void
mst_ctl_reply_done(struct mst_ctl_reply *reply)
{
	if (reply->refused != 0)
		mst_ctl_reply_error(reply, reply->refused, NULL);
	else
		finish(reply, json_pack("{s:b, s:I}", "done", 1, "rows", reply->rows));
}

void
mst_ctl_reply_error(struct mst_ctl_reply *reply, int err, const char *message)
{
	finish(reply, json_pack("{s:b, s:I, s:s, s:s}", "done", 1, "rows", reply->rows, "error",
			      mst_err_name(err), "message",
			      message != NULL ? message : mst_err_text(err)));
}

void
mst_ctl_reply_stream(struct mst_ctl_reply *reply, mst_ctl_source source, void *state,
	void (*release)(void *state))
{
	reply->source = source;
	reply->state = state;
	reply->release = release;
	if (reply->connection != NULL)
		mst_ctl_connection_arm(reply->connection);
	else
		finish(reply, NULL);
}

void
mst_ctl_reply_abandon(struct mst_ctl_reply *reply)
{
	reply->connection = NULL;
	if (reply->source != NULL)
		mst_ctl_reply_free(reply);
}
