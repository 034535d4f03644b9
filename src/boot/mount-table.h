/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/* A line of /etc/fstab, or of /proc/mounts: "/dev/nvme0n1p1 /boot/efi vfat rw,relatime 0 0". */
struct mount_line {
	const char *what, *where, *type, *options; /* never NULL */
};

struct mount_table {
	struct mount_line *lines; /* in the host's arena */
	size_t n;
	bool known; /* the file could be read */
};

/* PATH is "/etc/fstab" or a table of the kernel's. */
struct mount_table mount_table_read(const struct host *h, const char *path);
/*
 * What is mounted.  On this machine the PLACES (N of them) are looked into first: systemd mounts one
 * with an automount when it is used, and until then only "systemd-1 /efi autofs" stands there.
 */
struct mount_table mount_table_read_mounted(const struct host *h, const char *const *places, size_t n);
/* The deepest mount above PATH or at it; NULL: none is known. */
const struct mount_line *mount_table_above(const struct mount_table *t, const char *path);
/* Nothing is mounted at WHERE, a place of /etc/fstab. */
bool mount_is_missing(const struct host *h, const struct mount_table *mounted, const char *where);
/* PATH is WHERE or lies below it. */
bool mount_is_above(const char *where, const char *path);
/* PATH with the links in its folders followed, whether or not its last parts exist; host's arena. */
const char *mount_real_path(const struct host *h, const char *path);
