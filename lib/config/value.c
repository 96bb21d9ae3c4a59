/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/value.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

#define CONFIG_NUMBER_MAX 32

/** A suffix and what it multiplies by; the largest first. */
struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{"G", 1u << 30}, {"M", 1u << 20}, {"k", 1u << 10}, {"", 1}, {NULL, 0}};
static const struct unit time_units[] = {
	{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};

static const struct unit *
units_of(enum mst_config_type type)
{
	static const struct unit none[] = {{"", 1}, {NULL, 0}};

	if (type == MST_CONFIG_SIZE)
		return size_units;
	return type == MST_CONFIG_DURATION ? time_units : none;
}

static uint64_t
max_of(const struct mst_config_item *item)
{
	if (item->max != 0)
		return item->max;
	return item->type == MST_CONFIG_PATH ? PATH_MAX - 1 : INT64_MAX;
}

size_t
config_value_size(const struct mst_config_item *item)
{
	switch (item->type) {
	case MST_CONFIG_BOOL:
		return sizeof(bool);
	case MST_CONFIG_UINT:
	case MST_CONFIG_SIZE:
	case MST_CONFIG_DURATION:
		return sizeof(uint64_t);
	case MST_CONFIG_ENUM:
		return sizeof(unsigned);
	case MST_CONFIG_STRING:
	case MST_CONFIG_PATH:
		return sizeof(char *);
	case MST_CONFIG_IPV4:
		return sizeof(struct mst_config_ipv4);
	case MST_CONFIG_IPV6:
		return sizeof(struct mst_config_ipv6);
	case MST_CONFIG_MAC:
		return sizeof(struct mst_config_mac);
	case MST_CONFIG_HEX:
		return (size_t)item->max;
	case MST_CONFIG_MAP:
		return item->map->size;
	}
	return 0;
}

/** Decimal digits without sign or leading zeros; the rest of the text goes to `rest`. */
static bool
read_digits(const char *text, uint64_t *value, const char **rest)
{
	uint64_t v = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	if (p == text || (text[0] == '0' && p > text + 1))
		return false;
	*value = v;
	*rest = p;
	return true;
}

static bool
read_number(const struct mst_config_item *item, const char *text, void *at)
{
	uint64_t v;
	const char *rest;

	if (!read_digits(text, &v, &rest))
		return false;
	for (const struct unit *u = units_of(item->type); u->suffix != NULL; u++) {
		if (strcmp(rest, u->suffix) != 0)
			continue;
		if (__builtin_mul_overflow(v, u->factor, &v) || v < item->min || v > max_of(item))
			return false;
		memcpy(at, &v, sizeof(v));
		return true;
	}
	return false;
}

static bool
read_bool(const char *text, void *at)
{
	bool v = strcmp(text, "true") == 0;

	if (!v && strcmp(text, "false") != 0)
		return false;
	memcpy(at, &v, sizeof(v));
	return true;
}

static bool
read_enum(const struct mst_config_item *item, const char *text, void *at)
{
	for (unsigned i = 0; item->names[i] != NULL; i++) {
		if (strcmp(text, item->names[i]) == 0) {
			memcpy(at, &i, sizeof(i));
			return true;
		}
	}
	return false;
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static int
read_string(const struct mst_config_item *item, const char *text, void *at)
{
	size_t n = strlen(text);
	char *copy;

	if (n < item->min || n > max_of(item) || !is_printable(text) ||
		(item->type == MST_CONFIG_PATH && n == 0))
		return -MST_E_CONFIG;
	copy = strdup(text);
	if (copy == NULL)
		return -MST_E_NO_MEMORY;
	memcpy(at, &copy, sizeof(copy));
	return 0;
}

/** An address, with /prefix or without. */
static bool
read_address(int family, const char *text, void *address, uint8_t *prefix)
{
	const char *slash = strchr(text, '/'), *rest;
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	uint64_t bits = family == AF_INET ? 32 : 128, all = bits;
	char plain[INET6_ADDRSTRLEN];

	if (n >= sizeof(plain))
		return false;
	memcpy(plain, text, n);
	plain[n] = '\0';
	if (slash != NULL && (!read_digits(slash + 1, &bits, &rest) || *rest != '\0' || bits > all))
		return false;
	*prefix = (uint8_t)bits;
	return inet_pton(family, plain, address) == 1;
}

static bool
read_ipv4(const char *text, void *at)
{
	struct mst_config_ipv4 v = {.set = true};

	if (!read_address(AF_INET, text, v.address, &v.prefix))
		return false;
	memcpy(at, &v, sizeof(v));
	return true;
}

static bool
read_ipv6(const char *text, void *at)
{
	struct mst_config_ipv6 v = {.set = true};

	if (!read_address(AF_INET6, text, v.address, &v.prefix))
		return false;
	memcpy(at, &v, sizeof(v));
	return true;
}

static bool
read_mac(const char *text, void *at)
{
	struct mst_config_mac v = {.set = true};

	if (strlen(text) != 17)
		return false;
	for (unsigned i = 0; i < 6; i++)
		if (mst_hex_decode(text + 3 * i, 2, &v.octets[i], 1) != 0 ||
			(i < 5 && text[3 * i + 2] != ':'))
			return false;
	memcpy(at, &v, sizeof(v));
	return true;
}

int
config_value_read(const struct mst_config_item *item, const char *text, void *at, char *why)
{
	char allowed[CONFIG_ALLOWED_MAX];
	bool good = false;
	int err;

	switch (item->type) {
	case MST_CONFIG_BOOL:
		good = read_bool(text, at);
		break;
	case MST_CONFIG_UINT:
	case MST_CONFIG_SIZE:
	case MST_CONFIG_DURATION:
		good = read_number(item, text, at);
		break;
	case MST_CONFIG_ENUM:
		good = read_enum(item, text, at);
		break;
	case MST_CONFIG_STRING:
	case MST_CONFIG_PATH:
		err = read_string(item, text, at);
		if (err == -MST_E_NO_MEMORY)
			return err;
		good = err == 0;
		break;
	case MST_CONFIG_IPV4:
		good = read_ipv4(text, at);
		break;
	case MST_CONFIG_IPV6:
		good = read_ipv6(text, at);
		break;
	case MST_CONFIG_MAC:
		good = read_mac(text, at);
		break;
	case MST_CONFIG_HEX:
		good = mst_hex_decode(text, strlen(text), at, (size_t)item->max) == 0;
		break;
	case MST_CONFIG_MAP:
		break;
	}
	if (good)
		return 0;
	config_value_describe(item, allowed);
	snprintf(why, CONFIG_WHY_MAX, "'%.60s' is not allowed (%s)", text, allowed);
	return -MST_E_CONFIG;
}

static void
write_number(const struct mst_config_item *item, uint64_t v, char *text)
{
	const struct unit *u = units_of(item->type);

	/* Zero keeps the smallest unit, the last of the list. */
	while (u[1].suffix != NULL && (v == 0 || v % u->factor != 0))
		u++;
	snprintf(text, CONFIG_NUMBER_MAX, "%llu%s", (unsigned long long)(v / u->factor), u->suffix);
}

static bool
write_string(const char *s, char *text)
{
	size_t n = 0;

	if (s == NULL)
		return false;
	text[n++] = '"';
	for (; *s != '\0' && n < CONFIG_TEXT_MAX - 4; s++) {
		if (*s == '"' || *s == '\\')
			text[n++] = '\\';
		text[n++] = *s;
	}
	text[n++] = '"';
	text[n] = '\0';
	return true;
}

static void
write_address(int family, const uint8_t *address, unsigned prefix, char *text)
{
	char plain[INET6_ADDRSTRLEN] = "";

	inet_ntop(family, address, plain, sizeof(plain));
	snprintf(text, CONFIG_TEXT_MAX, "\"%s/%u\"", plain, prefix);
}

static void
write_mac(const uint8_t *m, char *text)
{
	snprintf(text, CONFIG_TEXT_MAX, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", m[0], m[1], m[2], m[3],
		m[4], m[5]);
}

bool
config_value_write(const struct mst_config_item *item, const void *at, char *text)
{
	const struct mst_config_ipv4 *ip4 = at;
	const struct mst_config_ipv6 *ip6 = at;
	const struct mst_config_mac *mac = at;
	uint64_t number;

	switch (item->type) {
	case MST_CONFIG_BOOL:
		snprintf(text, CONFIG_TEXT_MAX, "%s", *(const bool *)at ? "true" : "false");
		return true;
	case MST_CONFIG_UINT:
	case MST_CONFIG_SIZE:
	case MST_CONFIG_DURATION:
		memcpy(&number, at, sizeof(number));
		write_number(item, number, text);
		return true;
	case MST_CONFIG_ENUM:
		snprintf(text, CONFIG_TEXT_MAX, "%s", item->names[*(const unsigned *)at]);
		return true;
	case MST_CONFIG_STRING:
	case MST_CONFIG_PATH:
		return write_string(*(char *const *)at, text);
	case MST_CONFIG_IPV4:
		if (ip4->set)
			write_address(AF_INET, ip4->address, ip4->prefix, text);
		return ip4->set;
	case MST_CONFIG_IPV6:
		if (ip6->set)
			write_address(AF_INET6, ip6->address, ip6->prefix, text);
		return ip6->set;
	case MST_CONFIG_MAC:
		if (mac->set)
			write_mac(mac->octets, text);
		return mac->set;
	case MST_CONFIG_HEX:
		text[0] = '"';
		mst_hex_encode(at, (size_t)item->max, text + 1);
		text[1 + 2 * item->max] = '"';
		text[2 + 2 * item->max] = '\0';
		return true;
	case MST_CONFIG_MAP:
		break;
	}
	return false;
}

void
config_value_free(const struct mst_config_item *item, void *at)
{
	char **string = at;

	if (item->type == MST_CONFIG_STRING || item->type == MST_CONFIG_PATH) {
		free(*string);
		*string = NULL;
	} else if (item->type == MST_CONFIG_MAP) {
		mst_config_free(item->map, at);
	}
}

static void
describe_range(const struct mst_config_item *item, const char *what, char *text)
{
	char low[CONFIG_NUMBER_MAX], high[CONFIG_NUMBER_MAX];

	if (item->min == 0 && item->max == 0) {
		snprintf(text, CONFIG_ALLOWED_MAX, "%s", what);
		return;
	}
	write_number(item, item->min, low);
	write_number(item, item->max, high);
	snprintf(text, CONFIG_ALLOWED_MAX, item->max != 0 ? "%s, %s..%s" : "%s, from %s", what, low,
		high);
}

/** What is allowed for the types that have neither range nor names. */
static const char *
fixed_description(enum mst_config_type type)
{
	switch (type) {
	case MST_CONFIG_BOOL:
		return "true or false";
	case MST_CONFIG_PATH:
		return "file name";
	case MST_CONFIG_IPV4:
		return "IPv4 address, with /prefix or without";
	case MST_CONFIG_IPV6:
		return "IPv6 address, with /prefix or without";
	case MST_CONFIG_MAC:
		return "Ethernet address, aa:bb:cc:dd:ee:ff";
	default:
		return "mapping";
	}
}

static void
describe_names(const struct mst_config_item *item, char *text)
{
	size_t n = (size_t)snprintf(text, CONFIG_ALLOWED_MAX, "one of");

	for (unsigned i = 0; item->names[i] != NULL && n < CONFIG_ALLOWED_MAX; i++)
		n += (size_t)snprintf(text + n, CONFIG_ALLOWED_MAX - n, "%s %s", i > 0 ? "," : "",
			item->names[i]);
}

void
config_value_describe(const struct mst_config_item *item, char *text)
{
	switch (item->type) {
	case MST_CONFIG_UINT:
		describe_range(item, "number", text);
		break;
	case MST_CONFIG_SIZE:
		describe_range(item, "octets, with k, M or G", text);
		break;
	case MST_CONFIG_DURATION:
		describe_range(item, "time with ms, s, m, h or d", text);
		break;
	case MST_CONFIG_STRING:
		describe_range(item, "characters", text);
		break;
	case MST_CONFIG_ENUM:
		describe_names(item, text);
		break;
	case MST_CONFIG_HEX:
		snprintf(
			text, CONFIG_ALLOWED_MAX, "%u hexadecimal digits", (unsigned)item->max * 2);
		break;
	default:
		snprintf(text, CONFIG_ALLOWED_MAX, "%s", fixed_description(item->type));
		break;
	}
}
