/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"

/* A disc's image, by its volume descriptors: ECMA-119 (ISO 9660), ECMA-167 (UDF). */
struct iso_image {
	const char *type;	/* "iso9660", "udf", as libblkid calls it; NULL: no disc at all */
	const char *label;	/* NULL: none */
	long long file_bytes;
	long long volume_bytes;	/* what its descriptors say it has; -1 unknown */
	bool bootable;		/* an El Torito boot record is there */
};

/* 0 or -errno; texts in A. */
int iso_image_read(const struct fsroot *fs, struct arena *a, const char *path, struct iso_image *ret) _must_check_;
/* 1 when the ISO 9660 tree of PATH has the folder or file NAME ("viostor/w11"; case does not count), 0, or -errno. */
int iso_image_has(const struct fsroot *fs, const char *path, const char *name) _must_check_;
