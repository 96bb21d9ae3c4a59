/* SPDX-License-Identifier: BSD-3-Clause */
/* Command line of muster-load (docs/man/muster-load.1). Context: main thread. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "gen.h"
#include "slo.h"

#define OPTIONS_FILES_MAX 16

enum options_action {
	OPTIONS_RUN,
	OPTIONS_MAKE_SUBSCRIBERS,
	OPTIONS_EXIT, /* help or version was printed */
};

struct options {
	enum options_action action;
	struct gen_options gen;
	const char *subscribers[OPTIONS_FILES_MAX];
	unsigned subscriber_files;
	const char *transport_key;

	/* --make-subscribers */
	uint64_t usim_time_ms; /* when the USIMs were last used, Unix time; 0: now */
	uint64_t make_count;
	const char *out;
	const char *first_imsi;
	double gba_u; /* percent */
	mst_b16 sim_seed;
	bool has_sim_seed;

	struct mst_port_config port;
	unsigned cpu;
	const char *control;
	const char *json;
	struct slo slo;
	bool quiet;

	char *scenarios[OPTIONS_FILES_MAX]; /* their texts, cut into strings */
	unsigned scenario_files;
};

/**
 * Reads the command line; prints a line to stderr on mistakes. Returns 0 or -MST_E_ARGUMENT.
 * Strings point into argv and the scenarios' texts.
 */
int options_parse(struct options *options, int argc, char **argv);
/** Frees what options_parse() keeps, also after a mistake. */
void options_release(struct options *options);

#endif
