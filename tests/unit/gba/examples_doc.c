/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples_doc.h"

#include <stdio.h>
#include <stdlib.h>

#include "help.h"

#define HEADING    "\n## 11. Worked examples\n"
#define FENCE      "```hex\n"
#define FENCE_END  "```\n"
#define BLOCKS_MAX 160
#define A_LINE     32

/* Items in order: prose (no name) or a block, as printed. */
static struct item {
	char *name, *text;
} items[2 * BLOCKS_MAX];
static size_t item_count;

static void
add(const char *name, char *text)
{
	assert_true(item_count < COUNT(items));
	assert_non_null(text);
	items[item_count++] = (struct item){name != NULL ? strdup(name) : NULL, text};
}

void
doc_text(const char *text)
{
	add(NULL, strdup(text));
}

void
doc_block(const char *name, const char *comment, const void *data, size_t size)
{
	const uint8_t *p = data;
	char *text, hex[2 * A_LINE + 1];
	size_t text_size;
	FILE *f = open_memstream(&text, &text_size);

	assert_non_null(f);
	fprintf(f, "# %s\n", name);
	for (const char *line = comment; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");

		fprintf(f, "# %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	for (size_t i = 0; i < size; i += A_LINE) {
		mst_hex_encode(p + i, size - i < A_LINE ? size - i : A_LINE, hex);
		fprintf(f, "%s\n", hex);
	}
	assert_int_equal(fclose(f), 0);
	add(name, text);
}

void
doc_print(void)
{
	fputs(&HEADING[1], stdout);
	for (size_t i = 0; i < item_count; i++) {
		if (items[i].name != NULL)
			printf("\n" FENCE "%s" FENCE_END, items[i].text);
		else
			printf("\n%s\n", items[i].text);
	}
}

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (f == NULL)
		fail_msg("cannot read %s", path);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	assert_true(feof(f));
	fclose(f);
	return text;
}

/* The next block of the document from *at on, or NULL. Ends it and moves *at behind it. */
static char *
next_block(char **at)
{
	char *start = strstr(*at, FENCE), *end;

	if (start == NULL)
		return NULL;
	start += strlen(FENCE);
	end = strstr(start, FENCE_END);
	assert_non_null(end);
	*at = end + strlen(FENCE_END);
	*end = '\0';
	return start;
}

void
doc_compare(const char *path)
{
	char *file = read_file(path), *at = strstr(file, HEADING);

	if (at == NULL)
		fail_msg("%s has no worked examples", path);
	for (size_t i = 0; i < item_count; i++) {
		const char *block;

		if (items[i].name == NULL)
			continue;
		block = next_block(&at);
		if (block == NULL)
			fail_msg("%s: example '%s' is missing", path, items[i].name);
		assert_string_equal(block, items[i].text);
	}
	if (next_block(&at) != NULL)
		fail_msg("%s has more examples than are computed", path);
	free(file);
}

void
doc_fini(void)
{
	for (size_t i = 0; i < item_count; i++) {
		free(items[i].name);
		free(items[i].text);
	}
	item_count = 0;
}
