/* SPDX-License-Identifier: BSD-3-Clause */
#include "acks.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/secret.h"
#include "base/text.h"

#define HEX_16 (2 * sizeof(mst_b16) + 1)

static const char *const words[GEN_TASK_COUNT] = {
#define X(name, word, text) [GEN_TASK_##name] = #name,
	GEN_TASKS(X)
#undef X
};

/** The beginning of each row. */
static void
begin(const struct gen *gen, const char *verb, uint32_t meter)
{
	char imsi[MST_IMSI_DIGITS_MAX];
	size_t size = mst_imsi_decode(uicc_imsi(&gen->uiccs, meter), imsi);
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	fprintf(gen->acks, "%s,%" PRId64 ",%.*s", verb,
		(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000, (int)size, imsi);
}

static void
put_hex(const struct gen *gen, const mst_b16 octets)
{
	char hex[HEX_16];

	mst_hex_encode(octets, sizeof(mst_b16), hex);
	fprintf(gen->acks, ",%s", hex);
	mst_wipe(hex, sizeof(hex));
}

void
acks_aka(const struct gen *gen, mst_lanes live)
{
	const struct gen_batch *b = gen->batch;

	if (gen->acks == NULL)
		return;
	mst_for_lanes(i, live) {
		begin(gen, "aka", b->meter[i]);
		put_hex(gen, b->rand[i]);
		fprintf(gen->acks, ",%" PRIu64 "\n", b->aka.sqn[i]);
	}
}

void
acks_own(const struct gen *gen, uint32_t meter)
{
	const struct me *me = &gen->mes.at[meter];

	if (gen->acks == NULL)
		return;
	begin(gen, "own", meter);
	put_hex(gen, me->rand);
	fprintf(gen->acks, ",%u,%s\n", me->piv, words[me->task]);
}

/** An answer or notification, whatever it says. */
static void
put_received(const struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];

	if (!answer->opened)
		return;
	begin(gen, "gateway", gen->batch->meter[lane]);
	put_hex(gen, gen->batch->rand[lane]);
	fprintf(gen->acks, ",%" PRIu64 ",%016" PRIx64 "\n", answer->piv, answer->tag);
}

static void
put_group(const struct gen *gen, const char *verb, uint32_t meter, uint64_t gid)
{
	char text[MST_GID_TEXT];

	begin(gen, verb, meter);
	mst_gid_build(gid, text);
	fprintf(gen->acks, ",%.*s", (int)sizeof(text), text);
}

/** With the key that the meter holds now. */
static void
put_key(const struct gen *gen, const char *verb, unsigned lane, uint64_t gid)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];
	uint32_t meter = gen->batch->meter[lane];

	put_group(gen, verb, meter, gid);
	fprintf(gen->acks, ",%" PRIu32, answer->num);
	put_hex(gen, gen_vault(gen, meter)->kg);
	fputc('\n', gen->acks);
}

/** What a good answer acknowledges. */
static void
put_done(const struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];
	uint32_t meter = gen->batch->meter[lane];
	enum gen_task task = (enum gen_task)gen->mes.at[meter].task;

	switch (task) {
	case GEN_TASK_JOIN:
	case GEN_TASK_REJOIN:
		put_key(gen, answer->res == MST_RES_MANAGE ? "create" : "join", lane, answer->gid);
		break;
	case GEN_TASK_READ:
	case GEN_TASK_WATCH:
		put_key(gen, "key", lane, answer->gid);
		break;
	case GEN_TASK_LEAVE:
		put_group(gen, "leave", meter, answer->gid);
		fputc('\n', gen->acks);
		break;
	case GEN_TASK_EVICT:
		put_group(gen, "evict", flow_victim(gen, meter), answer->gid);
		fputc('\n', gen->acks);
		break;
	case GEN_TASK_REKEY:
		put_group(gen, "rekey", meter, answer->gid);
		fprintf(gen->acks, ",%" PRIu32 "\n", answer->num);
		break;
	default:
		break;
	}
}

void
acks_answer(const struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];

	if (gen->acks == NULL)
		return;
	put_received(gen, lane);
	if (answer->error == 0 && !answer->has_echo && answer->code < MST_COAP_BAD_REQUEST &&
		answer->res != MST_RES_SESSION)
		put_done(gen, lane);
}

void
acks_notified(const struct gen *gen, unsigned lane)
{
	const struct vault_answer *answer = &gen->batch->answer[lane];

	if (gen->acks == NULL)
		return;
	put_received(gen, lane);
	if (answer->error == 0 && answer->code == MST_COAP_CONTENT &&
		answer->res == MST_RES_GROUP && answer->num > 0)
		put_key(gen, "key", lane, answer->gid);
}
