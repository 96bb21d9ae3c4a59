/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CoAP messages (RFC 7252) as octets: parsing in one pass, building into a caller's buffer. The
 * options of OSCORE's inner plaintext (RFC 8613 section 5.3) are parsed and built by the same code.
 *
 *	struct mst_coap_msg m;
 *	int err = mst_coap_parse(data, size, &m);
 *	if (mst_coap_path_is(&m.opt, 0, "bsf")) ...
 *
 *	struct mst_coap_build b;
 *	mst_coap_build_init(&b, buffer, capacity, MST_COAP_ACK, MST_COAP_CONTENT, m.mid, m.token,
 *		m.token_size);
 *	mst_coap_put_uint(&b, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
 *	mst_cbor_write_map(mst_coap_put_payload(&b), 2); ...
 *	int size = mst_coap_build_fini(&b);
 *
 * Limits: one message in one datagram of at most 65535 octets; no blockwise transfer.
 * Context of all functions: any thread, data path; never allocate or block. Parsed spans point into
 * the caller's octets.
 */
#ifndef MST_COAP_COAP_H
#define MST_COAP_COAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/wire.h"

#define MST_COAP_PORT      5683
#define MST_COAP_HEADER    4 /* octets before the token */
#define MST_COAP_TOKEN_MAX 8
#define MST_COAP_PATH_MAX  6 /* segments of the longest path any resource has */

/* Transmission parameters and times derived from them (RFC 7252 section 4.8). */
#define MST_COAP_ACK_TIMEOUT_MS       2000
#define MST_COAP_ACK_RANDOM_PERCENT   150
#define MST_COAP_MAX_RETRANSMIT       4
#define MST_COAP_NSTART               1
#define MST_COAP_DEFAULT_LEISURE_MS   5000
#define MST_COAP_PROBING_RATE         1 /* octets a second */
#define MST_COAP_MAX_TRANSMIT_SPAN_MS 45000
#define MST_COAP_MAX_TRANSMIT_WAIT_MS 93000
#define MST_COAP_MAX_LATENCY_MS       100000
#define MST_COAP_PROCESSING_DELAY_MS  2000
#define MST_COAP_MAX_RTT_MS           202000
#define MST_COAP_EXCHANGE_LIFETIME_MS 247000
#define MST_COAP_NON_LIFETIME_MS      145000

enum mst_coap_type {
	MST_COAP_CON,
	MST_COAP_NON,
	MST_COAP_ACK,
	MST_COAP_RST,
};

/** Codes (RFC 7252 section 12.1, RFC 8132); other codes by MST_COAP_CODE(class, detail). */
enum mst_coap_code {
	MST_COAP_EMPTY = 0,
	MST_COAP_GET = MST_COAP_CODE(0, 1),
	MST_COAP_POST = MST_COAP_CODE(0, 2),
	MST_COAP_PUT = MST_COAP_CODE(0, 3),
	MST_COAP_DELETE = MST_COAP_CODE(0, 4),
	MST_COAP_FETCH = MST_COAP_CODE(0, 5),
	MST_COAP_PATCH = MST_COAP_CODE(0, 6),
	MST_COAP_IPATCH = MST_COAP_CODE(0, 7),
	MST_COAP_CREATED = MST_COAP_CODE(2, 1),
	MST_COAP_DELETED = MST_COAP_CODE(2, 2),
	MST_COAP_VALID = MST_COAP_CODE(2, 3),
	MST_COAP_CHANGED = MST_COAP_CODE(2, 4),
	MST_COAP_CONTENT = MST_COAP_CODE(2, 5),
	MST_COAP_BAD_REQUEST = MST_COAP_CODE(4, 0),
	MST_COAP_UNAUTHORIZED = MST_COAP_CODE(4, 1),
	MST_COAP_BAD_OPTION = MST_COAP_CODE(4, 2),
	MST_COAP_FORBIDDEN = MST_COAP_CODE(4, 3),
	MST_COAP_NOT_FOUND = MST_COAP_CODE(4, 4),
	MST_COAP_METHOD_NOT_ALLOWED = MST_COAP_CODE(4, 5),
	MST_COAP_NOT_ACCEPTABLE = MST_COAP_CODE(4, 6),
	MST_COAP_CONFLICT = MST_COAP_CODE(4, 9),
	MST_COAP_PRECONDITION_FAILED = MST_COAP_CODE(4, 12),
	MST_COAP_TOO_LARGE = MST_COAP_CODE(4, 13),
	MST_COAP_UNSUPPORTED_FORMAT = MST_COAP_CODE(4, 15),
	MST_COAP_UNPROCESSABLE = MST_COAP_CODE(4, 22),
	MST_COAP_TOO_MANY_REQUESTS = MST_COAP_CODE(4, 29),
	MST_COAP_INTERNAL = MST_COAP_CODE(5, 0),
	MST_COAP_NOT_IMPLEMENTED = MST_COAP_CODE(5, 1),
	MST_COAP_BAD_GATEWAY = MST_COAP_CODE(5, 2),
	MST_COAP_UNAVAILABLE = MST_COAP_CODE(5, 3),
	MST_COAP_GATEWAY_TIMEOUT = MST_COAP_CODE(5, 4),
	MST_COAP_NO_PROXYING = MST_COAP_CODE(5, 5),
};

/** Option numbers (RFC 7252, 7641, 7959, 8613, 8768, 9175); odd ones are critical. */
enum mst_coap_option {
	MST_COAP_OPT_IF_MATCH = 1,
	MST_COAP_OPT_URI_HOST = 3,
	MST_COAP_OPT_ETAG = 4,
	MST_COAP_OPT_IF_NONE_MATCH = 5,
	MST_COAP_OPT_OBSERVE = 6,
	MST_COAP_OPT_URI_PORT = 7,
	MST_COAP_OPT_LOCATION_PATH = 8,
	MST_COAP_OPT_OSCORE = 9,
	MST_COAP_OPT_URI_PATH = 11,
	MST_COAP_OPT_CONTENT_FORMAT = 12,
	MST_COAP_OPT_MAX_AGE = 14,
	MST_COAP_OPT_URI_QUERY = 15,
	MST_COAP_OPT_HOP_LIMIT = 16,
	MST_COAP_OPT_ACCEPT = 17,
	MST_COAP_OPT_LOCATION_QUERY = 20,
	MST_COAP_OPT_BLOCK2 = 23,
	MST_COAP_OPT_BLOCK1 = 27,
	MST_COAP_OPT_SIZE2 = 28,
	MST_COAP_OPT_PROXY_URI = 35,
	MST_COAP_OPT_PROXY_SCHEME = 39,
	MST_COAP_OPT_SIZE1 = 60,
	MST_COAP_OPT_ECHO = 252,
	MST_COAP_OPT_REQUEST_TAG = 292,
};

/** Content formats (RFC 7252 section 12.3 and the registry). */
enum mst_coap_format {
	MST_COAP_FORMAT_TEXT = 0,
	MST_COAP_FORMAT_LINK = 40,
	MST_COAP_FORMAT_OCTETS = 42,
	MST_COAP_FORMAT_CBOR = 60,
	MST_COAP_FORMAT_PROBLEM = 257,       /* RFC 9290 */
	MST_COAP_FORMAT_ACE_GROUPCOMM = 261, /* RFC 9594 */
	MST_COAP_FORMAT_OSCORE = 10001,      /* RFC 8613 */
};

/** Octets in place. */
struct mst_coap_span {
	const uint8_t *data;
	uint16_t size;
};

/** Which options a message has: bits of mst_coap_options.has. */
enum {
	MST_COAP_HAS_URI_HOST = 1U << 0,
	MST_COAP_HAS_URI_PORT = 1U << 1,
	MST_COAP_HAS_URI_QUERY = 1U << 2,
	MST_COAP_HAS_OBSERVE = 1U << 3,
	MST_COAP_HAS_OSCORE = 1U << 4,
	MST_COAP_HAS_CONTENT_FORMAT = 1U << 5,
	MST_COAP_HAS_ACCEPT = 1U << 6,
	MST_COAP_HAS_MAX_AGE = 1U << 7,
	MST_COAP_HAS_BLOCK1 = 1U << 8,
	MST_COAP_HAS_BLOCK2 = 1U << 9,
	MST_COAP_HAS_ECHO = 1U << 10,
	MST_COAP_HAS_PROXY = 1U << 11, /* Proxy-Uri or Proxy-Scheme: to be answered with 5.05 */
};

/**
 * Known options and the payload. A field is meaningful only when its bit of `has` is set;
 * path[0 .. path_count) and the payload always are.
 */
struct mst_coap_options {
	uint16_t has;
	uint8_t path_count;
	uint16_t content_format;
	uint16_t accept;
	uint16_t uri_port;
	uint32_t observe;
	uint32_t max_age; /* seconds */
	uint32_t block1;  /* NUM << 4 | M << 3 | SZX (RFC 7959) */
	uint32_t block2;
	struct mst_coap_span oscore;
	struct mst_coap_span echo;
	struct mst_coap_span uri_host;
	struct mst_coap_span uri_query; /* the first one */
	struct mst_coap_span path[MST_COAP_PATH_MAX];
	struct mst_coap_span raw;     /* all options as they came, without the payload marker */
	struct mst_coap_span payload; /* size 0: none */
};

struct mst_coap_msg {
	uint8_t type; /* enum mst_coap_type */
	uint8_t code; /* enum mst_coap_code or any other of classes 0, 2 to 5 */
	uint8_t token_size;
	uint16_t mid;
	const uint8_t *token;
	struct mst_coap_options opt;
};

/**
 * Parses the header and token of a datagram of `size` octets into all fields but opt.
 * Returns the number of octets taken, or
 *	-MST_E_COAP_HEADER  too short, another version, token longer than 8, reserved code class, an
 *	                    Empty message with more than a header
 *	-MST_E_COAP_TYPE    Empty as NON, a request as ACK, anything but Empty as RST
 * and then *msg is untouched.
 */
int mst_coap_parse_header(const uint8_t *data, size_t size, struct mst_coap_msg *msg);

/**
 * Parses options and payload: what follows the token of a message, or the code in the plaintext of
 * OSCORE; size <= 65535. Returns 0, or
 *	-MST_E_COAP_OPTION    malformed: reserved nibble, value past the end, number above 65535,
 *	                      payload marker without payload
 *	-MST_E_COAP_CRITICAL  a critical option that is unknown, of a length outside its range, or
 *	                      repeated though not repeatable
 *	-MST_E_COAP_PATH      more than MST_COAP_PATH_MAX segments
 * and then *opt is undefined: to copy 216 octets that were just written takes as long as to parse
 * them. Elective options of these kinds are ignored, as RFC 7252 sections 5.4.1, 5.4.3 and 5.4.5
 * say. Malformed options win over the other errors.
 */
int mst_coap_parse_options(const uint8_t *data, size_t size, struct mst_coap_options *opt);

/**
 * Parses a datagram: header, token, options, payload. Errors are those of the two functions above.
 * After -MST_E_COAP_OPTION, _CRITICAL and _PATH all fields but opt are set, for the answer; after
 * the other errors *msg is untouched.
 */
int mst_coap_parse(const uint8_t *data, size_t size, struct mst_coap_msg *msg);

/**
 * Builds the Reset for a datagram that mst_coap_parse() refused with COAP_HEADER, COAP_TYPE or
 * COAP_OPTION, or for a CoAP ping (RFC 7252 sections 4.2, 4.3). Returns 4, or 0 when the datagram
 * is not a Confirmable message of version 1 and has to be ignored.
 */
size_t mst_coap_build_reset(const uint8_t *data, size_t size, uint8_t out[MST_COAP_HEADER]);

/** One option of a list. */
struct mst_coap_item {
	uint32_t number; /* 0 before the first */
	struct mst_coap_span value;
};

/**
 * Steps through options that need not be known (a client's Location-Path, say). Start with a reader
 * over options.raw or over octets that begin with an option, and a zeroed item. Returns 1 and the
 * next option, 0 at the end or at a payload marker (the reader is then after the marker), or
 * -MST_E_COAP_OPTION with the item untouched.
 */
int mst_coap_next_option(struct mst_reader *r, struct mst_coap_item *item);

/** Whether the index-th path segment exists and is the given text. */
static inline bool
mst_coap_path_is(const struct mst_coap_options *opt, unsigned index, const char *text)
{
	size_t n = strlen(text);

	return index < opt->path_count && opt->path[index].size == n &&
	       memcmp(opt->path[index].data, text, n) == 0;
}

/** Whether the code is a request method (class 0, not Empty). */
static inline bool
mst_coap_is_request(uint8_t code)
{
	return code != MST_COAP_EMPTY && code < MST_COAP_CODE(1, 0);
}

/** A message under construction, with a sticky error as base/wire.h has it. */
struct mst_coap_build {
	struct mst_writer w;
	uint32_t number;  /* last option written */
	uint8_t *payload; /* where the payload begins, NULL before mst_coap_put_payload() */
};

/**
 * Starts a message with header and token in a buffer of `capacity` octets. token_size <= 8; the
 * token may be NULL when it is 0. Options follow in ascending order, then the payload, then
 * mst_coap_build_fini().
 */
void mst_coap_build_init(struct mst_coap_build *b, void *buffer, size_t capacity,
	enum mst_coap_type type, uint8_t code, uint16_t mid, const uint8_t *token,
	size_t token_size);
/** Starts the plaintext of OSCORE: code, class E options, payload (RFC 8613 section 5.3). */
void mst_coap_build_inner(struct mst_coap_build *b, void *buffer, size_t capacity, uint8_t code);
/**
 * Appends an option. number >= the last one, else the caller is at fault (assert); size <= 65535.
 */
void mst_coap_put_option(struct mst_coap_build *b, uint32_t number, const void *value, size_t size);
/** Appends an option whose value is an unsigned integer in its shortest form (section 3.2). */
void mst_coap_put_uint(struct mst_coap_build *b, uint32_t number, uint32_t value);
/** Appends one option (Uri-Path, Location-Path) for each segment of "a/b/c"; no leading slash. */
void mst_coap_put_path(struct mst_coap_build *b, uint32_t number, const char *path);
/**
 * Appends the payload marker and returns the writer, to which the caller appends the payload.
 * Once for a message. A payload that stays empty takes its marker back in mst_coap_build_fini().
 */
struct mst_writer *mst_coap_put_payload(struct mst_coap_build *b);
/** Size of the finished message, or -MST_E_NO_SPACE when the buffer was too small. */
int mst_coap_build_fini(struct mst_coap_build *b);

#endif
