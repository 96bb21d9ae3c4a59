/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What strangers may ask for: a token bucket for each source prefix, so that one network cannot
 * take the work of a worker from all others.
 *
 * A request that no open session protects (negotiation, challenge, proof, AUTS, express request)
 * takes a token of its source's prefix before any cryptography; without one it is dropped silently.
 * Buckets are a fixed array under a secret hash: two prefixes may share one, and no flood makes it
 * grow. A bucket is the virtual time of the generic cell rate algorithm (ITU-T I.371 A.1), 8
 * octets: the moment at which it will be full again.
 *
 *	live = gw_sources_admit(w, live);
 *
 * Context: the worker, data path.
 */
#ifndef GW_SOURCE_H
#define GW_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/lanes.h"

struct gw_worker;

/** Buckets of a worker: 128 KiB. */
#define GW_SOURCES 16384

struct gw_source_options {
	uint32_t rate;  /* requests a second, prefix and worker; 0: no bound */
	uint32_t burst; /* requests that may come at once */
	uint8_t bits4;  /* length of a prefix, IPv4 */
	uint8_t bits6;  /* and IPv6, at most 64 */
};

struct gw_sources {
	uint64_t *full_at; /* ns of Unix time; NULL: no bound */
	uint64_t step;     /* ns that a request costs */
	uint64_t depth;    /* ns that a bucket may be behind */
	uint32_t mask4;
	uint64_t mask6;
};

/** Returns 0 or -MST_E_NO_MEMORY. Context: control thread; allocates. */
int gw_sources_init(struct gw_sources *sources, const struct gw_source_options *options);
/** Context: control thread, after the worker has ended. */
void gw_sources_fini(struct gw_sources *sources);
/** Takes a token for each lane; drops those without. Returns the rest. */
mst_lanes gw_sources_admit(struct gw_worker *w, mst_lanes live);

#endif
