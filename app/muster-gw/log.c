/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

#define LINE_MAX_OCTETS 512

#define KINDS 64 /* formats whose rate is limited; there are fewer in the program */

/** Messages of one format. */
struct kind {
	const char *format; /* NULL: free */
	enum gw_log_level level;
	time_t second; /* in which `written` were written */
	unsigned written, suppressed;
};

static struct {
	enum gw_log_level level;
	enum gw_log_format format;
	unsigned rate;    /* messages of a kind in a second; 0: no limit */
	const char *file; /* NULL: standard error */
	int fd;
	pthread_mutex_t lock; /* of fd and kinds: control thread and replicator */
	struct kind kinds[KINDS];
} sink = {.level = GW_LOG_INFO, .fd = STDERR_FILENO, .lock = PTHREAD_MUTEX_INITIALIZER};

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
gw_log_open(enum gw_log_level level, enum gw_log_format format, unsigned rate, const char *file)
{
	sink.level = level;
	sink.format = format;
	sink.rate = rate;
	sink.file = file;
	return file != NULL ? open_file() : 0;
}

void
gw_log_reopen(void)
{
	pthread_mutex_lock(&sink.lock);
	if (sink.file != NULL)
		(void)open_file();
	pthread_mutex_unlock(&sink.lock);
}

/** Printable ASCII alone, so that no message holds a line break or an escape. */
static void
clean(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/** Writes one message; under the lock. */
static void
write_message(enum gw_log_level level, const struct timespec *now, const char *message)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	/* Every character of a message may need a backslash. */
	char stamp[32], escaped[2 * LINE_MAX_OCTETS], line[3 * LINE_MAX_OCTETS];
	size_t n = 0;
	struct tm tm;
	int size;

	gmtime_r(&now->tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	for (const char *c = message; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			escaped[n++] = '\\';
		escaped[n++] = *c;
	}
	escaped[n] = '\0';
	size = snprintf(line, sizeof(line),
		sink.format == GW_LOG_JSON ? "{\"time\":\"%s.%03ldZ\",\"program\":\"muster-gw\","
					     "\"level\":\"%s\",\"message\":\"%s\"}\n"
					   : "%s.%03ldZ muster-gw %s: %s\n",
		stamp, now->tv_nsec / 1000000, names[level],
		sink.format == GW_LOG_JSON ? escaped : message);
	if (size > 0 && write(sink.fd, line, (size_t)size) < 0)
		return; /* nowhere left to say so */
}

/** Tells how many messages of a kind were left out since the last one. */
static void
tell_suppressed(struct kind *k, const struct timespec *now)
{
	char message[LINE_MAX_OCTETS];

	if (k->suppressed == 0)
		return;
	snprintf(message, sizeof(message), "suppressed %u messages like: %s", k->suppressed,
		k->format);
	k->suppressed = 0;
	clean(message);
	write_message(k->level, now, message);
}

/** Whether a message of this format may be written now; under the lock. */
static bool
admit(enum gw_log_level level, const char *format, const struct timespec *now)
{
	struct kind *k = sink.kinds;

	if (sink.rate == 0)
		return true;
	while (k < sink.kinds + KINDS && k->format != NULL && k->format != format)
		k++;
	if (k == sink.kinds + KINDS)
		return true;
	k->format = format;
	k->level = level;
	if (k->second != now->tv_sec) {
		tell_suppressed(k, now);
		k->second = now->tv_sec;
		k->written = 0;
	}
	if (k->written == sink.rate) {
		k->suppressed++;
		return false;
	}
	k->written++;
	return true;
}

void
gw_log(enum gw_log_level level, const char *format, ...)
{
	char message[LINE_MAX_OCTETS];
	struct timespec now;
	va_list ap;

	if (level > sink.level)
		return;
	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	clean(message);
	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_lock(&sink.lock);
	if (admit(level, format, &now))
		write_message(level, &now, message);
	pthread_mutex_unlock(&sink.lock);
}

void
gw_log_close(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	for (struct kind *k = sink.kinds; k < sink.kinds + KINDS; k++)
		tell_suppressed(k, &now);
	memset(sink.kinds, 0, sizeof(sink.kinds));
	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.fd = STDERR_FILENO;
	sink.file = NULL;
}
