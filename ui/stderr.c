/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/stderr.h"

#include "base/macro.h"

#include <fcntl.h>
#include <sys/mman.h>

static int stderr_before = -1;

void stderr_take(void)
{
	_cleanup_close_ int kept = -1;

	if (stderr_before >= 0 || !isatty(STDERR_FILENO))
		return;
	kept = memfd_create("stderr", MFD_CLOEXEC);
	if (kept < 0)
		return;
	stderr_before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (stderr_before >= 0)
		dup2(kept, STDERR_FILENO);
}

void stderr_give_back(void)
{
	char bytes[1024];
	off_t at = 0;
	ssize_t n;

	if (stderr_before < 0)
		return;
	while ((n = pread(STDERR_FILENO, bytes, sizeof(bytes), at)) > 0) {
		if (write(stderr_before, bytes, (size_t)n) != n)
			break;
		at += n;
	}
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	stderr_before = -1;
}
