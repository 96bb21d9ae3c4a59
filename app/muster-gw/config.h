/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration of the gateway: docs/man/muster.yaml.5, 'muster-gw --help-config'. Everything here
 * is checked; strings end in a terminator, optional ones are NULL when unset.
 *
 * Context: written by main() before any other thread runs, read-only afterwards.
 */
#ifndef GW_CONFIG_H
#define GW_CONFIG_H

#include "config/config.h"
#include "port/port.h"
#include "schema.h"

#define GW_CONFIG_FQDN_MAX  60
#define GW_CONFIG_URI_MAX   32
#define GW_CONFIG_HINTS_MAX 88 /* naf.fqdn and bsf.uri together: hints in 136 octets of CoAP */
#define GW_CONFIG_HSS_MAX   16
#define GW_CONFIG_HOSTS_MAX 8 /* addresses of a family */
#define GW_CONFIG_UA        5

enum gw_log_level { GW_LOG_ERROR, GW_LOG_WARNING, GW_LOG_INFO, GW_LOG_DEBUG };
enum gw_log_format { GW_LOG_TEXT, GW_LOG_JSON };

/** An inclusive range of IMSIs that an HSS holds: digits as numbers, both of `digits` digits. */
struct gw_imsi_range {
	uint64_t first, last;
	unsigned digits;
};

/** One row of `hss`. */
struct mst_gw_hss {
	char *name;
	char *subscribers;   /* CSV file */
	char *transport_key; /* file with the key that K and OPc are wrapped under; or NULL */
	uint64_t mnc_length; /* 2 or 3 */
	struct mst_config_list ranges; /* char *: "FROM-TO"; empty: every IMSI */
	struct gw_imsi_range *range;   /* the same, parsed: ranges.count rows */
};

struct mst_gw_config {
	uint64_t workers;
	struct mst_config_list cores; /* uint64_t */

	struct {
		unsigned driver; /* enum mst_port_driver */
		uint64_t mtu;
		uint64_t mbufs;     /* 0: computed */
		uint64_t ring_size; /* descriptors of a queue */
		struct {
			char *socket;
			unsigned role; /* 0 server, 1 client */
			uint64_t id;
			bool zero_copy;
		} memif;
		struct {
			char *name;
		} tap;
		struct {
			char *interface;
			uint64_t frame_size, frame_count;
		} af_packet;
		struct {
			char *interface;
		} af_xdp;
		struct {
			char *address;
		} vfio;
		char *devargs;
	} port;

	struct {
		bool huge;
		uint64_t memory; /* octets; 0: computed */
		char *file_prefix;
		struct mst_config_list extra; /* char * */
		bool verbose;
	} eal;

	struct {
		struct mst_config_mac mac;   /* unset: the port's own */
		struct mst_config_list ipv4; /* struct mst_config_ipv4 */
		struct mst_config_list ipv6; /* struct mst_config_ipv6 */
		uint64_t udp_port;
	} host;

	struct {
		char *fqdn;
		uint8_t ua[GW_CONFIG_UA];
		uint64_t group; /* 0..7 */
	} naf;

	struct {
		char *fqdn;
		char *uri;
		uint64_t key_lifetime_ms;    /* whole seconds */
		uint64_t cookie_lifetime_ms; /* whole seconds */
		uint64_t cookie_rotate_ms;   /* at least cookie_lifetime_ms */
	} bsf;

	struct {
		uint64_t tick_ms;
		uint64_t ind; /* this gateway's IND, 0..31 */
	} sqn;

	struct mst_config_list hss; /* struct mst_gw_hss, at least one */

	struct {
		uint64_t subscribers; /* 0: as many as are loaded */
		uint64_t groups;
		uint64_t memberships;    /* 0: twice the subscribers */
		uint64_t groups_created; /* by one subscriber */
		uint64_t groups_joined;  /* by one subscriber */
		uint64_t prefix_rate;    /* requests a second and worker; 0: no bound */
		uint64_t prefix_burst;
		uint64_t prefix_ipv4;           /* bits */
		uint64_t prefix_ipv6;           /* bits */
		uint64_t candidates;            /* a worker */
		uint64_t exchanges;             /* a worker */
		uint64_t key_check_interval_ms; /* whole seconds */
		uint64_t group_key_lifetime_ms; /* whole seconds */
	} limits;

	/* Presets of new groups, and what is the operator's alone. */
	struct {
		unsigned admission; /* enum mst_admission */
		uint64_t member_limit;
		unsigned rekey_leave; /* enum mst_rekey */
		uint64_t rekey_window_ms;
		bool rekey_join;
		uint64_t expiration_delta_ms;
		bool history;
		uint64_t decision_time_ms;
		uint64_t notify_rate;
	} groups;

	struct {
		char *file; /* NULL: no audit trail */
		bool joins;
	} audit;

	struct {
		char *socket; /* never NULL */
	} control;

	struct {
		char *socket;  /* NULL: none */
		uint64_t port; /* 0: none */
		char *address; /* never NULL */
	} metrics;

	unsigned durability; /* enum gw_durability */

	struct {
		char *socket; /* NULL: host */
		char *host;   /* both NULL: state is in memory alone */
		uint64_t port;
		char *user, *password_file;
		uint64_t database;
		char *site;
		char *kek, *kek_previous; /* files */
		uint64_t parked;
		uint64_t replicas;
		uint64_t timeout_ms;
		uint64_t patience_ms;
		uint64_t lease_ms;
	} redis;

	struct {
		unsigned level;  /* enum gw_log_level */
		unsigned format; /* enum gw_log_format */
		uint64_t rate;   /* 0: no limit */
		char *file;      /* NULL: stderr */
	} log;
};

/**
 * Loads and checks the configuration, overrides ("key=value") included; what spans keys is checked
 * here too, and run-time defaults (control.socket, port.memif.socket) are filled in.
 * Returns 0 or a negative enum mst_err with lines in `errors`. Context: main thread; blocks.
 */
int gw_config_load(struct mst_gw_config *config, const char *file, const char *const *overrides,
	size_t override_count, struct mst_config_errors *errors);
void gw_config_free(struct mst_gw_config *config);

/** The port's part, for mst_port_open(); points into `config` and `cpus` (MST_PORT_QUEUES_MAX
 * rows). */
struct mst_port_config gw_config_port(const struct mst_gw_config *config, unsigned *cpus);

#endif
