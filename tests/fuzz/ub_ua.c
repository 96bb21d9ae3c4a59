/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Payloads of Ub and plaintexts of Ua. The first octet of the input chooses what the rest is:
 *	0  map of Ub
 *	1  plaintext of a request
 *	2  plaintext of a response; the next octet chooses what it answers
 *	3  text of a B-TID, a realm, an IMSI, an IMPI and an IMEI at once
 *	4  an unprotected request, a datagram
 * What parses is deterministic CBOR, and builds and parses to the same values again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cbor/cbor.h"
#include "gba/ua.h"
#include "gba/ub.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same(struct mst_ub_span a, struct mst_ub_span b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/** Builds the request again and parses it. */
static void
rebuild_request(const struct mst_ub *ub, int kind)
{
	uint8_t out[MST_UB_SIZE_MAX];
	struct mst_writer w = mst_writer_init(out, sizeof(out));
	struct mst_ub again;

	if (kind == MST_UB_ANSWER)
		mst_ub_write_answer(&w, &ub->cookie, ub->proof);
	else if (kind == MST_UB_RESYNC)
		mst_ub_write_resync(&w, &ub->cookie, ub->auts);
	else
		mst_ub_write_request(&w, MST_UB_ID_IMSI, ub->imsi, 0, MST_UB_NO_PAD);
	REQUIRE(mst_writer_ok(&w));
	REQUIRE(mst_ub_parse(out, mst_writer_size(&w), &again) == 0);
	REQUIRE(mst_ub_request(&again) == kind);
	if (kind == MST_UB_FIRST)
		REQUIRE(again.imsi == ub->imsi);
	else
		REQUIRE(same(again.cookie, ub->cookie));
}

static void
rebuild_result(const struct mst_ub *ub)
{
	const struct mst_ub_result result = {ub->proof, (const char *)ub->btid.data, ub->btid.size,
		ub->lifetime, ub->client_id, ub->server_id};
	uint8_t out[MST_UB_SIZE_MAX];
	struct mst_writer w = mst_writer_init(out, sizeof(out));
	struct mst_ub again;

	mst_ub_write_result(&w, &result);
	REQUIRE(mst_writer_ok(&w));
	REQUIRE(mst_ub_parse(out, mst_writer_size(&w), &again) == 0);
	REQUIRE(again.has == MST_UB_HAS_RESULT && again.lifetime == ub->lifetime);
	REQUIRE(same(again.btid, ub->btid) && again.server_id == ub->server_id);
}

static void
fuzz_ub(const uint8_t *data, size_t size)
{
	struct mst_ub_span fqdn;
	struct mst_ub ub;
	int kind;

	if (mst_ub_parse(data, size, &ub) != 0)
		return;
	REQUIRE(size == 0 || mst_cbor_check(data, size) == 0);
	if ((ub.has & MST_UB_HAS_IDENTITY) != 0)
		REQUIRE(ub.imsi < MST_IMSI_CODE_END);
	if (mst_ub_has(&ub, MST_UB_HAS(IMPI)))
		REQUIRE(ub.mnc_sizes != 0);
	if (mst_ub_has(&ub, MST_UB_HAS(REALM)) && mst_realm_naf(&ub.realm, &fqdn) == 0)
		REQUIRE(fqdn.size >= 1 && fqdn.size <= MST_FQDN_NAF_MAX);
	if (mst_ub_has(&ub, MST_UB_HAS(RAND)))
		REQUIRE(mst_ub_cookie(&ub).size >= 1);
	kind = mst_ub_request(&ub);
	if (kind > 0)
		rebuild_request(&ub, kind);
	if (mst_ub_has(&ub, MST_UB_HAS_RESULT))
		rebuild_result(&ub);
}

/** The device's message for what a request says; a scope and other things passed over are not in
 * it. */
static int
build_request(const struct mst_ua_request *r, uint8_t *out, size_t capacity)
{
	uint64_t gid = r->target.gid;

	switch (r->target.res) {
	case MST_RES_MANAGE:
		return mst_ua_build_create_with(out, capacity, r->join.imei, r->join.store,
			r->join.change.has != 0 ? &r->join.change : NULL);
	case MST_RES_GROUP:
		if (r->code == MST_COAP_POST)
			return mst_ua_build_join(out, capacity, gid, r->join.imei, r->join.store);
		if (r->code == MST_COAP_DELETE)
			return mst_ua_build_dissolve(out, capacity, gid);
		return mst_ua_build_observe(out, capacity, r->target.res, gid, r->observe);
	case MST_RES_GROUP_POLICIES:
		if (r->code == MST_COAP_PUT)
			return mst_ua_build_put_policies(out, capacity, gid, &r->change);
		return mst_ua_build_get(out, capacity, r->target.res, gid);
	case MST_RES_GROUP_PENDING:
		if (r->code == MST_COAP_POST)
			return mst_ua_build_decide(out, capacity, gid, &r->decision);
		return mst_ua_build_observe(out, capacity, r->target.res, gid, r->observe);
	case MST_RES_GROUP_NODE:
		return mst_ua_build_node(out, capacity, r->code, gid, r->target.node);
	case MST_RES_GROUP_REKEY:
		return mst_ua_build_rekey(out, capacity, gid, r->num);
	case MST_RES_GROUP_OWNERS:
		if (r->code == MST_COAP_POST)
			return mst_ua_build_change_owners(out, capacity, gid, &r->owners);
		return mst_ua_build_get(out, capacity, r->target.res, gid);
	case MST_RES_GROUP_NUM:
		return mst_ua_build_observe(out, capacity, r->target.res, gid, r->observe);
	default:
		return mst_ua_build_read_session(out, capacity);
	}
}

static void
fuzz_request(const uint8_t *data, size_t size)
{
	uint8_t out[MST_UA_SIZE_MAX], out_again[MST_UA_SIZE_MAX];
	struct mst_ua_request request, again;
	int n = mst_ua_parse_request(data, size, &request);

	if (n != 0) {
		REQUIRE(mst_err_coap(n) >= MST_COAP_BAD_REQUEST);
		return;
	}
	n = build_request(&request, out, sizeof(out));
	REQUIRE(n > 0 && mst_ua_parse_request(out, (size_t)n, &again) == 0);
	REQUIRE(again.code == request.code && again.target.res == request.target.res);
	REQUIRE(again.target.gid == request.target.gid && again.observe == request.observe);
	REQUIRE(build_request(&again, out_again, sizeof(out_again)) == n);
	REQUIRE(memcmp(out, out_again, (size_t)n) == 0);
}

static int
build_content(const struct mst_ua_response *r, enum mst_res res, uint8_t *out, size_t capacity)
{
	switch (res) {
	case MST_RES_SESSION:
		return mst_ua_build_session(out, capacity, (const char *)r->session.btid.data,
			r->session.btid.size, r->session.lifetime);
	case MST_RES_GROUP_NUM:
		return mst_ua_build_num(out, capacity, r->num, r->observed);
	case MST_RES_GROUP_POLICIES:
		return mst_ua_build_policies(out, capacity, &r->policy);
	case MST_RES_GROUP_PENDING:
		return mst_ua_build_candidates(out, capacity, r->candidates.waiting,
			r->candidates.row, r->candidates.count, r->observed);
	case MST_RES_GROUP_OWNERS:
		return mst_ua_build_owners(
			out, capacity, r->owners.principal, r->owners.co_owner, r->owners.count);
	default:
		return mst_ua_build_key(out, capacity, &r->key, r->observed);
	}
}

static int
build_response(const struct mst_ua_response *r, enum mst_res res, uint8_t *out, size_t capacity)
{
	if (r->code == MST_COAP_CONTENT)
		return build_content(r, res, out, capacity);
	if (r->code == MST_COAP_DELETED)
		return mst_ua_build_done(out, capacity, r->code);
	switch (res) {
	case MST_RES_GROUP_PENDING:
		return mst_ua_build_decided(
			out, capacity, r->decided.admitted, r->decided.refused, r->decided.unknown);
	case MST_RES_GROUP_REKEY:
		return mst_ua_build_rekeyed(out, capacity, r->num);
	case MST_RES_GROUP_POLICIES:
	case MST_RES_GROUP_OWNERS:
		return mst_ua_build_done(out, capacity, r->code);
	default:
		return mst_ua_build_joined(
			out, capacity, r->code == MST_COAP_CREATED, r->gid, r->node, &r->key);
	}
}

static void
rebuild_response(const struct mst_ua_response *r, enum mst_res res)
{
	uint8_t out[MST_UA_SIZE_MAX], out_again[MST_UA_SIZE_MAX];
	struct mst_ua_response again;
	int n = build_response(r, res, out, sizeof(out));

	REQUIRE(n > 0 && mst_ua_parse_response(out, (size_t)n, res, &again) == 0);
	REQUIRE(again.code == r->code && again.has_location == r->has_location);
	REQUIRE(!r->has_location || (again.gid == r->gid && again.node == r->node));
	REQUIRE(build_response(&again, res, out_again, sizeof(out_again)) == n);
	REQUIRE(memcmp(out, out_again, (size_t)n) == 0);
}

static void
fuzz_response(const uint8_t *data, size_t size)
{
	struct mst_ua_response response;
	enum mst_res res;

	if (size == 0)
		return;
	res = (enum mst_res)(MST_RES_MANAGE + data[0] % (MST_RES_SESSION - MST_RES_MANAGE + 1));
	if (mst_ua_parse_response(data + 1, size - 1, res, &response) != 0)
		return;
	if (response.code < MST_COAP_BAD_REQUEST)
		rebuild_response(&response, res);
}

static void
fuzz_text(const char *text, size_t size)
{
	char again[MST_BTID_SIZE_MAX];
	struct mst_ub_span realm, fqdn;
	unsigned mnc_sizes;
	const char *bsf;
	size_t bsf_size;
	mst_b16 rand;
	uint64_t v;

	if (mst_btid_parse(text, size, rand, &bsf, &bsf_size) == 0) {
		REQUIRE(mst_btid_build(rand, bsf, bsf_size, again) == size);
		REQUIRE(memcmp(again, text, size) == 0);
	}
	if (mst_imsi_encode(text, size, &v) == 0) {
		REQUIRE(mst_imsi_decode(v, again) == size && memcmp(again, text, size) == 0);
	}
	if (mst_imei_encode(text, size, &v) == 0) {
		REQUIRE(mst_imei_decode(v, again) == size && memcmp(again, text, size) == 0);
	}
	if (mst_impi_parse(text, size, &v, &mnc_sizes) == 0) {
		for (unsigned m = 2; m <= 3; m++)
			REQUIRE((mnc_sizes >> m & 1) == (mst_impi_build(v, m, again) == size &&
								memcmp(again, text, size) == 0));
	}
	if (mst_gid_parse((const uint8_t *)text, size, &v) == 0) {
		mst_gid_build(v, again);
		REQUIRE(memcmp(again, text, size) == 0);
	}
	realm = (struct mst_ub_span){(const uint8_t *)text, (uint8_t)size};
	if (size <= UINT8_MAX && mst_realm_naf(&realm, &fqdn) == 0)
		REQUIRE(fqdn.data + fqdn.size == (const uint8_t *)text + size);
}

static void
fuzz_datagram(const uint8_t *data, size_t size)
{
	struct mst_target target;
	struct mst_coap_msg m;
	int err;

	if (size > UINT16_MAX || mst_coap_parse(data, size, &m) != 0 ||
		!mst_coap_is_request(m.code))
		return;
	err = mst_classify_open(m.code, &m.opt, &target);
	if (err != 0)
		REQUIRE(mst_err_coap(err) >= MST_COAP_BAD_REQUEST);
	else
		fuzz_ub(m.opt.payload.data, m.opt.payload.size);
	(void)mst_classify_inner(m.code, &m.opt, &target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 2048)
		return 0;
	switch (data[0] % 5) {
	case 0:
		fuzz_ub(data + 1, size - 1);
		break;
	case 1:
		fuzz_request(data + 1, size - 1);
		break;
	case 2:
		fuzz_response(data + 1, size - 1);
		break;
	case 3:
		fuzz_text((const char *)data + 1, size - 1);
		break;
	default:
		fuzz_datagram(data + 1, size - 1);
		break;
	}
	return 0;
}
