/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include "aid_file.h"
#include "base/err.h"

#define PCAP_MAGIC    UINT32_C(0xa1b2c3d4)
#define PCAP_ETHERNET 1

int
capture_open(struct capture *capture, const char *path, uint64_t frames, uint64_t start_us)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		int32_t zone;
		uint32_t accuracy, snap, type;
	} head = {PCAP_MAGIC, 2, 4, 0, 0, UINT16_MAX, PCAP_ETHERNET};
	FILE *file = aid_open(path);

	if (file == NULL)
		return -MST_E_FILE;
	*capture = (struct capture){file, frames, start_us};
	fwrite(&head, sizeof(head), 1, file);
	return 0;
}

void
capture_frame(struct capture *capture, uint64_t now_us, const void *frame, size_t size)
{
	uint64_t t = capture->start_us + now_us;
	uint32_t head[4] = {
		(uint32_t)(t / 1000000), (uint32_t)(t % 1000000), (uint32_t)size, (uint32_t)size};

	if (capture->left == 0)
		return;
	capture->left--;
	fwrite(head, sizeof(head), 1, capture->file);
	fwrite(frame, size, 1, capture->file);
}

int
capture_close(struct capture *capture)
{
	FILE *file = capture->file;

	capture->file = NULL;
	return aid_close(file);
}
