/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a group's owners decide about it (docs/protocol.md section 6.4): whom it admits, when its
 *key changes, what its members are told. Carried by POST /manage and PUT, GET policies.
 *
 *	struct mst_policy policy = *preset;
 *	mst_policy_apply(&policy, &request.change);
 *	if (mst_policy_admits(&policy, imsi, tags)) ...
 *
 * Context of all functions: any thread, data path; no state.
 */
#ifndef MST_GBA_POLICY_H
#define MST_GBA_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/** Ranges of an allow-list. */
#define MST_POLICY_RANGES 4

/** Whom a group admits. */
enum mst_admission {
	MST_ADMIT_OPEN,     /* every subscriber whose settings allow it */
	MST_ADMIT_LIST,     /* IMSIs in a range, subscribers with a tag */
	MST_ADMIT_OWNERS,   /* whom an owner or the operator admits */
	MST_ADMIT_OPERATOR, /* whom the operator admits */
	MST_ADMIT_COUNT,
};

/** What becomes of the key when a member leaves or is evicted. */
enum mst_rekey {
	MST_REKEY_NEVER,
	MST_REKEY_AT_ONCE,
	MST_REKEY_WINDOW, /* once for all that leave within window_s */
	MST_REKEY_COUNT,
};

/** IMSI codes of one number of digits, both included. */
struct mst_imsi_range {
	uint64_t first, last;
};

struct mst_policy {
	uint32_t check_interval_s;   /* 1..31536000: how often members look for a new key */
	uint32_t expiration_delta_s; /* ..604800: how long the earlier key is still accepted */
	uint32_t member_limit;       /* 0: none */
	uint32_t window_s;           /* ..604800 */
	uint32_t key_life_s;         /* 60..315360000 */
	uint8_t admission;           /* enum mst_admission */
	uint8_t rekey_leave;         /* enum mst_rekey */
	uint8_t tags;                /* allow-list: any of these bits of the subscriber's */
	uint8_t range_count;
	bool rekey_join;
	bool history; /* a new member gets the earlier key, while it is accepted */
	struct mst_imsi_range range[MST_POLICY_RANGES];
};

/** Bits of mst_policy_change.has: which fields of `to` count. */
enum {
	MST_POLICY_CHECK_INTERVAL = 1U << 0,
	MST_POLICY_EXPIRATION_DELTA = 1U << 1,
	MST_POLICY_ADMISSION = 1U << 2,
	MST_POLICY_MEMBER_LIMIT = 1U << 3,
	MST_POLICY_REKEY_LEAVE = 1U << 4,
	MST_POLICY_WINDOW = 1U << 5,
	MST_POLICY_REKEY_JOIN = 1U << 6,
	MST_POLICY_KEY_LIFE = 1U << 7,
	MST_POLICY_HISTORY = 1U << 8,
	MST_POLICY_RANGES_SET = 1U << 9,
	MST_POLICY_TAGS = 1U << 10,
	MST_POLICY_ALL = (1U << 11) - 1,
};

struct mst_policy_change {
	uint16_t has;
	struct mst_policy to;
};

/** Whether every field is in its range, ranges ordered and of equal digits. */
bool mst_policy_valid(const struct mst_policy *policy);
/** Sets the fields that `change` has. */
void mst_policy_apply(struct mst_policy *policy, const struct mst_policy_change *change);
/** Whether an allow-list admits the subscriber. */
bool mst_policy_lists(const struct mst_policy *policy, uint64_t imsi, uint8_t tags);

#endif
