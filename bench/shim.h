/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Google Benchmark for C. A benchmark is a function that runs batches while mst_bench_next() says
 * so and times the part that counts itself, so that preparing fresh inputs is left out:
 *
 *	static void
 *	challenge(struct mst_bench *b, const void *arg)
 *	{
 *		while (mst_bench_next(b)) {
 *			prepare();
 *			mst_bench_begin(b);
 *			run(64);
 *			mst_bench_end(b, 64);
 *		}
 *	}
 *	...
 *	mst_bench_add("milenage_challenge", "muster/native", challenge, NULL);
 *
 * Reported: ns and TSC cycles an item. Context: main thread.
 */
#ifndef BENCH_SHIM_H
#define BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mst_bench;
typedef void mst_bench_fn(struct mst_bench *bench, const void *arg);

/** Adds a benchmark of `item` by `who`: "muster/..." or a peer. The texts and arg must live on. */
void mst_bench_add(const char *item, const char *who, mst_bench_fn *fn, const void *arg);
/** The same for a fixed number of batches: where preparing one costs far more than running it. */
void mst_bench_add_fixed(
	const char *item, const char *who, mst_bench_fn *fn, const void *arg, unsigned batches);
/** Whether to run another batch. */
bool mst_bench_next(struct mst_bench *bench);
/** Start and end of the part of a batch that counts, and how many items it handled. */
void mst_bench_begin(struct mst_bench *bench);
void mst_bench_end(struct mst_bench *bench, uint64_t items);
/** Gives up: the benchmark cannot run here. */
void mst_bench_skip(struct mst_bench *bench, const char *why);

/** What tables are divided by: 1, or more in a trial of the harness (MUSTER_BENCH_TRIAL). */
unsigned mst_bench_divisor(void);

/** Each source file's benchmarks. */
void bench_limit(void);
void bench_kdf(void);
void bench_crypto(void);
void bench_stage(void);
void bench_record(void);
void bench_table(void);
void bench_codec(void);

#ifdef __cplusplus
}
#endif

#endif
