/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HKDF-SHA-256 (RFC 5869) over lanes, on the HMAC bursts of crypto/crypto.h.
 *
 *	struct mst_hmac_cols salt, prepared;
 *	mst_hmac_key_all(c, ~(mst_lanes)0, salt_octets, salt_size, &salt); // once
 *	mst_hkdf_extract_burst(c, live, &salt, ikm, ikm_size, prk);
 *	mst_hmac_key_burst(c, live, prk, &prepared);
 *	mst_hkdf_expand_burst(c, live, &prepared, info, info_size, okm, 16);
 *
 * An absent salt is one of 0 octets. A salt longer than 64 octets is to be replaced by its SHA-256,
 * as RFC 2104 has it, before it is prepared.
 *
 * Shapes, dead lanes and wiping are as in crypto/crypto.h. Context of all functions: owner thread
 * of the engine, data path; never allocate or block.
 */
#ifndef MST_OSCORE_HKDF_H
#define MST_OSCORE_HKDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lanes.h"
#include "crypto/crypto.h"

#define MST_HKDF_IKM_MAX  247 /* octets of input key material */
#define MST_HKDF_INFO_MAX 128
#define MST_HKDF_OKM_MAX  (255 * 32)

/** HKDF-Extract: prk[i] from the ikm_size octets at ikm[i]; ikm_size <= MST_HKDF_IKM_MAX. */
static inline void
mst_hkdf_extract_burst(struct mst_crypto *crypto, mst_lanes live, const struct mst_hmac_cols *salt,
	const uint8_t *const *ikm, size_t ikm_size, mst_b32 *prk)
{
	mst_hmac_burst(crypto, live, salt, ikm, ikm_size, prk);
}

/**
 * HKDF-Expand: okm_size octets to okm[i] from the info_size octets at info[i]; info_size <=
 * MST_HKDF_INFO_MAX, 1 <= okm_size <= MST_HKDF_OKM_MAX. okm[i] may be info[i].
 */
void mst_hkdf_expand_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_hmac_cols *prk, const uint8_t *const *info, size_t info_size,
	uint8_t *const *okm, size_t okm_size);

#endif
