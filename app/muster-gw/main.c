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

#include "audit_file.h"
#include "base/err.h"
#include "config.h"
#include "durable.h"
#include "gw.h"
#include "log.h"
#include "metrics_http.h"
#include "notify.h"
#include "provision.h"
#include "verbs.h"
#include "verbs_replica.h"

#define EXIT_USAGE    2
#define OVERRIDES_MAX 64

/** The control thread wakes at least this often to set the workers' clock. */
#define TICK_MS 1000
/** How often it looks whether a verification is over. */
#define VERIFY_MS 20
/** And so often to write the audit trail. */
#define AUDIT_MS 20

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
	"Exit status: 0 after SIGINT or SIGTERM, 1 failure at run time, 2 usage or "
	"configuration.\n";

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
make_host(
	const struct mst_gw_config *config, const struct mst_port *port, struct mst_net_host *host)
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

/** What a new group is unless its creator says otherwise. */
static struct mst_policy
preset_policy(const struct mst_gw_config *c)
{
	return (struct mst_policy){
		.check_interval_s = (uint32_t)(c->limits.key_check_interval_ms / 1000),
		.expiration_delta_s = (uint32_t)(c->groups.expiration_delta_ms / 1000),
		.member_limit = (uint32_t)c->groups.member_limit,
		.window_s = (uint32_t)(c->groups.rekey_window_ms / 1000),
		.key_life_s = (uint32_t)(c->limits.group_key_lifetime_ms / 1000),
		.admission = (uint8_t)c->groups.admission,
		.rekey_leave = (uint8_t)c->groups.rekey_leave,
		.rekey_join = c->groups.rekey_join,
		.history = c->groups.history,
	};
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
		.policy = preset_policy(c),
		.decision_s = (uint32_t)(c->groups.decision_time_ms / 1000),
		.candidates = (uint32_t)c->limits.candidates,
		.exchanges = (uint32_t)c->limits.exchanges,
		.notify_rate = (uint32_t)c->groups.notify_rate,
		.sources = {.rate = (uint32_t)c->limits.prefix_rate,
			.burst = (uint32_t)c->limits.prefix_burst,
			.bits4 = (uint8_t)c->limits.prefix_ipv4,
			.bits6 = (uint8_t)c->limits.prefix_ipv6},
		.audit = c->audit.file != NULL,
		.audit_joins = c->audit.joins,
		.naf_group = (uint8_t)c->naf.group,
		.create_limit = (unsigned)c->limits.groups_created,
		.join_limit = (unsigned)c->limits.groups_joined,
		/* Without Redis cookie keys are made anew at every start, so no context of an
		   earlier run returns; with it the epoch is leased. */
		.epoch = 1,
	};
	uint64_t subscribers = 0;
	int err = make_host(c, port, &o.host);

	if (err)
		return err;
	memcpy(o.ua, c->naf.ua, sizeof(o.ua));
	for (unsigned h = 0; h < hss->count; h++)
		subscribers += mst_subs_count(hss->store[h]);
	if (o.memberships == 0) {
		uint64_t wanted = subscribers * 2 + o.groups;

		o.memberships =
			wanted < MST_TABLE_CAPACITY_MAX ? (uint32_t)wanted : MST_TABLE_CAPACITY_MAX;
	}
	err = gw_create(gw, &o, hss, port);
	if (err)
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
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/** What the control thread works on. */
struct control {
	const struct mst_gw_config *config;
	struct mst_port *port;
	struct mst_ctl_server *server;
	struct gw *gw;
	struct gw_replica *replica; /* or NULL */
	struct gw_metrics_http metrics;
	struct gw_notify notify;
	int signals;
	bool link;
	uint64_t rotate_at;
};

/** Reads what signals came. Returns whether to stop. */
static bool
take_signals(int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			gw_log(GW_LOG_INFO, "stopping on %s",
				info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
			return true;
		}
		gw_log_reopen();
		gw_audit_file_reopen();
	}
	return false;
}

/** What is due from time to time. Returns 0 or a negative error that ends the gateway. */
static int
tend(struct control *c)
{
	bool link = mst_port_tend(c->port);
	uint64_t now = unix_ms();
	int err = 0;

	gw_set_time(c->gw, now);
	gw_notify_alive(&c->notify, c->gw, now);
	if (link != c->link)
		gw_log(GW_LOG_INFO, "link is %s", link ? "up" : "down");
	c->link = link;
	if (now >= c->rotate_at) {
		err = gw_rotate_cookies(c->gw);
		c->rotate_at = now + c->config->bsf.cookie_rotate_ms;
		gw_log(GW_LOG_DEBUG, "new cookie key");
		if (err == 0 && c->replica != NULL)
			gw_replica_cookies(c->replica, (uint32_t)(now / 1000));
	}
	for (unsigned i = 0; i < c->gw->workers && err == 0; i++)
		err = c->gw->worker[i]->error;
	if (err == 0 && c->replica != NULL && atomic_load(&c->replica->fenced))
		err = -MST_E_FENCED;
	return err;
}

/** The control thread: answers musterctl, keeps time, link and cookie keys, until a signal. */
static int
control(struct control *c)
{
	struct pollfd fds[2 + GW_METRICS_SERVERS] = {{.fd = c->signals, .events = POLLIN},
		{.fd = mst_ctl_server_fd(c->server), .events = POLLIN}};
	bool verifying = false;
	int err = 0, wait;

	for (unsigned i = 0; i < c->metrics.count; i++)
		fds[2 + i] =
			(struct pollfd){.fd = gw_metrics_http_fd(&c->metrics, i), .events = POLLIN};
	c->rotate_at = unix_ms() + c->config->bsf.cookie_rotate_ms;
	mst_rcu_register();
	while (err == 0) {
		mst_rcu_offline();
		wait = verifying ? VERIFY_MS : c->gw->audit ? AUDIT_MS : TICK_MS;
		poll(fds, 2 + c->metrics.count, gw_metrics_http_wait(&c->metrics, wait));
		mst_rcu_online();
		if ((fds[0].revents & POLLIN) && take_signals(c->signals))
			break;
		mst_ctl_server_step(c->server);
		gw_metrics_http_step(&c->metrics);
		verifying = gw_verbs_replica_tend(c->gw);
		gw_audit_file_write(c->gw);
		err = tend(c);
		mst_rcu_quiescent();
	}
	mst_rcu_unregister();
	if (err)
		gw_log(GW_LOG_ERROR, "stopped: %s", mst_err_text(err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/** Workers first, then the link, so that no frame waits for a worker. */
static int
serve(struct control *c)
{
	char error[MST_PORT_ERROR_SIZE];
	int status = EXIT_FAILURE, err;

	gw_set_time(c->gw, unix_ms());
	err = gw_start(c->gw);
	if (err == 0 && c->replica != NULL)
		err = gw_replica_start(c->replica);
	if (err) {
		fprintf(stderr, "muster-gw: cannot start workers: %s\n", mst_err_text(err));
	} else if (mst_port_start(c->port, error)) {
		fprintf(stderr, "muster-gw: %s\n", error);
	} else {
		printf("muster-gw: ready: %u subscribers, %u workers, %s, control %s\n",
			c->gw->subscribers, c->gw->workers, mst_port_name(c->port),
			c->config->control.socket);
		fflush(stdout);
		gw_notify_send("READY=1");
		status = control(c);
		gw_notify_send("STOPPING=1");
	}
	gw_stop(c->gw);
	gw_audit_file_write(c->gw);
	return status;
}

/** Opens what can be refused at once, then loads the subscribers, which takes its time. */
static int
run(const struct mst_gw_config *config)
{
	_Static_assert(MST_PORT_ERROR_SIZE >= MST_CTL_ERROR_SIZE, "one text serves both");
	_Static_assert(MST_PORT_ERROR_SIZE >= GW_METRICS_ERROR, "and the metrics' too");
	char error[MST_PORT_ERROR_SIZE];
	unsigned cpus[MST_PORT_QUEUES_MAX];
	struct mst_port_config port_config = gw_config_port(config, cpus);
	struct gw_verbs_user user = {.started = time(NULL)};
	struct control c = {.config = config, .signals = catch_signals()};
	struct mst_hss_set hss = {0};
	int status = EXIT_USAGE, err;
	bool rcu = false;

	guard_secrets();
	gw_notify_init(&c.notify);
	port_config.held = true;
	if (gw_log_open((enum gw_log_level)config->log.level,
		    (enum gw_log_format)config->log.format, (unsigned)config->log.rate,
		    config->log.file) ||
		gw_audit_file_open(config->audit.file))
		return EXIT_USAGE;
	if (mst_port_open(&c.port, &port_config, error) ||
		mst_ctl_server_create(
			&c.server, config->control.socket, gw_verbs, gw_verb_count, &user, error) ||
		gw_metrics_http_open(&c.metrics, config, error)) {
		fprintf(stderr, "muster-gw: %s\n", error);
		goto out;
	}
	if (gw_provision(config, &hss) || mst_rcu_start(-1))
		goto out;
	rcu = true;
	if (make_gateway(config, &hss, c.port, &c.gw))
		goto out;
	user.gw = c.metrics.gw = c.gw;
	c.metrics.started = user.started;
	err = gw_durable_open(config, c.gw, &c.replica);
	if (err) {
		status = err == -MST_E_BUSY ? EXIT_SUCCESS : EXIT_FAILURE;
		goto out;
	}
	status = serve(&c);
out:
	gw_metrics_http_close(&c.metrics);
	gw_replica_close(c.replica);
	if (rcu)
		mst_rcu_stop();
	gw_destroy(c.gw);
	mst_port_close(c.port);
	mst_ctl_server_destroy(c.server);
	gw_unprovision(&hss);
	gw_audit_file_close();
	gw_log_close();
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
