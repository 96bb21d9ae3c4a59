/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cross-check against libosmogsm, an independent network side: its vectors and its judgement of our
 * AUTS. Built only where the library is installed; never installed itself.
 */
#include "scalar.h"

#include <osmocom/crypt/auth.h>

#define IND_BITS 5

static struct osmo_sub_auth_data
osmo_subscriber(const struct subscribers *s, unsigned i, uint64_t last_sqn, unsigned ind)
{
	struct osmo_sub_auth_data aud = {
		.type = OSMO_AUTH_TYPE_UMTS,
		.algo = OSMO_AUTH_ALG_MILENAGE,
		.u.umts = {.sqn = last_sqn, .ind_bitlen = IND_BITS, .ind = ind},
	};

	memcpy(aud.u.umts.k, s->k[i], 16);
	memcpy(aud.u.umts.opc, s->opc[i], 16);
	mst_put_be16(aud.u.umts.amf, s->amf[i]);
	return aud;
}

/* Lets the library choose each lane's next SQN and keeps its vectors. */
static void
osmo_vectors(struct test_rng *rng, struct subscribers *s, struct osmo_auth_vector *vec)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		struct osmo_sub_auth_data aud = osmo_subscriber(
			s, i, s->sqn[i] & 0x7fffffffffff, rng_below(rng, 1 << IND_BITS));

		memset(&vec[i], 0, sizeof(vec[i]));
		assert_int_equal(osmo_auth_gen_vec(&vec[i], &aud, s->rand[i]), 0);
		s->sqn[i] = aud.u.umts.sqn;
	}
}

static void
check_vectors(struct mst_crypto *engine, const struct mst_milenage_in *in,
	const struct osmo_auth_vector *vec)
{
	static struct mst_autn_cols from;
	mst_b16 autn[MST_LANES];
	mst_lanes all = ~(mst_lanes)0;

	mst_autn_make_burst(engine, all, 0, in, autn);
	assert_true(mst_autn_check_burst(engine, all, 0, in, autn, &from) == all);
	for (unsigned i = 0; i < MST_LANES; i++) {
		assert_memory_equal(autn[i], vec[i].autn, 16);
		assert_int_equal(vec[i].res_len, 8);
		assert_memory_equal(from.keys.res[i], vec[i].res, 8);
		assert_memory_equal(from.keys.ck[i], vec[i].ck, 16);
		assert_memory_equal(from.keys.ik[i], vec[i].ik, 16);
	}
}

/* 100,032 vectors. */
static void
vectors_agree(void **state)
{
	static struct osmo_auth_vector vec[MST_LANES];
	static struct subscribers s;
	struct engines all = engines_create();
	struct test_rng rng = {.state = 1};

	(void)state;
	for (unsigned round = 0; round < 1563; round++) {
		struct mst_milenage_in in = subscribers_random(&rng, &s);

		osmo_vectors(&rng, &s, vec);
		for (unsigned e = 0; e < all.count; e++)
			check_vectors(all.engine[e], &in, vec);
	}
	engines_destroy(&all);
}

/* The library takes our AUTS, and no other. */
static void
auts_is_accepted(void **state)
{
	static struct subscribers s;
	struct engines all = engines_create();
	struct test_rng rng = {.state = 1};
	struct osmo_auth_vector vec;
	mst_auts auts[MST_LANES];

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		struct mst_milenage_in in = subscribers_random(&rng, &s);

		for (unsigned i = 0; i < MST_LANES; i++)
			s.sqn[i] &= 0x7fffffffffff;
		mst_auts_make_burst(all.engine[round % all.count], ~(mst_lanes)0, &in, s.sqn, auts);
		for (unsigned i = 0; i < MST_LANES; i++) {
			struct osmo_sub_auth_data aud = osmo_subscriber(&s, i, 0, 0);
			const uint8_t *rand = s.rand[i];

			assert_int_equal(
				osmo_auth_gen_vec_auts(&vec, &aud, auts[i], rand, rand), 0);
			assert_true(aud.u.umts.sqn_ms == s.sqn[i]);
			auts[i][rng_below(&rng, 14)] ^= 1 << rng_below(&rng, 8);
			assert_true(osmo_auth_gen_vec_auts(&vec, &aud, auts[i], rand, rand) < 0);
		}
	}
	engines_destroy(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_agree),
		cmocka_unit_test(auts_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
