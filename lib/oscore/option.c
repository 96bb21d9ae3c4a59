/* SPDX-License-Identifier: BSD-3-Clause */
#include "oscore/option.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/wire.h"

/* Flag octet (RFC 8613 figure 10). */
#define FLAG_PIV_SIZE    0x07
#define FLAG_KID         0x08
#define FLAG_KID_CONTEXT 0x10
#define FLAG_RESERVED    0xe0

/** Partial IV of n octets; fails the reader unless it is in its shortest form. */
static uint64_t
read_piv(struct mst_reader *r, size_t n)
{
	const uint8_t *p = mst_read_span(r, n);
	uint64_t piv = 0;

	if (p == NULL)
		return 0;
	if (n > MST_OSCORE_PIV_MAX || (n > 1 && p[0] == 0)) {
		mst_reader_fail(r);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		piv = piv << 8 | p[i];
	return piv;
}

static int
parse(const uint8_t *value, size_t size, struct mst_oscore_option *option)
{
	struct mst_reader r = mst_reader_init(value, size);
	struct mst_oscore_option o = {0};
	size_t context_size = 0, kid_size = 0;
	uint8_t flags;

	if (size == 0) {
		*option = o;
		return 0;
	}
	flags = mst_read_u8(&r);
	if (flags == 0 || (flags & FLAG_RESERVED) != 0)
		return -MST_E_OSCORE_OPTION;
	o.has_piv = (flags & FLAG_PIV_SIZE) != 0;
	o.has_kid = (flags & FLAG_KID) != 0;
	o.has_kid_context = (flags & FLAG_KID_CONTEXT) != 0;
	if (o.has_piv)
		o.piv = read_piv(&r, flags & FLAG_PIV_SIZE);
	if (o.has_kid_context) {
		context_size = mst_read_u8(&r);
		o.kid_context = mst_read_span(&r, context_size);
	}
	if (o.has_kid) {
		kid_size = mst_reader_left(&r);
		o.kid = mst_read_span(&r, kid_size);
	}
	if (!mst_reader_ok(&r) || mst_reader_left(&r) != 0)
		return -MST_E_OSCORE_OPTION;
	if (kid_size > MST_OSCORE_ID_MAX || context_size > MST_OSCORE_KID_CONTEXT_MAX)
		return -MST_E_OSCORE_KID;
	o.kid_size = (uint8_t)kid_size;
	o.kid_context_size = (uint8_t)context_size;
	*option = o;
	return 0;
}

int
mst_oscore_option_parse_request(const uint8_t *value, size_t size, struct mst_oscore_option *option)
{
	struct mst_oscore_option o;
	int err = parse(value, size, &o);

	if (err)
		return err;
	if (!o.has_piv || !o.has_kid)
		return -MST_E_OSCORE_OPTION;
	*option = o;
	return 0;
}

int
mst_oscore_option_parse_response(
	const uint8_t *value, size_t size, struct mst_oscore_option *option)
{
	struct mst_oscore_option o;
	int err = parse(value, size, &o);

	if (err)
		return err;
	if (o.has_kid_context)
		return -MST_E_OSCORE_OPTION;
	*option = o;
	return 0;
}

size_t
mst_oscore_option_encode(const struct mst_oscore_option *option, uint8_t out[MST_OSCORE_OPTION_MAX])
{
	uint8_t *p = out + 1, flags = 0;

	if (option->has_piv) {
		unsigned n = mst_oscore_piv_size(option->piv);

		assert(option->piv < MST_OSCORE_PIV_LIMIT);
		flags |= (uint8_t)n;
		mst_put_be64(p, option->piv << (64 - 8 * n)); /* what goes past n is overwritten */
		p += n;
	}
	if (option->has_kid_context) {
		assert(option->kid_context_size <= MST_OSCORE_KID_CONTEXT_MAX);
		flags |= FLAG_KID_CONTEXT;
		*p++ = option->kid_context_size;
		memcpy(p, option->kid_context, option->kid_context_size);
		p += option->kid_context_size;
	}
	if (option->has_kid) {
		assert(option->kid_size <= MST_OSCORE_ID_MAX);
		flags |= FLAG_KID;
		memcpy(p, option->kid, option->kid_size);
		p += option->kid_size;
	}
	if (flags == 0)
		return 0;
	out[0] = flags;
	return (size_t)(p - out);
}
