/* SPDX-License-Identifier: BSD-3-Clause */
/* From the configuration's section redis to a replica. Context: main thread; blocks. */
#ifndef GW_DURABLE_H
#define GW_DURABLE_H

#include "config.h"
#include "replica.h"

/** Whether state is to outlive the process. */
bool gw_durable_wanted(const struct mst_gw_config *config);
/**
 * Opens the replica and restores into `gw`; without redis says what that means and leaves *replica
 * NULL. Returns 0, -MST_E_BUSY when asked to stop while standing by, or another negative error
 * after saying why on standard error.
 */
int gw_durable_open(const struct mst_gw_config *config, struct gw *gw, struct gw_replica **replica);

#endif
