/* SPDX-License-Identifier: BSD-3-Clause */
#include "counters.h"

static const struct {
	const char *name, *text;
} outcomes[GW_OUTCOME_COUNT] = {
#define X(name, text) [GW_##name] = {#name, text},
	GW_OUTCOMES(X)
#undef X
};

static const char *const stages[GW_STAGE_COUNT] = {
#define X(name) [GW_STAGE_##name] = #name,
	GW_STAGES(X)
#undef X
};

const char *
gw_outcome_name(enum gw_outcome outcome)
{
	return outcomes[outcome].name;
}

const char *
gw_outcome_text(enum gw_outcome outcome)
{
	return outcomes[outcome].text;
}

const char *
gw_stage_name(enum gw_stage stage)
{
	return stages[stage];
}
