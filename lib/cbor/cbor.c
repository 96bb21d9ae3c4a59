/* SPDX-License-Identifier: BSD-3-Clause */
#include "cbor/cbor.h"

#include "cbor/utf8.h"

/* Additional information of a head (RFC 8949 section 3). */
enum {
	INFO_1 = 24, /* argument in the next octet */
	INFO_8 = 27, /* argument in the next eight octets */
	INFO_INDEFINITE = 31,
};

static bool
at_end(const struct mst_cbor *r)
{
	return r->pos == r->end;
}

/* Head of any item: moves past it and returns its argument. */
static uint64_t
read_head(struct mst_cbor *r, unsigned info, unsigned type)
{
	const uint8_t *p = r->pos + 1;
	uint64_t v, min;
	size_t n;

	if (info < INFO_1) {
		r->pos = p;
		return info;
	}
	if (info > INFO_8) {
		bool string = type >= MST_CBOR_BSTR && type <= MST_CBOR_MAP;

		mst_cbor_fail(r, info == INFO_INDEFINITE && string ? MST_E_CBOR_ENCODING
								   : MST_E_CBOR_MALFORMED);
		return 0;
	}
	n = (size_t)1 << (info - INFO_1);
	if ((size_t)(r->end - p) < n) {
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return 0;
	}
	switch (n) {
	case 1:
		v = *p;
		min = INFO_1;
		break;
	case 2:
		v = mst_get_be16(p);
		min = (uint64_t)UINT8_MAX + 1;
		break;
	case 4:
		v = mst_get_be32(p);
		min = (uint64_t)UINT16_MAX + 1;
		break;
	default:
		v = mst_get_be64(p);
		min = (uint64_t)UINT32_MAX + 1;
	}
	/* The argument of a simple value is checked by its own rules. */
	if (v < min && type != MST_CBOR_SIMPLE) {
		mst_cbor_fail(r, MST_E_CBOR_ENCODING);
		return 0;
	}
	r->pos = p + n;
	return v;
}

uint64_t
mst_cbor_take_slow(struct mst_cbor *r, enum mst_cbor_type type)
{
	if (at_end(r)) {
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return 0;
	}
	if (*r->pos >> 5 != type) {
		mst_cbor_fail(r, MST_E_CBOR_TYPE);
		return 0;
	}
	return read_head(r, *r->pos & 0x1f, type);
}

int64_t
mst_cbor_read_int(struct mst_cbor *r, int64_t min, int64_t max)
{
	bool negative = mst_cbor_peek(r) == MST_CBOR_NINT;
	uint64_t n = mst_cbor_take(r, negative ? MST_CBOR_NINT : MST_CBOR_UINT);
	int64_t v = negative ? -1 - (int64_t)n : (int64_t)n;

	if (r->err != 0)
		return 0;
	if (n > INT64_MAX || v < min || v > max) {
		mst_cbor_fail(r, MST_E_CBOR_RANGE);
		return 0;
	}
	return v;
}

struct mst_cbor_span
mst_cbor_read_tstr(struct mst_cbor *r, size_t min, size_t max)
{
	struct mst_cbor_span s = mst_cbor_take_span(r, MST_CBOR_TSTR, min, max);

	if (s.data != NULL && !mst_cbor_utf8_valid(s.data, s.size)) {
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return (struct mst_cbor_span){NULL, 0};
	}
	return s;
}

bool
mst_cbor_read_bool(struct mst_cbor *r)
{
	if (at_end(r)) {
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return false;
	}
	if ((*r->pos & 0xfe) != 0xf4) {
		mst_cbor_fail(r, MST_E_CBOR_TYPE);
		return false;
	}
	return *r->pos++ == 0xf5;
}

void
mst_cbor_read_null(struct mst_cbor *r)
{
	if (!mst_cbor_try_null(r))
		mst_cbor_fail(r, at_end(r) ? MST_E_CBOR_MALFORMED : MST_E_CBOR_TYPE);
}

/*
 * Whether a float of mant_bits and exp_bits keeps its value with `drop` bits less of mantissa and
 * exponents up to max_exp. A NaN keeps its payload.
 */
static bool
float_fits(uint64_t bits, unsigned mant_bits, unsigned exp_bits, unsigned drop, int max_exp)
{
	uint64_t mant = bits & (((uint64_t)1 << mant_bits) - 1);
	unsigned all_ones = (1U << exp_bits) - 1;
	unsigned field = (unsigned)(bits >> mant_bits) & all_ones;
	int exp = (int)field - (int)(all_ones >> 1);

	if (field == 0) /* zero; subnormals of the longer form are too small for the shorter */
		return mant == 0;
	if (field != all_ones) {
		if (exp > max_exp)
			return false;
		if (exp < 1 - max_exp)
			drop += (unsigned)(1 - max_exp - exp);
	}
	return drop <= mant_bits && (mant & (((uint64_t)1 << drop) - 1)) == 0;
}

static void
skip_simple(struct mst_cbor *r)
{
	unsigned info = *r->pos & 0x1f;
	uint64_t v = read_head(r, info, MST_CBOR_SIMPLE);

	if (r->err != 0)
		return;
	if (info == INFO_1 && v < 32)
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
	else if ((info == INFO_1 + 2 && float_fits(v, 23, 8, 13, 15)) ||
		 (info == INFO_8 && float_fits(v, 52, 11, 29, 127)))
		mst_cbor_fail(r, MST_E_CBOR_ENCODING);
}

/* Number of items or pairs of the container that is next. */
static uint64_t
take_count(struct mst_cbor *r, enum mst_cbor_type type)
{
	uint64_t count = mst_cbor_take(r, type);

	/* Each item takes an octet at least: refuses absurd counts at once. */
	if (count > (size_t)(r->end - r->pos) >> (type == MST_CBOR_MAP)) {
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return 0;
	}
	return count;
}

static void
open_container(struct mst_cbor *r, struct mst_cbor_iter *iter, enum mst_cbor_type type)
{
	uint64_t count = take_count(r, type);

	*iter = (struct mst_cbor_iter){0};
	if (r->err != 0)
		return;
	if (r->depth >= MST_CBOR_DEPTH) {
		mst_cbor_fail(r, MST_E_CBOR_DEPTH);
		return;
	}
	r->depth++;
	iter->left = count;
	iter->open = true;
}

void
mst_cbor_open_array(struct mst_cbor *r, struct mst_cbor_iter *iter)
{
	open_container(r, iter, MST_CBOR_ARRAY);
}

void
mst_cbor_open_map(struct mst_cbor *r, struct mst_cbor_iter *iter)
{
	open_container(r, iter, MST_CBOR_MAP);
}

/* Passes an unread item; false at the end of the container, closing it, and after an error. */
static bool
advance(struct mst_cbor *r, struct mst_cbor_iter *iter)
{
	if (r->err == 0 && iter->value != NULL && iter->value == r->pos)
		mst_cbor_skip(r);
	if (r->err != 0 || iter->left == 0) {
		r->depth = (uint16_t)(r->depth - iter->open);
		*iter = (struct mst_cbor_iter){0};
		return false;
	}
	iter->left--;
	return true;
}

bool
mst_cbor_next_item(struct mst_cbor *r, struct mst_cbor_iter *iter)
{
	if (!advance(r, iter))
		return false;
	iter->value = r->pos;
	return true;
}

/* Bytewise lexicographic order of encodings; none is a prefix of another. last: NULL before. */
static bool
key_ascends(const uint8_t *last, size_t last_size, const uint8_t *key, size_t size)
{
	return last == NULL || memcmp(last, key, size < last_size ? size : last_size) < 0;
}

/* Moves to the next pair and past its key of any type; the key is in iter->key then. */
static bool
next_pair(struct mst_cbor *r, struct mst_cbor_iter *iter)
{
	struct mst_cbor_span key;

	if (!advance(r, iter))
		return false;
	key = mst_cbor_read_item(r);
	if (key.data != NULL && !key_ascends(iter->key, iter->key_size, key.data, key.size))
		mst_cbor_fail(r, MST_E_CBOR_ENCODING);
	if (r->err != 0)
		return advance(r, iter);
	iter->key = key.data;
	iter->key_size = key.size;
	iter->value = r->pos;
	return true;
}

bool
mst_cbor_next_key_slow(struct mst_cbor *r, struct mst_cbor_iter *iter, int64_t *key)
{
	while (next_pair(r, iter)) {
		struct mst_cbor k = mst_cbor_init(iter->key, iter->key_size);
		int64_t v = mst_cbor_read_int(&k, INT64_MIN, INT64_MAX);

		if (k.err == 0) {
			*key = v;
			return true;
		}
	}
	return false;
}

/* A container or tag that mst_cbor_skip() is inside of. */
struct level {
	uint64_t left;        /* items, for a map keys and values, that are not over */
	const uint8_t *start; /* of the item that is being passed */
	const uint8_t *key;   /* last key of a map, NULL before */
	size_t key_size;
	bool map;
};

/* Passes an item without contents, or the head of another, whose level it then gives. */
static bool
pass_head(struct mst_cbor *r, struct level *level)
{
	enum mst_cbor_type type = mst_cbor_peek(r);

	*level = (struct level){.map = type == MST_CBOR_MAP};
	switch (type) {
	case MST_CBOR_UINT:
	case MST_CBOR_NINT:
		mst_cbor_take(r, type);
		return false;
	case MST_CBOR_BSTR:
		mst_cbor_read_bstr(r, 0, SIZE_MAX);
		return false;
	case MST_CBOR_TSTR:
		mst_cbor_read_tstr(r, 0, SIZE_MAX);
		return false;
	case MST_CBOR_ARRAY:
		level->left = take_count(r, type);
		return true;
	case MST_CBOR_MAP:
		level->left = 2 * take_count(r, type);
		return true;
	case MST_CBOR_TAG:
		mst_cbor_take(r, type);
		level->left = 1;
		return true;
	case MST_CBOR_SIMPLE:
		skip_simple(r);
		return false;
	default:
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return false;
	}
}

/* An item of a level is over. */
static void
item_over(struct mst_cbor *r, struct level *level)
{
	size_t size = (size_t)(r->pos - level->start);

	if (level->map && (level->left & 1) == 0) {
		if (!key_ascends(level->key, level->key_size, level->start, size))
			mst_cbor_fail(r, MST_E_CBOR_ENCODING);
		level->key = level->start;
		level->key_size = size;
	}
	level->left--;
}

void
mst_cbor_skip(struct mst_cbor *r)
{
	struct level levels[MST_CBOR_DEPTH], next;
	unsigned n = 0;

	do {
		bool inside = pass_head(r, &next);

		if (r->err == 0 && inside && r->depth + n >= MST_CBOR_DEPTH)
			mst_cbor_fail(r, MST_E_CBOR_DEPTH);
		if (r->err != 0)
			return;
		if (inside)
			levels[n++] = next;
		else if (n > 0)
			item_over(r, &levels[n - 1]);
		while (n > 0 && levels[n - 1].left == 0)
			if (--n > 0)
				item_over(r, &levels[n - 1]);
		if (n > 0)
			levels[n - 1].start = r->pos;
	} while (n > 0);
}

struct mst_cbor_span
mst_cbor_read_item(struct mst_cbor *r)
{
	const uint8_t *start = r->pos;

	mst_cbor_skip(r);
	if (r->err != 0)
		return (struct mst_cbor_span){NULL, 0};
	return (struct mst_cbor_span){start, (size_t)(r->pos - start)};
}

size_t
mst_cbor_read_array(struct mst_cbor *r, size_t min, size_t max)
{
	uint64_t count = mst_cbor_take(r, MST_CBOR_ARRAY);

	if (r->err != 0)
		return 0;
	if (count > (size_t)(r->end - r->pos)) {
		mst_cbor_fail(r, MST_E_CBOR_MALFORMED);
		return 0;
	}
	if (count < min || count > max) {
		mst_cbor_fail(r, MST_E_CBOR_RANGE);
		return 0;
	}
	return (size_t)count;
}

int
mst_cbor_check(const void *data, size_t size)
{
	struct mst_cbor r = mst_cbor_init(data, size);

	mst_cbor_skip(&r);
	return mst_cbor_end(&r);
}

void
mst_cbor_write_head(struct mst_writer *w, enum mst_cbor_type type, uint64_t argument)
{
	size_t n = mst_cbor_head_size(argument);
	uint8_t *p = mst_write_span(w, n);
	uint8_t major = (uint8_t)(type << 5);

	if (p == NULL)
		return;
	switch (n) {
	case 1:
		p[0] = (uint8_t)(major | argument);
		break;
	case 2:
		p[0] = major | INFO_1;
		p[1] = (uint8_t)argument;
		break;
	case 3:
		p[0] = major | (INFO_1 + 1);
		mst_put_be16(p + 1, (uint16_t)argument);
		break;
	case 5:
		p[0] = major | (INFO_1 + 2);
		mst_put_be32(p + 1, (uint32_t)argument);
		break;
	default:
		p[0] = major | INFO_8;
		mst_put_be64(p + 1, argument);
	}
}
