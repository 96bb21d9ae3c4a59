/* SPDX-License-Identifier: BSD-3-Clause */
/* Handlers of the verbs about groups; `user` is a struct gw_verbs_user. Context: control thread. */
#ifndef GW_VERBS_GROUP_H
#define GW_VERBS_GROUP_H

#include "ctl/ctl.h"
#include "gw.h"

/** The group that "group" in args names, or NULL after answering with the error. */
struct mst_group *gw_verb_named_group(
	struct gw *gw, struct mst_ctl_reply *reply, const json_t *args);

void gw_verb_group_list(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_show(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_members(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_export(void *user, struct mst_ctl_reply *reply, const json_t *args);

/* verbs_manage.c: each changes something, and is in the audit trail. */
void gw_verb_group_create(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_dissolve(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_policy(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_pending(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_approve(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_deny(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_evict(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_rekey(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_group_transfer(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_subscriber_bar(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_subscriber_unbar(void *user, struct mst_ctl_reply *reply, const json_t *args);
void gw_verb_subscriber_show(void *user, struct mst_ctl_reply *reply, const json_t *args);

#endif
