/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Value of the OSCORE option (RFC 8613 section 6.1): flags, Partial IV, kid context, kid.
 *
 *	struct mst_oscore_option o;
 *	int err = mst_oscore_option_parse_request(
 *		msg.opt.oscore.data, msg.opt.oscore.size, &o);
 *	if (!err && o.kid_size == 7 && ...)
 *
 * Partial IVs are numbers here: leading zeros (section 5 forbids them) are refused, so a number has
 * one encoding. kid and kid context of a parsed option point into the caller's octets.
 *
 * Limits: kid 7 octets (nonce length - 6), kid context 32.
 * Context of all functions: any thread, data path; never allocate or block.
 */
#ifndef MST_OSCORE_OPTION_H
#define MST_OSCORE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MST_OSCORE_ID_MAX          7 /* octets of a Sender or Recipient ID */
#define MST_OSCORE_PIV_MAX         5 /* octets of a Partial IV */
#define MST_OSCORE_KID_CONTEXT_MAX 32
#define MST_OSCORE_OPTION_MAX                                                                      \
	(1 + MST_OSCORE_PIV_MAX + 1 + MST_OSCORE_KID_CONTEXT_MAX + MST_OSCORE_ID_MAX)
#define MST_OSCORE_PIV_LIMIT ((uint64_t)1 << 40) /* Partial IVs are below */

struct mst_oscore_option {
	const uint8_t *kid;         /* meaningful if has_kid */
	const uint8_t *kid_context; /* meaningful if has_kid_context */
	uint64_t piv;               /* 0 unless has_piv */
	uint8_t kid_size;           /* 0 unless has_kid */
	uint8_t kid_context_size;   /* 0 unless has_kid_context */
	bool has_piv;
	bool has_kid;
	bool has_kid_context;
};

/**
 * Parses the option of a request, which carries Partial IV and kid. Returns 0, or
 *	-MST_E_OSCORE_OPTION  malformed: reserved flags, a length past the end, octets left
 *	                      over, a Partial IV with leading zeros; no Partial IV, no kid
 *	-MST_E_OSCORE_KID     kid or kid context is longer than any in use here
 * and then *option is untouched.
 */
int mst_oscore_option_parse_request(
	const uint8_t *value, size_t size, struct mst_oscore_option *option);

/**
 * Parses the option of a response, which may be empty. Returns 0, or an error as above, where a
 * kid context is malformed and any other part may be absent.
 */
int mst_oscore_option_parse_response(
	const uint8_t *value, size_t size, struct mst_oscore_option *option);

/**
 * Encodes an option and returns its size. piv < MST_OSCORE_PIV_LIMIT; sizes within their limits.
 */
size_t mst_oscore_option_encode(
	const struct mst_oscore_option *option, uint8_t out[MST_OSCORE_OPTION_MAX]);

/** Octets of a Partial IV in its shortest form: 1 to 5 for piv < MST_OSCORE_PIV_LIMIT. */
static inline unsigned
mst_oscore_piv_size(uint64_t piv)
{
	return (71U - (unsigned)__builtin_clzll(piv | 1)) / 8;
}

#endif
