/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which gateway of a site serves (docs/durability.md 7). Two keys of Redis tell:
 *
 *	muster:SITE:lease    "IND RUN", with a time to live: who serves, and that it is alive
 *	muster:SITE:fence    "EPOCH IND": who served last; only ever grows
 *
 * The others stand by. Who takes over writes its epoch into the fence first and ends all
 * connections of the gateway before it then; a gateway names a connection before it looks at the
 * fence. So a connection that writes either is ended or has seen that it may not: no batch of a
 * former gateway is executed once the next one reads, and no batch pays for the check.
 *
 * Context: main thread until the replicator's thread runs, then that thread.
 */
#ifndef GW_LEASE_H
#define GW_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/resp.h"
#include "redis.h"

struct gw_replica;

/**
 * Connects, and stands by until the site is this gateway's; gives the run its epoch. Returns 0,
 * -MST_E_EXISTS (a gateway with this IND is running), -MST_E_RECORD_NEWER (another layout),
 * -MST_E_SYSTEM or, asked to stop meanwhile, -MST_E_BUSY; all but the last after saying why.
 * Blocks.
 */
int gw_lease_hold(struct gw_replica *r);
/** Keeps it during a long restoration, when it is time. Returns 0 or -MST_E_SYSTEM. Blocks. */
int gw_lease_keep(struct gw_replica *r);
/** Whether it is time to keep it, for the replicator; if so, the next time is set. */
bool gw_lease_due(struct gw_replica *r, uint64_t now_us);
/** Appends the command that keeps it. */
void gw_lease_put(const struct gw_replica *r, struct mst_resp *commands);
/** Appends the command that writes the fence again, for a Redis that has lost it. */
void gw_lease_fence_put(const struct gw_replica *r, struct mst_resp *commands);
/**
 * Before a new connection writes: names it and looks at the fence. Returns 0, -MST_E_FENCED
 * (another gateway serves: for good) or -MST_E_SYSTEM. Blocks.
 */
int gw_lease_resume(struct gw_replica *r, struct gw_redis *redis);
/** At an orderly end: whoever stands by need not wait. Blocks. */
void gw_lease_release(struct gw_replica *r);

#endif
