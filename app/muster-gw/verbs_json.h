/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts and rows that several verbs use. Context: control thread. */
#ifndef GW_VERBS_JSON_H
#define GW_VERBS_JSON_H

#include <jansson.h>

#include "gw.h"

/** A new string, or NULL when out of memory. */
json_t *gw_json_imsi(const struct gw *gw, uint32_t sid);
json_t *gw_json_imei(uint64_t imei);
json_t *gw_json_gid(uint64_t gid);
/** UTC, RFC 3339. */
json_t *gw_json_time(uint32_t unix_s);
/** Eight hex digits: the first octets of HMAC-SHA-256(Kg || zeros, "muster key id"). */
json_t *gw_json_key_id(struct gw *gw, const uint8_t kg[MST_KG]);
/** {"gid", "key_id", "num", "members", "waiting", "creator", "created", "key_expires"}. */
json_t *gw_json_group(struct gw *gw, const struct mst_group *g);
/** The same with "owners", "dissolved" and "policies". */
json_t *gw_json_group_whole(struct gw *gw, const struct mst_group *g);
/** Policies by the names that gw_policy_from_json() takes. */
json_t *gw_json_policy(const struct mst_policy *policy);
/**
 * Reads {NAME: TEXT} into a change. Returns 0 or -MST_E_ARGUMENT with a line in `error` (of
 * MST_CTL_ERROR_SIZE octets) that says what is wrong.
 */
int gw_policy_from_json(const json_t *object, struct mst_policy_change *change, char *error);

#endif
