/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"
#include "base/json.h"
#include "model/plan.h"

#include <stdbool.h>

/*
 * STATE_DIR/journal/NNN/entry.json and before-images beside it (see HACKING.md for the keys).
 * An entry is written before anything is touched and never changed but for its status.
 */
enum journal_status { JOURNAL_STARTED, JOURNAL_FILES_DONE, JOURNAL_DONE, JOURNAL_UNDOING };
const char *journal_status_name(enum journal_status s);

struct journal_file {
	const char *path;
	bool existed;		/* false: undo removes it */
	bool output;		/* made by a command, not by us */
	const char *before_blob; /* file name in the entry's folder; NULL when it did not exist */
	const char *before_sha256, *after_sha256; /* after: NULL until the stage is done (outputs) */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t mtime_s, mtime_ns;
};

struct journal_entry {
	struct arena *arena;
	unsigned number;
	enum journal_status status;
	const char *stage, *title, *when; /* when: ISO 8601 local time */
	const char *boot_id;
	struct journal_file *files;
	unsigned n_files;
	const char *const *made_dirs;	/* outermost first */
	const char *const **commands;	/* argv vectors that were run, in order */
	unsigned n_commands;
	bool commands_ran;		/* false: listed as pending */
};
void journal_entry_free(struct journal_entry *e);

/* All entries, oldest first; free each and the array. */
int journal_list(const struct fsroot *fs, const char *state_dir, struct journal_entry ***ret,
		 unsigned *ret_n, struct err *err) _must_check_;
void journal_list_free(struct journal_entry **entries, unsigned n);
/* Writes the entry with STATUS, flushed.  The before-images must be there already. */
int journal_write(const struct fsroot *fs, const char *state_dir, struct journal_entry *e,
		  enum journal_status status, struct err *err) _must_check_;
/* Removes the entry and its folder; the journal folder and STATE_DIR go when they are empty. */
int journal_remove(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		   struct err *err) _must_check_;
