/* SPDX-License-Identifier: BSD-3-Clause */
/* The native backend for CPUs with AVX, whose three operands save copies; no wider registers. */
#define KERNEL(name) mst_avx_##name

#include "crypto/native_xmm.h"

#include "crypto/native_ccm.h"
#include "crypto/native_sha.h"
