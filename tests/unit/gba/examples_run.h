/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fixed world of the worked examples: one subscriber, one gateway, runs of bootstrapping and
 * the messages that belong to them. Everything is computed by lib/ and again by openssl_ref.h, and
 * must agree.
 */
#ifndef TESTS_GBA_EXAMPLES_RUN_H
#define TESTS_GBA_EXAMPLES_RUN_H

#include "help.h"

#include "aka/autn.h"
#include "coap/coap.h"
#include "gba/cookie.h"
#include "gba/keys.h"
#include "gba/ua.h"
#include "gba/ub.h"
#include "openssl_ref.h"
#include "oscore/oscore.h"

#define EX_IMSI     "001010000000001"
#define EX_IMPI     "001010000000001@ims.mnc001.mcc001.3gppnetwork.org"
#define EX_NAF      "naf.example.com"
#define EX_BSF      "bsf.example.com"
#define EX_UA       "\xff\x00\x00\x00\x01"
#define EX_IMEI     UINT64_C(0x490154203237518f)
#define EX_GID      UINT64_C(0x0123456789abcdef)
#define EX_IND      1
#define EX_TICK     UINT64_C(17000000000) /* 100 ms each since 1970: 2023-11-14 22:13:20 UTC */
#define EX_NOW      1700000000u
#define EX_LIFETIME 86400u
#define EX_EPOCH    UINT64_C(0x0a0b0c)

/** One run of bootstrapping and its session; lane 0 of all columns. */
struct ex_run {
	mst_b16 rand[MST_LANES], autn[MST_LANES];
	uint64_t sqn[MST_LANES];
	uint8_t cookie_block[16];
	struct mst_milenage_out aka;
	struct mst_hmac_cols ks;
	mst_b32 ks_naf[MST_LANES];
	struct mst_oscore_keys keys;
	mst_oscore_id client_id[MST_LANES];
	mst_b16 device_proof[MST_LANES], bsf_proof[MST_LANES];
	char btid[MST_BTID_SIZE_MAX];
	size_t btid_size;
	uint64_t piv, own_piv; /* next ones */
	bool gba_u;
	struct ref_milenage ref;
	struct ref_oscore ref_oscore;
	uint8_t s_naf[256], s_device[256], s_bsf[256]; /* inputs of the KDF */
	size_t s_naf_size, s_device_size, s_bsf_size;
};

/** Once before all others. */
void ex_init(struct mst_crypto *engine);
/** OPc of the subscriber. */
const uint8_t *ex_opc(void);
/** The hints of the gateway. */
const struct mst_ub_hints *ex_hints(void);

/** Makes challenge, keys and proofs of a run. dif is the offset of SQN. */
void ex_begin(struct ex_run *run, uint64_t tick, uint64_t dif, uint16_t nonce, bool gba_u);
/** The AUTS of a USIM whose highest SQN is sqn_ms, to the challenge of the run. */
void ex_auts(const struct ex_run *run, uint64_t sqn_ms, mst_auts auts);

/** Starts a request (CON, the next message id and token) to a path, or an answer (ACK) to it. */
struct mst_coap_build *ex_request(uint8_t code, const char *path);
struct mst_coap_build *ex_answer(uint8_t code);
/** Adds Content-Format and starts the payload. */
struct mst_writer *ex_payload(struct mst_coap_build *b, enum mst_coap_format format);
/** Ends the message and writes it down. */
void ex_end(struct mst_coap_build *b, const char *name, const char *comment);

/**
 * Protects a plaintext, opens it with OpenSSL, and writes down plaintext and message.
 * Names are "<name>-plain" and "<name>".
 */
void ex_secured_request(struct ex_run *run, const char *name, const char *comment,
	bool with_context, const uint8_t *plain, int size);
void ex_secured_answer(
	struct ex_run *run, const char *name, const char *comment, const uint8_t *plain, int size);

/** A request that more than one message answers: its token and Partial IV. */
struct ex_asked {
	uint8_t token[4];
	uint64_t piv;
};

/** FETCH with Observe outside; the answer that begins the observation. */
struct ex_asked ex_secured_observe(
	struct ex_run *run, const char *name, const char *comment, const uint8_t *plain, int size);
void ex_secured_observed(
	struct ex_run *run, const char *name, const char *comment, const uint8_t *plain, int size);
/** The request that was written last, for what comes later. */
struct ex_asked ex_asked(const struct ex_run *run);
/**
 * A Confirmable message of the gateway's to an earlier request, and its acknowledgement:
 * a notification where `observe`, otherwise a separate response or the end of an observation.
 */
void ex_secured_later(struct ex_run *run, const struct ex_asked *asked, bool observe,
	const char *name, const char *comment, const uint8_t *plain, int size);
/** An empty Acknowledgement of the request at hand. */
void ex_acknowledgement(const char *name, const char *comment);

#endif
