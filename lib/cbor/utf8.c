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

bool
mst_cbor_utf8_valid(const uint8_t *text, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint8_t low, high;
		uint64_t word;
		size_t size;

		if (n - i >= sizeof(word)) {
			memcpy(&word, text + i, sizeof(word));
			if ((word & 0x8080808080808080) == 0) {
				i += sizeof(word);
				continue;
			}
		}
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
