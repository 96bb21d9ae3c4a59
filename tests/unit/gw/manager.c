/* SPDX-License-Identifier: BSD-3-Clause */
#include "manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PLAIN 600

static _Thread_local uint8_t last[1024];
static _Thread_local size_t last_size;
static _Thread_local enum mst_res last_res;

static uint8_t
finish(struct device *d, uint8_t code, const struct answer *a, enum mst_res res,
	struct mst_ua_response *r)
{
	*r = (struct mst_ua_response){.error_id = -1};
	if (a->plain_size > 0)
		assert_int_equal(mst_ua_parse_response(a->plain, a->plain_size, res, r), 0);
	if (code == MST_COAP_EMPTY)
		device_keep(d);
	return code;
}

static uint8_t
send_last(struct device *d, enum mst_res res, struct mst_ua_response *r)
{
	struct answer a;
	uint8_t code = device_request(d, last, last_size, &a);

	last_res = res;
	return finish(d, code, &a, res, r);
}

uint8_t
manage(struct device *d, const void *plain, int size, enum mst_res res, struct mst_ua_response *r)
{
	assert_true(size > 0);
	d->piv++;
	last_size = device_seal(d, plain, (size_t)size, false, last);
	return send_last(d, res, r);
}

uint8_t
manage_again(struct device *d, struct mst_ua_response *r)
{
	return send_last(d, last_res, r);
}

static enum mst_ua_store
store(const struct device *d)
{
	return d->gba_u ? MST_UA_STORE_UICC : MST_UA_STORE_ME;
}

static uint64_t
imei(const struct device *d)
{
	return 0x490154203237500f | (uint64_t)(d->ip & 0xf) << 4;
}

uint8_t
manage_create(struct device *d, const struct mst_policy_change *change, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];
	int n = change != NULL ? mst_ua_build_create_with(plain, PLAIN, imei(d), store(d), change)
			       : mst_ua_build_create(plain, PLAIN, imei(d), store(d));
	uint8_t code = manage(d, plain, n, MST_RES_MANAGE, r);

	if (code == MST_COAP_CREATED)
		d->gid = r->gid;
	return code;
}

uint8_t
manage_join(struct device *d, uint64_t gid, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];

	return manage(d, plain, mst_ua_build_join(plain, PLAIN, gid, imei(d), store(d)),
		MST_RES_GROUP, r);
}

uint8_t
manage_get(struct device *d, enum mst_res res, uint64_t gid, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];
	int n;

	if (res == MST_RES_GROUP)
		n = mst_ua_build_read(plain, PLAIN, gid);
	else if (res == MST_RES_SESSION)
		n = mst_ua_build_read_session(plain, PLAIN);
	else if (res == MST_RES_GROUP_NUM)
		n = mst_ua_build_read_num(plain, PLAIN, gid);
	else if (res == MST_RES_GROUP_NODE)
		n = mst_ua_build_node(plain, PLAIN, MST_COAP_GET, gid, d->imsi);
	else
		n = mst_ua_build_get(plain, PLAIN, res, gid);
	return manage(d, plain, n, res, r);
}

uint8_t
manage_observe(
	struct device *d, enum mst_res res, uint64_t gid, bool cancel, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN], code;
	int n = mst_ua_build_observe(
		plain, PLAIN, res, gid, cancel ? MST_UA_OBSERVE_CANCEL : MST_UA_OBSERVE_REGISTER);

	d->piv++;
	last_size = device_seal_observe(d, plain, (size_t)n, cancel, last);
	code = send_last(d, res, r);
	if (r->observed)
		device_keep(d);
	return code;
}

uint8_t
manage_leave(struct device *d, uint64_t gid, struct mst_ua_response *r)
{
	return manage_evict(d, gid, d, r);
}

uint8_t
manage_evict(struct device *d, uint64_t gid, const struct device *who, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];

	return manage(d, plain, mst_ua_build_node(plain, PLAIN, MST_COAP_DELETE, gid, who->imsi),
		MST_RES_GROUP_NODE, r);
}

uint8_t
manage_decide(struct device *d, uint64_t gid, const struct device *who, bool admit,
	struct mst_ua_response *r)
{
	struct mst_ua_decision decision = {0};
	uint8_t plain[PLAIN];

	if (who != NULL) {
		decision.count = 1;
		decision.imsi[0] = who->imsi;
		decision.admit = admit;
	} else {
		decision.rest = admit ? MST_UA_REST_ADMITTED : MST_UA_REST_REFUSED;
	}
	return manage(d, plain, mst_ua_build_decide(plain, PLAIN, gid, &decision),
		MST_RES_GROUP_PENDING, r);
}

uint8_t
manage_rekey(struct device *d, uint64_t gid, uint32_t num, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];

	return manage(d, plain, mst_ua_build_rekey(plain, PLAIN, gid, num), MST_RES_GROUP_REKEY, r);
}

uint8_t
manage_policies(struct device *d, uint64_t gid, const struct mst_policy_change *change,
	struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];

	return manage(d, plain, mst_ua_build_put_policies(plain, PLAIN, gid, change),
		MST_RES_GROUP_POLICIES, r);
}

uint8_t
manage_owners(struct device *d, uint64_t gid, const struct device *principal,
	const struct device *add, const struct device *remove, struct mst_ua_response *r)
{
	struct mst_ua_owners_change c = {.principal = principal != NULL ? principal->imsi : 0};
	uint8_t plain[PLAIN];

	if (add != NULL)
		c.add[c.add_count++] = add->imsi;
	if (remove != NULL)
		c.remove[c.remove_count++] = remove->imsi;
	return manage(d, plain, mst_ua_build_change_owners(plain, PLAIN, gid, &c),
		MST_RES_GROUP_OWNERS, r);
}

uint8_t
manage_dissolve(struct device *d, uint64_t gid, struct mst_ua_response *r)
{
	uint8_t plain[PLAIN];

	return manage(d, plain, mst_ua_build_dissolve(plain, PLAIN, gid), MST_RES_GROUP, r);
}

uint8_t
manage_late(struct device *d, enum mst_res res, struct mst_ua_response *r)
{
	struct answer a;
	uint8_t code = device_late(d, MST_COAP_ACK, &a);

	return finish(d, code, &a, res, r);
}

struct mst_policy_change
policy_admission(enum mst_admission admission)
{
	return (struct mst_policy_change){
		.has = MST_POLICY_ADMISSION, .to.admission = (uint8_t)admission};
}

void
managers_open_with(
	struct bench *b, const struct gw_options *options, struct device *d, unsigned count)
{
	bench_open(b, options);
	for (unsigned i = 0; i < count; i++) {
		device_init(&d[i], b, i);
		d[i].worker = i % options->workers;
		device_bootstrap(&d[i]);
	}
}

void
managers_open(struct bench *b, unsigned workers, struct device *d, unsigned count)
{
	struct gw_options options = bench_options();

	options.workers = workers;
	managers_open_with(b, &options, d, count);
}
