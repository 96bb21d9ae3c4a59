/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/gcm.h"

#include <stdlib.h>

#include <intel-ipsec-mb.h>

#include "base/err.h"
#include "base/secret.h"

struct mst_gcm {
	_Alignas(64) struct gcm_key_data key;
	struct gcm_context_data context;
	IMB_MGR *mgr;
	bool lent; /* mgr is a sibling's */
};

static IMB_MGR *
make_manager(void)
{
	IMB_MGR *mgr = alloc_mb_mgr(0);
	IMB_ARCH arch;

	if (mgr != NULL)
		init_mb_mgr_auto(mgr, &arch);
	return mgr;
}

int
mst_gcm_create(struct mst_gcm **result, const struct mst_gcm *sibling, const mst_b32 key)
{
	const uint64_t needs = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
	struct mst_gcm *gcm = aligned_alloc(64, (sizeof(*gcm) + 63) / 64 * 64);
	int err = 0;

	if (gcm == NULL)
		return -MST_E_NO_MEMORY;
	gcm->lent = sibling != NULL;
	gcm->mgr = sibling != NULL ? sibling->mgr : make_manager();
	if (gcm->mgr == NULL)
		err = -MST_E_NO_MEMORY;
	else if ((gcm->mgr->features & needs) != needs)
		err = -MST_E_UNSUPPORTED;
	if (err) {
		mst_gcm_destroy(gcm);
		return err;
	}
	IMB_AES256_GCM_PRE(gcm->mgr, key, &gcm->key);
	*result = gcm;
	return 0;
}

void
mst_gcm_destroy(struct mst_gcm *gcm)
{
	if (gcm == NULL)
		return;
	if (!gcm->lent && gcm->mgr != NULL)
		free_mb_mgr(gcm->mgr);
	mst_wipe(gcm, sizeof(*gcm));
	free(gcm);
}

void
mst_gcm_seal(struct mst_gcm *gcm, const uint8_t nonce[MST_GCM_NONCE], const void *aad,
	size_t aad_size, const void *in, size_t size, void *out, uint8_t tag[MST_GCM_TAG])
{
	IMB_AES256_GCM_ENC(gcm->mgr, &gcm->key, &gcm->context, out, in, size, nonce, aad, aad_size,
		tag, MST_GCM_TAG);
}

bool
mst_gcm_open(struct mst_gcm *gcm, const uint8_t nonce[MST_GCM_NONCE], const void *aad,
	size_t aad_size, const void *in, size_t size, const uint8_t tag[MST_GCM_TAG], void *out)
{
	uint8_t computed[MST_GCM_TAG];
	bool right;

	IMB_AES256_GCM_DEC(gcm->mgr, &gcm->key, &gcm->context, out, in, size, nonce, aad, aad_size,
		computed, MST_GCM_TAG);
	right = mst_equal_ct(computed, tag, sizeof(computed));
	if (!right)
		mst_wipe(out, size);
	mst_wipe(computed, sizeof(computed));
	return right;
}
