/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are disks: whether they fit, and how they are opened. */
#include "output/disk-parts.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ROOM_GIB(bytes) ((double)(bytes) / (1LL << 30))

static const char *room_parent(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? arena_strndup(a, path, (size_t)(slash - path)) : "/";
}

void disk_room_look(const struct fsroot *fs, struct arena *a, const char *path, struct disk_room *ret)
{
	const char *own = room_parent(a, path), *folder = own;
	_cleanup_close_ int fd = -1;
	struct statvfs space;
	struct statfs kind;

	while (strcmp(folder, "/") != 0 && !fsroot_exists(fs, folder))
		folder = room_parent(a, folder);
	*ret = (struct disk_room){ .folder = folder, .folder_missing = strcmp(folder, own) != 0, .free_bytes = -1 };
	fd = fsroot_openat(fs, folder, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return;
	if (fstatvfs(fd, &space) == 0)
		ret->free_bytes = (long long)space.f_bavail * (long long)space.f_frsize;
	if (fstatfs(fd, &kind) == 0) {
		ret->btrfs = (unsigned long)kind.f_type == BTRFS_SUPER_MAGIC;
		ret->memory = (unsigned long)kind.f_type == TMPFS_MAGIC || (unsigned long)kind.f_type == RAMFS_MAGIC;
	}
}

/* What has to be free for it to be made; the rest comes while the machine writes. */
static long long room_needed(const struct machine_disk *d, const struct disk_image *img)
{
	if (d->exists || d->overlay)
		return 0;
	if (d->base)
		return img->allocated_bytes;
	return str_eq(d->preallocation, "falloc") || str_eq(d->preallocation, "full") ? d->bytes : 0;
}

/* What it can still grow by: a thin image promises more than it takes. */
static long long room_growth(const struct machine_disk *d, const struct disk_image *img)
{
	long long size = d->exists || !d->bytes ? img->virtual_bytes : d->bytes;
	long long taken = d->exists ? img->allocated_bytes : room_needed(d, img);

	return size > taken ? size - taken : 0;
}

static int room_check(struct machine *m, const struct machine_disk *d, const struct disk_image *img,
		      const struct disk_room *room, struct err *err)
{
	long long needed = room_needed(d, img), growth = room_growth(d, img);
	struct machine_note *f;

	if (room->free_bytes < 0)
		return 0;
	if (needed > room->free_bytes) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOSPC, _("--disk: %s needs %.1f GiB, and %s has only %.1f GiB free."), d->path,
			ROOM_GIB(needed), room->folder, ROOM_GIB(room->free_bytes));
		return err_hint(err, _("Choose a smaller size, another folder, or make room."));
	}
	if (needed + growth <= room->free_bytes)
		return 0;
	f = machine_note_of(m, "disk-can-outgrow-its-place", SEVERITY_WARN, d->path,
			 _("The disk %s is thin: it takes only what the machine has written, and that can become %.1f GiB "
			   "more. %s has %.1f GiB free. When nothing is left, the machine stops in the middle of its work."),
			 d->path, ROOM_GIB(growth), room->folder, ROOM_GIB(room->free_bytes - needed));
	machine_note_advice(m, f, _("Look now and then: df -h %s"), room->folder);
	return 0;
}

/* Copy on write below a file that is written at random places makes it slow and scattered. */
static void room_settle_btrfs(struct machine *m, struct machine_disk *d, const struct disk_room *room)
{
	if (!room->btrfs || d->bytes <= 0)
		return;
	d->nocow = true;
	if (d->exists)
		return;
	machine_note_of(m, "disk-without-copy-on-write", SEVERITY_INFO, d->path,
		     _("%s lies on btrfs: the disk is made without its copy on write (nocow), which would scatter it and "
		       "make it slow. btrfs then keeps no checksums of it, and a snapshot makes it copy once more."),
		     room->folder);
}

/* tmpfs and some others know no O_DIRECT, and QEMU then does not start: measured where the file is there. */
static bool room_is_direct(const struct host *h, const struct machine_disk *d, const struct disk_room *room)
{
	_cleanup_close_ int fd = -1;

	if (!d->exists)
		return !room->memory;
	fd = fsroot_openat(h->root, d->path, O_RDONLY | O_NONBLOCK | O_DIRECT);
	return fd != -EINVAL;
}

static int room_settle_cache(struct machine *m, const struct host *h, struct machine_disk *d,
			     const struct disk_room *room, struct err *err)
{
	if (room_is_direct(h, d, room))
		return 0;
	if (str_eq(d->cache, "none") || str_eq(d->cache, "directsync") || str_eq(d->io, "native"))
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			       _("--disk: the file system of %s cannot be used past the host's cache: cache=writeback,io=threads."),
			       d->path);
	if (!d->cache)
		machine_note_of(m, "disk-through-the-cache", SEVERITY_INFO, d->path,
			     _("The file system of %s cannot be used past the host's cache (no O_DIRECT), so the machine uses "
			       "the cache: cache=writeback and io=threads."),
			     d->path);
	d->cache = d->cache ? d->cache : "writeback";
	d->io = "threads";
	return 0;
}

int disk_settle_file(struct machine *m, const struct host *h, struct machine_disk *d,
		     const struct disk_image *img, struct err *err)
{
	struct disk_room room;
	int r;

	disk_room_look(h->root, m->arena, d->path, &room);
	d->folder_missing = !d->exists && room.folder_missing;
	r = room_check(m, d, img, &room, err);
	if (r < 0)
		return r;
	room_settle_btrfs(m, d, &room);
	return room_settle_cache(m, h, d, &room, err);
}
