/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
state_take(const struct bench *b, struct state *s)
{
	struct gw *gw = b->gw;

	*s = (struct state){.groups = mst_groups_count(&gw->groups)};
	memcpy(s->session, gw->sessions.at, sizeof(s->session));
	for (unsigned i = 0; i < BENCH_SUBSCRIBERS; i++)
		s->subscriber[i] = mst_subs_state(mst_hss_record(&gw->hss, gw_ref(gw, i)));
	for (unsigned w = 0; w < gw->workers; w++) {
		const struct gw_worker *worker = gw->worker[w];

		s->indexed += mst_session_count(&worker->sessions);
		s->members += mst_members_count(&worker->members);
		for (unsigned g = 0; g < STATE_GROUPS; g++)
			s->members_of[g] += mst_members_of(&worker->members, g);
	}
	for (unsigned i = 0; i < GW_OUTCOME_COUNT; i++)
		s->outcome[i] = bench_outcome(b, (enum gw_outcome)i);
	for (unsigned i = 0; i < MST_E_COUNT; i++)
		s->drop[i] = bench_drops(b, (enum mst_err)i);
}

void
state_forget_replay(struct state *s)
{
	for (unsigned i = 0; i < BENCH_SUBSCRIBERS; i++) {
		s->session[i].window = (struct mst_oscore_window){0};
		s->session[i].counter = 0;
		s->session[i].repeats = 0;
	}
}

bool
state_same(const struct state *a, const struct state *b)
{
	return memcmp(a, b, offsetof(struct state, outcome)) == 0;
}

bool
state_empty(const struct state *s)
{
	static const struct state nothing;

	return state_same(s, &nothing);
}

void
state_check_counts(
	const struct state *before, const struct state *after, enum mst_err drop, int outcome)
{
	for (unsigned i = 0; i < MST_E_COUNT; i++) {
		uint64_t expected = before->drop[i] + (drop != 0 && i == drop);

		if (after->drop[i] != expected)
			fail_msg("%s: %u", mst_err_name((int)i),
				(unsigned)(after->drop[i] - before->drop[i]));
	}
	for (unsigned i = 0; i < GW_OUTCOME_COUNT; i++) {
		uint64_t expected = before->outcome[i] + ((int)i == outcome) +
				    (i == GW_ERRORS_SENT && mst_err_coap(drop) != 0);

		if (after->outcome[i] != expected)
			fail_msg("%s: %u", gw_outcome_name((enum gw_outcome)i),
				(unsigned)(after->outcome[i] - before->outcome[i]));
	}
}

struct scene *
scene_open(void)
{
	struct scene *s = malloc(sizeof(*s));
	struct answer a;

	bench_open(&s->bench, NULL);
	device_init(&s->creator, &s->bench, 0);
	device_init(&s->member, &s->bench, 3); /* GBA_U */
	device_init(&s->stranger, &s->bench, 5);
	device_init(&s->challenged, &s->bench, 6);
	device_bootstrap(&s->creator);
	assert_int_equal(device_join(&s->creator, 0, false), MST_COAP_CREATED);
	s->creator.piv++;
	device_negotiate(&s->member, "ace-group/0123456789abcdef", true, &a);
	assert_int_equal(device_authenticate(&s->member), 0);
	assert_int_equal(device_join(&s->member, s->creator.gid, true), MST_COAP_CREATED);
	s->member.piv++;
	device_first(&s->challenged, &a);
	assert_int_equal(device_authenticate(&s->challenged), 0);
	return s;
}

void
scene_close(struct scene *s)
{
	bench_close(&s->bench);
	free(s);
}
