/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "replica.h"
#include "verbs.h"

#define NAME_SIZE 64

/** What is being written. */
struct text {
	FILE *to;
	bool open; /* OpenMetrics */
};

static uint64_t
load(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/** The lines above the samples of a metric; `unit` is the last word of `name`, or NULL. */
static void
head(const struct text *t, const char *name, const char *type, const char *unit, const char *help)
{
	/* A counter's name ends in _total only for the older format; its samples do in both. */
	const char *end = !t->open && strcmp(type, "counter") == 0 ? "_total" : "";

	fprintf(t->to, "# HELP muster_%s%s %s.\n# TYPE muster_%s%s %s\n", name, end, help, name,
		end, type);
	if (t->open && unit != NULL)
		fprintf(t->to, "# UNIT muster_%s %s\n", name, unit);
}

static void
gauge(const struct text *t, const char *name, const char *unit, double value, const char *help)
{
	head(t, name, "gauge", unit, help);
	fprintf(t->to, "muster_%s %.17g\n", name, value);
}

static void
counter(const struct text *t, const char *name, const char *unit, uint64_t value, const char *help)
{
	head(t, name, "counter", unit, help);
	fprintf(t->to, "muster_%s_total %" PRIu64 "\n", name, value);
}

/** RX_OCTETS is rx_bytes, the base unit's name. Returns the unit or NULL. */
static const char *
outcome_name(enum gw_outcome outcome, char name[NAME_SIZE])
{
	char *octets;

	snprintf(name, NAME_SIZE, "%s", gw_outcome_name(outcome));
	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	octets = strstr(name, "_octets");
	if (octets == NULL)
		return NULL;
	memcpy(octets, "_bytes", sizeof("_bytes"));
	return "bytes";
}

static void
write_outcomes(const struct text *t, const struct gw *gw)
{
	char name[NAME_SIZE];

	for (unsigned o = 0; o < GW_OUTCOME_COUNT; o++) {
		const char *unit = outcome_name(o, name);

		head(t, name, "counter", unit, gw_outcome_text(o));
		for (unsigned i = 0; i < gw->workers; i++)
			fprintf(t->to, "muster_%s_total{worker=\"%u\"} %" PRIu64 "\n", name, i,
				load(&gw->worker[i]->counters.outcome[o]));
	}
}

static void
write_drops(const struct text *t, const struct gw *gw)
{
	head(t, "drops", "counter", NULL, "frames and requests dropped, by reason");
	for (unsigned i = 0; i < gw->workers; i++)
		for (int e = 1; e < MST_E_COUNT; e++)
			fprintf(t->to,
				"muster_drops_total{worker=\"%u\",reason=\"%s\"} %" PRIu64 "\n", i,
				mst_err_name(e), load(&gw->worker[i]->counters.drop[e]));
}

static void
write_stages(const struct text *t, const struct gw *gw)
{
	const double hz = (double)mst_port_tsc_hz();

	head(t, "stage_lanes", "counter", NULL, "frames and requests that went through a stage");
	for (unsigned i = 0; i < gw->workers; i++)
		for (unsigned s = 0; s < GW_STAGE_COUNT; s++)
			fprintf(t->to,
				"muster_stage_lanes_total{worker=\"%u\",stage=\"%s\"} %" PRIu64
				"\n",
				i, gw_stage_name(s), load(&gw->worker[i]->counters.stage_lanes[s]));
	head(t, "stage_seconds", "counter", "seconds", "time spent in a stage");
	for (unsigned i = 0; i < gw->workers; i++)
		for (unsigned s = 0; s < GW_STAGE_COUNT; s++)
			fprintf(t->to,
				"muster_stage_seconds_total{worker=\"%u\",stage=\"%s\"} %.9g\n", i,
				gw_stage_name(s),
				(double)load(&gw->worker[i]->counters.stage_cycles[s]) / hz);
}

static void
write_workers(const struct text *t, const struct gw *gw)
{
	const double hz = (double)mst_port_tsc_hz();

	head(t, "worker_seconds", "counter", "seconds", "time since a worker started");
	for (unsigned i = 0; i < gw->workers; i++) {
		uint64_t start = load(&gw->worker[i]->counters.start_tsc);
		uint64_t now = load(&gw->worker[i]->counters.now_tsc);

		fprintf(t->to, "muster_worker_seconds_total{worker=\"%u\"} %.9g\n", i,
			now > start ? (double)(now - start) / hz : 0.0);
	}
	head(t, "worker_busy_seconds", "counter", "seconds", "time of a worker's loops with work");
	for (unsigned i = 0; i < gw->workers; i++)
		fprintf(t->to, "muster_worker_busy_seconds_total{worker=\"%u\"} %.9g\n", i,
			(double)load(&gw->worker[i]->counters.busy_cycles) / hz);
	head(t, "worker_longest_loop_seconds", "gauge", "seconds",
		"time of a worker's longest loop with work since its start");
	for (unsigned i = 0; i < gw->workers; i++)
		fprintf(t->to, "muster_worker_longest_loop_seconds{worker=\"%u\"} %.9g\n", i,
			(double)load(&gw->worker[i]->counters.longest_cycles) / hz);
	head(t, "worker_loops", "counter", NULL, "loops of a worker");
	for (unsigned i = 0; i < gw->workers; i++)
		fprintf(t->to, "muster_worker_loops_total{worker=\"%u\"} %" PRIu64 "\n", i,
			load(&gw->worker[i]->counters.loops));
}

static void
write_port(const struct text *t, struct gw *gw)
{
	struct mst_port_stats s;

	mst_port_stats_get(gw->port, &s);
	gauge(t, "port_link_up", NULL, mst_port_link_up(gw->port), "1 while the link is up");
	counter(t, "port_rx_frames", NULL, s.rx_frames, "frames that the port received");
	counter(t, "port_tx_frames", NULL, s.tx_frames, "frames that the port sent");
	counter(t, "port_rx_missed", NULL, s.rx_missed, "frames without room in a receive ring");
	counter(t, "port_rx_no_buffer", NULL, s.rx_no_buffer, "frames without a free buffer");
	counter(t, "port_rx_errors", NULL, s.rx_errors, "frames received with an error");
	counter(t, "port_rx_chained", NULL, s.rx_chained, "frames in pieces, dropped");
	counter(t, "port_tx_errors", NULL, s.tx_errors, "frames that the port could not send");
	gauge(t, "port_buffers", NULL, s.buffers, "frame buffers in all");
	gauge(t, "port_buffers_free", NULL, s.buffers_free, "free frame buffers, approximately");
}

static void
write_state(const struct text *t, struct gw *gw, time_t started)
{
	uint64_t sessions = 0, memberships = 0;

	for (unsigned i = 0; i < gw->workers; i++) {
		sessions += mst_session_count(&gw->worker[i]->sessions);
		memberships += mst_members_count(&gw->worker[i]->members);
	}
	head(t, "build_info", "gauge", NULL, "always 1; the version is a label");
	fprintf(t->to, "muster_build_info{version=\"%s\"} 1\n", GW_VERSION);
	gauge(t, "start_time_seconds", "seconds", (double)started, "start of the gateway");
	gauge(t, "resident_memory_bytes", "bytes", (double)gw_resident_memory(),
		"memory of the process");
	gauge(t, "live_subscribers", NULL, gw->subscribers, "subscribers that are provisioned");
	gauge(t, "live_sessions", NULL, (double)sessions, "sessions that are open");
	gauge(t, "live_groups", NULL, (double)mst_groups_count(&gw->groups), "groups that exist");
	gauge(t, "live_memberships", NULL, (double)memberships, "memberships of groups");
}

static void
write_replica(const struct text *t, const struct gw *gw)
{
	const struct gw_replica *r = gw->replica;
	uint64_t parked = 0, waiting = 0;

	if (r == NULL)
		return;
	for (unsigned i = 0; i < gw->workers; i++) {
		parked += gw->worker[i]->recorder.park_count;
		waiting += mst_port_ring_count(gw->worker[i]->recorder.ring);
	}
	gauge(t, "redis_up", NULL, atomic_load(&r->durable.up), "1 while Redis is at hand");
	gauge(t, "redis_lag_seconds", "seconds", (double)load(&r->counters.lag_us) / 1e6,
		"time from sent to confirmed of the last batch");
	gauge(t, "redis_waiting_records", NULL, (double)waiting, "records not sent yet");
	gauge(t, "redis_in_flight_records", NULL, (double)load(&r->counters.in_flight),
		"records sent and not confirmed");
	gauge(t, "redis_parked_answers", NULL, (double)parked, "answers that wait for Redis");
	gauge(t, "redis_quarantined_records", NULL, (double)r->quarantined,
		"records that could not be loaded at the start");
	counter(t, "redis_records", NULL, load(&r->counters.records), "records confirmed");
	counter(t, "redis_batches", NULL, load(&r->counters.batches), "batches confirmed");
	counter(t, "redis_sent_bytes", "bytes", load(&r->counters.octets),
		"octets of confirmed batches");
	counter(t, "redis_outages", NULL, load(&r->counters.outages), "times Redis was lost");
	counter(t, "redis_resent_records", NULL, load(&r->counters.resent),
		"records sent again after an outage");
	counter(t, "redis_mended_records", NULL, load(&r->counters.mended),
		"records that Redis had lost and has again");
}

char *
gw_metrics_write(struct gw *gw, time_t started, bool open, size_t *size)
{
	char *buffer = NULL;
	struct text t = {.to = open_memstream(&buffer, size), .open = open};

	if (t.to == NULL)
		return NULL;
	write_state(&t, gw, started);
	write_outcomes(&t, gw);
	write_drops(&t, gw);
	write_stages(&t, gw);
	write_workers(&t, gw);
	write_port(&t, gw);
	write_replica(&t, gw);
	if (open)
		fputs("# EOF\n", t.to);
	if (fclose(t.to) != 0) {
		free(buffer);
		return NULL;
	}
	return buffer;
}
