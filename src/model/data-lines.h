/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * The reader of what ships as data and of the person's own files beside it (data/boards, data/devices): one
 * thing a line, columns between bars, a backslash in front of a bar that is none.  Empty lines and those that
 * start with # are left out.
 */
struct data_line {
	const char *file;     /* what messages call it; in the host's arena */
	unsigned number;
	bool own;	      /* the person's, not shipped */
	char *const *columns; /* trimmed, backslashes still in; may be written to, gone after the call */
	unsigned n;
};

/* Takes a line in.  NULL, or the translated sentence that says what is wrong with it. */
typedef const char *(*data_take_fn)(struct host *h, void *user, const struct data_line *line);

/*
 * Hands the lines of TEXT to TAKE.  What it does not like is noted in host->broken as "FILE:LINE: sentence".
 * Linear.
 */
void data_lines_add(struct host *h, const char *file, const char *text, size_t len, bool own, data_take_fn take,
		    void *user);
/* The same with PATH below the host's root, a file or a folder of files, "etc/vfio-wizard/boards". */
void data_lines_add_own(struct host *h, const char *path, data_take_fn take, void *user);
