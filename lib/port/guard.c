/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps workers away from memory that a driver is about to unmap.
 *
 * When the other end of a memif goes away, net_memif unmaps the shared rings from DPDK's interrupt
 * thread without regard to threads that are inside its burst functions: a worker that is preempted
 * there comes back to unmapped memory. DPDK offers no hook before that moment, so this file defines
 * munmap() itself, which takes precedence over the C library's in every program that links this
 * unit (ELF symbol interposition), and first waits until no worker is inside a burst.
 *
 * A worker marks its queue busy with a plain store before it looks at the gate; the guard raises
 * the gate's generation and then makes every running thread of the process pass a full barrier by
 * membarrier(2), so one of the two always sees the other. The data path pays two stores a burst.
 */
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "port/port_private.h"

static struct mst_port *_Atomic guarded;

static void
barrier_all_threads(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
		return;
	/* A kernel without the call: no store stays in a CPU's buffer for that long. */
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

void
port_guard_open(struct mst_port *port)
{
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	atomic_store(&guarded, port);
}

void
port_guard_close(struct mst_port *port)
{
	uint32_t generation = atomic_load(&port->gate.generation) + 1;

	atomic_store(&port->gate.generation, generation != 0 ? generation : 1);
	barrier_all_threads();
	for (unsigned i = 0; i < port->queues; i++)
		while (atomic_load_explicit(&port->queue[i].busy, memory_order_acquire) != 0)
			sched_yield();
}

void
port_guard_forget(void)
{
	atomic_store(&guarded, NULL);
}

/** munmap(2), after the workers left the driver when DPDK's interrupt thread calls it. */
int
munmap(void *address, size_t length)
{
	struct mst_port *port = atomic_load_explicit(&guarded, memory_order_acquire);

	if (port != NULL && rte_thread_is_intr())
		port_guard_close(port);
	return (int)syscall(SYS_munmap, address, length);
}
