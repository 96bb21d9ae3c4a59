/* SPDX-License-Identifier: BSD-3-Clause */
#include "scalar.h"

#include "base/text.h"

#define SQN_BITS 0xffffffffffff

/* TS 35.208 set 1; AUTN* and the rest computed from it with openssl. */
static void
check_set_1(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_autn_cols from;
	static struct subscribers s;
	struct mst_milenage_in in = subscribers_random(rng, &s);
	mst_b16 autn[MST_LANES], want;
	const unsigned lane = 41;

	mst_hex_decode("465b5ce8b199b49faa5f0a2ee238a6bc", 32, s.k[lane], 16);
	mst_hex_decode("cd63cb71954a9f4e48a5994e37a02baf", 32, s.opc[lane], 16);
	mst_hex_decode("23553cbe9637a89d218ae64dae47bf35", 32, s.rand[lane], 16);
	s.sqn[lane] = 0xff9bb4d0b607;
	s.amf[lane] = 0xb9b9;
	mst_autn_make_burst(engine, ~(mst_lanes)0, 0, &in, autn);
	mst_hex_decode("55f328b43577b9b94a9ffac354dfafb3", 32, want, 16);
	assert_memory_equal(autn[lane], want, 16);
	mst_autn_make_burst(engine, MST_LANE(lane), MST_LANE(lane), &in, autn);
	mst_hex_decode("55f328b43577b9b98c7f3f0d723fb244", 32, want, 16);
	assert_memory_equal(autn[lane], want, 16);
	assert_true(mst_autn_check_burst(engine, MST_LANE(lane), MST_LANE(lane), &in, autn,
			    &from) == MST_LANE(lane));
	mst_hex_decode("a54211d5e3ba50bf", 16, want, 8);
	assert_memory_equal(from.keys.res[lane], want, 8);
}

/* AUTN or AUTN* of one lane, from its definition. */
static void
scalar_autn(const struct subscribers *s, unsigned i, bool gba_u, uint8_t *autn, struct scalar *keys)
{
	uint8_t digest[20];

	scalar_milenage(s->k[i], s->opc[i], s->rand[i], s->sqn[i], s->amf[i], keys);
	mst_put_be48(autn, s->sqn[i] ^ mst_get_be48(keys->ak));
	mst_put_be16(autn + 6, s->amf[i]);
	memcpy(autn + 8, keys->mac_a, 8);
	SHA1(keys->ik, 16, digest);
	for (unsigned o = 0; gba_u && o < 8; o++)
		autn[8 + o] ^= digest[o];
}

static void
assert_learnt(const struct mst_autn_cols *from, unsigned i, const struct subscribers *s,
	const struct scalar *keys)
{
	assert_memory_equal(from->keys.res[i], keys->res, 8);
	assert_memory_equal(from->keys.ck[i], keys->ck, 16);
	assert_memory_equal(from->keys.ik[i], keys->ik, 16);
	assert_memory_equal(from->keys.ak[i], keys->ak, 6);
	assert_memory_equal(from->keys.mac_a[i], keys->mac_a, 8);
	assert_true(from->sqn[i] == (s->sqn[i] & SQN_BITS));
	assert_int_equal(from->amf[i], s->amf[i]);
}

static void
assert_nothing_learnt(const struct mst_autn_cols *from, unsigned i)
{
	static const mst_b16 zero;

	assert_memory_equal(from->keys.res[i], zero, 8);
	assert_memory_equal(from->keys.ck[i], zero, 16);
	assert_memory_equal(from->keys.ik[i], zero, 16);
	assert_memory_equal(from->keys.ak[i], zero, 6);
	assert_memory_equal(from->keys.mac_a[i], zero, 8);
	assert_true(from->sqn[i] == 0 && from->amf[i] == 0);
}

static void
check_challenge(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_autn_cols from;
	static struct subscribers s;
	mst_b16 autn[MST_LANES], want;
	struct scalar keys;

	for (unsigned round = 0; round < 300; round++) {
		struct mst_milenage_in in = subscribers_random(rng, &s);
		struct mst_milenage_in uicc = {s.k, s.opc, s.rand, NULL, NULL};
		mst_lanes live = rng_lanes(rng), gba_u = round % 3 == 0 ? 0 : rng_next(rng);
		mst_lanes forged = rng_next(rng) & rng_next(rng), good;

		memset(autn, DEAD, sizeof(autn));
		memset(&from, DEAD, sizeof(from));
		mst_autn_make_burst(engine, live, gba_u, &in, autn);
		mst_for_lanes(i, live) {
			scalar_autn(&s, i, gba_u & MST_LANE(i), want, &keys);
			assert_memory_equal(autn[i], want, 16);
			if (forged & MST_LANE(i))
				autn[i][rng_below(rng, 16)] ^= 1 << rng_below(rng, 8);
		}
		good = mst_autn_check_burst(engine, live, gba_u, &uicc, autn, &from);
		assert_true(good == (live & ~forged));
		mst_for_lanes(i, good) {
			scalar_autn(&s, i, gba_u & MST_LANE(i), want, &keys);
			assert_learnt(&from, i, &s, &keys);
		}
		mst_for_lanes(i, live & ~good)
			assert_nothing_learnt(&from, i);
		mst_for_lanes(i, ~live) {
			assert_dead(autn[i], 16);
			assert_dead(from.keys.ck[i], 16);
			assert_dead(&from.sqn[i], sizeof(from.sqn[i]));
		}
	}
}

/* An AUTN for a plain UICC is no AUTN*, and the other way round. */
static void
check_kinds_differ(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_autn_cols from;
	static struct subscribers s;
	struct mst_milenage_in in = subscribers_random(rng, &s);
	mst_lanes all = ~(mst_lanes)0, gba_u = rng_next(rng);
	mst_b16 autn[MST_LANES];

	mst_autn_make_burst(engine, all, gba_u, &in, autn);
	assert_true(mst_autn_check_burst(engine, all, ~gba_u, &in, autn, &from) == 0);
	assert_true(mst_autn_check_burst(engine, all, gba_u, &in, autn, &from) == all);
}

static void
check_resync(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct subscribers s;
	mst_auts auts[MST_LANES];
	uint64_t sqn_ms[MST_LANES];
	struct scalar keys;

	for (unsigned round = 0; round < 300; round++) {
		struct mst_milenage_in in = subscribers_random(rng, &s);
		mst_lanes live = rng_lanes(rng), forged = rng_next(rng) & rng_next(rng), good;

		in.sqn = NULL;
		in.amf = NULL;
		memset(auts, DEAD, sizeof(auts));
		memset(sqn_ms, DEAD, sizeof(sqn_ms));
		mst_auts_make_burst(engine, live, &in, s.sqn, auts);
		mst_for_lanes(i, live) {
			scalar_milenage(s.k[i], s.opc[i], s.rand[i], s.sqn[i], 0, &keys);
			assert_memory_equal(auts[i] + 6, keys.mac_s, 8);
			assert_true((mst_get_be48(auts[i]) ^ mst_get_be48(keys.ak_s)) ==
				    (s.sqn[i] & SQN_BITS));
			if (forged & MST_LANE(i))
				auts[i][rng_below(rng, 14)] ^= 1 << rng_below(rng, 8);
		}
		good = mst_auts_check_burst(engine, live, &in, auts, sqn_ms);
		assert_true(good == (live & ~forged));
		mst_for_lanes(i, good)
			assert_true(sqn_ms[i] == (s.sqn[i] & SQN_BITS));
		mst_for_lanes(i, ~good)
			assert_dead(&sqn_ms[i], sizeof(sqn_ms[i]));
		mst_for_lanes(i, ~live)
			assert_dead(auts[i], sizeof(auts[i]));
	}
}

static void
published_values(void **state)
{
	(void)state;
	on_every_engine(check_set_1);
}

static void
challenges_agree_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_challenge);
}

static void
kinds_of_autn_differ(void **state)
{
	(void)state;
	on_every_engine(check_kinds_differ);
}

static void
resynchronisation_agrees_with_openssl(void **state)
{
	(void)state;
	on_every_engine(check_resync);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values),
		cmocka_unit_test(challenges_agree_with_openssl),
		cmocka_unit_test(kinds_of_autn_differ),
		cmocka_unit_test(resynchronisation_agrees_with_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
