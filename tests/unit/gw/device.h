/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One simulated device and a gateway without a port, message by message, for tests that look at
 * what the gateway says. Speaks docs/protocol.md through the public library functions, one lane at
 * a time.
 */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

#include "aka/sqn.h"
#include "batch.h"

/** Late messages that a test may leave unread. */
#define BENCH_LATE 256

/** A gateway fed from memory, and the store behind it. */
struct bench {
	struct gw *gw;
	struct mst_hss_set hss;
	struct mst_crypto *crypto;
	uint64_t now_ms;
	/** Takes frames to a worker and brings the answers back; NULL: bench_burst(). */
	void (*carry)(
		struct bench *bench, unsigned worker, struct mst_frame *frames, unsigned count);
	void *carrier; /* what carry() needs */
	/* Messages that answered no frame of a burst, in order. */
	struct {
		uint8_t octets[1600];
		uint16_t size;
	} late[BENCH_LATE];
	unsigned late_count;
	/** Sees every frame, with either direction; NULL: nobody looks. */
	void (*tap)(struct bench *bench, const void *frame, size_t size);
	struct mst_frame *frames; /* of the burst under way */
	unsigned frame_count;
};

/** Requests of a device that wait for a late answer, at most. */
#define DEVICE_KEPT 32

/** A SIM card with the state of its session. */
struct device {
	struct bench *bench;
	char imsi_text[16];
	char impi[MST_IMPI_SIZE_MAX];
	size_t impi_size;
	uint64_t imsi;
	mst_b16 k, opc;
	bool gba_u;
	uint32_t ip;
	unsigned worker; /* that receives the device's packets */
	bool ipv6;
	bool non;      /* sends Non-confirmable messages */
	bool context;  /* sends the kid context with every protected request */
	uint8_t vlans; /* tags on its frames, 0..2 */
	uint16_t mid;
	uint8_t token[4];
	struct mst_usim_sqn usim;

	mst_b16 rand, autn, ck, ik;
	uint8_t res[8];
	mst_b16 proof;
	mst_b32 ks_naf;
	uint64_t piv;
	uint32_t lifetime;
	uint64_t gid;
	uint8_t kg[MST_KG];

	/* Requests that are answered later, the newest last. */
	struct {
		uint8_t token[4];
		uint64_t piv;
	} kept[DEVICE_KEPT];
	unsigned kept_next, kept_hit; /* of the last late answer */
};

/** An answer: CoAP message, and its plaintext where it was protected. */
struct answer {
	struct mst_coap_msg request; /* its ids */
	size_t size;                 /* 0: nothing came */
	uint8_t octets[1600];
	struct mst_coap_msg msg;
	uint8_t plain[1024];
	size_t plain_size;
};

#define BENCH_SUBSCRIBERS 64

/** Subscribers 001010000000000.. with K = OPc = number; every fourth is GBA_U. `options` may be
 * NULL. */
void bench_open(struct bench *bench, const struct gw_options *options);
void bench_close(struct bench *bench);
/** The options bench_open() takes when given none. */
struct gw_options bench_options(void);
/**
 * Feeds `count` frames as one burst to a worker, and what it gives away to the others; the answers
 * replace the frames, size 0 for none.
 */
void bench_burst(struct bench *bench, unsigned worker, struct mst_frame *frames, unsigned count);
/** Lets all workers do what they do between bursts until nothing is left to do at this time. */
void bench_settle(struct bench *bench);
/** Whether the columns of a worker's batch hold no key and no plaintext. */
bool bench_keys_gone(const struct gw_worker *worker);
uint64_t bench_outcome(const struct bench *bench, enum gw_outcome outcome);
uint64_t bench_drops(const struct bench *bench, enum mst_err err);

void device_init(struct device *d, struct bench *bench, unsigned number);
/** Wraps CoAP octets in a frame of the device. The frame's data is malloc'ed. */
struct mst_frame device_frame(const struct device *d, const void *coap, size_t size);
/** Sends any octets as a datagram. Returns the size of the answer, of at most 1600 octets, 0 for
 * none. */
size_t device_send(struct device *d, const void *coap, size_t size, uint8_t *answer);
/** Takes the datagram out of a frame for the device. Returns its size. */
size_t device_unwrap(const struct device *d, struct mst_frame *frame, uint8_t *answer);
/** Sends CoAP octets and takes the answer. */
void device_exchange(struct device *d, const void *coap, size_t size, struct answer *a);
/** Starts a request; ids are the next ones. */
void device_begin(struct device *d, struct mst_coap_build *build, void *buffer, uint8_t code,
	const char *path);

/** POST `path` {imsi if express}; checks 4.01 and takes a challenge if there is one. */
void device_negotiate(struct device *d, const char *path, bool express, struct answer *a);
/** POST /bsf {imsi}; takes the challenge. */
void device_first(struct device *d, struct answer *a);
/** USIM: verifies AUTN and freshness, derives all keys. 0, -1 MAC failure, 1 SQN out of range. */
int device_authenticate(struct device *d);
/** Derives keys from CK and IK by what gba_u now says: with GBA_ME, or Ks_ext_NAF of GBA_U. */
void device_derive_as_me(struct device *d);
/** Builds POST /bsf {cookie, proof}; returns its size. */
size_t device_build_answer(struct device *d, void *buffer);
/** Sends it and checks the BSF's proof; returns the response's code. */
uint8_t device_answer(struct device *d, struct answer *a);
/** Standard bootstrapping from nothing to a session. */
void device_bootstrap(struct device *d);
/** Protects a plaintext under the next Partial IV; returns the message's size. */
size_t device_seal(
	struct device *d, const void *plain, size_t plain_size, bool express, void *buffer);
/** Sends a protected message and opens the answer, if it is protected. Returns its inner code, or
 * the outer one. */
uint8_t device_secured(struct device *d, const void *coap, size_t size, struct answer *a);
/** No answer at all. */
#define DEVICE_SILENCE 0xff
/** Does not acknowledge. */
#define DEVICE_NO_REPLY 0xff

/** The same with Observe, register or cancel. */
size_t device_seal_observe(
	struct device *d, const void *plain, size_t plain_size, bool cancel, void *buffer);
/**
 * Sends a protected message and opens the answer. Returns its inner code, the outer one of an
 * unprotected answer, 0 for an Empty Acknowledgement, DEVICE_SILENCE for none.
 */
uint8_t device_request(struct device *d, const void *coap, size_t size, struct answer *a);
/** The request just sent is one that is answered later. */
void device_keep(struct device *d);
/**
 * Takes the next separate response or notification and replies MST_COAP_ACK, MST_COAP_RST or
 * DEVICE_NO_REPLY. Returns its inner code, or DEVICE_SILENCE. IPv4 without tags only.
 */
uint8_t device_late(struct device *d, uint8_t reply, struct answer *a);
/** Joins (gid != 0) or creates; stores G-ID and Kg. Returns the inner code. */
uint8_t device_join(struct device *d, uint64_t gid, bool express);

#endif
