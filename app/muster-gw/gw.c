/* SPDX-License-Identifier: BSD-3-Clause */
#include "gw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/err.h"
#include "base/secret.h"
#include "batch.h"
#include "table/pages.h"
#include "task.h"
#include "worker.h"

/** Frames that wait for a worker at most. */
#define INBOX_FRAMES 4096

static int
system_random(void *out, size_t size)
{
	return getrandom(out, size, 0) == (ssize_t)size ? 0 : -MST_E_SYSTEM;
}

uint32_t
gw_ref(const struct gw *gw, uint32_t sid)
{
	unsigned hss = gw->hss.count - 1;

	while (gw->sid_base[hss] > sid)
		hss--;
	return mst_hss_ref(hss, sid - gw->sid_base[hss]);
}

static void
count_subscribers(struct gw *gw)
{
	for (unsigned h = 0; h < gw->hss.count; h++) {
		gw->sid_base[h] = gw->subscribers;
		gw->subscribers += mst_subs_count(gw->hss.store[h]);
	}
}

static int
take_options(struct gw *gw, const struct gw_options *o)
{
	static const uint8_t server_id = MST_SERVER_ID;
	const struct mst_oscore_params sessions = {
		.master_secret_size = sizeof(mst_b32),
		.id_context_size = sizeof(mst_b16),
		.client_id_size = MST_KID,
		.server_id = &server_id,
		.server_id_size = 1,
	};
	mst_b16 key;
	int err;

	if (!mst_policy_valid(&o->policy))
		return -MST_E_ARGUMENT;
	gw->host = o->host;
	gw->workers = o->workers;
	gw->cookie_ticks = (uint32_t)((uint64_t)o->cookie_life_s * 1000 / o->sqn_tick_ms);
	gw->sqn_tick_ms = o->sqn_tick_ms;
	gw->ind = o->ind;
	gw->bsf_fqdn = o->bsf_fqdn;
	gw->bsf_fqdn_size = (uint8_t)strlen(o->bsf_fqdn);
	gw->policy = o->policy;
	gw->decision_s = o->decision_s;
	gw->notify_rate = o->notify_rate;
	gw->audit = o->audit;
	gw->audit_joins = o->audit_joins;
	gw->naf.fqdn = o->naf_fqdn;
	gw->naf.group = o->naf_group;
	gw->create_limit = o->create_limit;
	gw->join_limit = o->join_limit;
	gw->epoch = o->epoch;
	err = mst_naf_id_init(&gw->naf.id, o->naf_fqdn, strlen(o->naf_fqdn), o->ua);
	if (err == 0)
		err = mst_ub_hints_init(&gw->hints, o->bsf_uri, strlen(o->bsf_uri), o->naf_fqdn,
			strlen(o->naf_fqdn), o->ua);
	if (err == 0)
		err = mst_oscore_profile_init(&gw->oscore, gw->crypto, &sessions);
	if (err == 0)
		err = system_random(key, sizeof(key));
	if (err == 0)
		mst_aes_key_init(gw->crypto, key, &gw->gid_key);
	if (err == 0)
		err = system_random(key, sizeof(key));
	if (err == 0)
		mst_aes_key_init(gw->crypto, key, &gw->echo_key);
	mst_wipe(key, sizeof(key));
	return err;
}

/** Room of one worker's share: with several, the spread of devices over workers needs some more. */
static uint32_t
share(const struct gw *gw, uint32_t total)
{
	uint64_t even = ((uint64_t)total + gw->workers - 1) / gw->workers;

	if (total == 0)
		return 1;
	if (gw->workers > 1)
		even += even / 4 + 1024;
	return (uint32_t)(even < total ? even : total);
}

static void
worker_destroy(struct gw_worker *w)
{
	if (w == NULL)
		return;
	mst_crypto_destroy(w->crypto);
	mst_session_index_fini(&w->sessions);
	mst_members_fini(&w->members);
	mst_port_ring_destroy(w->inbox);
	gw_mail_fini(&w->mail);
	gw_tasks_fini(w);
	gw_laters_fini(w);
	gw_keeper_fini(w);
	gw_audit_fini(w);
	gw_recorder_fini(w);
	gw_sources_fini(&w->sources);
	mst_pages_free(w->batch, sizeof(*w->batch));
	mst_wipe(w, sizeof(*w));
	free(w);
}

static int
worker_create(struct gw *gw, unsigned index, const struct gw_options *o)
{
	struct gw_worker *w = aligned_alloc(64, sizeof(*w));
	int err;

	if (w == NULL)
		return -MST_E_NO_MEMORY;
	memset(w, 0, sizeof(*w));
	gw->worker[index] = w;
	w->gw = gw;
	w->index = index;
	w->batch = mst_pages_alloc(sizeof(*w->batch), false);
	if (w->batch == NULL)
		return -MST_E_NO_MEMORY;
	err = mst_crypto_create(&w->crypto, o->crypto);
	if (err == 0)
		err = mst_session_index_init(
			&w->sessions, &gw->sessions, share(gw, gw->subscribers), &gw->seed);
	if (err == 0)
		err = mst_members_init(
			&w->members, share(gw, o->memberships), o->groups, &gw->seed);
	if (err == 0)
		err = mst_port_ring_create(&w->inbox, sizeof(struct mst_frame), INBOX_FRAMES);
	if (err == 0)
		err = gw_mail_init(&w->mail);
	if (err == 0)
		err = gw_tasks_init(w);
	if (err == 0)
		err = gw_laters_init(w, o->exchanges, o->groups);
	if (err == 0)
		err = gw_keeper_init(w, o->candidates, o->groups);
	if (err == 0)
		err = gw_audit_init(w);
	if (err == 0)
		err = gw_sources_init(&w->sources, &o->sources);
	if (err == 0)
		err = system_random(w->random, sizeof(w->random));
	if (err == 0)
		w->random_left = sizeof(w->random);
	return err;
}

static int
create_stores(struct gw *gw, const struct gw_options *o)
{
	int err = mst_sessions_init(&gw->sessions, gw->subscribers > 0 ? gw->subscribers : 1);

	if (err == 0)
		err = mst_groups_init(&gw->groups, o->groups, &gw->seed);
	if (err == 0) {
		gw->kept = mst_pages_alloc(o->groups * sizeof(*gw->kept), false);
		err = gw->kept != NULL ? 0 : -MST_E_NO_MEMORY;
	}
	for (unsigned i = 0; err == 0 && i < gw->workers; i++)
		err = worker_create(gw, i, o);
	return err;
}

int
gw_create(struct gw **result, const struct gw_options *options, const struct mst_hss_set *hss,
	struct mst_port *port)
{
	struct gw *gw = calloc(1, sizeof(*gw));
	int err;

	if (gw == NULL)
		return -MST_E_NO_MEMORY;
	gw->port = port;
	gw->tsc_per_ms = mst_port_tsc_hz() / 1000;
	gw->hss = *hss;
	count_subscribers(gw);
	err = mst_crypto_create(&gw->crypto, options->crypto);
	if (err == 0)
		err = system_random(&gw->seed, sizeof(gw->seed));
	if (err == 0)
		err = system_random(&gw->decoy, offsetof(struct mst_subs_record, id));
	if (err == 0)
		err = take_options(gw, options);
	if (err == 0)
		err = gw_rotate_cookies(gw);
	if (err == 0)
		err = create_stores(gw, options);
	if (err) {
		gw_destroy(gw);
		return err;
	}
	*result = gw;
	return 0;
}

static void
free_cookies(struct gw_cookies *cookies)
{
	mst_cookie_keys_fini(&cookies->keys);
	free(cookies);
}

void
gw_destroy(struct gw *gw)
{
	if (gw == NULL)
		return;
	for (unsigned i = 0; i < gw->workers; i++)
		worker_destroy(gw->worker[i]);
	mst_pages_free(gw->kept, gw->groups.capacity * sizeof(*gw->kept));
	mst_groups_fini(&gw->groups);
	mst_sessions_fini(&gw->sessions);
	if (gw->cookies != NULL)
		free_cookies(gw->cookies);
	mst_oscore_profile_fini(&gw->oscore);
	mst_crypto_destroy(gw->crypto);
	mst_wipe(gw, sizeof(*gw));
	free(gw);
}

int
gw_rotate_cookies(struct gw *gw)
{
	struct gw_cookies *fresh = malloc(sizeof(*fresh)), *old = gw->cookies;
	mst_b16 key;
	int err;

	if (fresh == NULL)
		return -MST_E_NO_MEMORY;
	err = system_random(key, sizeof(key));
	if (err) {
		free(fresh);
		return err;
	}
	if (old == NULL) {
		mst_cookie_keys_init(gw->crypto, &fresh->keys, key);
	} else {
		fresh->keys = old->keys;
		mst_cookie_keys_rotate(gw->crypto, &fresh->keys, key);
	}
	mst_wipe(key, sizeof(key));
	mst_rcu_publish(&gw->cookies, fresh);
	if (old != NULL) {
		mst_rcu_synchronize();
		free_cookies(old);
	}
	return 0;
}

int
gw_set_cookies(struct gw *gw, const mst_b16 current, const uint8_t *previous)
{
	struct mst_cookie_keys *keys = &gw->cookies->keys;

	mst_cookie_keys_init(gw->crypto, keys, previous != NULL ? previous : current);
	if (previous != NULL)
		mst_cookie_keys_rotate(gw->crypto, keys, current);
	return 0;
}

void
gw_set_time(struct gw *gw, uint64_t unix_ms)
{
	atomic_store_explicit(&gw->clock_offset_ms, unix_ms - mst_port_tsc() / gw->tsc_per_ms,
		memory_order_relaxed);
}

int
gw_start(struct gw *gw)
{
	int err = 0;

	atomic_store(&gw->stop, false);
	for (gw->started = 0; err == 0 && gw->started < gw->workers; gw->started++)
		err = gw_worker_start(gw->worker[gw->started]);
	if (err) {
		gw->started--;
		gw_stop(gw);
	}
	return err;
}

void
gw_stop(struct gw *gw)
{
	atomic_store(&gw->stop, true);
	for (unsigned i = 0; i < gw->started; i++)
		gw_worker_join(gw->worker[i]);
	gw->started = 0;
}

void
gw_ask(struct gw *gw, unsigned worker, struct gw_ask *ask)
{
	const struct timespec nap = {.tv_nsec = 50000};

	atomic_store_explicit(&ask->done, false, memory_order_relaxed);
	atomic_store_explicit(&gw->worker[worker]->ask, ask, memory_order_release);
	while (!atomic_load_explicit(&ask->done, memory_order_acquire))
		nanosleep(&nap, NULL);
}
