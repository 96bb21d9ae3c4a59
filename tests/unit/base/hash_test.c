/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static uint64_t
next_random(uint64_t *s)
{
	uint64_t z = *s += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static struct mst_hash_seed
make_seed(uint64_t *random)
{
	struct mst_hash_seed seed;
	uint64_t *word = (uint64_t *)(void *)&seed;

	for (size_t i = 0; i < sizeof(seed) / sizeof(*word); i++)
		word[i] = next_random(random);
	return seed;
}

/* sum += a * x mod 2^128 in digits of 32 bits, as on paper. */
static void
add_product(uint32_t sum[4], const uint64_t a[2], uint64_t x)
{
	const uint32_t u[4] = {
		(uint32_t)a[0], (uint32_t)(a[0] >> 32), (uint32_t)a[1], (uint32_t)(a[1] >> 32)};
	const uint32_t v[2] = {(uint32_t)x, (uint32_t)(x >> 32)};

	for (int j = 0; j < 2; j++) {
		uint64_t carry = 0;

		for (int i = 0; i + j < 4; i++) {
			carry += (uint64_t)u[i] * v[j] + sum[i + j];
			sum[i + j] = (uint32_t)carry;
			carry >>= 32;
		}
	}
}

/* Undoes the bijection: multiplications by the inverses, shifts that fold back. */
static uint64_t
unfinish(uint64_t h)
{
	uint64_t inverse[2] = {1, 1};
	const uint64_t factor[2] = {0x9fb21c651e98df25, 0xd6e8feb86659fd93};

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 6; i++)
			inverse[k] *= 2 - factor[k] * inverse[k];
	h ^= h >> 32;
	h *= inverse[1];
	h ^= h >> 29 ^ h >> 58;
	h *= inverse[0];
	return h ^ h >> 32;
}

static void
equals_construction(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct mst_hash_seed seed = make_seed(&random);
		uint64_t x[2] = {next_random(&random), next_random(&random)};
		uint32_t sum[4] = {(uint32_t)seed.b[0], (uint32_t)(seed.b[0] >> 32),
			(uint32_t)seed.b[1], (uint32_t)(seed.b[1] >> 32)};
		uint8_t key[17];

		add_product(sum, seed.a0, x[0]);
		assert_true(
			unfinish(mst_hash_u64(&seed, x[0])) == ((uint64_t)sum[3] << 32 | sum[2]));
		add_product(sum, seed.a1, x[1]);
		memcpy(key + 1, x, sizeof(x));
		assert_true(unfinish(mst_hash_b16(&seed, key + 1)) ==
			    ((uint64_t)sum[3] << 32 | sum[2]));
	}
}

/*
 * Consecutive keys fill buckets as random ones would: over 4096 buckets of 16 expected, chi-square
 * with 4095 degrees of freedom stays within 6 standard deviations (90.5 each) for the upper bits,
 * which choose buckets, and for the lower, which are tags.
 */
static void
spreads_consecutive_keys(void **state)
{
	static unsigned count[2][4096];
	uint64_t random = 2;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct mst_hash_seed seed = make_seed(&random);
		double chi[2] = {0, 0};

		memset(count, 0, sizeof(count));
		for (uint64_t key = 0; key < 4096 * 16; key++) {
			uint64_t h = mst_hash_u64(&seed, 1010000000000 + key);

			count[0][h >> 52]++;
			count[1][h & 4095]++;
		}
		for (int k = 0; k < 2; k++) {
			for (int i = 0; i < 4096; i++)
				chi[k] += (count[k][i] - 16.0) * (count[k][i] - 16.0) / 16.0;
			assert_true(chi[k] > 4095 - 6 * 90.5 && chi[k] < 4095 + 6 * 90.5);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_construction),
		cmocka_unit_test(spreads_consecutive_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
