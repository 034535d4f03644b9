/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/fsroot.h"

/* The builder behind recording_take(): what to read is in recording-list.c, how to write it here. */
enum take_kind { TAKE_FILE, TAKE_LINK, TAKE_DIR, TAKE_UNREADABLE };

struct take_entry {
	const char *path; /* absolute, where it really is */
	enum take_kind kind;
	bool is_dir; /* of what is unreadable */
	const char *bytes; /* file content or link text */
	size_t len;
	mode_t mode;
};

struct take {
	const struct fsroot *fs;
	struct arena *arena;
	struct arena_list entries;
	const char *dir, *real_dir; /* the last directory that was looked up */
};

/* Makes a filtered copy of a text; NULL to leave the file out. */
typedef char *take_filter(struct take *t, const char *text);

/* Records PATH's content, the links on the way to it included; absent is fine. */
void take_file(struct take *t, const char *path);
/* DIR/NAME, in the arena. */
const char *take_path(struct take *t, const char *dir, const char *name);
void take_filtered(struct take *t, const char *path, take_filter *filter);
/* Only that it is there: an empty file with the mode it has. */
void take_presence(struct take *t, const char *path);
/* The link itself and, when FOLLOW, its target as a directory. */
void take_link(struct take *t, const char *path, bool follow);
void take_dir(struct take *t, const char *path);
/* Every blank-separated attribute below DIR. */
void take_attrs(struct take *t, const char *dir, const char *names);
/* Calls TAKE for every file below DIR whose name ends in SUFFIX. */
void take_each(struct take *t, const char *dir, const char *suffix,
	       void (*take)(struct take *t, const char *path));
void take_bytes(struct take *t, const char *path, const char *bytes, size_t len);

/* recording-access.c: users, groups and what confines machines. */
void take_access(struct take *t);
/* recording-config.c: settings of boot loaders, initial RAM disks and drivers, and which programs are there. */
void take_config(struct take *t);
/* recording-list.c: everything the probes look at. */
void take_everything(struct take *t);
