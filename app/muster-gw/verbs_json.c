/* SPDX-License-Identifier: BSD-3-Clause */
#include "verbs_json.h"

#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "base/text.h"
#include "gba/classify.h"
#include "gba/ua.h"
#include "keeper_private.h"

json_t *
gw_json_imsi(const struct gw *gw, uint32_t sid)
{
	char digits[MST_IMSI_DIGITS_MAX];
	size_t size =
		mst_imsi_decode(mst_subs_imsi(mst_hss_record(&gw->hss, gw_ref(gw, sid))), digits);

	return json_stringn(digits, size);
}

json_t *
gw_json_imei(uint64_t imei)
{
	char digits[16];

	return json_stringn(digits, mst_imei_decode(imei, digits));
}

json_t *
gw_json_gid(uint64_t gid)
{
	char text[MST_GID_TEXT];

	mst_gid_build(gid, text);
	return json_stringn(text, sizeof(text));
}

json_t *
gw_json_time(uint32_t unix_s)
{
	time_t t = unix_s;
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	return json_stringn(text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm));
}

json_t *
gw_json_key_id(struct gw *gw, const uint8_t kg[MST_KG])
{
	static const uint8_t label[] = "muster key id";
	const uint8_t *message[MST_LANES] = {label};
	struct mst_hmac_cols prepared;
	mst_b32 mac[MST_LANES];
	char text[9];

	mst_hmac_key_all(gw->crypto, 1, kg, MST_KG, &prepared);
	mst_hmac_burst(gw->crypto, 1, &prepared, message, sizeof(label) - 1, mac);
	mst_hex_encode(mac[0], 4, text);
	mst_wipe(prepared.inner[0], sizeof(prepared.inner[0]));
	mst_wipe(prepared.outer[0], sizeof(prepared.outer[0]));
	return json_string(text);
}

/** The IMSI of a subscriber, null where there is none. */
static json_t *
imsi_or_null(const struct gw *gw, uint32_t sid)
{
	return sid != MST_NO_PEER ? gw_json_imsi(gw, sid) : json_null();
}

static json_t *
owners(const struct gw *gw, const struct mst_group_state *now)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < now->owners; i++)
		json_array_append_new(list, gw_json_imsi(gw, now->owner[i]));
	return list;
}

json_t *
gw_json_group(struct gw *gw, const struct mst_group *g)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);

	return json_pack("{s:o, s:o, s:i, s:I, s:i, s:o, s:o, s:o}", "gid", gw_json_gid(g->gid),
		"key_id", gw_json_key_id(gw, now->kg), "num", (int)now->num, "members",
		(json_int_t)gw_members_of(gw, g->index), "waiting",
		(int)__atomic_load_n(&gw->kept[g->index].waiting, __ATOMIC_RELAXED), "creator",
		imsi_or_null(gw, g->creator), "created", gw_json_time(g->created), "key_expires",
		gw_json_time(now->expires));
}

json_t *
gw_json_group_whole(struct gw *gw, const struct mst_group *g)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	json_t *row = gw_json_group(gw, g);

	json_object_set_new(row, "owners", owners(gw, now));
	json_object_set_new(row, "dissolved", json_boolean(now->dissolved));
	json_object_set_new(row, "policies", gw_json_policy(&now->policy));
	return row;
}
