/* SPDX-License-Identifier: BSD-3-Clause */
/* Files around the CSV import: the input, the transport key; and rows as text. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "subs/csv_import.h"

static ssize_t
read_fd(void *user, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(*(int *)user, buffer, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Reports a file that cannot be used. */
static int
file_error(const struct mst_csv_options *options, const char *path, const char *reason)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s: %s", path, reason);
	if (options->on_report != NULL)
		options->on_report(options->user, text);
	return -MST_E_FILE;
}

static bool
same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return path != NULL && stat(path, &b) == 0 && S_ISREG(b.st_mode) && a->st_dev == b.st_dev &&
	       a->st_ino == b.st_ino;
}

int
mst_csv_import_file(struct mst_subs *subs, const char *path, const struct mst_csv_options *options,
	struct mst_csv_result *result)
{
	struct mst_csv_source source = {.read = read_fd, .name = path};
	struct stat st;
	int fd, err;

	*result = (struct mst_csv_result){0};
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err = file_error(options, path, strerror(errno));
	} else if (same_file(&st, options->reject_path)) {
		err = file_error(options, path, "the reject file is the input file");
	} else {
		source.user = &fd;
		source.total_bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		err = mst_csv_import(subs, &source, options, result);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int
mst_csv_transport_key_read(const char *path, uint8_t key[32], size_t *size)
{
	char text[256];
	size_t first = 0, end;
	ssize_t got;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -MST_E_FILE;
	got = read_fd(&fd, text, sizeof(text));
	close(fd);
	if (got < 0)
		return -MST_E_FILE;
	end = (size_t)got;
	while (first < end && isspace((unsigned char)text[first]))
		first++;
	while (end > first && isspace((unsigned char)text[end - 1]))
		end--;
	if (end - first == 64 || end - first == 32) {
		err = mst_hex_decode(text + first, end - first, key, (end - first) / 2);
		if (err == 0)
			*size = (end - first) / 2;
	} else {
		err = -MST_E_ARGUMENT;
	}
	mst_wipe(text, sizeof(text));
	return err;
}

const char mst_csv_header[] = "imsi,k,opc,amf,gba,lifetime,mnc_length\n";

/* Appends v in decimal. */
static char *
put_decimal(char *p, uint32_t v)
{
	char digits[10];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

static char *
put_hex(char *p, const void *data, size_t n)
{
	mst_hex_encode(data, n, p);
	p += 2 * n;
	*p++ = ',';
	return p;
}

size_t
mst_csv_row_write(char text[MST_CSV_WRITE_MAX], uint64_t imsi, const mst_b16 k, const mst_b16 opc,
	const struct mst_subs_profile *profile)
{
	const char *gba = profile->gba_type == MST_GBA_U ? "gba_u," : "gba,";
	uint8_t amf[2];
	char *p = text;

	mst_put_be16(amf, profile->amf);
	p += mst_imsi_decode(imsi, p);
	*p++ = ',';
	p = put_hex(p, k, sizeof(mst_b16));
	p = put_hex(p, opc, sizeof(mst_b16));
	p = put_hex(p, amf, sizeof(amf));
	p = stpcpy(p, gba);
	p = put_decimal(p, profile->lifetime_s);
	*p++ = ',';
	p = put_decimal(p, profile->mnc_size);
	*p++ = '\n';
	return (size_t)(p - text);
}
