/* SPDX-License-Identifier: BSD-3-Clause */
/* The data path of the port. Context of this file: the owner of a queue, unless said otherwise. */
#include <assert.h>

#include "port/port_private.h"

/** The queue's owner adds; relaxed, as others only read. */
static inline void
count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

bool
mst_port_link_up(const struct mst_port *port)
{
	struct rte_eth_link link;

	return atomic_load_explicit(&port->gate.started, memory_order_acquire) &&
	       rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

/** Looks again whether the driver may be entered. The queue is marked busy, so it stays so. */
static __attribute__((noinline)) bool
look_at_gate(struct mst_port *port, struct port_queue *q, uint32_t generation)
{
	bool open = port->gate.by_link
			    ? mst_port_link_up(port)
			    : atomic_load_explicit(&port->gate.started, memory_order_acquire);

	if (open)
		q->generation = generation;
	else
		atomic_store_explicit(&q->busy, 0, memory_order_release);
	return open;
}

static inline bool
driver_enter(struct mst_port *port, struct port_queue *q)
{
	uint32_t generation;

	atomic_store_explicit(&q->busy, 1, memory_order_relaxed);
	/* Orders for the compiler; the CPU's part is port_guard_close(). */
	atomic_signal_fence(memory_order_seq_cst);
	generation = atomic_load_explicit(&port->gate.generation, memory_order_acquire);
	if (__builtin_expect(q->generation == generation, 1))
		return true;
	return look_at_gate(port, q, generation);
}

static inline void
driver_leave(struct port_queue *q)
{
	atomic_store_explicit(&q->busy, 0, memory_order_release);
}

static inline void
frame_from_mbuf(struct mst_frame *frame, struct rte_mbuf *m)
{
	frame->data = rte_pktmbuf_mtod(m, uint8_t *);
	frame->size = m->data_len;
	frame->capacity = (uint16_t)(m->buf_len - m->data_off);
	frame->handle = m;
}

unsigned
mst_port_rx_burst(struct mst_port *port, unsigned queue, struct mst_frame *frames, unsigned max)
{
	struct port_queue *q = &port->queue[queue];
	struct rte_mbuf *mbufs[MST_PORT_BURST];
	unsigned received, n = 0;
	uint64_t octets = 0;

	assert(queue < port->queues);
	if (max > MST_PORT_BURST)
		max = MST_PORT_BURST;
	if (!driver_enter(port, q))
		return 0;
	received = rte_eth_rx_burst(port->id, (uint16_t)queue, mbufs, (uint16_t)max);
	driver_leave(q);
	if (received == 0)
		return 0;
	for (unsigned i = 0; i < received; i++) {
		struct rte_mbuf *m = mbufs[i];

		if (__builtin_expect(m->nb_segs != 1, 0)) {
			rte_pktmbuf_free(m);
			continue;
		}
		frame_from_mbuf(&frames[n], m);
		rte_prefetch0(frames[n].data);
		octets += frames[n++].size;
	}
	count(&q->counters.rx_frames, n);
	count(&q->counters.rx_octets, octets);
	if (n != received)
		count(&q->counters.rx_chained, received - n);
	return n;
}

unsigned
mst_port_tx_burst(
	struct mst_port *port, unsigned queue, const struct mst_frame *frames, unsigned frame_count)
{
	struct port_queue *q = &port->queue[queue];
	struct rte_mbuf *mbufs[MST_PORT_BURST];
	unsigned sent;
	uint64_t octets = 0;

	assert(queue < port->queues);
	if (frame_count > MST_PORT_BURST)
		frame_count = MST_PORT_BURST;
	for (unsigned i = 0; i < frame_count; i++) {
		struct rte_mbuf *m = frames[i].handle;

		assert(frames[i].size > 0 && frames[i].size <= frames[i].capacity);
		m->data_len = frames[i].size;
		m->pkt_len = frames[i].size;
		m->ol_flags = 0; /* what reception left there means something else here */
		mbufs[i] = m;
	}
	if (frame_count == 0 || !driver_enter(port, q))
		return 0;
	sent = rte_eth_tx_burst(port->id, (uint16_t)queue, mbufs, (uint16_t)frame_count);
	driver_leave(q);
	for (unsigned i = 0; i < sent; i++)
		octets += frames[i].size;
	count(&q->counters.tx_frames, sent);
	count(&q->counters.tx_octets, octets);
	return sent;
}

unsigned
mst_port_frame_alloc_bulk(struct mst_port *port, struct mst_frame *frames, unsigned frame_count)
{
	struct rte_mbuf *mbufs[MST_PORT_BURST];
	unsigned done = 0;

	while (done < frame_count) {
		unsigned n = frame_count - done;

		if (n > MST_PORT_BURST)
			n = MST_PORT_BURST;
		if (rte_pktmbuf_alloc_bulk(port->pool, mbufs, n) != 0) {
			mst_port_frame_free(frames, done);
			return 0;
		}
		for (unsigned i = 0; i < n; i++)
			frame_from_mbuf(&frames[done + i], mbufs[i]);
		done += n;
	}
	return frame_count;
}

void
mst_port_frame_free(const struct mst_frame *frames, unsigned frame_count)
{
	struct rte_mbuf *mbufs[MST_PORT_BURST];

	for (unsigned done = 0; done < frame_count;) {
		unsigned n = frame_count - done;

		if (n > MST_PORT_BURST)
			n = MST_PORT_BURST;
		for (unsigned i = 0; i < n; i++)
			mbufs[i] = frames[done + i].handle;
		rte_pktmbuf_free_bulk(mbufs, n);
		done += n;
	}
}
