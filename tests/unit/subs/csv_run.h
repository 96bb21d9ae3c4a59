/* SPDX-License-Identifier: BSD-3-Clause */
/* One import in a test: its text, its options and what it said. */
#ifndef TESTS_SUBS_CSV_RUN_H
#define TESTS_SUBS_CSV_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/text.h"
#include "subs/csv_import.h"

#define K1  "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OP1 "cdc202d5123e20f62b6d676ac72cb318"
#define OC1 "cd63cb71954a9f4e48a5994e37a02baf" /* OPc of the two: TS 35.208 set 1 */
#define ONE ",00000000000000000000000000000001,"
#define TWO "00000000000000000000000000000002"

static const struct mst_hash_seed seed = {{1, 2}, {3, 4}, {5, 6}};

/* Text that is handed out in pieces, and what the import said. */
struct run {
	const char *text;
	size_t size, done;
	size_t piece; /* octets a read; 0: as many as fit */
	bool fail;    /* a read error at the end */
	char reports[4096];
	unsigned progress_calls;
	struct mst_csv_progress progress;
	struct mst_csv_result result;
	struct mst_subs *subs;
	struct mst_csv_options options;
};

static inline ssize_t
read_text(void *user, void *buffer, size_t size)
{
	struct run *run = user;
	size_t n = run->size - run->done;

	if (n == 0 && run->fail)
		return -1;
	if (run->piece != 0 && n > run->piece)
		n = run->piece;
	if (n > size)
		n = size;
	memcpy(buffer, run->text + run->done, n);
	run->done += n;
	return (ssize_t)n;
}

static inline void
on_report(void *user, const char *report)
{
	struct run *run = user;
	size_t used = strlen(run->reports);

	(void)snprintf(run->reports + used, sizeof(run->reports) - used, "%s\n", report);
}

static inline void
on_progress(void *user, const struct mst_csv_progress *progress)
{
	struct run *run = user;

	run->progress_calls++;
	run->progress = *progress;
}

static inline void
run_init(struct run *run, uint32_t capacity)
{
	memset(run, 0, sizeof(*run));
	assert_int_equal(mst_subs_create(&run->subs, capacity, &seed), 0);
	run->options = (struct mst_csv_options){.lifetime_s = 3600,
		.mnc_size = 2,
		.max_reports = 100,
		.on_report = on_report,
		.on_progress = on_progress,
		.user = run};
}

static inline void
run_fini(struct run *run)
{
	mst_subs_destroy(run->subs);
}

static inline int
run_import(struct run *run, const char *text)
{
	struct mst_csv_source source = {.read = read_text, .user = run, .name = "t.csv"};

	run->text = text;
	run->size = strlen(text);
	run->done = 0;
	return mst_csv_import(run->subs, &source, &run->options, &run->result);
}

static inline const struct mst_subs_record *
find(struct run *run, const char *digits)
{
	uint64_t imsi;
	uint32_t index;

	assert_int_equal(mst_imsi_encode(digits, strlen(digits), &imsi), 0);
	if (mst_subs_lookup(run->subs, imsi, &index) != 0)
		return NULL;
	return mst_subs_record(run->subs, index);
}

static inline void
assert_hex(const uint8_t *data, const char *hex)
{
	char text[33];

	mst_hex_encode(data, 16, text);
	assert_string_equal(text, hex);
}

#endif
