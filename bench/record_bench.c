/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lasting state: what a record costs the worker (its ring is emptied outside the time), and what
 * writing and sealing one costs the replicator.
 */
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "record/record.h"
#include "shim.h"

#define RECORDS 64

static void
put(struct mst_bench *b, const void *arg)
{
	static struct fleet *f;
	static struct gw_durable durable = {.level = GW_DURABILITY_ASYNC};
	static struct mst_record out[RECORDS];
	struct gw_worker *w;
	uint32_t sid = 0;

	(void)arg;
	if (f == NULL) {
		f = fleet_create();
		if (f == NULL || gw_recorder_init(fleet_worker(f), &durable, 1024) != 0) {
			mst_bench_skip(b, "not enough memory");
			return;
		}
	}
	w = fleet_worker(f);
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < RECORDS; i++)
			gw_record_session(w, (sid + i * 64) % FLEET_SUBSCRIBERS);
		mst_bench_end(b, RECORDS);
		sid += 4096 + 1;
		mst_port_ring_get_burst(w->recorder.ring, out, RECORDS);
	}
}

static void
seal(struct mst_bench *b, const void *arg)
{
	static const mst_b32 key = "a data key of thirty-two octets";
	struct mst_record record = {.type = MST_RECORD_SESSION};
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_place place;
	struct mst_seal data_key;

	(void)arg;
	if (mst_seal_init(&data_key, NULL, 1, key) != 0) {
		mst_bench_skip(b, "no AES-NI");
		return;
	}
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		for (unsigned i = 0; i < RECORDS; i++) {
			record.session.imsi = 1000000 + i;
			record.session.expires = 1800000000 + i;
			mst_record_place("home", &record, &place);
			mst_record_encode(&data_key, &place, &record, value);
		}
		mst_bench_end(b, RECORDS);
	}
	mst_seal_fini(&data_key);
}

void
bench_record(void)
{
	mst_bench_add("record_put", "muster/worker", put, NULL);
	mst_bench_add("record_seal", "muster/replicator", seal, NULL);
}
