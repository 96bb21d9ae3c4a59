/* SPDX-License-Identifier: BSD-3-Clause */
#include "flood.h"

#include <string.h>

#include "aka/imsi.h"
#include "base/bytes.h"
#include "batch.h"
#include "random.h"

#define STEP_MAX   256 /* messages of a step */
#define IP4_FIRST  UINT32_C(0x0b000000)
#define IP4_COUNT  UINT32_C(0x74000000)
#define IP4_PREFIX UINT32_C(0xc6120000)
#define IP6_PREFIX UINT64_C(0x20010db800000000)
#define IMSIS      UINT32_C(1000000000)

void
flood_init(struct flood *flood, uint64_t seed)
{
	static const char first[] = "001010000000000";

	*flood = (struct flood){.random = random_mix(seed + 3)};
	mst_imsi_encode(first, sizeof(first) - 1, &flood->first_imsi);
}

static void
put_source(struct gen *gen, uint8_t ip[16])
{
	struct flood *f = &gen->flood;
	bool one = gen->options.flood_one_prefix;

	memset(ip, 0, 16);
	if (gen->options.gateway.family == 4) {
		mst_put_be32(ip, one ? IP4_PREFIX + 1 + random_below(&f->random, 254)
				     : IP4_FIRST + random_below(&f->random, IP4_COUNT));
	} else {
		mst_put_be64(ip, IP6_PREFIX + (one ? 0 : (uint32_t)random_next(&f->random)));
		mst_put_be64(ip + 8, random_next(&f->random) | 1);
	}
}

static void
send_one(struct gen *gen)
{
	struct flood *f = &gen->flood;
	uint8_t message[BATCH_COAP_MAX], token[BATCH_TOKEN], ip[16];
	struct mst_coap_build build;
	int size;

	put_source(gen, ip);
	mst_put_be32(token, (uint32_t)random_next(&f->random));
	mst_coap_build_init(&build, message, sizeof(message), MST_COAP_CON, MST_COAP_POST, ++f->mid,
		token, sizeof(token));
	mst_coap_put_option(&build, MST_COAP_OPT_URI_PATH, "bsf", 3);
	mst_coap_put_uint(&build, MST_COAP_OPT_CONTENT_FORMAT, MST_COAP_FORMAT_CBOR);
	mst_ub_write_request(mst_coap_put_payload(&build), MST_UB_ID_IMSI,
		f->first_imsi + random_below(&f->random, IMSIS), 2, MST_UB_NO_PAD);
	size = mst_coap_build_fini(&build);
	link_send_from(
		&gen->link, ip, f->mid % gen->link.queues, gen->now_us, message, (size_t)size);
}

unsigned
flood_step(struct gen *gen)
{
	uint64_t due = gen->now_us * gen->options.flood / 1000000, n = due - gen->flood.due;

	if (gen->options.flood == 0)
		return 0;
	gen->flood.due = due;
	if (n > STEP_MAX)
		n = STEP_MAX;
	if (!link_has_room(&gen->link))
		return 0;
	for (unsigned i = 0; i < n; i++)
		send_one(gen);
	gen_count(&gen->counter[GEN_FLOOD], n);
	return (unsigned)n;
}
