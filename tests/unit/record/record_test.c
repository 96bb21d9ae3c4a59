/* SPDX-License-Identifier: BSD-3-Clause */
#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/err.h"
#include "record/resp.h"
#include "samples.h"

#define DEK 0x01020304

static const mst_b32 dek = "a data key of thirty-two octets";

static void
open_keys(struct mst_seal *seal, struct mst_keyring *keys)
{
	*keys = (struct mst_keyring){0};
	assert_int_equal(mst_keyring_add(keys, DEK, dek), 0);
	assert_int_equal(mst_seal_init(seal, NULL, DEK, dek), 0);
}

static void
close_keys(struct mst_seal *seal, struct mst_keyring *keys)
{
	mst_seal_fini(seal);
	mst_keyring_fini(keys);
}

static int
decode(const struct mst_keyring *keys, enum mst_record_type type, const struct mst_place *place,
	const uint8_t *value, size_t size, struct mst_record *r)
{
	return mst_record_decode(keys, SITE, type, place->key, place->key_size, place->field,
		place->field_size, value, size, r);
}

/** Every type, many values: decode(encode(x)) = x. */
static void
decoded_is_encoded(void **state)
{
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_keyring keys;
	struct mst_seal seal;

	(void)state;
	open_keys(&seal, &keys);
	for (int type = 0; type < MST_RECORD_TYPES; type++) {
		for (uint64_t n = 0; n < 500; n++) {
			struct mst_record r = sample((enum mst_record_type)type, n), back;
			struct mst_place place;
			size_t size;

			mst_record_place(SITE, &r, &place);
			assert_true(place.part < (unsigned)mst_record_rows[type].spread);
			size = mst_record_encode(&seal, &place, &r, value);
			assert_true(size > 0);
			assert_int_equal(decode(&keys, r.type, &place, value, size, &back), 0);
			assert_memory_equal(&back, &r, sizeof(r));
		}
	}
	close_keys(&seal, &keys);
}

/** The forms that docs/durability.md shows. */
static void
documented_form(void **state)
{
	static const char clear[] =
		"1 expires=1795795200 ended=0 rand=58e243a82b97709776483177229b023d sealed=";
	static const mst_b16 rand = {0x58, 0xe2, 0x43, 0xa8, 0x2b, 0x97, 0x70, 0x97, 0x76, 0x48,
		0x31, 0x77, 0x22, 0x9b, 0x02, 0x3d};
	struct mst_record r = {.type = MST_RECORD_SESSION};
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_keyring keys;
	struct mst_place place;
	struct mst_seal seal;

	(void)state;
	open_keys(&seal, &keys);
	assert_int_equal(mst_imsi_encode("001010000000001", 15, &r.session.imsi), 0);
	r.session.expires = 1795795200;
	memcpy(r.session.rand, rand, sizeof(rand));
	mst_record_place(SITE, &r, &place);
	assert_int_equal(place.key_size, 22);
	assert_memory_equal(place.key, "muster:home:session:01", 22);
	assert_int_equal(place.field_size, 15);
	assert_memory_equal(place.field, "001010000000001", 15);
	assert_int_equal(
		mst_record_encode(&seal, &place, &r, value), sizeof(clear) - 1 + MST_SEALED(32));
	assert_memory_equal(value, clear, sizeof(clear) - 1);
	close_keys(&seal, &keys);
}

/** Any octet changed, any other place: not opened, and nothing comes out. */
static void
changed_records_do_not_open(void **state)
{
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_keyring keys;
	struct mst_seal seal;
	const struct mst_record nothing = {0};

	(void)state;
	open_keys(&seal, &keys);
	for (int type = 0; type < MST_RECORD_TYPES; type++) {
		struct mst_record r = sample((enum mst_record_type)type, 1234567), back;
		struct mst_record other = sample((enum mst_record_type)type, 1234568);
		struct mst_place place, elsewhere;
		size_t size;

		mst_record_place(SITE, &r, &place);
		mst_record_place(SITE, &other, &elsewhere);
		size = mst_record_encode(&seal, &place, &r, value);
		for (size_t i = 0; i < size * 8; i++) {
			value[i / 8] ^= (uint8_t)(1 << i % 8);
			assert_true(decode(&keys, r.type, &place, value, size, &back) < 0);
			assert_memory_equal(&back, &nothing, sizeof(back));
			value[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t cut = 0; cut < size; cut++)
			assert_true(decode(&keys, r.type, &place, value, cut, &back) < 0);
		if (mst_record_rows[type].field == NULL)
			assert_int_equal(decode(&keys, r.type, &elsewhere, value, size, &back),
				-MST_E_RECORD_TAG);
		assert_int_equal(decode(&keys, r.type, &place, value, size, &back), 0);
	}
	close_keys(&seal, &keys);
}

static void
reasons_are_told_apart(void **state)
{
	struct mst_record r = sample(MST_RECORD_SESSION, 5), back;
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_keyring keys, none = {0};
	struct mst_place place;
	struct mst_seal seal;
	size_t size;

	(void)state;
	open_keys(&seal, &keys);
	mst_record_place(SITE, &r, &place);
	size = mst_record_encode(&seal, &place, &r, value);
	assert_int_equal(decode(&none, r.type, &place, value, size, &back), -MST_E_RECORD_KEY);
	value[0] = '2';
	assert_int_equal(decode(&keys, r.type, &place, value, size, &back), -MST_E_RECORD_NEWER);
	value[0] = '0';
	assert_int_equal(
		decode(&keys, r.type, &place, value, size, &back), -MST_E_RECORD_MALFORMED);
	value[0] = '1';
	/* A record of another site. */
	assert_int_equal(mst_record_decode(&keys, "away", r.type, place.key, place.key_size,
				 place.field, place.field_size, value, size, &back),
		-MST_E_RECORD_MALFORMED);
	close_keys(&seal, &keys);
}

static void
nonces_do_not_repeat(void **state)
{
	struct mst_record r = sample(MST_RECORD_MEMBER, 5);
	uint8_t a[MST_RECORD_VALUE_MAX], b[MST_RECORD_VALUE_MAX];
	struct mst_keyring keys;
	struct mst_place place;
	struct mst_seal seal;
	size_t size;

	(void)state;
	open_keys(&seal, &keys);
	mst_record_place(SITE, &r, &place);
	size = mst_record_encode(&seal, &place, &r, a);
	assert_int_equal(mst_record_encode(&seal, &place, &r, b), size);
	assert_true(mst_record_alike(a, size, b, size));
	assert_memory_not_equal(a, b, size);
	assert_int_equal(seal.count, 2);
	r.member.since++;
	size = mst_record_encode(&seal, &place, &r, b);
	assert_false(mst_record_alike(a, size, b, size));
	close_keys(&seal, &keys);
}

/** What is sealed, opened by OpenSSL alone from the description of the format. */
static void
openssl_opens_a_record(void **state)
{
	struct mst_record r = sample(MST_RECORD_SESSION, 99);
	uint8_t value[MST_RECORD_VALUE_MAX], aad[600], nonce[12] = {0}, out[32], *sealed;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct mst_keyring keys;
	struct mst_place place;
	struct mst_seal seal;
	size_t size, n = 0;
	int done;

	(void)state;
	open_keys(&seal, &keys);
	mst_record_place(SITE, &r, &place);
	size = mst_record_encode(&seal, &place, &r, value);
	sealed = value + size - 60;
	assert_memory_equal(sealed - 7, "sealed=", 7);
	assert_memory_equal(sealed, "\x01\x02\x03\x04", 4);
	memcpy(nonce + 4, sealed + 4, 8);
	memcpy(aad, place.key, place.key_size);
	n += place.key_size;
	aad[n++] = 0;
	memcpy(aad + n, place.field, place.field_size);
	n += place.field_size;
	aad[n++] = 0;
	memcpy(aad + n, value, size - 60);
	n += size - 60;
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, dek, nonce), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &done, aad, (int)n), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &done, sealed + 12, 32), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, sealed + 44), 1);
	assert_int_equal(EVP_DecryptFinal_ex(ctx, out + done, &done), 1);
	assert_memory_equal(out, r.session.ks_naf, 32);
	EVP_CIPHER_CTX_free(ctx);
	close_keys(&seal, &keys);
}

static void
data_keys_are_wrapped(void **state)
{
	static const mst_b32 one = "the operator's key, 32 octets..", two = "another one";
	static const uint8_t nonce[MST_GCM_NONCE] = "twelve octet";
	uint8_t wrapped[MST_WRAPPED];
	struct mst_kek kek, other;
	mst_b32 key;

	(void)state;
	assert_int_equal(mst_kek_init(&kek, one), 0);
	assert_int_equal(mst_kek_init(&other, two), 0);
	assert_memory_not_equal(kek.id, other.id, sizeof(kek.id));
	mst_kek_wrap(&kek, nonce, "name", 4, dek, wrapped);
	assert_true(mst_kek_unwrap(&kek, "name", 4, wrapped, key));
	assert_memory_equal(key, dek, sizeof(key));
	assert_false(mst_kek_unwrap(&kek, "nama", 4, wrapped, key));
	assert_false(mst_kek_unwrap(&other, "name", 4, wrapped, key));
	mst_kek_fini(&kek);
	mst_kek_fini(&other);
}

static void
commands(void **state)
{
	static const char expected[] =
		"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$4\r\nPING\r\n$0\r\n\r\n"
		"*1\r\n$20\r\n18446744073709551615\r\n";
	struct mst_resp r = {0};

	(void)state;
	mst_resp_command(&r, 2);
	mst_resp_text(&r, "GET");
	mst_resp_bulk(&r, "a", 1);
	mst_resp_command(&r, 2);
	mst_resp_text(&r, "PING");
	mst_resp_text(&r, "");
	mst_resp_command(&r, 1);
	mst_resp_number(&r, UINT64_MAX);
	assert_int_equal(r.size, sizeof(expected) - 1);
	assert_memory_equal(r.data, expected, r.size);
	assert_int_equal(r.commands, 3);
	mst_resp_clear(&r);
	for (unsigned i = 0; i < 100000; i++)
		mst_resp_number(&r, i);
	assert_false(r.failed);
	assert_memory_equal(r.data, "$1\r\n0\r\n$1\r\n1\r\n", 14);
	assert_memory_equal(r.data + r.size - 7, "99999\r\n", 7);
	mst_resp_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoded_is_encoded),
		cmocka_unit_test(documented_form),
		cmocka_unit_test(changed_records_do_not_open),
		cmocka_unit_test(reasons_are_told_apart),
		cmocka_unit_test(nonces_do_not_repeat),
		cmocka_unit_test(openssl_opens_a_record),
		cmocka_unit_test(data_keys_are_wrapped),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
