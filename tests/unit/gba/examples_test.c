/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worked examples of docs/protocol.md section 11: computed by lib/, again by OpenSSL, and
 * compared with the document. With MUSTER_PRINT_EXAMPLES=1 the section is printed instead.
 */
#include "examples_run.h"

#include <stdio.h>
#include <stdlib.h>

#include "aka/sqn.h"
#include "cbor/cbor.h"
#include "examples_doc.h"

#define GROUP      "ace-group/0123456789abcdef"
#define NEW_GID    UINT64_C(0xfedcba9876543210)
#define OTHER_GID  UINT64_C(0x00000000000000aa)
#define OTHER_IMSI "001010000000002"

static const struct mst_ua_key key = {{0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9,
					      0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf},
	1, EX_NOW + 86400, 86400, 3600};
static const struct mst_ua_key new_key = {{0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
						  0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf},
	1, EX_NOW + 86400, 86400, 3600};

static const struct mst_policy policy = {
	.check_interval_s = 3600,
	.expiration_delta_s = 600,
	.member_limit = 1000,
	.window_s = 60,
	.key_life_s = 86400,
	.admission = MST_ADMIT_OWNERS,
	.rekey_leave = MST_REKEY_AT_ONCE,
};

static uint64_t imsi, other_imsi;
static uint8_t plain[MST_UA_SIZE_MAX];
static struct ex_run standard, express, gba_u, stale, fresh;

/* TS 35.208 set 1 as a whole, so that the second implementation stands on the standard's data. */
static void
reference_is_the_standard(void **state)
{
	uint8_t k[16], op[16], rand[16], sqn[6], amf[2], want[16], autn[16];
	struct ref_milenage m;

	(void)state;
	unhex("465b5ce8b199b49faa5f0a2ee238a6bc", k, 16);
	unhex("cdc202d5123e20f62b6d676ac72cb318", op, 16);
	unhex("23553cbe9637a89d218ae64dae47bf35", rand, 16);
	unhex("ff9bb4d0b607", sqn, 6);
	unhex("b9b9", amf, 2);
	ref_milenage(k, op, rand, sqn, amf, &m);
	unhex("4a9ffac354dfafb3", want, 8);
	assert_memory_equal(m.mac_a, want, 8);
	unhex("01cfaf9ec4e871e9", want, 8);
	assert_memory_equal(m.mac_s, want, 8);
	unhex("a54211d5e3ba50bf", want, 8);
	assert_memory_equal(m.res, want, 8);
	unhex("b40ba9a3c58b2a05bbf0d987b21bf8cb", want, 16);
	assert_memory_equal(m.ck, want, 16);
	unhex("f769bcd751044604127672711c6d3441", want, 16);
	assert_memory_equal(m.ik, want, 16);
	unhex("aa689c648370", want, 6);
	assert_memory_equal(m.ak, want, 6);
	unhex("451e8beca43b", want, 6);
	assert_memory_equal(m.ak_s, want, 6);
	ref_autn(&m, sqn, amf, 0, autn);
	unhex("55f328b43577b9b94a9ffac354dfafb3", want, 16);
	assert_memory_equal(autn, want, 16);
	ref_autn(&m, sqn, amf, 1, autn);
	unhex("55f328b43577b9b98c7f3f0d723fb244", want, 16);
	assert_memory_equal(autn, want, 16);
}

static void
write_sqn(const char *name, uint64_t sqn)
{
	uint8_t be[6];

	mst_put_be48(be, sqn);
	doc_block(name, NULL, be, sizeof(be));
}

static void
write_session_keys(const struct ex_run *run, const char *prefix)
{
	char name[40];

	snprintf(name, sizeof(name), "%ssender-key-device", prefix);
	doc_block(name, NULL, run->keys.client_key[0], 16);
	snprintf(name, sizeof(name), "%ssender-key-gateway", prefix);
	doc_block(name, NULL, run->keys.server_key[0], 16);
	snprintf(name, sizeof(name), "%scommon-iv", prefix);
	doc_block(name, NULL, run->keys.common_iv[0], 13);
}

static void
values(void)
{
	const struct ex_run *r = &standard;
	char text[MST_BTID_SIZE_MAX + 1];

	doc_text("A test of lib/gba computes these examples, once with muster and once with "
		 "OpenSSL alone, and compares them with this page.\n\n"
		 "### 11.1 Values\n\n"
		 "| input | value |\n"
		 "| --- | --- |\n"
		 "| K, OP | TS 35.208 set 1: `465b5ce8b199b49faa5f0a2ee238a6bc`, "
		 "`cdc202d5123e20f62b6d676ac72cb318` |\n"
		 "| AMF | `0000` |\n"
		 "| IMSI, IMPI | `" EX_IMSI "`, `" EX_IMPI "` |\n"
		 "| IMEI | `490154203237518` |\n"
		 "| NAF, ua | `" EX_NAF "`, `ff00000001` |\n"
		 "| BSF | `" EX_BSF "`, hint `/bsf` |\n"
		 "| lifetime of Ks | 86400 s |\n"
		 "| clock | 17000000000 ticks of 100 ms since 1970; IND 1 |\n"
		 "| cookie key | `000102030405060708090a0b0c0d0e0f` |\n"
		 "| epoch of the gateway | `0a0b0c` |\n"
		 "| Kg, number, end, check interval | `c0c1..cf`, 1, 1700086400 (in 86400 s), "
		 "3600 s |\n\n"
		 "How RAND is made is the gateway's own matter; SQN = clock || IND.");
	doc_block("opc", NULL, ex_opc(), 16);
	doc_block("cookie-block", "IMSI code (50 bits), IND (5), nonce (9), clock (32), zeros (32)",
		r->cookie_block, 16);
	doc_block("rand", "AES-128 of cookie-block under the cookie key", r->rand[0], 16);
	write_sqn("sqn", r->sqn[0]);
	doc_block("autn", NULL, r->autn[0], 16);
	doc_block("res", NULL, r->aka.res[0], 8);
	doc_block("ck", NULL, r->aka.ck[0], 16);
	doc_block("ik", NULL, r->aka.ik[0], 16);
	doc_block("ks-naf-input", "FC 01, gba-me, RAND, IMPI, NAF_Id, each with its length",
		r->s_naf, r->s_naf_size);
	doc_block("ks-naf", NULL, r->ks_naf[0], 32);
	doc_block("device-proof-input", "FC f0, ub-ue, RES, cookie, IMSI", r->s_device,
		r->s_device_size);
	doc_block("device-proof", NULL, r->device_proof[0], 16);
	snprintf(text, sizeof(text), "%.*s", (int)r->btid_size, r->btid);
	doc_block("btid", text, r->btid, r->btid_size);
	doc_block("bsf-proof-input",
		"FC f0, ub-bsf, device proof, lifetime, client id, server id, B-TID", r->s_bsf,
		r->s_bsf_size);
	doc_block("bsf-proof", NULL, r->bsf_proof[0], 16);
	doc_text("OSCORE: Sender ID of the device are the first 7 octets of RAND, of the gateway "
		 "`47`; ID Context is RAND.");
	write_session_keys(r, "");
}

static void
write_hints(const char *name)
{
	struct mst_coap_build *b = ex_answer(MST_COAP_UNAUTHORIZED);

	mst_ub_write_hints(ex_payload(b, MST_COAP_FORMAT_CBOR), ex_hints());
	ex_end(b, name, "ACK 4.01 {12: bsf, 13: realm, 14: ua}");
}

static void
write_identity(const char *name, enum mst_ub_identity identity)
{
	struct mst_coap_build *b = ex_request(MST_COAP_POST, "bsf");

	mst_ub_write_request(ex_payload(b, MST_COAP_FORMAT_CBOR), identity, imsi, 2, MST_UB_NO_PAD);
	ex_end(b, name,
		identity == MST_UB_ID_IMSI ? "CON POST /bsf {1: imsi}" : "CON POST /bsf {2: impi}");
}

static void
write_challenge(const char *name, const struct ex_run *run, const struct mst_ub_hints *hints)
{
	struct mst_coap_build *b = ex_answer(MST_COAP_UNAUTHORIZED);

	mst_ub_write_challenge(
		ex_payload(b, MST_COAP_FORMAT_CBOR), run->rand[0], run->autn[0], NULL, hints);
	ex_end(b, name,
		hints != NULL ? "ACK 4.01 {3: rand, 4: autn, 12: bsf, 13: realm, 14: ua}"
			      : "ACK 4.01 {3: rand, 4: autn}");
}

static void
write_answer(const char *name, const struct ex_run *run, const uint8_t *proof)
{
	const struct mst_ub_span cookie = {run->rand[0], 16};
	struct mst_coap_build *b = ex_request(MST_COAP_POST, "bsf");

	mst_ub_write_answer(ex_payload(b, MST_COAP_FORMAT_CBOR), &cookie, proof);
	ex_end(b, name, "CON POST /bsf {5: cookie, 6: proof}");
}

static void
write_result(const char *name, const struct ex_run *run)
{
	const struct mst_ub_result result = {run->bsf_proof[0], run->btid, run->btid_size,
		EX_LIFETIME, run->rand[0], MST_SERVER_ID};
	struct mst_coap_build *b = ex_answer(MST_COAP_CHANGED);

	mst_ub_write_result(ex_payload(b, MST_COAP_FORMAT_CBOR), &result);
	ex_end(b, name, "ACK 2.04 {6: proof, 8: btid, 9: lifetime, 10: client_id, 11: server_id}");
}

static void
standard_flow(void)
{
	struct mst_coap_build *b;

	doc_text("### 11.2 Standard flow: join");
	b = ex_request(MST_COAP_POST, GROUP);
	ex_end(b, "join-negotiation", "CON POST /" GROUP);
	write_hints("join-hints");
	write_identity("identity", MST_UB_ID_IMSI);
	write_challenge("challenge", &standard, NULL);
	write_answer("answer", &standard, standard.device_proof[0]);
	write_result("result", &standard);
	ex_secured_request(&standard, "join", "POST /" GROUP " {-65537: imei, -65538: 0}", false,
		plain, mst_ua_build_join(plain, sizeof(plain), EX_GID, EX_IMEI, MST_UA_STORE_ME));
	ex_secured_answer(&standard, "joined",
		"2.01, Location-Path " GROUP "/nodes/" EX_IMSI ", join-response", plain,
		mst_ua_build_joined(plain, sizeof(plain), true, EX_GID, imsi, &key));
	doc_text("The same join as a new request, when the device is a member:");
	ex_secured_request(&standard, "rejoin", "POST /" GROUP " {-65537: imei, -65538: 0}", false,
		plain, mst_ua_build_join(plain, sizeof(plain), EX_GID, EX_IMEI, MST_UA_STORE_ME));
	ex_secured_answer(&standard, "rejoined", "2.04, the rest as before", plain,
		mst_ua_build_joined(plain, sizeof(plain), false, EX_GID, imsi, &key));
}

static void
creation(void)
{
	struct mst_coap_build *b;

	doc_text("### 11.3 Creation\n\nNegotiation with an empty `pad` (section 7.2), and the "
		 "protected request in the session of 11.2. The new group is "
		 "`fedcba9876543210`, its Kg `d0d1..df`.");
	b = ex_request(MST_COAP_POST, "manage");
	mst_ub_write_request(ex_payload(b, MST_COAP_FORMAT_CBOR), MST_UB_ID_NONE, 0, 0, 0);
	ex_end(b, "create-negotiation", "CON POST /manage {15: h''}");
	write_hints("create-hints");
	ex_secured_request(&standard, "create", "POST /manage {-65537: imei, -65538: 0}", false,
		plain, mst_ua_build_create(plain, sizeof(plain), EX_IMEI, MST_UA_STORE_ME));
	ex_secured_answer(&standard, "created",
		"2.01, Location-Path ace-group/fedcba9876543210/nodes/" EX_IMSI ", join-response",
		plain, mst_ua_build_joined(plain, sizeof(plain), true, NEW_GID, imsi, &new_key));
}

static void
reading(void)
{
	doc_text("### 11.4 Read, number, session");
	ex_secured_request(&standard, "read", "GET /" GROUP, false, plain,
		mst_ua_build_read(plain, sizeof(plain), EX_GID));
	ex_secured_answer(&standard, "read-key", "2.05 join-response", plain,
		mst_ua_build_key(plain, sizeof(plain), &key, false));
	ex_secured_request(&standard, "read-num", "GET /" GROUP "/num", false, plain,
		mst_ua_build_read_num(plain, sizeof(plain), EX_GID));
	ex_secured_answer(&standard, "num", "2.05, number 1", plain,
		mst_ua_build_num(plain, sizeof(plain), key.num, false));
	ex_secured_request(&standard, "read-session", "GET /session", false, plain,
		mst_ua_build_read_session(plain, sizeof(plain)));
	ex_secured_answer(&standard, "session", "2.05 {8: btid, 9: 86340}", plain,
		mst_ua_build_session(
			plain, sizeof(plain), standard.btid, standard.btid_size, EX_LIFETIME - 60));
}

static void
express_flow(void)
{
	struct mst_coap_build *b;

	doc_text("### 11.5 Express flow: join\n\nRAND has another nonce than above, hence all "
		 "keys are others. The device joins without a message to `/bsf`; kid context is "
		 "RAND.");
	b = ex_request(MST_COAP_POST, GROUP);
	mst_ub_write_request(
		ex_payload(b, MST_COAP_FORMAT_CBOR), MST_UB_ID_IMSI, imsi, 2, MST_UB_NO_PAD);
	ex_end(b, "express-negotiation", "CON POST /" GROUP " {1: imsi}");
	write_challenge("express-challenge", &express, ex_hints());
	doc_block("express-ks-naf", NULL, express.ks_naf[0], 32);
	write_session_keys(&express, "express-");
	ex_secured_request(&express, "express-join", "POST /" GROUP " {-65537: imei, -65538: 0}",
		true, plain,
		mst_ua_build_join(plain, sizeof(plain), EX_GID, EX_IMEI, MST_UA_STORE_ME));
	ex_secured_answer(&express, "express-joined",
		"2.01, Location-Path " GROUP "/nodes/" EX_IMSI ", join-response", plain,
		mst_ua_build_joined(plain, sizeof(plain), true, EX_GID, imsi, &key));
}

static void
gba_u_flow(void)
{
	doc_text("### 11.6 GBA_U\n\nThe subscriber's settings say GBA_U: AUTN carries MAC\\*, the "
		 "Master Secret is Ks_int_NAF, `store` is 1. The identity is given as an IMPI.");
	write_identity("gba-u-identity", MST_UB_ID_IMPI);
	write_challenge("gba-u-challenge", &gba_u, NULL);
	doc_block("gba-u-mac", "f1, before it becomes MAC*", gba_u.aka.mac_a[0], 8);
	doc_block("gba-u-ik", NULL, gba_u.aka.ik[0], 16);
	doc_block("gba-u-ks-int-naf-input", "FC 01, gba-u, RAND, IMPI, NAF_Id", gba_u.s_naf,
		gba_u.s_naf_size);
	doc_block("gba-u-ks-int-naf", NULL, gba_u.ks_naf[0], 32);
	write_session_keys(&gba_u, "gba-u-");
	write_answer("gba-u-answer", &gba_u, gba_u.device_proof[0]);
	write_result("gba-u-result", &gba_u);
	ex_secured_request(&gba_u, "gba-u-join", "POST /" GROUP " {-65537: imei, -65538: 1}", false,
		plain, mst_ua_build_join(plain, sizeof(plain), EX_GID, EX_IMEI, MST_UA_STORE_UICC));
	ex_secured_answer(&gba_u, "gba-u-joined",
		"2.01, Location-Path " GROUP "/nodes/" EX_IMSI ", join-response", plain,
		mst_ua_build_joined(plain, sizeof(plain), true, EX_GID, imsi, &key));
}

static void
resynchronisation(void)
{
	const struct mst_ub_span cookie = {stale.rand[0], 16};
	const uint64_t sqn_ms = mst_sqn_make(EX_TICK + 5000, 0, EX_IND);
	struct mst_coap_build *b;
	mst_auts auts;

	doc_text("### 11.7 Resynchronisation\n\nThe USIM has accepted a SEQ that is 5000 ahead. "
		 "Three ticks later it is challenged with the SEQ after that one.");
	write_identity("stale-identity", MST_UB_ID_IMSI);
	write_challenge("stale-challenge", &stale, NULL);
	write_sqn("sqn-ms", sqn_ms);
	ex_auts(&stale, sqn_ms, auts);
	doc_block("auts", NULL, auts, sizeof(auts));
	b = ex_request(MST_COAP_POST, "bsf");
	mst_ub_write_resync(ex_payload(b, MST_COAP_FORMAT_CBOR), &cookie, auts);
	ex_end(b, "resync", "CON POST /bsf {5: cookie, 7: auts}");
	ex_begin(&fresh, EX_TICK + 3, mst_sqn_dif(EX_TICK + 3, sqn_ms), 4, false);
	assert_true(mst_sqn_seq(fresh.sqn[0]) == mst_sqn_seq(sqn_ms) + 1);
	write_sqn("fresh-sqn", fresh.sqn[0]);
	write_challenge("fresh-challenge", &fresh, NULL);
}

/* A read of a group and the error it meets. */
static void
write_error(const char *name, const char *comment, int err)
{
	char request[40];

	snprintf(request, sizeof(request), "read-for-%s", name);
	ex_secured_request(&standard, request, "GET /ace-group/00000000000000aa", false, plain,
		mst_ua_build_read(plain, sizeof(plain), OTHER_GID));
	ex_secured_answer(
		&standard, name, comment, plain, mst_ua_build_error(plain, sizeof(plain), err, 30));
}

static void
errors(void)
{
	struct mst_coap_build *b;

	doc_text("### 11.8 Errors\n\nA wrong proof, then errors inside OSCORE in the session of "
		 "11.2.");
	write_answer("wrong-answer", &express, standard.device_proof[0]);
	b = ex_answer(MST_COAP_UNAUTHORIZED);
	ex_end(b, "refused", "ACK 4.01, also to a protected request without session");
	write_error("not-member", "4.03 {0: {0: 0}}", MST_E_NOT_MEMBER);
	write_error("no-group", "4.04", MST_E_GROUP_UNKNOWN);
	ex_secured_request(&standard, "join-full", "POST /" GROUP " {-65537: imei, -65538: 0}",
		false, plain,
		mst_ua_build_join(plain, sizeof(plain), EX_GID, EX_IMEI, MST_UA_STORE_ME));
	ex_secured_answer(&standard, "group-full", "5.03, Max-Age 30", plain,
		mst_ua_build_error(plain, sizeof(plain), MST_E_GROUP_FULL, 30));
}

/* Requests of an owner and their answers. */
static void
ask(const char *name, const char *request_is, int size)
{
	ex_secured_request(&standard, name, request_is, false, plain, size);
}

static void
answer(const char *name, const char *answer_is, int size)
{
	ex_secured_answer(&standard, name, answer_is, plain, size);
}

static void
approval(void)
{
	const struct mst_ua_decision admit = {.imsi = {other_imsi}, .count = 1, .admit = 1};
	const struct mst_ua_candidate row = {other_imsi, EX_IMEI, EX_NOW};
	const struct mst_policy_change owners = {
		.has = MST_POLICY_ADMISSION | MST_POLICY_REKEY_LEAVE,
		.to = {.admission = MST_ADMIT_OWNERS, .rekey_leave = MST_REKEY_AT_ONCE}};
	struct ex_asked asked;

	doc_text("### 11.9 Approval\n\nMessages of an owner and of a candidate, all in the session "
		 "of "
		 "11.2. The owner changes the policies and observes its candidates; `" OTHER_IMSI
		 "` asks, is acknowledged, and admitted.");
	ask("put-policies", "PUT /" GROUP "/policies {16: {-65537: 2, -65539: 1}}",
		mst_ua_build_put_policies(plain, sizeof(plain), EX_GID, &owners));
	answer("policies-put", "2.04", mst_ua_build_done(plain, sizeof(plain), MST_COAP_CHANGED));
	asked = ex_secured_observe(&standard, "observe-pending",
		"GET /" GROUP "/pending, Observe 0; outside FETCH, Observe 0", plain,
		mst_ua_build_observe(plain, sizeof(plain), MST_RES_GROUP_PENDING, EX_GID,
			MST_UA_OBSERVE_REGISTER));
	ex_secured_observed(&standard, "pending", "2.05, Observe, {0: 0, 1: []}", plain,
		mst_ua_build_candidates(plain, sizeof(plain), 0, NULL, 0, true));
	ex_secured_later(&standard, &asked, true, "candidate",
		"CON 2.05, Observe, {0: 1, 1: [[imsi, imei, 1700000000]]}", plain,
		mst_ua_build_candidates(plain, sizeof(plain), 1, &row, 1, true));
	ask("decide", "POST /" GROUP "/pending {0: [imsi]}",
		mst_ua_build_decide(plain, sizeof(plain), EX_GID, &admit));
	answer("decided", "2.04 {0: 1, 1: 0, 2: 0}",
		mst_ua_build_decided(plain, sizeof(plain), 1, 0, 0));
	doc_text("The candidate:");
	ask("join-to-wait", "POST /" GROUP " {-65537: imei, -65538: 0}",
		mst_ua_build_join(plain, sizeof(plain), EX_GID, EX_IMEI, MST_UA_STORE_ME));
	asked = ex_asked(&standard);
	ex_acknowledgement("waits", "empty ACK of the gateway");
	ex_secured_later(&standard, &asked, false, "admitted",
		"CON 2.01, Location-Path " GROUP "/nodes/" OTHER_IMSI ", join-response", plain,
		mst_ua_build_joined(plain, sizeof(plain), true, EX_GID, other_imsi, &key));
}

static void
rekeying(void)
{
	struct mst_ua_key second = new_key;
	struct ex_asked asked;

	second.num = 2;
	second.expiration_delta = 600;
	second.has_earlier = true;
	memcpy(second.earlier_kg, key.kg, sizeof(key.kg));
	second.earlier_num = 1;
	second.earlier_left = 600;
	doc_text("### 11.10 Rekeying\n\nA member observes its group; an owner asks for a new key. "
		 "The "
		 "notification has the new one and, for 600 s, the earlier one.");
	asked = ex_secured_observe(&standard, "observe",
		"GET /" GROUP ", Observe 0; outside FETCH, Observe 0", plain,
		mst_ua_build_observe(
			plain, sizeof(plain), MST_RES_GROUP, EX_GID, MST_UA_OBSERVE_REGISTER));
	ex_secured_observed(&standard, "observed", "2.05, Observe, join-response", plain,
		mst_ua_build_key(plain, sizeof(plain), &key, true));
	ask("rekey", "POST /" GROUP "/rekey {9: 1}",
		mst_ua_build_rekey(plain, sizeof(plain), EX_GID, 1));
	answer("rekeyed", "2.04, number 2", mst_ua_build_rekeyed(plain, sizeof(plain), 2));
	ex_secured_later(&standard, &asked, true, "notification",
		"CON 2.05, Observe, join-response with -65539", plain,
		mst_ua_build_key(plain, sizeof(plain), &second, true));
	doc_text("The group is dissolved: the observation's last message.");
	ask("dissolve", "DELETE /" GROUP, mst_ua_build_dissolve(plain, sizeof(plain), EX_GID));
	answer("dissolved", "2.02", mst_ua_build_done(plain, sizeof(plain), MST_COAP_DELETED));
	ex_secured_later(&standard, &asked, false, "end", "CON 4.04 {0: {0: 6}}, no Observe", plain,
		mst_ua_build_error(plain, sizeof(plain), MST_E_GROUP_DISSOLVED, 0));
}

static void
managing(void)
{
	const struct mst_ua_owners_change transfer = {.principal = other_imsi};

	doc_text("### 11.11 Policies, owners, departure");
	ask("get-policies", "GET /" GROUP "/policies",
		mst_ua_build_get(plain, sizeof(plain), MST_RES_GROUP_POLICIES, EX_GID));
	answer("policies", "2.05 {16: policies}, all of them",
		mst_ua_build_policies(plain, sizeof(plain), &policy));
	ask("transfer", "POST /" GROUP "/owners {0: imsi}",
		mst_ua_build_change_owners(plain, sizeof(plain), EX_GID, &transfer));
	answer("transferred", "2.04", mst_ua_build_done(plain, sizeof(plain), MST_COAP_CHANGED));
	ask("get-owners", "GET /" GROUP "/owners",
		mst_ua_build_get(plain, sizeof(plain), MST_RES_GROUP_OWNERS, EX_GID));
	answer("owners", "2.05 {0: imsi, 1: [imsi]}",
		mst_ua_build_owners(plain, sizeof(plain), other_imsi, &imsi, 1));
	ask("leave", "DELETE /" GROUP "/nodes/" EX_IMSI,
		mst_ua_build_node(plain, sizeof(plain), MST_COAP_DELETE, EX_GID, imsi));
	answer("left", "2.02", mst_ua_build_done(plain, sizeof(plain), MST_COAP_DELETED));
	ask("evicted-read", "GET /" GROUP, mst_ua_build_read(plain, sizeof(plain), EX_GID));
	answer("evicted", "4.03 {0: {0: 5}}, to a device that was evicted",
		mst_ua_build_error(plain, sizeof(plain), MST_E_EVICTED, 0));
}

static void
document_has_these_examples(void **state)
{
	ex_init(*state);
	assert_int_equal(mst_imsi_encode(EX_IMSI, strlen(EX_IMSI), &imsi), 0);
	assert_int_equal(mst_imsi_encode(OTHER_IMSI, strlen(OTHER_IMSI), &other_imsi), 0);
	ex_begin(&standard, EX_TICK, 0, 1, false);
	ex_begin(&express, EX_TICK, 0, 2, false);
	ex_begin(&gba_u, EX_TICK, 0, 3, true);
	ex_begin(&stale, EX_TICK, 0, 5, false);
	values();
	standard_flow();
	creation();
	reading();
	express_flow();
	gba_u_flow();
	resynchronisation();
	errors();
	approval();
	rekeying();
	managing();
	if (getenv("MUSTER_PRINT_EXAMPLES") != NULL)
		doc_print();
	else
		doc_compare(MST_PROTOCOL_MD);
	doc_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_is_the_standard),
		cmocka_unit_test(document_has_these_examples),
	};

	return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
