/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/atomic.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/xattr.h>

struct atomic_file {
	int dir_fd;
	char *name;    /* final name in dir_fd */
	char *temp;    /* waiting name in dir_fd */
	char *display; /* path for messages */
};

/* SENTENCE is a whole translated one with two %s: the path and the reason. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int atomic_fail(struct err *err, int code, const char *path, const char *sentence)
{
	err_set(err, ERR_WRITE, code, sentence, path, strerror(-code));
	if (code == -EACCES || code == -EPERM)
		err_hint(err, _("Run the same command as root, for example with sudo."));
	else if (code == -EROFS)
		err_hint(err, _("The file system is mounted read-only. This says which one it is: findmnt -T %s; remount it with: "
				"mount -o remount,rw and its place"),
			 path);
	else if (code == -ENOSPC)
		err_hint(err, _("Free some space on that file system and run the command again."));
	return code;
}
#pragma GCC diagnostic pop

/*
 * Opens the directory that really holds PATH (links followed inside the root, one at PATH itself only
 * when FOLLOW) and its last name.
 */
static int atomic_open_parent(const struct fsroot *fs, const char *path, bool follow, int *ret_fd, char **ret_name)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const char *real, *slash;
	_cleanup_free_ char *dir = NULL;
	int fd;

	if (!follow || fsroot_resolve(fs, a, path, &real) < 0)
		real = path;
	slash = strrchr(real, '/');
	dir = slash ? xstrndup(real, (size_t)(slash - real)) : xstrdup(".");
	fd = fsroot_openat(fs, *dir ? dir : ".", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	*ret_name = xstrdup(slash ? slash + 1 : real);
	return 0;
}

static void atomic_free(struct atomic_file *af)
{
	if (af->dir_fd >= 0)
		close(af->dir_fd);
	free(af->name);
	free(af->temp);
	free(af->display);
	free(af);
}

void atomic_abort(struct atomic_file *af)
{
	if (!af)
		return;
	if (af->temp)
		unlinkat(af->dir_fd, af->temp, 0);
	atomic_free(af);
}

static int atomic_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* SELinux labels and ACLs live in xattrs; a file system without them is fine. */
static void atomic_copy_xattrs(int from, int to)
{
	char names[4096], value[4096];
	ssize_t n = flistxattr(from, names, sizeof(names));

	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len = fgetxattr(from, name, value, sizeof(value));

		if (len >= 0)
			(void)!fsetxattr(to, name, value, (size_t)len, 0);
	}
}

/* The new file gets what the old one had, or ATTRS. */
static int atomic_set_attrs(struct atomic_file *af, int fd, const struct file_attrs *attrs,
			    bool force_attrs)
{
	struct file_attrs want = attrs ? *attrs : (struct file_attrs){ 0644, geteuid(), getegid() };
	struct stat st;
	_cleanup_close_ int old = openat(af->dir_fd, af->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	if (old >= 0 && fstat(old, &st) == 0) {
		atomic_copy_xattrs(old, fd);
		if (!force_attrs)
			want = (struct file_attrs){ st.st_mode & 07777, st.st_uid, st.st_gid };
	}
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != want.uid || st.st_gid != want.gid) && fchown(fd, want.uid, want.gid) < 0)
		return -errno;
	/* After fchown(): that one clears set-id bits. */
	return fchmod(fd, want.mode & 07777) < 0 ? -errno : 0;
}

/* A name beside the target for TRIES more attempts. */
static void atomic_next_temp(struct atomic_file *af, int tries)
{
	uint32_t salt = 0;

	if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
		salt = (uint32_t)getpid() + (uint32_t)tries;
	free(af->temp);
	af->temp = xasprintf(".%.200s.vfio-wizard-%08x", af->name, salt);
}

static int atomic_fill(struct atomic_file *af, const void *data, size_t len,
		       const struct file_attrs *attrs, bool force_attrs)
{
	_cleanup_close_ int fd = -1;
	int r;

	for (int tries = 0; fd < 0 && tries < 16; tries++) {
		atomic_next_temp(af, tries);
		fd = openat(af->dir_fd, af->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		r = -errno;
		free(TAKE_PTR(af->temp));
		return r;
	}
	r = atomic_write_all(fd, data, len);
	if (r == 0)
		r = atomic_set_attrs(af, fd, attrs, force_attrs);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

int atomic_stage(const struct fsroot *fs, const char *path, const void *data, size_t len,
		 const struct file_attrs *attrs, bool force_attrs, struct atomic_file **ret,
		 struct err *err)
{
	struct atomic_file *af = xcalloc(1, sizeof(*af));
	int r;

	af->dir_fd = -1;
	af->display = xstrdup(path);
	r = atomic_open_parent(fs, path, true, &af->dir_fd, &af->name);
	if (r == 0)
		r = atomic_fill(af, data, len, attrs, force_attrs);
	if (r < 0) {
		atomic_abort(af);
		return atomic_fail(err, r, path, _("Cannot write %s: %s"));
	}
	*ret = af;
	return 0;
}

static int atomic_link(struct atomic_file *af, const char *target, const struct file_attrs *owner)
{
	struct stat st;
	int r = -EEXIST;

	for (int tries = 0; r == -EEXIST && tries < 16; tries++) {
		atomic_next_temp(af, tries);
		r = symlinkat(target, af->dir_fd, af->temp) < 0 ? -errno : 0;
	}
	if (r < 0) {
		free(TAKE_PTR(af->temp));
		return r;
	}
	if (fstatat(af->dir_fd, af->temp, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if ((st.st_uid != owner->uid || st.st_gid != owner->gid) &&
	    fchownat(af->dir_fd, af->temp, owner->uid, owner->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

int atomic_stage_link(const struct fsroot *fs, const char *path, const char *target, const struct file_attrs *owner,
		      struct atomic_file **ret, struct err *err)
{
	struct atomic_file *af = xcalloc(1, sizeof(*af));
	int r;

	af->dir_fd = -1;
	af->display = xstrdup(path);
	r = atomic_open_parent(fs, path, false, &af->dir_fd, &af->name);
	if (r == 0)
		r = atomic_link(af, target, owner);
	if (r < 0) {
		atomic_abort(af);
		return atomic_fail(err, r, path, _("Cannot write %s: %s"));
	}
	*ret = af;
	return 0;
}

int atomic_set_mtime(struct atomic_file *af, const struct timespec *mtime)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, *mtime };

	return utimensat(af->dir_fd, af->temp, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int atomic_set_xattr(struct atomic_file *af, const char *name, const void *value, size_t len)
{
	_cleanup_close_ int fd = openat(af->dir_fd, af->temp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 || fsetxattr(fd, name, value, len, 0) < 0 ? -errno : 0;
}

int atomic_commit(struct atomic_file *af, struct err *err)
{
	int r = 0;

	if (renameat(af->dir_fd, af->temp, af->dir_fd, af->name) < 0) {
		r = atomic_fail(err, -errno, af->display, _("Cannot replace %s: %s"));
		atomic_abort(af);
		return r;
	}
	if (fsync(af->dir_fd) < 0)
		r = atomic_fail(err, -errno, af->display, _("Cannot flush %s: %s"));
	atomic_free(af);
	return r;
}

int atomic_write(const struct fsroot *fs, const char *path, const void *data, size_t len,
		 const struct file_attrs *attrs, struct err *err)
{
	struct atomic_file *af;
	int r = atomic_stage(fs, path, data, len, attrs, false, &af, err);

	return r < 0 ? r : atomic_commit(af, err);
}

static int atomic_unlink(const struct fsroot *fs, const char *path, bool follow, int flags, struct err *err)
{
	_cleanup_close_ int dir_fd = -1;
	_cleanup_free_ char *name = NULL;
	int r = atomic_open_parent(fs, path, follow, &dir_fd, &name);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && unlinkat(dir_fd, name, flags) < 0)
		r = -errno;
	if (r == -ENOENT || (flags == AT_REMOVEDIR && (r == -ENOTEMPTY || r == -EEXIST)))
		return 0;
	if (r == 0 && fsync(dir_fd) < 0)
		r = -errno;
	return r < 0 ? atomic_fail(err, r, path, _("Cannot remove %s: %s")) : 0;
}

int atomic_flush(const struct fsroot *fs, const char *path, struct err *err)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = fd;

	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = syncfs(fd) < 0 ? -errno : 0;
	return r < 0 ? atomic_fail(err, r, path, _("Cannot make sure that %s is on the disk: %s")) : 0;
}

int atomic_remove(const struct fsroot *fs, const char *path, struct err *err)
{
	return atomic_unlink(fs, path, true, 0, err);
}

int atomic_remove_name(const struct fsroot *fs, const char *path, struct err *err)
{
	return atomic_unlink(fs, path, false, 0, err);
}

int atomic_remove_dir(const struct fsroot *fs, const char *path, struct err *err)
{
	return atomic_unlink(fs, path, true, AT_REMOVEDIR, err);
}

int atomic_make_dirs(const struct fsroot *fs, const char *path, mode_t mode, char ***made,
		     struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(path);

	for (char *slash = copy + 1;; slash++) {
		bool last = *slash == '\0';
		_cleanup_close_ int dir_fd = -1;
		_cleanup_free_ char *name = NULL;
		int r;

		if (!last && *slash != '/')
			continue;
		*slash = '\0';
		if (!fsroot_exists(fs, copy)) {
			r = atomic_open_parent(fs, copy, true, &dir_fd, &name);
			if (r == 0 && mkdirat(dir_fd, name, mode) < 0 && errno != EEXIST)
				r = -errno;
			if (r == 0 && fsync(dir_fd) < 0)
				r = -errno;
			if (r < 0)
				return atomic_fail(err, r, copy, _("Cannot make the folder %s: %s"));
			if (made)
				strv_add(made, copy);
		}
		if (last)
			return 0;
		*slash = '/';
	}
}
