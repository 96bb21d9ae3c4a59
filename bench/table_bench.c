/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-up and insert at a million and at ten million entries, cold: keys in random order, beside
 * rte_hash in bulks and liburcu's cds_lfht. All get a hash that is ready, keys of 8 octets, room
 * made for all entries before, and transparent huge pages.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_memory.h>

#include <urcu-qsbr.h>

#include <urcu/rculfhash.h>

#include "base/lanes.h"
#include "shim.h"
#include "table/table.h"

#define MILLION 1000000u
#define MOST    (10 * MILLION)

struct node {
	struct cds_lfht_node node;
	uint64_t key;
};

static uint64_t *key;   /* of each entry; also its hash */
static uint32_t *order; /* a permutation */
static uint64_t *asked; /* keys in the order of look-ups: reading them warms no entry */
static struct mst_table *table;
static struct rte_hash *rte;
static struct cds_lfht *lfht;
static struct node *nodes;

static void *
memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_HUGEPAGE);
	return p;
}

static uint64_t
splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool
make_keys(void)
{
	const uint32_t most = MOST / mst_bench_divisor();
	uint64_t state = 1;

	if (key != NULL)
		return true;
	key = memory(most * sizeof(*key));
	order = memory(most * sizeof(*order));
	asked = memory(most * sizeof(*asked));
	nodes = memory(most * sizeof(*nodes));
	if (key == NULL || order == NULL || asked == NULL || nodes == NULL)
		return false;
	for (uint32_t i = 0; i < most; i++) {
		key[i] = splitmix(&state);
		order[i] = i;
	}
	return true;
}

/** A random order of the first `count` entries. */
static void
shuffle(uint32_t count)
{
	uint64_t state = count;

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (uint32_t i = count - 1; i > 0; i--) {
		uint32_t other = (uint32_t)(splitmix(&state) % (i + 1)), kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

/* muster */

static bool
open_table(uint32_t count)
{
	const struct mst_table_options options = {
		.capacity = count, .hot = true, .records = key, .record_size = sizeof(*key)};

	return mst_table_create(&table, &options) == 0;
}

static void
close_table(void)
{
	mst_table_destroy(table);
	table = NULL;
}

static unsigned
insert_table(const uint32_t *which, unsigned count)
{
	unsigned done = 0;

	for (unsigned i = 0; i < count; i++)
		mst_table_prefetch(table, key[which[i]]);
	for (unsigned i = 0; i < count; i++)
		done += mst_table_insert(table, key[which[i]], which[i]) == 0;
	return done;
}

static unsigned
find_table(const uint64_t *wanted, unsigned count)
{
	struct mst_table_hit hit[MST_LANES];
	mst_lanes live = count == MST_LANES ? ~(mst_lanes)0 : MST_LANE(count) - 1, found = 0, maybe;

	maybe = mst_table_lookup_bulk(table, live, wanted, hit);
	mst_for_lanes(i, maybe) {
		do {
			if (key[hit[i].value] == wanted[i])
				found |= MST_LANE(i);
		} while (!(found & MST_LANE(i)) && mst_table_next(table, wanted[i], &hit[i]));
	}
	return (unsigned)__builtin_popcountll(found);
}

/* rte_hash */

static int
advise(const struct rte_memseg_list *list, void *arg)
{
	(void)arg;
	madvise(list->base_va, list->len, MADV_HUGEPAGE);
	return 0;
}

static bool
start_eal(void)
{
	static char words[][16] = {"muster-bench", "--no-huge", "--no-shconf", "--no-pci",
		"--no-telemetry", "-m", "2048", "-l", "0", "--log-level", "error"};
	enum { WORDS = sizeof(words) / sizeof(words[0]) };
	static int started;
	char *argument[WORDS];
	cpu_set_t cpus;

	if (started != 0)
		return started > 0;
	for (unsigned i = 0; i < WORDS; i++)
		argument[i] = words[i];
	sched_getaffinity(0, sizeof(cpus), &cpus);
	started = rte_eal_init(WORDS, argument) < 0 ? -1 : 1;
	sched_setaffinity(0, sizeof(cpus), &cpus); /* EAL binds the thread */
	if (started > 0)
		rte_memseg_list_walk(advise, NULL);
	return started > 0;
}

static bool
open_rte(uint32_t count)
{
	const struct rte_hash_parameters options = {
		.name = "bench",
		.entries = count,
		.key_len = sizeof(uint64_t),
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE, /* room for all that is promised */
	};

	if (!start_eal())
		return false;
	rte = rte_hash_create(&options);
	return rte != NULL;
}

static void
close_rte(void)
{
	rte_hash_free(rte);
	rte = NULL;
}

static unsigned
insert_rte(const uint32_t *which, unsigned count)
{
	unsigned done = 0;

	for (unsigned i = 0; i < count; i++)
		done += rte_hash_add_key_with_hash_data(rte, &key[which[i]],
				(hash_sig_t)key[which[i]], (void *)(uintptr_t)which[i]) == 0;
	return done;
}

static unsigned
find_rte(const uint64_t *wanted, unsigned count)
{
	const void *keys[MST_LANES];
	hash_sig_t sig[MST_LANES];
	void *data[MST_LANES];
	uint64_t hits = 0;

	for (unsigned i = 0; i < count; i++) {
		keys[i] = &wanted[i];
		sig[i] = (hash_sig_t)wanted[i];
	}
	rte_hash_lookup_with_hash_bulk_data(rte, keys, sig, count, &hits, data);
	return (unsigned)__builtin_popcountll(hits);
}

/* cds_lfht */

static bool
open_lfht(uint32_t count)
{
	unsigned long buckets = 1;

	if (!urcu_qsbr_read_ongoing()) /* a fleet may have registered the thread */
		urcu_qsbr_register_thread();
	while (buckets < count)
		buckets *= 2;
	lfht = cds_lfht_new_flavor(buckets, buckets, buckets, 0, &urcu_qsbr_flavor, NULL);
	return lfht != NULL;
}

static void
close_lfht(void)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;

	cds_lfht_for_each(lfht, &iter, node)
		cds_lfht_del(lfht, node);
	cds_lfht_destroy(lfht, NULL);
	lfht = NULL;
}

static unsigned
insert_lfht(const uint32_t *which, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct node *n = &nodes[which[i]];

		n->key = key[which[i]];
		cds_lfht_node_init(&n->node);
		cds_lfht_add(lfht, n->key, &n->node);
	}
	return count;
}

static int
same(struct cds_lfht_node *node, const void *wanted)
{
	return caa_container_of(node, struct node, node)->key == *(const uint64_t *)wanted;
}

static unsigned
find_lfht(const uint64_t *wanted, unsigned count)
{
	struct cds_lfht_iter iter;
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++) {
		cds_lfht_lookup(lfht, wanted[i], same, &wanted[i], &iter);
		found += cds_lfht_iter_get_node(&iter) != NULL;
	}
	return found;
}

static const struct peer {
	const char *who;
	bool (*open)(uint32_t count);
	void (*close)(void);
	unsigned (*insert)(const uint32_t *which, unsigned count);
	unsigned (*find)(const uint64_t *wanted, unsigned count);
} peers[] = {
	{"muster/table", open_table, close_table, insert_table, find_table},
	{"rte_hash bulk", open_rte, close_rte, insert_rte, find_rte},
	{"cds_lfht", open_lfht, close_lfht, insert_lfht, find_lfht},
};

struct run {
	const struct peer *peer;
	uint32_t count;
};

/** Inserts all entries, in bursts. Returns whether each found room. */
static bool
fill(const struct run *r)
{
	uint32_t done = 0;

	for (uint32_t i = 0; i < r->count; i += MST_LANES)
		done += r->peer->insert(
			order + i, r->count - i < MST_LANES ? r->count - i : MST_LANES);
	return done == r->count;
}

static void
lookup(struct mst_bench *b, const void *arg)
{
	static const struct run *filled; /* by the repetition before */
	const struct run *r = arg;
	uint64_t wanted[MST_LANES];
	uint32_t at = 0;

	if (filled != r) {
		if (filled != NULL)
			filled->peer->close();
		filled = NULL;
		if (!make_keys() || !r->peer->open(r->count)) {
			mst_bench_skip(b, "not enough memory");
			return;
		}
		shuffle(r->count);
		if (!fill(r)) {
			mst_bench_skip(b, "no room for all entries");
			return;
		}
		filled = r;
		shuffle(r->count - 1); /* another order */
		for (uint32_t i = 0; i < r->count - 1; i++)
			asked[i] = key[order[i]];
	}
	while (mst_bench_next(b)) {
		unsigned found;

		for (unsigned i = 0; i < MST_LANES; i++)
			wanted[i] = asked[at++ % (r->count - 1)];
		mst_bench_begin(b);
		found = r->peer->find(wanted, MST_LANES);
		mst_bench_end(b, MST_LANES);
		if (found != MST_LANES)
			mst_bench_skip(b, "an entry is not found");
	}
}

static void
insert(struct mst_bench *b, const void *arg)
{
	const struct run *r = arg;

	if (!make_keys()) {
		mst_bench_skip(b, "not enough memory");
		return;
	}
	shuffle(r->count);
	while (mst_bench_next(b)) {
		bool all;

		if (!r->peer->open(r->count)) {
			mst_bench_skip(b, "not enough memory");
			return;
		}
		mst_bench_begin(b);
		all = fill(r);
		mst_bench_end(b, r->count);
		r->peer->close();
		if (!all)
			mst_bench_skip(b, "no room for all entries");
	}
}

#define PEERS (sizeof(peers) / sizeof(peers[0]))

void
bench_table(void)
{
	static struct run small[PEERS], large[PEERS], filling[PEERS];

	/* Insertion first: a table that look-ups use stays open until the next one is filled. */
	for (unsigned i = 0; i < PEERS; i++) {
		filling[i] = (struct run){&peers[i], MOST / mst_bench_divisor()};
		mst_bench_add_fixed("insert_10m", peers[i].who, insert, &filling[i], 1);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		small[i] = (struct run){&peers[i], MILLION / mst_bench_divisor()};
		mst_bench_add("lookup_1m", peers[i].who, lookup, &small[i]);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		large[i] = (struct run){&peers[i], MOST / mst_bench_divisor()};
		mst_bench_add("lookup_10m", peers[i].who, lookup, &large[i]);
	}
}
