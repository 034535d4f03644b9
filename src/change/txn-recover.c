/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/txn.h"

#include "base/log.h"
#include "base/str.h"
#include "change/rollback.h"
#include "change/state-dir.h"
#include "change/undo-finish.h"

static void recover_tell(struct str *text, char *sentence)
{
	if (text->len)
		str_addc(text, ' ');
	str_add(text, sentence);
	log_line("%s", sentence);
	free(sentence);
}

static int recover_entry(const struct fsroot *fs, const char *state_dir,
			 const struct txn_options *options, struct journal_entry *e, int lock_fd,
			 struct str *text, struct err *err)
{
	_cleanup_str_ struct str told = { 0 };
	struct steps steps;
	int r;

	steps_init(&steps, NULL, 0, lock_fd);
	if (e->status == JOURNAL_UNDOING)
		r = undo_finish(fs, state_dir, options, &steps, e, &told, err);
	else
		r = rollback_entry(fs, state_dir, options, &steps, e, &told, err);
	steps_done(&steps);
	if (r < 0)
		return r;
	if (e->status == JOURNAL_UNDOING)
		recover_tell(text, xasprintf(_("An interrupted undo of change %03u (%s) was finished."),
					     e->number, e->title));
	else
		recover_tell(text, xasprintf(_("Change %03u (%s) was interrupted; the files are as they "
					       "were before it."),
					     e->number, e->title));
	if (told.len)
		recover_tell(text, str_steal(&told));
	return 0;
}

int txn_recover(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
		char **ret_text, struct err *err)
{
	struct journal_entry **entries = NULL;
	_cleanup_close_ int lock_fd = -1;
	_cleanup_str_ struct str text = { 0 };
	unsigned n = 0;
	int r;

	*ret_text = NULL;
	if (!fsroot_exists(fs, state_dir))
		return 0;
	r = state_dir_lock(fs, state_dir, &lock_fd, err);
	if (r == 0)
		r = journal_list(fs, state_dir, &entries, &n, err);
	/* Newest first: a later change was made on top of an earlier one. */
	for (unsigned i = n; r == 0 && i-- > 0;)
		if (entries[i]->status != JOURNAL_DONE)
			r = recover_entry(fs, state_dir, options, entries[i], lock_fd, &text, err);
	journal_list_free(entries, n);
	if (r == 0 && fsroot_exists(fs, state_dir))
		r = journal_clean(fs, state_dir, err);
	if (r == 0 && text.len)
		*ret_text = str_steal(&text);
	return r;
}
