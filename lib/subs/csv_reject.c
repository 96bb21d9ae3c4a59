/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/csv_reject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"

#define BUFFER_SIZE (64u << 10)

int
csv_reject_open(struct csv_reject *r, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int saved;

	if (fd < 0)
		return -MST_E_FILE;
	/* A file that was there before may be open to others; a pipe or terminal may not change. */
	(void)fchmod(fd, 0600);
	r->file = fdopen(fd, "w");
	if (r->file == NULL) {
		saved = errno;
		close(fd);
		errno = saved;
		return -MST_E_FILE;
	}
	r->buffer = malloc(BUFFER_SIZE);
	if (r->buffer == NULL) {
		fclose(r->file);
		r->file = NULL;
		return -MST_E_NO_MEMORY;
	}
	setvbuf(r->file, r->buffer, _IOFBF, BUFFER_SIZE);
	return 0;
}

void
csv_reject_row(struct csv_reject *r, const char *comment, const struct csv_row *row)
{
	if (r->file == NULL)
		return;
	if (comment != NULL)
		fprintf(r->file, "# %s\n", comment);
	if (row->size > MST_CSV_ROW_MAX)
		return;
	fwrite(row->text, 1, row->size, r->file);
	fputc('\n', r->file);
}

bool
csv_reject_failed(const struct csv_reject *r)
{
	return r->file != NULL && ferror((FILE *)r->file);
}

int
csv_reject_close(struct csv_reject *r)
{
	int err = 0, saved;

	if (r->file == NULL)
		return 0;
	if (ferror((FILE *)r->file))
		err = -MST_E_FILE;
	if (fclose(r->file) != 0)
		err = -MST_E_FILE;
	saved = errno;
	mst_wipe(r->buffer, BUFFER_SIZE);
	free(r->buffer);
	*r = (struct csv_reject){0};
	errno = saved;
	return err;
}
