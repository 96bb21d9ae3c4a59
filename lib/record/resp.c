/* SPDX-License-Identifier: BSD-3-Clause */
#include "record/resp.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define ROOM_MIN 4096
#define HEAD_MAX 24 /* octets of "$18446744073709551615\r\n" */

/** Room for n more octets, at r->data + r->size; NULL without memory. */
static uint8_t *
reserve(struct mst_resp *r, size_t n)
{
	size_t room = r->room > 0 ? r->room : ROOM_MIN;
	uint8_t *data;

	if (r->failed)
		return NULL;
	if (n <= r->room - r->size)
		return r->data + r->size;
	while (room - r->size < n)
		room *= 2;
	data = malloc(room);
	if (data == NULL) {
		r->failed = true;
		return NULL;
	}
	if (r->size > 0) {
		memcpy(data, r->data, r->size);
		mst_wipe(r->data, r->size);
	}
	free(r->data);
	r->data = data;
	r->room = room;
	return data + r->size;
}

static size_t
decimal(uint64_t v, char digits[20])
{
	char reversed[20];
	size_t n = 0;

	do
		reversed[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	for (size_t i = 0; i < n; i++)
		digits[i] = reversed[n - 1 - i];
	return n;
}

static void
head(struct mst_resp *r, char kind, uint64_t n)
{
	uint8_t *at = reserve(r, HEAD_MAX);
	size_t size;

	if (at == NULL)
		return;
	at[0] = (uint8_t)kind;
	size = 1 + decimal(n, (char *)at + 1);
	at[size] = '\r';
	at[size + 1] = '\n';
	r->size += size + 2;
}

void
mst_resp_command(struct mst_resp *r, size_t words)
{
	head(r, '*', words);
	r->commands++;
}

void
mst_resp_bulk(struct mst_resp *r, const void *data, size_t size)
{
	uint8_t *at;

	head(r, '$', size);
	at = reserve(r, size + 2);
	if (at == NULL)
		return;
	if (size > 0)
		memcpy(at, data, size);
	at[size] = '\r';
	at[size + 1] = '\n';
	r->size += size + 2;
}

void
mst_resp_raw(struct mst_resp *r, const void *octets, size_t size)
{
	uint8_t *at = reserve(r, size);

	if (at == NULL)
		return;
	memcpy(at, octets, size);
	r->size += size;
}

void
mst_resp_text(struct mst_resp *r, const char *text)
{
	mst_resp_bulk(r, text, strlen(text));
}

void
mst_resp_number(struct mst_resp *r, uint64_t value)
{
	char digits[20];

	mst_resp_bulk(r, digits, decimal(value, digits));
}

void
mst_resp_clear(struct mst_resp *r)
{
	r->size = 0;
	r->commands = 0;
	r->failed = false;
}

void
mst_resp_fini(struct mst_resp *r)
{
	if (r->data != NULL)
		mst_wipe(r->data, r->room);
	free(r->data);
	*r = (struct mst_resp){0};
}
