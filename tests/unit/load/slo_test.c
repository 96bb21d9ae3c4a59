/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "slo.h"

static void
good_terms(void **state)
{
	static const struct {
		const char *text;
		enum slo_kind kind;
		double percentile, limit;
	} rows[] = {
		{"p50<10ms", SLO_LATENCY, 50, 10000},
		{"p90<250us", SLO_LATENCY, 90, 250},
		{"p99<1.5s", SLO_LATENCY, 99, 1500000},
		{"p99.9<10ms", SLO_LATENCY, 99.9, 10000},
		{"max<2s", SLO_LATENCY, 100, 2000000},
		{"fail=0", SLO_FAILED, 0, 1},
		{"fail<10", SLO_FAILED, 0, 10},
		{"rate>100000", SLO_RATE, 0, 100000},
	};
	struct slo slo;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(slo_parse(&slo, rows[i].text), 0);
		assert_int_equal(slo.count, 1);
		assert_string_equal(slo.term[0].text, rows[i].text);
		assert_int_equal(slo.term[0].kind, rows[i].kind);
		assert_true(slo.term[0].percentile == rows[i].percentile);
		assert_true(slo.term[0].limit == rows[i].limit);
	}
	assert_int_equal(slo_parse(&slo, "p99<10ms,fail=0,rate>5"), 0);
	assert_int_equal(slo.count, 3);
	assert_string_equal(slo.term[2].text, "rate>5");
}

static void
bad_terms(void **state)
{
	static const char *const rows[] = {"", ",", "p99", "p99<", "p99<10", "p99<10m", "p99<10 ms",
		"p99<-1ms", "p99<nanms", "p99<infs", "p98<10ms", "p99>10ms", "p99<=10ms", "fail=1",
		"fail<", "fail<x", "fail<10ms", "rate<5", "rate>", "rate>5/s", "p99<10ms,",
		",fail=0", "p99<10ms;fail=0", "p99<00000000000000000001ms",
		"fail=0,fail=0,fail=0,fail=0,fail=0,fail=0,fail=0,fail=0,fail=0"};
	struct slo slo = {.count = 77};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (slo_parse(&slo, rows[i]) != -MST_E_ARGUMENT)
			fail_msg("'%s' is taken", rows[i]);
		assert_int_equal(slo.count, 77);
	}
}

static void
what_holds(void **state)
{
	static struct mst_hist latency, none;
	const struct slo_result result = {&latency, 3, 1000}, nobody = {&none, 0, 0};
	double measured;
	struct slo slo;

	(void)state;
	for (unsigned i = 1; i <= 100; i++)
		mst_hist_add(&latency, i);
	assert_int_equal(slo_parse(&slo, "p50<60us,p50<40us,max<101us,max<100us"), 0);
	assert_true(slo_holds(&slo.term[0], &result, &measured) && measured == 50);
	assert_false(slo_holds(&slo.term[1], &result, &measured));
	assert_true(slo_holds(&slo.term[2], &result, &measured) && measured == 100);
	assert_false(slo_holds(&slo.term[3], &result, &measured));
	assert_false(slo_holds(&slo.term[0], &nobody, &measured));
	assert_int_equal(slo_parse(&slo, "fail=0,fail<3,fail<4,rate>999,rate>1000"), 0);
	assert_false(slo_holds(&slo.term[0], &result, &measured));
	assert_false(slo_holds(&slo.term[1], &result, &measured));
	assert_true(slo_holds(&slo.term[2], &result, &measured) && measured == 3);
	assert_true(slo_holds(&slo.term[3], &result, &measured) && measured == 1000);
	assert_false(slo_holds(&slo.term[4], &result, &measured));
	assert_true(slo_holds(&slo.term[0], &nobody, &measured));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_terms),
		cmocka_unit_test(bad_terms),
		cmocka_unit_test(what_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
