/* SPDX-License-Identifier: BSD-3-Clause */
#include "scalar.h"

#include "base/text.h"
#include "milenage_vectors.h"

#define ALL (MST_MILENAGE_F1 | MST_MILENAGE_F1S | MST_MILENAGE_F2345 | MST_MILENAGE_F5S)

static void
unhex(const char *text, void *to, size_t size)
{
	assert_int_equal(mst_hex_decode(text, strlen(text), to, size), 0);
}

static void
assert_hex(const char *text, const void *data, size_t size)
{
	uint8_t want[32];

	unhex(text, want, size);
	assert_memory_equal(data, want, size);
}

static void
check_sets(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_milenage_out out;
	mst_b16 k[MST_LANES], op[MST_LANES], rand[MST_LANES], opc[MST_LANES];
	uint64_t sqn[MST_LANES];
	uint16_t amf[MST_LANES];
	struct mst_milenage_in in = {k, opc, rand, sqn, amf};
	uint8_t octets[6];

	(void)rng;
	for (unsigned i = 0; i < MST_LANES; i++) {
		const struct milenage_set *set = &milenage_sets[i % MILENAGE_SETS];

		unhex(set->k, k[i], 16);
		unhex(set->op, op[i], 16);
		unhex(set->rand, rand[i], 16);
		unhex(set->sqn, octets, 6);
		sqn[i] = mst_get_be48(octets);
		unhex(set->amf, octets, 2);
		amf[i] = mst_get_be16(octets);
	}
	mst_milenage_opc_burst(engine, ~(mst_lanes)0, k, op, opc);
	mst_milenage_burst(engine, ~(mst_lanes)0, ALL, &in, &out);
	for (unsigned i = 0; i < MST_LANES; i++) {
		const struct milenage_set *set = &milenage_sets[i % MILENAGE_SETS];

		assert_hex(set->opc, opc[i], 16);
		assert_hex(set->mac_a, out.mac_a[i], 8);
		assert_hex(set->mac_s, out.mac_s[i], 8);
		assert_hex(set->res, out.res[i], 8);
		assert_hex(set->ck, out.ck[i], 16);
		assert_hex(set->ik, out.ik[i], 16);
		assert_hex(set->ak, out.ak[i], 6);
		assert_hex(set->ak_s, out.ak_s[i], 6);
	}
}

/* A row that was asked for holds `want`, another is as it was. */
static void
assert_row(bool asked, const void *row, const void *want, size_t size)
{
	if (asked)
		assert_memory_equal(row, want, size);
	else
		assert_dead(row, size);
}

static void
check_rows(const struct scalar want[MST_LANES], mst_lanes live, unsigned wanted,
	const struct mst_milenage_out *out)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		unsigned asked = live & MST_LANE(i) ? wanted : 0;

		assert_row(asked & MST_MILENAGE_F1, out->mac_a[i], want[i].mac_a, 8);
		assert_row(asked & MST_MILENAGE_F1S, out->mac_s[i], want[i].mac_s, 8);
		assert_row(asked & MST_MILENAGE_F25, out->res[i], want[i].res, 8);
		assert_row(asked & MST_MILENAGE_F25, out->ak[i], want[i].ak, 6);
		assert_row(asked & MST_MILENAGE_F34, out->ck[i], want[i].ck, 16);
		assert_row(asked & MST_MILENAGE_F34, out->ik[i], want[i].ik, 16);
		assert_row(asked & MST_MILENAGE_F5S, out->ak_s[i], want[i].ak_s, 6);
	}
}

static void
reference(const struct subscribers *s, struct scalar want[MST_LANES])
{
	for (unsigned i = 0; i < MST_LANES; i++)
		scalar_milenage(s->k[i], s->opc[i], s->rand[i], s->sqn[i], s->amf[i], &want[i]);
}

/* 100,032 subscribers in full bursts. */
static void
many_agree_with_openssl(void **state)
{
	static struct mst_milenage_out out;
	static struct scalar want[MST_LANES];
	static struct subscribers s;
	struct engines all = engines_create();
	struct test_rng rng = {.state = 1};

	(void)state;
	for (unsigned round = 0; round < 1563; round++) {
		struct mst_milenage_in in = subscribers_random(&rng, &s);

		reference(&s, want);
		for (unsigned e = 0; e < all.count; e++) {
			mst_milenage_burst(all.engine[e], ~(mst_lanes)0, ALL, &in, &out);
			check_rows(want, ~(mst_lanes)0, ALL, &out);
		}
	}
	engines_destroy(&all);
}

static void
check_holes(struct mst_crypto *engine, struct test_rng *rng)
{
	static struct mst_milenage_out out;
	static struct scalar want[MST_LANES];
	static struct subscribers s;

	for (unsigned round = 0; round < 320; round++) {
		struct mst_milenage_in in = subscribers_random(rng, &s);
		mst_lanes live = rng_lanes(rng);
		unsigned wanted = round % (ALL + 1);

		if ((wanted & (MST_MILENAGE_F1 | MST_MILENAGE_F1S)) == 0) {
			in.sqn = NULL;
			in.amf = NULL;
		}
		memset(&out, DEAD, sizeof(out));
		mst_milenage_burst(engine, live, wanted, &in, &out);
		reference(&s, want);
		check_rows(want, live, wanted, &out);
	}
}

/* OPc may take the place of OP or of K. */
static void
check_opc(struct mst_crypto *engine, struct test_rng *rng)
{
	mst_b16 k[MST_LANES], op[MST_LANES], opc[MST_LANES], want;

	for (unsigned round = 0; round < 90; round++) {
		mst_b16 *to = round % 3 == 0 ? opc : round % 3 == 1 ? k : op;
		mst_b16 k_was[MST_LANES], op_was[MST_LANES];
		mst_lanes live = rng_lanes(rng);

		rng_fill(rng, k, sizeof(k));
		rng_fill(rng, op, sizeof(op));
		memcpy(k_was, k, sizeof(k));
		memcpy(op_was, op, sizeof(op));
		mst_milenage_opc_burst(engine, live, k, op, to);
		mst_for_lanes(i, live) {
			scalar_aes(k_was[i], op_was[i], want);
			scalar_xor(want, op_was[i], want);
			assert_memory_equal(to[i], want, 16);
		}
	}
}

static void
published_sets(void **state)
{
	(void)state;
	on_every_engine(check_sets);
}

static void
any_lanes_and_functions(void **state)
{
	(void)state;
	on_every_engine(check_holes);
}

static void
opc_in_place(void **state)
{
	(void)state;
	on_every_engine(check_opc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_sets),
		cmocka_unit_test(many_agree_with_openssl),
		cmocka_unit_test(any_lanes_and_functions),
		cmocka_unit_test(opc_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
