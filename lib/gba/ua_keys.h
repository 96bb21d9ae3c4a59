/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and helpers shared by the sources of gba/ua.h. Context: any thread. */
#ifndef MST_GBA_UA_KEYS_H
#define MST_GBA_UA_KEYS_H

#include "base/secret.h"
#include "cbor/cbor.h"
#include "gba/ua.h"
#include "gba/ub.h"

/** Parameters of RFC 9594 section 8, and muster's own (private use). */
enum {
	KEY_SCOPE = 3,
	KEY_GKTY = 7,
	KEY_KEY = 8,
	KEY_NUM = 9,
	KEY_PROFILE = 10,
	KEY_EXP = 11,
	KEY_EXI = 12,
	KEY_POLICIES = 16,
	KEY_IMEI = -65537,
	KEY_STORE = -65538,
	KEY_EARLIER = -65539,
	POLICY_CHECK_INTERVAL = 1,
	POLICY_EXPIRATION_DELTA = 2,
	POLICY_ADMISSION = -65537,
	POLICY_MEMBER_LIMIT = -65538,
	POLICY_REKEY_LEAVE = -65539,
	POLICY_WINDOW = -65540,
	POLICY_REKEY_JOIN = -65541,
	POLICY_KEY_LIFE = -65542,
	POLICY_HISTORY = -65543,
	POLICY_RANGES = -65544,
	POLICY_TAGS = -65545,
	PROBLEM_ACE_GROUPCOMM = 0, /* custom problem detail of RFC 9290 */
	ACE_GROUPCOMM_ERROR_ID = 0,
};

/** Keys of the maps of group management. */
enum {
	DECIDE_ADMIT = 0,
	DECIDE_REFUSE = 1,
	DECIDED_UNKNOWN = 2,
	CANDIDATES_WAITING = 0,
	CANDIDATES_ROWS = 1,
	OWNERS_PRINCIPAL = 0,
	OWNERS_CO_OWNERS = 1,
	OWNERS_ADD = 1,
	OWNERS_REMOVE = 2,
};

/** Keys of the session map, those of Ub. */
enum {
	SESSION_BTID = MST_UB_BTID,
	SESSION_LIFETIME = MST_UB_LIFETIME,
};

/** Writes the payload of a creation or a join; `change` is NULL or a creation's. */
void mst_ua_write_join(struct mst_writer *w, uint64_t imei, enum mst_ua_store store,
	const struct mst_policy_change *change);

/** An IMSI as text; fails with GROUP_REQUEST. */
uint64_t mst_ua_read_imsi(struct mst_cbor *r);
void mst_ua_write_imsi(struct mst_writer *w, uint64_t imsi);
/** An IMEI as text; fails with GROUP_REQUEST. */
uint64_t mst_ua_read_imei(struct mst_cbor *r);
void mst_ua_write_imei(struct mst_writer *w, uint64_t imei);

/** The map of policies alone. */
void mst_ua_read_policies(struct mst_cbor *r, struct mst_policy_change *change);
void mst_ua_write_policies(struct mst_writer *w, const struct mst_policy_change *change);

/** Payloads of requests: each returns 0 or a negative error, its result then untouched. */
int mst_ua_parse_policies(const uint8_t *data, size_t size, struct mst_policy_change *change);
int mst_ua_parse_decision(const uint8_t *data, size_t size, struct mst_ua_decision *decision);
int mst_ua_parse_owners_change(
	const uint8_t *data, size_t size, struct mst_ua_owners_change *change);
int mst_ua_parse_rekey(const uint8_t *data, size_t size, uint32_t *num);
void mst_ua_write_decision(struct mst_writer *w, const struct mst_ua_decision *decision);
void mst_ua_write_owners_change(struct mst_writer *w, const struct mst_ua_owners_change *change);

/** Payloads of answers, into the response's union. */
int mst_ua_parse_candidates(const struct mst_coap_span *payload, struct mst_ua_response *response);
int mst_ua_parse_decided(const struct mst_coap_span *payload, struct mst_ua_response *response);
int mst_ua_parse_owners(const struct mst_coap_span *payload, struct mst_ua_response *response);

#endif
