/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port over memif between two processes of an unprivileged user, without hugepages: frames come
 * back as they were sent; either end may come first; the server outlives clients that are killed
 * under load or leave at once; ends with unlike numbers of queues refuse each other.
 *
 *	port_echo                                   all of that, exit code 0 when it holds
 *	port_echo server|client SOCKET WORKERS [FRAMES]     one end alone
 */
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "port/port.h"

#define NOBODY      65534
#define WORKERS_MAX 4
#define IN_FLIGHT   256

struct worker {
	pthread_t thread;
	struct mst_port *port;
	unsigned index;
	uint64_t frames; /* client: to be sent and received */
	bool failed;
};

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *
echo(void *arg)
{
	struct worker *w = arg;
	struct mst_frame frames[MST_PORT_BURST];

	if (mst_port_worker_enter(w->port, w->index) != 0) {
		w->failed = true;
		return NULL;
	}
	while (!stop) {
		unsigned n = mst_port_rx_burst(w->port, w->index, frames, MST_PORT_BURST);
		unsigned sent = 0;

		for (unsigned i = 0; i < n; i++)
			if (frames[i].capacity < mst_port_mtu(w->port) + 18)
				w->failed = true;
		if (n == 0)
			sched_yield();
		while (sent < n && !stop) {
			unsigned k = mst_port_tx_burst(w->port, w->index, frames + sent, n - sent);

			if (k == 0 && !mst_port_link_up(w->port))
				break;
			sent += k;
			if (k == 0)
				sched_yield();
		}
		mst_port_frame_free(frames + sent, n - sent);
	}
	mst_port_worker_leave(w->port);
	return NULL;
}

/** Content of the sequence-th frame of a queue: its number, then octets that follow from it. */
static uint16_t
frame_size(uint64_t sequence)
{
	return (uint16_t)(60 + sequence * 7 % (1514 - 60 + 1));
}

static void
fill(struct mst_frame *frame, uint64_t sequence)
{
	frame->size = frame_size(sequence);
	memset(frame->data, (int)(sequence % 251), frame->size);
	memcpy(frame->data + 12, &sequence, sizeof(sequence));
}

static bool
is_intact(const struct mst_frame *frame, uint64_t sequence)
{
	uint64_t there;

	memcpy(&there, frame->data + 12, sizeof(there));
	return there == sequence && frame->size == frame_size(sequence) &&
	       frame->data[0] == sequence % 251 && frame->data[frame->size - 1] == sequence % 251;
}

static void *
ping(void *arg)
{
	struct worker *w = arg;
	struct mst_frame frames[MST_PORT_BURST];
	uint64_t sent = 0, received = 0, last = now_ms();

	if (mst_port_worker_enter(w->port, w->index) != 0) {
		w->failed = true;
		return NULL;
	}
	while (received < w->frames && !w->failed && now_ms() - last < 5000) {
		unsigned n = 0;

		if (sent < w->frames && sent - received < IN_FLIGHT &&
			mst_port_frame_alloc_bulk(w->port, frames, 32) == 32) {
			for (unsigned i = 0; i < 32; i++)
				fill(&frames[i], sent + i);
			n = mst_port_tx_burst(w->port, w->index, frames, 32);
			mst_port_frame_free(frames + n, 32 - n);
			sent += n;
		}
		n = mst_port_rx_burst(w->port, w->index, frames, MST_PORT_BURST);
		for (unsigned i = 0; i < n; i++)
			if (!is_intact(&frames[i], received++))
				w->failed = true;
		mst_port_frame_free(frames, n);
		if (n > 0)
			last = now_ms();
		else
			sched_yield();
	}
	if (received < w->frames)
		w->failed = true;
	mst_port_worker_leave(w->port);
	return NULL;
}

/** Opens the port and runs the workers; returns the exit code. */
static int
run_end(bool server, const char *path, unsigned workers, uint64_t frames)
{
	struct mst_port_config config = {
		.program = server ? "echo-server" : "echo-client",
		.queues = workers,
		.driver = MST_PORT_MEMIF,
		.memif = {.socket = path, .server = server},
	};
	struct worker w[WORKERS_MAX] = {0};
	char error[MST_PORT_ERROR_SIZE];
	struct mst_port_stats stats;
	struct mst_port *port;
	bool failed = false;

	if (mst_port_open(&port, &config, error) != 0) {
		fprintf(stderr, "%s: %s\n", config.program, error);
		return 2;
	}
	if (!server && mst_port_wait_link(port, 3000) != 0) {
		fprintf(stderr, "%s: link stays down\n", config.program);
		mst_port_close(port);
		return 3;
	}
	for (unsigned i = 0; i < workers; i++) {
		w[i] = (struct worker){.port = port, .index = i, .frames = frames};
		pthread_create(&w[i].thread, NULL, server ? echo : ping, &w[i]);
	}
	for (unsigned i = 0; i < workers; i++) {
		pthread_join(w[i].thread, NULL);
		failed |= w[i].failed;
	}
	mst_port_stats_get(port, &stats);
	printf("%s: %s, rx %llu tx %llu frames, %u of %u buffers free\n", config.program,
		mst_port_name(port), (unsigned long long)stats.rx_frames,
		(unsigned long long)stats.tx_frames, stats.buffers_free, stats.buffers);
	fflush(stdout);
	mst_port_close(port);
	return failed ? 1 : 0;
}

static pid_t
start_end(bool server, const char *path, unsigned workers, uint64_t frames)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(run_end(server, path, workers, frames));
	return pid;
}

static int
finish(pid_t pid, int number)
{
	int status = 0;

	if (number != 0)
		kill(pid, number);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
expect(const char *what, int got, int wanted)
{
	printf("%s %s: %d\n", got == wanted ? "ok    " : "FAILED", what, got);
	fflush(stdout);
	return got != wanted;
}

/** Clients that leave before the server has greeted them. */
static void
come_and_go(const char *path, unsigned count)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, path);
	for (unsigned i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		(void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
	}
}

static int
run_all(const char *path)
{
	pid_t server, client;
	struct stat st;
	int failed = 0;

	client = start_end(false, path, 2, 100000);
	usleep(300000);
	server = start_end(true, path, 2, 0);
	failed += expect("client first, frames come back", finish(client, 0), 0);
	for (unsigned i = 0; i < 12; i++) {
		client = start_end(false, path, 2, 1u << 30);
		usleep(400000 + i * 1000);
		failed += expect("client killed under load", finish(client, SIGKILL), -SIGKILL);
	}
	failed += expect("a second server is refused", finish(start_end(true, path, 2, 0), 0), 2);
	failed += expect("one queue against two", finish(start_end(false, path, 1, 100), 0), 3);
	come_and_go(path, 3000);
	failed += expect(
		"client after those that left", finish(start_end(false, path, 2, 100000), 0), 0);
	failed +=
		expect("socket is private", stat(path, &st) == 0 ? (int)(st.st_mode & 077) : -1, 0);
	failed += expect("server stops", finish(server, SIGTERM), 0);
	failed += expect("socket is removed", stat(path, &st), -1);
	return failed != 0;
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/mst-port-XXXXXX", path[64], remove[64];
	int code;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (argc >= 4 && atoi(argv[3]) > 0 && atoi(argv[3]) <= WORKERS_MAX)
		return run_end(strcmp(argv[1], "server") == 0, argv[2], (unsigned)atoi(argv[3]),
			argc > 4 ? strtoull(argv[4], NULL, 10) : 1000000);
	if (mkdtemp(dir) == NULL)
		return 77;
	if (geteuid() == 0 && (chown(dir, NOBODY, NOBODY) != 0 || setgroups(0, NULL) != 0 ||
				      setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return 77;
	setenv("XDG_RUNTIME_DIR", dir, 1);
	snprintf(path, sizeof(path), "%s/sub/memif.sock", dir);
	code = run_all(path);
	snprintf(remove, sizeof(remove), "rm -rf %s", dir); /* what killed clients left */
	return system(remove) == 0 ? code : 1;
}
