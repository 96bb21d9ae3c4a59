/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts, checksums, and the client's side: what is built is parsed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "fixture.h"
#include "net/checksum.h"
#include "net/net.h"

static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t peer_ip4[4] = {192, 0, 2, 9};
static const uint8_t peer_ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 9};

static uint64_t seed = 0x13198a2e03707344;

static uint32_t
random_u32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32);
}

/* RFC 1071 section 4.1, in network order. */
static uint16_t
plain_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
checksums(void **state)
{
	/* RFC 1071 section 3 */
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(mst_net_sum_fold(mst_net_sum_add(0, example, 8)), 0xf2dd);
	assert_int_equal(mst_net_sum_fold(mst_net_sum_add(0, example, 0)), 0);
	for (size_t n = 0; n < 600; n++) {
		uint8_t *data = malloc(n + 1);
		size_t split;
		uint64_t sum;

		for (size_t i = 0; i <= n; i++)
			data[i] = n % 5 == 0 ? 0xff : (uint8_t)random_u32();
		split = random_u32() % (n / 2 + 1) * 2;
		for (size_t off = 0; off < 2; off++) {
			const uint8_t *p = data + off;
			size_t size = n + 1 - off;

			sum = mst_net_sum_add(0, p, size);
			assert_int_equal(
				__builtin_bswap16(mst_net_sum_fold(sum)), plain_sum(p, size));
			if (split > size)
				continue;
			sum = mst_net_sum_add(
				mst_net_sum_add(0, p, split), p + split, size - split);
			assert_int_equal(
				__builtin_bswap16(mst_net_sum_fold(sum)), plain_sum(p, size));
		}
		free(data);
	}
	/* Carries of every fold. */
	assert_int_equal(mst_net_sum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(mst_net_sum_fold(0xffffffff00000001), 1);
	assert_int_equal(mst_net_sum_join(UINT64_MAX, UINT64_MAX), UINT64_MAX);
	assert_int_equal(mst_net_sum_join(UINT64_MAX, 1), 1);
}

static void
host_addresses(void **state)
{
	static const uint8_t wrong4[][4] = {
		{0, 0, 0, 0}, {0, 1, 1, 1}, {127, 0, 0, 1}, {224, 0, 0, 1}, {255, 255, 255, 255}};
	static const uint8_t wrong6[][16] = {
		{0}, {[15] = 1}, {0xff, 2, [15] = 1}, {[10] = 0xff, 0xff, 192, 0, 2, 1}};
	struct mst_net_host host;

	(void)state;
	mst_net_host_init(&host, host_mac, 5683);
	assert_int_equal(host.ip4_count + host.ip6_count, 0);
	for (size_t i = 0; i < sizeof(wrong4) / sizeof(wrong4[0]); i++)
		assert_int_equal(mst_net_host_add_ip4(&host, wrong4[i], 32), -MST_E_ARGUMENT);
	for (size_t i = 0; i < sizeof(wrong6) / sizeof(wrong6[0]); i++)
		assert_int_equal(mst_net_host_add_ip6(&host, wrong6[i], 128), -MST_E_ARGUMENT);
	assert_int_equal(mst_net_host_add_ip4(&host, peer_ip4, 33), -MST_E_ARGUMENT);
	assert_int_equal(mst_net_host_add_ip4(&host, peer_ip4, 7), -MST_E_ARGUMENT);
	assert_int_equal(mst_net_host_add_ip6(&host, peer_ip6, 129), -MST_E_ARGUMENT);
	assert_int_equal(mst_net_host_add_ip6(&host, peer_ip6, 15), -MST_E_ARGUMENT);
	for (unsigned i = 0; i < MST_NET_ADDR_MAX; i++) {
		assert_int_equal(mst_net_host_add_ip4(&host, peer_ip4, 32), 0);
		assert_int_equal(mst_net_host_add_ip6(&host, peer_ip6, 128), 0);
	}
	assert_int_equal(mst_net_host_add_ip4(&host, peer_ip4, 32), -MST_E_TABLE_FULL);
	assert_int_equal(mst_net_host_add_ip6(&host, peer_ip6, 128), -MST_E_TABLE_FULL);
}

/* A flow from the host of the fixture to the peer. */
static struct mst_net_flow
flow_to_peer(unsigned family, unsigned vlans)
{
	struct mst_net_flow flow = {.family = (uint8_t)family,
		.vlan_count = (uint8_t)vlans,
		.src_port = 40000,
		.dst_port = 5683,
		.vlan = {0x88a80007, 0x81006064}};

	memcpy(flow.src_mac, host_mac, 6);
	memcpy(flow.dst_mac, peer_mac, 6);
	memcpy(flow.src_ip, family == 4 ? host_ip4[0] : host_ip6[0], family == 4 ? 4 : 16);
	memcpy(flow.dst_ip, family == 4 ? peer_ip4 : peer_ip6, family == 4 ? 4 : 16);
	return flow;
}

static struct mst_net_host
peer_host(void)
{
	struct mst_net_host host;

	mst_net_host_init(&host, peer_mac, 5683);
	assert_int_equal(mst_net_host_add_ip4(&host, peer_ip4, 32), 0);
	assert_int_equal(mst_net_host_add_ip6(&host, peer_ip6, 128), 0);
	return host;
}

/* What one side builds, the other parses; its answer, and one along the flow back, arrive here. */
static void
exchange(const struct mst_net_flow *flow, size_t size)
{
	struct mst_net_host peer = peer_host(), host = test_host(0);
	size_t offset = mst_net_payload_offset(flow),
	       full = offset + size < 60 ? 60 : offset + size;
	uint8_t *frame = malloc(full), *later = malloc(full), *payload = malloc(size + 1);
	struct mst_net_view view, back;
	struct mst_net_flow reverse;

	for (size_t i = 0; i < size; i++)
		payload[i] = (uint8_t)random_u32();
	memset(frame, 0xdd, full);
	assert_int_equal(mst_net_build_udp(frame, full - 1, flow, payload, size), -MST_E_NO_SPACE);
	assert_int_equal(mst_net_build_udp(frame, full, flow, payload, size), full);
	assert_int_equal(mst_net_parse(frame, full, full, &peer, &view), MST_NET_UDP);
	assert_int_equal(view.family, flow->family);
	assert_int_equal(view.size, size);
	assert_memory_equal(mst_net_payload(&view, frame), payload, size);
	assert_memory_equal(mst_net_source(&view, frame), flow->src_ip, flow->family == 4 ? 4 : 16);
	assert_int_equal(view.src_port, 40000);

	mst_net_flow_back(&view, frame, &reverse);
	assert_int_equal(mst_net_build_udp(later, full, &reverse, payload, size), full);
	assert_int_equal(mst_net_reply(&view, frame, full, payload, size), full);
	assert_memory_equal(frame, later, full);
	assert_int_equal(mst_net_parse(frame, full, full, &host, &back), MST_NET_UDP);
	assert_int_equal(back.src_port, 5683);
	assert_int_equal(back.dst_port, 40000);
	assert_memory_equal(mst_net_payload(&back, frame), payload, size);
	free(frame);
	free(later);
	free(payload);
}

static void
flows(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 5, 17, 18, 19, 64, 135, 1024, 8930};

	(void)state;
	for (unsigned family = 4; family <= 6; family += 2)
		for (unsigned vlans = 0; vlans <= 2; vlans++)
			for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
				struct mst_net_flow flow = flow_to_peer(family, vlans);

				exchange(&flow, sizes[i]);
			}
}

/* Host asks, peer answers by itself; the statement of the peer's builder says the same. */
static void
neighbours(void **state)
{
	struct mst_net_host peer = peer_host(), host = test_host(0);

	(void)state;
	for (unsigned family = 4; family <= 6; family += 2) {
		for (unsigned vlans = 0; vlans <= 2; vlans++) {
			struct mst_net_flow flow = flow_to_peer(family, vlans), reverse = flow;
			size_t ip_size = family == 4 ? 4 : 16;
			size_t n = family == 4 ? 60 : 86 + 4 * (size_t)vlans;
			uint8_t *frame = malloc(n), *built = malloc(n);
			struct mst_net_neighbour neighbour;
			struct mst_net_view view;

			memset(flow.dst_mac, 0, 6);
			assert_int_equal(
				mst_net_build_solicit(frame, n - 1, &flow), -MST_E_NO_SPACE);
			assert_int_equal(mst_net_build_solicit(frame, n, &flow), n);
			assert_int_equal(mst_net_parse(frame, n, n, &peer, &view), MST_NET_REPLY);
			assert_int_equal(view.frame_size, n);

			memcpy(reverse.src_mac, peer_mac, 6);
			memcpy(reverse.dst_mac, host_mac, 6);
			memcpy(reverse.src_ip, flow.dst_ip, 16);
			memcpy(reverse.dst_ip, flow.src_ip, 16);
			assert_int_equal(
				mst_net_build_advert(built, n - 1, &reverse), -MST_E_NO_SPACE);
			assert_int_equal(mst_net_build_advert(built, n, &reverse), n);
			assert_memory_equal(frame, built, n);

			assert_int_equal(mst_net_parse_advert(frame, n, &host, &neighbour), 0);
			assert_int_equal(neighbour.family, family);
			assert_memory_equal(neighbour.mac, peer_mac, 6);
			assert_memory_equal(neighbour.ip, flow.dst_ip, ip_size);
			/* It is none for the peer, nor is it a request. */
			assert_true(mst_net_parse_advert(frame, n, &peer, &neighbour) < 0);
			assert_true(mst_net_parse(frame, n, n, &host, &view) < 0);
			for (size_t cut = 0; cut < n; cut++) {
				uint8_t *part = malloc(cut > 0 ? cut : 1);

				memcpy(part, frame, cut);
				/* ARP is padded: what ends behind it is whole. */
				if (family == 6 || cut < 42 + 4 * (size_t)vlans)
					assert_true(mst_net_parse_advert(
							    part, cut, &host, &neighbour) < 0);
				free(part);
			}
			free(frame);
			free(built);
		}
	}
}

static void
refused_adverts(void **state)
{
	static const struct {
		unsigned family, at;
		uint8_t value;
		int err;
	} rows[] = {
		{4, 0, 0xff, MST_E_ETH_NOT_MINE}, {4, 6, 0x03, MST_E_ETH_SOURCE},
		{4, 12, 0x09, MST_E_ETH_TYPE}, {4, 21, 0x01, MST_E_ARP}, /* request */
		{4, 22, 0x03, MST_E_ARP},                                /* group */
		{4, 41, 0x77, MST_E_ARP},                                /* another target */
		{4, 31, 0x01, MST_E_ARP}, /* sender is the host itself */
		{6, 20, 0x11, MST_E_IP_PROTO}, {6, 21, 0xfe, MST_E_ICMP}, /* hop limit */
		{6, 53, 0x77, MST_E_IP_NOT_MINE},                         /* another destination */
		{6, 54, 0x87, MST_E_ICMP}, /* solicitation; the checksum is wrong too */
		{6, 58, 0x20, MST_E_ICMP}, /* not solicited */
		{6, 85, 0x77, MST_E_ICMP}, /* checksum */
	};
	struct mst_net_host host = test_host(0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mst_net_flow to_peer = flow_to_peer(rows[i].family, 0), flow = to_peer;
		struct mst_net_neighbour neighbour, untouched;
		uint8_t frame[86];
		int n;

		memcpy(flow.src_mac, to_peer.dst_mac, 6);
		memcpy(flow.dst_mac, to_peer.src_mac, 6);
		memcpy(flow.src_ip, to_peer.dst_ip, 16);
		memcpy(flow.dst_ip, to_peer.src_ip, 16);
		n = mst_net_build_advert(frame, sizeof(frame), &flow);
		assert_true(n > 0);
		assert_int_equal(mst_net_parse_advert(frame, (size_t)n, &host, &neighbour), 0);
		frame[rows[i].at] = rows[i].value;
		memset(&neighbour, 0xa5, sizeof(neighbour));
		untouched = neighbour;
		assert_int_equal(
			mst_net_parse_advert(frame, (size_t)n, &host, &neighbour), -rows[i].err);
		assert_memory_equal(&neighbour, &untouched, sizeof(neighbour));
	}
}

/* A reply is for its asker alone; an answer that does not fit is none. */
static void
neighbours_refused(void **state)
{
	struct mst_net_flow flow = flow_to_peer(4, 0);
	struct mst_net_host peer = peer_host();
	struct mst_net_neighbour neighbour;
	struct mst_net_view view;
	uint8_t frame[60],
		echo[42] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, [17] = 28, [22] = 64,
			1, [26] = 192, 0, 2, 1, 192, 0, 2, 9, 8, 0, 0xf7, 0xff};

	(void)state;
	assert_int_equal(mst_net_build_advert(frame, sizeof(frame), &flow), 60);
	assert_int_equal(mst_net_parse_advert(frame, 60, &peer, &neighbour), 0);
	memset(frame, 0xff, 6);
	assert_int_equal(mst_net_parse_advert(frame, 60, &peer, &neighbour), -MST_E_ETH_NOT_MINE);

	assert_int_equal(mst_net_build_solicit(frame, sizeof(frame), &flow), 60);
	assert_int_equal(mst_net_parse(frame, 42, 59, &peer, &view), -MST_E_NO_SPACE);
	assert_int_equal(mst_net_parse(frame, 42, 60, &peer, &view), MST_NET_REPLY);

	uint16_t sum = (uint16_t)~mst_net_sum_fold(mst_net_sum_add(0, echo + 14, 20));

	memcpy(echo + 24, &sum, 2);
	assert_int_equal(mst_net_parse(echo, 42, 42, &peer, &view), -MST_E_NO_SPACE);
}

/* A generator owns a whole prefix: any address of it is asked for and spoken to. */
static void
prefixes(void **state)
{
	struct mst_net_host many, peer = peer_host();
	struct mst_net_flow flow = flow_to_peer(4, 0), flow6 = flow_to_peer(6, 0);
	uint8_t net4[4] = {10, 20, 0, 0}, net6[16] = {0xfd, 0x11, 0x22};
	uint8_t frame[128], back[128];
	struct mst_net_view view;
	int n;

	(void)state;
	mst_net_host_init(&many, host_mac, 0);
	assert_int_equal(mst_net_host_add_ip4(&many, net4, 15), 0);
	assert_int_equal(mst_net_host_add_ip6(&many, net6, 44), 0);
	memcpy(flow.src_ip, "\x0a\x15\xff\xfe", 4);
	memcpy(flow6.src_ip, "\xfd\x11\x22\0\0\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	for (int family = 0; family < 2; family++) {
		n = mst_net_build_udp(
			frame, sizeof(frame), family != 0 ? &flow6 : &flow, "hello", 5);
		assert_int_equal(
			mst_net_parse(frame, (size_t)n, sizeof(frame), &peer, &view), MST_NET_UDP);
		n = mst_net_reply(&view, frame, sizeof(frame), "hi", 2);
		assert_int_equal(
			mst_net_parse(frame, (size_t)n, sizeof(frame), &many, &view), MST_NET_UDP);
	}
	/* The peer asks for an address in the prefix, and for the one behind it. */
	memcpy(flow.src_mac, peer_mac, 6);
	memcpy(flow.src_ip, peer_ip4, 4);
	memcpy(flow.dst_ip, "\x0a\x15\xff\xff", 4);
	n = mst_net_build_solicit(back, sizeof(back), &flow);
	assert_int_equal(mst_net_parse(back, (size_t)n, sizeof(back), &many, &view), MST_NET_REPLY);
	memcpy(flow.dst_ip, "\x0a\x16\0\0", 4);
	n = mst_net_build_solicit(back, sizeof(back), &flow);
	assert_int_equal(mst_net_parse(back, (size_t)n, sizeof(back), &many, &view), -MST_E_ARP);
	memcpy(flow6.src_mac, peer_mac, 6);
	memcpy(flow6.dst_ip, flow6.src_ip, 16);
	memcpy(flow6.src_ip, peer_ip6, 16);
	n = mst_net_build_solicit(back, sizeof(back), &flow6);
	assert_int_equal(mst_net_parse(back, (size_t)n, sizeof(back), &many, &view), MST_NET_REPLY);
	flow6.dst_ip[5] = 0x10;
	n = mst_net_build_solicit(back, sizeof(back), &flow6);
	assert_int_equal(
		mst_net_parse(back, (size_t)n, sizeof(back), &many, &view), -MST_E_IP_NOT_MINE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums),
		cmocka_unit_test(host_addresses),
		cmocka_unit_test(flows),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(refused_adverts),
		cmocka_unit_test(neighbours_refused),
		cmocka_unit_test(prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
