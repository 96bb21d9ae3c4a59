/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gba/classify.h"

static uint64_t
number(const json_t *row, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(row, key));

	return v > 0 ? (uint64_t)v : 0;
}

static int
on_stats(void *user, json_t *row)
{
	struct gateway_stats *s = user;
	const json_t *outcomes = json_object_get(row, "outcomes"), *worker;
	size_t i;

	s->tsc_hz = number(row, "tsc_hz");
	s->resident_octets = number(row, "resident_octets");
	s->creates = number(outcomes, "CREATES");
	s->joins = number(outcomes, "JOINS");
	s->rejoins = number(outcomes, "REJOINS");
	s->sessions = number(outcomes, "SESSIONS");
	s->rx_frames = number(outcomes, "RX_FRAMES");
	s->tx_frames = number(outcomes, "TX_FRAMES");
	json_array_foreach(json_object_get(row, "workers"), i, worker)
	{
		s->workers++;
		s->busy_cycles += number(worker, "busy_cycles");
		s->cycles += number(worker, "cycles");
		s->loops += number(worker, "loops");
		s->busy_loops += number(worker, "busy_loops");
	}
	return 0;
}

int
gateway_stats(
	struct mst_ctl_client *client, struct gateway_stats *stats, char error[MST_CTL_ERROR_SIZE])
{
	struct gateway_stats s = {0};
	int err = mst_ctl_client_call(client, "stats", NULL, on_stats, &s, error);

	if (err == 0 && (s.workers == 0 || s.tsc_hz == 0)) {
		snprintf(error, MST_CTL_ERROR_SIZE, "the gateway's statistics name no worker");
		return -MST_E_UNSUPPORTED;
	}
	if (err == 0)
		*stats = s;
	return err;
}

static int
on_group(void *user, json_t *row)
{
	const json_t *gid_text = json_object_get(row, "gid");
	const json_t *key_id = json_object_get(row, "key_id");
	uint64_t gid;

	if (!json_is_string(gid_text) || json_string_length(key_id) != PROOF_KEY_ID ||
		mst_gid_parse((const uint8_t *)json_string_value(gid_text),
			json_string_length(gid_text), &gid) != 0)
		return -MST_E_UNSUPPORTED;
	proof_gateway_row(user, gid, json_string_value(key_id), number(row, "members"));
	return 0;
}

int
gateway_groups(struct mst_ctl_client *client, struct proof *proof, char error[MST_CTL_ERROR_SIZE])
{
	int err = mst_ctl_client_call(client, "group list", NULL, on_group, proof, error);

	if (err == -MST_E_UNSUPPORTED)
		snprintf(error, MST_CTL_ERROR_SIZE, "a row of the gateway's groups is malformed");
	return err;
}
