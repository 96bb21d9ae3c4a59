/* SPDX-License-Identifier: BSD-3-Clause */
/* mst_cbor_check() against a plain second decoder, over short, random and damaged octets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cbor/cbor.h"
#include "reference.h"

#define SIZE_MAX_TESTED 64

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t
random_u32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32);
}

static void
compare(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size + 1), out[SIZE_MAX_TESTED + 16];
	struct ref ref = {.in = exact + 1, .in_size = size, .out = out};
	enum ref_verdict verdict;
	char text[2 * SIZE_MAX_TESTED + 1];
	int err, expected;

	/* One octet off, so that alignment differs; ends where the sanitizer watches. */
	memcpy(exact + 1, data, size);
	verdict = ref_canonical(&ref);
	err = mst_cbor_check(exact + 1, size);
	if (verdict == REF_WELL_FORMED && ref.depth <= MST_CBOR_DEPTH)
		expected = ref.out_size == size && memcmp(out, data, size) == 0
				   ? 0
				   : -MST_E_CBOR_ENCODING;
	else if (verdict == REF_WELL_FORMED)
		expected = -MST_E_CBOR_DEPTH;
	else
		expected = verdict == REF_DUPLICATE ? -MST_E_CBOR_ENCODING : -MST_E_CBOR_MALFORMED;
	free(exact);
	/* Of several faults the first one met is reported, so only acceptance is exact there. */
	if (expected == -MST_E_CBOR_ENCODING && ref.depth <= MST_CBOR_DEPTH ? err == expected
									    : !err == !expected)
		return;
	mst_hex_encode(data, size, text);
	fail_msg("%s: %s, expected %s", text, mst_err_name(err), mst_err_name(expected));
}

static void
short_strings_agree(void **state)
{
	uint8_t data[3];

	(void)state;
	for (unsigned v = 0; v < 1U << 16; v++) {
		data[0] = (uint8_t)(v >> 8);
		data[1] = (uint8_t)v;
		compare(data, 1);
		compare(data, 2);
	}
	for (unsigned v = 0; v < 1U << 21; v++) {
		/* All majors and lengths in front, all octets behind. */
		data[0] = (uint8_t)(v >> 16 << 3 | (v & 7));
		data[1] = (uint8_t)(v >> 8);
		data[2] = (uint8_t)v;
		compare(data, 3);
	}
}

/* Writes one random item of any kind, mostly deterministic. */
static void
random_item(struct mst_writer *w, int depth)
{
	enum mst_cbor_type type = (enum mst_cbor_type)(random_u32() % 8);
	uint64_t v = ((uint64_t)random_u32() << 32 | random_u32()) >> (random_u32() % 64);
	size_t n = random_u32() % 4;

	if (depth > 9 && type >= MST_CBOR_ARRAY)
		type = MST_CBOR_UINT;
	switch (type) {
	case MST_CBOR_UINT:
	case MST_CBOR_NINT:
		mst_cbor_write_head(w, type, v);
		break;
	case MST_CBOR_BSTR:
		mst_cbor_write_bstr(w, "\x81\xff\x00", n);
		break;
	case MST_CBOR_TSTR:
		mst_cbor_write_tstr(w, random_u32() % 4 != 0 ? "abc" : "\xe6\xb0\xb4", n);
		break;
	case MST_CBOR_ARRAY:
		mst_cbor_write_array(w, n);
		while (n-- > 0)
			random_item(w, depth + 1);
		break;
	case MST_CBOR_MAP:
		mst_cbor_write_map(w, n);
		for (size_t i = 0; i < n; i++) {
			if (random_u32() % 8 == 0)
				random_item(w, depth + 1);
			else
				mst_cbor_write_int(w, (int64_t)(i * 20 + v % 19));
			random_item(w, depth + 1);
		}
		break;
	case MST_CBOR_TAG:
		mst_cbor_write_head(w, type, v);
		random_item(w, depth + 1);
		break;
	default:
		n = random_u32() % 4;
		mst_write_u8(w, (uint8_t)(0xf8 + n));
		v = (uint64_t)random_u32() << 32 & ((uint64_t)random_u32() << 32 | random_u32());
		for (size_t i = (size_t)1 << n; i-- > 0; v <<= 8)
			mst_write_u8(w, (uint8_t)(v >> 56));
	}
}

static void
damage(uint8_t *data, size_t *size)
{
	switch (random_u32() % 4) {
	case 0:
		data[random_u32() % *size] = (uint8_t)random_u32();
		break;
	case 1:
		data[random_u32() % *size] ^= (uint8_t)(1U << random_u32() % 8);
		break;
	case 2:
		*size = random_u32() % *size;
		break;
	default:
		data[(*size)++] = (uint8_t)random_u32();
	}
}

static void
random_items_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 60000; i++) {
		uint8_t data[SIZE_MAX_TESTED];
		struct mst_writer w = mst_writer_init(data, sizeof(data) - 1);
		size_t size;

		random_item(&w, 0);
		size = mst_writer_size(&w);
		if (size == 0)
			continue;
		compare(data, size);
		damage(data, &size);
		compare(data, size);
	}
}

static void
random_octets_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint8_t data[24];
		size_t size = random_u32() % sizeof(data);

		for (size_t k = 0; k < size; k++)
			data[k] = (uint8_t)(random_u32() >> random_u32() % 8);
		compare(data, size);
	}
}

static void
floats_agree(void **state)
{
	uint8_t data[9] = {0xf9};

	(void)state;
	for (unsigned h = 0; h < 0x10000; h += 7) {
		mst_put_be16(data + 1, (uint16_t)h);
		compare(data, 3);
	}
	/* Around every exponent, with the lowest mantissa bit that a shorter form can or cannot
	 * hold. */
	for (uint32_t exp = 0; exp < 256; exp++) {
		for (int bit = -1; bit < 23; bit++) {
			data[0] = 0xfa;
			mst_put_be32(data + 1, exp << 23 | (bit < 0 ? 0 : 1U << bit));
			compare(data, 5);
		}
	}
	for (uint64_t exp = 0; exp < 2048; exp += exp < 860 || exp > 1160 ? 37 : 1) {
		for (int bit = -1; bit < 52; bit++) {
			data[0] = 0xfb;
			mst_put_be64(data + 1, exp << 52 | (bit < 0 ? 0 : (uint64_t)1 << bit));
			compare(data, 9);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_strings_agree),
		cmocka_unit_test(random_items_agree),
		cmocka_unit_test(random_octets_agree),
		cmocka_unit_test(floats_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
