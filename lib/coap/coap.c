/* SPDX-License-Identifier: BSD-3-Clause */
/* Parsing. */
#include "coap/coap.h"

#define PAYLOAD_MARKER 0xff
#define NUMBER_MAX     65535

int
mst_coap_parse_header(const uint8_t *data, size_t size, struct mst_coap_msg *msg)
{
	unsigned type, token_size;
	uint8_t code;

	if (size < MST_COAP_HEADER || data[0] >> 6 != 1)
		return -MST_E_COAP_HEADER;
	type = data[0] >> 4 & 3;
	token_size = data[0] & 15;
	code = data[1];
	if (token_size > MST_COAP_TOKEN_MAX || size < MST_COAP_HEADER + token_size)
		return -MST_E_COAP_HEADER;
	if (code == MST_COAP_EMPTY && size != MST_COAP_HEADER)
		return -MST_E_COAP_HEADER;
	if (code >> 5 == 1 || code >> 5 > 5)
		return -MST_E_COAP_HEADER;
	if ((code == MST_COAP_EMPTY && type == MST_COAP_NON) ||
		(mst_coap_is_request(code) && type == MST_COAP_ACK) ||
		(code != MST_COAP_EMPTY && type == MST_COAP_RST))
		return -MST_E_COAP_TYPE;
	msg->type = (uint8_t)type;
	msg->code = code;
	msg->token_size = (uint8_t)token_size;
	msg->mid = mst_get_be16(data + 2);
	msg->token = data + MST_COAP_HEADER;
	return (int)(MST_COAP_HEADER + token_size);
}

/* Value of a delta or length nibble, moving past its extension (RFC 7252 section 3.1). */
static inline bool
extend(const uint8_t **pos, const uint8_t *end, uint32_t *v)
{
	const uint8_t *p = *pos;

	if (*v < 13)
		return true;
	if (*v == 13 && end - p >= 1) {
		*v = 13 + (uint32_t)p[0];
		*pos = p + 1;
		return true;
	}
	if (*v == 14 && end - p >= 2) {
		*v = 269 + (uint32_t)mst_get_be16(p);
		*pos = p + 2;
		return true;
	}
	return false;
}

/*
 * Moves past the option at *pos or past the payload marker. Returns 1, 0 at the end or behind the
 * marker, or an error with *pos and *item untouched.
 */
static inline int
take_option(const uint8_t **pos, const uint8_t *end, struct mst_coap_item *item)
{
	const uint8_t *p = *pos;
	uint32_t delta, size;

	if (p == end)
		return 0;
	if (*p == PAYLOAD_MARKER) {
		if (end - p < 2)
			return -MST_E_COAP_OPTION;
		*pos = p + 1;
		return 0;
	}
	delta = *p >> 4;
	size = *p++ & 15;
	if (!extend(&p, end, &delta) || !extend(&p, end, &size) || (size_t)(end - p) < size ||
		item->number + delta > NUMBER_MAX)
		return -MST_E_COAP_OPTION;
	item->number += delta;
	item->value = (struct mst_coap_span){p, (uint16_t)size};
	*pos = p + size;
	return 1;
}

int
mst_coap_next_option(struct mst_reader *r, struct mst_coap_item *item)
{
	int status = mst_reader_ok(r) ? take_option(&r->pos, r->end, item) : -MST_E_COAP_OPTION;

	if (status < 0)
		mst_reader_fail(r);
	return status;
}

/* An unsigned integer option of at most four octets, leading zeros allowed (section 3.2). */
static uint32_t
uint_value(struct mst_coap_span v)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < v.size; i++)
		n = n << 8 | v.data[i];
	return n;
}

/* Notes the first option of a kind; false when it was seen or its length is out of range. */
static bool
first(struct mst_coap_options *o, uint16_t bit, struct mst_coap_span v, unsigned min, unsigned max)
{
	if ((o->has & bit) != 0 || v.size < min || v.size > max)
		return false;
	o->has |= bit;
	return true;
}

/* The same for an integer option of at most max octets. */
static bool
first_uint(struct mst_coap_options *o, uint16_t bit, struct mst_coap_span v, unsigned max,
	uint32_t *value)
{
	if (!first(o, bit, v, 0, max))
		return false;
	*value = uint_value(v);
	return true;
}

static bool
first_u16(struct mst_coap_options *o, uint16_t bit, struct mst_coap_span v, uint16_t *value)
{
	if (!first(o, bit, v, 0, 2))
		return false;
	*value = (uint16_t)uint_value(v);
	return true;
}

static bool
first_span(struct mst_coap_options *o, uint16_t bit, struct mst_coap_span v, unsigned min,
	unsigned max, struct mst_coap_span *value)
{
	if (!first(o, bit, v, min, max))
		return false;
	*value = v;
	return true;
}

/* Segments are counted past the limit, so that the caller of store() sees it. */
static bool
store_path(struct mst_coap_options *o, struct mst_coap_span v)
{
	if (v.size > 255)
		return false;
	if (o->path_count < MST_COAP_PATH_MAX)
		o->path[o->path_count++] = v;
	else
		o->path_count = MST_COAP_PATH_MAX + 1;
	return true;
}

/* Stores an option; false when it counts as unknown (sections 5.4.1, 5.4.3, 5.4.5). */
static bool
store(struct mst_coap_options *o, uint32_t number, struct mst_coap_span v)
{
	switch (number) {
	case MST_COAP_OPT_URI_HOST:
		return first_span(o, MST_COAP_HAS_URI_HOST, v, 1, 255, &o->uri_host);
	case MST_COAP_OPT_OBSERVE:
		return first_uint(o, MST_COAP_HAS_OBSERVE, v, 3, &o->observe);
	case MST_COAP_OPT_URI_PORT:
		return first_u16(o, MST_COAP_HAS_URI_PORT, v, &o->uri_port);
	case MST_COAP_OPT_OSCORE:
		return first_span(o, MST_COAP_HAS_OSCORE, v, 0, 255, &o->oscore);
	case MST_COAP_OPT_URI_PATH:
		return store_path(o, v);
	case MST_COAP_OPT_CONTENT_FORMAT:
		return first_u16(o, MST_COAP_HAS_CONTENT_FORMAT, v, &o->content_format);
	case MST_COAP_OPT_MAX_AGE:
		return first_uint(o, MST_COAP_HAS_MAX_AGE, v, 4, &o->max_age);
	case MST_COAP_OPT_URI_QUERY:
		if (v.size <= 255 && (o->has & MST_COAP_HAS_URI_QUERY) != 0)
			return true;
		return first_span(o, MST_COAP_HAS_URI_QUERY, v, 0, 255, &o->uri_query);
	case MST_COAP_OPT_ACCEPT:
		return first_u16(o, MST_COAP_HAS_ACCEPT, v, &o->accept);
	case MST_COAP_OPT_BLOCK2:
		return first_uint(o, MST_COAP_HAS_BLOCK2, v, 3, &o->block2);
	case MST_COAP_OPT_BLOCK1:
		return first_uint(o, MST_COAP_HAS_BLOCK1, v, 3, &o->block1);
	case MST_COAP_OPT_PROXY_URI:
		o->has |= MST_COAP_HAS_PROXY;
		return v.size >= 1 && v.size <= 1034;
	case MST_COAP_OPT_PROXY_SCHEME:
		o->has |= MST_COAP_HAS_PROXY;
		return v.size >= 1 && v.size <= 255;
	case MST_COAP_OPT_ECHO:
		return first_span(o, MST_COAP_HAS_ECHO, v, 1, 40, &o->echo);
	default:
		return false;
	}
}

int
mst_coap_parse_options(const uint8_t *data, size_t size, struct mst_coap_options *opt)
{
	struct mst_coap_item item = {0};
	const uint8_t *p = data, *end = data + size, *options_end = data;
	bool critical = false;
	int status;

	if (size > UINT16_MAX)
		return -MST_E_COAP_OPTION;
	*opt = (struct mst_coap_options){0};
	while ((status = take_option(&p, end, &item)) == 1) {
		options_end = p;
		if (!store(opt, item.number, item.value) && (item.number & 1) != 0)
			critical = true;
	}
	if (status < 0)
		return status;
	if (critical)
		return -MST_E_COAP_CRITICAL;
	if (opt->path_count > MST_COAP_PATH_MAX)
		return -MST_E_COAP_PATH;
	opt->raw = (struct mst_coap_span){data, (uint16_t)(options_end - data)};
	opt->payload = (struct mst_coap_span){p, (uint16_t)(end - p)};
	return 0;
}

int
mst_coap_parse(const uint8_t *data, size_t size, struct mst_coap_msg *msg)
{
	int n = mst_coap_parse_header(data, size, msg);

	return n < 0 ? n : mst_coap_parse_options(data + n, size - (size_t)n, &msg->opt);
}
