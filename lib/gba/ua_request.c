/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of Ua: the gateway's parser, the device's builders. */
#include "base/err.h"
#include "gba/ua_keys.h"

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
	if (err == 0 && parsed.code == MST_COAP_POST)
		err = mst_ua_parse_join(opt.payload.data, opt.payload.size, &parsed.join);
	if (err == 0 && parsed.join.has_scope &&
		(parsed.target.res != MST_RES_GROUP || parsed.join.scope_gid != parsed.target.gid))
		err = -MST_E_GROUP_REQUEST;
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
end_join(struct mst_coap_build *b, uint64_t imei, enum mst_ua_store store)
{
	mst_coap_put_uint(b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_ACE_GROUPCOMM);
	mst_ua_write_join(mst_coap_put_payload(b), imei, store);
	return mst_coap_build_fini(b);
}

int
mst_ua_build_create(void *out, size_t capacity, uint64_t imei, enum mst_ua_store store)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_POST);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_PATH, "manage", 6);
	return end_join(&b, imei, store);
}

int
mst_ua_build_join(void *out, size_t capacity, uint64_t gid, uint64_t imei, enum mst_ua_store store)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_POST);
	put_group(&b, gid);
	return end_join(&b, imei, store);
}

int
mst_ua_build_read(void *out, size_t capacity, uint64_t gid)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_GET);
	put_group(&b, gid);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_read_num(void *out, size_t capacity, uint64_t gid)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, MST_COAP_GET);
	put_group(&b, gid);
	mst_coap_put_option(&b, MST_COAP_OPT_URI_PATH, "num", 3);
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
