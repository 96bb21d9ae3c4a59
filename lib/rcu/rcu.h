/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read-copy-update by quiescent states: liburcu's QSBR flavour behind a header that does not
 * show it.
 *
 * A reader thread registers, then reports a quiescent state once a loop; everything between two
 * reports is one read section. What was unlinked is freed when every online reader has reported.
 *
 *	mst_rcu_register();
 *	while (running) {
 *		struct group *g = mst_rcu_load(&shared);
 *		use(g);
 *		mst_rcu_quiescent();
 *	}
 *	mst_rcu_unregister();
 *
 * A registered thread that waits (poll, sleep, join, lock held over I/O) goes offline first, or it
 * stops every grace period in the process.
 */
#ifndef MST_RCU_RCU_H
#define MST_RCU_RCU_H

struct mst_rcu_head;

/** What frees a record. Runs on the reclaiming thread, which is a reader; must not block. */
typedef void mst_rcu_free(struct mst_rcu_head *head);

/** Room in a record for its deferred free; the contents are private. */
struct mst_rcu_head {
	void *priv[2];
	mst_rcu_free *free_fn;
};

/**
 * Starts the reclaiming thread, pinned to `cpu` (-1: not pinned). It polls, so that
 * mst_rcu_defer() never makes a system call. Without it, liburcu starts a thread of its own at
 * the first deferred free, and mst_rcu_defer() may then have to wake it. Returns 0,
 * -MST_E_EXISTS or -MST_E_SYSTEM. Context: main thread, before the readers register; allocates.
 */
int mst_rcu_start(int cpu);
/**
 * Runs all deferred frees and ends the reclaiming thread.
 * Context: main thread, offline or not registered, after the readers have unregistered; blocks.
 */
void mst_rcu_stop(void);

/** Makes the calling thread an online reader. Context: each reader once; may lock, may allocate. */
void mst_rcu_register(void);
/** Context: a registered thread outside any read section; blocks for a lock. */
void mst_rcu_unregister(void);
/** Ends a read section and begins the next. Context: online reader, data path; never blocks. */
void mst_rcu_quiescent(void);
/** Before a wait: the thread holds no shared pointer. Context: online reader. */
void mst_rcu_offline(void);
/** After a wait. Context: registered thread that is offline. */
void mst_rcu_online(void);

/**
 * Waits for a grace period: every read section that runs now has ended.
 * Context: any thread; a registered caller must hold no shared pointer; blocks.
 */
void mst_rcu_synchronize(void);
/**
 * Calls free_fn(head) after a grace period. Order is kept for each calling thread.
 * Context: registered online thread, data path; wait-free, does not allocate once the reclaiming
 * thread runs.
 */
void mst_rcu_defer(struct mst_rcu_head *head, mst_rcu_free *free_fn);
/**
 * Waits until all frees deferred before are done.
 * Context: any thread outside a read section, never inside a mst_rcu_free; blocks.
 */
void mst_rcu_barrier(void);

/** Loads a shared pointer; what it points to is complete. Context: read section. */
#define mst_rcu_load(pointer) __atomic_load_n((pointer), __ATOMIC_ACQUIRE)
/** Publishes a complete record. Context: any writer. */
#define mst_rcu_publish(pointer, value) __atomic_store_n((pointer), (value), __ATOMIC_RELEASE)
/** Publishes a record and yields the one it replaces. Context: any writer. */
#define mst_rcu_exchange(pointer, value) __atomic_exchange_n((pointer), (value), __ATOMIC_ACQ_REL)

#endif
