/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replay window of a recipient (RFC 8613 sections 3.2.2 and 7.4): 32 wide, 8 octets. Zeroed memory
 * is an empty window, which accepts any Partial IV.
 *
 *	if (mst_oscore_window_check(&s->window, piv) == MST_OSCORE_REPLAY)
 *		drop; // before the cost of decryption
 *	decrypt, and when the tag is right:
 *	if (mst_oscore_window_accept(&s->window, piv) == MST_OSCORE_FRESH)
 *		execute;
 *
 * Two lanes of a burst can carry the same Partial IV of one session: both pass the check, only one
 * is accepted. Only messages that authenticate may be accepted.
 *
 * Limits: Partial IVs from 2^32 on are never fresh.
 * Context: any thread; a window belongs to its caller.
 */
#ifndef MST_OSCORE_WINDOW_H
#define MST_OSCORE_WINDOW_H

#include <stdint.h>

#define MST_OSCORE_WINDOW 32

/** A window with no bit and a highest Partial IV is lost: it accepts nothing. */
struct mst_oscore_window {
	uint32_t highest; /* highest accepted Partial IV */
	uint32_t bitmap;  /* bit i: highest - i was accepted; 0: nothing was */
};

enum mst_oscore_verdict {
	MST_OSCORE_FRESH,
	MST_OSCORE_LATEST, /* equals the highest accepted: a replay, or a repetition of the last */
	MST_OSCORE_REPLAY, /* accepted before, left of the window, or 2^32 and above */
};

/** What accepting piv would give; changes nothing. */
static inline enum mst_oscore_verdict
mst_oscore_window_check(const struct mst_oscore_window *window, uint64_t piv)
{
	uint32_t back = window->highest - (uint32_t)piv;

	if (piv > UINT32_MAX)
		return MST_OSCORE_REPLAY;
	if (window->bitmap == 0)
		return window->highest == 0 ? MST_OSCORE_FRESH : MST_OSCORE_REPLAY;
	if (piv > window->highest)
		return MST_OSCORE_FRESH;
	if (back == 0)
		return MST_OSCORE_LATEST;
	if (back >= MST_OSCORE_WINDOW || (window->bitmap >> back & 1) != 0)
		return MST_OSCORE_REPLAY;
	return MST_OSCORE_FRESH;
}

/** Checks piv and, when it is fresh, enters it. Returns what the check gave. */
static inline enum mst_oscore_verdict
mst_oscore_window_accept(struct mst_oscore_window *window, uint64_t piv)
{
	enum mst_oscore_verdict verdict = mst_oscore_window_check(window, piv);

	if (verdict != MST_OSCORE_FRESH)
		return verdict;
	if (window->bitmap == 0 || piv > window->highest) {
		uint64_t ahead = piv - window->highest;

		window->bitmap = ahead < MST_OSCORE_WINDOW ? window->bitmap << ahead | 1 : 1;
		window->highest = (uint32_t)piv;
	} else {
		window->bitmap |= UINT32_C(1) << (window->highest - (uint32_t)piv);
	}
	return verdict;
}

/** Forgets what was accepted, as after a restart (Appendix B.1.2). */
static inline void
mst_oscore_window_lose(struct mst_oscore_window *window)
{
	*window = (struct mst_oscore_window){.highest = UINT32_MAX};
}

static inline int
mst_oscore_window_lost(const struct mst_oscore_window *window)
{
	return window->bitmap == 0 && window->highest != 0;
}

/** A message that was shown to be new begins the window: it and all before it count as accepted. */
static inline void
mst_oscore_window_begin(struct mst_oscore_window *window, uint32_t piv)
{
	*window = (struct mst_oscore_window){.highest = piv, .bitmap = UINT32_MAX};
}

#endif
