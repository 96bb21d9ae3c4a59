/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Service level objectives of a run: terms with commas between, all of which have to hold.
 *
 *	p50<N p90<N p99<N p99.9<N max<N    latency of a join; N is a number and us, ms or s
 *	fail<N fail=0                      meters that did not join
 *	rate>N                             joins a second
 *
 * Context: main thread.
 */
#ifndef LOAD_SLO_H
#define LOAD_SLO_H

#include <stdbool.h>
#include <stdint.h>

#include "hist/hist.h"

#define SLO_TERMS 8
#define SLO_TEXT  24

enum slo_kind {
	SLO_LATENCY, /* us, of a percentile */
	SLO_FAILED,  /* meters */
	SLO_RATE,    /* joins a second */
};

struct slo_term {
	char text[SLO_TEXT]; /* as it was given */
	enum slo_kind kind;
	double percentile; /* 100: the maximum */
	double limit;      /* held: below it; the rate: above it; `fail=0`: 1 */
};

struct slo {
	unsigned count;
	struct slo_term term[SLO_TERMS];
};

/** What a run measured. */
struct slo_result {
	const struct mst_hist *latency;
	uint64_t failed;
	double rate;
};

/** Returns 0, or -MST_E_ARGUMENT: no term, too many, or one that is none of those above. */
int slo_parse(struct slo *slo, const char *text);
/** Whether a term holds; *measured is what was compared, in its unit. */
bool slo_holds(const struct slo_term *term, const struct slo_result *result, double *measured);

#endif
