/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aka/autn.h"
#include "aka/sqn.h"
#include "base/err.h"
#include "fake_gateway.h"
#include "gba/ua.h"
#include "gba/ub.h"

#define BSF_FQDN "bsf.example.com"
#define NAF_FQDN "naf.example.com"
#define COOKIE   "a cookie that is not RAND"

static const uint8_t ua[MST_UA_ID] = {0xff, 0, 0, 0, 1};

/** One request and its answer under construction. */
struct exchange {
	struct fake_gateway *g;
	struct mst_coap_msg in;
	struct mst_ub ub;
	struct mst_coap_build out;
	uint8_t buffer[1024];
	bool silent;
};

/** Whether a fault is to happen now. */
static bool
hit(unsigned *fault)
{
	if (*fault == 0)
		return false;
	(*fault)--;
	return true;
}

void
fake_init(struct fake_gateway *g, const struct mst_subs *subs, const uint8_t ip4[4])
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 1}, server_id = MST_SERVER_ID;
	const struct mst_oscore_params params = {
		.master_secret_size = 32,
		.id_context_size = 16,
		.client_id_size = MST_CLIENT_ID,
		.server_id = &server_id,
		.server_id_size = 1,
	};

	memset(g, 0, sizeof(*g));
	g->subs = subs;
	g->clock = 1000000;
	assert_int_equal(mst_crypto_create(&g->crypto, NULL), 0);
	assert_int_equal(mst_oscore_profile_init(&g->oscore, g->crypto, &params), 0);
	mst_net_host_init(&g->host, mac, MST_COAP_PORT);
	assert_int_equal(mst_net_host_add_ip4(&g->host, ip4, 32), 0);
	assert_int_equal(mst_naf_id_init(&g->naf_id, NAF_FQDN, strlen(NAF_FQDN), ua), 0);
	assert_int_equal(
		mst_ub_hints_init(&g->hints, "/bsf", 4, NAF_FQDN, strlen(NAF_FQDN), ua), 0);
}

void
fake_fini(struct fake_gateway *g)
{
	mst_oscore_profile_fini(&g->oscore);
	mst_crypto_destroy(g->crypto);
}

size_t
fake_hints(const struct fake_gateway *g, uint8_t *payload, size_t capacity)
{
	struct mst_writer w = mst_writer_init(payload, capacity);

	mst_ub_write_hints(&w, &g->hints);
	return mst_writer_size(&w);
}

static void
begin(struct exchange *x, uint8_t code)
{
	assert_int_equal(x->in.type, MST_COAP_CON);
	mst_coap_build_init(&x->out, x->buffer, sizeof(x->buffer), MST_COAP_ACK, code, x->in.mid,
		x->in.token, x->in.token_size);
}

static struct mst_writer *
begin_ub(struct exchange *x, uint8_t code)
{
	begin(x, code);
	mst_coap_put_uint(&x->out, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	return mst_coap_put_payload(&x->out);
}

static bool
is_gba_u(const struct fake_gateway *g, uint32_t i)
{
	return mst_subs_profile(g->subs, mst_subs_record(g->subs, i))->gba_type == MST_GBA_U;
}

/** A fresh RAND and what follows from it; the columns have the subscriber in lane 0. */
static void
challenge(struct exchange *x, uint32_t i, bool with_hints)
{
	struct fake_gateway *g = x->g;
	struct fake_session *s = &g->session[i];
	const struct mst_subs_record *r = mst_subs_record(g->subs, i);
	static struct mst_milenage_out keys;
	mst_b16 autn[MST_LANES];
	uint64_t sqn = mst_sqn_make(++g->clock, s->dif, 3);
	uint16_t amf = 0;
	const struct mst_milenage_in in = {&r->k, &r->opc, (const mst_b16 *)&s->rand, &sqn, &amf};
	const struct mst_ub_span cookie = {(const uint8_t *)COOKIE, sizeof(COOKIE) - 1};

	g->challenges++;
	memset(s->rand, (int)i, sizeof(s->rand));
	mst_put_be32(s->rand, 0xabcd0000 + g->challenges);
	mst_milenage_burst(g->crypto, 1, MST_MILENAGE_F1 | MST_MILENAGE_F2345, &in, &keys);
	mst_autn_build_burst(g->crypto, 1, is_gba_u(g, i), &in, &keys, autn);
	if (hit(&g->faults.wrong_mac))
		autn[0][15] ^= 1;
	memcpy(s->ks, keys.ck[0], 16);
	memcpy(s->ks + 16, keys.ik[0], 16);
	memcpy(s->res, keys.res[0], sizeof(s->res));
	s->challenged = true;
	s->proved = false;
	mst_ub_write_challenge(begin_ub(x, MST_COAP_UNAUTHORIZED), s->rand, autn[0],
		g->faults.own_cookie ? &cookie : NULL, with_hints ? &g->hints : NULL);
}

static void
prepare(struct fake_gateway *g, const struct fake_session *s, struct mst_hmac_cols *ks)
{
	mst_hmac_key_burst(g->crypto, 1, (const mst_b32 *)&s->ks, ks);
}

static void
derive(struct fake_gateway *g, uint32_t i)
{
	struct fake_session *s = &g->session[i];
	static struct mst_hmac_cols ks;
	uint64_t imsi = mst_subs_imsi(mst_subs_record(g->subs, i));
	uint8_t mnc_size = 2;
	const struct mst_gba_naf_in in = {(const mst_b16 *)&s->rand, &imsi, &mnc_size, &g->naf_id};

	prepare(g, s, &ks);
	mst_gba_ks_naf_burst(g->crypto, 1, is_gba_u(g, i), &ks, &in, &s->ks_naf);
}

/** The subscriber whose last challenge had this cookie and, if given, proof of it. */
static int
find_cookie(const struct fake_gateway *g, const struct mst_ub_span *cookie)
{
	for (uint32_t i = 0; i < FAKE_METERS; i++)
		if (g->session[i].challenged &&
			(cookie->size == 16 ? memcmp(cookie->data, g->session[i].rand, 16) == 0
					    : g->faults.own_cookie))
			return (int)i;
	return -1;
}

static bool
proof_is_right(struct exchange *x, uint32_t i, mst_b16 proof)
{
	struct fake_gateway *g = x->g;
	const struct fake_session *s = &g->session[i];
	static struct mst_hmac_cols ks;
	uint64_t imsi = mst_subs_imsi(mst_subs_record(g->subs, i));
	const uint8_t *cookie = x->ub.cookie.data;
	const struct mst_gba_device_in in = {&s->res, &cookie, &x->ub.cookie.size, &imsi};

	prepare(g, s, &ks);
	mst_gba_proof_device_burst(g->crypto, 1, &ks, &in, (mst_b16 *)proof);
	return memcmp(proof, x->ub.proof, sizeof(mst_b16)) == 0;
}

static void
answer_result(struct exchange *x, uint32_t i, const mst_b16 device_proof)
{
	struct fake_gateway *g = x->g;
	struct fake_session *s = &g->session[i];
	static struct mst_hmac_cols ks;
	uint32_t lifetime = 3600;
	const uint8_t *client_id = s->rand;
	uint8_t server_id = MST_SERVER_ID, btid_size;
	char text[MST_BTID_SIZE_MAX];
	const char *btid = text;
	mst_b16 proof;
	const struct mst_gba_bsf_in in = {(const mst_b16 *)device_proof, &lifetime, &client_id,
		&server_id, &btid, &btid_size};
	struct mst_ub_result result = {proof, text, 0, lifetime, client_id, server_id};

	result.btid_size = mst_btid_build(s->rand, BSF_FQDN, strlen(BSF_FQDN), text);
	btid_size = (uint8_t)result.btid_size;
	prepare(g, s, &ks);
	mst_gba_proof_bsf_burst(g->crypto, 1, &ks, &in, &proof);
	if (hit(&g->faults.wrong_proof))
		proof[0] ^= 1;
	derive(g, i);
	s->proved = true;
	mst_ub_write_result(begin_ub(x, MST_COAP_CHANGED), &result);
}

static void
resync(struct exchange *x, uint32_t i)
{
	struct fake_gateway *g = x->g;
	const struct mst_subs_record *r = mst_subs_record(g->subs, i);
	struct fake_session *s = &g->session[i];
	const struct mst_milenage_in in = {
		.k = &r->k, .opc = &r->opc, .rand = (const mst_b16 *)&s->rand};
	mst_auts auts;
	uint64_t sqn_ms;

	memcpy(auts, x->ub.auts, sizeof(auts));
	assert_int_equal(mst_auts_check_burst(g->crypto, 1, &in, &auts, &sqn_ms), 1);
	s->dif = mst_sqn_dif(g->clock, sqn_ms);
	g->resyncs++;
	challenge(x, i, false);
}

static void
serve_bsf(struct exchange *x)
{
	struct fake_gateway *g = x->g;
	int kind = mst_ub_request(&x->ub), i;
	mst_b16 proof;
	uint32_t index;

	if (hit(&g->faults.unavailable_open)) {
		begin(x, MST_COAP_UNAVAILABLE);
		mst_coap_put_uint(&x->out, MST_COAP_OPT_MAX_AGE, 7);
		return;
	}
	if (kind == MST_UB_FIRST) {
		assert_int_equal(mst_subs_lookup(g->subs, x->ub.imsi, &index), 0);
		challenge(x, index, false);
		return;
	}
	i = find_cookie(g, &x->ub.cookie);
	assert_true(i >= 0);
	if (kind == MST_UB_RESYNC) {
		resync(x, (uint32_t)i);
		return;
	}
	assert_int_equal(kind, MST_UB_ANSWER);
	assert_true(proof_is_right(x, (uint32_t)i, proof));
	g->answers++;
	if (hit(&g->faults.refuse_answer))
		begin(x, MST_COAP_UNAUTHORIZED);
	else
		answer_result(x, (uint32_t)i, proof);
}

static int
enter_group(struct fake_gateway *g, struct fake_session *s, const struct mst_ua_request *request,
	uint64_t imsi, uint8_t *plain)
{
	struct mst_ua_key key = {.num = 1, .exp = 2000000000, .exi = 1000, .check_interval = 60};
	unsigned at = 0;

	s->store = (uint8_t)request->join.store;
	s->imei = request->join.imei;
	if (request->target.res == MST_RES_MANAGE) {
		at = g->groups++;
		assert_true(at < FAKE_GROUPS);
		g->gid[at] = 0x1000 + at;
		memset(g->kg[at], 0x70 + (int)at, sizeof(g->kg[at]));
		g->creates++;
	} else {
		while (at < g->groups && g->gid[at] != request->target.gid)
			at++;
		assert_true(at < g->groups);
		g->joins++;
	}
	s->gid = g->gid[at];
	memcpy(key.kg, g->kg[at], sizeof(key.kg));
	return mst_ua_build_joined(plain, MST_UA_SIZE_MAX, true, s->gid, imsi, &key);
}

/** The answer's plaintext. */
static int
execute(struct fake_gateway *g, uint32_t i, uint8_t *plain, size_t size)
{
	struct fake_session *s = &g->session[i];
	uint64_t imsi = mst_subs_imsi(mst_subs_record(g->subs, i));
	struct mst_ua_request request;
	char btid[MST_BTID_SIZE_MAX];

	assert_int_equal(mst_ua_parse_request(plain, size, &request), 0);
	if (hit(&g->faults.unavailable))
		return mst_ua_build_error(plain, MST_UA_SIZE_MAX, MST_E_TABLE_FULL, 9);
	if (hit(&g->faults.not_found))
		return mst_ua_build_error(plain, MST_UA_SIZE_MAX, MST_E_GROUP_UNKNOWN, 0);
	if (request.target.res != MST_RES_SESSION)
		return enter_group(g, s, &request, imsi, plain);
	g->sessions_read++;
	return mst_ua_build_session(plain, MST_UA_SIZE_MAX, btid,
		mst_btid_build(s->rand, BSF_FQDN, strlen(BSF_FQDN), btid), 3600);
}

static int
find_kid(const struct fake_gateway *g, const uint8_t *kid)
{
	for (uint32_t i = 0; i < FAKE_METERS; i++)
		if (g->session[i].challenged && memcmp(kid, g->session[i].rand, MST_CLIENT_ID) == 0)
			return (int)i;
	return -1;
}

static void
serve_secured(struct exchange *x)
{
	struct fake_gateway *g = x->g;
	static struct mst_oscore_keys keys;
	static uint8_t plain[MST_UA_SIZE_MAX];
	struct mst_oscore_plain cols = {.data[0] = plain, .capacity = sizeof(plain)};
	struct mst_oscore_option option;
	struct fake_session *s;
	mst_oscore_id kid;
	uint16_t status;
	int i;

	assert_int_equal(mst_oscore_option_parse_request(
				 x->in.opt.oscore.data, x->in.opt.oscore.size, &option),
		0);
	i = find_kid(g, option.kid);
	assert_true(i >= 0);
	s = &g->session[i];
	if (hit(&g->faults.refuse_secured)) {
		begin(x, MST_COAP_UNAUTHORIZED);
		return;
	}
	if (!s->proved) {
		/* Express: the kid context is RAND. */
		assert_true(option.has_kid_context && option.kid_context_size == 16);
		assert_memory_equal(option.kid_context, s->rand, 16);
		derive(g, (uint32_t)i);
	}
	memcpy(kid, s->rand, sizeof(kid));
	mst_oscore_derive_burst(g->crypto, &g->oscore, 1, (const mst_b32 *)&s->ks_naf,
		(const mst_b16 *)&s->rand, (const mst_oscore_id *)&kid, &keys);
	const struct mst_oscore_exchange ox = {
		&g->oscore, &keys, (const mst_oscore_id *)&kid, &option.piv};
	assert_int_equal(
		mst_oscore_open_request_burst(g->crypto, 1, &ox, &x->in, &cols, &status), 1);
	cols.size[0] = (uint16_t)execute(g, (uint32_t)i, plain, cols.size[0]);
	s->sent_piv = s->sent_piv != 0 ? s->sent_piv + 1 : UINT64_C(0x0123450000);
	begin(x, MST_COAP_CHANGED);
	if (hit(&g->faults.no_own_piv))
		s->sent_piv = MST_OSCORE_NO_PIV;
	assert_int_equal(
		mst_oscore_seal_response_burst(g->crypto, 1, &ox, &s->sent_piv, &cols, &x->out), 1);
	if (s->sent_piv == MST_OSCORE_NO_PIV)
		s->sent_piv = UINT64_C(0x0123450000);
}

static void
serve_negotiation(struct exchange *x)
{
	uint32_t index;

	if ((x->ub.has & MST_UB_HAS_IDENTITY) != 0) {
		assert_int_equal(mst_subs_lookup(x->g->subs, x->ub.imsi, &index), 0);
		challenge(x, index, true);
		return;
	}
	mst_ub_write_hints(begin_ub(x, MST_COAP_UNAUTHORIZED), &x->g->hints);
}

static void
serve(struct exchange *x)
{
	struct mst_target target;

	if (hit(&x->g->faults.silent)) {
		x->silent = true;
		return;
	}
	if ((x->in.opt.has & MST_COAP_HAS_OSCORE) != 0) {
		serve_secured(x);
		return;
	}
	assert_int_equal(mst_classify_open(x->in.code, &x->in.opt, &target), 0);
	assert_int_equal(mst_ub_parse(x->in.opt.payload.data, x->in.opt.payload.size, &x->ub), 0);
	if (target.res == MST_RES_BSF)
		serve_bsf(x);
	else
		serve_negotiation(x);
}

bool
fake_answer(struct fake_gateway *g, struct mst_frame *frame)
{
	struct exchange x = {.g = g};
	struct mst_net_view view;
	uint8_t reset[MST_COAP_HEADER];
	bool secured;
	int size;

	assert_int_equal(mst_net_parse(frame->data, frame->size, frame->capacity, &g->host, &view),
		MST_NET_UDP);
	assert_int_equal(view.src_port, MST_COAP_PORT);
	g->requests++;
	assert_int_equal(mst_coap_parse(mst_net_payload(&view, frame->data), view.size, &x.in), 0);
	if (hit(&g->faults.reset)) {
		size = (int)mst_coap_build_reset(
			mst_net_payload(&view, frame->data), view.size, reset);
		memcpy(x.buffer, reset, sizeof(reset));
	} else {
		serve(&x);
		if (x.silent)
			return false;
		size = mst_coap_build_fini(&x.out);
		secured = (x.in.opt.has & MST_COAP_HAS_OSCORE) != 0;
		if (secured && hit(&g->faults.garbled_tag))
			x.buffer[size - 1] ^= 1;
		/* Answers to the unproved are bounded by the request (section 7.2). */
		if (!secured && x.buffer[1] == MST_COAP_UNAUTHORIZED)
			assert_true(size <= 136 && (unsigned)size <= 3u * view.size);
	}
	assert_true(size > 0);
	size = mst_net_reply(&view, frame->data, frame->capacity, x.buffer, (size_t)size);
	assert_true(size > 0);
	frame->size = (uint16_t)size;
	return true;
}
