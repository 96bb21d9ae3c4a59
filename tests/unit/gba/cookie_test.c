/* SPDX-License-Identifier: BSD-3-Clause */
/* Cookies: round trips, age, rotation, forgeries. */
#include "help.h"

#include <openssl/evp.h>

#include "aka/imsi.h"
#include "gba/cookie.h"

#define LIFE  1200u
#define TICK  UINT64_C(0x11234567f0)
#define ALL   (~(mst_lanes)0)
#define AGING 5

static const mst_b16 key_a = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const mst_b16 key_b = {0xb0, 1}, key_c = {0xc0, 2};

static struct mst_cookie_keys keys;
static struct mst_cookie_cols block, back;
static mst_b16 rand_col[MST_LANES];
static uint8_t status[MST_LANES];

static void
load(uint64_t *seed)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		block.imsi[i] = next_number(seed) % MST_IMSI_CODE_END;
		block.ind[i] = (uint8_t)(next_number(seed) % 32);
		block.nonce[i] = (uint16_t)next_number(seed);
	}
	block.imsi[0] = 0;
	block.imsi[1] = MST_IMSI_CODE_END - 1;
}

/* Both issue and open under key a at TICK; the batch of `load`. */
static void
issue(struct mst_crypto *engine, uint64_t tick)
{
	uint64_t seed = 5;

	load(&seed);
	mst_cookie_keys_init(engine, &keys, key_a);
	mst_cookie_issue_burst(engine, ALL, &keys, tick, &block, rand_col);
	memset(&back, 0xee, sizeof(back));
	memset(status, 0, sizeof(status));
}

static mst_lanes
open_at(struct mst_crypto *engine, mst_lanes live, uint64_t tick)
{
	return mst_cookie_open_burst(engine, live, &keys, tick, LIFE, rand_col, &back, status);
}

static void
issued_block_is_the_documented_one(void **state)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t plain[16], cipher[32];
	int n;

	issue(*state, TICK);
	for (unsigned i = 0; i < MST_LANES; i++) {
		mst_put_be64(plain,
			block.imsi[i] << 14 | (uint64_t)block.ind[i] << 9 | (block.nonce[i] & 511));
		mst_put_be32(plain + 8, (uint32_t)TICK);
		mst_put_be32(plain + 12, 0);
		assert_int_equal(EVP_EncryptInit(ctx, EVP_aes_128_ecb(), key_a, NULL), 1);
		assert_int_equal(EVP_EncryptUpdate(ctx, cipher, &n, plain, 16), 1);
		assert_memory_equal(rand_col[i], cipher, 16);
	}
	EVP_CIPHER_CTX_free(ctx);
}

static void
open_gives_back_what_was_issued(void **state)
{
	issue(*state, TICK);
	assert_true(open_at(*state, ALL, TICK + AGING) == ALL);
	for (unsigned i = 0; i < MST_LANES; i++) {
		assert_true(back.imsi[i] == block.imsi[i]);
		assert_int_equal(back.ind[i], block.ind[i]);
		assert_int_equal(back.age[i], AGING);
		assert_int_equal(back.nonce[i], 0xeeee);
		assert_int_equal(status[i], 0);
	}
}

static void
age_limits(void **state)
{
	static const struct {
		int64_t age;
		int status;
	} rows[] = {{0, 0}, {1, 0}, {LIFE - 1, 0}, {LIFE, 0}, {LIFE + 1, MST_E_COOKIE_EXPIRED},
		{65536, MST_E_COOKIE_EXPIRED}, {65537, MST_E_COOKIE_EXPIRED},
		{INT32_MAX, MST_E_COOKIE_EXPIRED}, {-1, 0}, {-MST_COOKIE_SKEW_TICKS, 0},
		{-MST_COOKIE_SKEW_TICKS - 1, MST_E_COOKIE_EXPIRED}, {-65536, MST_E_COOKIE_EXPIRED},
		{INT32_MIN, MST_E_COOKIE_EXPIRED}};
	/* The second start lets the low half of the clock wrap in between. */
	static const uint64_t starts[] = {TICK, UINT64_C(0x1fffffffb), 0x500000000};

	for (size_t s = 0; s < COUNT(starts); s++) {
		for (size_t i = 0; i < COUNT(rows); i++) {
			mst_lanes ok;

			issue(*state, starts[s]);
			ok = open_at(*state, 2, starts[s] + (uint64_t)rows[i].age);
			assert_true(ok == (rows[i].status == 0 ? 2 : 0));
			assert_int_equal(status[1], rows[i].status);
			assert_int_equal(back.age[1],
				rows[i].status == 0 ? rows[i].age : (int32_t)0xeeeeeeee);
		}
	}
}

static void
rotation_keeps_two_keys(void **state)
{
	issue(*state, TICK);
	mst_cookie_keys_rotate(*state, &keys, key_b);
	assert_true(open_at(*state, ALL, TICK) == ALL);
	assert_true(back.imsi[3] == block.imsi[3]);

	/* Half of the batch under the new key. */
	mst_cookie_issue_burst(*state, 0xffffffff, &keys, TICK, &block, rand_col);
	assert_true(open_at(*state, ALL, TICK) == ALL);
	assert_true(back.imsi[2] == block.imsi[2] && back.imsi[60] == block.imsi[60]);

	mst_cookie_keys_rotate(*state, &keys, key_c);
	assert_true(open_at(*state, ALL, TICK) == 0xffffffff);
	assert_int_equal(status[40], MST_E_COOKIE_FORGED);

	mst_cookie_keys_retire(&keys);
	assert_true(open_at(*state, ALL, TICK) == 0);
}

static void
a_single_key_opens_nothing_of_zeros(void **state)
{
	static const struct mst_aes_key zero;

	issue(*state, TICK);
	assert_false(keys.has_previous);
	assert_memory_equal(&keys.previous, &zero, sizeof(zero));
	mst_cookie_keys_rotate(*state, &keys, key_b);
	assert_true(keys.has_previous);
	mst_cookie_keys_fini(&keys);
	assert_memory_equal(&keys.current, &zero, sizeof(zero));
	assert_memory_equal(&keys.previous, &zero, sizeof(zero));
}

static void
each_flipped_bit_is_a_forgery(void **state)
{
	struct mst_cookie_cols untouched;

	memset(&untouched, 0xee, sizeof(untouched));
	for (unsigned bit = 0; bit < 128; bit++) {
		unsigned lane = bit % MST_LANES;

		issue(*state, TICK);
		rand_col[lane][bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(open_at(*state, ALL, TICK) == ~MST_LANE(lane));
		assert_int_equal(status[lane], MST_E_COOKIE_FORGED);
		assert_true(back.imsi[lane] == untouched.imsi[lane]);
		assert_int_equal(back.ind[lane], 0xee);
	}
}

/* Blocks that only who has the key can make, but that muster never does. */
static void
malformed_blocks_are_forgeries(void **state)
{
	static const struct {
		uint64_t word0, word1;
	} rows[] = {{0, 1}, {0, 0x80000000}, {0, 0x10000}, {MST_IMSI_CODE_END << 14, 0},
		{UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}};
	mst_b16 plain[MST_LANES];

	issue(*state, TICK);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		mst_put_be64(plain[i], rows[i].word0);
		mst_put_be64(plain[i] + 8, TICK << 32 | rows[i].word1);
	}
	mst_aes_encrypt_burst(*state, mst_lanes_first(COUNT(rows)), &keys.current, plain, rand_col);
	assert_true(open_at(*state, ALL, TICK) == (ALL & ~mst_lanes_first(COUNT(rows))));
	for (unsigned i = 0; i < COUNT(rows); i++)
		assert_int_equal(status[i], MST_E_COOKIE_FORGED);
}

static void
random_octets_are_forgeries(void **state)
{
	uint64_t seed = 6;

	issue(*state, TICK);
	mst_cookie_keys_rotate(*state, &keys, key_b);
	for (unsigned round = 0; round < 2000; round++) {
		fill(&seed, rand_col, sizeof(rand_col));
		assert_true(open_at(*state, ALL, TICK) == 0);
	}
}

static void
holes_are_left_alone(void **state)
{
	uint64_t seed = 7;

	for (unsigned round = 0; round < 100; round++) {
		mst_lanes live = next_number(&seed), made = next_number(&seed);
		mst_b16 kept;

		issue(*state, TICK);
		memset(rand_col, 0x5a, sizeof(rand_col));
		memset(kept, 0x5a, sizeof(kept));
		mst_cookie_issue_burst(*state, made, &keys, TICK, &block, rand_col);
		for (unsigned i = 0; i < MST_LANES; i++)
			if (!(made & MST_LANE(i)))
				assert_memory_equal(rand_col[i], kept, 16);
		assert_true(open_at(*state, live, TICK) == (live & made));
		for (unsigned i = 0; i < MST_LANES; i++) {
			assert_int_equal(
				status[i], (live & ~made & MST_LANE(i)) ? MST_E_COOKIE_FORGED : 0);
			assert_int_equal(
				back.ind[i], (live & made & MST_LANE(i)) ? block.ind[i] : 0xee);
		}
	}
	assert_true(open_at(*state, 0, TICK) == 0);
}

static void
blocks_that_differ_give_other_rands(void **state)
{
	static mst_b16 first[MST_LANES];

	issue(*state, TICK);
	memcpy(first, rand_col, sizeof(first));
	mst_cookie_issue_burst(*state, ALL, &keys, TICK, &block, rand_col);
	assert_memory_equal(first, rand_col, sizeof(first));
	for (unsigned change = 0; change < 4; change++) {
		block.imsi[9] = change == 0 ? 1 : 2;
		block.ind[9] = change == 1 ? 1 : 2;
		block.nonce[9] = change == 2 ? 1 : 2;
		mst_cookie_issue_burst(
			*state, ALL, &keys, change == 3 ? TICK + 1 : TICK, &block, rand_col);
		assert_memory_not_equal(first[9], rand_col[9], 16);
		memcpy(first[9], rand_col[9], 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issued_block_is_the_documented_one),
		cmocka_unit_test(open_gives_back_what_was_issued),
		cmocka_unit_test(age_limits),
		cmocka_unit_test(rotation_keeps_two_keys),
		cmocka_unit_test(a_single_key_opens_nothing_of_zeros),
		cmocka_unit_test(each_flipped_bit_is_a_forgery),
		cmocka_unit_test(malformed_blocks_are_forgeries),
		cmocka_unit_test(random_octets_are_forgeries),
		cmocka_unit_test(holes_are_left_alone),
		cmocka_unit_test(blocks_that_differ_give_other_rands),
	};

	return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
