/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

#define LINE_MAX_OCTETS 512

static struct {
	enum gw_log_level level;
	const char *file; /* NULL: standard error */
	int fd;
} sink = {.level = GW_LOG_INFO, .fd = STDERR_FILENO};

/** Opens the file beside the one in use. Returns 0 or -MST_E_FILE. */
static int
open_file(void)
{
	int fd = open(sink.file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		fprintf(stderr, "muster-gw: log.file %s: %s\n", sink.file, strerror(errno));
		return -MST_E_FILE;
	}
	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.fd = fd;
	return 0;
}

int
gw_log_open(enum gw_log_level level, const char *file)
{
	sink.level = level;
	sink.file = file;
	return file != NULL ? open_file() : 0;
}

void
gw_log_reopen(void)
{
	if (sink.file != NULL)
		(void)open_file();
}

void
gw_log_close(void)
{
	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.fd = STDERR_FILENO;
	sink.file = NULL;
}

void
gw_log(enum gw_log_level level, const char *format, ...)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	char line[LINE_MAX_OCTETS];
	struct timespec now;
	struct tm tm;
	size_t n;
	va_list ap;

	if (level > sink.level)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(line + n, sizeof(line) - n,
		".%03ldZ muster-gw %s: ", now.tv_nsec / 1000000, names[level]);
	va_start(ap, format);
	vsnprintf(line + n, sizeof(line) - n - 1, format, ap);
	va_end(ap);
	n = strlen(line);
	line[n++] = '\n';
	if (write(sink.fd, line, n) < 0)
		return; /* nowhere left to say so */
}
