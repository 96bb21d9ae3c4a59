/* SPDX-License-Identifier: BSD-3-Clause */
/* SIM cards from and to CSV files. Context: main thread; blocks. */
#ifndef LOAD_SUBSCRIBERS_H
#define LOAD_SUBSCRIBERS_H

#include "options.h"

/** Writes made-up SIM cards. Returns 0 or a negative error, after a line on stderr. */
int subscribers_make(const struct options *options);
/**
 * Imports the files, up to gen.meters rows if that is set, else sets gen.meters. Returns 0 or a
 * negative error, after a line on stderr.
 */
int subscribers_import(struct options *options, struct mst_subs **subs);

#endif
