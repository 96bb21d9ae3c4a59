/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages that are malformed, forged, late or repeated, one by one: the exact answer or silence,
 * the one counter that moves, and that nothing the gateway keeps has changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "device.h"
#include "hostile_rows.h"
#include "net/checksum.h"
#include "state.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define ANSWER_MAX 1600

static int
setup(void **state)
{
	*state = scene_open();
	return 0;
}

static int
teardown(void **state)
{
	scene_close(*state);
	return 0;
}

static uint8_t
digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	assert_int_equal(strlen(hex) % 2, 0);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return n;
}

static void
expect_octets(const char *what, const uint8_t *got, size_t size, const char *hex)
{
	uint8_t expected[256];
	size_t n = hex != NULL ? unhex(hex, expected) : 0;

	if (size != n || memcmp(got, expected, n) != 0)
		fail_msg(
			"%s: answered by %zu octets, code %02x", what, size, size > 1 ? got[1] : 0);
}

/** Every row alone, then all of them mixed into full bursts. */
static void
malformed_datagrams(void **state)
{
	struct scene *s = *state;
	struct state before, after, total;
	struct mst_frame frames[MST_LANES];
	uint8_t octets[1024], answer[ANSWER_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		size_t n;

		print_message("%s\n", r->what);
		state_take(&s->bench, &before);
		n = device_send(&s->stranger, octets, unhex(r->request, octets), answer);
		state_take(&s->bench, &after);
		expect_octets(r->what, answer, n, r->answer);
		state_check_counts(&before, &after, r->drop, r->outcome);
		assert_true(state_same(&before, &after));
	}
	state_take(&s->bench, &total);
	for (size_t first = 0; first < COUNT(rows); first += MST_LANES / 2) {
		for (unsigned i = 0; i < MST_LANES; i++) {
			const struct row *r = &rows[(first + i) % COUNT(rows)];

			frames[i] = device_frame(&s->stranger, octets, unhex(r->request, octets));
		}
		bench_burst(&s->bench, 0, frames, MST_LANES);
		for (unsigned i = 0; i < MST_LANES; i++) {
			const struct row *r = &rows[(first + i) % COUNT(rows)];
			size_t n = frames[i].size > 0
					   ? device_unwrap(&s->stranger, &frames[i], answer)
					   : 0;

			expect_octets(r->what, answer, n, r->answer);
			free(frames[i].data);
		}
	}
	state_take(&s->bench, &after);
	assert_true(state_same(&total, &after));
}

static void
harmless_options(void **state)
{
	struct scene *s = *state;
	struct state before, after;
	uint8_t octets[1024], answer[ANSWER_MAX];

	for (size_t i = 0; i < COUNT(harmless); i++) {
		size_t n;

		print_message("%s\n", harmless[i].what);
		state_take(&s->bench, &before);
		n = device_send(&s->stranger, octets, unhex(harmless[i].request, octets), answer);
		state_take(&s->bench, &after);
		assert_int_equal(n, 4 + 4 + 3 + 37);
		expect_octets(harmless[i].what, answer, 14, SAY("81") "c13cffa20350");
		state_check_counts(&before, &after, 0, GW_CHALLENGES);
		assert_true(state_same(&before, &after));
	}
}

/** Unknown method and path, asked Non-confirmably: answered so, under a message id of the
 * gateway's. */
static void
errors_to_nonconfirmable_requests(void **state)
{
	static const struct {
		const char *request;
		uint8_t code;
		enum mst_err drop;
	} non[] = {
		{NON "b3627366113ce0fde0ffa1" IMSI, MST_COAP_BAD_OPTION, MST_E_COAP_CRITICAL},
		{NON, MST_COAP_NOT_FOUND, MST_E_COAP_PATH},
		{"54011234aabbccddb3627366", MST_COAP_METHOD_NOT_ALLOWED, MST_E_COAP_METHOD},
		{NON "b3627366113cffa0", MST_COAP_BAD_REQUEST, MST_E_CBOR_MISSING},
		{NON "99090001020304050607ff00", MST_COAP_UNAUTHORIZED, MST_E_OSCORE_KID},
	};
	struct scene *s = *state;
	struct state before, after;
	uint8_t octets[1024], answer[ANSWER_MAX];
	uint16_t mid = 0;

	for (size_t i = 0; i < COUNT(non); i++) {
		const uint8_t head[] = {0x54, non[i].code}, token[] = {0xaa, 0xbb, 0xcc, 0xdd};

		state_take(&s->bench, &before);
		assert_int_equal(
			device_send(&s->stranger, octets, unhex(non[i].request, octets), answer),
			8);
		state_take(&s->bench, &after);
		assert_memory_equal(answer, head, 2);
		assert_memory_equal(answer + 4, token, 4);
		if (i > 0)
			assert_int_equal(mst_get_be16(answer + 2), mid + 1);
		mid = mst_get_be16(answer + 2);
		state_check_counts(&before, &after, non[i].drop, -1);
		assert_true(state_same(&before, &after));
	}
}

static void
requests_of_every_size(void **state)
{
	static const char head[] = UB "a2" IMSI "0f59";
	struct scene *s = *state;
	struct state before, after;
	uint8_t octets[1500] = {0}, answer[ANSWER_MAX];
	size_t n = unhex(head, octets);

	for (size_t size = 1000; size <= 1472; size++) {
		bool fits = size <= 1024;

		mst_put_be16(octets + n, (uint16_t)(size - n - 2));
		state_take(&s->bench, &before);
		assert_int_equal(device_send(&s->stranger, octets, size, answer), fits ? 48 : 8);
		state_take(&s->bench, &after);
		assert_int_equal(answer[1], fits ? MST_COAP_UNAUTHORIZED : MST_COAP_TOO_LARGE);
		state_check_counts(&before, &after, fits ? 0 : MST_E_COAP_TOO_LARGE,
			fits ? GW_CHALLENGES : -1);
		assert_true(state_same(&before, &after));
	}
}

/** What is done to a frame that carries a good request. Sums of the IPv4 header are made right
 * again. */
static const struct frame_row {
	const char *what;
	bool ipv6, wrong_sum;
	uint8_t at, value;
	int16_t size; /* octets left; 0: all; negative: taken off the end */
	enum mst_err drop;
} frame_rows[] = {
	{"no octet", .size = 1, .drop = MST_E_FRAME_SHORT},
	{"half an Ethernet header", .size = 13, .drop = MST_E_FRAME_SHORT},
	{"half an IP header", .size = 33, .drop = MST_E_FRAME_SHORT},
	{"half an IPv6 header", .ipv6 = true, .size = 53, .drop = MST_E_FRAME_SHORT},
	{"another station", .at = 5, .value = 9, .drop = MST_E_ETH_NOT_MINE},
	{"from a group address", .at = 6, .value = 3, .drop = MST_E_ETH_SOURCE},
	{"from this station", .at = 11, .value = 1, .drop = MST_E_ETH_SOURCE},
	{"another EtherType", .at = 12, .value = 9, .drop = MST_E_ETH_TYPE},
	{"IP version 5", .at = 14, .value = 0x55, .drop = MST_E_IP_HEADER},
	{"IP header of 16", .at = 14, .value = 0x44, .drop = MST_E_IP_HEADER},
	{"IP header sum", .at = 24, .value = 0xff, .wrong_sum = true, .drop = MST_E_IP_CHECKSUM},
	{"IP length past the frame", .at = 16, .value = 1, .drop = MST_E_IP_LENGTH},
	{"IP length of 27", .at = 17, .value = 27, .drop = MST_E_UDP_LENGTH},
	{"IP length of 19", .at = 17, .value = 19, .drop = MST_E_IP_LENGTH},
	{"frame cut off", .size = -4, .drop = MST_E_IP_LENGTH},
	{"IPv6 frame cut off", .ipv6 = true, .size = -4, .drop = MST_E_IP_LENGTH},
	{"first fragment", .at = 20, .value = 0x20, .drop = MST_E_IP_FRAGMENT},
	{"later fragment", .at = 21, .value = 1, .drop = MST_E_IP_FRAGMENT},
	{"another host", .at = 33, .value = 1, .drop = MST_E_IP_NOT_MINE},
	{"from a multicast address", .at = 26, .value = 224, .drop = MST_E_IP_SOURCE},
	{"TCP", .at = 23, .value = 6, .drop = MST_E_IP_PROTO},
	{"hop-by-hop options", .ipv6 = true, .at = 20, .value = 0, .drop = MST_E_IP_PROTO},
	{"UDP length longer", .at = 39, .value = 200, .drop = MST_E_UDP_LENGTH},
	{"UDP length of 7", .at = 39, .value = 7, .drop = MST_E_UDP_LENGTH},
	{"UDP sum", .at = 50, .value = 0x55, .drop = MST_E_UDP_CHECKSUM},
	{"no UDP sum over IPv6", .ipv6 = true, .at = 60, .value = 0, .drop = MST_E_UDP_CHECKSUM},
	{"another port", .at = 37, .value = 0x34, .drop = MST_E_UDP_PORT},
	{"from port 0", .at = 34, .value = 0, .drop = MST_E_UDP_PORT},
};

static void
spoil(struct mst_frame *f, const struct frame_row *r)
{
	if (r->at != 0)
		f->data[r->at] = r->value;
	if (r->ipv6 && r->at == 60)
		f->data[61] = 0;
	if (!r->ipv6 && r->at == 34)
		f->data[35] = 0;
	if (r->size != 0)
		f->size = (uint16_t)(r->size > 0 ? r->size : f->size + r->size);
	if (!r->ipv6 && !r->wrong_sum && r->at >= 14 && r->at < 34) {
		uint16_t sum;

		memset(f->data + 24, 0, 2);
		sum = (uint16_t)~mst_net_sum_fold(mst_net_sum_add(0, f->data + 14, 20));
		memcpy(f->data + 24, &sum, 2);
	}
}

static void
malformed_frames(void **state)
{
	struct scene *s = *state;
	struct state before, after;
	uint8_t octets[256];
	size_t n = unhex(UB "a2" IMSI "0f40", octets);

	for (size_t i = 0; i < COUNT(frame_rows); i++) {
		struct mst_frame f;

		print_message("%s\n", frame_rows[i].what);
		s->stranger.ipv6 = frame_rows[i].ipv6;
		f = device_frame(&s->stranger, octets, n);
		spoil(&f, &frame_rows[i]);
		state_take(&s->bench, &before);
		bench_burst(&s->bench, 0, &f, 1);
		state_take(&s->bench, &after);
		assert_int_equal(f.size, 0);
		state_check_counts(&before, &after, frame_rows[i].drop, -1);
		assert_true(state_same(&before, &after));
		free(f.data);
	}
}

/** Requests in a session: refused inside OSCORE, nothing but the replay window moves. */
static void
malformed_requests_in_a_session(void **state)
{
	struct scene *s = *state;
	struct state before, after;
	uint8_t octets[1024], plain[512];
	struct answer a;

	for (size_t i = 0; i < COUNT(inner); i++, s->creator.piv++) {
		size_t n = unhex(inner[i].request, plain);

		print_message("%s\n", inner[i].what);
		state_take(&s->bench, &before);
		n = device_seal(&s->creator, plain, n, false, octets);
		device_secured(&s->creator, octets, n, &a);
		state_take(&s->bench, &after);
		expect_octets(inner[i].what, a.plain, a.plain_size, inner[i].answer);
		state_check_counts(&before, &after, inner[i].drop, GW_SECURED);
		state_forget_replay(&before);
		state_forget_replay(&after);
		assert_true(state_same(&before, &after));
	}
}

static void
only_members_read(void **state)
{
	struct scene *s = *state;
	struct state before, after;
	uint8_t octets[1024], plain[512];
	struct answer a;
	size_t n;

	device_bootstrap(&s->stranger);
	for (unsigned number = 0; number < 2; number++, s->stranger.piv++) {
		n = (size_t)(number ? mst_ua_build_read_num : mst_ua_build_read)(
			plain, sizeof(plain), s->creator.gid);
		state_take(&s->bench, &before);
		device_secured(&s->stranger, octets,
			device_seal(&s->stranger, plain, n, false, octets), &a);
		state_take(&s->bench, &after);
		expect_octets("read", a.plain, a.plain_size, "83c20101ffa100a10000");
		state_check_counts(&before, &after, MST_E_NOT_MEMBER, GW_SECURED);
	}
}

/** Both flows over IPv4 and IPv6, without and with tags, Confirmable and not. */
static void
every_way_to_the_gateway(void **state)
{
	struct scene *s = *state;

	for (unsigned way = 0; way < 12; way++) {
		struct device standard, express;
		struct answer a;

		device_init(&standard, &s->bench, 20 + way);
		standard.ipv6 = way & 1;
		standard.non = way >> 1 & 1;
		standard.vlans = (uint8_t)(way >> 2);
		device_init(&express, &s->bench, 40 + way);
		express.ipv6 = standard.ipv6;
		express.non = standard.non;
		express.vlans = standard.vlans;
		device_bootstrap(&standard);
		assert_int_equal(device_join(&standard, 0, false), MST_COAP_CREATED);
		device_negotiate(&express, "ace-group/0123456789abcdef", true, &a);
		assert_int_equal(device_authenticate(&express), 0);
		assert_int_equal(device_join(&express, standard.gid, true), MST_COAP_CREATED);
		assert_memory_equal(express.kg, standard.kg, MST_KG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(malformed_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_datagrams, setup, teardown),
		cmocka_unit_test_setup_teardown(harmless_options, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_to_nonconfirmable_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(requests_of_every_size, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_requests_in_a_session, setup, teardown),
		cmocka_unit_test_setup_teardown(only_members_read, setup, teardown),
		cmocka_unit_test_setup_teardown(every_way_to_the_gateway, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
