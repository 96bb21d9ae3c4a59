/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Raw Ethernet frames to UDP payloads and back, for a host that lives on a port without a kernel:
 * Ethernet II with up to two VLAN tags, ARP (RFC 826), IPv4 (RFC 791), IPv6 (RFC 8200), ICMP echo
 * (RFC 792, 4443), neighbour solicitation (RFC 4861) and UDP (RFC 768).
 *
 *	struct mst_net_view v;
 *	int kind = mst_net_parse(frame, size, capacity, &host, &v);
 *	if (kind == MST_NET_UDP)
 *		n = mst_net_reply(&v, frame, capacity, answer, answer_size);
 *	else if (kind == MST_NET_REPLY)
 *		n = v.frame_size;
 *
 * Accepted: unicast to the host (for solicitations also the solicited-node multicast address), no
 * IPv4 options, no fragments, no IPv6 extension headers, right checksums (an absent UDP checksum
 * over IPv4 only). Octets after the IP packet are Ethernet padding and ignored.
 * A frame is contiguous; a segmented mbuf has to be linearised first.
 *
 * Context of all functions: any thread, data path; never allocate or block. The host is read only
 * and may be shared.
 */
#ifndef MST_NET_NET_H
#define MST_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lanes.h"

#define MST_NET_FRAME_MAX 9022 /* MTU of 9000, Ethernet header, two VLAN tags */
#define MST_NET_FRAME_MIN 60   /* without the frame check sequence */
#define MST_NET_ADDR_MAX  8    /* addresses or prefixes of a family that a host can have */
#define MST_NET_TTL       64   /* of everything sent, but 255 for neighbour discovery */

/** Addresses that a host answers for: those that equal addr under mask, in network order. */
struct mst_net_ip4 {
	uint32_t addr;
	uint32_t mask;
};

struct mst_net_ip6 {
	uint64_t addr[2];
	uint64_t mask[2];
};

struct mst_net_host {
	uint8_t mac[6];
	uint16_t udp_port; /* 0: any port */
	uint8_t ip4_count;
	uint8_t ip6_count;
	struct mst_net_ip4 ip4[MST_NET_ADDR_MAX];
	struct mst_net_ip6 ip6[MST_NET_ADDR_MAX];
};

/** A host without addresses. */
void mst_net_host_init(struct mst_net_host *host, const uint8_t mac[6], uint16_t udp_port);
/**
 * Adds an IPv4 address (bits = 32) or all addresses of a prefix, as a load generator has, bits
 * >= 8. Returns 0, -MST_E_TABLE_FULL, or -MST_E_ARGUMENT for other bits or an unspecified,
 * loopback, multicast or reserved address.
 */
int mst_net_host_add_ip4(struct mst_net_host *host, const uint8_t addr[4], unsigned bits);
/** The same for IPv6, global or link-local, bits 16 to 128. */
int mst_net_host_add_ip6(struct mst_net_host *host, const uint8_t addr[16], unsigned bits);

enum mst_net_kind {
	MST_NET_UDP = 1, /* a datagram for the host */
	MST_NET_REPLY =
		2, /* the frame became its answer (ARP, ICMP, ND): transmit view.frame_size */
};

/**
 * What mst_net_parse() found. Offsets count from the start of the frame.
 * For MST_NET_REPLY only kind and frame_size are set.
 */
struct mst_net_view {
	uint8_t kind;
	uint8_t family;    /* 4 or 6 */
	uint16_t ip;       /* offset of the IP header: 14, 18 or 22 */
	uint16_t payload;  /* offset of the UDP payload */
	uint16_t size;     /* octets of UDP payload */
	uint16_t src_port; /* host order */
	uint16_t dst_port;
	uint16_t frame_size;
	uint16_t src_offset; /* offset of the source address: 4 or 16 octets */
};

static inline const uint8_t *
mst_net_payload(const struct mst_net_view *view, const uint8_t *frame)
{
	return frame + view->payload;
}

/** Source address in place, 4 or 16 octets by view->family. */
static inline const uint8_t *
mst_net_source(const struct mst_net_view *view, const uint8_t *frame)
{
	return frame + view->src_offset;
}

/**
 * Parses a frame of `size` octets in a buffer of `capacity` octets. Requests for an address, echo
 * requests and solicitations are turned into their answers in place.
 * Returns enum mst_net_kind, or one of -MST_E_FRAME_SHORT, FRAME_LONG, ETH_NOT_MINE, ETH_SOURCE,
 * ETH_TYPE, ARP, IP_HEADER, IP_CHECKSUM, IP_LENGTH, IP_FRAGMENT, IP_NOT_MINE, IP_SOURCE, IP_PROTO,
 * ICMP, UDP_LENGTH, UDP_CHECKSUM, UDP_PORT (see base/err_list.h; also for port 0), NO_SPACE (an
 * answer longer than the capacity: at most 94 octets are needed for ARP and solicitations); frame
 * and view are then untouched.
 */
int mst_net_parse(uint8_t *frame, size_t size, size_t capacity, const struct mst_net_host *host,
	struct mst_net_view *view);

/** Columns of a burst of frames. */
struct mst_net_cols {
	uint8_t *frame[MST_LANES];
	uint16_t size[MST_LANES];
	uint16_t capacity[MST_LANES];
	struct mst_net_view view[MST_LANES]; /* out */
	uint16_t status[MST_LANES];          /* out: 0 or enum mst_err for the lanes that died */
};

/**
 * mst_net_parse() of the live lanes, with the next frames prefetched. Returns the lanes with a UDP
 * datagram; *replies gets the lanes whose frame became an answer. All other lanes of `live` have a
 * status.
 */
mst_lanes mst_net_parse_burst(const struct mst_net_host *host, struct mst_net_cols *cols,
	mst_lanes live, mst_lanes *replies);

/**
 * Turns the received frame into the answer, in place: addresses and ports swapped, VLAN tags kept,
 * hop limit 64, no fragmentation, checksums computed, padded to 60 octets. The payload may be
 * anywhere, also in the frame. Returns the size of the frame, or -MST_E_NO_SPACE (capacity, or an
 * IP packet above 65535) with the frame untouched.
 */
int mst_net_reply(const struct mst_net_view *view, uint8_t *frame, size_t capacity,
	const void *payload, size_t size);

/** Both ends of a stream of datagrams. MAC and IP addresses are those of the frames to be sent. */
struct mst_net_flow {
	uint8_t dst_mac[6];
	uint8_t src_mac[6];
	uint8_t family; /* 4 or 6 */
	uint8_t vlan_count;
	uint16_t src_port; /* host order */
	uint16_t dst_port;
	uint32_t vlan[2];   /* TPID << 16 | TCI, outer tag first */
	uint8_t src_ip[16]; /* family 4: the first four octets */
	uint8_t dst_ip[16];
};

/**
 * The flow of answers to a parsed datagram, for one that is sent later (a separate response). The
 * frame is still as it was received.
 */
void mst_net_flow_back(
	const struct mst_net_view *view, const uint8_t *frame, struct mst_net_flow *flow);

/**
 * Builds a UDP frame of a flow, padded to 60 octets; the payload must not overlap the first 70
 * octets of the frame unless it is where mst_net_payload_offset() says. Returns its size or
 * -MST_E_NO_SPACE with the frame untouched.
 */
int mst_net_build_udp(uint8_t *frame, size_t capacity, const struct mst_net_flow *flow,
	const void *payload, size_t size);

/** Where the payload of a flow's frames begins. */
static inline size_t
mst_net_payload_offset(const struct mst_net_flow *flow)
{
	return 14 + 4U * flow->vlan_count + (flow->family == 4 ? 20 : 40) + 8;
}

/**
 * Builds the question for the MAC address of flow->dst_ip, from src_ip and src_mac: an ARP request
 * to broadcast, or a neighbour solicitation to the solicited-node address; dst_mac and the ports
 * are not used. Returns the size of the frame or -MST_E_NO_SPACE.
 */
int mst_net_build_solicit(uint8_t *frame, size_t capacity, const struct mst_net_flow *flow);
/**
 * Builds the statement that src_ip is at src_mac, for dst_ip at dst_mac: an ARP reply, or a
 * solicited neighbour advertisement. Returns the size of the frame or -MST_E_NO_SPACE.
 */
int mst_net_build_advert(uint8_t *frame, size_t capacity, const struct mst_net_flow *flow);

/** What an ARP reply or a neighbour advertisement says. */
struct mst_net_neighbour {
	uint8_t family; /* 4 or 6 */
	uint8_t mac[6];
	uint8_t ip[16]; /* family 4: the first four octets */
};

/**
 * Parses an ARP reply or a solicited neighbour advertisement for the host. Returns 0, or an error
 * of mst_net_parse() with *neighbour untouched: ETH_TYPE, ARP, IP_PROTO or ICMP for frames that
 * are something else.
 */
int mst_net_parse_advert(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	struct mst_net_neighbour *neighbour);

#endif
