/* SPDX-License-Identifier: BSD-3-Clause */
#include "aka/milenage.h"

#include <assert.h>

#include "base/secret.h"

/* OUT1..OUT5 of TS 35.206 section 4.1. */
enum { OUT1, OUT2, OUT3, OUT4, OUT5 };

#define WANT_OUT1 (MST_MILENAGE_F1 | MST_MILENAGE_F1S)

/* IN1 = SQN || AMF || SQN || AMF. */
static void
fill_in1(mst_lanes live, const struct mst_milenage_in *in, mst_b16 *in1)
{
	mst_for_lanes(i, live) {
		uint64_t half = in->sqn[i] << 16 | in->amf[i];

		mst_put_be64(in1[i], half);
		mst_put_be64(in1[i] + 8, half);
	}
}

static void
split(mst_lanes live, unsigned wanted, mst_b16 (*block)[MST_LANES], struct mst_milenage_out *out)
{
	if (wanted & MST_MILENAGE_F1)
		mst_for_lanes(i, live)
			memcpy(out->mac_a[i], block[OUT1][i], sizeof(out->mac_a[i]));
	if (wanted & MST_MILENAGE_F1S)
		mst_for_lanes(i, live)
			memcpy(out->mac_s[i], block[OUT1][i] + 8, sizeof(out->mac_s[i]));
	if (wanted & MST_MILENAGE_F25)
		mst_for_lanes(i, live) {
			memcpy(out->ak[i], block[OUT2][i], sizeof(out->ak[i]));
			memcpy(out->res[i], block[OUT2][i] + 8, sizeof(out->res[i]));
		}
	if (wanted & MST_MILENAGE_F5S)
		mst_for_lanes(i, live)
			memcpy(out->ak_s[i], block[OUT5][i], sizeof(out->ak_s[i]));
}

void
mst_milenage_burst(struct mst_crypto *engine, mst_lanes live, unsigned wanted,
	const struct mst_milenage_in *in, struct mst_milenage_out *out)
{
	_Alignas(64) mst_b16 block[MST_FAN_BLOCKS][MST_LANES], in1[MST_LANES];
	struct mst_aes_fan fan = {.key = in->k, .opc = in->opc, .rand = in->rand};

	assert((wanted & WANT_OUT1) == 0 || (in->sqn != NULL && in->amf != NULL));
	if (wanted & WANT_OUT1) {
		fill_in1(live, in, in1);
		fan.in1 = in1;
		fan.out[OUT1] = block[OUT1];
	}
	if (wanted & MST_MILENAGE_F25)
		fan.out[OUT2] = block[OUT2];
	if (wanted & MST_MILENAGE_F34) {
		fan.out[OUT3] = out->ck;
		fan.out[OUT4] = out->ik;
	}
	if (wanted & MST_MILENAGE_F5S)
		fan.out[OUT5] = block[OUT5];
	mst_aes_fan_burst(engine, live, &fan);
	split(live, wanted, block, out);
	for (unsigned j = 0; j < MST_FAN_BLOCKS; j++)
		if (fan.out[j] == block[j])
			mst_wipe(block[j], sizeof(block[j]));
}

void
mst_milenage_opc_burst(struct mst_crypto *engine, mst_lanes live, const mst_b16 *k,
	const mst_b16 *op, mst_b16 *opc)
{
	_Alignas(64) mst_b16 block[MST_LANES];

	mst_aes_burst(engine, live, k, op, block);
	mst_for_lanes(i, live)
		for (unsigned o = 0; o < sizeof(block[i]); o++)
			opc[i][o] = op[i][o] ^ block[i][o];
	mst_wipe(block, sizeof(block));
}
