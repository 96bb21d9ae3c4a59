/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks for octets that must not be there: find_keys PATTERNS FILE...
 *
 * PATTERNS has a line 'NAME HEX' for each; every pattern is looked for as it is and as hexadecimal
 * digits of either case, at any offset. A FILE of - is standard input. Prints where each was found
 * first, then how much was looked through. Exit status: 0 nothing found, 1 something, 2 no search.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME      32
#define OCTETS    64 /* of a pattern at most; twice as many digits */
#define SLOT_BITS 22

struct pattern {
	char name[NAME];
	uint8_t octets[2 * OCTETS];
	uint32_t size;
	uint32_t next; /* with the same slot, + 1 */
	bool hex;
	bool told;
};

static struct pattern *patterns;
static uint32_t pattern_count, pattern_room;
static uint32_t slot[1U << SLOT_BITS]; /* by the first four octets: pattern + 1 */

static uint32_t
slot_of(const uint8_t *at)
{
	uint32_t x;

	memcpy(&x, at, sizeof(x));
	return x * 0x9e3779b1U >> (32 - SLOT_BITS);
}

static void
add(const char *name, const uint8_t *octets, uint32_t size, bool hex)
{
	struct pattern *p;

	if (pattern_count == pattern_room) {
		pattern_room = pattern_room * 2 + 1024;
		patterns = realloc(patterns, pattern_room * sizeof(*patterns));
		if (patterns == NULL)
			exit(2);
	}
	p = &patterns[pattern_count++];
	*p = (struct pattern){.size = size, .hex = hex, .next = slot[slot_of(octets)]};
	snprintf(p->name, sizeof(p->name), "%s", name);
	memcpy(p->octets, octets, size);
	slot[slot_of(octets)] = pattern_count;
}

static int
read_patterns(const char *path)
{
	char name[NAME], digits[2 * OCTETS + 1];
	uint8_t octets[OCTETS];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return -1;
	while (fscanf(f, "%31s %128s", name, digits) == 2) {
		uint32_t size = (uint32_t)strlen(digits) / 2;

		for (uint32_t i = 0; i < size; i++) {
			char pair[3] = {digits[2 * i], digits[2 * i + 1]};

			octets[i] = (uint8_t)strtoul(pair, NULL, 16);
		}
		if (size < 8)
			return -1;
		for (char *c = digits; *c != '\0'; c++)
			*c = (char)tolower(*c);
		add(name, octets, size, false);
		add(name, (const uint8_t *)digits, 2 * size, true);
	}
	fclose(f);
	return pattern_count > 0 ? 0 : -1;
}

/** Patterns of one kind in `data`. Returns how many findings there are. */
static unsigned
look(const char *file, const uint8_t *data, size_t size, bool hex)
{
	unsigned found = 0;

	for (size_t at = 0; at + 8 <= size; at++) {
		for (uint32_t i = slot[slot_of(data + at)]; i != 0; i = patterns[i - 1].next) {
			struct pattern *p = &patterns[i - 1];

			if (p->hex != hex || at + p->size > size ||
				memcmp(data + at, p->octets, p->size) != 0)
				continue;
			found++;
			if (!p->told)
				printf("%s: %s at %zu%s\n", file, p->name, at,
					hex ? ", in hexadecimal" : "");
			p->told = true;
		}
	}
	return found;
}

static uint8_t *
read_all(const char *path, size_t *size)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	uint8_t *data = NULL;
	size_t room = 0, got = 1;

	*size = 0;
	while (f != NULL && got > 0) {
		if (*size == room) {
			room = room * 2 + (1U << 20);
			data = realloc(data, room);
			if (data == NULL)
				exit(2);
		}
		got = fread(data + *size, 1, room - *size, f);
		*size += got;
	}
	if (f != NULL && f != stdin)
		fclose(f);
	return data;
}

int
main(int argc, char **argv)
{
	unsigned found = 0;
	size_t total = 0;

	if (argc < 3 || read_patterns(argv[1]) != 0) {
		fprintf(stderr, "usage: find_keys PATTERNS FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		size_t size;
		uint8_t *data = read_all(argv[i], &size);

		if (data == NULL) {
			fprintf(stderr, "find_keys: %s cannot be read\n", argv[i]);
			return 2;
		}
		found += look(argv[i], data, size, false);
		for (size_t n = 0; n < size; n++)
			data[n] = (uint8_t)tolower(data[n]);
		found += look(argv[i], data, size, true);
		total += size;
		free(data);
	}
	printf("%u patterns, %d files, %zu octets: %u found\n", pattern_count / 2, argc - 2, total,
		found);
	free(patterns);
	return found > 0;
}
