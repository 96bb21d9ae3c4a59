/* SPDX-License-Identifier: BSD-3-Clause */
/* The gateway's keys: defaults, checks that span keys, the example files, the manual page. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static const char minimal[] = "host: {ipv4: [192.0.2.1]}\n"
			      "naf: {fqdn: naf.example.com}\n"
			      "bsf: {fqdn: bsf.example.com}\n"
			      "hss: [{name: home, subscribers: s.csv}]\n";

/** Loads `text` from a file, with overrides that end in NULL. */
static int
load(const char *text, const char *const *overrides, struct mst_gw_config *config,
	struct mst_config_errors *errors)
{
	char path[] = "/tmp/mst-gw-config-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	size_t count = 0;
	int err;

	while (overrides != NULL && overrides[count] != NULL)
		count++;
	fputs(text, f);
	fclose(f);
	memset(errors, 0, sizeof(*errors));
	err = gw_config_load(config, path, overrides, count, errors);
	unlink(path);
	return err;
}

static void
test_defaults(void **state)
{
	struct mst_config_errors errors;
	struct mst_gw_config c;
	struct mst_port_config port;
	unsigned cpus[MST_PORT_QUEUES_MAX];

	(void)state;
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_int_equal(load(minimal, NULL, &c, &errors), 0);
	assert_int_equal(c.workers, 1);
	assert_int_equal(c.port.driver, MST_PORT_MEMIF);
	assert_string_equal(c.control.socket, "/run/user/7/muster/muster.sock");
	assert_string_equal(c.port.memif.socket, "/run/user/7/muster/memif.sock");
	assert_memory_equal(c.naf.ua, "\xff\0\0\0\1", GW_CONFIG_UA);
	assert_string_equal(c.bsf.uri, "/bsf");
	assert_int_equal(c.bsf.key_lifetime_ms, 86400000);
	assert_int_equal(c.bsf.cookie_lifetime_ms, 120000);
	assert_int_equal(c.bsf.cookie_rotate_ms, 600000);
	assert_int_equal(c.sqn.tick_ms, 100);
	assert_int_equal(c.host.udp_port, 5683);
	assert_int_equal(c.log.level, GW_LOG_INFO);
	assert_false(c.eal.huge);
	port = gw_config_port(&c, cpus);
	assert_true(port.memif.server);
	assert_int_equal(port.queues, 1);
	assert_int_equal(port.cpu_count, 0);
	assert_int_equal(port.mtu, 1500);
	gw_config_free(&c);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	assert_int_equal(load(minimal, NULL, &c, &errors), 0);
	assert_int_equal(c.control.socket[0], '/');
	gw_config_free(&c);
}

/** Each driver's name and place in the port's configuration. */
static void
test_drivers(void **state)
{
	static const struct {
		const char *overrides[4];
		enum mst_port_driver driver;
	} rows[] = {
		{{"port.driver=memif", "port.memif.role=client"}, MST_PORT_MEMIF},
		{{"port.driver=tap", "port.tap.name=t0"}, MST_PORT_TAP},
		{{"port.driver=af_packet", "port.af_packet.interface=t0"}, MST_PORT_AF_PACKET},
		{{"port.driver=af_xdp", "port.af_xdp.interface=t0"}, MST_PORT_AF_XDP},
		{{"port.driver=vfio", "port.vfio.address=0000:03:00.0"}, MST_PORT_PCI},
		{{"port.driver=devargs", "port.devargs=net_null0,size=60"}, MST_PORT_DEVARGS},
	};
	struct mst_config_errors errors;
	struct mst_gw_config c;
	unsigned cpus[MST_PORT_QUEUES_MAX];

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mst_port_config port;

		assert_int_equal(load(minimal, rows[i].overrides, &c, &errors), 0);
		port = gw_config_port(&c, cpus);
		assert_int_equal(port.driver, rows[i].driver);
		if (i == 0)
			assert_false(port.memif.server);
		if (i >= 1 && i <= 3)
			assert_string_equal(port.interface, "t0");
		gw_config_free(&c);
	}
}

static void
test_cores_and_mac(void **state)
{
	static const char *const overrides[] = {"workers=4", "cores=3,1",
		"host.mac=02:00:00:00:00:09", "eal.memory=300M", "port.ring_size=512", NULL};
	struct mst_config_errors errors;
	struct mst_gw_config c;
	struct mst_port_config port;
	unsigned cpus[MST_PORT_QUEUES_MAX];

	(void)state;
	assert_int_equal(load(minimal, overrides, &c, &errors), 0);
	port = gw_config_port(&c, cpus);
	assert_int_equal(port.queues, 4);
	assert_int_equal(port.cpu_count, 2);
	assert_int_equal(port.cpus[0], 3);
	assert_int_equal(port.cpus[1], 1);
	assert_memory_equal(port.mac, "\2\0\0\0\0\x9", 6);
	assert_int_equal(port.memory_mib, 300);
	assert_int_equal(port.ring_size, 512);
	gw_config_free(&c);
}

#define A31 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
test_checks(void **state)
{
	static const struct {
		const char *override, *key; /* refused, and named in the message */
	} rows[] = {
		{"naf.fqdn=a b", "naf.fqdn"},
		{"naf.fqdn=.a", "naf.fqdn"},
		{"naf.fqdn=a..b", "naf.fqdn"},
		{"naf.fqdn=a.", "naf.fqdn"},
		{"naf.fqdn=" A31 A31, "naf.fqdn"}, /* 62 */
		{"bsf.fqdn=a@b", "bsf.fqdn"},
		{"bsf.uri=bsf", "bsf.uri"},
		{"bsf.uri=http://x/bsf", "bsf.uri"},
		{"bsf.uri=/b sf", "bsf.uri"},
		{"bsf.key_lifetime=121500ms", "bsf.key_lifetime"},
		{"bsf.key_lifetime=1m", "bsf.key_lifetime"}, /* shorter than a cookie */
		{"bsf.cookie_lifetime=10500ms", "bsf.cookie_lifetime"},
		{"bsf.cookie_rotate=119s", "bsf.cookie_rotate"},
		{"limits.key_check_interval=1500ms", "limits.key_check_interval"},
		{"limits.group_key_lifetime=60001ms", "limits.group_key_lifetime"},
		{"port.ring_size=1000", "port.ring_size"},
		{"port.driver=af_packet", "port.af_packet.interface"},
		{"port.driver=af_xdp", "port.af_xdp.interface"},
		{"port.driver=vfio", "port.vfio.address"},
		{"port.driver=devargs", "port.devargs"},
		{"cores=0,1", "cores"},
		{"host.ipv4=", "host"},
		{"host.ipv4=127.0.0.1", "host.ipv4"},
		{"host.ipv4=224.0.0.1", "host.ipv4"},
		{"host.ipv4=0.1.2.3", "host.ipv4"},
		{"host.ipv4=255.255.255.255", "host.ipv4"},
		{"host.ipv4=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0."
		 "8,"
		 "10.0.0.9",
			"host"},
		{"host.ipv6=::", "host.ipv6"},
		{"host.ipv6=::1", "host.ipv6"},
		{"host.ipv6=ff02::1", "host.ipv6"},
		{"host.mac=01:00:00:00:00:00", "host.mac"},
		{"host.mac=00:00:00:00:00:00", "host.mac"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *overrides[] = {rows[i].override, NULL};
		struct mst_config_errors errors;
		struct mst_gw_config c;
		char wanted[80];

		assert_int_equal(load(minimal, overrides, &c, &errors), -MST_E_CONFIG);
		assert_int_equal(errors.count, 1);
		snprintf(wanted, sizeof(wanted), "key '%s': ", rows[i].key);
		if (strstr(errors.line[0], wanted) == NULL)
			snprintf(wanted, sizeof(wanted), "--set %s: ", rows[i].key);
		if (strstr(errors.line[0], wanted) == NULL)
			assert_string_equal(errors.line[0], wanted);
	}
}

/** Hints fit 136 octets exactly up to the bound of both texts together. */
static void
test_hints_bound(void **state)
{
	static const char *const good[] = {"naf.fqdn=" A31 "." A31 "A", "bsf.uri=/" A31, NULL};
	static const char *const fits[] = {
		"naf.fqdn=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 56 */
		"bsf.uri=/" A31, NULL};
	static const char *const too_long[] = {
		"naf.fqdn=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 57 */
		"bsf.uri=/" A31, NULL};
	struct mst_config_errors errors;
	struct mst_gw_config c;

	(void)state;
	assert_int_equal(load(minimal, good, &c, &errors), -MST_E_CONFIG); /* 64 */
	assert_int_equal(load(minimal, fits, &c, &errors), 0);
	gw_config_free(&c);
	assert_int_equal(load(minimal, too_long, &c, &errors), -MST_E_CONFIG);
}

#define HEAD "host: {ipv6: [\"2001:db8::1\"]}\nnaf: {fqdn: n}\nbsf: {fqdn: b}\nhss:\n"

static void
test_hss(void **state)
{
	static const struct {
		const char *rows;
		const char *error; /* NULL: good */
	} rows[] = {
		{"- {name: a, subscribers: x, ranges: [001010000000000-001019999999999, "
		 "100000-100001]}\n",
			NULL},
		{"- {name: a, subscribers: x, ranges: ['001010-001010']}\n"
		 "- {name: b, subscribers: y, ranges: ['001011-001012'], mnc_length: 3}\n",
			NULL},
		{"- {name: a, subscribers: x}\n- {name: b, subscribers: y}\n", "needs ranges"},
		{"- {name: a, subscribers: x, ranges: ['001010-001010']}\n"
		 "- {name: a, subscribers: y, ranges: ['001011-001012']}\n",
			"two instances are named 'a'"},
		{"- {name: a, subscribers: x, ranges: ['001011-001010']}\n", "FROM-TO"},
		{"- {name: a, subscribers: x, ranges: ['001010-0010111']}\n", "FROM-TO"},
		{"- {name: a, subscribers: x, ranges: ['00101x-001012']}\n", "FROM-TO"},
		{"- {name: a, subscribers: x, ranges: ['001010 001012']}\n", "FROM-TO"},
		{"- {name: a, subscribers: x, ranges: ['00101-00101-00']}\n", "FROM-TO"},
		{"- {name: a, subscribers: x, ranges: ['0010100000000000-0010199999999999']}\n",
			"is not allowed"},
		{"- {name: a, subscribers: x, mnc_length: 4}\n", "hss[0].mnc_length"},
		{"- {name: a}\n", "hss[0].subscribers"},
		{"- {subscribers: a}\n", "hss[0].name"},
		{"[]\n", "hss"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mst_config_errors errors;
		struct mst_gw_config c;
		char text[1024];
		int err;

		snprintf(text, sizeof(text), HEAD "%s%s", rows[i].rows[0] == '[' ? "  " : "",
			rows[i].rows);
		err = load(text, NULL, &c, &errors);
		assert_int_equal(err, rows[i].error == NULL ? 0 : -MST_E_CONFIG);
		if (err == 0 && i == 0) {
			const struct mst_gw_hss *h = c.hss.items;

			assert_int_equal(h->range[0].first, 1010000000000);
			assert_int_equal(h->range[0].last, 1019999999999);
			assert_int_equal(h->range[0].digits, 15);
			assert_int_equal(h->range[1].digits, 6);
		}
		if (err == 0)
			gw_config_free(&c);
		else if (strstr(errors.line[0], rows[i].error) == NULL)
			assert_string_equal(errors.line[0], rows[i].error);
	}
}

static void
test_too_many_hss(void **state)
{
	struct mst_config_errors errors;
	struct mst_gw_config c;
	char text[4096] = HEAD;

	(void)state;
	for (unsigned i = 0; i < GW_CONFIG_HSS_MAX + 1; i++)
		sprintf(text + strlen(text),
			"- {name: h%u, subscribers: x, ranges: ['%06u-%06u']}\n", i, i, i);
	assert_int_equal(load(text, NULL, &c, &errors), -MST_E_CONFIG);
	assert_non_null(strstr(errors.line[0], "at most 16"));
	strrchr(text, '-')[0] = '#';
	*strstr(text, "- {name: h16") = '#';
	assert_int_equal(load(text, NULL, &c, &errors), 0);
	gw_config_free(&c);
}

static void
test_examples(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob(MST_SOURCE_ROOT "/drivers-cfg/*.yaml", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 4);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct mst_config_errors errors = {0};
		struct mst_gw_config c;

		if (gw_config_load(&c, found.gl_pathv[i], NULL, 0, &errors) != 0)
			assert_string_equal(errors.line[0], "");
		gw_config_free(&c);
	}
	globfree(&found);
}

/** A whole file as text, "\-" as "-". */
static char *
read_page(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 18), *to = text;
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, (1 << 18) - 1, f);
	fclose(f);
	for (size_t i = 0; i < n; i++)
		if (text[i] != '\\' || text[i + 1] != '-')
			*to++ = text[i];
	*to = '\0';
	return text;
}

/** Each block of the reference stands in muster.yaml(5) as ".B KEY", type and default, help. */
static void
test_manual_page(void **state)
{
	char *page = read_page(MST_SOURCE_ROOT "/docs/man/muster.yaml.5"), *help = NULL, *rest,
	     *key;
	size_t size, keys = 0, entries = 0;
	FILE *f = open_memstream(&help, &size);

	(void)state;
	mst_config_help(&gw_config_schema, f);
	fclose(f);
	rest = help;
	while ((key = strsep(&rest, "\n")) != NULL && key[0] != '\0') {
		char *type = strsep(&rest, "\n") + 4, *text = strsep(&rest, "\n") + 4;
		char entry[1024];

		snprintf(entry, sizeof(entry), ".TP\n.B %s\n%s\n.br\n%s\n", key, type, text);
		if (strstr(page, entry) == NULL)
			print_error("missing in muster.yaml.5:\n%s", entry);
		assert_non_null(strstr(page, entry));
		keys++;
	}
	for (const char *p = strstr(page, "\n.SH KEYS\n"); p != NULL; p = strstr(p + 1, "\n.B "))
		if (strncmp(p, "\n.B ", 4) == 0 && strncmp(p - 3, ".TP", 3) == 0)
			entries++;
	assert_int_equal(entries, keys);
	free(help);
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_drivers),
		cmocka_unit_test(test_cores_and_mac),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_hints_bound),
		cmocka_unit_test(test_hss),
		cmocka_unit_test(test_too_many_hss),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_manual_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
