/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the machine could do at best, as tools/bench-table's yardstick: the rate at which it starts
 * AES rounds and the instructions of SHA-256 that do not wait for each other, and at which it
 * fetches cache lines from everywhere in tables of a million and ten million entries.
 */
#include <cpuid.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "shim.h"

#define LOOPS  1000
#define CHAINS 8 /* registers in use, enough to hide that a result takes some cycles */

static volatile uint32_t sink;

static bool
has(unsigned leaf7_bit, unsigned word)
{
	unsigned r[4];

	return __get_cpuid_count(7, 0, &r[0], &r[1], &r[2], &r[3]) && r[word] & 1u << leaf7_bit;
}

static bool
has_vaes(void)
{
	return __builtin_cpu_supports("avx512f") && has(9, 2);
}

static bool
has_sha(void)
{
	return has(29, 1);
}

/* An instruction on each of eight registers: "\\r" stands for the register's number. */
#define ON_EIGHT(instruction) ".irp r,0,1,2,3,4,5,6,7\n" instruction "\n.endr\n"
#define USED                  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7"

static void
aes_narrow(void)
{
	for (unsigned i = 0; i < LOOPS; i++)
		__asm__ volatile(ON_EIGHT("aesenc %%xmm\\r, %%xmm\\r")::: USED);
}

static void
aes_wide(void)
{
	for (unsigned i = 0; i < LOOPS; i++)
		__asm__ volatile(ON_EIGHT("vaesenc %%zmm\\r, %%zmm\\r, %%zmm\\r")::: USED);
}

/** The pairs of rounds of a block, of which there are 32, and nothing else. */
static void
sha_ni(void)
{
	for (unsigned i = 0; i < LOOPS; i++)
		__asm__ volatile(ON_EIGHT("sha256rnds2 %%xmm0, %%xmm\\r, %%xmm\\r")::: USED);
}

/** A round and a step of the schedule: 12 rotations and shifts, 6 logic functions, 10 sums. */
static void
sha_wide(void)
{
	for (unsigned i = 0; i < LOOPS; i++)
		__asm__ volatile(
			".rept 2\n" ON_EIGHT("vprord $7, %%zmm\\r, %%zmm\\r") ON_EIGHT(
				"vpternlogd $0x96, %%zmm\\r, %%zmm\\r, %%zmm\\r") ON_EIGHT("vprord "
											   "$11, "
											   "%%"
											   "zmm\\r,"
											   " %%"
											   "zmm\\r")
				ON_EIGHT("vpaddd %%zmm\\r, %%zmm\\r, %%zmm\\r") ON_EIGHT(
					"vprord $3, %%zmm\\r, %%zmm\\r") ON_EIGHT("vpaddd "
										  "%%zmm\\r, "
										  "%%zmm\\r, "
										  "%%zmm\\r")
					ON_EIGHT("vprord $5, %%zmm\\r, %%zmm\\r") ON_EIGHT(
						"vpternlogd $0x96, %%zmm\\r, %%zmm\\r, "
						"%%zmm\\r") ON_EIGHT("vprord $9, %%zmm\\r, "
								     "%%zmm\\r")
						ON_EIGHT("vpaddd %%zmm\\r, %%zmm\\r, "
							 "%%zmm\\r")
							ON_EIGHT("vpaddd %%zmm\\r, %%zmm\\r, "
								 "%%zmm\\r") ON_EIGHT("vpsrld $3, "
										      "%%zmm\\r, "
										      "%%zmm\\r")
								ON_EIGHT("vpternlogd $0x96, "
									 "%%zmm\\r, %%zmm\\r, "
									 "%%zmm\\r")
									ON_EIGHT("vpadd"
										 "d "
										 "%%"
										 "zmm\\"
										 "r, "
										 "%%"
										 "zmm\\"
										 "r, "
										 "%%"
										 "zmm\\"
										 "r") ".endr\n" ::
										: USED);
}

struct kind {
	const char *who;
	bool (*usable)(void);
	void (*run)(void);
	uint64_t items; /* of one run: AES rounds of a block; compressions */
};

static bool
has_aes(void)
{
	return __builtin_cpu_supports("aes");
}

static const struct kind aes_kinds[] = {
	{"machine/aes-ni", has_aes, aes_narrow, (uint64_t)LOOPS *CHAINS},
	{"machine/vaes-512", has_vaes, aes_wide, (uint64_t)LOOPS *CHAINS * 4},
};

/* 1,616 operations of sixteen lanes are 58 steps of 28. */
static const struct kind sha_kinds[] = {
	{"machine/sha-ni", has_sha, sha_ni, (uint64_t)LOOPS *CHAINS / 32},
	{"machine/avx-512", has_vaes, sha_wide, (uint64_t)LOOPS *CHAINS * 16 / 58},
};

static void
compute(struct mst_bench *b, const void *arg)
{
	const struct kind *k = arg;

	if (!k->usable()) {
		mst_bench_skip(b, "not on this CPU");
		return;
	}
	while (mst_bench_next(b)) {
		mst_bench_begin(b);
		k->run();
		mst_bench_end(b, k->items);
	}
}

#define LINE  64
#define BURST 64

struct area {
	size_t size;   /* octets */
	bool prefetch; /* each burst of lines before it is read */
};

/** Lines at random places of an area, their addresses ready, none waiting for another. */
static void
fetch(struct mst_bench *b, const void *arg)
{
	const struct area *a = arg;
	const size_t lines = a->size / mst_bench_divisor() / LINE;
	uint8_t *area = mmap(
		NULL, lines * LINE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t state = 1;

	if (area == MAP_FAILED) {
		mst_bench_skip(b, "not enough memory");
		return;
	}
	madvise(area, lines * LINE, MADV_HUGEPAGE);
	for (size_t i = 0; i < lines; i++)
		area[i * LINE] = (uint8_t)i;
	while (mst_bench_next(b)) {
		size_t at[BURST];
		uint32_t sum = 0;

		for (unsigned i = 0; i < BURST; i++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
			at[i] = (size_t)((state >> 33) % lines) * LINE;
		}
		mst_bench_begin(b);
		for (unsigned i = 0; a->prefetch && i < BURST; i++)
			__builtin_prefetch(area + at[i]);
		for (unsigned i = 0; i < BURST; i++)
			sum += area[at[i]];
		mst_bench_end(b, BURST);
		sink = sum;
	}
	munmap(area, lines * LINE);
}

void
bench_limit(void)
{
	/* As large as the buckets of a table, 8 octets an entry. */
	static const struct area areas[] = {
		{8000000, false}, {8000000, true}, {80000000, false}, {80000000, true}};

	for (unsigned i = 0; i < 2; i++) {
		mst_bench_add("limit_aes_round", aes_kinds[i].who, compute, &aes_kinds[i]);
		mst_bench_add("limit_compression", sha_kinds[i].who, compute, &sha_kinds[i]);
	}
	mst_bench_add("limit_line_1m", "machine/loads", fetch, &areas[0]);
	mst_bench_add("limit_line_1m", "machine/prefetches", fetch, &areas[1]);
	mst_bench_add("limit_line_10m", "machine/loads", fetch, &areas[2]);
	mst_bench_add("limit_line_10m", "machine/prefetches", fetch, &areas[3]);
}
