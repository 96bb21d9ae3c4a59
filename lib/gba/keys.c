/* SPDX-License-Identifier: BSD-3-Clause */
#include "gba/keys.h"

#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"

#define FC_KS_NAF 0x01 /* TS 33.220 Annex B.3 */
#define FC_PROOF  0xf0

void
mst_kdf_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *key,
	struct mst_kdf_cols *kdf, mst_b32 *out)
{
	const uint8_t *message[MST_LANES];
	mst_lanes all = live;

	mst_for_lanes(i, live)
		message[i] = kdf->s[i];
	while (live != 0) {
		uint16_t size = kdf->size[__builtin_ctzll(live)];
		mst_lanes equal = 0;

		mst_for_lanes(i, live)
			equal |= (mst_lanes)(kdf->size[i] == size) << i;
		mst_hmac_burst(engine, equal, key, message, size, out);
		live &= ~equal;
	}
	mst_for_lanes(i, all)
		mst_wipe(kdf->s[i], kdf->size[i]);
}

void
mst_gba_key_burst(struct mst_crypto *engine, mst_lanes live, const mst_b16 *ck, const mst_b16 *ik,
	struct mst_hmac_cols *ks)
{
	mst_b32 key[MST_LANES];

	mst_for_lanes(i, live) {
		memcpy(key[i], ck[i], sizeof(mst_b16));
		memcpy(key[i] + sizeof(mst_b16), ik[i], sizeof(mst_b16));
	}
	mst_hmac_key_burst(engine, live, key, ks);
	mst_for_lanes(i, live)
		mst_wipe(key[i], sizeof(key[i]));
}

int
mst_naf_id_init(
	struct mst_naf_id *id, const char *fqdn, size_t fqdn_size, const uint8_t ua[MST_UA_ID])
{
	if (fqdn_size == 0 || fqdn_size > MST_FQDN_NAF_MAX)
		return -MST_E_ARGUMENT;
	memcpy(id->octets, fqdn, fqdn_size);
	memcpy(id->octets + fqdn_size, ua, MST_UA_ID);
	id->size = (uint8_t)(fqdn_size + MST_UA_ID);
	return 0;
}

void
mst_gba_ks_naf_burst(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u,
	const struct mst_hmac_cols *ks, const struct mst_gba_naf_in *in, mst_b32 *ks_naf)
{
	struct mst_kdf_cols kdf;

	mst_for_lanes(i, live) {
		mst_kdf_begin(&kdf, i, FC_KS_NAF);
		if (gba_u & MST_LANE(i))
			mst_kdf_put(&kdf, i, "gba-u", 5);
		else
			mst_kdf_put(&kdf, i, "gba-me", 6);
		mst_kdf_put(&kdf, i, in->rand[i], sizeof(mst_b16));
		mst_kdf_end_parameter(&kdf, i,
			mst_impi_build(
				in->imsi[i], in->mnc_size[i], (char *)mst_kdf_room(&kdf, i)));
		mst_kdf_put(&kdf, i, in->naf_id->octets, in->naf_id->size);
	}
	mst_kdf_burst(engine, live, ks, &kdf, ks_naf);
}

/* The first 16 octets of the KDF's value. */
static void
make_proof(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *ks,
	struct mst_kdf_cols *kdf, mst_b16 *proof)
{
	mst_b32 mac[MST_LANES];

	mst_kdf_burst(engine, live, ks, kdf, mac);
	mst_for_lanes(i, live)
		memcpy(proof[i], mac[i], MST_PROOF_SIZE);
	mst_for_lanes(i, live)
		mst_wipe(mac[i], sizeof(mac[i]));
}

void
mst_gba_proof_device_burst(struct mst_crypto *engine, mst_lanes live,
	const struct mst_hmac_cols *ks, const struct mst_gba_device_in *in, mst_b16 *proof)
{
	struct mst_kdf_cols kdf;

	mst_for_lanes(i, live) {
		mst_kdf_begin(&kdf, i, FC_PROOF);
		mst_kdf_put(&kdf, i, "ub-ue", 5);
		mst_kdf_put(&kdf, i, in->res[i], MST_GBA_RES_SIZE);
		assert(in->cookie_size[i] >= 1 && in->cookie_size[i] <= MST_COOKIE_MAX);
		mst_kdf_put(&kdf, i, in->cookie[i], in->cookie_size[i]);
		mst_kdf_end_parameter(
			&kdf, i, mst_imsi_decode(in->imsi[i], (char *)mst_kdf_room(&kdf, i)));
	}
	make_proof(engine, live, ks, &kdf, proof);
}

void
mst_gba_proof_bsf_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *ks,
	const struct mst_gba_bsf_in *in, mst_b16 *proof)
{
	struct mst_kdf_cols kdf;

	mst_for_lanes(i, live) {
		mst_kdf_begin(&kdf, i, FC_PROOF);
		mst_kdf_put(&kdf, i, "ub-bsf", 6);
		mst_kdf_put(&kdf, i, in->device_proof[i], MST_PROOF_SIZE);
		mst_put_be32(mst_kdf_room(&kdf, i), in->lifetime[i]);
		mst_kdf_end_parameter(&kdf, i, 4);
		mst_kdf_put(&kdf, i, in->client_id[i], MST_CLIENT_ID);
		mst_kdf_put(&kdf, i, &in->server_id[i], 1);
		assert(in->btid_size[i] <= MST_BTID_SIZE_MAX);
		mst_kdf_put(&kdf, i, in->btid[i], in->btid_size[i]);
	}
	make_proof(engine, live, ks, &kdf, proof);
}

mst_lanes
mst_gba_proof_check(mst_lanes live, const mst_b16 *expected, const uint8_t *const *received)
{
	mst_lanes right = 0;

	mst_for_lanes(i, live)
		right |= (mst_lanes)mst_equal_ct(expected[i], received[i], MST_PROOF_SIZE) << i;
	return right;
}

size_t
mst_btid_build(const mst_b16 rand, const char *bsf, size_t bsf_size, char btid[MST_BTID_SIZE_MAX])
{
	char text[MST_BASE64_SIZE(sizeof(mst_b16)) + 1];
	const size_t n = sizeof(text) - 1;

	assert(bsf_size >= 1 && bsf_size <= MST_FQDN_BSF_MAX);
	mst_base64_encode(rand, sizeof(mst_b16), text);
	memcpy(btid, text, n);
	btid[n] = '@';
	memcpy(btid + n + 1, bsf, bsf_size);
	return n + 1 + bsf_size;
}

int
mst_btid_parse(const char *btid, size_t size, mst_b16 rand, const char **bsf, size_t *bsf_size)
{
	const size_t n = MST_BASE64_SIZE(sizeof(mst_b16));
	mst_b16 octets;

	if (size < MST_BTID_SIZE_MIN || size > MST_BTID_SIZE_MAX || btid[n] != '@' ||
		mst_base64_decode(btid, n, octets, sizeof(octets)) != 0)
		return -MST_E_CBOR_RANGE;
	memcpy(rand, octets, sizeof(octets));
	*bsf = btid + n + 1;
	*bsf_size = size - n - 1;
	return 0;
}
