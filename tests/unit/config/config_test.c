/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

struct element {
	char *name;
	uint64_t n;
	struct mst_config_list tags;
};

struct result {
	bool flag;
	uint64_t number, size, time;
	unsigned colour;
	char *text, *path;
	struct mst_config_ipv4 ip4;
	struct mst_config_ipv6 ip6;
	struct mst_config_mac mac;
	uint8_t hex[5];
	struct mst_config_list numbers, names, addresses, elements;
	uint64_t deep;
};

static const char *const colours[] = {"red", "green", NULL};

#define AT(m) .offset = offsetof(struct result, m)

static const struct mst_config_item element_items[] = {
	{.key = "name",
		.type = MST_CONFIG_STRING,
		.min = 1,
		.max = 8,
		.required = true,
		.offset = offsetof(struct element, name),
		.help = "Name."},
	{.key = "more.n",
		.type = MST_CONFIG_UINT,
		.preset = "7",
		.offset = offsetof(struct element, n),
		.help = "N."},
	{.key = "tags",
		.type = MST_CONFIG_STRING,
		.list = true,
		.max = 8,
		.offset = offsetof(struct element, tags),
		.help = "Tags."},
};
static const struct mst_config_schema element_schema = {element_items, 3, sizeof(struct element)};

static const struct mst_config_item items[] = {
	{.key = "flag", .type = MST_CONFIG_BOOL, .preset = "true", AT(flag), .help = "A flag."},
	{.key = "number",
		.type = MST_CONFIG_UINT,
		.min = 3,
		.max = 64,
		.preset = "5",
		AT(number),
		.help = "A number."},
	{.key = "a.size",
		.type = MST_CONFIG_SIZE,
		.max = 1ull << 40,
		.preset = "2M",
		AT(size),
		.help = "A size."},
	{.key = "a.time",
		.type = MST_CONFIG_DURATION,
		.min = 10,
		.max = 86400000,
		.preset = "90s",
		AT(time),
		.help = "A time."},
	{.key = "a.b.colour",
		.type = MST_CONFIG_ENUM,
		.names = colours,
		.preset = "green",
		AT(colour),
		.help = "A colour."},
	{.key = "a.b.text",
		.type = MST_CONFIG_STRING,
		.min = 2,
		.max = 4,
		AT(text),
		.help = "A text."},
	{.key = "path", .type = MST_CONFIG_PATH, AT(path), .help = "A path."},
	{.key = "ip4", .type = MST_CONFIG_IPV4, AT(ip4), .help = "An address."},
	{.key = "ip6", .type = MST_CONFIG_IPV6, AT(ip6), .help = "An address."},
	{.key = "mac", .type = MST_CONFIG_MAC, AT(mac), .help = "An address."},
	{.key = "hex",
		.type = MST_CONFIG_HEX,
		.max = 5,
		.preset = "ff00000001",
		AT(hex),
		.help = "Octets."},
	{.key = "list.numbers",
		.type = MST_CONFIG_UINT,
		.list = true,
		.max = 100,
		.preset = "1,2,3",
		AT(numbers),
		.help = "Numbers."},
	{.key = "list.names",
		.type = MST_CONFIG_STRING,
		.list = true,
		.max = 9,
		AT(names),
		.help = "Names."},
	{.key = "list.addresses",
		.type = MST_CONFIG_IPV4,
		.list = true,
		AT(addresses),
		.help = "Addresses."},
	{.key = "elements",
		.type = MST_CONFIG_MAP,
		.list = true,
		.map = &element_schema,
		AT(elements),
		.help = "Elements."},
	{.key = "deep.er.est",
		.type = MST_CONFIG_UINT,
		.required = true,
		AT(deep),
		.help = "Deep."},
};
static const struct mst_config_schema schema = {
	items, sizeof(items) / sizeof(items[0]), sizeof(struct result)};

#define NEEDED "deep: {er: {est: 1}}\n"

static int
parse(const char *text, const char *const *overrides, size_t count, struct result *r,
	struct mst_config_errors *errors)
{
	memset(errors, 0, sizeof(*errors));
	return mst_config_parse(&schema, "f.yaml", text, strlen(text), overrides, count, r, errors);
}

static void
test_defaults(void **state)
{
	struct mst_config_errors errors;
	struct result r;

	(void)state;
	assert_int_equal(parse(NEEDED, NULL, 0, &r, &errors), 0);
	assert_true(r.flag);
	assert_int_equal(r.number, 5);
	assert_int_equal(r.size, 2 << 20);
	assert_int_equal(r.time, 90000);
	assert_int_equal(r.colour, 1);
	assert_null(r.text);
	assert_null(r.path);
	assert_false(r.ip4.set || r.ip6.set || r.mac.set);
	assert_memory_equal(r.hex, "\xff\0\0\0\1", 5);
	assert_int_equal(r.numbers.count, 3);
	assert_int_equal(((uint64_t *)r.numbers.items)[2], 3);
	assert_int_equal(r.names.count, 0);
	assert_int_equal(r.deep, 1);
	mst_config_free(&schema, &r);
	mst_config_free(&schema, &r);
}

static const char full[] = "# a comment\n"
			   "flag: false\n"
			   "number: \"64\"\n"
			   "a:\n"
			   "  time: 1500ms\n"
			   "  b: {text: 'a\"\\', colour: red}\n"
			   "  size: 3G\n"
			   "path: /x y/z\n"
			   "ip4: 10.1.2.3/8\n"
			   "ip6: 2001:DB8::1\n"
			   "mac: 02:Aa:bb:cc:dd:0f\n"
			   "hex: 0102030405\n"
			   "list:\n"
			   "  numbers: []\n"
			   "  names: [a, \"b, c\", '']\n"
			   "  addresses:\n"
			   "  - 192.0.2.1\n"
			   "  - 0.0.0.0/0\n"
			   "elements:\n"
			   "- name: x\n"
			   "  tags: [t]\n"
			   "- {name: y, more: {n: 9}}\n"
			   "deep:\n"
			   "    er:\n"
			   "        est: 18446744073709551615\n";

static void
test_every_type(void **state)
{
	struct mst_config_errors errors;
	const struct mst_config_ipv4 *a;
	const struct element *e;
	struct result r;
	char *text;

	(void)state;
	text = strdup(full);
	strcpy(strstr(text, "18446744073709551615"), "9223372036854775807\n");
	assert_int_equal(parse(text, NULL, 0, &r, &errors), 0);
	free(text);
	assert_false(r.flag);
	assert_int_equal(r.number, 64);
	assert_int_equal(r.time, 1500);
	assert_true(r.size == 3ull << 30);
	assert_int_equal(r.colour, 0);
	assert_string_equal(r.text, "a\"\\");
	assert_string_equal(r.path, "/x y/z");
	assert_memory_equal(r.ip4.address, "\x0a\1\2\3", 4);
	assert_int_equal(r.ip4.prefix, 8);
	assert_int_equal(r.ip6.address[0], 0x20);
	assert_int_equal(r.ip6.address[15], 1);
	assert_int_equal(r.ip6.prefix, 128);
	assert_memory_equal(r.mac.octets, "\2\xaa\xbb\xcc\xdd\x0f", 6);
	assert_memory_equal(r.hex, "\1\2\3\4\5", 5);
	assert_int_equal(r.numbers.count, 0);
	assert_int_equal(r.names.count, 3);
	assert_string_equal(((char **)r.names.items)[1], "b, c");
	assert_string_equal(((char **)r.names.items)[2], "");
	a = r.addresses.items;
	assert_int_equal(r.addresses.count, 2);
	assert_int_equal(a[0].prefix, 32);
	assert_int_equal(a[1].prefix, 0);
	e = r.elements.items;
	assert_int_equal(r.elements.count, 2);
	assert_int_equal(e[0].n, 7);
	assert_string_equal(((char **)e[0].tags.items)[0], "t");
	assert_string_equal(e[1].name, "y");
	assert_int_equal(e[1].n, 9);
	assert_true(r.deep == INT64_MAX);
	mst_config_free(&schema, &r);
	assert_int_equal(parse(full, NULL, 0, &r, &errors), -MST_E_CONFIG);
}

/** The dump of a result reads back to the same dump. */
static void
test_dump(void **state)
{
	static const char *const inputs[] = {NEEDED,
		"flag: false\na: {size: 1k, time: 1d, b: {text: '\"\\'}}\npath: 'a\"b'\n"
		"ip4: 1.2.3.4\nip6: ::1/64\nmac: 00:11:22:33:44:55\nlist: {numbers: [], names: "
		"['#', "
		"'a: b'], addresses: [1.2.3.4/5]}\nelements: [{name: '- x', tags: ['']}, {name: "
		"y}]\n"
		"deep: {er: {est: 0}}\n"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct mst_config_errors errors;
		char *first = NULL, *second = NULL;
		size_t n1, n2;
		struct result r;
		FILE *f;

		assert_int_equal(parse(inputs[i], NULL, 0, &r, &errors), 0);
		f = open_memstream(&first, &n1);
		mst_config_dump(&schema, &r, f);
		fclose(f);
		mst_config_free(&schema, &r);
		assert_int_equal(parse(first, NULL, 0, &r, &errors), 0);
		f = open_memstream(&second, &n2);
		mst_config_dump(&schema, &r, f);
		fclose(f);
		mst_config_free(&schema, &r);
		assert_string_equal(first, second);
		assert_true(i == 0 || strstr(first, "text: \"\\\"\\\\\"") != NULL);
		free(first);
		free(second);
	}
}

static void
test_values(void **state)
{
	static const struct {
		const char *override; /* one that is refused */
		const char *good;     /* the nearest that is taken */
	} rows[] = {
		{"flag=yes", "flag=true"},
		{"flag=TRUE", "flag=false"},
		{"number=2", "number=3"},
		{"number=65", "number=64"},
		{"number=-3", "number=4"},
		{"number=+3", "number=5"},
		{"number= 3", "number=6"},
		{"number=3 ", "number=7"},
		{"number=03", "number=8"},
		{"number=0x10", "number=16"},
		{"number=", "number=9"},
		{"number=18446744073709551620", "number=20"},
		{"number=4k", "number=41"},
		{"a.size=1K", "a.size=1k"},
		{"a.size=1.5M", "a.size=1M"},
		{"a.size=1025G", "a.size=1024G"},
		{"a.size=17179869184G", "a.size=0"},
		{"a.time=10", "a.time=10ms"},
		{"a.time=9ms", "a.time=1s"},
		{"a.time=25h", "a.time=24h"},
		{"a.time=1w", "a.time=1d"},
		{"a.time=1h30m", "a.time=90m"},
		{"a.b.colour=Red", "a.b.colour=red"},
		{"a.b.colour=", "a.b.colour=green"},
		{"a.b.text=x", "a.b.text=xx"},
		{"a.b.text=xxxxx", "a.b.text=xxxx"},
		{"a.b.text=x\ny", "a.b.text=x=y"},
		{"a.b.text=\xc3\xa4x", "a.b.text=x y"},
		{"path=", "path=."},
		{"ip4=1.2.3", "ip4=1.2.3.4"},
		{"ip4=1.2.3.256", "ip4=1.2.3.255/0"},
		{"ip4=1.2.3.4/33", "ip4=1.2.3.4/32"},
		{"ip4=1.2.3.4/", "ip4=1.2.3.4/1"},
		{"ip4=::1", "ip4=0.0.0.1"},
		{"ip6=1.2.3.4", "ip6=::1.2.3.4"},
		{"ip6=::1/129", "ip6=::1/128"},
		{"ip6=1:2:3:4:5:6:7:8:9", "ip6=1:2:3:4:5:6:7:8"},
		{"mac=00:11:22:33:44", "mac=00:11:22:33:44:55"},
		{"mac=00-11-22-33-44-55", "mac=ff:ff:ff:ff:ff:ff"},
		{"mac=00:11:22:33:44:5g", "mac=00:00:00:00:00:00"},
		{"hex=ff0000000", "hex=FF00000001"},
		{"hex=ff000000010", "hex=0000000000"},
		{"list.numbers=1,,2", "list.numbers=1,2"},
		{"list.numbers=101", "list.numbers=100"},
		{"list.numbers=1,2,", "list.numbers="},
		{"elements=x", "list.names=x"},
		{"nothing=1", "number=33"},
		{"a=1", "number=34"},
		{"number", "number=35"},
		{"=1", "number=36"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mst_config_errors errors;
		struct result r, before;

		memset(&before, 0xa5, sizeof(before));
		r = before;
		assert_int_equal(parse(NEEDED, &rows[i].override, 1, &r, &errors), -MST_E_CONFIG);
		assert_memory_equal(&r, &before, sizeof(r));
		assert_int_equal(errors.count, 1);
		assert_memory_equal(errors.line[0], "--set ", 6);
		assert_int_equal(parse(NEEDED, &rows[i].good, 1, &r, &errors), 0);
		mst_config_free(&schema, &r);
	}
}

static void
test_override_wins(void **state)
{
	static const char *const overrides[] = {
		"a.b.text=new", "list.names=p,q", "number=9", "number=10", "deep.er.est=4"};
	struct mst_config_errors errors;
	struct result r;

	(void)state;
	assert_int_equal(parse("number: 3\na: {b: {text: old}}\nlist: {names: [x, y, z]}\n",
				 overrides, 5, &r, &errors),
		0);
	assert_string_equal(r.text, "new");
	assert_int_equal(r.names.count, 2);
	assert_int_equal(r.number, 10);
	mst_config_free(&schema, &r);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *text, *line;
	} rows[] = {
		{NEEDED "x: 1\n", "f.yaml:2: key 'x': is unknown (here: flag, number, a, path, "},
		{NEEDED "a:\n  b:\n    x: 1\n",
			"f.yaml:4: key 'a.b.x': is unknown (here: colour, text)"},
		{NEEDED "a.size: 1\n", "f.yaml:2: key 'a.size': is unknown"},
		{NEEDED "'': 1\n", "f.yaml:2: key '': is unknown"},
		{NEEDED "flag: true\nflag: true\n", "f.yaml:3: key 'flag': is given twice"},
		{NEEDED "a: {size: 1}\na: {time: 1s}\n", "f.yaml:3: key 'a': is given twice"},
		{NEEDED "flag: [true]\n", "f.yaml:2: key 'flag': needs true or false"},
		{NEEDED "flag:\n", "f.yaml:2: key 'flag': '' is not allowed"},
		{NEEDED "flag: {a: 1}\n", "f.yaml:2: key 'flag': needs true or false"},
		{NEEDED "a: 1\n", "f.yaml:2: key 'a': needs keys below it"},
		{NEEDED "list: {names: a}\n", "f.yaml:2: key 'list.names': needs a list"},
		{NEEDED "list: {names: [a, [b]]}\n", "f.yaml:2: key 'list.names[1]': needs char"},
		{NEEDED "list:\n  numbers:\n  - 1\n  - 999\n",
			"f.yaml:5: key 'list.numbers[1]': '999' is not allowed (number, 0..100)"},
		{NEEDED "elements: [x]\n", "f.yaml:2: key 'elements[0]': needs a mapping"},
		{NEEDED "elements:\n- name: a\n- {}\n",
			"f.yaml:4: key 'elements[1].name': is required"},
		{NEEDED "elements:\n- {name: a, x: 1}\n",
			"f.yaml:3: key 'elements[0].x': is unknown (here: name, more, tags)"},
		{NEEDED "elements:\n- {name: a, more: {n: b}}\n",
			"f.yaml:3: key 'elements[0].more.n': 'b' is not allowed (number)"},
		{"flag: true\n", "f.yaml: key 'deep.er.est': is required (number)"},
		{"", "f.yaml: key 'deep.er.est': is required"},
		{"# nothing\n", "f.yaml: key 'deep.er.est': is required"},
		{"- a\n", "f.yaml:1: needs keys and values"},
		{"text\n", "f.yaml:1: needs keys and values"},
		{"list: {names: [a,\n", "f.yaml:2: not YAML: "},
		{"path: 'a\n", "f.yaml:2: not YAML: "},
		{"\ta: b\n", "f.yaml:1: not YAML: "},
		{"\xff\xfe", "f.yaml:1: not YAML: "},
		{NEEDED "number: &x 5\n", "f.yaml:2: key 'number': anchors and tags"},
		{NEEDED "number: *x\n", "f.yaml:2: key 'number': aliases are not allowed"},
		{NEEDED "number: !!int 5\n", "f.yaml:2: key 'number': anchors and tags"},
		{NEEDED "a: &x {size: 1}\n", "f.yaml:2: key 'a': anchors and tags"},
		{NEEDED "list: {names: !t [a]}\n", "f.yaml:2: key 'list.names': anchors and tags"},
		{NEEDED "<<: {flag: true}\n", "f.yaml:2: key '<<': is unknown"},
		{NEEDED "? [a, b]\n: c\n", "f.yaml:2: a key must be plain text"},
		{NEEDED "path: \"a\\0b\"\n", "f.yaml:2: key 'path': contains a NUL"},
		{NEEDED "---\nflag: true\n", "f.yaml:2: only one document"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mst_config_errors errors;
		struct result r;

		assert_int_equal(parse(rows[i].text, NULL, 0, &r, &errors), -MST_E_CONFIG);
		assert_true(errors.count > 0);
		if (strncmp(errors.line[0], rows[i].line, strlen(rows[i].line)) != 0)
			assert_string_equal(errors.line[0], rows[i].line);
	}
}

static void
test_all_errors(void **state)
{
	struct mst_config_errors errors;
	char text[2000] = "";
	struct result r;

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		sprintf(text + strlen(text), "x%u: 1\n", i);
	assert_int_equal(parse(text, NULL, 0, &r, &errors), -MST_E_CONFIG);
	assert_int_equal(errors.count, MST_CONFIG_ERRORS_MAX);
	assert_int_equal(parse("flag: 1\nnumber: 1\nx: 1\n", NULL, 0, &r, &errors), -MST_E_CONFIG);
	assert_int_equal(errors.count, 4);
}

static void
test_limits(void **state)
{
	char *text = malloc(8 * (MST_CONFIG_LIST_MAX + 2));
	struct mst_config_errors errors;
	struct result r;

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		char *p = text + sprintf(text, "%slist: {numbers: [", NEEDED);

		for (unsigned i = 0; i < MST_CONFIG_LIST_MAX + extra; i++)
			p += sprintf(p, "1,");
		strcpy(p, "]}\n");
		assert_int_equal(parse(text, NULL, 0, &r, &errors), extra == 0 ? 0 : -MST_E_CONFIG);
		if (extra == 0)
			mst_config_free(&schema, &r);
	}
	free(text);
	/* Deep nesting costs memory in proportion, no stack. */
	text = malloc(20001);
	memset(text, '[', 20000);
	text[20000] = '\0';
	memcpy(text, "x: ", 3);
	assert_int_equal(parse(text, NULL, 0, &r, &errors), -MST_E_CONFIG);
	free(text);
}

static void
test_files(void **state)
{
	char path[] = "/tmp/mst-config-XXXXXX";
	struct mst_config_errors errors = {0};
	struct result r;
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	(void)state;
	fputs(NEEDED "number: 7\n", f);
	fflush(f);
	assert_int_equal(mst_config_load(&schema, path, NULL, 0, &r, &errors), 0);
	assert_int_equal(r.number, 7);
	mst_config_free(&schema, &r);
	mst_config_errors_add(&errors, "a", "is %d", 1);
	assert_non_null(strstr(errors.line[0], ": key 'a': is 1"));
	errors.count = 0;
	for (unsigned i = 0; i < MST_CONFIG_FILE_MAX / 16 + 1; i++)
		fputs("# 3456789012345\n", f);
	fclose(f);
	assert_int_equal(mst_config_load(&schema, path, NULL, 0, &r, &errors), -MST_E_FILE);
	assert_non_null(strstr(errors.line[0], "longer than 1 MiB"));
	unlink(path);
	errors.count = 0;
	assert_int_equal(mst_config_load(&schema, path, NULL, 0, &r, &errors), -MST_E_FILE);
	assert_non_null(strstr(errors.line[0], "cannot be read: No such file"));
	errors.count = 0;
	assert_int_equal(mst_config_load(&schema, "/tmp", NULL, 0, &r, &errors), -MST_E_FILE);
}

static void
test_help(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	mst_config_help(&schema, f);
	fclose(f);
	assert_memory_equal(text, "flag\n    true or false; default: true\n    A flag.\n", 50);
	assert_non_null(strstr(text, "\na.b.colour\n    one of red, green; default: green\n"));
	assert_non_null(strstr(text, "\nelements[].more.n\n    number; default: 7\n"));
	assert_non_null(
		strstr(text, "\nlist.numbers\n    list of: number, 0..100; default: 1,2,3"));
	assert_non_null(strstr(text, "\ndeep.er.est\n    number; required\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_override_wins),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
