/* SPDX-License-Identifier: BSD-3-Clause */
#include "session/session.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

static const mst_b16 no_rand;

int
mst_sessions_init(struct mst_sessions *sessions, uint32_t capacity)
{
	struct mst_session *at = mst_pages_alloc(capacity * sizeof(*at), true);

	if (at == NULL)
		return -MST_E_NO_MEMORY;
	*sessions = (struct mst_sessions){.at = at, .capacity = capacity};
	return 0;
}

void
mst_sessions_fini(struct mst_sessions *sessions)
{
	mst_pages_free(sessions->at, sessions->capacity * sizeof(*sessions->at));
	*sessions = (struct mst_sessions){0};
}

int
mst_session_index_init(struct mst_session_index *index, struct mst_sessions *sessions,
	uint32_t capacity, const struct mst_hash_seed *seed)
{
	const struct mst_table_options options = {
		.capacity = capacity,
		.hot = true,
		.records = sessions->at,
		.record_size = sizeof(*sessions->at),
	};
	struct mst_table *by_kid;
	int err = mst_table_create(&by_kid, &options);

	if (err)
		return err;
	*index = (struct mst_session_index){sessions, by_kid, seed};
	return 0;
}

void
mst_session_index_fini(struct mst_session_index *index)
{
	mst_table_destroy(index->by_kid);
	*index = (struct mst_session_index){0};
}

unsigned
mst_session_claim(struct mst_sessions *sessions, uint32_t sid, unsigned self)
{
	uint8_t owner = (uint8_t)mst_session_owner(sessions, sid);

	assert(sid < sessions->capacity && self > 0 && self <= UINT8_MAX);
	if (owner != MST_SESSION_NOBODY)
		return owner;
	if (atomic_compare_exchange_strong(&sessions->at[sid].owner, &owner, (uint8_t)self))
		return self;
	return owner;
}

static uint64_t
kid_hash(const struct mst_session_index *index, const uint8_t *kid)
{
	return mst_hash_u64(index->seed, (uint64_t)mst_get_be32(kid) << 24 | mst_get_be32(kid + 3));
}

/** Walks the candidates from `hit` on. */
static int
find_from(const struct mst_session_index *index, const uint8_t *kid, uint64_t hash,
	struct mst_table_hit *hit)
{
	do {
		if (memcmp(index->sessions->at[hit->value].rand, kid, MST_KID) == 0)
			return 1;
	} while (mst_table_next(index->by_kid, hash, hit));
	return 0;
}

mst_lanes
mst_session_find_burst(const struct mst_session_index *index, mst_lanes live,
	const uint8_t (*kid)[MST_KID], uint32_t *sid)
{
	struct mst_table_hit hit[MST_LANES];
	uint64_t hash[MST_LANES];
	mst_lanes maybe, found = 0;

	mst_for_lanes(i, live)
		hash[i] = kid_hash(index, kid[i]);
	maybe = mst_table_lookup_bulk(index->by_kid, live, hash, hit);
	mst_for_lanes(i, maybe) {
		if (find_from(index, kid[i], hash[i], &hit[i])) {
			sid[i] = hit[i].value;
			found |= MST_LANE(i);
		}
	}
	return found;
}

void
mst_session_prefetch(const struct mst_session_index *index, const uint8_t *rand)
{
	mst_table_prefetch(index->by_kid, kid_hash(index, rand));
}

int
mst_session_find(const struct mst_session_index *index, const uint8_t *kid, uint32_t *sid)
{
	uint64_t hash = kid_hash(index, kid);
	struct mst_table_hit hit;

	if (!mst_table_lookup(index->by_kid, hash, &hit) || !find_from(index, kid, hash, &hit))
		return 0;
	*sid = hit.value;
	return 1;
}

int
mst_session_is(const struct mst_sessions *sessions, uint32_t sid, const uint8_t *rand)
{
	return memcmp(sessions->at[sid].rand, rand, sizeof(mst_b16)) == 0 &&
	       memcmp(rand, no_rand, sizeof(no_rand)) != 0;
}

int
mst_session_open(struct mst_session_index *index, uint32_t sid, const uint8_t *rand,
	const uint8_t *ks_naf, uint32_t expires)
{
	struct mst_session *s = &index->sessions->at[sid];
	uint8_t owner = atomic_load_explicit(&s->owner, memory_order_relaxed);
	uint32_t other;
	int err;

	if (mst_session_find(index, rand, &other) &&
		(other != sid || mst_session_is(index->sessions, sid, rand)))
		return -MST_E_KID_COLLISION;
	mst_session_close(
		index, sid); /* leaves room: only a first session can find the table full */
	err = mst_table_insert(index->by_kid, kid_hash(index, rand), sid);
	if (err)
		return err;
	memcpy(s->rand, rand, sizeof(s->rand));
	memcpy(s->ks_naf, ks_naf, sizeof(s->ks_naf));
	s->window = (struct mst_oscore_window){0};
	s->expires = expires;
	s->counter = 0;
	s->ended = 0;
	s->repeats = 0;
	atomic_store_explicit(&s->owner, owner, memory_order_relaxed);
	return 0;
}

int
mst_session_restore(struct mst_session_index *index, uint32_t sid, const uint8_t *rand,
	const uint8_t *ks_naf, uint32_t expires)
{
	int err = mst_session_open(index, sid, rand, ks_naf, expires);

	if (err == 0)
		mst_oscore_window_lose(&index->sessions->at[sid].window);
	return err;
}

void
mst_session_close(struct mst_session_index *index, uint32_t sid)
{
	struct mst_session *s = &index->sessions->at[sid];

	if (memcmp(s->rand, no_rand, sizeof(no_rand)) == 0)
		return;
	mst_table_delete(index->by_kid, kid_hash(index, s->rand), sid);
	mst_wipe(s, offsetof(struct mst_session, owner));
}

void
mst_session_end(struct mst_session_index *index, uint32_t sid, uint32_t clock)
{
	struct mst_session *s = &index->sessions->at[sid];

	mst_session_close(index, sid);
	s->expires = clock;
	s->ended = 1;
}

int
mst_session_outlived(const struct mst_sessions *sessions, uint32_t sid, uint32_t clock)
{
	const struct mst_session *s = &sessions->at[sid];

	return s->ended && (int32_t)(clock - s->expires) <= 0;
}

uint32_t
mst_session_count(const struct mst_session_index *index)
{
	return mst_table_count(index->by_kid);
}

size_t
mst_sessions_memory(const struct mst_sessions *sessions)
{
	return sessions->capacity * sizeof(*sessions->at);
}

size_t
mst_session_index_memory(const struct mst_session_index *index)
{
	return mst_table_memory(index->by_kid);
}
