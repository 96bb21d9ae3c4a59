/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchanges that are answered later: sending what is due, in bursts like answers of the stages. */
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "batch.h"
#include "later_private.h"
#include "mail.h"
#include "request.h"
#include "task.h"

/** Seconds after which a device may try again where a separate response says "not now". */
#define RETRY_S 5

/** Exchanges to send for, one a lane. */
struct burst {
	uint32_t slot[MST_LANES];
	unsigned count;
	const struct gw_task *say; /* candidates, for those who observe them */
};

static bool
observes(const struct gw_later *x)
{
	return x->kind != GW_LATER_ANSWER;
}

/** Writes what the exchange is told. Returns its size, or 0 when there is nothing to tell. */
static int
write_plain(struct gw_worker *w, const struct gw_later *x, const struct gw_task *say, uint8_t *out)
{
	const struct mst_group *g = mst_groups_at(&w->gw->groups, x->group);
	const struct mst_member *m;

	if (x->result < 0)
		return mst_ua_build_error(out, GW_INNER_MAX, x->result, RETRY_S);
	if (x->kind == GW_LATER_CANDIDATES) {
		if (say == NULL)
			return 0;
		memcpy(out, say->text, say->text_size);
		return say->text_size;
	}
	m = mst_members_find(&w->members, x->group, x->sid);
	if (m == NULL || mst_member_standing(m) != MST_MEMBER)
		return 0;
	if (x->kind == GW_LATER_NUM)
		return mst_ua_build_num(out, GW_INNER_MAX, mst_group_now_rcu(g)->num, true);
	return gw_build_key(w, g, m, x->kind == GW_LATER_ANSWER ? GW_ENTERED : GW_READ,
		mst_subs_imsi(mst_hss_record(&w->gw->hss, gw_ref(w->gw, x->sid))), observes(x),
		out);
}

/** Fills a lane from an exchange. Returns false where it has ended: session gone or spent. */
static bool
load_lane(struct gw_worker *w, unsigned lane, const struct gw_later *x, const struct gw_task *say)
{
	struct gw_batch *b = w->batch;
	struct mst_session *s = &w->gw->sessions.at[x->sid];
	int size;

	if (memcmp(s->rand, x->rand, sizeof(x->rand)) != 0 || s->expires <= w->now_s ||
		s->counter == UINT16_MAX)
		return false;
	size = write_plain(w, x, say, b->plain[lane]);
	if (size <= 0)
		return false;
	b->plain_size[lane] = (uint16_t)size;
	memcpy(b->rand[lane], s->rand, sizeof(b->rand[lane]));
	memcpy(b->ks_naf[lane], s->ks_naf, sizeof(b->ks_naf[lane]));
	memcpy(b->kid[lane], s->rand, MST_KID);
	b->piv[lane] = x->piv;
	b->own_piv[lane] = (uint64_t)w->gw->epoch << 16 | s->counter++;
	return true;
}

/** Builds the frame of a message. Returns false where there is no buffer for it. */
static bool
build_frame(struct gw_worker *w, unsigned lane, const struct gw_later *x, struct mst_frame *frame)
{
	struct gw_batch *b = w->batch;
	int size;

	if (w->gw->port != NULL && mst_port_frame_alloc_bulk(w->gw->port, frame, 1) == 0)
		return false;
	size = mst_net_build_udp(
		frame->data, frame->capacity, &x->flow, b->out[lane], b->out_size[lane]);
	if (size > 0) {
		frame->size = (uint16_t)size;
		return true;
	}
	if (w->gw->port != NULL)
		mst_port_frame_free(frame, 1);
	return false;
}

/**
 * The messages of a burst go, or wait until what they say is durable, or are lost like any
 * datagram: what matters is repeated.
 */
static void
transmit(struct gw_worker *w, mst_lanes lanes, const struct burst *burst)
{
	struct mst_frame out[MST_LANES];
	uint8_t loose[GW_OUT_MAX + 128]; /* without a port */
	unsigned count = 0;

	mst_for_lanes(i, lanes) {
		struct mst_frame frame = {.data = loose, .capacity = sizeof(loose)};

		if (!build_frame(w, i, &w->later.at[burst->slot[i]], &frame))
			gw_count(&w->counters.drop[MST_E_TX_FULL], 1);
		else if (w->gw->port == NULL)
			gw_send_frames(w, &frame, 1);
		else if (!gw_parks(w) || !gw_park(w, &frame))
			out[count++] = frame;
	}
	gw_send_frames(w, out, count);
}

static void
begin_message(struct gw_worker *w, unsigned lane, struct gw_later *x, struct mst_coap_build *build)
{
	struct gw_batch *b = w->batch;

	x->mid = gw_later_mid(w);
	mst_coap_build_init(build, b->out[lane], GW_OUT_MAX, x->non ? MST_COAP_NON : MST_COAP_CON,
		observes(x) ? MST_COAP_CONTENT : MST_COAP_CHANGED, x->mid, x->token, x->token_size);
	if (observes(x))
		mst_coap_put_uint(
			build, MST_COAP_OPT_OBSERVE, (uint32_t)b->own_piv[lane] & 0xffffff);
}

/** A message is out: waits for its acknowledgement, or is done with. */
static void
sent(struct gw_worker *w, uint32_t slot)
{
	struct gw_laters *l = &w->later;
	struct gw_later *x = &l->at[slot];

	gw_count(&w->counters.outcome[observes(x) ? GW_NOTIFICATIONS : GW_LATE_ANSWERS], 1);
	if (x->non && !observes(x)) {
		gw_later_drop(w, slot);
		return;
	}
	l->of_mid[x->mid] = slot;
	x->tries++;
	gw_later_line_join(l, slot, x->tries,
		w->now_ms + ((uint64_t)MST_COAP_ACK_TIMEOUT_MS << (x->tries - 1)));
}

static void
send_burst(struct gw_worker *w, const struct burst *burst)
{
	struct gw_batch *b = w->batch;
	const struct mst_oscore_exchange x = {&w->gw->oscore, &b->keys, b->kid, b->piv};
	struct mst_coap_build build[MST_LANES];
	struct mst_oscore_plain plain = {.capacity = GW_INNER_MAX};
	mst_lanes live = 0, sealed;

	for (unsigned i = 0; i < burst->count; i++) {
		struct gw_later *later = &w->later.at[burst->slot[i]];

		if (!load_lane(w, i, later, burst->say)) {
			gw_later_drop(w, burst->slot[i]);
			continue;
		}
		begin_message(w, i, later, &build[i]);
		plain.data[i] = b->plain[i];
		plain.size[i] = b->plain_size[i];
		live |= MST_LANE(i);
	}
	mst_oscore_derive_burst(w->crypto, x.profile, live, b->ks_naf, b->rand, b->kid, &b->keys);
	sealed = mst_oscore_seal_response_burst(w->crypto, live, &x, b->own_piv, &plain, build);
	mst_for_lanes(i, sealed) {
		int size = mst_coap_build_fini(&build[i]);

		b->out_size[i] = size > 0 ? (uint16_t)size : 0;
	}
	transmit(w, sealed, burst);
	mst_for_lanes(i, sealed)
		sent(w, burst->slot[i]);
	mst_for_lanes(i, live)
		mst_wipe(b->plain[i], b->plain_size[i]);
	gw_forget_keys(w, live);
	gw_forget(w, live);
}

/** Asks the keeper what to tell the owners who observe a group's candidates, if any do. */
static void
ask_candidates(struct gw_worker *w, uint32_t group)
{
	if (w->later.watch_candidates[group] == MST_NO_PEER)
		return;
	gw_mail_post(w, mst_groups_at(&w->gw->groups, group)->keeper,
		(struct gw_mail){.kind = GW_MAIL_ASK, .group = group});
}

static void
say_candidates(struct gw_worker *w, const struct gw_mail *m)
{
	struct burst burst = {.say = m->task};

	for (uint32_t slot = w->later.watch_candidates[m->group];
		slot != MST_NO_PEER && burst.count < MST_LANES; slot = w->later.at[slot].next)
		burst.slot[burst.count++] = slot;
	send_burst(w, &burst);
	gw_task_done(w, m->task);
}

static void
tell_later(struct gw_laters *l, uint32_t group)
{
	if (l->watch[group] == MST_NO_PEER || l->telling[group])
		return;
	l->telling[group] = 1;
	l->tell[(l->tell_head + l->tell_count++) % (l->groups + 1)] = group;
}

void
gw_later_mail(struct gw_worker *w, const struct gw_mail *m)
{
	if (m->kind == GW_MAIL_KEY)
		tell_later(&w->later, m->group);
	else if (m->kind == GW_MAIL_CANDIDATES)
		ask_candidates(w, m->group);
	else
		say_candidates(w, m);
}

/** Adds what has waited long enough from one line. */
static void
take_due(struct gw_worker *w, unsigned line, struct burst *burst)
{
	struct gw_laters *l = &w->later;

	while (burst->count < MST_LANES && l->line[line].first != MST_NO_PEER) {
		uint32_t slot = l->line[line].first;
		struct gw_later *x = &l->at[slot];

		if ((int32_t)((uint32_t)w->now_ms - x->due_ms) < 0)
			return;
		if (x->tries >= GW_LATER_TRIES) {
			gw_count(&w->counters.outcome[GW_GIVEN_UP], 1);
			gw_later_drop(w, slot);
		} else if (x->kind == GW_LATER_CANDIDATES) {
			gw_later_line_leave(l, slot);
			ask_candidates(w, x->group);
		} else {
			gw_later_line_leave(l, slot);
			burst->slot[burst->count++] = slot;
		}
	}
}

/** Notifications that may go out now, by the operator's rate. */
static unsigned
allowance(struct gw_worker *w)
{
	struct gw_laters *l = &w->later;
	uint64_t passed = w->now_ms - l->paced_ms, most = (uint64_t)w->gw->notify_rate * 100;

	l->paced_ms = w->now_ms;
	if (passed > 100)
		passed = 100; /* what was not used is no credit for a flood later */
	l->budget += (uint32_t)(passed * w->gw->notify_rate);
	if (l->budget > most)
		l->budget = (uint32_t)most;
	return l->budget / 1000;
}

/** Walks on through the observers of the group that is told, then takes the next group. */
static void
take_observers(struct gw_worker *w, struct burst *burst)
{
	struct gw_laters *l = &w->later;
	unsigned allowed = allowance(w);

	while (l->tell_count > 0 && allowed > 0 && burst->count < MST_LANES) {
		uint32_t group = l->tell[l->tell_head];

		if (!l->walking) {
			l->walking = true;
			l->cursor = l->watch[group];
			l->telling[group] = 0; /* another change from here on is told again */
		}
		if (l->cursor == MST_NO_PEER) {
			l->walking = false;
			l->tell_head = (l->tell_head + 1) % (l->groups + 1);
			l->tell_count--;
			continue;
		}
		burst->slot[burst->count++] = l->cursor;
		gw_later_line_leave(l, l->cursor);
		l->at[l->cursor].tries = 0;
		l->cursor = l->at[l->cursor].next;
		l->budget -= 1000;
		allowed--;
	}
}

bool
gw_later_step(struct gw_worker *w)
{
	struct burst burst = {0};

	if (w->later.count == 0)
		return false;
	for (unsigned line = 0; line <= GW_LATER_TRIES; line++)
		take_due(w, line, &burst);
	if (burst.count == 0 && w->later.tell_count > 0)
		take_observers(w, &burst);
	if (burst.count > 0)
		send_burst(w, &burst);
	return burst.count > 0;
}
