/* SPDX-License-Identifier: BSD-3-Clause */
#include "keylog.h"

#include <stdlib.h>

#include "aid_file.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/text.h"
#include "gba/keys.h"

struct keylog {
	FILE *file;
	uint32_t meters;
};

int
keylog_open(struct keylog **log, const char *path, uint32_t meters)
{
	struct keylog *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return -MST_E_NO_MEMORY;
	k->file = aid_open(path);
	if (k->file == NULL) {
		free(k);
		return -MST_E_FILE;
	}
	k->meters = meters;
	*log = k;
	return 0;
}

void
keylog_session(struct keylog *log, uint32_t meter, const mst_b16 rand, const mst_b32 secret)
{
	char id[2 * MST_CLIENT_ID + 1], key[2 * sizeof(mst_b32) + 1], context[2 * 16 + 1];

	if (log == NULL || meter >= log->meters)
		return;
	mst_hex_encode(rand, MST_CLIENT_ID, id);
	mst_hex_encode(secret, sizeof(mst_b32), key);
	mst_hex_encode(rand, sizeof(mst_b16), context);
	/* Sender ID, Recipient ID, Master Secret, Master Salt, ID Context, algorithm. */
	fprintf(log->file, "\"%s\",\"%02x\",\"%s\",\"\",\"%s\",\"AES-CCM-16-64-128 (CCM*)\"\n", id,
		MST_SERVER_ID, key, context);
	mst_wipe(key, sizeof(key));
}

int
keylog_close(struct keylog *log)
{
	int err;

	if (log == NULL)
		return 0;
	err = aid_close(log->file);
	free(log);
	return err;
}
