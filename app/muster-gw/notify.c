/* SPDX-License-Identifier: BSD-3-Clause */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
gw_notify_init(struct gw_notify *n)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	*n = (struct gw_notify){0};
	if (usec != NULL && (pid == NULL || strtoul(pid, NULL, 10) == (unsigned long)getpid()))
		n->every_ms = strtoull(usec, NULL, 10) / 2000;
}

void
gw_notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t size;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
		strlen(path) >= sizeof(to.sun_path))
		return;
	size = strlen(path);
	memcpy(to.sun_path, path, size);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		(const struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
	close(fd);
}

/** Whether every worker has gone round since the last time. */
static int
all_moved(const struct gw_notify *n, const struct gw *gw)
{
	for (unsigned i = 0; i < gw->workers; i++)
		if (atomic_load_explicit(&gw->worker[i]->counters.loops, memory_order_relaxed) ==
			n->loops[i])
			return 0;
	return 1;
}

void
gw_notify_alive(struct gw_notify *n, const struct gw *gw, uint64_t now_ms)
{
	if (n->every_ms == 0 || now_ms - n->told_ms < n->every_ms || !all_moved(n, gw))
		return;
	for (unsigned i = 0; i < gw->workers; i++)
		n->loops[i] =
			atomic_load_explicit(&gw->worker[i]->counters.loops, memory_order_relaxed);
	n->told_ms = now_ms;
	gw_notify_send("WATCHDOG=1");
}
