/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/state-dir.h"

#include "base/atomic.h"
#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

/* One path a line, outermost first; only there when a parent had to be made. */
#define STATE_DIR_MADE "made-dirs"
#define STATE_DIR_TRIES 16

static int state_dir_note_parents(const struct fsroot *fs, const char *state_dir, char **made,
				  struct err *err)
{
	_cleanup_free_ char *path = xasprintf("%s/" STATE_DIR_MADE, state_dir);
	_cleanup_free_ char *lines = strv_join(strv_const(made), "\n");
	struct file_attrs attrs = { 0600, geteuid(), getegid() };

	return atomic_write(fs, path, lines, strlen(lines), &attrs, err);
}

static bool state_dir_is_link(const struct fsroot *fs, const char *state_dir)
{
	struct stat st;

	return fsroot_lstat(fs, state_dir, &st) == 0 && S_ISLNK(st.st_mode);
}

int state_dir_make(const struct fsroot *fs, const char *state_dir, struct err *err)
{
	_cleanup_free_ char *parent = xstrdup(state_dir);
	_cleanup_strv_ char **made = NULL;
	char *slash = strrchr(parent, '/');
	int r = 0;

	if (fsroot_exists(fs, state_dir))
		return 0;
	if (state_dir_is_link(fs, state_dir))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("The link %s leads nowhere."), state_dir);
	if (slash && slash != parent) {
		*slash = '\0';
		r = atomic_make_dirs(fs, parent, 0755, &made, err);
	}
	if (r == 0)
		r = atomic_make_dirs(fs, state_dir, 0700, NULL, err);
	if (r == 0 && made)
		r = state_dir_note_parents(fs, state_dir, made, err);
	if (r < 0) {
		/* What was made goes again; the first fault is the one to tell. */
		(void)!atomic_remove_dir(fs, state_dir, NULL);
		for (size_t i = strv_length(strv_const(made)); i > 0; i--)
			(void)!atomic_remove_dir(fs, made[i - 1], NULL);
	}
	return r;
}

static bool state_dir_is_still(const struct fsroot *fs, const char *state_dir, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && fsroot_stat(fs, state_dir, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int state_dir_lock(const struct fsroot *fs, const char *state_dir, int *ret_fd, struct err *err)
{
	for (int tries = 0; tries < STATE_DIR_TRIES; tries++) {
		int r = state_dir_make(fs, state_dir, err);
		_cleanup_close_ int fd = -1;

		if (r < 0)
			return r;
		fd = fsroot_openat(fs, state_dir, O_RDONLY | O_DIRECTORY);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return err_set(err, fd == -EACCES ? ERR_NEEDS_ROOT : ERR_NOT_POSSIBLE, fd,
				       _("Cannot open the folder %s: %s"), state_dir, strerror(-fd));
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			err_set(err, ERR_NOT_POSSIBLE, -EBUSY,
				_("Another run of vfio-wizard, or a command it started, is still changing this host "
				  "(it holds the lock on the folder %s)."),
				state_dir);
			return err_hint(err, _("Wait for it to end and try again; this names it: fuser -v %s"),
					state_dir);
		}
		/* The run before us may have tidied the folder away between open and lock. */
		if (state_dir_is_still(fs, state_dir, fd)) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
	}
	return err_set(err, ERR_NOT_POSSIBLE, -EBUSY, _("The folder %s cannot be locked."), state_dir);
}

static int state_dir_remove_parents(const struct fsroot *fs, const char *state_dir, const char *note,
				    struct err *err)
{
	_cleanup_free_ char *lines = NULL;
	_cleanup_strv_ char **made = NULL;
	int r = fsroot_read(fs, note, &lines, NULL);

	if (r == 0)
		made = strv_split(lines, "\n");
	r = atomic_remove(fs, note, err);
	/* A link to a folder elsewhere is somebody's arrangement, and so is that folder. */
	if (r < 0 || state_dir_is_link(fs, state_dir))
		return r;
	r = atomic_remove_dir(fs, state_dir, err);
	for (size_t i = strv_length(strv_const(made)); r == 0 && i > 0; i--)
		r = atomic_remove_dir(fs, made[i - 1], err);
	return r;
}

/* Looks before it removes: on a read-only file system even a failing rmdir would be an error. */
int state_dir_tidy(const struct fsroot *fs, const char *state_dir, struct err *err)
{
	_cleanup_free_ char *journal = xasprintf("%s/journal", state_dir);
	_cleanup_free_ char *note = xasprintf("%s/" STATE_DIR_MADE, state_dir);
	_cleanup_strv_ char **names = NULL, **entries = NULL;
	int r;

	if (fsroot_list(fs, state_dir, &names) < 0)
		return 0;
	if (strv_contains(strv_const(names), "journal")) {
		if (fsroot_list(fs, journal, &entries) < 0 || entries)
			return 0;
		r = atomic_remove_dir(fs, journal, err);
		if (r < 0)
			return r;
	}
	for (char **name = names; name && *name; name++)
		if (!str_eq(*name, STATE_DIR_MADE) && !str_eq(*name, "journal"))
			return 0;
	return state_dir_remove_parents(fs, state_dir, note, err);
}

static bool state_dir_is_temp(const char *entry, const char *name)
{
	static const char mark[] = ".vfio-wizard-";
	size_t len = strlen(entry), tail = strlen(mark) + 8;
	/* base/atomic cuts long names, so that the temporary one is not too long. */
	_cleanup_free_ char *prefix = name ? xasprintf(".%.200s", name) : NULL;

	if (entry[0] != '.' || len <= tail || strncmp(entry + len - tail, mark, strlen(mark)) != 0 ||
	    strspn(entry + len - 8, "0123456789abcdef") != 8)
		return false;
	return !prefix || (strlen(prefix) == len - tail && str_starts_with(entry, prefix));
}

int state_dir_remove_temps(const struct fsroot *fs, const char *dir, const char *name,
			   struct err *err)
{
	_cleanup_strv_ char **entries = NULL;
	int r = 0;

	if (fsroot_list(fs, dir, &entries) < 0)
		return 0;
	for (char **entry = entries; r == 0 && entry && *entry; entry++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *entry);

		if (state_dir_is_temp(*entry, name))
			r = atomic_remove_name(fs, path, err); /* a waiting link leads to what is needed */
	}
	return r;
}
