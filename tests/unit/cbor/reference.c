/* SPDX-License-Identifier: BSD-3-Clause */
#include "reference.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 256

struct walk {
	struct ref *ref;
	size_t at;
	bool bad;
	bool duplicate;
};

struct pair {
	const uint8_t *data;
	size_t key_size, size;
};

static void item(struct walk *w, int depth);

static uint64_t
octets(struct walk *w, size_t n)
{
	uint64_t v = 0;

	if (w->ref->in_size - w->at < n) {
		w->bad = true;
		return 0;
	}
	while (n-- > 0)
		v = v << 8 | w->ref->in[w->at++];
	return v;
}

static void
put(struct walk *w, uint64_t v, size_t n)
{
	while (n-- > 0)
		w->ref->out[w->ref->out_size++] = (uint8_t)(v >> (8 * n));
}

static void
put_head(struct walk *w, unsigned major, uint64_t v)
{
	if (v < 24) {
		put(w, major << 5 | v, 1);
	} else if (v < 0x100) {
		put(w, major << 5 | 24, 1);
		put(w, v, 1);
	} else if (v < 0x10000) {
		put(w, major << 5 | 25, 1);
		put(w, v, 2);
	} else if (v < 0x100000000) {
		put(w, major << 5 | 26, 1);
		put(w, v, 4);
	} else {
		put(w, major << 5 | 27, 1);
		put(w, v, 8);
	}
}

static bool
at_break(struct walk *w)
{
	if (w->at >= w->ref->in_size || w->ref->in[w->at] != 0xff)
		return false;
	w->at++;
	return true;
}

static bool
utf8(const uint8_t *p, size_t n)
{
	while (n > 0) {
		static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
		size_t size = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : 4;
		uint32_t c = *p & (size == 1 ? 0x7f : 0x7f >> size);

		if ((size == 4 && *p >> 3 != 30) || size > n)
			return false;
		for (size_t i = 1; i < size; i++) {
			if (p[i] >> 6 != 2)
				return false;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		p += size;
		n -= size;
	}
	return true;
}

/* Contents of a definite-length string, appended to out. */
static void
chunk(struct walk *w, unsigned major, uint64_t n)
{
	if (w->bad || w->ref->in_size - w->at < n ||
		(major == 3 && !utf8(w->ref->in + w->at, (size_t)n))) {
		w->bad = true;
		return;
	}
	memcpy(w->ref->out + w->ref->out_size, w->ref->in + w->at, (size_t)n);
	w->ref->out_size += (size_t)n;
	w->at += (size_t)n;
}

static uint64_t
argument(struct walk *w, unsigned info)
{
	if (info < 24)
		return info;
	if (info > 27) {
		w->bad = true;
		return 0;
	}
	return octets(w, (size_t)1 << (info - 24));
}

static void
string(struct walk *w, unsigned major, unsigned info)
{
	size_t start = w->ref->out_size, n;
	uint8_t *content;

	if (info != 31) {
		uint64_t size = argument(w, info);

		if (w->bad || size > w->ref->in_size - w->at) {
			w->bad = true;
			return;
		}
		put_head(w, major, size);
		chunk(w, major, size);
		return;
	}
	while (!w->bad && !at_break(w)) {
		uint8_t ib = (uint8_t)octets(w, 1);

		if (ib >> 5 != major || (ib & 31) == 31)
			w->bad = true;
		else
			chunk(w, major, argument(w, ib & 31));
	}
	n = w->ref->out_size - start;
	content = malloc(n + 1);
	memcpy(content, w->ref->out + start, n);
	w->ref->out_size = start;
	put_head(w, major, n);
	memcpy(w->ref->out + w->ref->out_size, content, n);
	w->ref->out_size += n;
	free(content);
}

static int
by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	size_t n = x->key_size < y->key_size ? x->key_size : y->key_size;
	int order = memcmp(x->data, y->data, n);

	return order != 0 ? order : (x->key_size > y->key_size) - (x->key_size < y->key_size);
}

/* Arrays and maps: the contents go behind the place of the longest head, then down to theirs. */
static void
container(struct walk *w, unsigned major, unsigned info, int depth)
{
	uint64_t declared = info == 31 ? UINT64_MAX : argument(w, info), count = 0;
	struct ref *r = w->ref;
	size_t start = r->out_size, size = 0;
	uint8_t *saved_out = r->out, *scratch = malloc(r->in_size + 16);
	struct pair pairs[PAIRS_MAX];

	r->out = scratch;
	r->out_size = 0;
	while (!w->bad && count < declared && !(info == 31 && at_break(w))) {
		size_t from = r->out_size;

		item(w, depth + 1);
		if (major == 5) {
			if (count == PAIRS_MAX)
				abort();
			pairs[count].data = scratch + from;
			pairs[count].key_size = r->out_size - from;
			item(w, depth + 1);
			pairs[count].size = r->out_size - from;
		}
		count++;
	}
	size = r->out_size;
	r->out = saved_out;
	r->out_size = start;
	if (!w->bad) {
		put_head(w, major, count);
		if (major == 5) {
			qsort(pairs, (size_t)count, sizeof(pairs[0]), by_key);
			for (size_t i = 0; i < count; i++) {
				if (i > 0 && by_key(&pairs[i - 1], &pairs[i]) == 0)
					w->duplicate = true;
				memcpy(r->out + r->out_size, pairs[i].data, pairs[i].size);
				r->out_size += pairs[i].size;
			}
		} else {
			memcpy(r->out + r->out_size, scratch, size);
			r->out_size += size;
		}
	}
	free(scratch);
}

static double
half_value(unsigned h)
{
	int exp = (int)(h >> 10 & 31), mant = (int)(h & 1023);
	double v = exp == 0    ? ldexp(mant, -24)
		   : exp == 31 ? INFINITY
			       : ldexp(mant + 1024, exp - 25);

	return h & 0x8000 ? -v : v;
}

/* Positive halves ascend with their bits: found by halving the interval. */
static bool
put_half(struct walk *w, double v)
{
	unsigned low = 0, high = 0x7c00, sign = signbit(v) ? 0x8000 : 0;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (half_value(middle) < fabs(v))
			low = middle + 1;
		else
			high = middle;
	}
	if (half_value(low) != fabs(v))
		return false;
	put(w, 0xf9, 1);
	put(w, sign | low, 2);
	return true;
}

/* A NaN loses the zeros at the end of its payload. */
static void
put_nan(struct walk *w, uint64_t bits)
{
	uint64_t sign = bits >> 63, payload = bits & 0xfffffffffffff;

	if ((payload & 0x3ffffffffff) == 0) {
		put(w, 0xf9, 1);
		put(w, sign << 15 | 0x7c00 | payload >> 42, 2);
	} else if ((payload & 0x1fffffff) == 0) {
		put(w, 0xfa, 1);
		put(w, sign << 31 | 0x7f800000 | payload >> 29, 4);
	} else {
		put(w, 0xfb, 1);
		put(w, bits, 8);
	}
}

static void
put_double(struct walk *w, double v)
{
	float f = (float)v;
	uint64_t bits;
	uint32_t single;

	if (put_half(w, v))
		return;
	memcpy(&bits, &v, 8);
	memcpy(&single, &f, 4);
	put(w, (double)f == v ? 0xfa : 0xfb, 1);
	if ((double)f == v)
		put(w, single, 4);
	else
		put(w, bits, 8);
}

static void
simple(struct walk *w, unsigned info)
{
	uint64_t v = argument(w, info), bits;
	uint32_t single = (uint32_t)v;
	double d = 0;
	float f;

	if (w->bad || (info == 24 && v < 32)) {
		w->bad = true;
	} else if (info < 25) {
		put_head(w, 7, v);
	} else if (info == 25 && (v & 0x7c00) == 0x7c00 && (v & 0x3ff) != 0) {
		put_nan(w, (v & 0x8000) << 48 | 0x7ff0000000000000 | (v & 0x3ff) << 42);
	} else if (info == 26 && (v & 0x7f800000) == 0x7f800000 && (v & 0x7fffff) != 0) {
		put_nan(w, (v & 0x80000000) << 32 | 0x7ff0000000000000 | (v & 0x7fffff) << 29);
	} else {
		memcpy(&f, &single, 4);
		bits = v;
		memcpy(&d, &bits, 8);
		if (info == 27 && d != d)
			put_nan(w, v);
		else
			put_double(w, info == 25   ? half_value((unsigned)v)
				      : info == 26 ? (double)f
						   : d);
	}
}

static void
item(struct walk *w, int depth)
{
	uint8_t ib = (uint8_t)octets(w, 1);
	unsigned major = ib >> 5, info = ib & 31;

	if (w->bad)
		return;
	if (major >= 4 && major <= 6 && depth + 1 > w->ref->depth)
		w->ref->depth = depth + 1;
	switch (major) {
	case 0:
	case 1:
		put_head(w, major, argument(w, info));
		break;
	case 2:
	case 3:
		string(w, major, info);
		break;
	case 4:
	case 5:
		container(w, major, info, depth);
		break;
	case 6:
		put_head(w, major, argument(w, info));
		item(w, depth + 1);
		break;
	default:
		simple(w, info);
	}
}

enum ref_verdict
ref_canonical(struct ref *r)
{
	struct walk w = {.ref = r};

	r->out_size = 0;
	r->depth = 0;
	item(&w, 0);
	if (w.bad || w.at != r->in_size)
		return REF_MALFORMED;
	return w.duplicate ? REF_DUPLICATE : REF_WELL_FORMED;
}
