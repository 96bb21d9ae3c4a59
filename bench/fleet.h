/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 64 devices in lockstep and a gateway without a port: prepares bursts of requests for a stage, so
 * that the stage alone is timed. Each round bootstraps anew, so every answer opens a session.
 *
 * A gateway with several workers has a fleet for each, with devices of its own, that a thread of
 * its own may play. Context: the thread that made the fleet or entered it.
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "batch.h"

#define FLEET_SUBSCRIBERS (1u << 18) /* rounds walk through them: records come from memory */

struct fleet;

/** A gateway of one worker. Returns NULL when the machine has no memory for it. */
struct fleet *fleet_create(void);
/** The same with several workers: this is the fleet of the first one. */
struct fleet *fleet_create_with(unsigned workers);
/** A fleet for another worker of the same gateway. NULL: no memory. Context: main thread. */
struct fleet *fleet_share(const struct fleet *first, unsigned worker);
/** A thread begins to play a fleet, and ends. */
void fleet_enter(void);
void fleet_leave(void);
/** Those that share its gateway go first. */
void fleet_destroy(struct fleet *fleet);
/** The fleet's worker. */
struct gw_worker *fleet_worker(struct fleet *fleet);
/** Takes the next 64 subscribers, and a second later. */
void fleet_next(struct fleet *fleet);
/** Frames of the next burst, for the first `count` devices. */
void fleet_hints(struct fleet *fleet, unsigned count);
void fleet_firsts(struct fleet *fleet, unsigned count);
void fleet_answers(struct fleet *fleet, unsigned count);
void fleet_joins(struct fleet *fleet, unsigned count, bool express);
/** Runs the prepared burst through the gateway: what is timed. */
void fleet_burst(struct fleet *fleet, unsigned count);
/** After the burst of a first request: takes the challenges, authenticates. */
void fleet_take_challenges(struct fleet *fleet, unsigned count);
/** Whether all of the last burst's answers have this CoAP code. */
bool fleet_answered(const struct fleet *fleet, unsigned count, uint8_t code);

#endif
