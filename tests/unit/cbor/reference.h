/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A second CBOR decoder, written for plainness: it reads any well-formed item (RFC 8949 appendix C)
 * and writes the deterministic encoding of the same value. The reader under test has to accept
 * exactly the octets that this leaves unchanged.
 */
#ifndef TEST_CBOR_REFERENCE_H
#define TEST_CBOR_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

struct ref {
	const uint8_t *in;
	size_t in_size;
	uint8_t *out; /* room for in_size octets */
	size_t out_size;
	int depth; /* deepest nesting met */
};

enum ref_verdict {
	REF_MALFORMED,
	REF_WELL_FORMED,
	REF_DUPLICATE, /* a map with two equal keys */
};

/** Reads one item that takes all input and writes its deterministic encoding. */
enum ref_verdict ref_canonical(struct ref *r);

#endif
