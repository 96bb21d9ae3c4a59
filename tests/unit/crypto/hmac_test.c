/* SPDX-License-Identifier: BSD-3-Clause */
#include "engines.h"

#include <openssl/hmac.h>

#include "base/text.h"

#define MESSAGE_MAX 247

struct hmac_vector {
	const char *key, *message, *mac;
};

/* RFC 4231, the test cases whose key has at most 64 octets; case 5 is truncated there. */
static const struct hmac_vector hmac_vectors[] = {
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"dddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddd",
		"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{"0102030405060708090a0b0c0d0e0f10111213141516171819",
		"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
		"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{"0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "546573742057697468205472756e636174696f6e",
		"a3b6167473100ee06e0c796c2955552b"},
};

static void
check_vectors(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_hmac_cols prepared;
	const uint8_t *message[MST_LANES];
	uint8_t key[64], text[MESSAGE_MAX], want[32];
	mst_b32 mac[MST_LANES];

	(void)rng;
	for (size_t v = 0; v < sizeof(hmac_vectors) / sizeof(hmac_vectors[0]); v++) {
		const struct hmac_vector *vector = &hmac_vectors[v];
		size_t key_size = strlen(vector->key) / 2, size = strlen(vector->message) / 2;
		size_t mac_size = strlen(vector->mac) / 2;

		assert_int_equal(mst_hex_decode(vector->key, 2 * key_size, key, key_size), 0);
		assert_int_equal(mst_hex_decode(vector->message, 2 * size, text, size), 0);
		assert_int_equal(mst_hex_decode(vector->mac, 2 * mac_size, want, mac_size), 0);
		for (unsigned i = 0; i < MST_LANES; i++)
			message[i] = text;
		mst_hmac_key_all(engine, ~(mst_lanes)0, key, key_size, &prepared);
		mst_hmac_burst(engine, ~(mst_lanes)0, &prepared, message, size, mac);
		for (unsigned i = 0; i < MST_LANES; i++)
			assert_memory_equal(mac[i], want, mac_size);
	}
}

/* The edges of the padding in the inner hash, else any size. */
static size_t
any_size(struct test_rng *rng)
{
	static const uint8_t edges[] = {0, 1, 55, 56, 63, 64, 119, 120, 127, 128, 183, 184, 247};
	unsigned pick = rng_below(rng, 2 * sizeof(edges));

	return pick < sizeof(edges) ? edges[pick] : rng_below(rng, MESSAGE_MAX + 1);
}

static void
scatter(struct test_rng *rng, uint8_t (*text)[MESSAGE_MAX], const uint8_t **message)
{
	/* Rows in another order than lanes, and at odd addresses. */
	unsigned turn = rng_below(rng, MST_LANES);

	rng_fill(rng, text, MST_LANES * sizeof(*text));
	for (unsigned i = 0; i < MST_LANES; i++)
		message[i] = text[(i * 37 + turn) % MST_LANES];
}

static void
check_column(struct mst_crypto *engine, struct test_rng *rng)
{
	static uint8_t text[MST_LANES][MESSAGE_MAX];
	static struct mst_hmac_cols prepared;
	const uint8_t *message[MST_LANES];
	mst_b32 key[MST_LANES], mac[MST_LANES], want;

	for (unsigned round = 0; round < 600; round++) {
		mst_lanes live = rng_lanes(rng);
		size_t size = any_size(rng);

		rng_fill(rng, key, sizeof(key));
		scatter(rng, text, message);
		memset(mac, DEAD, sizeof(mac));
		memset(&prepared, DEAD, sizeof(prepared));
		mst_hmac_key_burst(engine, live, key, &prepared);
		mst_hmac_burst(engine, live, &prepared, message, size, mac);
		mst_for_lanes(i, live) {
			HMAC(EVP_sha256(), key[i], 32, message[i], size, want, NULL);
			assert_memory_equal(mac[i], want, 32);
		}
		mst_for_lanes(i, ~live) {
			assert_dead(mac[i], 32);
			assert_dead(prepared.inner[i], 32);
			assert_dead(prepared.outer[i], 32);
		}
	}
}

static void
check_one_key(struct mst_crypto *engine, struct test_rng *rng)
{
	static uint8_t text[MST_LANES][MESSAGE_MAX];
	static struct mst_hmac_cols prepared;
	const uint8_t *message[MST_LANES];
	uint8_t key[64];
	mst_b32 mac[MST_LANES], want;

	for (int key_size = 0; key_size <= 64; key_size++) {
		mst_lanes live = rng_lanes(rng);
		size_t size = any_size(rng);

		rng_fill(rng, key, sizeof(key));
		scatter(rng, text, message);
		memset(&prepared, DEAD, sizeof(prepared));
		mst_hmac_key_all(
			engine, live, key_size != 0 ? key : NULL, (size_t)key_size, &prepared);
		mst_hmac_burst(engine, live, &prepared, message, size, mac);
		mst_for_lanes(i, live) {
			HMAC(EVP_sha256(), key, key_size, message[i], size, want, NULL);
			assert_memory_equal(mac[i], want, 32);
		}
		mst_for_lanes(i, ~live)
			assert_dead(prepared.inner[i], 32);
	}
}

/* A key prepared by one backend serves all others, and the MAC may replace its message. */
static void
check_interchange(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_hmac_cols prepared, other;
	struct mst_crypto *best;
	const uint8_t *message[MST_LANES];
	mst_b32 key[MST_LANES], mac[MST_LANES], want[MST_LANES];

	rng_fill(rng, key, sizeof(key));
	rng_fill(rng, mac, sizeof(mac));
	for (unsigned i = 0; i < MST_LANES; i++) {
		message[i] = mac[i];
		HMAC(EVP_sha256(), key[i], 32, mac[i], 32, want[i], NULL);
	}
	assert_int_equal(mst_crypto_create(&best, NULL), 0);
	mst_hmac_key_burst(best, ~(mst_lanes)0, key, &prepared);
	mst_hmac_key_burst(engine, ~(mst_lanes)0, key, &other);
	assert_memory_equal(&prepared, &other, sizeof(prepared));
	mst_hmac_burst(engine, ~(mst_lanes)0, &prepared, message, 32, mac);
	assert_memory_equal(mac, want, sizeof(mac));
	mst_crypto_destroy(best);
}

/* Messages of every size at both ends of a page: nothing outside them may be read. */
static void
check_bounds(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_hmac_cols prepared;
	struct guarded page = guarded_map();
	const uint8_t *message[MST_LANES];
	mst_b32 key, mac[MST_LANES], want;

	rng_fill(rng, key, sizeof(key));
	rng_fill(rng, page.start, GUARDED_SIZE);
	mst_hmac_key_all(engine, ~(mst_lanes)0, key, sizeof(key), &prepared);
	for (size_t size = 0; size <= MESSAGE_MAX; size++) {
		mst_lanes live = mst_lanes_first(1 + (unsigned)size % MST_LANES);

		for (unsigned i = 0; i < MST_LANES; i++)
			message[i] = i % 2 ? page.start : page.end - size;
		mst_hmac_burst(engine, live, &prepared, message, size, mac);
		mst_for_lanes(i, live) {
			HMAC(EVP_sha256(), key, sizeof(key), message[i], size, want, NULL);
			assert_memory_equal(mac[i], want, 32);
		}
	}
	guarded_unmap(&page);
}

static void
nothing_beyond_a_message_is_read(void **state)
{
	(void)state;
	on_every_engine(check_bounds);
}

static void
rfc4231_vectors(void **state)
{
	(void)state;
	on_every_engine(check_vectors);
}

static void
key_columns_agree_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_column);
}

static void
one_key_agrees_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_one_key);
}

static void
prepared_keys_are_interchangeable(void **state)
{
	(void)state;
	on_every_engine(check_interchange);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4231_vectors),
		cmocka_unit_test(key_columns_agree_with_openssl),
		cmocka_unit_test(one_key_agrees_with_openssl),
		cmocka_unit_test(prepared_keys_are_interchangeable),
		cmocka_unit_test(nothing_beyond_a_message_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
