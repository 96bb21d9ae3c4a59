/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three workers, each a thread, serve devices in four more threads, for the thread sanitizer.
 * Frames travel through rings: a device's messages go to any worker, some to two at once, and
 * workers hand them on through their inboxes. All the while a control thread moves the clock, makes
 * cookie keys, reads counters, walks the groups and asks the workers for the members of a group. In
 * the end every device holds the Kg of its group, and the lists name them all. Then the devices
 * create, join, decide, leave, evict, rekey and dissolve at random, and what workers keep of them
 * still agrees.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "keeper_private.h"
#include "manager.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define WORKERS 3
#define FIELDS  4 /* threads of devices */
#define DEVICES (BENCH_SUBSCRIBERS / FIELDS)
#define RING    256
#define TICK_MS 100
#define TRIES   200
#define ROUNDS  10
#define WAITING UINT32_MAX
#define CHANGES 300 /* requests of a field in the second part */
#define OFFERED 8   /* groups that devices know of */

/** A frame on its way: the handle of the frame leads back to it. */
struct letter {
	struct mst_frame frame;
	_Atomic uint32_t answer; /* its size, or WAITING */
};

/** A thread of devices: a bench of its own in front of the shared gateway. */
struct field {
	struct bench bench;
	pthread_t thread;
	unsigned index;
	uint64_t random;
	struct device device[DEVICES];
};

static struct bench shared;
static struct mst_port_ring *post[WORKERS];
static struct field field[FIELDS];
static _Atomic uint64_t now_ms;
static _Atomic uint64_t gid;              /* of the group all join, once it is there */
static _Atomic uint64_t offered[OFFERED]; /* groups of the second part */
static _Atomic unsigned fields_left;
static _Atomic bool second_part;
static _Atomic unsigned fields_changed;
static _Atomic bool stop;

static void
deliver(struct gw_worker *w, unsigned count)
{
	const struct gw_batch *b = w->batch;

	for (unsigned i = 0; i < count; i++) {
		struct letter *letter = b->frame[i].handle;
		bool sent = (b->sent & MST_LANE(i)) != 0;

		if ((b->given_away & MST_LANE(i)) == 0)
			atomic_store_explicit(
				&letter->answer, sent ? b->frame[i].size : 0, memory_order_release);
	}
}

/** Answers of tasks lead back to their letters; other messages have none, and are lost. */
static void
take_answer(void *user, unsigned worker, const struct mst_frame *frame)
{
	struct letter *letter = frame->handle;

	(void)user;
	(void)worker;
	if (letter != NULL)
		atomic_store_explicit(&letter->answer, frame->size, memory_order_release);
}

/** A worker's loop as app/muster-gw/worker.c has it, with a ring in the place of the port. */
static void *
run_worker(void *arg)
{
	struct gw_worker *w = arg;

	mst_rcu_register();
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		struct mst_frame *frames = w->batch->frame;
		struct gw_ask *ask = atomic_load_explicit(&w->ask, memory_order_acquire);
		unsigned n;

		w->now_ms = atomic_load_explicit(&now_ms, memory_order_relaxed);
		w->now_s = (uint32_t)(w->now_ms / 1000);
		w->sqn_clock = w->now_ms / TICK_MS;
		n = mst_port_ring_get_burst(post[w->index], frames, MST_LANES);
		n += mst_port_ring_get_burst(w->inbox, frames + n, MST_LANES - n);
		if (n > 0) {
			gw_burst(w, n);
			REQUIRE(bench_keys_gone(w));
			deliver(w, n);
		}
		if (!gw_between(w) && n == 0)
			sched_yield();
		if (ask != NULL) {
			atomic_store_explicit(&w->ask, NULL, memory_order_relaxed);
			ask->run(w, ask);
			atomic_store_explicit(&ask->done, true, memory_order_release);
		}
		mst_rcu_quiescent();
	}
	mst_rcu_unregister();
	return NULL;
}

static unsigned
random_below(struct field *f, unsigned n)
{
	f->random = f->random * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(f->random >> 33) % n;
}

static void
post_letter(struct letter *letter, unsigned worker)
{
	letter->frame.handle = letter;
	atomic_store_explicit(&letter->answer, WAITING, memory_order_relaxed);
	REQUIRE(mst_port_ring_put_burst_mt(post[worker], &letter->frame, 1) == 1);
}

static uint32_t
await(struct letter *letter)
{
	uint32_t size;

	while ((size = atomic_load_explicit(&letter->answer, memory_order_acquire)) == WAITING)
		sched_yield();
	return size;
}

/** Carries a device's frame to some worker and, every third time, a copy to another. */
static void
carry(struct bench *b, unsigned worker, struct mst_frame *frames, unsigned count)
{
	struct field *f = b->carrier;
	struct letter letter = {.frame = frames[0]}, copy = {.frame = frames[0]};
	bool twice = random_below(f, 3) == 0;

	REQUIRE(count == 1 && worker == 0);
	worker = random_below(f, WORKERS);
	if (twice) {
		copy.frame.data = malloc(frames[0].capacity);
		REQUIRE(copy.frame.data != NULL);
		memcpy(copy.frame.data, frames[0].data, frames[0].size);
		post_letter(&copy, (worker + 1) % WORKERS);
	}
	post_letter(&letter, worker);
	frames[0].size = (uint16_t)await(&letter);
	if (twice) {
		await(&copy);
		free(copy.frame.data);
	}
}

/** One way to a session and a group: false when the cookie's key or the SQN's tick went by on the
 * way. */
static bool
try_to_join(struct field *f, struct device *d, uint64_t group)
{
	bool express = random_below(f, 2);
	struct answer a;

	if (express)
		device_negotiate(d, "ace-group/0123456789abcdef", true, &a);
	else
		device_first(d, &a);
	if (device_authenticate(d) != 0)
		return false;
	if (!express && device_answer(d, &a) != MST_COAP_CHANGED)
		return false;
	return device_join(d, group, express) >> 5 == 2;
}

static void
join(struct field *f, struct device *d, uint64_t group)
{
	unsigned tries = 0;
	uint64_t before = 0;

	while (!try_to_join(f, d, group)) {
		before = atomic_load_explicit(&now_ms, memory_order_relaxed);
		REQUIRE(++tries < TRIES);
		while (atomic_load_explicit(&now_ms, memory_order_relaxed) == before)
			sched_yield();
	}
	d->piv++;
}

/** A device that lost its session gets another. */
static void
bootstrap(struct device *d)
{
	struct answer a;
	uint64_t before;

	for (unsigned tries = 0; tries < TRIES; tries++) {
		device_first(d, &a);
		if (device_authenticate(d) == 0 && device_answer(d, &a) == MST_COAP_CHANGED)
			return;
		before = atomic_load_explicit(&now_ms, memory_order_relaxed);
		while (atomic_load_explicit(&now_ms, memory_order_relaxed) == before)
			sched_yield();
	}
	REQUIRE(!"a device finds no session");
}

/** One request at random, whatever it is answered. Returns its code. */
static uint8_t
change(struct field *f, struct device *d)
{
	struct mst_policy_change policy = policy_admission(random_below(f, 3));
	unsigned place = random_below(f, OFFERED), other = random_below(f, DEVICES);
	uint64_t group = atomic_load(&offered[place]);
	struct mst_ua_response r;
	uint8_t code;

	switch (random_below(f, group != 0 ? 12 : 1)) {
	case 0:
		policy.has |= MST_POLICY_REKEY_JOIN | MST_POLICY_MEMBER_LIMIT;
		policy.to.rekey_join = random_below(f, 2);
		policy.to.member_limit = random_below(f, 3) * 8;
		code = manage_create(d, &policy, &r);
		if (code == MST_COAP_CREATED)
			atomic_store(&offered[place], d->gid);
		return code;
	case 1:
		return manage_leave(d, group, &r);
	case 2:
		return manage_evict(d, group, &f->device[other], &r);
	case 3:
	case 4:
		return manage_decide(d, group, NULL, random_below(f, 4) != 0, &r);
	case 5:
		return manage_rekey(d, group, 1 + random_below(f, 3), &r);
	case 6:
		return random_below(f, 8) == 0 ? manage_dissolve(d, group, &r)
					       : manage_policies(d, group, &policy, &r);
	case 7:
		return manage_owners(d, group, NULL, &f->device[other], NULL, &r);
	case 8:
		return manage_observe(d, random_below(f, 2) ? MST_RES_GROUP : MST_RES_GROUP_PENDING,
			group, false, &r);
	default:
		return manage_join(d, group, &r);
	}
}

/** Whether what the changes are about has happened; which requests succeed depends on the
 * scheduler. */
static bool
seen_enough(void)
{
	return bench_outcome(&shared, GW_REKEYS) > 0 && bench_outcome(&shared, GW_LEAVES) > 0 &&
	       bench_outcome(&shared, GW_CANDIDATES) > 0;
}

static void
change_much(struct field *f)
{
	for (unsigned n = 0; n < CHANGES || (n < 100 * CHANGES && !seen_enough()); n++) {
		struct device *d = &f->device[random_below(f, DEVICES)];

		if (change(f, d) == MST_COAP_UNAUTHORIZED)
			bootstrap(d);
	}
}

static void *
run_field(void *arg)
{
	struct field *f = arg;
	uint64_t group;

	for (unsigned i = 0; i < DEVICES; i++)
		device_init(&f->device[i], &f->bench, f->index * DEVICES + i);
	if (f->index == 0) {
		join(f, &f->device[0], 0);
		atomic_store(&gid, f->device[0].gid);
	}
	while ((group = atomic_load(&gid)) == 0)
		sched_yield();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < DEVICES; i++) {
			struct device *d = &f->device[i];

			join(f, d, group);
			/* In the session that stands; every other device has a group of its own,
			 * too. */
			REQUIRE(device_join(d, group, false) == MST_COAP_CHANGED);
			if (i % 2 && round == 0) {
				struct device own = *d;

				own.piv++;
				REQUIRE(device_join(&own, 0, false) >> 5 == 2);
				d->piv = own.piv;
			}
		}
	}
	atomic_fetch_sub(&fields_left, 1);
	while (!atomic_load(&second_part))
		sched_yield();
	change_much(f);
	atomic_fetch_add(&fields_changed, 1);
	return NULL;
}

/** A worker's part of the list of a group. */
struct question {
	struct gw_ask ask; /* first */
	uint32_t group;
	unsigned count;
	uint64_t named; /* subscribers */
};

static void
list_members(struct gw_worker *w, struct gw_ask *ask)
{
	struct question *q = (struct question *)ask;
	const struct mst_member *m = mst_members_first(&w->members, q->group);

	for (q->count = 0, q->named = 0; m != NULL; m = mst_members_next(&w->members, m)) {
		if (mst_member_standing(m) != MST_MEMBER)
			continue;
		q->count++;
		q->named |= UINT64_C(1) << m->sid;
	}
	REQUIRE(q->count == mst_members_of(&w->members, q->group));
}

/** The subscribers that the workers name as members. */
static uint64_t
ask_members(uint32_t group)
{
	uint64_t named = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		struct question q = {.ask.run = list_members, .group = group};

		mst_rcu_offline();
		gw_ask(shared.gw, i, &q.ask);
		mst_rcu_online();
		REQUIRE((named & q.named) == 0);
		named |= q.named;
	}
	return named;
}

static unsigned
walk_groups(void)
{
	const struct mst_group *g = mst_groups_from_rcu(&shared.gw->groups, 0);
	unsigned count = 0;

	for (; g != NULL; g = mst_groups_from_rcu(&shared.gw->groups, g->index + 1)) {
		REQUIRE(mst_groups_find_rcu(&shared.gw->groups, g->gid) == g);
		REQUIRE(mst_group_now_rcu(g)->num == 1);
		count++;
	}
	return count;
}

static void
control(void)
{
	const struct timespec nap = {.tv_nsec = 2000000};
	uint64_t outcomes = 0;

	for (unsigned round = 0; atomic_load(&fields_left) > 0; round++) {
		const struct mst_group *g;
		uint64_t sum = 0;

		atomic_fetch_add(&now_ms, TICK_MS);
		for (unsigned i = 0; i < GW_OUTCOME_COUNT; i++)
			sum += bench_outcome(&shared, (enum gw_outcome)i);
		REQUIRE(sum >= outcomes);
		outcomes = sum;
		REQUIRE(walk_groups() <= mst_groups_count(&shared.gw->groups));
		g = mst_groups_from_rcu(&shared.gw->groups, 0);
		if (g != NULL)
			ask_members(g->index);
		mst_rcu_quiescent();
		mst_rcu_offline();
		if (round % 16 == 15)
			REQUIRE(gw_rotate_cookies(shared.gw) == 0);
		nanosleep(&nap, NULL);
		mst_rcu_online();
	}
}

static void
check_end(void)
{
	const struct mst_group *g = mst_groups_find_rcu(&shared.gw->groups, atomic_load(&gid));

	REQUIRE(g != NULL && ask_members(g->index) == UINT64_MAX);
	for (unsigned f = 0; f < FIELDS; f++)
		for (unsigned i = 0; i < DEVICES; i++) {
			REQUIRE(field[f].device[i].gid == g->gid);
			REQUIRE(memcmp(field[f].device[i].kg, mst_group_now_rcu(g)->kg, MST_KG) ==
				0);
		}
	REQUIRE(walk_groups() == 1 + BENCH_SUBSCRIBERS / 2);
	REQUIRE(bench_outcome(&shared, GW_CREATES) == 1 + BENCH_SUBSCRIBERS / 2);
	REQUIRE(bench_outcome(&shared, GW_JOINS) == BENCH_SUBSCRIBERS - 1);
	REQUIRE(bench_outcome(&shared, GW_FORWARDED) > 0);
	REQUIRE(bench_drops(&shared, MST_E_RING_FULL) == 0);
}

/** Lets time pass, with everything that workers have under way. */
static void
tick(void)
{
	atomic_fetch_add(&now_ms, TICK_MS);
	mst_rcu_quiescent();
	mst_rcu_offline();
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	mst_rcu_online();
}

/** Lists, counts of subscribers and owners agree. */
static void
check_changed(void)
{
	const struct mst_group *g = mst_groups_from_rcu(&shared.gw->groups, 0);
	unsigned joined[BENCH_SUBSCRIBERS] = {0}, owned[BENCH_SUBSCRIBERS] = {0};

	for (; g != NULL; g = mst_groups_from_rcu(&shared.gw->groups, g->index + 1)) {
		const struct mst_group_state *now = mst_group_now_rcu(g);
		uint64_t members = ask_members(g->index);

		REQUIRE(!now->dissolved || members == 0);
		for (unsigned i = 0; i < BENCH_SUBSCRIBERS; i++)
			joined[i] += members >> i & 1;
		for (unsigned i = 0; i < now->owners; i++)
			REQUIRE(members >> now->owner[i] & 1);
		if (now->owners > 0)
			owned[now->owner[0]]++;
	}
	for (unsigned i = 0; i < BENCH_SUBSCRIBERS; i++) {
		uint64_t s = mst_subs_state(mst_hss_record(&shared.hss, gw_ref(shared.gw, i)));

		REQUIRE(mst_subs_state_joined(s) == joined[i]);
		REQUIRE(mst_subs_state_created(s) == owned[i]);
	}
	REQUIRE(seen_enough());
}

static void
start_field(struct field *f, unsigned index)
{
	*f = (struct field){.bench = shared, .index = index, .random = index + 1};
	f->bench.carry = carry;
	f->bench.carrier = f;
	REQUIRE(mst_crypto_create(&f->bench.crypto, NULL) == 0);
	REQUIRE(pthread_create(&f->thread, NULL, run_field, f) == 0);
}

int
main(void)
{
	struct gw_options options = bench_options();
	pthread_t worker[WORKERS];

	options.workers = WORKERS;
	bench_open(&shared, &options);
	shared.gw->sink = take_answer;
	atomic_store(&now_ms, shared.now_ms);
	atomic_store(&fields_left, FIELDS);
	for (unsigned i = 0; i < WORKERS; i++) {
		REQUIRE(mst_port_ring_create(&post[i], sizeof(struct mst_frame), RING) == 0);
		REQUIRE(pthread_create(&worker[i], NULL, run_worker, shared.gw->worker[i]) == 0);
	}
	for (unsigned i = 0; i < FIELDS; i++)
		start_field(&field[i], i);
	control();
	check_end();
	atomic_store(&second_part, true);
	while (atomic_load(&fields_changed) < FIELDS)
		tick();
	for (unsigned i = 0; i < FIELDS; i++)
		pthread_join(field[i].thread, NULL);
	tick();
	check_changed();
	atomic_store(&stop, true);
	mst_rcu_offline();
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(worker[i], NULL);
	mst_rcu_online();
	for (unsigned i = 0; i < FIELDS; i++)
		mst_crypto_destroy(field[i].bench.crypto);
	for (unsigned i = 0; i < WORKERS; i++)
		mst_port_ring_destroy(post[i]);
	bench_close(&shared);
	return 0;
}
