/* SPDX-License-Identifier: BSD-3-Clause */
#include "gba/policy.h"

#include <string.h>

#include "aka/imsi.h"

#define YEAR (365u * 86400)
#define WEEK (7u * 86400)

static bool
range_valid(const struct mst_imsi_range *range)
{
	char digits[MST_IMSI_DIGITS_MAX];

	return range->first < MST_IMSI_CODE_END && range->last < MST_IMSI_CODE_END &&
	       range->first <= range->last &&
	       mst_imsi_decode(range->first, digits) == mst_imsi_decode(range->last, digits);
}

bool
mst_policy_valid(const struct mst_policy *policy)
{
	if (policy->check_interval_s < 1 || policy->check_interval_s > YEAR ||
		policy->expiration_delta_s > WEEK || policy->window_s > WEEK ||
		policy->key_life_s < 60 || policy->key_life_s > 10 * YEAR ||
		policy->admission >= MST_ADMIT_COUNT || policy->rekey_leave >= MST_REKEY_COUNT ||
		policy->range_count > MST_POLICY_RANGES)
		return false;
	for (unsigned i = 0; i < policy->range_count; i++)
		if (!range_valid(&policy->range[i]))
			return false;
	return true;
}

void
mst_policy_apply(struct mst_policy *policy, const struct mst_policy_change *change)
{
	const struct mst_policy *to = &change->to;

	if (change->has & MST_POLICY_CHECK_INTERVAL)
		policy->check_interval_s = to->check_interval_s;
	if (change->has & MST_POLICY_EXPIRATION_DELTA)
		policy->expiration_delta_s = to->expiration_delta_s;
	if (change->has & MST_POLICY_ADMISSION)
		policy->admission = to->admission;
	if (change->has & MST_POLICY_MEMBER_LIMIT)
		policy->member_limit = to->member_limit;
	if (change->has & MST_POLICY_REKEY_LEAVE)
		policy->rekey_leave = to->rekey_leave;
	if (change->has & MST_POLICY_WINDOW)
		policy->window_s = to->window_s;
	if (change->has & MST_POLICY_REKEY_JOIN)
		policy->rekey_join = to->rekey_join;
	if (change->has & MST_POLICY_KEY_LIFE)
		policy->key_life_s = to->key_life_s;
	if (change->has & MST_POLICY_HISTORY)
		policy->history = to->history;
	if (change->has & MST_POLICY_TAGS)
		policy->tags = to->tags;
	if (change->has & MST_POLICY_RANGES_SET) {
		policy->range_count = to->range_count;
		memcpy(policy->range, to->range, sizeof(policy->range));
	}
}

bool
mst_policy_lists(const struct mst_policy *policy, uint64_t imsi, uint8_t tags)
{
	if ((policy->tags & tags) != 0)
		return true;
	for (unsigned i = 0; i < policy->range_count; i++)
		if (imsi >= policy->range[i].first && imsi <= policy->range[i].last)
			return true;
	return false;
}
