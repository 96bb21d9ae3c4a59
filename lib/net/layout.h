/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offsets and numbers of the headers, and the steps that parsing, answering and building share.
 * Private to lib/net. Context: any thread.
 */
#ifndef MST_NET_LAYOUT_H
#define MST_NET_LAYOUT_H

#include "base/bytes.h"
#include "net/checksum.h"
#include "net/net.h"

/* Ethernet II, IEEE 802.1Q. */
enum {
	ETH_SRC = 6,
	ETH_TYPE = 12,
	ETH_SIZE = 14,
	VLAN_SIZE = 4,
	VLAN_MAX = 2,
	TYPE_IP4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_VLAN = 0x8100,
	TYPE_IP6 = 0x86dd,
	TYPE_QINQ = 0x88a8,
};

/* RFC 826, for Ethernet and IPv4. */
enum {
	ARP_OP = 6,
	ARP_SHA = 8,
	ARP_SPA = 14,
	ARP_THA = 18,
	ARP_TPA = 24,
	ARP_SIZE = 28,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

/* RFC 791, RFC 8200. */
enum {
	IP4_LENGTH = 2,
	IP4_FRAGMENT = 6,
	IP4_TTL = 8,
	IP4_PROTO = 9,
	IP4_CHECKSUM = 10,
	IP4_SRC = 12,
	IP4_DST = 16,
	IP4_SIZE = 20,
	IP4_DONT_FRAGMENT = 0x4000,
	IP6_LENGTH = 4,
	IP6_NEXT = 6,
	IP6_HOP_LIMIT = 7,
	IP6_SRC = 8,
	IP6_DST = 24,
	IP6_SIZE = 40,
	PROTO_ICMP4 = 1,
	PROTO_UDP = 17,
	PROTO_FRAGMENT6 = 44,
	PROTO_ICMP6 = 58,
};

/* RFC 768. */
enum {
	UDP_DST = 2,
	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
	UDP_SIZE = 8,
};

/* RFC 792, RFC 4443, RFC 4861. */
enum {
	ICMP_CODE = 1,
	ICMP_CHECKSUM = 2,
	ICMP_SIZE = 8,
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO_REQUEST = 8,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_SOLICIT = 135,
	ICMP6_ADVERT = 136,
	ND_FLAGS = 4,
	ND_TARGET = 8,
	ND_OPTIONS = 24,
	ND_OPTION_SIZE = 8, /* a link-layer address */
	ND_SIZE = 32,       /* with one such option */
	ND_SOURCE_MAC = 1,
	ND_TARGET_MAC = 2,
	ND_SOLICITED = 0x40,
	ND_OVERRIDE = 0x20,
	ND_HOP_LIMIT = 255,
};

/** Whom the Ethernet destination names. */
enum mst_net_station {
	STATION_HOST,
	STATION_ALL,       /* broadcast */
	STATION_SOLICITED, /* multicast for solicited-node addresses, 33:33:ff:.. */
};

/** Ethernet header of a frame. */
struct mst_net_ether {
	enum mst_net_station station;
	uint16_t type;
	uint16_t size; /* with VLAN tags */
};

/** IP header of a frame. */
struct mst_net_packet {
	uint8_t proto;
	bool solicited;   /* to a solicited-node address; the caller compares it with the target */
	bool unspecified; /* from :: */
	uint16_t content; /* offset of what follows the header */
	uint16_t size;    /* octets of it */
};

/** Errors: FRAME_SHORT, FRAME_LONG, ETH_SOURCE, ETH_NOT_MINE, ETH_TYPE. */
int mst_net_parse_ether(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	struct mst_net_ether *ether);
/** Errors: FRAME_SHORT, IP_*, ETH_NOT_MINE when the Ethernet destination does not fit. */
int mst_net_parse_ip4(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_packet *packet);
int mst_net_parse_ip6(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_packet *packet);

/** Answers in place. The new size of the frame, or ARP, ICMP, ETH_NOT_MINE, IP_*, NO_SPACE. */
int mst_net_answer_arp(uint8_t *frame, size_t size, size_t capacity,
	const struct mst_net_host *host, const struct mst_net_ether *ether);
int mst_net_answer_icmp4(uint8_t *frame, size_t capacity, const struct mst_net_ether *ether,
	const struct mst_net_packet *packet);
int mst_net_answer_icmp6(uint8_t *frame, size_t capacity, const struct mst_net_host *host,
	const struct mst_net_ether *ether, const struct mst_net_packet *packet);

/** Whether the 28 octets are Ethernet and IPv4 with this operation and a unicast sender. */
bool mst_net_arp_is(const uint8_t *arp, unsigned op);
/**
 * Checks the options of a neighbour message, n octets behind the target (RFC 4861 section 4.6), and
 * finds the link-layer address of the given kind. False when they are malformed; *mac is NULL when
 * there is none.
 */
bool mst_net_nd_options(const uint8_t *options, size_t n, unsigned kind, const uint8_t **mac);

bool mst_net_is_ip4(const struct mst_net_host *host, const uint8_t *addr);
bool mst_net_is_ip6(const struct mst_net_host *host, const uint8_t *addr);

/** The frame is over at n: zeros up to the least size. The buffer has that room. */
static inline int
mst_net_pad(uint8_t *frame, size_t n)
{
	if (n >= MST_NET_FRAME_MIN)
		return (int)n;
	memset(frame + n, 0, MST_NET_FRAME_MIN - n);
	return MST_NET_FRAME_MIN;
}

/** Whether a frame of n octets and its padding fit. */
static inline bool
mst_net_fits(size_t n, size_t capacity)
{
	return n <= capacity && capacity >= MST_NET_FRAME_MIN;
}

static inline void
mst_net_swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[16];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

/** Sum of a pseudo header (RFC 768, RFC 8200 section 8.1) over addresses that lie side by side. */
static inline uint64_t
mst_net_sum_pseudo(const uint8_t *addresses, size_t n, uint8_t proto, size_t size)
{
	uint64_t sum = (uint64_t)__builtin_bswap16(proto) +
		       __builtin_bswap16((uint16_t)(size >> 16)) +
		       __builtin_bswap16((uint16_t)size);

	return mst_net_sum_add(sum, addresses, n);
}

/** Stores the checksum that makes a sum over data with a zero checksum field right. */
static inline void
mst_net_put_checksum(uint8_t *p, uint64_t sum)
{
	uint16_t checksum = (uint16_t)~mst_net_sum_fold(sum);

	memcpy(p, &checksum, sizeof(checksum));
}

/**
 * Writes an IPv4 header but for its addresses, which are there and have the given sum. `size`:
 * octets that follow it.
 */
static inline void
mst_net_put_ip4(uint8_t *ip, uint8_t proto, size_t size, uint64_t addresses)
{
	uint32_t head = 0x45000000U | (uint32_t)(IP4_SIZE + size);
	uint32_t tail = (uint32_t)MST_NET_TTL << 24 | (uint32_t)proto << 16;
	uint64_t sum = (uint64_t)__builtin_bswap32(head) + __builtin_bswap32(IP4_DONT_FRAGMENT) +
		       __builtin_bswap32(tail);

	mst_put_be32(ip, head);
	mst_put_be32(ip + IP4_FRAGMENT - 2, IP4_DONT_FRAGMENT);
	mst_put_be32(ip + IP4_TTL, tail);
	mst_net_put_checksum(ip + IP4_CHECKSUM, mst_net_sum_join(sum, addresses));
}

/** The same for IPv6. */
static inline void
mst_net_put_ip6(uint8_t *ip, uint8_t proto, uint8_t hop_limit, size_t size)
{
	mst_put_be32(ip, 0x60000000);
	mst_put_be16(ip + IP6_LENGTH, (uint16_t)size);
	ip[IP6_NEXT] = proto;
	ip[IP6_HOP_LIMIT] = hop_limit;
}

/** Stores the checksum of the ICMPv6 message of n octets behind the IPv6 header at ip. */
static inline void
mst_net_put_icmp6_checksum(uint8_t *ip, size_t n)
{
	uint8_t *icmp = ip + IP6_SIZE;

	mst_put_be16(icmp + ICMP_CHECKSUM, 0);
	mst_net_put_checksum(icmp + ICMP_CHECKSUM,
		mst_net_sum_add(mst_net_sum_pseudo(ip + IP6_SRC, 32, PROTO_ICMP6, n), icmp, n));
}

/** ICMPv6 neighbour message of a kind about a target, with one option; IP addresses are there. */
static inline void
mst_net_put_nd(uint8_t *ip, uint8_t type, uint8_t flags, const uint8_t target[16], uint8_t option,
	const uint8_t mac[6])
{
	uint8_t *icmp = ip + IP6_SIZE;

	mst_net_put_ip6(ip, PROTO_ICMP6, ND_HOP_LIMIT, ND_SIZE);
	mst_put_be64(icmp, (uint64_t)type << 56 | (uint64_t)flags << 24);
	memmove(icmp + ND_TARGET, target, 16);
	icmp[ND_OPTIONS] = option;
	icmp[ND_OPTIONS + 1] = 1;
	memcpy(icmp + ND_OPTIONS + 2, mac, 6);
	mst_net_put_icmp6_checksum(ip, ND_SIZE);
}

#endif
