/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSCORE contexts of the first meters in a file, so that tshark can decrypt a capture: rows of its
 * table oscore_contexts. A test aid that gives keys away: it is never on unless asked for, and the
 * file has mode 0600.
 *
 * Context: the data thread; writes through a buffer.
 */
#ifndef LOAD_KEYLOG_H
#define LOAD_KEYLOG_H

#include <stdint.h>

#include "base/bytes.h"

struct keylog;

/** Creates the file. Returns 0, -MST_E_FILE with errno or -MST_E_NO_MEMORY. */
int keylog_open(struct keylog **log, const char *path, uint32_t meters);
/** Writes a session's context, if the meter is among the first. */
void keylog_session(struct keylog *log, uint32_t meter, const mst_b16 rand, const mst_b32 secret);
/** Closes; NULL is allowed. Returns 0 or -MST_E_FILE when anything could not be written. */
int keylog_close(struct keylog *log);

#endif
