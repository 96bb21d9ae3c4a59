/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of Ua inside OSCORE (docs/protocol.md sections 5.5 and 6): whole plaintexts, that is
 * code, inner options and payload, built and parsed on both sides. The group's payloads follow
 * RFC 9594, errors RFC 9290.
 *
 * Gateway:
 *	err = mst_ua_parse_request(plain, size, &request);
 *	n = mst_ua_build_joined(out, sizeof(out), true, gid, imsi, &key);
 * Device:
 *	n = mst_ua_build_join(out, sizeof(out), gid, imei, MST_UA_STORE_ME);
 *	err = mst_ua_parse_response(plain, size, MST_RES_GROUP, &response);
 *
 * Builders return the size of the plaintext, or -MST_E_NO_SPACE; MST_UA_SIZE_MAX is always enough.
 * Context of all functions: any thread, data path; no state, no allocation.
 */
#ifndef MST_GBA_UA_H
#define MST_GBA_UA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"
#include "gba/classify.h"
#include "gba/keys.h"

#define MST_UA_SIZE_MAX 192
#define MST_KG_SIZE     16
/** ace_groupcomm_profile and gkty of "MTC group over GBA": private use (RFC 9594 section 11). */
#define MST_UA_PROFILE (-65537)
/** RFC 9594 section 9: "operation permitted only to group members". */
#define MST_UA_ERROR_MEMBERS 0

/** Where the device keeps G-ID and Kg. */
enum mst_ua_store {
	MST_UA_STORE_ME = 0,
	MST_UA_STORE_UICC = 1,
};

/**
 * An IMEI or IMEISV of 14 to 16 digits as BCD: the first digit in the highest four bits, filler f
 * behind the last. Returns 0 or -MST_E_GROUP_REQUEST.
 */
int mst_imei_encode(const char *digits, size_t size, uint64_t *imei);
/** Writes the digits of a BCD IMEI, no terminator. Returns their number, up to 16. */
size_t mst_imei_decode(uint64_t imei, char digits[16]);

/** The payload of a creation or a join. */
struct mst_ua_join {
	uint64_t imei;      /* BCD */
	uint64_t scope_gid; /* when has_scope */
	enum mst_ua_store store;
	bool has_scope;
};

/**
 * Parses a join-request. Returns 0 or -MST_E_CBOR_MALFORMED, _ENCODING, _TYPE, _RANGE, _DEPTH,
 * _MISSING, or -MST_E_GROUP_REQUEST (IMEI or scope malformed); then *join is untouched. A scope is
 * [G-ID] or [G-ID, role]; the role is text or an integer and is not looked at.
 */
int mst_ua_parse_join(const uint8_t *data, size_t size, struct mst_ua_join *join);

/** A request as the gateway sees it. */
struct mst_ua_request {
	uint8_t code;
	struct mst_target target;
	struct mst_ua_join join; /* of POST */
};

/**
 * Parses the plaintext of a request. A scope names the group of the path, and is not given with
 * POST /manage, else -MST_E_GROUP_REQUEST. Returns 0, -MST_E_OSCORE_INNER (no or another code than
 * a request's, malformed options), the errors of mst_coap_parse_options(), mst_classify_inner() and
 * mst_ua_parse_join(); then *request is untouched.
 */
int mst_ua_parse_request(const uint8_t *plain, size_t size, struct mst_ua_request *request);

/** Builders of requests, device. */
int mst_ua_build_create(void *out, size_t capacity, uint64_t imei, enum mst_ua_store store);
int mst_ua_build_join(
	void *out, size_t capacity, uint64_t gid, uint64_t imei, enum mst_ua_store store);
int mst_ua_build_read(void *out, size_t capacity, uint64_t gid);
int mst_ua_build_read_num(void *out, size_t capacity, uint64_t gid);
int mst_ua_build_read_session(void *out, size_t capacity);

/** What a member gets. */
struct mst_ua_key {
	uint8_t kg[MST_KG_SIZE]; /* secret */
	uint32_t num;            /* number of the key, from 1 */
	uint32_t exp;            /* seconds since 1970 UTC */
	uint32_t exi;            /* seconds from now */
	uint32_t check_interval; /* seconds */
};

/**
 * 2.01 to a creation or join that entered the device, 2.04 where it was a member before:
 * Location-Path ace-group/G-ID/nodes/IMSI, join-response.
 */
int mst_ua_build_joined(void *out, size_t capacity, bool entered, uint64_t gid, uint64_t imsi,
	const struct mst_ua_key *key);
/** 2.05 join-response to GET on a group. */
int mst_ua_build_key(void *out, size_t capacity, const struct mst_ua_key *key);
/** 2.05 to GET on a group's number. */
int mst_ua_build_num(void *out, size_t capacity, uint32_t num);
/** 2.05 to GET /session; btid_size is MST_BTID_SIZE_MIN..MST_BTID_SIZE_MAX, lifetime seconds. */
int mst_ua_build_session(
	void *out, size_t capacity, const char *btid, size_t btid_size, uint32_t lifetime);
/**
 * The answer to an error of enum mst_err that has a CoAP code (mst_err_coap() != 0), either sign.
 * NOT_MEMBER carries its RFC 9594 id; 5.03 carries Max-Age max_age_s.
 */
int mst_ua_build_error(void *out, size_t capacity, int err, uint32_t max_age_s);

/** A response as the device sees it. */
struct mst_ua_response {
	uint8_t code;
	bool has_location; /* 2.01, 2.04 */
	int error_id;      /* of RFC 9594 in an error, or -1 */
	uint64_t gid;      /* of Location-Path */
	uint64_t node;     /* of Location-Path: IMSI code */
	uint32_t max_age;  /* seconds; 60 when absent (RFC 7252 section 5.10.5) */
	union {
		struct mst_ua_key key; /* MANAGE, GROUP: 2.01, 2.04, 2.05 */
		uint32_t num;          /* GROUP_NUM: 2.05 */
		struct {
			struct mst_coap_span btid; /* in place */
			uint32_t lifetime;
		} session; /* SESSION: 2.05 */
	};
};

/**
 * Parses the plaintext of a response to a request on `res`. Codes of class 4 and 5 are a parsed
 * response, too. Returns 0, -MST_E_OSCORE_INNER (no response, malformed options, another success
 * code than the request has, 2.01 or 2.04 without or with a malformed Location-Path),
 * -MST_E_COAP_FORMAT, or the errors of the payload as in mst_ua_parse_join(); then *response is
 * untouched.
 */
int mst_ua_parse_response(
	const uint8_t *plain, size_t size, enum mst_res res, struct mst_ua_response *response);

/** Payloads alone, for other carriers of them. */
void mst_ua_write_key(struct mst_writer *w, const struct mst_ua_key *key);
int mst_ua_parse_key(const uint8_t *data, size_t size, struct mst_ua_key *key);
void mst_ua_write_problem(struct mst_writer *w, unsigned error_id);
/** *error_id is -1 when the problem details carry no ace-groupcomm-error. */
int mst_ua_parse_problem(const uint8_t *data, size_t size, int *error_id);

#endif
