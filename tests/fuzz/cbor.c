/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CBOR. The first octet of the input chooses what becomes of the rest:
 *	even  one item: checked, compared with a plain second decoder, read and written again
 *	odd   a script, its length in the next octet, of reader calls over what follows it
 */
#include <string.h>

#include "base/err.h"
#include "cbor/cbor.h"
#include "fuzz.h"
#include "reference.h"

#define REFERENCE_MAX 128 /* what the second decoder takes, which is slow and recursive */
#define ITEM_MAX      4096

/* Accepted are exactly the octets that are their value's deterministic encoding. */
static void
compare(const uint8_t *data, size_t size, int err)
{
	uint8_t out[REFERENCE_MAX + 16];
	struct ref ref = {.in = data, .in_size = size, .out = out};
	bool same;

	if (size > REFERENCE_MAX)
		return;
	same = ref_canonical(&ref) == REF_WELL_FORMED && ref.out_size == size &&
	       memcmp(out, data, size) == 0 && ref.depth <= MST_CBOR_DEPTH;
	REQUIRE(same == (err == 0));
}

static void copy_item(struct mst_cbor *r, struct mst_writer *w);

/* A map whose keys are all integers, read by keys; another one as it is. */
static void
copy_map(struct mst_cbor *r, struct mst_writer *w)
{
	struct mst_cbor start = *r;
	struct mst_cbor_span raw = mst_cbor_read_item(r);
	struct mst_writer w_start = *w;
	struct mst_cbor_iter map;
	uint64_t count, seen = 0;
	int64_t key;

	mst_cbor_open_map(&start, &map);
	count = map.left;
	mst_cbor_write_map(w, count);
	for (; mst_cbor_next_key(&start, &map, &key); seen++) {
		mst_cbor_write_int(w, key);
		copy_item(&start, w);
	}
	REQUIRE(start.err == r->err && start.pos == r->pos && start.depth == r->depth);
	if (seen == count)
		return;
	*w = w_start;
	mst_write_bytes(w, raw.data, raw.size);
}

static void
copy_item(struct mst_cbor *r, struct mst_writer *w)
{
	enum mst_cbor_type type = mst_cbor_peek(r);
	struct mst_cbor_span s;
	struct mst_cbor_iter array;

	switch (type) {
	case MST_CBOR_UINT:
		mst_cbor_write_uint(w, mst_cbor_read_uint(r, UINT64_MAX));
		break;
	case MST_CBOR_BSTR:
		s = mst_cbor_read_bstr(r, 0, SIZE_MAX);
		mst_cbor_write_bstr(w, s.data, s.size);
		break;
	case MST_CBOR_TSTR:
		s = mst_cbor_read_tstr(r, 0, SIZE_MAX);
		mst_cbor_write_tstr(w, (const char *)s.data, s.size);
		break;
	case MST_CBOR_ARRAY:
		mst_cbor_open_array(r, &array);
		mst_cbor_write_array(w, array.left);
		while (mst_cbor_next_item(r, &array))
			copy_item(r, w);
		break;
	case MST_CBOR_MAP:
		copy_map(r, w);
		break;
	default:
		if (mst_cbor_try_null(r)) {
			mst_cbor_write_null(w);
			break;
		}
		s = mst_cbor_read_item(r);
		mst_write_bytes(w, s.data, s.size);
	}
}

static void
one_item(const uint8_t *data, size_t size)
{
	static uint8_t out[ITEM_MAX];
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_writer w = mst_writer_init(out, sizeof(out));
	int err = mst_cbor_check(data, size);

	REQUIRE(err <= 0 && mst_cbor_check(data, size) == err);
	compare(data, size, err);
	if (err != 0 || size > ITEM_MAX)
		return;
	copy_item(&r, &w);
	REQUIRE(mst_cbor_end(&r) == 0 && r.depth == 0);
	REQUIRE(mst_writer_size(&w) == size && memcmp(out, data, size) == 0);
}

struct script {
	struct mst_cbor r;
	struct mst_cbor_iter iter[MST_CBOR_DEPTH];
	unsigned open;
};

static void
require_span(const struct mst_cbor *r, struct mst_cbor_span s, const uint8_t *data, size_t max)
{
	if (r->err != 0)
		REQUIRE(s.data == NULL && s.size == 0);
	else
		REQUIRE(s.data >= data && s.data + s.size <= r->pos && s.size <= max);
}

/* One call, chosen and limited by an octet of the script. */
static void
step(struct script *s, uint8_t op, const uint8_t *data)
{
	struct mst_cbor *r = &s->r;
	size_t max = op >> 4;
	int64_t key = 0;

	switch (op & 15) {
	case 0:
		REQUIRE(mst_cbor_read_uint(r, max) <= max);
		break;
	case 1:
		REQUIRE(mst_cbor_read_int(r, -(int64_t)max, 0) <= 0);
		break;
	case 2:
		require_span(r, mst_cbor_read_bstr(r, 1, max), data, max);
		break;
	case 3:
		require_span(r, mst_cbor_read_tstr(r, 0, max), data, max);
		break;
	case 4:
		REQUIRE((mst_cbor_read_bytes(r, max) == NULL) == (r->err != 0));
		break;
	case 5:
		mst_cbor_read_bool(r);
		break;
	case 6:
		mst_cbor_read_null(r);
		break;
	case 7:
		mst_cbor_skip(r);
		break;
	case 8:
		require_span(r, mst_cbor_read_item(r), data, SIZE_MAX);
		break;
	case 9:
		REQUIRE(mst_cbor_read_array(r, 0, max) <= max);
		break;
	case 10:
	case 11:
		if (s->open == MST_CBOR_DEPTH)
			break;
		if ((op & 1) != 0)
			mst_cbor_open_map(r, &s->iter[s->open++]);
		else
			mst_cbor_open_array(r, &s->iter[s->open++]);
		break;
	case 12:
		/* An array's iterator may be moved as a map's: wrong results, but no harm. */
		if (s->open > 0 && !mst_cbor_next_item(r, &s->iter[s->open - 1]))
			s->open--;
		break;
	case 13:
		if (s->open > 0 && !mst_cbor_next_key(r, &s->iter[s->open - 1], &key))
			s->open--;
		break;
	default:
		mst_cbor_peek(r);
		mst_cbor_try_null(r);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {0};
	size_t steps;

	if (size == 0)
		return 0;
	if ((data[0] & 1) == 0) {
		one_item(data + 1, size - 1);
		return 0;
	}
	if (size < 2 || (steps = data[1]) > size - 2)
		return 0;
	s.r = mst_cbor_init(data + 2 + steps, size - 2 - steps);
	for (size_t i = 0; i < steps; i++) {
		int err = s.r.err;

		step(&s, data[2 + i], data + 2 + steps);
		REQUIRE(s.r.pos <= s.r.end && s.r.depth <= MST_CBOR_DEPTH);
		REQUIRE(err == 0 || (s.r.err == err && s.r.pos == s.r.end));
	}
	REQUIRE(mst_cbor_end(&s.r) <= 0);
	return 0;
}
