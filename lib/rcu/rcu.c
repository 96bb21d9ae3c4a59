/* SPDX-License-Identifier: BSD-3-Clause */
#include "rcu/rcu.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <urcu-qsbr.h>

#include "base/err.h"
#include "base/tsan.h"

_Static_assert(sizeof(((struct mst_rcu_head *)0)->priv) == sizeof(struct rcu_head),
	"a deferred free has room for liburcu's head");

/* Stands for grace periods: readers release it when they leave a section, reclaimers acquire it. */
static char grace_period;

static struct call_rcu_data *reclaimer; /* main thread; readers copy it when they register */

int
mst_rcu_start(int cpu)
{
	struct call_rcu_data *data;
	sigset_t all, old;
	cpu_set_t set;

	if (reclaimer != NULL)
		return -MST_E_EXISTS;
	/* Signals are for the threads of the program: the new one inherits a full mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	data = create_call_rcu_data(URCU_CALL_RCU_RT, -1);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (data == NULL)
		return -MST_E_SYSTEM;
	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((unsigned)cpu, &set);
		if (pthread_setaffinity_np(get_call_rcu_thread(data), sizeof(set), &set) != 0) {
			call_rcu_data_free(data);
			return -MST_E_SYSTEM;
		}
	}
	reclaimer = data;
	return 0;
}

void
mst_rcu_stop(void)
{
	mst_rcu_barrier();
	if (reclaimer != NULL)
		call_rcu_data_free(reclaimer);
	reclaimer = NULL;
}

void
mst_rcu_register(void)
{
	rcu_register_thread();
	if (reclaimer != NULL)
		set_thread_call_rcu_data(reclaimer);
}

void
mst_rcu_unregister(void)
{
	set_thread_call_rcu_data(NULL);
	MST_TSAN_RELEASE(&grace_period);
	rcu_unregister_thread();
}

void
mst_rcu_quiescent(void)
{
	MST_TSAN_RELEASE(&grace_period);
	rcu_quiescent_state();
}

void
mst_rcu_offline(void)
{
	MST_TSAN_RELEASE(&grace_period);
	rcu_thread_offline();
}

void
mst_rcu_online(void)
{
	rcu_thread_online();
}

void
mst_rcu_synchronize(void)
{
	synchronize_rcu();
	MST_TSAN_ACQUIRE(&grace_period);
}

static void
run_free(struct rcu_head *rcu)
{
	struct mst_rcu_head *head = (struct mst_rcu_head *)(void *)rcu;

	MST_TSAN_ACQUIRE(head);
	MST_TSAN_ACQUIRE(&grace_period);
	head->free_fn(head);
	MST_TSAN_RELEASE(&reclaimer);
}

void
mst_rcu_defer(struct mst_rcu_head *head, mst_rcu_free *free_fn)
{
	head->free_fn = free_fn;
	MST_TSAN_RELEASE(head);
	call_rcu((struct rcu_head *)(void *)head->priv, run_free);
}

void
mst_rcu_barrier(void)
{
	rcu_barrier();
	MST_TSAN_ACQUIRE(&reclaimer);
}
