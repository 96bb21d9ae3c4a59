/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples_run.h"

#include <stdio.h>

#include "aka/sqn.h"
#include "examples_doc.h"

static struct mst_crypto *engine;
static struct mst_oscore_profile profile;
static struct mst_cookie_keys cookie_keys;
static struct mst_ub_hints hints;
static struct mst_naf_id naf_id;
static mst_b16 op, k[MST_LANES], opc[MST_LANES], cookie_key;
static uint64_t imsi[MST_LANES];

/* The exchange at hand. */
static uint8_t octets[512];
static struct mst_coap_build build;
static uint16_t mid = 0x7d00;
static uint16_t own_mid = 0x9100; /* the gateway's */
static uint8_t token[4] = {0xc0, 0xa1, 0x00, 0x00};
static int request_size;

void
ex_init(struct mst_crypto *crypto)
{
	const struct mst_oscore_params params = {
		.master_secret_size = 32,
		.id_context_size = 16,
		.client_id_size = MST_CLIENT_ID,
		.server_id = (const uint8_t[]){MST_SERVER_ID},
		.server_id_size = 1,
	};
	const uint8_t *ua = (const uint8_t *)EX_UA;

	engine = crypto;
	unhex("465b5ce8b199b49faa5f0a2ee238a6bc", k[0], 16);
	unhex("cdc202d5123e20f62b6d676ac72cb318", op, 16);
	unhex("000102030405060708090a0b0c0d0e0f", cookie_key, 16);
	memcpy(opc[0], op, 16);
	mst_milenage_opc_burst(engine, 1, k, opc, opc);
	assert_int_equal(mst_imsi_encode(EX_IMSI, 15, &imsi[0]), 0);
	assert_int_equal(mst_oscore_profile_init(&profile, engine, &params), 0);
	assert_int_equal(mst_naf_id_init(&naf_id, EX_NAF, strlen(EX_NAF), ua), 0);
	assert_int_equal(mst_ub_hints_init(&hints, "/bsf", 4, EX_NAF, strlen(EX_NAF), ua), 0);
	mst_cookie_keys_init(engine, &cookie_keys, cookie_key);
}

const uint8_t *
ex_opc(void)
{
	return opc[0];
}

const struct mst_ub_hints *
ex_hints(void)
{
	return &hints;
}

static void
make_challenge(struct ex_run *run, uint64_t tick, uint64_t dif, uint16_t nonce)
{
	static const uint16_t amf[MST_LANES];
	static const uint8_t amf_octets[2];
	struct mst_cookie_cols cookie = {.imsi = {imsi[0]}, .ind = {EX_IND}, .nonce = {nonce}};
	const struct mst_milenage_in in = {k, opc, run->rand, run->sqn, amf};
	static struct mst_autn_cols usim;
	uint8_t want[16], sqn[6];

	mst_put_be64(run->cookie_block, imsi[0] << 14 | EX_IND << 9 | nonce);
	mst_put_be64(run->cookie_block + 8, tick << 32);
	mst_cookie_issue_burst(engine, 1, &cookie_keys, tick, &cookie, run->rand);
	ref_aes(cookie_key, run->cookie_block, want);
	assert_memory_equal(run->rand[0], want, 16);

	run->sqn[0] = mst_sqn_make(tick, dif, EX_IND);
	mst_put_be48(sqn, run->sqn[0]);
	mst_milenage_burst(engine, 1, MST_MILENAGE_F1 | MST_MILENAGE_F2345, &in, &run->aka);
	mst_autn_make_burst(engine, 1, run->gba_u, &in, run->autn);
	ref_milenage(k[0], op, run->rand[0], sqn, amf_octets, &run->ref);
	ref_autn(&run->ref, sqn, amf_octets, run->gba_u, want);
	assert_memory_equal(opc[0], run->ref.opc, 16);
	assert_memory_equal(run->autn[0], want, 16);
	assert_memory_equal(run->aka.res[0], run->ref.res, 8);
	assert_memory_equal(run->aka.ck[0], run->ref.ck, 16);
	assert_memory_equal(run->aka.ik[0], run->ref.ik, 16);
	assert_true(mst_autn_check_burst(engine, 1, run->gba_u, &in, run->autn, &usim) == 1);
	assert_true(usim.sqn[0] == run->sqn[0]);
}

static void
make_keys(struct ex_run *run)
{
	static const uint8_t mnc_size[MST_LANES] = {2};
	const struct mst_gba_naf_in in = {run->rand, imsi, mnc_size, &naf_id};
	const char *label = run->gba_u ? "gba-u" : "gba-me";
	const struct ref_p p[] = {{label, strlen(label)}, {run->rand[0], 16},
		{EX_IMPI, strlen(EX_IMPI)}, {EX_NAF EX_UA, strlen(EX_NAF) + 5}};
	uint8_t want[32];

	mst_gba_key_burst(engine, 1, run->aka.ck, run->aka.ik, &run->ks);
	mst_gba_ks_naf_burst(engine, 1, run->gba_u, &run->ks, &in, run->ks_naf);
	run->s_naf_size = ref_kdf(&run->ref, 0x01, p, COUNT(p), run->s_naf, want);
	assert_memory_equal(run->ks_naf[0], want, 32);

	memcpy(run->client_id[0], run->rand[0], MST_CLIENT_ID);
	mst_oscore_derive_burst(engine, &profile, 1, (const mst_b32 *)run->ks_naf,
		(const mst_b16 *)run->rand, (const mst_oscore_id *)run->client_id, &run->keys);
	ref_oscore(want, run->rand[0], &run->ref_oscore);
	assert_memory_equal(run->keys.client_key[0], run->ref_oscore.client_key, 16);
	assert_memory_equal(run->keys.server_key[0], run->ref_oscore.server_key, 16);
	assert_memory_equal(run->keys.common_iv[0], run->ref_oscore.common_iv, 13);
}

static void
make_proofs(struct ex_run *run)
{
	static const uint8_t server_id[MST_LANES] = {MST_SERVER_ID}, size[MST_LANES] = {16};
	static const uint32_t lifetime[MST_LANES] = {EX_LIFETIME};
	const uint8_t *rand[MST_LANES] = {run->rand[0]};
	const char *btid[MST_LANES] = {run->btid};
	uint8_t btid_size[MST_LANES], want[32], be[4];
	const struct mst_gba_device_in device = {run->aka.res, rand, size, imsi};
	const struct mst_gba_bsf_in bsf = {
		run->device_proof, lifetime, rand, server_id, btid, btid_size};
	const struct ref_p pd[] = {
		{"ub-ue", 5}, {run->ref.res, 8}, {run->rand[0], 16}, {EX_IMSI, strlen(EX_IMSI)}};

	mst_gba_proof_device_burst(engine, 1, &run->ks, &device, run->device_proof);
	run->s_device_size = ref_kdf(&run->ref, 0xf0, pd, COUNT(pd), run->s_device, want);
	assert_memory_equal(run->device_proof[0], want, 16);

	run->btid_size = mst_btid_build(run->rand[0], EX_BSF, strlen(EX_BSF), run->btid);
	btid_size[0] = (uint8_t)run->btid_size;
	mst_gba_proof_bsf_burst(engine, 1, &run->ks, &bsf, run->bsf_proof);
	mst_put_be32(be, EX_LIFETIME);
	const struct ref_p pb[] = {{"ub-bsf", 6}, {want, 16}, {be, 4}, {run->rand[0], 7},
		{server_id, 1}, {run->btid, run->btid_size}};
	run->s_bsf_size = ref_kdf(&run->ref, 0xf0, pb, COUNT(pb), run->s_bsf, want);
	assert_memory_equal(run->bsf_proof[0], want, 16);
}

void
ex_begin(struct ex_run *run, uint64_t tick, uint64_t dif, uint16_t nonce, bool gba_u)
{
	memset(run, 0, sizeof(*run));
	run->gba_u = gba_u;
	run->own_piv = EX_EPOCH << 16;
	make_challenge(run, tick, dif, nonce);
	make_keys(run);
	make_proofs(run);
}

void
ex_auts(const struct ex_run *run, uint64_t sqn_ms, mst_auts auts)
{
	static const uint8_t amf[2];
	const struct mst_milenage_in in = {k, opc, run->rand, NULL, NULL};
	uint64_t sqn[MST_LANES] = {sqn_ms}, back[MST_LANES];
	struct ref_milenage ref;
	uint8_t want[14], be[6];
	mst_auts made[MST_LANES];

	mst_auts_make_burst(engine, 1, &in, sqn, made);
	mst_put_be48(be, sqn_ms);
	ref_milenage(k[0], op, run->rand[0], be, amf, &ref);
	ref_auts(&ref, be, want);
	assert_memory_equal(made[0], want, 14);
	assert_true(mst_auts_check_burst(engine, 1, &in, (const mst_auts *)made, back) == 1);
	assert_true(back[0] == sqn_ms);
	memcpy(auts, made[0], 14);
}

struct mst_coap_build *
ex_request(uint8_t code, const char *path)
{
	token[3]++;
	mst_coap_build_init(
		&build, octets, sizeof(octets), MST_COAP_CON, code, ++mid, token, sizeof(token));
	mst_coap_put_path(&build, MST_COAP_OPT_URI_PATH, path);
	return &build;
}

struct mst_coap_build *
ex_answer(uint8_t code)
{
	mst_coap_build_init(
		&build, octets, sizeof(octets), MST_COAP_ACK, code, mid, token, sizeof(token));
	return &build;
}

struct mst_writer *
ex_payload(struct mst_coap_build *b, enum mst_coap_format format)
{
	mst_coap_put_uint(b, MST_COAP_OPT_CONTENT_FORMAT, format);
	return mst_coap_put_payload(b);
}

/* The message parses, and an answer keeps the bound of section 7.2. */
static void
check_open(const struct mst_coap_msg *m, int size)
{
	struct mst_target target;
	struct mst_ub ub;

	if (m->type == MST_COAP_CON) {
		request_size = size;
		assert_int_equal(mst_classify_open(m->code, &m->opt, &target), 0);
	}
	assert_int_equal(mst_ub_parse(m->opt.payload.data, m->opt.payload.size, &ub), 0);
	if (m->code == MST_COAP_UNAUTHORIZED)
		assert_true(size <= 3 * request_size && size <= 136);
}

void
ex_end(struct mst_coap_build *b, const char *name, const char *comment)
{
	int n = mst_coap_build_fini(b);
	struct mst_coap_msg m;

	assert_true(n > 0);
	assert_int_equal(mst_coap_parse(octets, (size_t)n, &m), 0);
	if ((m.opt.has & MST_COAP_HAS_OSCORE) == 0 && m.code != 0)
		check_open(&m, n);
	doc_block(name, comment, octets, (size_t)n);
}

static void
write_plain(const char *name, const char *comment, const uint8_t *plain, int size)
{
	char plain_name[80];

	assert_true(size > 0);
	snprintf(plain_name, sizeof(plain_name), "%s-plain", name);
	doc_block(plain_name, comment, plain, (size_t)size);
}

/* OpenSSL opens the finished message to the same plaintext. */
static void
check_sealed(const struct ex_run *run, struct ref_sealed sealed, const uint8_t *plain, int size)
{
	struct mst_coap_msg m;
	uint8_t opened[512];
	int n = mst_coap_build_fini(&build);

	assert_true(n > 0);
	assert_int_equal(mst_coap_parse(octets, (size_t)n, &m), 0);
	sealed.data = m.opt.payload.data;
	sealed.size = m.opt.payload.size;
	assert_int_equal(ref_oscore_open(&run->ref_oscore, &sealed, opened), size);
	assert_memory_equal(opened, plain, (size_t)size);
}

/* Protects a plaintext into the request in `build`. */
static void
seal_request(struct ex_run *run, const char *name, const char *comment, bool with_context,
	const uint8_t *plain, int size)
{
	const uint64_t piv[MST_LANES] = {run->piv};
	const struct mst_oscore_exchange x = {
		&profile, &run->keys, (const mst_oscore_id *)run->client_id, piv};
	struct mst_oscore_plain p = {.capacity = (uint16_t)size};
	uint8_t copy[512];

	write_plain(name, comment, plain, size);
	memcpy(copy, plain, (size_t)size);
	p.data[0] = copy;
	p.size[0] = (uint16_t)size;
	assert_true(mst_oscore_seal_request_burst(engine, 1, &x, with_context,
			    (const mst_b16 *)run->rand, &p, &build) == 1);
	check_sealed(
		run, (struct ref_sealed){.piv = run->piv, .request_piv = run->piv}, plain, size);
	ex_end(&build, name, NULL);
	run->piv++;
}

/* Protects a plaintext into the answer in `build`, to the request with that Partial IV. */
static void
seal_answer(struct ex_run *run, uint64_t request_piv, const char *name, const char *comment,
	const uint8_t *plain, int size)
{
	const uint64_t piv[MST_LANES] = {request_piv}, own[MST_LANES] = {run->own_piv};
	const struct mst_oscore_exchange x = {
		&profile, &run->keys, (const mst_oscore_id *)run->client_id, piv};
	struct mst_oscore_plain p = {.capacity = (uint16_t)size};
	uint8_t copy[512];

	write_plain(name, comment, plain, size);
	memcpy(copy, plain, (size_t)size);
	p.data[0] = copy;
	p.size[0] = (uint16_t)size;
	assert_true(mst_oscore_seal_response_burst(engine, 1, &x, own, &p, &build) == 1);
	check_sealed(run,
		(struct ref_sealed){
			.from_server = 1, .piv = run->own_piv, .request_piv = request_piv},
		plain, size);
	ex_end(&build, name, NULL);
	run->own_piv++;
}

void
ex_secured_request(struct ex_run *run, const char *name, const char *comment, bool with_context,
	const uint8_t *plain, int size)
{
	ex_request(MST_COAP_POST, "");
	seal_request(run, name, comment, with_context, plain, size);
}

void
ex_secured_answer(
	struct ex_run *run, const char *name, const char *comment, const uint8_t *plain, int size)
{
	ex_answer(MST_COAP_CHANGED);
	seal_answer(run, run->piv - 1, name, comment, plain, size);
}

struct ex_asked
ex_secured_observe(
	struct ex_run *run, const char *name, const char *comment, const uint8_t *plain, int size)
{
	mst_coap_put_uint(ex_request(MST_COAP_FETCH, ""), MST_COAP_OPT_OBSERVE, 0);
	seal_request(run, name, comment, false, plain, size);
	return ex_asked(run);
}

static void
put_sequence(const struct ex_run *run)
{
	mst_coap_put_uint(&build, MST_COAP_OPT_OBSERVE, (uint32_t)run->own_piv & 0xffffff);
}

void
ex_secured_observed(
	struct ex_run *run, const char *name, const char *comment, const uint8_t *plain, int size)
{
	ex_answer(MST_COAP_CONTENT);
	put_sequence(run);
	seal_answer(run, run->piv - 1, name, comment, plain, size);
}

struct ex_asked
ex_asked(const struct ex_run *run)
{
	struct ex_asked asked = {.piv = run->piv - 1};

	memcpy(asked.token, token, sizeof(asked.token));
	return asked;
}

void
ex_secured_later(struct ex_run *run, const struct ex_asked *asked, bool observe, const char *name,
	const char *comment, const uint8_t *plain, int size)
{
	char ack[80];

	mst_coap_build_init(&build, octets, sizeof(octets), MST_COAP_CON,
		observe ? MST_COAP_CONTENT : MST_COAP_CHANGED, ++own_mid, asked->token,
		sizeof(asked->token));
	if (observe)
		put_sequence(run);
	seal_answer(run, asked->piv, name, comment, plain, size);
	snprintf(ack, sizeof(ack), "%s-ack", name);
	mst_coap_build_init(&build, octets, sizeof(octets), MST_COAP_ACK, 0, own_mid, NULL, 0);
	ex_end(&build, ack, "empty ACK of the device");
}

void
ex_acknowledgement(const char *name, const char *comment)
{
	mst_coap_build_init(&build, octets, sizeof(octets), MST_COAP_ACK, 0, mid, NULL, 0);
	ex_end(&build, name, comment);
}
