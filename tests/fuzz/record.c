/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records read back from Redis. Input: a flag octet, the type, the size of the field, the field,
 * the value. With flag bit 0 the value is sealed here, so that what lies behind the tag is reached.
 * What decodes must encode to the same columns at the same place.
 */
#include "record/record.h"

#include <string.h>

#include "base/err.h"
#include "fuzz.h"

#define DEK 0x44454b31

static const mst_b32 dek = "a data key of thirty-two octets";
static struct mst_keyring keys;
static struct mst_seal seal;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	REQUIRE(mst_keyring_add(&keys, DEK, dek) == 0);
	REQUIRE(mst_seal_init(&seal, NULL, DEK, dek) == 0);
	return 0;
}

/** Columns as they come, then a genuine seal over them. */
static size_t
seal_value(const char *key, size_t key_size, const uint8_t *field, size_t field_size,
	const uint8_t *columns, size_t size, size_t secret_size, uint8_t *value)
{
	static const uint8_t secret[64] = "secret";
	uint8_t aad[1400];
	size_t n = 0;

	memcpy(aad, key, key_size);
	n += key_size;
	aad[n++] = 0;
	memcpy(aad + n, field, field_size);
	n += field_size;
	aad[n++] = 0;
	memcpy(value, columns, size);
	memcpy(value + size, "sealed=", 7);
	size += 7;
	memcpy(aad + n, value, size);
	mst_seal_put(&seal, aad, n + size, secret, secret_size, value + size);
	return size + MST_SEALED(secret_size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mst_record nothing;
	uint8_t value[1200], again[MST_RECORD_VALUE_MAX];
	const uint8_t *field = data + 3;
	char key[MST_RECORD_KEY_MAX];
	struct mst_record record;
	struct mst_place place;
	enum mst_record_type type;
	size_t field_size, key_size, n;
	unsigned part;

	if (size < 3 || size > 900)
		return 0;
	type = (enum mst_record_type)(data[1] % MST_RECORD_TYPES);
	field_size = data[2] < size - 3 ? data[2] : size - 3;
	part = field_size > 0 ? (unsigned)(data[0] >> 1) : 0;
	key_size = mst_record_key("home", type, part % mst_record_rows[type].spread, key);
	data += 3 + field_size;
	size -= 3 + field_size;
	n = size;
	memcpy(value, data, n);
	if (field[-3] & 1)
		n = seal_value(key, key_size, field, field_size, data, size,
			mst_record_rows[type].secret_size, value);
	if (mst_record_decode(&keys, "home", type, key, key_size, (const char *)field, field_size,
		    value, n, &record)) {
		REQUIRE(memcmp(&record, &nothing, sizeof(record)) == 0);
		return 0;
	}
	mst_record_place("home", &record, &place);
	REQUIRE(place.key_size == key_size && memcmp(place.key, key, key_size) == 0);
	REQUIRE(place.field_size == field_size && memcmp(place.field, field, field_size) == 0);
	REQUIRE(mst_record_encode(&seal, &place, &record, again) == n);
	REQUIRE(mst_record_alike(value, n, again, n));
	return 0;
}
