/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress of a run on stderr: one redrawn line on a terminal, else a plain line every five
 * seconds. Context: main thread.
 */
#ifndef LOAD_PROGRESS_H
#define LOAD_PROGRESS_H

#include "gen.h"

struct progress {
	bool terminal;
	double shown;     /* seconds of the run at the last line */
	uint64_t settled; /* meters done with at the last line */
	double rate;      /* recent joins a second */
};

void progress_begin(struct progress *progress);
/** Shows where the run is, if it is time to. */
void progress_step(struct progress *progress, const struct gen *gen);
/** Clears the line. */
void progress_end(struct progress *progress);

#endif
