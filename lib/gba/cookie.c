/* SPDX-License-Identifier: BSD-3-Clause */
#include "gba/cookie.h"

#include <assert.h>

#include "aka/imsi.h"
#include "base/err.h"
#include "base/secret.h"

#define NONCE_MASK ((1u << MST_COOKIE_NONCE_BITS) - 1)
#define IND_MASK   ((1u << MST_COOKIE_IND_BITS) - 1)
#define IMSI_SHIFT (MST_COOKIE_IND_BITS + MST_COOKIE_NONCE_BITS)
_Static_assert(MST_IMSI_BITS + IMSI_SHIFT == 64, "the first word is full");

void
mst_cookie_keys_init(struct mst_crypto *engine, struct mst_cookie_keys *keys, const mst_b16 key)
{
	mst_cookie_keys_fini(keys);
	mst_aes_key_init(engine, key, &keys->current);
}

void
mst_cookie_keys_rotate(struct mst_crypto *engine, struct mst_cookie_keys *keys, const mst_b16 next)
{
	keys->previous = keys->current;
	keys->has_previous = true;
	mst_aes_key_init(engine, next, &keys->current);
}

void
mst_cookie_keys_retire(struct mst_cookie_keys *keys)
{
	keys->has_previous = false;
	mst_wipe(&keys->previous, sizeof(keys->previous));
}

void
mst_cookie_keys_fini(struct mst_cookie_keys *keys)
{
	mst_wipe(keys, sizeof(*keys));
}

void
mst_cookie_issue_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_cookie_keys *keys, uint64_t tick, const struct mst_cookie_cols *in,
	mst_b16 *rand)
{
	mst_b16 block[MST_LANES];

	mst_for_lanes(i, live) {
		assert(in->imsi[i] < MST_IMSI_CODE_END && in->ind[i] <= IND_MASK);
		mst_put_be64(block[i], in->imsi[i] << IMSI_SHIFT |
					       (uint64_t)in->ind[i] << MST_COOKIE_NONCE_BITS |
					       (in->nonce[i] & NONCE_MASK));
		mst_put_be64(block[i] + 8, tick << 32);
	}
	mst_aes_encrypt_burst(engine, live, &keys->current, block, rand);
	mst_wipe(block, sizeof(block));
}

/* The lanes whose block was made by mst_cookie_issue_burst(), for all that its form tells. */
static mst_lanes
well_formed(mst_lanes live, const mst_b16 *block)
{
	mst_lanes good = 0;

	mst_for_lanes(i, live) {
		uint64_t code = mst_get_be64(block[i]) >> IMSI_SHIFT;

		good |= (mst_lanes)((mst_get_be32(block[i] + 12) == 0) & (code < MST_IMSI_CODE_END))
			<< i;
	}
	return good;
}

mst_lanes
mst_cookie_open_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_cookie_keys *keys,
	uint64_t tick, uint32_t lifetime, const mst_b16 *rand, struct mst_cookie_cols *out,
	uint8_t *status)
{
	mst_lanes genuine, rest, alive = 0;
	mst_b16 block[MST_LANES];

	assert(lifetime <= MST_COOKIE_TICKS_MAX);
	mst_aes_decrypt_burst(engine, live, &keys->current, rand, block);
	genuine = well_formed(live, block);
	rest = live & ~genuine;
	if (rest != 0 && keys->has_previous) {
		mst_aes_decrypt_burst(engine, rest, &keys->previous, rand, block);
		genuine |= well_formed(rest, block);
	}
	mst_for_lanes(i, genuine) {
		uint64_t word = mst_get_be64(block[i]);
		int32_t age = (int32_t)((uint32_t)tick - mst_get_be32(block[i] + 8));

		if (age < -MST_COOKIE_SKEW_TICKS || age > (int32_t)lifetime) {
			status[i] = MST_E_COOKIE_EXPIRED;
			continue;
		}
		out->imsi[i] = word >> IMSI_SHIFT;
		out->ind[i] = (uint8_t)(word >> MST_COOKIE_NONCE_BITS & IND_MASK);
		out->age[i] = age;
		alive |= MST_LANE(i);
	}
	mst_for_lanes(i, live & ~genuine)
		status[i] = MST_E_COOKIE_FORGED;
	mst_wipe(block, sizeof(block));
	return alive;
}
