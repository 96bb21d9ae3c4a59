/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections of the server and the answers on them. A reply is freed when its holder finishes it,
 * or with the server; until then its connection may go.
 */
#ifndef MST_CTL_REPLY_H
#define MST_CTL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ctl/ctl.h"

struct mst_ctl_reply {
	struct mst_ctl_connection *connection; /* NULL: the client has gone */
	struct mst_ctl_reply *next, **link;    /* all open replies of the server */
	json_int_t rows;
	int refused; /* a row was lost, to be told at the end */
	mst_ctl_source source;
	void *state;
	void (*release)(void *state);
};

struct mst_ctl_connection {
	int fd; /* -1: free */
	int epoll;
	uint32_t interest;           /* as epoll was told last */
	struct mst_ctl_reply *reply; /* being answered; requests behind it wait */
	size_t in_size, out_start, out_size;
	bool ended;   /* the client sends nothing more */
	bool closing; /* nothing more is read; closed once all is written */
	char in[MST_CTL_REQUEST_MAX];
	char out[MST_CTL_BUFFER]; /* out_size octets from out_start are to be written */
};

/** Makes the open reply of a connection, in the list at `all`. NULL: out of memory. */
struct mst_ctl_reply *mst_ctl_reply_create(
	struct mst_ctl_reply **all, struct mst_ctl_connection *connection);
/** Cuts a reply from its connection, which closes; ends it if it has a source. */
void mst_ctl_reply_abandon(struct mst_ctl_reply *reply);
/** Frees a reply without an answer. */
void mst_ctl_reply_free(struct mst_ctl_reply *reply);
/** Has epoll wake the server for what the connection can do next. */
void mst_ctl_connection_arm(struct mst_ctl_connection *connection);

#endif
