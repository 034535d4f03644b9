/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/kernel-symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* /proc/kallsyms has some 10 MB, so it is searched by pieces. */
int kernel_has_symbol(struct host *h, const char *path, const char *symbol)
{
	char buf[65536 + 256];
	size_t kept = 0;
	bool usable = false;
	_cleanup_close_ int fd = fsroot_openat(h->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, buf + kept, 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		kept += (size_t)n;
		usable =
			usable || memmem(buf, kept, " pci_request_acs", strlen(" pci_request_acs"));
		if (memmem(buf, kept, symbol, strlen(symbol)))
			return 1;
		/* The name may be cut by the end of the piece. */
		if (kept > 255) {
			memmove(buf, buf + kept - 255, 255);
			kept = 255;
		}
	}
	return usable ? 0 : -1;
}
