/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of a CSV source, one a line, in place in a block that is read ahead. Private to the import.
 * Context: control thread.
 */
#ifndef MST_SUBS_CSV_READER_H
#define MST_SUBS_CSV_READER_H

#include <stdbool.h>

#include "subs/csv_import.h"

/** Octets read at once: stays in the second level cache. */
#define CSV_BLOCK (256u << 10)

struct csv_reader {
	const struct mst_csv_source *source;
	char *block;
	size_t start; /* of what is not taken yet */
	size_t end;
	uint64_t line; /* lines taken */
	uint64_t size_bytes;
	bool at_end;
	bool in_long; /* dropping the rest of a row that is too long */
};

/** A row without its line end; text is valid until the next csv_fill(). */
struct csv_row {
	const char *text;
	size_t size; /* above MST_CSV_ROW_MAX: too long, and text holds no more than that many */
	uint64_t line;
};

/** Returns 0 or -MST_E_NO_MEMORY. */
int csv_reader_init(struct csv_reader *r, const struct mst_csv_source *source);
/** Wipes. */
void csv_reader_fini(struct csv_reader *r);
/** Takes the next row that is neither empty nor a comment; false: csv_fill() is due. */
bool csv_next(struct csv_reader *r, struct csv_row *row);
/**
 * Reads on; rows taken before become invalid. Returns 1, 0 at the end of the source, or
 * -MST_E_FILE.
 */
int csv_fill(struct csv_reader *r);

struct csv_field {
	const char *text; /* without its quotes */
	size_t size;
};

/**
 * Splits a row into fields. Returns their number (of which only the first `max` are stored), or
 * 0 and a reason when quotes are misplaced. A doubled quote stays doubled: no value here may
 * hold one.
 */
unsigned csv_split(
	const struct csv_row *row, struct csv_field *fields, unsigned max, const char **reason);

#endif
