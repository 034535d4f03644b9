/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "output/disk-image.h"
#include "output/machine-parts.h"

/* A --disk as it was written; every text is in the machine's arena, NULL where nothing was said. */
struct disk_spec {
	const char *path;
	long long bytes;	/* 0: not said */
	const char *format, *serial, *bus, *cache, *io, *discard, *detect_zeroes, *preallocation;
	const char *from;	/* image it is made from */
	bool overlay;
};

/*
 * "PATH,size=120G,format=raw,from=/srv/a,b.img".  A path goes on until a comma with one of the known
 * words behind it: paths may hold commas.
 */
int disk_spec_parse(struct arena *a, const char *text, struct disk_spec *ret, struct err *err) _must_check_;

/*
 * The block device of D: by a name that stays, refused when the host uses it or when the machine gets
 * its controller, and what is on it is noted.
 */
int disk_settle_block(struct machine *m, const struct host *h, struct machine_disk *d, struct err *err)
	_must_check_;

/* udev's name of a disk that stays, "/dev/disk/by-id/ata-…"; NULL when there is none. */
const char *disk_block_by_id(const struct host *h, struct arena *a, const char *name);
/* Why the host needs the disk NAME ("sda"), translated; NULL: it does not. */
const char *disk_block_why_not(const struct host *h, struct arena *a, const char *name);
/* "Samsung 980, serial number S1: sda1 100.0 GB ntfs “Win”" */
const char *disk_block_describe(const struct host *h, struct arena *a, const struct block_device *b);

/* Where a file is or would be made. */
struct disk_room {
	const char *folder;	/* the nearest one that is there */
	bool folder_missing;	/* the file's own is not */
	long long free_bytes;	/* for this process or a service of root; -1 unknown */
	bool btrfs;
	bool memory;		/* tmpfs: no O_DIRECT before Linux 6.6, and gone after a restart */
};
void disk_room_look(const struct fsroot *fs, struct arena *a, const char *path, struct disk_room *ret);

/* Space, file system and how it is opened, for a file.  IMG: what is there or what it is made from. */
int disk_settle_file(struct machine *m, const struct host *h, struct machine_disk *d,
		     const struct disk_image *img, struct err *err) _must_check_;
