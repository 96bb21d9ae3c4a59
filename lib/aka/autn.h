/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The authentication token AUTN, its GBA_U form AUTN* and the resynchronisation token AUTS, both
 * sides of each, over columns.
 *
 *	AUTN  = (SQN ^ AK) || AMF || MAC                                 TS 33.102 section 6.3.2
 *	AUTN* = (SQN ^ AK) || AMF || MAC ^ first 8 octets of SHA-1(IK)   TS 33.220 section 5.3.2
 *	AUTS  = (SQN_MS ^ AK*) || MAC-S, f1* with AMF 0000               TS 33.102 section 6.3.3
 *
 * The network makes a challenge and later checks an AUTS; the UICC checks the challenge and, if the
 * SQN is not fresh (aka/sqn.h), answers with an AUTS:
 *
 *	mst_autn_make_burst(engine, live, gba_u, &in, autn);               network
 *	ok = mst_autn_check_burst(engine, live, gba_u, &in, autn, &from);  UICC
 *	mst_auts_make_burst(engine, stale, &in, sqn_ms, auts);             UICC
 *	ok = mst_auts_check_burst(engine, live, &in, auts, sqn_ms);        network
 *
 * `gba_u` holds the lanes whose subscriber has a GBA_U capable UICC; the others use plain AUTN.
 *
 * Context: owner thread of the engine; no state, no allocation. Rows of dead lanes are neither read
 * nor written. MACs are compared in constant time; intermediate values are wiped.
 */
#ifndef MST_AKA_AUTN_H
#define MST_AKA_AUTN_H

#include "aka/milenage.h"

#define MST_AUTN_SIZE 16
#define MST_AUTS_SIZE 14

typedef uint8_t mst_auts[MST_AUTS_SIZE];

/** Makes AUTN or AUTN* from K, OPc, RAND, SQN and AMF. Costs 3 AES blocks a lane, GBA_U 5. */
void mst_autn_make_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_milenage_in *in, mst_b16 *autn);

/**
 * Assembles AUTN or AUTN* from outputs of mst_milenage_burst() that the caller has anyway: of `out`
 * mac_a and ak are read, for GBA_U lanes ik; of `in` sqn and amf.
 */
void mst_autn_build_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_milenage_in *in, const struct mst_milenage_out *out, mst_b16 *autn);

/** What a UICC learns from a challenge. Secret but for sqn and amf. */
struct mst_autn_cols {
	struct mst_milenage_out keys; /* res, ck, ik, ak; mac_a is XMAC */
	uint64_t sqn[MST_LANES];
	uint16_t amf[MST_LANES];
};

/**
 * The USIM's half: recovers SQN and AMF from autn[] and computes f1..f5 of k, opc and rand of `in`
 * (its sqn and amf are not read). Returns the lanes whose MAC is right; rows of the others are
 * zeroed. Freshness of the SQN is for the caller to judge (mst_usim_sqn_accept()).
 */
mst_lanes mst_autn_check_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_milenage_in *in, const mst_b16 *autn, struct mst_autn_cols *from);

/** The USIM's AUTS for the RAND in `in`: k, opc and rand are read, sqn_ms[] are 48 bits. */
void mst_auts_make_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_milenage_in *in, const uint64_t *sqn_ms, mst_auts *auts);

/**
 * The network's check of auts[] against k, opc and rand of `in`. Returns the lanes whose MAC-S is
 * right and writes their SQN_MS; sqn_ms[] of the others is untouched.
 */
mst_lanes mst_auts_check_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_milenage_in *in, const mst_auts *auts, uint64_t *sqn_ms);

#endif
