/* SPDX-License-Identifier: BSD-3-Clause */
#include "echo.h"

#include <string.h>

#include "base/secret.h"
#include "batch.h"

static void
value(struct gw_worker *w, unsigned lane, uint8_t out[GW_ECHO])
{
	mst_b16 block[MST_LANES];

	memcpy(block[0], w->batch->rand[lane], sizeof(block[0]));
	mst_aes_encrypt_burst(w->crypto, 1, &w->gw->echo_key, block, block);
	memcpy(out, block[0], GW_ECHO);
}

bool
gw_echo_right(struct gw_worker *w, unsigned lane)
{
	const struct gw_batch *b = w->batch;
	struct mst_coap_options opt;
	uint8_t expected[GW_ECHO];

	if (b->plain_size[lane] < 1 ||
		mst_coap_parse_options(b->plain[lane] + 1, b->plain_size[lane] - 1U, &opt) != 0 ||
		(opt.has & MST_COAP_HAS_ECHO) == 0 || opt.echo.size != GW_ECHO)
		return false;
	value(w, lane, expected);
	return mst_equal_ct(opt.echo.data, expected, GW_ECHO);
}

void
gw_echo_ask(struct gw_worker *w, unsigned lane)
{
	struct gw_batch *b = w->batch;
	struct mst_coap_build build;
	uint8_t echo[GW_ECHO];

	value(w, lane, echo);
	mst_wipe(b->plain[lane], b->plain_size[lane]); /* the answer may be shorter */
	mst_coap_build_inner(&build, b->plain[lane], GW_INNER_MAX, MST_COAP_UNAUTHORIZED);
	mst_coap_put_option(&build, MST_COAP_OPT_ECHO, echo, sizeof(echo));
	b->plain_size[lane] = (uint16_t)mst_coap_build_fini(&build);
	gw_count(&w->counters.outcome[GW_ECHOES], 1);
}
