/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two defects of net_memif (DPDK 22.11), both met when the other end goes away. DPDK offers no hook
 * at either place, so this file defines two functions of the C library itself, which then take
 * precedence in every program that links this unit (ELF symbol interposition). They behave as usual
 * everywhere but in DPDK's interrupt thread.
 *
 * munmap(): the driver unmaps the shared rings without regard to threads that are inside its burst
 * functions; a worker that is preempted there would come back to unmapped memory. The unmapping
 * first waits until no worker is inside a burst. A worker marks its queue busy with a plain store
 * before it looks at the gate; the guard raises the gate's generation and then makes every running
 * thread of the process pass a full barrier by membarrier(2), so one of the two always sees the
 * other. The data path pays two stores a burst.
 *
 * sendmsg(): when a client leaves before the server has greeted it, the failed greeting makes the
 * driver close the connection but keep its callback, and DPDK ends the process at the dead
 * descriptor. A message to a peer that is gone counts as sent instead; the end of the connection is
 * then read in the usual way, and cleaned up after.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_interrupts.h>

#include "port/port_private.h"

int port_munmap(void *address, size_t length) __asm__("munmap");
ssize_t port_sendmsg(int fd, const struct msghdr *message, int flags) __asm__("sendmsg");

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
port_munmap(void *address, size_t length)
{
	struct mst_port *port = atomic_load_explicit(&guarded, memory_order_acquire);

	if (port != NULL && rte_thread_is_intr())
		port_guard_close(port);
	return (int)syscall(SYS_munmap, address, length);
}

/** sendmsg(2), to which a peer that is gone is no error in DPDK's interrupt thread. */
ssize_t
port_sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t n = syscall(SYS_sendmsg, fd, message, flags);

	if (n >= 0 || (errno != EPIPE && errno != ECONNRESET) || !rte_thread_is_intr())
		return n;
	n = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++)
		n += (ssize_t)message->msg_iov[i].iov_len;
	return n;
}
