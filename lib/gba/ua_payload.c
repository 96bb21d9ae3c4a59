/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of Ua: IMEI, join-request and join-response of RFC 9594, problem details of RFC 9290. */
#include "base/err.h"
#include "gba/nibbles.h"
#include "gba/ua_keys.h"

int
mst_imei_encode(const char *digits, size_t size, uint64_t *imei)
{
	uint64_t first, last, filler;
	unsigned pad;

	if (size < 14 || size > 16)
		return -MST_E_GROUP_REQUEST;
	/* The first and the last eight digits, which overlap if there are fewer than 16. */
	first = mst_get_be64((const uint8_t *)digits) ^ MST_OCTETS('0');
	last = mst_get_be64((const uint8_t *)digits + size - 8) ^ MST_OCTETS('0');
	if (((first | (first + MST_OCTETS(6)) | last | (last + MST_OCTETS(6))) &
		    MST_OCTETS(0xf0)) != 0)
		return -MST_E_GROUP_REQUEST;
	pad = 4 * (unsigned)(16 - size);
	filler = ((uint64_t)1 << pad) - 1;
	*imei = (uint64_t)mst_nibbles_pack(first) << 32 | (uint64_t)mst_nibbles_pack(last) << pad |
		filler;
	return 0;
}

size_t
mst_imei_decode(uint64_t imei, char digits[16])
{
	size_t n = 0;

	for (; n < 16 && imei >> 60 <= 9; n++, imei <<= 4)
		digits[n] = (char)('0' + (imei >> 60));
	return n;
}

/* scope: bstr .cbor [G-ID, ? role] (RFC 9594 section 3.1). */
static void
parse_scope(struct mst_cbor *r, struct mst_ua_join *join)
{
	struct mst_cbor_span bytes = mst_cbor_read_bstr(r, 0, SIZE_MAX), gid;
	struct mst_cbor s = mst_cbor_init(bytes.data, bytes.size);
	size_t count;

	if (bytes.data == NULL)
		return;
	count = mst_cbor_read_array(&s, 1, 2);
	gid = mst_cbor_read_tstr(&s, 0, SIZE_MAX);
	if (count == 2) {
		enum mst_cbor_type type = mst_cbor_peek(&s);

		if (type != MST_CBOR_TSTR && type != MST_CBOR_UINT && type != MST_CBOR_NINT)
			mst_cbor_fail(&s, MST_E_CBOR_TYPE);
		mst_cbor_skip(&s);
	}
	if (mst_cbor_end(&s) != 0)
		mst_cbor_fail(r, (enum mst_err)s.err);
	else if (mst_gid_parse(gid.data, gid.size, &join->scope_gid) != 0)
		mst_cbor_fail(r, MST_E_GROUP_REQUEST);
	join->has_scope = true;
}

uint64_t
mst_ua_read_imei(struct mst_cbor *r)
{
	struct mst_cbor_span s = mst_cbor_read_tstr(r, 14, 16);
	uint64_t imei = 0;

	if (s.data != NULL && mst_imei_encode((const char *)s.data, s.size, &imei) != 0)
		mst_cbor_fail(r, MST_E_GROUP_REQUEST);
	return imei;
}

void
mst_ua_write_imei(struct mst_writer *w, uint64_t imei)
{
	char digits[16];

	mst_cbor_write_tstr(w, digits, mst_imei_decode(imei, digits));
}

int
mst_ua_parse_join(const uint8_t *data, size_t size, struct mst_ua_join *join)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_ua_join parsed = {0};
	bool has_imei = false, has_store = false;
	struct mst_cbor_iter map;
	int64_t key;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key == KEY_SCOPE) {
			parse_scope(&r, &parsed);
		} else if (key == KEY_IMEI) {
			parsed.imei = mst_ua_read_imei(&r);
			has_imei = true;
		} else if (key == KEY_STORE) {
			parsed.store = (enum mst_ua_store)mst_cbor_read_uint(&r, MST_UA_STORE_UICC);
			has_store = true;
		} else if (key == KEY_POLICIES) {
			mst_ua_read_policies(&r, &parsed.change);
		}
	}
	err = mst_cbor_end(&r);
	if (err == 0 && !(has_imei && has_store))
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		*join = parsed;
	return err;
}

void
mst_ua_write_join(struct mst_writer *w, uint64_t imei, enum mst_ua_store store,
	const struct mst_policy_change *change)
{
	bool policies = change != NULL && change->has != 0;

	mst_cbor_write_map(w, policies ? 3 : 2);
	if (policies) {
		mst_cbor_write_int(w, KEY_POLICIES);
		mst_ua_write_policies(w, change);
	}
	mst_cbor_write_int(w, KEY_IMEI);
	mst_ua_write_imei(w, imei);
	mst_cbor_write_int(w, KEY_STORE);
	mst_cbor_write_uint(w, store);
}

/* The key before this one, while it is accepted. */
static void
write_earlier(struct mst_writer *w, const struct mst_ua_key *key)
{
	mst_cbor_write_int(w, KEY_EARLIER);
	mst_cbor_write_array(w, 3);
	mst_cbor_write_bstr(w, key->earlier_kg, MST_KG_SIZE);
	mst_cbor_write_uint(w, key->earlier_num);
	mst_cbor_write_uint(w, key->earlier_left);
}

/* Integers below 24 are their own encoding, so keys are written as octets. */
void
mst_ua_write_key(struct mst_writer *w, const struct mst_ua_key *key)
{
	static const uint8_t profile[] = {0x3a, 0x00, 0x01, 0x00, 0x00}; /* MST_UA_PROFILE */

	mst_cbor_write_map(w, key->has_earlier ? 8 : 7);
	mst_write_u8(w, KEY_GKTY);
	mst_write_bytes(w, profile, sizeof(profile));
	mst_write_u8(w, KEY_KEY);
	mst_write_u8(w, 0x40 | MST_KG_SIZE);
	mst_write_bytes(w, key->kg, MST_KG_SIZE);
	mst_write_u8(w, KEY_NUM);
	mst_cbor_write_uint(w, key->num);
	mst_write_u8(w, KEY_PROFILE);
	mst_write_bytes(w, profile, sizeof(profile));
	mst_write_u8(w, KEY_EXP);
	mst_cbor_write_uint(w, key->exp);
	mst_write_u8(w, KEY_EXI);
	mst_cbor_write_uint(w, key->exi);
	mst_write_u8(w, KEY_POLICIES);
	mst_cbor_write_map(w, key->expiration_delta > 0 ? 2 : 1);
	mst_write_u8(w, POLICY_CHECK_INTERVAL);
	mst_cbor_write_uint(w, key->check_interval);
	if (key->expiration_delta > 0) {
		mst_write_u8(w, POLICY_EXPIRATION_DELTA);
		mst_cbor_write_uint(w, key->expiration_delta);
	}
	if (key->has_earlier)
		write_earlier(w, key);
}

/* Returns whether the check interval was among the policies. */
static bool
parse_policies(struct mst_cbor *r, struct mst_ua_key *key)
{
	struct mst_cbor_iter map;
	bool found = false;
	int64_t policy;

	mst_cbor_open_map(r, &map);
	while (mst_cbor_next_key(r, &map, &policy)) {
		if (policy == POLICY_CHECK_INTERVAL) {
			key->check_interval = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
			found = true;
		} else if (policy == POLICY_EXPIRATION_DELTA) {
			key->expiration_delta = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
		}
	}
	return found;
}

static void
parse_earlier(struct mst_cbor *r, struct mst_ua_key *key)
{
	const uint8_t *kg;

	if (mst_cbor_read_array(r, 3, 3) == 0)
		return;
	kg = mst_cbor_read_bytes(r, MST_KG_SIZE);
	if (kg == NULL)
		return;
	memcpy(key->earlier_kg, kg, MST_KG_SIZE);
	key->earlier_num = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
	key->earlier_left = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
	key->has_earlier = true;
}

/* Reads the value of a join-response's key. Returns whether it is a mandatory parameter. */
static bool
parse_key_value(struct mst_cbor *r, int64_t id, struct mst_ua_key *key)
{
	const uint8_t *kg;

	switch (id) {
	case KEY_GKTY:
	case KEY_PROFILE:
		mst_cbor_read_int(r, MST_UA_PROFILE, MST_UA_PROFILE);
		return true;
	case KEY_KEY:
		kg = mst_cbor_read_bytes(r, MST_KG_SIZE);
		if (kg != NULL)
			memcpy(key->kg, kg, MST_KG_SIZE);
		return true;
	case KEY_NUM:
		key->num = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
		return true;
	case KEY_EXP:
		key->exp = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
		return true;
	case KEY_EXI:
		key->exi = (uint32_t)mst_cbor_read_uint(r, UINT32_MAX);
		return true;
	case KEY_POLICIES:
		return parse_policies(r, key);
	case KEY_EARLIER:
		parse_earlier(r, key);
		return false;
	default:
		return false;
	}
}

int
mst_ua_parse_key(const uint8_t *data, size_t size, struct mst_ua_key *key)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_ua_key parsed = {0};
	struct mst_cbor_iter map;
	unsigned found = 0;
	int64_t id;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &id))
		found += parse_key_value(&r, id, &parsed);
	err = mst_cbor_end(&r);
	if (err == 0 && found != 7)
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		*key = parsed;
	mst_wipe(&parsed, sizeof(parsed));
	return err;
}

void
mst_ua_write_problem(struct mst_writer *w, unsigned error_id)
{
	mst_cbor_write_map(w, 1);
	mst_cbor_write_uint(w, PROBLEM_ACE_GROUPCOMM);
	mst_cbor_write_map(w, 1);
	mst_cbor_write_uint(w, ACE_GROUPCOMM_ERROR_ID);
	mst_cbor_write_uint(w, error_id);
}

static void
parse_ace_groupcomm_error(struct mst_cbor *r, int *error_id)
{
	struct mst_cbor_iter map;
	int64_t key;

	mst_cbor_open_map(r, &map);
	while (mst_cbor_next_key(r, &map, &key))
		if (key == ACE_GROUPCOMM_ERROR_ID)
			*error_id = (int)mst_cbor_read_uint(r, INT32_MAX);
}

int
mst_ua_parse_problem(const uint8_t *data, size_t size, int *error_id)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_cbor_iter map;
	int64_t key;
	int id = -1, err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key))
		if (key == PROBLEM_ACE_GROUPCOMM)
			parse_ace_groupcomm_error(&r, &id);
	err = mst_cbor_end(&r);
	if (err == 0)
		*error_id = id;
	return err;
}
