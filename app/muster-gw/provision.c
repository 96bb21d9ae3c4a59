/* SPDX-License-Identifier: BSD-3-Clause */
#include "provision.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "subs/csv_import.h"

#define MAX_REPORTS   20
#define PROGRESS_ROWS 250000

/** Lines of a file: more than it can hold subscribers. Returns -1 when it cannot be read. */
static int64_t
count_lines(const char *path)
{
	static char buffer[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t lines = 1;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		for (char *p = buffer; (p = memchr(p, '\n', (size_t)(buffer + n - p))) != NULL; p++)
			lines++;
	mst_wipe(buffer, sizeof(buffer));
	close(fd);
	return n == 0 ? lines : -1;
}

static void
on_report(void *user, const char *report)
{
	(void)user;
	fprintf(stderr, "muster-gw: %s\n", report);
}

static void
on_progress(void *user, const struct mst_csv_progress *p)
{
	const struct mst_gw_hss *hss = user;
	double share =
		p->total_bytes > 0 ? 100.0 * (double)p->size_bytes / (double)p->total_bytes : 0;

	fprintf(stderr, "muster-gw: %s: %llu subscribers read (%.0f %%)\n", hss->name,
		(unsigned long long)p->rows, share);
}

static int
import(struct mst_subs *store, const struct mst_gw_hss *hss, struct mst_csv_options *options)
{
	struct mst_csv_result result;
	struct timespec begin, end;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	err = mst_csv_import_file(store, hss->subscribers, options, &result);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (err)
		return err;
	fprintf(stderr, "muster-gw: %s: %llu subscribers loaded from %s in %.1f s\n", hss->name,
		(unsigned long long)result.added, hss->subscribers,
		(double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
	if (result.rejected > 0)
		fprintf(stderr, "muster-gw: %s: %llu rows rejected (%llu of them duplicates)\n",
			hss->name, (unsigned long long)result.rejected,
			(unsigned long long)result.duplicates);
	return 0;
}

static int
load_hss(const struct mst_gw_config *config, unsigned index, struct mst_hss_set *set,
	struct mst_crypto *crypto)
{
	struct mst_gw_hss *hss = (struct mst_gw_hss *)config->hss.items + index;
	int64_t lines = count_lines(hss->subscribers);
	uint64_t capacity = config->limits.subscribers;
	uint8_t transport_key[32];
	struct mst_hash_seed seed;
	struct mst_csv_options options = {
		.lifetime_s = (uint32_t)(config->bsf.key_lifetime_ms / 1000),
		.mnc_size = (uint8_t)hss->mnc_length,
		.hss = (uint8_t)index,
		.slf = set->slf,
		.crypto = crypto,
		.max_reports = MAX_REPORTS,
		.progress_rows = PROGRESS_ROWS,
		.on_report = on_report,
		.on_progress = on_progress,
		.user = hss,
	};
	int err = 0;

	if (lines < 0) {
		fprintf(stderr, "muster-gw: hss '%s': cannot read subscribers file %s: %s\n",
			hss->name, hss->subscribers, strerror(errno));
		return -MST_E_FILE;
	}
	if (capacity == 0)
		capacity = (uint64_t)lines;
	if (hss->transport_key != NULL) {
		err = mst_csv_transport_key_read(
			hss->transport_key, transport_key, &options.transport_key_size);
		options.transport_key = transport_key;
	}
	if (err) {
		fprintf(stderr,
			"muster-gw: hss '%s': %s does not hold 32 or 64 hexadecimal digits\n",
			hss->name, hss->transport_key);
		return err;
	}
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -MST_E_SYSTEM;
	err = mst_subs_create(&set->store[index], (uint32_t)capacity, &seed);
	if (err)
		fprintf(stderr, "muster-gw: hss '%s': no memory for %llu subscribers\n", hss->name,
			(unsigned long long)capacity);
	else
		err = import(set->store[index], hss, &options);
	mst_wipe(transport_key, sizeof(transport_key));
	mst_wipe(&seed, sizeof(seed));
	return err;
}

/** The SLF's table from the ranges of all instances; none when there is one HSS without ranges. */
static int
make_slf(const struct mst_gw_config *config, struct mst_hss_set *set)
{
	struct mst_slf_range *ranges;
	struct mst_slf *slf = NULL;
	char(*text)[2][16];
	unsigned count = 0, bad = 0;
	int err;

	for (unsigned h = 0; h < config->hss.count; h++)
		count += (unsigned)((struct mst_gw_hss *)config->hss.items)[h].ranges.count;
	if (count == 0)
		return 0;
	ranges = calloc(count, sizeof(*ranges));
	text = calloc(count, sizeof(*text));
	count = 0;
	for (unsigned h = 0; ranges != NULL && text != NULL && h < config->hss.count; h++) {
		const struct mst_gw_hss *hss = (struct mst_gw_hss *)config->hss.items + h;

		for (size_t r = 0; r < hss->ranges.count; r++, count++) {
			const struct gw_imsi_range *range = &hss->range[r];

			snprintf(text[count][0], 16, "%0*llu", (int)range->digits,
				(unsigned long long)range->first);
			snprintf(text[count][1], 16, "%0*llu", (int)range->digits,
				(unsigned long long)range->last);
			ranges[count] =
				(struct mst_slf_range){text[count][0], text[count][1], (uint8_t)h};
		}
	}
	err = mst_slf_create(&slf, ranges, count, &bad);
	if (err)
		fprintf(stderr, "muster-gw: IMSI range %s-%s: %s\n", text[bad][0], text[bad][1],
			err == -MST_E_EXISTS ? "overlaps another range" : mst_err_text(err));
	set->slf = slf;
	free(ranges);
	free(text);
	return err;
}

int
gw_provision(const struct mst_gw_config *config, struct mst_hss_set *set)
{
	struct mst_crypto *crypto;
	int err;

	*set = (struct mst_hss_set){.count = (unsigned)config->hss.count};
	if (set->count > MST_HSS_MAX) {
		fprintf(stderr, "muster-gw: %u instances in hss, at most %u\n", set->count,
			MST_HSS_MAX);
		return -MST_E_CONFIG;
	}
	err = mst_crypto_create(&crypto, NULL);
	if (err) {
		fprintf(stderr, "muster-gw: this CPU lacks AES-NI or SSE4.2\n");
		return err;
	}
	err = make_slf(config, set);
	for (unsigned h = 0; err == 0 && h < set->count; h++)
		err = load_hss(config, h, set, crypto);
	mst_crypto_destroy(crypto);
	if (err)
		gw_unprovision(set);
	return err;
}

void
gw_unprovision(struct mst_hss_set *set)
{
	for (unsigned h = 0; h < set->count; h++)
		mst_subs_destroy(set->store[h]);
	mst_slf_destroy((struct mst_slf *)set->slf);
	*set = (struct mst_hss_set){0};
}
