/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks for keys on the stack after a call, as an attacker with a stray read would. Sanitizers move
 * locals elsewhere, and without optimisation every intermediate value has a place of its own deep
 * down; such builds are not for keys, and not for this test.
 */
#include "engines.h"

#include "aka/milenage.h"

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define NO_VIEW 1
#elif defined(__has_feature)
#define NO_VIEW __has_feature(address_sanitizer)
#else
#define NO_VIEW 0
#endif

#define DEPTH 32768 /* octets of stack below the test to look at */
#define PIECE 8     /* octets of a secret that make a find */

static struct {
	struct mst_ccm_cols ccm;
	struct mst_hmac_cols prepared;
	struct mst_milenage_out milenage;
	mst_b16 opc[MST_LANES], rand[MST_LANES];
	mst_b32 key[MST_LANES], mac[MST_LANES];
	uint8_t text[MST_LANES][64];
	const uint8_t *message[MST_LANES];
} work;

/* Counts places in the stack below the caller that hold one of the secrets. */
static __attribute__((noinline)) unsigned
search_stack(const uint8_t *secret, size_t rows, size_t stride, size_t size)
{
	uint8_t area[DEPTH];
	unsigned found = 0;

	__asm__ volatile("" : "=m"(area));
	for (size_t at = 0; at + PIECE <= DEPTH; at++)
		for (size_t row = 0; row < rows; row++)
			for (size_t o = 0; o + PIECE <= size; o += PIECE)
				found += memcmp(area + at, secret + row * stride + o, PIECE) == 0;
	return found;
}

static __attribute__((noinline)) void
seal(struct mst_crypto *engine)
{
	mst_ccm_seal_burst(engine, ~(mst_lanes)0, &work.ccm);
}

static __attribute__((noinline)) void
mac(struct mst_crypto *engine)
{
	mst_hmac_key_burst(engine, ~(mst_lanes)0, work.key, &work.prepared);
	mst_hmac_burst(engine, ~(mst_lanes)0, &work.prepared, work.message, 48, work.mac);
}

static __attribute__((noinline)) void
milenage(struct mst_crypto *engine)
{
	struct mst_milenage_in in = {work.ccm.key, work.opc, work.rand, NULL, NULL};

	mst_milenage_burst(engine, ~(mst_lanes)0, MST_MILENAGE_F2345, &in, &work.milenage);
}

static void
fill(struct test_rng *rng)
{
	rng_fill(rng, &work, sizeof(work));
	for (unsigned i = 0; i < MST_LANES; i++) {
		work.message[i] = work.text[i];
		work.ccm.aad_size[i] = 0;
		work.ccm.in[i] = work.text[i];
		work.ccm.in_size[i] = 40;
		work.ccm.out[i] = work.text[i];
	}
}

static void
check(struct mst_crypto *engine, struct test_rng *rng)
{
	uint8_t last_round_key[16];
	struct mst_aes_key expanded;

	fill(rng);
	mst_aes_key_init(engine, work.ccm.key[63], &expanded);
	memcpy(last_round_key, expanded.encrypt[10], sizeof(last_round_key));
	memset(&expanded, 0, sizeof(expanded));
	search_stack(last_round_key, 1, 16, 16);

	seal(engine);
	assert_int_equal(search_stack(work.ccm.key[60], 4, 16, 16), 0);
	assert_int_equal(search_stack(last_round_key, 1, 16, 16), 0);
	mac(engine);
	assert_int_equal(search_stack(work.key[60], 4, 32, 32), 0);
	assert_int_equal(search_stack((uint8_t *)work.prepared.inner[63], 1, 32, 32), 0);
	assert_int_equal(search_stack((uint8_t *)work.prepared.outer[63], 1, 32, 32), 0);
	milenage(engine);
	assert_int_equal(search_stack(work.ccm.key[60], 4, 16, 16), 0);
	assert_int_equal(search_stack(last_round_key, 1, 16, 16), 0);
	assert_int_equal(search_stack(work.milenage.ck[60], 4, 16, 16), 0);
	assert_int_equal(search_stack(work.milenage.res[60], 4, 8, 8), 0);
}

static void
keys_leave_the_stack(void **state)
{
	(void)state;
	if (NO_VIEW)
		skip();
	on_every_engine(check);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_leave_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
