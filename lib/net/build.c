/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames with datagrams, as answers and from scratch. */
#include "net/layout.h"

/* Sum of both IP addresses, by loads no wider than what wrote them a moment ago. */
static uint64_t
sum_addresses(const uint8_t *ip, unsigned family)
{
	uint64_t word[4], sum;
	uint32_t half[2];

	if (family == 4) {
		memcpy(half, ip + IP4_SRC, 4);
		memcpy(half + 1, ip + IP4_DST, 4);
		return (uint64_t)half[0] + half[1];
	}
	memcpy(word, ip + IP6_SRC, 32);
	sum = mst_net_sum_join(mst_net_sum_join(word[0], word[1]), word[2]);
	return mst_net_sum_join(sum, word[3]);
}

/*
 * IP header but for addresses, UDP header but for ports, over a payload of `size` octets. Sums are
 * made from the values of the fields where these are known: to read back what was just written in
 * smaller pieces would stall.
 */
static void
seal_udp(uint8_t *ip, unsigned family, size_t size)
{
	uint8_t *udp = ip + (family == 4 ? IP4_SIZE : IP6_SIZE);
	uint16_t n = (uint16_t)(UDP_SIZE + size), checksum, port[2];
	uint64_t addresses = sum_addresses(ip, family), sum;

	if (family == 4)
		mst_net_put_ip4(ip, PROTO_UDP, n, addresses);
	else
		mst_net_put_ip6(ip, PROTO_UDP, MST_NET_TTL, n);
	memcpy(port, udp, 2);
	memcpy(port + 1, udp + UDP_DST, 2);
	sum = (uint64_t)__builtin_bswap16(PROTO_UDP) + 2U * __builtin_bswap16(n) + port[0] +
	      port[1];
	sum = mst_net_sum_join(sum, mst_net_sum_add(addresses, udp + UDP_SIZE, size));
	checksum = (uint16_t)~mst_net_sum_fold(sum);
	/* Zero would say that there is none. */
	checksum = checksum == 0 ? 0xffff : checksum;
	mst_put_be16(udp + UDP_LENGTH, n);
	memcpy(udp + UDP_CHECKSUM, &checksum, sizeof(checksum));
}

/* Whether a payload of `size` octets at an offset fits the buffer and the length fields of IP. */
static bool
payload_fits(size_t offset, size_t ip, size_t size, size_t capacity)
{
	return size <= UINT16_MAX - (offset - ip) && mst_net_fits(offset + size, capacity);
}

static void
put_payload(uint8_t *at, const void *payload, size_t size)
{
	if (size > 0 && payload != at)
		memmove(at, payload, size);
}

int
mst_net_reply(const struct mst_net_view *view, uint8_t *frame, size_t capacity, const void *payload,
	size_t size)
{
	uint8_t *ip = frame + view->ip, *udp = frame + view->payload - UDP_SIZE;

	if (!payload_fits(view->payload, view->ip, size, capacity))
		return -MST_E_NO_SPACE;
	put_payload(frame + view->payload, payload, size);
	mst_net_swap(frame, frame + ETH_SRC, 6);
	if (view->family == 4)
		mst_net_swap(ip + IP4_SRC, ip + IP4_DST, 4);
	else
		mst_net_swap(ip + IP6_SRC, ip + IP6_DST, 16);
	mst_net_swap(udp, udp + UDP_DST, 2);
	seal_udp(ip, view->family, size);
	return mst_net_pad(frame, view->payload + size);
}

void
mst_net_flow_back(const struct mst_net_view *view, const uint8_t *frame, struct mst_net_flow *flow)
{
	const uint8_t *ip = frame + view->ip;
	size_t addr = view->family == 4 ? 4 : 16;

	*flow = (struct mst_net_flow){
		.family = view->family,
		.vlan_count = (uint8_t)((view->ip - ETH_SIZE) / VLAN_SIZE),
		.src_port = view->dst_port,
		.dst_port = view->src_port,
	};
	memcpy(flow->dst_mac, frame + ETH_SRC, 6);
	memcpy(flow->src_mac, frame, 6);
	for (unsigned i = 0; i < flow->vlan_count; i++)
		flow->vlan[i] = mst_get_be32(frame + ETH_TYPE + (size_t)VLAN_SIZE * i);
	memcpy(flow->dst_ip, ip + (view->family == 4 ? IP4_SRC : IP6_SRC), addr);
	memcpy(flow->src_ip, ip + (view->family == 4 ? IP4_DST : IP6_DST), addr);
}

static size_t
ether_size(const struct mst_net_flow *flow)
{
	return ETH_SIZE + (size_t)VLAN_SIZE * flow->vlan_count;
}

/* Ethernet header with the tags of the flow; returns what follows it. */
static uint8_t *
put_ether(uint8_t *frame, const struct mst_net_flow *flow, const uint8_t dst[6], uint16_t type)
{
	uint8_t *p = frame + ETH_TYPE;

	memcpy(frame, dst, 6);
	memcpy(frame + ETH_SRC, flow->src_mac, 6);
	for (unsigned i = 0; i < flow->vlan_count; i++, p += VLAN_SIZE)
		mst_put_be32(p, flow->vlan[i]);
	mst_put_be16(p, type);
	return p + 2;
}

int
mst_net_build_udp(uint8_t *frame, size_t capacity, const struct mst_net_flow *flow,
	const void *payload, size_t size)
{
	size_t offset = mst_net_payload_offset(flow);
	uint8_t *ip, *udp = frame + offset - UDP_SIZE;

	if (!payload_fits(offset, ether_size(flow), size, capacity))
		return -MST_E_NO_SPACE;
	put_payload(frame + offset, payload, size);
	if (flow->family == 4) {
		ip = put_ether(frame, flow, flow->dst_mac, TYPE_IP4);
		memcpy(ip + IP4_SRC, flow->src_ip, 4);
		memcpy(ip + IP4_DST, flow->dst_ip, 4);
	} else {
		ip = put_ether(frame, flow, flow->dst_mac, TYPE_IP6);
		memcpy(ip + IP6_SRC, flow->src_ip, 16);
		memcpy(ip + IP6_DST, flow->dst_ip, 16);
	}
	mst_put_be16(udp, flow->src_port);
	mst_put_be16(udp + UDP_DST, flow->dst_port);
	seal_udp(ip, flow->family, size);
	return mst_net_pad(frame, offset + size);
}

static void
put_arp(uint8_t *arp, const struct mst_net_flow *flow, uint16_t op, const uint8_t target_mac[6])
{
	mst_put_be32(arp, 1U << 16 | TYPE_IP4);
	mst_put_be32(arp + 4, 6U << 24 | 4U << 16 | op);
	memcpy(arp + ARP_SHA, flow->src_mac, 6);
	memcpy(arp + ARP_SPA, flow->src_ip, 4);
	memcpy(arp + ARP_THA, target_mac, 6);
	memcpy(arp + ARP_TPA, flow->dst_ip, 4);
}

/* Size of the ARP or neighbour message of a flow's family, not padded. */
static size_t
neighbour_size(const struct mst_net_flow *flow)
{
	return ether_size(flow) + (flow->family == 4 ? ARP_SIZE : IP6_SIZE + ND_SIZE);
}

int
mst_net_build_solicit(uint8_t *frame, size_t capacity, const struct mst_net_flow *flow)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nobody[6];
	const uint8_t *target = flow->dst_ip;
	size_t n = neighbour_size(flow);

	if (!mst_net_fits(n, capacity))
		return -MST_E_NO_SPACE;
	if (flow->family == 4) {
		put_arp(put_ether(frame, flow, all, TYPE_ARP), flow, ARP_REQUEST, nobody);
	} else {
		uint8_t mac[6] = {0x33, 0x33, 0xff, target[13], target[14], target[15]};
		uint8_t group[16] = {0xff, 2, [11] = 1, 0xff, target[13], target[14], target[15]};
		uint8_t *ip = put_ether(frame, flow, mac, TYPE_IP6);

		memcpy(ip + IP6_SRC, flow->src_ip, 16);
		memcpy(ip + IP6_DST, group, 16);
		mst_net_put_nd(ip, ICMP6_SOLICIT, 0, target, ND_SOURCE_MAC, flow->src_mac);
	}
	return mst_net_pad(frame, n);
}

int
mst_net_build_advert(uint8_t *frame, size_t capacity, const struct mst_net_flow *flow)
{
	size_t n = neighbour_size(flow);

	if (!mst_net_fits(n, capacity))
		return -MST_E_NO_SPACE;
	if (flow->family == 4) {
		put_arp(put_ether(frame, flow, flow->dst_mac, TYPE_ARP), flow, ARP_REPLY,
			flow->dst_mac);
	} else {
		uint8_t *ip = put_ether(frame, flow, flow->dst_mac, TYPE_IP6);

		memcpy(ip + IP6_SRC, flow->src_ip, 16);
		memcpy(ip + IP6_DST, flow->dst_ip, 16);
		mst_net_put_nd(ip, ICMP6_ADVERT, ND_SOLICITED | ND_OVERRIDE, flow->src_ip,
			ND_TARGET_MAC, flow->src_mac);
	}
	return mst_net_pad(frame, n);
}
