/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a fuzz target over files, and over all files of folders, given as arguments. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

/* The target need not have one. */
#pragma weak LLVMFuzzerInitialize

static unsigned inputs;

static int
replay_file(const char *path, size_t size)
{
	/* Of exactly the input's size, so that the sanitizer sees what reads past it. */
	uint8_t *data = malloc(size > 0 ? size : 1);
	FILE *file = fopen(path, "rb");
	int err = -1;

	if (data == NULL || file == NULL || fread(data, 1, size, file) != size) {
		perror(path);
		goto out;
	}
	LLVMFuzzerTestOneInput(data, size);
	inputs++;
	err = 0;
out:
	if (file != NULL)
		fclose(file);
	free(data);
	return err;
}

static int replay(const char *path);

static int
replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort), err = 0;

	if (count < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char name[PATH_MAX];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && replay(name) != 0)
			err = -1;
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int
replay(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		perror(path);
		return -1;
	}
	return S_ISDIR(status.st_mode) ? replay_folder(path)
				       : replay_file(path, (size_t)status.st_size);
}

int
main(int argc, char **argv)
{
	int err = 0;

	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			err = 1;
	printf("%u inputs\n", inputs);
	return inputs > 0 ? err : 1;
}
