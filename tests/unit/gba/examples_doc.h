/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The section of worked examples of docs/protocol.md: written down by a test as it computes them,
 * then printed or compared with the document.
 *
 * A block is a fenced one of language "hex": a first line "# name", a line of comment, then 32
 * octets a line. Prose between blocks is printed, but not compared.
 */
#ifndef TESTS_GBA_EXAMPLES_DOC_H
#define TESTS_GBA_EXAMPLES_DOC_H

#include <stddef.h>

/** Prose: a paragraph or heading. */
void doc_text(const char *text);
/** An example. The comment may be NULL; lines of it are kept apart by newlines. */
void doc_block(const char *name, const char *comment, const void *data, size_t size);
/** Prints the section to standard output. */
void doc_print(void);
/** Compares blocks with those of the document, by cmocka's assertions. */
void doc_compare(const char *path);
/** Forgets everything. */
void doc_fini(void);

#endif
