/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/private.h"
#include "ctl/reply.h"

struct mst_ctl_server {
	int listener;
	int epoll;
	struct sockaddr_un address;
	const struct mst_ctl_verb *verbs;
	size_t verb_count;
	void *user;
	struct mst_ctl_client_slot slot[MST_CTL_CLIENTS];
};

static int
fail(char *error, int err, const char *what, const char *path)
{
	snprintf(error, MST_CTL_ERROR_SIZE, "control socket %s: %s: %s", path, what,
		strerror(errno));
	return err;
}

/** Makes the directory of a path, mode 0700, unless it is there. */
static void
make_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash == NULL || slash == directory)
		return;
	*slash = '\0';
	mkdir(directory, 0700); /* bind() reports what is wrong with it */
}

/** Whether somebody answers at the address. */
static bool
answered(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static int
open_listener(struct mst_ctl_server *s, const char *path, char *error)
{
	mode_t mask;
	int bound;

	if (answered(&s->address)) {
		snprintf(error, MST_CTL_ERROR_SIZE,
			"control socket %s is in use by another gateway: stop it, or set control.socket",
			path);
		return -MST_E_EXISTS;
	}
	make_directory(path);
	unlink(path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listener < 0)
		return fail(error, -MST_E_SYSTEM, "cannot create", path);
	mask = umask(0177);
	bound = bind(s->listener, (const struct sockaddr *)&s->address, sizeof(s->address));
	umask(mask);
	if (bound != 0)
		return fail(error, -MST_E_SYSTEM, "cannot bind", path);
	if (listen(s->listener, MST_CTL_CLIENTS) != 0)
		return fail(error, -MST_E_SYSTEM, "cannot listen", path);
	return 0;
}

int
mst_ctl_server_create(struct mst_ctl_server **server, const char *path,
	const struct mst_ctl_verb *verbs, size_t verb_count, void *user, char *error)
{
	struct mst_ctl_server *s = calloc(1, sizeof(*s));
	struct epoll_event event = {.events = EPOLLIN};
	int err;

	if (s == NULL)
		return -MST_E_NO_MEMORY;
	s->listener = s->epoll = -1;
	for (unsigned i = 0; i < MST_CTL_CLIENTS; i++)
		s->slot[i].fd = -1;
	s->verbs = verbs;
	s->verb_count = verb_count;
	s->user = user;
	err = mst_ctl_address(path, &s->address, error);
	if (err == 0)
		err = open_listener(s, path, error);
	if (err == 0) {
		s->epoll = epoll_create1(EPOLL_CLOEXEC);
		if (s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &event) != 0)
			err = fail(error, -MST_E_SYSTEM, "cannot poll", path);
	}
	if (err) {
		if (err == -MST_E_EXISTS)
			s->address.sun_path[0] = '\0'; /* it is the other gateway's */
		mst_ctl_server_destroy(s);
		return err;
	}
	*server = s;
	return 0;
}

static void
close_slot(struct mst_ctl_client_slot *slot)
{
	if (slot->fd < 0)
		return;
	close(slot->fd);
	slot->fd = -1;
	if (slot->reply != NULL)
		mst_ctl_reply_abandon(slot->reply);
	slot->reply = NULL;
}

void
mst_ctl_server_destroy(struct mst_ctl_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < MST_CTL_CLIENTS; i++)
		close_slot(&server->slot[i]);
	if (server->listener >= 0) {
		close(server->listener);
		if (server->address.sun_path[0] != '\0')
			unlink(server->address.sun_path);
	}
	if (server->epoll >= 0)
		close(server->epoll);
	free(server);
}

int
mst_ctl_server_fd(const struct mst_ctl_server *server)
{
	return server->epoll;
}

/** Only this process's user and root may ask. */
static bool
trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void
accept_clients(struct mst_ctl_server *s)
{
	for (unsigned i = 0; i < MST_CTL_CLIENTS; i++) {
		struct mst_ctl_client_slot *slot = &s->slot[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = slot};
		int fd;

		if (slot->fd >= 0)
			continue;
		fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (!trusted(fd) || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
			close(fd);
			continue;
		}
		slot->fd = fd;
		slot->in_size = slot->out_size = 0;
		slot->closing = false;
		slot->reply = NULL;
	}
}

static mst_ctl_handler
find_handler(const struct mst_ctl_server *s, const char *verb)
{
	for (size_t i = 0; verb != NULL && i < s->verb_count; i++)
		if (strcmp(s->verbs[i].name, verb) == 0)
			return s->verbs[i].handler;
	return NULL;
}

static void
handle_line(struct mst_ctl_server *s, struct mst_ctl_client_slot *slot, const char *line,
	size_t size)
{
	struct mst_ctl_reply *reply = calloc(1, sizeof(*reply));
	json_t *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *args = json_object_get(request, "args"), *none = json_object();
	mst_ctl_handler handler =
		find_handler(s, json_string_value(json_object_get(request, "verb")));

	if (reply == NULL || none == NULL) {
		slot->closing = true;
		free(reply);
	} else {
		reply->slot = slot;
		slot->reply = reply;
		if (!json_is_object(request) || (args != NULL && !json_is_object(args)))
			mst_ctl_reply_error(reply, MST_E_ARGUMENT,
				"a request is {\"verb\": text, \"args\": object}");
		else if (handler == NULL)
			mst_ctl_reply_error(reply, MST_E_NOT_FOUND, "no such verb");
		else
			handler(s->user, reply, args != NULL ? args : none);
	}
	json_decref(none);
	json_decref(request);
}

/** Handles the first whole line in the buffer, unless an answer is still under way. */
static bool
take_line(struct mst_ctl_server *s, struct mst_ctl_client_slot *slot)
{
	char *end = memchr(slot->in, '\n', slot->in_size);
	size_t size;

	if (slot->reply != NULL || slot->closing || slot->out_size > 0)
		return false;
	if (end == NULL) {
		if (slot->in_size == sizeof(slot->in))
			slot->closing = true;
		return false;
	}
	size = (size_t)(end - slot->in);
	handle_line(s, slot, slot->in, size);
	slot->in_size -= size + 1;
	memmove(slot->in, end + 1, slot->in_size);
	return true;
}

/** Reads what is there. Returns whether the connection stands. */
static bool
read_more(struct mst_ctl_client_slot *slot)
{
	while (slot->in_size < sizeof(slot->in)) {
		ssize_t n = recv(slot->fd, slot->in + slot->in_size,
			sizeof(slot->in) - slot->in_size, 0);

		if (n > 0) {
			slot->in_size += (size_t)n;
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n == 0 && (slot->reply != NULL || slot->in_size > 0 || slot->out_size > 0)) {
			return true; /* half closed: it still wants its answers */
		}
		return false;
	}
	return true;
}

/** Writes what is there. Returns whether the connection stands. */
static bool
write_more(struct mst_ctl_client_slot *slot)
{
	while (slot->out_size > 0) {
		ssize_t n = send(slot->fd, slot->out, slot->out_size, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		slot->out_size -= (size_t)n;
		memmove(slot->out, slot->out + n, slot->out_size);
	}
	return true;
}

static void
ask_source(struct mst_ctl_client_slot *slot)
{
	struct mst_ctl_reply *reply = slot->reply;

	if (reply != NULL && reply->source != NULL && mst_ctl_reply_room(reply))
		reply->source(reply, reply->state);
}

/** Polls for writing only while there is something to write. */
static void
set_interest(const struct mst_ctl_server *s, struct mst_ctl_client_slot *slot)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = slot};

	if (slot->out_size > 0 || (slot->reply != NULL && slot->reply->source != NULL))
		event.events = EPOLLOUT;
	epoll_ctl(s->epoll, EPOLL_CTL_MOD, slot->fd, &event);
}

static void
step_slot(struct mst_ctl_server *s, struct mst_ctl_client_slot *slot)
{
	bool stands = read_more(slot);

	do {
		ask_source(slot);
		stands = stands && write_more(slot);
	} while (stands && take_line(s, slot));
	if (stands && slot->reply == NULL)
		stands = write_more(slot);
	if (!stands || (slot->closing && slot->out_size == 0))
		close_slot(slot);
	else
		set_interest(s, slot);
}

void
mst_ctl_server_step(struct mst_ctl_server *server)
{
	struct epoll_event event[MST_CTL_CLIENTS + 1];
	int n = epoll_wait(server->epoll, event, MST_CTL_CLIENTS + 1, 0);

	for (int i = 0; i < n; i++) {
		if (event[i].data.ptr == NULL)
			accept_clients(server);
		else
			step_slot(server, event[i].data.ptr);
	}
}
