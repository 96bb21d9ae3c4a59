/* SPDX-License-Identifier: BSD-3-Clause */
#include "cbor/utf8.h"

#include <string.h>

/*
 * Octets of the sequence that begins with `lead`, 0 if none does, and the range of its second
 * octet, which rules out overlong forms, surrogates and what is above U+10FFFF (RFC 3629 section
 * 4).
 */
static size_t
sequence_size(uint8_t lead, uint8_t *low, uint8_t *high)
{
	*low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

#define HIGH_BITS 0x8080808080808080

static uint64_t
load64(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static bool
is_ascii(const uint8_t *text, size_t n)
{
	uint64_t all = 0;

	if (n < 8) {
		for (size_t i = 0; i < n; i++)
			all |= text[i];
		return all < 0x80;
	}
	for (size_t i = 0; i + 8 < n; i += 8)
		all |= load64(text + i);
	all |= load64(text + n - 8);
	return (all & HIGH_BITS) == 0;
}

bool
mst_cbor_utf8_valid(const uint8_t *text, size_t n)
{
	size_t i = 0;

	if (is_ascii(text, n))
		return true;
	while (i < n) {
		uint8_t low, high;
		size_t size;

		if (text[i] < 0x80) {
			i++;
			continue;
		}
		size = sequence_size(text[i], &low, &high);
		if (size == 0 || n - i < size || text[i + 1] < low || text[i + 1] > high)
			return false;
		for (size_t k = 2; k < size; k++)
			if ((text[i + k] & 0xc0) != 0x80)
				return false;
		i += size;
	}
	return true;
}
