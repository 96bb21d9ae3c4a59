/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A gateway for tests of the load generator: one frame at a time, every message by
 * docs/protocol.md, and faults on demand. It has its own view of each subscriber and computes every
 * key from K.
 */
#ifndef TEST_FAKE_GATEWAY_H
#define TEST_FAKE_GATEWAY_H

#include "gba/keys.h"
#include "gba/ub.h"
#include "net/net.h"
#include "oscore/oscore.h"
#include "port/port.h"
#include "subs/subs.h"

#define FAKE_METERS 64
#define FAKE_GROUPS 8

/** Faults; each is counted down by the message that it hits. */
struct fake_faults {
	unsigned wrong_mac;        /* AUTN */
	unsigned wrong_proof;      /* of the BSF */
	unsigned refuse_answer;    /* 4.01 to a right answer */
	unsigned refuse_secured;   /* 4.01 outside OSCORE */
	unsigned unavailable;      /* 5.03 inside OSCORE */
	unsigned unavailable_open; /* 5.03 on /bsf */
	unsigned garbled_tag;      /* of a protected answer */
	unsigned silent;           /* requests that are not answered */
	unsigned reset;            /* requests answered by Reset */
	unsigned no_own_piv;       /* protected answers under the request's nonce */
	unsigned not_found;        /* 4.04 inside OSCORE */
	bool own_cookie;           /* a cookie that is not RAND */
};

struct fake_session {
	mst_b16 rand;
	mst_b32 ks;
	uint8_t res[MST_GBA_RES_SIZE];
	bool challenged, proved;
	uint64_t dif;
	uint64_t sent_piv;
	mst_b32 ks_naf;
	uint64_t gid; /* group entered */
	uint8_t store;
	uint64_t imei;
};

struct fake_gateway {
	struct mst_crypto *crypto;
	const struct mst_subs *subs;
	struct mst_net_host host;
	struct mst_oscore_profile oscore;
	struct mst_naf_id naf_id;
	struct mst_ub_hints hints;
	struct fake_faults faults;
	struct fake_session session[FAKE_METERS];
	uint64_t gid[FAKE_GROUPS];
	mst_b16 kg[FAKE_GROUPS];
	unsigned groups;
	uint64_t clock; /* of SQN */
	unsigned requests, creates, joins, sessions_read, resyncs, answers;
	unsigned challenges;
};

/** Subscribers are those of `subs`, in its order. */
void fake_init(struct fake_gateway *g, const struct mst_subs *subs, const uint8_t ip4[4]);
void fake_fini(struct fake_gateway *g);
/** The frame becomes the answer. Returns false when there is none. */
bool fake_answer(struct fake_gateway *g, struct mst_frame *frame);
/** The payload of its hints. */
size_t fake_hints(const struct fake_gateway *g, uint8_t *payload, size_t capacity);

#endif
