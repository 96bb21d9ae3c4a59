/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers look subscribers up and change their state while the control thread adds more, for the
 * thread sanitizer. A subscriber that is found has its keys; one added before the search is found;
 * no change of state is lost.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subs/subs.h"

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define READERS 3
#define COUNT   40000
#define CARDS   61 /* profiles */

static const struct mst_hash_seed seed = {{31, 32}, {33, 34}, {35, 36}};
static struct mst_subs *subs;

static uint64_t
imsi_of(uint64_t number)
{
	return number * 1000003;
}

static void
add_all(void)
{
	static struct mst_subs_cols cols;
	uint8_t status[MST_LANES];

	for (uint64_t first = 0; first < COUNT; first += MST_LANES) {
		for (unsigned i = 0; i < MST_LANES; i++) {
			struct mst_subs_profile profile = {
				.lifetime_s = 1 + (uint32_t)(first + i) % CARDS, .mnc_size = 2};

			REQUIRE(mst_subs_profile_add(subs, &profile, &cols.profile[i]) == 0);
			cols.imsi[i] = imsi_of(first + i);
			memset(cols.k[i], (int)(first + i), sizeof(cols.k[i]));
			memset(cols.opc[i], (int)~(first + i), sizeof(cols.opc[i]));
		}
		REQUIRE(mst_subs_add_burst(subs, ~(mst_lanes)0, &cols, status) == ~(mst_lanes)0);
	}
}

static void
check_one(uint64_t number, uint32_t index)
{
	struct mst_subs_record *r = mst_subs_record(subs, index);

	REQUIRE(index == number && mst_subs_imsi(r) == imsi_of(number));
	REQUIRE(r->k[0] == (uint8_t)number && r->k[15] == (uint8_t)number);
	REQUIRE(r->opc[0] == (uint8_t)~number && r->opc[15] == (uint8_t)~number);
	REQUIRE(mst_subs_profile(subs, r)->lifetime_s == 1 + number % CARDS);
	mst_subs_set_dif(r, number);
	REQUIRE(mst_subs_inc_joined(r, MST_SUBS_COUNT_MAX) == 0);
	mst_subs_dec_joined(r);
}

static void *
read_all(void *user)
{
	uint64_t random = (uintptr_t)user, number[MST_LANES], imsi[MST_LANES];
	uint32_t index[MST_LANES], before = 0;

	while (before < COUNT) {
		mst_lanes found;

		before = mst_subs_count(subs);
		for (unsigned i = 0; i < MST_LANES; i++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			number[i] = (random >> 33) % COUNT;
			imsi[i] = imsi_of(number[i]);
		}
		found = mst_subs_lookup_bulk(subs, ~(mst_lanes)0, imsi, index);
		for (unsigned i = 0; i < MST_LANES; i++) {
			if (found & MST_LANE(i))
				check_one(number[i], index[i]);
			else
				REQUIRE(number[i] >= before);
		}
	}
	return NULL;
}

int
main(void)
{
	pthread_t thread[READERS];

	_Static_assert(COUNT % MST_LANES == 0, "whole batches");
	REQUIRE(mst_subs_create(&subs, COUNT, &seed) == 0);
	for (uintptr_t i = 0; i < READERS; i++)
		REQUIRE(pthread_create(&thread[i], NULL, read_all, (void *)(i + 1)) == 0);
	add_all();
	for (int i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	for (uint32_t i = 0; i < COUNT; i++) {
		uint64_t state = mst_subs_state(mst_subs_record(subs, i));

		REQUIRE(state == 0 || state == i);
	}
	mst_subs_destroy(subs);
	return 0;
}
