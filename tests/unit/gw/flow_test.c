/* SPDX-License-Identifier: BSD-3-Clause */
/* Both flows of docs/protocol.md against the stages, message by message, and what must not work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aka/autn.h"
#include "base/err.h"
#include "device.h"

static int
setup(void **state)
{
	struct bench *b = malloc(sizeof(*b));

	bench_open(b, NULL);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}

static void
standard_create_and_join(void **state)
{
	struct bench *b = *state;
	struct device creator, joiner;
	struct answer a;

	device_init(&creator, b, 0);
	device_init(&joiner, b, 1);
	device_negotiate(&creator, "manage", false, &a);
	device_bootstrap(&creator);
	assert_int_equal(creator.lifetime, 86400);
	assert_int_equal(device_join(&creator, 0, false), MST_COAP_CREATED);
	device_negotiate(&joiner, "ace-group/0123456789abcdef", false, &a);
	device_bootstrap(&joiner);
	assert_int_equal(device_join(&joiner, creator.gid, false), MST_COAP_CREATED);
	assert_int_equal(joiner.gid, creator.gid);
	assert_memory_equal(joiner.kg, creator.kg, MST_KG);
	assert_int_equal(bench_outcome(b, GW_SESSIONS), 2);
	assert_int_equal(bench_outcome(b, GW_CREATES), 1);
	assert_int_equal(bench_outcome(b, GW_JOINS), 1);
}

static void
express_create_and_join(void **state)
{
	struct bench *b = *state;
	struct device creator, joiner;
	struct answer a;

	device_init(&creator, b, 2);
	device_init(&joiner, b, 3); /* GBA_U */
	device_negotiate(&creator, "manage", true, &a);
	assert_int_equal(device_authenticate(&creator), 0);
	assert_int_equal(device_join(&creator, 0, true), MST_COAP_CREATED);
	device_negotiate(&joiner, "ace-group/0123456789abcdef", true, &a);
	assert_int_equal(device_authenticate(&joiner), 0);
	assert_int_equal(device_join(&joiner, creator.gid, true), MST_COAP_CREATED);
	assert_memory_equal(joiner.kg, creator.kg, MST_KG);
	assert_int_equal(bench_outcome(b, GW_SESSIONS_EXPRESS), 2);

	/* Later requests of the session leave the kid context out. */
	joiner.piv++;
	assert_int_equal(device_join(&joiner, creator.gid, false), MST_COAP_CHANGED);
	assert_int_equal(bench_outcome(b, GW_REJOINS), 1);
}

static void
every_gba_type_stores_in_its_place(void **state)
{
	struct device uicc;

	device_init(&uicc, *state, 7);
	assert_true(uicc.gba_u);
	device_bootstrap(&uicc);
	uicc.gba_u = false; /* asks for storage in the ME */
	assert_int_equal(device_join(&uicc, 0, false), MST_COAP_BAD_REQUEST);
	assert_int_equal(bench_drops(*state, MST_E_GROUP_STORAGE), 1);
	uicc.gba_u = true;
	uicc.piv++;
	assert_int_equal(device_join(&uicc, 0, false), MST_COAP_CREATED);
}

static void
plain_gba(void **state)
{
	struct bench *b = *state;
	struct mst_ua_response r;
	uint8_t plain[64], buffer[1024];
	struct device d;
	struct answer a;
	int size;

	device_init(&d, b, 4);
	device_bootstrap(&d);
	b->now_ms += 10000;
	size = mst_ua_build_read_session(plain, sizeof(plain));
	assert_int_equal(
		device_secured(&d, buffer, device_seal(&d, plain, (size_t)size, false, buffer), &a),
		MST_COAP_CONTENT);
	assert_int_equal(mst_ua_parse_response(a.plain, a.plain_size, MST_RES_SESSION, &r), 0);
	assert_int_equal(r.session.lifetime, 86400 - 10);
}

static void
resynchronisation(void **state)
{
	struct bench *b = *state;
	const struct mst_milenage_in *in;
	struct mst_coap_build build;
	mst_auts auts[MST_LANES];
	uint64_t sqn_ms[MST_LANES];
	uint8_t buffer[1024];
	struct mst_ub ub;
	struct device d;
	struct answer a;

	device_init(&d, b, 5);
	for (unsigned i = 0; i < MST_SQN_INDS; i++)
		mst_put_be48(d.usim.seq[i], b->now_ms / 100 + 500000);
	device_first(&d, &a);
	assert_int_equal(device_authenticate(&d), 1);

	in = &(struct mst_milenage_in){
		(const mst_b16 *)d.k, (const mst_b16 *)d.opc, (const mst_b16 *)d.rand, NULL, NULL};
	sqn_ms[0] = mst_usim_sqn_ms(&d.usim);
	mst_auts_make_burst(b->crypto, 1, in, sqn_ms, auts);
	for (int forged = 1; forged >= 0; forged--) {
		const struct mst_ub_span cookie = {d.rand, 16};

		auts[0][13] ^= forged;
		device_begin(&d, &build, buffer, MST_COAP_POST, "bsf");
		mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
		mst_ub_write_resync(mst_coap_put_payload(&build), &cookie, auts[0]);
		device_exchange(&d, buffer, (size_t)mst_coap_build_fini(&build), &a);
		assert_int_equal(a.msg.code, MST_COAP_UNAUTHORIZED);
		assert_int_equal(a.msg.opt.payload.size == 0, forged);
		auts[0][13] ^= forged;
	}
	assert_int_equal(bench_drops(b, MST_E_AUTS_FORGED), 1);
	assert_int_equal(bench_outcome(b, GW_RESYNCS), 1);
	assert_int_equal(mst_ub_parse(a.msg.opt.payload.data, a.msg.opt.payload.size, &ub), 0);
	memcpy(d.rand, ub.rand, 16);
	memcpy(d.autn, ub.autn, 16);
	assert_int_equal(device_authenticate(&d), 0);
	assert_int_equal(device_answer(&d, &a), MST_COAP_CHANGED);
}

static void
repetition_is_answered_and_not_executed(void **state)
{
	struct bench *b = *state;
	uint8_t plain[256], buffer[1024];
	struct answer first, second;
	struct device d;
	uint64_t imei;
	size_t size;

	device_init(&d, b, 6);
	device_bootstrap(&d);
	assert_int_equal(mst_imei_encode("490154203237518", 15, &imei), 0);
	size = (size_t)mst_ua_build_create(plain, sizeof(plain), imei, MST_UA_STORE_ME);
	size = device_seal(&d, plain, size, false, buffer);
	assert_int_equal(device_secured(&d, buffer, size, &first), MST_COAP_CREATED);
	assert_int_equal(device_secured(&d, buffer, size, &second) >> 5, 2);
	assert_int_equal(bench_outcome(b, GW_CREATES), 1);
	assert_int_equal(bench_outcome(b, GW_SECURED_REPEATED), 1);
	/* Same content, another nonce. */
	assert_memory_equal(first.plain + 1, second.plain + 1, first.plain_size - 1);
	assert_memory_not_equal(
		first.msg.opt.oscore.data, second.msg.opt.oscore.data, first.msg.opt.oscore.size);

	/* A Partial IV before the latest one is a replay. */
	d.piv = 5;
	assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	assert_int_equal(device_secured(&d, buffer, size, &second), MST_COAP_UNAUTHORIZED);
	assert_int_equal(bench_drops(b, MST_E_OSCORE_REPLAY), 1);
}

/* Who repeats a device's request at will takes 100 Partial IVs of the gateway's and no more. */
static void
repetitions_are_bounded(void **state)
{
	struct bench *b = *state;
	uint8_t plain[256], buffer[1024];
	struct device d;
	struct answer a;
	size_t size;

	device_init(&d, b, 6);
	device_bootstrap(&d);
	size = (size_t)mst_ua_build_read_session(plain, sizeof(plain));
	size = device_seal(&d, plain, size, false, buffer);
	assert_int_equal(device_secured(&d, buffer, size, &a), MST_COAP_CONTENT);
	for (unsigned i = 0; i < MST_SESSION_REPEATS; i++)
		assert_int_equal(device_secured(&d, buffer, size, &a), MST_COAP_CONTENT);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(device_secured(&d, buffer, size, &a), MST_COAP_UNAUTHORIZED);
	assert_int_equal(bench_drops(b, MST_E_OSCORE_REPLAY), 1000);
	assert_int_equal(b->gw->sessions.at[6].counter, 1 + MST_SESSION_REPEATS);
	/* The device's next request is answered, and may be repeated. */
	d.piv++;
	size = (size_t)mst_ua_build_read_session(plain, sizeof(plain));
	size = device_seal(&d, plain, size, false, buffer);
	assert_int_equal(device_secured(&d, buffer, size, &a), MST_COAP_CONTENT);
	assert_int_equal(device_secured(&d, buffer, size, &a), MST_COAP_CONTENT);
}

static void
repeated_answer_keeps_the_session(void **state)
{
	struct bench *b = *state;
	uint8_t buffer[1024];
	struct device d;
	struct answer a;
	size_t size;

	device_init(&d, b, 8);
	device_first(&d, &a);
	assert_int_equal(device_authenticate(&d), 0);
	size = device_build_answer(&d, buffer);
	device_exchange(&d, buffer, size, &a);
	assert_int_equal(a.msg.code, MST_COAP_CHANGED);
	d.piv = 3;
	assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	device_exchange(&d, buffer, size, &a);
	assert_int_equal(a.msg.code, MST_COAP_CHANGED);
	assert_int_equal(bench_outcome(b, GW_ANSWERS_REPEATED), 1);
	d.piv = 2; /* the window still knows 3 and has never seen 2 */
	assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	assert_int_equal(device_join(&d, 0, false), MST_COAP_UNAUTHORIZED);
}

static void
wrong_proofs_look_alike(void **state)
{
	struct bench *b = *state;
	struct answer wrong, forged, expired, unknown;
	struct device d, stranger;

	device_init(&d, b, 9);
	device_first(&d, &wrong);
	assert_int_equal(device_authenticate(&d), 0);
	d.proof[3] ^= 1;
	assert_int_equal(device_answer(&d, &wrong), MST_COAP_UNAUTHORIZED);
	d.proof[3] ^= 1;
	d.rand[9] ^= 1;
	assert_int_equal(device_answer(&d, &forged), MST_COAP_UNAUTHORIZED);
	d.rand[9] ^= 1;
	b->now_ms += 121000;
	assert_int_equal(device_answer(&d, &expired), MST_COAP_UNAUTHORIZED);
	device_init(&stranger, b, 1000000);
	device_first(&stranger, &unknown);
	assert_int_equal(device_authenticate(&stranger), -1);
	assert_int_equal(device_answer(&stranger, &unknown), MST_COAP_UNAUTHORIZED);
	assert_int_equal(wrong.size, forged.size);
	assert_int_equal(wrong.size, expired.size);
	assert_int_equal(wrong.size, unknown.size);
	assert_int_equal(bench_drops(b, MST_E_PROOF_WRONG), 2);
	assert_int_equal(bench_drops(b, MST_E_COOKIE_FORGED), 1);
	assert_int_equal(bench_drops(b, MST_E_COOKIE_EXPIRED), 1);
	assert_int_equal(bench_outcome(b, GW_SESSIONS), 0);
}

static void
unknown_kid_and_wrong_tag_look_alike(void **state)
{
	struct bench *b = *state;
	uint8_t plain[64], buffer[1024];
	struct answer tag, kid;
	struct device d;
	size_t n, size;

	device_init(&d, b, 10);
	device_bootstrap(&d);
	n = (size_t)mst_ua_build_read_session(plain, sizeof(plain));
	size = device_seal(&d, plain, n, false, buffer);
	buffer[size - 1] ^= 1;
	assert_int_equal(device_secured(&d, buffer, size, &tag), MST_COAP_UNAUTHORIZED);
	d.rand[2] ^= 0x40;
	size = device_seal(&d, plain, n, false, buffer);
	assert_int_equal(device_secured(&d, buffer, size, &kid), MST_COAP_UNAUTHORIZED);
	assert_int_equal(tag.size, kid.size);
	assert_int_equal(tag.msg.opt.raw.size, kid.msg.opt.raw.size);
	assert_int_equal(bench_drops(b, MST_E_OSCORE_TAG), 1);
	assert_int_equal(bench_drops(b, MST_E_OSCORE_KID), 1);
}

/** A burst in which the same express request stands 64 times runs it once. */
static void
duplicates_in_one_burst(void **state)
{
	struct bench *b = *state;
	struct mst_frame frames[MST_LANES];
	uint8_t plain[256], buffer[1024];
	struct device d;
	struct answer a;
	uint64_t imei;
	size_t size;

	device_init(&d, b, 12);
	device_negotiate(&d, "manage", true, &a);
	assert_int_equal(device_authenticate(&d), 0);
	assert_int_equal(mst_imei_encode("490154203237518", 15, &imei), 0);
	size = (size_t)mst_ua_build_create(plain, sizeof(plain), imei, MST_UA_STORE_ME);
	size = device_seal(&d, plain, size, true, buffer);
	for (unsigned i = 0; i < MST_LANES; i++)
		frames[i] = device_frame(&d, buffer, size);
	bench_burst(b, 0, frames, MST_LANES);
	for (unsigned i = 0; i < MST_LANES; i++) {
		assert_true(frames[i].size > 0);
		free(frames[i].data);
	}
	assert_int_equal(bench_outcome(b, GW_CREATES), 1);
	assert_int_equal(bench_outcome(b, GW_SESSIONS), 1);
	assert_int_equal(bench_outcome(b, GW_SECURED_REPEATED), MST_LANES - 1);
}

static void
answers_to_the_unproved_are_bounded(void **state)
{
	struct bench *b = *state;
	struct mst_coap_build build;
	uint8_t buffer[1024];
	struct device d;
	struct answer a;
	int size;

	device_init(&d, b, 13);
	/* 15 octets for hints of more than 45: padded requests are answered, this one is not. */
	device_begin(&d, &build, buffer, MST_COAP_POST, "manage");
	size = mst_coap_build_fini(&build);
	device_exchange(&d, buffer, (size_t)size, &a);
	assert_int_equal(a.size, 0);
	assert_int_equal(bench_drops(b, MST_E_COAP_AMPLIFY), 1);
	device_negotiate(&d, "manage", false, &a);
	assert_true(a.size <= 136);
	device_negotiate(&d, "ace-group/0123456789abcdef", true, &a);
	assert_true(a.size <= 136);
}

static void
groups_that_do_not_exist(void **state)
{
	struct device d;

	device_init(&d, *state, 14);
	device_bootstrap(&d);
	assert_int_equal(device_join(&d, 0xdeadbeef, false), MST_COAP_NOT_FOUND);
	assert_int_equal(bench_drops(*state, MST_E_GROUP_UNKNOWN), 1);
}

static void
a_new_bootstrap_replaces_the_session(void **state)
{
	struct bench *b = *state;
	struct device d, old;

	device_init(&d, b, 16);
	device_bootstrap(&d);
	assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	old = d;
	old.piv++;
	b->now_ms += 1000;
	device_bootstrap(&d);
	assert_int_equal(device_join(&old, old.gid, false), MST_COAP_UNAUTHORIZED);
	assert_int_equal(device_join(&d, old.gid, false), MST_COAP_CHANGED); /* still a member */
	b->now_ms += 86400 * 1000;
	d.piv++;
	assert_int_equal(device_join(&d, old.gid, false), MST_COAP_UNAUTHORIZED);
	assert_int_equal(bench_drops(b, MST_E_SESSION_EXPIRED), 1);
}

static void
limits_hold(void **state)
{
	struct bench *b = *state;
	struct device d;

	device_init(&d, b, 17);
	device_bootstrap(&d);
	for (unsigned i = 0; i < 8; i++, d.piv++)
		assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	assert_int_equal(device_join(&d, 0, false), MST_COAP_FORBIDDEN);
	assert_int_equal(bench_drops(b, MST_E_LIMIT_CREATE), 1);
}

/** Devices whose packets arrive at any worker, and move to others, all get their keys. */
static void
workers_share_the_devices(void **state)
{
	struct gw_options o = bench_options();
	struct device d[24];
	struct bench b;

	(void)state;
	o.workers = 5;
	bench_open(&b, &o);
	for (unsigned i = 0; i < 24; i++) {
		device_init(&d[i], &b, i);
		d[i].worker = i % 5;
		device_bootstrap(&d[i]);
		d[i].worker = i * 7 % 5; /* another 5-tuple, another queue */
		assert_int_equal(device_join(&d[i], i > 0 ? d[0].gid : 0, false), MST_COAP_CREATED);
		assert_memory_equal(d[i].kg, d[0].kg, MST_KG);
	}
	assert_true(bench_outcome(&b, GW_FORWARDED) > 0);
	/* A new bootstrap at another worker stays with the subscriber's owner. */
	b.now_ms += 1000;
	for (unsigned i = 0; i < 24; i++) {
		unsigned owner = mst_session_owner(&b.gw->sessions, i);

		d[i].worker = (d[i].worker + 1) % 5;
		device_bootstrap(&d[i]);
		assert_int_equal(mst_session_owner(&b.gw->sessions, i), owner);
		assert_int_equal(device_join(&d[i], d[0].gid, false), MST_COAP_CHANGED);
	}
	assert_int_equal(bench_outcome(&b, GW_JOINS), 23);
	assert_int_equal(bench_outcome(&b, GW_REJOINS), 24);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(standard_create_and_join, setup, teardown),
		cmocka_unit_test_setup_teardown(express_create_and_join, setup, teardown),
		cmocka_unit_test_setup_teardown(
			every_gba_type_stores_in_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_gba, setup, teardown),
		cmocka_unit_test_setup_teardown(resynchronisation, setup, teardown),
		cmocka_unit_test_setup_teardown(
			repetition_is_answered_and_not_executed, setup, teardown),
		cmocka_unit_test_setup_teardown(repetitions_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(repeated_answer_keeps_the_session, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_proofs_look_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(
			unknown_kid_and_wrong_tag_look_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(duplicates_in_one_burst, setup, teardown),
		cmocka_unit_test_setup_teardown(
			answers_to_the_unproved_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_that_do_not_exist, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_new_bootstrap_replaces_the_session, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_hold, setup, teardown),
		cmocka_unit_test(workers_share_the_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
