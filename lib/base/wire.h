/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cursors over octets with a sticky error: read or write a whole structure, then look once.
 * A failed cursor yields zeros and moves no further.
 *
 *	struct mst_reader r = mst_reader_init(data, size);
 *	uint8_t type = mst_read_u8(&r);
 *	const uint8_t *body = mst_read_span(&r, mst_read_be16(&r));
 *	if (!mst_reader_ok(&r))
 *		return -MST_E_FRAME_SHORT;
 *
 * Context: any thread; a cursor belongs to its caller. Never allocates.
 */
#ifndef MST_BASE_WIRE_H
#define MST_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct mst_reader {
	const uint8_t *pos; /* NULL once a read went past the end */
	const uint8_t *end;
};

struct mst_writer {
	uint8_t *start;
	uint8_t *pos; /* NULL once a write went past the end */
	uint8_t *end;
};

static inline struct mst_reader
mst_reader_init(const void *data, size_t size)
{
	const uint8_t *p = data;

	return (struct mst_reader){.pos = p, .end = p + size};
}

static inline bool
mst_reader_ok(const struct mst_reader *r)
{
	return r->pos != NULL;
}

static inline void
mst_reader_fail(struct mst_reader *r)
{
	r->pos = NULL;
}

/** Octets not read yet; 0 for a failed cursor. */
static inline size_t
mst_reader_left(const struct mst_reader *r)
{
	return r->pos != NULL ? (size_t)(r->end - r->pos) : 0;
}

/** The next n octets in place, or NULL (and a failed cursor) when there are fewer. */
static inline const uint8_t *
mst_read_span(struct mst_reader *r, size_t n)
{
	const uint8_t *p = r->pos;

	if (p == NULL || (size_t)(r->end - p) < n) {
		r->pos = NULL;
		return NULL;
	}
	r->pos = p + n;
	return p;
}

static inline uint8_t
mst_read_u8(struct mst_reader *r)
{
	const uint8_t *p = mst_read_span(r, 1);

	return p != NULL ? *p : 0;
}

static inline uint16_t
mst_read_be16(struct mst_reader *r)
{
	const uint8_t *p = mst_read_span(r, 2);

	return p != NULL ? mst_get_be16(p) : 0;
}

static inline uint32_t
mst_read_be32(struct mst_reader *r)
{
	const uint8_t *p = mst_read_span(r, 4);

	return p != NULL ? mst_get_be32(p) : 0;
}

static inline uint64_t
mst_read_be64(struct mst_reader *r)
{
	const uint8_t *p = mst_read_span(r, 8);

	return p != NULL ? mst_get_be64(p) : 0;
}

static inline struct mst_writer
mst_writer_init(void *data, size_t size)
{
	uint8_t *p = data;

	return (struct mst_writer){.start = p, .pos = p, .end = p + size};
}

static inline bool
mst_writer_ok(const struct mst_writer *w)
{
	return w->pos != NULL;
}

static inline void
mst_writer_fail(struct mst_writer *w)
{
	w->pos = NULL;
}

/** Octets written; 0 for a failed cursor. */
static inline size_t
mst_writer_size(const struct mst_writer *w)
{
	return w->pos != NULL ? (size_t)(w->pos - w->start) : 0;
}

/** Room for the next n octets, to be filled by the caller; NULL (and a failed cursor) if short. */
static inline uint8_t *
mst_write_span(struct mst_writer *w, size_t n)
{
	uint8_t *p = w->pos;

	if (p == NULL || (size_t)(w->end - p) < n) {
		w->pos = NULL;
		return NULL;
	}
	w->pos = p + n;
	return p;
}

static inline void
mst_write_u8(struct mst_writer *w, uint8_t v)
{
	uint8_t *p = mst_write_span(w, 1);

	if (p != NULL)
		*p = v;
}

static inline void
mst_write_be16(struct mst_writer *w, uint16_t v)
{
	uint8_t *p = mst_write_span(w, 2);

	if (p != NULL)
		mst_put_be16(p, v);
}

static inline void
mst_write_be32(struct mst_writer *w, uint32_t v)
{
	uint8_t *p = mst_write_span(w, 4);

	if (p != NULL)
		mst_put_be32(p, v);
}

static inline void
mst_write_be64(struct mst_writer *w, uint64_t v)
{
	uint8_t *p = mst_write_span(w, 8);

	if (p != NULL)
		mst_put_be64(p, v);
}

static inline void
mst_write_bytes(struct mst_writer *w, const void *data, size_t n)
{
	uint8_t *p = mst_write_span(w, n);

	if (p != NULL && n > 0)
		memcpy(p, data, n);
}

#endif
