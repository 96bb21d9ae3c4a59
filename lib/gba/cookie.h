/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cookie of a challenge (docs/protocol.md sections 4.2 and 9.9): here it is RAND itself.
 *
 *	RAND  = AES-128 of block under the site's cookie key
 *	block = IMSI code (50 bits) || IND (5) || nonce (9) || tick (32) || zeros (32)
 *
 * Why RAND can serve: AES under a secret key is a permutation that nobody outside can tell
 * from a random one, so RAND is unpredictable, and differs whenever the block differs. Only
 * who has the key makes a RAND that decrypts to 32 zero bits, an IMSI code below
 * MST_IMSI_CODE_END and a tick within the lifetime: at a lifetime of 1200 ticks one guess in
 * 2^52 does, with two live keys, and a guess still needs the SIM's proof. A challenge thus
 * holds no state, spends no octets on a cookie and gives identity, IND and age back on the
 * answer. Ub keeps a cookie parameter of its own for an HSS outside muster that chooses RAND
 * itself.
 *
 * Gateways of one site share the keys and have INDs of their own, hence never the same RAND.
 * The tick is the low half of the clock of SQN (aka/sqn.h); 32 bits do not come round within
 * the life of a key. One tick, identity, IND and nonce give one RAND again, which repeats the
 * challenge: harmless.
 *
 *	mst_cookie_keys_init(engine, &keys, key);
 *	mst_cookie_issue_burst(engine, live, &keys, tick, &block, rand);
 *	ok = mst_cookie_open_burst(engine, live, &keys, tick, 1200, rand, &block, status);
 *	mst_cookie_keys_rotate(engine, &keys, next);
 *
 * Context: owner thread of the engine, data path; no allocation. Keys are the worker's own
 * copy; key octets and their rotation come from outside. Rows of dead lanes are neither read
 * nor written.
 */
#ifndef MST_GBA_COOKIE_H
#define MST_GBA_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lanes.h"
#include "crypto/crypto.h"

#define MST_COOKIE_SIZE       16
#define MST_COOKIE_IND_BITS   5
#define MST_COOKIE_NONCE_BITS 9
#define MST_COOKIE_SKEW_TICKS 20        /* how far another gateway's clock may be ahead */
#define MST_COOKIE_TICKS_MAX  INT32_MAX /* of a lifetime */

/** The two live keys. Secret. */
struct mst_cookie_keys {
	struct mst_aes_key current;  /* issues and opens */
	struct mst_aes_key previous; /* opens */
	bool has_previous;
};

/** One live key. */
void mst_cookie_keys_init(
	struct mst_crypto *engine, struct mst_cookie_keys *keys, const mst_b16 key);
/** `next` becomes current, the current key previous; the previous one is forgotten. */
void mst_cookie_keys_rotate(
	struct mst_crypto *engine, struct mst_cookie_keys *keys, const mst_b16 next);
/** Drops the previous key, for a rotation that must not wait. */
void mst_cookie_keys_retire(struct mst_cookie_keys *keys);
/** Wipes. */
void mst_cookie_keys_fini(struct mst_cookie_keys *keys);

/** What a cookie says, one a lane. */
struct mst_cookie_cols {
	uint64_t imsi[MST_LANES];  /* codes (aka/imsi.h) */
	uint16_t nonce[MST_LANES]; /* issue only; below 512, any value */
	uint8_t ind[MST_LANES];    /* below 32 */
	int32_t age[MST_LANES];    /* open only: ticks, -MST_COOKIE_SKEW_TICKS..lifetime */
};

/** rand[i] = the RAND, and cookie, of a challenge to imsi[i] at `tick`. age[] is not read. */
void mst_cookie_issue_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_cookie_keys *keys, uint64_t tick, const struct mst_cookie_cols *in,
	mst_b16 *rand);

/**
 * Opens cookies under either key. Returns the lanes that are genuine and alive and writes their
 * imsi[], ind[] and age[]; nonce[] is left alone. status[i] of another live lane becomes
 *	MST_E_COOKIE_FORGED   it was not made under a live key
 *	MST_E_COOKIE_EXPIRED  older than `lifetime` ticks, or more than MST_COOKIE_SKEW_TICKS ahead
 * and its row of `out` stays as it was. lifetime <= MST_COOKIE_TICKS_MAX.
 */
mst_lanes mst_cookie_open_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_cookie_keys *keys, uint64_t tick, uint32_t lifetime, const mst_b16 *rand,
	struct mst_cookie_cols *out, uint8_t *status);

#endif
