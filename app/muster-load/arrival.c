/* SPDX-License-Identifier: BSD-3-Clause */
#include "arrival.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "random.h"

/** Share of the outage's period up to which the density is flat: 1 / ACK_RANDOM_FACTOR. */
#define OUTAGE_FLAT (2.0 / 3)

static const char *const kind_words[] = {
	[ARRIVAL_CLOSED] = "closed",
	[ARRIVAL_CONSTANT] = "constant",
	[ARRIVAL_POISSON] = "poisson",
	[ARRIVAL_RAMP] = "ramp",
	[ARRIVAL_BETA] = "beta",
	[ARRIVAL_OUTAGE] = "outage",
};

/** A number at *text and what follows it up to ':' or the end; moves *text behind that. */
static bool
read_field(const char **text, double *value, char unit[8])
{
	size_t n;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*value = strtod(*text, &end);
	n = strcspn(end, ":");
	if (!isfinite(*value) || n >= 8 || (end[n] == ':' && end[n + 1] == '\0'))
		return false;
	memcpy(unit, end, n);
	unit[n] = '\0';
	*text = end + n + (end[n] == ':');
	return true;
}

static bool
read_rate(const char **text, double min, double *rate)
{
	char unit[8];

	return read_field(text, rate, unit) && unit[0] == '\0' && *rate >= min &&
	       *rate <= ARRIVAL_RATE_MAX;
}

static bool
read_period(const char **text, double *seconds)
{
	static const struct {
		const char *name;
		double s;
	} units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"min", 60}};
	char unit[8];

	if (!read_field(text, seconds, unit))
		return false;
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].name) == 0) {
			*seconds *= units[i].s;
			return *seconds >= 1e-3 && *seconds <= ARRIVAL_TIME_MAX;
		}
	return false;
}

int
arrival_parse(struct arrival *model, const char *text)
{
	struct arrival m = {0};
	size_t word = strcspn(text, ":");
	bool good = false;

	if (text[word] != ':')
		return -MST_E_ARGUMENT;
	for (unsigned k = ARRIVAL_CONSTANT; k <= ARRIVAL_OUTAGE; k++)
		if (strlen(kind_words[k]) == word && strncmp(text, kind_words[k], word) == 0)
			m.kind = (enum arrival_kind)k;
	text += word + 1;
	switch (m.kind) {
	case ARRIVAL_CLOSED:
		break;
	case ARRIVAL_CONSTANT:
	case ARRIVAL_POISSON:
		good = read_rate(&text, 1e-3, &m.rate);
		break;
	case ARRIVAL_RAMP:
		good = read_rate(&text, 0, &m.rate) && read_rate(&text, 1e-3, &m.rate_end) &&
		       read_period(&text, &m.period_s);
		break;
	case ARRIVAL_BETA:
	case ARRIVAL_OUTAGE:
		good = read_period(&text, &m.period_s);
		break;
	}
	if (!good || *text != '\0')
		return -MST_E_ARGUMENT;
	*model = m;
	return 0;
}

void
arrival_format(const struct arrival *model, char text[ARRIVAL_TEXT])
{
	const char *word = kind_words[model->kind];

	switch (model->kind) {
	case ARRIVAL_CLOSED:
		snprintf(text, ARRIVAL_TEXT, "%s", word);
		break;
	case ARRIVAL_CONSTANT:
	case ARRIVAL_POISSON:
		snprintf(text, ARRIVAL_TEXT, "%s:%.10g", word, model->rate);
		break;
	case ARRIVAL_RAMP:
		snprintf(text, ARRIVAL_TEXT, "%s:%.10g:%.10g:%.6gs", word, model->rate,
			model->rate_end, model->period_s);
		break;
	case ARRIVAL_BETA:
	case ARRIVAL_OUTAGE:
		snprintf(text, ARRIVAL_TEXT, "%s:%.6gs", word, model->period_s);
		break;
	}
}

/** Beta(3, 4): the chance that at least 3 of 6 uniform draws are below x. */
static double
beta_cdf(double x)
{
	double y = 1 - x;

	return x * x * x * (20 * y * y * y + 15 * x * y * y + 6 * x * x * y + x * x * x);
}

static double
beta_density(double x)
{
	double y = 1 - x;

	return 60 * x * x * y * y * y;
}

/** The x with beta_cdf(x) = p, from a bracket that Newton's steps and halving make smaller. */
static double
beta_quantile(double p, double from)
{
	double low = from, high = 1, x = from > 0 ? from : 0.05;

	while (high - low > 1e-12) {
		double error = beta_cdf(x) - p, next;

		if (fabs(error) < 1e-14)
			break;
		*(error < 0 ? &low : &high) = x;
		next = x - error / beta_density(x);
		x = next > low && next < high ? next : (low + high) / 2;
	}
	return x;
}

static double
outage_cdf(double x)
{
	double left = 1 - x;

	return x <= OUTAGE_FLAT ? 1.2 * x : 1 - 1.8 * left * left;
}

static double
outage_quantile(double p)
{
	return p <= 1.2 * OUTAGE_FLAT ? p / 1.2 : 1 - sqrt((1 - p) / 1.8);
}

double
arrival_cdf(const struct arrival *model, double t_s)
{
	double x = t_s / model->period_s;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	return model->kind == ARRIVAL_BETA ? beta_cdf(x) : outage_cdf(x);
}

/** When arrival i of a ramp is due: the area below the rate is i then. */
static double
ramp_at(const struct arrival *m, double i)
{
	double slope = (m->rate_end - m->rate) / m->period_s;
	double within = (m->rate + m->rate_end) / 2 * m->period_s;

	if (i >= within)
		return m->period_s + (i - within) / m->rate_end;
	/* The stable form of the quadratic's solution: right without a slope, too. */
	return i > 0 ? 2 * i / (m->rate + sqrt(m->rate * m->rate + 2 * slope * i)) : 0;
}

double
arrival_span_s(const struct arrival *model, uint32_t meters)
{
	switch (model->kind) {
	case ARRIVAL_CLOSED:
		return 0;
	case ARRIVAL_CONSTANT:
	case ARRIVAL_POISSON:
		return meters / model->rate;
	case ARRIVAL_RAMP:
		return ramp_at(model, meters);
	case ARRIVAL_BETA:
	case ARRIVAL_OUTAGE:
		return model->period_s;
	}
	return 0;
}

/** Exponentially distributed with mean 1. */
static double
spacing(uint64_t *random)
{
	double uniform = (double)(random_next(random) >> 11) * 0x1p-53;

	return -log1p(-uniform);
}

void
arrival_plan_init(
	struct arrival_plan *plan, const struct arrival *model, uint32_t meters, uint64_t seed)
{
	uint64_t random = random_mix(seed + 4);

	*plan = (struct arrival_plan){.model = *model, .random = random};
	if (model->kind != ARRIVAL_BETA && model->kind != ARRIVAL_OUTAGE)
		return;
	for (uint64_t i = 0; i <= meters; i++)
		plan->total += spacing(&random);
}

uint64_t
arrival_plan_next(struct arrival_plan *plan)
{
	const struct arrival *m = &plan->model;
	double t = 0, i = plan->index++;

	switch (m->kind) {
	case ARRIVAL_CLOSED:
		break;
	case ARRIVAL_CONSTANT:
		t = i / m->rate;
		break;
	case ARRIVAL_POISSON:
		t = plan->sum += spacing(&plan->random) / m->rate;
		break;
	case ARRIVAL_RAMP:
		t = ramp_at(m, i);
		break;
	case ARRIVAL_BETA:
	case ARRIVAL_OUTAGE:
		plan->sum += spacing(&plan->random);
		plan->last = m->kind == ARRIVAL_BETA
				     ? beta_quantile(plan->sum / plan->total, plan->last)
				     : outage_quantile(plan->sum / plan->total);
		t = plan->last * m->period_s;
		break;
	}
	return (uint64_t)(t * 1e6 + 0.5);
}
