/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of group management: the gateway's builders, and their payloads as the device reads them.
 */
#include "base/err.h"
#include "gba/ua_keys.h"

/* Starts an answer with a payload of groups; `observe` as in a notification. */
static struct mst_writer *
begin(struct mst_coap_build *b, void *out, size_t capacity, uint8_t code, bool observe)
{
	mst_coap_build_inner(b, out, capacity, code);
	if (observe)
		mst_coap_put_option(b, MST_COAP_OPT_OBSERVE, NULL, 0);
	mst_coap_put_uint(b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_ACE_GROUPCOMM);
	return mst_coap_put_payload(b);
}

int
mst_ua_build_key(void *out, size_t capacity, const struct mst_ua_key *key, bool observe)
{
	struct mst_coap_build b;

	mst_ua_write_key(begin(&b, out, capacity, MST_COAP_CONTENT, observe), key);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_num(void *out, size_t capacity, uint32_t num, bool observe)
{
	struct mst_coap_build b;

	mst_cbor_write_uint(begin(&b, out, capacity, MST_COAP_CONTENT, observe), num);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_rekeyed(void *out, size_t capacity, uint32_t num)
{
	struct mst_coap_build b;

	mst_cbor_write_uint(begin(&b, out, capacity, MST_COAP_CHANGED, false), num);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_done(void *out, size_t capacity, uint8_t code)
{
	struct mst_coap_build b;

	mst_coap_build_inner(&b, out, capacity, code);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_policies(void *out, size_t capacity, const struct mst_policy *policy)
{
	const struct mst_policy_change all = {.has = MST_POLICY_ALL, .to = *policy};
	struct mst_coap_build b;
	struct mst_writer *w = begin(&b, out, capacity, MST_COAP_CONTENT, false);

	mst_cbor_write_map(w, 1);
	mst_cbor_write_uint(w, KEY_POLICIES);
	mst_ua_write_policies(w, &all);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_candidates(void *out, size_t capacity, uint32_t waiting,
	const struct mst_ua_candidate *candidates, unsigned count, bool observe)
{
	struct mst_coap_build b;
	struct mst_writer *w = begin(&b, out, capacity, MST_COAP_CONTENT, observe);

	assert(count <= MST_UA_CANDIDATES);
	mst_cbor_write_map(w, 2);
	mst_cbor_write_uint(w, CANDIDATES_WAITING);
	mst_cbor_write_uint(w, waiting);
	mst_cbor_write_uint(w, CANDIDATES_ROWS);
	mst_cbor_write_array(w, count);
	for (unsigned i = 0; i < count; i++) {
		mst_cbor_write_array(w, 3);
		mst_ua_write_imsi(w, candidates[i].imsi);
		mst_ua_write_imei(w, candidates[i].imei);
		mst_cbor_write_uint(w, candidates[i].since);
	}
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_decided(
	void *out, size_t capacity, uint32_t admitted, uint32_t refused, uint32_t unknown)
{
	struct mst_coap_build b;
	struct mst_writer *w = begin(&b, out, capacity, MST_COAP_CHANGED, false);

	mst_cbor_write_map(w, 3);
	mst_cbor_write_uint(w, DECIDE_ADMIT);
	mst_cbor_write_uint(w, admitted);
	mst_cbor_write_uint(w, DECIDE_REFUSE);
	mst_cbor_write_uint(w, refused);
	mst_cbor_write_uint(w, DECIDED_UNKNOWN);
	mst_cbor_write_uint(w, unknown);
	return mst_coap_build_fini(&b);
}

int
mst_ua_build_owners(
	void *out, size_t capacity, uint64_t principal, const uint64_t *co_owners, unsigned count)
{
	struct mst_coap_build b;
	struct mst_writer *w = begin(&b, out, capacity, MST_COAP_CONTENT, false);

	assert(count <= MST_UA_CO_OWNERS);
	mst_cbor_write_map(w, 2);
	mst_cbor_write_uint(w, OWNERS_PRINCIPAL);
	mst_ua_write_imsi(w, principal);
	mst_cbor_write_uint(w, OWNERS_CO_OWNERS);
	mst_cbor_write_array(w, count);
	for (unsigned i = 0; i < count; i++)
		mst_ua_write_imsi(w, co_owners[i]);
	return mst_coap_build_fini(&b);
}

static void
read_candidates(struct mst_cbor *r, struct mst_ua_response *response)
{
	response->candidates.count = (uint8_t)mst_cbor_read_array(r, 0, MST_UA_CANDIDATES);
	for (unsigned i = 0; i < response->candidates.count; i++) {
		struct mst_ua_candidate *c = &response->candidates.row[i];

		mst_cbor_read_array(r, 3, 3);
		c->imsi = mst_ua_read_imsi(r);
		c->imei = mst_ua_read_imei(r);
		c->since = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
	}
}

/* Closes a map of which all of `wanted` keys 0, 1, .. have to have been there. */
static int
end_map(struct mst_cbor *r, unsigned found, unsigned wanted)
{
	int err = mst_cbor_end(r);

	return err == 0 && found != (1u << wanted) - 1 ? -MST_E_CBOR_MISSING : err;
}

int
mst_ua_parse_candidates(const struct mst_coap_span *payload, struct mst_ua_response *response)
{
	struct mst_cbor r = mst_cbor_init(payload->data, payload->size);
	struct mst_cbor_iter map;
	unsigned found = 0;
	int64_t key;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key == CANDIDATES_WAITING)
			response->candidates.waiting = (uint32_t)mst_cbor_read_uint(&r, UINT32_MAX);
		else if (key == CANDIDATES_ROWS)
			read_candidates(&r, response);
		if (key == CANDIDATES_WAITING || key == CANDIDATES_ROWS)
			found |= 1u << key;
	}
	return end_map(&r, found, 2);
}

int
mst_ua_parse_decided(const struct mst_coap_span *payload, struct mst_ua_response *response)
{
	uint32_t *const count[] = {&response->decided.admitted, &response->decided.refused,
		&response->decided.unknown};
	struct mst_cbor r = mst_cbor_init(payload->data, payload->size);
	struct mst_cbor_iter map;
	unsigned found = 0;
	int64_t key;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key < 0 || key > DECIDED_UNKNOWN)
			continue;
		*count[key] = (uint32_t)mst_cbor_read_uint(&r, UINT32_MAX);
		found |= 1u << key;
	}
	return end_map(&r, found, 3);
}

int
mst_ua_parse_owners(const struct mst_coap_span *payload, struct mst_ua_response *response)
{
	struct mst_cbor r = mst_cbor_init(payload->data, payload->size);
	struct mst_cbor_iter map;
	unsigned found = 0;
	int64_t key;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key == OWNERS_PRINCIPAL) {
			response->owners.principal = mst_ua_read_imsi(&r);
			found |= 1;
		} else if (key == OWNERS_CO_OWNERS) {
			response->owners.count =
				(uint8_t)mst_cbor_read_array(&r, 0, MST_UA_CO_OWNERS);
			for (unsigned i = 0; i < response->owners.count; i++)
				response->owners.co_owner[i] = mst_ua_read_imsi(&r);
			found |= 2;
		}
	}
	return end_map(&r, found, 2);
}
