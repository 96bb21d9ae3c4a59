/* SPDX-License-Identifier: BSD-3-Clause */
#include "record/record.h"

#include <string.h>

#include "aka/imsi.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wire.h"
#include "gba/classify.h"
#include "gba/ua.h"

#define SEALED     "sealed="
#define NUMBER_MAX 20 /* digits of a 64-bit number */
#define AAD_MAX    (MST_RECORD_KEY_MAX + MST_RECORD_FIELD_MAX + MST_RECORD_VALUE_MAX)

static uint64_t
load(const uint8_t *at, unsigned size)
{
	uint64_t v = 0;

	memcpy(&v, at, size); /* little-endian, as all machines that muster runs on */
	return v;
}

static void
write_number(struct mst_writer *w, uint64_t v)
{
	char digits[NUMBER_MAX];
	unsigned at = NUMBER_MAX;

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	mst_write_bytes(w, digits + at, NUMBER_MAX - at);
}

static void
write_column(struct mst_writer *w, const struct mst_column *c, const struct mst_record *r)
{
	const uint8_t *at = (const uint8_t *)r + c->offset;
	char text[2 * 64 + 1];

	switch (c->kind) {
	case MST_COLUMN_NUMBER:
		write_number(w, load(at, c->size));
		break;
	case MST_COLUMN_HEX:
		mst_hex_encode(at, c->size, text);
		mst_write_bytes(w, text, 2U * c->size);
		break;
	case MST_COLUMN_IMSI:
		mst_write_bytes(w, text, mst_imsi_decode(load(at, c->size), text));
		break;
	case MST_COLUMN_IMEI:
		mst_write_bytes(w, text, mst_imei_decode(load(at, c->size), text));
		break;
	case MST_COLUMN_GID:
		mst_gid_build(load(at, c->size), text);
		mst_write_bytes(w, text, MST_GID_TEXT);
		break;
	}
}

static int
read_number(const uint8_t *text, size_t size, uint64_t *value)
{
	uint64_t v = 0;

	if (size == 0 || size > NUMBER_MAX || (size > 1 && text[0] == '0'))
		return -MST_E_RECORD_MALFORMED;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || v > (UINT64_MAX - 9) / 10)
			return -MST_E_RECORD_MALFORMED;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	*value = v;
	return 0;
}

static int
read_column(const struct mst_column *c, const uint8_t *text, size_t size, struct mst_record *r)
{
	uint8_t *at = (uint8_t *)r + c->offset;
	const char *digits = (const char *)text;
	uint64_t v = 0;
	int err = 0;

	switch (c->kind) {
	case MST_COLUMN_NUMBER:
		err = read_number(text, size, &v);
		break;
	case MST_COLUMN_HEX:
		err = mst_hex_decode(digits, size, at, c->size);
		return err ? -MST_E_RECORD_MALFORMED : 0;
	case MST_COLUMN_IMSI:
		err = mst_imsi_encode(digits, size, &v);
		break;
	case MST_COLUMN_IMEI:
		err = mst_imei_encode(digits, size, &v);
		break;
	case MST_COLUMN_GID:
		err = mst_gid_parse(text, size, &v);
		break;
	}
	if (err || (c->size < 8 && v >> (8 * c->size) != 0))
		return -MST_E_RECORD_MALFORMED;
	memcpy(at, &v, c->size);
	return 0;
}

static void
write_part(struct mst_writer *w, enum mst_record_spread spread, unsigned part)
{
	static const char digits[] = "0123456789abcdef";
	unsigned base = spread == MST_RECORD_HEX ? 16 : 10;

	if (spread == MST_RECORD_ONE)
		return;
	mst_write_u8(w, ':');
	mst_write_u8(w, (uint8_t)digits[part / base]);
	mst_write_u8(w, (uint8_t)digits[part % base]);
}

size_t
mst_record_key(
	const char *site, enum mst_record_type type, unsigned part, char key[MST_RECORD_KEY_MAX])
{
	const struct mst_record_row *row = &mst_record_rows[type];
	struct mst_writer w = mst_writer_init(key, MST_RECORD_KEY_MAX);

	mst_write_bytes(&w, "muster:", 7);
	mst_write_bytes(&w, site, strlen(site));
	mst_write_u8(&w, ':');
	mst_write_bytes(&w, row->name, strlen(row->name));
	write_part(&w, row->spread, part);
	return mst_writer_size(&w);
}

static size_t
write_field(const struct mst_record_row *row, const struct mst_record *r, char *field)
{
	struct mst_writer w = mst_writer_init(field, MST_RECORD_FIELD_MAX);

	if (row->field != NULL)
		mst_write_bytes(&w, row->field, strlen(row->field));
	for (const struct mst_column *c = row->id; c->name != NULL; c++) {
		if (c != row->id)
			mst_write_u8(&w, '/');
		write_column(&w, c, r);
	}
	return mst_writer_size(&w);
}

static unsigned
hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void
mst_record_place(const char *site, const struct mst_record *record, struct mst_place *place)
{
	const struct mst_record_row *row = &mst_record_rows[record->type];
	unsigned base = row->spread == MST_RECORD_HEX ? 16 : 10;

	place->part = 0;
	place->field_size = (uint8_t)write_field(row, record, place->field);
	if (row->spread != MST_RECORD_ONE && place->field_size >= 2) {
		const char *last = place->field + place->field_size - 2;

		place->part = (uint16_t)(hex_digit(last[0]) * base + hex_digit(last[1]));
	}
	place->key_size = (uint8_t)mst_record_key(site, record->type, place->part, place->key);
}

/** key || 0 || field || 0 || columns: what the tag covers. */
static size_t
make_aad(const char *key, size_t key_size, const char *field, size_t field_size,
	const uint8_t *columns, size_t columns_size, uint8_t aad[AAD_MAX])
{
	struct mst_writer w = mst_writer_init(aad, AAD_MAX);

	mst_write_bytes(&w, key, key_size);
	mst_write_u8(&w, 0);
	mst_write_bytes(&w, field, field_size);
	mst_write_u8(&w, 0);
	mst_write_bytes(&w, columns, columns_size);
	return mst_writer_size(&w);
}

size_t
mst_record_encode(struct mst_seal *seal, const struct mst_place *place,
	const struct mst_record *record, uint8_t *value)
{
	const struct mst_record_row *row = &mst_record_rows[record->type];
	struct mst_writer w = mst_writer_init(value, MST_RECORD_VALUE_MAX);
	uint8_t aad[AAD_MAX], *sealed;
	size_t columns, aad_size;

	write_number(&w, row->version);
	mst_write_u8(&w, ' ');
	for (const struct mst_column *c = row->clear; c->name != NULL; c++) {
		mst_write_bytes(&w, c->name, strlen(c->name));
		mst_write_u8(&w, '=');
		write_column(&w, c, record);
		mst_write_u8(&w, ' ');
	}
	mst_write_bytes(&w, SEALED, sizeof(SEALED) - 1);
	columns = mst_writer_size(&w);
	aad_size = make_aad(
		place->key, place->key_size, place->field, place->field_size, value, columns, aad);
	sealed = mst_write_span(&w, MST_SEALED(row->secret_size));
	mst_seal_put(seal, aad, aad_size, (const uint8_t *)record + row->secret_offset,
		row->secret_size, sealed);
	return mst_writer_size(&w);
}

/** The octets up to `end`, which is skipped; NULL when it is not there. */
static const uint8_t *
until(struct mst_reader *r, uint8_t end, size_t *size)
{
	const uint8_t *at = r->pos,
		      *found = at != NULL ? memchr(at, end, mst_reader_left(r)) : NULL;

	if (found == NULL) {
		mst_reader_fail(r);
		return NULL;
	}
	*size = (size_t)(found - at);
	r->pos = found + 1;
	return at;
}

static int
read_clear(struct mst_reader *r, const struct mst_record_row *row, unsigned version,
	struct mst_record *record)
{
	for (const struct mst_column *c = row->clear; c->name != NULL; c++) {
		const uint8_t *text;
		size_t size = strlen(c->name);

		if (c->since > version)
			continue;
		text = mst_read_span(r, size);
		if (text == NULL || memcmp(text, c->name, size) != 0 || mst_read_u8(r) != '=')
			return -MST_E_RECORD_MALFORMED;
		text = until(r, ' ', &size);
		if (text == NULL || read_column(c, text, size, record))
			return -MST_E_RECORD_MALFORMED;
	}
	return 0;
}

/** The id columns from the name of the field. */
static int
read_field(const struct mst_record_row *row, const char *field, size_t size, struct mst_record *r)
{
	struct mst_reader in = mst_reader_init(field, size);

	if (row->field != NULL)
		return size == strlen(row->field) && memcmp(field, row->field, size) == 0
			       ? 0
			       : -MST_E_RECORD_MALFORMED;
	for (const struct mst_column *c = row->id; c->name != NULL; c++) {
		const uint8_t *text = in.pos;
		size_t n = mst_reader_left(&in);

		if (c[1].name != NULL)
			text = until(&in, '/', &n);
		if (text == NULL || read_column(c, text, n, r))
			return -MST_E_RECORD_MALFORMED;
	}
	return 0;
}

static int
read_version(struct mst_reader *r, const struct mst_record_row *row, unsigned *version)
{
	size_t size;
	const uint8_t *text = until(r, ' ', &size);
	uint64_t v;

	if (text == NULL || read_number(text, size, &v) || v == 0)
		return -MST_E_RECORD_MALFORMED;
	*version = (unsigned)v;
	return v > row->version ? -MST_E_RECORD_NEWER : 0;
}

static int
decode(const struct mst_keyring *keys, const struct mst_record_row *row, const char *key,
	size_t key_size, const char *field, size_t field_size, const uint8_t *value, size_t size,
	struct mst_record *record)
{
	struct mst_reader r = mst_reader_init(value, size);
	uint8_t aad[AAD_MAX];
	const uint8_t *text;
	size_t aad_size;
	unsigned version;
	int err = read_version(&r, row, &version);

	if (err == 0)
		err = read_field(row, field, field_size, record);
	if (err == 0)
		err = read_clear(&r, row, version, record);
	if (err)
		return err;
	text = mst_read_span(&r, sizeof(SEALED) - 1);
	if (text == NULL || memcmp(text, SEALED, sizeof(SEALED) - 1) != 0 ||
		mst_reader_left(&r) != MST_SEALED((size_t)row->secret_size))
		return -MST_E_RECORD_MALFORMED;
	aad_size = make_aad(key, key_size, field, field_size, value, (size_t)(r.pos - value), aad);
	return mst_keyring_open(keys, aad, aad_size, r.pos, (uint8_t *)record + row->secret_offset,
		row->secret_size);
}

int
mst_record_decode(const struct mst_keyring *keys, const char *site, enum mst_record_type type,
	const char *key, size_t key_size, const char *field, size_t field_size,
	const uint8_t *value, size_t size, struct mst_record *record)
{
	struct mst_place place;
	int err = -MST_E_RECORD_MALFORMED;

	memset(record, 0, sizeof(*record));
	record->type = (uint8_t)type;
	if (size <= MST_RECORD_VALUE_MAX && field_size <= MST_RECORD_FIELD_MAX &&
		key_size <= MST_RECORD_KEY_MAX)
		err = decode(keys, &mst_record_rows[type], key, key_size, field, field_size, value,
			size, record);
	if (err == 0) {
		mst_record_place(site, record, &place);
		if (place.key_size != key_size || memcmp(place.key, key, key_size) != 0 ||
			place.field_size != field_size ||
			memcmp(place.field, field, field_size) != 0)
			err = -MST_E_RECORD_MALFORMED;
	}
	if (err)
		mst_wipe(record, sizeof(*record));
	return err;
}

/** Octets up to and with "sealed=". */
static size_t
clear_size(const uint8_t *value, size_t size)
{
	const uint8_t *at = memmem(value, size, SEALED, sizeof(SEALED) - 1);

	return at != NULL ? (size_t)(at - value) + sizeof(SEALED) - 1 : 0;
}

bool
mst_record_alike(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	size_t n = clear_size(a, a_size);

	return n > 0 && n == clear_size(b, b_size) && memcmp(a, b, n) == 0;
}
