/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/paths.h"
#include "record.h"
#include "schema.h"

static const char *
text(const char *s)
{
	return s != NULL ? s : "";
}

/** Labels of letters, digits and hyphens, 1..63 characters each. */
static bool
is_fqdn(const char *name)
{
	size_t label = 0;

	for (; *name != '\0'; name++) {
		bool alnum = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			     (*name >= '0' && *name <= '9');

		if (*name == '.' ? label == 0 : !(alnum || *name == '-') || ++label > 63)
			return false;
		if (*name == '.')
			label = 0;
	}
	return label > 0;
}

static void
check_names(const struct mst_gw_config *c, struct mst_config_errors *errors)
{
	if (!is_fqdn(c->naf.fqdn))
		mst_config_errors_add(errors, "naf.fqdn", "'%s' is no host name", c->naf.fqdn);
	if (!is_fqdn(c->bsf.fqdn))
		mst_config_errors_add(errors, "bsf.fqdn", "'%s' is no host name", c->bsf.fqdn);
	if ((strncmp(c->bsf.uri, "coap://", 7) != 0 && c->bsf.uri[0] != '/') ||
		strpbrk(c->bsf.uri, " \"<>\\^`{|}") != NULL)
		mst_config_errors_add(errors, "bsf.uri",
			"'%s' is neither a path ('/bsf') nor a URI ('coap://HOST/bsf')",
			c->bsf.uri);
	if (strlen(c->naf.fqdn) + strlen(c->bsf.uri) > GW_CONFIG_HINTS_MAX)
		mst_config_errors_add(errors, "bsf.uri",
			"together with naf.fqdn at most %d characters, as answers to strangers are "
			"bounded",
			GW_CONFIG_HINTS_MAX);
}

static void
check_whole_seconds(struct mst_config_errors *errors, const char *key, uint64_t ms)
{
	if (ms % 1000 != 0)
		mst_config_errors_add(errors, key, "needs whole seconds");
}

static void
check_times(const struct mst_gw_config *c, struct mst_config_errors *errors)
{
	check_whole_seconds(errors, "bsf.key_lifetime", c->bsf.key_lifetime_ms);
	check_whole_seconds(errors, "bsf.cookie_lifetime", c->bsf.cookie_lifetime_ms);
	check_whole_seconds(errors, "limits.key_check_interval", c->limits.key_check_interval_ms);
	check_whole_seconds(errors, "limits.group_key_lifetime", c->limits.group_key_lifetime_ms);
	check_whole_seconds(errors, "groups.rekey_window", c->groups.rekey_window_ms);
	check_whole_seconds(errors, "groups.expiration_delta", c->groups.expiration_delta_ms);
	check_whole_seconds(errors, "groups.decision_time", c->groups.decision_time_ms);
	if (c->bsf.cookie_rotate_ms < c->bsf.cookie_lifetime_ms)
		mst_config_errors_add(errors, "bsf.cookie_rotate",
			"at least bsf.cookie_lifetime, as two cookie keys are live at a time");
	if (c->bsf.key_lifetime_ms < c->bsf.cookie_lifetime_ms)
		mst_config_errors_add(errors, "bsf.key_lifetime", "at least bsf.cookie_lifetime");
}

/** What the driver needs. */
static void
check_port(const struct mst_gw_config *c, struct mst_config_errors *errors)
{
	uint64_t ring = c->port.ring_size;

	if (ring != 0 && (ring & (ring - 1)) != 0)
		mst_config_errors_add(errors, "port.ring_size", "needs a power of two");
	if (c->port.driver == MST_PORT_AF_PACKET && c->port.af_packet.interface == NULL)
		mst_config_errors_add(errors, "port.af_packet.interface",
			"is required for driver af_packet (see 'ip link')");
	if (c->port.driver == MST_PORT_AF_XDP && c->port.af_xdp.interface == NULL)
		mst_config_errors_add(errors, "port.af_xdp.interface",
			"is required for driver af_xdp (see 'ip link')");
	if (c->port.driver == MST_PORT_PCI && c->port.vfio.address == NULL)
		mst_config_errors_add(errors, "port.vfio.address",
			"is required for driver vfio (see 'dpdk-devbind.py -s')");
	if (c->port.driver == MST_PORT_DEVARGS && c->port.devargs == NULL)
		mst_config_errors_add(errors, "port.devargs", "is required for driver devargs");
	if (c->cores.count > c->workers)
		mst_config_errors_add(errors, "cores", "has more CPUs than there are workers");
}

static bool
is_unicast4(const uint8_t *a)
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

static bool
is_unicast6(const uint8_t *a)
{
	static const uint8_t zeros[15];

	return a[0] != 0xff && (memcmp(a, zeros, sizeof(zeros)) != 0 || a[15] > 1);
}

static void
check_host(const struct mst_gw_config *c, struct mst_config_errors *errors)
{
	const struct mst_config_ipv4 *ip4 = c->host.ipv4.items;
	const struct mst_config_ipv6 *ip6 = c->host.ipv6.items;

	if (c->host.ipv4.count + c->host.ipv6.count == 0)
		mst_config_errors_add(
			errors, "host", "needs at least one address in host.ipv4 or host.ipv6");
	if (c->host.ipv4.count > GW_CONFIG_HOSTS_MAX || c->host.ipv6.count > GW_CONFIG_HOSTS_MAX)
		mst_config_errors_add(
			errors, "host", "at most %d addresses of a family", GW_CONFIG_HOSTS_MAX);
	for (size_t i = 0; i < c->host.ipv4.count; i++)
		if (!is_unicast4(ip4[i].address))
			mst_config_errors_add(
				errors, "host.ipv4", "element %zu is no unicast address", i);
	for (size_t i = 0; i < c->host.ipv6.count; i++)
		if (!is_unicast6(ip6[i].address))
			mst_config_errors_add(
				errors, "host.ipv6", "element %zu is no unicast address", i);
	if (c->host.mac.set && ((c->host.mac.octets[0] & 1) != 0 ||
				       memcmp(c->host.mac.octets, "\0\0\0\0\0", 6) == 0))
		mst_config_errors_add(errors, "host.mac", "needs a unicast address");
}

/** Digits up to `end`; false unless there are 6..15. */
static bool
read_imsi(const char *digits, const char *end, uint64_t *value)
{
	*value = 0;
	for (const char *p = digits; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		*value = *value * 10 + (uint64_t)(*p - '0');
	}
	return end - digits >= 6 && end - digits <= 15;
}

static bool
read_range(const char *range, struct gw_imsi_range *out)
{
	const char *dash = strchr(range, '-'), *end = range + strlen(range);

	if (dash == NULL || dash - range != end - dash - 1)
		return false;
	out->digits = (unsigned)(dash - range);
	/* Longer numbers are refused for their length; they may wrap harmlessly before. */
	return read_imsi(range, dash, &out->first) && read_imsi(dash + 1, end, &out->last) &&
	       out->first <= out->last;
}

static int
parse_ranges(struct mst_gw_hss *h, size_t index, struct mst_config_errors *errors)
{
	char *const *ranges = h->ranges.items;
	char key[32];

	if (h->ranges.count == 0)
		return 0;
	h->range = calloc(h->ranges.count, sizeof(*h->range));
	if (h->range == NULL)
		return -MST_E_NO_MEMORY;
	snprintf(key, sizeof(key), "hss[%zu].ranges", index);
	for (size_t i = 0; i < h->ranges.count; i++)
		if (!read_range(ranges[i], &h->range[i]))
			mst_config_errors_add(errors, key,
				"'%s' is not FROM-TO, two IMSIs of one length, 6 to 15 digits, "
				"ascending",
				ranges[i]);
	return 0;
}

static int
check_hss(struct mst_gw_config *c, struct mst_config_errors *errors)
{
	struct mst_gw_hss *hss = c->hss.items;
	int err = 0;

	if (c->hss.count > GW_CONFIG_HSS_MAX)
		mst_config_errors_add(errors, "hss", "at most %d instances", GW_CONFIG_HSS_MAX);
	for (size_t i = 0; i < c->hss.count && err == 0; i++) {
		for (size_t j = 0; j < i; j++)
			if (strcmp(hss[i].name, hss[j].name) == 0)
				mst_config_errors_add(
					errors, "hss", "two instances are named '%s'", hss[i].name);
		if (c->hss.count > 1 && hss[i].ranges.count == 0)
			mst_config_errors_add(errors, "hss",
				"'%s' needs ranges, as there is more than one instance",
				hss[i].name);
		err = parse_ranges(&hss[i], i, errors);
	}
	return err;
}

static void
check_redis(const struct mst_gw_config *c, struct mst_config_errors *errors)
{
	const char *site = c->redis.site;
	bool there = c->redis.socket != NULL || c->redis.host != NULL;

	if (there && c->redis.kek == NULL)
		mst_config_errors_add(errors, "redis.kek",
			"is required with redis: keys are never there in clear (make one: head -c "
			"32 /dev/urandom > kek; chmod 600 kek)");
	if (c->redis.socket != NULL && c->redis.host != NULL)
		mst_config_errors_add(errors, "redis.host", "not together with redis.socket");
	if ((c->redis.parked & (c->redis.parked - 1)) != 0)
		mst_config_errors_add(errors, "redis.parked", "needs a power of two");
	if (site[strspn(site, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] !=
		'\0')
		mst_config_errors_add(
			errors, "redis.site", "'%s' has more than letters, digits, hyphens", site);
}

/** Fills in what depends on the process. */
static int
set_run_time_defaults(struct mst_gw_config *c)
{
	char dir[256], path[300];

	if (mst_config_runtime_dir(dir, sizeof(dir)) != 0)
		return -MST_E_NO_SPACE;
	if (c->control.socket == NULL) {
		snprintf(path, sizeof(path), "%s/muster.sock", dir);
		c->control.socket = strdup(path);
	}
	if (c->port.memif.socket == NULL) {
		snprintf(path, sizeof(path), "%s/memif.sock", dir);
		c->port.memif.socket = strdup(path);
	}
	return c->control.socket != NULL && c->port.memif.socket != NULL ? 0 : -MST_E_NO_MEMORY;
}

int
gw_config_load(struct mst_gw_config *config, const char *file, const char *const *overrides,
	size_t override_count, struct mst_config_errors *errors)
{
	struct mst_gw_config c;
	int err = mst_config_load(&gw_config_schema, file, overrides, override_count, &c, errors);

	if (err != 0)
		return err;
	check_names(&c, errors);
	check_times(&c, errors);
	check_port(&c, errors);
	check_host(&c, errors);
	check_redis(&c, errors);
	err = check_hss(&c, errors);
	if (err == 0 && errors->count > 0)
		err = -MST_E_CONFIG;
	if (err == 0)
		err = set_run_time_defaults(&c);
	if (err == 0)
		*config = c;
	else
		gw_config_free(&c);
	return err;
}

void
gw_config_free(struct mst_gw_config *config)
{
	struct mst_gw_hss *hss = config->hss.items;

	for (size_t i = 0; i < config->hss.count; i++)
		free(hss[i].range);
	mst_config_free(&gw_config_schema, config);
}

static const char *
interface_of(const struct mst_gw_config *c)
{
	switch (c->port.driver) {
	case MST_PORT_TAP:
		return c->port.tap.name;
	case MST_PORT_AF_PACKET:
		return c->port.af_packet.interface;
	case MST_PORT_AF_XDP:
		return c->port.af_xdp.interface;
	default:
		return NULL;
	}
}

struct mst_port_config
gw_config_port(const struct mst_gw_config *c, unsigned *cpus)
{
	struct mst_port_config port = {
		.program = "muster-gw",
		.file_prefix = c->eal.file_prefix,
		.huge = c->eal.huge,
		.memory_mib = (unsigned)(c->eal.memory >> 20),
		.eal_extra = c->eal.extra.items,
		.eal_extra_count = (unsigned)c->eal.extra.count,
		.verbose = c->eal.verbose,
		.cpus = cpus,
		.cpu_count = (unsigned)c->cores.count,
		.driver = (enum mst_port_driver)c->port.driver,
		.queues = (unsigned)c->workers,
		.mtu = (unsigned)c->port.mtu,
		.mbufs = (unsigned)c->port.mbufs,
		.ring_size = (unsigned)c->port.ring_size,
		.kept = (unsigned)(c->durability == GW_DURABILITY_ACK &&
						   (c->redis.socket != NULL ||
							   c->redis.host != NULL)
					   ? c->redis.parked * c->workers
					   : 0),
		.memif = {.socket = text(c->port.memif.socket),
			.server = c->port.memif.role == 0,
			.id = (unsigned)c->port.memif.id,
			.zero_copy = c->port.memif.zero_copy},
		.interface = interface_of(c),
		.af_packet = {.frame_size = (unsigned)c->port.af_packet.frame_size,
			.frame_count = (unsigned)c->port.af_packet.frame_count},
		.pci_address = c->port.vfio.address,
		.devargs = c->port.devargs,
	};
	const uint64_t *cores = c->cores.items;

	for (size_t i = 0; i < c->cores.count; i++)
		cpus[i] = (unsigned)cores[i];
	if (c->host.mac.set)
		memcpy(port.mac, c->host.mac.octets, sizeof(port.mac));
	return port;
}
