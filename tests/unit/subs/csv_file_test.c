/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv_run.h"
#include "subs/synth.h"

/* A directory of its own for each test with files. */
struct files {
	char dir[64], csv[96], reject[96];
};

static void
files_init(struct files *f)
{
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/muster-csv-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->csv, sizeof(f->csv), "%s/in.csv", f->dir);
	(void)snprintf(f->reject, sizeof(f->reject), "%s/reject.csv", f->dir);
}

static void
files_fini(struct files *f)
{
	unlink(f->csv);
	unlink(f->reject);
	assert_int_equal(rmdir(f->dir), 0);
}

static void
put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
assert_file(const char *path, const char *expected)
{
	char text[4096] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void
reject_file(void **state)
{
	char expected[2048], line[1100], text[4096];
	struct files f;
	struct stat st;
	struct run run;

	(void)state;
	files_init(&f);
	run_init(&run, 10);
	put_file(f.reject, "left from before");
	assert_int_equal(chmod(f.reject, 0644), 0);
	run.options.reject_path = f.reject;
	run.options.max_reports = 1;
	memset(line, '7', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	(void)snprintf(text, sizeof(text),
		"# about\r\nk,imsi,opc\r\n%.32s,123456," TWO "\r\n%s\n" TWO ",12345x," TWO
		"\r\n" TWO ",123456," TWO,
		TWO, line);
	put_file(f.csv, text);
	assert_int_equal(mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), 0);
	assert_int_equal(run.result.added, 1);
	assert_int_equal(run.result.rejected, 3);
	(void)snprintf(expected, sizeof(expected),
		"k,imsi,opc\n"
		"# %s:4: the row is too long\n"
		"# %s:5: column 'imsi': must have 6 to 15 digits\n" TWO ",12345x," TWO "\n"
		"# %s:6: column 'imsi': is present already\n" TWO ",123456," TWO "\n",
		f.csv, f.csv, f.csv);
	assert_file(f.reject, expected);
	assert_int_equal(stat(f.reject, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	/* What was rejected can be imported as it is, here to be rejected again. */
	assert_int_equal(rename(f.reject, f.csv), 0);
	assert_int_equal(mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), 0);
	assert_int_equal(run.result.rejected, 2);
	run_fini(&run);
	files_fini(&f);
}

static void
file_errors(void **state)
{
	char expected[256];
	struct files f;
	struct run run;

	(void)state;
	files_init(&f);
	run_init(&run, 10);
	assert_int_equal(
		mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), -MST_E_FILE);
	(void)snprintf(expected, sizeof(expected), "%s: No such file or directory\n", f.csv);
	assert_string_equal(run.reports, expected);

	/* A directory opens, but cannot be read. */
	run.reports[0] = '\0';
	assert_int_equal(
		mst_csv_import_file(run.subs, f.dir, &run.options, &run.result), -MST_E_FILE);
	(void)snprintf(expected, sizeof(expected), "%s: Is a directory\n", f.dir);
	assert_string_equal(run.reports, expected);

	put_file(f.csv, "imsi,k,opc\nx\n");
	run.reports[0] = '\0';
	run.options.reject_path = f.csv;
	assert_int_equal(
		mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), -MST_E_FILE);
	(void)snprintf(
		expected, sizeof(expected), "%s: the reject file is the input file\n", f.csv);
	assert_string_equal(run.reports, expected);
	assert_file(f.csv, "imsi,k,opc\nx\n");

	run.reports[0] = '\0';
	run.options.reject_path = "/nonexistent/reject.csv";
	assert_int_equal(
		mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), -MST_E_FILE);
	assert_string_equal(run.reports, "/nonexistent/reject.csv: No such file or directory\n");

	/* A full disk shows when the reject file is closed. */
	run.reports[0] = '\0';
	run.options.max_reports = 0;
	run.options.reject_path = "/dev/full";
	assert_int_equal(
		mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), -MST_E_FILE);
	assert_string_equal(run.reports, "/dev/full: No space left on device\n");
	run_fini(&run);
	files_fini(&f);
}

static void
transport_key_file(void **state)
{
	static const struct {
		const char *text;
		int err;
		size_t size;
	} rows[] = {
		{"000102030405060708090a0b0c0d0e0f", 0, 16},
		{" \n000102030405060708090A0B0C0D0E0F\r\n", 0, 16},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0, 32},
		{"", -MST_E_ARGUMENT, 99},
		{"\n \n", -MST_E_ARGUMENT, 99},
		{"000102030405060708090a0b0c0d0e0", -MST_E_ARGUMENT, 99},
		{"000102030405060708090a0b0c0d0e0f0", -MST_E_ARGUMENT, 99},
		{"000102030405060708090a0b0c0d0e0x", -MST_E_ARGUMENT, 99},
		{"000102030405060708090a0b0c0d0e0f1011121314151617", -MST_E_ARGUMENT, 99},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00",
			-MST_E_ARGUMENT, 99},
	};
	struct files f;

	(void)state;
	files_init(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t key[32] = {0xaa};
		size_t size = 99;

		put_file(f.csv, rows[i].text);
		assert_int_equal(mst_csv_transport_key_read(f.csv, key, &size), rows[i].err);
		assert_int_equal(size, rows[i].size);
		assert_int_equal(key[0], rows[i].err == 0 ? 0 : 0xaa);
		for (size_t j = 1; j < sizeof(key); j++)
			assert_int_equal(key[j], rows[i].err == 0 && j < size ? j : 0);
	}
	assert_int_equal(mst_csv_transport_key_read("/nonexistent", NULL, NULL), -MST_E_FILE);
	files_fini(&f);
}

/* 200000 rows out and in, with progress; every tenth is there twice. */
static void
many_rows(void **state)
{
	enum { ROWS = 200000 };
	static const mst_b16 key = {1};
	static struct mst_subs_cols cols;
	struct mst_subs_profile profile = {.lifetime_s = 4294967295, .amf = 0x1234, .mnc_size = 3};
	char row[MST_CSV_WRITE_MAX];
	uint64_t number[MST_LANES];
	struct mst_crypto *crypto;
	struct mst_synth synth;
	struct files f;
	struct run run;
	FILE *file;

	(void)state;
	files_init(&f);
	run_init(&run, ROWS);
	assert_int_equal(mst_crypto_create(&crypto, NULL), 0);
	assert_int_equal(mst_synth_init(&synth, "001010000000000", ROWS, key, 300), 0);
	file = fopen(f.csv, "w");
	assert_non_null(file);
	fputs(mst_csv_header, file);
	for (uint64_t first = 0; first < ROWS; first += MST_LANES) {
		for (unsigned i = 0; i < MST_LANES; i++)
			number[i] = first + i;
		mst_synth_burst(&synth, crypto, ~(mst_lanes)0, number, &cols);
		for (unsigned i = 0; i < MST_LANES; i++) {
			size_t size;

			profile.gba_type = (uint8_t)mst_synth_gba_type(&synth, first + i);
			size = mst_csv_row_write(
				row, cols.imsi[i], cols.k[i], cols.opc[i], &profile);
			assert_true(size <= sizeof(row));
			fwrite(row, 1, size, file);
			if ((first + i) % 10 == 0)
				fwrite(row, 1, size, file);
		}
	}
	assert_int_equal(fclose(file), 0);

	run.options.progress_rows = 50000;
	run.options.max_reports = 1;
	assert_int_equal(mst_csv_import_file(run.subs, f.csv, &run.options, &run.result), 0);
	assert_int_equal(run.result.rows, ROWS + ROWS / 10);
	assert_int_equal(run.result.added, ROWS);
	assert_int_equal(run.result.rejected, ROWS / 10);
	assert_int_equal(run.result.duplicates, ROWS / 10);
	assert_non_null(strstr(run.reports, "in.csv:3: column 'imsi': is present already\n"));
	assert_int_equal(run.progress_calls, 5);
	assert_int_equal(run.progress.rows, ROWS + ROWS / 10);
	assert_true(run.progress.size_bytes == run.progress.total_bytes);
	for (uint64_t n = 0; n < ROWS; n += 97) {
		const struct mst_subs_record *r;
		uint32_t index;

		mst_synth_burst(&synth, crypto, MST_LANE(0), &n, &cols);
		assert_int_equal(mst_subs_lookup(run.subs, cols.imsi[0], &index), 0);
		r = mst_subs_record(run.subs, index);
		assert_memory_equal(r->k, cols.k[0], sizeof(r->k));
		assert_memory_equal(r->opc, cols.opc[0], sizeof(r->opc));
		profile.gba_type = (uint8_t)mst_synth_gba_type(&synth, n);
		assert_memory_equal(mst_subs_profile(run.subs, r), &profile, sizeof(profile));
	}
	mst_crypto_destroy(crypto);
	run_fini(&run);
	files_fini(&f);
}

static void
written_row(void **state)
{
	static const struct mst_subs_profile profile = {
		.lifetime_s = 3600, .amf = 0xb9b9, .gba_type = MST_GBA_U, .mnc_size = 2};
	char text[MST_CSV_WRITE_MAX + 1];
	mst_b16 k, opc;
	size_t size;

	(void)state;
	assert_int_equal(mst_hex_decode(K1, 32, k, 16), 0);
	assert_int_equal(mst_hex_decode(OC1, 32, opc, 16), 0);
	size = mst_csv_row_write(text, 1010000000001, k, opc, &profile);
	text[size] = '\0';
	assert_string_equal(text, "001010000000001," K1 "," OC1 ",b9b9,gba_u,3600,2\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reject_file),
		cmocka_unit_test(file_errors),
		cmocka_unit_test(transport_key_file),
		cmocka_unit_test(many_rows),
		cmocka_unit_test(written_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
