/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays approval, observation, rekey, eviction and departure against a gateway in memory, and
 *writes what goes over the wire, with the OSCORE contexts, for a dissector that muster has no part
 *in. manage_capture CAPTURE.pcap CONTEXTS
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../app/muster-load/capture.h"
#include "../../app/muster-load/keylog.h"
#include "manager.h"

#define DEVICES 4

static struct bench bench;
static struct device dev[DEVICES];
static struct capture capture;
static struct mst_ua_response r;

static void
tap(struct bench *b, const void *frame, size_t size)
{
	capture_frame(&capture, b->now_ms * 1000, frame, size);
	b->now_ms++;
}

static void
expect(uint8_t code, uint8_t wanted, const char *what)
{
	if (code == wanted)
		return;
	fprintf(stderr, "%s: %u.%02u\n", what, code >> 5, code & 31);
	exit(EXIT_FAILURE);
}

static void
play(void)
{
	struct mst_policy_change change = policy_admission(MST_ADMIT_OWNERS);
	uint64_t gid;

	expect(manage_create(&dev[0], &change, &r), MST_COAP_CREATED, "create");
	gid = dev[0].gid;
	expect(manage_observe(&dev[0], MST_RES_GROUP_PENDING, gid, false, &r), MST_COAP_CONTENT,
		"observe candidates");
	for (unsigned i = 1; i < DEVICES; i++)
		expect(manage_join(&dev[i], gid, &r), MST_COAP_EMPTY, "join");
	expect(manage_late(&dev[0], MST_RES_GROUP_PENDING, &r), MST_COAP_CONTENT, "candidates");
	expect(manage_decide(&dev[0], gid, &dev[3], false, &r), MST_COAP_CHANGED, "refuse");
	expect(manage_late(&dev[3], MST_RES_GROUP, &r), MST_COAP_FORBIDDEN, "refused");
	expect(manage_decide(&dev[0], gid, NULL, true, &r), MST_COAP_CHANGED, "admit");
	for (unsigned i = 1; i < 3; i++)
		expect(manage_late(&dev[i], MST_RES_GROUP, &r), MST_COAP_CREATED, "admitted");
	expect(manage_observe(&dev[1], MST_RES_GROUP, gid, false, &r), MST_COAP_CONTENT, "observe");
	expect(manage_rekey(&dev[0], gid, 1, &r), MST_COAP_CHANGED, "rekey");
	bench.now_ms += 1000;
	bench_settle(&bench);
	expect(manage_late(&dev[1], MST_RES_GROUP, &r), MST_COAP_CONTENT, "new key");
	expect(manage_get(&dev[2], MST_RES_GROUP_NUM, gid, &r), MST_COAP_CONTENT, "number");
	expect(manage_get(&dev[2], MST_RES_GROUP_POLICIES, gid, &r), MST_COAP_CONTENT, "policies");
	expect(manage_owners(&dev[0], gid, NULL, &dev[1], NULL, &r), MST_COAP_CHANGED, "owners");
	expect(manage_evict(&dev[1], gid, &dev[2], &r), MST_COAP_DELETED, "evict");
	expect(manage_leave(&dev[1], gid, &r), MST_COAP_DELETED, "leave");
	expect(manage_dissolve(&dev[0], gid, &r), MST_COAP_DELETED, "dissolve");
}

int
main(int argc, char **argv)
{
	struct keylog *log;

	if (argc != 3 || capture_open(&capture, argv[1], 10000, 0) ||
		keylog_open(&log, argv[2], DEVICES))
		return EXIT_FAILURE;
	managers_open(&bench, 3, dev, DEVICES);
	for (unsigned i = 0; i < DEVICES; i++) {
		dev[i].context = true;
		keylog_session(log, i, dev[i].rand, dev[i].ks_naf);
	}
	bench.tap = tap;
	play();
	bench_close(&bench);
	return capture_close(&capture) || keylog_close(log) ? EXIT_FAILURE : EXIT_SUCCESS;
}
