/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/kargs.h"
#include "model/plan.h"

/*
 * A boot loader = one file boot-<name>.c ending in one const struct, and one row in bootloader.def.
 * Reads its files below host->root, stages edits, never writes.
 */
struct bootloader {
	const char *name;	/* word of cli.md: "grub", "kernelstub"; "unknown": it only says what to do */
	const char *title;	/* "GRUB" */
	/*
	 * How sure it is that this loader is in charge of this host: 0 no, 100 it booted the running
	 * kernel and its files hold the entry that was started, 60 likely and nothing speaks against it.
	 * Two that are both sure are a question for the reader, so one whose files another tool writes
	 * (systemd-boot's entries by kernelstub) answers 0.  boot_evidence() says what started the
	 * kernel; that a tool is installed is no evidence.  *RET_WHY (host's arena) names it.
	 */
	int (*detect)(struct host *h, const char **ret_why);
	/* Every file that feeds the command line, in the order they count; arena strv. */
	const char *const *(*files)(struct host *h);
	/* The arguments the next normal boot gets as far as the files say.  ERR_INPUT on a broken file. */
	int (*configured)(struct host *h, struct kargs *ret, struct err *err);
	/*
	 * Adds edits and commands to STAGE so that the next boot has every SET argument (key-wise) and
	 * none of REMOVE.  Findings (a drop-in that wins, an edit elsewhere) go into the plan.
	 */
	int (*stage_kargs)(struct host *h, const char *const *set, const char *const *remove,
			   struct plan *plan, struct stage *stage, struct err *err);
	/*
	 * NULL where the loader has no such thing.  Adds to STAGE a menu entry that starts this host as
	 * it starts now (the running kernel, its initial RAM disk, the arguments of the files and
	 * "vfio-wizard=off", which our early script obeys), and that is never the default.
	 */
	int (*stage_way_back)(struct host *h, struct plan *plan, struct stage *stage, struct err *err);
	/*
	 * NULL where the loader has no such thing.  Adds to STAGE an entry with the arguments changed
	 * as by stage_kargs, and what makes just the next start use it: whatever comes of that, the one
	 * after it is as before.  A sentence in *RET_WHY_NOT (host's arena) and an empty stage: not on
	 * this host.
	 */
	int (*stage_trial)(struct host *h, const char *const *set, const char *const *remove,
			   struct plan *plan, struct stage *stage, const char **ret_why_not, struct err *err);
	/*
	 * Translated sentences (host's arena): which keys to press at the start to get to the menu, and
	 * what to choose or to edit there, when the host does not come up.  NULL: none known.
	 */
	const char *(*rescue)(struct host *h);
	/*
	 * NULL where the loader cannot be told.  Adds to STAGE what makes the next start, and those after it,
	 * take the installed kernel RELEASE, which is not the running one.
	 */
	int (*stage_kernel)(struct host *h, const char *release, struct plan *plan, struct stage *stage, struct err *err);
	/*
	 * What a person does where stage_kernel is NULL: a translated sentence without its full stop (host's
	 * arena).  NULL: the boot menu is all that can be said.
	 */
	const char *(*kernel_by_hand)(struct host *h, const char *release);
};
#define BOOTLOADER(id) extern const struct bootloader bootloader_##id;
#include "boot/bootloader.def"
#undef BOOTLOADER
extern const struct bootloader *const bootloader_table[];
extern const unsigned bootloader_count;

/*
 * What an entry that is a way back adds to arguments that are in force with LINE (kargs): our early
 * script stays away, and vfio-pci is not loaded whatever the initial RAM disk says.  Arena strv.
 */
const char *const *bootloader_way_back_args(struct arena *a, const struct kargs *line);

const struct bootloader *bootloader_find(const char *name);
/*
 * The one in charge.  NULL when none is sure, or two are (then *RET_WHY says what was looked for and
 * seen).
 */
const struct bootloader *bootloader_detect(struct host *h, const char **ret_why);
