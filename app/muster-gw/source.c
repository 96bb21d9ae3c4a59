/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include "base/bytes.h"
#include "base/err.h"
#include "batch.h"
#include "table/pages.h"

int
gw_sources_init(struct gw_sources *sources, const struct gw_source_options *options)
{
	struct gw_sources s = {0};

	if (options->rate > 0) {
		s.full_at = mst_pages_alloc(GW_SOURCES * sizeof(*s.full_at), true);
		if (s.full_at == NULL)
			return -MST_E_NO_MEMORY;
		s.step = 1000000000 / options->rate;
		s.depth = s.step * (options->burst > 0 ? options->burst - 1 : 0);
		s.mask4 = options->bits4 > 0 ? UINT32_MAX << (32 - options->bits4) : 0;
		s.mask6 = options->bits6 > 0 ? UINT64_MAX << (64 - options->bits6) : 0;
	}
	*sources = s;
	return 0;
}

void
gw_sources_fini(struct gw_sources *sources)
{
	mst_pages_free(sources->full_at, GW_SOURCES * sizeof(*sources->full_at));
	*sources = (struct gw_sources){0};
}

/** The bucket of a lane's source. */
static uint64_t *
bucket(const struct gw_worker *w, unsigned lane)
{
	const struct mst_net_view *view = &w->batch->net.view[lane];
	const uint8_t *ip = mst_net_source(view, w->batch->net.frame[lane]);
	uint64_t prefix = view->family == 4 ? mst_get_be32(ip) & w->sources.mask4
					    : mst_get_be64(ip) & w->sources.mask6;

	/* No IPv6 prefix in use is that small, so the families do not meet. */
	return &w->sources.full_at[mst_hash_u64(&w->gw->seed, prefix) % GW_SOURCES];
}

mst_lanes
gw_sources_admit(struct gw_worker *w, mst_lanes live)
{
	const struct gw_sources *s = &w->sources;
	uint64_t now = w->now_ms * 1000000, *at[MST_LANES];
	mst_lanes admitted = 0;

	if (s->full_at == NULL)
		return live;
	mst_for_lanes(i, live) {
		at[i] = bucket(w, i);
		__builtin_prefetch(at[i], 1);
	}
	mst_for_lanes(i, live) {
		uint64_t full_at = *at[i] > now ? *at[i] : now;

		if (full_at - now > s->depth) {
			gw_drop(w, i, MST_E_SOURCE_BUSY);
			continue;
		}
		*at[i] = full_at + s->step;
		admitted |= MST_LANE(i);
	}
	return admitted;
}
