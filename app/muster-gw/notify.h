/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a service manager is told (sd_notify(3), the protocol of $NOTIFY_SOCKET), and its watchdog:
 * it is answered only while every worker goes round its loop. Without a service manager nothing is
 * sent. Context: control thread.
 */
#ifndef GW_NOTIFY_H
#define GW_NOTIFY_H

#include <stdint.h>

#include "gw.h"

struct gw_notify {
	uint64_t every_ms; /* at least this often the watchdog wants to hear; 0: there is none */
	uint64_t told_ms;
	uint64_t loops[GW_WORKERS_MAX]; /* of each worker, when last told */
};

/** Reads $WATCHDOG_USEC and $WATCHDOG_PID. */
void gw_notify_init(struct gw_notify *n);
/** Sends lines such as "READY=1". What cannot be sent is lost: the manager's time-outs deal with
 * it. */
void gw_notify_send(const char *state);
/** Answers the watchdog when half its time has passed and all workers have moved since. */
void gw_notify_alive(struct gw_notify *n, const struct gw *gw, uint64_t now_ms);

#endif
