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

#include "base/secret.h"
#include "crypto/native_aes.h"

#define BLOCK       16
#define CCM_LANES   (WIDTH * VEC_LANES)
#define HEAD_BLOCKS (1 + (2 + 255 + BLOCK - 1) / BLOCK) /* B_0 and the AAD */
#define CCM_LONG    128 /* octets; longer messages do not hold up short ones */

/* One lane's message, cut into blocks. */
struct ccm_lane {
	const uint8_t *in;
	uint8_t *out;
	unsigned heads; /* blocks of head[] */
	unsigned full;  /* whole blocks of text */
	unsigned left;  /* octets of text after them */
	uint8_t head[HEAD_BLOCKS * BLOCK];
	uint8_t counter[BLOCK]; /* A_0 */
	uint8_t last[BLOCK];    /* the octets left, zero padded */
};

struct ccm_group {
	unsigned lane[CCM_LANES];
	struct ccm_lane x[CCM_LANES];
	uint8_t tag[CCM_LANES][BLOCK];
};

/* What a step of the text does for one lane. */
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

static void
ccm_head(struct ccm_lane *x, const uint8_t *nonce, const uint8_t *aad, unsigned aad_size,
	unsigned size)
{
	memset(x->counter, 0, BLOCK);
	x->counter[0] = 1; /* L - 1 */
	memcpy(x->counter + 1, nonce, MST_CCM_NONCE);
	memcpy(x->head, x->counter, BLOCK);
	x->head[0] = (aad_size != 0 ? 0x40 : 0) | (MST_CCM_TAG - 2) / 2 << 3 | 1;
	mst_put_be16(x->head + 14, (uint16_t)size);
	x->heads = 1;
	if (aad_size == 0)
		return;
	x->heads += (2 + aad_size + BLOCK - 1) / BLOCK;
	memset(x->head + (x->heads - 1) * BLOCK, 0, BLOCK);
	mst_put_be16(x->head + BLOCK, (uint16_t)aad_size);
	memcpy(x->head + BLOCK + 2, aad, aad_size);
}

static void
ccm_text(struct ccm_lane *x, const uint8_t *in, uint8_t *out, unsigned size)
{
	x->in = in;
	x->out = out;
	x->full = size / BLOCK;
	x->left = size % BLOCK;
	if (x->left != 0) {
		memset(x->last, 0, BLOCK);
		memcpy(x->last, in + x->full * BLOCK, x->left);
	}
}

/* Takes up to CCM_LANES lanes; returns how many, the rest of the group repeats the last. */
static unsigned
ccm_take(struct ccm_group *g, mst_lanes *rest, const struct mst_ccm_cols *ops, bool seal)
{
	unsigned n = 0;

	for (; n < CCM_LANES && *rest != 0; n++) {
		unsigned i = (unsigned)__builtin_ctzll(*rest);
		unsigned size = ops->in_size[i] - (seal ? 0 : MST_CCM_TAG);

		*rest &= *rest - 1;
		g->lane[n] = i;
		ccm_head(&g->x[n], ops->nonce[i], ops->aad[i], ops->aad_size[i], size);
		ccm_text(&g->x[n], ops->in[i], ops->out[i], size);
	}
	for (unsigned l = n; l < CCM_LANES; l++) {
		g->lane[l] = g->lane[n - 1];
		g->x[l] = g->x[n - 1];
	}
	return n;
}

/* The MAC over the blocks of the heads but the first. */
INLINE void
ccm_heads(const struct ccm_group *g, vec key[ROUNDS + 1][WIDTH], vec mac[WIDTH])
{
	unsigned most = 0;

	for (unsigned l = 0; l < CCM_LANES; l++)
		most = g->x[l].heads > most ? g->x[l].heads : most;
	for (unsigned h = 1; h < most; h++) {
		const uint8_t *from[CCM_LANES];
		uint32_t active = 0;
		vec next[WIDTH];

		for (unsigned l = 0; l < CCM_LANES; l++) {
			bool has = h < g->x[l].heads;

			from[l] = has ? g->x[l].head + h * BLOCK : zero_block;
			active |= (uint32_t)has << l;
		}
		for (unsigned v = 0; v < WIDTH; v++)
			next[v] = vec_xor(mac[v], vec_gather(from + v * VEC_LANES));
		encrypt(key, next);
		for (unsigned v = 0; v < WIDTH; v++)
			mac[v] = vec_pick(active >> v * VEC_LANES, next[v], mac[v]);
	}
}

/* Step b of a group in which each lane may be within its text, at its last octets or past them. */
static void
ccm_ragged_step(struct ccm_group *g, unsigned b, struct ccm_step *step)
{
	step->active = 0;
	for (unsigned l = 0; l < CCM_LANES; l++) {
		struct ccm_lane *x = &g->x[l];
		bool whole = b < x->full, part = b == x->full && x->left != 0;

		step->from[l] = whole ? x->in + b * BLOCK : part ? x->last : zero_block;
		step->to[l] = whole ? x->out + b * BLOCK : part ? x->last : step->unused;
		step->keep[l] = keep_masks + BLOCK - (whole ? BLOCK : part ? x->left : 0);
		step->active |= (uint32_t)(whole || part) << l;
	}
}

static void
ccm_whole_step(struct ccm_group *g, unsigned b, struct ccm_step *step)
{
	for (unsigned l = 0; l < CCM_LANES; l++) {
		step->from[l] = g->x[l].in + b * BLOCK;
		step->to[l] = g->x[l].out + b * BLOCK;
	}
}

/* The vectors of a group between two steps. */
struct ccm_state {
	vec key[ROUNDS + 1][WIDTH];
	vec mac[WIDTH];
	vec counter[WIDTH];
	vec stream[WIDTH]; /* E_K(counter) */
};

/* One block of text in each active lane; `last`: no key stream for another one is needed. */
INLINE void
ccm_step(struct ccm_state *c, const struct ccm_step *step, bool seal, bool ragged, bool last)
{
	vec mac[WIDTH], out[WIDTH];

	for (unsigned v = 0; v < WIDTH; v++) {
		vec in = vec_gather(step->from + v * VEC_LANES), text;

		out[v] = vec_xor(in, c->stream[v]);
		text = seal ? in : out[v];
		if (ragged)
			text = vec_and(text, vec_gather(step->keep + v * VEC_LANES));
		mac[v] = vec_xor(c->mac[v], text);
	}
	for (unsigned v = 0; v < WIDTH; v++)
		vec_scatter(step->to + v * VEC_LANES, out[v]);
	if (last) {
		encrypt(c->key, mac);
	} else {
		for (unsigned v = 0; v < WIDTH; v++)
			c->stream[v] = c->counter[v] = vec_count(c->counter[v]);
		encrypt_two(c->key, mac, c->stream);
	}
	for (unsigned v = 0; v < WIDTH; v++)
		c->mac[v] = ragged ? vec_pick(step->active >> v * VEC_LANES, mac[v], c->mac[v])
				   : mac[v];
}

INLINE void
ccm_steps(struct ccm_state *c, struct ccm_group *g, bool seal)
{
	unsigned whole = UINT32_MAX, steps = 0, b = 0;
	struct ccm_step step;

	for (unsigned l = 0; l < CCM_LANES; l++) {
		const struct ccm_lane *x = &g->x[l];
		unsigned need = x->full + (x->left != 0);

		whole = x->full < whole ? x->full : whole;
		steps = need > steps ? need : steps;
	}
	for (; b < whole; b++) {
		ccm_whole_step(g, b, &step);
		ccm_step(c, &step, seal, false, false);
	}
	for (; b < steps; b++) {
		ccm_ragged_step(g, b, &step);
		ccm_step(c, &step, seal, true, b + 1 == steps);
	}
}

/* Runs a filled group: text to its destinations but for the last octets, tags to tag[]. */
INLINE void
ccm_group(struct ccm_group *g, const mst_b16 *key, bool seal)
{
	const uint8_t *from[CCM_LANES];
	vec first[WIDTH]; /* S_0 */
	struct ccm_state c;

	for (unsigned l = 0; l < CCM_LANES; l++)
		from[l] = key[g->lane[l]];
	for (unsigned v = 0; v < WIDTH; v++)
		c.key[0][v] = vec_gather(from + v * VEC_LANES);
	for (unsigned l = 0; l < CCM_LANES; l++)
		from[l] = g->x[l].counter;
	for (unsigned v = 0; v < WIDTH; v++) {
		first[v] = vec_gather(from + v * VEC_LANES);
		c.counter[v] = c.stream[v] = vec_count(first[v]);
	}
	for (unsigned l = 0; l < CCM_LANES; l++)
		from[l] = g->x[l].head;
	for (unsigned v = 0; v < WIDTH; v++)
		c.mac[v] = vec_gather(from + v * VEC_LANES);
	expand_encrypt(c.key, c.mac);
	encrypt_two(c.key, first, c.stream);
	ccm_heads(g, c.key, c.mac);
	ccm_steps(&c, g, seal);
	for (unsigned v = 0; v < WIDTH; v++) {
		uint8_t *to[VEC_LANES];

		for (unsigned l = 0; l < VEC_LANES; l++)
			to[l] = g->tag[v * VEC_LANES + l];
		vec_scatter(to, vec_xor(c.mac[v], first[v]));
	}
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

static void
ccm_last_octets(const struct ccm_lane *x)
{
	if (x->left != 0)
		memcpy(x->out + x->full * BLOCK, x->last, x->left);
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
		for (unsigned l = 0; l < n; l++) {
			const struct ccm_lane *x = &g->x[l];

			ccm_last_octets(x);
			memcpy(x->out + x->full * BLOCK + x->left, g->tag[l], MST_CCM_TAG);
		}
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
			const struct ccm_lane *x = &g->x[l];
			unsigned size = x->full * BLOCK + x->left;

			if (mst_equal_ct(g->tag[l], x->in + size, MST_CCM_TAG)) {
				ccm_last_octets(x);
				good |= MST_LANE(g->lane[l]);
			} else {
				mst_wipe(x->out, size);
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
	mst_native_burn_stack();
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
	mst_native_burn_stack();
	return good;
}

#endif
