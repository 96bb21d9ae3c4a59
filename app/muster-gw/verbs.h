/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What musterctl can ask of a running gateway: status, stats, group list, group show, group
 * members, session show. Keys are never shown; a key id is, the head of an HMAC under the key.
 *
 * Context: control thread, registered with RCU and online while a handler runs.
 */
#ifndef GW_VERBS_H
#define GW_VERBS_H

#include "ctl/ctl.h"
#include "gw.h"

/** The verbs, for mst_ctl_server_create() with a struct gw_verbs_user as user. */
extern const struct mst_ctl_verb gw_verbs[];
extern const size_t gw_verb_count;

struct gw_verbs_user {
	struct gw *gw;
	time_t started;
};

/** Octets of this process in memory, from the kernel; 0 when it does not tell. */
int64_t gw_resident_memory(void);

#endif
