/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/* What the initramfs tools share about the images they make. */

/* One generated file, over what an earlier stage or run left there. */
int image_add_file(struct host *h, struct plan *plan, struct stage *stage, const char *path,
		   const char *text, mode_t mode, const char *why, struct err *err) _must_check_;
/* The command that makes the image of KERNEL anew; the caller adds its outputs. */
struct change *image_add_rebuild(struct plan *plan, struct stage *stage, const char *const *argv,
				 const char *kernel) _returns_nonnull_;
/*
 * After C ran, the output of ARGV, which lists an image, has to show SCRIPT (NULL: none is in it) and
 * MODULE, unless vfio-pci is built in.  Nothing when LISTER, the program's path, is not there.
 */
void image_add_readback(const struct host *h, struct plan *plan, struct change *c, const char *lister,
			const char *const *argv, const char *script, const char *module);
/*
 * With booster and mkinitcpio installed, whose image starts this host?  By "initrd=" of the running
 * kernel, else by whose images are there.  1 booster's, 0 another one's, -1 not known.
 */
int image_starts_with_booster(struct host *h);
/*
 * ERR_NOT_POSSIBLE when an image that STAGE makes anew must not be: the boot loader checks its contents,
 * or there is no room for it beside the old one.  The latter is only looked at on the running host.
 */
int image_check_outputs(struct host *h, const struct stage *stage, struct err *err) _must_check_;
/*
 * Which of KERNELS get a new image, the running one first; arena strv of the plan, NULL none.
 * Findings say which kernel stays as a way back, or that there is none.  BY_ADDRESS: a start can be
 * made without handing over.
 */
const char *const *image_kernels(struct host *h, struct plan *plan, const char *const *kernels,
				 bool by_address);
/* Kernels by the folders of their modules: those in /lib/modules with a modules.dep; host's arena. */
const char *const *image_module_kernels(struct host *h);

/*
 * Modules that no longer exist and are still named in the tool's own settings: a finding with file and
 * line.  PATHS: files, and folders with a slash at the end.  Returns the first place, "FILE:LINE"
 * (plan's arena), NULL none.
 */
const char *image_warn_vanished(struct host *h, struct plan *plan, const char *const *paths);
/* The same where the tool gives up over it: ERR_NOT_POSSIBLE. */
int image_refuse_vanished(struct host *h, struct plan *plan, const char *const *paths,
			  struct err *err) _must_check_;
