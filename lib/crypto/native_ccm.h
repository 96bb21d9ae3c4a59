/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: AES-CCM over the vectors of native_aes.h. The CBC-MAC of a lane is
 * serial; CCM_LANES lanes advance together, one block of MAC and one of key stream each a step.
 *
 * Where all lanes of a group still have a whole block the blocks come straight from the messages;
 * in the last steps each lane has a source, a destination and a mask of its own.
 */
#ifndef MST_CRYPTO_NATIVE_CCM_H
#define MST_CRYPTO_NATIVE_CCM_H

#include <stddef.h>

#include "base/secret.h"
#include "crypto/native_aes.h"

#define BLOCK       16
#define CCM_LANES   (WIDTH * VEC_LANES)
#define HEAD_BLOCKS (1 + (2 + 255 + BLOCK - 1) / BLOCK) /* B_0 and the AAD */
#define CCM_LONG    128 /* octets; longer messages do not hold up short ones */

/* Some lanes' messages, cut into blocks. Places that no lane fills repeat the last. */
struct ccm_group {
	const uint8_t *in[CCM_LANES];
	uint8_t *out[CCM_LANES];
	unsigned lane[CCM_LANES];
	unsigned heads[CCM_LANES];                      /* blocks of head[] */
	unsigned full[CCM_LANES];                       /* whole blocks of text */
	unsigned left[CCM_LANES];                       /* octets of text after them */
	_Alignas(16) uint8_t counter[CCM_LANES][BLOCK]; /* A_0 */
	_Alignas(16) uint8_t last[CCM_LANES][BLOCK];    /* the octets left, zero padded */
	_Alignas(16) uint8_t tag[CCM_LANES][BLOCK];
	_Alignas(16) uint8_t head[CCM_LANES][HEAD_BLOCKS * BLOCK];
};

/* What a step of the text does for each lane. */
struct ccm_step {
	const uint8_t *from[CCM_LANES];
	uint8_t *to[CCM_LANES];
	const uint8_t *keep[CCM_LANES]; /* mask of the octets that are text */
	uint8_t unused[BLOCK];          /* where lanes past their text write */
	uint32_t active;                /* bit l: lane l has a block */
};

static const uint8_t zero_block[BLOCK];
static const uint8_t keep_masks[2 * BLOCK] = {
	255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/*
 * A_0 and B_0 of lane i in place l. Both are whole 16-octet stores: what loads them soon after does
 * not wait for pieces. The load takes three octets after the nonce, which are within *ops.
 */
INLINE void
ccm_first_blocks(
	struct ccm_group *g, unsigned l, const struct mst_ccm_cols *ops, unsigned i, unsigned size)
{
	const uint8_t *row = (const uint8_t *)ops + offsetof(struct mst_ccm_cols, nonce[0]) +
			     (size_t)i * MST_CCM_NONCE;
	__m128i nonce = _mm_slli_si128(_mm_loadu_si128((const __m128i *)row), 1);
	int flags = (ops->aad_size[i] != 0 ? 0x40 : 0) | (MST_CCM_TAG - 2) / 2 << 3 | 1;
	__m128i first = _mm_cvtsi32_si128(flags);

	nonce = _mm_and_si128(nonce, _mm_set_epi64x(0x0000ffffffffffff, -0x100));
	first = _mm_or_si128(nonce, first);
	first = _mm_insert_epi16(first, __builtin_bswap16((uint16_t)size), 7);
	_mm_store_si128((__m128i *)g->head[l], first);
	_mm_store_si128(
		(__m128i *)g->counter[l], _mm_or_si128(nonce, _mm_cvtsi32_si128(1 /* L - 1 */)));
}

/* The AAD's blocks: its size, itself, zeros (RFC 3610 section 2.2). */
INLINE void
ccm_aad_blocks(struct ccm_group *g, unsigned l, const uint8_t *aad, unsigned size)
{
	uint8_t *at = g->head[l] + BLOCK;
	unsigned blocks = (2 + size + BLOCK - 1) / BLOCK;

	g->heads[l] = 1;
	if (size == 0)
		return;
	memset(at + (blocks - 1) * BLOCK, 0, BLOCK);
	mst_put_be16(at, (uint16_t)size);
	memcpy(at + 2, aad, size);
	g->heads[l] += blocks;
}

INLINE void
ccm_text(struct ccm_group *g, unsigned l, const uint8_t *in, uint8_t *out, unsigned size)
{
	g->in[l] = in;
	g->out[l] = out;
	g->full[l] = size / BLOCK;
	g->left[l] = size % BLOCK;
	if (g->left[l] != 0) {
		memset(g->last[l], 0, BLOCK);
		memcpy(g->last[l], in + g->full[l] * BLOCK, g->left[l]);
	}
}

INLINE void
ccm_lane(struct ccm_group *g, unsigned l, const struct mst_ccm_cols *ops, unsigned i, bool seal)
{
	unsigned size = ops->in_size[i] - (seal ? 0 : MST_CCM_TAG);

	g->lane[l] = i;
	ccm_first_blocks(g, l, ops, i, size);
	ccm_aad_blocks(g, l, ops->aad[i], ops->aad_size[i]);
	ccm_text(g, l, ops->in[i], ops->out[i], size);
}

/* Takes up to CCM_LANES lanes; returns how many. */
static unsigned
ccm_take(struct ccm_group *g, mst_lanes *rest, const struct mst_ccm_cols *ops, bool seal)
{
	unsigned n = 0;

	for (; n < CCM_LANES && *rest != 0; n++) {
		ccm_lane(g, n, ops, (unsigned)__builtin_ctzll(*rest), seal);
		*rest &= *rest - 1;
	}
	for (unsigned l = n; l < CCM_LANES; l++)
		ccm_lane(g, l, ops, g->lane[n - 1], seal);
	return n;
}

INLINE unsigned
least(const unsigned x[CCM_LANES])
{
	unsigned min = x[0];

	for (unsigned l = 1; l < CCM_LANES; l++)
		min = x[l] < min ? x[l] : min;
	return min;
}

INLINE unsigned
most(const unsigned x[CCM_LANES])
{
	unsigned max = x[0];

	for (unsigned l = 1; l < CCM_LANES; l++)
		max = x[l] > max ? x[l] : max;
	return max;
}

/*
 * The MAC over block h of the heads, in lanes that have one. The rows of the others hold whatever
 * was there; their result is not picked.
 */
INLINE void
ccm_head_step(
	const struct ccm_group *g, unsigned h, bool all, vec key[ROUNDS + 1][WIDTH], vec mac[WIDTH])
{
	uint32_t active = 0;
	vec next[WIDTH];

	for (unsigned v = 0; v < WIDTH; v++)
		next[v] = vec_xor(mac[v],
			vec_gather_rows(g->head[v * VEC_LANES] + h * BLOCK, sizeof(g->head[0])));
	encrypt(key, next);
	for (unsigned l = 0; !all && l < CCM_LANES; l++)
		active |= (uint32_t)(h < g->heads[l]) << l;
	for (unsigned v = 0; v < WIDTH; v++)
		mac[v] = all ? next[v] : vec_pick(active >> v * VEC_LANES, next[v], mac[v]);
}

/* The MAC over all blocks of the heads but the first. */
INLINE void
ccm_heads(const struct ccm_group *g, vec key[ROUNDS + 1][WIDTH], vec mac[WIDTH])
{
	unsigned all = least(g->heads), any = most(g->heads), h = 1;

	for (; h < all; h++)
		ccm_head_step(g, h, true, key, mac);
	for (; h < any; h++)
		ccm_head_step(g, h, false, key, mac);
}

/* Step b of a group in which each lane may be within its text, at its last octets or past them. */
static void
ccm_ragged_step(struct ccm_group *g, unsigned b, struct ccm_step *step)
{
	step->active = 0;
	for (unsigned l = 0; l < CCM_LANES; l++) {
		bool whole = b < g->full[l], part = b == g->full[l] && g->left[l] != 0;

		step->from[l] = whole ? g->in[l] + b * BLOCK : part ? g->last[l] : zero_block;
		step->to[l] = whole ? g->out[l] + b * BLOCK : part ? g->last[l] : step->unused;
		step->keep[l] = keep_masks + BLOCK - (whole ? BLOCK : part ? g->left[l] : 0);
		step->active |= (uint32_t)(whole || part) << l;
	}
}

/* The vectors of a group between two steps. */
struct ccm_state {
	vec key[ROUNDS + 1][WIDTH];
	vec mac[WIDTH];
	vec counter[WIDTH];
	vec stream[WIDTH]; /* E_K(counter) */
};

/* The MAC over `text`, and the key stream for the next block unless this is the last. */
INLINE void
ccm_advance(struct ccm_state *c, const vec text[WIDTH], vec mac[WIDTH], bool last)
{
	for (unsigned v = 0; v < WIDTH; v++)
		mac[v] = vec_xor(c->mac[v], text[v]);
	if (last) {
		encrypt(c->key, mac);
		return;
	}
	for (unsigned v = 0; v < WIDTH; v++)
		c->stream[v] = c->counter[v] = vec_count(c->counter[v]);
	encrypt_two(c->key, mac, c->stream);
}

/* A block of text in every lane. */
INLINE void
ccm_whole(struct ccm_state *c, const struct ccm_group *g, unsigned b, bool seal, bool last)
{
	vec text[WIDTH], out[WIDTH];

	for (unsigned v = 0; v < WIDTH; v++) {
		text[v] = vec_gather(g->in + v * VEC_LANES, b * BLOCK);
		out[v] = vec_xor(text[v], c->stream[v]);
	}
	for (unsigned v = 0; v < WIDTH; v++)
		vec_scatter(g->out + v * VEC_LANES, b * BLOCK, out[v]);
	ccm_advance(c, seal ? text : out, c->mac, last);
}

/* A block of text in each active lane. */
INLINE void
ccm_ragged(struct ccm_state *c, const struct ccm_step *step, bool seal, bool last)
{
	vec text[WIDTH], out[WIDTH], mac[WIDTH];

	for (unsigned v = 0; v < WIDTH; v++) {
		vec keep = vec_gather(step->keep + v * VEC_LANES, 0);

		text[v] = vec_gather(step->from + v * VEC_LANES, 0);
		out[v] = vec_xor(text[v], c->stream[v]);
		text[v] = vec_and(seal ? text[v] : out[v], keep);
	}
	for (unsigned v = 0; v < WIDTH; v++)
		vec_scatter(step->to + v * VEC_LANES, 0, out[v]);
	ccm_advance(c, text, mac, last);
	for (unsigned v = 0; v < WIDTH; v++)
		c->mac[v] = vec_pick(step->active >> v * VEC_LANES, mac[v], c->mac[v]);
}

INLINE void
ccm_steps(struct ccm_state *c, struct ccm_group *g, bool seal)
{
	unsigned whole = least(g->full), steps = 0, b = 0;
	struct ccm_step step;

	for (unsigned l = 0; l < CCM_LANES; l++) {
		unsigned need = g->full[l] + (g->left[l] != 0);

		steps = need > steps ? need : steps;
	}
	for (; b < whole; b++)
		ccm_whole(c, g, b, seal, b + 1 == steps);
	for (; b < steps; b++) {
		ccm_ragged_step(g, b, &step);
		ccm_ragged(c, &step, seal, b + 1 == steps);
	}
}

/* Runs a filled group: text to its destinations but for the last octets, tags to tag[]. */
INLINE void
ccm_group(struct ccm_group *g, const mst_b16 *key, bool seal)
{
	const uint8_t *key_row[CCM_LANES];
	vec first[WIDTH]; /* S_0 */
	struct ccm_state c;

	for (unsigned l = 0; l < CCM_LANES; l++)
		key_row[l] = key[g->lane[l]];
	for (unsigned v = 0; v < WIDTH; v++) {
		unsigned l = v * VEC_LANES;

		c.key[0][v] = vec_gather(key_row + l, 0);
		c.mac[v] = vec_gather_rows(g->head[l], sizeof(g->head[l]));
		first[v] = vec_gather_rows(g->counter[l], sizeof(g->counter[l]));
		c.counter[v] = c.stream[v] = vec_count(first[v]);
	}
	expand_encrypt(c.key, c.mac);
	encrypt_two(c.key, first, c.stream);
	ccm_heads(g, c.key, c.mac);
	ccm_steps(&c, g, seal);
	for (unsigned v = 0; v < WIDTH; v++)
		vec_store_rows(g->tag[v * VEC_LANES], vec_xor(c.mac[v], first[v]));
}

static NATIVE_KERNEL void
seal_group(struct ccm_group *g, const mst_b16 *key)
{
	ccm_group(g, key, true);
}

static NATIVE_KERNEL void
open_group(struct ccm_group *g, const mst_b16 *key)
{
	ccm_group(g, key, false);
}

/* Whatever ccm_group() leaves of the text; returns where it ends. */
INLINE uint8_t *
ccm_last_octets(const struct ccm_group *g, unsigned l)
{
	uint8_t *at = g->out[l] + g->full[l] * BLOCK;

	if (g->left[l] != 0)
		memcpy(at, g->last[l], g->left[l]);
	return at + g->left[l];
}

/* The lanes with messages too long for one group with the others. */
static mst_lanes
ccm_long(mst_lanes live, const struct mst_ccm_cols *ops)
{
	mst_lanes set = 0;

	mst_for_lanes(i, live)
		set |= (mst_lanes)(ops->in_size[i] > CCM_LONG) << i;
	return set;
}

static void
seal_lanes(struct ccm_group *g, mst_lanes live, const struct mst_ccm_cols *ops)
{
	while (live != 0) {
		unsigned n = ccm_take(g, &live, ops, true);

		seal_group(g, ops->key);
		for (unsigned l = 0; l < n; l++)
			memcpy(ccm_last_octets(g, l), g->tag[l], MST_CCM_TAG);
	}
}

static mst_lanes
open_lanes(struct ccm_group *g, mst_lanes live, const struct mst_ccm_cols *ops)
{
	mst_lanes good = 0;

	while (live != 0) {
		unsigned n = ccm_take(g, &live, ops, false);

		open_group(g, ops->key);
		for (unsigned l = 0; l < n; l++) {
			unsigned size = g->full[l] * BLOCK + g->left[l];

			if (mst_equal_ct(g->tag[l], g->in[l] + size, MST_CCM_TAG)) {
				ccm_last_octets(g, l);
				good |= MST_LANE(g->lane[l]);
			} else {
				mst_wipe(g->out[l], size);
			}
		}
	}
	return good;
}

void
KERNEL(seal)(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)
{
	mst_lanes longs = ccm_long(live, ops);
	struct ccm_group g;

	(void)engine;
	seal_lanes(&g, live & ~longs, ops);
	seal_lanes(&g, longs, ops);
	mst_wipe(&g, sizeof(g));
	mst_native_burn_8k();
}

mst_lanes
KERNEL(open)(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)
{
	mst_lanes longs = ccm_long(live, ops), good;
	struct ccm_group g;

	(void)engine;
	good = open_lanes(&g, live & ~longs, ops);
	good |= open_lanes(&g, longs, ops);
	mst_wipe(&g, sizeof(g));
	mst_native_burn_8k();
	return good;
}

#endif
