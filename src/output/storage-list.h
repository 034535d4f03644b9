/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/* What a machine could have: discs, disk images, whole disks. */
enum storage_kind { STORAGE_DISC, STORAGE_DRIVERS, STORAGE_IMAGE, STORAGE_BLOCK };

struct storage_item {
	enum storage_kind kind;
	const char *path;	/* of a whole disk the name that stays */
	const char *name;	/* what a list shows: the file's name, "sda" */
	const char *what;	/* translated: "Debian installer", "qcow2, 64.0 GiB", "Samsung 980, ntfs “Win”" */
	long long bytes;	/* of the file or disk; -1 unknown */
	const char *why_not;	/* translated: why it cannot be taken; NULL: it can */
};

struct storage_list {
	struct storage_item **items;
	unsigned n;
	bool cut;		/* the folder has more than are looked into */
	struct arena_list list;	/* the builder */
};

/* The discs and images in FOLDER, by their content; sorted by name.  0 or -errno; texts in A. */
int storage_list_folder(const struct host *h, struct arena *a, const char *folder, struct storage_list *ret)
	_must_check_;
/* The disks of the host. */
void storage_list_blocks(const struct host *h, struct arena *a, struct storage_list *ret);
/* Free for new files in FOLDER, bytes; -1 unknown. */
long long storage_free(const struct host *h, struct arena *a, const char *folder);
