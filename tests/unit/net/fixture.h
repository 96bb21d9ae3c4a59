/* SPDX-License-Identifier: BSD-3-Clause */
/* The host that make_vectors.py describes. */
#ifndef TEST_NET_FIXTURE_H
#define TEST_NET_FIXTURE_H

#include "net/net.h"

static const uint8_t host_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t host_ip4[2][4] = {{192, 0, 2, 1}, {198, 51, 100, 1}};
static const uint8_t host_ip6[2][16] = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0xfe, 0x80, [15] = 1}};

static inline struct mst_net_host
test_host(uint16_t port)
{
	struct mst_net_host host;

	mst_net_host_init(&host, host_mac, port);
	for (int i = 0; i < 2; i++)
		if (mst_net_host_add_ip4(&host, host_ip4[i], 32) != 0 ||
			mst_net_host_add_ip6(&host, host_ip6[i], 128) != 0)
			__builtin_trap();
	return host;
}

#endif
