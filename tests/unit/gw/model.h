/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules of docs/protocol.md section 6, plain and slow: what every request is answered with, and
 * what it changes. No worker, mail, table or key: a key is its number.
 */
#ifndef TEST_MODEL_H
#define TEST_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "gba/ua.h"

#define MODEL_DEVICES 12
#define MODEL_GROUPS  6

enum model_standing { MODEL_NONE, MODEL_MEMBER, MODEL_CANDIDATE, MODEL_EVICTED };

struct model_group {
	bool exists;
	uint32_t num, made, expires, earlier_until, rekey_at;
	int owner[4]; /* devices, the principal first */
	unsigned owners;
	struct mst_policy policy;
	enum model_standing standing[MODEL_DEVICES];
	uint32_t since[MODEL_DEVICES];
	unsigned order[MODEL_DEVICES];    /* of candidates: who came first has less */
	unsigned asked_in[MODEL_DEVICES]; /* session that a candidate asked in last */
};

struct model_device {
	bool session, barred;
	unsigned serial; /* of the session */
	uint32_t session_expires;
	unsigned joined, created;
};

/** A separate response that has to come. */
struct model_late {
	int device, group;
	uint8_t code;
	int error_id;
	uint32_t num;
};

struct model {
	uint32_t now;
	unsigned create_limit, join_limit, decision_s, key_life, arrivals;
	struct model_group group[MODEL_GROUPS];
	struct model_device device[MODEL_DEVICES];
	struct model_late late[MODEL_DEVICES * MODEL_GROUPS];
	unsigned late_count;
};

/** What an answer has to be. */
struct model_answer {
	uint8_t code; /* MST_COAP_EMPTY: it waits */
	int error_id;
	uint32_t num;
	bool earlier;
	uint32_t count[3]; /* of a decision */
};

/** Time passes: rekeys, and candidates who waited too long. */
void model_time(struct model *m, uint32_t now);
void model_bootstrap(struct model *m, int d);
void model_bar(struct model *m, int d, bool barred);

/** Requests of device d about group g. With `repeated` nothing changes. */
struct model_answer model_create(
	struct model *m, int d, int g, const struct mst_policy *policy, bool repeated);
struct model_answer model_join(struct model *m, int d, int g, uint64_t imsi, bool repeated);
struct model_answer model_read(struct model *m, int d, int g);
struct model_answer model_leave(struct model *m, int d, int g, bool repeated);
struct model_answer model_evict(struct model *m, int d, int g, int who, bool repeated);
/** who < 0: all. */
struct model_answer model_decide(struct model *m, int d, int g, int who, bool admit, bool repeated);
struct model_answer model_rekey(struct model *m, int d, int g, uint32_t num, bool repeated);
struct model_answer model_policies(
	struct model *m, int d, int g, const struct mst_policy_change *change, bool repeated);
/** Any of the three may be < 0. */
struct model_answer model_owners(
	struct model *m, int d, int g, int principal, int add, int remove, bool repeated);
struct model_answer model_dissolve(struct model *m, int d, int g);
/** The operator makes d the principal of a group without owners: whether it can. */
bool model_give(struct model *m, int g, int d);
/** The operator dissolves a group. */
void model_end(struct model *m, int g);
/** Whether an owner may look at candidates or owners: 2.05 or the error. */
struct model_answer model_look(struct model *m, int d, int g, bool owners_only);

unsigned model_members(const struct model_group *g);
unsigned model_waiting(const struct model_group *g);

#endif
