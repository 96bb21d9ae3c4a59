/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a process keeps its sockets: a directory that only its own user can enter.
 * Context: main thread; blocks.
 */
#ifndef MST_CONFIG_PATHS_H
#define MST_CONFIG_PATHS_H

#include <stddef.h>

/**
 * The directory for sockets by default: XDG_RUNTIME_DIR/muster where that variable is set,
 * /run/muster for root, else /tmp/muster-UID. Makes nothing. Returns 0 or -MST_E_NO_SPACE.
 */
int mst_config_runtime_dir(char *path, size_t size);
/**
 * Makes a directory with mode 0700, and missing ones above it. One that exists must be a directory
 * that no other user could rename files in: own or root's, and not writable for others unless
 * sticky. Returns 0 or -MST_E_FILE with the reason in `error` (`error_size` octets).
 */
int mst_config_make_dir(const char *path, char *error, size_t error_size);
/** mst_config_make_dir() on the directory that is to hold `path`. */
int mst_config_make_parent(const char *path, char *error, size_t error_size);

#endif
