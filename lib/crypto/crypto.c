/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/crypto.h"

#include <assert.h>

#include "base/err.h"
#include "crypto/backend.h"

#define HMAC_KEY_MAX     64
#define HMAC_MESSAGE_MAX 247

/*
 * Best first, as measured over the mix of a join, of which hashing is most. A CPU without SHA-NI
 * has no native backend; there IPsec-MB's wider registers win.
 */
static const struct mst_backend *const backends[] = {
	&mst_backend_native_avx512,
	&mst_backend_native_avx,
	&mst_backend_native_sse,
	&mst_backend_imb_avx512,
	&mst_backend_imb_avx2,
	&mst_backend_imb_sse,
};

static const struct mst_backend *
usable_backend(unsigned index)
{
	for (unsigned i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (backends[i]->usable() && index-- == 0)
			return backends[i];
	return NULL;
}

static const struct mst_backend *
find_backend(const char *name)
{
	const struct mst_backend *b;

	if (name == NULL)
		return usable_backend(0);
	for (unsigned i = 0; (b = usable_backend(i)) != NULL; i++)
		if (strcmp(b->name, name) == 0)
			return b;
	return NULL;
}

int
mst_crypto_create(struct mst_crypto **engine, const char *backend)
{
	const struct mst_backend *b = find_backend(backend);
	struct mst_crypto *e;

	if (b == NULL)
		return -MST_E_UNSUPPORTED;
	e = b->create();
	if (e == NULL)
		return -MST_E_NO_MEMORY;
	e->ops = b;
	*engine = e;
	return 0;
}

void
mst_crypto_destroy(struct mst_crypto *engine)
{
	if (engine != NULL)
		engine->ops->destroy(engine);
}

const char *
mst_crypto_name(const struct mst_crypto *engine)
{
	return engine->ops->name;
}

const char *
mst_crypto_backend(unsigned index)
{
	const struct mst_backend *b = usable_backend(index);

	return b != NULL ? b->name : NULL;
}

void
mst_aes_burst(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key, const mst_b16 *in,
	mst_b16 *out)
{
	if (live != 0)
		engine->ops->aes(engine, live, key, in, out);
}

void
mst_aes_fan_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan)
{
	assert(fan->out[0] == NULL || fan->in1 != NULL);
	if (live != 0)
		engine->ops->fan(engine, live, fan);
}

void
mst_aes_key_init(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded)
{
	engine->ops->aes_key(engine, key, expanded);
}

void
mst_aes_encrypt_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out)
{
	if (live != 0)
		engine->ops->encrypt(engine, live, key, in, out);
}

void
mst_aes_decrypt_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out)
{
	if (live != 0)
		engine->ops->decrypt(engine, live, key, in, out);
}

void
mst_hmac_key_burst(struct mst_crypto *engine, mst_lanes live, const mst_b32 *key,
	struct mst_hmac_cols *prepared)
{
	if (live != 0)
		engine->ops->hmac_key(
			engine, live, key[0], sizeof(key[0]), sizeof(key[0]), prepared);
}

void
mst_hmac_key_all(struct mst_crypto *engine, mst_lanes live, const uint8_t *key, size_t key_size,
	struct mst_hmac_cols *prepared)
{
	unsigned first;

	assert(key_size <= HMAC_KEY_MAX);
	if (live == 0)
		return;
	first = (unsigned)__builtin_ctzll(live);
	engine->ops->hmac_key(engine, MST_LANE(first), key, 0, key_size, prepared);
	mst_for_lanes(i, live & ~MST_LANE(first)) {
		memcpy(prepared->inner[i], prepared->inner[first], sizeof(prepared->inner[i]));
		memcpy(prepared->outer[i], prepared->outer[first], sizeof(prepared->outer[i]));
	}
}

void
mst_hmac_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_hmac_cols *prepared,
	const uint8_t *const *message, size_t size, mst_b32 *mac)
{
	assert(size <= HMAC_MESSAGE_MAX);
	if (live != 0)
		engine->ops->hmac(engine, live, prepared, message, size, mac);
}

void
mst_sha1_16_burst(
	struct mst_crypto *engine, mst_lanes live, const mst_b16 *in, uint8_t (*digest)[20])
{
	if (live != 0)
		engine->ops->sha1_16(engine, live, in, digest);
}

void
mst_ccm_seal_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)
{
	if (live != 0)
		engine->ops->seal(engine, live, ops);
}

mst_lanes
mst_ccm_open_burst(struct mst_crypto *engine, mst_lanes live, const struct mst_ccm_cols *ops)
{
	mst_for_lanes(i, live)
		if (ops->in_size[i] < MST_CCM_TAG)
			live &= ~MST_LANE(i);
	return live != 0 ? engine->ops->open(engine, live, ops) : 0;
}
