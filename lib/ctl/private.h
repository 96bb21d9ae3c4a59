/* SPDX-License-Identifier: BSD-3-Clause */
/* What server and client share: addresses of sockets. */
#ifndef MST_CTL_PRIVATE_H
#define MST_CTL_PRIVATE_H

#include <sys/un.h>

/** Fills the address of a path. Returns 0 or -MST_E_ARGUMENT (too long), with a line in `error`. */
int mst_ctl_address(const char *path, struct sockaddr_un *address, char *error);

#endif
