/* SPDX-License-Identifier: BSD-3-Clause */
/* The gateway of device.h: fed from memory, stepped by hand. */
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

struct gw_options
bench_options(void)
{
	struct gw_options o = {
		.workers = 1,
		.naf_fqdn = "naf.example.com",
		.bsf_fqdn = "bsf.example.com",
		.bsf_uri = "/bsf",
		.ua = {0xff, 0, 0, 0, 1},
		.cookie_life_s = 120,
		.sqn_tick_ms = 100,
		.groups = 64,
		.memberships = 256,
		.policy = {.check_interval_s = 3600, .key_life_s = 30 * 86400},
		.decision_s = 600,
		.candidates = 64,
		.exchanges = 128,
		.notify_rate = 1000000,
		.create_limit = 8,
		.join_limit = 16,
		.epoch = 1,
	};

	mst_net_host_init(&o.host, gateway_mac, MST_COAP_PORT);
	assert_int_equal(mst_net_host_add_ip4(&o.host, gateway_ip, 32), 0);
	assert_int_equal(mst_net_host_add_ip6(&o.host, gateway_ip6, 128), 0);
	return o;
}

static void
provision(struct bench *b)
{
	struct mst_subs_profile profile = {.lifetime_s = 86400, .mnc_size = 2};
	static struct mst_subs_cols cols;
	uint8_t status[MST_LANES];
	uint16_t me, uicc;

	assert_int_equal(mst_subs_profile_add(b->hss.store[0], &profile, &me), 0);
	profile.gba_type = MST_GBA_U;
	assert_int_equal(mst_subs_profile_add(b->hss.store[0], &profile, &uicc), 0);
	for (unsigned i = 0; i < BENCH_SUBSCRIBERS; i++) {
		char digits[16];

		snprintf(digits, sizeof(digits), "00101%010u", i);
		assert_int_equal(mst_imsi_encode(digits, 15, &cols.imsi[i]), 0);
		memset(cols.k[i], (int)i, 16);
		memset(cols.opc[i], (int)(i ^ 0xff), 16);
		cols.profile[i] = i % 4 == 3 ? uicc : me;
	}
	assert_true(
		mst_subs_add_burst(b->hss.store[0], ~(mst_lanes)0, &cols, status) == ~(mst_lanes)0);
}

/** Answers of tasks are in frames of the burst; other messages are copied for their device. */
static void
take_late(void *user, unsigned worker, const struct mst_frame *frame)
{
	struct bench *b = user;

	(void)worker;
	for (unsigned i = 0; i < b->frame_count; i++) {
		if (b->frames[i].data == frame->data) {
			b->frames[i].size = frame->size;
			return;
		}
	}
	if (frame->size == 0)
		return;
	assert_true(b->late_count < BENCH_LATE);
	memcpy(b->late[b->late_count].octets, frame->data, frame->size);
	b->late[b->late_count++].size = frame->size;
}

void
bench_open(struct bench *b, const struct gw_options *options)
{
	struct gw_options standard = bench_options();
	struct mst_hash_seed seed;

	memset(&seed, 0x5a, sizeof(seed));
	*b = (struct bench){.now_ms = 1800000000000, .hss.count = 1};
	assert_int_equal(mst_subs_create(&b->hss.store[0], BENCH_SUBSCRIBERS, &seed), 0);
	provision(b);
	assert_int_equal(mst_crypto_create(&b->crypto, NULL), 0);
	assert_int_equal(gw_create(&b->gw, options ? options : &standard, &b->hss, NULL), 0);
	b->gw->sink = take_late;
	b->gw->sink_user = b;
	mst_rcu_register();
}

void
bench_close(struct bench *b)
{
	mst_rcu_unregister();
	gw_destroy(b->gw);
	mst_subs_destroy(b->hss.store[0]);
	mst_crypto_destroy(b->crypto);
}

static bool
zero(const void *data, size_t size)
{
	const uint8_t *p = data;

	return p[0] == 0 && memcmp(p, p + 1, size - 1) == 0;
}

bool
bench_keys_gone(const struct gw_worker *worker)
{
	const struct gw_batch *b = worker->batch;

	return zero(b->k, sizeof(b->k)) && zero(b->opc, sizeof(b->opc)) &&
	       zero(b->aka.ck, sizeof(b->aka.ck)) && zero(b->aka.ik, sizeof(b->aka.ik)) &&
	       zero(b->aka.res, sizeof(b->aka.res)) && zero(&b->ks, sizeof(b->ks)) &&
	       zero(b->ks_naf, sizeof(b->ks_naf)) && zero(b->proof, sizeof(b->proof)) &&
	       zero(b->plain, sizeof(b->plain)) &&
	       zero(b->keys.client_key, sizeof(b->keys.client_key)) &&
	       zero(b->keys.server_key, sizeof(b->keys.server_key));
}

static void
set_time(const struct bench *b, struct gw_worker *w)
{
	w->now_ms = b->now_ms;
	w->now_s = (uint32_t)(b->now_ms / 1000);
	w->sqn_clock = b->now_ms / 100;
}

/** Runs one worker on frames; those it answered keep a size. */
static void
run_worker(struct bench *b, unsigned worker, struct mst_frame *frames, unsigned count)
{
	struct gw_worker *w = b->gw->worker[worker];

	set_time(b, w);
	memcpy(w->batch->frame, frames, count * sizeof(*frames));
	gw_burst(w, count);
	assert_true(bench_keys_gone(w));
	for (unsigned i = 0; i < count; i++)
		frames[i].size = w->batch->sent & MST_LANE(i) ? w->batch->frame[i].size : 0;
}

void
bench_burst(struct bench *b, unsigned worker, struct mst_frame *frames, unsigned count)
{
	struct mst_frame given[MST_LANES];
	unsigned n;

	run_worker(b, worker, frames, count);
	for (unsigned other = 0; other < b->gw->workers; other++) {
		n = mst_port_ring_get_burst(b->gw->worker[other]->inbox, given, MST_LANES);
		if (n == 0)
			continue;
		run_worker(b, other, given, n);
		for (unsigned i = 0; i < n; i++)
			for (unsigned j = 0; j < count; j++)
				if (frames[j].data == given[i].data)
					frames[j].size = given[i].size;
	}
	b->frames = frames;
	b->frame_count = count;
	bench_settle(b);
	b->frames = NULL;
	b->frame_count = 0;
}

void
bench_settle(struct bench *b)
{
	bool any = true;

	while (any) {
		any = false;
		for (unsigned i = 0; i < b->gw->workers; i++) {
			set_time(b, b->gw->worker[i]);
			any |= gw_between(b->gw->worker[i]);
			assert_true(bench_keys_gone(b->gw->worker[i]));
		}
		mst_rcu_quiescent();
	}
}

uint64_t
bench_outcome(const struct bench *b, enum gw_outcome outcome)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < b->gw->workers; i++)
		n += b->gw->worker[i]->counters.outcome[outcome];
	return n;
}

uint64_t
bench_drops(const struct bench *b, enum mst_err err)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < b->gw->workers; i++)
		n += b->gw->worker[i]->counters.drop[err];
	return n;
}
