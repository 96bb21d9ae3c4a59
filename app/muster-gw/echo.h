/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Freshness of the first request in a session whose replay window was lost with an earlier run
 * (RFC 8613 Appendix B.1.2, RFC 9175 section 2; docs/protocol.md section 5.8). Such a request is
 * not executed: the answer, 4.01 with Echo under the run's own Partial IV, asks for it again.
 *
 * The value is a block of RAND under a key of this run: it needs no memory, and no message of an
 * earlier run can have it. The first message with it begins the window; all before it count as
 * seen.
 *
 * Context: the worker, data path.
 */
#ifndef GW_ECHO_H
#define GW_ECHO_H

#include <stdbool.h>

struct gw_worker;

/** Octets of an Echo value. */
#define GW_ECHO 8

/** Whether the plaintext of this lane carries the session's Echo value. */
bool gw_echo_right(struct gw_worker *w, unsigned lane);
/** Writes 4.01 with Echo as the lane's plaintext answer. */
void gw_echo_ask(struct gw_worker *w, unsigned lane);

#endif
