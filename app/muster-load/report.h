/* SPDX-License-Identifier: BSD-3-Clause */
/* The result of a run: a table for people, JSON for programs. Context: main thread. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "gateway.h"
#include "gen.h"
#include "proof.h"
#include "slo.h"

#define REPORT_SCHEMA_VERSION 1

struct report {
	const struct gen *gen;
	double seconds;
	struct proof_verdict verdict;
	bool has_gateway;
	const struct slo *slo;
	struct gateway_stats before, after;
};

/** Gateway cycles a join; 0 without a gateway's statistics or a join. */
double report_gateway_cycles(const struct report *report);
/** Share of the gateway's cycles in loops with frames. */
double report_gateway_busy(const struct report *report);

/** Share of the generator's time in loops with work. */
double report_generator_busy(const struct report *report);
/**
 * Whether the run shows what the generator can do, not the gateway: the load was as fast as it
 * goes, or the schedule was not held, and the generator was the busier one of the two (without a
 * gateway's statistics: busy for over 95 %).
 */
bool report_limited_by_generator(const struct report *report);
/** Joins that took longer than the deadline, and those that were never completed. */
uint64_t report_overdue(const struct report *report);
/**
 * Whether the offered load of an open loop was offered: not when more than one join in a hundred
 * began over 1 ms after it was due, for the p99 of the latency is then the generator's. Always true
 * of a closed loop.
 */
bool report_schedule_held(const struct report *report);

/** What the objectives are compared with. */
struct slo_result report_slo_result(const struct report *report);
/** Prints the table. */
void report_print(const struct report *report, FILE *out);
/** Writes JSON to a file, "-" for standard output. Returns 0, -MST_E_FILE or -MST_E_NO_MEMORY. */
int report_json(const struct report *report, const char *path);

#endif
