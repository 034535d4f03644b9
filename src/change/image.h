/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/atomic.h"
#include "base/fsroot.h"
#include "model/plan.h"

#include <stdbool.h>
#include <time.h>

/*
 * One file as it is at this moment: content, mode, owner, time.  Also big ones: an initramfs image
 * is larger than what fsroot_read() takes.
 */
struct image {
	bool exists;
	bool is_link;	/* the last component is a symbolic link, maybe a dangling one */
	/* Of image_read_link() alone: something is there that is no symbolic link; what it is was not read. */
	bool not_a_link;
	char *data;
	size_t len;
	struct file_attrs attrs;
	struct timespec mtime;
	char sha256[SHA256_TEXT];	/* "" when it does not exist */
};
void image_done(struct image *img);
#define _cleanup_image_ _cleanup_(image_done)

/* Absent is success.  ERR_NOT_POSSIBLE for what is no plain file, ERR_NEEDS_ROOT, ERR_WRITE. */
int image_read(const struct fsroot *fs, const char *path, struct image *ret, struct err *err)
	_must_check_;
/*
 * The symbolic link PATH itself: .data is where it leads.  .is_link stays false, so that it compares as
 * a file that holds its target's name.  What is there and is no link has a .sha256 that equals nothing.
 */
int image_read_link(const struct fsroot *fs, const char *path, struct image *ret, struct err *err) _must_check_;
/* Replaces the link PATH by one that leads to TARGET; MTIME NULL is now.  The parent folder has to be there. */
int image_write_link(const struct fsroot *fs, const char *path, const char *target, const struct file_attrs *owner,
		     const struct timespec *mtime, struct err *err) _must_check_;
/* SHA256 NULL means absent. */
bool image_matches(const struct image *img, const char *sha256);
bool image_same_attrs(const struct image *img, const struct file_attrs *attrs,
		      const struct timespec *mtime);
/* Replaces PATH by just this; MTIME NULL is now.  A missing parent folder is made. */
int image_write(const struct fsroot *fs, const char *path, const void *data, size_t len,
		const struct file_attrs *attrs, const struct timespec *mtime, struct err *err)
	_must_check_;
/* Puts IMG back at PATH; one that did not exist is removed. */
int image_put_back(const struct fsroot *fs, const char *path, const struct image *img,
		   struct err *err) _must_check_;
