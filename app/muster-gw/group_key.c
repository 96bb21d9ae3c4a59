/* SPDX-License-Identifier: BSD-3-Clause */
/* What a member is told of its group's key. */
#include <string.h>

#include "base/secret.h"
#include "batch.h"
#include "request.h"

/**
 * The earlier key goes to who was a member before this one was made, or to all by policy
 * (docs/protocol.md section 6.7).
 */
static void
take_earlier(const struct gw_worker *w, const struct mst_group_state *now, uint32_t since,
	struct mst_ua_key *key)
{
	if (now->earlier_until <= w->now_s || !(now->policy.history || since < now->made))
		return;
	key->has_earlier = true;
	memcpy(key->earlier_kg, now->earlier_kg, sizeof(key->earlier_kg));
	key->earlier_num = now->num - 1;
	key->earlier_left = now->earlier_until - w->now_s;
}

int
gw_build_key(const struct gw_worker *w, const struct mst_group *g, const struct mst_member *m,
	enum gw_how how, uint64_t imsi, bool observe, uint8_t *out)
{
	const struct mst_group_state *now = mst_group_now_rcu(g);
	struct mst_ua_key key = {
		.num = now->num,
		.exp = now->expires,
		.exi = now->expires > w->now_s ? now->expires - w->now_s : 0,
		.check_interval = now->policy.check_interval_s,
		.expiration_delta = now->policy.expiration_delta_s,
	};
	int size;

	memcpy(key.kg, now->kg, sizeof(key.kg));
	take_earlier(w, now, m->since, &key);
	if (how == GW_READ)
		size = mst_ua_build_key(out, GW_INNER_MAX, &key, observe);
	else
		size = mst_ua_build_joined(
			out, GW_INNER_MAX, how == GW_ENTERED, g->gid, imsi, &key);
	mst_wipe(&key, sizeof(key));
	return size;
}

int
gw_answer_key(const struct gw_request *r, const struct mst_group *g, const struct mst_member *m,
	enum gw_how how)
{
	bool observed = (r->w->batch->observed & MST_LANE(r->lane)) != 0;

	return gw_build_key(r->w, g, m, how, mst_subs_imsi(r->subscriber), observed, r->out);
}
