/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/evp.h>
#include <stdlib.h>

#include "csv_run.h"

/* Headers that end an import. */
static void
bad_headers(void **state)
{
	static const struct {
		const char *text, *report;
	} rows[] = {
		{"", "t.csv: the file has no header\n"},
		{"\n# imsi,k,opc\r\n\n", "t.csv: the file has no header\n"},
		{"k,opc\n", "t.csv:1: column 'imsi': is missing\n"},
		{"\nimsi,opc\n", "t.csv:2: column 'k': is missing\n"},
		{"imsi,k\n", "t.csv:1: column 'opc': is missing, and so is 'op'\n"},
		{"imsi,k,ek,opc", "t.csv:1: column 'k': excludes 'ek'\n"},
		{"imsi,k,op,opc", "t.csv:1: column 'opc': only one of 'op', 'opc' and 'eopc' may "
				  "be present\n"},
		{"imsi,k,opc,eopc", "t.csv:1: column 'opc': only one of 'op', 'opc' and 'eopc' may "
				    "be present\n"},
		{"imsi,ek,opc", "t.csv:1: column 'ek': needs a transport key\n"},
		{"imsi,k,eopc", "t.csv:1: column 'eopc': needs a transport key\n"},
		{"imsi,k,op", "t.csv:1: column 'op': cannot be used without a crypto engine\n"},
		{"imsi,k,opc,imsi", "t.csv:1: column 'imsi': appears twice\n"},
		{"imsi,ki,opc", "t.csv:1: column 'ki': is not known\n"},
		{"IMSI,k,opc", "t.csv:1: column 'IMSI': is not known\n"},
		{"imsi, k,opc", "t.csv:1: column ' k': is not known\n"},
		{"imsi,k,opc,", "t.csv:1: column '': is not known\n"},
		{"imsi,k,opc,\x1b[2J\x80", "t.csv:1: column '?[2J?': is not known\n"},
		{"imsi,k,opc,1234567890123456789012345678901234567890",
			"t.csv:1: column '12345678901234567890123456789012': is not known\n"},
		{"imsi,\"k,opc", "t.csv:1: a quoted field is not closed on its line\n"},
		{"imsi,\"k\"x,opc", "t.csv:1: text follows a closing quote\n"},
		{"imsi,k,opc,amf,gba,lifetime,mnc_length,a,b,c,d,e,f,g,h,i,j,k,l",
			"t.csv:1: column 'a': is not known\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run run;

		run_init(&run, 10);
		run.options.max_reports = 0; /* this report comes in any case */
		assert_int_equal(run_import(&run, rows[i].text), -MST_E_CSV);
		assert_string_equal(run.reports, rows[i].report);
		assert_int_equal(run.result.rows, 0);
		run_fini(&run);
	}
}

/* Rows of imsi,k,opc,amf,gba,lifetime,mnc_length, and why they are bad. */
static void
bad_rows(void **state)
{
	static const struct {
		const char *row, *report;
	} rows[] = {
		{"12345" ONE TWO ",,,,", "column 'imsi': must have 6 to 15 digits"},
		{"1234567890123456" ONE TWO ",,,,", "column 'imsi': must have 6 to 15 digits"},
		{"12345678901234x" ONE TWO ",,,,", "column 'imsi': must have 6 to 15 digits"},
		{" 123456" ONE TWO ",,,,", "column 'imsi': must have 6 to 15 digits"},
		{ONE TWO ",,,,", "column 'imsi': must have 6 to 15 digits"},
		{"\"123\"\"456\"" ONE TWO ",,,,", "column 'imsi': must have 6 to 15 digits"},
		{"123456,," TWO ",,,,", "column 'k': must have 32 hexadecimal digits"},
		{"123456,1" ONE TWO ",,,", "column 'k': must have 32 hexadecimal digits"},
		{"123456,0" TWO "," TWO ",,,,", "column 'k': must have 32 hexadecimal digits"},
		{"123456,0000000000000000000000000000000g," TWO ",,,,",
			"column 'k': has a character that is no hexadecimal digit"},
		{"123456,0000000000000000/000000000000000," TWO ",,,,",
			"column 'k': has a character that is no hexadecimal digit"},
		{"123456" ONE "0000000000000:000000000000000000,,,,",
			"column 'opc': has a character that is no hexadecimal digit"},
		{"123456" ONE "@0000000000000000000000000000000,,,,",
			"column 'opc': has a character that is no hexadecimal digit"},
		{"123456" ONE "`0000000000000000000000000000000,,,,",
			"column 'opc': has a character that is no hexadecimal digit"},
		{"123456" ONE "\xc3\xa4"
		 "000000000000000000000000000000,,,,",
			"column 'opc': has a character that is no hexadecimal digit"},
		{"123456" ONE "1,,,,", "column 'opc': must have 32 hexadecimal digits"},
		{"123456" ONE TWO ",000,,,", "column 'amf': must have 4 hexadecimal digits"},
		{"123456" ONE TWO ",00000,,,", "column 'amf': must have 4 hexadecimal digits"},
		{"123456" ONE TWO ",0x00,,,", "column 'amf': must have 4 hexadecimal digits"},
		{"123456" ONE TWO ",,gba_me,,", "column 'gba': must be gba or gba_u"},
		{"123456" ONE TWO ",,GBA,,", "column 'gba': must be gba or gba_u"},
		{"123456" ONE TWO ",,,0,",
			"column 'lifetime': must be a number of seconds from 1 to 4294967295"},
		{"123456" ONE TWO ",,,-1,",
			"column 'lifetime': must be a number of seconds from 1 to 4294967295"},
		{"123456" ONE TWO ",,,4294967296,",
			"column 'lifetime': must be a number of seconds from 1 to 4294967295"},
		{"123456" ONE TWO ",,,18446744073709551617,",
			"column 'lifetime': must be a number of seconds from 1 to 4294967295"},
		{"123456" ONE TWO ",,,1h,",
			"column 'lifetime': must be a number of seconds from 1 to 4294967295"},
		{"123456" ONE TWO ",,,,1", "column 'mnc_length': must be 2 or 3"},
		{"123456" ONE TWO ",,,,22", "column 'mnc_length': must be 2 or 3"},
		{"123456" ONE TWO ",,,", "the row has fewer fields than the header"},
		{"123456", "the row has fewer fields than the header"},
		{"123456" ONE TWO ",,,,,", "the row has more fields than the header"},
		{"123456" ONE TWO ",,,,,,,,,,,", "the row has more fields than the header"},
		{"\"123456" ONE TWO ",,,,", "a quoted field is not closed on its line"},
		{"\"", "a quoted field is not closed on its line"},
		{"\"123456\"7" ONE TWO ",,,,", "text follows a closing quote"},
		{"999999" ONE TWO ",,,,", "column 'imsi': is present already"},
	};
	char text[1024], report[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int crlf = 0; crlf < 2; crlf++) {
			const char *end = crlf ? "\r\n" : "\n";
			struct run run;

			run_init(&run, 10);
			(void)snprintf(text, sizeof(text),
				"imsi,k,opc,amf,gba,lifetime,mnc_length%s"
				"999999" ONE TWO ",,,,%s%s# comment%s%s%s"
				"888888" ONE TWO ",,,,%s",
				end, end, end, end, rows[i].row, end, end);
			(void)snprintf(report, sizeof(report), "t.csv:5: %s\n", rows[i].report);
			assert_int_equal(run_import(&run, text), 0);
			assert_string_equal(run.reports, report);
			assert_int_equal(run.result.rows, 3);
			assert_int_equal(run.result.added, 2);
			assert_int_equal(run.result.rejected, 1);
			assert_int_equal(
				run.result.duplicates, strstr(rows[i].report, "already") != NULL);
			assert_non_null(find(&run, "999999"));
			assert_non_null(find(&run, "888888"));
			assert_null(find(&run, "123456"));
			run_fini(&run);
		}
	}
}

/* The settings for groups and NAFs, and what is wrong with some. */
static void
settings(void **state)
{
	static const struct {
		const char *row, *reason;
	} bad[] = {
		{"maybe,,,,,", "column 'may_create': must be yes or no"},
		{",NO,,,,", "column 'may_join': must be yes or no"},
		{",,1024,,,", "column 'create_limit': must be a number from 1 to 1023, or 0 for "
			      "the gateway's limit"},
		{",,,-1,,", "column 'join_limit': must be a number from 1 to 1023, or 0 for the "
			    "gateway's limit"},
		{",,,,256,", "column 'naf_groups': must be a number from 0 to 255, a sum of bits"},
		{",,,,,0x1", "column 'tags': must be a number from 0 to 255, a sum of bits"},
	};
	static const char header[] =
		"imsi,k,opc,may_create,may_join,create_limit,join_limit,naf_groups,tags\n";
	const struct mst_subs_profile *p;
	char text[1024], report[256];
	struct run run;

	(void)state;
	run_init(&run, 10);
	snprintf(text, sizeof(text),
		"%s123456" ONE TWO ",no,yes,3,1023,5,255\n234567" ONE TWO ",,,,,,\n", header);
	assert_int_equal(run_import(&run, text), 0);
	assert_int_equal(run.result.added, 2);
	p = mst_subs_profile(run.subs, find(&run, "123456"));
	assert_int_equal(p->flags, MST_SUBS_F_NO_CREATE);
	assert_int_equal(p->create_limit, 3);
	assert_int_equal(p->join_limit, 1023);
	assert_int_equal(p->naf_groups, 5);
	assert_int_equal(p->tags, 255);
	p = mst_subs_profile(run.subs, find(&run, "234567"));
	assert_int_equal(p->flags + p->create_limit + p->join_limit + p->naf_groups + p->tags, 0);
	run_fini(&run);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		run_init(&run, 10);
		snprintf(text, sizeof(text), "%s123456" ONE TWO ",%s\n", header, bad[i].row);
		snprintf(report, sizeof(report), "t.csv:2: %s\n", bad[i].reason);
		assert_int_equal(run_import(&run, text), 0);
		assert_string_equal(run.reports, report);
		run_fini(&run);
	}
}

/* Any order of columns, quotes, CRLF, byte order mark, comments; read in pieces of any size. */
static void
good_rows(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# subscribers\r\n"
		"\r\n"
		"gba,\"mnc_length\",opc,lifetime,imsi,amf,k\r\n"
		"gba_u,3," OC1 ",86400,001010000000001,b9b9," K1 "\r\n"
		"# 001010000000002\n"
		"\"gba\",\"2\",\"" OC1
		"\",\"1\",\"262011234\",\"FFFF\",\"465B5CE8B199B49FAA5F0A2EE238A6BC\"\n"
		",," OC1 ",,123456,," K1;
	struct run run;

	(void)state;
	for (size_t piece = 0; piece < sizeof(text); piece++) {
		const struct mst_subs_record *r;
		const struct mst_subs_profile *p;

		run_init(&run, 10);
		run.piece = piece;
		run.options.hss = 7;
		assert_int_equal(run_import(&run, text), 0);
		assert_string_equal(run.reports, "");
		assert_int_equal(run.result.rows, 3);
		assert_int_equal(run.result.added, 3);
		r = find(&run, "001010000000001");
		assert_non_null(r);
		assert_hex(r->k, K1);
		assert_hex(r->opc, OC1);
		p = mst_subs_profile(run.subs, r);
		assert_int_equal(p->amf, 0xb9b9);
		assert_int_equal(p->gba_type, MST_GBA_U);
		assert_int_equal(p->lifetime_s, 86400);
		assert_int_equal(p->mnc_size, 3);
		assert_int_equal(p->hss, 7);
		r = find(&run, "262011234");
		assert_non_null(r);
		assert_hex(r->k, K1);
		p = mst_subs_profile(run.subs, r);
		assert_int_equal(p->amf, 0xffff);
		assert_int_equal(p->lifetime_s, 1);
		r = find(&run, "123456");
		assert_non_null(r);
		p = mst_subs_profile(run.subs, r);
		assert_int_equal(p->amf, 0);
		assert_int_equal(p->gba_type, MST_GBA_ME);
		assert_int_equal(p->lifetime_s, 3600);
		assert_int_equal(p->mnc_size, 2);
		run_fini(&run);
	}
}

/* Every value of each octet of a key comes through. */
static void
key_digits(void **state)
{
	char text[256];

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		uint8_t key[16];
		char hex[33], upper[33];
		struct run run;

		for (unsigned i = 0; i < 16; i++)
			key[i] = (uint8_t)(v + i * 17);
		mst_hex_encode(key, 16, hex);
		for (unsigned i = 0; i < 33; i++)
			upper[i] = hex[i] >= 'a' ? (char)(hex[i] - 32) : hex[i];
		run_init(&run, 1);
		(void)snprintf(text, sizeof(text), "imsi,k,opc\n123456,%s,%s\n", hex, upper);
		assert_int_equal(run_import(&run, text), 0);
		assert_memory_equal(find(&run, "123456")->k, key, 16);
		assert_memory_equal(find(&run, "123456")->opc, key, 16);
		run_fini(&run);
	}
}

static void
op_becomes_opc(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, 10);
	assert_int_equal(mst_crypto_create(&run.options.crypto, NULL), 0);
	assert_int_equal(
		run_import(&run, "op,k,imsi\n" OP1 "," K1 ",001010000000001\n"
				 "x," K1 ",001010000000002\n" OP1 "," K1 ",001010000000003\n"),
		0);
	assert_string_equal(run.reports, "t.csv:3: column 'op': must have 32 hexadecimal digits\n");
	assert_hex(find(&run, "001010000000001")->opc, OC1);
	assert_hex(find(&run, "001010000000001")->k, K1);
	assert_hex(find(&run, "001010000000003")->opc, OC1);
	mst_crypto_destroy(run.options.crypto);
	run_fini(&run);
}

static void
wrap(const EVP_CIPHER *cipher, const uint8_t *key, const char *hex, char *wrapped)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t block[16];
	int size;

	assert_int_equal(mst_hex_decode(hex, 32, block, 16), 0);
	assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL), 1);
	assert_int_equal(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, block, &size, block, 16), 1);
	EVP_CIPHER_CTX_free(ctx);
	mst_hex_encode(block, 16, wrapped);
}

static void
transport_key(void **state)
{
	const EVP_CIPHER *cipher[2] = {EVP_aes_128_ecb(), EVP_aes_256_ecb()};
	uint8_t key[32];
	char k[33], opc[33], text[512];

	(void)state;
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1);
	for (int bits = 0; bits < 2; bits++) {
		struct run run;

		run_init(&run, 100);
		run.options.transport_key = key;
		run.options.transport_key_size = bits ? 32 : 16;
		wrap(cipher[bits], key, K1, k);
		wrap(cipher[bits], key, OC1, opc);
		(void)snprintf(text, sizeof(text),
			"imsi,ek,eopc\n123456,%s,%s\n12345,%s,%s\n123457,%s,%s\n", k, opc, k, opc,
			k, opc);
		assert_int_equal(run_import(&run, text), 0);
		assert_int_equal(run.result.added, 2);
		assert_hex(find(&run, "123456")->k, K1);
		assert_hex(find(&run, "123456")->opc, OC1);
		assert_hex(find(&run, "123457")->k, K1);
		/* Each of the two may be in the clear. */
		(void)snprintf(text, sizeof(text), "imsi,k,eopc\n123458," K1 ",%s\n", opc);
		assert_int_equal(run_import(&run, text), 0);
		assert_hex(find(&run, "123458")->k, K1);
		assert_hex(find(&run, "123458")->opc, OC1);
		(void)snprintf(text, sizeof(text), "imsi,ek,opc\n123459,%s," OC1 "\n", k);
		assert_int_equal(run_import(&run, text), 0);
		assert_hex(find(&run, "123459")->k, K1);
		assert_hex(find(&run, "123459")->opc, OC1);
		/* The OP goes with a key that is decrypted first. */
		assert_int_equal(mst_crypto_create(&run.options.crypto, NULL), 0);
		(void)snprintf(text, sizeof(text), "imsi,ek,op\n123460,%s," OP1 "\n", k);
		assert_int_equal(run_import(&run, text), 0);
		assert_hex(find(&run, "123460")->opc, OC1);
		mst_crypto_destroy(run.options.crypto);
		run_fini(&run);
	}
}

static void
bad_options(void **state)
{
	static const uint8_t key[24];
	static const struct mst_csv_options rows[] = {
		{.lifetime_s = 0, .mnc_size = 2},
		{.lifetime_s = 1, .mnc_size = 1},
		{.lifetime_s = 1, .mnc_size = 4},
		{.lifetime_s = 1, .mnc_size = 2, .hss = MST_HSS_MAX},
		{.lifetime_s = 1, .mnc_size = 2, .transport_key = key, .transport_key_size = 24},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run run;

		run_init(&run, 10);
		run.options = rows[i];
		assert_int_equal(run_import(&run, "imsi,k,opc\n"), -MST_E_ARGUMENT);
		run_fini(&run);
	}
}

/* Rows around the largest size, and lines far beyond the reader's block. */
static void
long_rows(void **state)
{
	static const size_t sizes[] = {MST_CSV_ROW_MAX - 1, MST_CSV_ROW_MAX, MST_CSV_ROW_MAX + 1,
		3000, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 1000000};
	char *text = malloc(1100000);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int comment = 0; comment < 2; comment++) {
			bool fits = sizes[i] <= MST_CSV_ROW_MAX;
			struct run run;
			size_t n;

			n = (size_t)sprintf(text, "imsi,k,opc\n123456" ONE TWO "\n");
			memset(text + n, '1', sizes[i]);
			if (comment)
				text[n] = '#';
			(void)sprintf(text + n + sizes[i], "\n123457" ONE TWO);
			run_init(&run, 10);
			assert_int_equal(run_import(&run, text), 0);
			if (comment)
				assert_string_equal(run.reports, "");
			else
				assert_string_equal(run.reports,
					fits ? "t.csv:3: the row has fewer fields than the header\n"
					     : "t.csv:3: the row is too long\n");
			assert_int_equal(run.result.added, 2);
			assert_non_null(find(&run, "123457"));
			run_fini(&run);
			/* The same as the last line, without its end. */
			text[n + sizes[i]] = '\0';
			run_init(&run, 10);
			assert_int_equal(run_import(&run, text), 0);
			assert_int_equal(run.result.rejected, !comment);
			run_fini(&run);
		}
	}
	free(text);
}

static void
reports_are_limited(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, 10);
	run.options.max_reports = 2;
	assert_int_equal(run_import(&run, "imsi,k,opc\n1\n2\n3\n4\n123456" ONE TWO), 0);
	assert_string_equal(run.reports, "t.csv:2: the row has fewer fields than the header\n"
					 "t.csv:3: the row has fewer fields than the header\n");
	assert_int_equal(run.result.rejected, 4);
	assert_int_equal(run.result.added, 1);
	run.options.on_report = NULL;
	assert_int_equal(run_import(&run, "imsi\n"), -MST_E_CSV);
	run_fini(&run);
}

static void
full_store(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, 2);
	assert_int_equal(run_import(&run, "imsi,k,opc\n123456" ONE TWO "\n1\n123457" ONE TWO
					  "\n123458" ONE TWO "\n2\n"),
		-MST_E_TABLE_FULL);
	assert_string_equal(run.reports, "t.csv:3: the row has fewer fields than the header\n"
					 "t.csv:5: the store is full with 2 subscribers\n");
	assert_int_equal(run.result.added, 2);
	assert_int_equal(run.result.rejected, 1);
	run_fini(&run);
}

static void
read_error(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, 10);
	run.fail = true;
	assert_int_equal(run_import(&run, "imsi,k,opc\n123456" ONE TWO "\n"), -MST_E_FILE);
	assert_int_equal(run.result.added, 1);
	assert_memory_equal(run.reports, "t.csv: ", 7);
	run_fini(&run);
}

static void
routed_elsewhere(void **state)
{
	static const struct mst_slf_range ranges[] = {
		{"123400", "123449", 3}, {"123450", "123459", 4}};
	struct mst_slf *slf;
	struct run run;
	unsigned bad;

	(void)state;
	assert_int_equal(mst_slf_create(&slf, ranges, 2, &bad), 0);
	run_init(&run, 10);
	run.options.slf = slf;
	run.options.hss = 4;
	assert_int_equal(run_import(&run, "imsi,k,opc\n123449" ONE TWO "\n123450" ONE TWO
					  "\n123459" ONE TWO "\n123460" ONE TWO "\n"),
		0);
	assert_string_equal(run.reports, "t.csv:2: column 'imsi': is in no range of this HSS\n"
					 "t.csv:5: column 'imsi': is in no range of this HSS\n");
	assert_int_equal(run.result.added, 2);
	mst_slf_destroy(slf);
	run_fini(&run);
}

static void
too_many_profiles(void **state)
{
	size_t room = 2000000, n;
	char *text = malloc(room);
	struct run run;

	(void)state;
	assert_non_null(text);
	run_init(&run, 20000);
	n = (size_t)sprintf(text, "imsi,k,opc,lifetime\n");
	for (unsigned i = 0; i < MST_SUBS_PROFILES_MAX + 1; i++)
		n += (size_t)snprintf(text + n, room - n, "%u" ONE TWO ",%u\n", 100000 + i, i + 1);
	(void)snprintf(text + n, room - n, "999999" ONE TWO ",1\n");
	assert_int_equal(run_import(&run, text), 0);
	assert_string_equal(run.reports, "t.csv:16386: the store has no room for further "
					 "combinations of settings\n");
	assert_int_equal(run.result.added, MST_SUBS_PROFILES_MAX + 1);
	free(text);
	run_fini(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(bad_rows),
		cmocka_unit_test(settings),
		cmocka_unit_test(good_rows),
		cmocka_unit_test(key_digits),
		cmocka_unit_test(op_becomes_opc),
		cmocka_unit_test(transport_key),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(long_rows),
		cmocka_unit_test(reports_are_limited),
		cmocka_unit_test(full_store),
		cmocka_unit_test(read_error),
		cmocka_unit_test(routed_elsewhere),
		cmocka_unit_test(too_many_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
