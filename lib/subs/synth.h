/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Made-up subscribers for tests and load: IMSIs count up from the first; with E = AES-128 under
 * the seed and i the number of the subscriber, 0 upwards, as 15 big-endian octets: K = E(i ||
 * 01), OPc = E(i || 02). The same seed gives the same SIM cards to a store and to a simulated
 * device, without a file between them. Never for real subscribers.
 *
 *	struct mst_synth synth;
 *	int err = mst_synth_init(&synth, "001010000000000", 1000000, seed, 250);
 *	mst_synth_burst(&synth, engine, live, first_number, &cols);
 *
 * Context: any thread; never allocates. A mst_synth is read-only after its init.
 */
#ifndef MST_SUBS_SYNTH_H
#define MST_SUBS_SYNTH_H

#include "crypto/crypto.h"
#include "subs/subs.h"

struct mst_synth {
	uint64_t first_imsi; /* code */
	uint64_t count;
	uint32_t gba_u_permille;
	mst_b16 seed;
};

/**
 * Prepares `count` subscribers from first_imsi (digits, terminated) on. Of any 1000 consecutive
 * ones gba_u_permille (0..1000) have a GBA_U card. Returns 0, -MST_E_IDENTITY (first_imsi) or
 * -MST_E_ARGUMENT (the numbers run out of digits, gba_u_permille above 1000, count of 0).
 */
int mst_synth_init(struct mst_synth *synth, const char *first_imsi, uint64_t count,
	const mst_b16 seed, uint32_t gba_u_permille);
/** IMSI code of a subscriber, number below count. */
uint64_t mst_synth_imsi(const struct mst_synth *synth, uint64_t number);
/** What card a subscriber has. */
enum mst_gba_type mst_synth_gba_type(const struct mst_synth *synth, uint64_t number);
/**
 * Fills imsi, k and opc of the live lanes of cols, lane i with subscriber number[i]; profiles are
 * the caller's part.
 */
void mst_synth_burst(const struct mst_synth *synth, struct mst_crypto *crypto, mst_lanes live,
	const uint64_t *number, struct mst_subs_cols *cols);

#endif
