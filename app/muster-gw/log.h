/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of the running gateway, to standard error or a file: one line each, with the time in UTC
 * and the level, as text or as JSON. Of messages with one format only so many are written in a
 * second; a line tells how many were left out. What is no printable ASCII is written as '?'.
 *
 * Context: control thread or replicator, never a worker; blocks on the file. Open, close: main
 * thread, while no other thread logs.
 */
#ifndef GW_LOG_H
#define GW_LOG_H

#include "config.h"

/**
 * From now on messages of `level` and more important ones go to `file`, appended, mode 0600; NULL:
 * standard error. `rate`: messages of one format in a second, 0: no limit. Returns 0, or
 * -MST_E_FILE after saying why on standard error.
 */
int gw_log_open(
	enum gw_log_level level, enum gw_log_format format, unsigned rate, const char *file);
/** Opens the file anew, after it was moved away. */
void gw_log_reopen(void);
void gw_log_close(void);

/** `format` has to live for ever. */
void gw_log(enum gw_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
