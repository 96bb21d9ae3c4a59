/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The HTTP side of the metrics: GET /metrics on a TCP port or a UNIX socket, or both, by
 * libmicrohttpd. Anything else is 404 or 405. Limits: GW_METRICS_CLIENTS connections,
 * GW_METRICS_REQUEST octets of request, GW_METRICS_IDLE_S seconds without progress.
 *
 * Context: control thread, for all calls; no call blocks.
 */
#ifndef GW_METRICS_HTTP_H
#define GW_METRICS_HTTP_H

#include <time.h>

#include "config.h"
#include "gw.h"

#define GW_METRICS_CLIENTS 16
#define GW_METRICS_REQUEST 8192
#define GW_METRICS_IDLE_S  5
#define GW_METRICS_ERROR   256
#define GW_METRICS_SERVERS 2

/** Zero before open; `gw` is set by the caller before the first step. */
struct gw_metrics_http {
	struct gw *gw;
	time_t started;
	const char *socket; /* to be removed at the end, or NULL */
	struct MHD_Daemon *daemon[GW_METRICS_SERVERS];
	unsigned count;
};

/** Listens where the configuration says. Returns 0 or a negative error with a line in `error`. */
int gw_metrics_http_open(struct gw_metrics_http *http, const struct mst_gw_config *config,
	char error[GW_METRICS_ERROR]);
/** A descriptor that polls readable while server `index` < count has work. */
int gw_metrics_http_fd(const struct gw_metrics_http *http, unsigned index);
/** Milliseconds until the next step is due at the latest, at most `ms`. */
int gw_metrics_http_wait(const struct gw_metrics_http *http, int ms);
/** Accepts, reads, answers, and ends idle connections. */
void gw_metrics_http_step(struct gw_metrics_http *http);
void gw_metrics_http_close(struct gw_metrics_http *http);

#endif
