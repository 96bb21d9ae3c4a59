/* SPDX-License-Identifier: BSD-3-Clause */
/* Verbs about lasting state; see verbs.h. */
#ifndef GW_VERBS_REPLICA_H
#define GW_VERBS_REPLICA_H

#include <stdbool.h>

#include "ctl/ctl.h"

struct gw;

void gw_verb_replica_status(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_replica_verify(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_kek_rotate(void *user, struct mst_ctl_reply *reply, const json_t *args);

/** Answers a verification that is over. Returns whether one is under way. */
bool gw_verbs_replica_tend(struct gw *gw);

#endif
