/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdlib.h>

#include <rte_ring_elem.h>

#include "base/tsan.h"
#include "port/port_private.h"

#define RING_COUNT_MAX (1u << 20)
#define ELEMENT_MAX    256
#define RING_ALIGNMENT 128

/* DPDK's ring keeps order by what x86 does with plain loads and stores, which the thread sanitizer
 * takes for races; it is told what putting and getting orders instead. */
#if MST_TSAN
#define ORDERED __attribute__((no_sanitize("thread")))
#else
#define ORDERED
#endif

struct mst_port_ring {
	struct rte_ring *ring; /* allocated behind this struct */
	unsigned element_size;
};

int
mst_port_ring_create(struct mst_port_ring **ring, size_t element_size, unsigned count)
{
	struct mst_port_ring *r;
	unsigned slots;
	ssize_t size;

	assert(element_size > 0 && element_size % 4 == 0 && element_size <= ELEMENT_MAX);
	assert(count > 0 && count <= RING_COUNT_MAX);
	slots = rte_align32pow2(count + 1);
	size = rte_ring_get_memsize_elem((unsigned)element_size, slots);
	if (size < 0)
		return -MST_E_NO_MEMORY;
	r = aligned_alloc(RING_ALIGNMENT, RING_ALIGNMENT + ((size_t)size + RING_ALIGNMENT - 1) /
								   RING_ALIGNMENT * RING_ALIGNMENT);
	if (r == NULL)
		return -MST_E_NO_MEMORY;
	r->ring = (struct rte_ring *)((uint8_t *)r + RING_ALIGNMENT);
	r->element_size = (unsigned)element_size;
	if (rte_ring_init(r->ring, "mst", slots, RING_F_MP_RTS_ENQ | RING_F_SC_DEQ) != 0) {
		free(r);
		return -MST_E_NO_MEMORY;
	}
	*ring = r;
	return 0;
}

void
mst_port_ring_destroy(struct mst_port_ring *ring)
{
	free(ring);
}

ORDERED unsigned
mst_port_ring_put_burst_mt(struct mst_port_ring *ring, const void *elements, unsigned count)
{
	MST_TSAN_RELEASE(ring);
	return rte_ring_enqueue_burst_elem(ring->ring, elements, ring->element_size, count, NULL);
}

ORDERED unsigned
mst_port_ring_get_burst(struct mst_port_ring *ring, void *elements, unsigned max)
{
	unsigned n =
		rte_ring_dequeue_burst_elem(ring->ring, elements, ring->element_size, max, NULL);

	MST_TSAN_ACQUIRE(ring);
	return n;
}

ORDERED unsigned
mst_port_ring_count(const struct mst_port_ring *ring)
{
	return rte_ring_count(ring->ring);
}
