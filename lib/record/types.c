/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of record types. A type that gets a column gets a new version with it. */
#include "record/record.h"

#define COLUMN(label, how, member)                                                                 \
	{                                                                                          \
		.name = (label), .kind = MST_COLUMN_##how,                                         \
		.offset = offsetof(struct mst_record, member),                                     \
		.size = sizeof(((struct mst_record *)0)->member)                                   \
	}
#define SECRET(first, last)                                                                        \
	.secret_offset = offsetof(struct mst_record, first),                                       \
	.secret_size = offsetof(struct mst_record, last) +                                         \
		       sizeof(((struct mst_record *)0)->last) - offsetof(struct mst_record, first)

/* clang-format off */
const struct mst_record_row mst_record_rows[MST_RECORD_TYPES] = {
	[MST_RECORD_SITE] = {
		.name = "site", .version = 1, .spread = MST_RECORD_ONE, .field = "keys",
		SECRET(site.gid_key, site.gid_key),
	},
	[MST_RECORD_COOKIE] = {
		.name = "cookie", .version = 1, .spread = MST_RECORD_ONE, .field = "keys",
		.clear = {
			COLUMN("made", NUMBER, cookie.made),
			COLUMN("previous", NUMBER, cookie.has_previous),
		},
		SECRET(cookie.current, cookie.previous),
	},
	[MST_RECORD_SUBSCRIBER] = {
		.name = "subscriber", .version = 1, .spread = MST_RECORD_DECIMAL,
		.id = {COLUMN("imsi", IMSI, subscriber.imsi)},
		.clear = {
			COLUMN("dif", NUMBER, subscriber.dif),
			COLUMN("barred", NUMBER, subscriber.barred),
		},
	},
	[MST_RECORD_GROUP] = {
		.name = "group", .version = 1, .spread = MST_RECORD_HEX,
		.id = {COLUMN("gid", GID, group.gid)},
		.clear = {
			COLUMN("creator", IMSI, group.creator),
			COLUMN("created", NUMBER, group.created),
			COLUMN("num", NUMBER, group.num),
			COLUMN("made", NUMBER, group.made),
			COLUMN("expires", NUMBER, group.expires),
			COLUMN("earlier-until", NUMBER, group.earlier_until),
			COLUMN("dissolved", NUMBER, group.dissolved),
			COLUMN("owners", NUMBER, group.owners),
			COLUMN("principal", IMSI, group.owner[0]),
			COLUMN("co-owner-1", IMSI, group.owner[1]),
			COLUMN("co-owner-2", IMSI, group.owner[2]),
			COLUMN("co-owner-3", IMSI, group.owner[3]),
			COLUMN("check-interval", NUMBER, group.policy.check_interval_s),
			COLUMN("expiration-delta", NUMBER, group.policy.expiration_delta_s),
			COLUMN("member-limit", NUMBER, group.policy.member_limit),
			COLUMN("window", NUMBER, group.policy.window_s),
			COLUMN("key-life", NUMBER, group.policy.key_life_s),
			COLUMN("admission", NUMBER, group.policy.admission),
			COLUMN("rekey-leave", NUMBER, group.policy.rekey_leave),
			COLUMN("tags", NUMBER, group.policy.tags),
			COLUMN("ranges", NUMBER, group.policy.range_count),
			COLUMN("rekey-join", NUMBER, group.policy.rekey_join),
			COLUMN("history", NUMBER, group.policy.history),
			COLUMN("range", HEX, group.policy.range),
			COLUMN("origin", HEX, group.origin),
		},
		SECRET(group.kg, group.earlier_kg),
	},
	[MST_RECORD_SESSION] = {
		.name = "session", .version = 1, .spread = MST_RECORD_DECIMAL,
		.id = {COLUMN("imsi", IMSI, session.imsi)},
		.clear = {
			COLUMN("expires", NUMBER, session.expires),
			COLUMN("ended", NUMBER, session.ended),
			COLUMN("rand", HEX, session.rand),
		},
		SECRET(session.ks_naf, session.ks_naf),
	},
	[MST_RECORD_MEMBER] = {
		.name = "member", .version = 1, .spread = MST_RECORD_DECIMAL,
		.id = {COLUMN("gid", GID, member.gid), COLUMN("imsi", IMSI, member.imsi)},
		.clear = {
			COLUMN("imei", IMEI, member.imei),
			COLUMN("since", NUMBER, member.since),
			COLUMN("standing", NUMBER, member.standing),
		},
	},
};
/* clang-format on */
