/* SPDX-License-Identifier: BSD-3-Clause */
/* States of groups: a pool that their keeper takes from and any thread returns to. */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "group/group.h"
#include "table/pages.h"

int
mst_group_states_init(struct mst_group_states *states, uint32_t capacity)
{
	struct mst_group_state *at = mst_pages_alloc(capacity * sizeof(*at), false);

	if (at == NULL)
		return -MST_E_NO_MEMORY;
	memset(states, 0, sizeof(*states));
	states->at = at;
	states->capacity = capacity;
	return 0;
}

void
mst_group_states_fini(struct mst_group_states *states)
{
	if (states->at == NULL)
		return;
	mst_rcu_barrier();
	mst_wipe(states->at, states->used * sizeof(*states->at));
	mst_pages_free(states->at, states->capacity * sizeof(*states->at));
	memset(states, 0, sizeof(*states));
}

/** The whole returned list at once, so that no top of it can be another by the same address. */
static struct mst_group_state *
take(struct mst_group_states *states)
{
	struct mst_group_state *s;

	if (states->free == NULL &&
		atomic_load_explicit(&states->returned, memory_order_relaxed) != NULL)
		states->free =
			atomic_exchange_explicit(&states->returned, NULL, memory_order_acquire);
	s = states->free;
	if (s != NULL)
		states->free = s->free;
	else if (states->used < states->capacity)
		s = &states->at[states->used++];
	return s;
}

struct mst_group_state *
mst_group_state_get(struct mst_group_states *states, const struct mst_group_state *from)
{
	struct mst_group_state *s = take(states);

	if (s == NULL)
		return NULL;
	if (from != NULL)
		*s = *from;
	else
		memset(s, 0, sizeof(*s));
	s->pool = states;
	return s;
}

void
mst_group_state_put(struct mst_group_state *state)
{
	struct mst_group_states *states = state->pool;
	struct mst_group_state *top;

	mst_wipe(state->kg, sizeof(state->kg));
	mst_wipe(state->earlier_kg, sizeof(state->earlier_kg));
	top = atomic_load_explicit(&states->returned, memory_order_relaxed);
	do {
		state->free = top;
	} while (!atomic_compare_exchange_weak_explicit(
		&states->returned, &top, state, memory_order_release, memory_order_relaxed));
}

static void
free_state(struct mst_rcu_head *head)
{
	mst_group_state_put(mst_rcu_record(head, struct mst_group_state, rcu));
}

void
mst_group_publish_rcu(struct mst_group *group, struct mst_group_state *state)
{
	struct mst_group_state *old = mst_rcu_exchange(&group->now, state);

	mst_rcu_defer(&old->rcu, free_state);
}

size_t
mst_group_states_memory(const struct mst_group_states *states)
{
	return states->capacity * sizeof(*states->at);
}
