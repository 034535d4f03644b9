/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/*
 * GRUB's environment block, /boot/grub2/grubenv: 1024 bytes, which GRUB itself overwrites in place
 * (include/grub/lib/envblk.h, grub-editenv(1)):
 *
 *	# GRUB Environment Block
 *	saved_entry=0123…-4.18.0-553.el8.x86_64
 *	kernelopts=root=/dev/mapper/rhel-root ro crashkernel=auto quiet
 *	######…
 *
 * Lines beginning with # are comments, the rest of the block is filled with #; in a value \ and the
 * line end have a \ in front.
 */
struct grub_env {
	const char *path;	/* where it really is: a link leads to the EFI partition on RHEL 8 */
	const char *text;	/* exactly LEN bytes */
	size_t len;
};

/* As it is once PLAN (may be NULL) is carried out.  0, -ENOENT without ERR, or ERR; a damaged block is ERR_INPUT. */
int grub_env_read(const struct host *h, const struct plan *plan, struct arena *arena, struct grub_env *ret,
		  struct err *err) _must_check_;
/* Value of NAME, unescaped, in ARENA; NULL: not set. */
const char *grub_env_value(struct arena *arena, const struct grub_env *env, const char *name);
/* The block with NAME=VALUE, of the same length.  NULL: it does not fit. */
const char *grub_env_set(struct arena *arena, const struct grub_env *env, const char *name, const char *value);
/*
 * NULL: GRUB can write into the block when it starts, so that "just the next start" ends with that
 * start.  Else a translated sentence why not (grub2-reboot(8), "save_env" in GRUB's manual: no disk
 * behind LVM, RAID or encryption, no file system that copies on write).
 */
const char *grub_env_why_not_writable(struct host *h, const struct grub_env *env);
