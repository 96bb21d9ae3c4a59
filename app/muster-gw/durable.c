/* SPDX-License-Identifier: BSD-3-Clause */
#include "durable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"
#include "notify.h"
#include "rcu/rcu.h"

#define PASSWORD_MAX 512

/** Kept for reconnecting, as long as the process lives. */
static char password[PASSWORD_MAX];

bool
gw_durable_wanted(const struct mst_gw_config *c)
{
	return c->durability != GW_DURABILITY_NONE &&
	       (c->redis.socket != NULL || c->redis.host != NULL);
}

static int
read_password(const char *file)
{
	FILE *f = fopen(file, "re");

	if (f == NULL || fgets(password, sizeof(password), f) == NULL) {
		fprintf(stderr, "muster-gw: redis.password_file %s: %s\n", file,
			f == NULL ? strerror(errno) : "is empty");
		if (f != NULL)
			fclose(f);
		return -MST_E_FILE;
	}
	fclose(f);
	password[strcspn(password, "\r\n")] = '\0';
	return 0;
}

static void
say_what_is_lost(const struct mst_gw_config *c)
{
	fprintf(stderr,
		"muster-gw: state is in memory alone (%s): a stop ends sessions, groups and "
		"memberships\n",
		c->durability == GW_DURABILITY_NONE ? "durability: none"
						    : "no section redis in the configuration");
}

/** A start that waits is no start that hangs. */
static void
tell_manager(void)
{
	gw_notify_send("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=standing by");
}

int
gw_durable_open(const struct mst_gw_config *c, struct gw *gw, struct gw_replica **replica)
{
	struct gw_replica_options o = {
		.redis = {.socket = c->redis.socket,
			.host = c->redis.host,
			.port = (uint16_t)c->redis.port,
			.user = c->redis.user,
			.database = (unsigned)c->redis.database,
			.timeout_ms = (unsigned)c->redis.timeout_ms},
		.site = c->redis.site,
		.kek = c->redis.kek,
		.kek_old = c->redis.kek_previous,
		.level = (enum gw_durability)c->durability,
		.parked = (uint32_t)c->redis.parked,
		.patience_s = (unsigned)(c->redis.patience_ms / 1000),
		.replicas = (unsigned)c->redis.replicas,
		.lease_ms = (uint32_t)c->redis.lease_ms,
		.waiting = tell_manager,
	};
	int err = 0;

	if (!gw_durable_wanted(c)) {
		say_what_is_lost(c);
		return 0;
	}
	if (c->redis.password_file != NULL) {
		err = read_password(c->redis.password_file);
		o.redis.password = password;
	}
	if (err)
		return err;
	mst_rcu_register();
	err = gw_replica_open(replica, gw, &o);
	mst_rcu_unregister();
	return err;
}
