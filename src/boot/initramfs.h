/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"


/* An initramfs tool = one file initramfs-<name>.c and one row in initramfs.def. */
struct initramfs_tool {
	const char *name;	/* "initramfs-tools" */
	int (*detect)(struct host *h, const char **ret_why);
	/* Files and the rebuild command that make DEVICES go to vfio-pci, by address, at boot. */
	int (*stage_bind)(struct host *h, const struct pci_device *const *devices, unsigned n,
			  struct plan *plan, struct stage *stage, struct err *err);
	/*
	 * For devices that are bound by id: the image holds vfio-pci and MODPROBE_FILE, which an earlier
	 * change of STAGE writes (NULL: there is none).  Nothing is added when STAGE has no change then.
	 */
	int (*stage_image)(struct host *h, const char *modprobe_file, struct plan *plan,
			   struct stage *stage, struct err *err);
	/* The rebuild command alone, after a file that the image holds was changed; may be NULL. */
	int (*stage_rebuild)(struct host *h, struct plan *plan, struct stage *stage, struct err *err);
};
#define INITRAMFS(id) extern const struct initramfs_tool initramfs_##id;
#include "boot/initramfs.def"
#undef INITRAMFS
extern const struct initramfs_tool *const initramfs_table[];
extern const unsigned initramfs_count;

const struct initramfs_tool *initramfs_find(const char *name);
const struct initramfs_tool *initramfs_detect(struct host *h, const char **ret_why);
