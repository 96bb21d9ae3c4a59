/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the sources of record.h and the replicator. */
#ifndef GW_RECORD_PRIVATE_H
#define GW_RECORD_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

struct gw;
struct gw_worker;
struct mst_record;

/** A subscriber's state at this moment. Context: any thread. */
void gw_fill_subscriber(const struct gw *gw, uint32_t sid, struct mst_record *r);
/** Goes on with a walk. Returns whether one is under way. Context: the worker. */
bool gw_walk_step(struct gw_worker *w);

#endif
