/* SPDX-License-Identifier: BSD-3-Clause */
/* What the gateway says of itself on its control socket. Context: main thread; blocks. */
#ifndef LOAD_GATEWAY_H
#define LOAD_GATEWAY_H

#include "ctl/ctl.h"
#include "proof.h"

struct gateway_stats {
	unsigned workers;
	uint64_t tsc_hz;
	uint64_t busy_cycles; /* of all workers, in loops with frames */
	uint64_t cycles;      /* of all workers */
	uint64_t loops, busy_loops;
	uint64_t creates, joins, rejoins, sessions;
	uint64_t rx_frames, tx_frames;
	uint64_t resident_octets;
};

/** Reads `stats`. Returns 0, or an error of mst_ctl_client_call() with a line in `error`. */
int gateway_stats(
	struct mst_ctl_client *client, struct gateway_stats *stats, char error[MST_CTL_ERROR_SIZE]);
/** Hands all rows of `group list` to the proof. Returns as gateway_stats(). */
int gateway_groups(
	struct mst_ctl_client *client, struct proof *proof, char error[MST_CTL_ERROR_SIZE]);

#endif
