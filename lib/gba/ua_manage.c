/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of group management: policies, decisions, owners, candidates (docs/protocol.md section
 * 6). */
#include "aka/imsi.h"
#include "base/err.h"
#include "gba/ua_keys.h"

uint64_t
mst_ua_read_imsi(struct mst_cbor *r)
{
	struct mst_cbor_span s = mst_cbor_read_tstr(r, MST_IMSI_DIGITS_MIN, MST_IMSI_DIGITS_MAX);
	uint64_t imsi = 0;

	if (s.data != NULL && mst_imsi_encode((const char *)s.data, s.size, &imsi) != 0)
		mst_cbor_fail(r, MST_E_GROUP_REQUEST);
	return imsi;
}

void
mst_ua_write_imsi(struct mst_writer *w, uint64_t imsi)
{
	char digits[MST_IMSI_DIGITS_MAX];

	mst_cbor_write_tstr(w, digits, mst_imsi_decode(imsi, digits));
}

/* Ranges of equal digits, each [first, last]. */
static void
read_ranges(struct mst_cbor *r, struct mst_policy *to)
{
	to->range_count = (uint8_t)mst_cbor_read_array(r, 0, MST_POLICY_RANGES);
	for (unsigned i = 0; i < to->range_count; i++) {
		mst_cbor_read_array(r, 2, 2);
		to->range[i].first = mst_ua_read_imsi(r);
		to->range[i].last = mst_ua_read_imsi(r);
	}
}

static uint32_t
read_u32(struct mst_cbor *r, uint32_t max)
{
	return (uint32_t)mst_cbor_read_uint(r, max);
}

/* Reads the value of one policy. Returns its bit, 0 for an unknown one. */
static unsigned
read_policy(struct mst_cbor *r, int64_t key, struct mst_policy *to)
{
	switch (key) {
	case POLICY_CHECK_INTERVAL:
		to->check_interval_s = read_u32(r, UINT32_MAX);
		return MST_POLICY_CHECK_INTERVAL;
	case POLICY_EXPIRATION_DELTA:
		to->expiration_delta_s = read_u32(r, UINT32_MAX);
		return MST_POLICY_EXPIRATION_DELTA;
	case POLICY_ADMISSION:
		to->admission = (uint8_t)mst_cbor_read_uint(r, MST_ADMIT_COUNT - 1);
		return MST_POLICY_ADMISSION;
	case POLICY_MEMBER_LIMIT:
		to->member_limit = read_u32(r, UINT32_MAX);
		return MST_POLICY_MEMBER_LIMIT;
	case POLICY_REKEY_LEAVE:
		to->rekey_leave = (uint8_t)mst_cbor_read_uint(r, MST_REKEY_COUNT - 1);
		return MST_POLICY_REKEY_LEAVE;
	case POLICY_WINDOW:
		to->window_s = read_u32(r, UINT32_MAX);
		return MST_POLICY_WINDOW;
	case POLICY_REKEY_JOIN:
		to->rekey_join = mst_cbor_read_bool(r);
		return MST_POLICY_REKEY_JOIN;
	case POLICY_KEY_LIFE:
		to->key_life_s = read_u32(r, UINT32_MAX);
		return MST_POLICY_KEY_LIFE;
	case POLICY_HISTORY:
		to->history = mst_cbor_read_bool(r);
		return MST_POLICY_HISTORY;
	case POLICY_RANGES:
		read_ranges(r, to);
		return MST_POLICY_RANGES_SET;
	case POLICY_TAGS:
		to->tags = (uint8_t)mst_cbor_read_uint(r, UINT8_MAX);
		return MST_POLICY_TAGS;
	default:
		return 0;
	}
}

/* A policy that is valid whatever a change does not name. */
static const struct mst_policy neutral = {.check_interval_s = 1, .key_life_s = 60};

void
mst_ua_read_policies(struct mst_cbor *r, struct mst_policy_change *change)
{
	struct mst_policy applied = neutral;
	struct mst_cbor_iter map;
	int64_t key;

	mst_cbor_open_map(r, &map);
	while (mst_cbor_next_key(r, &map, &key))
		change->has |= (uint16_t)read_policy(r, key, &change->to);
	mst_policy_apply(&applied, change);
	if (!mst_policy_valid(&applied))
		mst_cbor_fail(r, MST_E_GROUP_REQUEST);
}

static void
write_ranges(struct mst_writer *w, const struct mst_policy *p)
{
	mst_cbor_write_array(w, p->range_count);
	for (unsigned i = 0; i < p->range_count; i++) {
		mst_cbor_write_array(w, 2);
		mst_ua_write_imsi(w, p->range[i].first);
		mst_ua_write_imsi(w, p->range[i].last);
	}
}

static void
write_number(struct mst_writer *w, int64_t key, uint64_t value)
{
	mst_cbor_write_int(w, key);
	mst_cbor_write_uint(w, value);
}

static void
write_flag(struct mst_writer *w, int64_t key, bool value)
{
	mst_cbor_write_int(w, key);
	mst_cbor_write_bool(w, value);
}

void
mst_ua_write_policies(struct mst_writer *w, const struct mst_policy_change *change)
{
	const struct mst_policy *p = &change->to;
	unsigned has = change->has;

	mst_cbor_write_map(w, (size_t)__builtin_popcount(has));
	if (has & MST_POLICY_CHECK_INTERVAL)
		write_number(w, POLICY_CHECK_INTERVAL, p->check_interval_s);
	if (has & MST_POLICY_EXPIRATION_DELTA)
		write_number(w, POLICY_EXPIRATION_DELTA, p->expiration_delta_s);
	if (has & MST_POLICY_ADMISSION)
		write_number(w, POLICY_ADMISSION, p->admission);
	if (has & MST_POLICY_MEMBER_LIMIT)
		write_number(w, POLICY_MEMBER_LIMIT, p->member_limit);
	if (has & MST_POLICY_REKEY_LEAVE)
		write_number(w, POLICY_REKEY_LEAVE, p->rekey_leave);
	if (has & MST_POLICY_WINDOW)
		write_number(w, POLICY_WINDOW, p->window_s);
	if (has & MST_POLICY_REKEY_JOIN)
		write_flag(w, POLICY_REKEY_JOIN, p->rekey_join);
	if (has & MST_POLICY_KEY_LIFE)
		write_number(w, POLICY_KEY_LIFE, p->key_life_s);
	if (has & MST_POLICY_HISTORY)
		write_flag(w, POLICY_HISTORY, p->history);
	if (has & MST_POLICY_RANGES_SET) {
		mst_cbor_write_int(w, POLICY_RANGES);
		write_ranges(w, p);
	}
	if (has & MST_POLICY_TAGS)
		write_number(w, POLICY_TAGS, p->tags);
}

int
mst_ua_parse_policies(const uint8_t *data, size_t size, struct mst_policy_change *change)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_policy_change parsed = {0};
	bool found = false;
	struct mst_cbor_iter map;
	int64_t key;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key == KEY_POLICIES) {
			mst_ua_read_policies(&r, &parsed);
			found = true;
		}
	}
	err = mst_cbor_end(&r);
	if (err == 0 && !found)
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		*change = parsed;
	return err;
}

/* IMSIs of one list, added to those before; none may be named twice. */
static unsigned
read_imsis(struct mst_cbor *r, uint64_t *imsi, unsigned count, unsigned min, unsigned max)
{
	unsigned more = (unsigned)mst_cbor_read_array(r, min, max);

	for (unsigned end = count + more; count < end; count++) {
		imsi[count] = mst_ua_read_imsi(r);
		for (unsigned i = 0; i < count; i++)
			if (imsi[i] == imsi[count])
				mst_cbor_fail(r, MST_E_GROUP_REQUEST);
	}
	return count;
}

/* who = [IMSIs] / true, under key 0 (admit) or 1 (refuse). */
static void
read_who(struct mst_cbor *r, bool admit, struct mst_ua_decision *d)
{
	unsigned before = d->count;

	if (mst_cbor_peek(r) == MST_CBOR_ARRAY) {
		d->count = (uint8_t)read_imsis(r, d->imsi, before, 1, MST_UA_DECISIONS - before);
		if (admit)
			d->admit |= (uint16_t)((1u << d->count) - (1u << before));
		return;
	}
	if (!mst_cbor_read_bool(r) || d->rest != MST_UA_REST_WAITS)
		mst_cbor_fail(r, MST_E_GROUP_REQUEST);
	d->rest = admit ? MST_UA_REST_ADMITTED : MST_UA_REST_REFUSED;
}

int
mst_ua_parse_decision(const uint8_t *data, size_t size, struct mst_ua_decision *decision)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_ua_decision parsed = {0};
	struct mst_cbor_iter map;
	int64_t key;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key))
		if (key == DECIDE_ADMIT || key == DECIDE_REFUSE)
			read_who(&r, key == DECIDE_ADMIT, &parsed);
	err = mst_cbor_end(&r);
	if (err == 0 && parsed.count == 0 && parsed.rest == MST_UA_REST_WAITS)
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		*decision = parsed;
	return err;
}

static void
write_who(struct mst_writer *w, const struct mst_ua_decision *d, bool admit)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->count; i++)
		n += (d->admit >> i & 1) == admit;
	if (n == 0 && d->rest != (admit ? MST_UA_REST_ADMITTED : MST_UA_REST_REFUSED))
		return;
	mst_cbor_write_uint(w, admit ? DECIDE_ADMIT : DECIDE_REFUSE);
	if (n == 0) {
		mst_cbor_write_bool(w, true);
		return;
	}
	mst_cbor_write_array(w, n);
	for (unsigned i = 0; i < d->count; i++)
		if ((d->admit >> i & 1) == admit)
			mst_ua_write_imsi(w, d->imsi[i]);
}

void
mst_ua_write_decision(struct mst_writer *w, const struct mst_ua_decision *decision)
{
	unsigned all = (1u << decision->count) - 1;
	bool admits = (decision->admit & all) != 0 || decision->rest == MST_UA_REST_ADMITTED;
	bool refuses = (~decision->admit & all) != 0 || decision->rest == MST_UA_REST_REFUSED;

	mst_cbor_write_map(w, (size_t)admits + refuses);
	write_who(w, decision, true);
	write_who(w, decision, false);
}

int
mst_ua_parse_owners_change(const uint8_t *data, size_t size, struct mst_ua_owners_change *change)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_ua_owners_change parsed = {0};
	uint64_t named[1 + 2 * MST_UA_CO_OWNERS];
	unsigned count = 0, before;
	struct mst_cbor_iter map;
	int64_t key;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		before = count;
		if (key == OWNERS_PRINCIPAL) {
			named[count++] = parsed.principal = mst_ua_read_imsi(&r);
		} else if (key == OWNERS_ADD) {
			count = read_imsis(&r, named, count, 1, MST_UA_CO_OWNERS);
			parsed.add_count = (uint8_t)(count - before);
			memcpy(parsed.add, named + before, parsed.add_count * sizeof(named[0]));
		} else if (key == OWNERS_REMOVE) {
			count = read_imsis(&r, named, count, 1, MST_UA_CO_OWNERS);
			parsed.remove_count = (uint8_t)(count - before);
			memcpy(parsed.remove, named + before,
				parsed.remove_count * sizeof(named[0]));
		}
	}
	err = mst_cbor_end(&r);
	if (err == 0 && count == 0)
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		*change = parsed;
	return err;
}

static void
write_imsis(struct mst_writer *w, unsigned key, const uint64_t *imsi, unsigned count)
{
	if (count == 0)
		return;
	mst_cbor_write_uint(w, key);
	mst_cbor_write_array(w, count);
	for (unsigned i = 0; i < count; i++)
		mst_ua_write_imsi(w, imsi[i]);
}

void
mst_ua_write_owners_change(struct mst_writer *w, const struct mst_ua_owners_change *change)
{
	mst_cbor_write_map(w, (size_t)(change->principal != 0) + (change->add_count > 0) +
				      (change->remove_count > 0));
	if (change->principal != 0) {
		mst_cbor_write_uint(w, OWNERS_PRINCIPAL);
		mst_ua_write_imsi(w, change->principal);
	}
	write_imsis(w, OWNERS_ADD, change->add, change->add_count);
	write_imsis(w, OWNERS_REMOVE, change->remove, change->remove_count);
}

int
mst_ua_parse_rekey(const uint8_t *data, size_t size, uint32_t *num)
{
	struct mst_cbor r = mst_cbor_init(data, size);
	struct mst_cbor_iter map;
	bool found = false;
	uint32_t parsed = 0;
	int64_t key;
	int err;

	mst_cbor_open_map(&r, &map);
	while (mst_cbor_next_key(&r, &map, &key)) {
		if (key == KEY_NUM) {
			parsed = read_u32(&r, UINT32_MAX);
			found = true;
		}
	}
	err = mst_cbor_end(&r);
	if (err == 0 && !found)
		err = -MST_E_CBOR_MISSING;
	if (err == 0)
		*num = parsed;
	return err;
}
