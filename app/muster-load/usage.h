/* SPDX-License-Identifier: BSD-3-Clause */
/* What muster-load --help prints. */
#ifndef LOAD_USAGE_H
#define LOAD_USAGE_H

extern const char usage_text[];

#endif
