/* SPDX-License-Identifier: BSD-3-Clause */
#include "aka/imsi.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

#define POW10_4  10000u
#define POW10_6  1000000u
#define POW10_8  100000000u
#define POW10_15 1000000000000000u

/* first_code[n]: the code of the IMSI of n zeros. */
static const uint64_t first_code[MST_IMSI_DIGITS_MAX + 1] = {
	[15] = 0,
	[14] = 1000000000000000,
	[13] = 1100000000000000,
	[12] = 1110000000000000,
	[11] = 1111000000000000,
	[10] = 1111100000000000,
	[9] = 1111110000000000,
	[8] = 1111111000000000,
	[7] = 1111111100000000,
	[6] = 1111111110000000,
};

static inline uint64_t
load64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
load32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * The number that 8 octets of values 0..9 spell, the first octet (lowest in the word) leading:
 * pairs, then fours, then all eight are joined by one multiplication each.
 */
static inline uint64_t
join8(uint64_t d)
{
	d = (d * 10 + (d >> 8)) & 0x00ff00ff00ff00ff;
	d = (d * 100 + (d >> 16)) & 0x0000ffff0000ffff;
	return (d * POW10_4 + (d >> 32)) & 0xffffffff;
}

/* Whether an octet of d, characters less '0', is no digit. */
static inline uint64_t
not_digits(uint64_t d)
{
	return (d | ((d & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676)) & 0x8080808080808080;
}

int
mst_imsi_encode(const char *digits, size_t size, uint64_t *code)
{
	const uint64_t zeros = 0x3030303030303030;
	uint64_t hi = 0, lo;

	if (size < MST_IMSI_DIGITS_MIN || size > MST_IMSI_DIGITS_MAX)
		return -MST_E_IDENTITY;
	/* 16 digits aligned to the right in hi and lo, each loaded by overlapping loads. */
	if (size > 8) {
		unsigned pad = 8 * (unsigned)(16 - size);

		hi = (load64(digits) ^ zeros) << pad;
		lo = load64(digits + size - 8) ^ zeros;
	} else if (size == 8) {
		lo = load64(digits) ^ zeros;
	} else {
		unsigned pad = 8 * (unsigned)(8 - size);

		lo = (load32(digits) ^ (uint32_t)zeros) << pad |
		     (load32(digits + size - 4) ^ (uint32_t)zeros) << 32;
	}
	if ((not_digits(hi) | not_digits(lo)) != 0)
		return -MST_E_IDENTITY;
	*code = first_code[size] + join8(hi) * POW10_8 + join8(lo);
	return 0;
}

/* Spells v < 10^8 as 8 digits: the inverse of join8. */
static inline uint64_t
split8(uint32_t v)
{
	uint64_t d = v / POW10_4 | (uint64_t)(v % POW10_4) << 32;
	uint64_t h = (d * 5243 >> 19) & 0x0000007f0000007f; /* each half / 100 */

	d = h | (d - h * 100) << 16;
	h = (d * 103 >> 10) & 0x000f000f000f000f; /* each quarter / 10 */
	return (h | (d - h * 10) << 8) + 0x3030303030303030;
}

size_t
mst_imsi_decode(uint64_t code, char digits[MST_IMSI_DIGITS_MAX])
{
	size_t size = MST_IMSI_DIGITS_MAX;
	uint64_t hi, lo;

	assert(code < MST_IMSI_CODE_END);
	while (size > MST_IMSI_DIGITS_MIN && code >= first_code[size - 1])
		size--;
	code -= first_code[size];
	hi = split8((uint32_t)(code / POW10_8));
	lo = split8((uint32_t)(code % POW10_8));
	/* 16 digits aligned to the right: the last ones go out by overlapping stores. */
	if (size > 8) {
		unsigned pad = 8 * (unsigned)(16 - size);

		hi = hi >> pad | lo << 1 << (63 - pad);
		memcpy(digits, &hi, 8);
		memcpy(digits + size - 8, &lo, 8);
	} else {
		uint32_t first = (uint32_t)(lo >> 8 * (8 - size)), last = (uint32_t)(lo >> 32);

		memcpy(digits, &first, 4);
		memcpy(digits + size - 4, &last, 4);
	}
	return size;
}

/* "@ims.mncMMM.mccCCC.3gppnetwork.org" */
#define REALM     "@ims.mnc000.mcc000.3gppnetwork.org"
#define REALM_MNC 8
#define REALM_MCC 15
_Static_assert(sizeof(REALM) - 1 == MST_IMPI_REALM_SIZE, "size of the realm");
_Static_assert(MST_IMPI_REALM_SIZE + MST_IMSI_DIGITS_MAX == MST_IMPI_SIZE_MAX, "size of an IMPI");

static void
put_realm(char *realm, const char *digits, unsigned mnc_size)
{
	memcpy(realm, REALM, MST_IMPI_REALM_SIZE);
	memcpy(realm + REALM_MCC, digits, 3);
	memcpy(realm + REALM_MNC + (3 - mnc_size), digits + 3, mnc_size);
}

size_t
mst_impi_build(uint64_t code, unsigned mnc_size, char impi[MST_IMPI_SIZE_MAX])
{
	size_t size = mst_imsi_decode(code, impi);

	assert(mnc_size == 2 || mnc_size == 3);
	put_realm(impi + size, impi, mnc_size);
	return size + MST_IMPI_REALM_SIZE;
}

int
mst_impi_parse(const char *impi, size_t size, uint64_t *code, unsigned *mnc_sizes)
{
	char realm[MST_IMPI_REALM_SIZE];
	unsigned sizes = 0;
	size_t digits;
	uint64_t imsi;
	int err;

	if (size < MST_IMPI_REALM_SIZE || size > MST_IMPI_SIZE_MAX)
		return -MST_E_IDENTITY;
	digits = size - MST_IMPI_REALM_SIZE;
	err = mst_imsi_encode(impi, digits, &imsi);
	if (err != 0)
		return err;
	for (unsigned mnc_size = 2; mnc_size <= 3; mnc_size++) {
		put_realm(realm, impi, mnc_size);
		if (memcmp(realm, impi + digits, sizeof(realm)) == 0)
			sizes |= 1u << mnc_size;
	}
	if (sizes == 0)
		return -MST_E_IDENTITY;
	*code = imsi;
	*mnc_sizes = sizes;
	return 0;
}
