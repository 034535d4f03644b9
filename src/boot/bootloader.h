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
	const char *name;	/* word of cli.md: "grub", "kernelstub" */
	const char *title;	/* "GRUB" */
	/*
	 * How sure it is that this loader is in charge of this host: 0 no, 100 it booted the running
	 * kernel.  *RET_WHY (host's arena) names the evidence.
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
};
#define BOOTLOADER(id) extern const struct bootloader bootloader_##id;
#include "boot/bootloader.def"
#undef BOOTLOADER
extern const struct bootloader *const bootloader_table[];
extern const unsigned bootloader_count;

const struct bootloader *bootloader_find(const char *name);
/* The one in charge, NULL when none is sure (then *RET_WHY says what was looked for). */
const struct bootloader *bootloader_detect(struct host *h, const char **ret_why);
