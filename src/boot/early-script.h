/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"
#include "model/host.h"

/*
 * The shell script that hands devices to vfio-pci in the initial RAM disk, before udev loads their
 * drivers.  For dash, bash and busybox; it needs nothing but a mounted /sys and /proc, and modprobe.
 * What runs it differs from tool to tool, what it does never.
 */
struct early_script {
	const char *before;	/* the tool's own lines before the body, like PREREQ; "" none */
	const char *after;	/* and behind it */
	/* The tool reads it into its own shell, where an exit would end the start of the computer. */
	bool is_sourced;
};
void early_script_add(struct str *out, const struct early_script *how,
		      const struct pci_device *const *devices, unsigned n);
/* "#!/bin/sh" and who wrote this: the first lines of every file of ours in an image's folders. */
extern const char early_script_head[];
