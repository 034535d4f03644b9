/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"
#include "change/journal.h"
#include "change/steps.h"

/* Mode, owner and time stamp (NULL: now) that undo gives a file that is NOW as described. */
void undo_target_attrs(const struct journal_file *f, const struct image *now,
		       struct file_attrs *ret, const struct timespec **ret_mtime);
/*
 * Finishes an undo that was killed after its decisions had been journalled.  TOLD gets a sentence
 * about whatever could not be done.
 */
int undo_finish(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
		const struct steps *steps, struct journal_entry *e, struct str *told,
		struct err *err) _must_check_;
