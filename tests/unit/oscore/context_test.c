/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "oscore/context.h"
#include "reference.h"

/* RFC 8613 Appendix C.1 to C.3; the server's view swaps the two keys. */
static const struct {
	const char *salt, *context, *client_id, *server_id, *client_key, *server_key, *common_iv;
} rows[] = {
	{"9e7ca92223786340", "", "", "01", "f0910ed7295e6ad4b54fc793154302ff",
		"ffb14e093c94c9cac9471648b4f98710", "4622d4dd6d944168eefb54987c"},
	{"", "", "00", "01", "321b26943253c7ffb6003b0b64d74041", "e57b5635815177cd679ab4bcec9d7dda",
		"be35ae297d2dace910c52e99f9"},
	{"9e7ca92223786340", "37cbf3210017a2d3", "", "01", "af2a1300a5e95788b356336eeecd2b92",
		"e39a0c7c77b43f03b4b39ab9a268699f", "2ca58fb85ff1b81c0b7181b85e"},
};

static void
vectors_on(struct mst_crypto *crypto)
{
	static struct mst_oscore_profile profile;
	static struct mst_oscore_keys keys;
	static mst_b32 secret[MST_LANES];
	static mst_b16 context[MST_LANES];
	static mst_oscore_id id[MST_LANES];

	for (size_t v = 0; v < sizeof(rows) / sizeof(rows[0]); v++) {
		uint8_t salt[8], server_id[1];
		mst_b16 want, iv = {0};
		struct mst_oscore_params params = {
			.master_salt = salt,
			.master_salt_size = hex(rows[v].salt, salt),
			.master_secret_size = hex("0102030405060708090a0b0c0d0e0f10", secret[0]),
			.id_context_size = hex(rows[v].context, context[0]),
			.client_id_size = hex(rows[v].client_id, id[0]),
			.server_id = server_id,
			.server_id_size = hex(rows[v].server_id, server_id),
		};

		assert_int_equal(mst_oscore_profile_init(&profile, crypto, &params), 0);
		mst_oscore_derive_burst(crypto, &profile, MST_LANE(0), (const mst_b32 *)secret,
			(const mst_b16 *)context, (const mst_oscore_id *)id, &keys);
		hex(rows[v].client_key, want);
		assert_memory_equal(keys.client_key[0], want, 16);
		hex(rows[v].server_key, want);
		assert_memory_equal(keys.server_key[0], want, 16);
		hex(rows[v].common_iv, iv);
		assert_memory_equal(keys.common_iv[0], iv, 16);
		mst_oscore_profile_fini(&profile);
		for (size_t i = 0; i < sizeof(profile); i++)
			assert_int_equal(((const uint8_t *)&profile)[i], 0);
	}
}

static void
vectors(void **state)
{
	(void)state;
	each_engine(vectors_on);
}

static struct mst_oscore_params
random_params(uint64_t *seed, uint8_t salt[64], uint8_t server_id[7])
{
	rnd_fill(seed, salt, 64);
	rnd_fill(seed, server_id, 7);
	return (struct mst_oscore_params){
		.master_salt = salt,
		.master_salt_size = rnd(seed) % 65,
		.master_secret_size = 1 + rnd(seed) % 32,
		.id_context_size = rnd(seed) % 17,
		.client_id_size = rnd(seed) % 8,
		.server_id = server_id,
		.server_id_size = rnd(seed) % 8,
	};
}

/* A burst over random lanes gives what OpenSSL gives one by one, and leaves dead rows alone. */
static void
random_on(struct mst_crypto *crypto)
{
	static struct mst_oscore_profile profile;
	static struct mst_oscore_keys keys, dead;
	static mst_b32 secret[MST_LANES];
	static mst_b16 context[MST_LANES];
	static mst_oscore_id id[MST_LANES];
	uint64_t seed = 4;

	memset(&dead, 0xee, sizeof(dead));
	for (unsigned round = 0; round < 60; round++) {
		uint8_t salt[64], server_id[7];
		struct mst_oscore_params p = random_params(&seed, salt, server_id);
		mst_lanes live = rnd_lanes(&seed);

		rnd_fill(&seed, secret, sizeof(secret));
		rnd_fill(&seed, context, sizeof(context));
		rnd_fill(&seed, id, sizeof(id));
		keys = dead;
		assert_int_equal(mst_oscore_profile_init(&profile, crypto, &p), 0);
		mst_oscore_derive_burst(crypto, &profile, live, (const mst_b32 *)secret,
			p.id_context_size ? (const mst_b16 *)context : NULL,
			p.client_id_size ? (const mst_oscore_id *)id : NULL, &keys);
		for (unsigned i = 0; i < MST_LANES; i++) {
			const struct ref_octets s = {salt, p.master_salt_size};
			const struct ref_octets m = {secret[i], p.master_secret_size};
			const struct ref_octets c = {
				p.id_context_size ? context[i] : NULL, p.id_context_size};
			mst_b16 client, server, iv = {0};

			if (!(live & MST_LANE(i))) {
				assert_memory_equal(keys.client_key[i], dead.client_key[i], 16);
				assert_memory_equal(keys.server_key[i], dead.server_key[i], 16);
				assert_memory_equal(keys.common_iv[i], dead.common_iv[i], 16);
				continue;
			}
			ref_derive(s, m, (struct ref_octets){id[i], p.client_id_size}, c, "Key",
				client, 16);
			ref_derive(s, m, (struct ref_octets){server_id, p.server_id_size}, c, "Key",
				server, 16);
			ref_derive(s, m, (struct ref_octets){NULL, 0}, c, "IV", iv, 13);
			assert_memory_equal(keys.client_key[i], client, 16);
			assert_memory_equal(keys.server_key[i], server, 16);
			assert_memory_equal(keys.common_iv[i], iv, 16);
		}
		mst_oscore_profile_fini(&profile);
	}
}

static void
random_lanes(void **state)
{
	(void)state;
	each_engine(random_on);
}

static void
bad_params(void **state)
{
	const struct mst_oscore_params good = {.master_secret_size = 32};
	static struct mst_oscore_profile profile, untouched;
	struct mst_crypto *crypto;

	(void)state;
	assert_int_equal(mst_crypto_create(&crypto, NULL), 0);
	for (unsigned i = 0; i < 6; i++) {
		struct mst_oscore_params p = good;

		p.master_salt_size = i == 0 ? 65 : 0;
		p.master_secret_size = i == 1 ? 0 : i == 2 ? 33 : 32;
		p.id_context_size = i == 3 ? 17 : 0;
		p.client_id_size = i == 4 ? 8 : 0;
		p.server_id_size = i == 5 ? 8 : 0;
		assert_int_equal(mst_oscore_profile_init(&profile, crypto, &p), -MST_E_ARGUMENT);
		assert_memory_equal(&profile, &untouched, sizeof(profile));
	}
	assert_int_equal(mst_oscore_profile_init(&profile, crypto, &good), 0);
	mst_oscore_profile_fini(&profile);
	mst_crypto_destroy(crypto);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(random_lanes),
		cmocka_unit_test(bad_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
