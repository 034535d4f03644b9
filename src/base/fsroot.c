/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fsroot.h"

#include "base/fsroot-walk.h"
#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#define FSROOT_MAX_FILE ((size_t)64 * 1024 * 1024)
#define FSROOT_TRIES	128

struct fsroot {
	int fd;
	bool live;
	bool walks; /* openat2 cannot be used */
	bool mode_0_is_kept;
	char *display;
};

/* Linux before 5.6 and valgrind say ENOSYS, some sandboxes EPERM, which "/" never does by itself. */
static bool fsroot_lacks_openat2(const struct fsroot *fs)
{
	_cleanup_close_ int fd = fsroot_openat(fs, "/", O_PATH);

	return fd == -ENOSYS || fd == -EPERM;
}

int fsroot_open(const char *dir, struct fsroot **ret, struct err *err)
{
	struct fsroot *fs;
	struct stat here, slash;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, ERR_NOT_POSSIBLE, -errno, _("Cannot open the root %s: %s"), dir,
			       strerror(errno));
	fs = xcalloc(1, sizeof(*fs));
	fs->fd = fd;
	fs->display = xstrdup(dir);
	/* "/./" and bind mounts of "/" are this machine as well. */
	fs->live = fstat(fd, &here) == 0 && stat("/", &slash) == 0 &&
		   here.st_dev == slash.st_dev && here.st_ino == slash.st_ino;
	fs->walks = !fs->live && fsroot_lacks_openat2(fs);
	fs->mode_0_is_kept = !fs->live && fsroot_exists(fs, FSROOT_MODE_0_MARK);
	*ret = fs;
	return 0;
}

void fsroot_free(struct fsroot *fs)
{
	if (!fs)
		return;
	close(fs->fd);
	free(fs->display);
	free(fs);
}

bool fsroot_is_live(const struct fsroot *fs)
{
	return fs->live;
}

bool fsroot_keeps_mode_0(const struct fsroot *fs)
{
	return fs->mode_0_is_kept;
}

const char *fsroot_display(const struct fsroot *fs)
{
	return fs->display;
}

static const char *fsroot_relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

/*
 * Recorded hosts say "may not be read" with mode 0, which would not keep root from reading.  Only
 * where the recording left its mark: elsewhere the kernel alone decides, and a stat() a file counts.
 */
static int fsroot_check_mode(const struct fsroot *fs, int fd, int flags)
{
	struct stat st;

	if (!fs->mode_0_is_kept || (flags & O_PATH) || fstat(fd, &st) < 0 || (st.st_mode & 07777))
		return fd;
	close(fd);
	return -EACCES;
}

static int fsroot_openat2(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT,
	};
	long fd;

	/* EAGAIN: a rename raced with ".."; but also a file lease, which can last. */
	for (unsigned tries = 0;; tries++) {
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN || tries == FSROOT_TRIES)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

int fsroot_openat(const struct fsroot *fs, const char *path, int flags)
{
	int fd;

	path = fsroot_relative(path);
	if (fs->live) {
		/* Nothing to escape from, and /proc/self style links stay usable. */
		fd = openat(fs->fd, path, flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = fs->walks ? fsroot_walk(fs->fd, path, flags) : fsroot_openat2(fs->fd, path, flags);
	return fd < 0 ? fd : fsroot_check_mode(fs, fd, flags);
}

void fsroot_library_path(const struct fsroot *fs, const char *path, char buf[static PATH_MAX])
{
	if (fs->live)
		snprintf(buf, PATH_MAX, "/%s", fsroot_relative(path));
	else
		snprintf(buf, PATH_MAX, "/proc/self/fd/%d/%s", fs->fd, fsroot_relative(path));
}

/* sysfs and procfs files say st_size 0 or 4096: read until the end, never trust the size. */
int fd_read_all(int fd, char **ret, size_t *ret_len)
{
	_cleanup_str_ struct str s = { 0 };
	char chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (s.len + (size_t)n > FSROOT_MAX_FILE)
			return -EFBIG;
		str_addn(&s, chunk, (size_t)n);
	}
	if (ret_len)
		*ret_len = s.len;
	*ret = str_steal(&s);
	return 0;
}

int fsroot_read(const struct fsroot *fs, const char *path, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd;
	return fd_read_all(fd, ret, ret_len);
}

int fsroot_read_attr(const struct fsroot *fs, struct arena *a, const char *path, const char **ret)
{
	char buf[4096];
	ssize_t n;
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	*ret = NULL;
	if (fd < 0)
		return fd;
	do
		n = read(fd, buf, sizeof(buf) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	*ret = arena_strdup(a, str_trim(buf));
	return 0;
}

int fsroot_read_u64(const struct fsroot *fs, const char *path, uint64_t *ret)
{
	char buf[64];
	ssize_t n;
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd;
	do
		n = read(fd, buf, sizeof(buf) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return str_to_u64(str_trim(buf), UINT64_MAX, ret);
}

bool fsroot_exists(const struct fsroot *fs, const char *path)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_PATH);

	return fd >= 0;
}

static int fsroot_stat_flags(const struct fsroot *fs, const char *path, int flags, struct stat *ret)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_PATH | flags);

	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

int fsroot_stat(const struct fsroot *fs, const char *path, struct stat *ret)
{
	return fsroot_stat_flags(fs, path, 0, ret);
}

int fsroot_lstat(const struct fsroot *fs, const char *path, struct stat *ret)
{
	return fsroot_stat_flags(fs, path, O_NOFOLLOW, ret);
}

int fsroot_readlink(const struct fsroot *fs, struct arena *a, const char *path, const char **ret)
{
	char buf[PATH_MAX];
	ssize_t n;
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_PATH | O_NOFOLLOW);

	*ret = NULL;
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, sizeof(buf) - 1);
	if (n < 0)
		return errno == ENOENT ? -EINVAL : -errno; /* ENOENT here: not a link */
	*ret = arena_strndup(a, buf, (size_t)n);
	return 0;
}

const char *fsroot_link_name(const struct fsroot *fs, struct arena *a, const char *path)
{
	const char *target, *slash;

	if (fsroot_readlink(fs, a, path, &target) < 0)
		return NULL;
	slash = strrchr(target, '/');
	return slash ? slash + 1 : target;
}

int fsroot_resolve(const struct fsroot *fs, struct arena *a, const char *path, const char **ret)
{
	char proc[64], root[PATH_MAX], real[PATH_MAX];
	ssize_t n;
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_PATH);

	*ret = NULL;
	if (fd < 0)
		return fd;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, real, sizeof(real) - 1);
	if (n < 0)
		return -errno;
	real[n] = '\0';
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fs->fd);
	n = readlink(proc, root, sizeof(root) - 1);
	if (n < 0)
		return -errno;
	root[n] = '\0';
	if (strcmp(root, "/") == 0)
		n = 0;
	if (strncmp(real, root, (size_t)n) != 0)
		return -EXDEV;
	*ret = arena_strdup(a, real[n] == '/' ? real + n + 1 : real + n);
	return 0;
}

int fsroot_list(const struct fsroot *fs, const char *path, char ***ret)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char **names = NULL;
	struct dirent *de;
	int fd = fsroot_openat(fs, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		int r = -errno;

		close(fd);
		return r;
	}
	while ((de = readdir(dir)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			strv_add(&names, de->d_name);
	strv_sort(names);
	*ret = names;
	return 0;
}
