/* SPDX-License-Identifier: BSD-3-Clause */
/* OSCORE's cryptography one message at a time by OpenSSL, written apart from the unit. */
#ifndef OSCORE_REFERENCE_H
#define OSCORE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void ref_hkdf(const uint8_t *salt, size_t salt_size, const uint8_t *ikm, size_t ikm_size,
	const uint8_t *info, size_t info_size, uint8_t *out, size_t out_size);

struct ref_octets {
	const uint8_t *data;
	size_t size;
};

/** Derives n octets; type is "Key" or "IV"; no ID Context if context.data is NULL. */
void ref_derive(struct ref_octets salt, struct ref_octets secret, struct ref_octets id,
	struct ref_octets context, const char *type, uint8_t *out, size_t n);

/** Ciphertext and tag (n + 8 octets) of a message, from the parameters of RFC 8613 section 5. */
void ref_seal(const uint8_t key[16], const uint8_t iv[13], struct ref_octets nonce_id,
	uint64_t nonce_piv, struct ref_octets request_kid, uint64_t request_piv,
	const uint8_t *plain, size_t n, uint8_t *out);

#endif
