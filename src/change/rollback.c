/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/rollback.h"

#include "base/atomic.h"
#include "base/log.h"
#include "change/state-dir.h"

#include <errno.h>
#include <string.h>

/* How long a command without a time limit may have gone on writing. */
#define ROLLBACK_LONGEST_S 3600
/* Clocks of file systems tick coarsely. */
#define ROLLBACK_SLACK_S 10

struct rollback {
	const struct fsroot *fs;
	const char *state_dir;
	struct journal_entry *e;
	struct str *told;
	int64_t written_until; /* outputs with a later time stamp are somebody else's */
};

static void rollback_tell(struct rollback *rb, const char *sentence)
{
	if (rb->told->len)
		str_addc(rb->told, ' ');
	str_add(rb->told, sentence);
	log_line("%s", sentence);
}

/* Commands that have their own way back are taken back last first, before their files go. */
static void rollback_commands(struct rollback *rb, const struct steps *steps)
{
	for (unsigned i = rb->e->commands_begun; i-- > 0;) {
		const struct journal_command *c = &rb->e->commands[i];
		struct err err = { 0 };
		bool last = i + 1 == rb->e->commands_begun;

		if (!c->undo_argv)
			continue;
		/* The last one may have done nothing yet: then there is nothing to take back. */
		if (steps_run(steps, c->undo_argv, c->timeout_s, &err) < 0 && !last)
			rollback_tell(rb, err.msg);
	}
}

/*
 * An interrupted command may have left any content.  But a kernel update may have run update-grub
 * long after the power cut: its boot menu is right, and the one from before may name a kernel that
 * is gone.  The time stamp tells them apart.
 */
static bool rollback_is_our_output(const struct rollback *rb, const struct journal_file *f,
				   const struct image *now)
{
	if (f->after_sha256 && image_matches(now, f->after_sha256))
		return true;
	return !now->exists || now->mtime.tv_sec <= rb->written_until;
}

/* Those whose work cannot be put back do it once more, with the files as they were. */
static void rollback_commands_again(struct rollback *rb, const struct steps *steps)
{
	for (unsigned i = 0; i < rb->e->commands_begun; i++) {
		const struct journal_command *c = &rb->e->commands[i];
		struct err err = { 0 };

		if (c->undo_again && steps_run(steps, c->argv, c->timeout_s, &err) < 0)
			rollback_tell(rb, err.msg);
	}
}

static void rollback_find_end_of_writing(struct rollback *rb)
{
	_cleanup_free_ char *folder = journal_folder(rb->state_dir, rb->e->number);
	_cleanup_free_ char *entry = xasprintf("%s/entry.json", folder);
	struct stat st;

	rb->written_until = INT64_MAX;
	if (fsroot_stat(rb->fs, entry, &st) < 0 || !rb->e->commands_begun)
		return;
	/* The entry was written right before the last command began. */
	rb->written_until = (int64_t)st.st_mtim.tv_sec + ROLLBACK_SLACK_S;
	if (rb->e->commands[rb->e->commands_begun - 1].timeout_s)
		rb->written_until += rb->e->commands[rb->e->commands_begun - 1].timeout_s;
	else
		rb->written_until += ROLLBACK_LONGEST_S;
}

static int rollback_put_back(const struct rollback *rb, const struct journal_file *f, struct err *err)
{
	_cleanup_image_ struct image before = { 0 };
	int r;

	if (!f->existed)
		return journal_file_remove(rb->fs, f, err);
	r = journal_read_blob(rb->fs, rb->state_dir, rb->e, f->before_blob, f->before_sha256, &before,
			      err);
	if (r < 0)
		return r;
	return journal_file_write(rb->fs, f, &before, &f->attrs, &f->mtime, err);
}

/* *RET_LEFT: somebody else changed it; it stays, and undo can settle it later. */
static int rollback_file(struct rollback *rb, const struct journal_file *f, bool *ret_left,
			 struct err *err)
{
	_cleanup_image_ struct image now = { 0 };
	_cleanup_free_ char *sentence = NULL;
	bool mine = journal_file_is_ours(f);
	int r = journal_file_read(rb->fs, f, &now, err);

	*ret_left = false;
	if (r < 0)
		return r;
	if (!mine && !rb->e->commands_begun)
		return 0;
	if (image_matches(&now, f->before_sha256)) {
		if (!f->existed || image_same_attrs(&now, &f->attrs, &f->mtime))
			return 0;
		return rollback_put_back(rb, f, err);
	}
	if (mine && image_matches(&now, f->after_sha256) && (f->existed || !now.is_link))
		return rollback_put_back(rb, f, err);
	if (f->output && rb->e->commands_begun && rollback_is_our_output(rb, f, &now))
		return rollback_put_back(rb, f, err);
	if (!mine) {
		sentence = xasprintf(_("%s was written anew by something else afterwards and stays as it is."),
				     f->path);
	} else {
		sentence = xasprintf(_("%s was changed by something else meanwhile and stays as it is; "
				       "\"vfio-wizard undo\" shows the difference."),
				     f->path);
		*ret_left = true;
	}
	rollback_tell(rb, sentence);
	return 0;
}

int rollback_made_dirs(const struct fsroot *fs, const struct journal_entry *e, struct err *err)
{
	size_t n = 0;
	int r = 0;

	while (e->made_dirs && e->made_dirs[n])
		n++;
	while (r == 0 && n-- > 0)
		r = atomic_remove_dir(fs, e->made_dirs[n], err);
	return r;
}

int rollback_remove_temps(const struct fsroot *fs, const struct journal_entry *e, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	int r = 0;

	for (unsigned i = 0; r == 0 && i < e->n_files; i++) {
		const char *real, *slash;

		/* New contents wait beside the real file, not beside a link to it, new links beside the old one. */
		if (e->files[i].link || fsroot_resolve(fs, a, e->files[i].path, &real) < 0)
			real = e->files[i].path;
		slash = strrchr(real, '/');
		if (slash)
			r = state_dir_remove_temps(fs, arena_strndup(a, real, (size_t)(slash - real)),
						   slash + 1, err);
		else
			r = state_dir_remove_temps(fs, "/", real, err);
	}
	return r;
}

/* Nothing left: the entry goes.  Else it becomes a finished one with just the files that stayed. */
static int rollback_close(struct rollback *rb, const bool *left, unsigned n_left, struct err *err)
{
	unsigned kept = 0;

	if (!n_left)
		return journal_remove(rb->fs, rb->state_dir, rb->e, err);
	for (unsigned i = 0; i < rb->e->n_files; i++)
		if (left[i])
			rb->e->files[kept++] = rb->e->files[i];
	rb->e->n_files = kept;
	rb->e->n_commands = 0;
	rb->e->commands_begun = 0;
	return journal_write(rb->fs, rb->state_dir, rb->e, JOURNAL_DONE, err);
}

int rollback_entry(const struct fsroot *fs, const char *state_dir,
		   const struct txn_options *options, const struct steps *steps,
		   struct journal_entry *e, struct str *told, struct err *err)
{
	struct rollback rb = { .fs = fs, .state_dir = state_dir, .e = e, .told = told };
	_cleanup_free_ bool *left = xcalloc((size_t)e->n_files + 1, sizeof(*left));
	struct err first = { 0 };
	unsigned n_left = 0;
	int r = 0;

	rollback_find_end_of_writing(&rb);
	if (options->run_commands)
		rollback_commands(&rb, steps);
	for (unsigned i = e->n_files; i-- > 0;) {
		struct err one = { 0 };

		/* One file that cannot be written does not keep the others from being put back. */
		if (rollback_file(&rb, &e->files[i], &left[i], &one) < 0) {
			log_line("cannot put back %s: %s", e->files[i].path, one.msg);
			if (first.kind == ERR_NONE)
				first = one;
			else
				steps_add_sentence(&first, one.msg);
		}
		n_left += left[i];
	}
	if (options->run_commands && first.kind == ERR_NONE && !n_left)
		rollback_commands_again(&rb, steps);
	if (first.kind == ERR_NONE && (r = rollback_remove_temps(fs, e, &first)) == 0 &&
	    (r = rollback_made_dirs(fs, e, &first)) == 0)
		r = rollback_close(&rb, left, n_left, &first);
	if (first.kind != ERR_NONE && err)
		*err = first;
	return first.kind != ERR_NONE ? first.code : r;
}
