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
	POLICY_CHECK_INTERVAL = 1,
	PROBLEM_ACE_GROUPCOMM = 0, /* custom problem detail of RFC 9290 */
	ACE_GROUPCOMM_ERROR_ID = 0,
};

/** Keys of the session map, those of Ub. */
enum {
	SESSION_BTID = MST_UB_BTID,
	SESSION_LIFETIME = MST_UB_LIFETIME,
};

/** Writes the payload of a creation or a join. */
void mst_ua_write_join(struct mst_writer *w, uint64_t imei, enum mst_ua_store store);

#endif
