/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which resource a request means (docs/protocol.md section 1), and whether method and options suit
 * it. The checks are made in the order of their errors below.
 *
 *	struct mst_target t;
 *	int err = mst_classify_open(m.code, &m.opt, &t);
 *	if (err == 0 && mst_target_negotiates(&t)) ...
 *
 * Context: any thread, data path; no state.
 */
#ifndef MST_GBA_CLASSIFY_H
#define MST_GBA_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "coap/coap.h"

enum mst_res {
	MST_RES_OTHER, /* no resource of ours; comes with COAP_PATH */
	MST_RES_WELL_KNOWN,
	MST_RES_BSF,
	MST_RES_MANAGE,
	MST_RES_GROUP,
	MST_RES_GROUP_NUM,
	MST_RES_GROUP_POLICIES,
	MST_RES_GROUP_PENDING,
	MST_RES_GROUP_NODE,
	MST_RES_GROUP_REKEY,
	MST_RES_GROUP_OWNERS,
	MST_RES_SESSION,
};

/** Answer to GET /.well-known/core (RFC 6690), Content-Format 40. */
#define MST_WELL_KNOWN_CORE "</bsf>,</manage>;osc,</ace-group>;osc,</session>;osc"

struct mst_target {
	enum mst_res res;
	uint64_t gid;  /* of GROUP and what is below it, else 0 */
	uint64_t node; /* IMSI code of GROUP_NODE, else 0 */
};

/**
 * The resource of a path. Returns 0, or -MST_E_COAP_PATH: no such resource, or a G-ID that is not
 * 16 characters of 0-9a-f; then *target is OTHER.
 */
int mst_classify_path(const struct mst_coap_options *opt, struct mst_target *target);

/**
 * A request outside OSCORE. Any method on a protected resource is negotiation. Returns 0 or
 *	-MST_E_COAP_CRITICAL  Block1, Block2, Proxy-Uri, Proxy-Scheme or OSCORE, which nothing
 *	                      here takes
 *	-MST_E_COAP_PATH      as above, or a query (but for /.well-known/core, which ignores
 *	                      it: RFC 6690 section 4.1)
 *	-MST_E_COAP_METHOD    not POST on /bsf, not GET on /.well-known/core
 *	-MST_E_COAP_ACCEPT    Accept other than 60 on /bsf, 40 on /.well-known/core (negotiation is
 *	                      answered by an error, which Accept does not govern)
 *	-MST_E_COAP_FORMAT    a payload on /bsf or in negotiation that is not Content-Format 60, or
 *	                      none on /bsf
 * *target is set in any case: OTHER unless the path is known.
 */
int mst_classify_open(uint8_t code, const struct mst_coap_options *opt, struct mst_target *target);

/**
 * A request inside OSCORE, with the methods of docs/protocol.md section 1. Returns 0 or the same
 * errors: /bsf and /.well-known/core are COAP_PATH, POST and PUT need Content-Format 261, Accept is
 * 261, on /session 60.
 */
int mst_classify_inner(uint8_t code, const struct mst_coap_options *opt, struct mst_target *target);

/** Whether an unprotected request to this target is answered by hints. */
static inline bool
mst_target_negotiates(const struct mst_target *target)
{
	return target->res >= MST_RES_MANAGE;
}

/** Characters of a G-ID. */
#define MST_GID_TEXT 16

/** Reads 16 characters of 0-9a-f. Returns 0 or -MST_E_COAP_PATH. */
int mst_gid_parse(const uint8_t *text, size_t size, uint64_t *gid);
/** Writes 16 characters, no terminator. */
void mst_gid_build(uint64_t gid, char text[MST_GID_TEXT]);

#endif
