/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/csv_column.h"

#include <string.h>
#include <tmmintrin.h>

#include "base/text.h"

#define KEY_DIGITS 32

/*
 * 16 hexadecimal characters to their values, one an octet; *bad collects characters that are none.
 * Key digits are as good as random: a branch on each would be mispredicted half the time.
 */
static inline __m128i
digit_values(const char *text, __m128i *bad)
{
	__m128i c = _mm_loadu_si128((const __m128i *)(const void *)text);
	__m128i dec = _mm_sub_epi8(c, _mm_set1_epi8('0'));
	__m128i hex = _mm_sub_epi8(_mm_or_si128(c, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i is_dec = _mm_cmpeq_epi8(_mm_min_epu8(dec, _mm_set1_epi8(9)), dec);
	__m128i is_hex = _mm_cmpeq_epi8(_mm_min_epu8(hex, _mm_set1_epi8(5)), hex);
	__m128i any = _mm_or_si128(is_dec, is_hex);

	*bad = _mm_or_si128(*bad, _mm_cmpeq_epi8(any, _mm_setzero_si128()));
	return _mm_or_si128(_mm_and_si128(is_dec, dec),
		_mm_and_si128(is_hex, _mm_add_epi8(hex, _mm_set1_epi8(10))));
}

static const char *
parse_key(uint8_t *key, const struct csv_field *field)
{
	const __m128i weight = _mm_set1_epi16(0x0110); /* 16, 1 */
	__m128i bad = _mm_setzero_si128(), hi, lo;

	if (field->size != KEY_DIGITS)
		return "must have 32 hexadecimal digits";
	hi = _mm_maddubs_epi16(digit_values(field->text, &bad), weight);
	lo = _mm_maddubs_epi16(digit_values(field->text + 16, &bad), weight);
	if (_mm_movemask_epi8(bad) != 0)
		return "has a character that is no hexadecimal digit";
	_mm_storeu_si128((__m128i *)(void *)key, _mm_packus_epi16(hi, lo));
	return NULL;
}

static const char *
parse_imsi(struct csv_values *values, const struct csv_field *field)
{
	if (mst_imsi_encode(field->text, field->size, values->imsi) != 0)
		return "must have 6 to 15 digits";
	return NULL;
}

static const char *
parse_k(struct csv_values *values, const struct csv_field *field)
{
	return parse_key(values->k, field);
}

static const char *
parse_opc(struct csv_values *values, const struct csv_field *field)
{
	return parse_key(values->opc, field);
}

static const char *
parse_amf(struct csv_values *values, const struct csv_field *field)
{
	uint8_t amf[2];

	if (field->size == 0)
		return NULL;
	if (mst_hex_decode(field->text, field->size, amf, sizeof(amf)) != 0)
		return "must have 4 hexadecimal digits";
	values->profile.amf = mst_get_be16(amf);
	return NULL;
}

static bool
is(const struct csv_field *field, const char *text)
{
	return field->size == strlen(text) && memcmp(field->text, text, field->size) == 0;
}

static const char *
parse_gba(struct csv_values *values, const struct csv_field *field)
{
	if (is(field, "gba_u"))
		values->profile.gba_type = MST_GBA_U;
	else if (!is(field, "gba") && field->size != 0)
		return "must be gba or gba_u";
	return NULL;
}

static const char *
parse_lifetime(struct csv_values *values, const struct csv_field *field)
{
	static const char *const reason = "must be a number of seconds from 1 to 4294967295";
	uint64_t v = 0;

	if (field->size == 0)
		return NULL;
	for (size_t i = 0; i < field->size; i++) {
		if (field->text[i] < '0' || field->text[i] > '9')
			return reason;
		v = v * 10 + (uint64_t)(field->text[i] - '0');
		if (v > UINT32_MAX)
			return reason;
	}
	if (v == 0)
		return reason;
	values->profile.lifetime_s = (uint32_t)v;
	return NULL;
}

static const char *
parse_mnc_length(struct csv_values *values, const struct csv_field *field)
{
	if (field->size == 0)
		return NULL;
	if (!is(field, "2") && !is(field, "3"))
		return "must be 2 or 3";
	values->profile.mnc_size = (uint8_t)(field->text[0] - '0');
	return NULL;
}

/** yes, or no, which sets `flag`. */
static const char *
parse_allowed(struct csv_values *values, const struct csv_field *field, uint8_t flag)
{
	if (is(field, "no"))
		values->profile.flags |= flag;
	else if (!is(field, "yes") && field->size != 0)
		return "must be yes or no";
	return NULL;
}

static const char *
parse_may_create(struct csv_values *values, const struct csv_field *field)
{
	return parse_allowed(values, field, MST_SUBS_F_NO_CREATE);
}

static const char *
parse_may_join(struct csv_values *values, const struct csv_field *field)
{
	return parse_allowed(values, field, MST_SUBS_F_NO_JOIN);
}

/** A decimal number of at most `max`; nothing is 0. Whether it is one. */
static bool
small_number(const struct csv_field *field, unsigned max, unsigned *value)
{
	*value = 0;
	for (size_t i = 0; i < field->size; i++) {
		if (field->text[i] < '0' || field->text[i] > '9')
			return false;
		*value = *value * 10 + (unsigned)(field->text[i] - '0');
		if (*value > max)
			return false;
	}
	return true;
}

static const char *
parse_limit(const struct csv_field *field, uint16_t *limit)
{
	unsigned v;

	if (!small_number(field, MST_SUBS_COUNT_MAX, &v))
		return "must be a number from 1 to 1023, or 0 for the gateway's limit";
	*limit = (uint16_t)v;
	return NULL;
}

static const char *
parse_create_limit(struct csv_values *values, const struct csv_field *field)
{
	return parse_limit(field, &values->profile.create_limit);
}

static const char *
parse_join_limit(struct csv_values *values, const struct csv_field *field)
{
	return parse_limit(field, &values->profile.join_limit);
}

static const char *
parse_bits(const struct csv_field *field, uint8_t *bits)
{
	unsigned v;

	if (!small_number(field, UINT8_MAX, &v))
		return "must be a number from 0 to 255, a sum of bits";
	*bits = (uint8_t)v;
	return NULL;
}

static const char *
parse_naf_groups(struct csv_values *values, const struct csv_field *field)
{
	return parse_bits(field, &values->profile.naf_groups);
}

static const char *
parse_tags(struct csv_values *values, const struct csv_field *field)
{
	return parse_bits(field, &values->profile.tags);
}

static const struct csv_column columns[CSV_COLUMNS] = {
	{CSV_IMSI, "imsi", parse_imsi},
	{CSV_K, "k", parse_k},
	{CSV_EK, "ek", parse_k},
	{CSV_OP, "op", parse_opc},
	{CSV_OPC, "opc", parse_opc},
	{CSV_EOPC, "eopc", parse_opc},
	{CSV_AMF, "amf", parse_amf},
	{CSV_GBA, "gba", parse_gba},
	{CSV_LIFETIME, "lifetime", parse_lifetime},
	{CSV_MNC_LENGTH, "mnc_length", parse_mnc_length},
	{CSV_MAY_CREATE, "may_create", parse_may_create},
	{CSV_MAY_JOIN, "may_join", parse_may_join},
	{CSV_CREATE_LIMIT, "create_limit", parse_create_limit},
	{CSV_JOIN_LIMIT, "join_limit", parse_join_limit},
	{CSV_NAF_GROUPS, "naf_groups", parse_naf_groups},
	{CSV_TAGS, "tags", parse_tags},
};

const struct csv_column *
csv_column_find(const struct csv_field *name)
{
	for (unsigned i = 0; i < CSV_COLUMNS; i++)
		if (is(name, columns[i].name))
			return &columns[i];
	return NULL;
}
