/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the sources of keeper.h. */
#ifndef GW_KEEPER_PRIVATE_H
#define GW_KEEPER_PRIVATE_H

#include "gw.h"

static inline struct gw_kept *
gw_kept(const struct gw_worker *w, const struct mst_group *g)
{
	return &w->gw->kept[g->index];
}

/** Has gw_keeper_step() look at the group. */
void gw_keeper_look(struct gw_worker *w, const struct mst_group *g);
/** A device has asked to join: enters it in the list, or has it refused. */
void gw_candidate_add(struct gw_worker *w, struct mst_group *g, const struct gw_mail *m);
/** Removes a candidate: whether it was one. */
bool gw_candidate_del(struct gw_worker *w, struct mst_group *g, uint32_t sid);
/** Goes on deciding on all. Returns whether there is more to do. */
bool gw_candidate_drain(struct gw_worker *w, struct mst_group *g);
/** Refuses those who have waited too long. */
bool gw_candidate_expire(struct gw_worker *w);
/** Sends an owner's worker what it asked for. */
void gw_candidate_tell(struct gw_worker *w, struct mst_group *g, unsigned to);
/** The members in all workers' lists. */
uint32_t gw_members_of(const struct gw *gw, uint32_t group);
/** A member left or was evicted: the key changes as the policy has it, owners succeed. */
void gw_keeper_lost(struct gw_worker *w, struct mst_group *g, uint32_t sid);

#endif
