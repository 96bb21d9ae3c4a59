/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strangers beside the meters: first messages on Ub from random source addresses, with random
 * identities, whose answers nobody reads. What the link has no room for is not sent.
 *
 * IPv4 sources lie in 11.0.0.0 to 126.255.255.255, IPv6 ones each in a /64 of 2001:db8::/32; from
 * one prefix they are 198.18.0.0/24 and 2001:db8::/64.
 *
 * Context: the data thread.
 */
#ifndef LOAD_FLOOD_H
#define LOAD_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

struct gen;

struct flood {
	uint64_t random;
	uint64_t due; /* messages that should have gone out so far */
	uint64_t first_imsi;
	uint16_t mid;
};

/** Context: control thread. */
void flood_init(struct flood *flood, uint64_t seed);
/** Sends what is due. Returns how many messages that were. */
unsigned flood_step(struct gen *gen);

#endif
