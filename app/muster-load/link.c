/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

/** Frames that must fit beside those waiting, so that a burst of starts is not dropped. */
#define ROOM (LINK_TX_MAX / 2)

/** Where in the meters' range an address lies: 1 for that of meter 0. */
static uint64_t
place_of(const struct link *link, const uint8_t *ip)
{
	return link->flow.family == 4 ? (uint64_t)mst_get_be32(ip) - LINK_IP4
				      : mst_get_be64(ip) - LINK_IP6;
}

static void
put_meter(struct link *link, uint32_t meter)
{
	if (link->flow.family == 4)
		mst_put_be32(link->flow.src_ip, LINK_IP4 + 1 + meter);
	else
		mst_put_be64(link->flow.src_ip, LINK_IP6 + 1 + meter);
}

static int
add_block(struct link *link, uint32_t first, unsigned bits)
{
	uint8_t ip4[4], ip6[16] = {0};

	mst_put_be32(ip4, LINK_IP4 + first);
	mst_put_be64(ip6, LINK_IP6 + first);
	if (link->flow.family == 4)
		return mst_net_host_add_ip4(&link->host, ip4, 32 - bits);
	return mst_net_host_add_ip6(&link->host, ip6, 64 - bits);
}

/**
 * The meters' addresses, and the one below, as few aligned blocks: no more than the meters need,
 * since the gateway's address must lie outside. Returns 0 or -MST_E_ARGUMENT if it does not.
 */
static int
add_addresses(struct link *link)
{
	uint32_t left = link->meters + 1, first = 0;
	int err = 0;

	for (unsigned i = 0; err == 0 && left > 0; i++) {
		unsigned bits = 31 - (unsigned)__builtin_clz(left);

		if (i == MST_NET_ADDR_MAX - 1 && left != UINT32_C(1) << bits)
			bits++;
		err = add_block(link, first, bits);
		first += UINT32_C(1) << bits;
		left -= left < UINT32_C(1) << bits ? left : UINT32_C(1) << bits;
	}
	if (err == 0 && place_of(link, link->flow.dst_ip) < first)
		err = -MST_E_ARGUMENT;
	return err;
}

int
link_init(struct link *link, struct mst_port *port, unsigned queues, uint32_t meters,
	const struct link_address *gateway)
{
	uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x02};
	struct mst_net_flow *flow = &link->flow;

	memset(link, 0, sizeof(*link));
	link->port = port;
	link->queues = queues;
	link->meters = meters;
	flow->family = gateway->family;
	flow->src_port = MST_COAP_PORT;
	flow->dst_port = gateway->port;
	memcpy(flow->dst_ip, gateway->ip, sizeof(flow->dst_ip));
	if (flow->family == 6)
		mst_put_be64(flow->src_ip + 8, LINK_IP6_HOST);
	if (port != NULL)
		mst_port_mac_get(port, mac);
	memcpy(flow->src_mac, mac, sizeof(flow->src_mac));
	mst_net_host_init(&link->host, mac, MST_COAP_PORT);
	link->tx = calloc(queues, sizeof(*link->tx));
	return link->tx != NULL ? add_addresses(link) : -MST_E_NO_MEMORY;
}

static void
free_frames(struct link *link, const struct mst_frame *frames, unsigned count)
{
	if (link->port != NULL)
		mst_port_frame_free(frames, count);
}

void
link_fini(struct link *link)
{
	struct mst_frame held[MST_PORT_BURST];
	unsigned n;

	for (unsigned q = 0; link->tx != NULL && q < link->queues; q++)
		for (struct link_queue *t = &link->tx[q]; t->head != t->tail; t->head++)
			free_frames(link, &t->frame[t->head % LINK_TX_MAX], 1);
	while ((n = impair_release(&link->in, UINT64_MAX, held, MST_PORT_BURST)) > 0)
		free_frames(link, held, n);
	while ((n = impair_release(&link->out, UINT64_MAX, held, MST_PORT_BURST)) > 0)
		free_frames(link, held, n);
	free_frames(link, link->pool, link->pooled);
	free(link->tx);
	memset(link, 0, sizeof(*link));
}

bool
link_has_room(const struct link *link)
{
	for (unsigned q = 0; q < link->queues; q++)
		if (link->tx[q].tail - link->tx[q].head > ROOM)
			return false;
	return true;
}

void
link_recycle(struct link *link, const struct mst_frame *frames, unsigned count)
{
	unsigned keep = LINK_POOL - link->pooled;

	if (keep > count)
		keep = count;
	memcpy(link->pool + link->pooled, frames, keep * sizeof(*frames));
	link->pooled += keep;
	if (count > keep)
		free_frames(link, frames + keep, count - keep);
}

/** An empty frame. */
static bool
take_frame(struct link *link, struct mst_frame *frame)
{
	if (link->pooled == 0 && link->port != NULL)
		link->pooled = mst_port_frame_alloc_bulk(link->port, link->pool, MST_PORT_BURST);
	if (link->pooled == 0)
		return false;
	*frame = link->pool[--link->pooled];
	return true;
}

static bool
copy_frame(struct link *link, const struct mst_frame *frame, struct mst_frame *copy)
{
	if (!take_frame(link, copy))
		return false;
	copy->size = frame->size;
	memcpy(copy->data, frame->data, frame->size);
	return true;
}

/** Sends frames of a burst through the link's faults; returns what is left, in place. */
static unsigned
impair_received(struct link *link, uint64_t now_us, struct mst_frame *frames, unsigned count)
{
	struct mst_frame out[MST_PORT_BURST];
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		enum impair_fate fate = impair_judge(&link->in);

		if (fate == IMPAIR_LOSE ||
			(fate == IMPAIR_HOLD && impair_hold(&link->in, &frames[i], now_us))) {
			if (fate == IMPAIR_LOSE)
				link_recycle(link, &frames[i], 1);
			continue;
		}
		out[n++] = frames[i];
		if (fate == IMPAIR_DOUBLE && copy_frame(link, &frames[i], &out[n]))
			n++;
	}
	n += impair_release(&link->in, now_us, out + n, MST_PORT_BURST - n);
	memcpy(frames, out, n * sizeof(*frames));
	return n;
}

unsigned
link_receive(struct link *link, unsigned queue, uint64_t now_us, struct mst_frame *frames)
{
	/* Every frame may come out twice. */
	unsigned max = impair_is_on(&link->in) ? MST_PORT_BURST / 2 : MST_PORT_BURST;
	unsigned n = mst_port_rx_burst(link->port, queue, frames, max);

	link->rx_frames += n;
	for (unsigned i = 0; i < n; i++) {
		link->rx_octets += frames[i].size;
		if (link->capture != NULL)
			capture_frame(link->capture, now_us, frames[i].data, frames[i].size);
	}
	return impair_is_on(&link->in) ? impair_received(link, now_us, frames, n) : n;
}

void
link_send_frame(struct link *link, unsigned queue, const struct mst_frame *frame)
{
	struct link_queue *t = &link->tx[queue];

	if (t->tail - t->head == LINK_TX_MAX) {
		link->tx_dropped++;
		link_recycle(link, frame, 1);
		return;
	}
	t->frame[t->tail++ % LINK_TX_MAX] = *frame;
}

/** Sends a frame through the link's faults. */
static void
impair_sent(struct link *link, unsigned queue, uint64_t now_us, const struct mst_frame *frame)
{
	enum impair_fate fate = impair_judge(&link->out);
	struct mst_frame copy;

	if (fate == IMPAIR_LOSE) {
		link_recycle(link, frame, 1);
		return;
	}
	if (fate == IMPAIR_HOLD && impair_hold(&link->out, frame, now_us))
		return;
	if (fate == IMPAIR_DOUBLE && copy_frame(link, frame, &copy))
		link_send_frame(link, queue, &copy);
	link_send_frame(link, queue, frame);
}

/** From the address that the flow has. */
static void
send_datagram(struct link *link, unsigned queue, uint64_t now_us, const void *payload, size_t size)
{
	struct mst_frame frame;
	int built;

	if (!take_frame(link, &frame)) {
		link->tx_dropped++;
		return;
	}
	built = mst_net_build_udp(frame.data, frame.capacity, &link->flow, payload, size);
	if (built < 0) {
		link->tx_dropped++;
		link_recycle(link, &frame, 1);
		return;
	}
	frame.size = (uint16_t)built;
	if (link->capture != NULL)
		capture_frame(link->capture, now_us, frame.data, frame.size);
	if (impair_is_on(&link->out))
		impair_sent(link, queue, now_us, &frame);
	else
		link_send_frame(link, queue, &frame);
}

void
link_send(struct link *link, uint32_t meter, uint64_t now_us, const void *payload, size_t size)
{
	put_meter(link, meter);
	send_datagram(link, meter % link->queues, now_us, payload, size);
}

void
link_send_from(struct link *link, const uint8_t *ip, unsigned queue, uint64_t now_us,
	const void *payload, size_t size)
{
	uint8_t own[16];

	memcpy(own, link->flow.src_ip, sizeof(own));
	memcpy(link->flow.src_ip, ip, link->flow.family == 4 ? 4 : 16);
	send_datagram(link, queue, now_us, payload, size);
	memcpy(link->flow.src_ip, own, sizeof(own));
}

static void
flush_queue(struct link *link, unsigned queue)
{
	struct link_queue *t = &link->tx[queue];

	while (t->head != t->tail) {
		uint32_t at = t->head % LINK_TX_MAX, n = t->tail - t->head, sent;

		if (n > LINK_TX_MAX - at)
			n = LINK_TX_MAX - at;
		if (n > MST_PORT_BURST)
			n = MST_PORT_BURST;
		sent = mst_port_tx_burst(link->port, queue, t->frame + at, n);
		link->tx_frames += sent;
		t->head += sent;
		if (sent < n)
			break;
	}
}

void
link_flush(struct link *link, uint64_t now_us)
{
	struct mst_frame held[MST_PORT_BURST];
	unsigned n;

	if (link->out.count > 0) {
		n = impair_release(&link->out, now_us, held, MST_PORT_BURST);
		for (unsigned i = 0; i < n; i++)
			link_send_frame(link, i % link->queues, &held[i]);
	}
	for (unsigned q = 0; link->port != NULL && q < link->queues; q++)
		flush_queue(link, q);
}

bool
link_meter_of(const struct link *link, const struct mst_net_view *view, const uint8_t *frame,
	uint32_t *meter)
{
	size_t ip_size = link->flow.family == 4 ? 4 : 16;
	const uint8_t *source = mst_net_source(view, frame);
	uint64_t place;

	if (view->family != link->flow.family || view->src_port != link->flow.dst_port ||
		memcmp(source, link->flow.dst_ip, ip_size) != 0)
		return false;
	if (ip_size == 16 && mst_get_be64(source + ip_size + 8) != LINK_IP6_HOST)
		return false;
	place = place_of(link, source + ip_size);
	*meter = (uint32_t)place - 1;
	return place > 0 && place <= link->meters;
}

static void
ask_neighbour(struct link *link)
{
	struct mst_frame frame;
	int size;

	if (!take_frame(link, &frame))
		return;
	put_meter(link, 0);
	size = mst_net_build_solicit(frame.data, frame.capacity, &link->flow);
	if (size < 0) {
		link_recycle(link, &frame, 1);
		return;
	}
	frame.size = (uint16_t)size;
	link_send_frame(link, 0, &frame);
	flush_queue(link, 0);
}

/** Whether a frame tells the gateway's MAC address. */
static bool
take_advert(struct link *link, const struct mst_frame *frame)
{
	size_t ip_size = link->flow.family == 4 ? 4 : 16;
	struct mst_net_neighbour neighbour;

	if (mst_net_parse_advert(frame->data, frame->size, &link->host, &neighbour) != 0 ||
		neighbour.family != link->flow.family ||
		memcmp(neighbour.ip, link->flow.dst_ip, ip_size) != 0)
		return false;
	memcpy(link->flow.dst_mac, neighbour.mac, sizeof(link->flow.dst_mac));
	return true;
}

int
link_resolve(struct link *link, unsigned timeout_ms)
{
	uint64_t ms = mst_port_tsc_hz() / 1000, start = mst_port_tsc(), asked = 0;

	while (mst_port_tsc() - start < timeout_ms * ms) {
		struct mst_frame frames[MST_PORT_BURST];
		bool found = false;
		uint64_t now = mst_port_tsc();

		if (asked == 0 || now - asked > 200 * ms) {
			ask_neighbour(link);
			asked = now;
		}
		for (unsigned q = 0; q < link->queues; q++) {
			unsigned n = mst_port_rx_burst(link->port, q, frames, MST_PORT_BURST);

			for (unsigned i = 0; i < n; i++)
				found |= take_advert(link, &frames[i]);
			link_recycle(link, frames, n);
		}
		if (found)
			return 0;
	}
	return -MST_E_NOT_FOUND;
}
