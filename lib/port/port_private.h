/* SPDX-License-Identifier: BSD-3-Clause */
/* The port's parts, shared by the files of this unit. */
#ifndef MST_PORT_PRIVATE_H
#define MST_PORT_PRIVATE_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "base/err.h"
#include "port/port.h"

/** Counters of a queue: written by its owner with relaxed stores, read by any thread. */
struct port_counters {
	_Atomic uint64_t rx_frames, rx_octets, rx_chained, tx_frames, tx_octets;
};

struct port_queue {
	/* Owner writes, guard reads: the owner is inside a driver's burst function. */
	_Alignas(64) _Atomic uint32_t busy;
	/* Owner only: port_gate.generation when this queue last saw the link up. */
	uint32_t generation;
	struct port_counters counters;
};

/**
 * Decides whether workers may enter the driver. A queue may while its generation is the gate's;
 * raising the gate's generation and waiting for idle queues keeps everybody out until the link is
 * seen up again.
 */
struct port_gate {
	_Atomic uint32_t generation; /* never 0; written by port_guard_close() */
	_Atomic bool started;        /* the driver's burst functions may be called */
	bool by_link;                /* they may be called only while the link is up */
};

struct mst_port {
	uint16_t id; /* DPDK's */
	uint16_t queues;
	uint16_t mtu;
	enum mst_port_driver driver;
	bool memif_client;
	bool shared_cpus;
	bool verbose;
	bool have_device;
	uint64_t next_try_ms; /* memif client: when to connect again */
	struct rte_mempool *pool;
	struct port_gate gate;
	struct rte_ether_addr mac;
	uint32_t buffers;
	struct rte_eth_stats base; /* driver's counters when the port was opened */
	unsigned cpu_count;        /* 0: workers are not pinned */
	unsigned cpus[CPU_SETSIZE];
	cpu_set_t worker_cpus, control_cpus;
	char socket[108]; /* memif server: ours as long as lock_fd is open */
	int lock_fd;
	char devargs[512];
	char name[192];
	struct port_queue queue[MST_PORT_QUEUES_MAX];
};

/* eal.c */

/** Splits the CPUs that the process may use into those of workers and the others. */
int port_cpus_split(struct mst_port *port, const struct mst_port_config *config, char *error);
/** Starts EAL; -MST_E_SYSTEM or -MST_E_ARGUMENT with text. */
int port_eal_start(struct mst_port *port, const struct mst_port_config *config, char *error);
void port_eal_stop(void);
typedef void port_step(struct mst_port *port);
/**
 * Has DPDK's interrupt thread run `step` between two handlers, and waits for it.
 * Returns 0 or -MST_E_SYSTEM. Context: control; blocks.
 */
int port_eal_errand(port_step *step, struct mst_port *port);
/** DPDK's first error message of the present step, "" when there was none; for error texts. */
const char *port_eal_message(void);
void port_eal_message_clear(void);
/** Whether DPDK's messages go to stderr as they come. */
void port_eal_messages_show(bool show);

/* device.c */

/** Octets of a frame buffer after the headroom. */
uint16_t port_room(const struct mst_port_config *config);
unsigned port_buffers(const struct mst_port_config *config);
/** Writes the device's arguments to port->devargs and a name for people to port->name. */
int port_devargs(struct mst_port *port, const struct mst_port_config *config, char *error);
/** Finds the device that EAL made from port->devargs and configures it. */
int port_device_open(struct mst_port *port, const struct mst_port_config *config, char *error);
/** Starts the device. -MST_E_NOT_FOUND: memif client whose server is not there yet. */
int port_device_start(struct mst_port *port, char *error);
/** Keeps workers out and stops the device, if it was started. Context: control; blocks. */
void port_device_stop(struct mst_port *port);
void port_device_close(struct mst_port *port);

/* guard.c */

/** Makes `port` the one whose workers the guard knows. */
void port_guard_open(struct mst_port *port);
/** Keeps workers out of the driver until the link is seen up; returns when all are out. */
void port_guard_close(struct mst_port *port);
void port_guard_forget(void);

#endif
