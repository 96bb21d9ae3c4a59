/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "report.h"
#include "version.h"

static json_t *
latency(const struct mst_hist *h)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "p50", (json_int_t)mst_hist_percentile(h, 50),
		"p90", (json_int_t)mst_hist_percentile(h, 90), "p99",
		(json_int_t)mst_hist_percentile(h, 99), "p99_9",
		(json_int_t)mst_hist_percentile(h, 99.9), "max", (json_int_t)mst_hist_max(h));
}

static json_t *
steps(const struct gen *gen)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "negotiate",
		latency(&gen->step[GEN_STEP_NEGOTIATE]), "challenge",
		latency(&gen->step[GEN_STEP_CHALLENGE]), "answer",
		latency(&gen->step[GEN_STEP_ANSWER]), "secured",
		latency(&gen->step[GEN_STEP_SECURED]));
}

/** What the link did to frames in both directions. */
static json_t *
impaired(const struct link *link)
{
	uint64_t lost = link->in.lost + link->out.lost;
	uint64_t doubled = link->in.doubled + link->out.doubled;
	uint64_t held = link->in.held + link->out.held;

	return json_pack("{s:I, s:I, s:I}", "lost", (json_int_t)lost, "doubled",
		(json_int_t)doubled, "held", (json_int_t)held);
}

static json_t *
counters(const struct gen *gen)
{
	json_t *o = json_object();

#define X(name, key, text)                                                                         \
	json_object_set_new(o, #key, json_integer((json_int_t)gen->counter[GEN_##name]));
	GEN_COUNTERS(X)
#undef X
	json_object_set_new(o, "rx_frames", json_integer((json_int_t)gen->link.rx_frames));
	json_object_set_new(o, "tx_frames", json_integer((json_int_t)gen->link.tx_frames));
	json_object_set_new(o, "tx_dropped", json_integer((json_int_t)gen->link.tx_dropped));
	json_object_set_new(o, "impaired", impaired(&gen->link));
	return o;
}

static json_t *
reasons(const struct gen *gen)
{
	json_t *o = json_object();

#define X(name, key, text)                                                                         \
	json_object_set_new(o, #key, json_integer((json_int_t)gen->reason[GEN_WHY_##name]));
	GEN_REASONS(X)
#undef X
	return o;
}

/** Octets of this process in memory; 0 when the kernel does not tell. */
static json_int_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[128], *second;
	json_int_t pages = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL && (second = strchr(line, ' ')) != NULL)
		pages = strtoll(second, NULL, 10);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static json_t *
load_part(const struct report *r)
{
	const struct gen *gen = r->gen;
	uint64_t joined = gen->counter[GEN_JOINED];

	return json_pack("{s:f, s:f, s:b, s:b, s:I, s:o, s:I, s:s}", "cycles_per_join",
		joined > 0 ? (double)gen->busy_cycles / (double)joined : 0.0, "busy_ratio",
		report_generator_busy(r), "limited_by_generator", report_limited_by_generator(r),
		"schedule_held", report_schedule_held(r), "late_sent",
		(json_int_t)gen->counter[GEN_LATE], "lateness_us", latency(&gen->lateness),
		"resident_octets", resident(), "crypto", mst_crypto_name(gen->crypto));
}

static json_t *
gateway_part(const struct report *r)
{
	if (!r->has_gateway)
		return json_null();
	return json_pack("{s:i, s:I, s:f, s:f, s:I}", "workers", (int)r->after.workers, "tsc_hz",
		(json_int_t)r->after.tsc_hz, "cycles_per_join", report_gateway_cycles(r),
		"busy_ratio", report_gateway_busy(r), "resident_octets",
		(json_int_t)r->after.resident_octets);
}

static json_t *
proof_part(const struct proof_verdict *v)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:b}", "groups", (int)v->groups, "alike",
		(int)v->alike, "gateway_missing", (int)v->gateway_missing, "gateway_key",
		(int)v->gateway_key, "gateway_members", (int)v->gateway_members, "gateway_asked",
		(int)v->gateway_asked);
}

static void
read_cpu(char name[128])
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, 128, "unknown");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *colon = strchr(line, ':');

		if (colon == NULL || strncmp(line, "model name", 10) != 0)
			continue;
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(name, 128, "%.120s", colon + 2);
		break;
	}
	if (f != NULL)
		fclose(f);
}

static json_t *
build_part(void)
{
	char cpu[128];

	read_cpu(cpu);
	return json_pack("{s:s, s:s, s:s}", "commit", LOAD_COMMIT, "cpu", cpu, "flags", LOAD_FLAGS);
}

/** What came after the joins, in order. */
static json_t *
phases(const struct gen *gen)
{
	static const char *const words[GEN_TASK_COUNT] = {
#define X(name, word, text) [GEN_TASK_##name] = word,
		GEN_TASKS(X)
#undef X
	};
	json_t *list = json_array();

	for (unsigned i = 1; i <= gen->phase_now; i++) {
		const struct gen_phase *p = &gen->phase[i];

		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I, s:f, s:o}", "task", words[p->task], "done",
				      (json_int_t)p->done, "failed", (json_int_t)p->failed,
				      "seconds", p->seconds, "latency_us", latency(&p->latency)));
	}
	return list;
}

static json_t *
make(const struct report *r)
{
	static const char *const flows[] = {"standard", "express", "gba"};
	const struct gen *gen = r->gen;
	const struct gen_options *o = &gen->options;
	json_int_t joined = (json_int_t)gen->counter[GEN_JOINED];
	char arrival[ARRIVAL_TEXT];

	arrival_format(&o->arrival, arrival);
	return json_pack(
		"{s:i, s:i, s:i, s:s, s:I, s:I, s:I, s:f, s:f, s:I, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o, s:o, s:I, s:{s:s, s:i, s:i, s:i, s:f, s:f, s:f, s:i, s:I}}",
		"schema_version", REPORT_SCHEMA_VERSION, "meters", (int)o->meters, "groups",
		(int)o->groups, "flow", flows[o->flow], "joined", joined, "failed",
		(json_int_t)o->meters - joined, "kg_mismatch", (json_int_t)r->verdict.kg_mismatch,
		"seconds", r->seconds, "joins_per_s",
		r->seconds > 0 ? (double)joined / r->seconds : 0.0, "retransmits",
		(json_int_t)gen->counter[GEN_RETRANSMITS], "latency_us", latency(&gen->latency),
		"step_latency_us", steps(gen), "counters", counters(gen), "given_up", reasons(gen),
		"proof", proof_part(&r->verdict), "gw", gateway_part(r), "load", load_part(r),
		"build", build_part(), "phases", phases(gen), "overdue",
		(json_int_t)report_overdue(r), "options", "arrival", arrival, "rate",
		o->arrival.kind == ARRIVAL_CONSTANT ? (int)o->arrival.rate : 0, "deadline_ms",
		(int)o->deadline_ms, "outstanding", (int)o->outstanding, "loss", o->loss, "dup",
		o->dup, "reorder", o->reorder, "ipv6", o->gateway.family == 6, "seed",
		(json_int_t)o->seed);
}

/** [{term, measured, met}]: measured in us, meters or joins a second. */
static json_t *
slo_part(const struct report *r)
{
	const struct slo_result result = report_slo_result(r);
	json_t *terms = json_array();

	for (unsigned i = 0; i < r->slo->count; i++) {
		double measured;
		bool met = slo_holds(&r->slo->term[i], &result, &measured);

		json_array_append_new(
			terms, json_pack("{s:s, s:f, s:b}", "term", r->slo->term[i].text,
				       "measured", measured, "met", met));
	}
	return terms;
}

int
report_json(const struct report *report, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *f = standard ? stdout : fopen(path, "we");
	json_t *json = make(report);
	int err = 0;

	if (json != NULL)
		json_object_set_new(json, "slo", slo_part(report));

	if (f == NULL || json == NULL)
		err = f == NULL ? -MST_E_FILE : -MST_E_NO_MEMORY;
	else if (json_dumpf(json, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0 ||
		 fputc('\n', f) == EOF || fflush(f) != 0)
		err = -MST_E_FILE;
	if (f != NULL && !standard && fclose(f) != 0)
		err = -MST_E_FILE;
	json_decref(json);
	return err;
}
