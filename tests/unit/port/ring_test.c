/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings between workers: capacity, order of each producer, nothing lost or doubled. */
#include "port/port.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define PRODUCERS 3
#define MESSAGES  60000

static void
test_sizes(void **state)
{
	static const unsigned counts[] = {1, 2, 3, 63, 64, 65, 1000};
	static const size_t sizes[] = {4, 8, sizeof(struct mst_frame), 64, 256};

	(void)state;
	for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			uint8_t in[256], out[256];
			struct mst_port_ring *ring;
			unsigned n = 0;

			assert_int_equal(mst_port_ring_create(&ring, sizes[s], counts[c]), 0);
			assert_int_equal(mst_port_ring_get_burst(ring, out, 1), 0);
			for (memset(in, 0, sizeof(in)); mst_port_ring_put_burst_mt(ring, in, 1);)
				memset(in, (int)++n, sizeof(in));
			assert_true(n >= counts[c]);
			assert_int_equal(mst_port_ring_count(ring), n);
			for (unsigned i = 0; i < n; i++) {
				assert_int_equal(mst_port_ring_get_burst(ring, out, 1), 1);
				memset(in, (int)i, sizeof(in));
				assert_memory_equal(in, out, sizes[s]);
			}
			assert_int_equal(mst_port_ring_count(ring), 0);
			mst_port_ring_destroy(ring);
		}
	}
	mst_port_ring_destroy(NULL);
}

static void
test_bursts(void **state)
{
	struct mst_port_ring *ring;
	uint32_t in[100], out[100];
	unsigned taken;

	(void)state;
	assert_int_equal(mst_port_ring_create(&ring, sizeof(uint32_t), 64), 0);
	for (uint32_t i = 0; i < 100; i++)
		in[i] = i;
	assert_int_equal(mst_port_ring_put_burst_mt(ring, in, 0), 0);
	assert_int_equal(mst_port_ring_put_burst_mt(ring, in, 40), 40);
	taken = mst_port_ring_put_burst_mt(ring, in + 40, 60); /* as many as fit */
	assert_in_range(taken, 24, 60);
	assert_int_equal(mst_port_ring_get_burst(ring, out, 30), 30);
	assert_int_equal(mst_port_ring_get_burst(ring, out + 30, 100), 10 + taken);
	assert_memory_equal(in, out, (40 + taken) * sizeof(uint32_t));
	mst_port_ring_destroy(ring);
}

struct message {
	uint32_t producer, number;
};

struct producer {
	pthread_t thread;
	struct mst_port_ring *ring;
	uint32_t index;
};

static void *
produce(void *arg)
{
	const struct producer *p = arg;
	struct message batch[7];

	for (uint32_t next = 0; next < MESSAGES;) {
		unsigned n = 0;

		for (; n < 7 && next + n < MESSAGES; n++)
			batch[n] = (struct message){p->index, next + n};
		n = mst_port_ring_put_burst_mt(p->ring, batch, n);
		next += n;
		if (n == 0)
			sched_yield();
	}
	return NULL;
}

static void
test_producers(void **state)
{
	struct producer p[PRODUCERS];
	uint32_t next[PRODUCERS] = {0};
	struct message batch[64];
	struct mst_port_ring *ring;

	(void)state;
	assert_int_equal(mst_port_ring_create(&ring, sizeof(struct message), 128), 0);
	for (uint32_t i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){.ring = ring, .index = i};
		assert_int_equal(pthread_create(&p[i].thread, NULL, produce, &p[i]), 0);
	}
	for (unsigned all = 0; all < PRODUCERS * MESSAGES;) {
		unsigned n = mst_port_ring_get_burst(ring, batch, 64);

		for (unsigned i = 0; i < n; i++) {
			assert_true(batch[i].producer < PRODUCERS);
			assert_int_equal(batch[i].number, next[batch[i].producer]++);
		}
		all += n;
		if (n == 0)
			sched_yield();
	}
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(p[i].thread, NULL);
	assert_int_equal(mst_port_ring_count(ring), 0);
	mst_port_ring_destroy(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_producers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
