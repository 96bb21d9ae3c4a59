/* SPDX-License-Identifier: BSD-3-Clause */
#include "gen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid_file.h"
#include "base/err.h"
#include "base/secret.h"
#include "batch.h"
#include "keylog.h"
#include "random.h"
#include "table/pages.h"

/** How far behind the network's clock USIMs are at most, and how far ahead: ten minutes, a day. */
#define BEHIND_MS (10 * 60 * 1000)
#define AHEAD_MS  (24 * 3600 * 1000)

/** USIMs as they would be in the field: a little behind the network's clock, some ahead of it. */
static void
set_usims(struct gen *gen, uint64_t unix_ms)
{
	const struct gen_options *o = &gen->options;
	uint64_t clock = unix_ms / o->sqn_tick_ms, random = random_mix(o->seed);
	uint32_t behind = BEHIND_MS / o->sqn_tick_ms + 1, ahead = AHEAD_MS / o->sqn_tick_ms + 1;
	uint64_t resync = (uint64_t)(o->resync / 100 * 4294967296.0);

	for (uint32_t m = 0; m < o->meters; m++) {
		bool is_ahead = random_next(&random) >> 32 < resync;
		uint64_t seq = is_ahead ? clock + 1 + random_below(&random, ahead)
					: clock - 1 - random_below(&random, behind);

		usim_set_seq(&gen->uiccs.usim, m, seq & MST_SQN_SEQ_MASK);
		gen->mes.at[m].mid = (uint16_t)random_next(&random);
	}
}

static int
create_crypto(struct gen *gen)
{
	static const uint8_t server_id = MST_SERVER_ID;
	const struct mst_oscore_params params = {
		.master_secret_size = sizeof(mst_b32),
		.id_context_size = sizeof(mst_b16),
		.client_id_size = MST_CLIENT_ID,
		.server_id = &server_id,
		.server_id_size = sizeof(server_id),
	};
	int err = mst_crypto_create(&gen->crypto, gen->options.crypto);

	return err != 0 ? err : mst_oscore_profile_init(&gen->oscore, gen->crypto, &params);
}

static int
create_meters(struct gen *gen, const struct mst_subs *subs, uint64_t unix_ms)
{
	const struct gen_options *o = &gen->options;
	int err = uiccs_init(&gen->uiccs, subs, o->meters);

	if (err == 0)
		err = mes_init(&gen->mes, &gen->uiccs);
	if (err == 0)
		err = timers_init(&gen->timers, o->meters);
	if (err != 0)
		return err;
	gen->parked = mst_pages_alloc(o->meters * sizeof(*gen->parked), false);
	gen->group = calloc(o->groups + 1, sizeof(*gen->group));
	gen->batch = aligned_alloc(64, (sizeof(*gen->batch) + 63) / 64 * 64);
	if (gen->parked == NULL || gen->group == NULL || gen->batch == NULL)
		return -MST_E_NO_MEMORY;
	set_usims(gen, unix_ms);
	flow_plan(gen);
	return 0;
}

/** Opens what the options name for testing. */
static int
open_aids(struct gen *gen, uint64_t unix_ms, char *error)
{
	const struct gen_options *o = &gen->options;
	int err = 0;

	if (o->keylog != NULL) {
		err = keylog_open(&gen->keylog, o->keylog, o->keylog_count);
		if (err != 0)
			snprintf(error, GEN_ERROR_SIZE, "%s: %s", o->keylog, strerror(errno));
	}
	if (err == 0 && o->acks != NULL) {
		gen->acks = aid_open(o->acks);
		err = gen->acks != NULL ? 0 : -MST_E_FILE;
		if (err != 0)
			snprintf(error, GEN_ERROR_SIZE, "%s: %s", o->acks, strerror(errno));
	}
	if (err == 0 && o->capture != NULL) {
		err = capture_open(&gen->capture, o->capture, o->capture_count, unix_ms * 1000);
		if (err != 0)
			snprintf(error, GEN_ERROR_SIZE, "%s: %s", o->capture, strerror(errno));
		else
			gen->link.capture = &gen->capture;
	}
	return err;
}

static int
create_link(struct gen *gen, struct mst_port *port, char *error)
{
	const struct gen_options *o = &gen->options;
	int err = link_init(&gen->link, port, o->queues, o->meters, &o->gateway);

	if (err == -MST_E_ARGUMENT)
		snprintf(error, GEN_ERROR_SIZE,
			"the gateway's address lies among those of the meters, which begin at "
			"10.0.0.1 and fd00:10:100:1::1");
	if (err != 0)
		return err;
	impair_init(&gen->link.in, random_mix(o->seed + 1), o->loss, o->dup, o->reorder);
	impair_init(&gen->link.out, random_mix(o->seed + 2), o->loss, o->dup, o->reorder);
	flood_init(&gen->flood, o->seed);
	return 0;
}

int
gen_create(struct gen **gen, const struct gen_options *options, const struct mst_subs *subs,
	struct mst_port *port, uint64_t unix_ms, char error[GEN_ERROR_SIZE])
{
	struct gen *g = aligned_alloc(64, (sizeof(*g) + 63) / 64 * 64);
	int err;

	error[0] = '\0';
	if (g == NULL)
		return -MST_E_NO_MEMORY;
	memset(g, 0, sizeof(*g));
	g->options = *options;
	g->random = random_mix(options->seed + 3);
	err = create_link(g, port, error);
	if (err == 0)
		err = create_crypto(g);
	if (err == 0)
		err = create_meters(g, subs, unix_ms);
	if (err == 0)
		err = open_aids(g, unix_ms, error);
	if (err != 0) {
		if (error[0] == '\0')
			snprintf(error, GEN_ERROR_SIZE, "%s", mst_err_text(err));
		gen_destroy(g);
		return err;
	}
	g->start_tsc = mst_port_tsc();
	*gen = g;
	return 0;
}

int
gen_close_aids(struct gen *gen)
{
	int keylog = keylog_close(gen->keylog), acks = aid_close(gen->acks);
	int capture = capture_close(&gen->capture);

	gen->keylog = NULL;
	gen->acks = NULL;
	return keylog ? keylog : acks ? acks : capture;
}

void
gen_destroy(struct gen *gen)
{
	if (gen == NULL)
		return;
	gen_close_aids(gen);
	link_fini(&gen->link);
	mst_oscore_profile_fini(&gen->oscore);
	mst_crypto_destroy(gen->crypto);
	timers_fini(&gen->timers);
	mst_pages_free(gen->parked, gen->options.meters * sizeof(*gen->parked));
	free(gen->group);
	if (gen->batch != NULL)
		mst_wipe(gen->batch, sizeof(*gen->batch));
	free(gen->batch);
	mes_fini(&gen->mes);
	uiccs_fini(&gen->uiccs);
	free(gen);
}

void
gen_take_time(struct gen *gen, uint64_t tsc)
{
	gen->now_us = (uint64_t)((mst_u128)(tsc - gen->start_tsc) * gen->us_per_tsc >> 32);
	gen->now_ms = (uint32_t)(gen->now_us / 1000) + 1;
}

const struct vault *
gen_vault(const struct gen *gen, uint32_t meter)
{
	const struct vault *vault = me_vault(&gen->mes, meter);

	return vault != NULL ? vault : uicc_vault(&gen->uiccs, meter);
}

int
gen_learn_hints(struct gen *gen, const uint8_t *payload, size_t size)
{
	struct gen_hints *hints = &gen->hints;
	struct mst_ub_span naf;
	struct mst_ub ub;
	int err = mst_ub_parse(payload, size, &ub);

	if (err != 0)
		return err;
	if (!mst_ub_has(&ub, MST_UB_HAS_HINTS) || size > sizeof(hints->payload))
		return -MST_E_CBOR_MISSING;
	if (ub.bsf.size != 4 || memcmp(ub.bsf.data, "/bsf", 4) != 0)
		return -MST_E_UNSUPPORTED;
	err = mst_realm_naf(&ub.realm, &naf);
	if (err == 0)
		err = mst_naf_id_init(&hints->naf_id, (const char *)naf.data, naf.size, ub.ua);
	if (err == 0) {
		memcpy(hints->payload, payload, size);
		hints->size = (uint16_t)size;
	}
	return err;
}

bool
gen_finished(const struct gen *gen)
{
	return atomic_load_explicit(&gen->finished, memory_order_acquire);
}

void
gen_stop(struct gen *gen)
{
	atomic_store_explicit(&gen->stop, true, memory_order_relaxed);
}

double
gen_seconds(const struct gen *gen)
{
	uint64_t begun = atomic_load_explicit(&gen->begun_tsc, memory_order_relaxed);
	uint64_t ended = atomic_load_explicit(&gen->ended_tsc, memory_order_relaxed);

	if (begun == 0)
		return 0;
	if (!gen_finished(gen))
		ended = mst_port_tsc();
	return ended > begun ? (double)(ended - begun) / (double)mst_port_tsc_hz() : 0;
}
