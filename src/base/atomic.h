/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/fsroot.h"

#include <sys/types.h>
#include <time.h>

/*
 * The only code that writes files.  A file is written whole beside its target (same directory, so
 * that rename(2) works), flushed, renamed over it, and the directory flushed: after a power cut
 * there is the old file or the new one, never half of either.
 */

/* How a file that does not exist yet is made; an existing one keeps its own mode, owner and xattrs. */
struct file_attrs {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct atomic_file; /* a new content that waits beside its target */

/*
 * Writes DATA beside PATH and flushes it.  ATTRS counts when PATH does not exist; FORCE_ATTRS makes
 * it count always (undo puts old owner and mode back).  A link at PATH is followed inside the root:
 * its target is what gets replaced.
 */
int atomic_stage(const struct fsroot *fs, const char *path, const void *data, size_t len,
		 const struct file_attrs *attrs, bool force_attrs, struct atomic_file **ret,
		 struct err *err) _must_check_;
/*
 * The same for a symbolic link: one that leads to TARGET waits beside PATH and takes its place by a
 * rename.  What is at PATH is not followed.  OWNER's mode is not used, links have none.
 */
int atomic_stage_link(const struct fsroot *fs, const char *path, const char *target, const struct file_attrs *owner,
		      struct atomic_file **ret, struct err *err) _must_check_;
/* Gives the waiting file an old time stamp: undo puts that back as well.  0 or -errno. */
int atomic_set_mtime(struct atomic_file *af, const struct timespec *mtime) _must_check_;
/* Gives the waiting file an extended attribute.  0 or -errno: -ENOTSUP where the file system has none. */
int atomic_set_xattr(struct atomic_file *af, const char *name, const void *value, size_t len) _must_check_;
/* Puts the new content in place and frees AF. */
int atomic_commit(struct atomic_file *af, struct err *err) _must_check_;
/* Removes the waiting file and frees AF; NULL is fine. */
void atomic_abort(struct atomic_file *af);
static inline void atomic_abortp(struct atomic_file **af)
{
	atomic_abort(*af);
}

/* atomic_stage() and atomic_commit() in one. */
int atomic_write(const struct fsroot *fs, const char *path, const void *data, size_t len,
		 const struct file_attrs *attrs, struct err *err) _must_check_;
/*
 * Flushes the whole file system that PATH lies on: what a program wrote there, PATH and whatever else
 * it made beside it, is on the disk afterwards.  Absent is success.  syncfs(2) tells write errors
 * since Linux 5.8.
 */
int atomic_flush(const struct fsroot *fs, const char *path, struct err *err) _must_check_;
/* Unlinks PATH and flushes its directory; absent is success. */
int atomic_remove(const struct fsroot *fs, const char *path, struct err *err) _must_check_;
/* The same for what has just this name: a symbolic link goes, not what it leads to. */
int atomic_remove_name(const struct fsroot *fs, const char *path, struct err *err) _must_check_;
/*
 * Makes PATH and its missing parents with MODE.  Made directories, outermost first, are appended to
 * *MADE (strv, may be NULL), so that undo can remove exactly them.
 */
int atomic_make_dirs(const struct fsroot *fs, const char *path, mode_t mode, char ***made,
		     struct err *err) _must_check_;
/* Removes an empty directory; not empty or absent is success. */
int atomic_remove_dir(const struct fsroot *fs, const char *path, struct err *err) _must_check_;
