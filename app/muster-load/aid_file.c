/* SPDX-License-Identifier: BSD-3-Clause */
#include "aid_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"

FILE *
aid_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

int
aid_close(FILE *file)
{
	int failed;

	if (file == NULL)
		return 0;
	failed = ferror(file);
	if (fclose(file) != 0)
		failed = 1;
	return failed != 0 ? -MST_E_FILE : 0;
}
