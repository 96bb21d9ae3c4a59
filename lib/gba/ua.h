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
#include "gba/policy.h"

#define MST_UA_SIZE_MAX 512
#define MST_KG_SIZE     16
/** ace_groupcomm_profile and gkty of "MTC group over GBA": private use (RFC 9594 section 11). */
#define MST_UA_PROFILE (-65537)
/** Error ids of RFC 9594 section 9 that are in use; -1: none. */
enum mst_ua_error {
	MST_UA_ERROR_MEMBERS = 0,    /* operation permitted only to group members */
	MST_UA_ERROR_ROLES = 1,      /* request inconsistent with the current roles */
	MST_UA_ERROR_TERMINATED = 5, /* group membership terminated */
	MST_UA_ERROR_DELETED = 6,    /* group deleted */
};
/** Candidates in one answer; IMSIs in one decision; co-owners of a group. */
#define MST_UA_CANDIDATES 8
#define MST_UA_DECISIONS  16
#define MST_UA_CO_OWNERS  3

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
	struct mst_policy_change change; /* of a creation */
};

/**
 * Parses a join-request. Returns 0 or -MST_E_CBOR_MALFORMED, _ENCODING, _TYPE, _RANGE, _DEPTH,
 * _MISSING, or -MST_E_GROUP_REQUEST (IMEI or scope malformed); then *join is untouched. A scope is
 * [G-ID] or [G-ID, role]; the role is text or an integer and is not looked at.
 */
int mst_ua_parse_join(const uint8_t *data, size_t size, struct mst_ua_join *join);

/** Who is admitted and who refused (POST pending). */
struct mst_ua_decision {
	uint64_t imsi[MST_UA_DECISIONS]; /* codes, all different */
	uint8_t count;
	uint16_t admit; /* bit i: imsi[i] is admitted, else refused */
	enum { MST_UA_REST_WAITS, MST_UA_REST_ADMITTED, MST_UA_REST_REFUSED } rest;
};

/** Change of owners (POST owners): IMSI codes. */
struct mst_ua_owners_change {
	uint64_t principal; /* 0: stays */
	uint8_t add_count, remove_count;
	uint64_t add[MST_UA_CO_OWNERS], remove[MST_UA_CO_OWNERS];
};

/** Observe of a request (RFC 7641 section 2). */
enum mst_ua_observe {
	MST_UA_OBSERVE_NONE,
	MST_UA_OBSERVE_REGISTER,
	MST_UA_OBSERVE_CANCEL,
};

/** A request as the gateway sees it. */
struct mst_ua_request {
	uint8_t code;
	enum mst_ua_observe observe; /* of GET on GROUP, GROUP_NUM and GROUP_PENDING, else NONE */
	struct mst_target target;
	union {
		struct mst_ua_join join;            /* POST on MANAGE and GROUP */
		struct mst_policy_change change;    /* PUT on GROUP_POLICIES */
		struct mst_ua_decision decision;    /* POST on GROUP_PENDING */
		struct mst_ua_owners_change owners; /* POST on GROUP_OWNERS */
		uint32_t num;                       /* POST on GROUP_REKEY */
	};
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
/** GET with Observe (register or cancel) on GROUP, GROUP_NUM or GROUP_PENDING. */
int mst_ua_build_observe(
	void *out, size_t capacity, enum mst_res res, uint64_t gid, enum mst_ua_observe observe);
/** GET on GROUP_POLICIES, GROUP_PENDING or GROUP_OWNERS; DELETE on GROUP. */
int mst_ua_build_get(void *out, size_t capacity, enum mst_res res, uint64_t gid);
int mst_ua_build_dissolve(void *out, size_t capacity, uint64_t gid);
/** GET or DELETE on a node. */
int mst_ua_build_node(void *out, size_t capacity, uint8_t code, uint64_t gid, uint64_t imsi);
/** POST /manage with policies of the device's choice. */
int mst_ua_build_create_with(void *out, size_t capacity, uint64_t imei, enum mst_ua_store store,
	const struct mst_policy_change *change);
int mst_ua_build_put_policies(
	void *out, size_t capacity, uint64_t gid, const struct mst_policy_change *change);
int mst_ua_build_decide(
	void *out, size_t capacity, uint64_t gid, const struct mst_ua_decision *decision);
int mst_ua_build_change_owners(
	void *out, size_t capacity, uint64_t gid, const struct mst_ua_owners_change *change);
int mst_ua_build_rekey(void *out, size_t capacity, uint64_t gid, uint32_t num);

/** What a member gets. */
struct mst_ua_key {
	uint8_t kg[MST_KG_SIZE];   /* secret */
	uint32_t num;              /* number of the key, from 1 */
	uint32_t exp;              /* seconds since 1970 UTC */
	uint32_t exi;              /* seconds from now */
	uint32_t check_interval;   /* seconds */
	uint32_t expiration_delta; /* seconds; 0 is left out */
	bool has_earlier;
	uint8_t earlier_kg[MST_KG_SIZE]; /* secret */
	uint32_t earlier_num;
	uint32_t earlier_left; /* seconds for which it is still accepted */
};

/**
 * 2.01 to a creation or join that entered the device, 2.04 where it was a member before:
 * Location-Path ace-group/G-ID/nodes/IMSI, join-response.
 */
int mst_ua_build_joined(void *out, size_t capacity, bool entered, uint64_t gid, uint64_t imsi,
	const struct mst_ua_key *key);
/** 2.05 join-response to GET on a group or node; `observe`: with an (empty) Observe option. */
int mst_ua_build_key(void *out, size_t capacity, const struct mst_ua_key *key, bool observe);
/** 2.05 to GET on a group's number. */
int mst_ua_build_num(void *out, size_t capacity, uint32_t num, bool observe);
/** 2.04 to POST rekey. */
int mst_ua_build_rekeyed(void *out, size_t capacity, uint32_t num);
/** An answer without payload: 2.02 or 2.04. */
int mst_ua_build_done(void *out, size_t capacity, uint8_t code);
/** 2.05 to GET policies. */
int mst_ua_build_policies(void *out, size_t capacity, const struct mst_policy *policy);

struct mst_ua_candidate {
	uint64_t imsi;  /* code */
	uint64_t imei;  /* BCD */
	uint32_t since; /* seconds since 1970 UTC */
};

/** 2.05 to GET pending: `waiting` in all, of which `count` <= MST_UA_CANDIDATES are given. */
int mst_ua_build_candidates(void *out, size_t capacity, uint32_t waiting,
	const struct mst_ua_candidate *candidates, unsigned count, bool observe);
/** 2.04 to POST pending. */
int mst_ua_build_decided(
	void *out, size_t capacity, uint32_t admitted, uint32_t refused, uint32_t unknown);
/** 2.05 to GET owners: IMSI codes. */
int mst_ua_build_owners(
	void *out, size_t capacity, uint64_t principal, const uint64_t *co_owners, unsigned count);
/** 2.05 to GET /session; btid_size is MST_BTID_SIZE_MIN..MST_BTID_SIZE_MAX, lifetime seconds. */
int mst_ua_build_session(
	void *out, size_t capacity, const char *btid, size_t btid_size, uint32_t lifetime);
/**
 * The answer to an error of enum mst_err that has a CoAP code (mst_err_coap() != 0), either sign.
 * NOT_MEMBER, NOT_OWNER, EVICTED and GROUP_DISSOLVED carry their RFC 9594 id; 5.03 carries Max-Age
 * max_age_s.
 */
int mst_ua_build_error(void *out, size_t capacity, int err, uint32_t max_age_s);

/** A response as the device sees it. */
struct mst_ua_response {
	uint8_t code;
	bool observed; /* with Observe: a notification, or the answer that began the observation */
	bool has_location; /* 2.01, 2.04 */
	int error_id;      /* of RFC 9594 in an error, or -1 */
	uint64_t gid;      /* of Location-Path */
	uint64_t node;     /* of Location-Path: IMSI code */
	uint32_t max_age;  /* seconds; 60 when absent (RFC 7252 section 5.10.5) */
	union {
		struct mst_ua_key key;    /* MANAGE, GROUP, GROUP_NODE: 2.01, 2.04, 2.05 */
		uint32_t num;             /* GROUP_NUM: 2.05, GROUP_REKEY: 2.04 */
		struct mst_policy policy; /* GROUP_POLICIES: 2.05 */
		struct {
			uint32_t waiting;
			uint8_t count;
			struct mst_ua_candidate row[MST_UA_CANDIDATES];
		} candidates; /* GROUP_PENDING: 2.05 */
		struct {
			uint32_t admitted, refused, unknown;
		} decided; /* GROUP_PENDING: 2.04 */
		struct {
			uint64_t principal;
			uint8_t count;
			uint64_t co_owner[MST_UA_CO_OWNERS];
		} owners; /* GROUP_OWNERS: 2.05 */
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
