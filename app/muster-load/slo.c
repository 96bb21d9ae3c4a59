/* SPDX-License-Identifier: BSD-3-Clause */
#include "slo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/** A number with a unit; with none where `units` is NULL. Returns false when it is none. */
static bool
read_limit(const char *text, bool time, double *limit)
{
	static const struct {
		const char *name;
		double us;
	} units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*limit = strtod(text, &end);
	if (!isfinite(*limit))
		return false;
	if (!time)
		return *end == '\0';
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].name) == 0) {
			*limit *= units[i].us;
			return true;
		}
	return false;
}

static bool
read_term(struct slo_term *term)
{
	static const struct {
		const char *before;
		enum slo_kind kind;
		double percentile;
	} names[] = {{"p50<", SLO_LATENCY, 50}, {"p90<", SLO_LATENCY, 90},
		{"p99<", SLO_LATENCY, 99}, {"p99.9<", SLO_LATENCY, 99.9},
		{"max<", SLO_LATENCY, 100}, {"fail<", SLO_FAILED, 0}, {"rate>", SLO_RATE, 0}};

	if (strcmp(term->text, "fail=0") == 0) {
		term->kind = SLO_FAILED;
		term->limit = 1;
		return true;
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i].before);

		if (strncmp(term->text, names[i].before, n) != 0)
			continue;
		term->kind = names[i].kind;
		term->percentile = names[i].percentile;
		return read_limit(term->text + n, term->kind == SLO_LATENCY, &term->limit);
	}
	return false;
}

int
slo_parse(struct slo *slo, const char *text)
{
	struct slo parsed = {0};

	for (;;) {
		size_t n = strcspn(text, ",");
		struct slo_term *term = &parsed.term[parsed.count];

		if (parsed.count == SLO_TERMS || n >= sizeof(term->text))
			return -MST_E_ARGUMENT;
		memcpy(term->text, text, n);
		if (!read_term(term))
			return -MST_E_ARGUMENT;
		parsed.count++;
		if (text[n] == '\0')
			break;
		text += n + 1;
	}
	*slo = parsed;
	return 0;
}

bool
slo_holds(const struct slo_term *term, const struct slo_result *result, double *measured)
{
	switch (term->kind) {
	case SLO_LATENCY:
		*measured = (double)(term->percentile == 100 ? mst_hist_max(result->latency)
							     : mst_hist_percentile(result->latency,
								       term->percentile));
		/* Without a join there is no latency that could be good. */
		return mst_hist_count(result->latency) > 0 && *measured < term->limit;
	case SLO_FAILED:
		*measured = (double)result->failed;
		return *measured < term->limit;
	case SLO_RATE:
		*measured = result->rate;
		return *measured > term->limit;
	}
	return false;
}
