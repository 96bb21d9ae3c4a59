/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedules against the distributions that their models name: Kolmogorov-Smirnov with fixed seeds.
 * The critical value is that of one chance in a thousand, 1.95 / sqrt(n); the densities are
 * integrated here from their definitions, not taken from the unit under test.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arrival.h"
#include "base/err.h"

#define METERS 20000

static uint64_t due[METERS];

static void
plan(const char *text, uint64_t seed)
{
	struct arrival model;
	struct arrival_plan p;

	assert_int_equal(arrival_parse(&model, text), 0);
	arrival_plan_init(&p, &model, METERS, seed);
	for (unsigned i = 0; i < METERS; i++) {
		due[i] = arrival_plan_next(&p);
		assert_true(i == 0 || due[i] >= due[i - 1]);
	}
}

/** The largest distance between the share of `n` ordered values and a distribution. */
static double
distance(const double *value, unsigned n, double (*cdf)(double x))
{
	double worst = 0;

	for (unsigned i = 0; i < n; i++) {
		double p = cdf(value[i]);

		worst = fmax(worst, fmax(p - (double)i / n, (i + 1.0) / n - p));
	}
	return worst;
}

static void
check_fits(const double *value, unsigned n, double (*cdf)(double x))
{
	assert_true(distance(value, n, cdf) < 1.95 / sqrt(n));
}

static void
sort(double *value, unsigned n)
{
	for (unsigned gap = n / 2; gap > 0; gap /= 2)
		for (unsigned i = gap; i < n; i++) {
			double v = value[i];
			unsigned at = i;

			for (; at >= gap && value[at - gap] > v; at -= gap)
				value[at] = value[at - gap];
			value[at] = v;
		}
}

/** The integral of a density from 0 to x, by Simpson's rule over 400 steps. */
static double
integral(double (*density)(double x), double x)
{
	double h = x / 400, sum = density(0) + density(x);

	for (unsigned i = 1; i < 400; i++)
		sum += density(i * h) * (i % 2 == 1 ? 4 : 2);
	return sum * h / 3;
}

/** TR 37.868 6.1.1: t^(a-1) (T-t)^(b-1) / (T^(a+b-1) Beta(a, b)), a = 3, b = 4, T = 1. */
static double
beta_density(double x)
{
	return pow(x, 2) * pow(1 - x, 3) / (tgamma(3) * tgamma(4) / tgamma(7));
}

/** The chance that an interval, even between 2/3 and 1, is longer than x, over its mean 5/6. */
static double
outage_density(double x)
{
	return (x < 2.0 / 3 ? 1 : (1 - x) * 3) / (5.0 / 6);
}

static double
beta(double x)
{
	return integral(beta_density, x);
}

static double
outage(double x)
{
	return integral(outage_density, x);
}

static double
exponential(double x)
{
	return 1 - exp(-x);
}

static double
even(double x)
{
	return x;
}

static void
check_period(const char *text, double period_us, double (*cdf)(double x))
{
	static double share[METERS];

	for (uint64_t seed = 1; seed <= 5; seed++) {
		plan(text, seed);
		for (unsigned i = 0; i < METERS; i++)
			share[i] = (double)due[i] / period_us;
		assert_true(share[METERS - 1] <= 1);
		check_fits(share, METERS, cdf);
	}
}

static void
test_beta(void **state)
{
	(void)state;
	check_period("beta:10s", 10e6, beta);
}

static void
test_outage(void **state)
{
	(void)state;
	check_period("outage:2min", 120e6, outage);
}

/** A test that could not fail would be worth nothing: one model is not taken for another. */
static void
test_distinct(void **state)
{
	static double share[METERS];

	(void)state;
	plan("beta:10s", 1);
	for (unsigned i = 0; i < METERS; i++)
		share[i] = (double)due[i] / 10e6;
	assert_true(distance(share, METERS, outage) > 0.1);
	assert_true(distance(share, METERS, even) > 0.1);
}

static void
test_cdf(void **state)
{
	struct arrival b, o;

	(void)state;
	assert_int_equal(arrival_parse(&b, "beta:2s"), 0);
	assert_int_equal(arrival_parse(&o, "outage:2s"), 0);
	for (double t = -0.5; t < 2.5; t += 0.01) {
		double x = fmin(fmax(t / 2, 0), 1);

		assert_true(fabs(arrival_cdf(&b, t) - beta(x)) < 1e-6);
		assert_true(fabs(arrival_cdf(&o, t) - outage(x)) < 1e-4);
	}
}

/** Spacings are exponential, and the number in a second varies as much as it is large. */
static void
test_poisson(void **state)
{
	static double gap[METERS];

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		double in_100_ms[180] = {0}, mean = 100, variance = 0;

		plan("poisson:1000", seed);
		for (unsigned i = 0; i < METERS; i++) {
			gap[i] = (double)(due[i] - (i > 0 ? due[i - 1] : 0)) / 1000;
			if (due[i] < 18000000)
				in_100_ms[due[i] / 100000]++;
		}
		sort(gap, METERS);
		check_fits(gap, METERS, exponential);
		for (unsigned i = 0; i < 180; i++)
			variance += (in_100_ms[i] - mean) * (in_100_ms[i] - mean) / 180;
		/* Of 180 counts: within four standard errors, sqrt(2 / 179) of it each. */
		assert_true(fabs(variance / mean - 1) < 4 * sqrt(2.0 / 179));
	}
}

static void
test_constant(void **state)
{
	(void)state;
	plan("constant:8000", 1);
	for (unsigned i = 0; i < METERS; i++)
		assert_int_equal(due[i], i * 125);
	plan("constant:0.5", 1);
	assert_int_equal(due[3], 6000000);
}

/** Arrivals up to t are the area below the rate, within one. */
static void
check_ramp(const char *text, double from, double to, double period)
{
	plan(text, 1);
	for (unsigned i = 0; i < METERS; i++) {
		double t = (double)due[i] / 1e6, in = fmin(t, period);
		double area =
			from * in + (to - from) * in * in / (2 * period) + fmax(t - period, 0) * to;

		assert_true(fabs(area - i) < 0.5);
	}
}

static void
test_ramp(void **state)
{
	(void)state;
	check_ramp("ramp:0:2000:10s", 0, 2000, 10);
	check_ramp("ramp:500:5000:1min", 500, 5000, 60);
	check_ramp("ramp:5000:10:4s", 5000, 10, 4);
	check_ramp("ramp:100:100:500ms", 100, 100, 0.5);
}

static void
test_repeatable(void **state)
{
	static uint64_t before[METERS];

	(void)state;
	plan("beta:1s", 7);
	memcpy(before, due, sizeof(due));
	plan("beta:1s", 7);
	assert_memory_equal(before, due, sizeof(due));
	plan("beta:1s", 8);
	assert_memory_not_equal(before, due, sizeof(due));
}

/** One meter, and none after it. */
static void
test_one(void **state)
{
	static const char *const texts[] = {"beta:1s", "outage:1s", "poisson:10", "ramp:0:1:1s"};
	struct arrival_plan p;
	struct arrival model;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(arrival_parse(&model, texts[i]), 0);
		arrival_plan_init(&p, &model, 1, 3);
		assert_true(arrival_plan_next(&p) <= 1000000);
	}
}

static void
test_text(void **state)
{
	static const char *const good[] = {
		"constant:1000", "poisson:2.5", "ramp:0:50000:30s", "beta:10s", "outage:0.5s"};
	static const char *const bad[] = {"", "constant", "constant:", "constant:0", "constant:-1",
		"constant:1e9", "constant:5:5", "constant:nan", "closed:1", "poisson:x",
		"poisson:1s", "ramp:1:2", "ramp:1:0:5s", "ramp:1:2:3:4", "ramp:1:2:0", "beta:0",
		"beta:1h", "beta:3601", "beta:61min", "outage:inf", "gamma:1", "beta:1s:"};
	struct arrival model;
	char text[ARRIVAL_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(arrival_parse(&model, good[i]), 0);
		arrival_format(&model, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(arrival_parse(&model, bad[i]), -MST_E_ARGUMENT);
	assert_int_equal(arrival_parse(&model, "outage:1500ms"), 0);
	assert_true(fabs(model.period_s - 1.5) < 1e-9);
	arrival_format(&(struct arrival){.kind = ARRIVAL_CLOSED}, text);
	assert_string_equal(text, "closed");
}

static void
test_span(void **state)
{
	struct arrival model;

	(void)state;
	assert_int_equal(arrival_parse(&model, "ramp:0:100:2s"), 0);
	assert_true(fabs(arrival_span_s(&model, 200) - 3) < 1e-9);
	assert_int_equal(arrival_parse(&model, "constant:50"), 0);
	assert_true(fabs(arrival_span_s(&model, 200) - 4) < 1e-9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beta),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_cdf),
		cmocka_unit_test(test_poisson),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_ramp),
		cmocka_unit_test(test_repeatable),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
