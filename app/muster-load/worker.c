/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data thread: enters the port, finds the gateway's MAC address and hints, then loops until
 * every meter has joined or given up.
 */
#include "batch.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define GATEWAY_TIMEOUT_MS 10000
#define PROBE_EVERY_MS     250
#define PROBE_TOKEN        UINT32_C(0x70726f62)
#define PROBE_PAD          40
/** Loops without work before the thread lets others have the CPU, where they share it. */
#define IDLE_LOOPS_YIELD 64

/** A negotiation of meter 0 ahead of the run, to learn what all meters will be told. */
static void
send_probe(struct gen *gen)
{
	uint8_t message[BATCH_COAP_MAX], token[BATCH_TOKEN];
	struct mst_coap_build build;
	int size;

	mst_put_be32(token, PROBE_TOKEN);
	mst_coap_build_init(&build, message, sizeof(message), MST_COAP_CON, MST_COAP_POST,
		(uint16_t)gen->now_ms, token, sizeof(token));
	mst_coap_put_option(&build, MST_COAP_OPT_URI_PATH, "session", 7);
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_request(mst_coap_put_payload(&build), MST_UB_ID_NONE, 0, 0, PROBE_PAD);
	size = mst_coap_build_fini(&build);
	link_send(&gen->link, 0, gen->now_us, message, (size_t)size);
	link_flush(&gen->link, gen->now_us);
}

/** Whether a frame answers the probe: 1, 0, or a negative error in what it says. */
static int
take_probe(struct gen *gen, struct mst_frame *frame)
{
	struct mst_net_view view;
	struct mst_coap_msg m;
	uint32_t meter;
	int kind = mst_net_parse(frame->data, frame->size, frame->capacity, &gen->link.host, &view),
	    err;

	if (kind == MST_NET_REPLY) {
		frame->size = view.frame_size;
		link_send_frame(&gen->link, 0, frame);
		return 0;
	}
	if (kind != MST_NET_UDP || !link_meter_of(&gen->link, &view, frame->data, &meter) ||
		mst_coap_parse(mst_net_payload(&view, frame->data), view.size, &m) != 0 ||
		m.token_size != BATCH_TOKEN || mst_get_be32(m.token) != PROBE_TOKEN) {
		link_recycle(&gen->link, frame, 1);
		return 0;
	}
	if (gen->link.capture != NULL)
		capture_frame(gen->link.capture, gen->now_us, frame->data, frame->size);
	err = m.code == MST_COAP_UNAUTHORIZED
		      ? gen_learn_hints(gen, m.opt.payload.data, m.opt.payload.size)
		      : -MST_E_UNSUPPORTED;
	link_recycle(&gen->link, frame, 1);
	return err != 0 ? err : 1;
}

/** Learns the hints. Returns 0 or a negative error. */
static int
probe(struct gen *gen)
{
	uint64_t ms = mst_port_tsc_hz() / 1000, start = mst_port_tsc(), sent = 0;
	struct mst_frame frames[MST_PORT_BURST];

	while (mst_port_tsc() - start < GATEWAY_TIMEOUT_MS * ms) {
		uint64_t now = mst_port_tsc();
		int found = 0;

		gen_take_time(gen, now);
		if (sent == 0 || now - sent > PROBE_EVERY_MS * ms) {
			send_probe(gen);
			sent = now;
		}
		for (unsigned q = 0; q < gen->link.queues; q++) {
			unsigned n = mst_port_rx_burst(gen->link.port, q, frames, MST_PORT_BURST);

			for (unsigned i = 0; i < n; i++) {
				int got = take_probe(gen, &frames[i]);

				found = got != 0 ? got : found;
			}
		}
		link_flush(&gen->link, gen->now_us);
		if (found != 0)
			return found < 0 ? found : 0;
	}
	return -MST_E_NOT_FOUND;
}

/** Finds the gateway and learns what it expects; on failure leaves a line in error_text. */
static int
set_up(struct gen *gen)
{
	int err = mst_port_worker_enter(gen->link.port, 0);

	if (err != 0) {
		snprintf(gen->error_text, GEN_ERROR_SIZE, "cannot enter the port: %s",
			mst_err_text(err));
		return err;
	}
	err = link_resolve(&gen->link, GATEWAY_TIMEOUT_MS);
	if (err != 0) {
		snprintf(gen->error_text, GEN_ERROR_SIZE,
			"no MAC address for the gateway within %d s; is --gateway its address?",
			GATEWAY_TIMEOUT_MS / 1000);
		return err;
	}
	err = probe(gen);
	if (err == -MST_E_NOT_FOUND)
		snprintf(gen->error_text, GEN_ERROR_SIZE,
			"the gateway does not answer CoAP within %d s", GATEWAY_TIMEOUT_MS / 1000);
	else if (err != 0)
		snprintf(gen->error_text, GEN_ERROR_SIZE, "the gateway's hints are of no use: %s",
			mst_err_text(err));
	return err;
}

static unsigned
receive_all(struct gen *gen)
{
	unsigned total = 0;

	for (unsigned q = 0; q < gen->link.queues; q++) {
		unsigned n = link_receive(&gen->link, q, gen->now_us, gen->batch->frame);

		if (n > 0)
			flow_receive(gen, n);
		total += n;
	}
	return total;
}

static bool
at_end(const struct gen *gen)
{
	uint64_t limit_us = (uint64_t)gen->options.duration_limit_s * 1000000;

	return gen->settled == gen->options.meters ||
	       atomic_load_explicit(&gen->stop, memory_order_relaxed) ||
	       (limit_us != 0 && gen->now_us >= limit_us);
}

static void
loop(struct gen *gen)
{
	bool shared = mst_port_cpus_shared(gen->link.port);
	unsigned idle = 0;

	/* Time begins anew; the capture's goes on. */
	gen_take_time(gen, mst_port_tsc());
	gen->capture.start_us += gen->now_us;
	gen->start_tsc = mst_port_tsc();
	atomic_store_explicit(&gen->begun_tsc, gen->start_tsc, memory_order_relaxed);
	gen_take_time(gen, gen->start_tsc);
	while (!at_end(gen) || flow_next_phase(gen)) {
		uint64_t begin = mst_port_tsc();
		unsigned work;

		gen_take_time(gen, begin);
		work = receive_all(gen);
		work += flow_timers(gen);
		work += flow_starts(gen);
		work += flood_step(gen);
		link_flush(&gen->link, gen->now_us);
		if (work > 0) {
			gen_count(&gen->busy_cycles, mst_port_tsc() - begin);
			idle = 0;
		} else if (shared && ++idle >= IDLE_LOOPS_YIELD) {
			sched_yield();
			idle = 0;
		}
	}
}

static void *
data_thread(void *arg)
{
	struct gen *gen = arg;

	gen->us_per_tsc = ((uint64_t)1000000 << 32) / mst_port_tsc_hz();
	gen->error = set_up(gen);
	if (gen->error == 0)
		loop(gen);
	mst_port_worker_leave(gen->link.port);
	atomic_store_explicit(&gen->finished, true, memory_order_release);
	return NULL;
}

int
gen_start(struct gen *gen)
{
	return pthread_create(&gen->thread, NULL, data_thread, gen) != 0 ? -MST_E_SYSTEM : 0;
}

int
gen_join(struct gen *gen)
{
	pthread_join(gen->thread, NULL);
	return gen->error;
}
