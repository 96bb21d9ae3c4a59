/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit trail as a file: a line of JSON for each event. Context: control thread; blocks. */
#ifndef GW_AUDIT_FILE_H
#define GW_AUDIT_FILE_H

#include "gw.h"

/** Opens it for appending, mode 0600; NULL: none. Returns 0 or -MST_E_FILE, having said why. */
int gw_audit_file_open(const char *path);
/** Closes and opens it again, after it was moved away. */
void gw_audit_file_reopen(void);
/** Writes what the workers have told. Returns the number of events. */
unsigned gw_audit_file_write(struct gw *gw);
void gw_audit_file_close(void);

#endif
