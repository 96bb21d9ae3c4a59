/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "usage.h"
#include "version.h"

#define SCENARIO_MAX 65536 /* octets of a scenario file */

enum {
	OPT_SUBSCRIBERS = 256,
	OPT_TRANSPORT_KEY,
	OPT_MAKE,
	OPT_OUT,
	OPT_FIRST_IMSI,
	OPT_GBA_U,
	OPT_METERS,
	OPT_GROUPS,
	OPT_FLOW,
	OPT_APPROVAL,
	OPT_THEN,
	OPT_SCENARIO,
	OPT_RATE,
	OPT_ARRIVAL,
	OPT_OUTSTANDING,
	OPT_FLOOD,
	OPT_FLOOD_ONE_PREFIX,
	OPT_LOSS,
	OPT_DUP,
	OPT_REORDER,
	OPT_SEED,
	OPT_RESYNC,
	OPT_SQN_TICK,
	OPT_USIM_TIME,
	OPT_ACK_TIMEOUT,
	OPT_DURATION_LIMIT,
	OPT_DEADLINE,
	OPT_IPV6,
	OPT_GATEWAY,
	OPT_PORT,
	OPT_WORKERS,
	OPT_QUEUES,
	OPT_CPU,
	OPT_HUGE,
	OPT_CONTROL,
	OPT_JSON,
	OPT_SLO,
	OPT_QUIET,
	OPT_CRYPTO,
	OPT_KEYLOG,
	OPT_KEYLOG_COUNT,
	OPT_ACKS,
	OPT_CAPTURE,
	OPT_CAPTURE_COUNT,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"subscribers", required_argument, NULL, OPT_SUBSCRIBERS},
	{"transport-key", required_argument, NULL, OPT_TRANSPORT_KEY},
	{"make-subscribers", required_argument, NULL, OPT_MAKE},
	{"out", required_argument, NULL, OPT_OUT},
	{"first-imsi", required_argument, NULL, OPT_FIRST_IMSI},
	{"gba-u", required_argument, NULL, OPT_GBA_U},
	{"meters", required_argument, NULL, OPT_METERS},
	{"groups", required_argument, NULL, OPT_GROUPS},
	{"flow", required_argument, NULL, OPT_FLOW},
	{"approval", no_argument, NULL, OPT_APPROVAL},
	{"then", required_argument, NULL, OPT_THEN},
	{"scenario", required_argument, NULL, OPT_SCENARIO},
	{"rate", required_argument, NULL, OPT_RATE},
	{"arrival", required_argument, NULL, OPT_ARRIVAL},
	{"outstanding", required_argument, NULL, OPT_OUTSTANDING},
	{"flood", required_argument, NULL, OPT_FLOOD},
	{"flood-one-prefix", no_argument, NULL, OPT_FLOOD_ONE_PREFIX},
	{"loss", required_argument, NULL, OPT_LOSS},
	{"dup", required_argument, NULL, OPT_DUP},
	{"reorder", required_argument, NULL, OPT_REORDER},
	{"seed", required_argument, NULL, OPT_SEED},
	{"resync", required_argument, NULL, OPT_RESYNC},
	{"sqn-tick", required_argument, NULL, OPT_SQN_TICK},
	{"usim-time", required_argument, NULL, OPT_USIM_TIME},
	{"ack-timeout", required_argument, NULL, OPT_ACK_TIMEOUT},
	{"duration-limit", required_argument, NULL, OPT_DURATION_LIMIT},
	{"deadline", required_argument, NULL, OPT_DEADLINE},
	{"ipv6", no_argument, NULL, OPT_IPV6},
	{"gateway", required_argument, NULL, OPT_GATEWAY},
	{"port", required_argument, NULL, OPT_PORT},
	{"workers", required_argument, NULL, OPT_WORKERS},
	{"queues", required_argument, NULL, OPT_QUEUES},
	{"cpu", required_argument, NULL, OPT_CPU},
	{"huge", no_argument, NULL, OPT_HUGE},
	{"control", required_argument, NULL, OPT_CONTROL},
	{"json", required_argument, NULL, OPT_JSON},
	{"slo", required_argument, NULL, OPT_SLO},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"crypto", required_argument, NULL, OPT_CRYPTO},
	{"keylog", required_argument, NULL, OPT_KEYLOG},
	{"keylog-count", required_argument, NULL, OPT_KEYLOG_COUNT},
	{"acks", required_argument, NULL, OPT_ACKS},
	{"capture", required_argument, NULL, OPT_CAPTURE},
	{"capture-count", required_argument, NULL, OPT_CAPTURE_COUNT},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
wrong(const char *format, ...)
{
	va_list args;

	fputs("muster-load: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\n", stderr);
	return -MST_E_ARGUMENT;
}

static int
take_number(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;
	unsigned long long v = 0;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v < min || v > max)
		return wrong("--%s is a whole number from %llu to %llu, not '%s'", name,
			(unsigned long long)min, (unsigned long long)max, text);
	*value = v;
	return 0;
}

static int
take_u32(const char *name, const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	uint64_t v = 0;
	int err = take_number(name, text, min, max, &v);

	if (err == 0)
		*value = (uint32_t)v;
	return err;
}

static int
take_percent(const char *name, const char *text, double *value)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end != '\0' || !(v >= 0 && v <= 100))
		return wrong("--%s is a percentage from 0 to 100, not '%s'", name, text);
	*value = v;
	return 0;
}

/** For a run a number; for SIM cards 32 hexadecimal digits. */
static int
take_seed(struct options *o, const char *text)
{
	uint64_t v = 0;

	if (strlen(text) == 32) {
		o->has_sim_seed = true;
		if (mst_hex_decode(text, 32, o->sim_seed, sizeof(o->sim_seed)) == 0)
			return 0;
		return wrong("--seed has 32 hexadecimal digits or is a whole number");
	}
	if (take_number("seed", text, 0, UINT64_MAX, &v) != 0)
		return -MST_E_ARGUMENT;
	o->gen.seed = v;
	return 0;
}

static int
take_flow(struct options *o, const char *text)
{
	static const char *const names[] = {"standard", "express", "gba"};

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			o->gen.flow = (enum gen_flow)i;
			return 0;
		}
	}
	return wrong("--flow is standard, express or gba, not '%s'", text);
}

/** Short for a constant rate; 0 is the closed loop. */
static int
take_rate(struct options *o, const char *text)
{
	uint32_t rate = 0;
	int err = take_u32("rate", text, 0, (uint32_t)ARRIVAL_RATE_MAX, &rate);

	if (err == 0)
		o->gen.arrival = (struct arrival){
			.kind = rate > 0 ? ARRIVAL_CONSTANT : ARRIVAL_CLOSED, .rate = rate};
	return err;
}

static int
take_arrival(struct options *o, const char *text)
{
	if (arrival_parse(&o->gen.arrival, text) == 0)
		return 0;
	return wrong("--arrival is constant:R, poisson:R, ramp:R1:R2:T, beta:T or outage:T, with "
		     "rates a second and T of up to an hour (500ms, 10s, 5min), not '%s'",
		text);
}

static int
take_port(struct options *o, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;

	if (colon == NULL || colon[1] == '\0')
		return wrong("--port is memif:SOCKET, tap:NAME or af_packet:INTERFACE");
	if (n == 5 && strncmp(text, "memif", n) == 0) {
		o->port.driver = MST_PORT_MEMIF;
		o->port.memif.socket = colon + 1;
	} else if (n == 3 && strncmp(text, "tap", n) == 0) {
		o->port.driver = MST_PORT_TAP;
		o->port.interface = colon + 1;
	} else if (n == 9 && strncmp(text, "af_packet", n) == 0) {
		o->port.driver = MST_PORT_AF_PACKET;
		o->port.interface = colon + 1;
	} else {
		return wrong("--port: no driver '%.*s'; there are memif, tap and af_packet", (int)n,
			text);
	}
	return 0;
}

static int
take_gateway(struct options *o, const char *text)
{
	struct link_address *a = &o->gen.gateway;

	memset(a->ip, 0, sizeof(a->ip));
	a->family = strchr(text, ':') != NULL ? 6 : 4;
	if (inet_pton(a->family == 4 ? AF_INET : AF_INET6, text, a->ip) != 1)
		return wrong("--gateway is an IPv4 or IPv6 address, not '%s'", text);
	return 0;
}

static int
take_cpu(struct options *o, const char *text)
{
	uint32_t cpu = 0;
	int err = take_u32("cpu", text, 0, 4095, &cpu);

	o->cpu = cpu;
	o->port.cpu_count = 1;
	return err;
}

static int
take_subscribers(struct options *o, const char *file)
{
	if (o->subscriber_files == OPTIONS_FILES_MAX)
		return wrong("at most %d files of subscribers", OPTIONS_FILES_MAX);
	o->subscribers[o->subscriber_files++] = file;
	return 0;
}

/** Tasks by their words, with commas between. */
static int
take_then(struct options *o, const char *text)
{
	static const char *const words[GEN_TASK_COUNT] = {
#define X(name, word, text) [GEN_TASK_##name] = word,
		GEN_TASKS(X)
#undef X
	};

	while (*text != '\0') {
		size_t n = strcspn(text, ",");
		unsigned t = GEN_TASK_JOIN + 1;

		while (t < GEN_TASK_COUNT && (words[t] == NULL || strlen(words[t]) != n ||
						     strncmp(words[t], text, n) != 0))
			t++;
		if (t == GEN_TASK_COUNT)
			return wrong("--then has watch, read, rekey, evict, leave and rejoin, not "
				     "'%.*s'",
				(int)n, text);
		if (o->gen.then_count == GEN_PHASES_MAX - 1)
			return wrong("--then has at most %d tasks", GEN_PHASES_MAX - 1);
		o->gen.then[o->gen.then_count++] = (enum gen_task)t;
		text += n + (text[n] == ',');
	}
	return 0;
}

static int take(struct options *o, int option, const char *arg);

/** One line of a scenario: NAME VALUE or NAME. */
static int
take_line(struct options *o, const char *file, unsigned number, char *line)
{
	char *rest = NULL, *name = strtok_r(line, " \t\r", &rest);
	char *value = strtok_r(NULL, "\r", &rest);

	if (name == NULL || name[0] == '#')
		return 0;
	for (const struct option *l = long_options; l->name != NULL; l++) {
		if (strcmp(l->name, name) != 0 || l->val == OPT_SCENARIO)
			continue;
		if ((l->has_arg == required_argument) != (value != NULL))
			break;
		return take(o, l->val, value) != 0 ? wrong("%s:%u: see above", file, number) : 0;
	}
	return wrong(
		"%s:%u: '%s' is no option of a scenario, or lacks its value", file, number, name);
}

/** Options from a file; those that follow on the command line win. */
static int
take_scenario(struct options *o, const char *file)
{
	char *text, *line;
	size_t size;
	FILE *f;
	int err = 0;

	if (o->scenario_files == OPTIONS_FILES_MAX)
		return wrong("at most %d scenarios", OPTIONS_FILES_MAX);
	f = fopen(file, "re");
	text = calloc(1, SCENARIO_MAX + 1);
	if (f == NULL || text == NULL) {
		err = wrong("%s: %s", file, strerror(errno));
		goto done;
	}
	size = fread(text, 1, SCENARIO_MAX, f);
	if (ferror(f) || size == SCENARIO_MAX || strlen(text) != size) {
		err = wrong("%s: no text of less than %d octets", file, SCENARIO_MAX);
		goto done;
	}
	line = o->scenarios[o->scenario_files++] = text;
	text = NULL;
	for (unsigned n = 1; err == 0 && line != NULL; n++)
		err = take_line(o, file, n, strsep(&line, "\n"));
done:
	free(text);
	if (f != NULL)
		fclose(f);
	return err;
}

void
options_release(struct options *options)
{
	for (unsigned i = 0; i < options->scenario_files; i++)
		free(options->scenarios[i]);
	options->scenario_files = 0;
}

/** Options that describe meters and SIM cards. */
static int
take_meters(struct options *o, int option, const char *arg)
{
	switch (option) {
	case OPT_SUBSCRIBERS:
		return take_subscribers(o, arg);
	case OPT_TRANSPORT_KEY:
		o->transport_key = arg;
		return 0;
	case OPT_MAKE:
		o->action = OPTIONS_MAKE_SUBSCRIBERS;
		return take_number("make-subscribers", arg, 1, UINT32_MAX, &o->make_count);
	case OPT_OUT:
		o->out = arg;
		return 0;
	case OPT_FIRST_IMSI:
		o->first_imsi = arg;
		return 0;
	case OPT_GBA_U:
		return take_percent("gba-u", arg, &o->gba_u);
	case OPT_METERS:
		return take_u32("meters", arg, 1, LINK_METERS_MAX, &o->gen.meters);
	case OPT_GROUPS:
		return take_u32("groups", arg, 0, LINK_METERS_MAX, &o->gen.groups);
	case OPT_FLOW:
		return take_flow(o, arg);
	case OPT_APPROVAL:
		o->gen.approval = true;
		return 0;
	case OPT_THEN:
		return take_then(o, arg);
	case OPT_SCENARIO:
		return take_scenario(o, arg);
	case OPT_RESYNC:
		return take_percent("resync", arg, &o->gen.resync);
	case OPT_SQN_TICK:
		return take_u32("sqn-tick", arg, 1, 60000, &o->gen.sqn_tick_ms);
	case OPT_USIM_TIME:
		return take_number("usim-time", arg, 1, UINT64_MAX, &o->usim_time_ms);
	default:
		return take_seed(o, arg);
	}
}

/** Options of load and result. */
static int
take_load(struct options *o, int option, const char *arg)
{
	switch (option) {
	case OPT_RATE:
		return take_rate(o, arg);
	case OPT_ARRIVAL:
		return take_arrival(o, arg);
	case OPT_OUTSTANDING:
		return take_u32("outstanding", arg, 1, LINK_METERS_MAX, &o->gen.outstanding);
	case OPT_FLOOD:
		return take_u32("flood", arg, 0, 100000000, &o->gen.flood);
	case OPT_FLOOD_ONE_PREFIX:
		o->gen.flood_one_prefix = true;
		return 0;
	case OPT_LOSS:
		return take_percent("loss", arg, &o->gen.loss);
	case OPT_DUP:
		return take_percent("dup", arg, &o->gen.dup);
	case OPT_REORDER:
		return take_percent("reorder", arg, &o->gen.reorder);
	case OPT_ACK_TIMEOUT:
		return take_u32("ack-timeout", arg, 1, 10000, &o->gen.ack_timeout_ms);
	case OPT_DURATION_LIMIT:
		return take_u32("duration-limit", arg, 1, 86400, &o->gen.duration_limit_s);
	case OPT_DEADLINE:
		return take_u32("deadline", arg, 1, 600000, &o->gen.deadline_ms);
	case OPT_CONTROL:
		o->control = arg;
		return 0;
	case OPT_SLO:
		return slo_parse(&o->slo, arg) ? wrong("--slo %s: see muster-load(1)", arg) : 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_KEYLOG:
		o->gen.keylog = arg;
		return 0;
	case OPT_KEYLOG_COUNT:
		return take_u32("keylog-count", arg, 1, LINK_METERS_MAX, &o->gen.keylog_count);
	case OPT_ACKS:
		o->gen.acks = arg;
		return 0;
	case OPT_CAPTURE:
		o->gen.capture = arg;
		return 0;
	case OPT_CAPTURE_COUNT:
		return take_number("capture-count", arg, 1, UINT64_MAX - 1, &o->gen.capture_count);
	default:
		o->quiet = true;
		return 0;
	}
}

static int
take_network(struct options *o, int option, const char *arg)
{
	uint32_t workers;

	switch (option) {
	case OPT_IPV6:
		if (o->gen.gateway.family == 0)
			return take_gateway(o, "fd00:10::ffff:ffff");
		return 0;
	case OPT_GATEWAY:
		return take_gateway(o, arg);
	case OPT_PORT:
		return take_port(o, arg);
	case OPT_WORKERS:
		return take_u32("workers", arg, 1, 1, &workers);
	case OPT_QUEUES:
		return take_u32("queues", arg, 1, MST_PORT_QUEUES_MAX, &o->gen.queues);
	case OPT_CPU:
		return take_cpu(o, arg);
	case OPT_HUGE:
		o->port.huge = true;
		return 0;
	default:
		o->gen.crypto = arg;
		return 0;
	}
}

static int
take(struct options *o, int option, const char *arg)
{
	switch (option) {
	case OPT_HELP:
		fputs(usage_text, stdout);
		o->action = OPTIONS_EXIT;
		return 0;
	case OPT_VERSION:
		puts("muster-load " LOAD_VERSION);
		o->action = OPTIONS_EXIT;
		return 0;
	case OPT_IPV6:
	case OPT_GATEWAY:
	case OPT_PORT:
	case OPT_WORKERS:
	case OPT_QUEUES:
	case OPT_CPU:
	case OPT_HUGE:
	case OPT_CRYPTO:
		return take_network(o, option, arg);
	case OPT_SUBSCRIBERS:
	case OPT_TRANSPORT_KEY:
	case OPT_MAKE:
	case OPT_OUT:
	case OPT_FIRST_IMSI:
	case OPT_GBA_U:
	case OPT_METERS:
	case OPT_GROUPS:
	case OPT_FLOW:
	case OPT_APPROVAL:
	case OPT_THEN:
	case OPT_SCENARIO:
	case OPT_RESYNC:
	case OPT_SQN_TICK:
	case OPT_USIM_TIME:
	case OPT_SEED:
		return take_meters(o, option, arg);
	case '?':
		return -MST_E_ARGUMENT;
	default:
		return take_load(o, option, arg);
	}
}

/** What spans options. */
static int
check(struct options *o)
{
	struct gen_options *g = &o->gen;

	if (o->action == OPTIONS_MAKE_SUBSCRIBERS)
		return o->out != NULL ? 0 : wrong("--make-subscribers needs --out FILE");
	if (o->subscriber_files == 0)
		return wrong("--subscribers FILE is missing; --help lists all options");
	if (o->port.driver == MST_PORT_MEMIF && o->port.memif.socket == NULL)
		return wrong("--port memif:SOCKET is missing");
	if (g->flow == GEN_GBA)
		g->groups = 0;
	if (g->groups == 0 && (g->approval || g->then_count > 0))
		return wrong(
			"--approval and --then are about groups: --groups, and not --flow gba");
	if (g->meters != 0 && g->groups > g->meters)
		return wrong("--groups is more than --meters: every group has a creator");
	if ((g->keylog == NULL) != (g->keylog_count == 0))
		return wrong("--keylog and --keylog-count go together");
	if ((g->capture == NULL) != (g->capture_count == 0))
		return wrong("--capture and --capture-count go together");
	if (g->meters != 0 && arrival_span_s(&g->arrival, g->meters) > ARRIVAL_TIME_MAX)
		return wrong("--arrival, --rate: %u meters take more than an hour", g->meters);
	return 0;
}

int
options_parse(struct options *options, int argc, char **argv)
{
	int option, err = 0;

	*options = (struct options){
		.gen = {.groups = 1,
			.outstanding = 4096,
			.ack_timeout_ms = MST_COAP_ACK_TIMEOUT_MS,
			.sqn_tick_ms = 100,
			.resync = 1,
			.seed = 1,
			.queues = 1,
			.gateway.port = MST_COAP_PORT},
		.first_imsi = "001010000000000",
	};
	while (err == 0 && options->action != OPTIONS_EXIT &&
		(option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		err = take(options, option, optarg);
	if (err != 0 || options->action == OPTIONS_EXIT)
		return err;
	if (optind < argc)
		return wrong("'%s' is no option", argv[optind]);
	if (options->gen.gateway.family == 0)
		err = take_gateway(options, "10.255.255.1");
	return err != 0 ? err : check(options);
}
