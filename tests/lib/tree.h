/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A small root of our own to change, and a way to see whether anything in it differs. */
#include "base/fsroot.h"
#include "base/str.h"
#include "base/strv.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	char dir[64];
	struct fsroot *fs;
};

static inline void tree_remove_at(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		_cleanup_free_ char *child = xasprintf("%s/%s", path, de->d_name);

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (unlink(child) < 0)
			tree_remove_at(child);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static inline void tree_init(struct tree *t)
{
	struct err err = { 0 };

	/* In memory where that is possible: thousands of flushes would wait for a disk. */
	snprintf(t->dir, sizeof(t->dir), "%s/vfio-wizard-test-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(t->dir));
	ck_assert_int_eq(fsroot_open(t->dir, &t->fs, &err), 0);
}

static inline void tree_done(struct tree *t)
{
	fsroot_free(t->fs);
	tree_remove_at(t->dir);
}

static inline char *tree_path(const struct tree *t, const char *path)
{
	return xasprintf("%s%s", t->dir, path);
}

static inline void tree_mkdir(const struct tree *t, const char *path, mode_t mode)
{
	_cleanup_free_ char *full = tree_path(t, path);

	for (char *slash = strchr(full + strlen(t->dir) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	mkdir(full, mode);
}

/* A file with an old time stamp, so that a lost one shows. */
static inline void tree_write(const struct tree *t, const char *path, const char *text, mode_t mode)
{
	_cleanup_free_ char *full = tree_path(t, path), *parent = xstrdup(path);
	struct timespec times[2] = { { 1600000000, 0 }, { 1600000000, 123456789 } };
	FILE *f;

	*strrchr(parent, '/') = '\0';
	if (*parent)
		tree_mkdir(t, parent, 0755);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(full, mode), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, full, times, 0), 0);
}

static inline void tree_link(const struct tree *t, const char *target, const char *path)
{
	_cleanup_free_ char *full = tree_path(t, path);

	ck_assert_int_eq(symlink(target, full), 0);
}

static inline void tree_unlink(const struct tree *t, const char *path)
{
	_cleanup_free_ char *full = tree_path(t, path);

	ck_assert_int_eq(unlink(full), 0);
}

static inline bool tree_has(const struct tree *t, const char *path)
{
	struct stat st;

	return fsroot_lstat(t->fs, path, &st) == 0;
}

/* "" when it is not there; free() it. */
static inline char *tree_read(const struct tree *t, const char *path)
{
	char *text;

	return fsroot_read(t->fs, path, &text, NULL) < 0 ? xstrdup("") : text;
}

static inline void tree_add_entry(struct str *out, const char *full, const char *shown)
{
	struct stat st;
	char target[PATH_MAX] = "";

	ck_assert_int_eq(lstat(full, &st), 0);
	str_addf(out, "%s mode=%o owner=%u:%u", shown, st.st_mode, st.st_uid, st.st_gid);
	if (S_ISLNK(st.st_mode)) {
		ck_assert_int_ge((int)readlink(full, target, sizeof(target) - 1), 0);
		str_addf(out, " -> %s", target);
	} else if (S_ISREG(st.st_mode)) {
		_cleanup_fclose_ FILE *f = fopen(full, "r");
		char buf[4096];
		size_t n;

		str_addf(out, " mtime=%lld.%ld\n", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
		while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0)
			str_addn(out, buf, n);
	}
	str_addc(out, '\n');
}

static inline void tree_add(struct str *out, const char *full, const char *shown, const char *without)
{
	_cleanup_strv_ char **names = NULL;
	DIR *d;
	struct dirent *de;

	if (without && strcmp(shown, without) == 0)
		return;
	tree_add_entry(out, full, shown);
	d = opendir(full);
	while (d && (de = readdir(d)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			strv_add(&names, de->d_name);
	if (d)
		closedir(d);
	strv_sort(names);
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *child = xasprintf("%s/%s", full, *name);
		_cleanup_free_ char *child_shown = xasprintf("%s/%s", shown, *name);
		struct stat st;

		if (lstat(child, &st) == 0 && S_ISDIR(st.st_mode))
			tree_add(out, child, child_shown, without);
		else
			tree_add_entry(out, child, child_shown);
	}
}

/*
 * Type, mode, owner, content, link target, and of files the time stamp, of everything (but WITHOUT,
 * may be NULL) as one text; free() it.
 */
static inline char *tree_snapshot(const struct tree *t, const char *without)
{
	struct str out = { 0 };

	tree_add(&out, t->dir, "", without);
	return str_steal(&out);
}
