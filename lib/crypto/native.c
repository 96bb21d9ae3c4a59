/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/native.h"

#include <cpuid.h>
#include <stdlib.h>

#include "base/secret.h"

#define BURN_STACK(kib)                                                                            \
	void mst_native_burn_##kib##k(void)                                                        \
	{                                                                                          \
		uint8_t area[(kib)*1024];                                                          \
                                                                                                   \
		mst_wipe(area, sizeof(area));                                                      \
	}

BURN_STACK(1)
BURN_STACK(4)
BURN_STACK(8)

/* The CPU's own word for what __builtin_cpu_supports() has no name for in every compiler. */
static bool
has_sha(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & 1u << 29;
}

static bool
has_vaes(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1u << 9;
}

static bool
sse_usable(void)
{
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1") && has_sha();
}

/* The built-ins, unlike the bare CPU flags, also ask whether the system saves the registers. */
static bool
avx_usable(void)
{
	return sse_usable() && __builtin_cpu_supports("avx");
}

static bool
avx512_usable(void)
{
	return avx_usable() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") && has_vaes();
}

/* The native kernels have no state of their own. */
static struct mst_crypto *
native_create(void)
{
	return calloc(1, sizeof(struct mst_crypto));
}

static void
native_destroy(struct mst_crypto *engine)
{
	free(engine);
}

#define NATIVE_BACKEND(set, label, narrow)                                                         \
	const struct mst_backend mst_backend_native_##set = {                                      \
		.name = label,                                                                     \
		.usable = set##_usable,                                                            \
		.create = native_create,                                                           \
		.destroy = native_destroy,                                                         \
		.aes = mst_##set##_aes,                                                            \
		.fan = mst_##set##_fan,                                                            \
		.aes_key = mst_##narrow##_aes_key,                                                 \
		.encrypt = mst_##set##_encrypt,                                                    \
		.decrypt = mst_##set##_decrypt,                                                    \
		.hmac_key = mst_##set##_hmac_key,                                                  \
		.hmac = mst_##set##_hmac,                                                          \
		.sha1_16 = mst_##narrow##_sha1_16,                                                 \
		.seal = mst_##set##_seal,                                                          \
		.open = mst_##set##_open,                                                          \
	}

NATIVE_BACKEND(sse, "native-sse", sse);
NATIVE_BACKEND(avx, "native", avx);
NATIVE_BACKEND(avx512, "native-avx512", avx);
