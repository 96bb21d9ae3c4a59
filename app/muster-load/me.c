/* SPDX-License-Identifier: BSD-3-Clause */
#include "me.h"

#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "table/pages.h"

/** Type allocation code of the simulated meters, the first 8 digits of their IMEIs. */
#define TAC UINT64_C(35000000)

static void
assign_slots(struct mes *mes, const struct uiccs *uiccs)
{
	for (uint32_t m = 0; m < mes->count; m++) {
		if (uicc_is_gba_u(uiccs, m))
			mes->at[m].flags = ME_GBA_U;
		else
			mes->at[m].slot = mes->vault_count++;
	}
}

int
mes_init(struct mes *mes, const struct uiccs *uiccs)
{
	uint32_t count = uiccs->usim.count;

	mes->count = count;
	mes->at = mst_pages_alloc(count * sizeof(*mes->at), true);
	mes->cookie = mst_pages_alloc(count * sizeof(*mes->cookie), false);
	if (mes->at == NULL || mes->cookie == NULL)
		return -MST_E_NO_MEMORY;
	assign_slots(mes, uiccs);
	if (mes->vault_count == 0)
		return 0;
	mes->vault = mst_pages_alloc(mes->vault_count * sizeof(*mes->vault), true);
	return mes->vault != NULL ? 0 : -MST_E_NO_MEMORY;
}

void
mes_fini(struct mes *mes)
{
	if (mes->vault != NULL)
		mst_wipe(mes->vault, mes->vault_count * sizeof(*mes->vault));
	mst_pages_free(mes->vault, mes->vault_count * sizeof(*mes->vault));
	mst_pages_free(mes->cookie, mes->count * sizeof(*mes->cookie));
	mst_pages_free(mes->at, mes->count * sizeof(*mes->at));
	memset(mes, 0, sizeof(*mes));
}

uint64_t
me_imei(uint32_t meter)
{
	uint64_t number = TAC * 1000000 + meter % 1000000, bcd = 0;
	unsigned sum = 0;

	/* Serial numbers have six digits: more meters are of further types. */
	number += meter / 1000000 * UINT64_C(1000000);
	for (unsigned at = 0; at < 14; at++, number /= 10) {
		unsigned digit = (unsigned)(number % 10), twice = 2 * digit;

		bcd |= (uint64_t)digit << (4 * at + 8);
		sum += at % 2 != 0 ? digit : twice / 10 + twice % 10;
	}
	return bcd | (10 - sum % 10) % 10 << 4 | 0xf;
}

void
me_set_cookie(struct mes *mes, uint32_t meter, const uint8_t *cookie, uint8_t size)
{
	struct me *me = &mes->at[meter];

	if (size == sizeof(me->rand) && memcmp(cookie, me->rand, size) == 0) {
		me->flags &= (uint8_t)~ME_COOKIE;
		return;
	}
	me->flags |= ME_COOKIE;
	mes->cookie[meter].size = size;
	memcpy(mes->cookie[meter].octets, cookie, size);
}

const uint8_t *
me_cookie(const struct mes *mes, uint32_t meter, uint8_t *size)
{
	const struct me *me = &mes->at[meter];

	if ((me->flags & ME_COOKIE) == 0) {
		*size = sizeof(me->rand);
		return me->rand;
	}
	*size = mes->cookie[meter].size;
	return mes->cookie[meter].octets;
}

static void
vaults_of(const struct mes *mes, mst_lanes live, const uint32_t *meter, struct vault *at[MST_LANES])
{
	mst_for_lanes(i, live)
		at[i] = &mes->vault[mes->at[meter[i]].slot];
}

void
me_set_ks_burst(struct mes *mes, mst_lanes live, const uint32_t *meter, const mst_b16 *ck,
	const mst_b16 *ik)
{
	struct vault *at[MST_LANES];

	vaults_of(mes, live, meter, at);
	vault_set_ks_burst(live, at, ck, ik);
}

void
me_prove_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live, const uint32_t *meter,
	const struct mst_gba_device_in *in, mst_b16 *proof)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return;
	vaults_of(mes, live, meter, at);
	vault_prove_burst(crypto, live, at, in, proof);
}

mst_lanes
me_accept_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live, const uint32_t *meter,
	const struct mst_gba_bsf_in *in, const uint8_t *const *received,
	const struct mst_gba_naf_in *naf)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return 0;
	vaults_of(mes, live, meter, at);
	return vault_accept_burst(crypto, live, false, at, in, received, naf);
}

void
me_derive_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live, const uint32_t *meter,
	const struct mst_gba_naf_in *in)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return;
	vaults_of(mes, live, meter, at);
	vault_derive_burst(crypto, live, false, at, in);
}

mst_lanes
me_seal_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live, const uint32_t *meter,
	const struct vault_exchange *exchange, const struct mst_oscore_plain *plain,
	struct mst_coap_build *build)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return 0;
	vaults_of(mes, live, meter, at);
	return vault_seal_burst(crypto, live, at, exchange, plain, build);
}

void
me_open_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live, const uint32_t *meter,
	const struct vault_exchange *exchange, const struct mst_coap_msg *outer,
	struct vault_answer *answer)
{
	struct vault *at[MST_LANES];

	if (live == 0)
		return;
	vaults_of(mes, live, meter, at);
	vault_open_burst(crypto, live, at, exchange, outer, answer);
}

const struct vault *
me_vault(const struct mes *mes, uint32_t meter)
{
	const struct me *me = &mes->at[meter];

	return (me->flags & ME_GBA_U) == 0 ? &mes->vault[me->slot] : NULL;
}
