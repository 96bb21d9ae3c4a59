/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the thread sanitizer cannot see by itself: order that comes from a library built without
 * it. Nothing in other builds. Context: any thread.
 */
#ifndef MST_BASE_TSAN_H
#define MST_BASE_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define MST_TSAN 1
#elif defined(__has_feature)
#define MST_TSAN __has_feature(thread_sanitizer)
#else
#define MST_TSAN 0
#endif

#if MST_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
/** What other threads did before their MST_TSAN_RELEASE of this address has happened. */
#define MST_TSAN_ACQUIRE(address) __tsan_acquire((void *)(address))
#define MST_TSAN_RELEASE(address) __tsan_release((void *)(address))
#else
#define MST_TSAN_ACQUIRE(address) ((void)(address))
#define MST_TSAN_RELEASE(address) ((void)(address))
#endif

#endif
