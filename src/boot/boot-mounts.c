/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot-mounts.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "boot/mount-table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const char *const mounts_usual[] = { "/boot", "/boot/efi", "/efi" };

/* Where copies of what is changed are kept (the state folder; another one can only be asked for). */
#define MOUNTS_JOURNAL "/var/lib/vfio-wizard"

/* The deepest existing folder above PATH, or PATH itself when it is one. */
static int mounts_open_folder(const struct host *h, const char *path)
{
	_cleanup_free_ char *part = xstrdup(path);

	for (;;) {
		int fd = fsroot_openat(h->root, *part ? part : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		char *slash = strrchr(part, '/');

		if (fd >= 0 || !slash || !*part)
			return fd;
		*slash = '\0';
	}
}

static int mounts_refuse_missing(const struct host *h, const char *where, struct err *err)
{
	err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		_("/etc/fstab has a file system for %s, but it is not mounted: what is there now is not what starts this "
		  "host"),
		where);
	if (!fsroot_is_live(h->root))
		return err_hint(err, _("Mount it at %s below the folder given with --root, and start again."), where);
	return err_hint(err, _("Run: sudo mount %s, and start again."), where);
}

int boot_mounts_check_places(struct host *h, struct err *err)
{
	struct mount_table mounted = mount_table_read_mounted(h, mounts_usual, ARRAY_SIZE(mounts_usual));
	struct mount_table wanted = mount_table_read(h, "/etc/fstab");

	for (size_t i = 0; i < ARRAY_SIZE(mounts_usual); i++)
		for (size_t k = 0; k < wanted.n; k++)
			if (str_eq(mount_real_path(h, wanted.lines[k].where), mount_real_path(h, mounts_usual[i])) &&
			    mount_is_missing(h, &mounted, wanted.lines[k].where))
				return mounts_refuse_missing(h, wanted.lines[k].where, err);
	return 0;
}

static int mounts_check_mounted(const struct host *h, const struct mount_table *mounted,
				const struct mount_table *wanted, const char *real, struct err *err)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const char *where = wanted->lines[i].where;

		if (strcmp(where, "/") != 0 && mount_is_above(mount_real_path(h, where), real) &&
		    mount_is_missing(h, mounted, where))
			return mounts_refuse_missing(h, where, err);
	}
	return 0;
}

static bool mounts_option(const char *options, const char *name)
{
	_cleanup_strv_ char **words = strv_split(options, ",");

	return strv_contains(strv_const(words), name);
}

static bool mounts_folder_is_read_only(const struct host *h, const char *path)
{
	_cleanup_close_ int fd = mounts_open_folder(h, path);
	struct statvfs vfs;

	return fd >= 0 && fstatvfs(fd, &vfs) == 0 && (vfs.f_flag & ST_RDONLY);
}

/* The highest folder above PATH that is read-only, too: where the file system is mounted. */
static const char *mounts_read_only_place(const struct host *h, const char *path)
{
	char *place = arena_strdup(h->arena, path), *slash;

	while ((slash = strrchr(place, '/')) && slash > place) {
		*slash = '\0';
		if (!mounts_folder_is_read_only(h, place)) {
			*slash = '/';
			return place;
		}
	}
	return mounts_folder_is_read_only(h, "/") ? "/" : place;
}

static int mounts_check_writable(const struct host *h, const struct mount_table *mounted, const char *real,
				 struct err *err)
{
	const struct mount_line *m = mount_table_above(mounted, real);
	const char *where = NULL;

	if (m && mounts_option(m->options, "ro"))
		where = m->where;
	else if (mounts_folder_is_read_only(h, real))
		where = mounts_read_only_place(h, real);
	if (!where)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -EROFS, _("%s is mounted read-only, and %s has to be written"), where, real);
	return err_hint(err, _("Run: sudo mount -o remount,rw %s, and start again. When it was made read-only by an error "
			       "of the file system, check that first (sudo dmesg)."),
			where);
}

/* The flags of chattr(1); most file systems of ESPs have none. */
static int mounts_flags(const struct host *h, const char *path)
{
	_cleanup_close_ int fd = fsroot_openat(h->root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int flags = 0;

	return fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 ? flags : 0;
}

static int mounts_check_flags(const struct host *h, const char *real, struct err *err)
{
	const char *folder = arena_strndup(h->arena, real, (size_t)(strrchr(real, '/') - real));
	int file_flags = mounts_flags(h, real), folder_flags = *folder ? mounts_flags(h, folder) : 0;
	const char *path = file_flags & (FS_IMMUTABLE_FL | FS_APPEND_FL) ? real : folder;
	int flags = path == real ? file_flags : folder_flags;

	/* In a folder that may only grow a new file cannot take the place of an old one. */
	if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -EPERM,
		flags & FS_IMMUTABLE_FL ? _("%s was made unchangeable (chattr +i), by a person or a program that wants it so")
					: _("%s may only be added to (chattr +a), by the wish of a person or a program"),
		path);
	return err_hint(err, _("If that is no longer wanted, run: sudo chattr -%c %s, and start again."),
			flags & FS_IMMUTABLE_FL ? 'i' : 'a', path);
}

/* What goes onto one file system. */
struct mount_need {
	dev_t dev;
	const char *place;	    /* the highest folder of it above what is written */
	unsigned long long texts;   /* bytes that come and stay: new files beside the old, copies for undo */
	unsigned long long largest; /* of the images that are made anew, one after the other */
};

struct mount_needs {
	struct mount_need *list;
	size_t n, max;
};

static bool mounts_device(const struct host *h, const char *path, dev_t *ret)
{
	_cleanup_close_ int fd = mounts_open_folder(h, path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	*ret = st.st_dev;
	return true;
}

/* "/boot" of "/boot/grub/grub.cfg", where both are on DEV and "/" is not. */
static const char *mounts_device_place(const struct host *h, const char *path, dev_t dev)
{
	char *place = arena_strdup(h->arena, path), *slash;
	dev_t above;

	while ((slash = strrchr(place, '/')) && slash > place) {
		*slash = '\0';
		if (!mounts_device(h, place, &above) || above != dev) {
			*slash = '/';
			return place;
		}
	}
	return mounts_device(h, "/", &above) && above == dev ? "/" : place;
}

/* The entry of the file system PATH lies on; NULL: that cannot be found out. */
static struct mount_need *mounts_need(const struct host *h, struct mount_needs *needs, const char *path)
{
	const char *real = mount_real_path(h, path);
	dev_t dev;

	if (!mounts_device(h, real, &dev))
		return NULL;
	for (size_t i = 0; i < needs->n; i++)
		if (needs->list[i].dev == dev)
			return &needs->list[i];
	if (needs->n == needs->max)
		return NULL;
	needs->list[needs->n] = (struct mount_need){ .dev = dev, .place = mounts_device_place(h, real, dev) };
	return &needs->list[needs->n++];
}

static unsigned long long mounts_size(const struct host *h, const char *path)
{
	struct stat st;

	return fsroot_stat(h->root, path, &st) == 0 && S_ISREG(st.st_mode) ? (unsigned long long)st.st_size : 0;
}

/* A file takes whole blocks, and its name some room, too. */
static unsigned long long mounts_room(unsigned long long bytes)
{
	return (bytes + 4095) / 4096 * 4096 + 4096;
}

static void mounts_add_change(const struct host *h, struct mount_needs *needs, const struct change *c)
{
	struct mount_need *journal = mounts_need(h, needs, MOUNTS_JOURNAL), *need;

	if (c->kind != CHANGE_RUN) {
		need = mounts_need(h, needs, c->path);
		if (need)
			need->texts += mounts_room(c->after_len);
		if (journal)
			journal->texts += mounts_room(c->before_len) + 4096;
		return;
	}
	for (const char *const *o = c->outputs; o && *o; o++) {
		unsigned long long size = mounts_size(h, *o);

		need = mounts_need(h, needs, *o);
		/* The new one lies beside the old until it is complete, and may be larger. */
		if (need && 2 * size > need->largest)
			need->largest = 2 * size;
		if (journal && size)
			journal->texts += mounts_room(size);
	}
}

static int mounts_check_space(const struct host *h, const struct plan *plan, struct err *err)
{
	struct mount_need list[16];
	struct mount_needs needs = { .list = list, .max = ARRAY_SIZE(list) };

	for (unsigned i = 0; i < plan->n_stages; i++)
		for (unsigned k = 0; k < plan->stages[i]->n_changes; k++)
			mounts_add_change(h, &needs, plan->stages[i]->changes[k]);
	for (size_t i = 0; i < needs.n; i++) {
		_cleanup_close_ int fd = mounts_open_folder(h, list[i].place);
		unsigned long long wanted = list[i].texts + list[i].largest, left;
		struct statvfs vfs;

		/* Zero blocks: a file system that does not count (a tmpfs without a limit). */
		if (!wanted || fd < 0 || fstatvfs(fd, &vfs) < 0 || !vfs.f_blocks)
			continue;
		left = (unsigned long long)vfs.f_bfree * vfs.f_frsize;
		if (left >= wanted)
			continue;
		err_set(err, ERR_NOT_POSSIBLE, -ENOSPC,
			_("%s has too little free space: %llu bytes are needed, %llu are left"), list[i].place, wanted,
			left);
		return err_hint(err, _("Make room there first (old kernels are the usual reason), and start again."));
	}
	return 0;
}

static void mounts_note_links(const struct host *h, struct plan *plan, const char *path)
{
	struct stat st;
	unsigned long others;

	if (fsroot_stat(h->root, path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2)
		return;
	others = (unsigned long)st.st_nlink - 1;
	boot_add_finding(plan, "file-has-other-names", SEVERITY_WARN, path,
			 _("%s has %lu names (hard links). The new text gets this name only: the other %lu keep the old text, "
			   "and undo puts the text back, not the link. To find them: sudo find / -xdev -samefile %s"),
			 path, others + 1, others, path);
}

static int mounts_check_path(struct host *h, const struct mount_table *mounted, const struct mount_table *wanted,
			     const char *path, struct err *err)
{
	const char *real = mount_real_path(h, path);
	int r = mounts_check_mounted(h, mounted, wanted, real, err);

	if (r == 0)
		r = mounts_check_writable(h, mounted, real, err);
	return r == 0 ? mounts_check_flags(h, real, err) : r;
}

/* Of a link the folder counts that holds it, not where it leads. */
static const char *mounts_place(const struct host *h, const char *path, bool is_link)
{
	return is_link ? arena_strndup(h->arena, path, (size_t)(strrchr(path, '/') - path) + 1) : path;
}

int boot_mounts_check(struct host *h, struct plan *plan, struct err *err)
{
	struct mount_table mounted = mount_table_read_mounted(h, mounts_usual, ARRAY_SIZE(mounts_usual));
	struct mount_table wanted = mount_table_read(h, "/etc/fstab");
	int r = 0;

	for (unsigned i = 0; i < plan->n_stages; i++) {
		for (unsigned k = 0; k < plan->stages[i]->n_changes && r == 0; k++) {
			const struct change *c = plan->stages[i]->changes[k];

			for (const char *const *o = c->outputs; o && *o && r == 0; o++)
				r = mounts_check_path(h, &mounted, &wanted, *o, err);
			if (c->kind != CHANGE_RUN && r == 0)
				r = mounts_check_path(h, &mounted, &wanted, mounts_place(h, c->path, c->kind == CHANGE_LINK), err);
			if (c->kind == CHANGE_EDIT && r == 0)
				mounts_note_links(h, plan, c->path);
		}
	}
	return r == 0 ? mounts_check_space(h, plan, err) : r;
}

int boot_mounts_check_undo(struct host *h, const struct journal_entry *e, struct err *err)
{
	struct mount_table mounted = mount_table_read_mounted(h, mounts_usual, ARRAY_SIZE(mounts_usual));
	struct mount_table wanted = mount_table_read(h, "/etc/fstab");
	int r = 0;

	for (unsigned i = 0; i < e->n_files && r == 0; i++)
		r = mounts_check_path(h, &mounted, &wanted, mounts_place(h, e->files[i].path, e->files[i].link), err);
	return r;
}
