/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include <errno.h>
#include <string.h>

static json_t *undo_json_entry(const struct journal_entry *e)
{
	json_t *j = json_object(), *files = json_array();

	for (unsigned i = 0; i < e->n_files; i++)
		json_array_append_new(files, json_text(e->files[i].path));
	json_object_set_new(j, "number", json_integer(e->number));
	json_object_set_new(j, "when", json_text(e->when));
	json_object_set_new(j, "stage", json_text(e->stage));
	json_object_set_new(j, "title", json_text(e->title));
	json_object_set_new(j, "files", files);
	return j;
}

static int undo_list(struct cli *c, struct session *s, struct err *err)
{
	struct journal_entry **entries;
	unsigned n;
	int r = session_check_state(s, err);

	if (r == 0)
		r = session_journal(s, &entries, &n, err);
	if (r < 0)
		return r;
	if (c->json) {
		json_t *j = json_object(), *array = json_array();

		for (unsigned i = n; i > 0; i--)
			json_array_append_new(array, undo_json_entry(entries[i - 1]));
		json_object_set_new(j, "changes", array);
		cli_print_json(c, j);
	}
	for (unsigned i = n; i > 0 && !c->json; i--) {
		const struct journal_entry *e = entries[i - 1];

		cli_printf(c, "%03u  %s  %s\n", e->number, e->when, e->title);
		for (unsigned k = 0; k < e->n_files; k++)
			cli_printf(c, "       %s\n", e->files[k].path);
	}
	if (n == 0 && !c->json)
		cli_printf(c, _("This program has changed nothing here.\n"));
	journal_list_free(entries, n);
	return 0;
}

static int undo_parse_conflict(const struct cli *c, enum undo_conflict *ret, struct err *err)
{
	const char *word = cli_value(c, "edited");

	*ret = UNDO_CONFLICT_REFUSE;
	if (!word)
		return 0;
	if (strcmp(word, "keep") == 0)
		*ret = UNDO_CONFLICT_KEEP;
	else if (strcmp(word, "restore") == 0)
		*ret = UNDO_CONFLICT_RESTORE;
	else
		return err_set(err, ERR_USAGE, -EINVAL, _("--edited takes keep or restore, not \"%s\"."), word);
	return 0;
}

/* What is in the file now against what undo would put there. */
static void undo_show_conflicts(struct cli *c, const struct session *s, const struct journal_entry *e)
{
	_cleanup_(undo_preview_freep) struct undo_preview *p = NULL;

	if (undo_preview(s->root, s->state_dir, e, &p, NULL) < 0)
		return;
	for (unsigned i = 0; i < p->n_files; i++) {
		const struct undo_file *f = &p->files[i];
		struct change ch = { .kind = f->file->link ? CHANGE_LINK : CHANGE_EDIT,
				     .path = f->file->path,
				     .before = f->current,
				     .before_len = f->current_len,
				     .after = f->result,
				     .after_len = f->result_len };
		_cleanup_free_ char *diff = NULL;

		if (f->action != UNDO_CONFLICT || !f->current || !f->result)
			continue;
		diff = change_diff(&ch);
		cli_printf(c, "%s", diff);
	}
}

static int undo_explain_conflict(struct cli *c, struct session *s, struct err *err)
{
	struct journal_entry **entries;
	int r = err->code;
	unsigned n;

	if (!c->json && session_journal(s, &entries, &n, NULL) == 0) {
		if (n)
			undo_show_conflicts(c, s, entries[n - 1]);
		journal_list_free(entries, n);
	}
	err_hint(err, _("To put the old file back (the lines with + above): vfio-wizard undo --edited restore. "
			"To keep the file as it is: vfio-wizard undo --edited keep"));
	return r;
}

/* Whether what is undone was told to the kernel at its start. */
static bool undo_needs_restart(struct session *s, bool all)
{
	struct journal_entry **entries;
	bool needs = false;
	unsigned n;

	if (session_journal(s, &entries, &n, NULL) < 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		needs = needs || ((all || i == n - 1) && entries[i]->then == STAGE_END_REBOOT);
	journal_list_free(entries, n);
	return needs;
}

static int undo_do(struct cli *c, struct session *s, struct err *err)
{
	struct txn_watcher watcher = cli_watcher(c);
	struct txn_result result = { 0 };
	sigset_t old;
	enum undo_conflict on_conflict;
	bool restart = undo_needs_restart(s, cli_has(c, "all"));
	int r = undo_parse_conflict(c, &on_conflict, err);

	/* From here to the exit: whoever stops it gets to know what became of the host. */
	txn_hold_signals(&old);
	if (r == 0)
		r = cli_check_writable(c, s, err);
	if (r == 0)
		r = session_undo(s, cli_has(c, "all"), on_conflict, &watcher, &result, err);
	if (r == -ESTALE && err->kind == ERR_NOT_POSSIBLE)
		return undo_explain_conflict(c, s, err);
	if (r < 0)
		return r;
	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "number", result.number ? json_integer(result.number) : json_null());
		json_object_set_new(j, "pending", json_strv(result.pending));
		cli_print_json(c, j);
	} else if (!result.number) {
		cli_printf(c, _("This program has changed nothing here.\n"));
	} else {
		cli_printf(c, cli_has(c, "all") ? _("Everything was taken back.\n")
						: _("Change %03u was taken back.\n"),
			   result.number);
		if (restart)
			cli_printf(c, _("What the kernel was told at its start changes with the next restart.\n"));
	}
	return result.pending != NULL;
}

static int undo_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	int r = cli_open_session(c, &s, err);

	if (r < 0)
		return r;
	if (cli_has(c, "list"))
		return undo_list(c, s, err);
	r = session_look(s, NULL, NULL, err);
	return r < 0 ? r : undo_do(c, s, err);
}

static const struct cli_option undo_options[] = {
	{ "all", NULL, N_("take everything back, not only the newest change") },
	{ "list", NULL, N_("only show what was changed, newest first") },
	{ "edited", "keep|restore", N_("a file edited since in the same lines: keep it, or put the old one back") },
	{ 0 },
};

const struct command command_undo = {
	.name = "undo",
	.summary = N_("takes changes back, newest first"),
	.options = undo_options,
	.run = undo_run,
};
