/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the sources of replica.h. */
#ifndef GW_REPLICA_PRIVATE_H
#define GW_REPLICA_PRIVATE_H

#include "replica.h"

/** Version of the layout as a whole, in the key "muster:SITE:schema". */
#define GW_REPLICA_SCHEMA 1
/** Longest name of a key of the gateway's own. */
#define GW_REPLICA_KEY 96

/** "muster:SITE:WHAT". */
void gw_replica_key(const struct gw_replica *r, const char *what, char key[GW_REPLICA_KEY]);

/** Says why Redis did not answer as it should, and frees the answer. Returns -MST_E_SYSTEM. */
int gw_replica_complain(const struct gw_replica *r, struct redisReply *reply);

/** Whether this muster knows the layout in Redis. 0, -MST_E_RECORD_NEWER or -MST_E_SYSTEM, said. */
int gw_replica_schema_check(struct gw_replica *r);
/** Appends commands that set the version of the layout and the epoch again. */
void gw_replica_schema_put(const struct gw_replica *r, struct mst_resp *commands);

/** replica_keys.c: the KEK's file, data keys. All return 0 or negative after saying why. */
int gw_replica_kek_read(struct mst_kek *kek, const char *file, char error[GW_REDIS_ERROR]);
/** Reads the data keys that are in Redis. */
int gw_replica_dek_load(struct gw_replica *r, struct mst_keyring *keys);
/** Makes this run's data key and tells Redis. */
int gw_replica_dek_make(struct gw_replica *r);
/** Appends the command that stores it. */
void gw_replica_dek_put(struct gw_replica *r, struct mst_resp *commands);

/** restore.c: everything of earlier runs. */
int gw_replica_restore(struct gw_replica *r, const struct mst_keyring *keys);

/** replicator.c */
int gw_replicator_create(struct gw_replica *r);
void gw_replicator_destroy(struct gw_replica *r);
void *gw_replicator_main(void *replica);

#endif
