/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole stages of the gateway, fed from memory: parse, work, answer, for bursts of 1 to 64. */
#include <stdio.h>

#include "fleet.h"
#include "shim.h"

/** Batches of a repetition. */
#define BATCHES 300

enum { HINT, CHALLENGE, ANSWER, JOIN, EXPRESS, KINDS };

struct stage {
	int kind;
	unsigned count;
	char who[24];
};

static const char *const items[KINDS] = {
	"stage_hint", "stage_challenge", "stage_answer", "stage_join", "stage_express_join"};
static const uint8_t codes[KINDS] = {MST_COAP_UNAUTHORIZED, MST_COAP_UNAUTHORIZED, MST_COAP_CHANGED,
	MST_COAP_CHANGED, MST_COAP_CHANGED};

/** Brings the fleet to where the timed burst of this kind is prepared. */
static void
prepare(struct fleet *f, int kind, unsigned count)
{
	fleet_next(f);
	if (kind == HINT) {
		fleet_hints(f, count);
		return;
	}
	fleet_firsts(f, count);
	if (kind == CHALLENGE)
		return;
	fleet_burst(f, count);
	fleet_take_challenges(f, count);
	if (kind == EXPRESS) {
		fleet_joins(f, count, true);
		return;
	}
	fleet_answers(f, count);
	if (kind == ANSWER)
		return;
	fleet_burst(f, count);
	fleet_joins(f, count, false);
}

/** A fleet in its steady state: all devices have joined once, all their memory was touched. */
static struct fleet *
start_fleet(void)
{
	struct fleet *f = fleet_create();

	for (uint32_t n = 0; f != NULL && n < FLEET_SUBSCRIBERS; n += MST_LANES) {
		prepare(f, JOIN, MST_LANES);
		fleet_burst(f, MST_LANES);
	}
	return f;
}

static void
run(struct mst_bench *b, const void *arg)
{
	static struct fleet *f;
	const struct stage *s = arg;

	if (f == NULL)
		f = start_fleet();
	if (f == NULL) {
		mst_bench_skip(b, "not enough memory");
		return;
	}
	while (mst_bench_next(b)) {
		prepare(f, s->kind, s->count);
		mst_bench_begin(b);
		fleet_burst(f, s->count);
		mst_bench_end(b, s->count);
		if (!fleet_answered(f, s->count, codes[s->kind]))
			mst_bench_skip(b, "the gateway did not answer as it should");
	}
}

void
bench_stage(void)
{
	static const unsigned counts[] = {64, 32, 16, 8, 4, 2, 1};
	static struct stage stages[KINDS][sizeof(counts) / sizeof(counts[0])];

	for (int kind = 0; kind < KINDS; kind++) {
		for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			struct stage *s = &stages[kind][c];

			s->kind = kind;
			s->count = counts[c];
			snprintf(s->who, sizeof(s->who), "muster/burst-%u", s->count);
			mst_bench_add_fixed(items[kind], s->who, run, s, BATCHES);
		}
	}
}
