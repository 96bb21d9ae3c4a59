/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/** Appends one line. Returns 0 or -MST_E_NO_SPACE. */
static int
put_line(struct mst_ctl_client_slot *slot, const json_t *row)
{
	size_t room = sizeof(slot->out) - slot->out_size;
	size_t size = json_dumpb(row, slot->out + slot->out_size, room, JSON_COMPACT);

	if (size == 0 || size >= room || size > MST_CTL_ROW_MAX)
		return -MST_E_NO_SPACE;
	slot->out[slot->out_size + size] = '\n';
	slot->out_size += size + 1;
	return 0;
}

int
mst_ctl_reply_row(struct mst_ctl_reply *reply, json_t *row)
{
	int err = row == NULL ? -MST_E_NO_MEMORY : 0;

	if (err == 0 && reply->slot != NULL)
		err = put_line(reply->slot, row);
	json_decref(row);
	if (err == 0)
		reply->rows++;
	else if (!reply->in_source || err == -MST_E_NO_MEMORY)
		reply->refused = err;
	return err;
}

bool
mst_ctl_reply_room(const struct mst_ctl_reply *reply)
{
	/* One more row is kept for the last line. */
	return reply->slot == NULL ||
	       sizeof(reply->slot->out) - reply->slot->out_size > 2 * MST_CTL_ROW_MAX;
}

bool
mst_ctl_reply_gone(const struct mst_ctl_reply *reply)
{
	return reply->slot == NULL;
}

/** Writes the last line, lets the connection go on with its next request, frees the reply. */
static void
finish(struct mst_ctl_reply *reply, json_t *last)
{
	struct mst_ctl_client_slot *slot = reply->slot;

	if (slot != NULL) {
		if (last == NULL || put_line(slot, last))
			slot->closing = true;
		slot->reply = NULL;
	}
	json_decref(last);
	if (reply->release != NULL)
		reply->release(reply->state);
	free(reply);
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
	reply->in_source = true;
}

void
mst_ctl_reply_abandon(struct mst_ctl_reply *reply)
{
	reply->slot = NULL;
	if (reply->source != NULL)
		finish(reply, NULL);
}
