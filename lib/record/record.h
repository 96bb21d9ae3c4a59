/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of state that outlives a gateway: from structs to the fields of Redis hashes and back
 * (docs/durability.md). What a record is made of stands in one table (types.c), one row a type.
 *
 * A record is a field of a Redis hash. The name of the field identifies it; its last two
 * characters choose the hash, so that anyone finds it by hand:
 *
 *	HGET muster:home:session:01 001010000000001
 *	"1 expires=1795795200 ended=0 rand=58e243a82b97709776483177229b023d sealed=..."
 *
 * The value starts with the version of its type, then has a name=value column each, then what is
 * secret, sealed with AES-256-GCM under a data key (seal.h). The tag covers the name of the hash,
 * the field and all columns: a record that was changed or moved does not open. Types without
 * secrets are sealed as well, with nothing inside.
 *
 *	size = mst_record_encode(seal, &place, &record, value, sizeof(value));
 *	err = mst_record_decode(keyring, &place, value, size, &record);
 *
 * Context: owner of seal and keyring; never blocks or allocates.
 */
#ifndef MST_RECORD_RECORD_H
#define MST_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gba/policy.h"
#include "record/seal.h"

#define MST_RECORD_SITE_MAX  32   /* characters of the name of a site */
#define MST_RECORD_KEY_MAX   80   /* of the name of a hash */
#define MST_RECORD_FIELD_MAX 48   /* of the name of a field */
#define MST_RECORD_VALUE_MAX 1024 /* octets of a value */
#define MST_RECORD_COLUMNS   32

/** In the order of a restore: each type only names records of types before it. */
enum mst_record_type {
	MST_RECORD_SITE,
	MST_RECORD_COOKIE,
	MST_RECORD_SUBSCRIBER,
	MST_RECORD_GROUP,
	MST_RECORD_SESSION,
	MST_RECORD_MEMBER,
	MST_RECORD_TYPES
};

/** Keys that all gateways of a site share for as long as it exists. */
struct mst_record_site {
	mst_b16 gid_key; /* secret */
};

/** Cookie keys. */
struct mst_record_cookie {
	uint32_t made; /* the current one, seconds since 1970 UTC */
	uint8_t has_previous;
	mst_b16 current, previous; /* secret */
};

/** What is kept of a subscriber beside its row in the subscriber file. */
struct mst_record_subscriber {
	uint64_t imsi; /* code */
	uint64_t dif;  /* SQN offset */
	uint32_t sid;  /* the caller's; not kept */
	uint8_t barred;
};

#define MST_RECORD_OWNERS 4

/** A group with its state: keys, owners, policies (group/group.h, gba/policy.h). */
struct mst_record_group {
	uint64_t gid;
	uint64_t creator; /* IMSI code */
	uint32_t created; /* seconds since 1970 UTC, as all times here */
	uint32_t num;     /* of the key */
	uint32_t made;    /* the key */
	uint32_t expires; /* the key */
	uint32_t earlier_until;
	uint8_t owners;
	uint8_t dissolved;
	uint64_t owner[MST_RECORD_OWNERS]; /* IMSI codes; the first `owners` */
	struct mst_policy policy;
	mst_b16 origin;         /* of the creation: half of RAND, Partial IV */
	mst_b16 kg, earlier_kg; /* secret */
};

struct mst_record_session {
	uint64_t imsi;    /* code */
	uint32_t expires; /* seconds since 1970 UTC; of an ended session the clock of its end */
	uint8_t ended;
	mst_b16 rand;
	mst_b32 ks_naf; /* secret */
};

struct mst_record_member {
	uint64_t gid;
	uint64_t imsi;    /* code */
	uint64_t imei;    /* BCD, filler f */
	uint32_t since;   /* seconds since 1970 UTC */
	uint8_t standing; /* enum mst_standing of group/member.h */
};

struct mst_record {
	uint8_t type; /* enum mst_record_type */
	uint8_t op;   /* the caller's */
	uint8_t worker;
	union {
		struct mst_record_site site;
		struct mst_record_cookie cookie;
		struct mst_record_subscriber subscriber;
		struct mst_record_group group;
		struct mst_record_session session;
		struct mst_record_member member;
	};
};

/** How a column is written. Fields of 1, 2, 4 or 8 octets in the struct, or `size` octets. */
enum mst_column_kind {
	MST_COLUMN_NUMBER, /* decimal */
	MST_COLUMN_HEX,    /* octets as they lie */
	MST_COLUMN_IMSI,   /* uint64_t code: digits */
	MST_COLUMN_IMEI,   /* uint64_t BCD: digits */
	MST_COLUMN_GID,    /* uint64_t: 16 hexadecimal digits */
};

struct mst_column {
	const char *name;
	enum mst_column_kind kind;
	uint16_t offset, size; /* in struct mst_record */
	uint8_t since;         /* version of the type that brought it; 0: the first */
};

/** Into how many hashes a type is spread. */
enum mst_record_spread {
	MST_RECORD_ONE = 1,       /* a single hash, without a part */
	MST_RECORD_DECIMAL = 100, /* parts 00 to 99 */
	MST_RECORD_HEX = 256,     /* parts 00 to ff */
};

/** One row of the table. Columns of versions later than a value's stay zero. */
struct mst_record_row {
	const char *name; /* of the hash */
	uint8_t version;
	enum mst_record_spread spread;
	const char *field;                           /* MST_RECORD_ONE: the name of the one field */
	struct mst_column id[3];                     /* make the name of the field, joined by '/' */
	struct mst_column clear[MST_RECORD_COLUMNS]; /* readable columns */
	uint16_t secret_offset, secret_size; /* in struct mst_record; 0: nothing is secret */
};

extern const struct mst_record_row mst_record_rows[MST_RECORD_TYPES];

/** Where a record is. */
struct mst_place {
	uint8_t key_size, field_size;
	uint16_t part; /* below the row's spread */
	char key[MST_RECORD_KEY_MAX];
	char field[MST_RECORD_FIELD_MAX];
};

/** The name of a part's hash, "muster:SITE:TYPE:PART", without a terminator. Returns its size. */
size_t mst_record_key(
	const char *site, enum mst_record_type type, unsigned part, char key[MST_RECORD_KEY_MAX]);
/** The place of a record, from its id columns. */
void mst_record_place(const char *site, const struct mst_record *record, struct mst_place *place);

/**
 * Writes the value of a record of this place, sealed. Returns its size.
 * `value` has room for MST_RECORD_VALUE_MAX octets.
 */
size_t mst_record_encode(struct mst_seal *seal, const struct mst_place *place,
	const struct mst_record *record, uint8_t *value);
/**
 * Reads a value found at a place; the field has to be the name of the record that results. Returns
 * 0, or -MST_E_RECORD_NEWER (version), -MST_E_RECORD_MALFORMED, -MST_E_RECORD_KEY (unknown data
 * key) or -MST_E_RECORD_TAG; then *record is zeroed.
 */
int mst_record_decode(const struct mst_keyring *keys, const char *site, enum mst_record_type type,
	const char *key, size_t key_size, const char *field, size_t field_size,
	const uint8_t *value, size_t size, struct mst_record *record);
/** Whether two values say the same in all columns; what is sealed is not compared. */
bool mst_record_alike(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size);

#endif
