/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: the native backends. Their files are compiled for instruction sets beyond
 * the baseline; only native.c, which is not, decides whether they may run.
 *
 * native:         AES-NI, eight lanes in flight, one a register
 * native-avx512:  VAES, sixteen lanes in flight, four a register
 * Both hash with SHA-NI, four streams in flight.
 */
#ifndef MST_CRYPTO_NATIVE_H
#define MST_CRYPTO_NATIVE_H

#include "crypto/backend.h"

/*
 * Kernels keep secrets in locals only, and as functions of their own, so that a caller can
 * overwrite the stack that they used.
 */
#define NATIVE_KERNEL __attribute__((noinline))
#define INLINE        static inline __attribute__((always_inline))

/* Overwrites the stack below the caller's frame, further down than any kernel reaches. */
void mst_native_burn_stack(void);

void mst_native_hmac_key(struct mst_crypto *engine, mst_lanes live, const uint8_t *key,
	size_t stride, size_t key_size, struct mst_hmac_cols *prepared);
void mst_native_hmac(struct mst_crypto *engine, mst_lanes live,
	const struct mst_hmac_cols *prepared, const uint8_t *const *message, size_t size,
	mst_b32 *mac);
void mst_native_sha1_16(
	struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20]);

void mst_native_aes_key(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded);

#define NATIVE_AES(set)                                                                            \
	void mst_##set##_aes(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key,        \
		const mst_b16 *in, mst_b16 *out);                                                  \
	void mst_##set##_fan(                                                                      \
		struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan);         \
	void mst_##set##_encrypt(struct mst_crypto *engine, mst_lanes live,                        \
		const struct mst_aes_key *key, const mst_b16 *in, mst_b16 *out);                   \
	void mst_##set##_decrypt(struct mst_crypto *engine, mst_lanes live,                        \
		const struct mst_aes_key *key, const mst_b16 *in, mst_b16 *out);                   \
	void mst_##set##_seal(                                                                     \
		struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);        \
	mst_lanes mst_##set##_open(                                                                \
		struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)

NATIVE_AES(aesni);
NATIVE_AES(vaes);

#endif
