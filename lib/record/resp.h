/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands for Redis as octets (RESP2, arrays of bulk strings), many in one buffer.
 *
 *	struct mst_resp r = {0};
 *	mst_resp_command(&r, 4);
 *	mst_resp_text(&r, "HSET");
 *	mst_resp_bulk(&r, key, key_size);
 *	...
 *	send(r.data, r.size);
 *	mst_resp_clear(&r);
 *
 * A buffer grows as needed and keeps its room; memory that runs out leaves a sticky error.
 * Context: owner; allocates.
 */
#ifndef MST_RECORD_RESP_H
#define MST_RECORD_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mst_resp {
	uint8_t *data;
	size_t size, room;
	bool failed;
	unsigned commands; /* hence answers to expect */
};

/** Starts a command of `words` words. */
void mst_resp_command(struct mst_resp *r, size_t words);
void mst_resp_bulk(struct mst_resp *r, const void *data, size_t size);
void mst_resp_text(struct mst_resp *r, const char *text);
/** Appends words that were written before. */
void mst_resp_raw(struct mst_resp *r, const void *octets, size_t size);
void mst_resp_number(struct mst_resp *r, uint64_t value);
/** Empties the buffer. */
void mst_resp_clear(struct mst_resp *r);
/** Wipes and frees. */
void mst_resp_fini(struct mst_resp *r);

#endif
