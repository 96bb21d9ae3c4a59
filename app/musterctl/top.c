/* SPDX-License-Identifier: BSD-3-Clause */
#include "top.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/ctl.h"

#define EXIT_GATEWAY 1
#define EXIT_USAGE   2
#define BAR          30 /* columns of a full bar */

/** What the gateway said at one moment. */
struct sample {
	double at; /* seconds, monotonic */
	json_t *status, *stats;
	json_t *replica; /* NULL: no Redis */
};

static int
keep_row(void *user, json_t *row)
{
	json_t **kept = user;

	json_decref(*kept);
	*kept = json_incref(row);
	return 0;
}

static void
sample_free(struct sample *s)
{
	json_decref(s->status);
	json_decref(s->stats);
	json_decref(s->replica);
	*s = (struct sample){0};
}

/** Returns 0, or an exit code after saying why. */
static int
sample_take(struct mst_ctl_client *client, struct sample *s)
{
	char error[MST_CTL_ERROR_SIZE] = "no answer";
	struct timespec now;
	int err;

	*s = (struct sample){0};
	err = mst_ctl_client_call(client, "status", NULL, keep_row, &s->status, error);
	if (err == 0)
		err = mst_ctl_client_call(client, "stats", NULL, keep_row, &s->stats, error);
	clock_gettime(CLOCK_MONOTONIC, &now);
	s->at = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	/* A gateway without Redis refuses this one, which is no error here. */
	if (err == 0 && mst_ctl_client_call(
				client, "replica status", NULL, keep_row, &s->replica, error) < 0)
		err = -MST_E_SYSTEM;
	if (err == 0 && s->status != NULL && s->stats != NULL)
		return 0;
	fprintf(stderr, "musterctl: %s\n", error);
	sample_free(s);
	return err > 0 ? EXIT_GATEWAY : EXIT_USAGE;
}

static double
number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

/** Rates of all members of an object of counters; those that stand still are left out. */
static json_t *
rates(const json_t *before, const json_t *after, double seconds)
{
	json_t *row = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)after, name, value)
	{
		double change = json_number_value(value) - number(before, name);

		if (change > 0)
			json_object_set_new(row, name, json_real(change / seconds));
	}
	return row;
}

static json_t *
busy_shares(const json_t *before, const json_t *after)
{
	json_t *rows = json_array(), *now;
	size_t i;

	json_array_foreach((json_t *)after, i, now)
	{
		const json_t *was = json_array_get(before, i);
		double cycles = number(now, "cycles") - number(was, "cycles");
		double busy = number(now, "busy_cycles") - number(was, "busy_cycles");

		json_array_append_new(rows, json_real(cycles > 0 ? busy / cycles : 0));
	}
	return rows;
}

/** One frame, as --json has it. */
static json_t *
make_frame(const struct sample *was, const struct sample *now)
{
	double seconds = now->at - was->at;
	json_t *frame = json_object(), *redis;

	static const char *const live[] = {"uptime_s", "subscribers", "sessions", "groups",
		"memberships", "link", "port", NULL};
	static const char *const lag[] = {"up", "lag_us", "waiting", "in_flight", "parked", NULL};

	for (unsigned i = 0; live[i] != NULL; i++)
		json_object_set(frame, live[i], json_object_get(now->status, live[i]));
	json_object_set_new(frame, "seconds", json_real(seconds));
	json_object_set_new(frame, "busy",
		busy_shares(json_object_get(was->stats, "workers"),
			json_object_get(now->stats, "workers")));
	json_object_set_new(frame, "rates",
		rates(json_object_get(was->stats, "outcomes"),
			json_object_get(now->stats, "outcomes"), seconds));
	json_object_set_new(frame, "drops",
		rates(json_object_get(was->stats, "drops"), json_object_get(now->stats, "drops"),
			seconds));
	if (now->replica == NULL)
		return frame;
	redis = json_object();
	for (unsigned i = 0; lag[i] != NULL; i++)
		json_object_set(redis, lag[i], json_object_get(now->replica, lag[i]));
	json_object_set_new(frame, "redis", redis);
	return frame;
}

static void
write_rates(FILE *to, const char *title, const json_t *row)
{
	const char *name;
	json_t *value;

	fprintf(to, "\n%s\n", title);
	if (json_object_size(row) == 0)
		fputs("  none\n", to);
	json_object_foreach((json_t *)row, name, value)
		fprintf(to, "  %-22s %14.1f\n", name, json_number_value(value));
}

/** The frame as lines for people. */
static void
write_frame(FILE *to, const json_t *frame)
{
	const json_t *redis = json_object_get(frame, "redis");
	json_t *busy;
	size_t i;

	fprintf(to, "muster  %s  link %s  up %.0f s\n",
		json_string_value(json_object_get(frame, "port")),
		json_is_true(json_object_get(frame, "link")) ? "up" : "down",
		number(frame, "uptime_s"));
	fprintf(to, "%.0f subscribers, %.0f sessions, %.0f groups, %.0f memberships\n",
		number(frame, "subscribers"), number(frame, "sessions"), number(frame, "groups"),
		number(frame, "memberships"));
	if (redis != NULL)
		fprintf(to, "redis %s, lag %.3f ms, %.0f waiting, %.0f in flight, %.0f parked\n",
			json_is_true(json_object_get(redis, "up")) ? "up" : "DOWN",
			number(redis, "lag_us") / 1000, number(redis, "waiting"),
			number(redis, "in_flight"), number(redis, "parked"));
	fputs("\nbusy\n", to);
	json_array_foreach(json_object_get(frame, "busy"), i, busy)
	{
		double share = json_number_value(busy);
		int length = share >= 1 ? BAR : (int)(share * BAR);

		fprintf(to, "  worker %-3zu %6.1f %%  [%.*s%*s]\n", i, share * 100, length,
			"##############################", BAR - length, "");
	}
	write_rates(to, "per second", json_object_get(frame, "rates"));
	write_rates(to, "drops per second", json_object_get(frame, "drops"));
}

/** Lines in the place of those before, cut to the terminal's size as it is now. */
static void
draw(const char *text)
{
	struct winsize size = {0};
	unsigned row = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	fputs("\033[H", stdout);
	for (; *text != '\0' && row < size.ws_row; row++) {
		int length = (int)strcspn(text, "\n");

		printf("%s\033[K%.*s", row > 0 ? "\r\n" : "",
			length < size.ws_col ? length : size.ws_col, text);
		text += length + (text[length] == '\n');
	}
	fputs("\033[J", stdout);
}

/** Returns 0 or an exit code. */
static int
show(const json_t *frame, bool json, bool in_place)
{
	char *text = NULL;
	size_t size;
	FILE *to;

	if (json) {
		json_dumpf(frame, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
		putchar('\n');
	} else if ((to = open_memstream(&text, &size)) != NULL) {
		write_frame(to, frame);
		fclose(to);
		if (in_place)
			draw(text);
		else
			fputs(text, stdout);
		free(text);
	}
	if (fflush(stdout) == 0)
		return 0;
	fputs("musterctl: cannot write\n", stderr);
	return EXIT_USAGE;
}

int
top_run(const char *socket, unsigned interval, bool once, bool json)
{
	const bool in_place = !once && !json && isatty(STDOUT_FILENO);
	char error[MST_CTL_ERROR_SIZE];
	struct mst_ctl_client *client;
	struct sample was, now;
	json_t *frame;
	int code;

	if (mst_ctl_client_open(&client, socket, error)) {
		fprintf(stderr, "musterctl: %s\n", error);
		return EXIT_USAGE;
	}
	if (in_place)
		fputs("\033[2J", stdout);
	code = sample_take(client, &was);
	while (code == 0) {
		sleep(interval);
		code = sample_take(client, &now);
		if (code)
			break;
		frame = make_frame(&was, &now);
		code = show(frame, json, in_place);
		json_decref(frame);
		sample_free(&was);
		was = now;
		if (once)
			break;
	}
	sample_free(&was);
	mst_ctl_client_close(client);
	return code;
}
