/* SPDX-License-Identifier: BSD-3-Clause */
#include "zn.h"

#include <string.h>

#include "base/err.h"
#include "batch.h"

bool
gw_zn_authorised(const struct gw_naf *naf)
{
	size_t size = strlen(naf->fqdn);

	return naf->id.size == size + MST_UA_ID && memcmp(naf->id.octets, naf->fqdn, size) == 0;
}

mst_lanes
gw_zn(struct gw_worker *w, mst_lanes live, const struct gw_naf *naf)
{
	struct gw_batch *b = w->batch;
	const struct mst_gba_naf_in in = {
		.rand = b->rand,
		.imsi = b->imsi,
		.mnc_size = b->mnc_size,
		.naf_id = &naf->id,
	};
	bool authorised = gw_zn_authorised(naf);

	mst_for_lanes(i, live) {
		uint8_t groups = mst_hss_profile(&w->gw->hss, b->ref[i])->naf_groups;

		if (authorised && (groups == 0 || (groups >> naf->group & 1) != 0))
			continue;
		gw_drop(w, i, MST_E_NAF_NOT_AUTHORISED);
		live &= ~MST_LANE(i);
	}
	mst_gba_ks_naf_burst(w->crypto, live, b->gba_u, &b->ks, &in, b->ks_naf);
	return live;
}
