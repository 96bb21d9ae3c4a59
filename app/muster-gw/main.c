/* SPDX-License-Identifier: BSD-3-Clause */
/* muster-gw: command line, start and stop, and the control thread's loop. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "config.h"
#include "gw.h"
#include "provision.h"
#include "verbs.h"

#define EXIT_USAGE    2
#define OVERRIDES_MAX 64

/** The control thread wakes at least this often to set the workers' clock. */
#define TICK_MS 1000

static const char usage[] =
	"usage: muster-gw --config FILE [--set KEY=VALUE]... [--check-config | --dump-config]\n"
	"       muster-gw --help-config | --version | --help\n"
	"\n"
	"Gateway that bootstraps keys from SIMs (GBA) and manages device groups.\n"
	"\n"
	"  -c, --config FILE    configuration, see muster.yaml(5) and --help-config\n"
	"  -s, --set KEY=VALUE  overrides a key of the file, e.g. --set workers=4\n"
	"      --check-config   checks configuration and exits: 0 good, 2 not\n"
	"      --dump-config    prints the effective configuration and exits\n"
	"      --help-config    prints all keys with type, range, default and meaning\n"
	"  -V, --version\n"
	"  -h, --help\n"
	"\n"
	"Exit status: 0 after SIGINT or SIGTERM, 1 failure at run time, 2 usage or configuration.\n";

enum action { RUN, CHECK, DUMP };

struct arguments {
	const char *config;
	const char *overrides[OVERRIDES_MAX];
	size_t override_count;
	enum action action;
};

enum { OPT_CHECK = 256, OPT_DUMP, OPT_HELP_CONFIG };

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"set", required_argument, NULL, 's'},
	{"check-config", no_argument, NULL, OPT_CHECK},
	{"dump-config", no_argument, NULL, OPT_DUMP},
	{"help-config", no_argument, NULL, OPT_HELP_CONFIG},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void
take_override(struct arguments *a, const char *text)
{
	if (a->override_count == OVERRIDES_MAX) {
		fprintf(stderr, "muster-gw: more than %d --set\n", OVERRIDES_MAX);
		exit(EXIT_USAGE);
	}
	a->overrides[a->override_count++] = text;
}

static struct arguments
parse_arguments(int argc, char **argv)
{
	struct arguments a = {0};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:s:Vh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			a.config = optarg;
			break;
		case 's':
			take_override(&a, optarg);
			break;
		case OPT_CHECK:
			a.action = CHECK;
			break;
		case OPT_DUMP:
			a.action = DUMP;
			break;
		case OPT_HELP_CONFIG:
			mst_config_help(&gw_config_schema, stdout);
			exit(EXIT_SUCCESS);
		case 'V':
			puts("muster-gw " GW_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			fprintf(stderr,
				"muster-gw: '%s' is no option, or lacks its value; see muster-gw "
				"--help\n",
				argv[optind - 1]);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc || a.config == NULL) {
		fprintf(stderr,
			optind < argc ? "muster-gw: '%s' is no option; see muster-gw --help\n"
				      : "muster-gw: no configuration: give --config FILE (examples "
					"are in drivers-cfg/)%s\n",
			optind < argc ? argv[optind] : "");
		exit(EXIT_USAGE);
	}
	return a;
}

static uint64_t
unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/** Keys must not reach a core file, nor another process of the same user. */
static void
guard_secrets(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

static int
make_host(const struct mst_gw_config *config, const struct mst_port *port,
	struct mst_net_host *host)
{
	const struct mst_config_ipv4 *ip4 = config->host.ipv4.items;
	const struct mst_config_ipv6 *ip6 = config->host.ipv6.items;
	uint8_t mac[6];
	int err = 0;

	mst_port_mac_get(port, mac);
	if (config->host.mac.set)
		memcpy(mac, config->host.mac.octets, sizeof(mac));
	mst_net_host_init(host, mac, (uint16_t)config->host.udp_port);
	for (size_t i = 0; err == 0 && i < config->host.ipv4.count; i++)
		err = mst_net_host_add_ip4(host, ip4[i].address, 32);
	for (size_t i = 0; err == 0 && i < config->host.ipv6.count; i++)
		err = mst_net_host_add_ip6(host, ip6[i].address, 128);
	if (err)
		fprintf(stderr, "muster-gw: host: at most %d unicast addresses of a family\n",
			MST_NET_ADDR_MAX);
	return err;
}

static int
make_gateway(const struct mst_gw_config *c, const struct mst_hss_set *hss, struct mst_port *port,
	struct gw **gw)
{
	struct gw_options o = {
		.workers = (unsigned)c->workers,
		.naf_fqdn = c->naf.fqdn,
		.bsf_fqdn = c->bsf.fqdn,
		.bsf_uri = c->bsf.uri,
		.cookie_life_s = (uint32_t)(c->bsf.cookie_lifetime_ms / 1000),
		.sqn_tick_ms = (uint32_t)c->sqn.tick_ms,
		.ind = (uint8_t)c->sqn.ind,
		.groups = (uint32_t)c->limits.groups,
		.memberships = (uint32_t)c->limits.memberships,
		.group_key_life_s = (uint32_t)(c->limits.group_key_lifetime_ms / 1000),
		.key_check_s = (uint32_t)(c->limits.key_check_interval_ms / 1000),
		.create_limit = (unsigned)c->limits.groups_created,
		.join_limit = MST_SUBS_COUNT_MAX,
		/* Cookie keys are made anew at every start, so no context of an earlier run returns. */
		.epoch = 1,
	};
	uint64_t subscribers = 0;
	int err = make_host(c, port, &o.host);

	memcpy(o.ua, c->naf.ua, sizeof(o.ua));
	for (unsigned h = 0; h < hss->count; h++)
		subscribers += mst_subs_count(hss->store[h]);
	if (o.memberships == 0)
		o.memberships = (uint32_t)(subscribers * 2 + o.groups);
	if (err == 0)
		err = gw_create(gw, &o, hss, port);
	if (err && err != -MST_E_ARGUMENT)
		fprintf(stderr, "muster-gw: cannot start: %s\n", mst_err_text(err));
	return err;
}

static int
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/** The control thread: answers musterctl, keeps time and cookie keys, until a signal. */
static int
control(struct gw *gw, const struct mst_gw_config *config, struct mst_ctl_server *server,
	int signals)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
		{.fd = mst_ctl_server_fd(server), .events = POLLIN}};
	uint64_t rotate_at = unix_ms() + config->bsf.cookie_rotate_ms;
	int err = 0;

	mst_rcu_register();
	while (err == 0) {
		mst_rcu_offline();
		poll(fds, 2, TICK_MS);
		mst_rcu_online();
		gw_set_time(gw, unix_ms());
		if (fds[0].revents & POLLIN)
			break;
		mst_ctl_server_step(server);
		if (unix_ms() >= rotate_at) {
			err = gw_rotate_cookies(gw);
			rotate_at = unix_ms() + config->bsf.cookie_rotate_ms;
		}
		for (unsigned i = 0; i < gw->workers; i++)
			if (gw->worker[i]->error)
				err = gw->worker[i]->error;
		mst_rcu_quiescent();
	}
	mst_rcu_unregister();
	if (err)
		fprintf(stderr, "muster-gw: stopped: %s\n", mst_err_text(err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
serve(struct gw *gw, const struct mst_gw_config *config, int signals)
{
	struct gw_verbs_user user = {.gw = gw, .started = time(NULL)};
	char error[MST_CTL_ERROR_SIZE];
	struct mst_ctl_server *server;
	int err = mst_ctl_server_create(
		&server, config->control.socket, gw_verbs, gw_verb_count, &user, error);
	int status;

	if (err) {
		fprintf(stderr, "muster-gw: %s\n", error);
		return EXIT_USAGE;
	}
	gw_set_time(gw, unix_ms());
	err = gw_start(gw);
	if (err) {
		fprintf(stderr, "muster-gw: cannot start workers: %s\n", mst_err_text(err));
		status = EXIT_FAILURE;
	} else {
		printf("muster-gw: ready: %u subscribers, %u workers, %s, control %s\n",
			gw->subscribers, gw->workers, mst_port_name(gw->port),
			config->control.socket);
		fflush(stdout);
		status = control(gw, config, server, signals);
		gw_stop(gw);
	}
	mst_ctl_server_destroy(server);
	return status;
}

static int
run(const struct mst_gw_config *config)
{
	char error[MST_PORT_ERROR_SIZE];
	unsigned cpus[GW_WORKERS_MAX];
	struct mst_port_config port_config = gw_config_port(config, cpus);
	struct mst_hss_set hss;
	struct mst_port *port = NULL;
	struct gw *gw = NULL;
	int signals = catch_signals(), status = EXIT_USAGE;

	guard_secrets();
	if (gw_provision(config, &hss))
		return EXIT_USAGE;
	if (mst_port_open(&port, &port_config, error)) {
		fprintf(stderr, "muster-gw: %s\n", error);
		goto out;
	}
	if (mst_rcu_start(-1) || make_gateway(config, &hss, port, &gw))
		goto out;
	status = serve(gw, config, signals);
	mst_rcu_stop();
	gw_destroy(gw);
out:
	mst_port_close(port);
	gw_unprovision(&hss);
	return status;
}

int
main(int argc, char **argv)
{
	struct arguments a = parse_arguments(argc, argv);
	struct mst_config_errors errors = {0};
	struct mst_gw_config config;
	int status = EXIT_SUCCESS;

	if (gw_config_load(&config, a.config, a.overrides, a.override_count, &errors)) {
		mst_config_errors_print(&errors, stderr);
		return EXIT_USAGE;
	}
	if (a.action == DUMP)
		mst_config_dump(&gw_config_schema, &config, stdout);
	else if (a.action == CHECK)
		printf("%s: good\n", a.config);
	else
		status = run(&config);
	gw_config_free(&config);
	return status;
}
