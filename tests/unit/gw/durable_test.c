/* SPDX-License-Identifier: BSD-3-Clause */
/* Lasting state as the data plane sees it: records, answers that wait, refusals, lost windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "device.h"
#include "echo.h"
#include "record/record.h"
#include "state.h"

#define PARK 1024

/** A gateway whose worker records, and a Redis that is the test itself. */
struct lasting {
	struct bench bench;
	struct gw_durable *durable;
	unsigned released;
};

static void
on_release(void *user, unsigned worker, const struct mst_frame *frame)
{
	struct lasting *l = user;

	(void)worker;
	assert_true(frame->size > 0);
	l->released++;
}

static void
lasting_open(struct lasting *l, enum gw_durability level)
{
	memset(l, 0, sizeof(*l));
	bench_open(&l->bench, NULL);
	l->durable = aligned_alloc(64, sizeof(*l->durable));
	memset(l->durable, 0, sizeof(*l->durable));
	l->durable->level = level;
	l->durable->up = true;
	assert_int_equal(gw_recorder_init(l->bench.gw->worker[0], l->durable, PARK), 0);
	l->bench.gw->sink = on_release;
	l->bench.gw->sink_user = l;
}

static void
lasting_close(struct lasting *l)
{
	bench_close(&l->bench);
	free(l->durable);
}

/** Takes the records that were put; checks their types. Returns their number. */
static unsigned
take(struct lasting *l, struct mst_record *records, unsigned max)
{
	return mst_port_ring_get_burst(l->bench.gw->worker[0]->recorder.ring, records, max);
}

static unsigned
parked(const struct lasting *l)
{
	return l->bench.gw->worker[0]->recorder.park_count;
}

static uint8_t
request(struct device *d, const char *path, uint8_t code, const void *echo, struct answer *a)
{
	struct mst_coap_build build;
	uint8_t plain[256], buffer[1024];
	uint8_t result;
	size_t size;

	mst_coap_build_inner(&build, plain, sizeof(plain), code);
	mst_coap_put_path(&build, MST_COAP_OPT_URI_PATH, path);
	if (echo != NULL)
		mst_coap_put_option(&build, MST_COAP_OPT_ECHO, echo, GW_ECHO);
	size = device_seal(d, plain, (size_t)mst_coap_build_fini(&build), false, buffer);
	result = device_secured(d, buffer, size, a);
	d->piv++;
	return result;
}

/** The Echo value of a plaintext answer. */
static void
echo_of(const struct answer *a, uint8_t echo[GW_ECHO])
{
	struct mst_coap_options opt;

	assert_int_equal(mst_coap_parse_options(a->plain + 1, a->plain_size - 1, &opt), 0);
	assert_true(opt.has & MST_COAP_HAS_ECHO);
	assert_int_equal(opt.echo.size, GW_ECHO);
	memcpy(echo, opt.echo.data, GW_ECHO);
}

/** RFC 8613 B.1.2: nothing is executed before the device has shown that its request is new. */
static void
lost_window_asks_for_echo(void **unused)
{
	struct bench b;
	struct device d;
	struct answer a;
	struct state before, after;
	uint8_t old[1024], plain[256], echo[GW_ECHO], wrong[GW_ECHO] = {0};
	struct mst_coap_build build;
	size_t old_size;
	uint32_t sid;

	(void)unused;
	bench_open(&b, NULL);
	device_init(&d, &b, 4);
	device_bootstrap(&d);
	assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	/* A creation that somebody on the path keeps. */
	mst_coap_build_inner(&build, plain, sizeof(plain), MST_COAP_GET);
	mst_coap_put_path(&build, MST_COAP_OPT_URI_PATH, "session");
	old_size = device_seal(&d, plain, (size_t)mst_coap_build_fini(&build), false, old);
	assert_int_equal(device_secured(&d, old, old_size, &a), MST_COAP_CONTENT);
	d.piv++;

	/* The restart. */
	assert_true(mst_session_find(&b.gw->worker[0]->sessions, d.rand, &sid));
	mst_oscore_window_lose(&b.gw->sessions.at[sid].window);
	b.gw->sessions.at[sid].counter = 0;
	b.gw->epoch++;
	state_take(&b, &before);

	d.piv--; /* the kept message's */
	assert_int_equal(device_secured(&d, old, old_size, &a), MST_COAP_UNAUTHORIZED);
	d.piv++;
	assert_int_equal(device_join(&d, d.gid, false), MST_COAP_UNAUTHORIZED);
	assert_int_equal(request(&d, "session", MST_COAP_GET, wrong, &a), MST_COAP_UNAUTHORIZED);
	echo_of(&a, echo);
	state_take(&b, &after);
	state_forget_replay(&before);
	state_forget_replay(&after);
	assert_true(state_same(&before, &after));
	assert_int_equal(bench_outcome(&b, GW_ECHOES), 3);

	assert_int_equal(request(&d, "session", MST_COAP_GET, echo, &a), MST_COAP_CONTENT);
	/* From here on the window is as any other; what is older than its beginning is refused. */
	d.piv -= 3;
	assert_int_equal(request(&d, "session", MST_COAP_GET, echo, &a), MST_COAP_UNAUTHORIZED);
	assert_int_equal(bench_drops(&b, MST_E_OSCORE_REPLAY), 1);
	d.piv += 2;
	assert_int_equal(request(&d, "session", MST_COAP_GET, NULL, &a), MST_COAP_CONTENT);
	bench_close(&b);
}

static void
lose_and_begin(void **unused)
{
	struct mst_oscore_window w = {0};

	(void)unused;
	assert_false(mst_oscore_window_lost(&w));
	mst_oscore_window_lose(&w);
	assert_true(mst_oscore_window_lost(&w));
	assert_int_equal(mst_oscore_window_accept(&w, 0), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_accept(&w, UINT32_MAX), MST_OSCORE_REPLAY);
	mst_oscore_window_begin(&w, 100);
	assert_false(mst_oscore_window_lost(&w));
	for (uint64_t piv = 0; piv < 100; piv++)
		assert_int_equal(mst_oscore_window_check(&w, piv), MST_OSCORE_REPLAY);
	assert_int_equal(mst_oscore_window_check(&w, 100), MST_OSCORE_LATEST);
	assert_int_equal(mst_oscore_window_check(&w, 101), MST_OSCORE_FRESH);
	mst_oscore_window_begin(&w, 0);
	assert_int_equal(mst_oscore_window_check(&w, 0), MST_OSCORE_LATEST);
	assert_int_equal(mst_oscore_window_check(&w, 1), MST_OSCORE_FRESH);
}

/** Each change is recorded once, as it is. */
static void
changes_are_recorded(void **unused)
{
	struct mst_record r[8];
	struct lasting l;
	struct device d;

	(void)unused;
	lasting_open(&l, GW_DURABILITY_ASYNC);
	device_init(&d, &l.bench, 4);
	device_bootstrap(&d);
	assert_int_equal(take(&l, r, 8), 1);
	assert_int_equal(r[0].type, MST_RECORD_SESSION);
	assert_int_equal(r[0].op, GW_RECORD_PUT);
	assert_true(r[0].session.imsi == d.imsi);
	assert_memory_equal(r[0].session.rand, d.rand, 16);
	assert_memory_equal(r[0].session.ks_naf, d.ks_naf, 32);
	assert_int_equal(r[0].session.expires, 1800000000 + 86400);
	assert_int_equal(device_join(&d, 0, false), MST_COAP_CREATED);
	assert_int_equal(take(&l, r, 8), 2);
	assert_int_equal(r[0].type, MST_RECORD_GROUP);
	assert_true(r[0].group.gid == d.gid && r[0].group.creator == d.imsi);
	assert_memory_equal(r[0].group.kg, d.kg, 16);
	assert_int_equal(r[0].group.num, 1);
	assert_int_equal(r[1].type, MST_RECORD_MEMBER);
	assert_true(r[1].member.gid == d.gid && r[1].member.imsi == d.imsi);
	assert_int_equal(parked(&l), 0); /* async: nothing waits */
	lasting_close(&l);
}

/** Sends a datagram of the device to the worker; the frame is kept until the end. */
static bool
answered_at_once(struct lasting *l, const struct device *d, const void *coap, size_t size,
	struct mst_frame *frame)
{
	struct gw_worker *w = l->bench.gw->worker[0];

	*frame = device_frame(d, coap, size);
	w->now_ms = l->bench.now_ms;
	w->now_s = (uint32_t)(l->bench.now_ms / 1000);
	w->sqn_clock = l->bench.now_ms / 100;
	w->batch->frame[0] = *frame;
	gw_burst(w, 1);
	return w->batch->sent != 0;
}

/** ack: an answer leaves when the round that begins after it was made is confirmed, no sooner. */
static void
announcements_wait(void **unused)
{
	struct lasting l;
	struct gw_worker *w;
	struct device d;
	struct answer a;
	struct mst_frame frame[2];
	uint8_t buffer[1024];
	size_t size;

	(void)unused;
	lasting_open(&l, GW_DURABILITY_ACK);
	w = l.bench.gw->worker[0];
	l.durable->round = l.durable->confirmed = 41;
	device_init(&d, &l.bench, 4);
	device_first(&d, &a); /* a challenge changes nothing */
	assert_int_equal(device_authenticate(&d), 0);
	size = device_build_answer(&d, buffer);
	assert_false(answered_at_once(&l, &d, buffer, size, &frame[0]));
	assert_int_equal(parked(&l), 1);
	/* A repetition tells the same, and waits as well. */
	assert_false(answered_at_once(&l, &d, buffer, size, &frame[1]));
	assert_int_equal(parked(&l), 2);
	gw_record_step(w);
	l.durable->round = 43;
	gw_record_step(w);
	assert_int_equal(l.released, 0);
	l.durable->confirmed = 42;
	gw_record_step(w);
	assert_int_equal(l.released, 2);
	assert_int_equal(parked(&l), 0);
	free(frame[0].data);
	free(frame[1].data);
	lasting_close(&l);
}

/** An outage: changes are refused before anything has changed, the rest goes on. */
static void
outage_refuses_changes(void **unused)
{
	struct state before, after;
	struct mst_record r[8];
	struct lasting l;
	struct device old, fresh;
	struct answer a;

	(void)unused;
	lasting_open(&l, GW_DURABILITY_ASYNC);
	device_init(&old, &l.bench, 4);
	device_init(&fresh, &l.bench, 5);
	device_bootstrap(&old);
	assert_int_equal(device_join(&old, 0, false), MST_COAP_CREATED);
	take(&l, r, 8);
	l.durable->level = GW_DURABILITY_ACK;
	l.durable->up = false;
	state_take(&l.bench, &before);

	device_first(&fresh, &a);
	assert_int_equal(device_authenticate(&fresh), 0);
	assert_int_equal(device_answer(&fresh, &a), MST_COAP_UNAVAILABLE);
	assert_true(a.msg.opt.has & MST_COAP_HAS_MAX_AGE);
	assert_int_equal(request(&old, "session", MST_COAP_GET, NULL, &a), MST_COAP_CONTENT);
	state_take(&l.bench, &after);
	state_forget_replay(&before);
	state_forget_replay(&after);
	assert_true(state_same(&before, &after));
	assert_int_equal(take(&l, r, 8), 0);
	assert_int_equal(bench_drops(&l.bench, MST_E_NOT_DURABLE), 1);

	/* A creation is refused inside OSCORE; the answer waits for nothing that is on its way. */
	l.durable->level = GW_DURABILITY_ASYNC;
	for (unsigned i = 0; i < GW_RECORD_RING_ASYNC; i++)
		gw_record_subscriber(l.bench.gw->worker[0], 0);
	assert_int_equal(device_join(&old, 0, false), MST_COAP_UNAVAILABLE);
	state_take(&l.bench, &after);
	state_forget_replay(&after);
	assert_true(state_same(&before, &after));
	lasting_close(&l);
}

/** A walk puts everything that a worker owns, and says when it is over. */
static void
walk_covers_everything(void **unused)
{
	unsigned seen[MST_RECORD_TYPES] = {0}, ends = 0, n;
	struct mst_record r[64];
	struct lasting l;
	struct gw_worker *w;
	struct device d[5];

	(void)unused;
	lasting_open(&l, GW_DURABILITY_ASYNC);
	w = l.bench.gw->worker[0];
	for (unsigned i = 0; i < 5; i++) {
		device_init(&d[i], &l.bench, 4 * i);
		device_bootstrap(&d[i]);
		assert_int_equal(device_join(&d[i], i > 1 ? d[0].gid : 0, false), MST_COAP_CREATED);
	}
	mst_subs_set_dif(mst_subs_record(l.bench.hss.store[0], 7), 99);
	while (take(&l, r, 64) > 0)
		;
	l.durable->walk_op = GW_RECORD_CHECK;
	l.durable->walk = 1;
	for (unsigned step = 0; step < 100; step++)
		gw_record_step(w);
	while ((n = take(&l, r, 64)) > 0)
		for (unsigned i = 0; i < n; i++) {
			if (r[i].op == GW_RECORD_END) {
				ends++;
				continue;
			}
			assert_int_equal(r[i].op, GW_RECORD_CHECK);
			assert_int_equal(ends, 0);
			seen[r[i].type]++;
		}
	assert_int_equal(ends, 1);
	assert_int_equal(seen[MST_RECORD_SESSION], 5);
	assert_int_equal(seen[MST_RECORD_GROUP], 2);
	assert_int_equal(seen[MST_RECORD_MEMBER], 5);
	assert_int_equal(seen[MST_RECORD_SUBSCRIBER], 1);
	lasting_close(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lose_and_begin),
		cmocka_unit_test(lost_window_asks_for_echo),
		cmocka_unit_test(changes_are_recorded),
		cmocka_unit_test(announcements_wait),
		cmocka_unit_test(outage_refuses_changes),
		cmocka_unit_test(walk_covers_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
