/* SPDX-License-Identifier: BSD-3-Clause */
#include "oscore/context.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "oscore/hkdf.h"
#include "oscore/wipe.h"

#define KEY_SIZE 16
#define IV_SIZE  13

/*
 * Pieces of fixed width are written one over the end of the other, so that no length varies inside
 * the loop over lanes: 3 heads, an ID, an ID Context and the tail.
 */
#define TAIL      8
#define INFO_ROOM 48
_Static_assert(3 + MST_OSCORE_ID_MAX + sizeof(mst_b16) + TAIL <= INFO_ROOM, "info fits its row");

/* End of info, [.., alg_aead, type, L] (section 3.2.1), and the counter of HKDF-Expand's only
 * block. */
static const uint8_t tail_key[TAIL] = {0x0a, 0x63, 'K', 'e', 'y', KEY_SIZE, 0x01};
static const uint8_t tail_iv[TAIL] = {0x0a, 0x62, 'I', 'V', IV_SIZE, 0x01};
#define TAIL_KEY_SIZE 7
#define TAIL_IV_SIZE  6

static const mst_oscore_id no_id;
static const mst_b16 no_context;

struct derivation {
	struct mst_hmac_cols prk;
	mst_b32 mac[MST_LANES];
	uint8_t info[MST_LANES][INFO_ROOM];
	const uint8_t *message[MST_LANES];
};

int
mst_oscore_profile_init(struct mst_oscore_profile *profile, struct mst_crypto *crypto,
	const struct mst_oscore_params *params)
{
	if (params->master_salt_size > MST_OSCORE_SALT_MAX || params->master_secret_size < 1 ||
		params->master_secret_size > sizeof(mst_b32) ||
		params->id_context_size > sizeof(mst_b16) ||
		params->client_id_size > MST_OSCORE_ID_MAX ||
		params->server_id_size > MST_OSCORE_ID_MAX)
		return -MST_E_ARGUMENT;
	mst_hmac_key_all(crypto, ~(mst_lanes)0,
		params->master_salt_size > 0 ? params->master_salt : no_context,
		params->master_salt_size, &profile->salt);
	memset(profile->server_id, 0, sizeof(profile->server_id));
	if (params->server_id_size > 0)
		memcpy(profile->server_id, params->server_id, params->server_id_size);
	profile->server_id_size = (uint8_t)params->server_id_size;
	profile->client_id_size = (uint8_t)params->client_id_size;
	profile->master_secret_size = (uint8_t)params->master_secret_size;
	profile->id_context_size = (uint8_t)params->id_context_size;
	return 0;
}

void
mst_oscore_profile_fini(struct mst_oscore_profile *profile)
{
	mst_wipe(profile, sizeof(*profile));
}

/** Writes info [id, id_context, ..tail] and returns its size. */
static size_t
write_info(uint8_t row[INFO_ROOM], const uint8_t *id, size_t id_size, const uint8_t *context,
	size_t context_size, const uint8_t tail[TAIL], size_t tail_size)
{
	uint8_t *p = row + 2;

	row[0] = 0x85;
	row[1] = (uint8_t)(0x40 | id_size);
	memcpy(p, id, MST_OSCORE_ID_MAX);
	p += id_size;
	*p++ = context_size > 0 ? (uint8_t)(0x40 | context_size) : 0xf6;
	memcpy(p, context, sizeof(mst_b16));
	p += context_size;
	memcpy(p, tail, TAIL);
	return (size_t)(p - row) + tail_size;
}

/**
 * HKDF-Expand of one block for each lane, from the ID in ids[] (a column, or one ID for all lanes
 * if id_step is 0) and the ID Context, to d->mac.
 */
static void
expand(struct mst_crypto *crypto, const struct mst_oscore_profile *profile, mst_lanes live,
	const mst_oscore_id *ids, size_t id_step, size_t id_size, const mst_b16 *id_context,
	const uint8_t tail[TAIL], size_t tail_size, struct derivation *d)
{
	size_t context_step = profile->id_context_size > 0 ? 1 : 0;
	const mst_b16 *contexts = context_step ? id_context : &no_context;
	size_t size = 0;

	mst_for_lanes(i, live)
		size = write_info(d->info[i], ids[i * id_step], id_size, contexts[i * context_step],
			profile->id_context_size, tail, tail_size);
	mst_hmac_burst(crypto, live, &d->prk, d->message, size, d->mac);
}

void
mst_oscore_derive_burst(struct mst_crypto *crypto, const struct mst_oscore_profile *profile,
	mst_lanes live, const mst_b32 *master_secret, const mst_b16 *id_context,
	const mst_oscore_id *client_id, struct mst_oscore_keys *keys)
{
	size_t id_step = profile->client_id_size > 0 ? 1 : 0;
	struct derivation d;

	if (live == 0)
		return;
	assert(id_context != NULL || profile->id_context_size == 0);
	assert(client_id != NULL || id_step == 0);
	mst_for_lanes(i, live)
		d.message[i] = master_secret[i];
	mst_hkdf_extract_burst(
		crypto, live, &profile->salt, d.message, profile->master_secret_size, d.mac);
	mst_hmac_key_burst(crypto, live, d.mac, &d.prk);

	mst_for_lanes(i, live)
		d.message[i] = d.info[i];
	expand(crypto, profile, live, id_step ? client_id : &no_id, id_step,
		profile->client_id_size, id_context, tail_key, TAIL_KEY_SIZE, &d);
	mst_for_lanes(i, live)
		memcpy(keys->client_key[i], d.mac[i], KEY_SIZE);
	expand(crypto, profile, live, &profile->server_id, 0, profile->server_id_size, id_context,
		tail_key, TAIL_KEY_SIZE, &d);
	mst_for_lanes(i, live)
		memcpy(keys->server_key[i], d.mac[i], KEY_SIZE);
	expand(crypto, profile, live, &no_id, 0, 0, id_context, tail_iv, TAIL_IV_SIZE, &d);
	mst_for_lanes(i, live) {
		memset(d.mac[i] + IV_SIZE, 0, sizeof(mst_b16) - IV_SIZE);
		memcpy(keys->common_iv[i], d.mac[i], sizeof(mst_b16));
	}
	mst_wipe_rows(live, d.mac, sizeof(d.mac[0]));
	mst_wipe_rows(live, d.prk.inner, sizeof(d.prk.inner[0]));
	mst_wipe_rows(live, d.prk.outer, sizeof(d.prk.outer[0]));
}
