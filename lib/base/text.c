/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/text.h"

#include <string.h>

#include "base/err.h"

void
mst_hex_encode(const void *data, size_t n, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++) {
		*text++ = digits[p[i] >> 4];
		*text++ = digits[p[i] & 15];
	}
	*text = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
mst_hex_decode(const char *text, size_t size, void *data, size_t n)
{
	uint8_t *p = data;

	if (size != 2 * n)
		return -MST_E_ARGUMENT;
	for (size_t i = 0; i < size; i++)
		if (hex_digit(text[i]) < 0)
			return -MST_E_ARGUMENT;
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)((unsigned)hex_digit(text[2 * i]) << 4 |
				 (unsigned)hex_digit(text[2 * i + 1]));
	return 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
mst_base64_encode(const void *data, size_t n, char *text)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i += 3) {
		size_t rest = n - i;
		uint32_t v = (uint32_t)p[i] << 16;

		if (rest > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (rest > 2)
			v |= p[i + 2];
		*text++ = alphabet[v >> 18];
		*text++ = alphabet[v >> 12 & 63];
		*text++ = rest > 1 ? alphabet[v >> 6 & 63] : '=';
		*text++ = rest > 2 ? alphabet[v & 63] : '=';
	}
	*text = '\0';
}

int
mst_base64_decode(const char *text, size_t size, void *data, size_t n)
{
	uint8_t out[3], *p = data;

	if (size != MST_BASE64_SIZE(n))
		return -MST_E_ARGUMENT;
	for (size_t i = 0; i < size; i += 4) {
		size_t rest = n - i / 4 * 3, count = rest < 3 ? rest : 3;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = text[i + k] ? strchr(alphabet, text[i + k]) : NULL;

			if (k > count ? text[i + k] != '=' : at == NULL)
				return -MST_E_ARGUMENT;
			v = v << 6 | (k > count ? 0 : (uint32_t)(at - alphabet));
		}
		out[0] = (uint8_t)(v >> 16);
		out[1] = (uint8_t)(v >> 8);
		out[2] = (uint8_t)v;
		for (size_t k = count; k < 3; k++)
			if (out[k] != 0)
				return -MST_E_ARGUMENT;
		memcpy(p + i / 4 * 3, out, count);
	}
	return 0;
}
