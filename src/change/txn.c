/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/txn.h"

#include "base/atomic.h"
#include "base/log.h"
#include "base/spawn.h"
#include "change/rollback.h"
#include "change/state-dir.h"
#include "change/txn-prepare.h"

#include <errno.h>
#include <string.h>

struct txn {
	const struct fsroot *fs;
	const char *state_dir;
	const struct txn_options *options;
	struct plan *plan;
	struct txn_work work;
	struct steps steps;
	struct txn_result result;
};

static int txn_check_journal(const struct txn *t, struct err *err)
{
	struct journal_entry **entries;
	unsigned n, open = 0;
	int r = journal_list(t->fs, t->state_dir, &entries, &n, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < n; i++)
		if (entries[i]->status != JOURNAL_DONE)
			open = entries[i]->number;
	journal_list_free(entries, n);
	if (!open)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -EBUSY,
		_("An earlier run was interrupted in the middle of change %03u and has to be cleaned up first."),
		open);
	return err_hint(err, _("Start vfio-wizard once more: it does that first."));
}

static int txn_write_images(struct txn *t, struct err *err)
{
	const struct journal_entry *e = t->work.entry;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < e->n_files; i++) {
		const struct journal_file *f = &e->files[i];
		const struct txn_file *tf = &t->work.files[i];

		if (f->before_blob)
			r = journal_write_blob(t->fs, t->state_dir, e, f->before_blob,
					       tf->before.data, tf->before.len, err);
		if (r == 0 && f->after_blob)
			r = journal_write_blob(t->fs, t->state_dir, e, f->after_blob, tf->after,
					       tf->after_len, err);
	}
	return r;
}

static int txn_journal(struct txn *t, struct err *err)
{
	struct journal_entry *e = t->work.entry;
	unsigned n_before = 0;
	int r;

	for (unsigned i = 0; i < e->n_files; i++)
		n_before += e->files[i].existed;
	steps_begin(&t->steps, xasprintf(ngettext("Keep a copy of %u file", "Keep a copy of %u files",
						  n_before),
					 n_before));
	r = journal_begin(t->fs, t->state_dir, e, err);
	if (r == 0)
		r = txn_write_images(t, err);
	if (r == 0)
		r = journal_write(t->fs, t->state_dir, e, JOURNAL_STARTED, err);
	steps_finish(&t->steps, r == 0);
	return r;
}

/* A full or read-only disk shows here, before the first file is replaced. */
static int txn_stage_files(struct txn *t, struct err *err)
{
	const struct journal_entry *e = t->work.entry;
	int r = 0;

	for (size_t i = 0; r == 0 && e->made_dirs && e->made_dirs[i]; i++)
		r = atomic_make_dirs(t->fs, e->made_dirs[i], 0755, NULL, err);
	for (unsigned i = 0; r == 0 && i < t->work.n_edits; i++)
		if (!e->files[i].removed)
			r = journal_file_stage(t->fs, &e->files[i], t->work.files[i].after, t->work.files[i].after_len,
					       &e->files[i].attrs, &t->work.files[i].staged, err);
	return r;
}

static int txn_commit_file(struct txn *t, unsigned i, struct err *err)
{
	const struct journal_file *f = &t->work.entry->files[i];
	_cleanup_image_ struct image now = { 0 };
	int r = journal_file_read(t->fs, f, &now, err);

	/* Staging may have taken a while: look once more. */
	if (r == 0 && !image_matches(&now, f->before_sha256))
		r = txn_set_changed(f->path, err);
	if (r < 0)
		return r;
	t->work.files[i].waits = false;
	return f->removed ? journal_file_remove(t->fs, f, err) : atomic_commit(TAKE_PTR(t->work.files[i].staged), err);
}

/* What the step that changes F is called; free() it. */
static char *txn_step_text(const struct txn *t, unsigned i)
{
	const struct journal_file *f = &t->work.entry->files[i];

	if (f->removed)
		return xasprintf(_("Remove %s"), f->path);
	if (f->link)
		return xasprintf(_("Let %s lead to %s"), f->path, t->work.files[i].after);
	return xasprintf(f->existed ? _("Change %s") : _("Make %s"), f->path);
}

static int txn_commit_files(struct txn *t, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < t->work.n_edits; i++) {
		r = steps_check_stop(&t->steps, err);
		if (r < 0)
			break;
		steps_begin(&t->steps, txn_step_text(t, i));
		r = txn_commit_file(t, i, err);
		steps_finish(&t->steps, r == 0);
	}
	return r < 0 ? r : journal_write(t->fs, t->state_dir, t->work.entry, JOURNAL_FILES_DONE, err);
}

/* How long a listing of what was made may take: xz on a slow disk. */
#define TXN_LISTING_S 300

static int txn_read_back_path(const struct txn *t, const struct change *c, struct err *err)
{
	_cleanup_image_ struct image made = { 0 };
	int r;

	if (!c->readback_path)
		return 0;
	r = image_read(t->fs, c->readback_path, &made, err);
	for (const char *const *needle = c->readback_needles; r == 0 && needle && *needle; needle++)
		if (!made.exists || !memmem(made.data, made.len, *needle, strlen(*needle)))
			r = err_set(err, ERR_NOT_POSSIBLE, -EIO,
				    _("%s ran without an error, but %s does not hold \"%s\" afterwards."),
				    c->argv[0], c->readback_path, *needle);
	return r;
}

/* A command may end well and yet have done nothing: what it made has to show it. */
static int txn_read_back(const struct txn *t, const struct change *c, struct err *err)
{
	int r = txn_read_back_path(t, c, err);

	for (unsigned i = 0; r == 0 && i < c->n_readbacks; i++) {
		const struct change_readback *back = &c->readbacks[i];
		const char *missing = NULL;

		r = steps_search(&t->steps, back->argv, TXN_LISTING_S, back->needles, &missing, err);
		if (r == 0 && missing) {
			_cleanup_free_ char *line = spawn_quote(back->argv);

			r = err_set(err, ERR_NOT_POSSIBLE, -EIO,
				    _("%s ran without an error, but \"%s\" does not show \"%s\" afterwards."),
				    c->argv[0], line, missing);
		}
	}
	return r;
}

/*
 * Hardly a tool flushes what it writes: without this the journal could say "done" on the disk while
 * the initial RAM disk is still only in memory.
 */
static int txn_flush_outputs(const struct txn *t, const struct change *c, struct err *err)
{
	int r = 0;

	for (const char *const *o = c->outputs; r == 0 && o && *o; o++)
		r = atomic_flush(t->fs, *o, err);
	return r;
}

static int txn_run_command(struct txn *t, unsigned i, struct err *err)
{
	struct journal_entry *e = t->work.entry;
	const struct change *c = t->work.commands[i];
	_cleanup_free_ char *line = spawn_quote(c->argv);
	int r;

	if (!t->options->run_commands) {
		steps_add_pending(&t->steps, t->plan->arena, c->by_hand ? c->by_hand : c->argv,
				  &t->result.pending);
		return 0;
	}
	r = steps_check_stop(&t->steps, err);
	if (r < 0)
		return r;
	steps_begin(&t->steps, TAKE_PTR(line));
	e->commands_begun = i + 1;
	r = journal_write(t->fs, t->state_dir, e, JOURNAL_FILES_DONE, err);
	if (r == 0)
		r = steps_run(&t->steps, c->argv, c->timeout_s, err);
	if (r == 0)
		r = txn_read_back(t, c, err);
	if (r == 0)
		r = steps_install(t->fs, c->made, c->installed, err);
	if (r == 0)
		r = txn_flush_outputs(t, c, err);
	steps_finish(&t->steps, r == 0);
	return r;
}

/* What the commands made: undo puts the old one back only when this is still there. */
static int txn_note_output(struct txn *t, unsigned i, struct err *err)
{
	struct journal_entry *e = t->work.entry;
	struct journal_file *f = &e->files[i];
	_cleanup_image_ struct image made = { 0 };
	int r = image_read(t->fs, f->path, &made, err);

	if (r < 0 || !made.exists || image_matches(&made, f->after_sha256))
		return r;
	/* We wrote it and a command rewrote it: a merge has to start from the latter. */
	if (f->after_blob) {
		f->after_blob = arena_printf(e->arena, "made-%u", i);
		r = journal_write_blob(t->fs, t->state_dir, e, f->after_blob, made.data, made.len,
				       err);
	}
	f->after_sha256 = arena_strdup(e->arena, made.sha256);
	return r;
}

static int txn_note_outputs(struct txn *t, struct err *err)
{
	const struct journal_entry *e = t->work.entry;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < e->n_files; i++)
		if (e->files[i].output)
			r = txn_note_output(t, i, err);
	return r;
}

static int txn_do(struct txn *t, struct err *err)
{
	struct journal_entry *e = t->work.entry;
	int r = txn_stage_files(t, err);

	if (r == 0)
		r = txn_commit_files(t, err);
	for (unsigned i = 0; r == 0 && i < e->n_commands; i++)
		r = txn_run_command(t, i, err);
	/* Asked for during the last step, too: a boot menu takes its time. */
	if (r == 0)
		r = steps_check_stop(&t->steps, err);
	if (r == 0 && t->options->run_commands) {
		e->commands_ran = e->n_commands > 0;
		r = txn_note_outputs(t, err);
	}
	return r < 0 ? r : journal_write(t->fs, t->state_dir, e, JOURNAL_DONE, err);
}

/* What never was put in place needs no way back, whatever became of it meanwhile. */
static void txn_forget_waiting(struct txn *t)
{
	struct journal_entry *e = t->work.entry;
	unsigned kept = 0;

	for (unsigned i = 0; i < e->n_files; i++)
		if (i >= t->work.n_edits || (!t->work.files[i].staged && !t->work.files[i].waits))
			e->files[kept++] = e->files[i];
	e->n_files = kept;
	txn_work_abort(&t->work);
}

static int txn_take_back(struct txn *t, int code, struct err *err)
{
	_cleanup_str_ struct str told = { 0 };
	struct err again = { 0 };
	int r;

	steps_finish(&t->steps, false);
	txn_forget_waiting(t);
	t->work.entry->commands_ran = false;
	r = rollback_entry(t->fs, t->state_dir, t->options, &t->steps, t->work.entry, &told, &again);
	if (r < 0) {
		steps_add_sentence(err, _("Not everything could be put back:"));
		steps_add_sentence(err, again.msg);
		if (err)
			err_hint(err, _("The copies are kept in %s/journal; the next start of vfio-wizard "
					"tries again to put them back."),
				 t->state_dir);
	} else if (told.len) {
		steps_add_sentence(err, _("Everything else was put back as it was."));
		steps_add_sentence(err, str_c(&told));
	} else {
		steps_add_sentence(err, _("Everything is as it was before."));
	}
	return code;
}

static int txn_run(struct txn *t, int lock_fd, const struct txn_watcher *watcher, struct err *err)
{
	struct journal_entry *e = t->work.entry;
	int r;

	steps_init(&t->steps, watcher,
		   1 + t->work.n_edits + (t->options->run_commands ? e->n_commands : 0), lock_fd);
	r = txn_journal(t, err);
	if (r < 0) {
		/* Nothing was touched yet; what cannot be removed is cleaned up by the next start. */
		(void)!journal_remove(t->fs, t->state_dir, e, NULL);
		steps_add_sentence(err, _("Nothing was changed."));
	} else {
		r = txn_do(t, err);
		if (r < 0)
			r = txn_take_back(t, r, err);
	}
	t->result.number = e->number;
	steps_done(&t->steps);
	return r;
}

int txn_apply(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
	      struct plan *plan, struct stage *stage, const struct txn_watcher *watcher,
	      struct txn_result *ret, struct err *err)
{
	struct txn t = { .fs = fs, .state_dir = state_dir, .options = options, .plan = plan };
	_cleanup_close_ int lock_fd = -1;
	int r = state_dir_lock(fs, state_dir, &lock_fd, err);

	if (r < 0)
		return r;
	r = txn_check_journal(&t, err);
	if (r == 0)
		r = txn_prepare(fs, stage, &t.work, err);
	if (r == 0 && (t.work.entry->n_files || t.work.entry->n_commands)) {
		log_line("apply stage %s below %s", stage->name, fsroot_display(fs));
		r = txn_run(&t, lock_fd, watcher, err);
	}
	if (r < 0 || !t.result.number)
		(void)!state_dir_tidy(fs, state_dir, NULL);
	txn_work_done(&t.work);
	if (r == 0)
		*ret = t.result;
	return r;
}
