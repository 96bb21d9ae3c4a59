/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of a host. */
#include "net/layout.h"

void
mst_net_host_init(struct mst_net_host *host, const uint8_t mac[6], uint16_t udp_port)
{
	*host = (struct mst_net_host){.udp_port = udp_port};
	memcpy(host->mac, mac, sizeof(host->mac));
}

int
mst_net_host_add_ip4(struct mst_net_host *host, const uint8_t addr[4], unsigned bits)
{
	struct mst_net_ip4 *entry = &host->ip4[host->ip4_count];

	if (bits < 8 || bits > 32 || addr[0] == 0 || addr[0] == 127 || addr[0] >= 224)
		return -MST_E_ARGUMENT;
	if (host->ip4_count == MST_NET_ADDR_MAX)
		return -MST_E_TABLE_FULL;
	memcpy(&entry->addr, addr, sizeof(entry->addr));
	entry->mask = __builtin_bswap32(UINT32_MAX << (32 - bits));
	entry->addr &= entry->mask;
	host->ip4_count++;
	return 0;
}

/* The word with the first `bits` bits set, in network order; 0 to 64. */
static uint64_t
mask64(unsigned bits)
{
	return bits == 0 ? 0 : __builtin_bswap64(UINT64_MAX << (64 - bits));
}

int
mst_net_host_add_ip6(struct mst_net_host *host, const uint8_t addr[16], unsigned bits)
{
	static const uint8_t zero[10];
	struct mst_net_ip6 *entry = &host->ip6[host->ip6_count];

	if (bits < 16 || bits > 128 || addr[0] == 0xff || memcmp(addr, zero, sizeof(zero)) == 0)
		return -MST_E_ARGUMENT;
	if (host->ip6_count == MST_NET_ADDR_MAX)
		return -MST_E_TABLE_FULL;
	memcpy(entry->addr, addr, sizeof(entry->addr));
	entry->mask[0] = mask64(bits < 64 ? bits : 64);
	entry->mask[1] = mask64(bits < 64 ? 0 : bits - 64);
	entry->addr[0] &= entry->mask[0];
	entry->addr[1] &= entry->mask[1];
	host->ip6_count++;
	return 0;
}

bool
mst_net_is_ip4(const struct mst_net_host *host, const uint8_t *addr)
{
	uint32_t a;

	memcpy(&a, addr, sizeof(a));
	for (unsigned i = 0; i < host->ip4_count; i++)
		if ((a & host->ip4[i].mask) == host->ip4[i].addr)
			return true;
	return false;
}

bool
mst_net_is_ip6(const struct mst_net_host *host, const uint8_t *addr)
{
	uint64_t a[2];

	memcpy(a, addr, sizeof(a));
	for (unsigned i = 0; i < host->ip6_count; i++) {
		const struct mst_net_ip6 *e = &host->ip6[i];

		if ((a[0] & e->mask[0]) == e->addr[0] && (a[1] & e->mask[1]) == e->addr[1])
			return true;
	}
	return false;
}
