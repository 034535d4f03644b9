/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/undo.h"

#include "base/atomic.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/str.h"
#include "change/rollback.h"
#include "change/state-dir.h"
#include "change/txn-prepare.h"
#include "change/undo-finish.h"

#include <errno.h>
#include <string.h>

struct undo_run {
	const struct fsroot *fs;
	const char *state_dir;
	const struct txn_options *options;
	struct journal_entry *e;	/* read anew under the lock */
	struct image *images;		/* every file of the entry as the undo found it */
	struct atomic_file **staged;
	unsigned n_taken_back;		/* commands whose own way back has been gone */
	struct steps steps;
	struct txn_result result;
	struct arena *result_arena;
};

static int undo_find_newest(struct undo_run *u, unsigned number, struct err *err)
{
	struct journal_entry **entries;
	unsigned n, open = 0;
	int r = journal_list(u->fs, u->state_dir, &entries, &n, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < n; i++)
		if (entries[i]->status != JOURNAL_DONE)
			open = entries[i]->number;
	if (open) {
		r = err_set(err, ERR_NOT_POSSIBLE, -EBUSY,
			    _("An earlier run was interrupted in the middle of change %03u and has to be cleaned up first."),
			    open);
		err_hint(err, _("Start vfio-wizard once more: it does that first."));
	} else if (!n || entries[n - 1]->number != number) {
		r = err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			    _("Change %03u is not the newest one; changes are undone newest first."), number);
	} else {
		u->e = TAKE_PTR(entries[n - 1]);
		n--;
	}
	journal_list_free(entries, n);
	return r;
}

static int undo_refuse_conflicts(const struct undo_preview *p, struct err *err)
{
	_cleanup_str_ struct str files = { 0 };

	for (unsigned i = 0; i < p->n_files; i++)
		if (p->files[i].action == UNDO_CONFLICT)
			str_addf(&files, "%s%s", files.len ? ", " : "", p->files[i].file->path);
	err_set(err, ERR_NOT_POSSIBLE, -ESTALE,
		_("Edited since in the same lines, so that undo cannot tell whose text should stay: %s"),
		str_c(&files));
	return err_hint(err, _("Look at the difference, then say whether the old file or the edited one stays."));
}

/* Notes in the entry what happens to one file, and keeps what has to be written. */
static int undo_note_file(struct undo_run *u, const struct undo_file *uf, unsigned at,
			  enum undo_conflict on_conflict, struct err *err)
{
	struct journal_file *f = &u->e->files[at];
	const struct image *now = &u->images[at];
	struct arena *a = u->e->arena;
	struct journal_undo *undo;
	int r = 0;

	if (uf->action == UNDO_KEEP ||
	    (uf->action == UNDO_CONFLICT && on_conflict == UNDO_CONFLICT_KEEP))
		return 0;
	if (uf->current && (now->len != uf->current_len ||
			    memcmp(now->data, uf->current, uf->current_len) != 0))
		return txn_set_changed(f->path, err);
	if (now->not_a_link)
		return err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
			       _("%s is no symbolic link any more. Move away what is there, then undo again."), f->path);
	undo = arena_alloc(a, sizeof(*undo));
	if (now->exists)
		undo->from_sha256 = arena_strdup(a, now->sha256);
	if (uf->action == UNDO_MERGE) {
		char sha256[SHA256_TEXT];

		sha256_hex(uf->result, uf->result_len, sha256);
		undo->to_sha256 = arena_strdup(a, sha256);
		undo->blob = arena_printf(a, "undo-%u", at);
		r = journal_write_blob(u->fs, u->state_dir, u->e, undo->blob, uf->result,
				       uf->result_len, err);
	} else if (f->existed) {
		undo->to_sha256 = f->before_sha256;
		undo->blob = f->before_blob;
	}
	f->undo = undo;
	return r;
}

static void undo_note_commands(struct undo_run *u, const struct undo_preview *p)
{
	struct journal_entry *e = u->e;

	e->undo_commands = arena_alloc(e->arena, ((size_t)e->n_commands + 1) * sizeof(*e->commands));
	for (unsigned i = e->n_commands; i-- > 0;)
		if (e->commands[i].undo_argv && e->commands_ran &&
		    !(u->options->run_commands && u->options->is_gone && u->options->is_gone(&e->commands[i])))
			e->undo_commands[e->n_undo_commands++] = e->commands[i];
	for (unsigned i = 0; i < e->n_commands; i++)
		for (unsigned k = 0; k < p->n_commands; k++)
			if (p->commands[k] == e->commands[i].argv)
				e->undo_commands[e->n_undo_commands++] = e->commands[i];
}

static int undo_note(struct undo_run *u, const struct undo_preview *p,
		     enum undo_conflict on_conflict, struct err *err)
{
	struct journal_entry *e = u->e;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < e->n_files; i++)
		r = journal_file_read(u->fs, &e->files[i], &u->images[i], err);
	for (unsigned i = 0; r == 0 && i < p->n_files; i++)
		r = undo_note_file(u, &p->files[i], (unsigned)(p->files[i].file - e->files),
				   on_conflict, err);
	if (r < 0)
		return r;
	undo_note_commands(u, p);
	return journal_write(u->fs, u->state_dir, e, JOURNAL_UNDOING, err);
}

static int undo_command(struct undo_run *u, const struct journal_command *c, bool own_way_back,
			struct err *err)
{
	const char *const *argv = own_way_back ? c->undo_argv : c->argv;
	int r;

	if (!u->options->run_commands) {
		steps_add_pending(&u->steps, u->result_arena,
				  !own_way_back && c->by_hand ? c->by_hand : argv, &u->result.pending);
		return 0;
	}
	r = steps_check_stop(&u->steps, err);
	if (r < 0)
		return r;
	steps_begin(&u->steps, spawn_quote(argv));
	r = steps_run(&u->steps, argv, c->timeout_s, err);
	if (r == 0 && !own_way_back)
		r = steps_install(u->fs, c->made, c->installed, err);
	steps_finish(&u->steps, r == 0);
	return r;
}

/* Either the commands with their own way back (before the files), or the ones to run again. */
static int undo_commands(struct undo_run *u, bool own_way_back, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < u->e->n_undo_commands; i++) {
		const struct journal_command *c = &u->e->undo_commands[i];

		if (!c->undo_argv == own_way_back)
			continue;
		r = undo_command(u, c, own_way_back, err);
		if (r == 0 && own_way_back)
			u->n_taken_back++;
	}
	return r;
}

static int undo_stage_file(struct undo_run *u, unsigned i, struct err *err)
{
	const struct journal_file *f = &u->e->files[i];
	_cleanup_image_ struct image target = { 0 };
	const struct timespec *mtime;
	struct file_attrs attrs;
	int r;

	if (!f->undo || !f->undo->blob)
		return 0;
	r = journal_read_blob(u->fs, u->state_dir, u->e, f->undo->blob, f->undo->to_sha256, &target,
			      err);
	if (r < 0)
		return r;
	undo_target_attrs(f, &u->images[i], &attrs, &mtime);
	r = journal_file_stage(u->fs, f, target.data, target.len, &attrs, &u->staged[i], err);
	if (r == 0 && mtime) {
		r = atomic_set_mtime(u->staged[i], mtime);
		if (r < 0)
			err_set(err, ERR_WRITE, r, _("Cannot write %s: %s"), f->path, strerror(-r));
	}
	return r;
}

static int undo_commit_file(struct undo_run *u, unsigned i, struct err *err)
{
	const struct journal_file *f = &u->e->files[i];
	_cleanup_image_ struct image now = { 0 };
	int r;

	if (!f->undo)
		return 0;
	r = steps_check_stop(&u->steps, err);
	if (r < 0)
		return r;
	steps_begin(&u->steps, xasprintf(f->undo->blob ? _("Put back %s") : _("Remove %s"), f->path));
	r = journal_file_read(u->fs, f, &now, err);
	if (r == 0 && !image_matches(&now, f->undo->from_sha256))
		r = txn_set_changed(f->path, err);
	if (r == 0)
		r = f->undo->blob ? atomic_commit(TAKE_PTR(u->staged[i]), err) :
				    journal_file_remove(u->fs, f, err);
	steps_finish(&u->steps, r == 0);
	return r;
}

static int undo_do(struct undo_run *u, struct err *err)
{
	int r = 0;

	/* A full disk shows before anything is touched. */
	for (unsigned i = 0; r == 0 && i < u->e->n_files; i++)
		r = undo_stage_file(u, i, err);
	if (r == 0)
		r = undo_commands(u, true, err);
	for (unsigned i = u->e->n_files; r == 0 && i-- > 0;)
		r = undo_commit_file(u, i, err);
	if (r == 0)
		r = undo_commands(u, false, err);
	return r < 0 ? r : rollback_made_dirs(u->fs, u->e, err);
}

static int undo_restore_image(const struct undo_run *u, unsigned i, struct err *err)
{
	const struct image *found = &u->images[i];
	_cleanup_image_ struct image now = { 0 };
	const struct journal_file *f = &u->e->files[i];
	int r = journal_file_read(u->fs, f, &now, err);

	if (r < 0 || (now.exists == found->exists && str_eq(now.sha256, found->sha256) &&
		      (!now.exists || image_same_attrs(&now, &found->attrs, &found->mtime))))
		return r;
	if (found->not_a_link)
		return 0; /* it was not touched */
	if (f->link)
		return found->exists ? journal_file_write(u->fs, f, found, &found->attrs, &found->mtime, err)
				     : journal_file_remove(u->fs, f, err);
	return image_put_back(u->fs, f->path, found, err);
}

static int undo_reopen(struct undo_run *u, struct err *err)
{
	for (unsigned i = 0; i < u->e->n_files; i++)
		u->e->files[i].undo = NULL;
	u->e->n_undo_commands = 0;
	return journal_write(u->fs, u->state_dir, u->e, JOURNAL_DONE, err);
}

/* Everything as the undo found it, the entry finished again; a second undo may do better. */
static int undo_take_back(struct undo_run *u, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; i < u->e->n_files; i++) {
		int one = undo_restore_image(u, i, err);

		r = r < 0 ? r : one;
	}
	/* The commands with their own way back are the first ones, last run first. */
	for (unsigned i = u->n_taken_back; r == 0 && i-- > 0;)
		r = steps_run(&u->steps, u->e->undo_commands[i].argv,
			      u->e->undo_commands[i].timeout_s, err);
	return r < 0 ? r : undo_reopen(u, err);
}

static int undo_fail(struct undo_run *u, int code, struct err *err)
{
	struct err again = { 0 };

	steps_finish(&u->steps, false);
	for (unsigned i = 0; i < u->e->n_files; i++)
		atomic_abort(TAKE_PTR(u->staged[i]));
	if (undo_take_back(u, &again) < 0) {
		steps_add_sentence(err, _("The undo is half done:"));
		steps_add_sentence(err, again.msg);
		if (err)
			err_hint(err, _("The next start of vfio-wizard tries again to finish it."));
	} else {
		steps_add_sentence(err, _("Everything is as it was before the undo."));
	}
	return code;
}

static int undo_close(struct undo_run *u, struct err *err)
{
	int r = journal_remove(u->fs, u->state_dir, u->e, err);

	if (r < 0)
		steps_add_sentence(err, _("The undo itself is done; the next start of vfio-wizard removes its "
					  "entry from the journal."));
	return r;
}

static unsigned undo_count_steps(const struct undo_run *u, const struct undo_preview *p)
{
	unsigned n = u->options->run_commands ? p->n_commands : 0;

	for (unsigned i = 0; i < p->n_files; i++)
		n += p->files[i].action != UNDO_KEEP;
	return n;
}

static int undo_run(struct undo_run *u, enum undo_conflict on_conflict,
		    const struct txn_watcher *watcher, int lock_fd, struct err *err)
{
	_cleanup_(undo_preview_freep) struct undo_preview *p = NULL;
	int r = undo_preview(u->fs, u->state_dir, u->e, &p, err);

	if (r < 0)
		return r;
	if (p->has_conflict && on_conflict == UNDO_CONFLICT_REFUSE)
		return undo_refuse_conflicts(p, err);
	u->images = xcalloc((size_t)u->e->n_files + 1, sizeof(*u->images));
	u->staged = xcalloc((size_t)u->e->n_files + 1, sizeof(struct atomic_file *));
	steps_init(&u->steps, watcher, undo_count_steps(u, p), lock_fd);
	log_line("undo change %03u below %s", u->e->number, fsroot_display(u->fs));
	r = undo_note(u, p, on_conflict, err);
	if (r < 0) {
		/* A failed flush may have left the new status in place. */
		(void)!undo_reopen(u, NULL);
		steps_add_sentence(err, _("Nothing was changed."));
	} else {
		r = undo_do(u, err);
		r = r < 0 ? undo_fail(u, r, err) : undo_close(u, err);
	}
	steps_done(&u->steps);
	return r;
}

static void undo_run_done(struct undo_run *u)
{
	for (unsigned i = 0; u->images && i < u->e->n_files; i++)
		image_done(&u->images[i]);
	free(u->images);
	free(u->staged);
	journal_entry_free(u->e);
}

int undo_apply(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
	       const struct journal_entry *e, enum undo_conflict on_conflict,
	       const struct txn_watcher *watcher, struct txn_result *ret, struct err *err)
{
	struct undo_run u = { .fs = fs, .state_dir = state_dir, .options = options,
			      .result_arena = e->arena };
	_cleanup_close_ int lock_fd = -1;
	int r = state_dir_lock(fs, state_dir, &lock_fd, err);

	if (r == 0)
		r = undo_find_newest(&u, e->number, err);
	if (r == 0)
		r = undo_run(&u, on_conflict, watcher, lock_fd, err);
	if (r == 0) {
		u.result.number = e->number;
		*ret = u.result;
	} else if (lock_fd >= 0) {
		(void)!state_dir_tidy(fs, state_dir, NULL);
	}
	undo_run_done(&u);
	return r;
}
