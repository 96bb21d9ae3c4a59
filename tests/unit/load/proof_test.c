/* SPDX-License-Identifier: BSD-3-Clause */
/* The proof of agreement finds every planted mismatch, and nothing where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text.h"
#include "proof.h"

#define GROUPS  200
#define MEMBERS 7

static struct mst_crypto *crypto;
static struct proof *proof;
static struct proof_verdict verdict;

static void
kg_of(uint32_t group, mst_b16 kg)
{
	memset(kg, 0x5a, sizeof(mst_b16));
	mst_put_be32(kg + 5, group * 2654435761u);
}

static uint64_t
gid_of(uint32_t group)
{
	return 1 + (uint64_t)group * 0x9e3779b97f4a7c15u;
}

/** The key id by OpenSSL, from the 16 octets alone. */
static void
key_id_of(const mst_b16 kg, char text[PROOF_KEY_ID + 1])
{
	uint8_t mac[32];
	unsigned size = sizeof(mac);

	HMAC(EVP_sha256(), kg, 16, (const uint8_t *)"muster key id", 13, mac, &size);
	mst_hex_encode(mac, PROOF_KEY_ID / 2, text);
}

static int
set_up(void **state)
{
	mst_b16 kg;

	(void)state;
	if (mst_crypto_create(&crypto, NULL) != 0 || proof_create(&proof, GROUPS) != 0)
		return -1;
	for (unsigned i = 0; i < MEMBERS; i++) {
		for (uint32_t g = 0; g < GROUPS; g++) {
			kg_of(g, kg);
			proof_member(proof, g, gid_of(g), kg);
		}
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	proof_destroy(proof);
	mst_crypto_destroy(crypto);
	return 0;
}

/** The gateway's rows, but for group `skip`. */
static void
tell_gateway(uint32_t skip)
{
	char key_id[PROOF_KEY_ID + 1];
	mst_b16 kg;

	for (uint32_t g = 0; g < GROUPS; g++) {
		if (g == skip)
			continue;
		kg_of(g, kg);
		key_id_of(kg, key_id);
		proof_gateway_row(proof, gid_of(g), key_id, MEMBERS);
	}
}

static void
conclude(bool all_joined)
{
	proof_conclude(proof, all_joined, &verdict);
}

static void
test_agreement(void **state)
{
	(void)state;
	proof_key_ids(proof, crypto);
	conclude(true);
	assert_true(verdict.agrees);
	assert_false(verdict.gateway_asked);
	assert_int_equal(verdict.groups, GROUPS);
	tell_gateway(UINT32_MAX);
	proof_gateway_row(proof, 12345, "00000000", 1); /* of another run */
	conclude(true);
	assert_true(verdict.agrees);
	assert_true(verdict.gateway_asked);
}

static void
test_member_with_other_key(void **state)
{
	mst_b16 kg;

	(void)state;
	kg_of(3, kg);
	kg[15] ^= 1;
	proof_member(proof, 3, gid_of(3), kg);
	kg[15] ^= 1;
	proof_member(proof, 3, gid_of(4), kg);
	proof_key_ids(proof, crypto);
	conclude(true);
	assert_int_equal(verdict.kg_mismatch, 2);
	assert_false(verdict.agrees);
}

static void
test_member_without_key(void **state)
{
	(void)state;
	proof_no_key(proof);
	proof_key_ids(proof, crypto);
	conclude(true);
	assert_int_equal(verdict.kg_mismatch, 1);
	assert_false(verdict.agrees);
}

static void
test_groups_with_one_key(void **state)
{
	struct proof *two;
	mst_b16 kg;

	(void)state;
	assert_int_equal(proof_create(&two, 3), 0);
	kg_of(1, kg);
	for (uint32_t g = 0; g < 3; g++)
		for (unsigned i = 0; i <= g; i++)
			proof_member(two, g, gid_of(g), kg);
	proof_key_ids(two, crypto);
	proof_conclude(two, true, &verdict);
	assert_int_equal(verdict.alike, 2);
	assert_true(verdict.kg_mismatch >= 3);
	assert_false(verdict.agrees);
	proof_destroy(two);
}

static void
test_groups_with_one_gid(void **state)
{
	struct proof *two;
	mst_b16 kg;

	(void)state;
	assert_int_equal(proof_create(&two, 2), 0);
	for (uint32_t g = 0; g < 2; g++) {
		kg_of(g, kg);
		proof_member(two, g, gid_of(0), kg);
	}
	proof_key_ids(two, crypto);
	proof_conclude(two, true, &verdict);
	assert_int_equal(verdict.kg_mismatch, 1);
	proof_destroy(two);
}

static void
test_gateway_with_other_key(void **state)
{
	(void)state;
	proof_key_ids(proof, crypto);
	tell_gateway(9);
	proof_gateway_row(proof, gid_of(9), "00112233", MEMBERS);
	conclude(true);
	assert_int_equal(verdict.gateway_key, 1);
	assert_int_equal(verdict.kg_mismatch, MEMBERS);
	assert_false(verdict.agrees);
}

static void
test_gateway_without_group(void **state)
{
	(void)state;
	proof_key_ids(proof, crypto);
	tell_gateway(0);
	conclude(true);
	assert_int_equal(verdict.gateway_missing, 1);
	assert_int_equal(verdict.kg_mismatch, MEMBERS);
	assert_false(verdict.agrees);
}

static void
test_gateway_with_other_members(void **state)
{
	char key_id[PROOF_KEY_ID + 1];
	mst_b16 kg;

	(void)state;
	proof_key_ids(proof, crypto);
	tell_gateway(GROUPS - 1);
	kg_of(GROUPS - 1, kg);
	key_id_of(kg, key_id);
	proof_gateway_row(proof, gid_of(GROUPS - 1), key_id, MEMBERS + 1);
	conclude(true);
	assert_int_equal(verdict.gateway_members, 1);
	assert_false(verdict.agrees);
	/* A meter that gave up may be a member all the same. */
	conclude(false);
	assert_true(verdict.agrees);
	proof_gateway_row(proof, gid_of(GROUPS - 1), key_id, MEMBERS - 1);
	conclude(false);
	assert_int_equal(verdict.gateway_members, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_agreement, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_member_with_other_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_member_without_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups_with_one_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups_with_one_gid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gateway_with_other_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gateway_without_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gateway_with_other_members, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
