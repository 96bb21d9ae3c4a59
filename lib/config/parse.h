/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the text of a configuration. Private to this unit. Context: any thread. */
#ifndef MST_CONFIG_PARSE_H
#define MST_CONFIG_PARSE_H

#include "config/config.h"

/**
 * Reads YAML into the zeroed `result` and sets given[i] where item i occurs. Defaults are left out
 * at the top and filled in inside lists. What was read before an error stays, to be freed. Returns
 * 0, -MST_E_CONFIG with further lines in `errors`, or -MST_E_NO_MEMORY.
 */
int config_parse(const struct mst_config_schema *schema, const char *name, const char *text,
	size_t size, void *result, bool *given, struct mst_config_errors *errors);

/**
 * Gives the items that were not given their defaults, and reports those that have none but need
 * one; `path` stands in front of their keys, `line` (0: none) is where they are missing. Returns as
 * config_parse().
 */
int config_complete(const struct mst_config_schema *schema, const char *name, size_t line,
	const char *path, void *result, const bool *given, struct mst_config_errors *errors);

/** Adds a line; name and key may be NULL, line 0. */
void config_report(struct mst_config_errors *errors, const char *name, size_t line, const char *key,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
