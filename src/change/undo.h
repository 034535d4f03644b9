/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "change/journal.h"
#include "change/txn.h"

/* What undoing one entry would do to one file. */
enum undo_action {
	UNDO_RESTORE,	/* put the before-image back */
	UNDO_REMOVE,	/* we made it: remove */
	UNDO_KEEP,	/* already as before */
	UNDO_MERGE,	/* edited since: our lines go, the later edits stay */
	UNDO_CONFLICT,	/* edited since in the same lines: a person must choose */
};
struct undo_file {
	const struct journal_file *file;
	enum undo_action action;
	/* Texts, for the diff; NULL = absent, or a large file that a command made. */
	const char *current, *result;
	size_t current_len, result_len;
};
struct undo_preview {
	struct arena *arena;
	const struct journal_entry *entry;
	struct undo_file *files;
	unsigned n_files;
	/*
	 * Argument vectors that are run, too (below another root: listed): a command's own way back, and
	 * update-grub again when somebody rewrote its output meanwhile; that output is not in .files.
	 */
	const char *const **commands;
	unsigned n_commands;
	bool has_conflict;
	bool needs_reboot;
};
int undo_preview(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		 struct undo_preview **ret, struct err *err) _must_check_;
void undo_preview_free(struct undo_preview *p);
static inline void undo_preview_freep(struct undo_preview **p)
{
	undo_preview_free(*p);
}

/* How to settle conflicts: refuse (the default), put the old file back, or keep the edited one. */
enum undo_conflict { UNDO_CONFLICT_REFUSE, UNDO_CONFLICT_RESTORE, UNDO_CONFLICT_KEEP };
/*
 * Undoes E, which must be the newest entry.  All or nothing, as txn_apply().  Afterwards E is gone
 * from the journal; the caller still frees it.
 */
int undo_apply(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
	       const struct journal_entry *e, enum undo_conflict on_conflict,
	       const struct txn_watcher *watcher, struct txn_result *ret, struct err *err)
	_must_check_;
