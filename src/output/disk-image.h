/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/fsroot.h"

/*
 * What a file is by its content.  QEMU must never guess: a guest could write the head of another
 * format into its raw disk and name any file of the host as the one below.
 * Source: QEMU docs/interop/qcow2.txt and the probe functions of its block drivers.
 */
struct disk_image {
	const char *format;	/* "raw", "qcow2", and what is no disk for us: "vmdk", "xz", "iso", … */
	bool usable;		/* raw or a qcow2 of a known version */
	long long virtual_bytes; /* size the guest sees; -1 unknown */
	long long file_bytes, allocated_bytes; /* of the file, and what it really takes */
	const char *backing;	/* as it is written in the image; NULL: none */
	const char *backing_format; /* NULL: not written in it */
	bool dirty, corrupt, encrypted, has_data_file;
};

/* 0 or -errno; texts in A. */
int disk_image_read(const struct fsroot *fs, struct arena *a, const char *path, struct disk_image *ret)
	_must_check_;
/*
 * The files below PATH, absolute, outermost first.  Everything in the chain has to be there, to be of
 * the format that its overlay says, and to end.  *RET is NULL when nothing is below.
 */
int disk_image_chain(const struct fsroot *fs, struct arena *a, const char *path,
		     const struct disk_image *img, const char *const **ret, struct err *err)
	_must_check_;
