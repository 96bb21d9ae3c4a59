/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections of the server and the answers on them. A reply is freed when both sides have let go: its holder
 * has finished it, and its connection has sent it or closed.
 */
#ifndef MST_CTL_REPLY_H
#define MST_CTL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ctl/ctl.h"

struct mst_ctl_reply {
	struct mst_ctl_client_slot *slot; /* NULL: the client has gone */
	json_int_t rows;
	int refused; /* of a row outside a source, to be told at the end */
	bool in_source;
	mst_ctl_source source;
	void *state;
	void (*release)(void *state);
};

/** One connection. */
struct mst_ctl_client_slot {
	int fd; /* -1: free */
	struct mst_ctl_reply *reply; /* being answered; requests behind it wait */
	size_t in_size, out_size;
	bool closing; /* nothing more is read */
	char in[MST_CTL_REQUEST_MAX];
	char out[MST_CTL_BUFFER];
};

/** Cuts a reply from its connection and, when it has a source, ends it. */
void mst_ctl_reply_abandon(struct mst_ctl_reply *reply);

#endif
