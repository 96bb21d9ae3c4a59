/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protecting and verifying OSCORE messages (RFC 8613 sections 5 and 8) over lanes. A server, in
 * order of use:
 *
 *	mst_oscore_option_parse_request() of each lane, session by kid, mst_oscore_derive_burst(),
 *	mst_oscore_window_check()
 *	live = mst_oscore_open_request_burst(c, live, &x, msg, &plain, status);
 *	mst_oscore_window_accept() of each lane
 *	live = mst_oscore_parse_inner_burst(live, msg, &plain, inner, status);
 *	execute; answers by mst_coap_build_inner() in plain, outer headers in build[]
 *	live = mst_oscore_seal_response_burst(c, live, &x, own_piv, &plain, build);
 *	mst_coap_build_fini() of each lane
 *
 * and a client: build, mst_oscore_seal_request_burst(), send; receive,
 * mst_oscore_option_parse_response(), mst_oscore_open_response_burst(),
 * mst_oscore_parse_inner_burst().
 *
 * The AAD is [1, [10], request_kid, request_piv, h''] in a COSE Encrypt0 structure (section 5.4);
 * no option is of Class I.
 *
 * Shapes: columns of MST_LANES rows; rows of dead lanes are neither read nor written. A lane that
 * dies gets its reason, a positive enum mst_err, in status[]; the status of other lanes stays.
 * Aliases: plain.data[i] may be the payload of outer[i] (decryption in place) but may not overlap
 * it otherwise, nor the buffer a message is built in, nor the row of another lane.
 * Limits: MST_OSCORE_PLAIN_MAX octets of plaintext.
 * Secrets: copies of keys are wiped on return; plaintexts and keys are the caller's.
 * Context of all functions: owner thread of the engine, data path; never allocate or block.
 */
#ifndef MST_OSCORE_MESSAGE_H
#define MST_OSCORE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/lanes.h"
#include "coap/coap.h"
#include "crypto/crypto.h"
#include "oscore/context.h"
#include "oscore/option.h"

#define MST_OSCORE_PLAIN_MAX 1024
#define MST_OSCORE_TAG       MST_CCM_TAG
#define MST_OSCORE_NO_PIV    UINT64_MAX

/** Octets by which a message outgrows its plaintext: option head, option, marker, tag. */
#define MST_OSCORE_OVERHEAD_MAX (2 + MST_OSCORE_OPTION_MAX + 1 + MST_OSCORE_TAG)

/** What both ends know of the exchanges in a burst. All columns are the caller's. */
struct mst_oscore_exchange {
	const struct mst_oscore_profile *profile;
	const struct mst_oscore_keys *keys;
	const mst_oscore_id *client_id; /* may be NULL if their size is 0 */
	const uint64_t *request_piv;    /* < MST_OSCORE_PIV_LIMIT */
};

/** Plaintexts: code, Class E options, payload. */
struct mst_oscore_plain {
	uint8_t *data[MST_LANES];
	uint16_t size[MST_LANES];
	uint16_t capacity; /* octets at each data[i], for the open functions */
};

/**
 * Verifies and decrypts the payloads of requests to plain->data[i], plain->size[i].
 * Returns the lanes that authenticate. The others get
 *	MST_E_OSCORE_TAG      wrong tag, or a payload that cannot hold one
 *	MST_E_COAP_TOO_LARGE  plaintext above plain->capacity or MST_OSCORE_PLAIN_MAX
 * and their size[] is untouched; after a wrong tag their data[] is zeroed as far as the plaintext
 * would have reached. Replay is the caller's matter (window.h).
 */
mst_lanes mst_oscore_open_request_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, const struct mst_coap_msg *outer,
	struct mst_oscore_plain *plain, uint16_t *status);

/**
 * The same for responses. option[i] is the parsed option of response i; without a Partial IV the
 * response is under the nonce of its request. Notifications must be ordered by the caller.
 */
mst_lanes mst_oscore_open_response_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, const struct mst_oscore_option *option,
	const struct mst_coap_msg *outer, struct mst_oscore_plain *plain, uint16_t *status);

/**
 * Parses plaintexts into the messages they protect (sections 8.2 and 8.4): type, mid and token are
 * the outer message's, code, options and payload the plaintext's; of the outer options only
 * Uri-Host, Uri-Port and "has a Proxy option" are taken over, where the plaintext has none.
 * inner may be outer. Returns the lanes that are well-formed. The others get
 *	MST_E_OSCORE_INNER   empty, options malformed, an OSCORE option inside,
 *	                     a response's code in a request or the reverse
 *	MST_E_COAP_CRITICAL  as mst_coap_parse_options() has it
 *	MST_E_COAP_PATH      the same
 * and their inner[] is untouched. These lanes did authenticate.
 */
mst_lanes mst_oscore_parse_inner_burst(mst_lanes live, const struct mst_coap_msg *outer,
	const struct mst_oscore_plain *plain, struct mst_coap_msg *inner, uint16_t *status);

/**
 * Protects requests. build[i] holds a started outer message (POST, or FETCH with Observe) with
 * options below OSCORE only; the OSCORE option with Partial IV and kid, and the payload, are
 * appended. Lanes of with_context carry the ID Context from id_context[] as kid context; the column
 * may be NULL if there are none. plain->size[i] is 1..MST_OSCORE_PLAIN_MAX. Each (key, request_piv)
 * may be used once only, but for repetitions of the same octets. Returns the lanes whose message
 * had room; build[i] of the others has failed.
 */
mst_lanes mst_oscore_seal_request_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, mst_lanes with_context,
	const mst_b16 *id_context, const struct mst_oscore_plain *plain,
	struct mst_coap_build *build);

/**
 * Protects responses. build[i] holds a started outer message (2.04, or 2.05 with Observe) as above.
 * own_piv[i] is the server's Partial IV, used once for each server key; MST_OSCORE_NO_PIV, or NULL
 * for all lanes, puts the response under the nonce of its request, which must happen once at most
 * and never to a request that may be answered twice.
 * Returns the lanes whose message had room; build[i] of the others has failed.
 */
mst_lanes mst_oscore_seal_response_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, const uint64_t *own_piv,
	const struct mst_oscore_plain *plain, struct mst_coap_build *build);

#endif
