/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames and answers that scapy built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "fixture.h"
#include "net/net.h"

#define COUNT  (sizeof(vectors) / sizeof(vectors[0]))
#define ANSWER "the answer!"

static const struct {
	const char *name;
	size_t size;
	const char *hex;
	int result;
	const char *answer;
} vectors[] = {
#include "vectors.inc"
};

/* The frame in memory of exactly `capacity` octets, so that the sanitizer sees what lies beyond. */
static uint8_t *
frame_of(size_t row, size_t capacity)
{
	uint8_t *frame = malloc(capacity > 0 ? capacity : 1);
	size_t n = strlen(vectors[row].hex) / 2;

	assert_non_null(frame);
	memset(frame, 0xdd, capacity);
	memset(frame, 0, vectors[row].size);
	assert_int_equal(mst_hex_decode(vectors[row].hex, 2 * n, frame, n), 0);
	return frame;
}

static size_t
answer_of(size_t row, uint8_t answer[2048])
{
	size_t n = strlen(vectors[row].answer) / 2;

	assert_true(n <= 2048);
	assert_int_equal(mst_hex_decode(vectors[row].answer, 2 * n, answer, n), 0);
	return n;
}

static void
results(void **state)
{
	struct mst_net_host host = test_host(5683);

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		size_t capacity = vectors[i].size;
		struct mst_net_view view, untouched;
		uint8_t *frame, *before, answer[2048];
		size_t n = answer_of(i, answer);
		int result;

		if (vectors[i].result == MST_NET_REPLY && n > capacity)
			capacity = n;
		frame = frame_of(i, capacity);
		before = frame_of(i, capacity);
		memset(&view, 0xa5, sizeof(view));
		untouched = view;
		result = mst_net_parse(frame, vectors[i].size, capacity, &host, &view);
		if (result != vectors[i].result)
			fail_msg("%s: %s", vectors[i].name, mst_err_name(result));
		if (result < 0) {
			assert_memory_equal(&view, &untouched, sizeof(view));
			assert_memory_equal(frame, before, capacity);
		} else if (result == MST_NET_REPLY) {
			assert_int_equal(view.frame_size, n);
			if (memcmp(frame, answer, n) != 0)
				fail_msg("%s: wrong answer", vectors[i].name);
		}
		free(frame);
		free(before);
	}
}

/* The answer from a place of its own, from where it belongs, and from one octet behind. */
static void
answer_datagram(size_t row, int place)
{
	struct mst_net_host host = test_host(0);
	const size_t size = strlen(ANSWER);
	const uint8_t *payload = (const uint8_t *)ANSWER;
	struct mst_net_view view;
	uint8_t answer[2048];
	size_t n = answer_of(row, answer), capacity = vectors[row].size + 40;
	uint8_t *frame = frame_of(row, capacity), *before = frame_of(row, capacity);

	assert_int_equal(
		mst_net_parse(frame, vectors[row].size, capacity, &host, &view), MST_NET_UDP);
	assert_memory_equal(frame, before, capacity);
	assert_ptr_equal(mst_net_payload(&view, frame), frame + view.payload);
	assert_int_equal(view.src_port, 40000);
	assert_int_equal(view.dst_port, 5683);
	assert_int_equal(mst_net_reply(&view, frame, n - 1, payload, size), -MST_E_NO_SPACE);
	assert_int_equal(mst_net_reply(&view, frame, capacity, payload, 65500), -MST_E_NO_SPACE);
	assert_memory_equal(frame, before, capacity);
	if (place > 0)
		payload = memcpy(frame + view.payload + place - 1, ANSWER, size);
	assert_int_equal(mst_net_reply(&view, frame, n, payload, size), n);
	if (memcmp(frame, answer, n) != 0)
		fail_msg("%s: wrong answer", vectors[row].name);
	free(frame);
	free(before);
}

static void
datagrams_are_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		for (int place = 0; place < 3; place++)
			if (vectors[i].result == MST_NET_UDP)
				answer_datagram(i, place);
}

/* A burst does what single calls do, for no lane, all, and holes. */
static void
bursts_equal_single_calls(void **state)
{
	static const mst_lanes lives[] = {
		0, 1, 0x8000000000000000, 0x5555555555555555, 0xfff0ffff00ff0ff0, UINT64_MAX};
	struct mst_net_host host = test_host(5683);
	static struct mst_net_cols cols;

	(void)state;
	for (size_t base = 0; base < COUNT; base += MST_LANES) {
		for (size_t k = 0; k < sizeof(lives) / sizeof(lives[0]); k++) {
			mst_lanes datagrams, replies;

			for (unsigned i = 0; i < MST_LANES; i++) {
				size_t row = (base + i) % COUNT, size = vectors[row].size;

				cols.capacity[i] = (uint16_t)(size < 1500 ? 1500 : size);
				cols.size[i] = (uint16_t)size;
				cols.frame[i] = frame_of(row, cols.capacity[i]);
				cols.status[i] = 0xeeee;
			}
			datagrams = mst_net_parse_burst(&host, &cols, lives[k], &replies);
			for (unsigned i = 0; i < MST_LANES; i++) {
				int result = vectors[(base + i) % COUNT].result;
				bool live = (lives[k] & MST_LANE(i)) != 0;

				assert_int_equal((datagrams & MST_LANE(i)) != 0,
					live && result == MST_NET_UDP);
				assert_int_equal((replies & MST_LANE(i)) != 0,
					live && result == MST_NET_REPLY);
				assert_int_equal(cols.status[i], !live        ? 0xeeee
								 : result < 0 ? -result
									      : 0);
				free(cols.frame[i]);
			}
		}
	}
}

/* However a frame is cut or one octet of its headers is changed, nothing is read or written past
 * it. */
static void
damaged_frames(void **state)
{
	struct mst_net_host host = test_host(5683);

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		struct mst_net_view view;
		uint8_t *frame;

		if (vectors[i].size > 200)
			continue;
		for (size_t cut = 0; cut < vectors[i].size; cut++) {
			uint8_t *whole = frame_of(i, vectors[i].size);

			frame = malloc(cut > 0 ? cut : 1);
			memcpy(frame, whole, cut);
			if (mst_net_parse(frame, cut, cut, &host, &view) == MST_NET_REPLY)
				assert_true(view.frame_size <= cut);
			free(frame);
			free(whole);
		}
		for (size_t at = 0; at < vectors[i].size && at < 90; at++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				size_t n = vectors[i].size;

				frame = frame_of(i, n);
				frame[at] ^= (uint8_t)(1U << bit);
				switch (mst_net_parse(frame, n, n, &host, &view)) {
				case MST_NET_UDP:
					assert_true(view.payload + view.size <= (int)n);
					mst_net_reply(&view, frame, n, "a", 1);
					break;
				case MST_NET_REPLY:
					assert_true(view.frame_size <= n);
					break;
				}
				free(frame);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(datagrams_are_answered),
		cmocka_unit_test(bursts_equal_single_calls),
		cmocka_unit_test(damaged_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
