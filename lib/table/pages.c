/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/pages.h"

#include <sys/mman.h>

void *
mst_pages_alloc(size_t size, bool hot)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	/* All are advice: a kernel without them serves as well. */
	(void)madvise(pages, size, MADV_DONTDUMP);
	if (hot) {
		(void)madvise(pages, size, MADV_HUGEPAGE);
		(void)madvise(pages, size, MADV_POPULATE_WRITE);
	}
	return pages;
}

void
mst_pages_free(void *pages, size_t size)
{
	if (pages != NULL)
		(void)munmap(pages, size);
}
