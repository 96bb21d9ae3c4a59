/* SPDX-License-Identifier: BSD-3-Clause */
/* From the configuration's HSS instances to loaded stores. Context: main thread; blocks, allocates.
 */
#ifndef GW_PROVISION_H
#define GW_PROVISION_H

#include "config.h"
#include "subs/slf.h"

/**
 * Loads all subscriber files, with progress and rejected rows on stderr. On failure one line on
 * stderr says what to do. Returns 0 or a negative enum mst_err; then `set` is empty.
 */
int gw_provision(const struct mst_gw_config *config, struct mst_hss_set *set);
/** Wipes and frees the stores. */
void gw_unprovision(struct mst_hss_set *set);

#endif
