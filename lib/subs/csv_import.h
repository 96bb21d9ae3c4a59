/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Subscribers from and to CSV (RFC 4180).
 *
 * The first row names the columns, in any order:
 *
 *	imsi		6..15 digits				mandatory
 *	k | ek		32 hex digits, plain | encrypted	one of them
 *	op | opc | eopc	32 hex digits, plain | encrypted	one of them
 *	amf		4 hex digits				default 0000
 *	gba		gba | gba_u				default gba
 *	lifetime	seconds, 1..4294967295			default from the options
 *	mnc_length	2 | 3					default from the options
 *	may_create	yes | no				default yes
 *	may_join	yes | no				default yes
 *	create_limit	0..1023, groups to create; 0: no own limit	default 0
 *	join_limit	0..1023, groups to be in; 0: no own limit	default 0
 *	naf_groups	0..255, bit n: NAF group n; 0: all	default 0
 *	tags		0..255, bits for allow-lists		default 0
 *
 * ek and eopc are one block each under the transport key, AES-128 or AES-256 in ECB mode. An
 * empty field of an optional column takes the default. A row is one line, of at most
 * MST_CSV_ROW_MAX octets, ended by LF or CRLF; fields may be quoted, but hold no line end. A byte
 * order mark, empty lines and lines that begin with # are skipped.
 *
 * An unknown, repeated or missing column ends the import. A bad row does not: it is counted,
 * reported as "FILE:LINE: column 'NAME': reason" and copied to the reject file, below a comment
 * with that report and below the header, so that a corrected reject file can be imported.
 *
 * The parser is muster's own: 60 ns a row, where libcsv takes 250 to split it and a whole import
 * 200.
 *
 *	struct mst_csv_options o = {.lifetime_s = 86400, .mnc_size = 2, .crypto = engine};
 *	struct mst_csv_result result;
 *	int err = mst_csv_import_file(subs, "meters.csv", &o, &result);
 *
 * Buffers that held keys are wiped. Context of the imports: control thread; they read files and
 * allocate. The only part of lib/ that touches files.
 */
#ifndef MST_SUBS_CSV_IMPORT_H
#define MST_SUBS_CSV_IMPORT_H

#include <sys/types.h>

#include "crypto/crypto.h"
#include "subs/slf.h"
#include "subs/subs.h"

#define MST_CSV_ROW_MAX 1024

struct mst_csv_progress {
	uint64_t rows;
	uint64_t size_bytes;  /* read so far */
	uint64_t total_bytes; /* of the file; 0 when unknown */
};

struct mst_csv_options {
	uint32_t lifetime_s;          /* default of the column */
	uint8_t mnc_size;             /* default of the column, 2 or 3 */
	uint8_t hss;                  /* number of the HSS that owns the store */
	const struct mst_slf *slf;    /* if set, rows it routes to another HSS are bad */
	const uint8_t *transport_key; /* NULL: encrypted columns are refused */
	size_t transport_key_size;    /* 16 or 32 */
	struct mst_crypto *crypto;    /* for OPc from OP; may be NULL if no file has op */
	const char *reject_path;      /* NULL: rejected rows are not kept. Created with mode 0600 */
	uint64_t max_reports;         /* reports after this many are counted only */
	uint64_t progress_rows;       /* rows between two calls of on_progress; 0: none */
	void (*on_report)(void *user, const char *report);
	void (*on_progress)(void *user, const struct mst_csv_progress *progress);
	void *user;
};

struct mst_csv_result {
	uint64_t rows; /* without header, comments and empty lines */
	uint64_t added;
	uint64_t rejected;   /* rows - added, after a whole import */
	uint64_t duplicates; /* of the rejected: IMSI already present */
};

/**
 * Imports a file. Returns 0 when it was read to its end, however many rows were rejected;
 * -MST_E_CSV (header; reported), -MST_E_FILE (input or reject file; reported), -MST_E_TABLE_FULL
 * (the store is full; the row without room is the last one counted; reported), -MST_E_NO_MEMORY
 * or -MST_E_ARGUMENT (options). The result is set in every case.
 */
int mst_csv_import_file(struct mst_subs *subs, const char *path,
	const struct mst_csv_options *options, struct mst_csv_result *result);

/** Where rows come from, when not from a file. */
struct mst_csv_source {
	/** Reads up to size octets; returns their number, 0 at the end, negative on failure. */
	ssize_t (*read)(void *user, void *buffer, size_t size);
	void *user;
	const char *name; /* for reports */
	uint64_t total_bytes;
};

/** Imports from a source; otherwise as mst_csv_import_file(). */
int mst_csv_import(struct mst_subs *subs, const struct mst_csv_source *source,
	const struct mst_csv_options *options, struct mst_csv_result *result);

/**
 * Reads a transport key: 32 or 64 hex digits in a file, white space around them. *size gets 16 or
 * 32. Returns 0, -MST_E_FILE or -MST_E_ARGUMENT (contents).
 */
int mst_csv_transport_key_read(const char *path, uint8_t key[32], size_t *size);

/** The header of the rows that mst_csv_row_write() writes, with its line end. */
extern const char mst_csv_header[];
/** Octets of the longest row written. */
#define MST_CSV_WRITE_MAX 112

/**
 * Writes a row (imsi,k,opc,amf,gba,lifetime,mnc_length) with its line end to text, not terminated.
 * Returns its size. Context: any thread, does no I/O.
 */
size_t mst_csv_row_write(char text[MST_CSV_WRITE_MAX], uint64_t imsi, const mst_b16 k,
	const mst_b16 opc, const struct mst_subs_profile *profile);

#endif
