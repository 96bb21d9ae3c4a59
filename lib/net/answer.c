/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host answers by itself: ARP, ICMP echo, neighbour solicitation. */
#include "net/layout.h"

/* Back to where the frame came from. */
static void
turn_ether(uint8_t *frame, const uint8_t own[6])
{
	memcpy(frame, frame + ETH_SRC, 6);
	memcpy(frame + ETH_SRC, own, 6);
}

bool
mst_net_arp_is(const uint8_t *arp, unsigned op)
{
	static const uint8_t head[6] = {0, 1, 8, 0, 6, 4};

	return memcmp(arp, head, sizeof(head)) == 0 && mst_get_be16(arp + ARP_OP) == op &&
	       (arp[ARP_SHA] & 1) == 0;
}

int
mst_net_answer_arp(uint8_t *frame, size_t size, size_t capacity, const struct mst_net_host *host,
	const struct mst_net_ether *ether)
{
	uint8_t *arp = frame + ether->size;
	size_t n = (size_t)ether->size + ARP_SIZE;
	uint8_t own_ip[4];

	if (ether->station == STATION_SOLICITED)
		return -MST_E_ETH_NOT_MINE;
	if (size < n)
		return -MST_E_FRAME_SHORT;
	/* A sender of 0.0.0.0 probes the address (RFC 5227); one with a host's address is in
	 * conflict. */
	if (!mst_net_arp_is(arp, ARP_REQUEST) || !mst_net_is_ip4(host, arp + ARP_TPA) ||
		mst_net_is_ip4(host, arp + ARP_SPA))
		return -MST_E_ARP;
	if (!mst_net_fits(n, capacity))
		return -MST_E_NO_SPACE;
	turn_ether(frame, host->mac);
	mst_put_be16(arp + ARP_OP, ARP_REPLY);
	memcpy(own_ip, arp + ARP_TPA, 4);
	memcpy(arp + ARP_THA, arp + ARP_SHA, 10); /* hardware and protocol address */
	memcpy(arp + ARP_SHA, host->mac, 6);
	memcpy(arp + ARP_SPA, own_ip, 4);
	return mst_net_pad(frame, n);
}

int
mst_net_answer_icmp4(uint8_t *frame, size_t capacity, const struct mst_net_ether *ether,
	const struct mst_net_packet *packet)
{
	uint8_t *ip = frame + ether->size, *icmp = frame + packet->content;
	size_t n = (size_t)packet->content + packet->size;

	if (packet->size < ICMP_SIZE || mst_get_be16(icmp) != ICMP4_ECHO_REQUEST << 8 ||
		mst_net_sum_fold(mst_net_sum_add(0, icmp, packet->size)) != 0xffff)
		return -MST_E_ICMP;
	if (!mst_net_fits(n, capacity))
		return -MST_E_NO_SPACE;
	mst_net_swap(frame, frame + ETH_SRC, 6);
	mst_net_swap(ip + IP4_SRC, ip + IP4_DST, 4);
	mst_net_put_ip4(ip, PROTO_ICMP4, packet->size, mst_net_sum_add(0, ip + IP4_SRC, 8));
	icmp[0] = ICMP4_ECHO_REPLY;
	mst_put_be16(icmp + ICMP_CHECKSUM, 0);
	mst_net_put_checksum(icmp + ICMP_CHECKSUM, mst_net_sum_add(0, icmp, packet->size));
	return mst_net_pad(frame, n);
}

bool
mst_net_nd_options(const uint8_t *options, size_t n, unsigned kind, const uint8_t **mac)
{
	*mac = NULL;
	while (n > 0) {
		size_t size = n >= 2 ? 8U * options[1] : 0;

		if (size == 0 || size > n)
			return false;
		if (options[0] == kind && *mac == NULL) {
			/* An Ethernet address takes eight octets (RFC 2464 section 6). */
			if (size != ND_OPTION_SIZE || (options[2] & 1) != 0)
				return false;
			*mac = options + 2;
		}
		options += size;
		n -= size;
	}
	return true;
}

static int
answer_solicit(uint8_t *frame, size_t capacity, const struct mst_net_host *host,
	const struct mst_net_ether *ether, const struct mst_net_packet *packet)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	uint8_t *ip = frame + ether->size, *icmp = frame + packet->content;
	const uint8_t *target = icmp + ND_TARGET, *dst = ip + IP6_DST, *mac;
	size_t n = (size_t)packet->content + ND_SIZE;

	/* RFC 4861 section 7.1.1. */
	if (ip[IP6_HOP_LIMIT] != ND_HOP_LIMIT || icmp[ICMP_CODE] != 0 ||
		packet->size < ND_OPTIONS ||
		!mst_net_nd_options(
			icmp + ND_OPTIONS, packet->size - ND_OPTIONS, ND_SOURCE_MAC, &mac) ||
		(packet->unspecified && (!packet->solicited || mac != NULL)))
		return -MST_E_ICMP;
	if (!mst_net_is_ip6(host, target) ||
		(packet->solicited && memcmp(dst + 13, target + 13, 3) != 0))
		return -MST_E_IP_NOT_MINE;
	if (!mst_net_fits(n, capacity))
		return -MST_E_NO_SPACE;
	turn_ether(frame, host->mac);
	memcpy(ip + IP6_DST, ip + IP6_SRC, 16);
	if (packet->unspecified) { /* section 7.2.4 */
		memcpy(frame, "\x33\x33\0\0\0\1", 6);
		memcpy(ip + IP6_DST, all_nodes, 16);
	}
	memcpy(ip + IP6_SRC, target, 16);
	mst_net_put_nd(ip, ICMP6_ADVERT,
		packet->unspecified ? ND_OVERRIDE : ND_SOLICITED | ND_OVERRIDE, target,
		ND_TARGET_MAC, host->mac);
	return mst_net_pad(frame, n);
}

static int
answer_echo6(uint8_t *frame, size_t capacity, const struct mst_net_ether *ether,
	const struct mst_net_packet *packet)
{
	uint8_t *ip = frame + ether->size, *icmp = frame + packet->content;
	size_t n = (size_t)packet->content + packet->size;

	if (packet->solicited)
		return -MST_E_IP_NOT_MINE;
	if (packet->unspecified)
		return -MST_E_IP_SOURCE;
	if (icmp[ICMP_CODE] != 0)
		return -MST_E_ICMP;
	if (!mst_net_fits(n, capacity))
		return -MST_E_NO_SPACE;
	mst_net_swap(frame, frame + ETH_SRC, 6);
	mst_net_swap(ip + IP6_SRC, ip + IP6_DST, 16);
	mst_net_put_ip6(ip, PROTO_ICMP6, MST_NET_TTL, packet->size);
	icmp[0] = ICMP6_ECHO_REPLY;
	mst_net_put_icmp6_checksum(ip, packet->size);
	return mst_net_pad(frame, n);
}

int
mst_net_answer_icmp6(uint8_t *frame, size_t capacity, const struct mst_net_host *host,
	const struct mst_net_ether *ether, const struct mst_net_packet *packet)
{
	const uint8_t *icmp = frame + packet->content;
	uint64_t sum =
		mst_net_sum_pseudo(frame + ether->size + IP6_SRC, 32, PROTO_ICMP6, packet->size);

	if (packet->size < ICMP_SIZE ||
		mst_net_sum_fold(mst_net_sum_add(sum, icmp, packet->size)) != 0xffff)
		return -MST_E_ICMP;
	if (icmp[0] == ICMP6_SOLICIT)
		return answer_solicit(frame, capacity, host, ether, packet);
	if (icmp[0] == ICMP6_ECHO_REQUEST)
		return answer_echo6(frame, capacity, ether, packet);
	return -MST_E_ICMP;
}
