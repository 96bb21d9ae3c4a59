/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zn inside one gateway (TS 33.220 section 4.4.6): the one way by which a NAF gets a key. The BSF's
 * side checks that the NAF may have it, by the name it has proved and the subscriber's settings,
 * and gives Ks_NAF, its end of life, the identity and the settings; never Ks.
 *
 * Context: the worker, data path.
 */
#ifndef GW_ZN_H
#define GW_ZN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lanes.h"
#include "gba/keys.h"

struct gw_worker;

/** A NAF as the BSF knows it. */
struct gw_naf {
	struct mst_naf_id id; /* that keys are asked for */
	const char *fqdn;     /* that the NAF has proved to have; of the M2M-SC by configuration */
	uint8_t group;        /* 0..7, GUSS nafGroup */
};

/** Whether keys for naf->id may go to who has proved naf->fqdn. */
bool gw_zn_authorised(const struct gw_naf *naf);
/**
 * Ks_NAF by the subscriber's GBA type into ks_naf[]. Returns the lanes that have it; the others are
 * dropped as NAF_NOT_AUTHORISED.
 */
mst_lanes gw_zn(struct gw_worker *w, mst_lanes live, const struct gw_naf *naf);

#endif
