/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One Ethernet port with N receive and N transmit queues, on DPDK. This is the only unit that sees
 * DPDK: frames are plain pointers, so the data plane and the load generator know no driver.
 *
 * A process opens one port in its life. Worker i owns queue i: it alone calls the _burst functions
 * for that queue, after mst_port_worker_enter(). Workers are ordinary threads that the caller
 * starts; more workers than CPUs share the CPUs.
 *
 *	mst_port_open(&port, &config, error);
 *	mst_port_worker_enter(port, i);                          // in the thread of worker i
 *	unsigned n = mst_port_rx_burst(port, i, frames, MST_PORT_BURST);
 *	unsigned sent = mst_port_tx_burst(port, i, frames, n);
 *	mst_port_frame_free(frames + sent, n - sent);
 *
 * Frames are linear; what a driver delivers in pieces is dropped and counted. Nothing is offloaded:
 * checksums are the caller's.
 * Limits: MST_PORT_QUEUES_MAX queues, MTU 68..9000.
 * Context: named at each function; "control" is the thread that opened the port.
 */
#ifndef MST_PORT_PORT_H
#define MST_PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <x86intrin.h>

/** Most frames that one call of a _burst function moves. */
#define MST_PORT_BURST      64
#define MST_PORT_QUEUES_MAX 64
/** Octets of the text that explains an error, terminator included. */
#define MST_PORT_ERROR_SIZE 256

/**
 * A frame, from the Ethernet header on, without FCS. The octets belong to whoever holds the frame;
 * it ends in mst_port_tx_burst() or mst_port_frame_free(). To answer in place, rewrite the octets
 * and `size`; `data` and `capacity` stay.
 */
struct mst_frame {
	uint8_t *data;
	uint16_t size;     /* octets of the frame */
	uint16_t capacity; /* octets that fit at data; at least MTU + 18 */
	void *handle;      /* the buffer; private to this unit */
};

enum mst_port_driver {
	MST_PORT_MEMIF,     /* shared memory between two processes; needs no privilege */
	MST_PORT_TAP,       /* a kernel tap interface; needs CAP_NET_ADMIN and CAP_NET_RAW */
	MST_PORT_AF_PACKET, /* a kernel interface through packet sockets; needs CAP_NET_RAW */
	MST_PORT_AF_XDP,  /* a kernel interface through AF_XDP sockets; needs CAP_NET_ADMIN, _BPF */
	MST_PORT_PCI,     /* a NIC bound to vfio-pci */
	MST_PORT_DEVARGS, /* any DPDK device: its arguments as DPDK's option --vdev takes them */
};

/** Zero means the default wherever a default is named. */
struct mst_port_config {
	/* the process */
	const char *program;     /* name in messages and in the default file prefix */
	const char *runtime_dir; /* DPDK's directory, made with mode 0700; NULL: XDG_RUNTIME_DIR,
				    /run/NAME for root, else a directory below /tmp */
	const char *file_prefix; /* unique on the host; NULL: program and process id */
	bool huge;               /* use hugepages; false: ordinary memory */
	unsigned memory_mib;     /* DPDK's memory; 0: computed from mbufs */
	const char *const *eal_extra; /* further EAL options, e.g. "--log-level=lib.eal:debug" */
	unsigned eal_extra_count;
	bool verbose;         /* DPDK's informational messages on stderr; default warnings */
	const unsigned *cpus; /* CPUs of the workers; worker i runs on cpus[i % cpu_count] */
	unsigned cpu_count;   /* 0: workers are not pinned */

	/* the port */
	enum mst_port_driver driver;
	unsigned queues;    /* 1..MST_PORT_QUEUES_MAX, one a worker */
	unsigned mtu;       /* octets of an IP packet; default 1500 */
	unsigned mbufs;     /* frame buffers; 0: computed from queues and ring_size */
	unsigned kept;      /* frames that the program keeps at most, beside those in rings */
	unsigned ring_size; /* descriptors of a queue, a power of two; default 1024 */
	uint8_t mac[6];     /* all zero: the port's own */
	bool held;          /* the link stays down until mst_port_start() */

	struct {
		const char *socket; /* path; its directory is made with mode 0700 if missing */
		bool server;        /* true: the gateway's end, false: the load generator's */
		unsigned id;        /* interface number; both ends name the same */
		bool zero_copy;     /* client only */
	} memif;
	const char *interface; /* tap: name to create; af_packet, af_xdp: name of an interface */
	struct {
		unsigned frame_size; /* octets of a slot; default 2048, at most what a buffer takes
				      */
		unsigned frame_count;
	} af_packet;
	const char *pci_address; /* e.g. "0000:03:00.0" */
	const char *devargs;     /* e.g. "net_null0,size=60" */
};

struct mst_port;

/**
 * Starts DPDK and opens the port, link down or up. Of a memif pair either end may come first. On
 * failure `error` (MST_PORT_ERROR_SIZE octets) says what to do.
 * Also narrows where DPDK's own threads run to CPUs that no worker uses, if there is such a CPU,
 * and keeps DPDK's memory out of core dumps.
 * Returns 0, -MST_E_ARGUMENT (configuration), -MST_E_EXISTS (second port of the process),
 * -MST_E_NO_MEMORY, -MST_E_UNSUPPORTED (driver missing or it refused the configuration) or
 * -MST_E_SYSTEM.
 * Context: the main thread, before it starts others; blocks, allocates.
 */
int mst_port_open(struct mst_port **port, const struct mst_port_config *config, char *error);
/**
 * Starts a port that was opened held; others are started already.
 * Returns 0, or -MST_E_UNSUPPORTED with `error` (MST_PORT_ERROR_SIZE octets). Context: control.
 */
int mst_port_start(struct mst_port *port, char *error);
/** Stops and frees the port and DPDK; NULL is allowed. Context: control, after all workers left. */
void mst_port_close(struct mst_port *port);

/**
 * Makes the calling thread worker `worker`: pins it to its CPU and registers it with DPDK.
 * Returns 0, -MST_E_SYSTEM or -MST_E_NO_MEMORY. Context: the worker's thread, once; blocks.
 */
int mst_port_worker_enter(struct mst_port *port, unsigned worker);
/** The thread is a worker no more. Context: the worker's thread. */
void mst_port_worker_leave(struct mst_port *port);
/** Whether workers share CPUs, so that an idle one should yield. Context: any thread. */
bool mst_port_cpus_shared(const struct mst_port *port);
/** The CPU a worker is pinned to, or -1. Context: any thread. */
int mst_port_cpu(const struct mst_port *port, unsigned worker);

/**
 * Receives at most min(max, MST_PORT_BURST) frames and returns their number.
 * Context: owner of the queue; never blocks.
 */
unsigned mst_port_rx_burst(
	struct mst_port *port, unsigned queue, struct mst_frame *frames, unsigned max);
/**
 * Sends frames in order and returns how many were taken, 0..min(count, MST_PORT_BURST); the rest
 * stay the caller's. A frame of size 0 or above its capacity is the caller's defect (assert).
 * Context: owner of the queue; never blocks.
 */
unsigned mst_port_tx_burst(
	struct mst_port *port, unsigned queue, const struct mst_frame *frames, unsigned count);
/**
 * Allocates `count` empty frames (size 0), all or none: returns count or 0.
 * Context: a worker or the control thread; never blocks.
 */
unsigned mst_port_frame_alloc_bulk(struct mst_port *port, struct mst_frame *frames, unsigned count);
/** Frees frames. Context: a worker or the control thread; never blocks. */
void mst_port_frame_free(const struct mst_frame *frames, unsigned count);

/** Whether the link is up (memif: the other end is connected). Context: any thread; a few ns. */
bool mst_port_link_up(const struct mst_port *port);
/**
 * Looks after the link: a memif client that lost its server, or has not found it yet, connects.
 * Returns whether the link is up. Context: control, about once a second; may block for some ms.
 */
bool mst_port_tend(struct mst_port *port);
/**
 * Waits until the link is up, tending it.
 * Returns 0 or -MST_E_NOT_FOUND after timeout_ms. Of a memif that stays down though both ends run,
 * the numbers of queues differ. Context: control; blocks.
 */
int mst_port_wait_link(struct mst_port *port, unsigned timeout_ms);

/** What the driver counted since the port was opened. */
struct mst_port_stats {
	uint64_t rx_frames, rx_octets;
	uint64_t tx_frames, tx_octets;
	uint64_t rx_missed;    /* no room in the receive ring */
	uint64_t rx_no_buffer; /* no free buffer */
	uint64_t rx_errors;
	uint64_t rx_chained; /* frames in pieces, dropped */
	uint64_t tx_errors;
	uint32_t buffers;      /* frame buffers in all */
	uint32_t buffers_free; /* approximate while workers run */
};

/** Context: control. */
void mst_port_stats_get(struct mst_port *port, struct mst_port_stats *stats);
/** The port's Ethernet address. Context: any thread. */
void mst_port_mac_get(const struct mst_port *port, uint8_t mac[6]);
/** Context: any thread. */
unsigned mst_port_mtu(const struct mst_port *port);
/** One line for people, e.g. "memif server /run/muster/memif.sock id 0, 2 queues". Any thread. */
const char *mst_port_name(const struct mst_port *port);

/** The time stamp counter. Context: any thread. */
static inline uint64_t
mst_port_tsc(void)
{
	return __rdtsc();
}

/** Ticks of the time stamp counter in a second; constant after mst_port_open(). Any thread. */
uint64_t mst_port_tsc_hz(void);

/*
 * Rings of fixed-size elements, copied in and out: frames between workers, messages to and from
 * them. Many producers, one consumer. A producer that is preempted holds up the elements behind its
 * own, but other producers only once an eighth of the ring has passed it, so workers may share
 * CPUs. Needs no open port.
 */
struct mst_port_ring;

/**
 * Creates a ring for at least `count` elements (1..2^20) of element_size octets (a multiple of 4,
 * at most 256). Returns 0 or -MST_E_NO_MEMORY. Context: control; allocates.
 */
int mst_port_ring_create(struct mst_port_ring **ring, size_t element_size, unsigned count);
/** Frees the ring; what its elements own is the caller's business. NULL is allowed. */
void mst_port_ring_destroy(struct mst_port_ring *ring);
/** Puts the first n elements that fit and returns n. Context: any thread; never blocks. */
unsigned mst_port_ring_put_burst_mt(
	struct mst_port_ring *ring, const void *elements, unsigned count);
/** Takes up to `max` elements and returns their number. Context: the one consumer; never blocks. */
unsigned mst_port_ring_get_burst(struct mst_port_ring *ring, void *elements, unsigned max);
/** Elements waiting; a snapshot. Context: any thread. */
unsigned mst_port_ring_count(const struct mst_port_ring *ring);

#endif
