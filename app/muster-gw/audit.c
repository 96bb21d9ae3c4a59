/* SPDX-License-Identifier: BSD-3-Clause */
#include "audit.h"

#include "base/err.h"
#include "gw.h"

int
gw_audit_init(struct gw_worker *w)
{
	_Static_assert(sizeof(struct gw_audit_event) % 4 == 0, "rings copy words");
	return mst_port_ring_create(&w->audit, sizeof(struct gw_audit_event), GW_AUDIT_EVENTS);
}

void
gw_audit_fini(struct gw_worker *w)
{
	mst_port_ring_destroy(w->audit);
}

bool
gw_audit_room(const struct gw_worker *w)
{
	return !w->gw->audit || mst_port_ring_count(w->audit) < GW_AUDIT_EVENTS / 2;
}

void
gw_audit(struct gw_worker *w, struct gw_audit_event event)
{
	if (!w->gw->audit)
		return;
	event.at_ms = w->now_ms;
	if (mst_port_ring_put_burst_mt(w->audit, &event, 1) == 0)
		gw_count(&w->counters.outcome[GW_AUDIT_LOST], 1);
}

unsigned
gw_audit_take(struct gw *gw, struct gw_audit_event *events, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < gw->workers && n < max; i++)
		n += mst_port_ring_get_burst(gw->worker[i]->audit, events + n, max - n);
	return n;
}

const char *
gw_audit_name(enum gw_audit_what what)
{
	static const char *const names[] = {
#define X(name, text) text,
		GW_AUDITS(X)
#undef X
	};

	return names[what];
}
