/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

int
mst_config_runtime_dir(char *path, size_t size)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	int n;

	if (xdg != NULL && xdg[0] == '/')
		n = snprintf(path, size, "%s/muster", xdg);
	else if (geteuid() == 0)
		n = snprintf(path, size, "/run/muster");
	else
		n = snprintf(path, size, "/tmp/muster-%u", (unsigned)geteuid());
	return n < 0 || (size_t)n >= size ? -MST_E_NO_SPACE : 0;
}

static int
check_dir(const char *path, char *error, size_t error_size)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		snprintf(error, error_size, "cannot use directory %s: %s", path, strerror(errno));
		return -MST_E_FILE;
	}
	if (!S_ISDIR(st.st_mode)) {
		snprintf(error, error_size, "%s is not a directory", path);
		return -MST_E_FILE;
	}
	if ((st.st_uid != geteuid() && st.st_uid != 0) ||
		((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (st.st_mode & S_ISVTX) == 0)) {
		snprintf(error, error_size,
			"directory %s can be written by other users; name one of your own with "
			"mode 0700",
			path);
		return -MST_E_FILE;
	}
	return 0;
}

int
mst_config_make_dir(const char *path, char *error, size_t error_size)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part)) {
		snprintf(error, error_size, "directory name is empty or too long");
		return -MST_E_FILE;
	}
	memcpy(part, path, length + 1);
	for (char *p = part + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST) {
			snprintf(error, error_size, "cannot make directory %s: %s", part,
				strerror(errno));
			return -MST_E_FILE;
		}
		*p = c;
		if (c == '\0')
			return check_dir(path, error, error_size);
	}
}

int
mst_config_make_parent(const char *path, char *error, size_t error_size)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	size_t length;

	if (slash == NULL)
		return check_dir(".", error, error_size);
	length = slash == path ? 1 : (size_t)(slash - path);
	if (length >= sizeof(dir)) {
		snprintf(error, error_size, "path is too long");
		return -MST_E_FILE;
	}
	memcpy(dir, path, length);
	dir[length] = '\0';
	return mst_config_make_dir(dir, error, error_size);
}
