/* SPDX-License-Identifier: BSD-3-Clause */
/* UTF-8 (RFC 3629). Context: any thread. */
#ifndef MST_CBOR_UTF8_H
#define MST_CBOR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether n octets are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool mst_cbor_utf8_valid(const uint8_t *text, size_t n);

#endif
