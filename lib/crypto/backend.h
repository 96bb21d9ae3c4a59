/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: what a backend of the crypto engine provides. The functions have the
 * contracts of their namesakes in crypto.h; `live` is never empty.
 */
#ifndef MST_CRYPTO_BACKEND_H
#define MST_CRYPTO_BACKEND_H

#include <stdbool.h>

#include "crypto/crypto.h"

struct mst_backend {
	const char *name;
	bool (*usable)(void);
	/* An engine whose `ops` crypto.c fills in, or NULL without memory. */
	struct mst_crypto *(*create)(void);
	void (*destroy)(struct mst_crypto *engine);

	void (*aes)(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key,
		const mst_b16 *in, mst_b16 *out);
	void (*fan)(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan);
	void (*aes_key)(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded);
	void (*encrypt)(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
		const mst_b16 *in, mst_b16 *out);
	void (*decrypt)(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
		const mst_b16 *in, mst_b16 *out);
	/* Lane i's key is at key + i * stride: a column of 32 octets, or with stride 0 one of
	 * 0..64. */
	void (*hmac_key)(struct mst_crypto *engine, mst_lanes live, const uint8_t *key,
		size_t stride, size_t key_size, struct mst_hmac_cols *prepared);
	void (*hmac)(struct mst_crypto *engine, mst_lanes live,
		const struct mst_hmac_cols *prepared, const uint8_t *const *message, size_t size,
		mst_b32 *mac);
	void (*sha1_16)(struct mst_crypto *engine, mst_lanes live, const mst_b16 *in,
		uint8_t (*digest)[20]);
	void (*seal)(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);
	/* All live lanes have in_size >= 8. */
	mst_lanes (*open)(
		struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops);
};

/* The common head of every backend's engine. */
struct mst_crypto {
	const struct mst_backend *ops;
};

extern const struct mst_backend mst_backend_native_sse;
extern const struct mst_backend mst_backend_native_avx;
extern const struct mst_backend mst_backend_native_avx512;
extern const struct mst_backend mst_backend_imb_sse;
extern const struct mst_backend mst_backend_imb_avx2;
extern const struct mst_backend mst_backend_imb_avx512;

#endif
