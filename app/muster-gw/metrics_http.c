/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "config/paths.h"
#include "metrics.h"

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
answer(const struct gw_metrics_http *http, struct MHD_Connection *connection)
{
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	bool open = accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
	struct MHD_Response *response;
	enum MHD_Result result;
	size_t size;
	char *text = gw_metrics_write(http->gw, http->started, open, &size);

	if (text == NULL)
		return MHD_NO;
	response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		open ? GW_METRICS_OPENMETRICS : GW_METRICS_TEXT);
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/** Called at the head of a request and again at its end; `*seen` tells them apart. */
/* NOLINTBEGIN(readability-non-const-parameter): the type is MHD_AccessHandlerCallback */
static enum MHD_Result
on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *body, size_t *body_size, void **seen)
{
	(void)version;
	(void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (*seen == NULL) {
		*seen = user;
		return MHD_YES;
	}
	if (*body_size > 0)
		return MHD_NO;
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "see /metrics\n");
	return answer(user, connection);
}
/* NOLINTEND(readability-non-const-parameter) */

static int
fail(char *error, const char *key, const char *value)
{
	snprintf(error, GW_METRICS_ERROR, "%s: cannot listen at %s: %s", key, value,
		strerror(errno));
	return -MST_E_SYSTEM;
}

/** Takes over the listening socket. */
static int
serve(struct gw_metrics_http *http, int fd, char *error)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, http,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)GW_METRICS_CLIENTS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)GW_METRICS_REQUEST, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)GW_METRICS_IDLE_S, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);

	if (daemon == NULL) {
		close(fd);
		snprintf(error, GW_METRICS_ERROR, "metrics: cannot start the HTTP server");
		return -MST_E_SYSTEM;
	}
	http->daemon[http->count++] = daemon;
	return 0;
}

static int
open_tcp(struct gw_metrics_http *http, const char *address, uint16_t port, char *error)
{
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool v4 = inet_pton(AF_INET, address, &ip4.sin_addr) == 1;
	char where[80];
	int fd, on = 1;

	if (!v4 && inet_pton(AF_INET6, address, &ip6.sin6_addr) != 1) {
		snprintf(
			error, GW_METRICS_ERROR, "metrics.address: '%s' is no IP address", address);
		return -MST_E_ARGUMENT;
	}
	snprintf(where, sizeof(where), "%s port %u", address, port);
	fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(error, "metrics.port", where);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, v4 ? (struct sockaddr *)&ip4 : (struct sockaddr *)&ip6,
		    v4 ? sizeof(ip4) : sizeof(ip6)) != 0 ||
		listen(fd, GW_METRICS_CLIENTS) != 0) {
		fail(error, "metrics.port", where);
		close(fd);
		return -MST_E_SYSTEM;
	}
	return serve(http, fd, error);
}

/** Removes a socket that nobody answers at; anything else stays, and bind() tells. */
static void
clear_path(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static int
open_unix(struct gw_metrics_http *http, const char *path, char *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, bound;

	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, GW_METRICS_ERROR, "metrics.socket: more than %zu characters",
			sizeof(address.sun_path) - 1);
		return -MST_E_ARGUMENT;
	}
	memcpy(address.sun_path, path, strlen(path));
	if (mst_config_make_parent(path, error, GW_METRICS_ERROR) != 0)
		return -MST_E_SYSTEM;
	clear_path(&address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(error, "metrics.socket", path);
	mask = umask(0117);
	bound = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (bound == 0)
		http->socket = path;
	if (bound != 0 || listen(fd, GW_METRICS_CLIENTS) != 0) {
		fail(error, "metrics.socket", path);
		close(fd);
		return -MST_E_SYSTEM;
	}
	return serve(http, fd, error);
}

int
gw_metrics_http_open(struct gw_metrics_http *http, const struct mst_gw_config *config,
	char error[GW_METRICS_ERROR])
{
	int err = 0;

	if (config->metrics.port != 0)
		err = open_tcp(
			http, config->metrics.address, (uint16_t)config->metrics.port, error);
	if (err == 0 && config->metrics.socket != NULL)
		err = open_unix(http, config->metrics.socket, error);
	return err;
}

int
gw_metrics_http_fd(const struct gw_metrics_http *http, unsigned index)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon[index], MHD_DAEMON_INFO_EPOLL_FD);

	return info != NULL ? info->epoll_fd : -1;
}

int
gw_metrics_http_wait(const struct gw_metrics_http *http, int ms)
{
	MHD_UNSIGNED_LONG_LONG wanted;

	/* The descriptor is edge-triggered inside: what a step left unread is told here alone. */
	for (unsigned i = 0; i < http->count; i++)
		if (MHD_get_timeout(http->daemon[i], &wanted) == MHD_YES &&
			wanted < (MHD_UNSIGNED_LONG_LONG)ms)
			ms = (int)wanted;
	return ms;
}

void
gw_metrics_http_step(struct gw_metrics_http *http)
{
	for (unsigned i = 0; i < http->count; i++)
		MHD_run(http->daemon[i]);
}

void
gw_metrics_http_close(struct gw_metrics_http *http)
{
	for (unsigned i = 0; i < http->count; i++)
		MHD_stop_daemon(http->daemon[i]);
	http->count = 0;
	if (http->socket != NULL)
		unlink(http->socket);
	http->socket = NULL;
}
