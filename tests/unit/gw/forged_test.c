/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Well-formed messages that are forged, late or repeated, one by one: the answer tells nothing, one
 * counter moves, and nothing the gateway keeps has changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aka/autn.h"
#include "base/err.h"
#include "state.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	*state = scene_open();
	return 0;
}

static int
teardown(void **state)
{
	scene_close(*state);
	return 0;
}

/* Forged and late messages: each builds one, for an unprotected and empty 4.01. */

static size_t
answer_of(struct scene *s, uint8_t *out)
{
	return device_build_answer(&s->challenged, out);
}

static size_t
wrong_proof(struct scene *s, uint8_t *out)
{
	s->challenged.proof[15] ^= 0x80;
	return answer_of(s, out);
}

static size_t
proof_of_another(struct scene *s, uint8_t *out)
{
	struct answer a;

	device_first(&s->stranger, &a);
	assert_int_equal(device_authenticate(&s->stranger), 0);
	memcpy(s->challenged.proof, s->stranger.proof, 16);
	return answer_of(s, out);
}

static size_t
forged_cookie(struct scene *s, uint8_t *out)
{
	s->challenged.rand[15] ^= 1;
	return answer_of(s, out);
}

static size_t
expired_cookie(struct scene *s, uint8_t *out)
{
	s->bench.now_ms += 120100;
	return answer_of(s, out);
}

static size_t
cookie_from_the_future(struct scene *s, uint8_t *out)
{
	s->bench.now_ms -= 2100;
	return answer_of(s, out);
}

static size_t
cookie_of_a_key_before_the_previous(struct scene *s, uint8_t *out)
{
	assert_int_equal(gw_rotate_cookies(s->bench.gw), 0);
	assert_int_equal(gw_rotate_cookies(s->bench.gw), 0);
	return answer_of(s, out);
}

static void
bar(struct scene *s, const struct device *d)
{
	uint64_t imsi = d->imsi;
	uint32_t ref;

	assert_int_equal(mst_hss_lookup_bulk(&s->bench.hss, 1, &imsi, &ref), 1);
	mst_subs_set_barred(mst_hss_record(&s->bench.hss, ref), true);
}

static size_t
barred_answer(struct scene *s, uint8_t *out)
{
	bar(s, &s->challenged);
	return answer_of(s, out);
}

static size_t
resync_with(struct device *d, const mst_auts auts, uint8_t *out)
{
	const struct mst_ub_span cookie = {d->rand, 16};
	struct mst_coap_build build;

	device_begin(d, &build, out, MST_COAP_POST, "bsf");
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_resync(mst_coap_put_payload(&build), &cookie, auts);
	return (size_t)mst_coap_build_fini(&build);
}

/** AUTS for the RAND of the device's challenge. */
static void
make_auts(struct device *d, mst_auts auts)
{
	const struct mst_milenage_in in = {(const mst_b16 *)d->k, (const mst_b16 *)d->opc,
		(const mst_b16 *)d->rand, NULL, NULL};
	mst_auts made[MST_LANES];
	uint64_t sqn_ms[MST_LANES] = {mst_usim_sqn_ms(&d->usim)};

	mst_auts_make_burst(d->bench->crypto, 1, &in, sqn_ms, made);
	memcpy(auts, made[0], sizeof(made[0]));
}

static size_t
forged_auts(struct scene *s, uint8_t *out)
{
	mst_auts auts;

	make_auts(&s->challenged, auts);
	auts[0] ^= 1;
	return resync_with(&s->challenged, auts, out);
}

static size_t
auts_of_another_challenge(struct scene *s, uint8_t *out)
{
	struct answer a;
	mst_auts auts;

	make_auts(&s->challenged, auts);
	device_first(&s->challenged, &a);
	return resync_with(&s->challenged, auts, out);
}

static size_t
auts_of_an_unknown_identity(struct scene *s, uint8_t *out)
{
	struct answer a;
	mst_auts auts = {0};

	device_init(&s->stranger, &s->bench, 1000000);
	device_first(&s->stranger, &a);
	return resync_with(&s->stranger, auts, out);
}

static size_t
answer_of_an_unknown_identity(struct scene *s, uint8_t *out)
{
	struct answer a;

	device_init(&s->stranger, &s->bench, 1000000);
	device_first(&s->stranger, &a);
	return device_build_answer(&s->stranger, out);
}

static size_t
sealed(struct device *d, bool express, uint8_t *out)
{
	uint8_t plain[64];
	size_t n = (size_t)mst_ua_build_read_session(plain, sizeof(plain));

	return device_seal(d, plain, n, express, out);
}

static size_t
wrong_tag(struct scene *s, uint8_t *out)
{
	size_t n = sealed(&s->creator, false, out);

	out[n - 1] ^= 1;
	return n;
}

static size_t
tag_cut_off(struct scene *s, uint8_t *out)
{
	return sealed(&s->creator, false, out) - 1;
}

static size_t
nothing_but_a_tag(struct scene *s, uint8_t *out)
{
	return sealed(&s->creator, false, out) - 9;
}

static size_t
another_partial_iv(struct scene *s, uint8_t *out)
{
	size_t n = sealed(&s->creator, false, out);

	out[10] ^= 0x40; /* header, token, option head, flags, Partial IV */
	return n;
}

static size_t
replay(struct scene *s, uint8_t *out)
{
	s->creator.piv = 40;
	assert_int_equal(device_join(&s->creator, 0, false), MST_COAP_CREATED);
	s->creator.piv = 0;
	return sealed(&s->creator, false, out);
}

static size_t
partial_iv_past_32_bits(struct scene *s, uint8_t *out)
{
	s->creator.piv = UINT64_C(1) << 32;
	return sealed(&s->creator, false, out);
}

static size_t
unknown_kid(struct scene *s, uint8_t *out)
{
	s->creator.rand[6] ^= 1;
	return sealed(&s->creator, false, out);
}

static size_t
wrong_context_of_a_session(struct scene *s, uint8_t *out)
{
	s->creator.rand[7] ^= 1;
	return sealed(&s->creator, true, out);
}

static size_t
expired_session(struct scene *s, uint8_t *out)
{
	s->bench.now_ms += UINT64_C(86400) * 1000;
	return sealed(&s->creator, false, out);
}

static size_t
spent_session(struct scene *s, uint8_t *out)
{
	s->bench.gw->sessions.at[0].counter = UINT16_MAX;
	return sealed(&s->creator, false, out);
}

static size_t
barred_session(struct scene *s, uint8_t *out)
{
	bar(s, &s->creator);
	return sealed(&s->creator, false, out);
}

static size_t
express_forged_cookie(struct scene *s, uint8_t *out)
{
	s->challenged.rand[9] ^= 1;
	return sealed(&s->challenged, true, out);
}

static size_t
express_expired_cookie(struct scene *s, uint8_t *out)
{
	s->bench.now_ms += 120100;
	return sealed(&s->challenged, true, out);
}

static size_t
express_wrong_tag(struct scene *s, uint8_t *out)
{
	size_t n = sealed(&s->challenged, true, out);

	out[n - 3] ^= 1;
	return n;
}

static size_t
express_keys_of_another(struct scene *s, uint8_t *out)
{
	s->challenged.ks_naf[0] ^= 1;
	return sealed(&s->challenged, true, out);
}

static size_t
express_without_context(struct scene *s, uint8_t *out)
{
	return sealed(&s->challenged, false, out);
}

static size_t
express_barred(struct scene *s, uint8_t *out)
{
	bar(s, &s->challenged);
	return sealed(&s->challenged, true, out);
}

static size_t
express_of_an_unknown_identity(struct scene *s, uint8_t *out)
{
	struct answer a;

	device_init(&s->stranger, &s->bench, 1000000);
	device_first(&s->stranger, &a);
	return sealed(&s->stranger, true, out);
}

#define FORGERY(make, drop)                                                                        \
	{                                                                                          \
#make, make, MST_E_##drop                                                          \
	}

static const struct {
	const char *what;
	size_t (*make)(struct scene *scene, uint8_t *out);
	enum mst_err drop;
} forgeries[] = {
	FORGERY(wrong_proof, PROOF_WRONG),
	FORGERY(proof_of_another, PROOF_WRONG),
	FORGERY(answer_of_an_unknown_identity, PROOF_WRONG),
	FORGERY(forged_cookie, COOKIE_FORGED),
	FORGERY(expired_cookie, COOKIE_EXPIRED),
	FORGERY(cookie_from_the_future, COOKIE_EXPIRED),
	FORGERY(cookie_of_a_key_before_the_previous, COOKIE_FORGED),
	FORGERY(barred_answer, SUBSCRIBER_BARRED),
	FORGERY(forged_auts, AUTS_FORGED),
	FORGERY(auts_of_another_challenge, AUTS_FORGED),
	FORGERY(auts_of_an_unknown_identity, AUTS_FORGED),
	FORGERY(wrong_tag, OSCORE_TAG),
	FORGERY(tag_cut_off, OSCORE_TAG),
	FORGERY(nothing_but_a_tag, OSCORE_TAG),
	FORGERY(another_partial_iv, OSCORE_TAG),
	FORGERY(replay, OSCORE_REPLAY),
	FORGERY(partial_iv_past_32_bits, OSCORE_REPLAY),
	FORGERY(unknown_kid, OSCORE_KID),
	FORGERY(wrong_context_of_a_session, OSCORE_KID),
	FORGERY(expired_session, SESSION_EXPIRED),
	FORGERY(spent_session, SESSION_SPENT),
	FORGERY(barred_session, SUBSCRIBER_BARRED),
	FORGERY(express_forged_cookie, COOKIE_FORGED),
	FORGERY(express_expired_cookie, COOKIE_EXPIRED),
	FORGERY(express_wrong_tag, OSCORE_TAG),
	FORGERY(express_keys_of_another, OSCORE_TAG),
	FORGERY(express_without_context, OSCORE_KID),
	FORGERY(express_barred, SUBSCRIBER_BARRED),
	FORGERY(express_of_an_unknown_identity, OSCORE_TAG),
};

static void
forged_and_late_messages(void **unused)
{
	uint8_t octets[1024], answer[1600], expected[8] = {0x64, MST_COAP_UNAUTHORIZED};
	struct state before, after;

	(void)unused;
	for (size_t i = 0; i < COUNT(forgeries); i++) {
		struct scene *s = scene_open();
		size_t n;

		print_message("%s\n", forgeries[i].what);
		n = forgeries[i].make(s, octets);
		memcpy(expected + 2, octets + 2, 6);
		state_take(&s->bench, &before);
		assert_int_equal(device_send(&s->stranger, octets, n, answer), 8);
		state_take(&s->bench, &after);
		assert_memory_equal(answer, expected, 8);
		state_check_counts(&before, &after, forgeries[i].drop, -1);
		assert_true(state_same(&before, &after));
		scene_close(s);
	}
}

/** Asks for a challenge; masks what may differ, and returns the answer's size. */
static size_t
challenge(struct device *d, const char *path, enum mst_ub_identity identity, uint8_t *answer,
	struct mst_ub *ub)
{
	struct mst_coap_build build;
	uint8_t buffer[1024];
	struct answer a;

	device_begin(d, &build, buffer, MST_COAP_POST, path);
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_request(mst_coap_put_payload(&build), identity, d->imsi, 2, 0);
	device_exchange(d, buffer, (size_t)mst_coap_build_fini(&build), &a);
	memcpy(answer, a.octets, a.size);
	memset(answer + 2, 0, 6); /* message id and token, which differ by request */
	assert_int_equal(mst_ub_parse(a.msg.opt.payload.data, a.msg.opt.payload.size, ub), 0);
	memcpy(d->rand, ub->rand, 16);
	memcpy(d->autn, ub->autn, 16);
	memset(answer + (ub->rand - a.octets), 0, 16);
	memset(answer + (ub->autn - a.octets), 0, 16);
	return a.size;
}

static void
unknown_identities_look_known(void **state)
{
	static const char *const paths[] = {"bsf", "manage", "ace-group/0123456789abcdef"};
	struct scene *s = *state;
	struct device unknown;
	struct state before, after;

	device_init(&unknown, &s->bench, 1000000);
	state_take(&s->bench, &before);
	for (unsigned way = 0; way < 2 * COUNT(paths); way++) {
		enum mst_ub_identity id = way % 2 ? MST_UB_ID_IMSI : MST_UB_ID_IMPI;
		uint8_t known_answer[256], answer[256];
		mst_b16 rand[2], autn[2];
		struct mst_ub ub;
		size_t n = challenge(&s->stranger, paths[way / 2], id, known_answer, &ub);

		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(challenge(&unknown, paths[way / 2], id, answer, &ub), n);
			assert_memory_equal(answer, known_answer, n);
			memcpy(rand[i], unknown.rand, 16);
			memcpy(autn[i], unknown.autn, 16);
			assert_int_equal(device_authenticate(&unknown), -1);
		}
		assert_memory_not_equal(rand[0], rand[1], 16);
		assert_memory_not_equal(autn[0], autn[1], 16);
	}
	state_take(&s->bench, &after);
	assert_true(state_same(&before, &after));
	assert_int_equal(after.outcome[GW_UNKNOWN_IDENTITIES], 4 * COUNT(paths));
}

/** What a device with a session asks for; the answer's inner code, its plaintext in `a`. */
static uint8_t
ask_session(struct device *d, struct answer *a)
{
	uint8_t octets[1024];

	return device_secured(d, octets, sealed(d, false, octets), a);
}

/** A recorded answer to a challenge, sent again when the device has bootstrapped anew. */
static void
old_answer_leaves_the_new_session(void **state)
{
	struct scene *s = *state;
	struct device *d = &s->challenged;
	uint8_t recorded[1024], answer[1600];
	struct state before, after;
	struct answer a;
	size_t n = answer_of(s, recorded);

	assert_true(device_send(d, recorded, n, answer) > 8);
	s->bench.now_ms += 5000;
	device_bootstrap(d);
	state_take(&s->bench, &before);
	assert_int_equal(device_send(d, recorded, n, answer), 8);
	assert_int_equal(answer[1], MST_COAP_UNAUTHORIZED);
	state_take(&s->bench, &after);
	state_check_counts(&before, &after, MST_E_COOKIE_EXPIRED, -1);
	assert_true(state_same(&before, &after));
	assert_int_equal(ask_session(d, &a), MST_COAP_CONTENT);
}

/** The same with a recorded express request, which would run again. */
static void
old_express_request_leaves_the_new_session(void **state)
{
	struct scene *s = *state;
	struct device *d = &s->challenged;
	uint8_t recorded[1024], answer[1600];
	struct state before, after;
	struct answer a;
	size_t n = sealed(d, true, recorded);

	assert_true(device_send(d, recorded, n, answer) > 8);
	s->bench.now_ms += 5000;
	device_bootstrap(d);
	state_take(&s->bench, &before);
	assert_int_equal(device_send(d, recorded, n, answer), 8);
	assert_int_equal(answer[1], MST_COAP_UNAUTHORIZED);
	state_take(&s->bench, &after);
	state_check_counts(&before, &after, MST_E_COOKIE_EXPIRED, -1);
	assert_true(state_same(&before, &after));
	assert_int_equal(ask_session(d, &a), MST_COAP_CONTENT);
}

/** A resynchronisation that comes again is challenged, and moves no SQN back. */
static void
repeated_resynchronisation_changes_nothing(void **state)
{
	struct scene *s = *state;
	struct device *d = &s->challenged;
	uint8_t recorded[1024], answer[1600];
	struct state before, after;
	mst_auts auts;
	struct answer a;
	size_t n;

	for (unsigned i = 0; i < MST_SQN_INDS; i++)
		mst_put_be48(d->usim.seq[i], s->bench.now_ms / 100 + 500000);
	device_first(d, &a);
	assert_int_equal(device_authenticate(d), 1);
	make_auts(d, auts);
	n = resync_with(d, auts, recorded);
	assert_int_equal(device_send(d, recorded, n, answer), 48);
	assert_int_equal(bench_outcome(&s->bench, GW_RESYNCS), 1);
	s->bench.now_ms += 20000;
	device_bootstrap(d);
	state_take(&s->bench, &before);
	assert_int_equal(device_send(d, recorded, n, answer), 48);
	state_take(&s->bench, &after);
	state_check_counts(&before, &after, 0, GW_CHALLENGES);
	assert_true(state_same(&before, &after));
	s->bench.now_ms += 1000;
	device_bootstrap(d);
}

/** Creations of a session and of the one that replaces it, in one burst: each is its own group. */
static void
sessions_replaced_within_a_burst(void **state)
{
	struct scene *s = *state;
	struct device *d = &s->challenged, next = s->challenged;
	struct mst_frame frames[2];
	uint8_t plain[256], octets[1024];
	struct answer a;
	uint64_t imei;
	size_t n;

	assert_int_equal(device_answer(d, &a), MST_COAP_CHANGED);
	s->bench.now_ms += 5000;
	next = *d;
	device_first(&next, &a);
	assert_int_equal(device_authenticate(&next), 0);
	assert_int_equal(mst_imei_encode("490154203237518", 15, &imei), 0);
	n = (size_t)mst_ua_build_create(plain, sizeof(plain), imei, MST_UA_STORE_ME);
	frames[0] = device_frame(d, octets, device_seal(d, plain, n, false, octets));
	frames[1] = device_frame(&next, octets, device_seal(&next, plain, n, true, octets));
	bench_burst(&s->bench, 0, frames, 2);
	assert_int_equal(bench_outcome(&s->bench, GW_CREATES), 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(frames[i].size > 150);
		free(frames[i].data);
	}
}

/** A subscriber's sessions stay where its first right proof was, whatever wrong ones came before.
 */
static void
wrong_proofs_bind_no_worker(void **state)
{
	struct gw_options o = bench_options();
	uint8_t octets[1024], plain[64], answer[1600];
	struct bench b;

	(void)state;
	o.workers = 3;
	bench_open(&b, &o);
	for (unsigned i = 0; i < 30; i++) {
		struct device d;
		struct answer a;
		size_t n;

		device_init(&d, &b, i);
		device_first(&d, &a); /* at worker 0 */
		n = device_build_answer(&d, octets);
		assert_int_equal(device_send(&d, octets, n, answer), 8);
		n = (size_t)mst_ua_build_read_session(plain, sizeof(plain));
		n = device_seal(&d, plain, n, true, octets);
		assert_int_equal(device_send(&d, octets, n, answer), 8);
		assert_int_equal(mst_session_owner(&b.gw->sessions, i), MST_SESSION_NOBODY);
		d.worker = i % 3;
		device_bootstrap(&d);
		assert_int_equal(mst_session_owner(&b.gw->sessions, i), d.worker + 1);
	}
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(old_answer_leaves_the_new_session, setup, teardown),
		cmocka_unit_test_setup_teardown(
			old_express_request_leaves_the_new_session, setup, teardown),
		cmocka_unit_test_setup_teardown(
			repeated_resynchronisation_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_replaced_within_a_burst, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_identities_look_known, setup, teardown),
		cmocka_unit_test(forged_and_late_messages),
		cmocka_unit_test(wrong_proofs_bind_no_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
