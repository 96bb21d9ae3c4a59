/* SPDX-License-Identifier: BSD-3-Clause */
#include "gba/classify.h"

#include "base/bytes.h"
#include "base/err.h"
#include "gba/nibbles.h"

#define HAS_REFUSED                                                                                \
	(MST_COAP_HAS_BLOCK1 | MST_COAP_HAS_BLOCK2 | MST_COAP_HAS_PROXY | MST_COAP_HAS_OSCORE)

/* Eight characters 0-9a-f, the first in the highest octet, of the 32 bits. */
static uint64_t
to_text(uint32_t v)
{
	uint64_t digits = mst_nibbles_spread(v);
	uint64_t letters = (digits + MST_OCTETS(6)) >> 4 & MST_OCTETS(1); /* 1 for 10..15 */

	return digits + MST_OCTETS('0') + letters * ('a' - '0' - 10);
}

/* The inverse for such characters; any others give some value, whose text is not they. */
static uint32_t
from_text(uint64_t text)
{
	uint64_t letters = text >> 6 & MST_OCTETS(1);

	return mst_nibbles_pack(((text & MST_OCTETS(0x0f)) + letters * 9) & MST_OCTETS(0x0f));
}

int
mst_gid_parse(const uint8_t *text, size_t size, uint64_t *gid)
{
	uint64_t upper, lower;
	uint32_t u, l;

	if (size != MST_GID_TEXT)
		return -MST_E_COAP_PATH;
	upper = mst_get_be64(text);
	lower = mst_get_be64(text + 8);
	u = from_text(upper);
	l = from_text(lower);
	if (to_text(u) != upper || to_text(l) != lower)
		return -MST_E_COAP_PATH;
	*gid = (uint64_t)u << 32 | l;
	return 0;
}

void
mst_gid_build(uint64_t gid, char text[MST_GID_TEXT])
{
	mst_put_be64((uint8_t *)text, to_text((uint32_t)(gid >> 32)));
	mst_put_be64((uint8_t *)text + 8, to_text((uint32_t)gid));
}

static enum mst_res
one_segment(const struct mst_coap_options *opt)
{
	if (mst_coap_path_is(opt, 0, "bsf"))
		return MST_RES_BSF;
	if (mst_coap_path_is(opt, 0, "manage"))
		return MST_RES_MANAGE;
	if (mst_coap_path_is(opt, 0, "session"))
		return MST_RES_SESSION;
	return MST_RES_OTHER;
}

static enum mst_res
find(const struct mst_coap_options *opt, uint64_t *gid)
{
	if (opt->path_count == 1)
		return one_segment(opt);
	if (opt->path_count < 2 || opt->path_count > 3)
		return MST_RES_OTHER;
	if (mst_coap_path_is(opt, 0, "ace-group")) {
		if (opt->path_count == 3 && !mst_coap_path_is(opt, 2, "num"))
			return MST_RES_OTHER;
		if (mst_gid_parse(opt->path[1].data, opt->path[1].size, gid) != 0)
			return MST_RES_OTHER;
		return opt->path_count == 2 ? MST_RES_GROUP : MST_RES_GROUP_NUM;
	}
	if (opt->path_count == 2 && mst_coap_path_is(opt, 0, ".well-known") &&
		mst_coap_path_is(opt, 1, "core"))
		return MST_RES_WELL_KNOWN;
	return MST_RES_OTHER;
}

int
mst_classify_path(const struct mst_coap_options *opt, struct mst_target *target)
{
	target->gid = 0;
	target->res = find(opt, &target->gid);
	return target->res != MST_RES_OTHER ? 0 : -MST_E_COAP_PATH;
}

/* Path and options that matter whatever the protection. */
static int
classify(const struct mst_coap_options *opt, struct mst_target *target)
{
	int err = mst_classify_path(opt, target);

	if ((opt->has & HAS_REFUSED) != 0)
		return -MST_E_COAP_CRITICAL;
	if (err == 0 && (opt->has & MST_COAP_HAS_URI_QUERY) != 0 &&
		target->res != MST_RES_WELL_KNOWN)
		return -MST_E_COAP_PATH;
	return err;
}

static bool
accepts(const struct mst_coap_options *opt, uint16_t format)
{
	return (opt->has & MST_COAP_HAS_ACCEPT) == 0 || opt->accept == format;
}

static bool
has_format(const struct mst_coap_options *opt, uint16_t format)
{
	return (opt->has & MST_COAP_HAS_CONTENT_FORMAT) != 0 && opt->content_format == format;
}

int
mst_classify_open(uint8_t code, const struct mst_coap_options *opt, struct mst_target *target)
{
	int err = classify(opt, target);

	if (err != 0)
		return err;
	switch (target->res) {
	case MST_RES_BSF:
		if (code != MST_COAP_POST)
			return -MST_E_COAP_METHOD;
		if (!accepts(opt, MST_COAP_FORMAT_CBOR))
			return -MST_E_COAP_ACCEPT;
		return has_format(opt, MST_COAP_FORMAT_CBOR) ? 0 : -MST_E_COAP_FORMAT;
	case MST_RES_WELL_KNOWN:
		if (code != MST_COAP_GET)
			return -MST_E_COAP_METHOD;
		return accepts(opt, MST_COAP_FORMAT_LINK) ? 0 : -MST_E_COAP_ACCEPT;
	default:
		if (opt->payload.size != 0 && !has_format(opt, MST_COAP_FORMAT_CBOR))
			return -MST_E_COAP_FORMAT;
		return 0;
	}
}

int
mst_classify_inner(uint8_t code, const struct mst_coap_options *opt, struct mst_target *target)
{
	int err = classify(opt, target);
	uint16_t format = MST_COAP_FORMAT_ACE_GROUPCOMM;
	bool get = false, post = false;

	if (err != 0)
		return err;
	switch (target->res) {
	case MST_RES_MANAGE:
		post = true;
		break;
	case MST_RES_GROUP:
		get = post = true;
		break;
	case MST_RES_GROUP_NUM:
		get = true;
		break;
	case MST_RES_SESSION:
		get = true;
		format = MST_COAP_FORMAT_CBOR;
		break;
	default:
		return -MST_E_COAP_PATH;
	}
	if (!(get && code == MST_COAP_GET) && !(post && code == MST_COAP_POST))
		return -MST_E_COAP_METHOD;
	if (!accepts(opt, format))
		return -MST_E_COAP_ACCEPT;
	if (code == MST_COAP_POST && !has_format(opt, format))
		return -MST_E_COAP_FORMAT;
	return 0;
}
