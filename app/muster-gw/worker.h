/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads of workers. Context: control thread. */
#ifndef GW_WORKER_H
#define GW_WORKER_H

#include "gw.h"

/** Starts the worker's thread. Returns 0 or -MST_E_SYSTEM. */
int gw_worker_start(struct gw_worker *worker);
/** Waits for its end, after gw->stop was set. */
void gw_worker_join(struct gw_worker *worker);

#endif
