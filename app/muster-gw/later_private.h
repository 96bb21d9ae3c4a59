/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the sources of later.h. */
#ifndef GW_LATER_PRIVATE_H
#define GW_LATER_PRIVATE_H

#include "later.h"

/** Takes an exchange out of the line it stands in, if any. */
void gw_later_line_leave(struct gw_laters *l, uint32_t slot);
/** Puts it at the end of a line; times of a line never decrease. */
void gw_later_line_join(struct gw_laters *l, uint32_t slot, unsigned line, uint64_t due_ms);

#endif
