/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A gateway that costs nothing, to see how fast the load generator is by itself: it answers each
 * meter's requests over memif, in their order, with what a real gateway answered in a run before
 * with the same cards and seed. A generator of one seed sends the same again, so the answers fit.
 *
 *	muster-load ... --seed 1 --capture run.pcap --capture-count 10000000    against muster-gw
 *	muster-stub SOCKET run.pcap [CPU]
 *	muster-load ... --seed 1                                                 against the stub
 *
 * IPv4, closed loop, without losses. Ends on SIGTERM.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "net/net.h"
#include "port/port.h"

#define METERS     10000000u
#define IP4_FIRST  0x0a000001u
#define FILE_HEAD  24
#define FRAME_HEAD 16
#define RING       4096

/** Of a frame without VLAN tags. */
enum { AT_TYPE = 12, AT_SOURCE = 26, AT_DESTINATION = 30, AT_PORT = 34, FRAME_MIN = 42 };

struct answer {
	const uint8_t *frame;
	uint16_t size;
};

struct script {
	struct answer *answer; /* those of meter m are first[m] .. first[m + 1] - 1 */
	uint32_t *first, *next;
	uint32_t meters;
};

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static uint32_t
ip4(const uint8_t *frame, size_t size, unsigned at)
{
	return size >= FRAME_MIN && mst_get_be16(frame + AT_TYPE) == 0x0800
		       ? mst_get_be32(frame + at) - IP4_FIRST
		       : UINT32_MAX;
}

/** Calls with each frame that is an answer to a meter. */
static void
walk(const uint8_t *file, size_t size, void (*visit)(struct script *, uint32_t, struct answer),
	struct script *s)
{
	for (size_t at = FILE_HEAD; at + FRAME_HEAD <= size;) {
		const uint8_t *frame = file + at + FRAME_HEAD;
		uint32_t length, meter;

		memcpy(&length, file + at + 8, sizeof(length));
		if (length > size - at - FRAME_HEAD)
			break;
		meter = ip4(frame, length, AT_DESTINATION);
		if (meter < METERS && mst_get_be16(frame + AT_PORT) == 5683)
			visit(s, meter, (struct answer){frame, (uint16_t)length});
		at += FRAME_HEAD + length;
	}
}

static void
count(struct script *s, uint32_t meter, struct answer answer)
{
	(void)answer;
	s->first[meter + 1]++;
	if (meter >= s->meters)
		s->meters = meter + 1;
}

static void
place(struct script *s, uint32_t meter, struct answer answer)
{
	s->answer[s->next[meter]++] = answer;
}

static bool
load(struct script *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	const uint8_t *file;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < FILE_HEAD)
		return false;
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	s->first = calloc(METERS + 1, sizeof(*s->first));
	s->next = calloc(METERS + 1, sizeof(*s->next));
	if (file == MAP_FAILED || s->first == NULL || s->next == NULL)
		return false;
	walk(file, (size_t)st.st_size, count, s);
	for (uint32_t m = 0; m < s->meters; m++)
		s->first[m + 1] += s->first[m];
	s->answer = calloc((size_t)s->first[s->meters] + 1, sizeof(*s->answer));
	if (s->answer == NULL)
		return false;
	memcpy(s->next, s->first, METERS * sizeof(*s->next));
	walk(file, (size_t)st.st_size, place, s);
	memcpy(s->next, s->first, METERS * sizeof(*s->next));
	return s->meters > 0;
}

/** Turns a frame into its answer. Returns whether there is one. */
static bool
reply(struct script *s, const struct mst_net_host *host, struct mst_frame *f, uint32_t meter)
{
	struct mst_net_view view;
	const struct answer *a;

	if (meter >= s->meters || s->next[meter] == s->first[meter + 1]) {
		if (mst_net_parse(f->data, f->size, f->capacity, host, &view) != MST_NET_REPLY)
			return false;
		f->size = view.frame_size;
		return true;
	}
	a = &s->answer[s->next[meter]++];
	/* Stations may have other addresses than in the run before. */
	memcpy(f->data, f->data + 6, 6);
	memcpy(f->data + 6, host->mac, 6);
	memcpy(f->data + AT_TYPE, a->frame + AT_TYPE, a->size - AT_TYPE);
	f->size = a->size;
	return true;
}

static void
answer_burst(struct script *s, const struct mst_net_host *host, struct mst_port *port,
	struct mst_frame *frames, unsigned count)
{
	struct mst_frame out[MST_PORT_BURST];
	uint32_t meter[MST_PORT_BURST];
	unsigned n = 0, sent = 0;

	for (unsigned i = 0; i < count; i++) {
		meter[i] = ip4(frames[i].data, frames[i].size, AT_SOURCE);
		if (meter[i] < s->meters)
			__builtin_prefetch(s->answer[s->next[meter[i]]].frame);
	}
	for (unsigned i = 0; i < count; i++) {
		if (reply(s, host, &frames[i], meter[i]))
			out[n++] = frames[i];
		else
			mst_port_frame_free(&frames[i], 1);
	}
	while (sent < n && !stop && mst_port_link_up(port))
		sent += mst_port_tx_burst(port, 0, out + sent, n - sent);
	mst_port_frame_free(out + sent, n - sent);
}

int
main(int argc, char **argv)
{
	static const uint8_t mac[6] = {0x02, 0, 0x5e, 0x10, 0, 1}, ip[4] = {10, 255, 255, 1};
	struct sigaction action = {.sa_handler = on_signal};
	struct mst_port_config config = {.program = "muster-stub",
		.queues = 1,
		.ring_size = RING,
		.driver = MST_PORT_MEMIF,
		.memif = {.socket = argc > 1 ? argv[1] : NULL, .server = true}};
	unsigned cpu = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	struct mst_frame frames[MST_PORT_BURST];
	char error[MST_PORT_ERROR_SIZE];
	struct mst_net_host host;
	struct mst_port *port;
	struct script script = {0};

	if (argc != 3 && argc != 4) {
		fputs("usage: muster-stub SOCKET CAPTURE [CPU]\n", stderr);
		return 2;
	}
	config.cpus = &cpu;
	config.cpu_count = argc == 4;
	if (!load(&script, argv[2])) {
		fprintf(stderr, "muster-stub: %s: no capture with answers to meters\n", argv[2]);
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	mst_net_host_init(&host, mac, 5683);
	mst_net_host_add_ip4(&host, ip, 32);
	if (mst_port_open(&port, &config, error) != 0 || mst_port_worker_enter(port, 0) != 0) {
		fprintf(stderr, "muster-stub: %s\n", error);
		return 2;
	}
	printf("muster-stub: ready: %u meters\n", script.meters);
	fflush(stdout);
	while (!stop) {
		unsigned n = mst_port_rx_burst(port, 0, frames, MST_PORT_BURST);

		if (n > 0)
			answer_burst(&script, &host, port, frames, n);
		else if (mst_port_cpus_shared(port))
			sched_yield();
	}
	mst_port_worker_leave(port);
	mst_port_close(port);
	return 0;
}
