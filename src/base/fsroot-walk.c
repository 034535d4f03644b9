/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fsroot-walk.h"

#include "base/arena.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define WALK_MAX_LINKS 40 /* as the kernel: path_resolution(7) */

/*
 * Every name is opened with O_NOFOLLOW below the directory before it, and every directory on the way
 * stays open, so that ".." is the one we came through.  Whoever swaps a directory for a link or moves
 * it away meanwhile can make us fail, never lead us out.
 */
struct walk {
	int root_fd;
	int *dirs; /* on the way, without the root */
	size_t n_dirs, cap;
	char *text;	  /* the path, with every link followed put in front of what was left */
	const char *left; /* in TEXT, not walked yet; "" or starts with "/" */
	unsigned links;
};

static int walk_here(const struct walk *w)
{
	return w->n_dirs ? w->dirs[w->n_dirs - 1] : w->root_fd;
}

static void walk_enter(struct walk *w, int fd)
{
	if (w->n_dirs == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 16;
		w->dirs = xrealloc(w->dirs, w->cap * sizeof(*w->dirs));
	}
	w->dirs[w->n_dirs++] = fd;
}

/* The root is its own parent. */
static void walk_leave(struct walk *w)
{
	if (w->n_dirs)
		close(w->dirs[--w->n_dirs]);
}

static void walk_done(struct walk *w)
{
	while (w->n_dirs)
		walk_leave(w);
	free(w->dirs);
	free(w->text);
}

/* A slash at the end is a "." behind it: a link before it is followed, a file is none. */
static int walk_take_name(struct walk *w, char name[static NAME_MAX + 1])
{
	const char *start = w->left + strspn(w->left, "/");
	size_t len = strcspn(start, "/");

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, start, len);
	name[len] = '\0';
	if (len == 0)
		strcpy(name, ".");
	w->left = start + len;
	return 0;
}

static int walk_follow(struct walk *w, const char *target)
{
	char *text;

	if (++w->links > WALK_MAX_LINKS)
		return -ELOOP;
	if (*target == '/')
		while (w->n_dirs)
			walk_leave(w);
	text = xasprintf("%s%s", target, w->left);
	free(w->text);
	w->text = text;
	w->left = text;
	return 0;
}

/* 1 and the descriptor where the path ends, 0 to go on, -errno. */
static int walk_step(struct walk *w, int flags, int *ret_fd)
{
	char name[NAME_MAX + 1], target[PATH_MAX];
	bool last;
	ssize_t n;
	int fd, r = walk_take_name(w, name);

	if (r < 0)
		return r;
	last = !*w->left;
	if (strcmp(name, "..") == 0) {
		walk_leave(w);
		strcpy(name, ".");
	}
	if (strcmp(name, ".") == 0 && !last)
		return 0;
	n = readlinkat(walk_here(w), name, target, sizeof(target));
	if (n < 0 && errno != EINVAL)
		return -errno;
	if (n == sizeof(target))
		return -ENAMETOOLONG;
	if (n >= 0 && !(last && (flags & O_NOFOLLOW))) {
		target[n] = '\0';
		return walk_follow(w, target);
	}
	fd = openat(walk_here(w), name, (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (last)
		*ret_fd = fd;
	else
		walk_enter(w, fd);
	return last;
}

int fsroot_walk(int root_fd, const char *path, int flags)
{
	struct walk w = { .root_fd = root_fd, .text = xstrdup(path) };
	int fd = -1, r;

	w.left = w.text;
	do
		r = walk_step(&w, flags, &fd);
	while (r == 0);
	walk_done(&w);
	return r < 0 ? r : fd;
}
