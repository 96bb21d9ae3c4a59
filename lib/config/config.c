/* SPDX-License-Identifier: BSD-3-Clause */
/* Loading: the file, then overrides, then defaults. */
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/parse.h"
#include "config/value.h"

static void
add_line(struct mst_config_errors *errors, const char *name, size_t line, const char *key,
	const char *message)
{
	char where[24] = "";

	if (errors->count == MST_CONFIG_ERRORS_MAX)
		return;
	if (line > 0)
		snprintf(where, sizeof(where), "%zu:", line);
	snprintf(errors->line[errors->count++], sizeof(errors->line[0]), "%.96s%s%s%s%s%.100s%s%s",
		name != NULL ? name : "", name != NULL ? ":" : "", where, name != NULL ? " " : "",
		key != NULL ? "key '" : "", key != NULL ? key : "", key != NULL ? "': " : "",
		message);
}

void
config_report(struct mst_config_errors *errors, const char *name, size_t line, const char *key,
	const char *format, ...)
{
	char message[CONFIG_WHY_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	add_line(errors, name, line, key, message);
}

void
mst_config_errors_add(struct mst_config_errors *errors, const char *key, const char *format, ...)
{
	char message[CONFIG_WHY_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	add_line(errors, errors->file, 0, key, message);
}

void
mst_config_errors_print(const struct mst_config_errors *errors, FILE *out)
{
	for (unsigned i = 0; i < errors->count; i++)
		fprintf(out, "%s\n", errors->line[i]);
}

/** Frees what an item at its offset owns. */
static void
free_item(const struct mst_config_item *item, void *result)
{
	uint8_t *at = (uint8_t *)result + item->offset;
	struct mst_config_list *list = (struct mst_config_list *)at;

	if (!item->list) {
		config_value_free(item, at);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		config_value_free(item, (uint8_t *)list->items + i * config_value_size(item));
	free(list->items);
	*list = (struct mst_config_list){0};
}

void
mst_config_free(const struct mst_config_schema *schema, void *result)
{
	for (size_t i = 0; i < schema->count; i++)
		free_item(&schema->items[i], result);
	memset(result, 0, schema->size);
}

/** Reads "a,b,c" as a list; "" is the empty list. The list is empty before. */
static int
read_list_text(const struct mst_config_item *item, const char *text, struct mst_config_list *list,
	char *why)
{
	size_t size = config_value_size(item), count = 1;
	char *copy = strdup(text), *rest = copy;
	int err = 0;

	for (const char *p = text; *p != '\0'; p++)
		count += *p == ',';
	list->items = calloc(count, size > 0 ? size : 1);
	if (copy == NULL || list->items == NULL)
		err = -MST_E_NO_MEMORY;
	for (char *part; err == 0 && text[0] != '\0' && (part = strsep(&rest, ",")) != NULL;) {
		err = config_value_read(
			item, part, (uint8_t *)list->items + list->count * size, why);
		if (err == 0)
			list->count++;
	}
	free(copy);
	return err;
}

/** Sets an item from text, as overrides and defaults write it. */
static int
set_item(const struct mst_config_item *item, const char *text, void *result, char *why)
{
	uint8_t *at = (uint8_t *)result + item->offset;

	free_item(item, result);
	return item->list ? read_list_text(item, text, (struct mst_config_list *)at, why)
			  : config_value_read(item, text, at, why);
}

int
config_complete(const struct mst_config_schema *schema, const char *name, size_t line,
	const char *path, void *result, const bool *given, struct mst_config_errors *errors)
{
	char key[128], why[CONFIG_WHY_MAX], allowed[CONFIG_ALLOWED_MAX];
	unsigned before = errors->count;

	for (size_t i = 0; i < schema->count; i++) {
		const struct mst_config_item *item = &schema->items[i];
		int err = 0;

		if (given[i])
			continue;
		if (item->preset != NULL) {
			err = set_item(item, item->preset, result, why);
			assert(err != -MST_E_CONFIG); /* the schema's own defect */
		} else if (item->required) {
			config_value_describe(item, allowed);
			snprintf(key, sizeof(key), "%s%s%s", path, path[0] != '\0' ? "." : "",
				item->key);
			config_report(errors, name, line, key, "is required (%s%s)",
				item->list ? "list of: " : "", allowed);
		}
		if (err != 0)
			return err;
	}
	return errors->count > before ? -MST_E_CONFIG : 0;
}

/** Applies one "key=value". */
static int
override(const struct mst_config_schema *schema, const char *text, void *result, bool *given,
	struct mst_config_errors *errors)
{
	size_t n = strcspn(text, "=");
	char why[CONFIG_WHY_MAX];

	if (text[n] != '=') {
		config_report(errors, NULL, 0, NULL, "--set %.60s: needs KEY=VALUE", text);
		return 0;
	}
	for (size_t i = 0; i < schema->count; i++) {
		const struct mst_config_item *item = &schema->items[i];
		int err;

		if (strlen(item->key) != n || strncmp(item->key, text, n) != 0)
			continue;
		if (item->type == MST_CONFIG_MAP) {
			config_report(errors, NULL, 0, NULL,
				"--set %s: can only be given in the file", item->key);
			return 0;
		}
		err = set_item(item, text + n + 1, result, why);
		given[i] = true;
		if (err == -MST_E_CONFIG)
			config_report(errors, NULL, 0, NULL, "--set %s: %s", item->key, why);
		return err == -MST_E_NO_MEMORY ? err : 0;
	}
	config_report(
		errors, NULL, 0, NULL, "--set %.*s: unknown key", (int)(n < 60 ? n : 60), text);
	return 0;
}

int
mst_config_parse(const struct mst_config_schema *schema, const char *name, const char *text,
	size_t size, const char *const *overrides, size_t override_count, void *result,
	struct mst_config_errors *errors)
{
	unsigned before = errors->count;
	void *fresh = calloc(1, schema->size);
	bool *given = calloc(schema->count + 1, sizeof(*given));
	int err = fresh == NULL || given == NULL ? -MST_E_NO_MEMORY : 0;

	if (err == 0 && text != NULL)
		err = config_parse(schema, name, text, size, fresh, given, errors);
	for (size_t i = 0; i < override_count && (err == 0 || err == -MST_E_CONFIG); i++)
		err = override(schema, overrides[i], fresh, given, errors);
	/* What is missing is only known when all was read. */
	if (err != -MST_E_NO_MEMORY && err != -MST_E_FILE)
		err = config_complete(schema, name, 0, "", fresh, given, errors);
	if (err == -MST_E_FILE || (err == 0 && errors->count > before))
		err = -MST_E_CONFIG;
	if (err == 0)
		memcpy(result, fresh, schema->size);
	else if (fresh != NULL)
		mst_config_free(schema, fresh);
	free(fresh);
	free(given);
	return err;
}

/** The whole file, to be freed. */
static int
read_file(const char *file, char **text, size_t *size, struct mst_config_errors *errors)
{
	FILE *f = fopen(file, "re");
	char *buffer = NULL;
	size_t n = 0;

	if (f == NULL) {
		config_report(errors, file, 0, NULL, "cannot be read: %s", strerror(errno));
		return -MST_E_FILE;
	}
	buffer = malloc(MST_CONFIG_FILE_MAX + 1);
	if (buffer != NULL)
		n = fread(buffer, 1, MST_CONFIG_FILE_MAX + 1, f);
	if (buffer == NULL || ferror(f) || n > MST_CONFIG_FILE_MAX) {
		config_report(errors, file, 0, NULL, "%s",
			buffer == NULL ? "out of memory"
			: ferror(f)    ? "cannot be read"
				       : "is longer than 1 MiB, so no configuration");
		free(buffer);
		fclose(f);
		return buffer == NULL ? -MST_E_NO_MEMORY : -MST_E_FILE;
	}
	fclose(f);
	*text = buffer;
	*size = n;
	return 0;
}

int
mst_config_load(const struct mst_config_schema *schema, const char *file,
	const char *const *overrides, size_t override_count, void *result,
	struct mst_config_errors *errors)
{
	char *text = NULL;
	size_t size = 0;
	int err = 0;

	errors->file = file;
	if (file != NULL)
		err = read_file(file, &text, &size, errors);
	if (err == 0)
		err = mst_config_parse(schema, file != NULL ? file : "defaults", text, size,
			overrides, override_count, result, errors);
	free(text);
	return err;
}
