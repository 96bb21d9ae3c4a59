/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening, closing and observing the port. Context of this file: control, unless said otherwise. */
#include "port/port.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include "port/port_private.h"

#define POLL_MS      5
#define RETRY_MS     50   /* memif client: nobody listens */
#define RECONNECT_MS 1000 /* memif client: connected, but the link does not come up */

static bool opened; /* EAL cannot be started twice in a process */

static void
sleep_ms(unsigned ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000},
		NULL);
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int
mst_port_start(struct mst_port *port, char *error)
{
	int err;

	if (atomic_load(&port->gate.started))
		return 0;
	err = port_device_start(port, error);
	if (err == -MST_E_NOT_FOUND)
		err = 0; /* mst_port_tend() tries again */
	port->next_try_ms = now_ms() + (atomic_load(&port->gate.started) ? RECONNECT_MS : 0);
	return err;
}

static int
bring_up(struct mst_port *port, const struct mst_port_config *config, char *error)
{
	int err = port_device_open(port, config, error);

	if (err != 0)
		return err;
	(void)rte_eth_stats_get(port->id, &port->base);
	port_guard_open(port);
	return config->held ? 0 : mst_port_start(port, error);
}

static void
release_socket(struct mst_port *port)
{
	if (port->lock_fd < 0)
		return;
	(void)unlink(port->socket);
	close(port->lock_fd);
}

int
mst_port_open(struct mst_port **port, const struct mst_port_config *config, char *error)
{
	struct mst_port *p;
	int err;

	error[0] = '\0';
	if (opened) {
		snprintf(error, MST_PORT_ERROR_SIZE, "a process opens one port only");
		return -MST_E_EXISTS;
	}
	p = aligned_alloc(64, sizeof(*p));
	if (p == NULL)
		return -MST_E_NO_MEMORY;
	memset(p, 0, sizeof(*p));
	p->driver = config->driver;
	p->verbose = config->verbose;
	p->lock_fd = -1;
	p->queues = (uint16_t)config->queues;
	atomic_init(&p->gate.generation, 1);
	err = port_devargs(p, config, error);
	if (err == 0)
		err = port_cpus_split(p, config, error);
	if (err != 0)
		goto fail;
	opened = true;
	err = port_eal_start(p, config, error);
	if (err != 0)
		goto fail;
	err = bring_up(p, config, error);
	if (err != 0)
		goto fail_eal;
	port_eal_messages_show(true);
	*port = p;
	return 0;

fail_eal:
	port_device_close(p);
	port_guard_forget();
	port_eal_stop();
fail:
	release_socket(p);
	free(p);
	return err;
}

void
mst_port_close(struct mst_port *port)
{
	if (port == NULL)
		return;
	port_device_close(port);
	port_guard_forget();
	rte_mempool_free(port->pool);
	port_eal_stop();
	release_socket(port);
	free(port);
}

int
mst_port_worker_enter(struct mst_port *port, unsigned worker)
{
	cpu_set_t cpus = port->worker_cpus;

	assert(worker < port->queues);
	if (port->cpu_count != 0) {
		CPU_ZERO(&cpus);
		CPU_SET(port->cpus[worker % port->cpu_count], &cpus);
	}
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) != 0)
		return -MST_E_SYSTEM;
	return rte_thread_register() == 0 ? 0 : -MST_E_NO_MEMORY;
}

void
mst_port_worker_leave(struct mst_port *port)
{
	(void)port;
	rte_thread_unregister();
}

bool
mst_port_cpus_shared(const struct mst_port *port)
{
	return port->shared_cpus;
}

int
mst_port_cpu(const struct mst_port *port, unsigned worker)
{
	return port->cpu_count != 0 ? (int)port->cpus[worker % port->cpu_count] : -1;
}

static void
reconnect(struct mst_port *port)
{
	char error[MST_PORT_ERROR_SIZE];

	port_device_stop(port);
	port_eal_messages_show(port->verbose); /* that nobody listens yet is no news */
	(void)port_device_start(port, error);
	port_eal_messages_show(true);
}

bool
mst_port_tend(struct mst_port *port)
{
	bool up = mst_port_link_up(port);
	uint64_t now;

	if (up || !port->memif_client)
		return up;
	/* A connection that is being made is given time. */
	now = now_ms();
	if (now >= port->next_try_ms) {
		reconnect(port);
		port->next_try_ms =
			now_ms() + (atomic_load(&port->gate.started) ? RECONNECT_MS : RETRY_MS);
	}
	return mst_port_link_up(port);
}

int
mst_port_wait_link(struct mst_port *port, unsigned timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;

	while (!mst_port_tend(port)) {
		if (now_ms() >= end)
			return -MST_E_NOT_FOUND;
		sleep_ms(POLL_MS);
	}
	return 0;
}

void
mst_port_stats_get(struct mst_port *port, struct mst_port_stats *stats)
{
	struct rte_eth_stats now = port->base;

	(void)rte_eth_stats_get(port->id, &now);
	*stats = (struct mst_port_stats){
		.rx_missed = now.imissed - port->base.imissed,
		.rx_no_buffer = now.rx_nombuf - port->base.rx_nombuf,
		.rx_errors = now.ierrors - port->base.ierrors,
		.tx_errors = now.oerrors - port->base.oerrors,
		.buffers = port->buffers,
		.buffers_free = rte_mempool_avail_count(port->pool),
	};
	for (unsigned i = 0; i < port->queues; i++) {
		struct port_counters *c = &port->queue[i].counters;

		stats->rx_frames += atomic_load_explicit(&c->rx_frames, memory_order_relaxed);
		stats->rx_octets += atomic_load_explicit(&c->rx_octets, memory_order_relaxed);
		stats->rx_chained += atomic_load_explicit(&c->rx_chained, memory_order_relaxed);
		stats->tx_frames += atomic_load_explicit(&c->tx_frames, memory_order_relaxed);
		stats->tx_octets += atomic_load_explicit(&c->tx_octets, memory_order_relaxed);
	}
}

void
mst_port_mac_get(const struct mst_port *port, uint8_t mac[6])
{
	memcpy(mac, port->mac.addr_bytes, 6);
}

unsigned
mst_port_mtu(const struct mst_port *port)
{
	return port->mtu;
}

const char *
mst_port_name(const struct mst_port *port)
{
	return port->name;
}

uint64_t
mst_port_tsc_hz(void)
{
	return rte_get_tsc_hz();
}
