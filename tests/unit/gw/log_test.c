/* SPDX-License-Identifier: BSD-3-Clause */
/* The log: JSON parses whatever a message holds; of a flood some lines are written, all are
 * counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define FLOOD 5000

static char path[] = "/tmp/muster-log.XXXXXX";

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	return 0;
}

static void
test_json(void **state)
{
	json_t *row;
	FILE *f;

	(void)state;
	assert_int_equal(gw_log_open(GW_LOG_INFO, GW_LOG_JSON, 0, path), 0);
	gw_log(GW_LOG_WARNING, "a \"quoted\" \\ %s", "line\nbreak \xff");
	gw_log(GW_LOG_DEBUG, "not important enough");
	gw_log_close();
	f = fopen(path, "r");
	assert_non_null(f);
	row = json_loadf(f, 0, NULL); /* the whole file is one object */
	fclose(f);
	assert_non_null(row);
	assert_string_equal(json_string_value(json_object_get(row, "level")), "warning");
	assert_string_equal(
		json_string_value(json_object_get(row, "message")), "a \"quoted\" \\ line?break ?");
	json_decref(row);
}

static void
test_flood(void **state)
{
	unsigned written = 0, suppressed = 0, others = 0, n;
	char line[1024], *at;
	FILE *f;

	(void)state;
	assert_int_equal(gw_log_open(GW_LOG_INFO, GW_LOG_TEXT, 2, path), 0);
	for (unsigned i = 0; i < FLOOD; i++)
		gw_log(GW_LOG_ERROR, "flood %u", i);
	gw_log(GW_LOG_ERROR, "another");
	gw_log_close();
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		at = strstr(line, "suppressed ");
		if (at != NULL && sscanf(at, "suppressed %u messages like: flood", &n) == 1)
			suppressed += n;
		else if (strstr(line, "error: flood ") != NULL)
			written++;
		else if (strstr(line, "error: another") != NULL)
			others++;
	}
	fclose(f);
	assert_int_equal(others, 1);
	assert_in_range(written, 2, FLOOD - 1);
	assert_int_equal(written + suppressed, FLOOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flood, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
