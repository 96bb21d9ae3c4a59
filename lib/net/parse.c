/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames to datagrams. */
#include <assert.h>

#include "net/layout.h"

static bool
is_group(const uint8_t *mac)
{
	return (mac[0] & 1) != 0;
}

int
mst_net_parse_ether(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	struct mst_net_ether *ether)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t *src = frame + ETH_SRC;
	size_t at = ETH_TYPE;
	uint16_t type;

	if (size > MST_NET_FRAME_MAX)
		return -MST_E_FRAME_LONG;
	if (size < ETH_SIZE)
		return -MST_E_FRAME_SHORT;
	if (memcmp(frame, host->mac, 6) == 0)
		ether->station = STATION_HOST;
	else if (memcmp(frame, all, 6) == 0)
		ether->station = STATION_ALL;
	else if (memcmp(frame, "\x33\x33\xff", 3) == 0)
		ether->station = STATION_SOLICITED;
	else
		return -MST_E_ETH_NOT_MINE;
	if (is_group(src) || memcmp(src, host->mac, 6) == 0)
		return -MST_E_ETH_SOURCE;
	type = mst_get_be16(frame + at);
	while ((type == TYPE_VLAN || type == TYPE_QINQ) && at < ETH_TYPE + VLAN_MAX * VLAN_SIZE) {
		at += VLAN_SIZE;
		if (size < at + 2)
			return -MST_E_FRAME_SHORT;
		type = mst_get_be16(frame + at);
	}
	ether->type = type;
	ether->size = (uint16_t)(at + 2);
	return 0;
}

int
mst_net_parse_ip4(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_packet *packet)
{
	const uint8_t *ip = frame + ether->size, *src = ip + IP4_SRC;
	size_t left = size - ether->size, total;

	if (left < IP4_SIZE)
		return -MST_E_FRAME_SHORT;
	if (ip[0] != 0x45)
		return -MST_E_IP_HEADER;
	total = mst_get_be16(ip + IP4_LENGTH);
	if (total < IP4_SIZE || total > left)
		return -MST_E_IP_LENGTH;
	if (mst_net_sum_fold(mst_net_sum_add(0, ip, IP4_SIZE)) != 0xffff)
		return -MST_E_IP_CHECKSUM;
	/* All but the first bit and Don't Fragment. */
	if ((mst_get_be16(ip + IP4_FRAGMENT) & 0x3fff) != 0)
		return -MST_E_IP_FRAGMENT;
	if (!mst_net_is_ip4(host, ip + IP4_DST))
		return -MST_E_IP_NOT_MINE;
	/* This network, loopback, multicast and above (RFC 1122 section 3.2.1.3). */
	if (src[0] == 0 || src[0] == 127 || src[0] >= 224 || mst_net_is_ip4(host, src))
		return -MST_E_IP_SOURCE;
	if (ether->station != STATION_HOST)
		return -MST_E_ETH_NOT_MINE;
	*packet = (struct mst_net_packet){
		.proto = ip[IP4_PROTO],
		.content = (uint16_t)(ether->size + IP4_SIZE),
		.size = (uint16_t)(total - IP4_SIZE),
	};
	return 0;
}

/*
 * Source of an IPv6 packet. Nobody sends from ::/80: loopback, IPv4-mapped and IPv4-compatible
 * addresses; :: itself is left to neighbour discovery.
 */
static bool
source6_is_wrong(const uint8_t *src, const struct mst_net_host *host, bool *unspecified)
{
	static const uint8_t zero[16];

	*unspecified = memcmp(src, zero, 16) == 0;
	if (*unspecified)
		return false;
	return src[0] == 0xff || memcmp(src, zero, 10) == 0 || mst_net_is_ip6(host, src);
}

int
mst_net_parse_ip6(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_packet *packet)
{
	static const uint8_t solicited_node[13] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
	const uint8_t *ip = frame + ether->size, *dst = ip + IP6_DST;
	size_t left = size - ether->size, length;
	bool solicited = false, unspecified;

	if (left < IP6_SIZE)
		return -MST_E_FRAME_SHORT;
	if (ip[0] >> 4 != 6)
		return -MST_E_IP_HEADER;
	length = mst_get_be16(ip + IP6_LENGTH);
	if (length > left - IP6_SIZE)
		return -MST_E_IP_LENGTH;
	if (!mst_net_is_ip6(host, dst)) {
		solicited = memcmp(dst, solicited_node, sizeof(solicited_node)) == 0;
		if (!solicited)
			return -MST_E_IP_NOT_MINE;
	}
	if (source6_is_wrong(ip + IP6_SRC, host, &unspecified))
		return -MST_E_IP_SOURCE;
	/* A solicited-node address has one multicast MAC address (RFC 2464 section 7). */
	if (ether->station != STATION_HOST && (ether->station == STATION_ALL || !solicited ||
						      memcmp(frame + 3, dst + 13, 3) != 0))
		return -MST_E_ETH_NOT_MINE;
	*packet = (struct mst_net_packet){
		.proto = ip[IP6_NEXT],
		.solicited = solicited,
		.unspecified = unspecified,
		.content = (uint16_t)(ether->size + IP6_SIZE),
		.size = (uint16_t)length,
	};
	return 0;
}

/* The datagram of a packet to one of the host's own addresses. */
static int
parse_udp(const uint8_t *frame, const struct mst_net_host *host, const struct mst_net_ether *ether,
	const struct mst_net_packet *packet, struct mst_net_view *view)
{
	bool ip4 = ether->type == TYPE_IP4;
	const uint8_t *udp = frame + packet->content;
	unsigned src = ether->size + (ip4 ? IP4_SRC : IP6_SRC);
	uint16_t src_port, dst_port;

	if (packet->size < UDP_SIZE || mst_get_be16(udp + UDP_LENGTH) != packet->size)
		return -MST_E_UDP_LENGTH;
	src_port = mst_get_be16(udp);
	dst_port = mst_get_be16(udp + UDP_DST);
	if (src_port == 0 || dst_port == 0 || (host->udp_port != 0 && dst_port != host->udp_port))
		return -MST_E_UDP_PORT;
	if (mst_get_be16(udp + UDP_CHECKSUM) != 0) {
		uint64_t sum =
			mst_net_sum_pseudo(frame + src, ip4 ? 8 : 32, PROTO_UDP, packet->size);

		if (mst_net_sum_fold(mst_net_sum_add(sum, udp, packet->size)) != 0xffff)
			return -MST_E_UDP_CHECKSUM;
	} else if (!ip4) {
		return -MST_E_UDP_CHECKSUM;
	}
	*view = (struct mst_net_view){
		.kind = MST_NET_UDP,
		.family = ip4 ? 4 : 6,
		.ip = ether->size,
		.payload = (uint16_t)(packet->content + UDP_SIZE),
		.size = (uint16_t)(packet->size - UDP_SIZE),
		.src_port = src_port,
		.dst_port = dst_port,
		.src_offset = (uint16_t)src,
	};
	return 0;
}

static int
parse_packet4(uint8_t *frame, size_t size, size_t capacity, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_view *view)
{
	struct mst_net_packet packet;
	int err = mst_net_parse_ip4(frame, size, host, ether, &packet);

	if (err != 0)
		return err;
	if (packet.proto == PROTO_UDP)
		return parse_udp(frame, host, ether, &packet, view);
	if (packet.proto == PROTO_ICMP4)
		return mst_net_answer_icmp4(frame, capacity, ether, &packet);
	return -MST_E_IP_PROTO;
}

static int
parse_packet6(uint8_t *frame, size_t size, size_t capacity, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_view *view)
{
	struct mst_net_packet packet;
	int err = mst_net_parse_ip6(frame, size, host, ether, &packet);

	if (err != 0)
		return err;
	if (packet.proto == PROTO_ICMP6)
		return mst_net_answer_icmp6(frame, capacity, host, ether, &packet);
	if (packet.solicited)
		return -MST_E_IP_NOT_MINE;
	if (packet.unspecified)
		return -MST_E_IP_SOURCE;
	if (packet.proto == PROTO_UDP)
		return parse_udp(frame, host, ether, &packet, view);
	return packet.proto == PROTO_FRAGMENT6 ? -MST_E_IP_FRAGMENT : -MST_E_IP_PROTO;
}

int
mst_net_parse(uint8_t *frame, size_t size, size_t capacity, const struct mst_net_host *host,
	struct mst_net_view *view)
{
	struct mst_net_ether ether;
	int n = mst_net_parse_ether(frame, size, host, &ether);

	assert(size <= capacity);
	if (n != 0)
		return n;
	/* Each gives 0 for a datagram and the size of an answer. */
	switch (ether.type) {
	case TYPE_IP4:
		n = parse_packet4(frame, size, capacity, host, &ether, view);
		break;
	case TYPE_IP6:
		n = parse_packet6(frame, size, capacity, host, &ether, view);
		break;
	case TYPE_ARP:
		n = mst_net_answer_arp(frame, size, capacity, host, &ether);
		break;
	default:
		return -MST_E_ETH_TYPE;
	}
	if (n == 0)
		return MST_NET_UDP;
	if (n < 0)
		return n;
	*view = (struct mst_net_view){.kind = MST_NET_REPLY, .frame_size = (uint16_t)n};
	return MST_NET_REPLY;
}

mst_lanes
mst_net_parse_burst(const struct mst_net_host *host, struct mst_net_cols *cols, mst_lanes live,
	mst_lanes *replies)
{
	mst_lanes datagrams = 0;

	*replies = 0;
	mst_for_lanes(i, live) {
		__builtin_prefetch(cols->frame[i], 1);
		__builtin_prefetch(cols->frame[i] + 64, 1);
	}
	mst_for_lanes(i, live) {
		int kind = mst_net_parse(
			cols->frame[i], cols->size[i], cols->capacity[i], host, &cols->view[i]);

		cols->status[i] = kind < 0 ? (uint16_t)-kind : 0;
		if (kind == MST_NET_UDP)
			datagrams |= MST_LANE(i);
		else if (kind == MST_NET_REPLY)
			*replies |= MST_LANE(i);
	}
	return datagrams;
}
