/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "model/host.h"
#include "model/plan.h"

/*
 * Unified kernel images, PARTITION/EFI/Linux/NAME.efi: kernel, initial RAM disk and command line in one
 * executable (https://uapi-group.org/specifications/specs/unified_kernel_image/).
 */
enum uki_maker {
	UKI_UNKNOWN,
	UKI_MKINITCPIO,	    /* a preset in /etc/mkinitcpio.d names the image */
	UKI_KERNEL_INSTALL, /* layout=uki in install.conf: TOKEN-RELEASE.efi */
	UKI_DRACUT,	    /* uefi=yes in dracut's settings */
};

struct uki {
	const char *image;   /* that was started; NULL not found */
	const char *why;     /* translated: how it was found, or why not */
	const char *cmdline; /* inside it, one line; NULL: none, or not to be read */
	enum uki_maker maker;
	const char *maker_why; /* translated: what says so; UKI_UNKNOWN: what was looked for */
	const char *const *images; /* all that the maker makes anew, IMAGE among them */
	const char *const *releases; /* kernel of each of images; "" where the maker knows it itself */
	const char *const *others; /* further files it writes meanwhile: initial RAM disks by themselves */
	const char *elsewhere; /* translated: the maker is told its command line in a place that is not edited */
	const char *const *addons; /* "….addon.efi", whose arguments are added behind those inside */
};

/* In the host's arena. */
void uki_find(struct host *h, struct uki *ret);
/*
 * The command line inside PATH (image or addon), in the host's arena, blanks at its ends cut off.
 * -ENOENT: it has none; another -errno: it cannot be read.
 */
int uki_read_cmdline(struct host *h, const char *path, const char **ret);

/*
 * Where the command line of the next image comes from, see boot-uki.c: the lines of SOURCES that count
 * changed so that all of them in a row have every SET argument and none of REMOVE.
 */
int uki_stage_sources(struct host *h, const struct uki *u, const char *const *set, const char *const *remove,
		      struct plan *plan, struct stage *stage, struct err *err) _must_check_;
/* Those files, in the order in which they count; arena strv. */
const char *const *uki_sources(struct host *h, const struct uki *u);

/*
 * Secure Boot: what signs the image once more, translated, in *RET (NULL: nothing is checked).  The
 * command of its own that it needs, NULL none, in *RET_ARGV.  ERR_NOT_POSSIBLE when the image would
 * not start any more.
 */
int uki_check_signing(struct host *h, const struct uki *u, const char **ret, const char *const **ret_argv,
		      struct err *err) _must_check_;
