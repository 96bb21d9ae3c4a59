/* SPDX-License-Identifier: BSD-3-Clause */
#include "oscore/message.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "oscore/wipe.h"

/*
 * COSE Encrypt0 structure around the external AAD (section 5.4): ["Encrypt0", h'', aad] with
 * aad = [1, [10], request_kid, request_piv, h'']. aad is 8 to 19 octets, so its head is one octet.
 * A row has room for the fixed-width writes below.
 */
static const uint8_t aad_head[16] = {
	0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0', 0x40, 0, 0x85, 0x01, 0x81, 0x0a};
#define AAD_SIZE_AT 11 /* head of aad */
#define AAD_ROOM    40
_Static_assert(sizeof(aad_head) + 1 + MST_OSCORE_ID_MAX + 1 + 8 <= AAD_ROOM, "aad fits its row");

static const mst_oscore_id no_id;

struct work {
	struct mst_ccm_cols ops;
	uint8_t aad[MST_LANES][AAD_ROOM];
};

/** Client IDs of an exchange as a column, or one empty ID for all lanes. */
struct id_column {
	const mst_oscore_id *at;
	unsigned step;
};

static struct id_column
client_ids(const struct mst_oscore_exchange *exchange)
{
	if (exchange->profile->client_id_size == 0)
		return (struct id_column){&no_id, 0};
	return (struct id_column){exchange->client_id, 1};
}

static uint16_t
write_aad(uint8_t row[AAD_ROOM], const uint8_t *kid, unsigned kid_size, uint64_t piv)
{
	unsigned piv_size = mst_oscore_piv_size(piv);
	uint8_t *p = row + sizeof(aad_head);

	assert(piv < MST_OSCORE_PIV_LIMIT);
	memcpy(row, aad_head, sizeof(aad_head));
	row[AAD_SIZE_AT] = (uint8_t)(0x40 | (4 + 1 + kid_size + 1 + piv_size + 1));
	*p++ = (uint8_t)(0x40 | kid_size);
	memcpy(p, kid, MST_OSCORE_ID_MAX);
	p += kid_size;
	*p++ = (uint8_t)(0x40 | piv_size);
	mst_put_be64(p, piv << (64 - 8 * piv_size));
	p += piv_size;
	*p++ = 0x40;
	return (uint16_t)(p - row);
}

/** Nonce (section 5.2): size of ID_PIV, ID_PIV in 7 octets, Partial IV in 5, xor Common IV. */
static void
write_nonce(uint8_t nonce[MST_CCM_NONCE], const mst_b16 common_iv, const uint8_t *id,
	unsigned id_size, uint64_t piv)
{
	uint64_t number = (uint64_t)mst_get_be32(id) << 24 | (mst_get_be32(id + 3) & 0xffffff);
	mst_b16 block;

	assert(piv < MST_OSCORE_PIV_LIMIT);
	number = number >> 8 * (MST_OSCORE_ID_MAX - id_size) | (uint64_t)id_size << 56;
	mst_put_be64(block, number ^ mst_get_be64(common_iv));
	mst_put_be64(block + 8, piv << 24 ^ mst_get_be64(common_iv + 8));
	memcpy(nonce, block, MST_CCM_NONCE);
}

/** Key, AAD and nonce of lane i; own_piv is the server's, or MST_OSCORE_NO_PIV. */
static void
prepare(struct work *w, unsigned i, const struct mst_oscore_exchange *exchange, const mst_b16 *key,
	const uint8_t *client_id, uint64_t own_piv)
{
	const struct mst_oscore_profile *profile = exchange->profile;
	uint64_t piv = exchange->request_piv[i];

	memcpy(w->ops.key[i], key[i], sizeof(mst_b16));
	w->ops.aad[i] = w->aad[i];
	w->ops.aad_size[i] = write_aad(w->aad[i], client_id, profile->client_id_size, piv);
	if (own_piv == MST_OSCORE_NO_PIV)
		write_nonce(w->ops.nonce[i], exchange->keys->common_iv[i], client_id,
			profile->client_id_size, piv);
	else
		write_nonce(w->ops.nonce[i], exchange->keys->common_iv[i], profile->server_id,
			profile->server_id_size, own_piv);
}

static void
wipe(struct work *w, mst_lanes live)
{
	mst_wipe_rows(live, w->ops.key, sizeof(w->ops.key[0]));
	mst_wipe_rows(live, w->ops.nonce, sizeof(w->ops.nonce[0]));
}

/** Why a payload of n octets cannot be opened, or 0. */
static enum mst_err
refuse(size_t n, size_t capacity)
{
	if (n < MST_OSCORE_TAG)
		return MST_E_OSCORE_TAG;
	if (n - MST_OSCORE_TAG > MST_OSCORE_PLAIN_MAX || n - MST_OSCORE_TAG > capacity)
		return MST_E_COAP_TOO_LARGE;
	return MST_E_OK;
}

/** Opens requests, or responses whose parsed options are given. */
static mst_lanes
open_burst(struct mst_crypto *crypto, mst_lanes live, const struct mst_oscore_exchange *exchange,
	const mst_b16 *key, const struct mst_oscore_option *option,
	const struct mst_coap_msg *outer, struct mst_oscore_plain *plain, uint16_t *status)
{
	struct id_column ids = client_ids(exchange);
	mst_lanes good = 0, opened;
	struct work w;

	mst_for_lanes(i, live) {
		const struct mst_coap_span *payload = &outer[i].opt.payload;
		enum mst_err err = refuse(payload->size, plain->capacity);
		bool own_piv = option != NULL && option[i].has_piv;

		if (err != MST_E_OK) {
			status[i] = err;
			continue;
		}
		good |= MST_LANE(i);
		prepare(&w, i, exchange, key, ids.at[i * ids.step],
			own_piv ? option[i].piv : MST_OSCORE_NO_PIV);
		w.ops.in[i] = payload->data;
		w.ops.in_size[i] = payload->size;
		w.ops.out[i] = plain->data[i];
	}
	if (good == 0)
		return 0;
	opened = mst_ccm_open_burst(crypto, good, &w.ops);
	mst_for_lanes(i, opened)
		plain->size[i] = w.ops.in_size[i] - MST_OSCORE_TAG;
	mst_for_lanes(i, good & ~opened)
		status[i] = MST_E_OSCORE_TAG;
	wipe(&w, good);
	return opened;
}

mst_lanes
mst_oscore_open_request_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, const struct mst_coap_msg *outer,
	struct mst_oscore_plain *plain, uint16_t *status)
{
	return open_burst(
		crypto, live, exchange, exchange->keys->client_key, NULL, outer, plain, status);
}

mst_lanes
mst_oscore_open_response_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, const struct mst_oscore_option *option,
	const struct mst_coap_msg *outer, struct mst_oscore_plain *plain, uint16_t *status)
{
	return open_burst(
		crypto, live, exchange, exchange->keys->server_key, option, outer, plain, status);
}

/** Whether the code is of the outer message's kind: a request, or a response of classes 2, 4, 5. */
static bool
code_fits(uint8_t outer, uint8_t code)
{
	unsigned class = code >> 5;

	if (mst_coap_is_request(outer))
		return mst_coap_is_request(code);
	return class == 2 || class == 4 || class == 5;
}

/** The message that a plaintext and its outer message make. Returns 0 or a negative error. */
static int
parse_inner(const struct mst_coap_msg *outer, const uint8_t *data, size_t size,
	struct mst_coap_msg *inner)
{
	const uint16_t class_u = MST_COAP_HAS_URI_HOST | MST_COAP_HAS_URI_PORT | MST_COAP_HAS_PROXY;
	struct mst_coap_options opt;
	uint16_t taken;
	int err;

	if (size == 0 || !code_fits(outer->code, data[0]))
		return -MST_E_OSCORE_INNER;
	err = mst_coap_parse_options(data + 1, size - 1, &opt);
	if (err == -MST_E_COAP_OPTION || (!err && (opt.has & MST_COAP_HAS_OSCORE) != 0))
		return -MST_E_OSCORE_INNER;
	if (err)
		return err;
	taken = outer->opt.has & class_u & ~opt.has;
	if ((taken & MST_COAP_HAS_URI_HOST) != 0)
		opt.uri_host = outer->opt.uri_host;
	if ((taken & MST_COAP_HAS_URI_PORT) != 0)
		opt.uri_port = outer->opt.uri_port;
	opt.has |= taken;
	inner->type = outer->type;
	inner->code = data[0];
	inner->token_size = outer->token_size;
	inner->mid = outer->mid;
	inner->token = outer->token;
	inner->opt = opt;
	return 0;
}

mst_lanes
mst_oscore_parse_inner_burst(mst_lanes live, const struct mst_coap_msg *outer,
	const struct mst_oscore_plain *plain, struct mst_coap_msg *inner, uint16_t *status)
{
	mst_lanes good = 0;

	mst_for_lanes(i, live) {
		int err = parse_inner(&outer[i], plain->data[i], plain->size[i], &inner[i]);

		if (err)
			status[i] = (uint16_t)-err;
		else
			good |= MST_LANE(i);
	}
	return good;
}

/** Appends option and room for the payload to lane i's message. Returns whether there was room. */
static bool
append(struct work *w, unsigned i, const struct mst_oscore_option *option,
	const struct mst_oscore_plain *plain, struct mst_coap_build *build)
{
	uint8_t value[MST_OSCORE_OPTION_MAX];
	size_t size = mst_oscore_option_encode(option, value);

	assert(plain->size[i] > 0 && plain->size[i] <= MST_OSCORE_PLAIN_MAX);
	mst_coap_put_option(build, MST_COAP_OPT_OSCORE, value, size);
	w->ops.in[i] = plain->data[i];
	w->ops.in_size[i] = plain->size[i];
	w->ops.out[i] =
		mst_write_span(mst_coap_put_payload(build), plain->size[i] + MST_OSCORE_TAG);
	return w->ops.out[i] != NULL;
}

mst_lanes
mst_oscore_seal_request_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, mst_lanes with_context,
	const mst_b16 *id_context, const struct mst_oscore_plain *plain,
	struct mst_coap_build *build)
{
	struct id_column ids = client_ids(exchange);
	mst_lanes good = 0;
	struct work w;

	mst_for_lanes(i, live) {
		const uint8_t *client_id = ids.at[i * ids.step];
		struct mst_oscore_option option = {
			.has_piv = true,
			.piv = exchange->request_piv[i],
			.has_kid = true,
			.kid = client_id,
			.kid_size = exchange->profile->client_id_size,
		};

		if ((with_context & MST_LANE(i)) != 0) {
			option.has_kid_context = true;
			option.kid_context = id_context[i];
			option.kid_context_size = exchange->profile->id_context_size;
		}
		if (!append(&w, i, &option, plain, &build[i]))
			continue;
		good |= MST_LANE(i);
		prepare(&w, i, exchange, exchange->keys->client_key, client_id, MST_OSCORE_NO_PIV);
	}
	if (good == 0)
		return 0;
	mst_ccm_seal_burst(crypto, good, &w.ops);
	wipe(&w, good);
	return good;
}

mst_lanes
mst_oscore_seal_response_burst(struct mst_crypto *crypto, mst_lanes live,
	const struct mst_oscore_exchange *exchange, const uint64_t *own_piv,
	const struct mst_oscore_plain *plain, struct mst_coap_build *build)
{
	struct id_column ids = client_ids(exchange);
	mst_lanes good = 0;
	struct work w;

	mst_for_lanes(i, live) {
		uint64_t piv = own_piv != NULL ? own_piv[i] : MST_OSCORE_NO_PIV;
		struct mst_oscore_option option = {0};

		if (piv != MST_OSCORE_NO_PIV) {
			option.has_piv = true;
			option.piv = piv;
		}
		if (!append(&w, i, &option, plain, &build[i]))
			continue;
		good |= MST_LANE(i);
		prepare(&w, i, exchange, exchange->keys->server_key, ids.at[i * ids.step], piv);
	}
	if (good == 0)
		return 0;
	mst_ccm_seal_burst(crypto, good, &w.ops);
	wipe(&w, good);
	return good;
}
