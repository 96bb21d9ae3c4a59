/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows for people: tables of many, indented trees of one. Writes to stdout. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <jansson.h>

struct printer {
	unsigned long rows;
};

/** A row of a table; the first one brings the heading. Columns are the row's members in order. */
void print_table(struct printer *printer, const json_t *row);
/** The same as CSV (RFC 4180); the values have no commas or quotes. */
void print_csv(struct printer *printer, const json_t *row);
/** An object, one member a line; objects within are indented, zero counters left out. */
void print_tree(struct printer *printer, const json_t *row);

#endif
