/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The map of Ub (docs/protocol.md sections 2 and 4): parsing with strict types and lengths, and the
 * builders of every message on either side. Payloads have Content-Format 60.
 *
 *	struct mst_ub ub;
 *	int err = mst_ub_parse(payload, size, &ub);
 *	switch (err != 0 ? err : mst_ub_request(&ub)) {
 *	case MST_UB_ANSWER: use(ub.cookie, ub.proof); ...
 *
 * Builders append to a struct mst_writer, whose sticky error tells that the room was too small
 * (MST_UB_SIZE_MAX is always enough but for pads). Parsed spans point into the caller's octets.
 *
 * Context of all functions: any thread, data path; no state, no allocation.
 */
#ifndef MST_GBA_UB_H
#define MST_GBA_UB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/wire.h"
#include "gba/keys.h"

#define MST_UB_SIZE_MAX  300
#define MST_BSF_URI_MAX  96
#define MST_REALM_MIN    20
#define MST_REALM_MAX    96
#define MST_UB_HINTS_MAX (1 + 3 + MST_BSF_URI_MAX + 3 + MST_REALM_MAX + 2 + MST_UA_ID)

/** Keys of the map. */
enum mst_ub_key {
	MST_UB_IMSI = 1,
	MST_UB_IMPI,
	MST_UB_RAND,
	MST_UB_AUTN,
	MST_UB_COOKIE,
	MST_UB_PROOF,
	MST_UB_AUTS,
	MST_UB_BTID,
	MST_UB_LIFETIME,
	MST_UB_CLIENT_ID,
	MST_UB_SERVER_ID,
	MST_UB_BSF,
	MST_UB_REALM,
	MST_UB_UA,
	MST_UB_PAD,
};

/** Bit of mst_ub.has for a key. */
#define MST_UB_HAS(key) (1u << MST_UB_##key)
/** The parameters that make an answer a message of its kind. */
#define MST_UB_HAS_IDENTITY  (MST_UB_HAS(IMSI) | MST_UB_HAS(IMPI)) /* either */
#define MST_UB_HAS_HINTS     (MST_UB_HAS(BSF) | MST_UB_HAS(REALM) | MST_UB_HAS(UA))
#define MST_UB_HAS_CHALLENGE (MST_UB_HAS(RAND) | MST_UB_HAS(AUTN))
#define MST_UB_HAS_RESULT                                                                          \
	(MST_UB_HAS(PROOF) | MST_UB_HAS(BTID) | MST_UB_HAS(LIFETIME) | MST_UB_HAS(CLIENT_ID) |     \
		MST_UB_HAS(SERVER_ID))

/** Text or octets in place. */
struct mst_ub_span {
	const uint8_t *data;
	uint8_t size;
};

/** A parsed map; a field is meaningful only when its key's bit is in `has`. */
struct mst_ub {
	uint32_t has;
	uint32_t lifetime; /* seconds */
	uint64_t imsi;     /* code, from IMSI or IMPI */
	uint8_t mnc_sizes; /* IMPI: MST_IMPI_MNC_2 and _3, the lengths of MNC it agrees with */
	uint8_t server_id;
	const uint8_t *rand;      /* 16 octets */
	const uint8_t *autn;      /* 16 */
	const uint8_t *proof;     /* 16 */
	const uint8_t *auts;      /* 14 */
	const uint8_t *client_id; /* 7 */
	const uint8_t *ua;        /* 5 */
	struct mst_ub_span cookie;
	struct mst_ub_span btid;
	struct mst_ub_span bsf;
	struct mst_ub_span realm;
};

/**
 * Parses a map; no octets at all are an empty map. Returns 0 or
 *	-MST_E_CBOR_MALFORMED, _ENCODING, _TYPE, _RANGE, _DEPTH  as cbor/cbor.h has them
 *	-MST_E_IDENTITY  IMSI or IMPI malformed, or both given and not the same
 * and then *ub is untouched. Unknown keys are passed over.
 */
int mst_ub_parse(const uint8_t *data, size_t size, struct mst_ub *ub);

/** The requests on /bsf. */
enum mst_ub_request {
	MST_UB_FIRST = 1, /* identity */
	MST_UB_ANSWER,    /* cookie and proof */
	MST_UB_RESYNC,    /* cookie and AUTS */
};

/**
 * Which request a map is. An AUTS makes it a resync, else a proof or cookie an answer, else it is a
 * first request. Returns enum mst_ub_request, or -MST_E_CBOR_MISSING when a parameter lacks, or
 * -MST_E_CBOR_RANGE for both proof and AUTS.
 */
int mst_ub_request(const struct mst_ub *ub);

/** Whether all keys in `mask` (MST_UB_HAS_...) are there. */
static inline bool
mst_ub_has(const struct mst_ub *ub, uint32_t mask)
{
	return (ub->has & mask) == mask;
}

/** The cookie of a challenge: the parameter, or RAND where there is none. The map has RAND. */
static inline struct mst_ub_span
mst_ub_cookie(const struct mst_ub *ub)
{
	if (mst_ub_has(ub, MST_UB_HAS(COOKIE)))
		return ub->cookie;
	return (struct mst_ub_span){ub->rand, 16};
}

/** The NAF FQDN in a realm. Returns 0, or -MST_E_CBOR_RANGE when it has another form. */
int mst_realm_naf(const struct mst_ub_span *realm, struct mst_ub_span *fqdn);

/** Which identity a request carries. */
enum mst_ub_identity {
	MST_UB_ID_NONE,
	MST_UB_ID_IMSI,
	MST_UB_ID_IMPI,
};

#define MST_UB_NO_PAD (-1)

/**
 * Negotiation or first request: identity of the IMSI's code, `pad` octets of pad (0 is an empty
 * one, MST_UB_NO_PAD none). mnc_size is read for an IMPI. Neither identity nor pad: nothing is
 * written.
 */
void mst_ub_write_request(struct mst_writer *w, enum mst_ub_identity identity, uint64_t imsi,
	unsigned mnc_size, int pad);

/** Hints encoded once: the pairs bsf, realm and ua, behind the head of a map of three. */
struct mst_ub_hints {
	uint16_t size;
	uint8_t map[MST_UB_HINTS_MAX];
};

/**
 * Encodes hints from the BSF's URI reference (1..MST_BSF_URI_MAX characters), the NAF's FQDN
 * (1..MST_FQDN_NAF_MAX) and ua. Returns 0 or -MST_E_ARGUMENT.
 */
int mst_ub_hints_init(struct mst_ub_hints *hints, const char *bsf, size_t bsf_size, const char *naf,
	size_t naf_size, const uint8_t ua[MST_UA_ID]);

static inline void
mst_ub_write_hints(struct mst_writer *w, const struct mst_ub_hints *hints)
{
	mst_write_bytes(w, hints->map, hints->size);
}

/**
 * Challenge, with hints the express one. `cookie` NULL: RAND is the cookie; otherwise
 * 1..MST_COOKIE_MAX octets. `hints` may be NULL.
 */
void mst_ub_write_challenge(struct mst_writer *w, const mst_b16 rand, const mst_b16 autn,
	const struct mst_ub_span *cookie, const struct mst_ub_hints *hints);

/** Octets that mst_ub_write_challenge() writes without a cookie. */
static inline size_t
mst_ub_challenge_size(const struct mst_ub_hints *hints)
{
	return 37 + (hints != NULL ? hints->size - 1u : 0);
}

/** Device: answer to a challenge. */
void mst_ub_write_answer(
	struct mst_writer *w, const struct mst_ub_span *cookie, const mst_b16 proof);
/** Device: AUTS (14 octets) to a challenge. */
void mst_ub_write_resync(
	struct mst_writer *w, const struct mst_ub_span *cookie, const uint8_t *auts);

/** Result of a bootstrapping run. */
struct mst_ub_result {
	const uint8_t *proof; /* 16 octets */
	const char *btid;
	size_t btid_size;         /* MST_BTID_SIZE_MIN..MST_BTID_SIZE_MAX */
	uint32_t lifetime;        /* seconds */
	const uint8_t *client_id; /* 7 octets */
	uint8_t server_id;
};

void mst_ub_write_result(struct mst_writer *w, const struct mst_ub_result *result);

#endif
