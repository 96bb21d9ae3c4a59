/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/csv_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"

int
csv_reader_init(struct csv_reader *r, const struct mst_csv_source *source)
{
	*r = (struct csv_reader){.source = source, .block = malloc(CSV_BLOCK)};
	return r->block != NULL ? 0 : -MST_E_NO_MEMORY;
}

void
csv_reader_fini(struct csv_reader *r)
{
	if (r->block != NULL)
		mst_wipe(r->block, CSV_BLOCK);
	free(r->block);
	r->block = NULL;
}

/* Takes the next line as it stands; false: it is not complete in the block. */
static bool
next_line(struct csv_reader *r, struct csv_row *row)
{
	const char *text = r->block + r->start;
	size_t left = r->end - r->start;
	const char *newline = memchr(text, '\n', left);

	if (newline == NULL && !(r->at_end && left > 0)) {
		/* A line that fills the block is dropped as it comes, but for its beginning. */
		if (left == CSV_BLOCK) {
			r->in_long = true;
			r->start = 0;
			r->end = MST_CSV_ROW_MAX + 1;
		}
		return false;
	}
	row->text = text;
	row->size = newline != NULL ? (size_t)(newline - text) : left;
	row->line = ++r->line;
	r->start += row->size + (newline != NULL);
	if (r->in_long) {
		r->in_long = false;
		row->size = MST_CSV_ROW_MAX + 1;
	} else if (row->size > 0 && text[row->size - 1] == '\r') {
		row->size--;
	}
	return true;
}

bool
csv_next(struct csv_reader *r, struct csv_row *row)
{
	static const char mark[] = "\xef\xbb\xbf"; /* byte order mark in UTF-8 */

	while (next_line(r, row)) {
		if (row->line == 1 && row->size >= 3 && memcmp(row->text, mark, 3) == 0) {
			row->text += 3;
			row->size -= 3;
		}
		if (row->size > 0 && row->text[0] != '#')
			return true;
	}
	return false;
}

int
csv_fill(struct csv_reader *r)
{
	ssize_t got;

	if (r->at_end)
		return 0;
	memmove(r->block, r->block + r->start, r->end - r->start);
	r->end -= r->start;
	r->start = 0;
	got = r->source->read(r->source->user, r->block + r->end, CSV_BLOCK - r->end);
	if (got < 0 || (size_t)got > CSV_BLOCK - r->end)
		return -MST_E_FILE;
	r->at_end = got == 0;
	r->end += (size_t)got;
	r->size_bytes += (uint64_t)got;
	/* At the end, what is left over is the last row. */
	return got > 0 || r->end > 0 ? 1 : 0;
}

/* The field that begins at p, in quotes. Returns what follows the closing quote, or NULL. */
static const char *
split_quoted(const char *p, const char *end, struct csv_field *field)
{
	field->text = ++p;
	for (;;) {
		p = memchr(p, '"', (size_t)(end - p));
		if (p == NULL)
			return NULL;
		if (p + 1 == end || p[1] != '"')
			break;
		p += 2;
	}
	field->size = (size_t)(p - field->text);
	return p + 1;
}

unsigned
csv_split(const struct csv_row *row, struct csv_field *fields, unsigned max, const char **reason)
{
	const char *p = row->text, *end = p + row->size;
	unsigned count = 0;

	for (;;) {
		struct csv_field field = {.text = p};

		if (p < end && *p == '"') {
			p = split_quoted(p, end, &field);
			if (p == NULL) {
				*reason = "a quoted field is not closed on its line";
				return 0;
			}
			if (p < end && *p != ',') {
				*reason = "text follows a closing quote";
				return 0;
			}
		} else {
			while (p < end && *p != ',')
				p++;
			field.size = (size_t)(p - field.text);
		}
		if (count < max)
			fields[count] = field;
		count++;
		if (p == end)
			return count;
		p++;
	}
}
