/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/undo-finish.h"

#include "base/atomic.h"
#include "base/log.h"
#include "base/spawn.h"
#include "change/rollback.h"

void undo_target_attrs(const struct journal_file *f, const struct image *now,
		       struct file_attrs *ret, const struct timespec **ret_mtime)
{
	const struct journal_undo *undo = f->undo;

	/* We never change mode or owner of a file we edit: if they differ now, somebody meant it. */
	*ret = f->output || f->removed || !now->exists ? f->attrs : now->attrs;
	*ret_mtime = undo && undo->to_sha256 && str_eq(undo->to_sha256, f->before_sha256) ?
			     &f->mtime :
			     NULL;
}

static void finish_tell(struct str *told, char *sentence)
{
	if (told->len)
		str_addc(told, ' ');
	str_add(told, sentence);
	log_line("%s", sentence);
	free(sentence);
}

static bool finish_is_there(const struct journal_file *f, const struct image *now)
{
	return image_matches(now, f->undo->to_sha256) &&
	       (!f->output || !now->exists || image_same_attrs(now, &f->attrs, &f->mtime));
}

static int finish_file(const struct fsroot *fs, const char *state_dir,
		       const struct journal_entry *e, const struct journal_file *f, struct str *told,
		       struct err *err)
{
	_cleanup_image_ struct image now = { 0 }, target = { 0 };
	const struct timespec *mtime;
	struct file_attrs attrs;
	int r = journal_file_read(fs, f, &now, err);

	if (r < 0 || finish_is_there(f, &now))
		return r;
	if (!image_matches(&now, f->undo->from_sha256) && !image_matches(&now, f->undo->to_sha256)) {
		finish_tell(told, xasprintf(_("%s was changed by something else meanwhile and stays as it is."),
					    f->path));
		return 0;
	}
	if (!f->undo->blob)
		return journal_file_remove(fs, f, err);
	r = journal_read_blob(fs, state_dir, e, f->undo->blob, f->undo->to_sha256, &target, err);
	if (r < 0)
		return r;
	undo_target_attrs(f, &now, &attrs, &mtime);
	return journal_file_write(fs, f, &target, &attrs, mtime, err);
}

static void finish_command(const struct fsroot *fs, const struct txn_options *options,
			   const struct steps *steps, const struct journal_command *c, struct str *told)
{
	const char *const *argv = c->undo_argv ? c->undo_argv : c->argv;
	_cleanup_free_ char *line = spawn_quote(!c->undo_argv && c->by_hand ? c->by_hand : argv);
	struct err err = { 0 };

	if (!options->run_commands)
		finish_tell(told, xasprintf(_("Run this by hand: %s"), line));
	else if (steps_run(steps, argv, c->timeout_s, &err) < 0 ||
		 (!c->undo_argv && steps_install(fs, c->made, c->installed, &err) < 0))
		finish_tell(told, xasprintf(_("%s It may have run before the interruption; if not, run it by hand."),
					    err.msg));
}

int undo_finish(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
		const struct steps *steps, struct journal_entry *e, struct str *told,
		struct err *err)
{
	int r = 0;

	for (unsigned i = 0; i < e->n_undo_commands; i++)
		if (e->undo_commands[i].undo_argv)
			finish_command(fs, options, steps, &e->undo_commands[i], told);
	for (unsigned i = 0; r == 0 && i < e->n_files; i++)
		if (e->files[i].undo)
			r = finish_file(fs, state_dir, e, &e->files[i], told, err);
	for (unsigned i = 0; r == 0 && i < e->n_undo_commands; i++)
		if (!e->undo_commands[i].undo_argv)
			finish_command(fs, options, steps, &e->undo_commands[i], told);
	if (r == 0)
		r = rollback_remove_temps(fs, e, err);
	if (r == 0)
		r = rollback_made_dirs(fs, e, err);
	return r < 0 ? r : journal_remove(fs, state_dir, e, err);
}
