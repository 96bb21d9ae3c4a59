/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CBOR (RFC 8949) in core deterministic encoding (section 4.2.1) only: shortest arguments, definite
 * lengths, map keys in bytewise lexicographic order without duplicates, shortest exact floats.
 * Anything else is refused, so that one value has one encoding.
 *
 * The reader is a cursor with a sticky error: read a whole structure, then look once. After the
 * first error it yields zeros, NULLs and ends of maps, and moves no further. Strings are handed out
 * in place. A map is read by its integer keys:
 *
 *	struct mst_cbor r = mst_cbor_init(data, size);
 *	struct mst_cbor_iter map;
 *	int64_t key;
 *
 *	mst_cbor_open_map(&r, &map);
 *	while (mst_cbor_next_key(&r, &map, &key)) {
 *		if (key == 1)
 *			rand = mst_cbor_read_bytes(&r, 16);
 *		else if (key == 2)
 *			name = mst_cbor_read_tstr(&r, 1, 64);
 *	}
 *	int err = mst_cbor_end(&r);
 *
 * The error is a value of enum mst_err:
 *	CBOR_MALFORMED  truncated, reserved head, invalid UTF-8, octets after the end
 *	CBOR_ENCODING   well-formed but not deterministic: long argument, indefinite length,
 *	                keys out of order or twice, a float that fits a shorter form
 *	CBOR_TYPE       an item of another type than asked for
 *	CBOR_RANGE      a value or length outside the range asked for
 *	CBOR_DEPTH      more than MST_CBOR_DEPTH containers and tags open at once
 * Malformed and non-deterministic octets are found in items that are read or skipped; contents of
 * tags are not judged.
 *
 * The writer functions append to a struct mst_writer (base/wire.h) in deterministic encoding; map
 * keys are written by the caller in order: 0, 1, .. 23, 24, .. then -1, -2, ..
 *
 * Context of all functions: any thread, data path; never allocate or block. A cursor belongs to its
 * caller.
 */
#ifndef MST_CBOR_CBOR_H
#define MST_CBOR_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

#define MST_CBOR_DEPTH 8

/** Major types (RFC 8949 section 3.1) as mst_cbor_peek() tells them. */
enum mst_cbor_type {
	MST_CBOR_UINT,
	MST_CBOR_NINT,
	MST_CBOR_BSTR,
	MST_CBOR_TSTR,
	MST_CBOR_ARRAY,
	MST_CBOR_MAP,
	MST_CBOR_TAG,
	MST_CBOR_SIMPLE, /* false, true, null, undefined, other simple values, floats */
	MST_CBOR_NONE,   /* end of input, or a failed cursor */
};

struct mst_cbor {
	const uint8_t *pos;
	const uint8_t *end;
	uint16_t err; /* sticky enum mst_err, 0 at first */
	uint16_t depth;
};

/** Octets in place; data is NULL only after an error. */
struct mst_cbor_span {
	const uint8_t *data;
	size_t size;
};

/** Place in an open array or map. */
struct mst_cbor_iter {
	uint64_t left;        /* items or pairs not yielded yet; right after opening: the count */
	const uint8_t *value; /* where the item begins that was yielded last, NULL before */
	const uint8_t *key;   /* last key of a map as encoded */
	size_t key_size;      /* 0 before the first key */
	bool open;            /* counts in the reader's depth */
};

static inline struct mst_cbor
mst_cbor_init(const void *data, size_t size)
{
	const uint8_t *p = data;

	return (struct mst_cbor){.pos = p, .end = size != 0 ? p + size : p};
}

/** Records the first error, for callers that find a value wrong themselves. */
static inline void
mst_cbor_fail(struct mst_cbor *r, enum mst_err err)
{
	if (r->err == 0)
		r->err = (uint16_t)err;
	r->pos = r->end;
}

/** 0, or the negative sticky error. */
static inline int
mst_cbor_status(const struct mst_cbor *r)
{
	return -(int)r->err;
}

/** Expects the end of the input (else CBOR_MALFORMED). Returns as mst_cbor_status(). */
static inline int
mst_cbor_end(struct mst_cbor *r)
{
	if (r->pos != r->end)
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
	return mst_cbor_status(r);
}

/** Type of the next item by its first octet, without moving. */
static inline enum mst_cbor_type
mst_cbor_peek(const struct mst_cbor *r)
{
	return r->pos != r->end ? (enum mst_cbor_type)(*r->pos >> 5) : MST_CBOR_NONE;
}

/* Head of an item of the given major type, any argument. Called by the inline functions below. */
uint64_t mst_cbor_take_slow(struct mst_cbor *r, enum mst_cbor_type type);

/* The argument of the next item, which must be of the given major type. */
static inline uint64_t
mst_cbor_take(struct mst_cbor *r, enum mst_cbor_type type)
{
	if (__builtin_expect(
		    r->pos != r->end && (uint8_t)(*r->pos - ((unsigned)type << 5)) < 24, 1))
		return *r->pos++ & 0x1f;
	return mst_cbor_take_slow(r, type);
}

/** An unsigned integer of at most max, else CBOR_RANGE. */
static inline uint64_t
mst_cbor_read_uint(struct mst_cbor *r, uint64_t max)
{
	uint64_t v = mst_cbor_take(r, MST_CBOR_UINT);

	if (__builtin_expect(v > max, 0)) {
		mst_cbor_fail(r, MST_E_CBOR_RANGE);
		return 0;
	}
	return v;
}

/** A signed integer within min..max, else CBOR_RANGE. */
int64_t mst_cbor_read_int(struct mst_cbor *r, int64_t min, int64_t max);

/* A string of either type, min..max octets. */
static inline struct mst_cbor_span
mst_cbor_take_span(struct mst_cbor *r, enum mst_cbor_type type, size_t min, size_t max)
{
	uint64_t n = mst_cbor_take(r, type);
	const uint8_t *p = r->pos;

	if (__builtin_expect(r->err != 0 || n > (size_t)(r->end - p) || n < min || n > max, 0)) {
		mst_cbor_fail(
			r, n > (size_t)(r->end - p) ? MST_E_CBOR_MALFORMED : MST_E_CBOR_RANGE);
		return (struct mst_cbor_span){NULL, 0};
	}
	r->pos = p + n;
	return (struct mst_cbor_span){p, (size_t)n};
}

/** A byte string of min..max octets in place, else CBOR_RANGE. */
static inline struct mst_cbor_span
mst_cbor_read_bstr(struct mst_cbor *r, size_t min, size_t max)
{
	return mst_cbor_take_span(r, MST_CBOR_BSTR, min, max);
}

/** A byte string of exactly n octets in place, else CBOR_RANGE; NULL on any error. */
static inline const uint8_t *
mst_cbor_read_bytes(struct mst_cbor *r, size_t n)
{
	return mst_cbor_take_span(r, MST_CBOR_BSTR, n, n).data;
}

/** A text string of min..max octets in place, else CBOR_RANGE; invalid UTF-8 is CBOR_MALFORMED. */
struct mst_cbor_span mst_cbor_read_tstr(struct mst_cbor *r, size_t min, size_t max);

bool mst_cbor_read_bool(struct mst_cbor *r);
void mst_cbor_read_null(struct mst_cbor *r);

/** Passes a null if one is next; says whether it did. Never fails. */
static inline bool
mst_cbor_try_null(struct mst_cbor *r)
{
	if (r->pos == r->end || *r->pos != 0xf6)
		return false;
	r->pos++;
	return true;
}

/** Passes one item of any type with all it contains, checking its encoding. */
void mst_cbor_skip(struct mst_cbor *r);
/** As mst_cbor_skip(), and hands out the item's encoding in place. */
struct mst_cbor_span mst_cbor_read_item(struct mst_cbor *r);

/**
 * Head of an array of min..max items, else CBOR_RANGE. For arrays of a fixed shape: the caller then
 * reads exactly the returned number of items; the array does not count as a level of nesting.
 */
size_t mst_cbor_read_array(struct mst_cbor *r, size_t min, size_t max);

/** Opens an array; iter->left is its count, 0 after an error. Fails with CBOR_DEPTH if too deep. */
void mst_cbor_open_array(struct mst_cbor *r, struct mst_cbor_iter *iter);
/** Opens a map; iter->left is its number of pairs, 0 after an error. */
void mst_cbor_open_map(struct mst_cbor *r, struct mst_cbor_iter *iter);

/**
 * Moves to the next item of an array, which the caller then reads or leaves: an item left unread is
 * skipped by the next call. False at the end of the array, which closes it, and after an error.
 */
bool mst_cbor_next_item(struct mst_cbor *r, struct mst_cbor_iter *iter);
/* Any case of mst_cbor_next_key(), which calls it. */
bool mst_cbor_next_key_slow(struct mst_cbor *r, struct mst_cbor_iter *iter, int64_t *key);

/**
 * Moves to the next pair of a map whose key is an integer within int64_t, and stores the key; the
 * value is read by the caller or left unread, as above. Pairs with other keys are skipped. Checks
 * that keys ascend. False at the end of the map, which closes it, and after an error; *key is then
 * untouched.
 */
static inline bool
mst_cbor_next_key(struct mst_cbor *r, struct mst_cbor_iter *iter, int64_t *key)
{
	const uint8_t *p = r->pos;

	/* A one-octet key after one-octet keys, the value before it read: all of a usual map. */
	if (__builtin_expect(iter->left == 0 || p == iter->value || p == r->end ||
				     (*p & 0xc0) != 0 || (*p & 0x1f) >= 24 || iter->key_size > 1 ||
				     (iter->key_size == 1 && *iter->key >= *p),
		    0))
		return mst_cbor_next_key_slow(r, iter, key);
	iter->left--;
	iter->key = p;
	iter->key_size = 1;
	iter->value = p + 1;
	r->pos = p + 1;
	*key = (*p & 0x20) != 0 ? -1 - (int64_t)(*p & 0x1f) : *p;
	return true;
}

/** Returns 0 when the data is exactly one item in deterministic encoding, else a negative error. */
int mst_cbor_check(const void *data, size_t size);

/** Octets of the head of an item with this argument: 1, 2, 3, 5 or 9. */
static inline size_t
mst_cbor_head_size(uint64_t argument)
{
	return argument < 24            ? 1
	       : argument <= UINT8_MAX  ? 2
	       : argument <= UINT16_MAX ? 3
	       : argument <= UINT32_MAX ? 5
					: 9;
}

/** Writes the head of an item; type is UINT to TAG. */
void mst_cbor_write_head(struct mst_writer *w, enum mst_cbor_type type, uint64_t argument);

static inline void
mst_cbor_write_uint(struct mst_writer *w, uint64_t v)
{
	mst_cbor_write_head(w, MST_CBOR_UINT, v);
}

static inline void
mst_cbor_write_int(struct mst_writer *w, int64_t v)
{
	if (v >= 0)
		mst_cbor_write_head(w, MST_CBOR_UINT, (uint64_t)v);
	else
		mst_cbor_write_head(w, MST_CBOR_NINT, ~(uint64_t)v);
}

static inline void
mst_cbor_write_bstr(struct mst_writer *w, const void *data, size_t n)
{
	mst_cbor_write_head(w, MST_CBOR_BSTR, n);
	mst_write_bytes(w, data, n);
}

/** A byte string of n octets that the caller fills at the returned place; NULL if there is no room.
 */
static inline uint8_t *
mst_cbor_write_bstr_span(struct mst_writer *w, size_t n)
{
	mst_cbor_write_head(w, MST_CBOR_BSTR, n);
	return mst_write_span(w, n);
}

/** The n octets of text are valid UTF-8. */
static inline void
mst_cbor_write_tstr(struct mst_writer *w, const char *text, size_t n)
{
	mst_cbor_write_head(w, MST_CBOR_TSTR, n);
	mst_write_bytes(w, text, n);
}

/** The caller then writes count items. */
static inline void
mst_cbor_write_array(struct mst_writer *w, size_t count)
{
	mst_cbor_write_head(w, MST_CBOR_ARRAY, count);
}

/** The caller then writes count pairs of key and value, keys ascending. */
static inline void
mst_cbor_write_map(struct mst_writer *w, size_t count)
{
	mst_cbor_write_head(w, MST_CBOR_MAP, count);
}

static inline void
mst_cbor_write_bool(struct mst_writer *w, bool v)
{
	mst_write_u8(w, v ? 0xf5 : 0xf4);
}

static inline void
mst_cbor_write_null(struct mst_writer *w)
{
	mst_write_u8(w, 0xf6);
}

#endif
