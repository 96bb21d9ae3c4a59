/* SPDX-License-Identifier: BSD-3-Clause */
/* The Ethernet device: its arguments, its configuration, its start and stop. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>

#include "config/paths.h"
#include "port/port_private.h"

#define ROOM_MIN          2048
#define FRAME_OVERHEAD    (14 + 2 * 4 + 4) /* Ethernet, two VLAN tags, FCS */
#define MEMPOOL_CACHE     256
#define RING_SIZE_DEFAULT 1024
#define MEMIF_RING_MAX    16384
#define AF_PACKET_FRAME   2048
#define AF_PACKET_COUNT   512
#define LOCALLY_ASSIGNED  0x02

static unsigned
ring_size(const struct mst_port_config *config)
{
	return config->ring_size != 0 ? config->ring_size : RING_SIZE_DEFAULT;
}

static unsigned
mtu(const struct mst_port_config *config)
{
	return config->mtu != 0 ? config->mtu : RTE_ETHER_MTU;
}

uint16_t
port_room(const struct mst_port_config *config)
{
	unsigned room = RTE_ALIGN_CEIL(mtu(config) + FRAME_OVERHEAD, RTE_CACHE_LINE_SIZE);

	if (config->driver == MST_PORT_AF_PACKET && config->af_packet.frame_size > room)
		room = config->af_packet.frame_size;
	return (uint16_t)(room > ROOM_MIN ? room : ROOM_MIN);
}

unsigned
port_buffers(const struct mst_port_config *config)
{
	if (config->mbufs != 0)
		return config->mbufs;
	/* Both rings of a queue full, the caches of its worker, and frames in rings between them.
	 */
	return config->queues * (2 * ring_size(config) + 2 * MEMPOOL_CACHE + 1024) + 1024 +
	       config->kept;
}

static int __attribute__((format(printf, 2, 3))) fail(char *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error, MST_PORT_ERROR_SIZE, format, ap);
	va_end(ap);
	return -MST_E_ARGUMENT;
}

/** Whether a value can stand in DPDK's device arguments, which have no quoting. */
static bool
is_plain(const char *text)
{
	return text != NULL && text[0] != '\0' && strpbrk(text, ",=[]()\"' \t\n") == NULL;
}

/**
 * Makes the path free for bind(): its directory exists, and a socket that a dead server left is
 * removed. A lock on PATH.lock tells that a server is alive; connecting to it would disturb it.
 */
static int
claim_socket(struct mst_port *port, const char *path, char *error)
{
	char lock[sizeof(port->socket) + 8];
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return fail(error, "port.memif.socket: %s exists and is no socket", path);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	port->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (port->lock_fd < 0)
		return fail(error, "port.memif.socket: cannot open %s: %s", lock, strerror(errno));
	if (flock(port->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		close(port->lock_fd);
		port->lock_fd = -1;
		return fail(error,
			"port.memif.socket: another process listens at %s; stop it or name another "
			"path",
			path);
	}
	memcpy(port->socket, path, strlen(path) + 1);
	(void)unlink(path);
	return 0;
}

static int
memif_devargs(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	const char *path = config->memif.socket;
	unsigned size = ring_size(config);
	int n, err;

	if (!is_plain(path) || strlen(path) >= sizeof(port->socket))
		return fail(error,
			"port.memif.socket: needs a path of at most %zu characters without spaces, "
			"commas, brackets and quotes",
			sizeof(port->socket) - 1);
	if (size > MEMIF_RING_MAX)
		return fail(error, "port.ring_size: at most %u for memif", MEMIF_RING_MAX);
	/* The secret makes two ends with unlike numbers of queues refuse each other: net_memif
	 * would otherwise let the surplus queues of a server use the memory of queue 0. */
	n = snprintf(port->devargs, sizeof(port->devargs),
		"net_memif0,role=%s,id=%u,bsize=%u,rsize=%u,socket=%s,socket-abstract=no,"
		"secret=muster/%u%s",
		config->memif.server ? "server" : "client", config->memif.id, port_room(config),
		(unsigned)__builtin_ctz(size), path, config->queues,
		config->memif.zero_copy && !config->memif.server ? ",zero-copy=yes" : "");
	if (n < 0 || (size_t)n >= sizeof(port->devargs))
		return fail(error, "port.memif: arguments are too long");
	if (mst_config_make_parent(path, error, MST_PORT_ERROR_SIZE) != 0)
		return -MST_E_SYSTEM;
	if (config->memif.server && (err = claim_socket(port, path, error)) != 0)
		return err;
	port->memif_client = !config->memif.server;
	port->gate.by_link = true;
	snprintf(port->name, sizeof(port->name), "memif %s %s id %u",
		config->memif.server ? "server" : "client", path, config->memif.id);
	return 0;
}

static int
interface_devargs(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	const char *name = config->interface;
	unsigned size = config->af_packet.frame_size, frames = config->af_packet.frame_count;

	if (!is_plain(name) || strlen(name) > 15)
		return fail(error, "port: needs the name of an interface, 1..15 characters");
	switch (config->driver) {
	case MST_PORT_TAP:
		snprintf(port->devargs, sizeof(port->devargs), "net_tap0,iface=%s", name);
		snprintf(port->name, sizeof(port->name), "tap %s", name);
		break;
	case MST_PORT_AF_PACKET:
		size = size != 0 ? size : AF_PACKET_FRAME;
		frames = frames != 0 ? frames : AF_PACKET_COUNT;
		if (size < 2048 || (size & (size - 1)) != 0 || frames % 8 != 0)
			return fail(error,
				"port.af_packet: frame_size must be a power of two from 2048, "
				"frame_count a multiple of 8");
		snprintf(port->devargs, sizeof(port->devargs),
			"net_af_packet0,iface=%s,qpairs=%u,blocksz=%u,framesz=%u,framecnt=%u", name,
			config->queues, size < 4096 ? 4096 : size, size, frames);
		snprintf(port->name, sizeof(port->name), "af_packet %s", name);
		break;
	default:
		snprintf(port->devargs, sizeof(port->devargs),
			"net_af_xdp0,iface=%s,start_queue=0,queue_count=%u", name, config->queues);
		snprintf(port->name, sizeof(port->name), "af_xdp %s", name);
		break;
	}
	return 0;
}

int
port_devargs(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	int err = 0;

	if (config->queues == 0 || config->queues > MST_PORT_QUEUES_MAX)
		return fail(error, "workers: 1..%u", MST_PORT_QUEUES_MAX);
	if (mtu(config) < 68 || mtu(config) > 9000)
		return fail(error, "port.mtu: 68..9000");
	if (ring_size(config) < 32 || (ring_size(config) & (ring_size(config) - 1)) != 0 ||
		ring_size(config) > 32768)
		return fail(error, "port.ring_size: a power of two, 32..32768");
	switch (config->driver) {
	case MST_PORT_MEMIF:
		err = memif_devargs(port, config, error);
		break;
	case MST_PORT_TAP:
	case MST_PORT_AF_PACKET:
	case MST_PORT_AF_XDP:
		err = interface_devargs(port, config, error);
		break;
	case MST_PORT_PCI:
		if (!is_plain(config->pci_address) || strlen(config->pci_address) > 63)
			return fail(error, "port.vfio.address: needs a PCI address");
		snprintf(port->devargs, sizeof(port->devargs), "%s", config->pci_address);
		snprintf(port->name, sizeof(port->name), "pci %s", config->pci_address);
		break;
	case MST_PORT_DEVARGS:
		if (config->devargs == NULL || config->devargs[0] == '\0' ||
			strlen(config->devargs) >= sizeof(port->devargs))
			return fail(error, "port.devargs: needs the arguments of a device");
		snprintf(port->devargs, sizeof(port->devargs), "%s", config->devargs);
		snprintf(port->name, sizeof(port->name), "%.*s", (int)strcspn(config->devargs, ","),
			config->devargs);
		break;
	}
	if (err == 0) {
		size_t n = strlen(port->name);

		snprintf(port->name + n, sizeof(port->name) - n, ", %u queue%s", config->queues,
			config->queues == 1 ? "" : "s");
	}
	return err;
}

static int
make_pool(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	port->buffers = port_buffers(config);
	/* A preempted worker must not hold up the others when they share CPUs. */
	port->pool = rte_pktmbuf_pool_create_by_ops("muster", port->buffers, MEMPOOL_CACHE, 0,
		(uint16_t)(RTE_PKTMBUF_HEADROOM + port_room(config)), SOCKET_ID_ANY,
		port->shared_cpus ? "ring_mt_rts" : NULL);
	if (port->pool != NULL)
		return 0;
	snprintf(error, MST_PORT_ERROR_SIZE,
		"no memory for %u frame buffers: lower port.mbufs or raise eal.memory",
		port->buffers);
	return -MST_E_NO_MEMORY;
}

static int
find_device(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	mode_t mask = umask(0077);
	int err = config->driver == MST_PORT_PCI ? 0 : rte_dev_probe(port->devargs);

	umask(mask);
	if (err == 0) {
		port->id = (uint16_t)rte_eth_find_next(0);
		port->have_device = port->id < RTE_MAX_ETHPORTS;
	}
	if (port->have_device)
		return 0;
	if (config->driver == MST_PORT_PCI)
		snprintf(error, MST_PORT_ERROR_SIZE,
			"no NIC at PCI address %s: is it bound to vfio-pci? (dpdk-devbind.py -s)",
			config->pci_address);
	else
		snprintf(error, MST_PORT_ERROR_SIZE, "%s: %s%s", port->name,
			port_eal_message()[0] != '\0' ? port_eal_message() : rte_strerror(-err),
			config->driver == MST_PORT_MEMIF
				? ""
				: "; kernel interfaces need CAP_NET_RAW and CAP_NET_ADMIN");
	return -MST_E_UNSUPPORTED;
}

static int
configure(struct mst_port *port, const struct rte_eth_dev_info *info, char *error)
{
	struct rte_eth_conf conf = {0};
	uint64_t hash = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info->flow_type_rss_offloads;
	int err;

	if (port->queues > info->max_rx_queues || port->queues > info->max_tx_queues) {
		snprintf(error, MST_PORT_ERROR_SIZE, "%s has at most %u queues: lower workers",
			port->name, RTE_MIN(info->max_rx_queues, info->max_tx_queues));
		return -MST_E_UNSUPPORTED;
	}
	/* net_memif states a limit that it does not have; its buffers decide. */
	if (port->driver != MST_PORT_MEMIF && port->mtu != RTE_ETHER_MTU) {
		uint32_t most = info->max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN;

		if (port->mtu > most) {
			snprintf(error, MST_PORT_ERROR_SIZE, "%s takes at most port.mtu %u",
				port->name, most);
			return -MST_E_UNSUPPORTED;
		}
		conf.rxmode.mtu = port->mtu;
	}
	if (port->queues > 1 && hash != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = hash;
	}
	port_eal_message_clear();
	err = rte_eth_dev_configure(port->id, port->queues, port->queues, &conf);
	if (err == 0)
		return 0;
	snprintf(error, MST_PORT_ERROR_SIZE, "%s: cannot be configured: %s", port->name,
		port_eal_message()[0] != '\0' ? port_eal_message() : rte_strerror(-err));
	return -MST_E_UNSUPPORTED;
}

static int
setup_queues(struct mst_port *port, const struct mst_port_config *config,
	const struct rte_eth_dev_info *info, char *error)
{
	uint16_t rx = (uint16_t)ring_size(config), tx = rx;
	struct rte_eth_txconf tx_conf = info->default_txconf;
	int socket = rte_eth_dev_socket_id(port->id);
	int err = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);

	tx_conf.offloads = 0;
	for (uint16_t i = 0; i < port->queues && err == 0; i++) {
		err = rte_eth_rx_queue_setup(port->id, i, rx, (unsigned)socket, NULL, port->pool);
		if (err == 0)
			err = rte_eth_tx_queue_setup(port->id, i, tx, (unsigned)socket, &tx_conf);
	}
	if (err == 0)
		return 0;
	snprintf(error, MST_PORT_ERROR_SIZE, "%s: cannot set up its queues: %s", port->name,
		port_eal_message()[0] != '\0' ? port_eal_message() : rte_strerror(-err));
	return -MST_E_UNSUPPORTED;
}

/** Chooses the port's address; tells the device only if that filters by it. */
static void
set_mac(struct mst_port *port, const struct mst_port_config *config)
{
	struct rte_ether_addr wanted;

	memcpy(&wanted, config->mac, sizeof(wanted));
	(void)rte_eth_macaddr_get(port->id, &port->mac);
	if (!rte_is_zero_ether_addr(&wanted)) {
		port->mac = wanted;
		if (port->driver != MST_PORT_TAP &&
			rte_eth_dev_default_mac_addr_set(port->id, &wanted) != 0)
			(void)rte_eth_promiscuous_enable(port->id);
	} else if (port->driver == MST_PORT_TAP) {
		/* The device's address is that of the kernel's end, which needs one of its own. */
		port->mac.addr_bytes[0] |= LOCALLY_ASSIGNED;
		port->mac.addr_bytes[5] ^= 1;
	}
}

int
port_device_open(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	struct rte_eth_dev_info info;
	int err = make_pool(port, config, error);

	port->mtu = (uint16_t)mtu(config);
	if (err == 0)
		err = find_device(port, config, error);
	if (err != 0)
		return err;
	if (config->driver == MST_PORT_AF_PACKET &&
		rte_pktmbuf_data_room_size(port->pool) - RTE_PKTMBUF_HEADROOM <
			(int)config->af_packet.frame_size)
		return fail(error, "port.af_packet.frame_size: larger than a frame buffer");
	if (rte_eth_dev_info_get(port->id, &info) != 0) {
		snprintf(error, MST_PORT_ERROR_SIZE, "%s: cannot be queried", port->name);
		return -MST_E_UNSUPPORTED;
	}
	err = configure(port, &info, error);
	if (err == 0)
		err = setup_queues(port, config, &info, error);
	if (err == 0)
		set_mac(port, config);
	return err;
}

int
port_device_start(struct mst_port *port, char *error)
{
	int err = rte_eth_dev_start(port->id);

	if (err != 0) {
		snprintf(error, MST_PORT_ERROR_SIZE, "%s did not start: %s", port->name,
			port_eal_message()[0] != '\0' ? port_eal_message() : rte_strerror(-err));
		return port->memif_client ? -MST_E_NOT_FOUND : -MST_E_UNSUPPORTED;
	}
	atomic_store(&port->gate.started, true);
	return 0;
}

static void
stop_device(struct mst_port *port)
{
	(void)rte_eth_dev_stop(port->id);
}

static void
close_device(struct mst_port *port)
{
	(void)rte_eth_dev_close(port->id);
}

/**
 * net_memif's interrupt handlers share their state with the functions that end connections, and
 * take no lock: there the step is left to the handlers' own thread, between two of them.
 */
static void
close_with(struct mst_port *port, port_step *step)
{
	if (port->driver != MST_PORT_MEMIF || port_eal_errand(step, port) != 0)
		step(port);
}

void
port_device_stop(struct mst_port *port)
{
	if (!atomic_exchange(&port->gate.started, false))
		return;
	port_guard_close(port);
	close_with(port, stop_device);
}

void
port_device_close(struct mst_port *port)
{
	port_device_stop(port);
	if (port->have_device)
		close_with(port, close_device);
	port->have_device = false;
}
