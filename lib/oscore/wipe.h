/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the unit: wiping of columns. */
#ifndef MST_OSCORE_WIPE_H
#define MST_OSCORE_WIPE_H

#include "base/lanes.h"
#include "base/secret.h"

/** Wipes a column of rows of which only those of live lanes were written. */
static inline void
mst_wipe_rows(mst_lanes live, void *column, size_t row_size)
{
	if (live != 0)
		mst_wipe(column, (MST_LANES - (size_t)__builtin_clzll(live)) * row_size);
}

#endif
