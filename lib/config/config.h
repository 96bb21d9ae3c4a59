/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration in YAML by a schema. One table names every key with its type, range, default, place
 * in the result and help; it drives the parser, the checks, the defaults, the dump and the
 * reference.
 *
 *	struct settings { uint64_t workers; char *name; };
 *	static const struct mst_config_item items[] = {
 *		{.key = "workers", .type = MST_CONFIG_UINT, .min = 1, .max = 64, .preset = "1",
 *		 .offset = offsetof(struct settings, workers), .help = "worker threads"},
 *		{.key = "host.name", .type = MST_CONFIG_STRING, .max = 60, .required = true,
 *		 .offset = offsetof(struct settings, name), .help = "name of this host"},
 *	};
 *	static const struct mst_config_schema schema = {items, 2, sizeof(struct settings)};
 *	if (mst_config_load(&schema, "x.yaml", NULL, 0, &settings, &errors) != 0)
 *		mst_config_errors_print(&errors, stderr);
 *	mst_config_free(&schema, &settings);
 *
 * The file is one YAML document (YAML 1.1, UTF-8): a mapping, with mappings below it where a key
 *has dots. Aliases, tags, merge keys and further documents are refused. Every scalar is taken as
 *its text, so quotes never change the meaning. Limits: MST_CONFIG_FILE_MAX octets,
 *MST_CONFIG_LIST_MAX elements of a list. Context: any thread, one call at a time on one result;
 *blocks on files, allocates.
 */
#ifndef MST_CONFIG_CONFIG_H
#define MST_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MST_CONFIG_FILE_MAX   (1u << 20)
#define MST_CONFIG_LIST_MAX   1024
#define MST_CONFIG_ERRORS_MAX 20

/** Type of a value, how it is written, and the C type at its offset. */
enum mst_config_type {
	MST_CONFIG_BOOL,     /* true or false; bool */
	MST_CONFIG_UINT,     /* decimal; uint64_t */
	MST_CONFIG_SIZE,     /* octets, suffix k, M or G (powers of 1024); uint64_t */
	MST_CONFIG_DURATION, /* number with suffix ms, s, m, h or d; uint64_t milliseconds */
	MST_CONFIG_ENUM,     /* one of `names`; unsigned, its index */
	MST_CONFIG_STRING,   /* at most `max` octets of printable ASCII, at least `min`; char * */
	MST_CONFIG_PATH,     /* file name; char * */
	MST_CONFIG_IPV4,     /* a.b.c.d[/prefix]; struct mst_config_ipv4 */
	MST_CONFIG_IPV6,     /* RFC 4291 text[/prefix]; struct mst_config_ipv6 */
	MST_CONFIG_MAC,      /* aa:bb:cc:dd:ee:ff; struct mst_config_mac */
	MST_CONFIG_HEX,      /* 2 * `max` hexadecimal digits; uint8_t[max] */
	MST_CONFIG_MAP,      /* only as the element of a list: a mapping by `map` */
};

struct mst_config_ipv4 {
	uint8_t address[4];
	uint8_t prefix; /* 32 where none is written */
	bool set;
};

struct mst_config_ipv6 {
	uint8_t address[16];
	uint8_t prefix; /* 128 where none is written */
	bool set;
};

struct mst_config_mac {
	uint8_t octets[6];
	bool set;
};

/** A list: `count` elements of the C type of the key's type, on the heap. */
struct mst_config_list {
	void *items;
	size_t count;
};

struct mst_config_schema;

struct mst_config_item {
	const char *key; /* path with dots, unique */
	enum mst_config_type type;
	bool list;         /* a YAML sequence; at the offset is a struct mst_config_list */
	bool required;     /* no default; for a list: at least one element */
	uint64_t min, max; /* value, milliseconds, length or octets; max 0: the type's own limit */
	const char *const *names; /* MST_CONFIG_ENUM: NULL-terminated */
	const char *preset;       /* the default as it would be written; NULL: unset, zero */
	const char *preset_text;  /* how the reference describes a default that is not fixed */
	const struct mst_config_schema *map; /* MST_CONFIG_MAP: schema of an element */
	size_t offset;
	const char *help; /* one line */
};

struct mst_config_schema {
	const struct mst_config_item *items;
	size_t count;
	size_t size; /* of the result */
};

/** What is wrong, one line each: "FILE:LINE: key 'a.b': message". All zero before the first use. */
struct mst_config_errors {
	const char *file; /* set by mst_config_load(): its argument */
	unsigned count;   /* of lines; further errors are not kept */
	char line[MST_CONFIG_ERRORS_MAX][560];
};

/**
 * Reads `file` (NULL: none, defaults only), then applies the overrides, each "key=value"; a list is
 * overridden by "key=a,b,c" and cannot hold mappings.
 * Returns 0, -MST_E_CONFIG or -MST_E_FILE with at least one line in `errors`, or -MST_E_NO_MEMORY.
 * `result` (schema->size octets) is written on success alone, and then owned strings and lists.
 */
int mst_config_load(const struct mst_config_schema *schema, const char *file,
	const char *const *overrides, size_t override_count, void *result,
	struct mst_config_errors *errors);
/** As mst_config_load() on text in memory; `name` stands for the file in messages. */
int mst_config_parse(const struct mst_config_schema *schema, const char *name, const char *text,
	size_t size, const char *const *overrides, size_t override_count, void *result,
	struct mst_config_errors *errors);
/** Frees what a result owns and zeroes it. An all-zero result is allowed. */
void mst_config_free(const struct mst_config_schema *schema, void *result);

/** Adds a line for a check that spans keys; `key` may be NULL. */
void mst_config_errors_add(struct mst_config_errors *errors, const char *key, const char *format,
	...) __attribute__((format(printf, 3, 4)));
void mst_config_errors_print(const struct mst_config_errors *errors, FILE *out);

/** Writes the effective configuration as YAML that mst_config_load() reads back to the same. */
void mst_config_dump(const struct mst_config_schema *schema, const void *result, FILE *out);
/** Writes the reference: every key with type, range, default and help, one block each. */
void mst_config_help(const struct mst_config_schema *schema, FILE *out);

#endif
