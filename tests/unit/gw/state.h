/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a gateway keeps, and what it has counted, as a picture to compare with: for tests of
 * messages that must not change anything.
 */
#ifndef TEST_STATE_H
#define TEST_STATE_H

#include "device.h"

#define STATE_GROUPS 64

struct state {
	struct mst_session session[BENCH_SUBSCRIBERS];
	uint64_t subscriber[BENCH_SUBSCRIBERS]; /* SQN offset, barred, groups joined and created */
	uint32_t indexed;                       /* sessions */
	uint32_t groups;
	uint32_t members;
	uint64_t members_of[STATE_GROUPS];
	uint64_t outcome[GW_OUTCOME_COUNT];
	uint64_t drop[MST_E_COUNT];
};

void state_take(const struct bench *bench, struct state *state);
/** Forgets what an authentic request moves: replay windows and own Partial IVs. */
void state_forget_replay(struct state *state);
/** Whether sessions, subscribers, groups and memberships are the same. */
bool state_same(const struct state *a, const struct state *b);
/** Whether nothing has come into being: no session, owner, offset, group or membership. */
bool state_empty(const struct state *state);
/**
 * Checks what was counted between two pictures: `drop` (0: none) once, `outcome` (-1: none) once,
 * an error sent where one was, nothing else.
 */
void state_check_counts(
	const struct state *before, const struct state *after, enum mst_err drop, int outcome);

/** A gateway with a group of two, a device without a session, and one that has been challenged. */
struct scene {
	struct bench bench;
	struct device creator, member, stranger, challenged;
};

struct scene *scene_open(void);
void scene_close(struct scene *scene);

#endif
