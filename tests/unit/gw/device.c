/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aka/autn.h"
#include "base/err.h"
#include "gba/keys.h"

static const uint8_t gateway_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t gateway_ip[4] = {10, 255, 255, 254};
static const uint8_t gateway_ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0xfe};
static const uint8_t device_mac[6] = {2, 0, 0, 0, 0, 2};

void
device_init(struct device *d, struct bench *bench, unsigned number)
{
	*d = (struct device){.bench = bench, .ip = 0x0a000001 + number, .gba_u = number % 4 == 3};
	snprintf(d->imsi_text, sizeof(d->imsi_text), "00101%010u", number);
	assert_int_equal(mst_imsi_encode(d->imsi_text, 15, &d->imsi), 0);
	d->impi_size = mst_impi_build(d->imsi, 2, d->impi);
	memset(d->k, (int)number, 16);
	memset(d->opc, (int)(number ^ 0xff), 16);
	/* A card that was last used two days ago. */
	assert_true(mst_usim_sqn_accept(&d->usim, 0) || true);
	for (unsigned i = 0; i < MST_SQN_INDS; i++)
		mst_put_be48(d->usim.seq[i], bench->now_ms / 100 - 1728000);
}

static void
device_ip6(const struct device *d, uint8_t ip[16])
{
	memcpy(ip, gateway_ip6, 12);
	mst_put_be32(ip + 12, d->ip);
}

struct mst_frame
device_frame(const struct device *d, const void *coap, size_t size)
{
	struct mst_net_flow flow = {.family = d->ipv6 ? 6 : 4,
		.vlan_count = d->vlans,
		.vlan = {d->vlans > 1 ? 0x88a80064 : 0x81000064, 0x81002007},
		.src_port = 5683,
		.dst_port = 5683};
	struct mst_frame f = {.data = malloc(2048), .capacity = 2048};
	int n;

	memcpy(flow.src_mac, device_mac, 6);
	memcpy(flow.dst_mac, gateway_mac, 6);
	if (d->ipv6) {
		device_ip6(d, flow.src_ip);
		memcpy(flow.dst_ip, gateway_ip6, 16);
	} else {
		mst_put_be32(flow.src_ip, d->ip);
		memcpy(flow.dst_ip, gateway_ip, 4);
	}
	n = mst_net_build_udp(f.data, f.capacity, &flow, coap, size);
	assert_true(n > 0);
	f.size = (uint16_t)n;
	return f;
}

size_t
device_unwrap(const struct device *d, struct mst_frame *frame, uint8_t *answer)
{
	struct mst_net_host host;
	struct mst_net_view view;
	uint8_t ip[16];

	mst_net_host_init(&host, device_mac, MST_COAP_PORT);
	if (d->ipv6) {
		device_ip6(d, ip);
		assert_int_equal(mst_net_host_add_ip6(&host, ip, 128), 0);
	} else {
		mst_put_be32(ip, d->ip);
		assert_int_equal(mst_net_host_add_ip4(&host, ip, 32), 0);
	}
	assert_int_equal(mst_net_parse(frame->data, frame->size, frame->capacity, &host, &view),
		MST_NET_UDP);
	assert_int_equal(view.family, d->ipv6 ? 6 : 4);
	assert_int_equal(view.ip, 14 + 4 * d->vlans);
	memcpy(answer, mst_net_payload(&view, frame->data), view.size);
	return view.size;
}

size_t
device_send(struct device *d, const void *coap, size_t size, uint8_t *answer)
{
	struct mst_frame f = device_frame(d, coap, size);
	struct bench *b = d->bench;
	size_t n;

	if (b->tap != NULL)
		b->tap(b, f.data, f.size);
	(b->carry != NULL ? b->carry : bench_burst)(b, d->worker, &f, 1);
	if (b->tap != NULL && f.size > 0)
		b->tap(b, f.data, f.size);
	n = f.size > 0 ? device_unwrap(d, &f, answer) : 0;
	free(f.data);
	return n;
}

void
device_exchange(struct device *d, const void *coap, size_t size, struct answer *a)
{
	*a = (struct answer){0};
	assert_true(mst_coap_parse_header(coap, size, &a->request) > 0);
	a->size = device_send(d, coap, size, a->octets);
	if (a->size > 0)
		assert_int_equal(mst_coap_parse(a->octets, a->size, &a->msg), 0);
}

void
device_begin(struct device *d, struct mst_coap_build *build, void *buffer, uint8_t code,
	const char *path)
{
	d->mid++;
	mst_put_be32(d->token, d->token[3] + 1u);
	mst_coap_build_init(build, buffer, 1024, d->non ? MST_COAP_NON : MST_COAP_CON, code, d->mid,
		d->token, 4);
	if (path != NULL)
		mst_coap_put_path(build, MST_COAP_OPT_URI_PATH, path);
}

/** Answers fit their requests. */
static void
check_ids(const struct answer *a)
{
	assert_true(a->size > 0);
	if (a->request.type == MST_COAP_CON) {
		assert_int_equal(a->msg.type, MST_COAP_ACK);
		assert_int_equal(a->msg.mid, a->request.mid);
	} else {
		assert_int_equal(a->msg.type, MST_COAP_NON);
	}
	assert_int_equal(a->msg.token_size, 4);
	assert_memory_equal(a->msg.token, a->request.token, 4);
}

static void
take_challenge(struct device *d, const struct answer *a, struct mst_ub *ub)
{
	assert_int_equal(a->msg.code, MST_COAP_UNAUTHORIZED);
	assert_int_equal(a->msg.opt.content_format, MST_COAP_FORMAT_CBOR);
	assert_int_equal(mst_ub_parse(a->msg.opt.payload.data, a->msg.opt.payload.size, ub), 0);
	if (mst_ub_has(ub, MST_UB_HAS_CHALLENGE)) {
		memcpy(d->rand, ub->rand, 16);
		memcpy(d->autn, ub->autn, 16);
	}
}

void
device_negotiate(struct device *d, const char *path, bool express, struct answer *a)
{
	struct mst_coap_build build;
	uint8_t buffer[1024];
	struct mst_ub ub;
	int size;

	device_begin(d, &build, buffer, MST_COAP_POST, path);
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_request(mst_coap_put_payload(&build),
		express ? MST_UB_ID_IMSI : MST_UB_ID_NONE, d->imsi, 2, 8);
	size = mst_coap_build_fini(&build);
	assert_true(size > 0);
	device_exchange(d, buffer, (size_t)size, a);
	check_ids(a);
	take_challenge(d, a, &ub);
	assert_true(mst_ub_has(&ub, MST_UB_HAS_HINTS));
	assert_int_equal(mst_ub_has(&ub, MST_UB_HAS_CHALLENGE), express);
}

void
device_first(struct device *d, struct answer *a)
{
	struct mst_coap_build build;
	uint8_t buffer[1024];
	struct mst_ub ub;
	int size;

	device_begin(d, &build, buffer, MST_COAP_POST, "bsf");
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_request(
		mst_coap_put_payload(&build), MST_UB_ID_IMSI, d->imsi, 2, MST_UB_NO_PAD);
	size = mst_coap_build_fini(&build);
	device_exchange(d, buffer, (size_t)size, a);
	check_ids(a);
	take_challenge(d, a, &ub);
	assert_true(mst_ub_has(&ub, MST_UB_HAS_CHALLENGE));
}

static void
derive(struct device *d, const struct mst_milenage_out *keys)
{
	struct mst_crypto *c = d->bench->crypto;
	static _Thread_local struct mst_hmac_cols ks;
	static _Thread_local mst_b32 ks_naf[MST_LANES];
	static _Thread_local mst_b16 proof[MST_LANES];
	const uint8_t *cookie[] = {d->rand};
	const uint8_t cookie_size[] = {16}, mnc[] = {2}, ua[] = {0xff, 0, 0, 0, 1};
	struct mst_naf_id naf;
	const struct mst_gba_naf_in in = {(const mst_b16 *)d->rand, &d->imsi, mnc, &naf};
	const struct mst_gba_device_in device = {keys->res, cookie, cookie_size, &d->imsi};

	assert_int_equal(mst_naf_id_init(&naf, "naf.example.com", 15, ua), 0);
	mst_gba_key_burst(c, 1, keys->ck, keys->ik, &ks);
	mst_gba_ks_naf_burst(c, 1, d->gba_u, &ks, &in, ks_naf);
	mst_gba_proof_device_burst(c, 1, &ks, &device, proof);
	memcpy(d->ks_naf, ks_naf[0], 32);
	memcpy(d->proof, proof[0], 16);
	memcpy(d->ck, keys->ck[0], 16);
	memcpy(d->ik, keys->ik[0], 16);
	memcpy(d->res, keys->res[0], 8);
	d->piv = 0;
}

int
device_authenticate(struct device *d)
{
	static _Thread_local struct mst_autn_cols from;
	const struct mst_milenage_in in = {(const mst_b16 *)d->k, (const mst_b16 *)d->opc,
		(const mst_b16 *)d->rand, NULL, NULL};

	if (mst_autn_check_burst(
		    d->bench->crypto, 1, d->gba_u, &in, (const mst_b16 *)d->autn, &from) == 0)
		return -1;
	derive(d, &from.keys);
	return mst_usim_sqn_accept(&d->usim, from.sqn[0]) ? 0 : 1;
}

void
device_derive_as_me(struct device *d)
{
	static _Thread_local struct mst_milenage_out keys;

	memcpy(keys.ck[0], d->ck, 16);
	memcpy(keys.ik[0], d->ik, 16);
	memcpy(keys.res[0], d->res, 8);
	derive(d, &keys);
}

size_t
device_build_answer(struct device *d, void *buffer)
{
	const struct mst_ub_span cookie = {d->rand, 16};
	struct mst_coap_build build;
	int size;

	device_begin(d, &build, buffer, MST_COAP_POST, "bsf");
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_answer(mst_coap_put_payload(&build), &cookie, d->proof);
	size = mst_coap_build_fini(&build);
	assert_true(size > 0);
	return (size_t)size;
}

/** The BSF's proof covers what it says. */
static void
check_result(struct device *d, const struct answer *a)
{
	static _Thread_local struct mst_hmac_cols ks;
	static _Thread_local mst_b16 ck[MST_LANES], ik[MST_LANES], expected[MST_LANES];
	struct mst_ub ub;
	const char *btid[1], *bsf;
	uint8_t btid_size[1];
	size_t bsf_size;
	mst_b16 rand;

	assert_int_equal(mst_ub_parse(a->msg.opt.payload.data, a->msg.opt.payload.size, &ub), 0);
	assert_true(mst_ub_has(&ub, MST_UB_HAS_RESULT));
	memcpy(ck[0], d->ck, 16);
	memcpy(ik[0], d->ik, 16);
	mst_gba_key_burst(d->bench->crypto, 1, ck, ik, &ks);
	btid[0] = (const char *)ub.btid.data;
	btid_size[0] = ub.btid.size;
	const struct mst_gba_bsf_in in = {(const mst_b16 *)d->proof, &ub.lifetime, &ub.client_id,
		&ub.server_id, btid, btid_size};
	mst_gba_proof_bsf_burst(d->bench->crypto, 1, &ks, &in, expected);
	assert_memory_equal(expected[0], ub.proof, 16);
	assert_int_equal(mst_btid_parse(btid[0], btid_size[0], rand, &bsf, &bsf_size), 0);
	assert_memory_equal(rand, d->rand, 16);
	assert_memory_equal(ub.client_id, d->rand, 7);
	d->lifetime = ub.lifetime;
}

uint8_t
device_answer(struct device *d, struct answer *a)
{
	uint8_t buffer[1024];
	size_t size = device_build_answer(d, buffer);

	device_exchange(d, buffer, size, a);
	check_ids(a);
	if (a->msg.code == MST_COAP_CHANGED)
		check_result(d, a);
	return a->msg.code;
}

void
device_bootstrap(struct device *d)
{
	struct answer a;

	device_first(d, &a);
	assert_int_equal(device_authenticate(d), 0);
	assert_int_equal(device_answer(d, &a), MST_COAP_CHANGED);
}

static void
exchange_of(struct device *d, struct mst_oscore_exchange *x, struct mst_oscore_keys *keys)
{
	static _Thread_local mst_b32 secret[1];
	static _Thread_local mst_oscore_id kid[1];

	memcpy(secret[0], d->ks_naf, 32);
	memcpy(kid[0], d->rand, 7);
	mst_oscore_derive_burst(d->bench->crypto, &d->bench->gw->oscore, 1, (const mst_b32 *)secret,
		(const mst_b16 *)d->rand, (const mst_oscore_id *)kid, keys);
	*x = (struct mst_oscore_exchange){
		&d->bench->gw->oscore, keys, (const mst_oscore_id *)kid, &d->piv};
}

size_t
device_seal(struct device *d, const void *plain, size_t plain_size, bool express, void *buffer)
{
	static _Thread_local struct mst_oscore_keys keys;
	struct mst_oscore_exchange x;
	struct mst_coap_build build[MST_LANES];
	uint8_t copy[1024];
	struct mst_oscore_plain p = {.data = {copy}, .size = {(uint16_t)plain_size}};
	int size;

	memcpy(copy, plain, plain_size);
	exchange_of(d, &x, &keys);
	device_begin(d, &build[0], buffer, MST_COAP_POST, NULL);
	assert_int_equal(mst_oscore_seal_request_burst(d->bench->crypto, 1, &x,
				 express || d->context, (const mst_b16 *)d->rand, &p, build),
		1);
	size = mst_coap_build_fini(&build[0]);
	assert_true(size > 0);
	return (size_t)size;
}

uint8_t
device_secured(struct device *d, const void *coap, size_t size, struct answer *a)
{
	static _Thread_local struct mst_oscore_keys keys;
	struct mst_oscore_exchange x;
	struct mst_oscore_option option[MST_LANES];
	struct mst_oscore_plain p = {.capacity = sizeof(a->plain)};
	uint16_t status[MST_LANES];

	device_exchange(d, coap, size, a);
	if (a->size == 0)
		return 0;
	check_ids(a);
	if (!(a->msg.opt.has & MST_COAP_HAS_OSCORE))
		return a->msg.code;
	assert_int_equal(a->msg.code, MST_COAP_CHANGED);
	exchange_of(d, &x, &keys);
	assert_int_equal(mst_oscore_option_parse_response(
				 a->msg.opt.oscore.data, a->msg.opt.oscore.size, &option[0]),
		0);
	assert_true(option[0].has_piv); /* never the request's nonce */
	p.data[0] = a->plain;
	assert_int_equal(mst_oscore_open_response_burst(
				 d->bench->crypto, 1, &x, option, &a->msg, &p, status),
		1);
	a->plain_size = p.size[0];
	return a->plain[0];
}

size_t
device_seal_observe(
	struct device *d, const void *plain, size_t plain_size, bool cancel, void *buffer)
{
	static _Thread_local struct mst_oscore_keys keys;
	struct mst_oscore_exchange x;
	struct mst_coap_build build[MST_LANES];
	uint8_t copy[1024];
	struct mst_oscore_plain p = {.data = {copy}, .size = {(uint16_t)plain_size}};

	memcpy(copy, plain, plain_size);
	exchange_of(d, &x, &keys);
	device_begin(d, &build[0], buffer, MST_COAP_FETCH, NULL);
	mst_coap_put_uint(&build[0], MST_COAP_OPT_OBSERVE, cancel);
	assert_int_equal(mst_oscore_seal_request_burst(d->bench->crypto, 1, &x, d->context,
				 (const mst_b16 *)d->rand, &p, build),
		1);
	return (size_t)mst_coap_build_fini(&build[0]);
}

/** Opens a response to the request under `piv`. */
static void
open_answer(struct device *d, uint64_t piv, struct answer *a)
{
	static _Thread_local struct mst_oscore_keys keys;
	struct mst_oscore_exchange x;
	struct mst_oscore_option option[MST_LANES];
	struct mst_oscore_plain p = {.data = {a->plain}, .capacity = sizeof(a->plain)};
	uint64_t now = d->piv;
	uint16_t status[MST_LANES];

	d->piv = piv;
	exchange_of(d, &x, &keys);
	assert_int_equal(mst_oscore_option_parse_response(
				 a->msg.opt.oscore.data, a->msg.opt.oscore.size, &option[0]),
		0);
	assert_true(option[0].has_piv);
	assert_int_equal(mst_oscore_open_response_burst(
				 d->bench->crypto, 1, &x, option, &a->msg, &p, status),
		1);
	d->piv = now;
	a->plain_size = p.size[0];
}

uint8_t
device_request(struct device *d, const void *coap, size_t size, struct answer *a)
{
	device_exchange(d, coap, size, a);
	if (a->size == 0)
		return DEVICE_SILENCE;
	if (a->msg.code == MST_COAP_EMPTY) {
		assert_int_equal(a->msg.type, MST_COAP_ACK);
		assert_int_equal(a->msg.mid, a->request.mid);
		return MST_COAP_EMPTY;
	}
	check_ids(a);
	if (!(a->msg.opt.has & MST_COAP_HAS_OSCORE))
		return a->msg.code;
	open_answer(d, d->piv, a);
	return a->plain[0];
}

void
device_keep(struct device *d)
{
	unsigned k = d->kept_next++ % DEVICE_KEPT;

	memcpy(d->kept[k].token, d->token, sizeof(d->kept[k].token));
	d->kept[k].piv = d->piv;
}

/** Takes the first late message for the device out of the bench: its frame, or false. */
static bool
take_letter(struct device *d, struct mst_frame *frame)
{
	struct bench *b = d->bench;

	for (unsigned i = 0; i < b->late_count; i++) {
		if (mst_get_be32(b->late[i].octets + 30) != d->ip)
			continue;
		frame->size = b->late[i].size;
		memcpy(frame->data, b->late[i].octets, frame->size);
		b->late_count--;
		memmove(&b->late[i], &b->late[i + 1], (b->late_count - i) * sizeof(b->late[0]));
		return true;
	}
	return false;
}

uint8_t
device_late(struct device *d, uint8_t reply, struct answer *a)
{
	uint8_t octets[2048], empty[4], none[1600];
	struct mst_frame frame = {.data = octets, .capacity = sizeof(octets)};
	struct mst_coap_build build;

	*a = (struct answer){0};
	if (!take_letter(d, &frame))
		return DEVICE_SILENCE;
	if (d->bench->tap != NULL)
		d->bench->tap(d->bench, frame.data, frame.size);
	a->size = device_unwrap(d, &frame, a->octets);
	assert_int_equal(mst_coap_parse(a->octets, a->size, &a->msg), 0);
	assert_int_equal(a->msg.token_size, 4);
	d->kept_hit = DEVICE_KEPT;
	for (unsigned n = 1; n <= DEVICE_KEPT && d->kept_hit == DEVICE_KEPT; n++)
		if (memcmp(a->msg.token, d->kept[(d->kept_next - n) % DEVICE_KEPT].token, 4) == 0)
			d->kept_hit = (d->kept_next - n) % DEVICE_KEPT;
	assert_true(d->kept_hit < DEVICE_KEPT);
	open_answer(d, d->kept[d->kept_hit].piv, a);
	if (reply == MST_COAP_ACK || reply == MST_COAP_RST) {
		mst_coap_build_init(
			&build, empty, sizeof(empty), reply, MST_COAP_EMPTY, a->msg.mid, NULL, 0);
		assert_int_equal(
			device_send(d, empty, (size_t)mst_coap_build_fini(&build), none), 0);
	}
	return a->plain[0];
}

uint8_t
device_join(struct device *d, uint64_t gid, bool express)
{
	enum mst_ua_store store = d->gba_u ? MST_UA_STORE_UICC : MST_UA_STORE_ME;
	struct mst_ua_response r;
	uint8_t plain[256], buffer[1024];
	struct answer a;
	uint64_t imei;
	int size;
	uint8_t code;

	assert_int_equal(mst_imei_encode("490154203237518", 15, &imei), 0);
	size = gid != 0 ? mst_ua_build_join(plain, sizeof(plain), gid, imei, store)
			: mst_ua_build_create(plain, sizeof(plain), imei, store);
	assert_true(size > 0);
	code = device_secured(d, buffer, device_seal(d, plain, (size_t)size, express, buffer), &a);
	if (code >> 5 == 2) {
		assert_int_equal(mst_ua_parse_response(a.plain, a.plain_size,
					 gid != 0 ? MST_RES_GROUP : MST_RES_MANAGE, &r),
			0);
		assert_true(r.has_location && r.node == d->imsi);
		d->gid = r.gid;
		memcpy(d->kg, r.key.kg, MST_KG);
	}
	return code;
}
