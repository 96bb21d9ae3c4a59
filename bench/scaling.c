/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a second worker adds: one gateway, one and then two workers, each on a CPU of its own with
 * devices of its own that feed it from memory. Counted are standard joins by the time that the
 * workers' stages took, not the devices'.
 *
 *	muster-scaling [--json]
 *
 * Alternates one and two for some rounds and prints medians and spread.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fleet.h"

#define WORKERS 2
#define ROUNDS  7
#define BATCHES 4096 /* of a worker in a round; 64 joins each */

struct player {
	struct fleet *fleet;
	unsigned cpu;
	unsigned players; /* that play at the same time */
	_Atomic unsigned *waiting;
	_Atomic bool *ended; /* one has done its batches: the others' rest is not at full load */
	uint64_t joins, ns;
	bool failed;
};

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/** The gateway's part of a burst, in ns of CPU time: what else the machine does is not counted. */
static uint64_t
burst(struct player *p, uint8_t code)
{
	uint64_t begin = cpu_ns(), ns;

	fleet_burst(p->fleet, MST_LANES);
	ns = cpu_ns() - begin;
	p->failed = p->failed || !fleet_answered(p->fleet, MST_LANES, code);
	return ns;
}

/** A standard join of 64 devices. */
static uint64_t
join(struct player *p)
{
	struct fleet *f = p->fleet;
	uint64_t ns;

	fleet_next(f);
	fleet_hints(f, MST_LANES);
	ns = burst(p, MST_COAP_UNAUTHORIZED);
	fleet_firsts(f, MST_LANES);
	ns += burst(p, MST_COAP_UNAUTHORIZED);
	fleet_take_challenges(f, MST_LANES);
	fleet_answers(f, MST_LANES);
	ns += burst(p, MST_COAP_CHANGED);
	fleet_joins(f, MST_LANES, false);
	return ns + burst(p, MST_COAP_CHANGED);
}

static void *
play(void *arg)
{
	struct player *p = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(p->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	fleet_enter();
	atomic_fetch_sub(p->waiting, 1);
	while (atomic_load(p->waiting) > 0)
		;
	for (unsigned n = 0; n < BATCHES && !atomic_load(p->ended) && !p->failed; n++) {
		p->ns += join(p);
		p->joins += MST_LANES;
	}
	atomic_store(p->ended, true);
	fleet_leave();
	return NULL;
}

/** Joins a second of so many workers together, or 0 if one failed. */
static double
rate(struct player *all, unsigned players)
{
	_Atomic unsigned waiting = players;
	_Atomic bool ended = false;
	pthread_t thread[WORKERS];
	double sum = 0;

	for (unsigned i = 0; i < players; i++) {
		struct player *p = &all[i];

		p->waiting = &waiting;
		p->ended = &ended;
		p->joins = p->ns = 0;
		if (pthread_create(&thread[i], NULL, play, p) != 0)
			abort();
	}
	for (unsigned i = 0; i < players; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < players; i++) {
		if (all[i].failed)
			return 0;
		sum += (double)all[i].joins * 1e9 / (double)all[i].ns;
	}
	return sum;
}

/** The first CPUs that this process may use. */
static bool
choose_cpus(struct player *all)
{
	cpu_set_t allowed;
	unsigned n = 0;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && n < WORKERS; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			all[n++].cpu = cpu;
	return n == WORKERS;
}

static bool
create(struct player *all)
{
	all[0].fleet = fleet_create_with(WORKERS);
	for (unsigned i = 1; i < WORKERS && all[0].fleet != NULL; i++)
		all[i].fleet = fleet_share(all[0].fleet, i);
	for (unsigned i = 0; i < WORKERS; i++)
		if (all[i].fleet == NULL)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	double one[ROUNDS], two[ROUNDS], ratio[ROUNDS];
	struct player all[WORKERS] = {0};

	if (argc > 1 && !json) {
		fputs("usage: muster-scaling [--json]\n", stderr);
		return 2;
	}
	if (!choose_cpus(all)) {
		fputs("muster-scaling: left out: there is one CPU\n", stderr);
		return 77;
	}
	if (!create(all)) {
		fputs("muster-scaling: not enough memory\n", stderr);
		return 1;
	}
	rate(all, WORKERS); /* all join once, all memory is touched */
	for (unsigned i = 0; i < ROUNDS; i++) {
		one[i] = rate(all, 1);
		two[i] = rate(all, WORKERS);
		ratio[i] = one[i] > 0 ? two[i] / one[i] : 0;
		if (two[i] <= 0 || one[i] <= 0) {
			fputs("muster-scaling: the gateway did not answer as it should\n", stderr);
			return 1;
		}
	}
	qsort(one, ROUNDS, sizeof(one[0]), compare);
	qsort(two, ROUNDS, sizeof(two[0]), compare);
	qsort(ratio, ROUNDS, sizeof(ratio[0]), compare);
	printf(json ? "{\"one\": %.0f, \"two\": %.0f, \"ratio\": %.3f, \"ratio_min\": %.3f, "
		      "\"ratio_max\": %.3f}\n"
		    : "one worker %.0f joins/s, two %.0f: ratio %.3f (%.3f to %.3f)\n",
		one[ROUNDS / 2], two[ROUNDS / 2], ratio[ROUNDS / 2], ratio[0], ratio[ROUNDS - 1]);
	for (unsigned i = WORKERS; i-- > 0;)
		fleet_destroy(all[i].fleet);
	return 0;
}
