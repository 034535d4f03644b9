/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "change/journal.h"

/* What a stage comes down to: each file once, then the commands. */
struct txn_file {
	struct image before;
	const char *after;	/* in the plan; NULL for outputs */
	size_t after_len;
	struct atomic_file *staged;
	bool waits;		/* it is to be removed, and has not been yet */
};

struct txn_work {
	struct journal_entry *entry;	/* everything but its number and status */
	struct txn_file *files;		/* one per entry->files: edits, then outputs */
	unsigned n_files, n_edits;
	const struct change **commands;	/* one per entry->commands */
};
/*
 * Reads every file the stage touches; changes nothing.  ERR_NOT_POSSIBLE when one is not as the plan
 * found it.  A file to be made that is there with just this content is left out.
 */
int txn_prepare(const struct fsroot *fs, const struct stage *stage, struct txn_work *ret,
		struct err *err) _must_check_;
/* Removes the waiting new files. */
void txn_work_abort(struct txn_work *w);
void txn_work_done(struct txn_work *w);
/* The error for a file that changed since the plan was made. */
int txn_set_changed(const char *path, struct err *err);
