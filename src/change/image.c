/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/image.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define IMAGE_MAX ((off_t)1024 * 1024 * 1024)

void image_done(struct image *img)
{
	free(img->data);
	*img = (struct image){ 0 };
}

static int image_fail(struct err *err, int code, const char *path)
{
	enum err_kind kind = code == -EACCES || code == -EPERM ? ERR_NEEDS_ROOT : ERR_NOT_POSSIBLE;

	return err_set(err, kind, code, _("Cannot read %s: %s"), path, strerror(-code));
}

static int image_read_fd(int fd, struct image *img)
{
	struct str s = { 0 };
	ssize_t n;

	/* An output may still grow while it is read: to the end, not to st_size. */
	do {
		char chunk[65536];

		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			str_addn(&s, chunk, (size_t)n);
	} while ((n > 0 && s.len <= (size_t)IMAGE_MAX) || (n < 0 && errno == EINTR));
	if (n != 0) {
		int r = n < 0 ? -errno : -EFBIG;

		str_done(&s);
		return r;
	}
	img->len = s.len;
	img->data = str_steal(&s);
	return 0;
}

int image_read(const struct fsroot *fs, const char *path, struct image *ret, struct err *err)
{
	struct image img = { 0 };
	struct stat st;
	_cleanup_close_ int fd = -1;
	int r = fsroot_lstat(fs, path, &st);

	if (r == -ENOENT) {
		*ret = img;
		return 0;
	}
	if (r < 0)
		return image_fail(err, r, path);
	img.is_link = S_ISLNK(st.st_mode);
	fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd == -ENOENT && img.is_link) {
		*ret = img;
		return 0;
	}
	if (fd < 0)
		return image_fail(err, fd, path);
	if (fstat(fd, &st) < 0)
		return image_fail(err, -errno, path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, _("%s is not a plain file."), path);
	r = image_read_fd(fd, &img);
	if (r < 0)
		return image_fail(err, r, path);
	img.exists = true;
	img.attrs = (struct file_attrs){ st.st_mode & 07777, st.st_uid, st.st_gid };
	img.mtime = st.st_mtim;
	sha256_hex(img.data, img.len, img.sha256);
	*ret = img;
	return 0;
}

int image_read_link(const struct fsroot *fs, const char *path, struct image *ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct image img = { 0 };
	const char *target;
	struct stat st;
	int r = fsroot_lstat(fs, path, &st);

	if (r == -ENOENT) {
		*ret = img;
		return 0;
	}
	if (r == 0 && S_ISLNK(st.st_mode))
		r = fsroot_readlink(fs, a, path, &target);
	if (r < 0)
		return image_fail(err, r, path);
	img.exists = true;
	img.attrs = (struct file_attrs){ st.st_mode & 07777, st.st_uid, st.st_gid };
	img.mtime = st.st_mtim;
	img.not_a_link = !S_ISLNK(st.st_mode);
	img.data = xstrdup(img.not_a_link ? "" : target);
	img.len = strlen(img.data);
	if (img.not_a_link)
		snprintf(img.sha256, sizeof(img.sha256), "not-a-link");
	else
		sha256_hex(img.data, img.len, img.sha256);
	*ret = img;
	return 0;
}

bool image_matches(const struct image *img, const char *sha256)
{
	if (!sha256)
		return !img->exists && !img->is_link;
	return img->exists && str_eq(img->sha256, sha256);
}

bool image_same_attrs(const struct image *img, const struct file_attrs *attrs,
		      const struct timespec *mtime)
{
	return img->attrs.mode == attrs->mode && img->attrs.uid == attrs->uid &&
	       img->attrs.gid == attrs->gid && img->mtime.tv_sec == mtime->tv_sec &&
	       img->mtime.tv_nsec == mtime->tv_nsec;
}

static int image_commit(struct atomic_file *af, const char *path, const struct timespec *mtime, struct err *err)
{
	int r = mtime ? atomic_set_mtime(af, mtime) : 0;

	if (r < 0) {
		atomic_abort(af);
		return err_set(err, ERR_WRITE, r, _("Cannot write %s: %s"), path, strerror(-r));
	}
	return atomic_commit(af, err);
}

int image_write(const struct fsroot *fs, const char *path, const void *data, size_t len,
		const struct file_attrs *attrs, const struct timespec *mtime, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct atomic_file *af;
	int r = 0;

	if (slash && slash != path) {
		_cleanup_free_ char *parent = xstrndup(path, (size_t)(slash - path));

		r = atomic_make_dirs(fs, parent, 0755, NULL, err);
	}
	if (r == 0)
		r = atomic_stage(fs, path, data, len, attrs, true, &af, err);
	return r < 0 ? r : image_commit(af, path, mtime, err);
}

int image_write_link(const struct fsroot *fs, const char *path, const char *target, const struct file_attrs *owner,
		     const struct timespec *mtime, struct err *err)
{
	struct atomic_file *af;
	int r = atomic_stage_link(fs, path, target, owner, &af, err);

	return r < 0 ? r : image_commit(af, path, mtime, err);
}

int image_put_back(const struct fsroot *fs, const char *path, const struct image *img,
		   struct err *err)
{
	if (!img->exists)
		return img->is_link ? 0 : atomic_remove(fs, path, err);
	return image_write(fs, path, img->data, img->len, &img->attrs, &img->mtime, err);
}
