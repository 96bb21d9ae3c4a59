/* SPDX-License-Identifier: BSD-3-Clause */
#include "print.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 128

/** The text of a scalar. */
static const char *
scalar(const json_t *value, char text[VALUE_MAX])
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string_value(value);
	case JSON_INTEGER:
		snprintf(text, VALUE_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return text;
	case JSON_REAL:
		snprintf(text, VALUE_MAX, "%.3f", json_real_value(value));
		return text;
	case JSON_TRUE:
		return "yes";
	case JSON_FALSE:
		return "no";
	default:
		return "-";
	}
}

/** Width of a column: what its kind of value needs. */
static int
width(const char *name)
{
	static const struct {
		const char *name;
		int width;
	} known[] = {{"gid", 16}, {"key_id", 8}, {"num", 4}, {"members", 9}, {"creator", 15},
		{"created", 20}, {"waiting", 7}, {"key_expires", 20}, {"imsi", 15}, {"imei", 16},
		{"since", 20}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].width;
	return (int)strlen(name);
}

static void
heading(const json_t *row)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)row, name, value) printf("%-*s  ", width(name), name);
	putchar('\n');
}

void
print_table(struct printer *printer, const json_t *row)
{
	char text[VALUE_MAX];
	const char *name;
	json_t *value;

	if (printer->rows++ == 0)
		heading(row);
	json_object_foreach((json_t *)row, name, value)
		printf("%-*s  ", width(name), scalar(value, text));
	putchar('\n');
}

static void
label(const char *name, int depth)
{
	printf("%*s", 2 * depth, "");
	for (const char *c = name; *c != '\0'; c++)
		putchar(*c == '_' ? ' ' : tolower((unsigned char)*c));
}

/** Whether there is anything to tell: counters that never counted are left out. */
static bool
empty(const json_t *value, int depth)
{
	const char *name;
	json_t *member;

	if (json_is_integer(value))
		return depth > 0 && json_integer_value(value) == 0;
	if (!json_is_object(value))
		return json_is_array(value) && json_array_size(value) == 0;
	json_object_foreach(
		(json_t *)value, name, member) if (!empty(member, depth + 1)) return false;
	return true;
}

static void tree(const json_t *object, int depth);

/** The items of an array in a line, or each as a tree. */
static void
items(const json_t *array, int depth)
{
	char text[VALUE_MAX];
	size_t index;
	json_t *item;

	json_array_foreach((json_t *)array, index, item)
	{
		if (json_is_object(item))
			tree(item, depth);
		else
			printf("%*s%s\n", 2 * depth, "", scalar(item, text));
	}
}

static void
branch(const char *name, const json_t *value, int depth)
{
	char text[VALUE_MAX];

	if (empty(value, depth))
		return;
	label(name, depth);
	if (json_is_object(value)) {
		putchar('\n');
		tree(value, depth + 1);
	} else if (json_is_array(value)) {
		putchar('\n');
		items(value, depth + 1);
	} else {
		int used = 2 * depth + (int)strlen(name);

		printf("%*s%s\n", used < 30 ? 30 - used : 1, "", scalar(value, text));
	}
}

static void
tree(const json_t *object, int depth)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) branch(name, value, depth);
}

void
print_tree(struct printer *printer, const json_t *row)
{
	printer->rows++;
	tree(row, 0);
}

void
print_csv(struct printer *printer, const json_t *row)
{
	char text[VALUE_MAX];
	const char *name, *separator = "";
	json_t *value;

	if (printer->rows++ == 0) {
		json_object_foreach((json_t *)row, name, value)
		{
			printf("%s%s", separator, name);
			separator = ",";
		}
		putchar('\n');
		separator = "";
	}
	json_object_foreach((json_t *)row, name, value)
	{
		printf("%s%s", separator, scalar(value, text));
		separator = ",";
	}
	putchar('\n');
}
