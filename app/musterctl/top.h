/* SPDX-License-Identifier: BSD-3-Clause */
/* musterctl top: rates of a running gateway, again and again. */
#ifndef CTL_TOP_H
#define CTL_TOP_H

#include <stdbool.h>

/**
 * Shows a frame every `interval` seconds, until a signal or an error: on a terminal in place and
 * cut to its size, elsewhere one below the other; `json`: one object a line. `once`: a single
 * frame. Returns the exit code of the program. Context: main thread; blocks.
 */
int top_run(const char *socket, unsigned interval, bool once, bool json);

#endif
