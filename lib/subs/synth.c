/* SPDX-License-Identifier: BSD-3-Clause */
#include "subs/synth.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

/* The code behind the last one with as many digits as `code`. */
static uint64_t
end_of_length(uint64_t code)
{
	char digits[MST_IMSI_DIGITS_MAX];
	size_t size = mst_imsi_decode(code, digits);
	uint64_t last = 0;
	int err;

	memset(digits, '9', size);
	err = mst_imsi_encode(digits, size, &last);
	assert(err == 0);
	(void)err;
	return last + 1;
}

int
mst_synth_init(struct mst_synth *synth, const char *first_imsi, uint64_t count, const mst_b16 seed,
	uint32_t gba_u_permille)
{
	uint64_t first;
	int err = mst_imsi_encode(first_imsi, strlen(first_imsi), &first);

	if (err != 0)
		return err;
	if (count == 0 || count > end_of_length(first) - first || gba_u_permille > 1000)
		return -MST_E_ARGUMENT;
	synth->first_imsi = first;
	synth->count = count;
	synth->gba_u_permille = gba_u_permille;
	memcpy(synth->seed, seed, sizeof(synth->seed));
	return 0;
}

uint64_t
mst_synth_imsi(const struct mst_synth *synth, uint64_t number)
{
	assert(number < synth->count);
	return synth->first_imsi + number;
}

enum mst_gba_type
mst_synth_gba_type(const struct mst_synth *synth, uint64_t number)
{
	/* 617 and 1000 have no common divisor: 1000 consecutive numbers meet every remainder once.
	 */
	return number * 617 % 1000 < synth->gba_u_permille ? MST_GBA_U : MST_GBA_ME;
}

/* out[i] = E(number[i] || kind). */
static void
derive(struct mst_crypto *crypto, const struct mst_aes_key *key, mst_lanes live,
	const uint64_t *number, uint8_t kind, mst_b16 *out)
{
	mst_for_lanes(i, live) {
		memset(out[i], 0, sizeof(out[i]));
		mst_put_be64(out[i] + 7, number[i]);
		out[i][15] = kind;
	}
	mst_aes_encrypt_burst(crypto, live, key, (const mst_b16 *)out, out);
}

void
mst_synth_burst(const struct mst_synth *synth, struct mst_crypto *crypto, mst_lanes live,
	const uint64_t *number, struct mst_subs_cols *cols)
{
	struct mst_aes_key key;

	mst_aes_key_init(crypto, synth->seed, &key);
	mst_for_lanes(i, live)
		cols->imsi[i] = mst_synth_imsi(synth, number[i]);
	derive(crypto, &key, live, number, 1, cols->k);
	derive(crypto, &key, live, number, 2, cols->opc);
}
