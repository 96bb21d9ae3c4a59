/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cookies. Input: mode, tick (8 octets), lifetime (4), then rows of 16 octets, one a lane. Mode bit
 * 0: rows are blocks, encrypted here under the current or, with bit 1, the previous key, so that
 * they reach the checks behind the cipher; else rows are cookies as they come.
 */
#include <stdlib.h>
#include <string.h>

#include "aka/imsi.h"
#include "base/err.h"
#include "gba/cookie.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

#define UNTOUCHED 0xee
#define HEAD      13

static struct mst_crypto *crypto;
static struct mst_cookie_keys keys;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	REQUIRE(mst_crypto_create(&crypto, NULL) == 0);
	mst_cookie_keys_init(crypto, &keys, (const uint8_t *)"previous key....");
	mst_cookie_keys_rotate(crypto, &keys, (const uint8_t *)"current key.....");
	return 0;
}

/** What a block means, written from the format's description alone. */
static int
verdict(const uint8_t *block, uint64_t tick, uint32_t lifetime)
{
	int64_t age = (int32_t)((uint32_t)tick - mst_get_be32(block + 8));

	if (mst_get_be32(block + 12) != 0 || mst_get_be64(block) >> 14 >= MST_IMSI_CODE_END)
		return MST_E_COOKIE_FORGED;
	return age < -MST_COOKIE_SKEW_TICKS || age > (int64_t)lifetime ? MST_E_COOKIE_EXPIRED : 0;
}

static void
check_opened(const struct mst_cookie_cols *out, unsigned lane, const uint8_t *block)
{
	uint64_t word = mst_get_be64(block);

	REQUIRE(out->imsi[lane] == word >> 14);
	REQUIRE(out->ind[lane] == (word >> 9 & 31));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static mst_b16 block[MST_LANES], rand[MST_LANES];
	static struct mst_cookie_cols out;
	uint8_t status[MST_LANES];
	uint32_t lifetime;
	uint64_t tick;
	mst_lanes live, good;

	if (size < HEAD)
		return 0;
	tick = mst_get_be64(data + 1);
	lifetime = mst_get_be32(data + 9) & MST_COOKIE_TICKS_MAX;
	size = (size - HEAD) / 16 < MST_LANES ? (size - HEAD) / 16 : MST_LANES;
	live = mst_lanes_first((unsigned)size);
	if (size != 0)
		memcpy(block, data + HEAD, size * 16);
	memcpy(rand, block, sizeof(rand));
	if (data[0] & 1)
		mst_aes_encrypt_burst(
			crypto, live, data[0] & 2 ? &keys.previous : &keys.current, block, rand);
	memset(status, UNTOUCHED, sizeof(status));
	memset(&out, UNTOUCHED, sizeof(out));
	good = mst_cookie_open_burst(crypto, live, &keys, tick, lifetime, rand, &out, status);
	REQUIRE((good & ~live) == 0);
	mst_for_lanes(i, live) {
		bool ok = (good & MST_LANE(i)) != 0;

		REQUIRE(ok == (status[i] == UNTOUCHED));
		if (ok)
			REQUIRE(out.imsi[i] < MST_IMSI_CODE_END && out.ind[i] < 32 &&
				out.age[i] >= -MST_COOKIE_SKEW_TICKS &&
				out.age[i] <= (int64_t)lifetime);
		if ((data[0] & 1) == 0)
			continue;
		REQUIRE((ok ? 0 : status[i]) == verdict(block[i], tick, lifetime));
		if (ok)
			check_opened(&out, i, block[i]);
	}
	return 0;
}
