/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys and proofs: reference values, and every function against OpenSSL. */
#include "help.h"

#include <openssl/hmac.h>

#include "gba/keys.h"

#define KS    "b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441"
#define RAND  "23553cbe9637a89d218ae64dae47bf35"
#define NAF   "naf.example.com"
#define BSF   "bsf.example.com"
#define BTID  "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.example.com"
#define KEY_2 "f265d29189603ed3d4b275b8dd60a9d0064a8394299c73025bc349a5c9a86ad0"
#define KEY_U "f00480881c74c509654a246c330329f1287a0d3735994e778869a7bc83b9c315"
#define KEY_7 "49a316662105d2f3c3c9a1b58ca722a35d4a4e55d2b3dbe59a903bcc39ddab18"
#define TMPI  "i5QWL+4kQThV2TMMzgK30l/xO7H1zm/t"

static const char imsi_text[] = "001010000000001";

/* Columns with one row repeated, as large as the tests need. */
static struct mst_hmac_cols prepared;
static mst_b16 ck[MST_LANES], ik[MST_LANES], rand_col[MST_LANES];
static uint64_t imsi[MST_LANES];
static uint8_t mnc_size[MST_LANES];

static void
load_reference(struct mst_crypto *engine, mst_lanes live)
{
	mst_b32 ks;

	unhex(KS, ks, sizeof(ks));
	mst_for_lanes(i, live) {
		memcpy(ck[i], ks, 16);
		memcpy(ik[i], ks + 16, 16);
		unhex(RAND, rand_col[i], 16);
		assert_int_equal(mst_imsi_encode(imsi_text, 15, &imsi[i]), 0);
		mnc_size[i] = 2;
	}
	mst_gba_key_burst(engine, live, ck, ik, &prepared);
}

static void
make_ks_naf(struct mst_crypto *engine, mst_lanes live, mst_lanes gba_u, const char *fqdn,
	const char *ua, mst_b32 *out)
{
	uint8_t id[MST_UA_ID];
	struct mst_naf_id naf_id;
	struct mst_gba_naf_in in = {rand_col, imsi, mnc_size, &naf_id};

	unhex(ua, id, sizeof(id));
	assert_int_equal(mst_naf_id_init(&naf_id, fqdn, strlen(fqdn), id), 0);
	mst_gba_ks_naf_burst(engine, live, gba_u, &prepared, &in, out);
}

/* Computed with OpenSSL from the formulas of TS 33.220 Annex B.3 and the Milenage values of
 * TS 35.208 set 1. */
static void
ks_naf_reference(void **state)
{
	static const struct {
		mst_lanes gba_u;
		const char *ua, *key;
	} rows[] = {{0, "0100000002", KEY_2}, {1, "0100000002", KEY_U}, {0, "0100000007", KEY_7}};
	mst_b32 out[MST_LANES], want;

	load_reference(*state, 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		unhex(rows[i].key, want, sizeof(want));
		make_ks_naf(*state, 1, rows[i].gba_u, NAF, rows[i].ua, out);
		assert_memory_equal(out[0], want, sizeof(want));
	}
}

/* TMPI (TS 33.220 Annex B.4) has a Ks_NAF for the BSF itself as its source. */
static void
tmpi_reference(void **state)
{
	char text[MST_BASE64_SIZE(24) + 1];
	mst_b32 out[MST_LANES];

	load_reference(*state, 1);
	make_ks_naf(*state, 1, 0, BSF, "0100000100", out);
	mst_base64_encode(out[0], 24, text);
	assert_string_equal(text, TMPI);
}

static void
both_kinds_in_one_batch(void **state)
{
	const mst_lanes live = 0xf00f00000000ff01, gba_u = 0x5555555555555555;
	mst_b32 out[MST_LANES], me, u, untouched;

	memset(out, 0xee, sizeof(out));
	memset(untouched, 0xee, sizeof(untouched));
	unhex(KEY_2, me, 32);
	unhex(KEY_U, u, 32);
	load_reference(*state, live);
	make_ks_naf(*state, live, gba_u, NAF, "0100000002", out);
	for (unsigned i = 0; i < MST_LANES; i++)
		assert_memory_equal(out[i],
			!(live & MST_LANE(i)) ? untouched
			: gba_u & MST_LANE(i) ? u
					      : me,
			32);
}

static void
naf_id_limits(void **state)
{
	const uint8_t ua[MST_UA_ID] = {0xff, 0, 0, 0, 1};
	struct mst_naf_id id = {.size = 99};
	char fqdn[MST_FQDN_NAF_MAX + 1];

	(void)state;
	memset(fqdn, 'a', sizeof(fqdn));
	assert_int_equal(mst_naf_id_init(&id, fqdn, 0, ua), -MST_E_ARGUMENT);
	assert_int_equal(mst_naf_id_init(&id, fqdn, sizeof(fqdn), ua), -MST_E_ARGUMENT);
	assert_int_equal(id.size, 99);
	assert_int_equal(mst_naf_id_init(&id, fqdn, 1, ua), 0);
	assert_int_equal(id.size, 6);
	assert_int_equal(mst_naf_id_init(&id, fqdn, MST_FQDN_NAF_MAX, ua), 0);
	assert_int_equal(id.size, MST_NAF_ID_MAX);
	assert_memory_equal(id.octets + MST_FQDN_NAF_MAX, ua, MST_UA_ID);
}

/* An S built in the plainest way, and its HMAC by OpenSSL. */
struct plain_kdf {
	uint8_t s[256];
	size_t size;
};

static void
plain_put(struct plain_kdf *k, const void *p, size_t n)
{
	memcpy(k->s + k->size, p, n);
	k->size += n;
	k->s[k->size++] = (uint8_t)(n >> 8);
	k->s[k->size++] = (uint8_t)n;
}

static void
expect_kdf(const struct plain_kdf *k, unsigned lane, const uint8_t *got, size_t n)
{
	uint8_t key[32], mac[32];
	unsigned mac_size = sizeof(mac);

	memcpy(key, ck[lane], 16);
	memcpy(key + 16, ik[lane], 16);
	assert_non_null(HMAC(EVP_sha256(), key, sizeof(key), k->s, k->size, mac, &mac_size));
	assert_memory_equal(got, mac, n);
}

/* Random identities of all lengths, so that one batch has many lengths of S. */
static void
load_random(struct mst_crypto *engine, uint64_t *seed, mst_lanes live)
{
	fill(seed, ck, sizeof(ck));
	fill(seed, ik, sizeof(ik));
	fill(seed, rand_col, sizeof(rand_col));
	for (unsigned i = 0; i < MST_LANES; i++) {
		char digits[15];
		size_t n = 6 + next_number(seed) % 10;

		for (size_t d = 0; d < n; d++)
			digits[d] = (char)('0' + next_number(seed) % 10);
		assert_int_equal(mst_imsi_encode(digits, n, &imsi[i]), 0);
		mnc_size[i] = (uint8_t)(2 + next_number(seed) % 2);
	}
	mst_gba_key_burst(engine, live, ck, ik, &prepared);
}

static void
ks_naf_equals_openssl(void **state)
{
	mst_b32 out[MST_LANES];
	uint64_t seed = 1;

	for (unsigned round = 0; round < 200; round++) {
		mst_lanes live = round == 0 ? 0 : next_number(&seed) | next_number(&seed);
		mst_lanes gba_u = next_number(&seed);

		load_random(*state, &seed, live);
		make_ks_naf(*state, live, gba_u, NAF, "ff00000001", out);
		mst_for_lanes(i, live) {
			struct plain_kdf k = {{0x01}, 1};
			bool u = (gba_u & MST_LANE(i)) != 0;
			char impi[MST_IMPI_SIZE_MAX];

			plain_put(&k, u ? "gba-u" : "gba-me", u ? 5 : 6);
			plain_put(&k, rand_col[i], 16);
			plain_put(&k, impi, mst_impi_build(imsi[i], mnc_size[i], impi));
			plain_put(&k, NAF "\xff\0\0\0\1", 20);
			expect_kdf(&k, i, out[i], 32);
		}
	}
}

static void
device_proof_equals_openssl(void **state)
{
	static uint8_t res[MST_LANES][MST_GBA_RES_SIZE], cookies[MST_LANES][MST_COOKIE_MAX];
	static uint8_t cookie_size[MST_LANES];
	const uint8_t *cookie[MST_LANES];
	struct mst_gba_device_in in = {res, cookie, cookie_size, imsi};
	mst_b16 proof[MST_LANES];
	uint64_t seed = 2;

	for (unsigned round = 0; round < 200; round++) {
		mst_lanes live = next_number(&seed);

		load_random(*state, &seed, live);
		fill(&seed, res, sizeof(res));
		fill(&seed, cookies, sizeof(cookies));
		for (unsigned i = 0; i < MST_LANES; i++) {
			cookie[i] = cookies[i];
			cookie_size[i] = (uint8_t)(round % 2 ? 16 : 1 + next_number(&seed) % 40);
		}
		mst_gba_proof_device_burst(*state, live, &prepared, &in, proof);
		mst_for_lanes(i, live) {
			struct plain_kdf k = {{0xf0}, 1};
			char digits[15];

			plain_put(&k, "ub-ue", 5);
			plain_put(&k, res[i], 8);
			plain_put(&k, cookies[i], cookie_size[i]);
			plain_put(&k, digits, mst_imsi_decode(imsi[i], digits));
			expect_kdf(&k, i, proof[i], 16);
		}
	}
}

static void
bsf_proof_equals_openssl(void **state)
{
	static mst_b16 device[MST_LANES];
	static uint8_t server_id[MST_LANES], btid_size[MST_LANES];
	static uint32_t lifetime[MST_LANES];
	static char btids[MST_LANES][MST_BTID_SIZE_MAX];
	const uint8_t *client_id[MST_LANES];
	const char *btid[MST_LANES];
	struct mst_gba_bsf_in in = {device, lifetime, client_id, server_id, btid, btid_size};
	mst_b16 proof[MST_LANES];
	uint64_t seed = 3;

	for (unsigned round = 0; round < 200; round++) {
		mst_lanes live = next_number(&seed);

		load_random(*state, &seed, live);
		fill(&seed, device, sizeof(device));
		fill(&seed, server_id, sizeof(server_id));
		fill(&seed, lifetime, sizeof(lifetime));
		fill(&seed, btids, sizeof(btids));
		for (unsigned i = 0; i < MST_LANES; i++) {
			client_id[i] = rand_col[i];
			btid[i] = btids[i];
			btid_size[i] = (uint8_t)(round % 2 ? 40 : 26 + next_number(&seed) % 103);
		}
		mst_gba_proof_bsf_burst(*state, live, &prepared, &in, proof);
		mst_for_lanes(i, live) {
			struct plain_kdf k = {{0xf0}, 1};
			uint8_t be[4] = {(uint8_t)(lifetime[i] >> 24), (uint8_t)(lifetime[i] >> 16),
				(uint8_t)(lifetime[i] >> 8), (uint8_t)lifetime[i]};

			plain_put(&k, "ub-bsf", 6);
			plain_put(&k, device[i], 16);
			plain_put(&k, be, 4);
			plain_put(&k, rand_col[i], 7);
			plain_put(&k, &server_id[i], 1);
			plain_put(&k, btids[i], btid_size[i]);
			expect_kdf(&k, i, proof[i], 16);
		}
	}
}

static void
proofs_are_compared_whole(void **state)
{
	mst_b16 expected[MST_LANES], received[MST_LANES];
	const uint8_t *at[MST_LANES];
	uint64_t seed = 4;

	(void)state;
	fill(&seed, expected, sizeof(expected));
	memcpy(received, expected, sizeof(expected));
	for (unsigned i = 0; i < MST_LANES; i++)
		at[i] = received[i];
	for (unsigned bit = 0; bit < 128; bit++) {
		unsigned lane = bit % MST_LANES;

		received[lane][bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(mst_gba_proof_check(~(mst_lanes)0, expected, at) == ~MST_LANE(lane));
		assert_true(mst_gba_proof_check(MST_LANE(lane), expected, at) == 0);
		received[lane][bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(mst_gba_proof_check(0xff00, expected, at) == 0xff00);
}

static void
btid_text(void **state)
{
	char text[MST_BTID_SIZE_MAX], fqdn[MST_FQDN_BSF_MAX];
	mst_b16 rand, back;
	const char *bsf;
	size_t n;

	(void)state;
	unhex(RAND, rand, 16);
	n = mst_btid_build(rand, BSF, strlen(BSF), text);
	assert_int_equal(n, strlen(BTID));
	assert_memory_equal(text, BTID, n);
	assert_int_equal(mst_btid_parse(text, n, back, &bsf, &n), 0);
	assert_memory_equal(back, rand, 16);
	assert_int_equal(n, strlen(BSF));
	assert_memory_equal(bsf, BSF, n);

	memset(fqdn, 'x', sizeof(fqdn));
	assert_int_equal(mst_btid_build(rand, fqdn, 1, text), MST_BTID_SIZE_MIN);
	assert_int_equal(mst_btid_build(rand, fqdn, sizeof(fqdn), text), MST_BTID_SIZE_MAX);
	assert_int_equal(mst_btid_parse(text, MST_BTID_SIZE_MAX, back, &bsf, &n), 0);
	assert_int_equal(n, sizeof(fqdn));
}

static void
btid_refuses(void **state)
{
	static const char *const rows[] = {
		"",
		"I1U8vpY3qJ0hiuZNrke/NQ==@",
		"I1U8vpY3qJ0hiuZNrke/NQ==-bsf.example.com",
		"I1U8vpY3qJ0hiuZNrke/NR==@bsf.example.com", /* spare bits */
		"I1U8vpY3qJ0hiuZNrke/NQAA@bsf.example.com", /* 18 octets */
		"I1U8vpY3qJ0hiuZNrke/N*==@bsf.example.com",
		"I1U8vpY3qJ0hiuZNrke_NQ==@bsf.example.com", /* base64url */
		"I1U8vpY3qJ0hiuZNrke/NQ@bsf.example.com..",
	};
	char text[MST_BTID_SIZE_MAX + 1];
	mst_b16 rand = {7}, kept = {7};
	const char *bsf = "kept";
	size_t n = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(mst_btid_parse(rows[i], strlen(rows[i]), rand, &bsf, &n),
			-MST_E_CBOR_RANGE);
	memset(text, 'x', sizeof(text));
	memcpy(text, BTID, 25);
	assert_int_equal(mst_btid_parse(text, sizeof(text), rand, &bsf, &n), -MST_E_CBOR_RANGE);
	assert_memory_equal(rand, kept, 16);
	assert_string_equal(bsf, "kept");
	assert_int_equal(n, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ks_naf_reference),
		cmocka_unit_test(tmpi_reference),
		cmocka_unit_test(both_kinds_in_one_batch),
		cmocka_unit_test(naf_id_limits),
		cmocka_unit_test(ks_naf_equals_openssl),
		cmocka_unit_test(device_proof_equals_openssl),
		cmocka_unit_test(bsf_proof_equals_openssl),
		cmocka_unit_test(proofs_are_compared_whole),
		cmocka_unit_test(btid_text),
		cmocka_unit_test(btid_refuses),
	};

	return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
