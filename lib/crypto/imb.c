/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/imb.h"

#include <stdlib.h>

#include "base/secret.h"

static bool
cpu_has(uint64_t features)
{
	return (imb_get_feature_flags() & features) == features;
}

static void
imb_destroy(struct mst_crypto *engine)
{
	mst_wipe(engine, mst_imb_of(engine)->size);
	free(engine);
}

static struct mst_crypto *
imb_create(void (*init)(IMB_MGR *))
{
	size_t size = (sizeof(struct mst_imb) + imb_get_mb_mgr_size() + 63) & ~(size_t)63;
	struct mst_imb *imb = aligned_alloc(64, size);

	if (imb == NULL)
		return NULL;
	memset(imb, 0, size);
	imb->size = size;
	imb->mgr = imb_set_pointers_mb_mgr(imb->manager, 0, 1);
	init(imb->mgr);
	mst_imb_init_aes(imb);
	mst_imb_init_hash(imb);
	return &imb->base;
}

#define IMB_BACKEND(set, flags)                                                                    \
	static bool imb_##set##_usable(void)                                                       \
	{                                                                                          \
		return cpu_has(flags);                                                             \
	}                                                                                          \
                                                                                                   \
	static struct mst_crypto *imb_##set##_create(void)                                         \
	{                                                                                          \
		return imb_create(init_mb_mgr_##set);                                              \
	}                                                                                          \
                                                                                                   \
	const struct mst_backend mst_backend_imb_##set = {                                         \
		.name = "imb-" #set,                                                               \
		.usable = imb_##set##_usable,                                                      \
		.create = imb_##set##_create,                                                      \
		.destroy = imb_destroy,                                                            \
		.aes = mst_imb_aes,                                                                \
		.fan = mst_imb_fan,                                                                \
		.aes_key = mst_imb_aes_key,                                                        \
		.encrypt = mst_imb_encrypt,                                                        \
		.decrypt = mst_imb_decrypt,                                                        \
		.hmac_key = mst_imb_hmac_key,                                                      \
		.hmac = mst_imb_hmac,                                                              \
		.sha1_16 = mst_imb_sha1_16,                                                        \
		.seal = mst_imb_seal,                                                              \
		.open = mst_imb_open,                                                              \
	}

/*
 * Within each set the library itself takes SHA-NI, VAES and GFNI where the CPU has them (its "type
 * 2" and "type 3"). Its AVX-512 managers hash sixteen lanes with AVX-512 instead of SHA-NI.
 */
IMB_BACKEND(sse, IMB_CPUFLAGS_SSE);
IMB_BACKEND(avx2, IMB_CPUFLAGS_AVX2);
IMB_BACKEND(avx512, IMB_CPUFLAGS_AVX512);
