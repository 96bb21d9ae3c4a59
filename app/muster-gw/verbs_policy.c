/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies of groups as operators write and read them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aka/imsi.h"
#include "base/err.h"
#include "ctl/ctl.h"
#include "verbs_json.h"

static const char *const admissions[] = {"open", "list", "owners", "operator", NULL};
static const char *const rekeys[] = {"never", "at_once", "window", NULL};
static const char *const flags[] = {"no", "yes", NULL};

/** A policy: its name, where it is, and the names of its values or its largest number. */
static const struct policy {
	const char *name;
	uint16_t bit;
	uint8_t offset, size;
	const char *const *names;
} policies[] = {
#define AT(member) offsetof(struct mst_policy, member), sizeof(((struct mst_policy *)0)->member)
	{"admission", MST_POLICY_ADMISSION, AT(admission), admissions},
	{"member_limit", MST_POLICY_MEMBER_LIMIT, AT(member_limit), NULL},
	{"rekey_leave", MST_POLICY_REKEY_LEAVE, AT(rekey_leave), rekeys},
	{"rekey_window_s", MST_POLICY_WINDOW, AT(window_s), NULL},
	{"rekey_join", MST_POLICY_REKEY_JOIN, AT(rekey_join), flags},
	{"key_lifetime_s", MST_POLICY_KEY_LIFE, AT(key_life_s), NULL},
	{"key_check_interval_s", MST_POLICY_CHECK_INTERVAL, AT(check_interval_s), NULL},
	{"expiration_delta_s", MST_POLICY_EXPIRATION_DELTA, AT(expiration_delta_s), NULL},
	{"history", MST_POLICY_HISTORY, AT(history), flags},
	{"tags", MST_POLICY_TAGS, AT(tags), NULL},
#undef AT
};

static uint32_t
get(const struct policy *p, const struct mst_policy *from)
{
	const uint8_t *at = (const uint8_t *)from + p->offset;
	uint32_t v;

	if (p->size == 1)
		return *at;
	memcpy(&v, at, sizeof(v));
	return v;
}

static void
set(const struct policy *p, struct mst_policy *to, uint32_t value)
{
	uint8_t *at = (uint8_t *)to + p->offset;

	if (p->size == 1)
		*at = (uint8_t)value;
	else
		memcpy(at, &value, sizeof(value));
}

static json_t *
ranges(const struct mst_policy *policy)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < policy->range_count; i++) {
		char first[MST_IMSI_DIGITS_MAX], last[MST_IMSI_DIGITS_MAX];
		int n = (int)mst_imsi_decode(policy->range[i].first, first);

		mst_imsi_decode(policy->range[i].last, last);
		json_array_append_new(list, json_sprintf("%.*s-%.*s", n, first, n, last));
	}
	return list;
}

json_t *
gw_json_policy(const struct mst_policy *policy)
{
	json_t *row = json_object();

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		const struct policy *p = &policies[i];
		uint32_t value = get(p, policy);

		if (p->names == flags)
			json_object_set_new(row, p->name, json_boolean(value));
		else if (p->names != NULL)
			json_object_set_new(row, p->name, json_string(p->names[value]));
		else
			json_object_set_new(row, p->name, json_integer(value));
	}
	json_object_set_new(row, "allow", ranges(policy));
	return row;
}

/** A value from text. Returns 0 or -1. */
static int
parse_value(const struct policy *p, const char *text, uint32_t *value)
{
	char *end;
	unsigned long v;

	for (unsigned i = 0; p->names != NULL && p->names[i] != NULL; i++) {
		if (strcmp(p->names[i], text) == 0) {
			*value = i;
			return 0;
		}
	}
	if (p->names != NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || v > UINT32_MAX || (p->size == 1 && v > UINT8_MAX))
		return -1;
	*value = (uint32_t)v;
	return 0;
}

/** FROM-TO,FROM-TO,.. or nothing. Returns 0 or -1. */
static int
parse_ranges(const char *text, struct mst_policy *to)
{
	for (to->range_count = 0; *text != '\0'; to->range_count++) {
		size_t first = strspn(text, "0123456789"), last;
		struct mst_imsi_range *range = &to->range[to->range_count];

		if (to->range_count == MST_POLICY_RANGES || text[first] != '-')
			return -1;
		last = strspn(text + first + 1, "0123456789");
		if (mst_imsi_encode(text, first, &range->first) ||
			mst_imsi_encode(text + first + 1, last, &range->last))
			return -1;
		text += first + 1 + last;
		if (*text == ',')
			text++;
		else if (*text != '\0')
			return -1;
	}
	return 0;
}

static int
take(const char *name, const char *text, struct mst_policy_change *change)
{
	uint32_t value;

	if (strcmp(name, "allow") == 0) {
		change->has |= MST_POLICY_RANGES_SET;
		return parse_ranges(text, &change->to);
	}
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(policies[i].name, name) != 0)
			continue;
		if (parse_value(&policies[i], text, &value))
			return -1;
		change->has |= policies[i].bit;
		set(&policies[i], &change->to, value);
		return 0;
	}
	return -1;
}

int
gw_policy_from_json(const json_t *object, struct mst_policy_change *change, char *error)
{
	const char *name;
	json_t *value;

	*change = (struct mst_policy_change){0};
	json_object_foreach((json_t *)object, name, value)
	{
		const char *text = json_string_value(value);

		if (text != NULL && take(name, text, change) == 0)
			continue;
		snprintf(error, MST_CTL_ERROR_SIZE,
			"policy %s: no such policy, or not this value; see musterctl(1)", name);
		return -MST_E_ARGUMENT;
	}
	return 0;
}
