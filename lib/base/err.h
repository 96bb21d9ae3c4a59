/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one list of errors. Functions return 0 or a negative value of enum mst_err; a dead lane of
 * a batch holds the positive value, and the gateway counts drops by it.
 *
 * Context: any thread; read-only data.
 */
#ifndef MST_BASE_ERR_H
#define MST_BASE_ERR_H

#include <stdint.h>

/** Whose fault an error is. */
enum mst_err_class {
	MST_CLASS_NONE,
	MST_CLASS_PEER,     /* what arrived is wrong */
	MST_CLASS_POLICY,   /* well-formed, but not allowed */
	MST_CLASS_RESOURCE, /* no room or not now; may succeed later */
	MST_CLASS_OURS,     /* configuration, system or a defect on this side */
};

enum mst_err {
#define MST_ERR(name, class, coap, text) MST_E_##name,
#include "base/err_list.h"
#undef MST_ERR
	MST_E_COUNT
};

/** Symbolic name ("COAP_CRITICAL"), stable: it names counters. */
const char *mst_err_name(int err);
/** One clear sentence for people. */
const char *mst_err_text(int err);
enum mst_err_class mst_err_class(int err);
/**
 * The CoAP code an error is answered with (RFC 7252 section 12.1.2), 0 for a silent drop.
 * docs/protocol.md has the same table.
 */
uint8_t mst_err_coap(int err);

/** A CoAP code from its class and detail: MST_COAP_CODE(4, 01). */
#define MST_COAP_CODE(class, detail) ((class) << 5 | (detail))

#endif
