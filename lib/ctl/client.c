/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/private.h"

struct mst_ctl_client {
	int fd;
	size_t size;  /* octets in the buffer */
	size_t taken; /* of them, lines handed out */
	char buffer[MST_CTL_BUFFER];
};

int
mst_ctl_address(const char *path, struct sockaddr_un *address, char *error)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path)) {
		snprintf(error, MST_CTL_ERROR_SIZE,
			"control socket %s: path is too long, at most %zu characters", path,
			sizeof(address->sun_path) - 1);
		return -MST_E_ARGUMENT;
	}
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

int
mst_ctl_client_open(struct mst_ctl_client **client, const char *path, char *error)
{
	struct mst_ctl_client *c;
	struct sockaddr_un address;
	int err = mst_ctl_address(path, &address, error);

	if (err)
		return err;
	c = malloc(sizeof(*c));
	if (c == NULL) {
		snprintf(error, MST_CTL_ERROR_SIZE, "out of memory");
		return -MST_E_NO_MEMORY;
	}
	c->size = c->taken = 0;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		bool absent = errno == ENOENT || errno == ECONNREFUSED;

		snprintf(error, MST_CTL_ERROR_SIZE, "no gateway answers at %s: %s", path,
			absent ? "is it running? --socket names another one" : strerror(errno));
		mst_ctl_client_close(c);
		return absent ? -MST_E_NOT_FOUND : -MST_E_SYSTEM;
	}
	*client = c;
	return 0;
}

void
mst_ctl_client_close(struct mst_ctl_client *client)
{
	if (client == NULL)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client);
}

static int
send_request(struct mst_ctl_client *c, const char *verb, json_t *args, char *error)
{
	json_t *request =
		json_pack("{s:s, s:o}", "verb", verb, "args", args != NULL ? args : json_object());
	char line[MST_CTL_REQUEST_MAX];
	size_t size = request != NULL ? json_dumpb(request, line, sizeof(line), JSON_COMPACT) : 0;
	size_t sent = 0;

	json_decref(request);
	if (size == 0 || size >= sizeof(line)) {
		snprintf(error, MST_CTL_ERROR_SIZE, "the request is too long");
		return -MST_E_ARGUMENT;
	}
	line[size++] = '\n';
	while (sent < size) {
		ssize_t n = send(c->fd, line + sent, size - sent, MSG_NOSIGNAL);

		if (n < 0) {
			snprintf(error, MST_CTL_ERROR_SIZE, "connection to the gateway lost: %s",
				strerror(errno));
			return -MST_E_SYSTEM;
		}
		sent += (size_t)n;
	}
	return 0;
}

/** The next line as JSON, or NULL when the connection is lost or it is none. */
static json_t *
next_line(struct mst_ctl_client *c)
{
	for (;;) {
		char *start = c->buffer + c->taken;
		char *end = memchr(start, '\n', c->size - c->taken);
		ssize_t n;

		if (end != NULL) {
			c->taken = (size_t)(end + 1 - c->buffer);
			return json_loadb(start, (size_t)(end - start), 0, NULL);
		}
		memmove(c->buffer, start, c->size - c->taken);
		c->size -= c->taken;
		c->taken = 0;
		n = 0;
		if (c->size < sizeof(c->buffer))
			n = recv(c->fd, c->buffer + c->size, sizeof(c->buffer) - c->size, 0);
		if (n <= 0)
			return NULL;
		c->size += (size_t)n;
	}
}

static int
last_line(const json_t *line, char *error)
{
	const char *name = json_string_value(json_object_get(line, "error"));
	const char *text = json_string_value(json_object_get(line, "message"));

	if (name == NULL)
		return 0;
	snprintf(error, MST_CTL_ERROR_SIZE, "%s", text != NULL ? text : name);
	for (int e = 1; e < MST_E_COUNT; e++)
		if (strcmp(mst_err_name(e), name) == 0)
			return e;
	return MST_E_SYSTEM;
}

int
mst_ctl_client_call(struct mst_ctl_client *client, const char *verb, json_t *args, mst_ctl_row row,
	void *user, char *error)
{
	int err = send_request(client, verb, args, error);

	while (err == 0) {
		json_t *line = next_line(client);

		if (line == NULL) {
			snprintf(error, MST_CTL_ERROR_SIZE, "connection to the gateway lost");
			return -MST_E_SYSTEM;
		}
		if (json_object_get(line, "done") != NULL) {
			err = last_line(line, error);
			json_decref(line);
			return err;
		}
		if (row != NULL)
			err = row(user, line);
		json_decref(line);
	}
	return err;
}
