/* SPDX-License-Identifier: BSD-3-Clause */
/* The effective configuration and the reference, from the schema. */
#include <string.h>

#include "config/config.h"
#include "config/value.h"

#define INDENT 2

/** Writes the headings of the sections of `key` that the key before it was not in. */
static unsigned
write_sections(const char *key, const char *before, unsigned indent, FILE *out)
{
	const char *dot, *part = key;
	unsigned depth = 0;
	bool same = true;

	for (; (dot = strchr(part, '.')) != NULL; part = dot + 1, depth++) {
		size_t through = (size_t)(dot - key) + 1;

		same = same && strncmp(key, before, through) == 0;
		if (!same)
			fprintf(out, "%*s%.*s:\n", (int)(indent + depth * INDENT), "",
				(int)(dot - part), part);
	}
	return depth;
}

/* Recursion ends with the schema: lists of mappings are not nested in themselves. */
/* NOLINTBEGIN(misc-no-recursion) */
static void dump_items(
	const struct mst_config_schema *schema, const uint8_t *result, unsigned indent, FILE *out);

static void
dump_list(const struct mst_config_item *item, const struct mst_config_list *list, unsigned indent,
	FILE *out)
{
	char text[CONFIG_TEXT_MAX];
	size_t size = config_value_size(item);
	const uint8_t *at = list->items;

	if (item->type == MST_CONFIG_MAP && list->count > 0) {
		fprintf(out, "\n");
		for (size_t i = 0; i < list->count; i++) {
			fprintf(out, "%*s-\n", (int)indent, "");
			dump_items(item->map, at + i * size, indent + INDENT, out);
		}
		return;
	}
	fprintf(out, " [");
	for (size_t i = 0; i < list->count; i++)
		if (config_value_write(item, at + i * size, text))
			fprintf(out, "%s%s", i > 0 ? ", " : "", text);
	fprintf(out, "]\n");
}

static void
dump_items(
	const struct mst_config_schema *schema, const uint8_t *result, unsigned indent, FILE *out)
{
	char text[CONFIG_TEXT_MAX];
	const char *before = "";

	for (size_t i = 0; i < schema->count; i++) {
		const struct mst_config_item *item = &schema->items[i];
		const uint8_t *at = result + item->offset;
		const char *name = strrchr(item->key, '.');
		unsigned depth;

		name = name != NULL ? name + 1 : item->key;
		if (!item->list && !config_value_write(item, at, text))
			continue;
		depth = write_sections(item->key, before, indent, out);
		before = item->key;
		fprintf(out, "%*s%s:", (int)(indent + depth * INDENT), "", name);
		if (item->list)
			dump_list(item, (const struct mst_config_list *)at,
				indent + depth * INDENT + INDENT, out);
		else
			fprintf(out, " %s\n", text);
	}
}

/* NOLINTEND(misc-no-recursion) */

void
mst_config_dump(const struct mst_config_schema *schema, const void *result, FILE *out)
{
	dump_items(schema, result, 0, out);
}

/* NOLINTNEXTLINE(misc-no-recursion): ends with the schema */
static void
help_items(const struct mst_config_schema *schema, const char *path, FILE *out)
{
	char allowed[CONFIG_ALLOWED_MAX], inner[96];

	for (size_t i = 0; i < schema->count; i++) {
		const struct mst_config_item *item = &schema->items[i];

		config_value_describe(item, allowed);
		fprintf(out, "%s%s\n    %s%s", path, item->key, item->list ? "list of: " : "",
			allowed);
		if (item->required)
			fprintf(out, "; required");
		else if (item->preset_text != NULL)
			fprintf(out, "; default: %s", item->preset_text);
		else if (item->preset != NULL)
			fprintf(out, "; default: %s", item->preset);
		else
			fprintf(out, "; default: none");
		fprintf(out, "\n    %s\n", item->help);
		if (item->type == MST_CONFIG_MAP) {
			snprintf(inner, sizeof(inner), "%s%s[].", path, item->key);
			help_items(item->map, inner, out);
		}
	}
}

void
mst_config_help(const struct mst_config_schema *schema, FILE *out)
{
	help_items(schema, "", out);
}
