/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stddef.h>

/* More than any command line or release there is; what is longer is not read. */
#define PE_SECTION_LONGEST ((size_t)65536)

/*
 * The first section NAME (".cmdline") of the portable executable in FD, a unified kernel image: its
 * bytes up to the first NUL, NUL-terminated, free() it.  Reads the headers and that section only: the
 * initial RAM disk inside may have hundreds of MiB.  0, -ENOENT: it has none; -EBADMSG: no such
 * file, cut off, or the headers contradict it; -EFBIG; or what read() says.
 * https://learn.microsoft.com/windows/win32/debug/pe-format
 */
int pe_read_section(int fd, const char *name, char **ret) _must_check_;
