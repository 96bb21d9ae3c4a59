/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REDRAW_S 0.25
#define LINE_S   5.0
#define BAR      24

void
progress_begin(struct progress *progress)
{
	*progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1};
}

/** Recent rate: half of what it was, half of what it is. */
static void
measure(struct progress *p, uint64_t settled, double now)
{
	double rate = (double)(settled - p->settled) / (now - p->shown);

	p->rate = p->settled == 0 ? rate : (p->rate + rate) / 2;
	p->settled = settled;
	p->shown = now;
}

static void
write_eta(char text[32], double seconds)
{
	if (seconds > 360000)
		snprintf(text, 32, "-");
	else if (seconds >= 60)
		snprintf(text, 32, "%u min %02u s", (unsigned)seconds / 60, (unsigned)seconds % 60);
	else
		snprintf(text, 32, "%.0f s", seconds);
}

void
progress_step(struct progress *p, const struct gen *gen)
{
	uint64_t joined = gen_read(&gen->counter[GEN_JOINED]);
	uint64_t failed = gen_read(&gen->counter[GEN_FAILED]), settled = joined + failed;
	uint32_t meters = gen->options.meters;
	double now = gen_seconds(gen);
	char eta[32], bar[BAR + 1];
	unsigned full;

	if (now - p->shown < (p->terminal ? REDRAW_S : LINE_S))
		return;
	measure(p, settled, now);
	write_eta(eta, p->rate > 0 ? (double)(meters - settled) / p->rate : 1e9);
	full = (unsigned)(settled * BAR / meters);
	memset(bar, '.', BAR);
	memset(bar, '#', full);
	bar[BAR] = '\0';
	if (p->terminal)
		fprintf(stderr, "\r[%s] ", bar);
	fprintf(stderr,
		"%llu of %u meters, %.0f/s, p99 %.1f ms, %llu failed, %llu repeated, %s left%s",
		(unsigned long long)settled, meters, p->rate,
		(double)mst_hist_percentile(&gen->latency, 99) / 1000, (unsigned long long)failed,
		(unsigned long long)gen_read(&gen->counter[GEN_RETRANSMITS]), eta,
		p->terminal ? "\033[K" : "\n");
	fflush(stderr);
}

void
progress_end(struct progress *progress)
{
	if (progress->terminal)
		fputs("\r\033[K", stderr);
}
