/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the unit: the AES kernels of the native backends, written once over a vector type.
 * The including file defines, for its instruction set,
 *
 *	vec, VEC_LANES       a register and how many AES blocks it holds
 *	struct slot          the lanes of one register
 *	vec_take()           next slot out of a mask of lanes
 *	vec_load/store()     the blocks of a slot in a column
 *	vec_gather/scatter() blocks at VEC_LANES addresses and an offset
 *	vec_gather_rows()    blocks a stride apart
 *	vec_store_rows()     neighbouring blocks
 *	vec_all()            one block in all places
 *	vec_pick()           per block one of two
 *	vec_count()          the next CCM counter
 *	vec_words()          32-bit words of each block in another order
 *	vec_lo32() ... vec_hi64()
 *	                     the lower and upper halves of two blocks, element by element
 *	vec_sub_words()      SubWord(RotWord(w)) ^ Rcon of each 32-bit word (FIPS 197 section 5.2)
 *	vec_xor, vec_and, vec_enc, vec_enc_last, vec_dec, vec_dec_last
 *	KERNEL(name)         its name of a public function
 *
 * A kernel works on WIDTH registers at once, since an AES round takes about as long as four are
 * started. A group that is not full repeats its last slot; all loads of a block come before its
 * stores, so that a repeated lane writes the same octets twice.
 */
#ifndef MST_CRYPTO_NATIVE_AES_H
#define MST_CRYPTO_NATIVE_AES_H

#include "crypto/native.h"

#define WIDTH  4
#define ROUNDS 10

struct group {
	struct slot at[WIDTH];
};

static const uint8_t round_constant[ROUNDS] = {
	0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36};

INLINE struct group
take_group(mst_lanes *rest)
{
	struct group g;

	g.at[0] = vec_take(rest);
	for (unsigned v = 1; v < WIDTH; v++)
		g.at[v] = *rest != 0 ? vec_take(rest) : g.at[v - 1];
	return g;
}

INLINE void
load(const mst_b16 *col, const struct group *g, vec x[WIDTH])
{
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_load(col, g->at[v]);
}

INLINE void
load_xor(const mst_b16 *col, const struct group *g, vec x[WIDTH])
{
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_xor(x[v], vec_load(col, g->at[v]));
}

INLINE void
store(mst_b16 *col, const struct group *g, const vec x[WIDTH])
{
	for (unsigned v = 0; v < WIDTH; v++)
		vec_store(col, g->at[v], x[v]);
}

/* Words of four blocks turned about: word i of out[j] is word j of in[i]. Its own inverse. */
INLINE void
turn_words(const vec in[WIDTH], vec out[WIDTH])
{
	vec lo01 = vec_lo32(in[0], in[1]), hi01 = vec_hi32(in[0], in[1]);
	vec lo23 = vec_lo32(in[2], in[3]), hi23 = vec_hi32(in[2], in[3]);

	out[0] = vec_lo64(lo01, lo23);
	out[1] = vec_hi64(lo01, lo23);
	out[2] = vec_lo64(hi01, hi23);
	out[3] = vec_hi64(hi01, hi23);
}

/*
 * The next round key of all lanes; word[j] has words j of WIDTH keys in each block, so that one
 * AESENCLAST substitutes for four lanes.
 */
INLINE void
next_round_key(vec word[WIDTH], uint8_t constant, vec key[WIDTH])
{
	word[0] = vec_xor(word[0], vec_sub_words(word[3], constant));
	for (unsigned j = 1; j < WIDTH; j++)
		word[j] = vec_xor(word[j], word[j - 1]);
	turn_words(word, key);
}

/* x = E_K(x), K expanded. */
INLINE void
encrypt(vec key[ROUNDS + 1][WIDTH], vec x[WIDTH])
{
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_xor(x[v], key[0][v]);
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_enc(x[v], key[r][v]);
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_enc_last(x[v], key[ROUNDS][v]);
}

/* Both x and y, in each other's shadow. */
INLINE void
encrypt_two(vec key[ROUNDS + 1][WIDTH], vec x[WIDTH], vec y[WIDTH])
{
	for (unsigned v = 0; v < WIDTH; v++) {
		x[v] = vec_xor(x[v], key[0][v]);
		y[v] = vec_xor(y[v], key[0][v]);
	}
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned v = 0; v < WIDTH; v++) {
			x[v] = vec_enc(x[v], key[r][v]);
			y[v] = vec_enc(y[v], key[r][v]);
		}
	for (unsigned v = 0; v < WIDTH; v++) {
		x[v] = vec_enc_last(x[v], key[ROUNDS][v]);
		y[v] = vec_enc_last(y[v], key[ROUNDS][v]);
	}
}

/* Expands key[0] and encrypts x on the way. */
INLINE void
expand_encrypt(vec key[ROUNDS + 1][WIDTH], vec x[WIDTH])
{
	vec word[WIDTH];

	turn_words(key[0], word);
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_xor(x[v], key[0][v]);
	for (unsigned r = 1; r < ROUNDS; r++) {
		next_round_key(word, round_constant[r - 1], key[r]);
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_enc(x[v], key[r][v]);
	}
	next_round_key(word, round_constant[ROUNDS - 1], key[ROUNDS]);
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_enc_last(x[v], key[ROUNDS][v]);
}

static NATIVE_KERNEL void
aes_group(const struct group *g, const mst_b16 *key_col, const mst_b16 *in, mst_b16 *out)
{
	vec word[WIDTH], key[WIDTH], x[WIDTH];

	load(key_col, g, key);
	load(in, g, x);
	turn_words(key, word);
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_xor(x[v], key[v]);
	for (unsigned r = 1; r < ROUNDS; r++) {
		next_round_key(word, round_constant[r - 1], key);
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_enc(x[v], key[v]);
	}
	next_round_key(word, round_constant[ROUNDS - 1], key);
	for (unsigned v = 0; v < WIDTH; v++)
		x[v] = vec_enc_last(x[v], key[v]);
	store(out, g, x);
}

void
KERNEL(aes)(struct mst_crypto *engine, mst_lanes live, const mst_b16 *key, const mst_b16 *in,
	mst_b16 *out)
{
	(void)engine;
	while (live != 0) {
		struct group g = take_group(&live);

		aes_group(&g, key, in, out);
	}
	mst_native_burn_1k();
}

/* OUT(j + 1) = E_K(block ^ c) ^ OPc. */
INLINE void
fan_out(vec key[ROUNDS + 1][WIDTH], const struct group *g, const vec opc[WIDTH], vec block[WIDTH],
	uint8_t c, mst_b16 *out)
{
	const uint8_t constant[16] = {[15] = c};

	for (unsigned v = 0; v < WIDTH; v++)
		block[v] = vec_xor(block[v], vec_all(constant));
	encrypt(key, block);
	for (unsigned v = 0; v < WIDTH; v++)
		block[v] = vec_xor(block[v], opc[v]);
	store(out, g, block);
}

/* Shuffles of 32-bit words that rotate a block to the left by 32, 64 and 96 bits. */
#define LEFT_32 0x39
#define LEFT_64 0x4e
#define LEFT_96 0x93

#define FAN_TURNED(j, turn, c)                                                                     \
	do {                                                                                       \
		if (fan->out[j] != NULL) {                                                         \
			for (unsigned v = 0; v < WIDTH; v++)                                       \
				block[v] = vec_words(vec_xor(t[v], opc[v]), turn);                 \
			fan_out(key, g, opc, block, c, fan->out[j]);                               \
		}                                                                                  \
	} while (0)

static NATIVE_KERNEL void
fan_group(const struct group *g, const struct mst_aes_fan *fan)
{
	vec key[ROUNDS + 1][WIDTH], t[WIDTH], opc[WIDTH], block[WIDTH];

	load(fan->key, g, key[0]);
	load(fan->opc, g, opc);
	load(fan->rand, g, t);
	for (unsigned v = 0; v < WIDTH; v++)
		t[v] = vec_xor(t[v], opc[v]);
	expand_encrypt(key, t);
	if (fan->out[0] != NULL) {
		load(fan->in1, g, block);
		for (unsigned v = 0; v < WIDTH; v++)
			block[v] = vec_xor(t[v], vec_words(vec_xor(block[v], opc[v]), LEFT_64));
		fan_out(key, g, opc, block, 0, fan->out[0]);
	}
	if (fan->out[1] != NULL) {
		for (unsigned v = 0; v < WIDTH; v++)
			block[v] = vec_xor(t[v], opc[v]);
		fan_out(key, g, opc, block, 1, fan->out[1]);
	}
	FAN_TURNED(2, LEFT_32, 2);
	FAN_TURNED(3, LEFT_64, 4);
	FAN_TURNED(4, LEFT_96, 8);
}

void
KERNEL(fan)(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_fan *fan)
{
	(void)engine;
	while (live != 0) {
		struct group g = take_group(&live);

		fan_group(&g, fan);
	}
	mst_native_burn_4k();
}

static NATIVE_KERNEL void
encrypt_groups(mst_lanes live, const uint8_t (*key)[16], const mst_b16 *in, mst_b16 *out)
{
	while (live != 0) {
		struct group g = take_group(&live);
		vec x[WIDTH];

		load(in, &g, x);
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_xor(x[v], vec_all(key[0]));
		for (unsigned r = 1; r < ROUNDS; r++)
			for (unsigned v = 0; v < WIDTH; v++)
				x[v] = vec_enc(x[v], vec_all(key[r]));
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_enc_last(x[v], vec_all(key[ROUNDS]));
		store(out, &g, x);
	}
}

static NATIVE_KERNEL void
decrypt_groups(mst_lanes live, const uint8_t (*key)[16], const mst_b16 *in, mst_b16 *out)
{
	while (live != 0) {
		struct group g = take_group(&live);
		vec x[WIDTH];

		load(in, &g, x);
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_xor(x[v], vec_all(key[0]));
		for (unsigned r = 1; r < ROUNDS; r++)
			for (unsigned v = 0; v < WIDTH; v++)
				x[v] = vec_dec(x[v], vec_all(key[r]));
		for (unsigned v = 0; v < WIDTH; v++)
			x[v] = vec_dec_last(x[v], vec_all(key[ROUNDS]));
		store(out, &g, x);
	}
}

void
KERNEL(encrypt)(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out)
{
	(void)engine;
	encrypt_groups(live, key->encrypt, in, out);
	mst_native_burn_1k();
}

void
KERNEL(decrypt)(struct mst_crypto *engine, mst_lanes live, const struct mst_aes_key *key,
	const mst_b16 *in, mst_b16 *out)
{
	(void)engine;
	decrypt_groups(live, key->decrypt, in, out);
	mst_native_burn_1k();
}

#if VEC_LANES == 1
/* Once for the native backends: a single key gains nothing from wide registers. */
void
KERNEL(aes_key)(struct mst_crypto *engine, const mst_b16 key, struct mst_aes_key *expanded)
{
	__m128i *encrypt_key = (__m128i *)expanded->encrypt;
	__m128i *decrypt_key = (__m128i *)expanded->decrypt;

	(void)engine;
	encrypt_key[0] = vec_all(key);
	for (unsigned r = 1; r <= ROUNDS; r++)
		encrypt_key[r] = vec_key_next(encrypt_key[r - 1], round_constant[r - 1]);
	decrypt_key[0] = encrypt_key[ROUNDS];
	for (unsigned r = 1; r < ROUNDS; r++)
		decrypt_key[r] = _mm_aesimc_si128(encrypt_key[ROUNDS - r]);
	decrypt_key[ROUNDS] = encrypt_key[0];
}
#endif

#endif
