/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subscriber CSV. Input: options (1 octet), octets a read (1), then the text. Options: bit 0 a
 * transport key, of 32 octets with bit 1; bit 2 no crypto engine; bit 3 ranges of IMSIs.
 *
 * The text is imported whole and in small pieces, which must make no difference. What the store
 * then has is written as CSV and imported again, which must yield the same store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "subs/csv_import.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

#define CAPACITY 32

static const struct mst_hash_seed seed = {{51, 52}, {53, 54}, {55, 56}};
static struct mst_crypto *crypto;
static struct mst_slf *slf;

struct input {
	const uint8_t *data;
	size_t left;
	size_t piece;
	uint64_t reports;
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct mst_slf_range ranges[] = {
		{"001010000000000", "001019999999999", 0}, {"123456", "123459", 1}};
	unsigned bad;

	(void)argc;
	(void)argv;
	REQUIRE(mst_crypto_create(&crypto, NULL) == 0);
	REQUIRE(mst_slf_create(&slf, ranges, 2, &bad) == 0);
	return 0;
}

static ssize_t
read_input(void *user, void *buffer, size_t size)
{
	struct input *in = user;
	size_t n = in->left < size ? in->left : size;

	if (n > in->piece)
		n = in->piece;
	memcpy(buffer, in->data, n);
	in->data += n;
	in->left -= n;
	return (ssize_t)n;
}

/** A report names the source and shows printable characters only. */
static void
check_report(void *user, const char *report)
{
	struct input *in = user;

	in->reports++;
	REQUIRE(strncmp(report, "csv:", 4) == 0 && strlen(report) < 512);
	for (; *report != '\0'; report++)
		REQUIRE(*report >= ' ' && *report <= '~');
}

static int
import(struct mst_subs **subs, const uint8_t *data, size_t size, size_t piece,
	struct mst_csv_options options, struct mst_csv_result *result)
{
	struct input in = {.data = data, .left = size, .piece = piece};
	struct mst_csv_source source = {.read = read_input, .user = &in, .name = "csv"};
	int err;

	options.on_report = check_report;
	options.user = &in;
	REQUIRE(mst_subs_create(subs, CAPACITY, &seed) == 0);
	err = mst_csv_import(*subs, &source, &options, result);
	REQUIRE(result->added == mst_subs_count(*subs) && result->duplicates <= result->rejected);
	if (err == 0) {
		REQUIRE(result->rows == result->added + result->rejected);
		REQUIRE(in.reports == result->rejected && in.left == 0);
	} else {
		REQUIRE(err == -MST_E_CSV || err == -MST_E_TABLE_FULL);
		REQUIRE(in.reports == result->rejected + 1);
	}
	return err;
}

/** Numbers of profiles may differ: rejected rows can have had profiles of their own. */
static void
require_same(const struct mst_subs *a, const struct mst_subs *b)
{
	REQUIRE(mst_subs_count(a) == mst_subs_count(b));
	for (uint32_t i = 0; i < mst_subs_count(a); i++) {
		const struct mst_subs_record *x = mst_subs_record(a, i);
		const struct mst_subs_record *y = mst_subs_record(b, i);
		uint32_t index;

		REQUIRE(memcmp(x->k, y->k, 16) == 0 && memcmp(x->opc, y->opc, 16) == 0);
		REQUIRE(mst_subs_imsi(x) == mst_subs_imsi(y) && mst_subs_state(x) == 0);
		REQUIRE(memcmp(mst_subs_profile(a, x), mst_subs_profile(b, y),
				sizeof(struct mst_subs_profile)) == 0);
		REQUIRE(mst_subs_lookup(a, mst_subs_imsi(x), &index) == 0 && index == i);
	}
}

static void
write_and_import(const struct mst_subs *subs, struct mst_csv_options options)
{
	static char text[64 + CAPACITY * MST_CSV_WRITE_MAX];
	struct mst_csv_result result;
	struct mst_subs *again;
	size_t size = strlen(mst_csv_header);

	memcpy(text, mst_csv_header, size);
	for (uint32_t i = 0; i < mst_subs_count(subs); i++) {
		const struct mst_subs_record *r = mst_subs_record(subs, i);
		size_t row = mst_csv_row_write(
			text + size, mst_subs_imsi(r), r->k, r->opc, mst_subs_profile(subs, r));

		REQUIRE(row <= MST_CSV_WRITE_MAX);
		size += row;
	}
	REQUIRE(import(&again, (const uint8_t *)text, size, SIZE_MAX, options, &result) == 0);
	REQUIRE(result.rejected == 0);
	require_same(subs, again);
	mst_subs_destroy(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t transport_key[32] = "transport key of 32 octets......";
	struct mst_csv_options options = {.lifetime_s = 3600,
		.mnc_size = 2,
		.hss = 1,
		.max_reports = UINT64_MAX,
		.transport_key_size = 16};
	struct mst_csv_result whole, pieces;
	struct mst_subs *a, *b;
	int err;

	if (size < 2)
		return 0;
	if (data[0] & 1)
		options.transport_key = transport_key;
	if (data[0] & 2)
		options.transport_key_size = 32;
	if (!(data[0] & 4))
		options.crypto = crypto;
	if (data[0] & 8)
		options.slf = slf;
	err = import(&a, data + 2, size - 2, SIZE_MAX, options, &whole);
	REQUIRE(import(&b, data + 2, size - 2, 1 + data[1], options, &pieces) == err);
	REQUIRE(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	require_same(a, b);
	write_and_import(a, options);
	mst_subs_destroy(a);
	mst_subs_destroy(b);
	return 0;
}
