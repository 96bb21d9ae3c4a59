/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration files, by the gateway's schema. The first octet tells how many lines at the start
 * of the input are overrides; the rest is the file. What is taken is written and read back to the
 * same; what is refused says why and leaves the result alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "config.h"
#include "fuzz.h"

#define OVERRIDES_MAX 4

static char *
dump(const struct mst_gw_config *config, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	REQUIRE(out != NULL);
	mst_config_dump(&gw_config_schema, config, out);
	REQUIRE(fclose(out) == 0);
	return text;
}

static void
read_back(const struct mst_gw_config *config)
{
	static struct mst_config_errors errors;
	struct mst_gw_config again;
	size_t first_size, second_size;
	char *first = dump(config, &first_size), *second;

	errors = (struct mst_config_errors){0};
	REQUIRE(mst_config_parse(&gw_config_schema, "dump", first, first_size, NULL, 0, &again,
			&errors) == 0);
	second = dump(&again, &second_size);
	REQUIRE(first_size == second_size && memcmp(first, second, first_size) == 0);
	mst_config_free(&gw_config_schema, &again);
	free(first);
	free(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mst_config_errors errors;
	struct mst_gw_config config, untouched;
	const char *overrides[OVERRIDES_MAX];
	char *copy, *text;
	unsigned count = 0;
	int err;

	if (size == 0)
		return 0;
	text = copy = malloc(size); /* a terminator in the place of the first octet */
	REQUIRE(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	while (count < data[0] % (OVERRIDES_MAX + 1U)) {
		char *end = memchr(text, '\n', size - 1 - (size_t)(text - copy));

		if (end == NULL)
			break;
		*end = '\0';
		overrides[count++] = text;
		text = end + 1;
	}
	memset(&config, 0xa5, sizeof(config));
	untouched = config;
	errors = (struct mst_config_errors){0};
	err = mst_config_parse(&gw_config_schema, "file", text, size - 1 - (size_t)(text - copy),
		overrides, count, &config, &errors);
	if (err == 0) {
		read_back(&config);
		mst_config_free(&gw_config_schema, &config);
	} else {
		REQUIRE(err == -MST_E_CONFIG || err == -MST_E_FILE);
		REQUIRE(errors.count > 0 && errors.line[0][0] != '\0');
		REQUIRE(memcmp(&config, &untouched, sizeof(config)) == 0);
	}
	free(copy);
	return 0;
}
