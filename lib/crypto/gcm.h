/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags, message by message, for keys
 * at rest. Through IPsec-MB's synchronous functions.
 *
 *	mst_gcm_create(&gcm, NULL, key);
 *	mst_gcm_seal(gcm, nonce, aad, aad_size, data, size, data, tag);
 *	ok = mst_gcm_open(gcm, nonce, aad, aad_size, data, size, tag, data);
 *	mst_gcm_destroy(gcm);
 *
 * A nonce must never come twice under one key; choosing it is the caller's part.
 * Context: create and destroy any thread; the others the thread that owns the object; no
 * allocation.
 */
#ifndef MST_CRYPTO_GCM_H
#define MST_CRYPTO_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define MST_GCM_NONCE 12
#define MST_GCM_TAG   16

struct mst_gcm;

/**
 * Expands a key. With many keys all but the first name the first as `sibling`: it lends them what
 * does not depend on the key (some 100 KB), belongs to the same thread and is destroyed last.
 * Returns 0, -MST_E_NO_MEMORY or -MST_E_UNSUPPORTED (no AES-NI or PCLMULQDQ).
 */
int mst_gcm_create(struct mst_gcm **result, const struct mst_gcm *sibling, const mst_b32 key);
/** Wipes and frees; NULL is allowed. */
void mst_gcm_destroy(struct mst_gcm *gcm);

/** Encrypts `size` octets from in to out, which may be the same, and writes the tag. */
void mst_gcm_seal(struct mst_gcm *gcm, const uint8_t nonce[MST_GCM_NONCE], const void *aad,
	size_t aad_size, const void *in, size_t size, void *out, uint8_t tag[MST_GCM_TAG]);
/**
 * Decrypts and verifies. Returns whether the tag is right; if not, out is zeroed.
 */
bool mst_gcm_open(struct mst_gcm *gcm, const uint8_t nonce[MST_GCM_NONCE], const void *aad,
	size_t aad_size, const void *in, size_t size, const uint8_t tag[MST_GCM_TAG], void *out);

#endif
