/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that a run writes for tests and tools, with mode 0600 as they may hold keys: captures, key
 * log, acknowledgements. Context: control thread; block.
 */
#ifndef LOAD_AID_FILE_H
#define LOAD_AID_FILE_H

#include <stdio.h>

/** Creates or empties a file for writing. NULL: errno says why. */
FILE *aid_open(const char *path);
/** Closes; NULL is allowed. Returns 0, or -MST_E_FILE when anything could not be written. */
int aid_close(FILE *file);

#endif
