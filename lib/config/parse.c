/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/parse.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/err.h"
#include "config/value.h"

#define PATH_TEXT_MAX 128 /* octets of a key with dots and indices */

struct parser {
	yaml_parser_t yaml;
	yaml_event_t event; /* the present one */
	const char *name;
	struct mst_config_errors *errors;
	int err; /* 0 or -MST_E_NO_MEMORY; errors of the text go to `errors` */
	bool stop;
};

/** A mapping that is being read into `result`. */
struct target {
	const struct mst_config_schema *schema;
	const char *path; /* in front of the schema's keys in messages */
	uint8_t *result;
	bool *given; /* by item */
};

#define report(p, line, key, ...) config_report((p)->errors, (p)->name, line, key, __VA_ARGS__)

static size_t
line_of(const struct parser *p)
{
	return p->event.start_mark.line + 1;
}

/** Moves to the next event; false at a syntax error, which ends the parse. */
static bool
next(struct parser *p)
{
	yaml_event_delete(&p->event);
	if (!p->stop && yaml_parser_parse(&p->yaml, &p->event))
		return true;
	if (!p->stop && p->yaml.error == YAML_MEMORY_ERROR)
		p->err = -MST_E_NO_MEMORY;
	else if (!p->stop)
		report(p, p->yaml.problem_mark.line + 1, NULL, "not YAML: %s",
			p->yaml.problem != NULL ? p->yaml.problem : "unreadable");
	memset(&p->event, 0, sizeof(p->event));
	p->stop = true;
	return false;
}

/** Passes over the node that begins with the present event. */
static void
skip_node(struct parser *p)
{
	unsigned depth = 0;

	for (;;) {
		yaml_event_type_t type = p->event.type;

		if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
			depth--;
		if (depth == 0 || !next(p))
			return;
	}
}

/** The present scalar as text, or NULL after reporting. */
static const char *
scalar_text(struct parser *p, const char *key)
{
	const char *text = (const char *)p->event.data.scalar.value;

	if (p->event.data.scalar.anchor != NULL || p->event.data.scalar.tag != NULL)
		report(p, line_of(p), key, "anchors and tags are not allowed");
	else if (memchr(text, '\0', p->event.data.scalar.length) != NULL)
		report(p, line_of(p), key, "contains a NUL character");
	else
		return text;
	return NULL;
}

/** Whether the present event begins a collection of the given type; reports otherwise. */
static bool
begins(struct parser *p, yaml_event_type_t type, const char *key, const char *what)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (p->event.type == YAML_ALIAS_EVENT) {
		report(p, line_of(p), key, "aliases are not allowed");
		return false;
	}
	if (p->event.type != type) {
		report(p, line_of(p), key, "needs %s", what);
		return false;
	}
	if (type == YAML_MAPPING_START_EVENT) {
		anchor = p->event.data.mapping_start.anchor;
		tag = p->event.data.mapping_start.tag;
	} else if (type == YAML_SEQUENCE_START_EVENT) {
		anchor = p->event.data.sequence_start.anchor;
		tag = p->event.data.sequence_start.tag;
	}
	if (anchor == NULL && tag == NULL)
		return true;
	report(p, line_of(p), key, "anchors and tags are not allowed");
	return false;
}

static void
value_error(struct parser *p, size_t line, const char *key, int err, const char *why)
{
	if (err == -MST_E_NO_MEMORY)
		p->err = err;
	else
		report(p, line, key, "%s", why);
}

/** Reads the present scalar as a value of the item. */
static bool
read_scalar(struct parser *p, const struct mst_config_item *item, void *at, const char *key)
{
	char why[CONFIG_WHY_MAX], allowed[CONFIG_ALLOWED_MAX];
	const char *text;
	int err;

	config_value_describe(item, allowed);
	if (!begins(p, YAML_SCALAR_EVENT, key, allowed)) {
		skip_node(p);
		return false;
	}
	text = scalar_text(p, key);
	if (text == NULL)
		return false;
	err = config_value_read(item, text, at, why);
	if (err != 0)
		value_error(p, line_of(p), key, err, why);
	return err == 0;
}

/** Makes room for one more element, zeroed, and returns it; NULL after an error. */
static void *
list_append(
	struct parser *p, size_t line, const char *key, struct mst_config_list *list, size_t size)
{
	uint8_t *items;

	if (list->count == MST_CONFIG_LIST_MAX) {
		report(p, line, key, "has more than %d elements", MST_CONFIG_LIST_MAX);
		return NULL;
	}
	items = realloc(list->items, (list->count + 1) * size);
	if (items == NULL) {
		p->err = -MST_E_NO_MEMORY;
		return NULL;
	}
	list->items = items;
	return memset(items + size * list->count++, 0, size);
}

/* Recursion ends with the schema, whatever the text is: unknown keys are passed over. */
/* NOLINTBEGIN(misc-no-recursion) */
static void read_element(struct parser *p, const struct mst_config_schema *schema, const char *path,
	uint8_t *result);

static void
read_list(struct parser *p, const struct mst_config_item *item, struct mst_config_list *list,
	const char *key)
{
	char element[PATH_TEXT_MAX];

	if (!begins(p, YAML_SEQUENCE_START_EVENT, key, "a list, [a, b] or lines with '- '")) {
		skip_node(p);
		return;
	}
	while (next(p) && p->event.type != YAML_SEQUENCE_END_EVENT) {
		void *at = list_append(p, line_of(p), key, list, config_value_size(item));

		if (at == NULL) {
			p->stop = true;
			return;
		}
		snprintf(element, sizeof(element), "%.100s[%zu]", key, list->count - 1);
		if (item->type != MST_CONFIG_MAP)
			read_scalar(p, item, at, element);
		else if (begins(p, YAML_MAPPING_START_EVENT, element, "a mapping"))
			read_element(p, item->map, element, at);
		else
			skip_node(p);
	}
	if (item->required && list->count == 0)
		report(p, line_of(p), key, "needs at least one element");
}

/** Index of the first item whose key is `key`, or begins with `key` and a dot; count if none. */
static size_t
find(const struct mst_config_schema *schema, const char *key, bool *section)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < schema->count; i++) {
		const char *k = schema->items[i].key;

		if (strncmp(k, key, n) != 0)
			continue;
		*section = k[n] == '.';
		if (k[n] == '\0' || *section)
			return i;
	}
	return schema->count;
}

/** Names the keys that may stand where an unknown one does. */
static void
report_unknown(struct parser *p, const struct target *t, const char *prefix, const char *shown)
{
	char names[CONFIG_ALLOWED_MAX] = "";
	size_t n = 0, length = strlen(prefix), last = 0;
	const char *before = "";

	for (size_t i = 0; i < t->schema->count; i++) {
		const char *k = t->schema->items[i].key;
		size_t part;

		if (strncmp(k, prefix, length) != 0 || (length > 0 && k[length] != '.'))
			continue;
		k += length > 0 ? length + 1 : 0;
		part = strcspn(k, ".");
		if (part == last && strncmp(k, before, part) == 0)
			continue; /* another key of the same section */
		before = k;
		last = part;
		if (n + part + 3 < sizeof(names))
			n += (size_t)sprintf(names + n, "%s%.*s", n > 0 ? ", " : "", (int)part, k);
	}
	report(p, line_of(p), shown, "is unknown (here: %s)", names);
}

static void read_section(struct parser *p, const struct target *t, const char *prefix);

/** Reads the value of a known key; the present event is the one before it. */
static void
read_known(struct parser *p, const struct target *t, size_t index, bool section, const char *key,
	const char *shown)
{
	const struct mst_config_item *item = &t->schema->items[index];

	if (!next(p))
		return;
	if (section) {
		if (begins(p, YAML_MAPPING_START_EVENT, shown, "keys below it"))
			read_section(p, t, key);
		else
			skip_node(p);
		return;
	}
	t->given[index] = true;
	if (item->list)
		read_list(p, item, (struct mst_config_list *)(t->result + item->offset), shown);
	else
		read_scalar(p, item, t->result + item->offset, shown);
}

/** Reads the pairs of a mapping, whose start is the present event, up to its end. */
static void
read_section(struct parser *p, const struct target *t, const char *prefix)
{
	bool *seen = calloc(t->schema->count + 1, sizeof(*seen));

	if (seen == NULL) {
		p->err = -MST_E_NO_MEMORY;
		p->stop = true;
		return;
	}
	while (next(p) && p->event.type != YAML_MAPPING_END_EVENT) {
		char key[PATH_TEXT_MAX], shown[PATH_TEXT_MAX];
		const char *text;
		bool section = false;
		size_t i;

		if (p->event.type != YAML_SCALAR_EVENT ||
			(text = scalar_text(p, t->path)) == NULL) {
			report(p, line_of(p), t->path[0] != '\0' ? t->path : NULL,
				"a key must be plain text");
			skip_node(p);
			if (next(p))
				skip_node(p);
			continue;
		}
		snprintf(key, sizeof(key), "%s%s%.60s", prefix, prefix[0] != '\0' ? "." : "", text);
		snprintf(shown, sizeof(shown), "%s%s%.100s", t->path, t->path[0] != '\0' ? "." : "",
			key);
		i = strchr(text, '.') != NULL ? t->schema->count : find(t->schema, key, &section);
		if (i == t->schema->count)
			report_unknown(p, t, prefix, shown);
		else if (seen[i])
			report(p, line_of(p), shown, "is given twice");
		if (i < t->schema->count && !seen[i]) {
			seen[i] = true;
			read_known(p, t, i, section, key, shown);
		} else if (next(p)) {
			skip_node(p);
		}
	}
	free(seen);
}

/** Reads a mapping that is an element of a list; the present event is its start. */
static void
read_element(
	struct parser *p, const struct mst_config_schema *schema, const char *path, uint8_t *result)
{
	struct target t = {.schema = schema, .path = path, .result = result};
	size_t line = line_of(p);

	t.given = calloc(schema->count + 1, sizeof(*t.given));
	if (t.given == NULL) {
		p->err = -MST_E_NO_MEMORY;
		p->stop = true;
		return;
	}
	read_section(p, &t, "");
	if (!p->stop && p->err == 0)
		p->err = config_complete(schema, p->name, line, path, result, t.given, p->errors);
	if (p->err == -MST_E_CONFIG)
		p->err = 0; /* reported */
	free(t.given);
}

/* NOLINTEND(misc-no-recursion) */

/** Reads the only document of the stream. */
static void
read_document(struct parser *p, const struct target *t)
{
	next(p); /* the stream's start */
	if (!next(p) || p->event.type == YAML_STREAM_END_EVENT)
		return;
	if (!next(p))
		return;
	if (begins(p, YAML_MAPPING_START_EVENT, NULL, "keys and values, 'key: value'"))
		read_section(p, t, "");
	else
		p->stop = true;
	next(p); /* the document's end */
	if (next(p) && p->event.type != YAML_STREAM_END_EVENT)
		report(p, line_of(p), NULL, "only one document is allowed in a file");
}

int
config_parse(const struct mst_config_schema *schema, const char *name, const char *text,
	/* NOLINTNEXTLINE(readability-non-const-parameter): written through the target */
	size_t size, void *result, bool *given, struct mst_config_errors *errors)
{
	struct parser p = {.name = name, .errors = errors};
	struct target t = {.schema = schema, .path = "", .result = result};
	unsigned before = errors->count;

	t.given = given;
	if (!yaml_parser_initialize(&p.yaml))
		return -MST_E_NO_MEMORY;
	yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, size);
	read_document(&p, &t);
	yaml_event_delete(&p.event);
	yaml_parser_delete(&p.yaml);
	if (p.err != 0)
		return p.err;
	if (p.stop)
		return -MST_E_FILE;
	return errors->count > before ? -MST_E_CONFIG : 0;
}
