/* SPDX-License-Identifier: BSD-3-Clause */
#include "gba/classify.h"

#include "aka/imsi.h"
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

/** What is below a group: /ace-group/G-ID/... */
static enum mst_res
below_group(const struct mst_coap_options *opt, struct mst_target *target)
{
	static const struct {
		const char *name;
		enum mst_res res;
	} names[] = {
		{"num", MST_RES_GROUP_NUM},
		{"policies", MST_RES_GROUP_POLICIES},
		{"pending", MST_RES_GROUP_PENDING},
		{"rekey", MST_RES_GROUP_REKEY},
		{"owners", MST_RES_GROUP_OWNERS},
	};

	if (opt->path_count == 2)
		return MST_RES_GROUP;
	if (opt->path_count == 4) {
		const struct mst_coap_span *node = &opt->path[3];

		if (!mst_coap_path_is(opt, 2, "nodes") ||
			mst_imsi_encode((const char *)node->data, node->size, &target->node) != 0)
			return MST_RES_OTHER;
		return MST_RES_GROUP_NODE;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mst_coap_path_is(opt, 2, names[i].name))
			return names[i].res;
	return MST_RES_OTHER;
}

static enum mst_res
find(const struct mst_coap_options *opt, struct mst_target *target)
{
	if (opt->path_count == 1)
		return one_segment(opt);
	if (opt->path_count < 2 || opt->path_count > 4)
		return MST_RES_OTHER;
	if (mst_coap_path_is(opt, 0, "ace-group")) {
		if (mst_gid_parse(opt->path[1].data, opt->path[1].size, &target->gid) != 0)
			return MST_RES_OTHER;
		return below_group(opt, target);
	}
	if (opt->path_count == 2 && mst_coap_path_is(opt, 0, ".well-known") &&
		mst_coap_path_is(opt, 1, "core"))
		return MST_RES_WELL_KNOWN;
	return MST_RES_OTHER;
}

int
mst_classify_path(const struct mst_coap_options *opt, struct mst_target *target)
{
	struct mst_target found = {0};

	found.res = find(opt, &found);
	*target = found.res != MST_RES_OTHER ? found : (struct mst_target){0};
	return found.res != MST_RES_OTHER ? 0 : -MST_E_COAP_PATH;
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

/** Methods of a resource inside OSCORE: bits by code. */
#define METHOD(code) (1u << MST_COAP_##code)

static unsigned
methods(enum mst_res res)
{
	switch (res) {
	case MST_RES_MANAGE:
	case MST_RES_GROUP_REKEY:
		return METHOD(POST);
	case MST_RES_GROUP:
		return METHOD(GET) | METHOD(POST) | METHOD(DELETE);
	case MST_RES_GROUP_NUM:
	case MST_RES_SESSION:
		return METHOD(GET);
	case MST_RES_GROUP_POLICIES:
		return METHOD(GET) | METHOD(PUT);
	case MST_RES_GROUP_PENDING:
	case MST_RES_GROUP_OWNERS:
		return METHOD(GET) | METHOD(POST);
	case MST_RES_GROUP_NODE:
		return METHOD(GET) | METHOD(DELETE);
	case MST_RES_OTHER:
	case MST_RES_WELL_KNOWN:
	case MST_RES_BSF:
		break;
	}
	return 0;
}

int
mst_classify_inner(uint8_t code, const struct mst_coap_options *opt, struct mst_target *target)
{
	int err = classify(opt, target);
	unsigned allowed;
	uint16_t format;

	if (err != 0)
		return err;
	allowed = methods(target->res);
	format = target->res == MST_RES_SESSION ? MST_COAP_FORMAT_CBOR
						: MST_COAP_FORMAT_ACE_GROUPCOMM;
	if (allowed == 0)
		return -MST_E_COAP_PATH;
	if (code > MST_COAP_DELETE || (allowed >> code & 1) == 0)
		return -MST_E_COAP_METHOD;
	if (!accepts(opt, format))
		return -MST_E_COAP_ACCEPT;
	if ((code == MST_COAP_POST || code == MST_COAP_PUT) && !has_format(opt, format))
		return -MST_E_COAP_FORMAT;
	return 0;
}
