/* SPDX-License-Identifier: BSD-3-Clause */
/* Meters against a gateway of the test's own, frame by frame, under a clock set by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "batch.h"
#include "fake_gateway.h"
#include "subs/synth.h"

#define FRAME_SIZE  2048
#define FRAME_COUNT 256
#define UNIX_MS     UINT64_C(100000000)

static struct mst_subs *subs;
static struct fake_gateway gateway;
static struct gen *gen;
static uint8_t memory[FRAME_COUNT][FRAME_SIZE];
static const uint8_t gateway_ip[4] = {10, 255, 255, 1};

static void
make_subscribers(uint32_t count, uint32_t gba_u_permille)
{
	static const mst_b16 sim_seed = {1, 2, 3};
	static struct mst_subs_cols cols;
	struct mst_hash_seed seed;
	struct mst_crypto *crypto;
	struct mst_synth synth;

	memset(&seed, 0x33, sizeof(seed));
	assert_int_equal(mst_crypto_create(&crypto, NULL), 0);
	assert_int_equal(mst_subs_create(&subs, count, &seed), 0);
	assert_int_equal(
		mst_synth_init(&synth, "001010000000000", count, sim_seed, gba_u_permille), 0);
	for (uint64_t i = 0; i < count; i++) {
		struct mst_subs_profile profile = {
			.lifetime_s = 3600,
			.mnc_size = 2,
			.gba_type = (uint8_t)mst_synth_gba_type(&synth, i),
		};
		uint8_t status[MST_LANES];

		mst_synth_burst(&synth, crypto, 1, &i, &cols);
		assert_int_equal(mst_subs_profile_add(subs, &profile, &cols.profile[0]), 0);
		assert_int_equal(mst_subs_add_burst(subs, 1, &cols, status), 1);
	}
	mst_crypto_destroy(crypto);
}

static struct gen_options
options_of(enum gen_flow flow, uint32_t meters, uint32_t groups)
{
	struct gen_options o = {
		.flow = flow,
		.meters = meters,
		.groups = groups,
		.outstanding = 1000,
		.ack_timeout_ms = 2000,
		.sqn_tick_ms = 100,
		.seed = 5,
		.queues = 1,
		.gateway = {.family = 4, .port = MST_COAP_PORT},
	};

	memcpy(o.gateway.ip, gateway_ip, sizeof(gateway_ip));
	return o;
}

static void
start(const struct gen_options *options, uint32_t gba_u_permille)
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 1};
	char error[GEN_ERROR_SIZE];
	uint8_t hints[MST_UB_HINTS_MAX];

	make_subscribers(options->meters, gba_u_permille);
	fake_init(&gateway, subs, gateway_ip);
	assert_int_equal(gen_create(&gen, options, subs, NULL, UNIX_MS, error), 0);
	memcpy(gen->link.flow.dst_mac, mac, sizeof(mac));
	assert_int_equal(
		gen_learn_hints(gen, hints, fake_hints(&gateway, hints, sizeof(hints))), 0);
	for (unsigned i = 0; i < FRAME_COUNT; i++) {
		struct mst_frame frame = {.data = memory[i], .capacity = FRAME_SIZE};

		link_recycle(&gen->link, &frame, 1);
	}
	gen->now_us = 1000;
	gen->now_ms = 1;
}

static int
tear_down(void **state)
{
	(void)state;
	gen_destroy(gen);
	gen = NULL;
	fake_fini(&gateway);
	mst_subs_destroy(subs);
	return 0;
}

static void
pass_time(uint32_t ms)
{
	gen->now_us += ms * UINT64_C(1000);
	gen->now_ms += ms;
	while (flow_timers(gen) > 0)
		continue;
}

/** Takes the frames that meters sent; their answers come back `copies` times. Returns how many. */
static unsigned
exchange_frames(unsigned copies)
{
	struct link_queue *tx = &gen->link.tx[0];
	unsigned n = 0, taken = 0;

	while (tx->head != tx->tail && taken < MST_LANES / copies) {
		struct mst_frame frame = tx->frame[tx->head++ % LINK_TX_MAX];

		taken++;
		if (!fake_answer(&gateway, &frame)) {
			link_recycle(&gen->link, &frame, 1);
			continue;
		}
		gen->batch->frame[n++] = frame;
		for (unsigned c = 1; c < copies; c++) {
			struct mst_frame copy = gen->link.pool[--gen->link.pooled];

			copy.size = frame.size;
			memcpy(copy.data, frame.data, frame.size);
			gen->batch->frame[n++] = copy;
		}
	}
	gen->now_us += 100;
	if (n > 0)
		flow_receive(gen, n);
	return taken;
}

/** Plays until nothing moves, or time has passed for `rounds` time-outs. */
static void
play(unsigned copies, unsigned rounds)
{
	for (unsigned i = 0; i <= rounds; i++) {
		unsigned moved;

		do {
			moved = flow_starts(gen);
			moved += exchange_frames(copies);
		} while (moved > 0);
		if (gen->settled == gen->options.meters)
			return;
		pass_time(1000);
	}
}

/** Every meter has its group's key where it belongs, and nowhere else. */
static void
check_keys(void)
{
	uint32_t groups = gen->options.groups;

	for (uint32_t m = 0; m < gen->options.meters; m++) {
		const struct vault *in_me = me_vault(&gen->mes, m);
		const struct vault *in_uicc = uicc_vault(&gen->uiccs, m);
		uint64_t gid = 0;
		mst_b16 kg;

		assert_int_equal(gen->mes.at[m].state, ME_DONE);
		assert_true(uicc_is_gba_u(&gen->uiccs, m) ? in_me == NULL && in_uicc != NULL
							  : in_me != NULL && in_uicc == NULL);
		assert_true(vault_group(in_me != NULL ? in_me : in_uicc, &gid, kg));
		assert_int_equal(gid, gateway.session[m].gid);
		assert_int_equal(gid, gen->group[m % groups].gid);
		assert_memory_equal(kg, gateway.kg[gid - 0x1000], sizeof(kg));
		assert_int_equal(gateway.session[m].store, in_uicc != NULL);
		assert_int_equal(gateway.session[m].imei, me_imei(m));
	}
}

static void
check_all_joined(void)
{
	assert_int_equal(gen->counter[GEN_JOINED], gen->options.meters);
	assert_int_equal(gen->counter[GEN_FAILED], 0);
	assert_int_equal(gen->counter[GEN_MALFORMED], 0);
	assert_int_equal(gen->counter[GEN_STRAYS], 0);
	assert_int_equal(mst_hist_count(&gen->latency), gen->options.meters);
	if (gen->options.groups > 0)
		check_keys();
}

static void
run_flow(enum gen_flow flow, uint32_t meters, uint32_t groups, uint32_t gba_u_permille)
{
	struct gen_options o = options_of(flow, meters, groups);

	start(&o, gba_u_permille);
	play(1, 0);
	check_all_joined();
	assert_int_equal(gateway.creates, groups);
}

static void
test_standard(void **state)
{
	(void)state;
	run_flow(GEN_STANDARD, 40, 4, 0);
	assert_int_equal(gateway.requests, 4 * 40);
	assert_int_equal(gateway.joins, 36);
}

static void
test_express(void **state)
{
	(void)state;
	run_flow(GEN_EXPRESS, 40, 4, 0);
	assert_int_equal(gateway.requests, 2 * 40);
}

static void
test_gba(void **state)
{
	(void)state;
	run_flow(GEN_GBA, 40, 0, 300);
	assert_int_equal(gateway.requests, 3 * 40);
	assert_int_equal(gateway.sessions_read, 40);
}

static void
test_no_groups(void **state)
{
	(void)state;
	run_flow(GEN_STANDARD, 10, 0, 0);
	assert_int_equal(gateway.requests, 4 * 10);
}

static void
test_gba_u(void **state)
{
	(void)state;
	run_flow(GEN_STANDARD, 60, 3, 500);
	assert_true(gen->uiccs.vault_count > 0 && gen->mes.vault_count > 0);
}

static void
test_express_gba_u(void **state)
{
	(void)state;
	run_flow(GEN_EXPRESS, 60, 3, 500);
}

static void
run_resync(enum gen_flow flow)
{
	struct gen_options o = options_of(flow, 30, 3);

	o.resync = 100;
	start(&o, 300);
	play(1, 0);
	check_all_joined();
	assert_int_equal(gen->counter[GEN_RESYNCS], 30);
	assert_int_equal(gateway.resyncs, 30);
}

static void
test_resync(void **state)
{
	(void)state;
	run_resync(GEN_STANDARD);
}

static void
test_express_resync(void **state)
{
	(void)state;
	run_resync(GEN_EXPRESS);
}

static void
test_own_cookie(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 1, 1);

	(void)state;
	start(&o, 0);
	gateway.faults.own_cookie = true;
	play(1, 0);
	check_all_joined();
}

static void
test_duplicates(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 20, 2);

	(void)state;
	start(&o, 0);
	play(2, 0);
	check_all_joined();
	assert_int_equal(gen->counter[GEN_DUPLICATES], 4 * 20);
}

static void
test_retransmission(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 4, 1);

	(void)state;
	start(&o, 0);
	gateway.faults.silent = 3;
	play(1, 30);
	check_all_joined();
	assert_int_equal(gen->counter[GEN_RETRANSMITS], 3);
	assert_int_equal(gen->counter[GEN_RESTARTS], 0);
}

/** Time-outs of 2 to 3 s, doubled four times; then the next of three restarts. */
static void
test_silence(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 3, 1);

	(void)state;
	start(&o, 0);
	gateway.faults.silent = UINT32_MAX;
	play(1, 60);
	assert_int_equal(gen->counter[GEN_RESTARTS], 0);
	play(1, 34);
	assert_int_equal(gen->counter[GEN_RESTARTS], 1);
	play(1, 4 * 93);
	assert_int_equal(gen->counter[GEN_FAILED], 3);
	assert_int_equal(gen->reason[GEN_WHY_NO_ANSWER], 1);
	assert_int_equal(gen->reason[GEN_WHY_NO_GROUP], 2);
	assert_int_equal(gateway.requests, 4 * 5);
}

static void
test_same_octets(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 1, 1);
	struct link_queue *tx;
	uint8_t first[FRAME_SIZE];

	(void)state;
	start(&o, 0);
	tx = &gen->link.tx[0];
	flow_starts(gen);
	for (unsigned step = 0; step < 4; step++) {
		struct mst_frame frame = tx->frame[tx->head % LINK_TX_MAX];

		assert_int_equal(tx->tail - tx->head, 1);
		memcpy(first, frame.data, frame.size);
		tx->head++;
		pass_time(3001);
		assert_int_equal(tx->tail - tx->head, 1);
		assert_int_equal(tx->frame[tx->head % LINK_TX_MAX].size, frame.size);
		assert_memory_equal(tx->frame[tx->head % LINK_TX_MAX].data, first, frame.size);
		link_recycle(&gen->link, &frame, 1);
		exchange_frames(1);
	}
	check_all_joined();
}

/** One fault, then all is well: what it must count. */
static void
run_fault(const struct fake_faults *faults, enum gen_counter counter, uint64_t want)
{
	struct gen_options o = options_of(GEN_STANDARD, 1, 1);

	start(&o, 0);
	gateway.faults = *faults;
	play(1, 20);
	assert_int_equal(gen->counter[GEN_JOINED], 1);
	assert_int_equal(gen->counter[counter], want);
	check_keys();
}

static void
test_wrong_proof(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.wrong_proof = 3}, GEN_RESTARTS, 3);
}

static void
test_refused_answer(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.refuse_answer = 2}, GEN_RESTARTS, 2);
}

static void
test_refused_secured(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.refuse_secured = 1}, GEN_RESTARTS, 1);
	assert_int_equal(gateway.challenges, 2);
}

static void
test_unavailable(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.unavailable = 1}, GEN_WAITS, 1);
	assert_int_equal(gen->mes.at[0].piv, 1);
	assert_true(gen->now_ms >= 9000);
}

static void
test_unavailable_bsf(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.unavailable_open = 1}, GEN_WAITS, 1);
	assert_true(gen->now_ms >= 7000 && gen->now_ms < 9000);
}

static void
test_reset(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.reset = 1}, GEN_RESTARTS, 1);
}

/** A forged answer is as good as none: the meter goes on waiting, and repeats. */
static void
test_forged_answers(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.garbled_tag = 1}, GEN_MALFORMED, 1);
	assert_int_equal(gen->counter[GEN_RETRANSMITS], 1);
}

static void
test_no_own_piv(void **state)
{
	(void)state;
	run_fault(&(struct fake_faults){.no_own_piv = 1}, GEN_MALFORMED, 1);
}

static void
run_failure(const struct fake_faults *faults, enum gen_reason reason)
{
	struct gen_options o = options_of(GEN_STANDARD, 3, 1);

	start(&o, 0);
	gateway.faults = *faults;
	play(1, 20);
	assert_int_equal(gen->counter[GEN_FAILED], 3);
	assert_int_equal(gen->reason[reason], 1);
	/* Without its creator the group never is. */
	assert_int_equal(gen->reason[GEN_WHY_NO_GROUP], 2);
}

static void
test_wrong_mac(void **state)
{
	(void)state;
	run_failure(&(struct fake_faults){.wrong_mac = 1}, GEN_WHY_AUTN);
}

static void
test_refused_always(void **state)
{
	(void)state;
	run_failure(&(struct fake_faults){.refuse_answer = 4}, GEN_WHY_REFUSED);
}

static void
test_not_found(void **state)
{
	(void)state;
	run_failure(&(struct fake_faults){.not_found = 1}, GEN_WHY_ERROR);
}

static void
test_open_loop(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 20, 1);

	(void)state;
	o.arrival = (struct arrival){.kind = ARRIVAL_CONSTANT, .rate = 1000};
	start(&o, 0);
	gen->now_us = 0;
	for (unsigned ms = 0; ms < 20; ms++) {
		do
			flow_starts(gen);
		while (exchange_frames(1) > 0);
		assert_int_equal(gen->counter[GEN_STARTED], gen->now_us / 1000 + 1);
		gen->now_us = (gen->now_us / 1000 + 1) * 1000;
	}
	check_all_joined();
	/* 4 exchanges of 100 us each, from the planned time on. */
	assert_int_equal(mst_hist_max(&gen->latency), 400);
}

static void
test_late(void **state)
{
	struct gen_options o = options_of(GEN_STANDARD, 5, 1);

	(void)state;
	o.arrival = (struct arrival){.kind = ARRIVAL_CONSTANT, .rate = 1000000};
	start(&o, 0);
	gen->now_us = 1000000;
	play(1, 0);
	check_all_joined();
	assert_int_equal(gen->counter[GEN_LATE], 5);
	assert_true(mst_hist_percentile(&gen->latency, 50) >= 999000);
}

static void
test_imei(void **state)
{
	char digits[16];

	(void)state;
	for (uint32_t m = 0; m < 5000000; m += 99991) {
		uint64_t imei = me_imei(m);
		unsigned sum = 0;

		assert_int_equal(mst_imei_decode(imei, digits), 15);
		for (unsigned i = 0; i < 15; i++) {
			unsigned d = (unsigned)(digits[i] - '0') * (1 + i % 2);

			sum += d / 10 + d % 10;
		}
		assert_int_equal(sum % 10, 0);
		assert_memory_equal(digits, "35", 2);
		assert_true(m == 0 || me_imei(m - 1) != imei);
	}
}

#define METER_TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_standard),
		METER_TEST(test_express),
		METER_TEST(test_gba),
		METER_TEST(test_no_groups),
		METER_TEST(test_gba_u),
		METER_TEST(test_express_gba_u),
		METER_TEST(test_resync),
		METER_TEST(test_express_resync),
		METER_TEST(test_own_cookie),
		METER_TEST(test_duplicates),
		METER_TEST(test_retransmission),
		METER_TEST(test_silence),
		METER_TEST(test_same_octets),
		METER_TEST(test_wrong_proof),
		METER_TEST(test_refused_answer),
		METER_TEST(test_refused_secured),
		METER_TEST(test_unavailable),
		METER_TEST(test_unavailable_bsf),
		METER_TEST(test_reset),
		METER_TEST(test_forged_answers),
		METER_TEST(test_no_own_piv),
		METER_TEST(test_wrong_mac),
		METER_TEST(test_refused_always),
		METER_TEST(test_not_found),
		METER_TEST(test_open_loop),
		METER_TEST(test_late),
		cmocka_unit_test(test_imei),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
