/* SPDX-License-Identifier: BSD-3-Clause */
#include "proof.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"

struct group {
	uint64_t gid; /* 0: no member */
	mst_b16 kg;
	char key_id[PROOF_KEY_ID + 1];
	bool named;     /* by the gateway */
	bool key_wrong; /* at the gateway */
	uint32_t members;
	uint32_t disagree; /* members with another G-ID or Kg */
	uint64_t gateway_members;
};

struct proof {
	uint32_t count;
	uint64_t no_key;
	bool gateway_asked;
	struct group *group;
	struct group **by_gid; /* from proof_key_ids() on: those with members, sorted */
	uint32_t sorted;
};

int
proof_create(struct proof **proof, uint32_t groups)
{
	struct proof *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -MST_E_NO_MEMORY;
	p->count = groups;
	p->group = calloc((size_t)groups + 1, sizeof(*p->group));
	p->by_gid = calloc((size_t)groups + 1, sizeof(struct group *));
	if (p->group == NULL || p->by_gid == NULL) {
		proof_destroy(p);
		return -MST_E_NO_MEMORY;
	}
	*proof = p;
	return 0;
}

void
proof_destroy(struct proof *proof)
{
	if (proof == NULL)
		return;
	if (proof->group != NULL)
		mst_wipe(proof->group, proof->count * sizeof(*proof->group));
	free(proof->group);
	free(proof->by_gid);
	free(proof);
}

void
proof_member(struct proof *proof, uint32_t group, uint64_t gid, const mst_b16 kg)
{
	struct group *g = &proof->group[group];

	if (g->members++ == 0) {
		g->gid = gid;
		memcpy(g->kg, kg, sizeof(g->kg));
		return;
	}
	if (g->gid != gid || memcmp(g->kg, kg, sizeof(g->kg)) != 0)
		g->disagree++;
}

void
proof_no_key(struct proof *proof)
{
	proof->no_key++;
}

static int
compare_gid(const void *a, const void *b)
{
	const struct group *const *x = a, *const *y = b;

	return ((*x)->gid > (*y)->gid) - ((*x)->gid < (*y)->gid);
}

static int
compare_kg(const void *a, const void *b)
{
	const struct group *const *x = a, *const *y = b;

	return memcmp((*x)->kg, (*y)->kg, sizeof((*x)->kg));
}

static void
name_keys(struct group *const *group, unsigned count, struct mst_crypto *crypto)
{
	static const uint8_t label[] = "muster key id";
	struct mst_hmac_cols prepared;
	const uint8_t *message[MST_LANES];
	mst_b32 key[MST_LANES] = {0}, mac[MST_LANES];
	mst_lanes live = mst_lanes_first(count);

	for (unsigned i = 0; i < count; i++) {
		memcpy(key[i], group[i]->kg, sizeof(group[i]->kg));
		message[i] = label;
	}
	mst_hmac_key_burst(crypto, live, (const mst_b32 *)key, &prepared);
	mst_hmac_burst(crypto, live, &prepared, message, sizeof(label) - 1, mac);
	for (unsigned i = 0; i < count; i++)
		mst_hex_encode(mac[i], PROOF_KEY_ID / 2, group[i]->key_id);
	mst_wipe(key, sizeof(key));
	mst_wipe(&prepared, sizeof(prepared));
}

void
proof_key_ids(struct proof *proof, struct mst_crypto *crypto)
{
	proof->sorted = 0;
	for (uint32_t i = 0; i < proof->count; i++)
		if (proof->group[i].members > 0)
			proof->by_gid[proof->sorted++] = &proof->group[i];
	for (uint32_t i = 0; i < proof->sorted; i += MST_LANES) {
		uint32_t left = proof->sorted - i;

		name_keys(&proof->by_gid[i], left < MST_LANES ? left : MST_LANES, crypto);
	}
	qsort(proof->by_gid, proof->sorted, sizeof(struct group *), compare_gid);
}

void
proof_gateway_row(
	struct proof *proof, uint64_t gid, const char key_id[PROOF_KEY_ID], uint64_t members)
{
	const struct group wanted = {.gid = gid}, *key = &wanted;
	struct group **found =
		bsearch(&key, proof->by_gid, proof->sorted, sizeof(struct group *), compare_gid);
	struct group *g;

	proof->gateway_asked = true;
	if (found == NULL)
		return;
	g = *found;
	g->named = true;
	g->key_wrong = memcmp(g->key_id, key_id, PROOF_KEY_ID) != 0;
	g->gateway_members = members;
}

/** Groups that share a Kg; all but the first of a kind count with all their members. */
static void
find_alike(struct proof *proof, struct proof_verdict *verdict)
{
	qsort(proof->by_gid, proof->sorted, sizeof(struct group *), compare_kg);
	for (uint32_t i = 1; i < proof->sorted; i++) {
		if (compare_kg(&proof->by_gid[i - 1], &proof->by_gid[i]) == 0) {
			verdict->alike++;
			verdict->kg_mismatch += proof->by_gid[i]->members;
		}
	}
	qsort(proof->by_gid, proof->sorted, sizeof(struct group *), compare_gid);
}

/** Groups that share a G-ID: then the gateway's word covers one of them at most. */
static void
find_same_gid(const struct proof *proof, struct proof_verdict *verdict)
{
	for (uint32_t i = 1; i < proof->sorted; i++)
		if (proof->by_gid[i - 1]->gid == proof->by_gid[i]->gid)
			verdict->kg_mismatch += proof->by_gid[i]->members;
}

static void
judge_gateway(const struct group *g, bool all_joined, struct proof_verdict *verdict)
{
	if (!g->named) {
		verdict->gateway_missing++;
		verdict->kg_mismatch += g->members;
		return;
	}
	if (g->key_wrong) {
		verdict->gateway_key++;
		verdict->kg_mismatch += g->members;
	}
	if (all_joined ? g->gateway_members != g->members : g->gateway_members < g->members)
		verdict->gateway_members++;
}

void
proof_conclude(struct proof *proof, bool all_joined, struct proof_verdict *verdict)
{
	*verdict = (struct proof_verdict){
		.groups = proof->sorted,
		.kg_mismatch = proof->no_key,
		.gateway_asked = proof->gateway_asked,
	};
	for (uint32_t i = 0; i < proof->sorted; i++) {
		verdict->kg_mismatch += proof->by_gid[i]->disagree;
		if (proof->gateway_asked)
			judge_gateway(proof->by_gid[i], all_joined, verdict);
	}
	find_same_gid(proof, verdict);
	find_alike(proof, verdict);
	verdict->agrees = verdict->kg_mismatch == 0 && verdict->gateway_members == 0;
}
