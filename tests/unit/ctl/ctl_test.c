/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/ctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"

#define LIST_ROWS 20000

/** A server with verbs of every kind, and what they left behind. */
static struct {
	char dir[32], path[64];
	struct mst_ctl_server *server;
	struct mst_ctl_reply *kept;
	unsigned next_row, released;
} t;

static void
on_one(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	const char *echo = json_string_value(json_object_get(args, "echo"));

	assert_ptr_equal(user, &t);
	mst_ctl_reply_row(reply, json_pack("{s:s}", "echo", echo != NULL ? echo : "nothing"));
	mst_ctl_reply_done(reply);
}

static void
on_keep(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	(void)user;
	(void)args;
	t.kept = reply;
}

static void
on_fail(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	(void)user;
	(void)args;
	mst_ctl_reply_error(reply, -MST_E_GROUP_UNKNOWN, NULL);
}

static void
list_more(struct mst_ctl_reply *reply, void *state)
{
	assert_ptr_equal(state, &t);
	while (mst_ctl_reply_room(reply)) {
		if (t.next_row == LIST_ROWS) {
			mst_ctl_reply_done(reply);
			return;
		}
		assert_int_equal(
			mst_ctl_reply_row(reply, json_pack("{s:i}", "n", (int)t.next_row++)), 0);
	}
}

static void
list_release(void *state)
{
	assert_ptr_equal(state, &t);
	t.released++;
}

static void
on_list(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	(void)user;
	(void)args;
	t.next_row = 0;
	mst_ctl_reply_stream(reply, list_more, &t, list_release);
}

/** A row of so many characters that it fits exactly, or that it does not. */
static void
on_long(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	json_int_t size = json_integer_value(json_object_get(args, "size"));
	char *text = malloc((size_t)size + 1);
	int err;

	(void)user;
	memset(text, 'x', (size_t)size);
	text[size] = '\0';
	err = mst_ctl_reply_row(reply, json_pack("{s:s}", "x", text));
	assert_int_equal(err, size + 8 < MST_CTL_ROW_MAX ? 0 : -MST_E_NO_SPACE);
	free(text);
	mst_ctl_reply_done(reply);
}

/** More rows than the buffer takes, without a source. */
static void
on_flood(void *user, struct mst_ctl_reply *reply, const json_t *args)
{
	int err = 0;

	(void)user;
	(void)args;
	for (unsigned i = 0; i < MST_CTL_BUFFER && err == 0; i++)
		err = mst_ctl_reply_row(reply, json_pack("{s:i}", "n", (int)i));
	assert_int_equal(err, -MST_E_NO_SPACE);
	mst_ctl_reply_done(reply);
}

static const struct mst_ctl_verb verbs[] = {
	{"one", on_one},
	{"keep", on_keep},
	{"fail", on_fail},
	{"group list", on_list},
	{"long", on_long},
	{"flood", on_flood},
};
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static int
setup(void **state)
{
	char error[MST_CTL_ERROR_SIZE];

	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.dir, "/tmp/mst-ctl-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	snprintf(t.path, sizeof(t.path), "%s/sub/ctl.sock", t.dir);
	assert_int_equal(mst_ctl_server_create(&t.server, t.path, verbs, VERB_COUNT, &t, error), 0);
	return 0;
}

static int
teardown(void **state)
{
	char sub[64];
	struct stat st;

	(void)state;
	mst_ctl_server_destroy(t.server);
	assert_int_equal(stat(t.path, &st), -1);
	snprintf(sub, sizeof(sub), "%s/sub", t.dir);
	rmdir(sub);
	assert_int_equal(rmdir(t.dir), 0);
	return 0;
}

static int
connect_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, t.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static bool
has_work(void)
{
	struct pollfd p = {.fd = mst_ctl_server_fd(t.server), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/** Steps while there is work. A server that never rests fails here. */
static void
settle(void)
{
	for (unsigned i = 0; has_work(); i++) {
		assert_true(i < 1000);
		mst_ctl_server_step(t.server);
	}
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/** What the server has answered so far; "" when nothing, NULL when it closed after nothing. */
static const char *
hear(int fd)
{
	static char text[2 * MST_CTL_BUFFER];
	size_t n = 0;

	for (;;) {
		ssize_t k;

		settle();
		k = recv(fd, text + n, sizeof(text) - 1 - n, 0);
		if (k <= 0) {
			text[n] = '\0';
			return n == 0 && k == 0 ? NULL : text;
		}
		n += (size_t)k;
	}
}

static void
test_answer(void **state)
{
	int fd = connect_client();

	(void)state;
	say(fd, "{\"verb\": \"one\", \"args\": {\"echo\": \"a\\nb\"}}\n");
	assert_string_equal(hear(fd), "{\"echo\":\"a\\nb\"}\n{\"done\":true,\"rows\":1}\n");
	say(fd, "{\"verb\":\"one\"}\n");
	assert_string_equal(hear(fd), "{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	close(fd);
	settle();
}

static void
test_wrong_requests(void **state)
{
	static const struct {
		const char *request, *error;
	} rows[] = {
		{"\n", "ARGUMENT"},
		{"nonsense\n", "ARGUMENT"},
		{"{\"verb\":\"one\"\n", "ARGUMENT"},
		{"[\"one\"]\n", "ARGUMENT"},
		{"{}\n", "ARGUMENT"},
		{"{\"verb\":1}\n", "ARGUMENT"},
		{"{\"verb\":\"one\",\"verb\":\"fail\"}\n", "ARGUMENT"},
		{"{\"verb\":\"one\",\"args\":[]}\n", "ARGUMENT"},
		{"{\"verb\":\"two\"}\n", "NOT_FOUND"},
		{"{\"verb\":\"\"}\n", "NOT_FOUND"},
		{"{\"verb\":\"\xff\"}\n", "ARGUMENT"},
		{"{\"verb\":\"fail\"}\n", "GROUP_UNKNOWN"},
	};
	int fd = connect_client();

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[64];
		const char *answer;

		snprintf(wanted, sizeof(wanted), "{\"done\":true,\"rows\":0,\"error\":\"%s\",",
			rows[i].error);
		say(fd, rows[i].request);
		answer = hear(fd);
		assert_non_null(answer);
		assert_memory_equal(answer, wanted, strlen(wanted));
	}
	close(fd);
	settle();
}

static void
test_request_sizes(void **state)
{
	char request[MST_CTL_REQUEST_MAX + 1];
	const char *answer;
	int fd = connect_client();

	(void)state;
	memset(request, ' ', sizeof(request));
	memcpy(request, "{\"verb\":\"one\"}", 14);
	request[MST_CTL_REQUEST_MAX - 1] = '\n';
	assert_int_equal(send(fd, request, MST_CTL_REQUEST_MAX, 0), MST_CTL_REQUEST_MAX);
	assert_string_equal(hear(fd), "{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	request[MST_CTL_REQUEST_MAX - 1] = ' ';
	assert_int_equal(send(fd, request, MST_CTL_REQUEST_MAX, 0), MST_CTL_REQUEST_MAX);
	answer = hear(fd);
	assert_non_null(strstr(answer, "too long"));
	assert_null(hear(fd)); /* and closes */
	close(fd);
}

static void
test_requests_in_a_row(void **state)
{
	int fd = connect_client();
	char all[20 * 64] = "";
	const char *answer;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		sprintf(all + strlen(all), "{\"verb\":\"one\",\"args\":{\"echo\":\"%u\"}}\n", i);
	say(fd, all);
	answer = hear(fd);
	for (unsigned i = 0; i < 20; i++) {
		char wanted[64];

		sprintf(wanted, "{\"echo\":\"%u\"}\n{\"done\":true,\"rows\":1}\n", i);
		assert_memory_equal(answer, wanted, strlen(wanted));
		answer += strlen(wanted);
	}
	assert_string_equal(answer, "");
	close(fd);
	settle();
}

static void
test_later_answer(void **state)
{
	int fd = connect_client();

	(void)state;
	say(fd, "{\"verb\":\"keep\"}\n{\"verb\":\"one\"}\n");
	assert_string_equal(hear(fd), "");
	assert_non_null(t.kept);
	assert_false(mst_ctl_reply_gone(t.kept));
	assert_int_equal(mst_ctl_reply_row(t.kept, json_pack("{s:i}", "a", 1)), 0);
	assert_true(has_work()); /* the server wakes by itself */
	assert_string_equal(hear(fd), "{\"a\":1}\n");
	mst_ctl_reply_done(t.kept);
	assert_true(has_work());
	assert_string_equal(hear(fd),
		"{\"done\":true,\"rows\":1}\n{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	close(fd);
	settle();
}

static void
test_client_goes(void **state)
{
	int fd = connect_client();

	(void)state;
	say(fd, "{\"verb\":\"keep\"}\n");
	settle();
	close(fd);
	settle();
	assert_true(mst_ctl_reply_gone(t.kept));
	assert_true(mst_ctl_reply_room(t.kept));
	assert_int_equal(mst_ctl_reply_row(t.kept, json_pack("{s:i}", "a", 1)), 0);
	mst_ctl_reply_done(t.kept);

	fd = connect_client();
	say(fd, "{\"verb\":\"keep\"}\n");
	settle();
	close(fd);
	settle();
	mst_ctl_reply_stream(t.kept, list_more, &t, list_release);
	assert_int_equal(t.released, 1);

	fd = connect_client();
	say(fd, "{\"verb\":\"group list\"}\n");
	for (unsigned i = 0; i < 5; i++)
		mst_ctl_server_step(t.server);
	assert_in_range(t.next_row, 1, LIST_ROWS - 1);
	close(fd);
	settle();
	assert_int_equal(t.released, 2);

	fd = connect_client(); /* is left open, for the destructor */
	say(fd, "{\"verb\":\"keep\"}\n");
	settle();
	fd = connect_client();
	say(fd, "{\"verb\":\"group list\"}\n");
	for (unsigned i = 0; i < 5; i++)
		mst_ctl_server_step(t.server);
	mst_ctl_server_destroy(t.server);
	t.server = NULL;
	assert_int_equal(t.released, 3);
}

static void
test_half_closed(void **state)
{
	int fd = connect_client();

	(void)state;
	say(fd, "{\"verb\":\"one\"}\n{\"verb\":\"keep\"}\n{\"verb\":");
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(fd), "{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	mst_ctl_reply_done(t.kept);
	assert_string_equal(hear(fd), "{\"done\":true,\"rows\":0}\n");
	assert_null(hear(fd));
	close(fd);
	fd = connect_client();
	say(fd, "half a line");
	settle();
	close(fd);
	settle();
}

static void
test_long_list(void **state)
{
	int fd = connect_client();
	char line[64];
	FILE *f;

	(void)state;
	say(fd, "{\"verb\":\"group list\"}\n");
	for (unsigned i = 0; i < 1000; i++)
		mst_ctl_server_step(t.server);
	assert_in_range(t.next_row, 1, LIST_ROWS - 1); /* waits for the reader */
	f = fdopen(fd, "r");
	for (unsigned i = 0; i <= LIST_ROWS;) {
		char wanted[64];

		if (fgets(line, sizeof(line), f) == NULL) {
			assert_int_equal(errno, EAGAIN);
			clearerr(f);
			mst_ctl_server_step(t.server);
			continue;
		}
		if (i < LIST_ROWS)
			sprintf(wanted, "{\"n\":%u}\n", i);
		else
			sprintf(wanted, "{\"done\":true,\"rows\":%u}\n", LIST_ROWS);
		if (strcmp(line, wanted) != 0 && strchr(line, '\n') == NULL) {
			/* the line arrived in two parts */
			size_t n = strlen(line);

			while (fgets(line + n, (int)(sizeof(line) - n), f) == NULL) {
				clearerr(f);
				mst_ctl_server_step(t.server);
			}
		}
		assert_string_equal(line, wanted);
		i++;
	}
	assert_int_equal(t.released, 1);
	fclose(f);
	settle();
}

static void
test_row_sizes(void **state)
{
	int fd = connect_client();
	char request[64];

	(void)state;
	for (int size = MST_CTL_ROW_MAX - 12; size < MST_CTL_ROW_MAX; size++) {
		const char *answer;

		sprintf(request, "{\"verb\":\"long\",\"args\":{\"size\":%d}}\n", size);
		say(fd, request);
		answer = hear(fd);
		if (size + 8 < MST_CTL_ROW_MAX)
			assert_non_null(strstr(answer, "{\"done\":true,\"rows\":1}"));
		else
			assert_non_null(strstr(answer, "\"error\":\"NO_SPACE\""));
	}
	say(fd, "{\"verb\":\"flood\"}\n");
	assert_non_null(strstr(hear(fd), "\"error\":\"NO_SPACE\""));
	close(fd);
	settle();
}

static void
test_many_clients(void **state)
{
	int fd[MST_CTL_CLIENTS + 2];

	(void)state;
	for (unsigned i = 0; i < MST_CTL_CLIENTS + 2; i++) {
		fd[i] = connect_client();
		say(fd[i], "{\"verb\":\"one\"}\n");
		settle();
	}
	assert_false(has_work()); /* rests although two wait */
	assert_string_equal(hear(fd[0]), "{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	assert_string_equal(hear(fd[MST_CTL_CLIENTS]), "");
	close(fd[0]);
	close(fd[3]);
	assert_string_equal(
		hear(fd[MST_CTL_CLIENTS]), "{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	assert_string_equal(hear(fd[MST_CTL_CLIENTS + 1]),
		"{\"echo\":\"nothing\"}\n{\"done\":true,\"rows\":1}\n");
	for (unsigned i = 1; i < MST_CTL_CLIENTS + 2; i++)
		if (i != 3)
			close(fd[i]);
	settle();
}

static void
test_paths(void **state)
{
	char error[MST_CTL_ERROR_SIZE], path[200];
	struct mst_ctl_server *other = NULL;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(stat(t.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(
		mst_ctl_server_create(&other, t.path, verbs, VERB_COUNT, &t, error), -MST_E_EXISTS);
	assert_non_null(strstr(error, "in use"));
	assert_int_equal(stat(t.path, &st), 0);

	snprintf(path, sizeof(path), "%s/sub/stale", t.dir);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(mst_ctl_server_create(&other, path, verbs, VERB_COUNT, &t, error), 0);
	mst_ctl_server_destroy(other);

	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(
		mst_ctl_server_create(&other, path, verbs, VERB_COUNT, &t, error), -MST_E_ARGUMENT);
	assert_int_equal(stat(path, &st), 0); /* a file that is no socket is left alone */
	unlink(path);

	memset(path, 'x', 150);
	path[150] = '\0';
	assert_int_equal(
		mst_ctl_server_create(&other, path, verbs, VERB_COUNT, &t, error), -MST_E_ARGUMENT);
	assert_int_equal(
		mst_ctl_server_create(&other, "/proc/none/ctl", verbs, VERB_COUNT, &t, error),
		-MST_E_SYSTEM);
	assert_non_null(strstr(error, "/proc/none"));
}

/** A server's loop in a thread, for the blocking client. */
static _Atomic bool stop;

static void *
serve(void *arg)
{
	struct pollfd p = {.fd = mst_ctl_server_fd(t.server), .events = POLLIN};

	(void)arg;
	while (!stop) {
		poll(&p, 1, 20);
		mst_ctl_server_step(t.server);
	}
	return NULL;
}

static int
count_row(void *user, json_t *row)
{
	unsigned *n = user;

	assert_int_equal(json_integer_value(json_object_get(row, "n")), *n);
	return ++*n == 777 ? -MST_E_FILE : 0;
}

static int
count_all(void *user, json_t *row)
{
	assert_non_null(json_object_get(row, "n"));
	++*(unsigned *)user;
	return 0;
}

static void
test_client(void **state)
{
	char error[MST_CTL_ERROR_SIZE], none[80], *big = malloc(MST_CTL_REQUEST_MAX);
	struct mst_ctl_client *client;
	pthread_t thread;
	unsigned rows = 0;

	(void)state;
	stop = false;
	pthread_create(&thread, NULL, serve, NULL);
	assert_int_equal(mst_ctl_client_open(&client, t.path, error), 0);
	assert_int_equal(
		mst_ctl_client_call(client, "group list", NULL, count_all, &rows, error), 0);
	assert_int_equal(rows, LIST_ROWS);
	assert_int_equal(mst_ctl_client_call(client, "one", json_object(), NULL, NULL, error), 0);
	assert_int_equal(
		mst_ctl_client_call(client, "fail", NULL, NULL, NULL, error), MST_E_GROUP_UNKNOWN);
	assert_string_equal(error, mst_err_text(MST_E_GROUP_UNKNOWN));
	memset(big, 'x', MST_CTL_REQUEST_MAX - 1);
	big[MST_CTL_REQUEST_MAX - 1] = '\0';
	assert_int_equal(mst_ctl_client_call(
				 client, "one", json_pack("{s:s}", "echo", big), NULL, NULL, error),
		-MST_E_ARGUMENT);
	rows = 0;
	assert_int_equal(mst_ctl_client_call(client, "group list", NULL, count_row, &rows, error),
		-MST_E_FILE);
	assert_int_equal(rows, 777);
	mst_ctl_client_close(client);
	mst_ctl_client_close(NULL);
	stop = true;
	pthread_join(thread, NULL);

	snprintf(none, sizeof(none), "%s.none", t.path);
	assert_int_equal(mst_ctl_client_open(&client, none, error), -MST_E_NOT_FOUND);
	assert_int_equal(mst_ctl_client_open(&client, big, error), -MST_E_ARGUMENT);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_requests_in_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(test_later_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_row_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_clients, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
