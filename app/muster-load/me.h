/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mobile equipment of all meters: the state of its exchange with the gateway, and for GBA_ME
 * the vault with Ks, Ks_NAF, G-ID and Kg. The ME of a GBA_U meter has no vault.
 *
 * Context: setup by the control thread; all else: the data thread.
 */
#ifndef LOAD_ME_H
#define LOAD_ME_H

#include "uicc.h"

enum me_state {
	ME_IDLE,
	ME_PARKED,       /* its group does not exist yet */
	ME_HINTS,        /* awaits the answer to its negotiation */
	ME_CHALLENGE,    /* awaits the answer to its identity */
	ME_RESYNC,       /* awaits the answer to its AUTS */
	ME_RESULT,       /* awaits the answer to its proof */
	ME_SECURED,      /* awaits the answer to its protected request */
	ME_TAKEN,        /* an answer is being worked on */
	ME_WAIT_START,   /* bootstraps again when its timer ends */
	ME_WAIT_SECURED, /* repeats its protected request when its timer ends */
	ME_DONE,
	ME_FAILED,
};

/** Bits of me.flags. */
#define ME_IN_TIMERS 0x01 /* struct timers holds the meter */
#define ME_GBA_U     0x02 /* what the card said of itself */
#define ME_COOKIE    0x04 /* the cookie is not RAND: me_cookie() has it */
#define ME_ECHO      0x08 /* the protected request carries the Echo value in proof */

/** Bits of me.life: what it is to its group after the join. */
#define ME_WATCHES 0x01 /* observes: me.watch is valid */
#define ME_OUT     0x02 /* has left its group, or was evicted: */
#define ME_EVICTED 0x04
#define ME_PHASE   0x08 /* the phase ends for it with a notification */
#define ME_AWAITS  0x10 /* which has not come yet */

/** One cache line a meter. Times count from the start of the run. */
struct me {
	_Alignas(64) uint32_t planned_us; /* when the join was due */
	uint32_t sent_us;                 /* when the present exchange began */
	uint32_t due_ms;                  /* when its timer ends; 0: no timer */
	uint32_t slot;                    /* of its vault, unless GBA_U */
	uint16_t mid;                     /* of the present exchange */
	uint16_t timeout_ms;              /* present time-out of RFC 7252 section 4.2 */
	uint16_t piv;                     /* Partial IV of the present or next protected request */
	uint8_t state;                    /* enum me_state */
	uint8_t flags;
	uint8_t retransmits; /* in the present exchange */
	uint8_t restarts;
	uint8_t waits;
	uint8_t before; /* the state that ME_TAKEN goes back to when an answer is void */
	mst_b16 rand;
	union {
		mst_b16 proof; /* device proof in ME_RESULT, AUTS in ME_RESYNC, Echo in ME_SECURED
				*/
		struct {
			uint16_t mid; /* of the registration: its token follows from it */
			uint16_t piv; /* of the registration */
			uint32_t num; /* of the newest key */
		} watch;              /* in a session that is established */
	};
	uint8_t task; /* enum gen_task: what the protected request is about */
	uint8_t life;
};
_Static_assert(sizeof(struct me) == 64, "one cache line");

struct cookie {
	uint8_t size;
	uint8_t octets[MST_COOKIE_MAX];
};

struct mes {
	struct me *at;
	struct vault *vault;   /* one for each GBA_ME meter */
	struct cookie *cookie; /* touched by gateways whose cookie is not RAND only */
	uint32_t count, vault_count;
};

/** MEs for all cards. Returns 0 or -MST_E_NO_MEMORY. */
int mes_init(struct mes *mes, const struct uiccs *uiccs);
/** Wipes and frees; zeroed memory is allowed. */
void mes_fini(struct mes *mes);

/** IMEI as BCD (gba/ua.h): 14 digits from the index, then Luhn's check digit (TS 23.003 Annex B).
 */
uint64_t me_imei(uint32_t meter);

/** Remembers the cookie of a challenge beside RAND. */
void me_set_cookie(struct mes *mes, uint32_t meter, const uint8_t *cookie, uint8_t size);
/** The cookie to answer with. */
const uint8_t *me_cookie(const struct mes *mes, uint32_t meter, uint8_t *size);

/* For GBA_ME meters: the functions of vault.h of the same names. */
void me_set_ks_burst(struct mes *mes, mst_lanes live, const uint32_t *meter, const mst_b16 *ck,
	const mst_b16 *ik);
void me_prove_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_device_in *in, mst_b16 *proof);
mst_lanes me_accept_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_bsf_in *in, const uint8_t *const *received,
	const struct mst_gba_naf_in *naf);
void me_derive_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct mst_gba_naf_in *in);
mst_lanes me_seal_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct vault_exchange *exchange,
	const struct mst_oscore_plain *plain, struct mst_coap_build *build);
void me_open_burst(struct mes *mes, struct mst_crypto *crypto, mst_lanes live,
	const uint32_t *meter, const struct vault_exchange *exchange,
	const struct mst_coap_msg *outer, struct vault_answer *answer);

/** What the ME holds, for the proof of agreement and the key log: NULL for GBA_U. */
const struct vault *me_vault(const struct mes *mes, uint32_t meter);

#endif
