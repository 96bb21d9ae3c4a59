/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"

#include <stddef.h>
#include <string.h>

#include "coap/coap.h"

static struct model_answer
answer(uint8_t code)
{
	return (struct model_answer){.code = code, .error_id = -1};
}

static struct model_answer
refusal(int error_id)
{
	return (struct model_answer){.code = MST_COAP_FORBIDDEN, .error_id = error_id};
}

unsigned
model_members(const struct model_group *g)
{
	unsigned n = 0;

	for (int d = 0; d < MODEL_DEVICES; d++)
		n += g->standing[d] == MODEL_MEMBER;
	return n;
}

unsigned
model_waiting(const struct model_group *g)
{
	unsigned n = 0;

	for (int d = 0; d < MODEL_DEVICES; d++)
		n += g->standing[d] == MODEL_CANDIDATE;
	return n;
}

static int
office(const struct model_group *g, int d)
{
	for (unsigned i = 0; i < g->owners; i++)
		if (g->owner[i] == d)
			return (int)i;
	return -1;
}

static void
remove_office(struct model_group *g, int place)
{
	for (unsigned i = (unsigned)place; i + 1 < g->owners; i++)
		g->owner[i] = g->owner[i + 1];
	g->owners--;
}

static void
rekey(struct model *m, struct model_group *g)
{
	g->num++;
	g->made = m->now;
	g->expires = m->now + g->policy.key_life_s;
	g->earlier_until =
		g->policy.expiration_delta_s > 0 ? m->now + g->policy.expiration_delta_s : 0;
	g->rekey_at = 0;
}

static struct model_answer
key(const struct model *m, const struct model_group *g, int d, uint8_t code)
{
	struct model_answer a = answer(code);

	a.num = g->num;
	a.earlier = g->earlier_until > m->now && (g->policy.history || g->since[d] < g->made);
	return a;
}

/** Whether d has a session; otherwise every request is 4.01. */
static bool
has_session(const struct model *m, int d)
{
	return m->device[d].session && m->device[d].session_expires > m->now;
}

/** The answer a candidate gets, where its session is still the one it asked in. */
static void
respond(struct model *m, int d, int g, uint8_t code, int error_id)
{
	struct model_group *group = &m->group[g];

	if (!has_session(m, d) || m->device[d].serial != group->asked_in[d])
		return;
	m->late[m->late_count++] = (struct model_late){d, g, code, error_id, group->num};
}

static void
lost(struct model *m, struct model_group *g, int d)
{
	int place = office(g, d);

	if (place >= 0) {
		remove_office(g, place);
		if (place == 0) {
			m->device[d].created--;
			if (g->owners > 0)
				m->device[g->owner[0]].created++;
		}
	}
	if (g->policy.rekey_leave == MST_REKEY_WINDOW && g->policy.window_s > 0) {
		uint32_t at = m->now + g->policy.window_s;

		if (g->rekey_at == 0 || at < g->rekey_at)
			g->rekey_at = at;
	} else if (g->policy.rekey_leave != MST_REKEY_NEVER) {
		rekey(m, g);
	}
}

static void
take_out(struct model *m, int g, int d)
{
	struct model_group *group = &m->group[g];

	if (group->standing[d] == MODEL_MEMBER) {
		m->device[d].joined--;
		group->standing[d] = MODEL_NONE;
		lost(m, group, d);
	} else if (group->standing[d] == MODEL_CANDIDATE) {
		group->standing[d] = MODEL_NONE;
	}
}

void
model_time(struct model *m, uint32_t now)
{
	m->now = now;
	for (int g = 0; g < MODEL_GROUPS; g++) {
		struct model_group *group = &m->group[g];

		if (!group->exists)
			continue;
		for (int d = 0; d < MODEL_DEVICES; d++) {
			if (group->standing[d] != MODEL_CANDIDATE ||
				now - group->since[d] < m->decision_s)
				continue;
			respond(m, d, g, MST_COAP_GATEWAY_TIMEOUT, -1);
			group->standing[d] = MODEL_NONE;
		}
		if (now >= group->expires || (group->rekey_at != 0 && now >= group->rekey_at))
			rekey(m, group);
	}
}

void
model_bootstrap(struct model *m, int d)
{
	if (m->device[d].barred)
		return;
	m->device[d].session = true;
	m->device[d].serial++;
	m->device[d].session_expires = m->now + 86400;
}

void
model_bar(struct model *m, int d, bool barred)
{
	m->device[d].barred = barred;
	if (!barred)
		return;
	m->device[d].session = false;
	for (int g = 0; g < MODEL_GROUPS; g++)
		if (m->group[g].exists)
			take_out(m, g, d);
}

struct model_answer
model_create(struct model *m, int d, int g, const struct mst_policy *policy, bool repeated)
{
	struct model_group *group = &m->group[g];

	if (!has_session(m, d))
		return answer(MST_COAP_UNAUTHORIZED);
	if (repeated)
		return group->exists && group->standing[d] == MODEL_MEMBER
			       ? key(m, group, d, MST_COAP_CHANGED)
			       : answer(MST_COAP_UNAUTHORIZED);
	if (m->device[d].joined >= m->join_limit || m->device[d].created >= m->create_limit)
		return refusal(-1);
	*group = (struct model_group){.exists = true,
		.num = 1,
		.made = m->now,
		.expires = m->now + policy->key_life_s,
		.owner = {d},
		.owners = 1,
		.policy = *policy};
	group->standing[d] = MODEL_MEMBER;
	group->since[d] = m->now;
	m->device[d].joined++;
	m->device[d].created++;
	return key(m, group, d, MST_COAP_CREATED);
}

static struct model_answer
join_new(struct model *m, int d, struct model_group *g, uint64_t imsi)
{
	const struct mst_policy *p = &g->policy;

	if (m->device[d].joined >= m->join_limit)
		return refusal(-1);
	if (p->admission == MST_ADMIT_LIST && !mst_policy_lists(p, imsi, 0))
		return refusal(-1);
	if (p->admission >= MST_ADMIT_OWNERS) {
		g->standing[d] = MODEL_CANDIDATE;
		g->since[d] = m->now;
		g->order[d] = m->arrivals++;
		g->asked_in[d] = m->device[d].serial;
		return answer(MST_COAP_EMPTY);
	}
	if (p->member_limit > 0 && model_members(g) >= p->member_limit)
		return answer(MST_COAP_UNAVAILABLE);
	if (p->rekey_join)
		rekey(m, g);
	g->standing[d] = MODEL_MEMBER;
	g->since[d] = m->now;
	m->device[d].joined++;
	return key(m, g, d, MST_COAP_CREATED);
}

struct model_answer
model_join(struct model *m, int d, int g, uint64_t imsi, bool repeated)
{
	struct model_group *group = &m->group[g];

	if (!has_session(m, d))
		return answer(MST_COAP_UNAUTHORIZED);
	if (!group->exists)
		return answer(MST_COAP_NOT_FOUND);
	switch (group->standing[d]) {
	case MODEL_MEMBER:
		return key(m, group, d, MST_COAP_CHANGED);
	case MODEL_EVICTED:
		return refusal(MST_UA_ERROR_TERMINATED);
	case MODEL_CANDIDATE:
		if (!repeated)
			group->asked_in[d] = m->device[d].serial;
		return answer(MST_COAP_EMPTY);
	case MODEL_NONE:
		break;
	}
	return repeated ? answer(MST_COAP_UNAUTHORIZED) : join_new(m, d, group, imsi);
}

/** The error for who is no member, or code 0. */
static struct model_answer
membership(const struct model *m, int d, const struct model_group *g)
{
	if (!has_session(m, d))
		return answer(MST_COAP_UNAUTHORIZED);
	if (!g->exists)
		return answer(MST_COAP_NOT_FOUND);
	if (g->standing[d] == MODEL_EVICTED)
		return refusal(MST_UA_ERROR_TERMINATED);
	return g->standing[d] == MODEL_MEMBER ? answer(0) : refusal(MST_UA_ERROR_MEMBERS);
}

/** The error for who has no office, or code 0. */
static struct model_answer
officer(const struct model *m, int d, const struct model_group *g, bool principal)
{
	struct model_answer a = membership(m, d, g);
	int place = office(g, d);

	if (a.code != 0)
		return a;
	return place < 0 || (principal && place > 0) ? refusal(MST_UA_ERROR_ROLES) : answer(0);
}

struct model_answer
model_read(struct model *m, int d, int g)
{
	struct model_answer a = membership(m, d, &m->group[g]);

	return a.code != 0 ? a : key(m, &m->group[g], d, MST_COAP_CONTENT);
}

struct model_answer
model_look(struct model *m, int d, int g, bool owners_only)
{
	struct model_answer a =
		owners_only ? officer(m, d, &m->group[g], false) : membership(m, d, &m->group[g]);

	return a.code != 0 ? a : answer(MST_COAP_CONTENT);
}

struct model_answer
model_leave(struct model *m, int d, int g, bool repeated)
{
	struct model_group *group = &m->group[g];

	if (!has_session(m, d))
		return answer(MST_COAP_UNAUTHORIZED);
	if (!group->exists)
		return answer(MST_COAP_NOT_FOUND);
	if (group->standing[d] == MODEL_EVICTED)
		return refusal(MST_UA_ERROR_TERMINATED);
	if (group->standing[d] == MODEL_NONE && !repeated)
		return refusal(MST_UA_ERROR_MEMBERS);
	take_out(m, g, d);
	return answer(MST_COAP_DELETED);
}

struct model_answer
model_evict(struct model *m, int d, int g, int who, bool repeated)
{
	struct model_group *group = &m->group[g];
	struct model_answer a = officer(m, d, group, false);

	if (a.code != 0)
		return a;
	if (repeated)
		return answer(group->standing[who] == MODEL_EVICTED ? MST_COAP_DELETED
								    : MST_COAP_UNAUTHORIZED);
	if (office(group, who) == 0)
		return refusal(-1);
	if (group->standing[who] != MODEL_MEMBER)
		return answer(MST_COAP_NOT_FOUND);
	m->device[who].joined--;
	m->device[who].session = false;
	group->standing[who] = MODEL_EVICTED;
	lost(m, group, who);
	return answer(MST_COAP_DELETED);
}

/** Decides on one. Returns whether it waited, or was evicted and may join again. */
static bool
decide(struct model *m, int g, int who, bool admit)
{
	struct model_group *group = &m->group[g];

	if (admit && group->standing[who] == MODEL_EVICTED) {
		group->standing[who] = MODEL_NONE;
		return true;
	}
	if (group->standing[who] != MODEL_CANDIDATE)
		return false;
	group->standing[who] = MODEL_NONE;
	if (!admit) {
		respond(m, who, g, MST_COAP_FORBIDDEN, -1);
		return true;
	}
	if (group->policy.rekey_join)
		rekey(m, group);
	if (m->device[who].joined >= m->join_limit) {
		respond(m, who, g, MST_COAP_FORBIDDEN, -1);
		return true;
	}
	group->standing[who] = MODEL_MEMBER;
	group->since[who] = m->now;
	m->device[who].joined++;
	respond(m, who, g, MST_COAP_CREATED, -1);
	return true;
}

/** The candidate that came first, or -1. */
static int
first_waiting(const struct model_group *g)
{
	int first = -1;

	for (int d = 0; d < MODEL_DEVICES; d++)
		if (g->standing[d] == MODEL_CANDIDATE &&
			(first < 0 || g->order[d] < g->order[first]))
			first = d;
	return first;
}

struct model_answer
model_decide(struct model *m, int d, int g, int who, bool admit, bool repeated)
{
	struct model_group *group = &m->group[g];
	struct model_answer a = officer(m, d, group, false);

	if (a.code != 0)
		return a;
	if (group->policy.admission == MST_ADMIT_OPERATOR)
		return refusal(MST_UA_ERROR_ROLES);
	a = answer(MST_COAP_CHANGED);
	if (repeated)
		return a;
	if (who >= 0) {
		a.count[decide(m, g, who, admit) ? !admit : 2]++;
		return a;
	}
	while ((who = first_waiting(group)) >= 0) {
		decide(m, g, who, admit);
		a.count[!admit]++;
	}
	return a;
}

struct model_answer
model_rekey(struct model *m, int d, int g, uint32_t num, bool repeated)
{
	struct model_group *group = &m->group[g];
	struct model_answer a = officer(m, d, group, false);

	if (a.code != 0)
		return a;
	a = answer(MST_COAP_CHANGED);
	a.num = num + 1;
	if (repeated && group->num == num + 1)
		return a;
	if (group->num != num)
		return answer(MST_COAP_CONFLICT);
	if (repeated)
		return answer(MST_COAP_UNAUTHORIZED);
	rekey(m, group);
	return a;
}

struct model_answer
model_policies(struct model *m, int d, int g, const struct mst_policy_change *change, bool repeated)
{
	struct model_answer a = officer(m, d, &m->group[g], true);

	if (a.code != 0)
		return a;
	if (!repeated)
		mst_policy_apply(&m->group[g].policy, change);
	return answer(MST_COAP_CHANGED);
}

struct model_answer
model_owners(struct model *m, int d, int g, int principal, int add, int remove, bool repeated)
{
	struct model_group *group = &m->group[g], next = *group;
	struct model_answer a = officer(m, d, group, true);
	int place;

	if (a.code != 0)
		return a;
	if (repeated)
		return answer(MST_COAP_UNAUTHORIZED);
	if (remove >= 0) {
		place = office(&next, remove);
		if (place <= 0)
			return place == 0 ? refusal(-1) : answer(MST_COAP_NOT_FOUND);
		remove_office(&next, place);
	}
	if (principal >= 0) {
		if (next.standing[principal] != MODEL_MEMBER)
			return answer(MST_COAP_NOT_FOUND);
		place = office(&next, principal);
		if (place > 0)
			remove_office(&next, place);
		if (place != 0 && next.owners < 4) {
			memmove(&next.owner[1], &next.owner[0],
				next.owners * sizeof(next.owner[0]));
			next.owners++;
		}
		next.owner[0] = principal;
	}
	if (add >= 0) {
		if (next.standing[add] != MODEL_MEMBER)
			return answer(MST_COAP_NOT_FOUND);
		if (office(&next, add) < 0) {
			if (next.owners == 4)
				return refusal(-1);
			next.owner[next.owners++] = add;
		}
	}
	if (next.owner[0] != group->owner[0]) {
		if (m->device[next.owner[0]].created >= m->create_limit)
			return refusal(-1);
		m->device[next.owner[0]].created++;
		m->device[group->owner[0]].created--;
	}
	*group = next;
	return answer(MST_COAP_CHANGED);
}

bool
model_give(struct model *m, int g, int d)
{
	struct model_group *group = &m->group[g];

	if (group->standing[d] != MODEL_MEMBER || m->device[d].created >= m->create_limit)
		return false;
	group->owner[0] = d;
	group->owners = 1;
	m->device[d].created++;
	return true;
}

void
model_end(struct model *m, int g)
{
	struct model_group *group = &m->group[g];

	if (group->owners > 0)
		m->device[group->owner[0]].created--;
	for (int i = 0; i < MODEL_DEVICES; i++) {
		if (group->standing[i] == MODEL_MEMBER)
			m->device[i].joined--;
		if (group->standing[i] == MODEL_CANDIDATE)
			respond(m, i, g, MST_COAP_NOT_FOUND, MST_UA_ERROR_DELETED);
	}
	group->exists = false;
}

struct model_answer
model_dissolve(struct model *m, int d, int g)
{
	struct model_answer a = officer(m, d, &m->group[g], true);

	if (a.code != 0)
		return a;
	model_end(m, g);
	return answer(MST_COAP_DELETED);
}
