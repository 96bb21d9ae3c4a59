/* SPDX-License-Identifier: BSD-3-Clause */
/* Values as text and in memory, by their schema item. Private to this unit. Context: any thread. */
#ifndef MST_CONFIG_VALUE_H
#define MST_CONFIG_VALUE_H

#include "config/config.h"

#define CONFIG_TEXT_MAX    8448 /* octets of a value as text: a quoted path */
#define CONFIG_ALLOWED_MAX 192  /* of a description of what is allowed */
#define CONFIG_WHY_MAX     (CONFIG_ALLOWED_MAX + 96)

/** Octets of one value of the item (of one element where it is a list). */
size_t config_value_size(const struct mst_config_item *item);
/**
 * Reads one value. Returns 0; -MST_E_CONFIG with the reason in `why` (CONFIG_WHY_MAX octets), `at`
 * untouched; or -MST_E_NO_MEMORY. A string at `at` must have been freed before.
 */
int config_value_read(const struct mst_config_item *item, const char *text, void *at, char *why);
/** Writes one value so that config_value_read() reads the same; CONFIG_TEXT_MAX octets. False:
 * unset, nothing to write. */
bool config_value_write(const struct mst_config_item *item, const void *at, char *text);
/** Frees what one value owns. */
void config_value_free(const struct mst_config_item *item, void *at);
/** What is allowed, for people: "number, 1..64". CONFIG_ALLOWED_MAX octets. */
void config_value_describe(const struct mst_config_item *item, char *text);

#endif
