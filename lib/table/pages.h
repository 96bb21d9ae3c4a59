/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large zeroed arrays straight from the kernel: page-aligned, left out of core dumps because
 * they hold keys. Context: any thread; both call the kernel.
 */
#ifndef MST_TABLE_PAGES_H
#define MST_TABLE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * `size` zeroed octets, or NULL. `hot` ones are touched at once, so that the data path meets no
 * page fault, and lie on transparent huge pages where there are any; others as they are used.
 */
void *mst_pages_alloc(size_t size, bool hot);
/** Gives them back; NULL is allowed. Wiping secrets first is the caller's part. */
void mst_pages_free(void *pages, size_t size);

#endif
