/* SPDX-License-Identifier: BSD-3-Clause */
/* Building. */
#include <assert.h>

#include "coap/coap.h"

#define PAYLOAD_MARKER 0xff

size_t
mst_coap_build_reset(const uint8_t *data, size_t size, uint8_t out[MST_COAP_HEADER])
{
	if (size < MST_COAP_HEADER || data[0] >> 4 != (1 << 2 | MST_COAP_CON))
		return 0;
	out[0] = 1 << 6 | MST_COAP_RST << 4;
	out[1] = MST_COAP_EMPTY;
	out[2] = data[2];
	out[3] = data[3];
	return MST_COAP_HEADER;
}

void
mst_coap_build_init(struct mst_coap_build *b, void *buffer, size_t capacity,
	enum mst_coap_type type, uint8_t code, uint16_t mid, const uint8_t *token,
	size_t token_size)
{
	uint8_t *p;

	assert(token_size <= MST_COAP_TOKEN_MAX);
	*b = (struct mst_coap_build){.w = mst_writer_init(buffer, capacity)};
	p = mst_write_span(&b->w, MST_COAP_HEADER);
	if (p == NULL)
		return;
	p[0] = (uint8_t)(1U << 6 | (unsigned)type << 4 | token_size);
	p[1] = code;
	mst_put_be16(p + 2, mid);
	mst_write_bytes(&b->w, token, token_size);
}

void
mst_coap_build_inner(struct mst_coap_build *b, void *buffer, size_t capacity, uint8_t code)
{
	*b = (struct mst_coap_build){.w = mst_writer_init(buffer, capacity)};
	mst_write_u8(&b->w, code);
}

/* Nibble of a delta or length, and its extension (RFC 7252 section 3.1). */
static unsigned
nibble(uint32_t v)
{
	return v < 13 ? v : v < 269 ? 13 : 14;
}

static void
put_extension(struct mst_writer *w, uint32_t v)
{
	if (v >= 269)
		mst_write_be16(w, (uint16_t)(v - 269));
	else if (v >= 13)
		mst_write_u8(w, (uint8_t)(v - 13));
}

void
mst_coap_put_option(struct mst_coap_build *b, uint32_t number, const void *value, size_t size)
{
	uint32_t delta = number - b->number;

	assert(number >= b->number && number <= UINT16_MAX && size <= UINT16_MAX);
	assert(b->payload == NULL);
	mst_write_u8(&b->w, (uint8_t)(nibble(delta) << 4 | nibble((uint32_t)size)));
	put_extension(&b->w, delta);
	put_extension(&b->w, (uint32_t)size);
	mst_write_bytes(&b->w, value, size);
	b->number = number;
}

void
mst_coap_put_uint(struct mst_coap_build *b, uint32_t number, uint32_t value)
{
	uint8_t octets[4];
	size_t size = value == 0 ? 0 : (size_t)(39 - __builtin_clz(value)) / 8;

	mst_put_be32(octets, value);
	mst_coap_put_option(b, number, octets + 4 - size, size);
}

void
mst_coap_put_path(struct mst_coap_build *b, uint32_t number, const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/");

		mst_coap_put_option(b, number, path, n);
		path += n + (path[n] == '/');
	}
}

struct mst_writer *
mst_coap_put_payload(struct mst_coap_build *b)
{
	assert(b->payload == NULL);
	mst_write_u8(&b->w, PAYLOAD_MARKER);
	b->payload = b->w.pos;
	return &b->w;
}

int
mst_coap_build_fini(struct mst_coap_build *b)
{
	if (!mst_writer_ok(&b->w))
		return -MST_E_NO_SPACE;
	if (b->payload != NULL && b->w.pos == b->payload) {
		b->w.pos--;
		b->payload = NULL;
	}
	return (int)mst_writer_size(&b->w);
}
