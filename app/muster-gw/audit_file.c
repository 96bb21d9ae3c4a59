/* SPDX-License-Identifier: BSD-3-Clause */
#include "audit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "gba/classify.h"
#include "log.h"

#define BURST 256

static struct {
	const char *path;
	FILE *file;
	bool failed; /* said so once */
} trail;

static FILE *
open_append(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "a") : NULL;

	if (f == NULL) {
		fprintf(stderr, "muster-gw: audit.file %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return f;
}

int
gw_audit_file_open(const char *path)
{
	trail.path = path;
	if (path != NULL)
		trail.file = open_append(path);
	return path == NULL || trail.file != NULL ? 0 : -MST_E_FILE;
}

void
gw_audit_file_reopen(void)
{
	FILE *fresh = trail.path != NULL ? open_append(trail.path) : NULL;

	if (fresh == NULL)
		return;
	fclose(trail.file);
	trail.file = fresh;
	trail.failed = false;
}

void
gw_audit_file_close(void)
{
	if (trail.file != NULL && fclose(trail.file) != 0)
		gw_log(GW_LOG_ERROR, "audit.file: %s", strerror(errno));
	trail.file = NULL;
}

/** , "NAME": "IMSI", or who else acts. */
static void
write_who(const struct gw *gw, const char *name, uint32_t sid)
{
	char digits[MST_IMSI_DIGITS_MAX];
	size_t n;

	if (sid == GW_ACTOR_POLICY) {
		fprintf(trail.file, ", \"%s\": \"policy\"", name);
	} else if (sid == GW_ACTOR_OPERATOR) {
		fprintf(trail.file, ", \"%s\": \"operator\"", name);
	} else {
		n = mst_imsi_decode(
			mst_subs_imsi(mst_hss_record(&gw->hss, gw_ref(gw, sid))), digits);
		fprintf(trail.file, ", \"%s\": \"%.*s\"", name, (int)n, digits);
	}
}

static void
write_event(const struct gw *gw, const struct gw_audit_event *e)
{
	static const uint8_t no_kid[sizeof(e->kid)];
	time_t seconds = (time_t)(e->at_ms / 1000);
	char text[32], gid[MST_GID_TEXT];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(trail.file, "{\"time\": \"%s.%03uZ\", \"what\": \"%s\"", text,
		(unsigned)(e->at_ms % 1000), gw_audit_name((enum gw_audit_what)e->what));
	if (e->gid != 0) {
		mst_gid_build(e->gid, gid);
		fprintf(trail.file, ", \"gid\": \"%.16s\"", gid);
	}
	write_who(gw, "by", e->actor);
	if (memcmp(e->kid, no_kid, sizeof(no_kid)) != 0) {
		mst_hex_encode(e->kid, sizeof(e->kid), text);
		fprintf(trail.file, ", \"kid\": \"%s\"", text);
	}
	if (e->subject != MST_NO_PEER)
		write_who(gw, "subject", e->subject);
	if (e->num != 0)
		fprintf(trail.file, ", \"num\": %u", e->num);
	fputs("}\n", trail.file);
}

unsigned
gw_audit_file_write(struct gw *gw)
{
	struct gw_audit_event events[BURST];
	unsigned n, total = 0;

	if (trail.file == NULL)
		return 0;
	while ((n = gw_audit_take(gw, events, BURST)) > 0) {
		for (unsigned i = 0; i < n; i++)
			write_event(gw, &events[i]);
		total += n;
	}
	if (total > 0 && fflush(trail.file) != 0 && !trail.failed) {
		gw_log(GW_LOG_ERROR, "audit.file %s: %s", trail.path, strerror(errno));
		trail.failed = true;
	}
	return total;
}
