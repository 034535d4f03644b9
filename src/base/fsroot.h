/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * The one directory every path is read and written below.  Paths are given as on a running system,
 * with or without the leading slash ("/etc/default/grub"); symbolic links, also absolute ones, are
 * resolved inside the root and cannot lead out of it (openat2 RESOLVE_IN_ROOT, or fsroot-walk.h).
 */
struct fsroot;

/* DIR "/" is this machine.  0 or ERR_NOT_POSSIBLE. */
int fsroot_open(const char *dir, struct fsroot **ret, struct err *err) _must_check_;
void fsroot_free(struct fsroot *fs);
static inline void fsroot_freep(struct fsroot **fs)
{
	fsroot_free(*fs);
}
#define _cleanup_fsroot_ _cleanup_(fsroot_freep)

/* True for "/": only then are programs run, CPUID executed and /dev/kmsg read. */
bool fsroot_is_live(const struct fsroot *fs);
/*
 * A root with this file in it was recorded with things that could not be read; they have mode 0, and
 * fsroot answers -EACCES for them also when this process is root.
 */
#define FSROOT_MODE_0_MARK ".vfio-wizard/mode-0-is-unreadable"

bool fsroot_keeps_mode_0(const struct fsroot *fs);
/* As given to fsroot_open(), for messages. */
const char *fsroot_display(const struct fsroot *fs) _returns_nonnull_;

/* An O_CLOEXEC descriptor, or -errno. */
int fsroot_openat(const struct fsroot *fs, const char *path, int flags) _must_check_;
/* For libraries that want a path string: "/proc/self/fd/N/PATH".  Absolute links inside PATH escape. */
void fsroot_library_path(const struct fsroot *fs, const char *path, char buf[static PATH_MAX]);

/* The whole file, NUL-terminated, free() it.  0 or -errno (-ENOENT: absent; -EFBIG: over 64 MiB). */
int fsroot_read(const struct fsroot *fs, const char *path, char **ret, size_t *ret_len) _must_check_;
/* The rest of what FD has; same result. */
int fd_read_all(int fd, char **ret, size_t *ret_len) _must_check_;
/* A sysfs/procfs attribute: trimmed text in the arena.  0 or -errno; *RET is NULL on error. */
int fsroot_read_attr(const struct fsroot *fs, struct arena *a, const char *path, const char **ret);
/* An attribute holding one number, decimal or 0x.  0, -errno, or -EINVAL when it is not a number. */
int fsroot_read_u64(const struct fsroot *fs, const char *path, uint64_t *ret) _must_check_;
/* Follows links. */
bool fsroot_exists(const struct fsroot *fs, const char *path);
int fsroot_stat(const struct fsroot *fs, const char *path, struct stat *ret) _must_check_;
/* Does not follow a link in the last component. */
int fsroot_lstat(const struct fsroot *fs, const char *path, struct stat *ret) _must_check_;
/* The link's text, in the arena. */
int fsroot_readlink(const struct fsroot *fs, struct arena *a, const char *path, const char **ret);
/* Last component of a link's text ("…/drivers/nvme" → "nvme"), NULL when there is no link. */
const char *fsroot_link_name(const struct fsroot *fs, struct arena *a, const char *path);
/* Where PATH really is below the root, without leading slash ("sys/devices/…"); -errno. */
int fsroot_resolve(const struct fsroot *fs, struct arena *a, const char *path, const char **ret);
/* Names in a directory, sorted, without . and ..; free with strv_free().  -errno when unreadable. */
int fsroot_list(const struct fsroot *fs, const char *path, char ***ret) _must_check_;
