/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/err.h"

static const struct {
	const char *symbol;
	const char *text;
	uint8_t class;
	uint8_t coap;
} errors[MST_E_COUNT] = {
#define MST_ERR(name, class, coap, text) [MST_E_##name] = {#name, text, MST_CLASS_##class, coap},
#include "base/err_list.h"
#undef MST_ERR
};

static unsigned
err_index(int err)
{
	unsigned index = err < 0 ? 0U - (unsigned)err : (unsigned)err;

	return index < MST_E_COUNT ? index : MST_E_SYSTEM;
}

const char *
mst_err_name(int err)
{
	return errors[err_index(err)].symbol;
}

const char *
mst_err_text(int err)
{
	return errors[err_index(err)].text;
}

enum mst_err_class
mst_err_class(int err)
{
	return (enum mst_err_class)errors[err_index(err)].class;
}

uint8_t
mst_err_coap(int err)
{
	return errors[err_index(err)].coap;
}
