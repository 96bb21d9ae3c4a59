/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/csv_import.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "aka/milenage.h"
#include "base/err.h"
#include "base/secret.h"
#include "subs/csv_column.h"
#include "subs/csv_reader.h"
#include "subs/csv_reject.h"

/* Rows of one batch; a bad row keeps its lane until all are reported in order. */
struct batch {
	struct mst_subs_cols cols;
	struct csv_row row[MST_LANES];
	const char *column[MST_LANES]; /* of a bad row; may be NULL */
	const char *reason[MST_LANES]; /* NULL: the row is good so far */
	unsigned size;
	mst_lanes live;
};

struct import {
	struct mst_subs *subs;
	const struct mst_csv_source *source;
	const struct mst_csv_options *options;
	struct mst_csv_result *result;
	struct csv_reader reader;
	struct csv_reject reject;
	EVP_CIPHER_CTX *transport; /* NULL without a transport key */
	const struct csv_column *column[CSV_COLUMNS];
	unsigned columns;
	unsigned present; /* set of enum csv_column_id */
	struct mst_subs_profile last_profile;
	uint16_t last_number;
	bool have_last;
	uint64_t reports;
	uint64_t next_progress;
	struct batch batch;
};

__attribute__((format(printf, 2, 3))) static void
report(struct import *im, const char *format, ...)
{
	char text[512];
	va_list args;

	if (im->options->on_report == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	im->options->on_report(im->options->user, text);
}

static bool
has(const struct import *im, enum csv_column_id id)
{
	return im->present >> id & 1;
}

/* Characters of the file that are shown to people: printable ones only. */
static void
show(const struct csv_field *field, char text[CSV_SHOWN])
{
	size_t size = field->size < CSV_SHOWN - 1 ? field->size : CSV_SHOWN - 1;

	for (size_t i = 0; i < size; i++)
		text[i] = isprint((unsigned char)field->text[i]) ? field->text[i] : '?';
	text[size] = '\0';
}

static int
bad_header(struct import *im, uint64_t line, const char *name, const char *reason)
{
	report(im, "%s:%ju: column '%s': %s", im->source->name, (uintmax_t)line, name, reason);
	return -MST_E_CSV;
}

/* Whether the columns present are a sufficient set without contradictions. */
static int
check_columns(struct import *im, uint64_t line)
{
	const unsigned ks = has(im, CSV_K) + has(im, CSV_EK);
	const unsigned ops = has(im, CSV_OP) + has(im, CSV_OPC) + has(im, CSV_EOPC);

	if (!has(im, CSV_IMSI))
		return bad_header(im, line, "imsi", "is missing");
	if (ks != 1)
		return bad_header(im, line, "k", ks == 0 ? "is missing" : "excludes 'ek'");
	if (ops != 1)
		return bad_header(im, line, "opc",
			ops == 0 ? "is missing, and so is 'op'"
				 : "only one of 'op', 'opc' and 'eopc' may be present");
	if ((has(im, CSV_EK) || has(im, CSV_EOPC)) && im->transport == NULL)
		return bad_header(
			im, line, has(im, CSV_EK) ? "ek" : "eopc", "needs a transport key");
	if (has(im, CSV_OP) && im->options->crypto == NULL)
		return bad_header(im, line, "op", "cannot be used without a crypto engine");
	return 0;
}

static int
read_header(struct import *im, const struct csv_row *row)
{
	struct csv_field field[CSV_COLUMNS + 1];
	char name[CSV_SHOWN];
	const char *reason = NULL;
	unsigned count = 0;

	if (row->size > MST_CSV_ROW_MAX)
		reason = "the header is too long";
	else
		count = csv_split(row, field, CSV_COLUMNS + 1, &reason);
	if (reason != NULL) {
		report(im, "%s:%ju: %s", im->source->name, (uintmax_t)row->line, reason);
		return -MST_E_CSV;
	}
	for (unsigned i = 0; i < count && i <= CSV_COLUMNS; i++) {
		const struct csv_column *column = csv_column_find(&field[i]);

		show(&field[i], name);
		if (column == NULL)
			return bad_header(im, row->line, name, "is not known");
		if (has(im, column->id))
			return bad_header(im, row->line, name, "appears twice");
		im->present |= 1u << column->id;
		im->column[im->columns++] = column;
	}
	csv_reject_row(&im->reject, NULL, row);
	return check_columns(im, row->line);
}

/* The number of the profile, by way of the one seen last. */
static const char *
intern_profile(struct import *im, const struct mst_subs_profile *profile, uint16_t *number)
{
	int err;

	if (!im->have_last || memcmp(profile, &im->last_profile, sizeof(*profile)) != 0) {
		err = mst_subs_profile_add(im->subs, profile, &im->last_number);
		im->have_last = err == 0;
		if (err != 0)
			return "the store has no room for further combinations of settings";
		im->last_profile = *profile;
	}
	*number = im->last_number;
	return NULL;
}

/* Reads a row into its lane. Returns NULL or the reason why it is bad. */
static const char *
read_row(struct import *im, unsigned lane, const struct csv_row *row)
{
	struct mst_subs_cols *cols = &im->batch.cols;
	struct csv_values values = {.imsi = &cols->imsi[lane],
		.k = cols->k[lane],
		.opc = cols->opc[lane],
		.profile = {.lifetime_s = im->options->lifetime_s,
			.mnc_size = im->options->mnc_size,
			.hss = im->options->hss}};
	struct csv_field field[CSV_COLUMNS];
	const char *reason = NULL;
	unsigned count;

	if (row->size > MST_CSV_ROW_MAX)
		return "the row is too long";
	count = csv_split(row, field, CSV_COLUMNS, &reason);
	if (count == 0)
		return reason;
	if (count != im->columns)
		return count < im->columns ? "the row has fewer fields than the header"
					   : "the row has more fields than the header";
	for (unsigned i = 0; i < count; i++) {
		reason = im->column[i]->parse(&values, &field[i]);
		if (reason != NULL) {
			im->batch.column[lane] = im->column[i]->name;
			return reason;
		}
	}
	return intern_profile(im, &values.profile, &cols->profile[lane]);
}

static void
take_row(struct import *im, const struct csv_row *row)
{
	struct batch *b = &im->batch;
	unsigned lane = b->size++;

	im->result->rows++;
	b->row[lane] = *row;
	b->column[lane] = NULL;
	b->reason[lane] = read_row(im, lane, row);
	if (b->reason[lane] == NULL)
		b->live |= MST_LANE(lane);
}

static void
kill_lane(struct batch *b, unsigned lane, const char *column, const char *reason)
{
	b->live &= ~MST_LANE(lane);
	b->column[lane] = column;
	b->reason[lane] = reason;
}

/* Drops the rows that another HSS holds. */
static void
check_routes(struct import *im)
{
	struct batch *b = &im->batch;
	uint8_t hss[MST_LANES];
	mst_lanes routed;

	if (im->options->slf == NULL)
		return;
	routed = mst_slf_lookup_bulk(im->options->slf, b->live, b->cols.imsi, hss);
	mst_for_lanes(i, b->live)
		if (!(routed & MST_LANE(i)) || hss[i] != im->options->hss)
			kill_lane(b, i, "imsi", "is in no range of this HSS");
}

static void
decrypt(struct import *im, mst_b16 *blocks)
{
	int size = (int)(im->batch.size * sizeof(*blocks)), got = 0, ok;

	ok = EVP_DecryptUpdate(im->transport, blocks[0], &got, blocks[0], size);
	assert(ok == 1 && got == size && "whole blocks without padding");
	(void)ok;
}

/* Brings k and opc of the batch into the clear. */
static void
finish_keys(struct import *im)
{
	struct mst_subs_cols *cols = &im->batch.cols;

	if (has(im, CSV_EK))
		decrypt(im, cols->k);
	if (has(im, CSV_EOPC))
		decrypt(im, cols->opc);
	if (has(im, CSV_OP))
		mst_milenage_opc_burst(
			im->options->crypto, im->batch.live, cols->k, cols->opc, cols->opc);
}

/* Counts, reports and keeps a bad row. */
static void
reject_row(struct import *im, unsigned lane)
{
	const struct batch *b = &im->batch;
	const char *column = b->column[lane];
	char text[512];

	(void)snprintf(text, sizeof(text), "%s:%ju: %s%s%s%s", im->source->name,
		(uintmax_t)b->row[lane].line, column != NULL ? "column '" : "",
		column != NULL ? column : "", column != NULL ? "': " : "", b->reason[lane]);
	im->result->rejected++;
	if (im->reports < im->options->max_reports) {
		im->reports++;
		report(im, "%s", text);
	}
	csv_reject_row(&im->reject, text, &b->row[lane]);
}

static int
store_full(struct import *im, unsigned lane)
{
	im->result->rows -= im->batch.size - lane - 1;
	report(im, "%s:%ju: the store is full with %u subscribers", im->source->name,
		(uintmax_t)im->batch.row[lane].line, mst_subs_count(im->subs));
	return -MST_E_TABLE_FULL;
}

/* Adds the good rows of the batch and reports the bad ones, in the order of the file. */
static int
flush_batch(struct import *im)
{
	struct batch *b = &im->batch;
	uint8_t status[MST_LANES] = {0};
	mst_lanes added;
	int err = 0;

	check_routes(im);
	finish_keys(im);
	added = mst_subs_add_burst(im->subs, b->live, &b->cols, status);
	im->result->added += mst_lanes_count(added);
	for (unsigned i = 0; i < b->size && err == 0; i++) {
		if (status[i] == MST_E_TABLE_FULL) {
			err = store_full(im, i);
			break;
		}
		if (status[i] == MST_E_EXISTS) {
			im->result->duplicates++;
			kill_lane(b, i, "imsi", "is present already");
		}
		if (b->reason[i] != NULL)
			reject_row(im, i);
	}
	b->size = 0;
	b->live = 0;
	if (err == 0 && csv_reject_failed(&im->reject)) {
		report(im, "%s: %s", im->options->reject_path, strerror(errno));
		err = -MST_E_FILE;
	}
	return err;
}

static void
show_progress(struct import *im, bool at_end)
{
	struct mst_csv_progress progress = {.rows = im->result->rows,
		.size_bytes = im->reader.size_bytes,
		.total_bytes = im->source->total_bytes};

	if (im->options->on_progress == NULL || im->options->progress_rows == 0)
		return;
	if (!at_end && im->result->rows < im->next_progress)
		return;
	im->next_progress = im->result->rows + im->options->progress_rows;
	im->options->on_progress(im->options->user, &progress);
}

/* Takes all rows that the reader holds completely. */
static int
take_block(struct import *im)
{
	struct csv_row row;
	int err = 0;

	while (err == 0 && csv_next(&im->reader, &row)) {
		if (im->columns == 0) {
			err = read_header(im, &row);
			continue;
		}
		take_row(im, &row);
		if (im->batch.size == MST_LANES) {
			err = flush_batch(im);
			show_progress(im, false);
		}
	}
	/* The rows of the batch lie in the block that is to be filled again. */
	return err == 0 && im->batch.size > 0 ? flush_batch(im) : err;
}

static int
run(struct import *im)
{
	int err, got;

	do {
		got = csv_fill(&im->reader);
		if (got < 0) {
			report(im, "%s: %s", im->source->name, strerror(errno));
			return got;
		}
		err = take_block(im);
	} while (err == 0 && got > 0);
	if (err == 0 && im->columns == 0) {
		report(im, "%s: the file has no header", im->source->name);
		err = -MST_E_CSV;
	}
	show_progress(im, true);
	return err;
}

static int
open_transport(struct import *im)
{
	const struct mst_csv_options *o = im->options;
	const EVP_CIPHER *cipher;

	if (o->transport_key == NULL)
		return 0;
	if (o->transport_key_size != 16 && o->transport_key_size != 32)
		return -MST_E_ARGUMENT;
	cipher = o->transport_key_size == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
	im->transport = EVP_CIPHER_CTX_new();
	if (im->transport == NULL ||
		EVP_DecryptInit_ex(im->transport, cipher, NULL, o->transport_key, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(im->transport, 0) != 1)
		return -MST_E_NO_MEMORY;
	return 0;
}

static int
open_import(struct import *im)
{
	const struct mst_csv_options *o = im->options;
	int err;

	if (o->mnc_size < 2 || o->mnc_size > 3 || o->lifetime_s == 0 || o->hss >= MST_HSS_MAX)
		return -MST_E_ARGUMENT;
	err = open_transport(im);
	if (err == 0)
		err = csv_reader_init(&im->reader, im->source);
	if (err == 0 && o->reject_path != NULL) {
		err = csv_reject_open(&im->reject, o->reject_path);
		if (err != 0)
			report(im, "%s: %s", o->reject_path, strerror(errno));
	}
	return err;
}

int
mst_csv_import(struct mst_subs *subs, const struct mst_csv_source *source,
	const struct mst_csv_options *options, struct mst_csv_result *result)
{
	struct import *im = calloc(1, sizeof(*im));
	int err;

	*result = (struct mst_csv_result){0};
	if (im == NULL)
		return -MST_E_NO_MEMORY;
	im->subs = subs;
	im->source = source;
	im->options = options;
	im->result = result;
	im->next_progress = options->progress_rows;
	err = open_import(im);
	if (err == 0)
		err = run(im);
	if (csv_reject_close(&im->reject) != 0 && err == 0) {
		report(im, "%s: %s", options->reject_path, strerror(errno));
		err = -MST_E_FILE;
	}
	EVP_CIPHER_CTX_free(im->transport);
	csv_reader_fini(&im->reader);
	mst_wipe(im, sizeof(*im));
	free(im);
	return err;
}
