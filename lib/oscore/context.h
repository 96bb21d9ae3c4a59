/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security contexts of OSCORE (RFC 8613 section 3.2) with AES-CCM-16-64-128 and HKDF SHA-256: keys
 * of both directions and the Common IV, derived for up to 64 lanes at once.
 *
 * What all contexts of one use have in common is a profile: Master Salt, the server's ID and the
 * sizes of what differs between lanes. The same profile serves both ends: "client" is who sends the
 * requests, its Sender ID is the server's Recipient ID.
 *
 *	struct mst_oscore_profile p;
 *	int err = mst_oscore_profile_init(&p, crypto, &params);
 *	mst_oscore_derive_burst(crypto, &p, live, master_secret, id_context, client_id, &keys);
 *	...
 *	mst_oscore_profile_fini(&p);
 *
 * Within one Master Secret and ID Context all IDs must differ: equal IDs have equal keys.
 *
 * Limits: IDs of 0..7 octets, Master Secret 1..32, ID Context 1..16 or none, Master Salt 0..64.
 * Cost: ten SHA-256 compressions a lane.
 * Context: a profile is read-only once initialised and may be shared by threads; functions that
 * take an engine belong to the engine's thread. Data path, but for init and fini; never allocate,
 * never block.
 */
#ifndef MST_OSCORE_CONTEXT_H
#define MST_OSCORE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/lanes.h"
#include "crypto/crypto.h"
#include "oscore/option.h"

#define MST_OSCORE_SALT_MAX 64

/** A Sender ID in a column: as many octets as the profile says, the rest is not looked at. */
typedef uint8_t mst_oscore_id[MST_OSCORE_ID_MAX];

struct mst_oscore_params {
	const uint8_t *master_salt; /* may be NULL if its size is 0 */
	size_t master_salt_size;    /* 0..64 */
	size_t master_secret_size;  /* 1..32 */
	size_t id_context_size;     /* 0: no ID Context; else 1..16 */
	size_t client_id_size;      /* 0..7 */
	const uint8_t *server_id;   /* may be NULL if its size is 0 */
	size_t server_id_size;      /* 0..7 */
};

/** Made by mst_oscore_profile_init(); 4 KiB. */
struct mst_oscore_profile {
	struct mst_hmac_cols salt; /* Master Salt as the key of HKDF-Extract, in all lanes */
	mst_oscore_id server_id;
	uint8_t server_id_size;
	uint8_t client_id_size;
	uint8_t master_secret_size;
	uint8_t id_context_size;
};

/** Keys and Common IV of up to 64 contexts. Secret: the owner wipes them. */
struct mst_oscore_keys {
	mst_b16 client_key[MST_LANES]; /* protects requests */
	mst_b16 server_key[MST_LANES]; /* protects responses */
	mst_b16 common_iv[MST_LANES];  /* 13 octets, then zeros */
};

/** Returns 0, or -MST_E_ARGUMENT for a size out of range; then *profile is untouched. */
int mst_oscore_profile_init(struct mst_oscore_profile *profile, struct mst_crypto *crypto,
	const struct mst_oscore_params *params);
/** Wipes the profile. */
void mst_oscore_profile_fini(struct mst_oscore_profile *profile);

/**
 * Derives the contexts of the live lanes. The first octets of a row, as many as the profile says,
 * are the value. id_context may be NULL if the profile has none, client_id if its size is 0.
 */
void mst_oscore_derive_burst(struct mst_crypto *crypto, const struct mst_oscore_profile *profile,
	mst_lanes live, const mst_b32 *master_secret, const mst_b16 *id_context,
	const mst_oscore_id *client_id, struct mst_oscore_keys *keys);

#endif
