/* SPDX-License-Identifier: BSD-3-Clause */
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "aka/autn.h"
#include "base/err.h"
#include "rcu/rcu.h"

#define FRAME_ROOM 2048

static unsigned fleets; /* whose gateways read under RCU in the main thread */

static const uint8_t gateway_mac[6] = {2, 0, 0, 0, 0, 1}, device_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t gateway_ip[4] = {10, 255, 255, 254};
static const char group_path[] = "ace-group/0123456789abcdef";

struct fleet {
	struct gw *gw;
	unsigned worker;
	uint32_t first, count; /* its subscribers */
	bool owner;            /* of the gateway */
	struct mst_hss_set hss;
	struct mst_crypto *crypto;
	struct mst_naf_id naf_id;
	uint64_t now_ms;
	uint64_t gid;
	uint32_t number; /* of the first device */
	uint16_t mid;

	mst_b16 k[MST_LANES], opc[MST_LANES];
	uint64_t imsi[MST_LANES];
	mst_b16 rand[MST_LANES], autn[MST_LANES], proof[MST_LANES];
	mst_b32 ks_naf[MST_LANES];
	struct mst_autn_cols aka;
	struct mst_hmac_cols ks;
	struct mst_oscore_keys keys;
	mst_oscore_id kid[MST_LANES];
	uint64_t piv[MST_LANES];
	uint8_t text[MST_LANES][MST_UA_SIZE_MAX], buffer[MST_LANES][FRAME_ROOM]; /* of joins */
	uint8_t frame[MST_LANES][FRAME_ROOM];
	uint16_t size[MST_LANES];
};

static void
card(uint32_t number, mst_b16 k, mst_b16 opc)
{
	memset(k, 0, 16);
	memset(opc, 0xff, 16);
	mst_put_be32(k, number);
	mst_put_be32(opc, number);
}

static int
provision(struct fleet *f)
{
	static struct mst_subs_cols cols;
	const struct mst_subs_profile profile = {.lifetime_s = 86400, .mnc_size = 2};
	struct mst_hash_seed seed;
	uint8_t status[MST_LANES];
	uint16_t number;
	int err;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -MST_E_SYSTEM;
	f->hss.count = 1;
	err = mst_subs_create(&f->hss.store[0], FLEET_SUBSCRIBERS, &seed);
	if (err == 0)
		err = mst_subs_profile_add(f->hss.store[0], &profile, &number);
	for (uint32_t n = 0; err == 0 && n < FLEET_SUBSCRIBERS; n += MST_LANES) {
		for (unsigned i = 0; i < MST_LANES; i++) {
			cols.imsi[i] = 1010000000000 + n + i;
			card(n + i, cols.k[i], cols.opc[i]);
			cols.profile[i] = number;
		}
		mst_subs_add_burst(f->hss.store[0], ~(mst_lanes)0, &cols, status);
	}
	return err;
}

/** The group that all join, made by hand: its creator is nobody's business here. */
static int
make_group(struct fleet *f)
{
	struct mst_group g = {.gid = 0x0123456789abcdef, .creator = MST_NO_PEER}, *made;
	struct mst_group_state *state = mst_group_state_get(&f->gw->worker[0]->keeper.states, NULL);

	f->gid = g.gid;
	state->policy = f->gw->policy;
	state->num = 1;
	state->expires = UINT32_MAX;
	return mst_groups_add_rcu(&f->gw->groups, &g, state, &made);
}

/** The fleet's part of the subscribers, a multiple of a burst. */
static void
take_share(struct fleet *f, unsigned worker)
{
	f->worker = worker;
	f->count = FLEET_SUBSCRIBERS / f->gw->workers / MST_LANES * MST_LANES;
	f->first = worker * f->count;
	f->number = f->first + f->count - MST_LANES;
}

struct fleet *
fleet_create(void)
{
	return fleet_create_with(1);
}

struct fleet *
fleet_create_with(unsigned workers)
{
	struct fleet *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);
	struct gw_options o = {
		.workers = workers,
		.naf_fqdn = "naf.example.com",
		.bsf_fqdn = "bsf.example.com",
		.bsf_uri = "/bsf",
		.ua = {0xff, 0, 0, 0, 1},
		.cookie_life_s = 120,
		.sqn_tick_ms = 100,
		.groups = 1024,
		.memberships = FLEET_SUBSCRIBERS,
		.policy = {.check_interval_s = 3600, .key_life_s = 86400},
		.candidates = 64,
		.exchanges = 64,
		.notify_rate = 1000,
		.create_limit = 1,
		.join_limit = 1,
		.epoch = 1,
	};

	if (f == NULL)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->owner = true;
	f->now_ms = 1800000000000;
	mst_net_host_init(&o.host, gateway_mac, MST_COAP_PORT);
	mst_net_host_add_ip4(&o.host, gateway_ip, 32);
	mst_naf_id_init(&f->naf_id, o.naf_fqdn, strlen(o.naf_fqdn), o.ua);
	if (fleets++ == 0)
		mst_rcu_register();
	if (provision(f) || mst_crypto_create(&f->crypto, NULL) ||
		gw_create(&f->gw, &o, &f->hss, NULL) || make_group(f)) {
		fleet_destroy(f);
		return NULL;
	}
	take_share(f, 0);
	return f;
}

struct fleet *
fleet_share(const struct fleet *first, unsigned worker)
{
	struct fleet *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);

	if (f == NULL)
		return NULL;
	memcpy(f, first, sizeof(*f));
	f->owner = false;
	if (mst_crypto_create(&f->crypto, NULL)) {
		free(f);
		return NULL;
	}
	take_share(f, worker);
	return f;
}

void
fleet_enter(void)
{
	mst_rcu_register();
}

void
fleet_leave(void)
{
	mst_rcu_unregister();
}

struct gw_worker *
fleet_worker(struct fleet *f)
{
	return f->gw->worker[f->worker];
}

void
fleet_destroy(struct fleet *f)
{
	if (f->owner) {
		if (--fleets == 0)
			mst_rcu_unregister();
		gw_destroy(f->gw);
		mst_subs_destroy(f->hss.store[0]);
	}
	mst_crypto_destroy(f->crypto);
	free(f);
}

void
fleet_next(struct fleet *f)
{
	f->number = f->first + (f->number - f->first + MST_LANES) % f->count;
	f->now_ms += 1000;
	for (unsigned i = 0; i < MST_LANES; i++) {
		card(f->number + i, f->k[i], f->opc[i]);
		f->imsi[i] = 1010000000000 + f->number + i;
		f->piv[i] = 0;
	}
}

static void
begin(struct fleet *f, unsigned i, struct mst_coap_build *build, uint8_t *buffer, const char *path)
{
	uint8_t token[4];

	mst_put_be32(token, f->number + i);
	mst_coap_build_init(
		build, buffer, FRAME_ROOM - 64, MST_COAP_CON, MST_COAP_POST, f->mid++, token, 4);
	if (path == NULL)
		return;
	mst_coap_put_path(build, MST_COAP_OPT_URI_PATH, path);
	mst_coap_put_uint(build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
}

static void
wrap(struct fleet *f, unsigned i, struct mst_coap_build *build, const uint8_t *buffer)
{
	struct mst_net_flow flow = {.family = 4, .src_port = 5683, .dst_port = 5683};
	int size = mst_coap_build_fini(build);

	memcpy(flow.dst_mac, gateway_mac, 6);
	memcpy(flow.src_mac, device_mac, 6);
	memcpy(flow.dst_ip, gateway_ip, 4);
	mst_put_be32(flow.src_ip, 0x0a000001 + f->number + i);
	f->size[i] =
		(uint16_t)mst_net_build_udp(f->frame[i], FRAME_ROOM, &flow, buffer, (size_t)size);
}

void
fleet_hints(struct fleet *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct mst_coap_build build;
		uint8_t buffer[FRAME_ROOM];

		begin(f, i, &build, buffer, group_path);
		mst_ub_write_request(mst_coap_put_payload(&build), MST_UB_ID_NONE, 0, 2, 0);
		wrap(f, i, &build, buffer);
	}
}

void
fleet_firsts(struct fleet *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct mst_coap_build build;
		uint8_t buffer[FRAME_ROOM];

		begin(f, i, &build, buffer, "bsf");
		mst_ub_write_request(
			mst_coap_put_payload(&build), MST_UB_ID_IMSI, f->imsi[i], 2, MST_UB_NO_PAD);
		wrap(f, i, &build, buffer);
	}
}

/** The CoAP message in the i-th frame that came back. */
static int
message(const struct fleet *f, unsigned i, struct mst_coap_msg *m)
{
	const size_t headers = 14 + 20 + 8;

	return mst_coap_parse(
		f->frame[i] + headers, mst_get_be16(f->frame[i] + headers - 4) - 8u, m);
}

bool
fleet_answered(const struct fleet *f, unsigned count, uint8_t code)
{
	struct mst_coap_msg m;

	for (unsigned i = 0; i < count; i++)
		if (message(f, i, &m) != 0 || m.code != code)
			return false;
	return true;
}

void
fleet_take_challenges(struct fleet *f, unsigned count)
{
	const struct mst_milenage_in in = {f->k, f->opc, f->rand, NULL, NULL};
	mst_lanes live = mst_lanes_first(count);
	const uint8_t *cookie[MST_LANES];
	uint8_t cookie_size[MST_LANES], mnc_size[MST_LANES];
	const struct mst_gba_naf_in naf = {f->rand, f->imsi, mnc_size, &f->naf_id};
	const struct mst_gba_device_in device = {
		(const uint8_t(*)[8])f->aka.keys.res, cookie, cookie_size, f->imsi};

	for (unsigned i = 0; i < count; i++) {
		struct mst_coap_msg m;
		struct mst_ub ub;

		if (message(f, i, &m) || mst_ub_parse(m.opt.payload.data, m.opt.payload.size, &ub))
			abort();
		memcpy(f->rand[i], ub.rand, 16);
		memcpy(f->autn[i], ub.autn, 16);
		memcpy(f->kid[i], ub.rand, MST_KID);
		cookie[i] = f->rand[i];
		cookie_size[i] = 16;
		mnc_size[i] = 2;
	}
	if (mst_autn_check_burst(f->crypto, live, 0, &in, f->autn, &f->aka) != live)
		abort();
	mst_gba_key_burst(f->crypto, live, f->aka.keys.ck, f->aka.keys.ik, &f->ks);
	mst_gba_proof_device_burst(f->crypto, live, &f->ks, &device, f->proof);
	mst_gba_ks_naf_burst(f->crypto, live, 0, &f->ks, &naf, f->ks_naf);
}

void
fleet_answers(struct fleet *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct mst_ub_span cookie = {f->rand[i], 16};
		struct mst_coap_build build;
		uint8_t buffer[FRAME_ROOM];

		begin(f, i, &build, buffer, "bsf");
		mst_ub_write_answer(mst_coap_put_payload(&build), &cookie, f->proof[i]);
		wrap(f, i, &build, buffer);
	}
}

void
fleet_joins(struct fleet *f, unsigned count, bool express)
{
	struct mst_coap_build build[MST_LANES];
	mst_lanes live = mst_lanes_first(count);
	const struct mst_oscore_exchange x = {&f->gw->oscore, &f->keys, f->kid, f->piv};
	struct mst_oscore_plain plain;

	mst_oscore_derive_burst(
		f->crypto, &f->gw->oscore, live, f->ks_naf, f->rand, f->kid, &f->keys);
	for (unsigned i = 0; i < count; i++) {
		plain.data[i] = f->text[i];
		plain.size[i] = (uint16_t)mst_ua_build_join(f->text[i], sizeof(f->text[i]), f->gid,
			0x490154203237518f, MST_UA_STORE_ME);
		begin(f, i, &build[i], f->buffer[i], NULL);
	}
	mst_oscore_seal_request_burst(
		f->crypto, live, &x, express ? live : 0, f->rand, &plain, build);
	for (unsigned i = 0; i < count; i++)
		wrap(f, i, &build[i], f->buffer[i]);
}

void
fleet_burst(struct fleet *f, unsigned count)
{
	struct gw_worker *w = f->gw->worker[f->worker];

	w->now_ms = f->now_ms;
	w->now_s = (uint32_t)(f->now_ms / 1000);
	w->sqn_clock = f->now_ms / 100;
	for (unsigned i = 0; i < count; i++)
		w->batch->frame[i] = (struct mst_frame){
			.data = f->frame[i], .size = f->size[i], .capacity = FRAME_ROOM};
	gw_burst(w, count);
}
