/* SPDX-License-Identifier: BSD-3-Clause */
/* Both ends of 64 exchanges as columns. */
#ifndef OSCORE_FIXTURE_H
#define OSCORE_FIXTURE_H

#include "support.h"

#include "oscore/oscore.h"

#define ROOM (MST_OSCORE_PLAIN_MAX + MST_OSCORE_OVERHEAD_MAX + 64)

/* Both ends of 64 contexts, and the octets that travel. */
static struct mst_oscore_profile profile;
static struct mst_oscore_keys keys;
static mst_oscore_id client_id[MST_LANES];
static mst_b16 id_context[MST_LANES];
static uint64_t piv[MST_LANES];
static const struct mst_oscore_exchange exchange = {&profile, &keys, client_id, piv};

static uint8_t text[MST_LANES][MST_OSCORE_PLAIN_MAX + 1]; /* what is protected */
static uint8_t wire[MST_LANES][ROOM];
static uint8_t opened[MST_LANES][MST_OSCORE_PLAIN_MAX + 1];
static struct mst_oscore_plain plain, result;
static struct mst_coap_build build[MST_LANES];
static struct mst_coap_msg msg[MST_LANES], inner[MST_LANES];
static struct mst_oscore_option option[MST_LANES];
static uint16_t status[MST_LANES];

static inline void
reset(void)
{
	for (unsigned i = 0; i < MST_LANES; i++) {
		plain.data[i] = text[i];
		plain.size[i] = 0;
		result.data[i] = opened[i];
		result.size[i] = 0xeeee;
		status[i] = 0xeeee;
	}
	plain.capacity = 0;
	result.capacity = MST_OSCORE_PLAIN_MAX;
	memset(wire, 0xee, sizeof(wire));
	memset(opened, 0xee, sizeof(opened));
	memset(msg, 0xee, sizeof(msg));
	memset(inner, 0xee, sizeof(inner));
}

#endif
