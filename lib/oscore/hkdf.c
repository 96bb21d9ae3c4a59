/* SPDX-License-Identifier: BSD-3-Clause */
#include "oscore/hkdf.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "oscore/wipe.h"

#define HASH 32

void
mst_hkdf_expand_burst(struct mst_crypto *crypto, mst_lanes live, const struct mst_hmac_cols *prk,
	const uint8_t *const *info, size_t info_size, uint8_t *const *okm, size_t okm_size)
{
	uint8_t row[MST_LANES][HASH + MST_HKDF_INFO_MAX + 1]; /* T(n - 1) || info || n */
	const uint8_t *message[MST_LANES];
	mst_b32 t[MST_LANES];
	uint8_t n = 1;

	assert(info_size <= MST_HKDF_INFO_MAX && okm_size > 0 && okm_size <= MST_HKDF_OKM_MAX);
	mst_for_lanes(i, live) {
		memcpy(row[i] + HASH, info[i], info_size);
		message[i] = row[i] + HASH; /* T(0) is empty */
	}
	for (size_t done = 0; done < okm_size; done += HASH, n++) {
		size_t part = okm_size - done < HASH ? okm_size - done : HASH;

		mst_for_lanes(i, live)
			row[i][HASH + info_size] = n;
		mst_hmac_burst(crypto, live, prk, message, (n > 1 ? HASH : 0) + info_size + 1, t);
		mst_for_lanes(i, live) {
			memcpy(okm[i] + done, t[i], part);
			memcpy(row[i], t[i], HASH);
			message[i] = row[i];
		}
	}
	mst_wipe_rows(live, row, sizeof(row[0]));
	mst_wipe_rows(live, t, sizeof(t[0]));
}
