/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"
#include "change/journal.h"
#include "change/steps.h"

/*
 * Takes a stage back that did not come to its end: everything as the before-images say, the made
 * folders away, the entry gone.  What somebody else changed meanwhile stays; TOLD gets a sentence
 * about each, and the entry stays as one that undo can settle.  On failure the entry stays
 * unfinished, so that the next start tries again.
 */
int rollback_entry(const struct fsroot *fs, const char *state_dir,
		   const struct txn_options *options, const struct steps *steps,
		   struct journal_entry *e, struct str *told, struct err *err) _must_check_;
/* Removes the new contents that a killed run left beside the files of E. */
int rollback_remove_temps(const struct fsroot *fs, const struct journal_entry *e, struct err *err)
	_must_check_;
/* Removes the folders made for E as far as they are empty. */
int rollback_made_dirs(const struct fsroot *fs, const struct journal_entry *e, struct err *err)
	_must_check_;
