/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSCORE (RFC 8613) over batches, for servers and clients. See the headers below; message.h shows
 * how they go together.
 */
#ifndef MST_OSCORE_OSCORE_H
#define MST_OSCORE_OSCORE_H

#include "oscore/context.h"
#include "oscore/message.h"
#include "oscore/option.h"
#include "oscore/window.h"

#endif
