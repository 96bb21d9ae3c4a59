/* SPDX-License-Identifier: BSD-3-Clause */
/* A record of each type, filled from a counter. */
#ifndef TEST_RECORD_SAMPLES_H
#define TEST_RECORD_SAMPLES_H

#include <string.h>

#include "aka/imsi.h"
#include "record/record.h"

#define SITE "home"

static inline void
fill(uint8_t *at, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)((seed * 0x9e3779b97f4a7c15u) >> (i % 8 * 8)) ^ (uint8_t)(i * 29);
}

static inline struct mst_record
sample(enum mst_record_type type, uint64_t n)
{
	struct mst_record r;
	uint64_t imsi = n * 7919 % MST_IMSI_CODE_END;

	memset(&r, 0, sizeof(r));
	r.type = (uint8_t)type;
	switch (type) {
	case MST_RECORD_SITE:
		fill(r.site.gid_key, 16, n);
		break;
	case MST_RECORD_COOKIE:
		r.cookie.made = (uint32_t)(n * 77777);
		r.cookie.has_previous = n & 1;
		fill(r.cookie.current, 32, n);
		break;
	case MST_RECORD_SUBSCRIBER:
		r.subscriber.imsi = imsi;
		r.subscriber.dif = n * 0x123456789u & ((UINT64_C(1) << 43) - 1);
		r.subscriber.barred = n & 1;
		break;
	case MST_RECORD_GROUP:
		r.group.gid = n * 0xfedcba987654321u;
		r.group.creator = imsi;
		r.group.num = (uint32_t)n;
		r.group.created = (uint32_t)(n * 1000003);
		r.group.expires = UINT32_MAX;
		r.group.owners = (uint8_t)(n % 5);
		r.group.owner[1] = imsi;
		r.group.policy.key_life_s = (uint32_t)n;
		r.group.policy.history = n & 1;
		r.group.policy.range_count = 1;
		r.group.policy.range[0] = (struct mst_imsi_range){imsi, imsi + 5};
		fill(r.group.origin, 48, n);
		break;
	case MST_RECORD_SESSION:
		r.session.imsi = imsi;
		r.session.expires = (uint32_t)(n * 1000003);
		fill(r.session.rand, 48, n);
		break;
	default:
		r.member.gid = n * 0xfedcba987654321u;
		r.member.imsi = imsi;
		r.member.imei = 0x350000000000017f;
		r.member.since = (uint32_t)n;
		r.member.standing = (uint8_t)(n % 3);
		break;
	}
	return r;
}

#endif
