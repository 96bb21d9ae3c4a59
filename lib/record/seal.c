/* SPDX-License-Identifier: BSD-3-Clause */
#include "record/seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "crypto/crypto.h"

#define KEYRING_ROOM 64

int
mst_seal_init(struct mst_seal *seal, const struct mst_gcm *sibling, uint32_t id, const mst_b32 key)
{
	*seal = (struct mst_seal){.id = id};
	return mst_gcm_create(&seal->gcm, sibling, key);
}

void
mst_seal_fini(struct mst_seal *seal)
{
	mst_gcm_destroy(seal->gcm);
	*seal = (struct mst_seal){0};
}

static void
count_nonce(uint64_t count, uint8_t nonce[MST_GCM_NONCE])
{
	mst_put_be32(nonce, 0);
	mst_put_be64(nonce + 4, count);
}

void
mst_seal_put(struct mst_seal *seal, const void *aad, size_t aad_size, const void *secret,
	size_t size, uint8_t *out)
{
	uint8_t nonce[MST_GCM_NONCE];

	seal->count++;
	count_nonce(seal->count, nonce);
	mst_put_be32(out, seal->id);
	mst_put_be64(out + MST_DEK_ID, seal->count);
	out += MST_DEK_ID + 8;
	mst_gcm_seal(seal->gcm, nonce, aad, aad_size, secret, size, out, out + size);
}

static struct mst_gcm *
find(const struct mst_keyring *keys, uint32_t id)
{
	for (size_t i = keys->count; i-- > 0;)
		if (keys->at[i].id == id)
			return keys->at[i].gcm;
	return NULL;
}

static int
make_room(struct mst_keyring *keys)
{
	size_t room = keys->room + KEYRING_ROOM;
	struct mst_keyring_row *at;

	if (keys->count < keys->room)
		return 0;
	at = realloc(keys->at, room * sizeof(*at));
	if (at == NULL)
		return -MST_E_NO_MEMORY;
	keys->at = at;
	keys->room = room;
	return 0;
}

int
mst_keyring_add(struct mst_keyring *keys, uint32_t id, const mst_b32 key)
{
	struct mst_gcm *gcm;
	int err;

	if (find(keys, id) != NULL)
		return -MST_E_EXISTS;
	err = make_room(keys);
	if (err == 0)
		err = mst_gcm_create(&gcm, keys->count > 0 ? keys->at[0].gcm : NULL, key);
	if (err)
		return err;
	keys->at[keys->count++] = (struct mst_keyring_row){id, gcm};
	return 0;
}

void
mst_keyring_fini(struct mst_keyring *keys)
{
	while (keys->count > 0)
		mst_gcm_destroy(keys->at[--keys->count].gcm);
	free(keys->at);
	*keys = (struct mst_keyring){0};
}

int
mst_keyring_open(const struct mst_keyring *keys, const void *aad, size_t aad_size,
	const uint8_t *sealed, void *secret, size_t size)
{
	struct mst_gcm *gcm = find(keys, mst_get_be32(sealed));
	uint8_t nonce[MST_GCM_NONCE];

	if (gcm == NULL) {
		memset(secret, 0, size);
		return -MST_E_RECORD_KEY;
	}
	count_nonce(mst_get_be64(sealed + MST_DEK_ID), nonce);
	sealed += MST_DEK_ID + 8;
	return mst_gcm_open(gcm, nonce, aad, aad_size, sealed, size, sealed + size, secret)
		       ? 0
		       : -MST_E_RECORD_TAG;
}

int
mst_kek_init(struct mst_kek *kek, const mst_b32 key)
{
	static const char label[] = "muster key-encryption key id";
	const uint8_t *message[MST_LANES] = {(const uint8_t *)label};
	struct mst_hmac_cols *prepared = aligned_alloc(64, sizeof(*prepared));
	struct mst_crypto *crypto = NULL;
	mst_b32 mac[MST_LANES];
	int err = prepared != NULL ? mst_crypto_create(&crypto, NULL) : -MST_E_NO_MEMORY;

	*kek = (struct mst_kek){0};
	if (err == 0)
		err = mst_gcm_create(&kek->gcm, NULL, key);
	if (err == 0) {
		mst_hmac_key_all(crypto, 1, key, sizeof(mst_b32), prepared);
		mst_hmac_burst(crypto, 1, prepared, message, sizeof(label) - 1, mac);
		memcpy(kek->id, mac[0], sizeof(kek->id));
		mst_wipe(prepared->inner[0], sizeof(prepared->inner[0]));
		mst_wipe(prepared->outer[0], sizeof(prepared->outer[0]));
	}
	mst_crypto_destroy(crypto);
	free(prepared);
	return err;
}

void
mst_kek_fini(struct mst_kek *kek)
{
	mst_gcm_destroy(kek->gcm);
	*kek = (struct mst_kek){0};
}

void
mst_kek_wrap(struct mst_kek *kek, const uint8_t nonce[MST_GCM_NONCE], const void *aad,
	size_t aad_size, const mst_b32 key, uint8_t *out)
{
	memcpy(out, nonce, MST_GCM_NONCE);
	out += MST_GCM_NONCE;
	mst_gcm_seal(
		kek->gcm, nonce, aad, aad_size, key, sizeof(mst_b32), out, out + sizeof(mst_b32));
}

bool
mst_kek_unwrap(
	struct mst_kek *kek, const void *aad, size_t aad_size, const uint8_t *wrapped, mst_b32 key)
{
	const uint8_t *text = wrapped + MST_GCM_NONCE;

	return mst_gcm_open(kek->gcm, wrapped, aad, aad_size, text, sizeof(mst_b32),
		text + sizeof(mst_b32), key);
}
