/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence numbers of AKA (TS 33.102 Annex C): SQN = SEQ || IND with 43 bits of SEQ and 5 of IND.
 *
 * The network side is entirely time-based (C.1.1.3, C.3.2): SEQ = clock + DIF mod 2^43, where DIF
 * belongs to the subscriber and changes only when its USIM asks for resynchronisation. A challenge
 * therefore writes nothing. IND values are partitioned among the gateways of a site, so that no two
 * ever issue the same SQN.
 *
 *	sqn = mst_sqn_make(clock, dif, ind);                       network, a challenge
 *	if (!mst_usim_sqn_accept(&usim, sqn))                     USIM, its answer
 *		sqn_ms = mst_usim_sqn_ms(&usim);
 *	dif = mst_sqn_dif(clock, sqn_ms);                          network, after a good AUTS
 *
 * Limits: two challenges to one subscriber from one generator within a tick carry the same SQN; the
 * USIM takes the first and answers the second with an AUTS. At one tick every 100 ms SEQ lasts for
 * 27,000 years; a USIM whose SEQ_MS is 2^43 - 1 never accepts again (C.2.3).
 *
 * Context: any thread; a struct mst_usim_sqn belongs to its caller.
 */
#ifndef MST_AKA_SQN_H
#define MST_AKA_SQN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define MST_SQN_IND_BITS 5
#define MST_SQN_INDS     32
#define MST_SQN_SEQ_MASK (((uint64_t)1 << 43) - 1)
#define MST_SQN_MASK     (((uint64_t)1 << 48) - 1)
#define MST_SQN_DELTA    ((uint64_t)1 << 28) /* largest jump of SEQ a USIM accepts */

static inline uint64_t
mst_sqn_seq(uint64_t sqn)
{
	return (sqn & MST_SQN_MASK) >> MST_SQN_IND_BITS;
}

static inline unsigned
mst_sqn_ind(uint64_t sqn)
{
	return (unsigned)(sqn & (MST_SQN_INDS - 1));
}

/** The SQN of a challenge: `clock` in ticks, dif < 2^43, ind < 32. */
static inline uint64_t
mst_sqn_make(uint64_t clock, uint64_t dif, unsigned ind)
{
	return ((clock + dif) & MST_SQN_SEQ_MASK) << MST_SQN_IND_BITS | (ind & (MST_SQN_INDS - 1));
}

/**
 * The DIF that resynchronisation stores: from now on SEQ is larger than the USIM's SEQ_MS, also
 * within the tick of the resynchronisation. Below 2^43.
 */
static inline uint64_t
mst_sqn_dif(uint64_t clock, uint64_t sqn_ms)
{
	return (mst_sqn_seq(sqn_ms) + 1 - clock) & MST_SQN_SEQ_MASK;
}

/**
 * A USIM's memory (C.2.1): the last accepted SEQ of each IND, six octets big-endian. 192 octets, so
 * that millions of simulated meters fit; all zero is a fresh USIM.
 */
struct mst_usim_sqn {
	uint8_t seq[MST_SQN_INDS][6];
};
_Static_assert(sizeof(struct mst_usim_sqn) == 192, "one a simulated meter");

/** SQN_MS for an AUTS: the highest SEQ accepted so far with its IND, the lowest if several. */
uint64_t mst_usim_sqn_ms(const struct mst_usim_sqn *usim);

/**
 * Whether `sqn` is fresh: SEQ > seq[IND] and SEQ - SEQ_MS <= MST_SQN_DELTA, where SEQ_MS is the
 * highest of all. If so, seq[IND] becomes SEQ. To be called only once the MAC was found right.
 */
bool mst_usim_sqn_accept(struct mst_usim_sqn *usim, uint64_t sqn);

#endif
