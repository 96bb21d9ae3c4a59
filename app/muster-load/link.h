/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator's end of the wire: frames in bursts from all queues of the port, through the
 * impairment, and datagrams of meters to the gateway. Meters are IP endpoints of their own, so an
 * address leads to its meter without a table: meter m is 10.0.0.1 + m, or ::1 in the m-th /64 from
 * fd00:10:100:1::/64 on (a device has a prefix of its own, TS 23.401 section 5.3.1.2.2), port 5683.
 *
 * Without a port (tests) frames come from link_lend() and wait in tx[0] to be looked at.
 * Context: the data thread, but setup by the control thread before it starts.
 */
#ifndef LOAD_LINK_H
#define LOAD_LINK_H

#include "capture.h"
#include "coap/coap.h"
#include "impair.h"
#include "net/net.h"
#include "port/port.h"

#define LINK_TX_MAX     4096 /* frames of a queue that wait for room; a power of two */
#define LINK_POOL       256
#define LINK_METERS_MAX 10000000u
#define LINK_IP4        UINT32_C(0x0a000000)         /* 10.0.0.0, the address below meter 0 */
#define LINK_IP6        UINT64_C(0xfd00001001000000) /* fd00:10:100::/64, likewise */
#define LINK_IP6_HOST   1                            /* of each meter in its prefix */

struct link_queue {
	uint32_t head, tail; /* free-running */
	struct mst_frame frame[LINK_TX_MAX];
};

struct link {
	struct mst_port *port; /* may be NULL */
	unsigned queues;
	uint32_t meters;
	struct mst_net_host host;
	struct mst_net_flow flow; /* to the gateway; src_ip is set for each frame */
	struct impair in, out;
	struct capture *capture; /* may be NULL */
	uint64_t rx_frames, rx_octets, tx_frames, tx_octets, tx_dropped;
	unsigned pooled;
	struct mst_frame pool[LINK_POOL]; /* empty frames at hand */
	struct link_queue *tx;            /* one a queue */
};

/** How to reach the gateway, from the command line. */
struct link_address {
	uint8_t family; /* 4 or 6 */
	uint8_t ip[16];
	uint16_t port;
};

/**
 * Sets up addresses and queues. The port may be NULL. Returns 0, -MST_E_NO_MEMORY, or
 * -MST_E_ARGUMENT when the gateway's address is that of a meter.
 */
int link_init(struct link *link, struct mst_port *port, unsigned queues, uint32_t meters,
	const struct link_address *gateway);
/** Frees frames and queues; zeroed memory is allowed. */
void link_fini(struct link *link);

/** Whether the next frames have room; otherwise no meter should start anything. */
bool link_has_room(const struct link *link);
/**
 * Receives up to MST_PORT_BURST frames of a queue into frames[]. Context: data thread, as all
 * below.
 */
unsigned link_receive(struct link *link, unsigned queue, uint64_t now_us, struct mst_frame *frames);
/** Gives frames back for use by link_send(). */
void link_recycle(struct link *link, const struct mst_frame *frames, unsigned count);
/**
 * Sends a datagram of a meter to the gateway. What finds no room is dropped and counted:
 * retransmission brings it back.
 */
void link_send(
	struct link *link, uint32_t meter, uint64_t now_us, const void *payload, size_t size);
/** The same from another address, which belongs to no meter. */
void link_send_from(struct link *link, const uint8_t *ip, unsigned queue, uint64_t now_us,
	const void *payload, size_t size);
/** Sends a frame that is complete, such as an ARP reply; takes it over. */
void link_send_frame(struct link *link, unsigned queue, const struct mst_frame *frame);
/** Hands what waits to the port. */
void link_flush(struct link *link, uint64_t now_us);
/** The meter that a parsed datagram is for, and whether it comes from the gateway. */
bool link_meter_of(const struct link *link, const struct mst_net_view *view, const uint8_t *frame,
	uint32_t *meter);

/**
 * Finds the gateway's MAC address by ARP or neighbour discovery, asking as meter 0. Returns 0 or
 * -MST_E_NOT_FOUND after timeout_ms. Context: control thread that has entered the port as worker.
 */
int link_resolve(struct link *link, unsigned timeout_ms);

#endif
