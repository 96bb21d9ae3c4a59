/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The M2M-SC's part of steps 304-306 and 404-406: decrypted requests to answers. It sees
 * identities, Ks_NAF's end of life and settings, never Ks.
 *
 * A request runs once. A repetition (docs/protocol.md section 5.4) changes nothing: it is answered
 * from what stands, or with REPEAT_STALE when the result stands no more.
 */
#include "batch.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"

/** Seconds after which a device may try again where the answer is "not now". */
#define RETRY_S 5

/** One request, as the handlers see it. */
struct request {
	struct gw_worker *w;
	struct mst_subs_record *subscriber;
	const uint8_t *rand; /* of the session, which a later lane may have replaced by now */
	uint32_t expires;    /* the session */
	const struct mst_ua_join *join;
	uint32_t sid;
	uint64_t piv;
	uint64_t gid;
	bool gba_u;
	bool repeated;
	uint8_t *out; /* GW_INNER_MAX octets */
};

/** What the key is the answer to. */
enum how { ENTERED, WAS_MEMBER, READ };

static int
answer_key(const struct request *r, const struct mst_group *g, enum how how)
{
	const struct gw *gw = r->w->gw;
	uint32_t now = r->w->now_s;
	struct mst_ua_key key = {
		.num = g->num,
		.exp = g->key_expires,
		.exi = g->key_expires > now ? g->key_expires - now : 0,
		.check_interval = gw->key_check_s,
	};
	int size;

	memcpy(key.kg, g->kg, sizeof(key.kg));
	if (how == READ)
		size = mst_ua_build_key(r->out, GW_INNER_MAX, &key);
	else
		size = mst_ua_build_joined(r->out, GW_INNER_MAX, how == ENTERED, g->gid,
			mst_subs_imsi(r->subscriber), &key);
	mst_wipe(&key, sizeof(key));
	return size;
}

/**
 * The list's row for this device: found, or added where the request is not a repetition.
 * Returns ENTERED, WAS_MEMBER or a negative error.
 */
static int
enter(const struct request *r, const struct mst_group *g)
{
	struct gw_worker *w = r->w;
	struct mst_member *m = mst_members_find(&w->members, g->index, r->sid);
	int err;

	if (m != NULL) {
		if (!r->repeated) {
			m->imei = r->join->imei;
			gw_count(&w->counters.outcome[GW_REJOINS], 1);
		}
		return WAS_MEMBER;
	}
	if (r->repeated)
		return -MST_E_REPEAT_STALE;
	err = mst_subs_inc_joined(r->subscriber, w->gw->join_limit);
	if (err)
		return err;
	err = mst_members_add(&w->members, g->index, r->sid, r->join->imei, w->now_s, &m);
	if (err)
		mst_subs_dec_joined(r->subscriber);
	return err ? err : ENTERED;
}

/**
 * G-ID of a creation: a block of the session and the request under a secret key, so that a
 * repetition finds the group it made and no two requests share one.
 */
static void
name_group(const struct request *r, struct mst_group *g)
{
	mst_b16 block[MST_LANES];

	memcpy(&g->origin[0], r->rand, sizeof(g->origin[0]));
	g->origin[1] = r->piv;
	memcpy(block[0], g->origin, sizeof(block[0]));
	mst_aes_encrypt_burst(r->w->crypto, 1, &r->w->gw->gid_key, block, block);
	g->gid = mst_get_be64(block[0]);
}

static bool
made_by(const struct request *r, const struct mst_group *g, const struct mst_group *wanted)
{
	return g->creator == r->sid && memcmp(g->origin, wanted->origin, sizeof(g->origin)) == 0;
}

/** Whether the creator can become a member, so that no group is left without one. */
static int
may_enter(const struct request *r)
{
	if (mst_subs_state_joined(mst_subs_state(r->subscriber)) >= r->w->gw->join_limit)
		return -MST_E_LIMIT_JOIN;
	return mst_members_full(&r->w->members) ? -MST_E_TABLE_FULL : 0;
}

static int
publish(const struct request *r, struct mst_group *wanted, struct mst_group **made)
{
	struct gw_worker *w = r->w;
	int err = may_enter(r);

	if (err == 0)
		err = mst_subs_inc_created(r->subscriber, w->gw->create_limit);
	if (err)
		return err;
	wanted->creator = r->sid;
	wanted->created = w->now_s;
	wanted->key_expires = w->now_s + w->gw->group_key_life_s;
	err = gw_random(w, wanted->kg, sizeof(wanted->kg));
	if (err == 0)
		err = mst_groups_add_rcu(&w->gw->groups, wanted, made);
	mst_wipe(wanted->kg, sizeof(wanted->kg));
	if (err)
		mst_subs_dec_created(r->subscriber);
	else
		gw_count(&w->counters.outcome[GW_CREATES], 1);
	return err == -MST_E_EXISTS ? -MST_E_TABLE_FULL : err;
}

static int
create(const struct request *r)
{
	struct mst_group wanted = {0}, *g;
	int err;

	name_group(r, &wanted);
	g = mst_groups_find_rcu(&r->w->gw->groups, wanted.gid);
	if (r->repeated)
		err = g != NULL && made_by(r, g, &wanted) ? 0 : -MST_E_REPEAT_STALE;
	else
		err = publish(r, &wanted, &g);
	if (err == 0)
		err = enter(r, g);
	return err < 0 ? err : answer_key(r, g, (enum how)err);
}

static int
join(const struct request *r)
{
	const struct mst_group *g = mst_groups_find_rcu(&r->w->gw->groups, r->gid);
	int how = g != NULL ? enter(r, g) : -MST_E_GROUP_UNKNOWN;

	if (how < 0)
		return how;
	if (how == ENTERED)
		gw_count(&r->w->counters.outcome[GW_JOINS], 1);
	return answer_key(r, g, (enum how)how);
}

static int
read_group(const struct request *r, bool number_only)
{
	const struct mst_group *g = mst_groups_find_rcu(&r->w->gw->groups, r->gid);

	if (g == NULL)
		return -MST_E_GROUP_UNKNOWN;
	if (mst_members_find(&r->w->members, g->index, r->sid) == NULL)
		return -MST_E_NOT_MEMBER;
	gw_count(&r->w->counters.outcome[GW_READS], 1);
	return number_only ? mst_ua_build_num(r->out, GW_INNER_MAX, g->num)
			   : answer_key(r, g, READ);
}

static int
read_session(const struct request *r)
{
	const struct gw *gw = r->w->gw;
	char btid[MST_BTID_SIZE_MAX];
	size_t size = mst_btid_build(r->rand, gw->bsf_fqdn, gw->bsf_fqdn_size, btid);

	gw_count(&r->w->counters.outcome[GW_READS], 1);
	return mst_ua_build_session(r->out, GW_INNER_MAX, btid, size, r->expires - r->w->now_s);
}

static int
dispatch(struct request *r, const struct mst_ua_request *ua)
{
	r->join = &ua->join;
	r->gid = ua->target.gid;
	if (ua->code == MST_COAP_POST &&
		ua->join.store != (r->gba_u ? MST_UA_STORE_UICC : MST_UA_STORE_ME))
		return -MST_E_GROUP_STORAGE;
	switch (ua->target.res) {
	case MST_RES_MANAGE:
		return create(r);
	case MST_RES_GROUP:
		return ua->code == MST_COAP_POST ? join(r) : read_group(r, false);
	case MST_RES_GROUP_NUM:
		return read_group(r, true);
	case MST_RES_SESSION:
		return read_session(r);
	default:
		return -MST_E_COAP_PATH;
	}
}

static int
serve(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct request r = {
		.w = w,
		.subscriber = mst_hss_record(&w->gw->hss, b->ref[lane]),
		.rand = b->rand[lane],
		.expires = b->expires[lane],
		.sid = b->sid[lane],
		.piv = b->piv[lane],
		.gba_u = (b->gba_u & MST_LANE(lane)) != 0,
		.repeated = (b->repeated & MST_LANE(lane)) != 0,
		.out = b->plain[lane],
	};
	struct mst_ua_request ua;
	int err = mst_ua_parse_request(b->plain[lane], b->plain_size[lane], &ua);

	mst_wipe(b->plain[lane], b->plain_size[lane]); /* the answer may be shorter */
	return err ? err : dispatch(&r, &ua);
}

mst_lanes
gw_stage_group(struct gw_worker *w, mst_lanes live)
{
	struct gw_batch *b = w->batch;
	mst_lanes answered = 0;

	mst_for_lanes(i, live) {
		int size = serve(w, i);

		if (size < 0)
			gw_count(&w->counters.drop[-size], 1);
		if (size == -MST_E_REPEAT_STALE) {
			b->status[i] = MST_E_REPEAT_STALE;
			continue;
		}
		if (size < 0) {
			size = mst_ua_build_error(b->plain[i], GW_INNER_MAX, size, RETRY_S);
			gw_count(&w->counters.outcome[GW_ERRORS_SENT], 1);
		}
		b->plain_size[i] = (uint16_t)size;
		answered |= MST_LANE(i);
	}
	return answered;
}
