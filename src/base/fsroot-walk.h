/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

/*
 * What openat2(RESOLVE_IN_ROOT) does, for kernels before 5.6 and sandboxes that refuse it: PATH below
 * ROOT_FD, with links, also absolute ones, and ".." kept inside.  An O_CLOEXEC descriptor or -errno.
 */
int fsroot_walk(int root_fd, const char *path, int flags) _must_check_;
