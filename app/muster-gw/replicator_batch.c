/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records to commands: those of one hash share one HSET or HDEL. A batch of changes is a
 * transaction that ends with its number in the gateway's row, so that one look at the row tells
 * what Redis has. Comparisons are HMGETs.
 */
#include <string.h>

#include "base/secret.h"
#include "gw.h"
#include "lease.h"
#include "record_private.h"
#include "replica_private.h"
#include "replicator.h"

#define LAST UINT32_MAX

static bool
compares(uint8_t op)
{
	return op == GW_RECORD_CHECK || op == GW_RECORD_MEND;
}

static void
reset_items(struct gw_replicator *p)
{
	for (unsigned i = 0; i < p->slots; i++)
		p->slot_of[p->slot[i].type * 256 + p->slot[i].part] = 0;
	p->slots = p->item_count = 0;
	if (p->items.data != NULL)
		mst_wipe(p->items.data, p->items.size);
	mst_resp_clear(&p->items);
}

/** The slot of a hash for an operation; a change of operation begins a new one. */
static struct gw_slot *
slot_for(struct gw_replicator *p, unsigned type, unsigned part, uint8_t op)
{
	uint16_t *of = &p->slot_of[type * 256 + part];
	struct gw_slot *s = *of > 0 ? &p->slot[*of - 1] : NULL;

	if (s != NULL && s->op == op)
		return s;
	if (p->slots == GW_SLOTS)
		return NULL;
	s = &p->slot[p->slots++];
	*s = (struct gw_slot){
		.first = LAST, .type = (uint16_t)type, .part = (uint16_t)part, .op = op};
	*of = (uint16_t)p->slots;
	return s;
}

static void
remember_gone(struct gw_replicator *p, const struct mst_place *place)
{
	struct gw_gone *g = &p->gone[p->gone_count++ % GW_GONE];

	g->batch = p->number + 1;
	g->key_size = place->key_size;
	g->field_size = place->field_size;
	memcpy(g->key, place->key, sizeof(g->key));
	memcpy(g->field, place->field, sizeof(g->field));
}

/**
 * Several workers change a subscriber: what counts is what is true now. One without an offset that
 * is not barred has no record, so that an old Redis is told of the end of its bar like of any other
 * deletion. False: there is nothing to compare.
 */
static bool
take_subscriber(struct gw_replicator *p, struct mst_record *record)
{
	gw_fill_subscriber(p->r->gw, record->subscriber.sid, record);
	if (record->subscriber.dif != 0 || record->subscriber.barred)
		return true;
	if (compares(record->op))
		return false;
	record->op = GW_RECORD_DEL;
	return true;
}

/** Encodes one record. False: there is no slot left, it has to wait for the next batch. */
static bool
add_item(struct gw_replicator *p, struct mst_record *record)
{
	struct gw_item *item = &p->item[p->item_count];
	uint8_t value[MST_RECORD_VALUE_MAX];
	struct mst_place place;
	struct gw_slot *slot;
	size_t size;

	if (record->type == MST_RECORD_SUBSCRIBER && !take_subscriber(p, record))
		return true;
	mst_record_place(p->r->options.site, record, &place);
	slot = slot_for(p, record->type, place.part, record->op);
	if (slot == NULL)
		return false;
	*item = (struct gw_item){.next = LAST, .at = (uint32_t)p->items.size};
	mst_resp_bulk(&p->items, place.field, place.field_size);
	item->field_size = (uint32_t)p->items.size - item->at;
	if (record->op == GW_RECORD_DEL) {
		remember_gone(p, &place);
	} else {
		size = mst_record_encode(&p->r->seal, &place, record, value);
		mst_resp_bulk(&p->items, value, size);
		item->value_size = (uint32_t)size;
		item->value = (uint32_t)(p->items.size - 2 - size);
	}
	item->size = (uint32_t)p->items.size - item->at;
	if (slot->first == LAST)
		slot->first = p->item_count;
	else
		p->item[slot->last].next = p->item_count;
	slot->last = p->item_count++;
	slot->count++;
	return true;
}

static struct gw_batch_out *
new_batch(struct gw_replicator *p)
{
	struct gw_batch_out *b = &p->batch[(p->first + p->count) % GW_BATCHES];

	mst_resp_clear(&b->commands);
	b->number = b->round = 0;
	b->wiped = false;
	b->records = 0;
	p->count++;
	return b;
}

static void
begin(struct gw_batch_out *b, const char *word)
{
	mst_resp_command(&b->commands, 1);
	mst_resp_text(&b->commands, word);
}

/** HSET or HDEL of the items of a slot, of all or of those that differ. */
static void
write_slot(struct gw_replicator *p, struct gw_batch_out *b, const struct gw_slot *s, bool differing)
{
	struct mst_resp *c = &b->commands;
	char key[MST_RECORD_KEY_MAX];
	size_t size =
		mst_record_key(p->r->options.site, (enum mst_record_type)s->type, s->part, key);
	unsigned count = 0;

	for (uint32_t i = s->first; i != LAST; i = p->item[i].next)
		count += !differing || p->item[i].differs;
	if (count == 0)
		return;
	mst_resp_command(c, 2 + (size_t)count * (s->op == GW_RECORD_DEL ? 1 : 2));
	mst_resp_text(c, s->op == GW_RECORD_DEL ? "HDEL" : "HSET");
	mst_resp_bulk(c, key, size);
	for (uint32_t i = s->first; i != LAST; i = p->item[i].next)
		if (!differing || p->item[i].differs)
			mst_resp_raw(c, p->items.data + p->item[i].at, p->item[i].size);
	b->records += count;
}

/** Where the configuration says so: one more answer. */
static void
await_replicas(const struct gw_replica *r, struct mst_resp *commands)
{
	if (r->options.replicas == 0)
		return;
	mst_resp_command(commands, 3);
	mst_resp_text(commands, "WAIT");
	mst_resp_number(commands, r->options.replicas);
	mst_resp_text(commands, GW_REPLICAS_WAIT);
}

/** The batch's number ends it. */
static void
finish(struct gw_replicator *p, struct gw_batch_out *b)
{
	b->number = ++p->number;
	mst_resp_command(&b->commands, 6);
	mst_resp_text(&b->commands, "HSET");
	mst_resp_text(&b->commands, p->r->name);
	mst_resp_text(&b->commands, "run");
	mst_resp_text(&b->commands, p->r->run);
	mst_resp_text(&b->commands, "batch");
	mst_resp_number(&b->commands, b->number);
	begin(b, "EXEC");
	await_replicas(p->r, &b->commands);
}

static void
write_changes(struct gw_replicator *p, bool differing)
{
	struct gw_batch_out *b = new_batch(p);

	begin(b, "MULTI");
	for (unsigned i = 0; i < p->slots; i++)
		write_slot(p, b, &p->slot[i], differing);
	finish(p, b);
	gw_batch_send(p);
}

void
gw_batch_lease(struct gw_replicator *p)
{
	struct gw_batch_out *b = new_batch(p);

	begin(b, "MULTI");
	gw_lease_put(p->r, &b->commands);
	finish(p, b);
	gw_batch_send(p);
}

static void
write_comparison(struct gw_replicator *p)
{
	struct gw_batch_out *b = new_batch(p);
	char key[MST_RECORD_KEY_MAX];

	for (unsigned i = 0; i < p->slots; i++) {
		const struct gw_slot *s = &p->slot[i];
		size_t size = mst_record_key(
			p->r->options.site, (enum mst_record_type)s->type, s->part, key);

		mst_resp_command(&b->commands, 2U + s->count);
		mst_resp_text(&b->commands, "HMGET");
		mst_resp_bulk(&b->commands, key, size);
		for (uint32_t n = s->first; n != LAST; n = p->item[n].next) {
			mst_resp_raw(
				&b->commands, p->items.data + p->item[n].at, p->item[n].field_size);
		}
	}
	p->comparing = true;
	p->compared = 0;
	p->compare_mends = p->slot[0].op == GW_RECORD_MEND;
	gw_batch_send(p);
}

void
gw_batch_make(struct gw_replicator *p)
{
	unsigned n = 0;
	bool comparison = compares(p->record[0].op);

	reset_items(p);
	for (; n < p->pending; n++) {
		struct mst_record *record = &p->record[n];

		if (record->op == GW_RECORD_END)
			gw_replicator_walked(p);
		else if (compares(record->op) != comparison || !add_item(p, record))
			break;
	}
	if (p->slots > 0 && comparison)
		write_comparison(p);
	else if (p->slots > 0)
		write_changes(p, false);
	p->pending -= n;
	memmove(&p->record[0], &p->record[n], p->pending * sizeof(p->record[0]));
	mst_wipe(&p->record[p->pending], n * sizeof(p->record[0]));
}

static void
compare(struct gw_replicator *p, const struct gw_slot *s, const struct redisReply *reply)
{
	struct gw_replica_counters *c = &p->r->counters;
	size_t at = 0;

	for (uint32_t i = s->first; i != LAST; i = p->item[i].next, at++) {
		struct gw_item *item = &p->item[i];
		size_t size;
		const uint8_t *there = gw_reply_text(gw_reply_at(reply, at), &size);

		item->differs = there == NULL || !mst_record_alike(p->items.data + item->value,
							 item->value_size, there, size);
		gw_replicator_add(&c->checked, !p->compare_mends);
		if (item->differs && p->compare_mends)
			gw_replicator_add(&c->mended, 1);
		else if (item->differs)
			gw_replicator_add(there == NULL ? &c->missing : &c->stale, 1);
	}
}

void
gw_batch_compared(struct gw_replicator *p, const struct redisReply *reply)
{
	bool differs = false;

	compare(p, &p->slot[p->compared++], reply);
	if (p->compared < p->slots)
		return;
	p->comparing = false;
	for (unsigned i = 0; i < p->item_count; i++)
		differs |= p->item[i].differs;
	if (p->compare_mends && differs)
		write_changes(p, true);
}

void
gw_batch_again(struct gw_replicator *p, uint64_t since)
{
	struct gw_batch_out *b;
	uint64_t begin_at = p->gone_count > GW_GONE ? p->gone_count - GW_GONE : 0;

	reset_items(p);
	p->r->site.op = GW_RECORD_PUT;
	add_item(p, &p->r->site);
	b = new_batch(p);
	begin(b, "MULTI");
	for (unsigned i = 0; i < p->slots; i++)
		write_slot(p, b, &p->slot[i], false);
	gw_replica_schema_put(p->r, &b->commands);
	gw_replica_dek_put(p->r, &b->commands);
	for (uint64_t i = begin_at; i < p->gone_count; i++) {
		const struct gw_gone *g = &p->gone[i % GW_GONE];

		if (g->batch <= since)
			continue;
		mst_resp_command(&b->commands, 3);
		mst_resp_text(&b->commands, "HDEL");
		mst_resp_bulk(&b->commands, g->key, g->key_size);
		mst_resp_bulk(&b->commands, g->field, g->field_size);
	}
	finish(p, b);
}

void
gw_batch_send(struct gw_replicator *p)
{
	struct gw_batch_out *b = &p->batch[(p->first + p->count - 1) % GW_BATCHES];

	p->in_flight += b->records;
	b->sent_us = gw_replicator_now_us();
	b->answers = b->commands.commands;
	if (p->linked)
		gw_redis_push(&p->r->redis, b->commands.data, b->commands.size);
}
