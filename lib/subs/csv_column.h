/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The columns of subscriber CSV: one table drives the header's check and the parsing of values.
 * Private to the import. Context: any thread.
 */
#ifndef MST_SUBS_CSV_COLUMN_H
#define MST_SUBS_CSV_COLUMN_H

#include "subs/csv_reader.h"

enum csv_column_id {
	CSV_IMSI,
	CSV_K,
	CSV_EK,
	CSV_OP,
	CSV_OPC,
	CSV_EOPC,
	CSV_AMF,
	CSV_GBA,
	CSV_LIFETIME,
	CSV_MNC_LENGTH,
	CSV_MAY_CREATE,
	CSV_MAY_JOIN,
	CSV_CREATE_LIMIT,
	CSV_JOIN_LIMIT,
	CSV_NAF_GROUPS,
	CSV_TAGS,
	CSV_COLUMNS
};

/** Room for a field of the file in a report. */
#define CSV_SHOWN 33

/** Where the values of one row go. */
struct csv_values {
	uint64_t *imsi;
	uint8_t *k;   /* 16 octets, in the clear or not */
	uint8_t *opc; /* 16 octets: OPc, OP or encrypted OPc */
	struct mst_subs_profile profile;
};

struct csv_column {
	enum csv_column_id id;
	const char *name;
	/** Stores a field's value; returns NULL or the reason why it is bad. */
	const char *(*parse)(struct csv_values *values, const struct csv_field *field);
};

/** The column of that name, or NULL. */
const struct csv_column *csv_column_find(const struct csv_field *name);

#endif
