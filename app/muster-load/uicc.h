/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cards of all meters as their MEs see them: identity, AKA, and for GBA_U (TS 33.220 section 5)
 * the keys and the OSCORE endpoint that never leave the card. What crosses this interface is what
 * crosses the one between ME and UICC: RES, AUTS, for GBA_ME CK and IK; protected messages; never
 * Ks, Ks_int_NAF or Kg of a GBA_U card.
 *
 * Shapes: columns of MST_LANES rows. Context: setup by the control thread; _burst functions: the
 * data thread, never allocate or block.
 */
#ifndef LOAD_UICC_H
#define LOAD_UICC_H

#include "usim.h"
#include "vault.h"

struct uiccs {
	struct usims usim;
	uint32_t *slot;      /* meter to vault; NOBODY for GBA_ME */
	struct vault *vault; /* one for each GBA_U card */
	uint32_t vault_count;
};

/** Cards for the first `count` subscribers. Returns 0 or -MST_E_NO_MEMORY. */
int uiccs_init(struct uiccs *uiccs, const struct mst_subs *subs, uint32_t count);
/** Wipes and frees; zeroed memory is allowed. */
void uiccs_fini(struct uiccs *uiccs);

/** IMSI code, readable by the ME. */
static inline uint64_t
uicc_imsi(const struct uiccs *uiccs, uint32_t meter)
{
	return mst_subs_imsi(mst_subs_record(uiccs->usim.subs, meter));
}

/** Digits of the MNC (EF_AD), readable by the ME. */
static inline uint8_t
uicc_mnc_size(const struct uiccs *uiccs, uint32_t meter)
{
	const struct mst_subs *subs = uiccs->usim.subs;

	return mst_subs_profile(subs, mst_subs_record(subs, meter))->mnc_size;
}

/** Whether the card is GBA_U capable (EF_UST). */
static inline bool
uicc_is_gba_u(const struct uiccs *uiccs, uint32_t meter)
{
	const struct mst_subs *subs = uiccs->usim.subs;

	return mst_subs_profile(subs, mst_subs_record(subs, meter))->gba_type == MST_GBA_U;
}

/** AUTHENTICATE for all lanes: for those of gba_u in GBA context, Ks then stays on the card. */
struct uicc_authenticated {
	mst_lanes fresh; /* res[], and without gba_u ck[] and ik[] */
	mst_lanes stale; /* auts[] */
	uint8_t res[MST_LANES][MST_GBA_RES_SIZE];
	mst_b16 ck[MST_LANES];
	mst_b16 ik[MST_LANES];
	mst_auts auts[MST_LANES];
	uint64_t sqn[MST_LANES]; /* of fresh and stale lanes, for the log of acknowledgements */
};

void uicc_authenticate_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	mst_lanes gba_u, const uint32_t *meter, const mst_b16 *rand, const mst_b16 *autn,
	struct uicc_authenticated *out);

/* For GBA_U cards: the functions of vault.h of the same names. */
void uicc_prove_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_device_in *in, mst_b16 *proof);
mst_lanes uicc_accept_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_bsf_in *in, const uint8_t *const *received,
	const struct mst_gba_naf_in *naf);
void uicc_derive_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_naf_in *in);
mst_lanes uicc_seal_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct vault_exchange *exchange,
	const struct mst_oscore_plain *plain, struct mst_coap_build *build);
void uicc_open_burst(struct uiccs *uiccs, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct vault_exchange *exchange,
	const struct mst_coap_msg *outer, struct vault_answer *answer);

/** What the card holds, for the proof of agreement and the key log: NULL for GBA_ME. */
const struct vault *uicc_vault(const struct uiccs *uiccs, uint32_t meter);

#endif
