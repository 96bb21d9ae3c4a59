/* SPDX-License-Identifier: BSD-3-Clause */
#include "uicc.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

#define NOBODY UINT32_MAX

static uint32_t
assign_slots(struct uiccs *uiccs, uint32_t count)
{
	uint32_t used = 0;

	for (uint32_t m = 0; m < count; m++)
		uiccs->slot[m] = uicc_is_gba_u(uiccs, m) ? used++ : NOBODY;
	return used;
}

int
uiccs_init(struct uiccs *uiccs, const struct mst_subs *subs, uint32_t count)
{
	int err = usims_init(&uiccs->usim, subs, count);

	if (err != 0)
		return err;
	uiccs->slot = mst_pages_alloc(count * sizeof(*uiccs->slot), true);
	if (uiccs->slot == NULL)
		return -MST_E_NO_MEMORY;
	uiccs->vault_count = assign_slots(uiccs, count);
	if (uiccs->vault_count == 0)
		return 0;
	uiccs->vault = mst_pages_alloc(uiccs->vault_count * sizeof(*uiccs->vault), true);
	return uiccs->vault != NULL ? 0 : -MST_E_NO_MEMORY;
}

void
uiccs_fini(struct uiccs *uiccs)
{
	uint32_t count = uiccs->usim.count;

	if (uiccs->vault != NULL)
		mst_wipe(uiccs->vault, uiccs->vault_count * sizeof(*uiccs->vault));
	mst_pages_free(uiccs->vault, uiccs->vault_count * sizeof(*uiccs->vault));
	mst_pages_free(uiccs->slot, count * sizeof(*uiccs->slot));
	usims_fini(&uiccs->usim);
	memset(uiccs, 0, sizeof(*uiccs));
}

static void
vaults_of(const struct uiccs *uiccs, mst_lanes live, const uint32_t *meter,
	struct vault *at[MST_LANES])
{
	mst_for_lanes(i, live)
		at[i] = &uiccs->vault[uiccs->slot[meter[i]]];
}

/** GBA_U: Ks stays here. GBA_ME: CK and IK go to the ME. */
static void
hand_out_keys(struct uiccs *uiccs, mst_lanes fresh, mst_lanes gba_u, const uint32_t *meter,
	const struct usim_cols *usim, struct uicc_authenticated *out)
{
	struct vault *at[MST_LANES];

	vaults_of(uiccs, fresh & gba_u, meter, at);
	vault_set_ks_burst(fresh & gba_u, at, usim->from.keys.ck, usim->from.keys.ik);
	mst_for_lanes(i, fresh & ~gba_u) {
		memcpy(out->ck[i], usim->from.keys.ck[i], sizeof(out->ck[i]));
		memcpy(out->ik[i], usim->from.keys.ik[i], sizeof(out->ik[i]));
	}
}

void
uicc_authenticate_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	mst_lanes gba_u, const uint32_t *meter, const mst_b16 *rand, const mst_b16 *autn,
	struct uicc_authenticated *out)
{
	struct usim_cols usim;

	usim_authenticate_burst(&uiccs->usim, crypto, live, gba_u, meter, rand, autn, &usim);
	out->fresh = usim.fresh;
	out->stale = usim.stale;
	hand_out_keys(uiccs, usim.fresh, gba_u, meter, &usim, out);
	mst_for_lanes(i, usim.fresh)
		memcpy(out->res[i], usim.from.keys.res[i], sizeof(out->res[i]));
	mst_for_lanes(i, usim.fresh | usim.stale)
		out->sqn[i] = usim.from.sqn[i];
	mst_for_lanes(i, usim.stale)
		memcpy(out->auts[i], usim.auts[i], sizeof(out->auts[i]));
	mst_for_lanes(i, live) {
		mst_wipe(usim.from.keys.ck[i], sizeof(usim.from.keys.ck[i]));
		mst_wipe(usim.from.keys.ik[i], sizeof(usim.from.keys.ik[i]));
	}
}

void
uicc_prove_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_device_in *in, mst_b16 *proof)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return;
	vaults_of(uiccs, live, meter, at);
	vault_prove_burst(crypto, live, at, in, proof);
}

mst_lanes
uicc_accept_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_bsf_in *in, const uint8_t *const *received,
	const struct mst_gba_naf_in *naf)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return 0;
	vaults_of(uiccs, live, meter, at);
	return vault_accept_burst(crypto, live, true, at, in, received, naf);
}

void
uicc_derive_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_naf_in *in)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return;
	vaults_of(uiccs, live, meter, at);
	vault_derive_burst(crypto, live, true, at, in);
}

mst_lanes
uicc_seal_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct vault_exchange *exchange,
	const struct mst_oscore_plain *plain, struct mst_coap_build *build)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return 0;
	vaults_of(uiccs, live, meter, at);
	return vault_seal_burst(crypto, live, at, exchange, plain, build);
}

void
uicc_open_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct vault_exchange *exchange,
	const struct mst_coap_msg *outer, struct vault_answer *answer)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return;
	vaults_of(uiccs, live, meter, at);
	vault_open_burst(crypto, live, at, exchange, outer, answer);
}

const struct vault *
uicc_vault(const struct uiccs *uiccs, uint32_t meter)
{
	return uiccs->slot[meter] != NOBODY ? &uiccs->vault[uiccs->slot[meter]] : NULL;
}
