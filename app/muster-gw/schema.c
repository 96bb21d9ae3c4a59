/* SPDX-License-Identifier: BSD-3-Clause */
/* One table of all keys: what main() reads, checks, dumps and explains comes from here. */
#include "schema.h"

#include "config.h"
#include "record/record.h"

#define SECOND   1000ull
#define MINUTE   (60 * SECOND)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define CPU_MAX  1023
#define NAME_MAX 15 /* characters of an interface */

#define AT(member)     .offset = offsetof(struct mst_gw_config, member)
#define HSS_AT(member) .offset = offsetof(struct mst_gw_hss, member)

/* In the order of enum mst_port_driver, mst_admission, mst_rekey and gw_log_level. */
static const char *const drivers[] = {
	"memif", "tap", "af_packet", "af_xdp", "vfio", "devargs", NULL};
static const char *const roles[] = {"server", "client", NULL};
static const char *const admissions[] = {"open", "list", "owners", "operator", NULL};
static const char *const rekeys[] = {"never", "at_once", "window", NULL};
static const char *const durabilities[] = {"ack", "async", "none", NULL};
static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const log_formats[] = {"text", "json", NULL};

/* clang-format off */
static const struct mst_config_item hss_items[] = {
	{.key = "name", .type = MST_CONFIG_STRING, .min = 1, .max = 40, .required = true,
	 HSS_AT(name), .help = "Name in messages, unique."},
	{.key = "subscribers", .type = MST_CONFIG_PATH, .required = true, HSS_AT(subscribers),
	 .help = "CSV file with IMSI, K, OPc and settings of every subscriber."},
	{.key = "transport_key", .type = MST_CONFIG_PATH, HSS_AT(transport_key),
	 .help = "File with the key that K and OPc are encrypted under, in hexadecimal."},
	{.key = "mnc_length", .type = MST_CONFIG_UINT, .min = 2, .max = 3, .preset = "2",
	 HSS_AT(mnc_length), .help = "Digits of the mobile network code, for IMPIs."},
	{.key = "ranges", .type = MST_CONFIG_STRING, .list = true, .min = 13, .max = 31,
	 HSS_AT(ranges), .preset_text = "every IMSI, when there is one instance",
	 .help = "IMSIs that this instance holds: FROM-TO, both included, of one length."},
};

static const struct mst_config_schema hss_schema = {
	hss_items, sizeof(hss_items) / sizeof(hss_items[0]), sizeof(struct mst_gw_hss)};

static const struct mst_config_item items[] = {
	{.key = "workers", .type = MST_CONFIG_UINT, .min = 1, .max = MST_PORT_QUEUES_MAX,
	 .preset = "1", AT(workers), .help = "Threads of the data plane; each has a queue pair of the port."},
	{.key = "cores", .type = MST_CONFIG_UINT, .list = true, .max = CPU_MAX, AT(cores),
	 .preset_text = "workers are not pinned",
	 .help = "CPUs of the workers in order; workers beyond the list share them in turn."},

	{.key = "port.driver", .type = MST_CONFIG_ENUM, .names = drivers, .preset = "memif",
	 AT(port.driver), .help = "How frames come and go; the section of that name has its settings."},
	{.key = "port.mtu", .type = MST_CONFIG_UINT, .min = 1280, .max = 9000, .preset = "1500",
	 AT(port.mtu), .help = "Octets of an IP packet."},
	{.key = "port.mbufs", .type = MST_CONFIG_UINT, .min = 0, .max = 4194304, .preset = "0",
	 .preset_text = "computed from workers and ring_size", AT(port.mbufs),
	 .help = "Frame buffers."},
	{.key = "port.ring_size", .type = MST_CONFIG_UINT, .min = 32, .max = 16384, .preset = "1024",
	 AT(port.ring_size), .help = "Descriptors of a queue, a power of two."},
	{.key = "port.memif.socket", .type = MST_CONFIG_PATH, AT(port.memif.socket),
	 .preset_text = "memif.sock beside control.socket's default",
	 .help = "Control socket of the memif; both ends name the same."},
	{.key = "port.memif.role", .type = MST_CONFIG_ENUM, .names = roles, .preset = "server",
	 AT(port.memif.role), .help = "The server makes the socket, the client the shared memory."},
	{.key = "port.memif.id", .type = MST_CONFIG_UINT, .min = 0, .max = 65535, .preset = "0",
	 AT(port.memif.id), .help = "Number of the interface on that socket."},
	{.key = "port.memif.zero_copy", .type = MST_CONFIG_BOOL, .preset = "false",
	 AT(port.memif.zero_copy), .help = "Client only: shares the frame buffers themselves with the server."},
	{.key = "port.tap.name", .type = MST_CONFIG_STRING, .min = 1, .max = NAME_MAX,
	 .preset = "muster0", AT(port.tap.name), .help = "Name of the kernel interface that is made."},
	{.key = "port.af_packet.interface", .type = MST_CONFIG_STRING, .min = 1, .max = NAME_MAX,
	 AT(port.af_packet.interface), .help = "Kernel interface; required for this driver."},
	{.key = "port.af_packet.frame_size", .type = MST_CONFIG_SIZE, .min = 2048, .max = 16384,
	 .preset = "2k", AT(port.af_packet.frame_size), .help = "Octets of a slot, a power of two."},
	{.key = "port.af_packet.frame_count", .type = MST_CONFIG_UINT, .min = 64, .max = 65536,
	 .preset = "512", AT(port.af_packet.frame_count), .help = "Slots of a queue, a multiple of 8."},
	{.key = "port.af_xdp.interface", .type = MST_CONFIG_STRING, .min = 1, .max = NAME_MAX,
	 AT(port.af_xdp.interface), .help = "Kernel interface; required for this driver."},
	{.key = "port.vfio.address", .type = MST_CONFIG_STRING, .min = 7, .max = 63,
	 AT(port.vfio.address), .help = "PCI address of a NIC bound to vfio-pci; required for this driver."},
	{.key = "port.devargs", .type = MST_CONFIG_STRING, .min = 1, .max = 255, AT(port.devargs),
	 .help = "Driver devargs: any DPDK device, as its option --vdev takes it."},

	{.key = "eal.huge", .type = MST_CONFIG_BOOL, .preset = "false", AT(eal.huge),
	 .help = "Whether DPDK uses hugepages, which must have been reserved."},
	{.key = "eal.memory", .type = MST_CONFIG_SIZE, .min = 0, .max = 1ull << 40, .preset = "0",
	 .preset_text = "computed from port.mbufs", AT(eal.memory), .help = "Memory of DPDK."},
	{.key = "eal.file_prefix", .type = MST_CONFIG_STRING, .min = 1, .max = 40,
	 AT(eal.file_prefix), .preset_text = "program and process id",
	 .help = "Name of DPDK's run-time directory, unique on the host."},
	{.key = "eal.extra", .type = MST_CONFIG_STRING, .list = true, .min = 1, .max = 255,
	 AT(eal.extra), .help = "Further options for DPDK, one an element."},
	{.key = "eal.verbose", .type = MST_CONFIG_BOOL, .preset = "false", AT(eal.verbose),
	 .help = "Whether DPDK's informational messages are shown."},

	{.key = "host.mac", .type = MST_CONFIG_MAC, AT(host.mac), .preset_text = "the port's own",
	 .help = "Ethernet address of the gateway."},
	{.key = "host.ipv4", .type = MST_CONFIG_IPV4, .list = true, AT(host.ipv4),
	 .help = "IPv4 addresses of the gateway; it answers ARP for them. Up to 8."},
	{.key = "host.ipv6", .type = MST_CONFIG_IPV6, .list = true, AT(host.ipv6),
	 .help = "IPv6 addresses of the gateway; it answers neighbour discovery. Up to 8."},
	{.key = "host.udp_port", .type = MST_CONFIG_UINT, .min = 1, .max = 65535, .preset = "5683",
	 AT(host.udp_port), .help = "UDP port of CoAP."},

	{.key = "naf.fqdn", .type = MST_CONFIG_STRING, .min = 1, .max = GW_CONFIG_FQDN_MAX,
	 .required = true, AT(naf.fqdn), .help = "Name of the M2M service centre; part of realm and NAF_Id."},
	{.key = "naf.ua", .type = MST_CONFIG_HEX, .max = GW_CONFIG_UA, .preset = "ff00000001",
	 AT(naf.ua), .help = "Ua security protocol identifier in NAF_Id."},
	{.key = "naf.group", .type = MST_CONFIG_UINT, .min = 0, .max = 7, .preset = "0", AT(naf.group),
	 .help = "Group of NAFs that the M2M service centre is in; subscribers may be limited to some."},

	{.key = "bsf.fqdn", .type = MST_CONFIG_STRING, .min = 1, .max = GW_CONFIG_FQDN_MAX,
	 .required = true, AT(bsf.fqdn), .help = "Name of the BSF in B-TIDs."},
	{.key = "bsf.uri", .type = MST_CONFIG_STRING, .min = 1, .max = GW_CONFIG_URI_MAX,
	 .preset = "/bsf", AT(bsf.uri), .help = "Where devices are sent to bootstrap, relative or absolute."},
	{.key = "bsf.key_lifetime", .type = MST_CONFIG_DURATION, .min = MINUTE, .max = 365 * DAY,
	 .preset = "1d", AT(bsf.key_lifetime_ms),
	 .help = "Life of Ks where the subscriber's settings name none; whole seconds."},
	{.key = "bsf.cookie_lifetime", .type = MST_CONFIG_DURATION, .min = 10 * SECOND,
	 .max = 300 * SECOND, .preset = "2m", AT(bsf.cookie_lifetime_ms),
	 .help = "How long a challenge may be answered; whole seconds."},
	{.key = "bsf.cookie_rotate", .type = MST_CONFIG_DURATION, .min = 10 * SECOND, .max = DAY,
	 .preset = "10m", AT(bsf.cookie_rotate_ms),
	 .help = "Interval of new cookie keys, at least cookie_lifetime."},

	{.key = "sqn.tick", .type = MST_CONFIG_DURATION, .min = 10, .max = SECOND, .preset = "100ms",
	 AT(sqn.tick_ms), .help = "Step of the clock that sequence numbers come from; never change it for SIMs in the field."},
	{.key = "sqn.ind", .type = MST_CONFIG_UINT, .min = 0, .max = 31, .preset = "0", AT(sqn.ind),
	 .help = "IND of this gateway's sequence numbers; unlike that of any other gateway of the site."},

	{.key = "hss", .type = MST_CONFIG_MAP, .list = true, .required = true, .map = &hss_schema,
	 AT(hss), .help = "Instances of the HSS, up to 16."},

	{.key = "limits.subscribers", .type = MST_CONFIG_UINT, .min = 0, .max = 1u << 28,
	 .preset = "0", .preset_text = "as many as the file has", AT(limits.subscribers),
	 .help = "Room for subscribers of one HSS."},
	{.key = "limits.groups", .type = MST_CONFIG_UINT, .min = 1, .max = 1u << 24,
	 .preset = "65536", AT(limits.groups), .help = "Room for groups."},
	{.key = "limits.memberships", .type = MST_CONFIG_UINT, .min = 0, .max = 1u << 28,
	 .preset = "0", .preset_text = "twice the subscribers, and one a group",
	 AT(limits.memberships), .help = "Room for memberships of all groups together."},
	{.key = "limits.groups_created", .type = MST_CONFIG_UINT, .min = 0, .max = 1023,
	 .preset = "16", AT(limits.groups_created), .help = "Groups that one subscriber may create."},
	{.key = "limits.groups_joined", .type = MST_CONFIG_UINT, .min = 1, .max = 1023,
	 .preset = "1023", AT(limits.groups_joined), .help = "Groups that one subscriber may be in."},
	{.key = "limits.prefix_rate", .type = MST_CONFIG_UINT, .min = 0, .max = 10000000,
	 .preset = "100000", AT(limits.prefix_rate),
	 .help = "Requests without a session that one source prefix may send a second and worker; 0: no bound."},
	{.key = "limits.prefix_burst", .type = MST_CONFIG_UINT, .min = 1, .max = 10000000,
	 .preset = "20000", AT(limits.prefix_burst),
	 .help = "How many of them may come at once."},
	{.key = "limits.prefix_ipv4", .type = MST_CONFIG_UINT, .min = 8, .max = 32,
	 .preset = "24", AT(limits.prefix_ipv4), .help = "Bits of such a prefix, IPv4."},
	{.key = "limits.prefix_ipv6", .type = MST_CONFIG_UINT, .min = 16, .max = 64,
	 .preset = "56", AT(limits.prefix_ipv6), .help = "Bits of such a prefix, IPv6."},
	{.key = "limits.candidates", .type = MST_CONFIG_UINT, .min = 1, .max = 1u << 24,
	 .preset = "131072", AT(limits.candidates),
	 .help = "Room for devices that wait to be admitted, a worker."},
	{.key = "limits.exchanges", .type = MST_CONFIG_UINT, .min = 1, .max = 1u << 28,
	 .preset = "262144", AT(limits.exchanges),
	 .help = "Room for waiting joins and observations, a worker; 128 octets each."},
	{.key = "limits.key_check_interval", .type = MST_CONFIG_DURATION, .min = SECOND,
	 .max = 365 * DAY, .preset = "1d", AT(limits.key_check_interval_ms),
	 .help = "How often members are told to look for a new group key; whole seconds."},
	{.key = "limits.group_key_lifetime", .type = MST_CONFIG_DURATION, .min = MINUTE,
	 .max = 3650 * DAY, .preset = "30d", AT(limits.group_key_lifetime_ms),
	 .help = "Life of a group key; whole seconds."},

	{.key = "groups.admission", .type = MST_CONFIG_ENUM, .names = admissions, .preset = "open",
	 AT(groups.admission), .help = "Whom a new group admits where its creator does not say."},
	{.key = "groups.member_limit", .type = MST_CONFIG_UINT, .min = 0, .max = UINT32_MAX,
	 .preset = "0", .preset_text = "no limit", AT(groups.member_limit),
	 .help = "Most members of a new group."},
	{.key = "groups.rekey_leave", .type = MST_CONFIG_ENUM, .names = rekeys, .preset = "at_once",
	 AT(groups.rekey_leave), .help = "When the key changes after a member left or was evicted."},
	{.key = "groups.rekey_window", .type = MST_CONFIG_DURATION, .min = 0, .max = 7 * DAY,
	 .preset = "60s", AT(groups.rekey_window_ms),
	 .help = "For rekey_leave window: one new key for all who leave in this time; whole seconds."},
	{.key = "groups.rekey_join", .type = MST_CONFIG_BOOL, .preset = "false",
	 AT(groups.rekey_join), .help = "Whether the key changes before a device joins."},
	{.key = "groups.expiration_delta", .type = MST_CONFIG_DURATION, .min = 0, .max = 7 * DAY,
	 .preset = "5m", AT(groups.expiration_delta_ms),
	 .help = "How long members accept the earlier key after a rekey; whole seconds."},
	{.key = "groups.history", .type = MST_CONFIG_BOOL, .preset = "false", AT(groups.history),
	 .help = "Whether a new member gets the earlier key too."},
	{.key = "groups.decision_time", .type = MST_CONFIG_DURATION, .min = SECOND, .max = 30 * DAY,
	 .preset = "1h", AT(groups.decision_time_ms),
	 .help = "How long a device waits to be admitted; whole seconds."},
	{.key = "groups.notify_rate", .type = MST_CONFIG_UINT, .min = 1, .max = 10000000,
	 .preset = "20000", AT(groups.notify_rate),
	 .help = "Notifications of new keys a second and worker."},

	{.key = "audit.file", .type = MST_CONFIG_PATH, AT(audit.file), .preset_text = "none is written",
	 .help = "Audit trail: a line of JSON for every change of a group."},
	{.key = "audit.joins", .type = MST_CONFIG_BOOL, .preset = "false", AT(audit.joins),
	 .help = "Whether each join is in the audit trail too."},

	{.key = "control.socket", .type = MST_CONFIG_PATH, AT(control.socket),
	 .preset_text = "muster.sock in $XDG_RUNTIME_DIR/muster, for root in /run/muster",
	 .help = "UNIX socket for musterctl; open to the gateway's user and root."},

	{.key = "metrics.port", .type = MST_CONFIG_UINT, .max = 65535, .preset = "0",
	 AT(metrics.port), .help = "TCP port of the metrics for Prometheus, GET /metrics; 0: none."},
	{.key = "metrics.address", .type = MST_CONFIG_STRING, .min = 2, .max = 45,
	 .preset = "127.0.0.1", AT(metrics.address),
	 .help = "IP address of that port; whoever reaches it may read all metrics."},
	{.key = "metrics.socket", .type = MST_CONFIG_PATH, AT(metrics.socket),
	 .help = "UNIX socket of the metrics, open to the gateway's user and group."},

	{.key = "durability", .type = MST_CONFIG_ENUM, .names = durabilities, .preset = "ack",
	 AT(durability), .help = "Whether answers wait for Redis (ack), Redis follows (async), or state ends with the process (none)."},
	{.key = "redis.socket", .type = MST_CONFIG_PATH, AT(redis.socket),
	 .help = "UNIX socket of Redis. Without it and redis.host state is in memory alone."},
	{.key = "redis.host", .type = MST_CONFIG_STRING, .min = 1, .max = 255, AT(redis.host),
	 .help = "Address or name of Redis, where it has no UNIX socket."},
	{.key = "redis.port", .type = MST_CONFIG_UINT, .min = 1, .max = 65535, .preset = "6379",
	 AT(redis.port), .help = "TCP port of Redis."},
	{.key = "redis.user", .type = MST_CONFIG_STRING, .min = 1, .max = 64, AT(redis.user),
	 .preset_text = "the default user", .help = "User of Redis' access control lists."},
	{.key = "redis.password_file", .type = MST_CONFIG_PATH, AT(redis.password_file),
	 .help = "File whose first line is the user's password."},
	{.key = "redis.database", .type = MST_CONFIG_UINT, .min = 0, .max = 1023, .preset = "0",
	 AT(redis.database), .help = "Number of the database."},
	{.key = "redis.site", .type = MST_CONFIG_STRING, .min = 1, .max = MST_RECORD_SITE_MAX,
	 .preset = "home", AT(redis.site), .help = "Name in all keys; letters, digits, hyphens."},
	{.key = "redis.kek", .type = MST_CONFIG_PATH, AT(redis.kek),
	 .help = "File with the key-encryption key, 32 octets or 64 hexadecimal digits, mode 0600; required with redis."},
	{.key = "redis.kek_previous", .type = MST_CONFIG_PATH, AT(redis.kek_previous),
	 .help = "File with the key-encryption key before, tried for data keys that redis.kek does not open."},
	{.key = "redis.parked", .type = MST_CONFIG_UINT, .min = 512, .max = 1u << 20,
	 .preset = "8192", AT(redis.parked), .help = "Answers of a worker that can wait for Redis, a power of two."},
	{.key = "redis.timeout", .type = MST_CONFIG_DURATION, .min = 10, .max = MINUTE,
	 .preset = "1s", AT(redis.timeout_ms), .help = "How long Redis may take before changes are refused."},
	{.key = "redis.replicas", .type = MST_CONFIG_UINT, .min = 0, .max = 16, .preset = "0",
	 AT(redis.replicas),
	 .help = "Replicas of Redis that must have a change, too, before it counts as confirmed."},
	{.key = "redis.lease", .type = MST_CONFIG_DURATION, .min = 500, .max = MINUTE,
	 .preset = "3s", AT(redis.lease_ms),
	 .help = "A gateway that Redis has not heard of for so long is gone: one that stands by takes over."},
	{.key = "redis.patience", .type = MST_CONFIG_DURATION, .min = SECOND, .max = HOUR,
	 .preset = "30s", AT(redis.patience_ms), .help = "How long a start waits for Redis."},

	{.key = "log.level", .type = MST_CONFIG_ENUM, .names = levels, .preset = "info",
	 AT(log.level), .help = "The least important messages that are written."},
	{.key = "log.format", .type = MST_CONFIG_ENUM, .names = log_formats, .preset = "text",
	 AT(log.format), .help = "A message is a line of text, or a line of JSON."},
	{.key = "log.rate", .type = MST_CONFIG_UINT, .max = 1000, .preset = "10", AT(log.rate),
	 .help = "Messages of one kind in a second; a line counts the others; 0: no limit."},
	{.key = "log.file", .type = MST_CONFIG_PATH, AT(log.file), .preset_text = "standard error",
	 .help = "File that messages are appended to."},
};
/* clang-format on */

const struct mst_config_schema gw_config_schema = {
	items, sizeof(items) / sizeof(items[0]), sizeof(struct mst_gw_config)};
