/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The USIM application: K, OPc, the SQN array and AKA (TS 33.102 section 6.3) of every meter's
 * card. Used by uicc.c alone.
 *
 * Context: setup by the control thread; _burst functions: the data thread.
 */
#ifndef LOAD_USIM_H
#define LOAD_USIM_H

#include "aka/autn.h"
#include "aka/sqn.h"
#include "subs/subs.h"

struct usims {
	const struct mst_subs *subs; /* the SIM vendor's file: index = meter */
	struct mst_usim_sqn *sqn;
	uint32_t count;
};

/** Outputs of an authentication. */
struct usim_cols {
	mst_lanes fresh;           /* AUTN right and fresh: from[] has RES, CK, IK */
	mst_lanes stale;           /* AUTN right, SQN not: auts[] */
	struct mst_autn_cols from; /* secret */
	mst_auts auts[MST_LANES];
};

/** Allocates the SQN arrays, all zero. Returns 0 or -MST_E_NO_MEMORY. */
int usims_init(struct usims *usims, const struct mst_subs *subs, uint32_t count);
/** Wipes and frees. */
void usims_fini(struct usims *usims);
/** Sets the highest SEQ that a USIM has accepted, for all IND. */
void usim_set_seq(struct usims *usims, uint32_t meter, uint64_t seq);
/** Fetches what usim_authenticate_burst() will read. */
void usim_prefetch(const struct usims *usims, uint32_t meter);

/** Checks AUTN (AUTN* for the lanes of gba_u) of live lanes. */
void usim_authenticate_burst(struct usims *usims, struct mst_crypto *crypto, mst_lanes live,
	mst_lanes gba_u, const uint32_t *meter, const mst_b16 *rand, const mst_b16 *autn,
	struct usim_cols *out);

#endif
