/* SPDX-License-Identifier: BSD-3-Clause */
#include "subscribers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "subs/csv_import.h"
#include "subs/synth.h"

#define WRITE_BLOCK ((size_t)1 << 20)
#define LIFETIME_S  86400
/** Octets of the shortest row: six digits, K, OPc. */
#define ROW_MIN 72

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct maker {
	const struct options *options;
	struct mst_synth synth;
	struct mst_crypto *crypto;
	struct mst_subs_cols cols;
	FILE *file;
	double shown;
};

static void
show_made(struct maker *maker, uint64_t done, bool last)
{
	double now = seconds_now();

	if (maker->options->quiet || (!last && now - maker->shown < 0.5))
		return;
	maker->shown = now;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu of %llu SIM cards%s", (unsigned long long)done,
			(unsigned long long)maker->synth.count, last ? "\n" : "");
	else if (last)
		fprintf(stderr, "%llu SIM cards\n", (unsigned long long)done);
}

static size_t
write_rows(struct maker *maker, uint64_t first, unsigned count, char *text)
{
	uint64_t number[MST_LANES];
	size_t size = 0;

	for (unsigned i = 0; i < count; i++)
		number[i] = first + i;
	mst_synth_burst(&maker->synth, maker->crypto, mst_lanes_first(count), number, &maker->cols);
	for (unsigned i = 0; i < count; i++) {
		const struct mst_subs_profile profile = {
			.lifetime_s = LIFETIME_S,
			.mnc_size = 2,
			.gba_type = (uint8_t)mst_synth_gba_type(&maker->synth, number[i]),
		};

		size += mst_csv_row_write(text + size, maker->cols.imsi[i],
			(const uint8_t *)maker->cols.k[i], (const uint8_t *)maker->cols.opc[i],
			&profile);
	}
	return size;
}

static int
write_all(struct maker *maker)
{
	char text[MST_LANES * MST_CSV_WRITE_MAX];
	uint64_t done = 0;

	fputs(mst_csv_header, maker->file);
	while (done < maker->synth.count) {
		uint64_t left = maker->synth.count - done;
		unsigned n = left < MST_LANES ? (unsigned)left : MST_LANES;
		size_t size = write_rows(maker, done, n, text);

		if (fwrite(text, 1, size, maker->file) != size)
			return -MST_E_FILE;
		done += n;
		if (done % (1u << 16) == 0 || done == maker->synth.count)
			show_made(maker, done, done == maker->synth.count);
	}
	mst_wipe(text, sizeof(text));
	return fflush(maker->file) == 0 ? 0 : -MST_E_FILE;
}

static int
make_file(struct maker *maker)
{
	const char *path = maker->options->out;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), err;
	char *buffer = malloc(WRITE_BLOCK);

	maker->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (maker->file == NULL || buffer == NULL) {
		err = maker->file == NULL ? -MST_E_FILE : -MST_E_NO_MEMORY;
		if (maker->file == NULL && fd >= 0)
			close(fd);
	} else {
		setvbuf(maker->file, buffer, _IOFBF, WRITE_BLOCK);
		err = write_all(maker);
	}
	if (err != 0)
		fprintf(stderr, "muster-load: %s: %s\n", path, strerror(errno));
	if (maker->file != NULL && fclose(maker->file) != 0 && err == 0) {
		fprintf(stderr, "muster-load: %s: %s\n", path, strerror(errno));
		err = -MST_E_FILE;
	}
	if (buffer != NULL)
		mst_wipe(buffer, WRITE_BLOCK);
	free(buffer);
	return err;
}

int
subscribers_make(const struct options *options)
{
	struct maker maker = {.options = options};
	mst_b16 seed;
	int err;

	memcpy(seed, options->sim_seed, sizeof(seed));
	if (!options->has_sim_seed && getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return -MST_E_SYSTEM;
	err = mst_synth_init(&maker.synth, options->first_imsi, options->make_count, seed,
		(uint32_t)(options->gba_u * 10 + 0.5));
	if (err != 0) {
		fprintf(stderr,
			"muster-load: no %llu IMSIs of 6 to 15 digits from --first-imsi '%s' on\n",
			(unsigned long long)options->make_count, options->first_imsi);
		return err;
	}
	err = mst_crypto_create(&maker.crypto, options->gen.crypto);
	if (err != 0)
		fprintf(stderr, "muster-load: crypto: %s\n", mst_err_text(err));
	else
		err = make_file(&maker);
	mst_crypto_destroy(maker.crypto);
	mst_wipe(&maker, sizeof(maker));
	return err;
}

struct importer {
	const struct options *options;
	struct mst_subs *subs;
	uint32_t capacity;
};

/** A full store is no mistake here: the files may hold more cards than meters are wanted. */
static void
on_report(void *user, const char *report)
{
	const struct importer *im = user;

	if (mst_subs_count(im->subs) < im->capacity)
		fprintf(stderr, "muster-load: %s\n", report);
}

static void
on_progress(void *user, const struct mst_csv_progress *progress)
{
	const struct importer *im = user;

	if (!im->options->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu SIM cards read\033[K", (unsigned long long)progress->rows);
}

/** Cards that the files can hold at most. */
static uint64_t
count_rows(const struct options *options)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < options->subscriber_files; i++) {
		struct stat st;

		if (stat(options->subscribers[i], &st) == 0)
			total += (uint64_t)st.st_size / ROW_MIN + 1;
	}
	return total < LINK_METERS_MAX ? total : LINK_METERS_MAX;
}

static int
import_files(struct importer *im, const struct mst_csv_options *csv)
{
	for (unsigned i = 0; i < im->options->subscriber_files; i++) {
		const char *path = im->options->subscribers[i];
		struct mst_csv_result result;
		int err = mst_csv_import_file(im->subs, path, csv, &result);

		if (mst_subs_count(im->subs) == im->capacity)
			return 0;
		if (err != 0) {
			fprintf(stderr, "muster-load: %s: %s\n", path, mst_err_text(err));
			return err;
		}
		if (result.rejected > 0) {
			fprintf(stderr, "muster-load: %s: %llu bad rows\n", path,
				(unsigned long long)result.rejected);
			return -MST_E_CSV;
		}
	}
	return 0;
}

static int
check_count(struct importer *im, struct gen_options *gen)
{
	uint32_t count = mst_subs_count(im->subs);

	if (count == 0 || count < gen->meters) {
		fprintf(stderr, "muster-load: %u SIM cards for %u meters\n", count, gen->meters);
		return -MST_E_ARGUMENT;
	}
	if (gen->meters == 0)
		gen->meters = count;
	if (gen->groups > gen->meters) {
		fprintf(stderr, "muster-load: %u groups for %u meters\n", gen->groups, gen->meters);
		return -MST_E_ARGUMENT;
	}
	return 0;
}

static int
import(struct importer *im, struct gen_options *gen)
{
	struct mst_csv_options csv = {
		.lifetime_s = LIFETIME_S,
		.mnc_size = 2,
		.max_reports = 10,
		.progress_rows = 100000,
		.on_report = on_report,
		.on_progress = on_progress,
		.user = im,
	};
	uint8_t key[32];
	int err = mst_crypto_create(&csv.crypto, gen->crypto);

	if (err == 0 && im->options->transport_key != NULL) {
		csv.transport_key = key;
		err = mst_csv_transport_key_read(
			im->options->transport_key, key, &csv.transport_key_size);
	}
	if (err != 0)
		fprintf(stderr, "muster-load: subscribers: %s\n", mst_err_text(err));
	else
		err = import_files(im, &csv);
	if (!im->options->quiet && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	mst_wipe(key, sizeof(key));
	mst_crypto_destroy(csv.crypto);
	return err != 0 ? err : check_count(im, gen);
}

int
subscribers_import(struct options *options, struct mst_subs **subs)
{
	struct importer im = {.options = options};
	struct mst_hash_seed seed;
	int err;

	im.capacity =
		options->gen.meters != 0 ? options->gen.meters : (uint32_t)count_rows(options);
	if (im.capacity == 0)
		im.capacity = 1; /* no file could be seen: the import says why */
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -MST_E_SYSTEM;
	err = mst_subs_create(&im.subs, im.capacity, &seed);
	if (err != 0) {
		fprintf(stderr, "muster-load: subscribers: %s\n", mst_err_text(err));
		return err;
	}
	err = import(&im, &options->gen);
	if (err != 0)
		mst_subs_destroy(im.subs);
	else
		*subs = im.subs;
	return err;
}
