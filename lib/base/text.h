/* SPDX-License-Identifier: BSD-3-Clause */
/* Hexadecimal and base64 (RFC 4648) text. Context: any thread; never allocates. */
#ifndef MST_BASE_TEXT_H
#define MST_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** Characters of the base64 form of n octets, without a terminator. */
#define MST_BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/** Writes 2n lower-case digits and a terminator to text. */
void mst_hex_encode(const void *data, size_t n, char *text);
/**
 * Reads exactly 2n digits of either case into data.
 * Returns 0, or -MST_E_ARGUMENT when size is not 2n or a character is no digit.
 */
int mst_hex_decode(const char *text, size_t size, void *data, size_t n);
/** Writes MST_BASE64_SIZE(n) characters with padding and a terminator to text. */
void mst_base64_encode(const void *data, size_t n, char *text);
/**
 * Reads padded base64 of exactly n octets; non-zero spare bits are refused.
 * Returns 0 or -MST_E_ARGUMENT.
 */
int mst_base64_decode(const char *text, size_t size, void *data, size_t n);

#endif
