/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdio.h>
#include <string.h>

static const char *const counter_text[] = {
#define X(name, key, text) [GEN_##name] = text,
	GEN_COUNTERS(X)
#undef X
};

static const char *const reason_text[] = {
#define X(name, key, text) [GEN_WHY_##name] = text,
	GEN_REASONS(X)
#undef X
};

static const char *const step_text[] = {
	[GEN_STEP_NEGOTIATE] = "negotiation",
	[GEN_STEP_CHALLENGE] = "challenge",
	[GEN_STEP_ANSWER] = "answer",
	[GEN_STEP_SECURED] = "protected request",
};

double
report_gateway_cycles(const struct report *report)
{
	uint64_t joined = report->gen->counter[GEN_JOINED];

	if (!report->has_gateway || joined == 0)
		return 0;
	return (double)(report->after.busy_cycles - report->before.busy_cycles) / (double)joined;
}

double
report_gateway_busy(const struct report *report)
{
	uint64_t cycles = report->after.cycles - report->before.cycles;

	if (!report->has_gateway || cycles == 0)
		return 0;
	return (double)(report->after.busy_cycles - report->before.busy_cycles) / (double)cycles;
}

double
report_generator_busy(const struct report *report)
{
	double cycles = gen_seconds(report->gen) * (double)mst_port_tsc_hz();

	return cycles > 0 ? (double)report->gen->busy_cycles / cycles : 0;
}

bool
report_schedule_held(const struct report *report)
{
	const struct gen *gen = report->gen;

	return gen->counter[GEN_LATE] * 100 <= mst_hist_count(&gen->lateness);
}

bool
report_limited_by_generator(const struct report *report)
{
	double other = report->has_gateway ? report_gateway_busy(report) : 0.95;
	bool open_loop = report->gen->options.arrival.kind != ARRIVAL_CLOSED;

	return !(open_loop && report_schedule_held(report)) &&
	       report_generator_busy(report) > other;
}

uint64_t
report_overdue(const struct report *report)
{
	const struct gen *gen = report->gen;
	uint64_t open = gen->options.meters - gen->counter[GEN_JOINED];

	if (gen->options.deadline_ms == 0)
		return 0;
	return open + mst_hist_above(&gen->latency, (uint64_t)gen->options.deadline_ms * 1000);
}

static void
print_latency(const char *name, const struct mst_hist *h, FILE *out)
{
	static const double percents[] = {50, 90, 99, 99.9, 100};

	if (mst_hist_count(h) == 0)
		return;
	fprintf(out, "  %-20s", name);
	for (unsigned i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		fprintf(out, " %9.3f", (double)mst_hist_percentile(h, percents[i]) / 1000);
	fputs("\n", out);
}

static void
print_latencies(const struct gen *gen, FILE *out)
{
	fprintf(out, "latency, ms                 p50       p90       p99     p99.9       max\n");
	print_latency("join", &gen->latency, out);
	for (unsigned s = 0; s < GEN_STEP_COUNT; s++)
		print_latency(step_text[s], &gen->step[s], out);
}

static const char *const task_text[] = {
#define X(name, word, text) [GEN_TASK_##name] = text,
	GEN_TASKS(X)
#undef X
};

/** What came after the joins. */
static void
print_phases(const struct gen *gen, FILE *out)
{
	for (unsigned i = 1; i <= gen->phase_now; i++) {
		const struct gen_phase *p = &gen->phase[i];

		fprintf(out, "\n%s\n%-28s %llu in %.3f s, %llu failed\n", task_text[p->task],
			"  done", (unsigned long long)p->done, p->seconds,
			(unsigned long long)p->failed);
		print_latency("latency, ms", &p->latency, out);
	}
}

static void
print_counters(const struct gen *gen, FILE *out)
{
	for (unsigned c = GEN_RETRANSMITS; c < GEN_COUNTER_COUNT; c++)
		if (gen->counter[c] > 0)
			fprintf(out, "%-28s %llu\n", counter_text[c],
				(unsigned long long)gen->counter[c]);
	if (gen->link.tx_dropped > 0)
		fprintf(out, "%-28s %llu\n", "frames without room",
			(unsigned long long)gen->link.tx_dropped);
	for (unsigned r = 0; r < GEN_REASON_COUNT; r++)
		if (gen->reason[r] > 0)
			fprintf(out, "given up: %-18s %llu\n", reason_text[r],
				(unsigned long long)gen->reason[r]);
}

static void
print_proof(const struct report *report, FILE *out)
{
	const struct proof_verdict *v = &report->verdict;

	if (report->gen->options.groups == 0)
		return;
	fprintf(out, "%-28s %u groups, %llu meters disagree%s\n", "keys", v->groups,
		(unsigned long long)v->kg_mismatch,
		v->gateway_asked ? "; compared with the gateway" : "; gateway not asked");
	if (v->alike > 0)
		fprintf(out, "groups that share a key       %u\n", v->alike);
	if (v->gateway_missing + v->gateway_key + v->gateway_members > 0)
		fprintf(out,
			"gateway disagrees            %u groups unknown, %u other keys, %u other "
			"numbers of members\n",
			v->gateway_missing, v->gateway_key, v->gateway_members);
}

/** An open loop that was none says so. */
static void
print_schedule(const struct report *report, FILE *out)
{
	const struct mst_hist *h = &report->gen->lateness;
	uint64_t late = report->gen->counter[GEN_LATE];

	if (!report_schedule_held(report))
		fprintf(out,
			"%-28s NOT HELD: %.1f %% of the joins began over 1 ms late, p99 %.1f ms\n",
			"offered load", 100 * (double)late / (double)mst_hist_count(h),
			(double)mst_hist_percentile(h, 99) / 1000);
}

struct slo_result
report_slo_result(const struct report *report)
{
	const struct gen *gen = report->gen;
	uint64_t joined = gen->counter[GEN_JOINED];

	return (struct slo_result){&gen->latency, gen->options.meters - joined,
		report->seconds > 0 ? (double)joined / report->seconds : 0};
}

static void
print_slo(const struct report *report, FILE *out)
{
	static const char *const units[] = {"us", "failed", "joins/s"};
	const struct slo_result result = report_slo_result(report);

	for (unsigned i = 0; i < report->slo->count; i++) {
		const struct slo_term *term = &report->slo->term[i];
		double measured;
		bool met = slo_holds(term, &result, &measured);

		fprintf(out, "objective %-18s %s: %.0f %s\n", term->text, met ? "met" : "MISSED",
			measured, units[term->kind]);
	}
}

void
report_print(const struct report *report, FILE *out)
{
	const struct gen *gen = report->gen;
	uint64_t joined = gen->counter[GEN_JOINED];

	fprintf(out, "%-28s %llu of %u, %llu failed\n", "joined", (unsigned long long)joined,
		gen->options.meters, (unsigned long long)(gen->options.meters - joined));
	fprintf(out, "%-28s %.0f joins/s in %.3f s\n", "rate",
		report->seconds > 0 ? (double)joined / report->seconds : 0, report->seconds);
	print_latencies(gen, out);
	print_phases(gen, out);
	print_counters(gen, out);
	if (report->has_gateway)
		fprintf(out, "%-28s %.0f cycles a join, %.1f %% busy, %.0f MiB resident\n",
			"gateway", report_gateway_cycles(report), 100 * report_gateway_busy(report),
			(double)report->after.resident_octets / 1048576);
	if (joined > 0)
		fprintf(out, "%-28s %.0f cycles a join, %.1f %% busy%s\n", "generator",
			(double)gen->busy_cycles / (double)joined,
			100 * report_generator_busy(report),
			report_limited_by_generator(report) ? ": THE LIMIT OF THIS RUN" : "");
	if (gen->options.deadline_ms > 0)
		fprintf(out, "%-28s %llu not within %u ms\n", "overdue",
			(unsigned long long)report_overdue(report), gen->options.deadline_ms);
	print_schedule(report, out);
	print_proof(report, out);
	print_slo(report, out);
}
