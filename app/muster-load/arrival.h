/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the meters of an open loop begin: a schedule that is fixed before the run by the model and
 * the seed, whatever the gateway does.
 *
 *	constant:R     R a second, equally spaced
 *	poisson:R      R a second on average, independent of each other
 *	ramp:R1:R2:T   from R1 to R2 a second within T, then R2
 *	beta:T         all within T, Beta(3, 4) distributed (3GPP TR 37.868 section 6.1.1, model 2)
 *	outage:T       all within T, as after an outage that outlasted every device's back-off
 *
 * Outage: devices try at intervals with the jitter of RFC 7252 (ACK_RANDOM_FACTOR 1.5), from 2T/3
 * to T, out of step with each other. Service returns at 0 and each device comes with its next try,
 * so the time is the forward recurrence time of that interval: density (1 - F(t)) / mean.
 *
 *	struct arrival_plan plan;
 *	arrival_plan_init(&plan, &model, meters, seed);
 *	for (i = 0; i < meters; i++)
 *		due_us = arrival_plan_next(&plan);      // never smaller than the one before
 *
 * For beta and outage the times are the order statistics of as many independent draws as there are
 * meters; they are made one after the other from exponential spacings, so that no table of them is
 * kept: the k-th of n uniform order statistics is S(k) / S(n + 1), with S the sums of n + 1
 * exponential spacings (Devroye, Non-Uniform Random Variate Generation, V.2).
 *
 * Context: one thread; never allocates. arrival_plan_init() draws once for each meter.
 */
#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVAL_RATE_MAX 100000000.0 /* a second */
#define ARRIVAL_TIME_MAX 3600.0      /* seconds: times of a run are 32-bit microseconds */
#define ARRIVAL_TEXT     64

enum arrival_kind {
	ARRIVAL_CLOSED, /* no schedule: a meter begins when another has ended */
	ARRIVAL_CONSTANT,
	ARRIVAL_POISSON,
	ARRIVAL_RAMP,
	ARRIVAL_BETA,
	ARRIVAL_OUTAGE,
};

struct arrival {
	enum arrival_kind kind;
	double rate;     /* a second; of a ramp at its begin */
	double rate_end; /* of a ramp */
	double period_s; /* T */
};

struct arrival_plan {
	struct arrival model;
	uint64_t random;
	double index; /* arrivals given out */
	double sum;   /* of the spacings so far: seconds for poisson */
	double total; /* of all spacings */
	double last;  /* share of the period; where the next search begins */
};

/** Reads a model as above; times are numbers of seconds, or with ms, s or min behind. Returns 0 or
 * -MST_E_ARGUMENT. */
int arrival_parse(struct arrival *model, const char *text);
/** Writes a model in the form that arrival_parse() reads; "closed" for none. */
void arrival_format(const struct arrival *model, char text[ARRIVAL_TEXT]);
/** The share of all arrivals that come up to t_s, for beta and outage. */
double arrival_cdf(const struct arrival *model, double t_s);
/** Seconds over which `meters` are spread, as the model expects it; 0 for the closed loop. */
double arrival_span_s(const struct arrival *model, uint32_t meters);

/** Begins the schedule of `meters`. */
void arrival_plan_init(
	struct arrival_plan *plan, const struct arrival *model, uint32_t meters, uint64_t seed);
/** When the next meter is due, in us from the begin. Not for the closed loop. */
uint64_t arrival_plan_next(struct arrival_plan *plan);

#endif
