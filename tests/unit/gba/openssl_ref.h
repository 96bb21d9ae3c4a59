/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cryptography of docs/protocol.md written a second time, plainly and on OpenSSL alone. Nothing
 * of lib/ but its types is used.
 */
#ifndef TESTS_GBA_OPENSSL_REF_H
#define TESTS_GBA_OPENSSL_REF_H

#include <stddef.h>
#include <stdint.h>

/** out = AES-128 of one block. */
void ref_aes(const uint8_t *key, const uint8_t *in, uint8_t *out);

/** Values of Milenage (TS 35.206). */
struct ref_milenage {
	uint8_t opc[16];
	uint8_t mac_a[8], mac_s[8], res[8];
	uint8_t ck[16], ik[16];
	uint8_t ak[6], ak_s[6];
};

/** sqn is 6 octets, amf 2. */
void ref_milenage(const uint8_t *k, const uint8_t *op, const uint8_t *rand, const uint8_t *sqn,
	const uint8_t *amf, struct ref_milenage *out);
/** AUTN from SQN, AMF and the values; with gba_u AUTN*. */
void ref_autn(const struct ref_milenage *m, const uint8_t *sqn, const uint8_t *amf, int gba_u,
	uint8_t *autn);
/** AUTS from SQN_MS; the values are those for SQN_MS and AMF 0000. */
void ref_auts(const struct ref_milenage *m, const uint8_t *sqn_ms, uint8_t *auts);

/** One parameter of a KDF. */
struct ref_p {
	const void *data;
	size_t size;
};

/** TS 33.220 Annex B.2; the key is CK || IK. Writes S (at most 256 octets) and returns its size. */
size_t ref_kdf(const struct ref_milenage *m, uint8_t fc, const struct ref_p *p, size_t count,
	uint8_t *s, uint8_t *out);

/** Keys and Common IV of an OSCORE context. */
struct ref_oscore {
	uint8_t client_key[16], server_key[16], common_iv[13];
	uint8_t client_id[7];
};

/** Section 3 of docs/protocol.md: 32 octets of master secret, RAND as ID Context, no salt. */
void ref_oscore(const uint8_t *master_secret, const uint8_t *rand, struct ref_oscore *out);

/** A payload to open: whose it is, its Partial IV and the one of the request. */
struct ref_sealed {
	int from_server;
	uint64_t piv, request_piv;
	const uint8_t *data;
	size_t size;
};

/** Returns the size of the plaintext, or -1 when the tag is wrong. */
int ref_oscore_open(const struct ref_oscore *ctx, const struct ref_sealed *sealed, uint8_t *plain);

#endif
