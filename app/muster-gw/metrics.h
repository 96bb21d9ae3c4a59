/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gateway's counters for Prometheus: OpenMetrics 1.0 or the older text format 0.0.4. Labels are
 * the worker, the drop reason and the stage; no identity of a subscriber, group or session is among
 * them. Sums are the reader's business.
 *
 * Context: control thread; reads what workers count, waits for nobody.
 */
#ifndef GW_METRICS_H
#define GW_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "gw.h"

#define GW_METRICS_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define GW_METRICS_TEXT        "text/plain; version=0.0.4; charset=utf-8"

/**
 * All metrics as text of `*size` octets, the caller's to free(). `open`: OpenMetrics, with units
 * and "# EOF". NULL: out of memory. Context: control; allocates.
 */
char *gw_metrics_write(struct gw *gw, time_t started, bool open, size_t *size);

#endif
