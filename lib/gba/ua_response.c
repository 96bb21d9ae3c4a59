/* SPDX-License-Identifier: BSD-3-Clause */
/* Responses of Ua: the gateway's builders, the device's parser. */
#include "base/err.h"
#include "gba/ua_keys.h"

#define PAYLOAD_MARKER  0xff
#define MAX_AGE_DEFAULT 60 /* RFC 7252 section 5.10.5 */

/* Location-Path ace-group/G-ID/nodes/IMSI and Content-Format as options of a plaintext. */
static void
put_location(struct mst_writer *w, uint64_t gid, uint64_t imsi)
{
	static const char path[] = "\x89"
				   "ace-group"
				   "\x0d\x03"
				   "0123456789abcdef"
				   "\x05"
				   "nodes";
	char digits[MST_IMSI_DIGITS_MAX];
	size_t n = mst_imsi_decode(imsi, digits);
	uint8_t *p = mst_write_span(w, sizeof(path) - 1);

	if (p == NULL)
		return;
	memcpy(p, path, sizeof(path) - 1);
	mst_gid_build(gid, (char *)p + 12);
	if (n < 13) {
		mst_write_u8(w, (uint8_t)n);
	} else {
		mst_write_u8(w, 13);
		mst_write_u8(w, (uint8_t)(n - 13));
	}
	mst_write_bytes(w, digits, n);
	mst_write_u8(w, (MST_COAP_OPT_CONTENT_FORMAT - MST_COAP_OPT_LOCATION_PATH) << 4 | 2);
	mst_write_be16(w, MST_COAP_FORMAT_ACE_GROUPCOMM);
}

int
mst_ua_build_joined(void *out, size_t capacity, bool entered, uint64_t gid, uint64_t imsi,
	const struct mst_ua_key *key)
{
	struct mst_writer w = mst_writer_init(out, capacity);

	mst_write_u8(&w, entered ? MST_COAP_CREATED : MST_COAP_CHANGED);
	put_location(&w, gid, imsi);
	mst_write_u8(&w, PAYLOAD_MARKER);
	mst_ua_write_key(&w, key);
	return mst_writer_ok(&w) ? (int)mst_writer_size(&w) : -MST_E_NO_SPACE;
}

/* Starts a 2.05 with a payload. */
static struct mst_writer *
begin_content(struct mst_coap_build *b, void *out, size_t capacity, enum mst_coap_format format)
{
	mst_coap_build_inner(b, out, capacity, MST_COAP_CONTENT);
	mst_coap_put_uint(b, MST_COAP_OPT_CONTENT_FORMAT, format);
	return mst_coap_put_payload(b);
}

int
mst_ua_build_session(
	void *out, size_t capacity, const char *btid, size_t btid_size, uint32_t lifetime)
{
	struct mst_coap_build b;
	struct mst_writer *w = begin_content(&b, out, capacity, MST_COAP_FORMAT_CBOR);

	mst_cbor_write_map(w, 2);
	mst_cbor_write_uint(w, SESSION_BTID);
	mst_cbor_write_tstr(w, btid, btid_size);
	mst_cbor_write_uint(w, SESSION_LIFETIME);
	mst_cbor_write_uint(w, lifetime);
	return mst_coap_build_fini(&b);
}

/* The error id of RFC 9594, or -1. */
static int
error_id(int err)
{
	switch (err < 0 ? -err : err) {
	case MST_E_NOT_MEMBER:
		return MST_UA_ERROR_MEMBERS;
	case MST_E_NOT_OWNER:
		return MST_UA_ERROR_ROLES;
	case MST_E_EVICTED:
		return MST_UA_ERROR_TERMINATED;
	case MST_E_GROUP_DISSOLVED:
		return MST_UA_ERROR_DELETED;
	default:
		return -1;
	}
}

int
mst_ua_build_error(void *out, size_t capacity, int err, uint32_t max_age_s)
{
	uint8_t code = mst_err_coap(err);
	int id = error_id(err);
	struct mst_coap_build b;

	assert(code != 0);
	mst_coap_build_inner(&b, out, capacity, code);
	if (id >= 0)
		mst_coap_put_uint(&b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_PROBLEM);
	if (code == MST_COAP_UNAVAILABLE)
		mst_coap_put_uint(&b, MST_COAP_OPT_MAX_AGE, max_age_s);
	if (id >= 0)
		mst_ua_write_problem(mst_coap_put_payload(&b), (unsigned)id);
	return mst_coap_build_fini(&b);
}

/* Location-Path ace-group/G-ID/nodes/IMSI. */
static int
parse_location(const struct mst_coap_options *opt, struct mst_ua_response *response)
{
	struct mst_reader r = mst_reader_init(opt->raw.data, opt->raw.size);
	struct mst_coap_item item = {0};
	struct mst_coap_span path[4];
	unsigned count = 0;

	while (mst_coap_next_option(&r, &item) > 0) {
		if (item.number != MST_COAP_OPT_LOCATION_PATH)
			continue;
		if (count == 4)
			return -MST_E_OSCORE_INNER;
		path[count++] = item.value;
	}
	if (count != 4 || path[0].size != 9 || memcmp(path[0].data, "ace-group", 9) != 0 ||
		path[2].size != 5 || memcmp(path[2].data, "nodes", 5) != 0 ||
		mst_gid_parse(path[1].data, path[1].size, &response->gid) != 0 ||
		mst_imsi_encode((const char *)path[3].data, path[3].size, &response->node) != 0)
		return -MST_E_OSCORE_INNER;
	response->has_location = true;
	return 0;
}

static bool
has_format(const struct mst_coap_options *opt, enum mst_coap_format format)
{
	return (opt->has & MST_COAP_HAS_CONTENT_FORMAT) != 0 && opt->content_format == format;
}

static int
parse_session(const struct mst_coap_span *payload, struct mst_ua_response *response)
{
	struct mst_cbor r = mst_cbor_init(payload->data, payload->size);
	struct mst_cbor_span btid = {NULL, 0};
	bool has_lifetime = false;
	struct mst_cbor_iter map;
	uint32_t lifetime = 0;
	int64_t key;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key == SESSION_BTID) {
			btid = mst_cbor_read_tstr(&r, MST_BTID_SIZE_MIN, MST_BTID_SIZE_MAX);
		} else if (key == SESSION_LIFETIME) {
			lifetime = (uint32_t)mst_cbor_read_uint(&r, UINT32_MAX);
			has_lifetime = true;
		}
	}
	err = mst_cbor_end(&r);
	if (err == 0 && (btid.data == NULL || !has_lifetime))
		err = -MST_E_CBOR_MISSING;
	if (err != 0)
		return err;
	response->session.btid = (struct mst_coap_span){btid.data, (uint16_t)btid.size};
	response->session.lifetime = lifetime;
	return 0;
}

static int
parse_num(const struct mst_coap_span *payload, struct mst_ua_response *response)
{
	struct mst_cbor r = mst_cbor_init(payload->data, payload->size);

	response->num = (uint32_t)mst_cbor_read_uint(&r, UINT32_MAX);
	return mst_cbor_end(&r);
}

/* What a policies map holds, all of it. */
static int
parse_policies(const struct mst_coap_span *payload, struct mst_ua_response *response)
{
	struct mst_policy_change change;
	int err = mst_ua_parse_policies(payload->data, payload->size, &change);

	if (err == 0 && change.has != MST_POLICY_ALL)
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		response->policy = change.to;
	return err;
}

static bool
is_join(enum mst_res res, uint8_t code)
{
	return (res == MST_RES_MANAGE || res == MST_RES_GROUP) &&
	       (code == MST_COAP_CREATED || code == MST_COAP_CHANGED);
}

/* Whether a resource answers with this success code, and whether that has a payload. */
static bool
expected(enum mst_res res, uint8_t code, bool *payload)
{
	*payload = true;
	switch (code) {
	case MST_COAP_CREATED:
		return is_join(res, code);
	case MST_COAP_CHANGED:
		*payload = res != MST_RES_GROUP_POLICIES && res != MST_RES_GROUP_OWNERS;
		return res != MST_RES_GROUP_NUM && res != MST_RES_GROUP_NODE &&
		       res != MST_RES_SESSION;
	case MST_COAP_CONTENT:
		return res != MST_RES_MANAGE && res != MST_RES_GROUP_REKEY;
	case MST_COAP_DELETED:
		*payload = false;
		return res == MST_RES_GROUP || res == MST_RES_GROUP_NODE;
	default:
		return false;
	}
}

/* A payload by its resource; POST pending answers with another than GET. */
static int
parse_payload(
	const struct mst_coap_options *opt, enum mst_res res, struct mst_ua_response *response)
{
	switch (res) {
	case MST_RES_SESSION:
		return parse_session(&opt->payload, response);
	case MST_RES_GROUP_NUM:
	case MST_RES_GROUP_REKEY:
		return parse_num(&opt->payload, response);
	case MST_RES_GROUP_POLICIES:
		return parse_policies(&opt->payload, response);
	case MST_RES_GROUP_PENDING:
		return response->code == MST_COAP_CHANGED
			       ? mst_ua_parse_decided(&opt->payload, response)
			       : mst_ua_parse_candidates(&opt->payload, response);
	case MST_RES_GROUP_OWNERS:
		return mst_ua_parse_owners(&opt->payload, response);
	default:
		return mst_ua_parse_key(opt->payload.data, opt->payload.size, &response->key);
	}
}

/* Payload of a 2.01, 2.02, 2.04 or 2.05. */
static int
parse_success(
	const struct mst_coap_options *opt, enum mst_res res, struct mst_ua_response *response)
{
	bool payload;
	int err = 0;

	if (!expected(res, response->code, &payload))
		return -MST_E_OSCORE_INNER;
	if (is_join(res, response->code))
		err = parse_location(opt, response);
	if (err != 0 || !payload)
		return err;
	if (!has_format(opt,
		    res == MST_RES_SESSION ? MST_COAP_FORMAT_CBOR : MST_COAP_FORMAT_ACE_GROUPCOMM))
		return -MST_E_COAP_FORMAT;
	return parse_payload(opt, res, response);
}

int
mst_ua_parse_response(
	const uint8_t *plain, size_t size, enum mst_res res, struct mst_ua_response *response)
{
	struct mst_ua_response parsed = {.error_id = -1, .max_age = MAX_AGE_DEFAULT};
	struct mst_coap_options opt;
	int err;

	assert(res >= MST_RES_MANAGE);
	if (size < 1 || plain[0] < MST_COAP_CODE(2, 0) || plain[0] >= MST_COAP_CODE(6, 0))
		return -MST_E_OSCORE_INNER;
	parsed.code = plain[0];
	err = mst_coap_parse_options(plain + 1, size - 1, &opt);
	if (err != 0)
		return err == -MST_E_COAP_OPTION ? -MST_E_OSCORE_INNER : err;
	if ((opt.has & MST_COAP_HAS_MAX_AGE) != 0)
		parsed.max_age = opt.max_age;
	parsed.observed = (opt.has & MST_COAP_HAS_OBSERVE) != 0;
	if (parsed.code < MST_COAP_CODE(4, 0))
		err = parse_success(&opt, res, &parsed);
	else if (has_format(&opt, MST_COAP_FORMAT_PROBLEM))
		err = mst_ua_parse_problem(opt.payload.data, opt.payload.size, &parsed.error_id);
	if (err == 0)
		*response = parsed;
	mst_wipe(&parsed, sizeof(parsed));
	return err;
}
