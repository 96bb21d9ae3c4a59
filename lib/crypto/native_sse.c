/* SPDX-License-Identifier: BSD-3-Clause */
/* The native backend for CPUs without AVX. */
#define KERNEL(name) mst_sse_##name

#include "crypto/native_xmm.h"

#include "crypto/native_ccm.h"
#include "crypto/native_sha.h"
