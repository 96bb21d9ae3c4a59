/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and proofs of GBA over columns: the KDF of TS 33.220 Annex B.2, Ks_NAF, Ks_ext_NAF and
 * Ks_int_NAF, the two proofs of Ub (docs/protocol.md section 3) and the text of a B-TID.
 *
 *	S = FC || P0 || L0 || P1 || L1 || ..      each L two octets, the length of its P
 *	KDF(Ks, S) = HMAC-SHA-256(Ks, S)
 *
 * Ks is prepared once as an HMAC key; every function takes the prepared column:
 *
 *	mst_gba_key_burst(engine, live, v.ck, v.ik, &ks);
 *	mst_gba_proof_device_burst(engine, live, &ks, &device, expected);
 *	live = mst_gba_proof_check(live, expected, received);
 *	mst_gba_ks_naf_burst(engine, live, gba_u, &ks, &naf, ks_naf);
 *
 * Lanes whose messages have equal length are hashed together; IMSIs of one length, one kind of GBA
 * and cookies of one length make it a single pass.
 *
 * Context of all functions: any thread that owns the engine, data path; no state, no allocation,
 * cannot fail unless said so. Rows of dead lanes are neither read nor written. Intermediate values
 * are wiped; prepared columns and outputs are the caller's to wipe (mst_wipe()).
 */
#ifndef MST_GBA_KEYS_H
#define MST_GBA_KEYS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "aka/imsi.h"
#include "base/bytes.h"
#include "base/lanes.h"
#include "crypto/crypto.h"

#define MST_GBA_RES_SIZE  8
#define MST_PROOF_SIZE    16
#define MST_CLIENT_ID     7    /* octets: the first of RAND */
#define MST_SERVER_ID     0x47 /* the gateway's OSCORE Sender ID, one octet */
#define MST_UA_ID         5    /* octets of a Ua security protocol identifier */
#define MST_COOKIE_MAX    40   /* octets of the longest cookie of Ub */
#define MST_REALM_PREFIX  "3GPP-bootstrapping@"
#define MST_FQDN_BSF_MAX  103 /* so that a B-TID has at most 128 characters */
#define MST_FQDN_NAF_MAX  77  /* so that a realm has at most 96 characters */
#define MST_NAF_ID_MAX    (MST_FQDN_NAF_MAX + MST_UA_ID)
#define MST_BTID_SIZE_MIN 26
#define MST_BTID_SIZE_MAX 128

/** Columns of KDF inputs S under construction; 12 KiB. */
#define MST_KDF_SIZE_MAX 192
struct mst_kdf_cols {
	_Alignas(64) uint8_t s[MST_LANES][MST_KDF_SIZE_MAX];
	uint16_t size[MST_LANES];
};

/** Starts the S of a lane with FC. */
static inline void
mst_kdf_begin(struct mst_kdf_cols *kdf, unsigned lane, uint8_t fc)
{
	kdf->s[lane][0] = fc;
	kdf->size[lane] = 1;
}

/** Appends the length of the n octets that the caller has written at mst_kdf_room(). */
static inline void
mst_kdf_end_parameter(struct mst_kdf_cols *kdf, unsigned lane, size_t n)
{
	size_t size = kdf->size[lane];

	assert(n + 2 <= MST_KDF_SIZE_MAX - size);
	mst_put_be16(kdf->s[lane] + size + n, (uint16_t)n);
	kdf->size[lane] = (uint16_t)(size + n + 2);
}

/** Where the next parameter goes, MST_KDF_SIZE_MAX - size - 2 octets at most. */
static inline uint8_t *
mst_kdf_room(struct mst_kdf_cols *kdf, unsigned lane)
{
	return kdf->s[lane] + kdf->size[lane];
}

/** Appends a parameter of n octets and its length; all must fit (assert). */
static inline void
mst_kdf_put(struct mst_kdf_cols *kdf, unsigned lane, const void *parameter, size_t n)
{
	assert(n + 2 <= MST_KDF_SIZE_MAX - (size_t)kdf->size[lane]);
	memcpy(mst_kdf_room(kdf, lane), parameter, n);
	mst_kdf_end_parameter(kdf, lane, n);
}

/**
 * out[i] = HMAC-SHA-256 of S of lane i under the prepared key. S may have any mix of lengths; it is
 * wiped.
 */
void mst_kdf_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *key,
	struct mst_kdf_cols *kdf, mst_b32 *out);

/** Prepares Ks = CK || IK of each lane as the key of all functions below. */
void mst_gba_key_burst(struct mst_crypto *engine, mst_lanes live, const mst_b16 *ck,
	const mst_b16 *ik, struct mst_hmac_cols *ks);

/** NAF_Id = NAF FQDN || Ua security protocol identifier. */
struct mst_naf_id {
	uint8_t size;
	uint8_t octets[MST_NAF_ID_MAX];
};

/** Returns 0, or -MST_E_ARGUMENT (FQDN of no or more than MST_FQDN_NAF_MAX octets). */
int mst_naf_id_init(
	struct mst_naf_id *id, const char *fqdn, size_t fqdn_size, const uint8_t ua[MST_UA_ID]);

/** Inputs of Ks_NAF beside Ks. The IMPI is built from the code and the length of its MNC. */
struct mst_gba_naf_in {
	const mst_b16 *rand;
	const uint64_t *imsi;    /* codes (aka/imsi.h) */
	const uint8_t *mnc_size; /* 2 or 3 */
	const struct mst_naf_id *naf_id;
};

/**
 * Ks_int_NAF for the lanes in gba_u, Ks_NAF (GBA_ME) for the others; with gba_u = 0 the GBA_U lanes
 * of a batch yield Ks_ext_NAF.
 */
void mst_gba_ks_naf_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_hmac_cols *ks, const struct mst_gba_naf_in *in, mst_b32 *ks_naf);

/** Inputs of the device's proof beside Ks. */
struct mst_gba_device_in {
	const uint8_t (*res)[MST_GBA_RES_SIZE];
	const uint8_t *const *cookie; /* one place a lane */
	const uint8_t *cookie_size;   /* 1..MST_COOKIE_MAX */
	const uint64_t *imsi;         /* codes */
};

/** What the device proves: that it has Ks and RES, for this cookie and IMSI. */
void mst_gba_proof_device_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_hmac_cols *ks, const struct mst_gba_device_in *in, mst_b16 *proof);

/** Inputs of the BSF's proof beside Ks. */
struct mst_gba_bsf_in {
	const mst_b16 *device_proof;
	const uint32_t *lifetime;        /* seconds */
	const uint8_t *const *client_id; /* MST_CLIENT_ID octets each */
	const uint8_t *server_id;        /* one octet each */
	const char *const *btid;
	const uint8_t *btid_size; /* MST_BTID_SIZE_MIN..MST_BTID_SIZE_MAX */
};

/** What the BSF proves: that it has Ks, saw the device's proof and sent these parameters. */
void mst_gba_proof_bsf_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_hmac_cols *ks, const struct mst_gba_bsf_in *in, mst_b16 *proof);

/** The lanes whose received proof (MST_PROOF_SIZE octets) is the expected one; constant time. */
mst_lanes mst_gba_proof_check(
	mst_lanes live, const mst_b16 *expected, const uint8_t *const *received);

/**
 * Writes base64(RAND) "@" BSF FQDN (TS 33.220 section 4.5.2), no terminator; bsf_size is
 * 1..MST_FQDN_BSF_MAX. Returns the number of characters, 25 + bsf_size.
 */
size_t mst_btid_build(
	const mst_b16 rand, const char *bsf, size_t bsf_size, char btid[MST_BTID_SIZE_MAX]);
/**
 * Splits a B-TID into RAND and the BSF's FQDN in place; the FQDN's characters are not judged.
 * Returns 0, or -MST_E_CBOR_RANGE (length, base64, missing "@").
 */
int mst_btid_parse(const char *btid, size_t size, mst_b16 rand, const char **bsf, size_t *bsf_size);

#endif
