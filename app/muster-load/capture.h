/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first frames of a run in a file that tcpdump and Wireshark read (pcap, microseconds,
 * Ethernet). A test aid: it writes from the data thread.
 */
#ifndef LOAD_CAPTURE_H
#define LOAD_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct capture {
	FILE *file;
	uint64_t left;     /* frames still to be taken */
	uint64_t start_us; /* Unix time of the run's start */
};

/** Creates the file, mode 0600. Returns 0 or -MST_E_FILE with errno. */
int capture_open(struct capture *capture, const char *path, uint64_t frames, uint64_t start_us);
/** Writes a frame as of now_us after the start, while any are left. */
void capture_frame(struct capture *capture, uint64_t now_us, const void *frame, size_t size);
/** Closes, if it is open. Returns 0 or -MST_E_FILE when anything could not be written. */
int capture_close(struct capture *capture);

#endif
