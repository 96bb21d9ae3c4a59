/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recorded exchanges, spoiled at random and played to a fresh gateway of the same site, which would
 * take the originals: whatever it makes of them, a session is that of the device that was recorded,
 * with its RAND and its Ks_NAF.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"

#define ROUNDS       2000
#define MESSAGES_MAX 8
#define ROOM         1024

/** What one device said, as frames, and what came of it. */
struct recording {
	unsigned number; /* of the device, and its session */
	unsigned count;
	struct message {
		uint8_t coap[ROOM];
		size_t size;
	} message[MESSAGES_MAX];
	mst_b16 rand;
	mst_b32 ks_naf;
};

static struct recording recordings[2];
static uint64_t seed = 1;

static unsigned
random_below(size_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((seed >> 33) % n);
}

/** A gateway with the site's cookie key and the time of all others. */
static void
open_site(struct bench *b)
{
	static const mst_b16 key = "a key of a site.";

	bench_open(b, NULL);
	mst_cookie_keys_init(b->crypto, &b->gw->cookies->keys, key);
}

/** Notes what a device sends, on its way. */
static void
record(struct bench *b, unsigned worker, struct mst_frame *frames, unsigned count)
{
	struct recording *r = b->carrier;
	struct mst_net_view view;

	assert_int_equal(count, 1);
	assert_true(r->count < MESSAGES_MAX);
	assert_int_equal(mst_net_parse(frames[0].data, frames[0].size, frames[0].capacity,
				 &b->gw->host, &view),
		MST_NET_UDP);
	r->message[r->count].size = view.size;
	memcpy(r->message[r->count++].coap, mst_net_payload(&view, frames[0].data), view.size);
	bench_burst(b, worker, frames, count);
}

static void
record_exchange(struct recording *r, unsigned number, bool express)
{
	struct device d;
	struct answer a;
	struct bench b;

	*r = (struct recording){.number = number};
	open_site(&b);
	b.carry = record;
	b.carrier = r;
	device_init(&d, &b, number);
	device_negotiate(&d, "manage", express, &a);
	if (express)
		assert_int_equal(device_authenticate(&d), 0);
	else
		device_bootstrap(&d);
	assert_int_equal(device_join(&d, 0, express), MST_COAP_CREATED);
	d.piv++;
	assert_int_equal(device_join(&d, d.gid, false), MST_COAP_CHANGED);
	memcpy(r->rand, d.rand, sizeof(r->rand));
	memcpy(r->ks_naf, d.ks_naf, sizeof(r->ks_naf));
	bench_close(&b);
}

static void
flip_bits(uint8_t *octets, size_t size)
{
	for (unsigned n = 1 + random_below(8); n > 0 && size > 0; n--)
		octets[random_below(size)] ^= (uint8_t)(1U << random_below(8));
}

/** Repeats a piece of the octets in place. Returns the new size. */
static size_t
duplicate(uint8_t *octets, size_t size)
{
	size_t at = random_below(size), n = 1 + random_below(size - at);

	if (size + n > ROOM)
		return size;
	memmove(octets + at + n, octets + at, size - at);
	return size + n;
}

/** The head of one message and the tail of another. */
static size_t
splice(uint8_t *octets, size_t size, const struct message *other)
{
	size_t head = random_below(size + 1), from = random_below(other->size);

	memcpy(octets + head, other->coap + from, other->size - from);
	return head + other->size - from;
}

static size_t
spoil(uint8_t *octets, size_t size)
{
	const struct recording *r = &recordings[random_below(2)];

	switch (random_below(4)) {
	case 0:
		flip_bits(octets, size);
		return size;
	case 1:
		return random_below(size);
	case 2:
		return duplicate(octets, size);
	default:
		return splice(octets, size, &r->message[random_below(r->count)]);
	}
}

/** The message in a frame, spoiled before or after it was wrapped, or as it was. */
static struct mst_frame
make_frame(const struct message *m, bool spoiled)
{
	const struct device from = {.ip = 0x0a000100 + random_below(64)};
	uint8_t octets[2 * ROOM];
	struct mst_frame f;
	size_t size = m->size;
	bool whole = spoiled && random_below(4) == 0;

	memcpy(octets, m->coap, size);
	if (spoiled && !whole)
		size = spoil(octets, size);
	f = device_frame(&from, octets, size);
	if (whole)
		f.size = (uint16_t)spoil(f.data, f.size);
	return f;
}

static void
play(struct bench *b, struct mst_frame *frames, unsigned count, unsigned at_once)
{
	const struct gw_batch *batch = b->gw->worker[0]->batch;

	for (unsigned first = 0; first < count; first += at_once) {
		unsigned n = count - first < at_once ? count - first : at_once;

		bench_burst(b, 0, frames + first, n);
		mst_for_lanes(i, batch->sent & ~batch->host_replies & ~batch->proved) {
			assert_true(batch->out_size[i] <= GW_UNPROVED_MAX);
			assert_true(
				batch->out_size[i] <= GW_UNPROVED_FACTOR * batch->net.view[i].size);
		}
	}
	for (unsigned i = 0; i < count; i++)
		free(frames[i].data);
}

/** All there is belongs to the recorded devices and is what they proved. Returns the sessions. */
static unsigned
check(const struct bench *b)
{
	static const mst_b16 none;
	static struct state s;
	unsigned sessions = 0;

	state_take(b, &s);
	for (unsigned i = 0; i < BENCH_SUBSCRIBERS; i++) {
		const struct mst_session *session = &s.session[i];
		const struct recording *r = i == recordings[0].number   ? &recordings[0]
					    : i == recordings[1].number ? &recordings[1]
									: NULL;

		assert_int_equal(mst_subs_state_dif(s.subscriber[i]), 0);
		if (memcmp(session->rand, none, sizeof(none)) == 0) {
			assert_int_equal(session->owner, MST_SESSION_NOBODY);
			assert_int_equal(s.subscriber[i], 0);
			continue;
		}
		sessions++;
		assert_non_null(r);
		assert_memory_equal(session->rand, r->rand, sizeof(r->rand));
		assert_memory_equal(session->ks_naf, r->ks_naf, sizeof(r->ks_naf));
	}
	assert_int_equal(s.indexed, sessions);
	assert_true(s.groups <= sessions);
	assert_int_equal(s.members, s.groups);
	return sessions;
}

static void
originals_are_taken(void **state)
{
	(void)state;
	for (unsigned r = 0; r < 2; r++) {
		struct mst_frame frames[MESSAGES_MAX];
		struct bench b;

		open_site(&b);
		for (unsigned i = 0; i < recordings[r].count; i++)
			frames[i] = make_frame(&recordings[r].message[i], false);
		play(&b, frames, recordings[r].count, 1);
		assert_int_equal(check(&b), 1);
		assert_int_equal(bench_outcome(&b, GW_CREATES), 1);
		bench_close(&b);
	}
}

static void
spoiled_exchanges(void **state)
{
	unsigned opened = 0, without = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		const struct recording *r = &recordings[round & 1];
		struct mst_frame frames[2 * MESSAGES_MAX];
		unsigned count = 0, sessions;
		struct bench b;

		for (unsigned i = 0; i < r->count; i++) {
			bool spoiled = random_below(2);

			frames[count++] = make_frame(&r->message[i], spoiled);
			if (spoiled && random_below(4) == 0)
				frames[count++] = make_frame(&r->message[i], false);
		}
		open_site(&b);
		play(&b, frames, count, random_below(4) == 0 ? MST_LANES : 1);
		sessions = check(&b);
		opened += sessions;
		without += sessions == 0;
		bench_close(&b);
	}
	/* Both kinds of rounds, or the test tests little. */
	assert_true(opened > ROUNDS / 8 && without > ROUNDS / 8);
}

static int
setup(void **state)
{
	(void)state;
	record_exchange(&recordings[0], 1, false);
	record_exchange(&recordings[1], 3, true);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(originals_are_taken),
		cmocka_unit_test(spoiled_exchanges),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
