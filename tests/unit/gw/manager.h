/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Group management as a device does it, one call a request: protects, sends, opens and parses. Each
 * returns the inner code, the outer one of an unprotected answer, MST_COAP_EMPTY for a join that
 * waits, DEVICE_SILENCE for no answer; `r` is the parsed answer.
 */
#ifndef TEST_MANAGER_H
#define TEST_MANAGER_H

#include "device.h"

/** Any request; `res` says how to read its answer. */
uint8_t manage(
	struct device *d, const void *plain, int size, enum mst_res res, struct mst_ua_response *r);
/** The last request once more, the same octets. */
uint8_t manage_again(struct device *d, struct mst_ua_response *r);

uint8_t manage_create(
	struct device *d, const struct mst_policy_change *change, struct mst_ua_response *r);
uint8_t manage_join(struct device *d, uint64_t gid, struct mst_ua_response *r);
uint8_t manage_get(struct device *d, enum mst_res res, uint64_t gid, struct mst_ua_response *r);
uint8_t manage_observe(
	struct device *d, enum mst_res res, uint64_t gid, bool cancel, struct mst_ua_response *r);
uint8_t manage_leave(struct device *d, uint64_t gid, struct mst_ua_response *r);
uint8_t manage_evict(
	struct device *d, uint64_t gid, const struct device *who, struct mst_ua_response *r);
/** Admits or refuses `who`, or with NULL all that wait. */
uint8_t manage_decide(struct device *d, uint64_t gid, const struct device *who, bool admit,
	struct mst_ua_response *r);
uint8_t manage_rekey(struct device *d, uint64_t gid, uint32_t num, struct mst_ua_response *r);
uint8_t manage_policies(struct device *d, uint64_t gid, const struct mst_policy_change *change,
	struct mst_ua_response *r);
/** Any of the three may be NULL. */
uint8_t manage_owners(struct device *d, uint64_t gid, const struct device *principal,
	const struct device *add, const struct device *remove, struct mst_ua_response *r);
uint8_t manage_dissolve(struct device *d, uint64_t gid, struct mst_ua_response *r);

/** The next separate response or notification, acknowledged. */
uint8_t manage_late(struct device *d, enum mst_res res, struct mst_ua_response *r);

/** A change of one policy. */
struct mst_policy_change policy_admission(enum mst_admission admission);

/** A bench of `workers` with devices 0.. bootstrapped. */
void managers_open(struct bench *b, unsigned workers, struct device *d, unsigned count);
/** The same with options of the caller's. */
void managers_open_with(
	struct bench *b, const struct gw_options *options, struct device *d, unsigned count);

#endif
