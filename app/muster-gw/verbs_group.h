/* SPDX-License-Identifier: BSD-3-Clause */
/* Handlers of the verbs about groups; `user` is a struct gw_verbs_user. Context: control thread. */
#ifndef GW_VERBS_GROUP_H
#define GW_VERBS_GROUP_H

#include "ctl/ctl.h"

void gw_verb_group_list(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_show(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_members(void *user, struct mst_ctl_reply *reply, const json_t *args);

#endif
