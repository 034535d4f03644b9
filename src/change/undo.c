/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/undo.h"

#include "base/str.h"
#include "base/strv.h"
#include "change/merge3.h"
#include "change/moment.h"

#include <string.h>

struct undo_look {
	const struct fsroot *fs;
	const char *state_dir;
	const struct journal_entry *e;
	struct undo_preview *p;
};

void undo_preview_free(struct undo_preview *p)
{
	if (p)
		arena_free(p->arena);
}

/* Of an initramfs image nobody wants to see a diff. */
#define UNDO_SHOW_OUTPUT ((size_t)1024 * 1024)

static bool undo_can_show(const struct journal_file *f, size_t len)
{
	return journal_file_is_ours(f) || len <= UNDO_SHOW_OUTPUT;
}

static const char *undo_copy(struct arena *a, const char *bytes, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

static void undo_set_result(struct undo_look *look, struct undo_file *u, const struct image *img)
{
	if (!img->exists || !undo_can_show(u->file, img->len))
		return;
	u->result = undo_copy(look->p->arena, img->data, img->len);
	u->result_len = img->len;
}

/* Edited since: our lines go, the later edits stay, where they do not touch each other. */
static int undo_merge(struct undo_look *look, struct undo_file *u, const struct image *before,
		      struct err *err)
{
	const struct journal_file *f = u->file;
	_cleanup_image_ struct image after = { 0 };
	_cleanup_free_ char *merged = NULL;
	size_t len;
	int r = journal_read_blob(look->fs, look->state_dir, look->e, f->after_blob, f->after_sha256,
				  &after, err);

	if (r < 0)
		return r;
	if (!merge3((struct merge3_text){ after.data, after.len },
		    (struct merge3_text){ before->data, before->len },
		    (struct merge3_text){ u->current, u->current_len }, &merged, &len)) {
		u->action = UNDO_CONFLICT;
		undo_set_result(look, u, before);
		return 0;
	}
	u->action = UNDO_MERGE;
	u->result = undo_copy(look->p->arena, merged, len);
	u->result_len = len;
	/* They took our lines out by hand and changed others. */
	if (len == u->current_len && memcmp(merged, u->current, len) == 0)
		u->action = UNDO_KEEP;
	return 0;
}

static bool undo_is_as_made(const struct undo_look *look, const struct journal_file *f,
			    const struct image *now)
{
	/* Commands that were left to a person: nobody noted what they made. */
	if (!journal_file_is_ours(f) && !look->e->commands_ran)
		return false;
	return image_matches(now, f->after_sha256);
}

static int undo_decide(struct undo_look *look, struct undo_file *u, const struct image *now,
		       struct err *err)
{
	const struct journal_file *f = u->file;
	_cleanup_image_ struct image before = { 0 };
	int r = 0;

	if (f->existed)
		r = journal_read_blob(look->fs, look->state_dir, look->e, f->before_blob,
				      f->before_sha256, &before, err);
	if (r < 0)
		return r;
	if (image_matches(now, f->before_sha256) || (!f->existed && !now->exists)) {
		bool same = !f->output || !f->existed || image_same_attrs(now, &f->attrs, &f->mtime);

		u->action = same ? UNDO_KEEP : UNDO_RESTORE;
		undo_set_result(look, u, now);
	} else if (undo_is_as_made(look, f, now) && (f->existed || !now->is_link)) {
		u->action = f->existed ? UNDO_RESTORE : UNDO_REMOVE;
		undo_set_result(look, u, &before);
	} else if (f->existed && now->exists && !f->removed && !f->link) {
		r = undo_merge(look, u, &before, err);
	} else {
		u->action = UNDO_CONFLICT;
		undo_set_result(look, u, &before);
	}
	return r;
}

static const struct journal_file *undo_find(const struct journal_entry *e, const char *path)
{
	for (unsigned i = 0; i < e->n_files; i++)
		if (str_eq(e->files[i].path, path))
			return &e->files[i];
	return NULL;
}

/* All outputs of C are as it made them, or as they were: then they are put back byte for byte. */
static int undo_check_outputs(const struct undo_look *look, const struct journal_command *c,
			      bool *ret_again, struct err *err)
{
	*ret_again = c->undo_again;
	for (const char *const *path = c->outputs; path && *path; path++) {
		const struct journal_file *f = undo_find(look->e, *path);
		_cleanup_image_ struct image now = { 0 };
		int r = image_read(look->fs, *path, &now, err);

		if (r < 0)
			return r;
		if (f && !journal_file_is_ours(f) && !image_matches(&now, f->before_sha256) &&
		    !undo_is_as_made(look, f, &now))
			*ret_again = true;
	}
	return 0;
}

static int undo_look_at_commands(struct undo_look *look, bool *again, struct err *err)
{
	struct arena_list list = { 0 };
	int r = 0;

	for (unsigned i = look->e->n_commands; i-- > 0;)
		if (look->e->commands[i].undo_argv && look->e->commands_ran)
			arena_list_add(look->p->arena, &list, look->e->commands[i].undo_argv);
	for (unsigned i = 0; r == 0 && i < look->e->n_commands; i++) {
		if (!look->e->commands[i].undo_argv)
			r = undo_check_outputs(look, &look->e->commands[i], &again[i], err);
		if (again[i])
			arena_list_add(look->p->arena, &list, look->e->commands[i].argv);
	}
	look->p->commands = (const char *const **)(uintptr_t)list.items;
	look->p->n_commands = (unsigned)list.n;
	return r;
}

/* The command makes it anew: nothing to put back. */
static bool undo_is_made_again(const struct undo_look *look, const bool *again,
			       const struct journal_file *f)
{
	if (journal_file_is_ours(f))
		return false;
	for (unsigned i = 0; i < look->e->n_commands; i++)
		if (again[i] && look->e->commands[i].outputs &&
		    strv_contains(look->e->commands[i].outputs, f->path))
			return true;
	return false;
}

static int undo_look_at_files(struct undo_look *look, const bool *again, struct err *err)
{
	struct undo_preview *p = look->p;
	int r = 0;

	p->files = arena_alloc(p->arena, ((size_t)look->e->n_files + 1) * sizeof(*p->files));
	for (unsigned i = 0; r == 0 && i < look->e->n_files; i++) {
		struct undo_file *u = &p->files[p->n_files];
		_cleanup_image_ struct image now = { 0 };

		u->file = &look->e->files[i];
		if (undo_is_made_again(look, again, u->file))
			continue;
		r = journal_file_read(look->fs, u->file, &now, err);
		if (r < 0)
			return r;
		if (now.exists && !now.not_a_link && undo_can_show(u->file, now.len)) {
			u->current = undo_copy(p->arena, now.data, now.len);
			u->current_len = now.len;
		}
		r = undo_decide(look, u, &now, err);
		p->has_conflict |= u->action == UNDO_CONFLICT;
		p->n_files++;
	}
	return r;
}

int undo_preview(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		 struct undo_preview **ret, struct err *err)
{
	struct arena *a = arena_new();
	struct undo_preview *p = arena_alloc(a, sizeof(*p));
	struct undo_look look = { .fs = fs, .state_dir = state_dir, .e = e, .p = p };
	_cleanup_free_ bool *again = xcalloc((size_t)e->n_commands + 1, sizeof(*again));
	const char *boot_id = moment_boot_id(fs, a);
	int r;

	p->arena = a;
	p->entry = e;
	p->needs_reboot = e->then == STAGE_END_REBOOT && e->boot_id && boot_id &&
			  !str_eq(e->boot_id, boot_id);
	r = undo_look_at_commands(&look, again, err);
	if (r == 0)
		r = undo_look_at_files(&look, again, err);
	if (r < 0) {
		undo_preview_free(p);
		return r;
	}
	*ret = p;
	return 0;
}
