/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "config/paths.h"
#include "ctl/private.h"
#include "ctl/reply.h"

struct mst_ctl_server {
	int listener;
	int epoll;
	bool listening; /* the listener is in the epoll set: there is a free connection */
	struct sockaddr_un address;
	const struct mst_ctl_verb *verbs;
	size_t verb_count;
	void *user;
	struct mst_ctl_reply *replies; /* all that are open, gone clients' included */
	struct mst_ctl_connection connection[MST_CTL_CLIENTS];
};

static int
fail(char *error, int err, const char *what, const char *path)
{
	snprintf(error, MST_CTL_ERROR_SIZE, "control socket %s: %s: %s", path, what,
		strerror(errno));
	return err;
}

/** Removes a socket that nobody answers at. */
static int
clear_path(const struct sockaddr_un *address, char *error)
{
	const char *path = address->sun_path;
	struct stat st;
	int fd, refused;

	if (lstat(path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(error, MST_CTL_ERROR_SIZE,
			"control socket %s: there is a file of that name and it is no socket",
			path);
		return -MST_E_ARGUMENT;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(error, -MST_E_SYSTEM, "cannot create", path);
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		  errno == ECONNREFUSED;
	close(fd);
	if (!refused) {
		snprintf(error, MST_CTL_ERROR_SIZE,
			"control socket %s is in use by another gateway: stop it, or set "
			"control.socket",
			path);
		return -MST_E_EXISTS;
	}
	unlink(path);
	return 0;
}

static int
open_listener(struct mst_ctl_server *s, const char *path, char *error)
{
	mode_t mask;
	int bound, err;

	if (mst_config_make_parent(path, error, MST_CTL_ERROR_SIZE) != 0)
		return -MST_E_SYSTEM;
	err = clear_path(&s->address, error);
	if (err)
		return err;
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listener < 0)
		return fail(error, -MST_E_SYSTEM, "cannot create", path);
	mask = umask(0177);
	bound = bind(s->listener, (const struct sockaddr *)&s->address, sizeof(s->address));
	umask(mask);
	if (bound != 0) {
		err = fail(error, -MST_E_SYSTEM, "cannot bind", path);
		close(s->listener);
		s->listener = -1; /* so that another's socket is not removed */
		return err;
	}
	if (listen(s->listener, MST_CTL_CLIENTS) != 0)
		return fail(error, -MST_E_SYSTEM, "cannot listen", path);
	return 0;
}

/** Polls the listener exactly while there is a free connection. */
static int
set_listening(struct mst_ctl_server *s, bool wanted)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (wanted == s->listening)
		return 0;
	s->listening = wanted;
	return epoll_ctl(s->epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, s->listener, &event);
}

int
mst_ctl_server_create(struct mst_ctl_server **server, const char *path,
	const struct mst_ctl_verb *verbs, size_t verb_count, void *user, char *error)
{
	struct mst_ctl_server *s = calloc(1, sizeof(*s));
	int err;

	error[0] = '\0';
	if (s == NULL)
		return -MST_E_NO_MEMORY;
	s->listener = s->epoll = -1;
	for (unsigned i = 0; i < MST_CTL_CLIENTS; i++)
		s->connection[i].fd = -1;
	s->verbs = verbs;
	s->verb_count = verb_count;
	s->user = user;
	err = mst_ctl_address(path, &s->address, error);
	if (err == 0)
		err = open_listener(s, path, error);
	if (err == 0) {
		s->epoll = epoll_create1(EPOLL_CLOEXEC);
		if (s->epoll < 0 || set_listening(s, true) != 0)
			err = fail(error, -MST_E_SYSTEM, "cannot poll", path);
	}
	if (err) {
		mst_ctl_server_destroy(s);
		return err;
	}
	*server = s;
	return 0;
}

static void
close_connection(struct mst_ctl_server *s, struct mst_ctl_connection *c)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	if (c->reply != NULL)
		mst_ctl_reply_abandon(c->reply);
	c->reply = NULL;
	set_listening(s, true);
}

void
mst_ctl_server_destroy(struct mst_ctl_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; i < MST_CTL_CLIENTS; i++)
		close_connection(server, &server->connection[i]);
	while (server->replies != NULL)
		mst_ctl_reply_free(server->replies);
	if (server->listener >= 0) {
		close(server->listener);
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
is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/** Whether a request, or a part of one, can be taken in. */
static bool
wants_input(const struct mst_ctl_connection *c)
{
	return c->reply == NULL && c->out_size == 0 && !c->ended && !c->closing;
}

void
mst_ctl_connection_arm(struct mst_ctl_connection *c)
{
	struct epoll_event event = {.data.ptr = c};

	if (wants_input(c))
		event.events |= EPOLLIN;
	if (c->out_size > 0 || c->closing || (c->reply != NULL && c->reply->source != NULL))
		event.events |= EPOLLOUT;
	if (event.events != c->interest)
		epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->fd, &event);
	c->interest = event.events;
}

/** Takes waiting clients as long as there is room for them. */
static void
accept_clients(struct mst_ctl_server *s)
{
	for (unsigned i = 0; i < MST_CTL_CLIENTS; i++) {
		struct mst_ctl_connection *c = &s->connection[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
		int fd;

		if (c->fd >= 0)
			continue;
		fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (!is_trusted(fd) || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
			close(fd);
			return;
		}
		c->fd = fd;
		c->epoll = s->epoll;
		c->interest = EPOLLIN;
		c->in_size = c->out_start = c->out_size = 0;
		c->ended = c->closing = false;
		c->reply = NULL;
	}
	set_listening(s, false);
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
handle_request(struct mst_ctl_server *s, struct mst_ctl_reply *reply, const json_t *request)
{
	const json_t *verb = json_object_get(request, "verb");
	json_t *args = json_object_get(request, "args"), *none = json_object();
	mst_ctl_handler handler = find_handler(s, json_string_value(verb));

	if (!json_is_string(verb) || (args != NULL && !json_is_object(args)))
		mst_ctl_reply_error(
			reply, MST_E_ARGUMENT, "a request is {\"verb\": text, \"args\": object}");
	else if (handler == NULL)
		mst_ctl_reply_error(reply, MST_E_NOT_FOUND, "no such verb");
	else if (none == NULL)
		mst_ctl_reply_error(reply, MST_E_NO_MEMORY, NULL);
	else
		handler(s->user, reply, args != NULL ? args : none);
	json_decref(none);
}

/** Handles the first whole line of the buffer. Returns whether there was one. */
static bool
take_line(struct mst_ctl_server *s, struct mst_ctl_connection *c)
{
	char *end = memchr(c->in, '\n', c->in_size);
	struct mst_ctl_reply *reply;
	json_t *request = NULL;

	if (end == NULL && c->in_size < sizeof(c->in))
		return false;
	reply = mst_ctl_reply_create(&s->replies, c);
	if (reply == NULL) {
		c->closing = true;
		return false;
	}
	if (end == NULL) {
		c->closing = true;
		mst_ctl_reply_error(reply, MST_E_ARGUMENT, "the request is too long");
		return false;
	}
	request = json_loadb(c->in, (size_t)(end - c->in), JSON_REJECT_DUPLICATES, NULL);
	c->in_size -= (size_t)(end + 1 - c->in);
	memmove(c->in, end + 1, c->in_size);
	handle_request(s, reply, request);
	json_decref(request);
	return true;
}

/** Reads what is there. Returns whether the connection stands. */
static bool
read_input(struct mst_ctl_connection *c)
{
	while (c->in_size < sizeof(c->in)) {
		ssize_t n = recv(c->fd, c->in + c->in_size, sizeof(c->in) - c->in_size, 0);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0) {
			c->ended = true; /* it may still want its answers */
			return true;
		}
		c->in_size += (size_t)n;
	}
	return true;
}

/** Writes what can be written. Returns whether the connection stands. */
static bool
write_output(struct mst_ctl_connection *c)
{
	while (c->out_size > 0) {
		ssize_t n = send(c->fd, c->out + c->out_start, c->out_size, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out_start += (size_t)n;
		c->out_size -= (size_t)n;
	}
	return true;
}

/** Goes on as far as input and output allow. Returns whether the connection stands. */
static bool
advance(struct mst_ctl_server *s, struct mst_ctl_connection *c)
{
	for (;;) {
		if (!write_output(c))
			return false;
		if (c->out_size > 0)
			return true;
		if (c->closing)
			return false;
		if (c->reply != NULL)
			return true;
		if (!take_line(s, c) && !c->closing)
			return !c->ended;
	}
}

static void
step_connection(struct mst_ctl_server *s, struct mst_ctl_connection *c, uint32_t events)
{
	bool stands = (events & (EPOLLHUP | EPOLLERR)) == 0;

	if (stands && wants_input(c))
		stands = read_input(c);
	if (stands && c->reply != NULL && c->reply->source != NULL && mst_ctl_reply_room(c->reply))
		c->reply->source(c->reply, c->reply->state);
	if (!stands || !advance(s, c))
		close_connection(s, c);
	else
		mst_ctl_connection_arm(c);
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
			step_connection(server, event[i].data.ptr, event[i].events);
	}
}
