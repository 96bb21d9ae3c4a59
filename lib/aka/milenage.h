/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Milenage, the example algorithm set f1, f1*, f2, f3, f4, f5, f5* of 3GPP TS 35.206, over columns:
 * up to 64 subscribers at once, each with its own K and OPc. Network and USIM compute the same.
 *
 *	static struct mst_milenage_out v;
 *	struct mst_milenage_in in = {k, opc, rand, sqn, amf};
 *	mst_milenage_burst(engine, live, MST_MILENAGE_F1 | MST_MILENAGE_F2345, &in, &v);
 *	use(v.mac_a[i], v.res[i], v.ck[i], v.ik[i], v.ak[i]);
 *
 * One call expands each lane's key once and computes E_K(RAND ^ OPc) once; a wanted output costs
 *one further AES block (f1 with f1*, and f2 with f5, share theirs). Constants r1..r5 and c1..c5 are
 *the ones of TS 35.206 section 4.1; RES has its full 8 octets.
 *
 * Context: owner thread of the engine; no state, no allocation, cannot fail. Rows of dead lanes are
 * neither read nor written. Inputs and outputs must not overlap.
 */
#ifndef MST_AKA_MILENAGE_H
#define MST_AKA_MILENAGE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/lanes.h"
#include "crypto/crypto.h"

/** Wanted outputs. */
#define MST_MILENAGE_F1    1u                                    /* mac_a */
#define MST_MILENAGE_F1S   2u                                    /* mac_s */
#define MST_MILENAGE_F25   4u                                    /* res, ak */
#define MST_MILENAGE_F34   8u                                    /* ck, ik */
#define MST_MILENAGE_F5S   16u                                   /* ak_s */
#define MST_MILENAGE_F2345 (MST_MILENAGE_F25 | MST_MILENAGE_F34) /* res, ck, ik, ak */

/** Input columns of MST_LANES rows each. */
struct mst_milenage_in {
	const mst_b16 *k;
	const mst_b16 *opc;
	const mst_b16 *rand;
	const uint64_t *sqn; /* low 48 bits; only read for f1 and f1* */
	const uint16_t *amf; /* only read for f1 and f1* */
};

/** Output columns; those not asked for are left alone. All but MACs and AKs are long-term secrets.
 */
struct mst_milenage_out {
	mst_b16 ck[MST_LANES];
	mst_b16 ik[MST_LANES];
	uint8_t mac_a[MST_LANES][8]; /* f1 */
	uint8_t mac_s[MST_LANES][8]; /* f1* */
	uint8_t res[MST_LANES][8];   /* f2 */
	uint8_t ak[MST_LANES][6];    /* f5 */
	uint8_t ak_s[MST_LANES][6];  /* f5* */
};

/** Computes the functions in `wanted`, an OR of MST_MILENAGE_*, for the live lanes. */
void mst_milenage_burst(struct mst_crypto *engine, mst_lanes live, unsigned wanted,
	const struct mst_milenage_in *in, struct mst_milenage_out *out);

/** opc[i] = OP[i] xor E_K[i](OP[i]) (TS 35.206 section 4.1). opc may be the column k or op. */
void mst_milenage_opc_burst(struct mst_crypto *engine, mst_lanes live, const mst_b16 *k,
	const mst_b16 *op, mst_b16 *opc);

#endif
