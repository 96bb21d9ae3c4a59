/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole gateway, one burst an input. The input is up to 64 packets, each a flags octet, two
 *octets of length, and so many octets of CoAP message, wrapped in a frame from an address of its
 *own; flags 02 IPv6, 04 and 08 VLAN tags frame, with flag 01 Flag 10: the buffer has no room behind
 *the frame. In a message the seven octets N "muster" stand for the kid, and the sixteen N
 *"mustercookiecook" without its last letter for the RAND, that the gateway really gave to 0 a
 *GBA_ME subscriber, 1 a GBA_U subscriber, 2 an unknown identity; 3 stands for those of a session
 *that is open.
 *
 * Time, keys and cookies are the same for each input, K of the subscribers is nowhere in it: nobody
 *can prove anything, so nothing the gateway keeps may change, no answer may pass the bounds for the
 *unproved, and no key may be left in the columns of the batch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz.h"
#include "state.h"

#define ROOM   2048
#define HEAD   3 /* flags, length */
#define MARKED 4
#define MARK   "mustercookiecoo"

enum { RAW = 1, IPV6 = 2, TIGHT = 16 };

static struct bench bench;
static struct state before;
static mst_b16 genuine[MARKED];

/** Takes a challenge, for its RAND alone. */
static void
challenge(unsigned number, uint8_t *rand)
{
	struct device d;
	struct answer a;

	device_init(&d, &bench, number);
	device_first(&d, &a);
	memcpy(rand, d.rand, sizeof(d.rand));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const mst_b16 key = "a key of a site.";
	struct device d;
	struct gw *gw;

	(void)argc;
	(void)argv;
	bench_open(&bench, NULL);
	gw = bench.gw;
	memset(&gw->seed, 0x5a, sizeof(gw->seed));
	memset(gw->decoy.k, 0x11, sizeof(gw->decoy.k));
	memset(gw->decoy.opc, 0x22, sizeof(gw->decoy.opc));
	mst_cookie_keys_init(bench.crypto, &gw->cookies->keys, key);
	challenge(1, genuine[0]);
	challenge(3, genuine[1]);
	challenge(1000000, genuine[2]);
	device_init(&d, &bench, 0);
	device_bootstrap(&d);
	REQUIRE(device_join(&d, 0, false) == MST_COAP_CREATED);
	memcpy(genuine[3], d.rand, sizeof(d.rand));
	state_take(&bench, &before);
	return 0;
}

/** Puts genuine kids and RANDs where their marks are. */
static void
put_genuine(uint8_t *octets, size_t size)
{
	for (size_t i = 0; i + MST_KID <= size; i++) {
		const uint8_t *rand = octets[i] < MARKED ? genuine[octets[i]] : NULL;

		if (rand == NULL || memcmp(octets + i + 1, MARK, MST_KID - 1) != 0)
			continue;
		if (i + 16 <= size && memcmp(octets + i + 1, MARK, 15) == 0)
			memcpy(octets + i, rand, 16);
		else
			memcpy(octets + i, rand, MST_KID);
	}
}

static struct mst_frame
wrap(unsigned lane, uint8_t flags, const uint8_t *data, size_t size)
{
	struct device from = {
		.ip = 0x0a000100 + lane, .ipv6 = (flags & IPV6) != 0, .vlans = flags >> 2 & 3};
	uint8_t octets[ROOM];
	struct mst_frame f;

	if (from.vlans > 2)
		from.vlans = 2;
	if (size > ROOM - 100)
		size = ROOM - 100;
	if (size > 0)
		memcpy(octets, data, size);
	put_genuine(octets, size);
	if ((flags & RAW) == 0) {
		f = device_frame(&from, octets, size);
	} else {
		f = (struct mst_frame){
			.data = malloc(ROOM), .capacity = ROOM, .size = (uint16_t)size};
		REQUIRE(f.data != NULL);
		memcpy(f.data, octets, size);
	}
	if (flags & TIGHT && f.size > 0) {
		f.capacity = f.size;
		f.data = realloc(f.data, f.size);
		REQUIRE(f.data != NULL);
	}
	return f;
}

static unsigned
split(const uint8_t *data, size_t size, struct mst_frame *frames)
{
	unsigned count = 0;

	for (; count < MST_LANES && size > HEAD; count++) {
		size_t n = mst_get_be16(data + 1);

		if (n > size - HEAD)
			n = size - HEAD;
		frames[count] = wrap(count, data[0], data + HEAD, n);
		data += HEAD + n;
		size -= HEAD + n;
	}
	return count;
}

static void
check_answers(const struct gw_batch *b, mst_lanes all)
{
	REQUIRE(b->proved == 0 && b->given_away == 0 && (b->sent & ~all) == 0);
	mst_for_lanes(i, b->sent & ~b->host_replies) {
		REQUIRE(b->out_size[i] <= GW_UNPROVED_MAX);
		REQUIRE(b->out_size[i] <= GW_UNPROVED_FACTOR * b->net.view[i].size);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_worker *w = bench.gw->worker[0];
	struct mst_frame frames[MST_LANES];
	static struct state after;
	unsigned count = split(data, size, frames);

	if (count == 0)
		return 0;
	w->nonce = w->later.mid = 0;
	bench_burst(&bench, 0, frames, count); /* which checks the columns of keys */
	check_answers(w->batch, mst_lanes_first(count));
	state_take(&bench, &after);
	REQUIRE(state_same(&before, &after));
	for (unsigned i = 0; i < count; i++)
		free(frames[i].data);
	return 0;
}
