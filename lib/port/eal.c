/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment: options, CPUs, messages, memory. */
#define ALLOW_EXPERIMENTAL_API /* as handles of interrupts are in 22.11 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_log.h>
#include <rte_memory.h>

#include "config/paths.h"
#include "port/port_private.h"

#define EAL_ARGUMENTS_MAX 64
#define EAL_TEXT_MAX      4096
#define MEMORY_SLACK_MIB  48
#define PAGE              UINT64_C(4096)

struct eal_arguments {
	char *argv[EAL_ARGUMENTS_MAX + 1];
	int argc;
	char text[EAL_TEXT_MAX]; /* the strings, one behind the other */
	size_t used;
	bool overflow;
};

/* DPDK's messages: the first error is kept for error texts. Under the lock of the stdio stream. */
static struct {
	FILE *stream;
	bool show;
	char first[160];
} messages;

static ssize_t
messages_write(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	if (messages.first[0] == '\0' && rte_log_cur_msg_loglevel() <= (int)RTE_LOG_ERR) {
		size_t n = size < sizeof(messages.first) ? size : sizeof(messages.first) - 1;

		memcpy(messages.first, text, n);
		messages.first[n] = '\0';
		messages.first[strcspn(messages.first, "\n")] = '\0';
	}
	if (messages.show)
		fprintf(stderr, "%.*s", (int)size, text);
	return (ssize_t)size;
}

const char *
port_eal_message(void)
{
	return messages.first;
}

void
port_eal_message_clear(void)
{
	messages.first[0] = '\0';
}

void
port_eal_messages_show(bool show)
{
	messages.show = show;
}

static void
messages_open(bool show)
{
	messages.show = show;
	if (messages.stream == NULL)
		messages.stream =
			fopencookie(NULL, "w", (cookie_io_functions_t){.write = messages_write});
	if (messages.stream != NULL) {
		setvbuf(messages.stream, NULL, _IOLBF, 1024);
		rte_openlog_stream(messages.stream);
	}
}

static void __attribute__((format(printf, 2, 3)))
add(struct eal_arguments *args, const char *format, ...)
{
	va_list ap;
	size_t room = sizeof(args->text) - args->used;
	int n;

	va_start(ap, format);
	n = vsnprintf(args->text + args->used, room, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || args->argc == EAL_ARGUMENTS_MAX) {
		args->overflow = true;
		return;
	}
	args->argv[args->argc++] = args->text + args->used;
	args->argv[args->argc] = NULL;
	args->used += (size_t)n + 1;
}

int
port_cpus_split(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
		snprintf(error, MST_PORT_ERROR_SIZE, "cannot read the CPU affinity: %s",
			strerror(errno));
		return -MST_E_SYSTEM;
	}
	port->worker_cpus = allowed;
	port->control_cpus = allowed;
	if (config->cpu_count == 0) {
		port->shared_cpus = config->queues > (unsigned)CPU_COUNT(&allowed);
		return 0;
	}
	CPU_ZERO(&port->worker_cpus);
	for (unsigned i = 0; i < config->cpu_count && i < CPU_SETSIZE; i++) {
		unsigned cpu = config->cpus[i];

		if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) {
			snprintf(error, MST_PORT_ERROR_SIZE,
				"CPU %u is not available to this process; see 'taskset -cp $$'",
				cpu);
			return -MST_E_ARGUMENT;
		}
		CPU_SET(cpu, &port->worker_cpus);
		port->cpus[port->cpu_count++] = cpu;
	}
	CPU_XOR(&port->control_cpus, &allowed, &port->worker_cpus);
	if (CPU_COUNT(&port->control_cpus) == 0)
		port->control_cpus = allowed;
	port->shared_cpus = config->queues > (unsigned)CPU_COUNT(&port->worker_cpus);
	return 0;
}

/** The main lcore as EAL writes it: lcore 0 on all CPUs of the control threads. */
static void
add_lcores(struct eal_arguments *args, const cpu_set_t *cpus)
{
	char text[1024];
	size_t n = 0;

	for (unsigned cpu = 0; cpu < CPU_SETSIZE && n < sizeof(text) - 8; cpu++)
		if (CPU_ISSET(cpu, cpus))
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, "%s%u", n > 0 ? "," : "", cpu);
	add(args, "--lcores=0@(%s)", text);
}

/** Ordinary memory for the buffers: DPDK lays none of them across two pages. */
static unsigned
memory_mib(const struct mst_port_config *config)
{
	uint64_t buffer = sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM + port_room(config) + 128;

	if (config->memory_mib != 0)
		return config->memory_mib;
	buffer = buffer > PAGE ? RTE_ALIGN_CEIL(buffer, PAGE) : PAGE / (PAGE / buffer);
	return (unsigned)((port_buffers(config) * buffer) >> 20) + MEMORY_SLACK_MIB +
	       config->queues;
}

static void
add_all(struct eal_arguments *args, const struct mst_port *port,
	const struct mst_port_config *config)
{
	const char *program = config->program != NULL ? config->program : "muster";

	add(args, "%s", program);
	add_lcores(args, &port->control_cpus);
	if (config->huge) {
		add(args, "--in-memory");
		if (config->memory_mib != 0)
			add(args, "-m%u", config->memory_mib);
	} else {
		add(args, "--no-huge");
		add(args, "--no-shconf");
		add(args, "-m%u", memory_mib(config));
		add(args, "--iova-mode=va");
	}
	if (config->memif.zero_copy)
		add(args, "--single-file-segments");
	add(args, "--no-telemetry");
	if (config->file_prefix != NULL)
		add(args, "--file-prefix=%s", config->file_prefix);
	else
		add(args, "--file-prefix=%s-%d", program, (int)getpid());
	add(args, "--log-level=%s", config->verbose ? "info" : "warning");
	if (config->driver == MST_PORT_PCI)
		add(args, "-a%s", config->pci_address);
	else
		add(args, "--no-pci");
	for (unsigned i = 0; i < config->eal_extra_count; i++)
		add(args, "%s", config->eal_extra[i]);
}

/** EAL keeps its files below XDG_RUNTIME_DIR for plain users; sees to it that there is one. */
static int
prepare_runtime_dir(const struct mst_port_config *config, char *error)
{
	char path[256];

	if (config->runtime_dir != NULL)
		snprintf(path, sizeof(path), "%s", config->runtime_dir);
	else if (geteuid() == 0 || getenv("XDG_RUNTIME_DIR") != NULL)
		return 0;
	else if (mst_config_runtime_dir(path, sizeof(path)) != 0)
		return -MST_E_SYSTEM;
	if (mst_config_make_dir(path, error, MST_PORT_ERROR_SIZE) != 0)
		return -MST_E_SYSTEM;
	return setenv("XDG_RUNTIME_DIR", path, 1) == 0 ? 0 : -MST_E_SYSTEM;
}

static int
protect_memory(const struct rte_memseg_list *list, const struct rte_memseg *segment, size_t size,
	void *arg)
{
	(void)list;
	(void)arg;
	(void)madvise(segment->addr, size, MADV_DONTDUMP);
	(void)madvise(segment->addr, size, MADV_HUGEPAGE);
	return 0;
}

static void
explain_failure(const struct mst_port_config *config, char *error)
{
	snprintf(error, MST_PORT_ERROR_SIZE, "DPDK did not start: %s%s",
		messages.first[0] != '\0' ? messages.first : rte_strerror(rte_errno),
		config->huge ? "; are hugepages reserved? (eal.huge: false runs without)" : "");
}

int
port_eal_start(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	struct eal_arguments args = {.argc = 0};
	char *argv[EAL_ARGUMENTS_MAX + 1];
	int err = prepare_runtime_dir(config, error);

	if (err != 0)
		return err;
	add_all(&args, port, config);
	if (args.overflow) {
		snprintf(error, MST_PORT_ERROR_SIZE, "too many or too long EAL options");
		return -MST_E_ARGUMENT;
	}
	/* EAL's own threads run where this thread may run at this moment. */
	if (sched_setaffinity(0, sizeof(port->control_cpus), &port->control_cpus) != 0) {
		snprintf(error, MST_PORT_ERROR_SIZE, "cannot set the CPU affinity: %s",
			strerror(errno));
		return -MST_E_SYSTEM;
	}
	messages_open(config->verbose);
	memcpy(argv, args.argv, sizeof(argv)); /* EAL reorders it */
	if (rte_eal_init(args.argc, argv) < 0) {
		explain_failure(config, error);
		return -MST_E_SYSTEM;
	}
	port_eal_message_clear(); /* it came through, so it was no error */
	rte_memseg_contig_walk(protect_memory, NULL);
	return 0;
}

/** A step on its way to the interrupt thread. */
struct errand {
	port_step *step;
	struct mst_port *port;
	atomic_bool done;
};

static void
run_errand(void *arg)
{
	struct errand *e = arg;

	e->step(e->port);
	atomic_store_explicit(&e->done, true, memory_order_release);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
}

int
port_eal_errand(port_step *step, struct mst_port *port)
{
	struct errand e = {.step = step, .port = port};

	if (rte_eal_alarm_set(1, run_errand, &e) != 0)
		return -MST_E_SYSTEM;
	while (!atomic_load_explicit(&e.done, memory_order_acquire))
		nap();
	return 0;
}

static void
park(void *arg)
{
	atomic_store_explicit((atomic_bool *)arg, true, memory_order_release);
	for (;;)
		pause();
}

/**
 * The interrupt thread outlives rte_eal_cleanup() of 22.11, and at any event compares the handles
 * of all that are registered. Those of net_memif lie in the memory that the clean-up unmaps, and
 * its listening socket stays registered when the device is closed: a client that connects again at
 * that moment would end the process. So the thread sleeps from here on, in a handler of its own:
 * the clean-up waits for that of alarms.
 */
static void
park_interrupt_thread(void)
{
	static atomic_bool parked;
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	int fd = eventfd(1, EFD_CLOEXEC);

	if (handle != NULL && fd >= 0 && rte_intr_fd_set(handle, fd) == 0 &&
		rte_intr_type_set(handle, RTE_INTR_HANDLE_EXT) == 0 &&
		rte_intr_callback_register(handle, park, &parked) == 0)
		while (!atomic_load_explicit(&parked, memory_order_acquire))
			nap();
	rte_intr_instance_free(handle); /* EAL has a copy; the descriptor stays open for it */
}

void
port_eal_stop(void)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s", rte_eal_get_runtime_dir());
	park_interrupt_thread();
	rte_eal_cleanup();
	if (dir[0] == '/')
		(void)rmdir(dir);
}
