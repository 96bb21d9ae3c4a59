/* SPDX-License-Identifier: BSD-3-Clause */
#include "gba/ub.h"

#include <assert.h>

#include "aka/autn.h"
#include "base/err.h"
#include "cbor/cbor.h"

/* Heads of the strings of fixed size: text of a key followed by the head of its value. */
#define BSTR(n) (0x40 | (n))

static struct mst_ub_span
to_span(struct mst_cbor_span s)
{
	return (struct mst_ub_span){s.data, (uint8_t)s.size};
}

static void
parse_imsi(struct mst_cbor *r, struct mst_ub *ub)
{
	struct mst_cbor_span s = mst_cbor_read_tstr(r, MST_IMSI_DIGITS_MIN, MST_IMSI_DIGITS_MAX);

	if (s.data != NULL && mst_imsi_encode((const char *)s.data, s.size, &ub->imsi) != 0)
		mst_cbor_fail(r, MST_E_IDENTITY);
}

static void
parse_impi(struct mst_cbor *r, struct mst_ub *ub)
{
	struct mst_cbor_span s = mst_cbor_read_tstr(r, 10, 80);
	unsigned mnc_sizes;
	uint64_t imsi;

	if (s.data == NULL)
		return;
	if (mst_impi_parse((const char *)s.data, s.size, &imsi, &mnc_sizes) != 0 ||
		((ub->has & MST_UB_HAS(IMSI)) != 0 && imsi != ub->imsi)) {
		mst_cbor_fail(r, MST_E_IDENTITY);
		return;
	}
	ub->imsi = imsi;
	ub->mnc_sizes = (uint8_t)mnc_sizes;
}

/* The value of a key between IMSI and PAD. */
static void
parse_value(struct mst_cbor *r, enum mst_ub_key key, struct mst_ub *ub)
{
	const uint8_t *p;

	switch (key) {
	case MST_UB_IMSI:
		parse_imsi(r, ub);
		break;
	case MST_UB_IMPI:
		parse_impi(r, ub);
		break;
	case MST_UB_RAND:
		ub->rand = mst_cbor_read_bytes(r, sizeof(mst_b16));
		break;
	case MST_UB_AUTN:
		ub->autn = mst_cbor_read_bytes(r, MST_AUTN_SIZE);
		break;
	case MST_UB_COOKIE:
		ub->cookie = to_span(mst_cbor_read_bstr(r, 1, MST_COOKIE_MAX));
		break;
	case MST_UB_PROOF:
		ub->proof = mst_cbor_read_bytes(r, MST_PROOF_SIZE);
		break;
	case MST_UB_AUTS:
		ub->auts = mst_cbor_read_bytes(r, MST_AUTS_SIZE);
		break;
	case MST_UB_BTID:
		ub->btid = to_span(mst_cbor_read_tstr(r, MST_BTID_SIZE_MIN, MST_BTID_SIZE_MAX));
		break;
	case MST_UB_LIFETIME:
		ub->lifetime = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
		break;
	case MST_UB_CLIENT_ID:
		ub->client_id = mst_cbor_read_bytes(r, MST_CLIENT_ID);
		break;
	case MST_UB_SERVER_ID:
		p = mst_cbor_read_bytes(r, 1);
		ub->server_id = p != NULL ? *p : 0;
		break;
	case MST_UB_BSF:
		ub->bsf = to_span(mst_cbor_read_tstr(r, 1, MST_BSF_URI_MAX));
		break;
	case MST_UB_REALM:
		ub->realm = to_span(mst_cbor_read_tstr(r, MST_REALM_MIN, MST_REALM_MAX));
		break;
	case MST_UB_UA:
		ub->ua = mst_cbor_read_bytes(r, MST_UA_ID);
		break;
	case MST_UB_PAD:
		mst_cbor_read_bstr(r, 0, SIZE_MAX);
		break;
	}
}

int
mst_ub_parse(const uint8_t *data, size_t size, struct mst_ub *ub)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_ub parsed = {0};
	struct mst_cbor_iter map;
	int64_t key;
	int err;

	if (size == 0) {
		*ub = parsed;
		return 0;
	}
	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key < MST_UB_IMSI || key > MST_UB_PAD)
			continue;
		parse_value(&r, (enum mst_ub_key)key, &parsed);
		parsed.has |= 1u << key;
	}
	err = mst_cbor_end(&r);
	if (err == 0)
		*ub = parsed;
	return err;
}

int
mst_ub_request(const struct mst_ub *ub)
{
	const uint32_t cookie = MST_UB_HAS(COOKIE), proof = MST_UB_HAS(PROOF),
		       auts = MST_UB_HAS(AUTS);

	switch (ub->has & (cookie | proof | auts)) {
	case MST_UB_HAS(COOKIE) | MST_UB_HAS(PROOF):
		return MST_UB_ANSWER;
	case MST_UB_HAS(COOKIE) | MST_UB_HAS(AUTS):
		return MST_UB_RESYNC;
	case 0:
		return (ub->has & MST_UB_HAS_IDENTITY) != 0 ? MST_UB_FIRST : -MST_E_CBOR_MISSING;
	default:
		return mst_ub_has(ub, proof | auts) ? -MST_E_CBOR_RANGE : -MST_E_CBOR_MISSING;
	}
}

int
mst_realm_naf(const struct mst_ub_span *realm, struct mst_ub_span *fqdn)
{
	const uint8_t n = sizeof(MST_REALM_PREFIX) - 1;

	if (realm->size <= n || realm->size > MST_REALM_MAX ||
		memcmp(realm->data, MST_REALM_PREFIX, n) != 0)
		return -MST_E_CBOR_RANGE;
	*fqdn = (struct mst_ub_span){realm->data + n, (uint8_t)(realm->size - n)};
	return 0;
}

void
mst_ub_write_request(struct mst_writer *w, enum mst_ub_identity identity, uint64_t imsi,
	unsigned mnc_size, int pad)
{
	char text[MST_IMPI_SIZE_MAX];
	unsigned pairs = (identity != MST_UB_ID_NONE) + (pad >= 0);

	if (pairs == 0)
		return;
	mst_cbor_write_map(w, pairs);
	if (identity == MST_UB_ID_IMSI) {
		mst_cbor_write_uint(w, MST_UB_IMSI);
		mst_cbor_write_tstr(w, text, mst_imsi_decode(imsi, text));
	} else if (identity == MST_UB_ID_IMPI) {
		mst_cbor_write_uint(w, MST_UB_IMPI);
		mst_cbor_write_tstr(w, text, mst_impi_build(imsi, mnc_size, text));
	}
	if (pad >= 0) {
		uint8_t *p;

		mst_cbor_write_uint(w, MST_UB_PAD);
		p = mst_cbor_write_bstr_span(w, (size_t)pad);
		if (p != NULL)
			memset(p, 0, (size_t)pad);
	}
}

int
mst_ub_hints_init(struct mst_ub_hints *hints, const char *bsf, size_t bsf_size, const char *naf,
	size_t naf_size, const uint8_t ua[MST_UA_ID])
{
	const size_t prefix = sizeof(MST_REALM_PREFIX) - 1;
	struct mst_writer w = mst_writer_init(hints->map, sizeof(hints->map));

	if (bsf_size < 1 || bsf_size > MST_BSF_URI_MAX || naf_size < 1 ||
		naf_size > MST_FQDN_NAF_MAX)
		return -MST_E_ARGUMENT;
	mst_cbor_write_map(&w, 3);
	mst_cbor_write_uint(&w, MST_UB_BSF);
	mst_cbor_write_tstr(&w, bsf, bsf_size);
	mst_cbor_write_uint(&w, MST_UB_REALM);
	mst_cbor_write_head(&w, MST_CBOR_TSTR, prefix + naf_size);
	mst_write_bytes(&w, MST_REALM_PREFIX, prefix);
	mst_write_bytes(&w, naf, naf_size);
	mst_cbor_write_uint(&w, MST_UB_UA);
	mst_cbor_write_bstr(&w, ua, MST_UA_ID);
	assert(mst_writer_ok(&w));
	hints->size = (uint16_t)mst_writer_size(&w);
	return 0;
}

void
mst_ub_write_challenge(struct mst_writer *w, const mst_b16 rand, const mst_b16 autn,
	const struct mst_ub_span *cookie, const struct mst_ub_hints *hints)
{
	uint8_t *p = mst_write_span(w, 37);

	if (p == NULL)
		return;
	p[0] = (uint8_t)(0xa2 + (cookie != NULL) + (hints != NULL ? 3 : 0));
	p[1] = MST_UB_RAND;
	p[2] = BSTR(16);
	memcpy(p + 3, rand, 16);
	p[19] = MST_UB_AUTN;
	p[20] = BSTR(16);
	memcpy(p + 21, autn, 16);
	if (cookie != NULL) {
		mst_cbor_write_uint(w, MST_UB_COOKIE);
		mst_cbor_write_bstr(w, cookie->data, cookie->size);
	}
	if (hints != NULL)
		mst_write_bytes(w, hints->map + 1, hints->size - 1u);
}

void
mst_ub_write_answer(struct mst_writer *w, const struct mst_ub_span *cookie, const mst_b16 proof)
{
	mst_cbor_write_map(w, 2);
	mst_cbor_write_uint(w, MST_UB_COOKIE);
	mst_cbor_write_bstr(w, cookie->data, cookie->size);
	mst_cbor_write_uint(w, MST_UB_PROOF);
	mst_cbor_write_bstr(w, proof, MST_PROOF_SIZE);
}

void
mst_ub_write_resync(struct mst_writer *w, const struct mst_ub_span *cookie, const uint8_t *auts)
{
	mst_cbor_write_map(w, 2);
	mst_cbor_write_uint(w, MST_UB_COOKIE);
	mst_cbor_write_bstr(w, cookie->data, cookie->size);
	mst_cbor_write_uint(w, MST_UB_AUTS);
	mst_cbor_write_bstr(w, auts, MST_AUTS_SIZE);
}

void
mst_ub_write_result(struct mst_writer *w, const struct mst_ub_result *result)
{
	mst_cbor_write_map(w, 5);
	mst_cbor_write_uint(w, MST_UB_PROOF);
	mst_cbor_write_bstr(w, result->proof, MST_PROOF_SIZE);
	mst_cbor_write_uint(w, MST_UB_BTID);
	mst_cbor_write_tstr(w, result->btid, result->btid_size);
	mst_cbor_write_uint(w, MST_UB_LIFETIME);
	mst_cbor_write_uint(w, result->lifetime);
	mst_cbor_write_uint(w, MST_UB_CLIENT_ID);
	mst_cbor_write_bstr(w, result->client_id, MST_CLIENT_ID);
	mst_cbor_write_uint(w, MST_UB_SERVER_ID);
	mst_cbor_write_bstr(w, &result->server_id, 1);
}
