/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of the running gateway, to standard error or a file: one line each, with the time in UTC
 * and the level. Context: control thread; blocks on the file.
 */
#ifndef GW_LOG_H
#define GW_LOG_H

#include "config.h"

/**
 * From now on messages of `level` and more important ones go to `file`, appended, mode 0600; NULL:
 * standard error. Returns 0, or -MST_E_FILE after saying why on standard error.
 */
int gw_log_open(enum gw_log_level level, const char *file);
/** Opens the file anew, after it was moved away. */
void gw_log_reopen(void);
void gw_log_close(void);

void gw_log(enum gw_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
