/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes the host: applying a stage and restarting, each asked for first; and how changes look. */
#include "wizard/watch.h"

#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

/* "Write 2 files and update" */
static char *change_verb(const struct stage *s)
{
	unsigned files = 0, runs = 0;

	for (unsigned i = 0; i < s->n_changes; i++) {
		if (s->changes[i]->kind == CHANGE_RUN)
			runs++;
		else
			files++;
	}
	if (!runs)
		return xasprintf(ngettext("Write %u file", "Write %u files", files), files);
	return xasprintf(ngettext("Write %u file and update", "Write %u files and update", files), files);
}

static bool change_ask(struct wizard *w, const struct stage *s)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *verb = change_verb(s), *title = NULL;

	for (unsigned i = 0; i < s->n_changes; i++) {
		const struct change *c = s->changes[i];
		_cleanup_free_ char *command = c->kind == CHANGE_RUN ? spawn_quote(c->argv) : NULL;

		if (c->kind == CHANGE_RUN)
			strv_add_owned(&lines, xasprintf(_("then run  %s"), command));
		else if (c->kind == CHANGE_EDIT)
			strv_add_owned(&lines, xasprintf(_("%s  is changed"), c->path));
		else if (c->kind == CHANGE_REMOVE)
			strv_add_owned(&lines, xasprintf(_("%s  is removed"), c->path));
		else if (c->kind == CHANGE_LINK)
			strv_add_owned(&lines, xasprintf(_("%s  leads to %s"), c->path, c->after));
		else
			strv_add_owned(&lines, xasprintf(_("%s  is new"), c->path));
	}
	strv_add(&lines, "");
	strv_add_owned(&lines, xasprintf(_("A copy is kept in %s/journal."), w->s->state_dir));
	strv_add(&lines, _("Undo at any time:  vfio-wizard undo   (also from rescue)"));
	title = xasprintf("%s?", verb);
	return wizard_ask(w, title, strv_const(lines), _("Go back"), verb);
}

/* Commands that could not be run here (another root) are the person's to run. */
static void change_say_result(struct wizard *w, const struct stage *s, const struct txn_result *result)
{
	if (!result->pending)
		wizard_say(w, MESSAGE_NOTE, _("Done: %s. Undo number %03u."), s->title, result->number);
	else
		wizard_say(w, MESSAGE_WARNING, _("Written. Still to be run on that system: %s"),
			   result->pending[0]);
}

bool wizard_apply_stage(struct wizard *w, const char *name)
{
	struct stage *stage = wizard_stage(w, name);
	_cleanup_watch_ struct watch watch = { 0 };
	struct txn_result result = { 0 };
	struct err err = { 0 };
	int r;

	if (session_check_writable(w->s, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	if (!stage || !change_ask(w, stage))
		return false;
	watch_begin(&watch, w, _("Applying"));
	r = session_apply_one(w->s, w->plan, stage, &watch.watcher, &result, &err);
	if (r == 0) {
		w->taken_back = false;
		change_say_result(w, stage, &result);
	} else {
		watch_show_failure(&watch, _("It was not done"), &err);
		wizard_say(w, MESSAGE_ERROR, "%s", err.msg);
	}
	/* What is there now was looked at anew, also behind a change that failed half-way. */
	if (wizard_look(w, &err) < 0)
		wizard_say_err(w, &err);
	return r == 0;
}

bool wizard_restart(struct wizard *w, bool into_firmware, const char *const *notes)
{
	_cleanup_strv_ char **lines = NULL;
	struct err err = { 0 };

	if (notes) {
		strv_add(&lines, _("Write this down or take a photo; it cannot be seen in the setup:"));
		for (; *notes; notes++)
			strv_add_owned(&lines, xasprintf("- %s", *notes));
		strv_add(&lines, "");
	}
	strv_add(&lines, _("Everything that runs on this computer ends now, also for other people who are "
			   "logged in."));
	strv_add(&lines, _("Your answers are saved; run vfio-wizard after the restart."));
	if (!wizard_ask(w, into_firmware ? _("Restart into the firmware setup?") : _("Restart now?"),
			strv_const(lines), _("Go back"), _("Restart now")))
		return false;
	if (session_reboot(w->s, into_firmware, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	return true;
}

void wizard_show_diff(struct wizard *w, const struct stage *s)
{
	_cleanup_str_ struct str text = { 0 };

	for (unsigned i = 0; s && i < s->n_changes; i++) {
		if (s->changes[i]->kind == CHANGE_RUN)
			continue;
		_cleanup_free_ char *diff = change_diff(s->changes[i]);

		str_add(&text, diff);
	}
	wizard_show_lines(w, _("Whole diff"), text.len ? str_c(&text) : _("No file is changed."));
}

/* A format for the path. */
static const char *change_heading(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_CREATE:
		return _("New file %s");
	case CHANGE_REMOVE:
		return _("Remove the file %s");
	case CHANGE_LINK:
		return _("Link %s");
	case CHANGE_EDIT:
	case CHANGE_RUN:
		break;
	}
	return _("Change in %s");
}

void wizard_add_change_rows(struct screen_build *b, const struct change *c, unsigned max_lines)
{
	_cleanup_free_ char *diff = NULL;
	const char *line;

	if (c->kind == CHANGE_RUN) {
		_cleanup_free_ char *command = spawn_quote(c->argv);

		build_row(b, ROW_DIFF, NULL)->label = build_printf(b, _("then run   %s"), command);
		return;
	}
	diff = change_diff(c);
	build_row(b, ROW_HEADING, NULL)->label =
		build_printf(b, change_heading(c), c->path);
	for (line = diff; *line && max_lines;) {
		size_t n = strcspn(line, "\n");

		/* The two header lines repeat the path. */
		if (strncmp(line, "--- ", 4) != 0 && strncmp(line, "+++ ", 4) != 0) {
			build_row(b, ROW_DIFF, NULL)->label = arena_strndup(b->arena, line, n);
			max_lines--;
		}
		line += n + (line[n] == '\n');
	}
	if (*line)
		build_row(b, ROW_DIFF, NULL)->label = _("...  press d for the whole diff");
}
