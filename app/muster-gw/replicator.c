/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The replicator's thread: rings of records into batches (replicator_batch.c), batches through a
 * pipeline to Redis, answers of Redis into ends of rounds; and what happens when Redis is slow,
 * goes, or comes back with less than it had (replicator_link.c).
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/secret.h"
#include "gw.h"
#include "lease.h"
#include "log.h"
#include "record_private.h"
#include "replica_private.h"
#include "replicator.h"

/** Seconds that the end waits for Redis. */
#define FAREWELL_S 5
/** Naps while nothing happens. */
#define NAP_NS      30000
#define NAP_IDLE_NS 300000

uint64_t
gw_replicator_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
set(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_store_explicit(counter, value, memory_order_relaxed);
}

void
gw_replicator_add(_Atomic uint64_t *counter, uint64_t n)
{
	set(counter, atomic_load_explicit(counter, memory_order_relaxed) + n);
}

int
gw_replicator_create(struct gw_replica *r)
{
	struct gw_replicator *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -MST_E_NO_MEMORY;
	p->r = r;
	p->rings = r->gw->workers + 1;
	for (unsigned i = 0; i < r->gw->workers; i++)
		p->ring[i] = r->gw->worker[i]->recorder.ring;
	p->ring[r->gw->workers] = r->control;
	p->gone = calloc(GW_GONE, sizeof(*p->gone));
	r->replicator = p;
	return p->gone != NULL ? 0 : -MST_E_NO_MEMORY;
}

void
gw_replicator_destroy(struct gw_replica *r)
{
	struct gw_replicator *p = r->replicator;

	if (p == NULL)
		return;
	for (unsigned i = 0; i < GW_BATCHES; i++)
		mst_resp_fini(&p->batch[i].commands);
	mst_resp_fini(&p->items);
	free(p->gone);
	mst_wipe(p, sizeof(*p));
	free(p);
	r->replicator = NULL;
}

static void
end_round(struct gw_replicator *p, uint64_t round)
{
	atomic_store_explicit(&p->r->durable.confirmed, round, memory_order_release);
}

void
gw_replicator_confirm(struct gw_replicator *p)
{
	struct gw_replica_counters *c = &p->r->counters;
	struct gw_batch_out *b = &p->batch[p->first % GW_BATCHES];
	uint64_t lag = gw_replicator_now_us() - b->sent_us;

	p->confirmed_batch = b->number > 0 ? b->number : p->confirmed_batch;
	gw_replicator_add(&c->records, b->records);
	gw_replicator_add(&c->octets, b->commands.size);
	gw_replicator_add(&c->batches, 1);
	set(&c->lag_us, lag);
	if (lag > atomic_load_explicit(&c->lag_max_us, memory_order_relaxed))
		set(&c->lag_max_us, lag);
	p->in_flight -= b->records;
	set(&c->in_flight, p->in_flight);
	if (b->round > 0)
		end_round(p, b->round);
	mst_wipe(b->commands.data, b->commands.size);
	mst_resp_clear(&b->commands);
	p->first++;
	p->count--;
}

/** Takes what the rings hold at the beginning of a round. */
static void
begin_round(struct gw_replicator *p)
{
	p->todo = 0;
	p->round++;
	atomic_store_explicit(&p->r->durable.round, p->round, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst); /* as in gw_park() */
	for (unsigned i = 0; i < p->rings; i++) {
		p->left[i] = mst_port_ring_count(p->ring[i]);
		p->todo += p->left[i];
	}
	p->round_open = true;
}

/** A round without records is over when what went before it is. */
static void
close_round(struct gw_replicator *p)
{
	p->round_open = false;
	if (p->count == 0)
		end_round(p, p->round);
	else
		p->batch[(p->first + p->count - 1) % GW_BATCHES].round = p->round;
}

/** Reads records of the round until the batch is full. */
static void
fill_pending(struct gw_replicator *p)
{
	for (unsigned i = 0; i < p->rings; i++) {
		while (p->left[i] > 0 && p->pending < GW_BATCH_RECORDS) {
			unsigned room = GW_BATCH_RECORDS - p->pending;
			unsigned n = mst_port_ring_get_burst(p->ring[i], &p->record[p->pending],
				room < p->left[i] ? room : p->left[i]);

			if (n == 0) /* a producer between two steps */
				break;
			p->pending += n;
			p->left[i] -= n;
			p->todo -= n;
		}
	}
}

/** Makes batches of what workers have recorded. Returns whether there was anything. */
static bool
collect(struct gw_replicator *p)
{
	bool any = false;

	while (p->count < GW_BATCHES - 1 && !p->comparing) {
		if (p->linked && gw_lease_due(p->r, gw_replicator_now_us()))
			gw_batch_lease(p);
		if (p->pending == 0) {
			if (!p->round_open)
				begin_round(p);
			fill_pending(p);
			if (p->pending == 0 && p->todo == 0) {
				close_round(p);
				return any;
			}
			if (p->pending == 0)
				return any;
		}
		gw_batch_make(p);
		any = true;
		if (p->pending == 0 && p->todo == 0)
			close_round(p);
	}
	return any;
}

/** Begins walks that are due: one at a time. */
static void
begin_walk(struct gw_replicator *p)
{
	struct gw_durable *d = &p->r->durable;
	uint32_t verify = atomic_load_explicit(&p->r->verify, memory_order_relaxed);
	bool mend = p->mend;

	for (unsigned i = 0; i < p->r->gw->workers; i++) {
		uint64_t lost = atomic_load_explicit(
			&p->r->gw->worker[i]->recorder.lost, memory_order_relaxed);

		mend |= lost != p->lost[i];
		p->lost[i] = lost;
	}
	p->mend = mend;
	if (p->walking || (!mend && verify == p->verified) || !p->linked)
		return;
	p->walking = true;
	p->ends = 0;
	p->walk_mends = mend;
	p->mend = false;
	if (!mend) {
		p->verified = verify;
		set(&p->r->counters.checked, 0);
		set(&p->r->counters.missing, 0);
		set(&p->r->counters.stale, 0);
	}
	atomic_store_explicit(
		&d->walk_op, mend ? GW_RECORD_MEND : GW_RECORD_CHECK, memory_order_relaxed);
	atomic_store_explicit(&d->walk, atomic_load_explicit(&d->walk, memory_order_relaxed) + 1,
		memory_order_release);
}

void
gw_replicator_walked(struct gw_replicator *p)
{
	if (++p->ends < p->r->gw->workers)
		return;
	p->walking = false;
	if (p->walk_mends)
		gw_log(GW_LOG_INFO, "redis: has all records again");
	else
		atomic_store_explicit(
			&p->r->counters.walks_done, p->verified, memory_order_release);
}

static bool
rings_empty(const struct gw_replicator *p)
{
	for (unsigned i = 0; i < p->rings; i++)
		if (mst_port_ring_count(p->ring[i]) > 0)
			return false;
	return p->pending == 0;
}

/** Nothing to do: short naps while there was something lately. */
static void
rest(bool idle_long)
{
	const struct timespec nap = {.tv_nsec = idle_long ? NAP_IDLE_NS : NAP_NS};

	nanosleep(&nap, NULL);
}

void *
gw_replicator_main(void *replica)
{
	struct gw_replica *r = replica;
	struct gw_replicator *p = r->replicator;
	uint64_t busy_us = gw_replicator_now_us(), now, end_us = 0;

	pthread_setname_np(pthread_self(), "muster-redis");
	gw_link_adopt(p);
	for (;;) {
		bool any = collect(p);

		now = gw_replicator_now_us();
		gw_link_tend(p, now);
		begin_walk(p);
		if (p->linked && gw_link_step(p, p->count > 0 && !any ? 1 : 0))
			any = true;
		if (any || p->count > 0)
			busy_us = now;
		if (!any && (p->count == 0 || !p->linked))
			rest(now - busy_us > 1000000 || !p->linked);
		if (atomic_load_explicit(&r->stop, memory_order_relaxed)) {
			if (end_us == 0)
				end_us = now + FAREWELL_S * 1000000;
			if ((p->count == 0 && rings_empty(p)) || now >= end_us ||
				atomic_load_explicit(&r->fenced, memory_order_relaxed))
				break;
		}
	}
	if (p->count > 0 || !rings_empty(p))
		gw_log(GW_LOG_WARNING, "redis: %llu records were not confirmed at the end",
			(unsigned long long)p->in_flight);
	return NULL;
}
