/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodings made by an independent implementation: each is read, named and written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cbor/cbor.h"

#define SIZE_MAX_TESTED 1024

static const struct {
	const char *hex, *text;
} vectors[] = {
#include "vectors.inc"
};

/* Reads one item, prints its text and writes it again. */
static void
copy_item(struct mst_cbor *r, FILE *text, struct mst_writer *w)
{
	static const uint8_t quote = '\'';
	enum mst_cbor_type type = mst_cbor_peek(r);
	struct mst_cbor_span span;
	struct mst_cbor_iter iter;
	const char *separator = "";
	int64_t v;

	switch (type) {
	case MST_CBOR_UINT:
	case MST_CBOR_NINT:
		v = mst_cbor_read_int(r, INT64_MIN, INT64_MAX);
		fprintf(text, "%lld", (long long)v);
		mst_cbor_write_int(w, v);
		break;
	case MST_CBOR_BSTR:
	case MST_CBOR_TSTR:
		span = type == MST_CBOR_BSTR ? mst_cbor_read_bstr(r, 0, SIZE_MAX)
					     : mst_cbor_read_tstr(r, 0, SIZE_MAX);
		fprintf(text, "%c%c", type == MST_CBOR_BSTR ? 'h' : 't', quote);
		for (size_t i = 0; i < span.size; i++)
			fprintf(text, "%02x", span.data[i]);
		fprintf(text, "%c", quote);
		if (type == MST_CBOR_BSTR)
			mst_cbor_write_bstr(w, span.data, span.size);
		else
			mst_cbor_write_tstr(w, (const char *)span.data, span.size);
		break;
	case MST_CBOR_ARRAY:
		mst_cbor_open_array(r, &iter);
		mst_cbor_write_array(w, iter.left);
		fprintf(text, "[");
		for (; mst_cbor_next_item(r, &iter); separator = " ") {
			fprintf(text, "%s", separator);
			copy_item(r, text, w);
		}
		fprintf(text, "]");
		break;
	case MST_CBOR_MAP:
		mst_cbor_open_map(r, &iter);
		mst_cbor_write_map(w, iter.left);
		fprintf(text, "{");
		for (; mst_cbor_next_key(r, &iter, &v); separator = " ") {
			fprintf(text, "%s%lld:", separator, (long long)v);
			mst_cbor_write_int(w, v);
			copy_item(r, text, w);
		}
		fprintf(text, "}");
		break;
	default:
		if (mst_cbor_try_null(r)) {
			fprintf(text, "null");
			mst_cbor_write_null(w);
		} else {
			bool b = mst_cbor_read_bool(r);

			fprintf(text, b ? "true" : "false");
			mst_cbor_write_bool(w, b);
		}
	}
}

static void
vectors_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t n = strlen(vectors[i].hex) / 2, text_size;
		uint8_t data[SIZE_MAX_TESTED], again[SIZE_MAX_TESTED];
		struct mst_writer w = mst_writer_init(again, n);
		struct mst_cbor r = mst_cbor_init(data, n);
		char *text;
		FILE *file = open_memstream(&text, &text_size);

		assert_true(n <= SIZE_MAX_TESTED);
		assert_int_equal(mst_hex_decode(vectors[i].hex, 2 * n, data, n), 0);
		copy_item(&r, file, &w);
		fclose(file);
		if (mst_cbor_end(&r) != 0)
			fail_msg("%s: %s", vectors[i].hex, mst_err_name(mst_cbor_end(&r)));
		assert_string_equal(text, vectors[i].text);
		assert_int_equal(mst_writer_size(&w), n);
		assert_memory_equal(data, again, n);
		assert_int_equal(mst_cbor_check(data, n), 0);
		assert_int_equal(r.depth, 0);
		free(text);
	}
}

/* Cut anywhere, an item is malformed; it never is another item. */
static void
every_cut_is_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t n = strlen(vectors[i].hex) / 2;
		uint8_t data[SIZE_MAX_TESTED];

		assert_int_equal(mst_hex_decode(vectors[i].hex, 2 * n, data, n), 0);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(mst_cbor_check(data, cut), -MST_E_CBOR_MALFORMED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_read_and_written),
		cmocka_unit_test(every_cut_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
