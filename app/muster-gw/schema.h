/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of muster.yaml. Context: read-only data. */
#ifndef GW_SCHEMA_H
#define GW_SCHEMA_H

#include "config/config.h"

extern const struct mst_config_schema gw_config_schema;

#endif
