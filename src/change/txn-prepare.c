/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/txn-prepare.h"

#include "base/atomic.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"
#include "change/journal-json.h"
#include "change/moment.h"
#include "change/promise-json.h"
#include "change/xattrs.h"

#include <errno.h>
#include <string.h>

int txn_set_changed(const char *path, struct err *err)
{
	err_set(err, ERR_NOT_POSSIBLE, -ESTALE, _("%s was changed since the plan was shown."), path);
	err_hint(err, _("Look at the new plan first: vfio-wizard plan"));
	return -ESTALE;
}

void txn_work_abort(struct txn_work *w)
{
	for (unsigned i = 0; i < w->n_edits; i++)
		atomic_abort(TAKE_PTR(w->files[i].staged));
}

void txn_work_done(struct txn_work *w)
{
	txn_work_abort(w);
	for (unsigned i = 0; i < w->n_files; i++)
		image_done(&w->files[i].before);
	free(w->files);
	free(w->commands);
	journal_entry_free(w->entry);
	*w = (struct txn_work){ 0 };
}

static int work_check_text(const char *text, struct err *err)
{
	if (journal_can_hold(text))
		return 0;
	return err_set(err, ERR_NOT_POSSIBLE, -EILSEQ,
		       _("The name \"%s\" is not valid UTF-8 and cannot be noted for undo."), text);
}

static struct journal_file *work_find(const struct txn_work *w, const char *path)
{
	for (unsigned i = 0; i < w->entry->n_files; i++)
		if (str_eq(w->entry->files[i].path, path))
			return &w->entry->files[i];
	return NULL;
}

/* Puts PATH as it is now at the end of the entry's files. */
static int work_add(const struct fsroot *fs, struct txn_work *w, const char *path, bool link, bool output,
		    struct err *err)
{
	struct journal_entry *e = w->entry;
	struct journal_file *f = &e->files[e->n_files];
	struct image *before = &w->files[e->n_files].before;
	int r = work_check_text(path, err);

	f->path = arena_strdup(e->arena, path);
	f->link = link;
	f->output = output;
	if (r == 0)
		r = journal_file_read(fs, f, before, err);
	if (r < 0)
		return r;
	f->existed = before->exists;
	f->attrs = before->attrs;
	f->mtime = before->mtime;
	if (f->existed) {
		f->before_blob = arena_printf(e->arena, "before-%u", e->n_files);
		f->before_sha256 = arena_strdup(e->arena, before->sha256);
	}
	e->n_files++;
	return 0;
}

static void work_drop_last(struct txn_work *w)
{
	unsigned last = --w->entry->n_files;

	image_done(&w->files[last].before);
	w->entry->files[last] = (struct journal_file){ 0 };
	w->files[last] = (struct txn_file){ 0 };
}

static int work_check_edit(const struct change *c, const struct image *now, struct err *err)
{
	if (now->not_a_link)
		return err_set(err, ERR_NOT_POSSIBLE, -EEXIST, _("%s is no symbolic link, so it is not touched."), c->path);
	if (now->is_link && c->kind == CHANGE_REMOVE)
		return err_set(err, ERR_NOT_POSSIBLE, -EEXIST, _("%s is a symbolic link, so it is not removed."), c->path);
	if (c->before)
		return now->exists && now->len == c->before_len &&
				       memcmp(now->data, c->before, c->before_len) == 0 ?
			       0 :
			       txn_set_changed(c->path, err);
	if (now->is_link)
		return err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
			       _("%s is in the way: a symbolic link has that name."), c->path);
	if (now->exists)
		return err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
			       _("%s exists already, with another content."), c->path);
	return 0;
}

/* TEXT NULL: nothing. */
static bool image_is(const struct image *img, const char *text, size_t len)
{
	if (!text)
		return !img->exists && !img->is_link;
	return !img->not_a_link && img->exists && img->len == len && memcmp(img->data, text, len) == 0;
}

/* The final text of PATH: the last change of the stage counts. */
static const struct change *work_last(const struct stage *stage, const char *path)
{
	const struct change *last = NULL;

	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind != CHANGE_RUN && str_eq(stage->changes[i]->path, path))
			last = stage->changes[i];
	return last;
}

static int work_add_edit(const struct fsroot *fs, struct txn_work *w, const struct stage *stage,
			 const struct change *c, struct err *err)
{
	const struct change *last = work_last(stage, c->path);
	struct journal_file *f;
	struct txn_file *tf;
	char sha256[SHA256_TEXT];
	int r;

	if (work_find(w, c->path) || !last)
		return 0;
	r = work_add(fs, w, c->path, last->kind == CHANGE_LINK, false, err);
	if (r < 0)
		return r;
	f = &w->entry->files[w->entry->n_files - 1];
	tf = &w->files[w->entry->n_files - 1];
	if ((!c->before || !last->after || f->link) && !tf->before.is_link && image_is(&tf->before, last->after, last->after_len)) {
		work_drop_last(w);
		return 0;
	}
	r = work_check_edit(c, &tf->before, err);
	if (r < 0)
		return r;
	if (image_is(&tf->before, last->after, last->after_len)) {
		work_drop_last(w);
		return 0;
	}
	f->removed = tf->waits = !last->after;
	if (f->removed) {
		f->xattrs = xattrs_read(fs, w->entry->arena, f->path);
		return 0;
	}
	tf->after = last->after;
	tf->after_len = last->after_len;
	sha256_hex(tf->after, tf->after_len, sha256);
	f->after_sha256 = arena_strdup(w->entry->arena, sha256);
	f->after_blob = arena_printf(w->entry->arena, "after-%u", w->entry->n_files - 1);
	if (!f->existed)
		f->attrs = (struct file_attrs){ f->link ? 0777 : c->mode & 07777, geteuid(), getegid() };
	return f->link ? work_check_text(tf->after, err) : 0;
}

static const char *const *work_copy(struct arena *a, const char *const *v)
{
	const char *const *copy = NULL;

	for (; v && *v; v++)
		arena_strv_add(a, &copy, *v);
	return copy;
}

static int work_add_command(const struct fsroot *fs, struct txn_work *w, const struct change *c,
			    struct err *err)
{
	struct journal_entry *e = w->entry;
	struct journal_command *command = &e->commands[e->n_commands];
	int r = 0;

	for (const char *const *arg = c->argv; r == 0 && *arg; arg++)
		r = work_check_text(*arg, err);
	for (const char *const *arg = c->undo_argv; r == 0 && arg && *arg; arg++)
		r = work_check_text(*arg, err);
	for (const char *const *path = c->outputs; r == 0 && path && *path; path++) {
		struct journal_file *f = work_find(w, *path);

		/* A file that we edit and a command rewrites after it has its copy already. */
		if (f)
			f->output = true;
		else
			r = work_add(fs, w, *path, false, true, err);
	}
	command->argv = work_copy(e->arena, c->argv);
	command->undo_argv = work_copy(e->arena, c->undo_argv);
	command->outputs = work_copy(e->arena, c->outputs);
	command->timeout_s = c->timeout_s;
	command->made = c->made ? arena_strdup(e->arena, c->made) : NULL;
	command->installed = c->installed ? arena_strdup(e->arena, c->installed) : NULL;
	command->by_hand = work_copy(e->arena, c->by_hand);
	command->undo_again = c->undo_again && !c->undo_argv;
	for (unsigned i = 0; r == 0 && i < c->n_readbacks; i++) {
		_cleanup_free_ char *line = spawn_quote(c->readbacks[i].argv);

		r = work_check_text(line, err);
		arena_strv_add(e->arena, &command->readbacks, line);
	}
	w->commands[e->n_commands++] = c;
	return r;
}

/* Folders on the way to PATH that have to be made, outermost first. */
static int work_note_dirs(const struct fsroot *fs, struct journal_entry *e, const char *path,
			  struct err *err)
{
	_cleanup_free_ char *dir = xstrdup(path);

	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat st;
		int r;

		*slash = '\0';
		r = fsroot_stat(fs, dir, &st);
		if (r == 0 && !S_ISDIR(st.st_mode))
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTDIR,
				       _("%s cannot be made: %s is not a folder."), path, dir);
		if (r == -ENOENT && fsroot_lstat(fs, dir, &st) == 0)
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTDIR,
				       _("%s cannot be made: the link %s leads nowhere."), path, dir);
		if (r == -ENOENT && !(e->made_dirs && strv_contains(e->made_dirs, dir)))
			arena_strv_add(e->arena, &e->made_dirs, dir);
		*slash = '/';
	}
	return 0;
}

static int work_fill(const struct fsroot *fs, const struct stage *stage, struct txn_work *w,
		     struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < stage->n_changes; i++)
		if (stage->changes[i]->kind != CHANGE_RUN) {
			r = work_note_dirs(fs, w->entry, stage->changes[i]->path, err);
			if (r == 0)
				r = work_add_edit(fs, w, stage, stage->changes[i], err);
		}
	w->n_edits = w->entry->n_files;
	for (unsigned i = 0; r == 0 && i < stage->n_changes; i++)
		if (stage->changes[i]->kind == CHANGE_RUN)
			r = work_add_command(fs, w, stage->changes[i], err);
	return r;
}

int txn_prepare(const struct fsroot *fs, const struct stage *stage, struct txn_work *ret,
		struct err *err)
{
	struct journal_entry *e = journal_entry_new();
	struct txn_work w = { .entry = e };
	_cleanup_free_ char *when = moment_local_text();
	size_t n = stage->n_changes;
	int r;

	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind == CHANGE_RUN)
			n += strv_length(stage->changes[i]->outputs);
	e->stage = arena_strdup(e->arena, stage->name);
	e->title = arena_strdup(e->arena, stage->title ? stage->title : stage->name);
	e->when = arena_strdup(e->arena, when);
	e->boot_id = moment_boot_id(fs, e->arena);
	e->then = stage->then;
	json_decref(e->promises);
	e->promises = promise_json_of_stage(stage, e->boot_id);
	e->files = arena_alloc(e->arena, (n + 1) * sizeof(*e->files));
	e->commands = arena_alloc(e->arena, ((size_t)stage->n_changes + 1) * sizeof(*e->commands));
	w.files = xcalloc(n + 1, sizeof(*w.files));
	w.commands = xcalloc((size_t)stage->n_changes + 1, sizeof(const struct change *));
	r = work_fill(fs, stage, &w, err);
	w.n_files = e->n_files;
	if (r < 0) {
		txn_work_done(&w);
		return r;
	}
	*ret = w;
	return 0;
}
