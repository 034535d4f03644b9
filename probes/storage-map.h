/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * The block devices while they are put together: what is needed to find one by the many names that
 * mounts, swaps and fstab use, and the devices it is made of.
 */
struct storage_node {
	struct block_device *block;
	const char *dev;     /* "259:2" */
	const char *dm_name; /* "vg-root" of /dev/mapper/vg-root */
	const char *part_label;
	const char *const *links;  /* below /dev: "disk/by-id/nvme-…" */
	const char *const *slaves; /* names of the devices below dm, md, bcache */
};

struct storage_map {
	struct host *h;
	struct storage_node **nodes;
	size_t n;
};

struct storage_node *storage_by_name(const struct storage_map *m, const char *name);
struct storage_node *storage_by_dev(const struct storage_map *m, const char *dev);
/* "UUID=…", "LABEL=…", "PARTUUID=…", "/dev/nvme0n1p2", "/dev/mapper/x", "/dev/disk/by-…"; NULL none. */
struct storage_node *storage_by_spec(const struct storage_map *m, const char *spec);

/* Fills in what udev or libblkid know of one node. */
void storage_describe(struct storage_map *m, struct storage_node *node);
/* /proc mounts and swaps, /etc/fstab: who uses which block device, through dm, md, btrfs and zfs. */
void storage_read_mounts(struct storage_map *m);
