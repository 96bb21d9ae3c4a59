/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a device keeps the keys of one bootstrapping run and of its group, and the OSCORE endpoint
 * that uses them (docs/protocol.md sections 3, 4.3, 5 and 6), over columns. A GBA_ME device has its
 * vault in the ME, a GBA_U device in the UICC: me.c and uicc.c each own an array of vaults and give
 * out nothing but what the functions below give out.
 *
 * Shapes: columns of MST_LANES rows; at[i] is the vault of lane i; rows of dead lanes are not
 * touched. Context of all functions: the data thread; never allocate or block.
 */
#ifndef LOAD_VAULT_H
#define LOAD_VAULT_H

#include "gba/keys.h"
#include "gba/ua.h"
#include "oscore/oscore.h"

/** Octets of an Echo value that an answer may ask back. */
#define VAULT_ECHO 8

/** 96 octets a meter. */
struct vault {
	mst_b32 secret;     /* Ks, from vault_derive_burst() on the key of this NAF */
	mst_b16 server_key; /* of the OSCORE context */
	mst_b16 common_iv;  /* of the same */
	mst_b16 kg;         /* group key */
	uint64_t gid;       /* its group; 0: in none */
	uint64_t next_piv;  /* lowest Partial IV that an answer of the gateway may have */
};
_Static_assert(sizeof(struct vault) == 96, "docs/man/muster-load.1 states memory a meter");

typedef struct vault *const *vault_column;

/** Ks = CK || IK. */
void vault_set_ks_burst(mst_lanes live, vault_column at, const mst_b16 *ck, const mst_b16 *ik);
/** The device's proof on Ub. */
void vault_prove_burst(struct mst_crypto *crypto, mst_lanes live, vault_column at,
	const struct mst_gba_device_in *in, mst_b16 *proof);
/** Replaces Ks by Ks_int_NAF if gba_u, else by Ks_NAF. */
void vault_derive_burst(struct mst_crypto *crypto, mst_lanes live, bool gba_u, vault_column at,
	const struct mst_gba_naf_in *in);
/**
 * Returns the lanes whose BSF proof (MST_PROOF_SIZE octets at received[i]) is right, after
 * vault_derive_burst() of these.
 */
mst_lanes vault_accept_burst(struct mst_crypto *crypto, mst_lanes live, bool gba_u, vault_column at,
	const struct mst_gba_bsf_in *in, const uint8_t *const *received,
	const struct mst_gba_naf_in *naf);

/** A protected request under construction, and later what is known of it when its answer comes. */
struct vault_exchange {
	const struct mst_oscore_profile *profile;
	const mst_b16 *rand;      /* ID Context; its first octets are the client id */
	const mst_oscore_id *kid; /* the client id */
	const uint64_t *request_piv;
	mst_lanes with_context; /* requests that carry the kid context */
};

/** Derives the OSCORE context and protects plain[] into build[]. Returns the lanes that had room.
 */
mst_lanes vault_seal_burst(struct mst_crypto *crypto, mst_lanes live, vault_column at,
	const struct vault_exchange *exchange, const struct mst_oscore_plain *plain,
	struct mst_coap_build *build);

/** What the outside of the endpoint learns from an answer. */
struct vault_answer {
	enum mst_res res; /* in: what was asked for */
	uint64_t imsi;    /* in: code */
	uint64_t gid;     /* in: the group asked for, 0: a new one; out: the group entered */
	uint32_t num; /* in: of the newest key; a key that is older is not kept; out: the key's */
	uint32_t waiting; /* out: candidates */
	bool observed;    /* out: a notification, or the answer that began the observation */
	int error;        /* 0, or a negative error: the answer is void */
	uint8_t code;
	int error_id; /* of RFC 9594 in an error, or -1 */
	uint32_t max_age_s;
	bool opened;    /* its tag is right: */
	uint64_t piv;   /* the gateway's Partial IV */
	uint64_t tag;   /* the last octets of the ciphertext */
	bool piv_again; /* under a Partial IV that the gateway has used in this session before */
	bool has_echo;
	uint8_t echo[VAULT_ECHO];
};

/**
 * Opens answers, whose payloads are decrypted in place, and keeps G-ID and Kg of those that admit
 * to a group. Errors: OSCORE_OPTION (no Partial IV of the gateway's own), OSCORE_TAG, those of
 * mst_ua_parse_response(), OSCORE_REPLAY (a Partial IV not above the last one), GROUP_UNKNOWN
 * (another group than asked for), NODE_OF_OTHER (another member's Location-Path), OSCORE_KID
 * (another session's B-TID).
 */
void vault_open_burst(struct mst_crypto *crypto, mst_lanes live, vault_column at,
	const struct vault_exchange *exchange, const struct mst_coap_msg *outer,
	struct vault_answer *answer);

/** Whether the vault holds a group; then its G-ID and Kg. For the proof of agreement. */
bool vault_group(const struct vault *vault, uint64_t *gid, mst_b16 kg);

#endif
