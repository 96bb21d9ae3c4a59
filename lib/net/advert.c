/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers to a host's own questions for MAC addresses. */
#include "net/layout.h"

static int
parse_arp_reply(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_neighbour *neighbour)
{
	const uint8_t *arp = frame + ether->size;

	if (ether->station != STATION_HOST)
		return -MST_E_ETH_NOT_MINE;
	if (size < (size_t)ether->size + ARP_SIZE)
		return -MST_E_FRAME_SHORT;
	if (!mst_net_arp_is(arp, ARP_REPLY) || !mst_net_is_ip4(host, arp + ARP_TPA) ||
		mst_net_is_ip4(host, arp + ARP_SPA))
		return -MST_E_ARP;
	*neighbour = (struct mst_net_neighbour){.family = 4};
	memcpy(neighbour->mac, arp + ARP_SHA, 6);
	memcpy(neighbour->ip, arp + ARP_SPA, 4);
	return 0;
}

static int
parse_advert6(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	const struct mst_net_ether *ether, struct mst_net_neighbour *neighbour)
{
	const uint8_t *ip = frame + ether->size, *icmp = ip + IP6_SIZE, *mac;
	struct mst_net_packet packet;
	uint64_t sum;
	int err = mst_net_parse_ip6(frame, size, host, ether, &packet);

	if (err != 0)
		return err;
	if (packet.solicited || packet.unspecified)
		return packet.solicited ? -MST_E_IP_NOT_MINE : -MST_E_IP_SOURCE;
	if (packet.proto != PROTO_ICMP6)
		return -MST_E_IP_PROTO;
	sum = mst_net_sum_pseudo(ip + IP6_SRC, 32, PROTO_ICMP6, packet.size);
	/* RFC 4861 section 7.1.2. */
	if (packet.size < ND_OPTIONS ||
		mst_net_sum_fold(mst_net_sum_add(sum, icmp, packet.size)) != 0xffff ||
		ip[IP6_HOP_LIMIT] != ND_HOP_LIMIT || mst_get_be16(icmp) != ICMP6_ADVERT << 8 ||
		icmp[ND_TARGET] == 0xff || (icmp[ND_FLAGS] & ND_SOLICITED) == 0 ||
		mst_net_is_ip6(host, icmp + ND_TARGET) ||
		!mst_net_nd_options(
			icmp + ND_OPTIONS, packet.size - ND_OPTIONS, ND_TARGET_MAC, &mac))
		return -MST_E_ICMP;
	*neighbour = (struct mst_net_neighbour){.family = 6};
	memcpy(neighbour->mac, mac != NULL ? mac : frame + ETH_SRC, 6);
	memcpy(neighbour->ip, icmp + ND_TARGET, 16);
	return 0;
}

int
mst_net_parse_advert(const uint8_t *frame, size_t size, const struct mst_net_host *host,
	struct mst_net_neighbour *neighbour)
{
	struct mst_net_ether ether;
	int err = mst_net_parse_ether(frame, size, host, &ether);

	if (err != 0)
		return err;
	if (ether.type == TYPE_ARP)
		return parse_arp_reply(frame, size, host, &ether, neighbour);
	if (ether.type == TYPE_IP6)
		return parse_advert6(frame, size, host, &ether, neighbour);
	return -MST_E_ETH_TYPE;
}
