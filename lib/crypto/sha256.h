/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: the SHA-256 compression (FIPS 180-4 section 6.2.2) in portable C, for the
 * rare calls that no fast path takes. Constant time; wipes what it leaves on the stack.
 */
#ifndef MST_CRYPTO_SHA256_H
#define MST_CRYPTO_SHA256_H

#include <stdint.h>

extern const uint32_t mst_sha256_k[64];
extern const uint32_t mst_sha256_init[8];

/* state = compression of state with one block. */
void mst_sha256_compress(uint32_t state[8], const uint8_t block[64]);

#endif
