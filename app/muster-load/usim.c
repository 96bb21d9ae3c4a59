/* SPDX-License-Identifier: BSD-3-Clause */
#include "usim.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

int
usims_init(struct usims *usims, const struct mst_subs *subs, uint32_t count)
{
	usims->subs = subs;
	usims->count = count;
	usims->sqn = mst_pages_alloc(count * sizeof(*usims->sqn), true);
	return usims->sqn != NULL ? 0 : -MST_E_NO_MEMORY;
}

void
usims_fini(struct usims *usims)
{
	mst_pages_free(usims->sqn, usims->count * sizeof(*usims->sqn));
	usims->sqn = NULL;
}

void
usim_set_seq(struct usims *usims, uint32_t meter, uint64_t seq)
{
	for (unsigned ind = 0; ind < MST_SQN_INDS; ind++)
		mst_put_be48(usims->sqn[meter].seq[ind], seq);
}

void
usim_prefetch(const struct usims *usims, uint32_t meter)
{
	const uint8_t *sqn = (const uint8_t *)&usims->sqn[meter];

	__builtin_prefetch(mst_subs_record(usims->subs, meter));
	for (unsigned at = 0; at < sizeof(usims->sqn[meter]); at += 64)
		__builtin_prefetch(sqn + at, 1);
}

void
usim_authenticate_burst(struct usims *usims, struct mst_crypto *crypto, mst_lanes live,
	mst_lanes gba_u, const uint32_t *meter, const mst_b16 *rand, const mst_b16 *autn,
	struct usim_cols *out)
{
	mst_b16 k[MST_LANES], opc[MST_LANES];
	uint64_t sqn_ms[MST_LANES];
	const struct mst_milenage_in in = {.k = k, .opc = opc, .rand = rand};
	mst_lanes right;

	mst_for_lanes(i, live) {
		const struct mst_subs_record *r = mst_subs_record(usims->subs, meter[i]);

		memcpy(k[i], r->k, sizeof(k[i]));
		memcpy(opc[i], r->opc, sizeof(opc[i]));
	}
	right = mst_autn_check_burst(crypto, live, gba_u, &in, autn, &out->from);
	out->fresh = out->stale = 0;
	mst_for_lanes(i, right) {
		struct mst_usim_sqn *sqn = &usims->sqn[meter[i]];

		if (mst_usim_sqn_accept(sqn, out->from.sqn[i])) {
			out->fresh |= MST_LANE(i);
			continue;
		}
		out->stale |= MST_LANE(i);
		sqn_ms[i] = mst_usim_sqn_ms(sqn);
	}
	if (out->stale != 0)
		mst_auts_make_burst(crypto, out->stale, &in, sqn_ms, out->auts);
	mst_for_lanes(i, live) {
		mst_wipe(k[i], sizeof(k[i]));
		mst_wipe(opc[i], sizeof(opc[i]));
	}
}
