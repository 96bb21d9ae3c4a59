/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams nobody should send, and the exact answers: {what, datagram, answer or NULL, drop,
 * outcome or -1}. In front: Confirmable POST, message id 1234, token aabbccdd. Included by
 * hostile_test.c.
 */
/* clang-format off */
#define CON      "44021234aabbccdd"
#define NON      "54021234aabbccdd"
#define RESET    "70001234"
#define SAY(code) "64" code "1234aabbccdd"
#define BSF      CON "b3627366"           /* Uri-Path: bsf */
#define UB       BSF "113cff"             /* Content-Format 60, payload */
#define MANAGE   CON "b66d616e616765"
#define GROUP    CON "b96163652d67726f7570"
#define GID      "0d0330313233343536373839616263646566"
#define IMSI     "016f303031303130303030303030303031"
#define B16      "5000112233445566778899aabbccddeeff"

static const struct row {
	const char *what, *request, *answer;
	enum mst_err drop;
	int outcome;
} rows[] = {
	/* Headers, tokens, types */
	{"nothing at all", "", NULL, MST_E_COAP_HEADER, -1},
	{"three octets", "440212", NULL, MST_E_COAP_HEADER, -1},
	{"version 0", "04021234aabbccdd", NULL, MST_E_COAP_HEADER, -1},
	{"version 2", "84021234aabbccdd", NULL, MST_E_COAP_HEADER, -1},
	{"token of 9, CON", "49021234000102030405060708", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"token of 15, CON", "4f021234000102030405060708090a0b0c0d0e", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"token of 9, NON", "59021234000102030405060708", NULL, MST_E_COAP_HEADER, -1},
	{"token cut off, CON", "44021234aabbcc", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"token cut off, NON", "54021234aabbcc", NULL, MST_E_COAP_HEADER, -1},
	{"ping", "40001234", RESET, 0, GW_COAP_RESETS},
	{"ping with a token", "44001234aabbccdd", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"ping with more", "4000123400", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"empty NON", "50001234", NULL, MST_E_COAP_TYPE, -1},
	{"empty ACK", "60001234", NULL, MST_E_COAP_RESPONSE, -1},
	{"Reset", "70001234", NULL, MST_E_COAP_RESPONSE, -1},
	{"request as ACK", "64021234aabbccdd", NULL, MST_E_COAP_TYPE, -1},
	{"request as Reset", "74021234aabbccdd", NULL, MST_E_COAP_TYPE, -1},
	{"response, CON", "44451234aabbccddff00", RESET, MST_E_COAP_RESPONSE, GW_COAP_RESETS},
	{"response, NON", "54451234aabbccddff00", NULL, MST_E_COAP_RESPONSE, -1},
	{"response, ACK", "64451234aabbccddff00", NULL, MST_E_COAP_RESPONSE, -1},
	{"error response, CON", "44811234aabbccdd", RESET, MST_E_COAP_RESPONSE, GW_COAP_RESETS},
	{"class 1", "44201234aabbccdd", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"class 6", "44c01234aabbccdd", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	{"class 7", "44e11234aabbccdd", RESET, MST_E_COAP_HEADER, GW_COAP_RESETS},
	/* Options */
	{"delta extension cut off", CON "d3", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"length extension cut off", CON "be01", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"value past the end", CON "b4627366", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"value past the end, NON", NON "b4627366", NULL, MST_E_COAP_OPTION, -1},
	{"length of 65804", CON "beffff00", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"reserved delta", CON "f0", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"reserved length", CON "bf627366", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"marker without payload", BSF "ff", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"option 65536", CON "e0fef210", RESET, MST_E_COAP_OPTION, GW_COAP_RESETS},
	{"critical If-Match", CON "10a3627366113cffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"critical If-None-Match", CON "5063627366113cffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"critical, unknown", BSF "113ce0fde0ffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"two Uri-Host", CON "3161016183627366113cffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"empty Uri-Host", CON "3083627366113cffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Uri-Port of 3 octets", CON "7300163343627366113cffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Block1", BSF "113cd10208ffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Block2", BSF "113cb106ffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Proxy-Uri", BSF "113cd50a" "636f61703aff" "a1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Proxy-Scheme", BSF "113cd40e636f6170ffa1" IMSI, SAY("82"), MST_E_COAP_CRITICAL, -1},
	/* Paths and methods */
	{"no path", CON, SAY("84"), MST_E_COAP_PATH, -1},
	{"empty segment", CON "b0", SAY("84"), MST_E_COAP_PATH, -1},
	{"unknown path", CON "b3627367", SAY("84"), MST_E_COAP_PATH, -1},
	{"capitals", CON "b3425346", SAY("84"), MST_E_COAP_PATH, -1},
	{"path with a terminator", CON "b462736600", SAY("84"), MST_E_COAP_PATH, -1},
	{"below /bsf", BSF "0161", SAY("84"), MST_E_COAP_PATH, -1},
	{"/bsf with a query", BSF "113c3161ffa1" IMSI, SAY("84"), MST_E_COAP_PATH, -1},
	{"/ace-group", GROUP, SAY("84"), MST_E_COAP_PATH, -1},
	{"G-ID of 15", GROUP "0d02303132333435363738396162636465", SAY("84"), MST_E_COAP_PATH, -1},
	{"G-ID of 17", GROUP "0d043031323334353637383961626364656630", SAY("84"), MST_E_COAP_PATH, -1},
	{"G-ID in capitals", GROUP "0d0330313233343536373839414243444546", SAY("84"), MST_E_COAP_PATH, -1},
	{"G-ID with other characters", GROUP "0d03303132333435363738396162636465e6", SAY("84"), MST_E_COAP_PATH, -1},
	{"creds of a group", GROUP GID "056372656473", SAY("84"), MST_E_COAP_PATH, -1},
	{"node of a group", GROUP GID "056e6f6465730131", SAY("84"), MST_E_COAP_PATH, -1},
	{"seven segments", CON "b16101610161016101610161" "0161", SAY("84"), MST_E_COAP_PATH, -1},
	{"a hundred segments", CON "b161"
		"01610161016101610161016101610161016101610161016101610161016101610161016101610161"
		"01610161016101610161016101610161016101610161016101610161016101610161016101610161",
		SAY("84"), MST_E_COAP_PATH, -1},
	{"GET /bsf", "44011234aabbccddb3627366", SAY("85"), MST_E_COAP_METHOD, -1},
	{"PUT /bsf", "44031234aabbccddb3627366", SAY("85"), MST_E_COAP_METHOD, -1},
	{"method 0.31 on /bsf", "441f1234aabbccddb3627366", SAY("85"), MST_E_COAP_METHOD, -1},
	{"POST /.well-known/core", CON "bb2e77656c6c2d6b6e6f776e04636f7265", SAY("85"), MST_E_COAP_METHOD, -1},
	{"Accept 61 on /bsf", BSF "113c513dffa1" IMSI, SAY("86"), MST_E_COAP_ACCEPT, -1},
	{"Accept 60 on /.well-known/core", "44011234aabbccddbb2e77656c6c2d6b6e6f776e04636f7265613c",
		SAY("86"), MST_E_COAP_ACCEPT, -1},
	{"no Content-Format", BSF "ffa1" IMSI, SAY("8f"), MST_E_COAP_FORMAT, -1},
	{"Content-Format 0", BSF "10ffa1" IMSI, SAY("8f"), MST_E_COAP_FORMAT, -1},
	{"Content-Format 261", BSF "120105ffa1" IMSI, SAY("8f"), MST_E_COAP_FORMAT, -1},
	{"negotiation in Content-Format 0", MANAGE "10ffa1" IMSI, SAY("8f"), MST_E_COAP_FORMAT, -1},
	/* CBOR */
	{"no payload", BSF "113c", SAY("80"), MST_E_CBOR_MISSING, -1},
	{"empty map", UB "a0", SAY("80"), MST_E_CBOR_MISSING, -1},
	{"only pad", UB "a10f40", SAY("80"), MST_E_CBOR_MISSING, -1},
	{"indefinite map", UB "bf" IMSI "ff", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"indefinite text", UB "a1017f6f303031303130303030303030303031ff", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"indefinite pad", UB "a2" IMSI "0f5f4100ff", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"long key", UB "a118016f303031303130303030303030303031", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"long length", UB "a101780f303031303130303030303030303031", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"long map head", UB "b801" IMSI, SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"IMSI twice", UB "a2" IMSI IMSI, SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"keys out of order", UB "a20f40" IMSI, SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"unknown key twice", UB "a3" IMSI "18640018640" "0", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"array", UB "81" IMSI, SAY("80"), MST_E_CBOR_TYPE, -1},
	{"integer", UB "01", SAY("80"), MST_E_CBOR_TYPE, -1},
	{"tagged map", UB "c6a1" IMSI, SAY("80"), MST_E_CBOR_TYPE, -1},
	{"IMSI as bytes", UB "a1014f303031303130303030303030303031", SAY("80"), MST_E_CBOR_TYPE, -1},
	{"IMSI as number", UB "a1011a000f4240", SAY("80"), MST_E_CBOR_TYPE, -1},
	{"IMSI null", UB "a101f6", SAY("80"), MST_E_CBOR_TYPE, -1},
	{"cookie as text", UB "a2056161065000112233445566778899aabbccddeeff", SAY("80"), MST_E_CBOR_TYPE, -1},
	{"text key", UB "a1616100", SAY("80"), MST_E_CBOR_MISSING, -1},
	{"octet behind the map", UB "a1" IMSI "00", SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"map cut off", UB "a2" IMSI, SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"text cut off", UB "a1016f3030313031", SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"map of 2^64-1 pairs", UB "bbffffffffffffffff" IMSI, SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"pad of 2^64-1 octets", UB "a2" IMSI "0f5bffffffffffffffff00", SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"reserved head", UB "a1" "1864" "1c", SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"break alone", UB "ff", SAY("80"), MST_E_CBOR_TYPE, -1},
	{"broken UTF-8", UB "a10166c328c328c328", SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"nine arrays", UB "a2" IMSI "1864818181818181818180", SAY("80"), MST_E_CBOR_DEPTH, -1},
	{"IMSI of 5", UB "a101653030313031", SAY("80"), MST_E_CBOR_RANGE, -1},
	{"IMSI of 16", UB "a1017030303130313030303030303030303131", SAY("80"), MST_E_CBOR_RANGE, -1},
	{"IMSI with a letter", UB "a1016f30303130313030303030303030306f", SAY("80"), MST_E_IDENTITY, -1},
	{"IMPI without realm", UB "a1026f303031303130303030303030303031", SAY("80"), MST_E_IDENTITY, -1},
	{"IMPI of another home", UB "a102782730303130313030303030303030303140" "696d732e6d6e633030322e6d63633030312e336770706e6574776f726b2e6f7267",
		SAY("80"), MST_E_IDENTITY, -1},
	{"IMSI and IMPI of two", UB "a2" IMSI "02782730303130313030303030303030303240"
		"696d732e6d6e633030312e6d63633030312e336770706e6574776f726b2e6f7267",
		SAY("80"), MST_E_IDENTITY, -1},
	{"RAND of 15", UB "a2" IMSI "034f00112233445566778899aabbccddee", SAY("80"), MST_E_CBOR_RANGE, -1},
	{"proof alone", UB "a106" B16, SAY("80"), MST_E_CBOR_MISSING, -1},
	{"cookie alone", UB "a105" B16, SAY("80"), MST_E_CBOR_MISSING, -1},
	{"AUTS alone", UB "a1074e00112233445566778899aabbccdd", SAY("80"), MST_E_CBOR_MISSING, -1},
	{"proof and AUTS", UB "a305" B16 "06" B16 "074e00112233445566778899aabbccdd", SAY("80"), MST_E_CBOR_RANGE, -1},
	{"proof of 15", UB "a205" B16 "064f00112233445566778899aabbccddee", SAY("80"), MST_E_CBOR_RANGE, -1},
	{"AUTS of 15", UB "a205" B16 "074f00112233445566778899aabbccddee", SAY("80"), MST_E_CBOR_RANGE, -1},
	{"empty cookie", UB "a2054006" B16, SAY("80"), MST_E_CBOR_RANGE, -1},
	{"cookie of 41", UB "a2055829" "0001020304050607080900010203040506070809000102030405060708090001020304050607080900" "06" B16,
		SAY("80"), MST_E_CBOR_RANGE, -1},
	{"cookie of 15", UB "a2054f00112233445566778899aabbccddee06" B16, SAY("81"), MST_E_COOKIE_FORGED, -1},
	{"cookie of 17", UB "a2055100112233445566778899aabbccddeeff0006" B16, SAY("81"), MST_E_COOKIE_FORGED, -1},
	{"cookie of zeros", UB "a205500000000000000000000000000000000006" B16, SAY("81"), MST_E_COOKIE_FORGED, -1},
	{"cookie of nobody", UB "a205" B16 "06" B16, SAY("81"), MST_E_COOKIE_FORGED, -1},
	{"cookie of nobody, AUTS", UB "a205" B16 "074e00112233445566778899aabbccdd", SAY("81"), MST_E_COOKIE_FORGED, -1},
	{"negotiation, indefinite", MANAGE "113cffbf" IMSI "ff", SAY("80"), MST_E_CBOR_ENCODING, -1},
	{"negotiation, trailing octet", GROUP GID "113cffa1" IMSI "00", SAY("80"), MST_E_CBOR_MALFORMED, -1},
	{"negotiation too small for its answer", MANAGE, NULL, MST_E_COAP_AMPLIFY, GW_HINTS},
	/* OSCORE */
	{"empty option", CON "90ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"flags of zero", CON "9100ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"reserved flags", CON "99800001020304050607ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"reserved flag of groups", CON "99290001020304050607ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"no Partial IV", CON "980801020304050607ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"no kid", CON "920100ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"Partial IV of 6", CON "9d010e00010203040501020304050607ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"Partial IV with leading zero", CON "9a0a000101020304050607ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"Partial IV cut off", CON "920c00ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"kid context past the end", CON "9a19001001020304050607ff00", SAY("82"), MST_E_OSCORE_OPTION, -1},
	{"two OSCORE options", CON "9909000102030405060709" "0001020304050607ff00", SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"kid of 6", CON "980900010203040506ff00", SAY("81"), MST_E_OSCORE_KID, -1},
	{"kid of 8", CON "9a09000102030405060708ff00", SAY("81"), MST_E_OSCORE_KID, -1},
	{"empty kid", CON "920900ff00", SAY("81"), MST_E_OSCORE_KID, -1},
	{"unknown kid", CON "99090001020304050607ff00112233445566778899", SAY("81"), MST_E_OSCORE_KID, -1},
	{"unknown kid without payload", CON "99090001020304050607", SAY("81"), MST_E_OSCORE_KID, -1},
	{"kid context of 33", CON "9d1e190021" "0001020304050607080900010203040506070809000102030405060708090001" "02"
		"01020304050607ff00", SAY("81"), MST_E_OSCORE_KID, -1},
	{"kid context of another kid", CON "9d0d190010" "00112233445566778899aabbccddeeff" "01020304050607ff00",
		SAY("81"), MST_E_OSCORE_KID, -1},
	{"kid context of 15", CON "9d0c19000f" "00112233445566778899aabbccddee" "00112233445566ff00",
		SAY("81"), MST_E_OSCORE_KID, -1},
	{"kid context of nobody", CON "9d0d190010" "00112233445566778899aabbccddeeff" "00112233445566ff00",
		SAY("81"), MST_E_COOKIE_FORGED, -1},
	{"GET outside", "44011234aabbccdd99090001020304050607ff00", SAY("85"), MST_E_COAP_METHOD, -1},
	{"FETCH outside", "44051234aabbccdd99090001020304050607ff00", SAY("85"), MST_E_COAP_METHOD, -1},
	{"Uri-Path outside", CON "9909000102030405060723627366ff00", SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Uri-Query outside", CON "990900010203040506076161ff00", SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Accept outside", CON "9909000102030405060780ff00", SAY("82"), MST_E_COAP_CRITICAL, -1},
	{"Block1 outside", CON "99090001020304050607d10508ff00", SAY("82"), MST_E_COAP_CRITICAL, -1},
};

/** Elective and known options that change nothing: all are challenged, as the one without them. */
static const struct {
	const char *what, *request;
} harmless[] = {
	{"plain", UB "a1" IMSI},
	{"Uri-Host and Uri-Port", CON "396c6f63616c686f737442163343627366113cffa1" IMSI},
	{"ETag", CON "440102030473627366113cffa1" IMSI},
	{"Observe", CON "6053627366113cffa1" IMSI},
	{"Max-Age", BSF "113c213cffa1" IMSI},
	{"Content-Format twice", BSF "113c00ffa1" IMSI},
	{"Accept 60", BSF "113c513cffa1" IMSI},
	{"Size1", BSF "113cd12310ffa1" IMSI},
	{"Echo", BSF "113cd2e30102ffa1" IMSI},
	{"elective, unknown", BSF "113ce1fde100ffa1" IMSI},
	{"unknown keys", UB "a4" IMSI "0f40186480391388a0"},
	{"unknown text key", UB "a2" IMSI "616100"},
};

#define KEY_GID  "33303132333435363738396162636465"
#define JOIN     "a23a000100006f3439303135343230333233373531383a0001000100"
#define POST_MANAGE "02b66d616e616765120105ff"
/** A group's path but for the G-ID that nobody has. */
#define POST_NONE "02b96163652d67726f75700d0330303030303030303030303030306161120105ff"

/** Plaintexts of requests in a session, and the plaintexts of their answers. */
static const struct {
	const char *what, *request, *answer;
	enum mst_err drop;
} inner[] = {
	{"response inside", "45ff00", "80", MST_E_OSCORE_INNER},
	{"empty code", "00", "80", MST_E_OSCORE_INNER},
	{"reserved class", "20", "80", MST_E_OSCORE_INNER},
	{"option cut off", "02b66d61", "80", MST_E_OSCORE_INNER},
	{"marker without payload", "02b66d616e616765ff", "80", MST_E_OSCORE_INNER},
	{"critical", "01e0fde0", "82", MST_E_COAP_CRITICAL},
	{"OSCORE in OSCORE", "019027" "73657373696f6e", "82", MST_E_COAP_CRITICAL},
	{"Block2", "01b773657373696f6ec0" , "82", MST_E_COAP_CRITICAL},
	{"no path", "01", "84", MST_E_COAP_PATH},
	{"/bsf", "02b3627366113cffa1" IMSI, "84", MST_E_COAP_PATH},
	{"/.well-known/core", "01bb2e77656c6c2d6b6e6f776e04636f7265", "84", MST_E_COAP_PATH},
	{"query", "01b773657373696f6e4161", "84", MST_E_COAP_PATH},
	{"GET /manage", "01b66d616e616765", "85", MST_E_COAP_METHOD},
	{"DELETE /session", "04b773657373696f6e", "85", MST_E_COAP_METHOD},
	{"PUT group", "03b96163652d67726f75700d0330303030303030303030303030306161", "85", MST_E_COAP_METHOD},
	{"Accept 60 on /manage", "02b66d616e616765120105513cff" JOIN, "86", MST_E_COAP_ACCEPT},
	{"Accept 261 on /session", "01b773657373696f6e620105", "86", MST_E_COAP_ACCEPT},
	{"no Content-Format", "02b66d616e616765ff" JOIN, "8f", MST_E_COAP_FORMAT},
	{"Content-Format 60", "02b66d616e616765113cff" JOIN, "8f", MST_E_COAP_FORMAT},
	{"no payload", "02b66d616e616765120105", "80", MST_E_CBOR_MALFORMED},
	{"empty map", POST_MANAGE "a0", "80", MST_E_CBOR_MISSING},
	{"no store", POST_MANAGE "a13a000100006f343930313534323033323337353138", "80", MST_E_CBOR_MISSING},
	{"no IMEI", POST_MANAGE "a13a0001000100", "80", MST_E_CBOR_MISSING},
	{"indefinite map", POST_MANAGE "bf3a000100006f3439303135343230333233373531383a0001000100ff", "80", MST_E_CBOR_ENCODING},
	{"keys out of order", POST_MANAGE "a23a00010001003a000100006f343930313534323033323337353138", "80", MST_E_CBOR_ENCODING},
	{"key twice", POST_MANAGE "a33a000100006f3439303135343230333233373531383a00010001003a0001000100", "80", MST_E_CBOR_ENCODING},
	{"trailing octet", POST_MANAGE JOIN "00", "80", MST_E_CBOR_MALFORMED},
	{"IMEI as bytes", POST_MANAGE "a23a000100004f3439303135343230333233373531383a0001000100", "80", MST_E_CBOR_TYPE},
	{"IMEI of 13", POST_MANAGE "a23a000100006d343930313534323033323337353a0001000100", "80", MST_E_CBOR_RANGE},
	{"IMEI with a letter", POST_MANAGE "a23a000100006f3439303135343230333233373531783a0001000100", "80", MST_E_GROUP_REQUEST},
	{"store 2", POST_MANAGE "a23a000100006f3439303135343230333233373531383a0001000102", "80", MST_E_CBOR_RANGE},
	{"store in the UICC", POST_MANAGE "a23a000100006f3439303135343230333233373531383a0001000101", "80", MST_E_GROUP_STORAGE},
	{"scope on /manage", POST_MANAGE "a303528170" "30303030303030303030303030306161" "3a000100006f3439303135343230333233373531383a0001000100", "80", MST_E_GROUP_REQUEST},
	{"scope of another group", POST_NONE "a303528170" "30303030303030303030303030306162" "3a000100006f3439303135343230333233373531383a0001000100", "80", MST_E_GROUP_REQUEST},
	{"scope of no CBOR", POST_NONE "a30341ff3a000100006f3439303135343230333233373531383a0001000100", "80", MST_E_CBOR_TYPE},
	{"unknown G-ID", POST_NONE JOIN, "84", MST_E_GROUP_UNKNOWN},
	{"read of an unknown G-ID", "01b96163652d67726f75700d0330303030303030303030303030306161", "84", MST_E_GROUP_UNKNOWN},
	{"number of an unknown G-ID", "01b96163652d67726f75700d0330303030303030303030303030306161036e756d", "84", MST_E_GROUP_UNKNOWN},
};
/* clang-format on */
