/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"

/* When and in which boot something happened. */

/* "2026-05-14T14:02:11", local time; free() it. */
char *moment_local_text(void) _returns_nonnull_;
/* /proc/sys/kernel/random/boot_id below the root, in the arena; NULL when there is none. */
const char *moment_boot_id(const struct fsroot *fs, struct arena *a);
