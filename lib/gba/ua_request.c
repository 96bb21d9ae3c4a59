/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of Ua: the gateway's parser, the device's builders. */
#include "aka/imsi.h"
#include "base/err.h"
#include "gba/ua_keys.h"

/** The payload by resource and method, into the request's union. */
static int
parse_payload(const struct mst_coap_span *payload, struct mst_ua_request *request)
{
	int err;

	if (request->code == MST_COAP_PUT)
		return mst_ua_parse_policies(payload->data, payload->size, &request->change);
	if (request->code != MST_COAP_POST)
		return 0;
	switch (request->target.res) {
	case MST_RES_GROUP_PENDING:
		return mst_ua_parse_decision(payload->data, payload->size, &request->decision);
	case MST_RES_GROUP_OWNERS:
		return mst_ua_parse_owners_change(payload->data, payload->size, &request->owners);
	case MST_RES_GROUP_REKEY:
		return mst_ua_parse_rekey(payload->data, payload->size, &request->num);
	default:
		err = mst_ua_parse_join(payload->data, payload->size, &request->join);
		break;
	}
	if (err == 0 && request->join.has_scope &&
		(request->target.res != MST_RES_GROUP ||
			request->join.scope_gid != request->target.gid))
		err = -MST_E_GROUP_REQUEST;
	return err;
}

/** Observe counts with GET on what can be observed; values of no meaning are passed over. */
static enum mst_ua_observe
observe_of(const struct mst_coap_options *opt, const struct mst_ua_request *request)
{
	enum mst_res res = request->target.res;

	if (!(opt->has & MST_COAP_HAS_OBSERVE) || request->code != MST_COAP_GET ||
		opt->observe > 1 ||
		(res != MST_RES_GROUP && res != MST_RES_GROUP_NUM && res != MST_RES_GROUP_PENDING))
		return MST_UA_OBSERVE_NONE;
	return opt->observe == 0 ? MST_UA_OBSERVE_REGISTER : MST_UA_OBSERVE_CANCEL;
}

int
mst_ua_parse_request(const uint8_t *plain, size_t size, struct mst_ua_request *request)
{
	struct mst_ua_request parsed = {0};
	struct mst_coap_options opt;
	int err;

	if (size < 1 || !mst_coap_is_request(plain[0]))
		return -MST_E_OSCORE_INNER;
	parsed.code = plain[0];
	err = mst_coap_parse_options(plain + 1, size - 1, &opt);
	if (err != 0)
		return err == -MST_E_COAP_OPTION ? -MST_E_OSCORE_INNER : err;
	err = mst_classify_inner(parsed.code, &opt, &parsed.target);
	if (err == 0)
		err = parse_payload(&opt.payload, &parsed);
	parsed.observe = observe_of(&opt, &parsed);
	if (err == 0)
		*request = parsed;
	return err;
}

static void
put_group(struct mst_coap_build *b, uint64_t gid)
{
	char text[MST_GID_TEXT];

	mst_gid_build(gid, text);
	mst_coap_put_option(b, MST_COAP_OPT_URI_PATH, "ace-group", 9);
	mst_coap_put_option(b, MST_COAP_OPT_URI_PATH, text, sizeof(text));
}

static int
end_join(struct mst_coap_build *b, uint64_t imei, enum mst_ua_store store,
	const struct mst_policy_change *change)
{
	mst_coap_put_uint(b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_ACE_GROUPCOMM);
	mst_ua_write_join(mst_coap_put_payload(b), imei, store, change);
	return mst_coap_build_fini(b);
}

int
mst_ua_build_create_with(void *out, size_t capacity, uint64_t imei, enum mst_ua_store store,
	const struct mst_policy_change *change)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_POST);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_PATH, "manage", 6);
	return end_join(&b, imei, store, change);
}

int
mst_ua_build_create(void *out, size_t capacity, uint64_t imei, enum mst_ua_store store)
{
	return mst_ua_build_create_with(out, capacity, imei, store, NULL);
}

int
mst_ua_build_join(void *out, size_t capacity, uint64_t gid, uint64_t imei, enum mst_ua_store store)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_POST);
	put_group(&b, gid);
	return end_join(&b, imei, store, NULL);
}

/** The last segment of a resource of a group. */
static const char *
name_of(enum mst_res res)
{
	switch (res) {
	case MST_RES_GROUP_NUM:
		return "num";
	case MST_RES_GROUP_POLICIES:
		return "policies";
	case MST_RES_GROUP_PENDING:
		return "pending";
	case MST_RES_GROUP_REKEY:
		return "rekey";
	case MST_RES_GROUP_OWNERS:
		return "owners";
	default:
		return NULL;
	}
}

/** Starts a request on a group or on what is below it; Observe comes before the path. */
static void
begin_group(struct mst_coap_build *b, void *out, size_t capacity, uint8_t code, enum mst_res res,
	uint64_t gid, enum mst_ua_observe observe)
{
	const char *name = name_of(res);

	mst_coap_build_inner(b, out, capacity, code);
	if (observe != MST_UA_OBSERVE_NONE)
		mst_coap_put_uint(
			b, MST_COAP_OPT_OBSERVE, observe == MST_UA_OBSERVE_REGISTER ? 0 : 1);
	put_group(b, gid);
	if (name != NULL)
		mst_coap_put_option(b, MST_COAP_OPT_URI_PATH, name, strlen(name));
}

static struct mst_writer *
begin_group_payload(struct mst_coap_build *b, void *out, size_t capacity, uint8_t code,
	enum mst_res res, uint64_t gid)
{
	begin_group(b, out, capacity, code, res, gid, MST_UA_OBSERVE_NONE);
	mst_coap_put_uint(b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_ACE_GROUPCOMM);
	return mst_coap_put_payload(b);
}

int
mst_ua_build_observe(
	void *out, size_t capacity, enum mst_res res, uint64_t gid, enum mst_ua_observe observe)
{
	struct mst_coap_build b;

	begin_group(&b, out, capacity, MST_COAP_GET, res, gid, observe);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_get(void *out, size_t capacity, enum mst_res res, uint64_t gid)
{
	return mst_ua_build_observe(out, capacity, res, gid, MST_UA_OBSERVE_NONE);
}

int
mst_ua_build_read(void *out, size_t capacity, uint64_t gid)
{
	return mst_ua_build_get(out, capacity, MST_RES_GROUP, gid);
}

int
mst_ua_build_read_num(void *out, size_t capacity, uint64_t gid)
{
	return mst_ua_build_get(out, capacity, MST_RES_GROUP_NUM, gid);
}

int
mst_ua_build_dissolve(void *out, size_t capacity, uint64_t gid)
{
	struct mst_coap_build b;

	begin_group(&b, out, capacity, MST_COAP_DELETE, MST_RES_GROUP, gid, MST_UA_OBSERVE_NONE);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_node(void *out, size_t capacity, uint8_t code, uint64_t gid, uint64_t imsi)
{
	char digits[MST_IMSI_DIGITS_MAX];
	struct mst_coap_build b;

	begin_group(&b, out, capacity, code, MST_RES_GROUP_NODE, gid, MST_UA_OBSERVE_NONE);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_PATH, "nodes", 5);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_PATH, digits, mst_imsi_decode(imsi, digits));
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_put_policies(
	void *out, size_t capacity, uint64_t gid, const struct mst_policy_change *change)
{
	struct mst_coap_build b;
	struct mst_writer *w =
		begin_group_payload(&b, out, capacity, MST_COAP_PUT, MST_RES_GROUP_POLICIES, gid);

	mst_cbor_write_map(w, 1);
	mst_cbor_write_uint(w, KEY_POLICIES);
	mst_ua_write_policies(w, change);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_decide(
	void *out, size_t capacity, uint64_t gid, const struct mst_ua_decision *decision)
{
	struct mst_coap_build b;

	mst_ua_write_decision(
		begin_group_payload(&b, out, capacity, MST_COAP_POST, MST_RES_GROUP_PENDING, gid),
		decision);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_change_owners(
	void *out, size_t capacity, uint64_t gid, const struct mst_ua_owners_change *change)
{
	struct mst_coap_build b;

	mst_ua_write_owners_change(
		begin_group_payload(&b, out, capacity, MST_COAP_POST, MST_RES_GROUP_OWNERS, gid),
		change);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_rekey(void *out, size_t capacity, uint64_t gid, uint32_t num)
{
	struct mst_coap_build b;
	struct mst_writer *w =
		begin_group_payload(&b, out, capacity, MST_COAP_POST, MST_RES_GROUP_REKEY, gid);

	mst_cbor_write_map(w, 1);
	mst_cbor_write_uint(w, KEY_NUM);
	mst_cbor_write_uint(w, num);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_read_session(void *out, size_t capacity)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_GET);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_PATH, "session", 7);
	return mst_coap_build_fini(&b);
}
