/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof of agreement: every member of a group holds one and the same Kg, groups have different
 *ones, and the gateway names the same key id and number of members.
 *
 *	proof_create(&p, groups);
 *	proof_member(p, group, gid, kg);        // each meter, the creators first
 *	proof_key_ids(p, crypto);
 *	proof_gateway_row(p, gid, key_id, members); // each row of "group list"
 *	proof_conclude(p, all_joined, &verdict);
 *
 * Context: one thread; create allocates.
 */
#ifndef LOAD_PROOF_H
#define LOAD_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/crypto.h"

#define PROOF_KEY_ID 8 /* hexadecimal digits */

struct proof;

struct proof_verdict {
	uint64_t kg_mismatch;     /* meters that do not agree with group or gateway */
	uint32_t groups;          /* with a member */
	uint32_t alike;           /* groups whose Kg another group has, too */
	uint32_t gateway_missing; /* groups that the gateway did not name */
	uint32_t gateway_key;     /* groups whose key id is another at the gateway */
	uint32_t gateway_members; /* groups with another number of members there */
	bool gateway_asked;
	bool agrees;
};

/** Returns 0 or -MST_E_NO_MEMORY. */
int proof_create(struct proof **proof, uint32_t groups);
/** Wipes and frees; NULL is allowed. */
void proof_destroy(struct proof *proof);
/** A meter that joined `group` (0 upwards) holds this; its first member sets what is right. */
void proof_member(struct proof *proof, uint32_t group, uint64_t gid, const mst_b16 kg);
/** A meter that joined, but holds no key, or holds it where it must not be. */
void proof_no_key(struct proof *proof);
/** Computes key ids: the first 4 octets of HMAC-SHA-256(Kg, "muster key id"). */
void proof_key_ids(struct proof *proof, struct mst_crypto *crypto);
/** What the gateway says of a group; groups of others are passed over. After proof_key_ids(). */
void proof_gateway_row(
	struct proof *proof, uint64_t gid, const char key_id[PROOF_KEY_ID], uint64_t members);
/**
 * Judges. With all_joined the gateway's numbers of members must be equal, else not smaller, since a
 * meter that gave up may have joined without knowing.
 */
void proof_conclude(struct proof *proof, bool all_joined, struct proof_verdict *verdict);

#endif
