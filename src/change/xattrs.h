/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/atomic.h"

/*
 * Extended attributes of a file that is removed: SELinux's label, access control lists.  Pairs of a name and
 * its value in hexadecimal digits, as the journal keeps them: arena strv, NULL none.
 */
const char *const *xattrs_read(const struct fsroot *fs, struct arena *a, const char *path);
/* Gives them to a waiting file; one that cannot be set (another file system, no right to) is left out. */
void xattrs_put(struct atomic_file *af, const char *const *xattrs);
