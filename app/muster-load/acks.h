/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What meters were told, in a file, so that a checker outside can compare it with what a gateway
 * has after it was killed (tests/system/acks.py). One row an event, comma-separated:
 *
 *	aka,TIME,IMSI,RAND,SQN                 an AKA run whose AUTN is right
 *	own,TIME,IMSI,RAND,PIV,TASK            a protected request, under the meter's Partial IV
 *	gateway,TIME,IMSI,RAND,PIV,TAG         an answer or notification, under the gateway's
 *	create,TIME,IMSI,G-ID,NUM,KG           acknowledged changes; NUM is the key's version
 *	join,TIME,IMSI,G-ID,NUM,KG
 *	leave,TIME,IMSI,G-ID
 *	evict,TIME,IMSI,G-ID                   of the one that was evicted
 *	rekey,TIME,IMSI,G-ID,NUM
 *	key,TIME,IMSI,G-ID,NUM,KG              a key as read, or notified of
 *
 * TIME is in microseconds since 1970, RAND, KG and TAG (of the ciphertext) are hexadecimal. A test
 * aid that gives keys away: it is never on unless asked for, and the file has mode 0600.
 *
 * Context: the data thread; writes through a buffer. Nothing happens while gen->acks is NULL.
 */
#ifndef LOAD_ACKS_H
#define LOAD_ACKS_H

#include "batch.h"

/** AKA runs of these lanes; rand[] and aka of the batch are theirs. */
void acks_aka(const struct gen *gen, mst_lanes live);
/** A meter has a new protected request. */
void acks_own(const struct gen *gen, uint32_t meter);
/** An answer was opened; before the meter's state moves on. */
void acks_answer(const struct gen *gen, unsigned lane);
/** The same of a notification. */
void acks_notified(const struct gen *gen, unsigned lane);

#endif
