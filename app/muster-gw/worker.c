/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's loop: receive, run the stages, answer; between two bursts refill randomness, answer
 * the control thread's question, report a quiescent state.
 */
#include "worker.h"
#include "batch.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "rcu/rcu.h"

/** Loops without a frame before the worker lets others have the CPU. */
#define IDLE_LOOPS_YIELD 64

int
gw_random(struct gw_worker *w, void *out, size_t size)
{
	if (size > w->random_left)
		return -MST_E_RANDOM_EMPTY;
	w->random_left -= (uint16_t)size;
	memcpy(out, w->random + w->random_left, size);
	mst_wipe(w->random + w->random_left, size);
	return 0;
}

static void
answer_question(struct gw_worker *w)
{
	struct gw_ask *ask = atomic_load_explicit(&w->ask, memory_order_acquire);

	if (ask == NULL)
		return;
	atomic_store_explicit(&w->ask, NULL, memory_order_relaxed);
	ask->run(w, ask);
	atomic_store_explicit(&ask->done, true, memory_order_release);
}

static void
take_time(struct gw_worker *w, uint64_t tsc)
{
	w->now_ms = tsc / w->gw->tsc_per_ms +
		    atomic_load_explicit(&w->gw->clock_offset_ms, memory_order_relaxed);
	w->now_s = (uint32_t)(w->now_ms / 1000);
	w->sqn_clock = w->now_ms / w->gw->sqn_tick_ms;
}

/** Frames of the port, then those that other workers have received for this one. */
static unsigned
receive(struct gw_worker *w)
{
	struct mst_frame *frames = w->batch->frame;
	unsigned given, n = mst_port_rx_burst(w->gw->port, w->index, frames, MST_LANES);
	uint64_t octets = 0;

	for (unsigned i = 0; i < n; i++)
		octets += frames[i].size;
	gw_count(&w->counters.outcome[GW_RX_FRAMES], n);
	gw_count(&w->counters.outcome[GW_RX_OCTETS], octets);
	if (w->gw->workers > 1 && n < MST_LANES) {
		given = mst_port_ring_get_burst(w->inbox, frames + n, MST_LANES - n);
		n += given;
	}
	return n;
}

static void
keep_longest(struct gw_counters *c, uint64_t cycles)
{
	if (cycles > atomic_load_explicit(&c->longest_cycles, memory_order_relaxed))
		atomic_store_explicit(&c->longest_cycles, cycles, memory_order_relaxed);
}

static void *
worker_main(void *arg)
{
	struct gw_worker *w = arg;
	bool shared = mst_port_cpus_shared(w->gw->port);
	char name[16]; /* as top -H shows it */
	unsigned idle = 0;

	snprintf(name, sizeof(name), "muster-worker%u", w->index % 100);
	pthread_setname_np(pthread_self(), name);
	w->error = mst_port_worker_enter(w->gw->port, w->index);
	mst_rcu_register();
	atomic_store_explicit(&w->counters.start_tsc, mst_port_tsc(), memory_order_relaxed);
	while (w->error == 0 && !atomic_load_explicit(&w->gw->stop, memory_order_relaxed)) {
		uint64_t begin = mst_port_tsc(), end;
		unsigned n;

		take_time(w, begin);
		n = receive(w);
		if (n > 0)
			gw_burst(w, n);
		n += gw_between(w);
		answer_question(w);
		mst_rcu_quiescent();
		end = mst_port_tsc();
		gw_count(&w->counters.loops, 1);
		atomic_store_explicit(&w->counters.now_tsc, end, memory_order_relaxed);
		if (n > 0) {
			gw_count(&w->counters.busy_loops, 1);
			gw_count(&w->counters.busy_cycles, end - begin);
			keep_longest(&w->counters, end - begin);
			idle = 0;
		} else if (shared && ++idle >= IDLE_LOOPS_YIELD) {
			sched_yield();
			idle = 0;
		}
	}
	mst_rcu_unregister();
	mst_port_worker_leave(w->gw->port);
	return NULL;
}

int
gw_worker_start(struct gw_worker *w)
{
	return pthread_create(&w->thread, NULL, worker_main, w) ? -MST_E_SYSTEM : 0;
}

void
gw_worker_join(struct gw_worker *w)
{
	pthread_join(w->thread, NULL);
}
