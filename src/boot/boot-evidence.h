/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * What really started the kernel that runs now, from what the firmware, the loader and the kernel
 * left behind.  Which tools are installed is no evidence.
 */
enum boot_program {
	BOOT_PROGRAM_UNKNOWN,
	BOOT_PROGRAM_GRUB,
	BOOT_PROGRAM_SYSTEMD_BOOT,
	BOOT_PROGRAM_REFIND,
	BOOT_PROGRAM_LIMINE,
	BOOT_PROGRAM_FIRMWARE,	/* the firmware itself: a unified image or the kernel's EFI stub */
	BOOT_PROGRAM_OTHER,	/* a loader that is known and not ours to write: extlinux, U-Boot */
};

struct boot_evidence {
	enum boot_program program;
	bool measured;		/* said by the loader or the firmware; else deduced from the command line */
	bool unified;		/* the kernel came as a unified image with its own command line */
	const char *why;	/* translated sentence, names where it was read; never NULL */
};

/* In the host's arena; never NULL.  Not kept: a few comparisons. */
const struct boot_evidence *boot_evidence(struct host *h) _returns_nonnull_;

/*
 * Folders where an EFI system partition or an extended boot partition is mounted, the one the
 * firmware started from first: "/boot/efi", "/efi", "/boot".  Without a mount table those of them
 * that have a folder EFI or loader.  Arena strv, NULL none.
 */
const char *const *boot_partitions(struct host *h);
