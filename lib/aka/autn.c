/* SPDX-License-Identifier: BSD-3-Clause */
#include "aka/autn.h"

#include "base/secret.h"

#define MAC_AT 8 /* of AUTN: after SQN ^ AK and AMF */
#define MAC    8

/*
 * Turns the MACs of the GBA_U lanes into MAC* and back: mac[i] ^= first 8 octets of SHA-1(IK).
 * mac[] holds rows of `stride` octets.
 */
static void
mask_macs(
	struct mst_crypto *engine, mst_lanes gba_u, const mst_b16 *ik, uint8_t *mac, size_t stride)
{
	uint8_t digest[MST_LANES][20];

	if (gba_u == 0)
		return;
	mst_sha1_16_burst(engine, gba_u, ik, digest);
	mst_for_lanes(i, gba_u)
		for (unsigned o = 0; o < MAC; o++)
			mac[i * stride + o] ^= digest[i][o];
	mst_wipe(digest, sizeof(digest));
}

void
mst_autn_build_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_milenage_in *in, const struct mst_milenage_out *out, mst_b16 *autn)
{
	mst_for_lanes(i, live) {
		mst_put_be48(autn[i], in->sqn[i] ^ mst_get_be48(out->ak[i]));
		mst_put_be16(autn[i] + 6, in->amf[i]);
		memcpy(autn[i] + MAC_AT, out->mac_a[i], MAC);
	}
	mask_macs(engine, live & gba_u, out->ik, autn[0] + MAC_AT, sizeof(autn[0]));
}

void
mst_autn_make_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_milenage_in *in, mst_b16 *autn)
{
	struct mst_milenage_out out;
	unsigned wanted = MST_MILENAGE_F1 | MST_MILENAGE_F25;

	if (live & gba_u)
		wanted |= MST_MILENAGE_F34;
	mst_milenage_burst(engine, live, wanted, in, &out);
	mst_autn_build_burst(engine, live, gba_u, in, &out, autn);
	mst_wipe(&out, sizeof(out));
}

/* Zeroes the rows of lanes whose challenge is forged: a UICC gives nothing away for those. */
static void
clear_rows(mst_lanes bad, struct mst_autn_cols *from)
{
	mst_for_lanes(i, bad) {
		mst_wipe(from->keys.ck[i], sizeof(from->keys.ck[i]));
		mst_wipe(from->keys.ik[i], sizeof(from->keys.ik[i]));
		mst_wipe(from->keys.mac_a[i], sizeof(from->keys.mac_a[i]));
		mst_wipe(from->keys.res[i], sizeof(from->keys.res[i]));
		mst_wipe(from->keys.ak[i], sizeof(from->keys.ak[i]));
		from->sqn[i] = 0;
		from->amf[i] = 0;
	}
}

mst_lanes
mst_autn_check_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_milenage_in *in, const mst_b16 *autn, struct mst_autn_cols *from)
{
	struct mst_milenage_in with_sqn = {in->k, in->opc, in->rand, from->sqn, from->amf};
	uint8_t expected[MST_LANES][MAC];
	mst_lanes good = live;

	mst_milenage_burst(engine, live, MST_MILENAGE_F2345, in, &from->keys);
	mst_for_lanes(i, live) {
		from->sqn[i] = mst_get_be48(autn[i]) ^ mst_get_be48(from->keys.ak[i]);
		from->amf[i] = mst_get_be16(autn[i] + 6);
	}
	mst_milenage_burst(engine, live, MST_MILENAGE_F1, &with_sqn, &from->keys);
	mst_for_lanes(i, live)
		memcpy(expected[i], from->keys.mac_a[i], MAC);
	mask_macs(engine, live & gba_u, from->keys.ik, expected[0], sizeof(expected[0]));
	mst_for_lanes(i, live)
		if (!mst_equal_ct(expected[i], autn[i] + MAC_AT, MAC))
			good &= ~MST_LANE(i);
	mst_wipe(expected, sizeof(expected));
	clear_rows(live & ~good, from);
	return good;
}

/* f1* is computed over a dummy AMF of zero (TS 33.102 section 6.3.3). */
static const uint16_t amf_zero[MST_LANES];

void
mst_auts_make_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_milenage_in *in,
	const uint64_t *sqn_ms, mst_auts *auts)
{
	struct mst_milenage_in resync = {in->k, in->opc, in->rand, sqn_ms, amf_zero};
	struct mst_milenage_out out;

	mst_milenage_burst(engine, live, MST_MILENAGE_F1S | MST_MILENAGE_F5S, &resync, &out);
	mst_for_lanes(i, live) {
		mst_put_be48(auts[i], sqn_ms[i] ^ mst_get_be48(out.ak_s[i]));
		memcpy(auts[i] + 6, out.mac_s[i], MAC);
	}
	mst_wipe(&out, sizeof(out));
}

mst_lanes
mst_auts_check_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_milenage_in *in,
	const mst_auts *auts, uint64_t *sqn_ms)
{
	uint64_t sqn[MST_LANES];
	struct mst_milenage_in resync = {in->k, in->opc, in->rand, sqn, amf_zero};
	struct mst_milenage_out out;
	mst_lanes good = 0;

	mst_milenage_burst(engine, live, MST_MILENAGE_F5S, in, &out);
	mst_for_lanes(i, live)
		sqn[i] = mst_get_be48(auts[i]) ^ mst_get_be48(out.ak_s[i]);
	mst_milenage_burst(engine, live, MST_MILENAGE_F1S, &resync, &out);
	mst_for_lanes(i, live)
		if (mst_equal_ct(out.mac_s[i], auts[i] + 6, MAC)) {
			sqn_ms[i] = sqn[i];
			good |= MST_LANE(i);
		}
	mst_wipe(&out, sizeof(out));
	mst_wipe(sqn, sizeof(sqn));
	return good;
}
