/* SPDX-License-Identifier: BSD-3-Clause */
/* musterctl: asks a running gateway over its control socket. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "config/paths.h"
#include "ctl/ctl.h"
#include "print.h"
#include "top.h"

#define EXIT_GATEWAY 1
#define EXIT_USAGE   2
#define SOCKET_NAME  "/muster.sock"
#define WATCH_MAX    3600

static const char usage[] =
	"usage: musterctl [--socket PATH] [--json] [--watch SECONDS] VERB\n"
	"\n"
	"  status                  what runs: port, workers, sizes, memory\n"
	"  stats                   outcomes, drops by reason, cycles by stage\n"
	"  top [--once]            rates, busy share of workers, drops, Redis; every --watch\n"
	"                          seconds (default 1)\n"
	"  group list              all groups with their key ids and numbers of members\n"
	"  group show G-ID         one group, its owners and policies\n"
	"  group members G-ID      IMSI, IMEI and since when, of each member\n"
	"  group export            the members of all groups, as CSV\n"
	"  group create [POLICY=VALUE]...\n"
	"                          a group of the operator's; see POLICIES in musterctl(1)\n"
	"  group policy G-ID [POLICY=VALUE]...\n"
	"                          shows the policies, after changing those given\n"
	"  group pending G-ID      who waits to be admitted\n"
	"  group approve G-ID IMSI|all\n"
	"  group deny G-ID IMSI|all\n"
	"  group evict G-ID IMSI   out, until approved again\n"
	"  group rekey G-ID        makes a new key\n"
	"  group transfer G-ID IMSI\n"
	"                          makes a member the principal owner\n"
	"  group dissolve G-ID\n"
	"  subscriber show IMSI    settings, limits, groups\n"
	"  subscriber bar IMSI     ends its session and memberships\n"
	"  subscriber unbar IMSI\n"
	"  session show ID         the session of an IMSI or a B-TID\n"
	"  replica status          what Redis has and what is on its way; records not loaded\n"
	"  replica verify          compares all records in Redis with memory\n"
	"  kek rotate FILE         wraps the data keys under the key in FILE\n"
	"\n"
	"  -s, --socket PATH       control socket (default muster.sock in\n"
	"                          $XDG_RUNTIME_DIR/muster, for root in /run/muster)\n"
	"  -j, --json              one JSON object a line\n"
	"  -w, --watch SECONDS     asks again and again\n"
	"  -V, --version\n"
	"  -h, --help\n"
	"\n"
	"Keys are never shown; key ids, which tell keys apart, are.\n"
	"Exit status: 0 good, 1 the gateway answered with an error, 2 usage, or no gateway.\n";

/** A verb: its words, what its arguments are called in a request, how its rows look to people. */
struct verb {
	const char *words[2];
	const char *arguments[2];
	bool policies; /* POLICY=VALUE may follow */
	void (*print)(struct printer *printer, const json_t *row);
};

static const struct verb verbs[] = {
	{{"status"}, {NULL}, false, print_tree},
	{{"stats"}, {NULL}, false, print_tree},
	{{"group", "list"}, {NULL}, false, print_table},
	{{"group", "show"}, {"group"}, false, print_tree},
	{{"group", "members"}, {"group"}, false, print_table},
	{{"group", "export"}, {NULL}, false, print_csv},
	{{"group", "create"}, {NULL}, true, print_tree},
	{{"group", "policy"}, {"group"}, true, print_tree},
	{{"group", "pending"}, {"group"}, false, print_table},
	{{"group", "approve"}, {"group", "imsi"}, false, print_tree},
	{{"group", "deny"}, {"group", "imsi"}, false, print_tree},
	{{"group", "evict"}, {"group", "imsi"}, false, print_tree},
	{{"group", "rekey"}, {"group"}, false, print_tree},
	{{"group", "transfer"}, {"group", "imsi"}, false, print_tree},
	{{"group", "dissolve"}, {"group"}, false, print_tree},
	{{"subscriber", "show"}, {"imsi"}, false, print_tree},
	{{"subscriber", "bar"}, {"imsi"}, false, print_tree},
	{{"subscriber", "unbar"}, {"imsi"}, false, print_tree},
	{{"session", "show"}, {"session"}, false, print_tree},
	{{"replica", "status"}, {NULL}, false, print_tree},
	{{"replica", "verify"}, {NULL}, false, print_tree},
	{{"kek", "rotate"}, {"file"}, false, print_tree},
};

static const struct option options[] = {
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"watch", required_argument, NULL, 'w'},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static _Noreturn void
wrong_usage(const char *message)
{
	fprintf(stderr, "musterctl: %s; see musterctl --help\n", message);
	exit(EXIT_USAGE);
}

/** The verb that argv names; *words gets how many words it took. */
static const struct verb *
find_verb(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *v = &verbs[i];

		*words = v->words[1] != NULL ? 2 : 1;
		if (argc < *words || strcmp(argv[0], v->words[0]) != 0)
			continue;
		if (v->words[1] == NULL || strcmp(argv[1], v->words[1]) == 0)
			return v;
	}
	wrong_usage(argc > 0 ? "no such verb" : "no verb");
}

struct output {
	const struct verb *verb;
	struct printer printer;
	bool json;
};

static int
on_row(void *user, json_t *row)
{
	struct output *o = user;

	if (o->json) {
		json_dumpf(row, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		o->verb->print(&o->printer, row);
	}
	return ferror(stdout) ? -MST_E_FILE : 0;
}

/** Makes the arguments of a request; ends the program where they are not the verb's. */
static json_t *
make_args(const struct verb *v, int argc, char **argv)
{
	json_t *args = json_object(), *policies = json_object();
	int n = 0;

	for (; n < 2 && v->arguments[n] != NULL; n++) {
		if (n == argc)
			wrong_usage("this verb takes more arguments");
		json_object_set_new(args, v->arguments[n], json_string(argv[n]));
	}
	for (; v->policies && n < argc; n++) {
		char *equals = strchr(argv[n], '=');

		if (equals == NULL)
			wrong_usage("policies are given as POLICY=VALUE");
		*equals = '\0';
		json_object_set_new(policies, argv[n], json_string(equals + 1));
	}
	if (n < argc)
		wrong_usage("this verb takes fewer arguments");
	json_object_set_new(args, "policies", policies);
	return args;
}

/** Asks once. Returns the exit code. */
static int
ask(struct mst_ctl_client *client, const struct verb *v, json_t *args, struct output *o)
{
	char error[MST_CTL_ERROR_SIZE] = "cannot write", name[32];
	int err;

	snprintf(name, sizeof(name), "%s%s%s", v->words[0], v->words[1] ? " " : "",
		v->words[1] ? v->words[1] : "");
	err = mst_ctl_client_call(client, name, json_incref(args), on_row, o, error);
	if (err == 0 && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "musterctl: %s\n", error);
	return err > 0 ? EXIT_GATEWAY : EXIT_USAGE;
}

/** Asks once, or every `watch` seconds until something fails. Returns the exit code. */
static int
run(const char *socket, const struct verb *v, json_t *args, bool json, unsigned watch)
{
	struct output o = {.verb = v, .json = json};
	char error[MST_CTL_ERROR_SIZE];
	struct mst_ctl_client *client;
	int code = EXIT_USAGE;

	if (mst_ctl_client_open(&client, socket, error)) {
		fprintf(stderr, "musterctl: %s\n", error);
		goto out;
	}
	while ((code = ask(client, v, args, &o)) == EXIT_SUCCESS && watch > 0) {
		sleep(watch);
		o.printer.rows = 0;
		if (!json)
			putchar('\n');
	}
	mst_ctl_client_close(client);
out:
	json_decref(args);
	return code;
}

/** What follows the word top. Returns the exit code. */
static int
run_top(const char *socket, int argc, char **argv, bool json, unsigned watch)
{
	bool once = false;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			once = true;
		else if (strcmp(argv[i], "--json") == 0)
			json = true;
		else
			wrong_usage("top takes --once and --json");
	}
	return top_run(socket, watch > 0 ? watch : 1, once, json);
}

static const char *
default_socket(void)
{
	static char path[256];
	char dir[sizeof(path) - sizeof(SOCKET_NAME)];

	if (mst_config_runtime_dir(dir, sizeof(dir)) != 0)
		wrong_usage("XDG_RUNTIME_DIR is too long");
	snprintf(path, sizeof(path), "%s" SOCKET_NAME, dir);
	return path;
}

static unsigned
parse_watch(const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || seconds == 0 || seconds > WATCH_MAX)
		wrong_usage("--watch takes seconds, 1 to 3600");
	return (unsigned)seconds;
}

int
main(int argc, char **argv)
{
	const char *socket = NULL;
	const struct verb *v;
	json_t *args;
	bool json = false;
	unsigned watch = 0;
	int c, words;

	while ((c = getopt_long(argc, argv, "+s:jw:Vh", options, NULL)) != -1) {
		switch (c) {
		case 's':
			socket = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'w':
			watch = parse_watch(optarg);
			break;
		case 'V':
			puts("musterctl " MUSTER_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			wrong_usage("wrong option");
		}
	}
	if (socket == NULL)
		socket = default_socket();
	if (optind < argc && strcmp(argv[optind], "top") == 0)
		return run_top(socket, argc - optind - 1, argv + optind + 1, json, watch);
	v = find_verb(argc - optind, argv + optind, &words);
	argc -= optind + words;
	argv += optind + words;
	/* --json is also taken at the end, where people type it. */
	if (argc > 0 && strcmp(argv[argc - 1], "--json") == 0) {
		json = true;
		argc--;
	}
	args = make_args(v, argc, argv);
	return run(socket, v, args, json, watch);
}
