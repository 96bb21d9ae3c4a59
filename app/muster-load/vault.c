/* SPDX-License-Identifier: BSD-3-Clause */
#include "vault.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/secret.h"

void
vault_set_ks_burst(mst_lanes live, vault_column at, const mst_b16 *ck, const mst_b16 *ik)
{
	mst_for_lanes(i, live) {
		memcpy(at[i]->secret, ck[i], sizeof(ck[i]));
		memcpy(at[i]->secret + sizeof(ck[i]), ik[i], sizeof(ik[i]));
	}
}

static void
wipe_prepared(mst_lanes live, struct mst_hmac_cols *ks)
{
	mst_for_lanes(i, live) {
		mst_wipe(ks->inner[i], sizeof(ks->inner[i]));
		mst_wipe(ks->outer[i], sizeof(ks->outer[i]));
	}
}

/** Ks of each lane as an HMAC key. */
static void
prepare(struct mst_crypto *crypto, mst_lanes live, vault_column at, struct mst_hmac_cols *ks)
{
	mst_b32 key[MST_LANES];

	mst_for_lanes(i, live)
		memcpy(key[i], at[i]->secret, sizeof(key[i]));
	mst_hmac_key_burst(crypto, live, key, ks);
	mst_for_lanes(i, live)
		mst_wipe(key[i], sizeof(key[i]));
}

void
vault_prove_burst(struct mst_crypto *crypto, mst_lanes live, vault_column at,
	const struct mst_gba_device_in *in, mst_b16 *proof)
{
	struct mst_hmac_cols ks;

	prepare(crypto, live, at, &ks);
	mst_gba_proof_device_burst(crypto, live, &ks, in, proof);
	wipe_prepared(live, &ks);
}

/** Replaces Ks, whose prepared form is given, by the key of the NAF. */
static void
derive(struct mst_crypto *crypto, mst_lanes live, bool gba_u, const struct mst_hmac_cols *ks,
	vault_column at, const struct mst_gba_naf_in *in)
{
	mst_b32 key[MST_LANES];

	mst_gba_ks_naf_burst(crypto, live, gba_u ? live : 0, ks, in, key);
	mst_for_lanes(i, live) {
		memcpy(at[i]->secret, key[i], sizeof(key[i]));
		at[i]->next_piv = 0;
		mst_wipe(key[i], sizeof(key[i]));
	}
}

void
vault_derive_burst(struct mst_crypto *crypto, mst_lanes live, bool gba_u, vault_column at,
	const struct mst_gba_naf_in *in)
{
	struct mst_hmac_cols ks;

	prepare(crypto, live, at, &ks);
	derive(crypto, live, gba_u, &ks, at, in);
	wipe_prepared(live, &ks);
}

mst_lanes
vault_accept_burst(struct mst_crypto *crypto, mst_lanes live, bool gba_u, vault_column at,
	const struct mst_gba_bsf_in *in, const uint8_t *const *received,
	const struct mst_gba_naf_in *naf)
{
	struct mst_hmac_cols ks;
	mst_b16 expected[MST_LANES];
	mst_lanes right;

	prepare(crypto, live, at, &ks);
	mst_gba_proof_bsf_burst(crypto, live, &ks, in, expected);
	right = mst_gba_proof_check(live, (const mst_b16 *)expected, received);
	if (right != 0)
		derive(crypto, right, gba_u, &ks, at, naf);
	wipe_prepared(live, &ks);
	return right;
}

mst_lanes
vault_seal_burst(struct mst_crypto *crypto, mst_lanes live, vault_column at,
	const struct vault_exchange *exchange, const struct mst_oscore_plain *plain,
	struct mst_coap_build *build)
{
	struct mst_oscore_keys keys;
	mst_b32 secret[MST_LANES];
	const struct mst_oscore_exchange x = {
		exchange->profile, &keys, exchange->kid, exchange->request_piv};
	mst_lanes sealed;

	mst_for_lanes(i, live)
		memcpy(secret[i], at[i]->secret, sizeof(secret[i]));
	mst_oscore_derive_burst(crypto, exchange->profile, live, (const mst_b32 *)secret,
		exchange->rand, exchange->kid, &keys);
	sealed = mst_oscore_seal_request_burst(
		crypto, live, &x, exchange->with_context & live, exchange->rand, plain, build);
	mst_for_lanes(i, live) {
		memcpy(at[i]->server_key, keys.server_key[i], sizeof(keys.server_key[i]));
		memcpy(at[i]->common_iv, keys.common_iv[i], sizeof(keys.common_iv[i]));
		mst_wipe(secret[i], sizeof(secret[i]));
		mst_wipe(keys.client_key[i], sizeof(keys.client_key[i]));
		mst_wipe(keys.server_key[i], sizeof(keys.server_key[i]));
	}
	return sealed;
}

/** Whether an answer to GET /session names the session of this RAND. */
static int
check_session(const struct mst_ua_response *response, const mst_b16 rand)
{
	const char *bsf;
	size_t bsf_size;
	mst_b16 named;
	int err = mst_btid_parse((const char *)response->session.btid.data,
		response->session.btid.size, named, &bsf, &bsf_size);

	if (err == 0 && memcmp(named, rand, sizeof(named)) != 0)
		err = -MST_E_OSCORE_KID;
	return err;
}

/** What a request about a group that the device is in brings; a key is kept unless it is older. */
static int
take_managed(struct vault *vault, struct mst_ua_response *response, struct vault_answer *answer)
{
	if (answer->res == MST_RES_GROUP && response->code == MST_COAP_CONTENT) {
		if (response->key.num >= answer->num) {
			answer->num = response->key.num;
			memcpy(vault->kg, response->key.kg, sizeof(vault->kg));
		}
		mst_wipe(&response->key, sizeof(response->key));
	} else if (answer->res == MST_RES_GROUP_PENDING && response->code == MST_COAP_CONTENT) {
		answer->waiting = response->candidates.waiting;
	} else if (answer->res == MST_RES_GROUP_REKEY) {
		answer->num = response->num;
	}
	return 0;
}

/** Judges a decrypted answer and keeps what it brings. */
static int
take_answer(struct vault *vault, const mst_b16 rand, const uint8_t *plain, size_t size,
	struct vault_answer *answer)
{
	struct mst_ua_response response;
	int err = mst_ua_parse_response(plain, size, answer->res, &response);

	if (err != 0)
		return err;
	answer->code = response.code;
	answer->max_age_s = response.max_age;
	answer->error_id = response.error_id;
	answer->observed = response.observed;
	if (answer->res == MST_RES_SESSION && response.code == MST_COAP_CONTENT)
		return check_session(&response, rand);
	if (!response.has_location)
		return response.code < MST_COAP_BAD_REQUEST ? take_managed(vault, &response, answer)
							    : 0;
	if (answer->gid != 0 && response.gid != answer->gid)
		err = -MST_E_GROUP_UNKNOWN;
	else if (response.node != answer->imsi)
		err = -MST_E_NODE_OF_OTHER;
	if (err == 0) {
		answer->gid = vault->gid = response.gid;
		answer->num = response.key.num;
		memcpy(vault->kg, response.key.kg, sizeof(vault->kg));
	}
	mst_wipe(&response.key, sizeof(response.key));
	return err;
}

/** What a gateway that has lost its replay window wants to have back (RFC 9175 section 2). */
static void
take_echo(const uint8_t *plain, size_t size, struct vault_answer *answer)
{
	struct mst_coap_options opt;

	if (answer->error != 0 || answer->code != MST_COAP_UNAUTHORIZED ||
		mst_coap_parse_options(plain + 1, size - 1, &opt) != 0 ||
		(opt.has & MST_COAP_HAS_ECHO) == 0 || opt.echo.size != VAULT_ECHO)
		return;
	answer->has_echo = true;
	memcpy(answer->echo, opt.echo.data, VAULT_ECHO);
}

/** Parses the options; returns the lanes whose answer carries a Partial IV of its own. */
static mst_lanes
parse_options(mst_lanes live, const struct mst_coap_msg *outer, struct mst_oscore_option *option,
	struct vault_answer *answer)
{
	mst_lanes good = 0;

	mst_for_lanes(i, live) {
		const struct mst_coap_span *value = &outer[i].opt.oscore;
		int err = mst_oscore_option_parse_response(value->data, value->size, &option[i]);

		if (err == 0 && !option[i].has_piv)
			err = -MST_E_OSCORE_OPTION;
		answer[i].error = err;
		if (err == 0)
			good |= MST_LANE(i);
	}
	return good;
}

static uint64_t
tag_of(const struct mst_coap_span *ciphertext)
{
	return ciphertext->size >= sizeof(uint64_t)
		       ? mst_get_be64(ciphertext->data + ciphertext->size - sizeof(uint64_t))
		       : 0;
}

void
vault_open_burst(struct mst_crypto *crypto, mst_lanes live, vault_column at,
	const struct vault_exchange *exchange, const struct mst_coap_msg *outer,
	struct vault_answer *answer)
{
	struct mst_oscore_option option[MST_LANES];
	struct mst_oscore_keys keys;
	const struct mst_oscore_exchange x = {
		exchange->profile, &keys, exchange->kid, exchange->request_piv};
	struct mst_oscore_plain plain = {.capacity = MST_UA_SIZE_MAX};
	uint16_t status[MST_LANES];
	mst_lanes parsed = parse_options(live, outer, option, answer), opened;

	mst_for_lanes(i, parsed) {
		memcpy(keys.server_key[i], at[i]->server_key, sizeof(keys.server_key[i]));
		memcpy(keys.common_iv[i], at[i]->common_iv, sizeof(keys.common_iv[i]));
		plain.data[i] = (uint8_t *)(uintptr_t)outer[i].opt.payload.data;
		answer[i].tag = tag_of(&outer[i].opt.payload);
	}
	opened = mst_oscore_open_response_burst(crypto, parsed, &x, option, outer, &plain, status);
	mst_for_lanes(i, parsed & ~opened)
		answer[i].error = -(int)status[i];
	mst_for_lanes(i, opened) {
		answer[i].opened = true;
		answer[i].piv = option[i].piv;
		answer[i].piv_again = option[i].piv < at[i]->next_piv;
		answer[i].error = -MST_E_OSCORE_REPLAY;
		if (!answer[i].piv_again) {
			at[i]->next_piv = option[i].piv + 1;
			answer[i].error = take_answer(
				at[i], exchange->rand[i], plain.data[i], plain.size[i], &answer[i]);
			take_echo(plain.data[i], plain.size[i], &answer[i]);
		}
		mst_wipe(plain.data[i], plain.size[i]);
	}
	mst_for_lanes(i, parsed)
		mst_wipe(keys.server_key[i], sizeof(keys.server_key[i]));
}

bool
vault_group(const struct vault *vault, uint64_t *gid, mst_b16 kg)
{
	if (vault->gid == 0)
		return false;
	*gid = vault->gid;
	memcpy(kg, vault->kg, sizeof(vault->kg));
	return true;
}
