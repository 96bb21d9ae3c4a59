/* SPDX-License-Identifier: BSD-3-Clause */
/* muster-load: options, set-up, the run, its proof and result. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "subscribers.h"

enum {
	EXIT_AGREES = 0,
	EXIT_DISAGREES = 1,
	EXIT_SETUP = 2,
	EXIT_SLO = 3,
};

#define LINK_TIMEOUT_MS 10000
#define RING_MIN        1024
#define RING_MAX        16384
#define RING_OPEN_LOOP  4096
#define POLL_MS         20

static struct gen *running;

static void
on_signal(int number)
{
	(void)number;
	if (running != NULL)
		gen_stop(running);
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static uint64_t
unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/** Everything that a run opens. */
struct run {
	struct options *options;
	struct mst_subs *subs;
	struct mst_port *port;
	struct mst_ctl_client *client;
	struct gen *gen;
	struct proof *proof;
	struct report report;
	bool link_went; /* it was down for a while: the gateway may be another process */
};

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "muster-load: %s: %s\n", what, why);
	return -MST_E_SYSTEM;
}

/** A ring holds all that can be under way, so that a pause of this process loses nothing. */
static unsigned
ring_size(const struct gen_options *o)
{
	unsigned want = o->arrival.kind == ARRIVAL_CLOSED ? o->outstanding : RING_OPEN_LOOP,
		 size = RING_MIN;

	while (size < want && size < RING_MAX)
		size *= 2;
	return size;
}

static int
open_port(struct run *run)
{
	struct options *o = run->options;
	struct mst_port_config config = o->port;
	char error[MST_PORT_ERROR_SIZE] = "";
	int err;

	config.program = "muster-load";
	config.queues = o->gen.queues;
	if (config.cpu_count != 0)
		config.cpus = &o->cpu;
	config.ring_size = ring_size(&o->gen);
	/* The rings of the port, and frames that wait for room in them. */
	config.mbufs = o->gen.queues * (LINK_TX_MAX + 2 * config.ring_size) + 4096;
	err = mst_port_open(&run->port, &config, error);
	if (err != 0)
		return fail("port", error);
	if (mst_port_wait_link(run->port, LINK_TIMEOUT_MS) != 0)
		return fail(mst_port_name(run->port), "no gateway at the other end within 10 s");
	return 0;
}

static int
ask_stats(struct run *run, struct gateway_stats *stats)
{
	char error[MST_CTL_ERROR_SIZE] = "";

	if (run->client == NULL)
		return 0;
	return gateway_stats(run->client, stats, error) != 0 ? fail("stats", error) : 0;
}

static int
set_up(struct run *run)
{
	struct options *o = run->options;
	char error[MST_CTL_ERROR_SIZE] = "", gen_error[GEN_ERROR_SIZE] = "";

	if (o->control != NULL && mst_ctl_client_open(&run->client, o->control, error) != 0)
		return fail(o->control, error);
	if (subscribers_import(o, &run->subs) != 0)
		return -MST_E_SYSTEM;
	if (open_port(run) != 0)
		return -MST_E_SYSTEM;
	if (gen_create(&run->gen, &o->gen, run->subs, run->port,
		    o->usim_time_ms != 0 ? o->usim_time_ms : unix_ms(), gen_error) != 0)
		return fail("set-up", gen_error);
	return ask_stats(run, &run->report.before);
}

/** After the link was down: the control connection is new, and so may be what the gateway counts.
 */
static int
find_again(struct run *run)
{
	char error[MST_CTL_ERROR_SIZE] = "";

	if (!run->link_went || run->client == NULL)
		return 0;
	mst_ctl_client_close(run->client);
	run->client = NULL;
	run->report.before = (struct gateway_stats){0};
	return mst_ctl_client_open(&run->client, run->options->control, error) != 0
		       ? fail(run->options->control, error)
		       : 0;
}

static int
play(struct run *run)
{
	const struct timespec poll = {.tv_nsec = POLL_MS * 1000000L};
	struct progress progress;
	unsigned down_ms = 0;
	bool gone = false;

	running = run->gen;
	catch_signals();
	if (gen_start(run->gen) != 0)
		return fail("data thread", strerror(errno));
	progress_begin(&progress);
	while (!gen_finished(run->gen)) {
		nanosleep(&poll, NULL);
		down_ms = mst_port_tend(run->port) ? 0 : down_ms + POLL_MS;
		if (down_ms > 0)
			run->link_went = true;
		gone = gone || down_ms >= LINK_TIMEOUT_MS;
		if (gone)
			gen_stop(run->gen);
		if (!run->options->quiet)
			progress_step(&progress, run->gen);
	}
	if (!run->options->quiet)
		progress_end(&progress);
	if (gen_join(run->gen) != 0)
		return fail("gateway", run->gen->error_text);
	return gone ? fail("gateway", "gone: the link has been down for 10 s") : 0;
}

/** Every meter that joined shows its key, from where it must be. */
static void
collect_keys(struct run *run)
{
	const struct gen *gen = run->gen;

	for (uint32_t m = 0; m < gen->options.meters; m++) {
		const struct me *me = &gen->mes.at[m];
		bool gba_u = uicc_is_gba_u(&gen->uiccs, m);
		const struct vault *vault =
			gba_u ? uicc_vault(&gen->uiccs, m) : me_vault(&gen->mes, m);
		uint64_t gid;
		mst_b16 kg;

		if (me->state != ME_DONE || (me->life & ME_OUT) != 0)
			continue;
		if (vault == NULL || (gba_u && me_vault(&gen->mes, m) != NULL) ||
			!vault_group(vault, &gid, kg)) {
			proof_no_key(run->proof);
			continue;
		}
		proof_member(run->proof, m % gen->options.groups, gid, kg);
		mst_wipe(kg, sizeof(kg));
	}
}

static int
prove(struct run *run)
{
	const struct gen *gen = run->gen;
	bool all_joined = gen->counter[GEN_JOINED] == gen->options.meters;
	char error[MST_CTL_ERROR_SIZE] = "";

	if (gen->options.groups == 0) {
		run->report.verdict.agrees = true;
		return 0;
	}
	if (proof_create(&run->proof, gen->options.groups) != 0)
		return fail("proof", mst_err_text(MST_E_NO_MEMORY));
	collect_keys(run);
	proof_key_ids(run->proof, gen->crypto);
	if (run->client != NULL && gateway_groups(run->client, run->proof, error) != 0)
		return fail("group list", error);
	proof_conclude(run->proof, all_joined, &run->report.verdict);
	return 0;
}

/** Objectives first; meters that failed count by themselves unless an objective is about them. */
static int
judge(const struct report *report)
{
	const struct gen *gen = report->gen;
	const struct slo_result result = report_slo_result(report);
	bool all = gen->counter[GEN_JOINED] == gen->options.meters &&
		   gen->counter[GEN_FAILED] == 0 && report->verdict.agrees;
	bool judged = false, met = true;
	double measured;

	if (report->verdict.kg_mismatch > 0)
		return EXIT_DISAGREES;
	for (unsigned i = 0; i < report->slo->count; i++) {
		judged = judged || report->slo->term[i].kind == SLO_FAILED;
		met = slo_holds(&report->slo->term[i], &result, &measured) && met;
	}
	if (!met)
		return EXIT_SLO;
	return all || judged ? EXIT_AGREES : EXIT_DISAGREES;
}

/** Prints and writes the result. Returns the exit status. */
static int
conclude(struct run *run)
{
	struct report *report = &run->report;
	const char *json = run->options->json;
	bool to_stdout = json != NULL && strcmp(json, "-") == 0;

	report_print(report, to_stdout ? stderr : stdout);
	if (gen_close_aids(run->gen) != 0) {
		fail("--keylog, --acks, --capture", "not written whole");
		return EXIT_SETUP;
	}
	if (json != NULL && report_json(report, json) != 0) {
		fail(json, strerror(errno));
		return EXIT_SETUP;
	}
	return judge(report);
}

static int
run_meters(struct options *options)
{
	struct run run = {.options = options};
	int status = EXIT_SETUP;

	if (set_up(&run) == 0 && play(&run) == 0 && find_again(&run) == 0 &&
		ask_stats(&run, &run.report.after) == 0 && prove(&run) == 0) {
		run.report.gen = run.gen;
		run.report.slo = &options->slo;
		run.report.seconds = options->gen.then_count > 0 ? run.gen->phase[0].seconds
								 : gen_seconds(run.gen);
		run.report.has_gateway = run.client != NULL;
		status = conclude(&run);
	}
	running = NULL;
	proof_destroy(run.proof);
	gen_destroy(run.gen);
	mst_port_close(run.port);
	mst_ctl_client_close(run.client);
	mst_subs_destroy(run.subs);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;
	int status = EXIT_SETUP;

	if (options_parse(&options, argc, argv) == 0)
		switch (options.action) {
		case OPTIONS_MAKE_SUBSCRIBERS:
			status = subscribers_make(&options) == 0 ? EXIT_AGREES : EXIT_SETUP;
			break;
		case OPTIONS_RUN:
			status = run_meters(&options);
			break;
		case OPTIONS_EXIT:
			status = EXIT_AGREES;
			break;
		}
	options_release(&options);
	return status;
}
