// SPDX-License-Identifier: BSD-3-Clause
#include "shim.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <x86intrin.h>

struct mst_bench {
	benchmark::State &state;
	bool started;
	bool skipped;
	uint64_t begin_tsc;
	std::chrono::steady_clock::time_point begin;
	uint64_t cycles;
	uint64_t items;
};

static benchmark::internal::Benchmark *
add(const char *item, const char *who, mst_bench_fn *fn, const void *arg)
{
	std::string name = std::string(item) + "|" + who;

	return benchmark::RegisterBenchmark(name.c_str(), [fn, arg](benchmark::State &state) {
		mst_bench bench{state, false, false, 0, {}, 0, 0};

		fn(&bench, arg);
		if (bench.items > 0) {
			state.SetItemsProcessed(static_cast<int64_t>(bench.items));
			state.counters["cycles"] = static_cast<double>(bench.cycles) /
						   static_cast<double>(bench.items);
			state.counters["items"] =
				benchmark::Counter(static_cast<double>(bench.items));
		}
	})->UseManualTime();
}

void
mst_bench_add(const char *item, const char *who, mst_bench_fn *fn, const void *arg)
{
	add(item, who, fn, arg);
}

void
mst_bench_add_fixed(
	const char *item, const char *who, mst_bench_fn *fn, const void *arg, unsigned batches)
{
	add(item, who, fn, arg)->Iterations(batches);
}

bool
mst_bench_next(struct mst_bench *bench)
{
	return !bench->skipped && bench->state.KeepRunning();
}

void
mst_bench_begin(struct mst_bench *bench)
{
	bench->begin = std::chrono::steady_clock::now();
	bench->begin_tsc = __rdtsc();
}

void
mst_bench_end(struct mst_bench *bench, uint64_t items)
{
	uint64_t end_tsc = __rdtsc();
	std::chrono::duration<double> spent = std::chrono::steady_clock::now() - bench->begin;

	bench->state.SetIterationTime(spent.count());
	bench->cycles += end_tsc - bench->begin_tsc;
	bench->items += items;
}

void
mst_bench_skip(struct mst_bench *bench, const char *why)
{
	bench->skipped = true;
	bench->state.SkipWithError(why);
}

unsigned
mst_bench_divisor(void)
{
	return std::getenv("MUSTER_BENCH_TRIAL") != nullptr ? 1000 : 1;
}

int
main(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 2;
	benchmark::AddCustomContext("flags", BENCH_FLAGS);
	bench_limit();
	bench_crypto();
	bench_kdf();
	bench_stage();
	bench_record();
	bench_table();
	bench_codec();
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}
