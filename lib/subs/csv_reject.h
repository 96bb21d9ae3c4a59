/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of rejected rows: the header, then each row below a comment with its report. It holds
 * keys: mode 0600, and the buffer is wiped. An unopened file takes everything and keeps nothing.
 * Private to the import. Context: control thread.
 */
#ifndef MST_SUBS_CSV_REJECT_H
#define MST_SUBS_CSV_REJECT_H

#include "subs/csv_reader.h"

struct csv_reject {
	void *file; /* FILE; NULL when not open */
	char *buffer;
};

/** Creates or empties the file. Returns 0, -MST_E_NO_MEMORY or -MST_E_FILE with errno. */
int csv_reject_open(struct csv_reject *r, const char *path);
/** Writes a row below a comment, which may be NULL. Too long a row is left out. */
void csv_reject_row(struct csv_reject *r, const char *comment, const struct csv_row *row);
/** Whether a write has failed. */
bool csv_reject_failed(const struct csv_reject *r);
/** Writes the rest out, closes, wipes. Returns 0 or -MST_E_FILE with errno. */
int csv_reject_close(struct csv_reject *r);

#endif
