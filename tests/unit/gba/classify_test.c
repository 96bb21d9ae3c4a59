/* SPDX-License-Identifier: BSD-3-Clause */
/* Resources, methods and options of requests, unprotected and inside OSCORE. */
#include "help.h"

#include "gba/classify.h"

#define GID      0x0123456789abcdefu
#define GROUP    "ace-group/0123456789abcdef"
#define OK       0
#define PATH     (-MST_E_COAP_PATH)
#define METHOD   (-MST_E_COAP_METHOD)
#define CRITICAL (-MST_E_COAP_CRITICAL)
#define ACCEPT   (-MST_E_COAP_ACCEPT)
#define FORMAT   (-MST_E_COAP_FORMAT)
#define NONE     (-1)

/* A parsed request with these options; path "" has no segment. */
static void
make(struct mst_coap_options *opt, const char *path, int format, int accept, bool payload)
{
	static uint8_t octets[512];
	struct mst_coap_build b;
	int n;

	mst_coap_build_inner(&b, octets, sizeof(octets), MST_COAP_POST);
	if (*path != '\0')
		mst_coap_put_path(&b, MST_COAP_OPT_URI_PATH, path);
	if (format >= 0)
		mst_coap_put_uint(&b, MST_COAP_OPT_CONTENT_FORMAT, (uint32_t)format);
	if (accept >= 0)
		mst_coap_put_uint(&b, MST_COAP_OPT_ACCEPT, (uint32_t)accept);
	if (payload)
		mst_write_u8(mst_coap_put_payload(&b), 0xa0);
	n = mst_coap_build_fini(&b);
	assert_true(n > 0);
	assert_int_equal(mst_coap_parse_options(octets + 1, (size_t)n - 1, opt), 0);
}

static void
paths(void **state)
{
	static const struct {
		const char *path;
		enum mst_res res;
	} rows[] = {
		{"bsf", MST_RES_BSF},
		{"manage", MST_RES_MANAGE},
		{"session", MST_RES_SESSION},
		{GROUP, MST_RES_GROUP},
		{GROUP "/num", MST_RES_GROUP_NUM},
		{".well-known/core", MST_RES_WELL_KNOWN},
		{"", MST_RES_OTHER},
		{"bs", MST_RES_OTHER},
		{"bsff", MST_RES_OTHER},
		{"BSF", MST_RES_OTHER},
		{"bsf//", MST_RES_OTHER},
		{"manage/x", MST_RES_OTHER},
		{"ace-group", MST_RES_OTHER},
		{"ace-group/", MST_RES_OTHER},
		{"ace-group/0123456789abcde", MST_RES_OTHER},
		{"ace-group/0123456789abcdef0", MST_RES_OTHER},
		{"ace-group/0123456789ABCDEF", MST_RES_OTHER},
		{"ace-group/0123456789abcdeg", MST_RES_OTHER},
		{"ace-group/0123456789abcde`", MST_RES_OTHER},
		{"ace-group/:123456789abcdef", MST_RES_OTHER},
		{"ace-group/ 123456789abcdef", MST_RES_OTHER},
		{GROUP "/nodes", MST_RES_OTHER},
		{GROUP "/num/x", MST_RES_OTHER},
		{GROUP "/policies", MST_RES_GROUP_POLICIES},
		{GROUP "/pending", MST_RES_GROUP_PENDING},
		{GROUP "/rekey", MST_RES_GROUP_REKEY},
		{GROUP "/owners", MST_RES_GROUP_OWNERS},
		{GROUP "/nodes/001010000000001", MST_RES_GROUP_NODE},
		{GROUP "/nodes/00101", MST_RES_OTHER},
		{GROUP "/nodes/0010100000000011", MST_RES_OTHER},
		{GROUP "/nodes/00101000000000x", MST_RES_OTHER},
		{GROUP "/node/001010000000001", MST_RES_OTHER},
		{GROUP "/nodes/001010000000001/cred", MST_RES_OTHER},
		{GROUP "/creds", MST_RES_OTHER},
		{".well-known", MST_RES_OTHER},
		{".well-known/edhoc", MST_RES_OTHER},
		{"a/b/c/d/e/f", MST_RES_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mst_target t = {MST_RES_SESSION, 7, 7};
		struct mst_coap_options opt;
		bool group = rows[i].res >= MST_RES_GROUP && rows[i].res < MST_RES_SESSION;

		make(&opt, rows[i].path, NONE, NONE, false);
		assert_int_equal(
			mst_classify_path(&opt, &t), rows[i].res == MST_RES_OTHER ? PATH : 0);
		assert_int_equal(t.res, rows[i].res);
		assert_true(t.gid == (group ? GID : 0));
		assert_true((t.node != 0) == (rows[i].res == MST_RES_GROUP_NODE));
		assert_int_equal(mst_target_negotiates(&t), rows[i].res >= MST_RES_MANAGE);
	}
}

struct row {
	const char *path;
	uint8_t code;
	int format, accept;
	bool payload;
	int err;
};

static void
run(const struct row *rows, size_t count,
	int (*classify)(uint8_t, const struct mst_coap_options *, struct mst_target *))
{
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		struct mst_coap_options opt;
		struct mst_target t;
		int err;

		make(&opt, r->path, r->format, r->accept, r->payload);
		err = classify(r->code, &opt, &t);
		if (err != r->err)
			print_message("row %zu /%s: %s\n", i, r->path, mst_err_name(err));
		assert_int_equal(err, r->err);
	}
}

static void
unprotected_requests(void **state)
{
	static const struct row rows[] = {
		{"bsf", MST_COAP_POST, 60, NONE, true, OK},
		{"bsf", MST_COAP_POST, 60, 60, true, OK},
		{"bsf", MST_COAP_POST, 60, 261, true, ACCEPT},
		{"bsf", MST_COAP_POST, NONE, NONE, true, FORMAT},
		{"bsf", MST_COAP_POST, 261, NONE, true, FORMAT},
		{"bsf", MST_COAP_POST, NONE, NONE, false, FORMAT},
		{"bsf", MST_COAP_GET, 60, NONE, true, METHOD},
		{"bsf", MST_COAP_FETCH, 60, NONE, true, METHOD},
		{"manage", MST_COAP_POST, NONE, NONE, false, OK},
		{"manage", MST_COAP_POST, 60, NONE, true, OK},
		{"manage", MST_COAP_POST, 60, NONE, false, OK},
		{"manage", MST_COAP_POST, 261, NONE, true, FORMAT},
		{"manage", MST_COAP_POST, NONE, NONE, true, FORMAT},
		{"manage", MST_COAP_GET, NONE, 261, false, OK},
		{GROUP, MST_COAP_DELETE, NONE, NONE, false, OK},
		{GROUP "/num", MST_COAP_GET, NONE, NONE, false, OK},
		{"session", MST_COAP_PUT, NONE, NONE, false, OK},
		{".well-known/core", MST_COAP_GET, NONE, NONE, false, OK},
		{".well-known/core", MST_COAP_GET, NONE, 40, false, OK},
		{".well-known/core", MST_COAP_GET, NONE, 60, false, ACCEPT},
		{".well-known/core", MST_COAP_POST, NONE, NONE, false, METHOD},
		{"elsewhere", MST_COAP_GET, NONE, NONE, false, PATH},
		{"", MST_COAP_GET, NONE, NONE, false, PATH},
	};

	(void)state;
	run(rows, COUNT(rows), mst_classify_open);
}

static void
protected_requests(void **state)
{
	static const struct row rows[] = {
		{"manage", MST_COAP_POST, 261, NONE, true, OK},
		{"manage", MST_COAP_POST, 261, 261, true, OK},
		{"manage", MST_COAP_POST, 261, 60, true, ACCEPT},
		{"manage", MST_COAP_POST, 60, NONE, true, FORMAT},
		{"manage", MST_COAP_POST, NONE, NONE, true, FORMAT},
		{"manage", MST_COAP_GET, NONE, NONE, false, METHOD},
		{GROUP, MST_COAP_POST, 261, NONE, true, OK},
		{GROUP, MST_COAP_GET, NONE, NONE, false, OK},
		{GROUP, MST_COAP_GET, NONE, 261, false, OK},
		{GROUP, MST_COAP_GET, NONE, 60, false, ACCEPT},
		{GROUP, MST_COAP_DELETE, NONE, NONE, false, OK},
		{GROUP, MST_COAP_PUT, 261, NONE, true, METHOD},
		{GROUP, MST_COAP_FETCH, 261, NONE, true, METHOD},
		{GROUP "/num", MST_COAP_GET, NONE, NONE, false, OK},
		{GROUP "/num", MST_COAP_POST, 261, NONE, true, METHOD},
		{GROUP "/policies", MST_COAP_GET, NONE, NONE, false, OK},
		{GROUP "/policies", MST_COAP_PUT, 261, NONE, true, OK},
		{GROUP "/policies", MST_COAP_PUT, 60, NONE, true, FORMAT},
		{GROUP "/policies", MST_COAP_POST, 261, NONE, true, METHOD},
		{GROUP "/pending", MST_COAP_GET, NONE, NONE, false, OK},
		{GROUP "/pending", MST_COAP_POST, 261, NONE, true, OK},
		{GROUP "/pending", MST_COAP_DELETE, NONE, NONE, false, METHOD},
		{GROUP "/rekey", MST_COAP_POST, 261, NONE, true, OK},
		{GROUP "/rekey", MST_COAP_GET, NONE, NONE, false, METHOD},
		{GROUP "/owners", MST_COAP_GET, NONE, NONE, false, OK},
		{GROUP "/owners", MST_COAP_POST, 261, NONE, true, OK},
		{GROUP "/nodes/001010000000001", MST_COAP_GET, NONE, NONE, false, OK},
		{GROUP "/nodes/001010000000001", MST_COAP_DELETE, NONE, NONE, false, OK},
		{GROUP "/nodes/001010000000001", MST_COAP_PUT, 261, NONE, true, METHOD},
		{GROUP "/nodes/001010000000001", 77, 261, NONE, true, METHOD},
		{"session", MST_COAP_GET, NONE, NONE, false, OK},
		{"session", MST_COAP_GET, NONE, 60, false, OK},
		{"session", MST_COAP_GET, NONE, 261, false, ACCEPT},
		{"session", MST_COAP_POST, 60, NONE, true, METHOD},
		{"bsf", MST_COAP_POST, 60, NONE, true, PATH},
		{".well-known/core", MST_COAP_GET, NONE, NONE, false, PATH},
		{"elsewhere", MST_COAP_GET, NONE, NONE, false, PATH},
	};

	(void)state;
	run(rows, COUNT(rows), mst_classify_inner);
}

static void
refused_options(void **state)
{
	static const uint16_t refused[] = {
		MST_COAP_HAS_BLOCK1, MST_COAP_HAS_BLOCK2, MST_COAP_HAS_PROXY, MST_COAP_HAS_OSCORE};
	static const uint16_t ignored[] = {MST_COAP_HAS_OBSERVE, MST_COAP_HAS_ECHO,
		MST_COAP_HAS_URI_HOST, MST_COAP_HAS_URI_PORT, MST_COAP_HAS_MAX_AGE};
	struct mst_coap_options opt;
	struct mst_target t;

	(void)state;
	make(&opt, "session", NONE, NONE, false);
	for (size_t i = 0; i < COUNT(refused); i++) {
		opt.has = refused[i];
		assert_int_equal(mst_classify_open(MST_COAP_GET, &opt, &t), CRITICAL);
		assert_int_equal(t.res, MST_RES_SESSION);
		assert_int_equal(mst_classify_inner(MST_COAP_GET, &opt, &t), CRITICAL);
	}
	for (size_t i = 0; i < COUNT(ignored); i++) {
		opt.has = ignored[i];
		assert_int_equal(mst_classify_open(MST_COAP_GET, &opt, &t), OK);
		assert_int_equal(mst_classify_inner(MST_COAP_GET, &opt, &t), OK);
	}
	opt.has = MST_COAP_HAS_URI_QUERY;
	assert_int_equal(mst_classify_open(MST_COAP_GET, &opt, &t), PATH);
	assert_int_equal(mst_classify_inner(MST_COAP_GET, &opt, &t), PATH);
	make(&opt, ".well-known/core", NONE, NONE, false);
	opt.has = MST_COAP_HAS_URI_QUERY;
	assert_int_equal(mst_classify_open(MST_COAP_GET, &opt, &t), OK);
}

static void
gid_round_trip(void **state)
{
	char text[MST_GID_TEXT];
	uint64_t seed = 12, back = 7;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t gid = i == 0 ? 0 : i == 1 ? UINT64_MAX : next_number(&seed);

		mst_gid_build(gid, text);
		assert_int_equal(mst_gid_parse((uint8_t *)text, sizeof(text), &back), 0);
		assert_true(back == gid);
	}
	back = 7;
	for (unsigned c = 0; c < 256; c++) {
		bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

		mst_gid_build(GID, text);
		text[c % MST_GID_TEXT] = (char)c;
		assert_int_equal(
			mst_gid_parse((uint8_t *)text, sizeof(text), &back), digit ? 0 : PATH);
	}
	assert_int_equal(mst_gid_parse((const uint8_t *)"", 0, &back), PATH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(unprotected_requests),
		cmocka_unit_test(protected_requests),
		cmocka_unit_test(refused_options),
		cmocka_unit_test(gid_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
