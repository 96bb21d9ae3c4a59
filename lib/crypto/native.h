/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: the native backends. Each is one file, compiled for instruction sets beyond
 * the baseline; only native.c, which is not, decides whether it may run.
 *
 * native-sse     AES-NI and SHA-NI
 * native         the same in AVX encoding
 * native-avx512  VAES, four blocks a register; SHA-256 sixteen lanes a register, few lanes and
 * SHA-1 by SHA-NI of native
 */
#ifndef MST_CRYPTO_NATIVE_H
#define MST_CRYPTO_NATIVE_H

#include "crypto/backend.h"

#define INLINE static inline __attribute__((always_inline))

/*
 * Kernels keep secrets in locals only, and are functions of their own, so that their caller can
 * overwrite the stack that they used.
 */
#define NATIVE_KERNEL __attribute__((noinline))

/*
 * Overwrite the stack below the caller's frame, further down than its kernel reaches in an
 * optimised build: those of AES under one key and of hashes take less than 1 KiB, Milenage's less
 * than 3, CCM's and those of sixteen hashes less than 8. tests/unit/crypto/wipe_test.c looks for
 * what they miss.
 */
void mst_native_burn_1k(void);
void mst_native_burn_4k(void);
void mst_native_burn_8k(void);

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

#define NATIVE_HMAC(set)                                                                           \
	void mst_##set##_hmac_key(struct mst_crypto *engine, mst_lanes live, const uint8_t *key,   \
		size_t stride, size_t key_size, struct mst_hmac_cols *prepared);                   \
	void mst_##set##_hmac(struct mst_crypto *engine, mst_lanes live,                           \
		const struct mst_hmac_cols *prepared, const uint8_t *const *message, size_t size,  \
		mst_b32 *mac)

/* Nothing in these gains from wide registers. */
#define NATIVE_NARROW(set)                                                                         \
	void mst_##set##_aes_key(                                                                  \
		struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded);       \
	void mst_##set##_sha1_16(struct mst_crypto *engine, mst_lanes live, const mst_b16 *in,     \
		uint8_t(*digest)[20])

NATIVE_AES(sse);
NATIVE_AES(avx);
NATIVE_AES(avx512);
NATIVE_HMAC(sse);
NATIVE_HMAC(avx);
NATIVE_HMAC(avx512);
NATIVE_NARROW(sse);
NATIVE_NARROW(avx);

#endif
