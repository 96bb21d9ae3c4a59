/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fuzz target is one file with LLVMFuzzerTestOneInput(), which aborts when a property does not
 * hold, and optionally LLVMFuzzerInitialize(). To add one: write NAME.c, put a few meaningful
 * inputs into corpus/NAME/, add a row to meson.build. Every build then runs the corpus as a test;
 * tools/fuzz searches for more.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x)                                                                                 \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

#endif
