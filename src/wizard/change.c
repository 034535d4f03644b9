/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything of the wizard that changes the host: apply, undo, restart; each asked for first. */
#include "wizard/step.h"

#include "base/log.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define CHANGE_OUTPUT_LINES 4

/* What the progress screen shows while a transaction runs. */
struct change_progress {
	struct wizard *w;
	struct arena *arena;
	const char *title;
	const char **labels, **states;
	unsigned *elapsed_ms;
	unsigned n;
	struct str line;	/* the output line that is not complete yet */
	char *output[CHANGE_OUTPUT_LINES + 1];
	unsigned n_output;
	bool stop;
};

static void change_add_output(struct change_progress *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			str_addc(&p->line, bytes[i]);
			continue;
		}
		if (p->n_output == CHANGE_OUTPUT_LINES) {
			free(p->output[0]);
			memmove(p->output, p->output + 1, (CHANGE_OUTPUT_LINES - 1) * sizeof(p->output[0]));
			p->n_output--;
		}
		p->output[p->n_output++] = str_steal(&p->line);
	}
}

static void change_paint(struct change_progress *p)
{
	struct progress view = { .title = p->title,
				 .labels = p->labels,
				 .states = p->states,
				 .elapsed_ms = p->elapsed_ms,
				 .n_labels = p->n,
				 .output = strv_const(p->output),
				 .n_output = p->n_output,
				 .log = log_path() };

	if (!p->w->f->ops->progress(p->w->f, &view))
		p->stop = true;
}

static void change_grow(struct change_progress *p, unsigned n)
{
	const char **labels = arena_alloc(p->arena, (n + 1) * sizeof(*labels));
	const char **states = arena_alloc(p->arena, (n + 1) * sizeof(*states));
	unsigned *elapsed = arena_alloc(p->arena, (n + 1) * sizeof(*elapsed));

	for (unsigned i = 0; i < n; i++) {
		labels[i] = i < p->n ? p->labels[i] : "";
		states[i] = i < p->n ? p->states[i] : "waiting";
		elapsed[i] = i < p->n ? p->elapsed_ms[i] : 0;
	}
	p->labels = labels;
	p->states = states;
	p->elapsed_ms = elapsed;
	p->n = n;
}

static void change_on_event(void *user, const struct txn_event *ev)
{
	struct change_progress *p = user;
	unsigned i = ev->step ? ev->step - 1 : 0;

	if (ev->n_steps > p->n)
		change_grow(p, ev->n_steps);
	switch (ev->kind) {
	case TXN_STEP_BEGIN:
		p->labels[i] = arena_strndup(p->arena, ev->text, ev->text_len);
		p->states[i] = "running";
		break;
	case TXN_STEP_DONE:
		p->states[i] = "done";
		p->elapsed_ms[i] = ev->elapsed_ms;
		break;
	case TXN_STEP_FAILED:
		p->states[i] = "failed";
		break;
	case TXN_OUTPUT:
		change_add_output(p, ev->text, ev->text_len);
		break;
	case TXN_PENDING:
		break;
	}
	change_paint(p);
}

static bool change_keep_going(void *user)
{
	const struct change_progress *p = user;

	return !p->stop;
}

static void change_progress_done(struct change_progress *p)
{
	for (unsigned i = 0; i < p->n_output; i++)
		free(p->output[i]);
	str_done(&p->line);
	arena_free(p->arena);
}

static struct txn_watcher change_watch(struct change_progress *p)
{
	return (struct txn_watcher){ .on_event = change_on_event,
				     .keep_going = change_keep_going,
				     .user = p };
}

/* "Write 2 files and run 1 command" */
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
	if (!result->pending) {
		wizard_say(w, MESSAGE_NOTE, _("Done: %s. Undo number %03u."), s->title, result->number);
		return;
	}
	wizard_say(w, MESSAGE_WARNING, _("Written. Still to be run on that system: %s"), result->pending[0]);
}

bool wizard_apply_stage(struct wizard *w, const char *name)
{
	struct stage *stage = wizard_stage(w, name);
	struct change_progress p = { .w = w, .title = _("Applying") };
	struct txn_watcher watcher = change_watch(&p);
	struct txn_result result = { 0 };
	struct err err = { 0 };
	int r;

	if (session_check_writable(w->s, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	if (!stage || !change_ask(w, stage))
		return false;
	p.arena = arena_new();
	r = session_apply_one(w->s, w->plan, stage, &watcher, &result, &err);
	if (r < 0)
		wizard_say_err(w, &err);
	else
		change_say_result(w, stage, &result);
	change_progress_done(&p);
	if (r == 0 && wizard_look(w, &err) < 0)
		wizard_say_err(w, &err);
	return r == 0;
}

bool wizard_restart(struct wizard *w, bool into_firmware)
{
	const char *const lines[] = { _("Everything that runs on this computer ends now, also for other people "
					"who are logged in."),
				      _("Your answers are saved; run vfio-wizard after the restart."), NULL };
	struct err err = { 0 };

	if (!wizard_ask(w, into_firmware ? _("Restart into the firmware setup?") : _("Restart now?"), lines,
			_("Go back"), _("Restart now")))
		return false;
	if (session_reboot(w->s, into_firmware, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	return true;
}

static enum undo_conflict change_ask_conflict(struct wizard *w, const struct undo_preview *p, bool *ret_go)
{
	_cleanup_strv_ char **lines = NULL;
	const char *const buttons[] = { _("Go back"), _("Keep the edited file"), _("Put the old file back"), NULL };
	int choice;

	for (unsigned i = 0; i < p->n_files; i++)
		if (p->files[i].action == UNDO_CONFLICT)
			strv_add_owned(&lines, xasprintf(_("%s was edited since, in the same lines."),
							 p->files[i].file->path));
	choice = wizard_choose(w, "undo-conflict", _("Edited since"), strv_const(lines), buttons);
	*ret_go = choice > 0;
	return choice == 2 ? UNDO_CONFLICT_RESTORE : UNDO_CONFLICT_KEEP;
}

static void change_undo(struct wizard *w, bool all, const struct journal_entry *newest)
{
	struct change_progress p = { .w = w, .title = _("Taking back") };
	struct txn_watcher watcher = change_watch(&p);
	enum undo_conflict on_conflict = UNDO_CONFLICT_REFUSE;
	struct undo_preview *preview = NULL;
	struct txn_result result = { 0 };
	struct err err = { 0 };
	const char *const lines[] = { newest->title, _("Every file gets back what it held before, byte for byte."),
				      NULL };
	bool go = true;
	int r = undo_preview(w->s->root, w->s->state_dir, newest, &preview, &err);

	if (r == 0 && preview->has_conflict)
		on_conflict = change_ask_conflict(w, preview, &go);
	else if (r == 0)
		go = wizard_ask(w, all ? _("Undo everything?") : _("Undo this change?"), lines, _("Go back"),
				all ? _("Undo all") : _("Undo"));
	undo_preview_free(preview);
	if (r == 0 && !go)
		return;
	p.arena = arena_new();
	if (r == 0)
		r = session_undo(w->s, all, on_conflict, &watcher, &result, &err);
	if (r < 0)
		wizard_say_err(w, &err);
	else if (result.pending)
		wizard_say(w, MESSAGE_WARNING, _("Taken back. Still to be run on that system: %s"),
			   result.pending[0]);
	else
		wizard_say(w, MESSAGE_NOTE, _("Taken back. What the kernel was told at its start changes with the next restart."));
	change_progress_done(&p);
	w->machine_applied = false;
	if (wizard_look(w, &err) < 0)
		wizard_say_err(w, &err);
}

static void change_describe_undo(const struct wizard *w, struct screen_build *b,
				 struct journal_entry **entries, unsigned n)
{
	build_begin(b, SCREEN_PAGE, "undo", _("Undo"));
	b->screen.help = _("Everything this program wrote can be taken back, newest first. Files you edited "
			   "afterwards keep your edits.");
	b->screen.status = build_printf(b, ngettext("%u change", "%u changes", n), n);
	wizard_add_steps(w, b);
	build_text(b, n ? _("Everything this program has changed, newest first.")
			: _("This program has changed nothing here."));
	build_blank(b);
	for (unsigned i = n; i > 0; i--) {
		const struct journal_entry *e = entries[i - 1];
		struct screen_row *row = build_fact(b, build_printf(b, "entry-%u", e->number),
						    build_printf(b, "%03u  %s", e->number, wizard_time(b, e->when)), e->title,
						    ROW_PLAIN);
		struct str detail = { 0 };

		for (unsigned k = 0; k < e->n_files; k++)
			str_addf(&detail, "%s\n", e->files[k].path);
		row->detail = arena_strdup(b->arena, str_c(&detail));
		str_done(&detail);
	}
	build_blank(b);
	build_button(b, "back", _("Back"), NULL);
	if (n)
		build_button(b, "undo-newest", build_printf(b, _("Undo %03u"), entries[n - 1]->number),
			     w->s->read_only ? w->s->read_only_why : NULL);
	if (n > 1)
		build_button(b, "undo-all", _("Undo all"), w->s->read_only ? w->s->read_only_why : NULL);
	if (w->message_kind != MESSAGE_NONE) {
		b->screen.message_kind = w->message_kind;
		b->screen.message = arena_strdup(b->arena, w->message);
	}
}

/* False when it is time to go back to the step. */
static bool change_undo_once(struct wizard *w)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct journal_entry **entries = NULL;
	struct event ev = { 0 };
	struct err err = { 0 };
	unsigned n = 0;
	bool again = false;

	if (session_journal(w->s, &entries, &n, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	change_describe_undo(w, &b, entries, n);
	w->message_kind = MESSAGE_NONE;
	if (w->f->ops->show(w->f, &b.screen, &ev, &err) < 0) {
		wizard_say_err(w, &err);
	} else if (ev.kind == EVENT_HANGUP) {
		w->signal = ev.signal;
	} else if (ev.kind == EVENT_QUIT) {
		w->leave = wizard_quit_question(w);
		again = !w->leave;
	} else if (ev.kind == EVENT_BUTTON && n && strncmp(ev.id, "undo-", 5) == 0) {
		change_undo(w, strcmp(ev.id, "undo-all") == 0, entries[n - 1]);
		again = true;
	} else {
		again = ev.kind != EVENT_BACK && ev.kind != EVENT_CLOSE &&
			!(ev.kind == EVENT_BUTTON && strcmp(ev.id, "back") == 0) && ev.kind != EVENT_NEXT;
	}
	journal_list_free(entries, n);
	return again && !w->signal && !w->leave;
}

void wizard_undo_centre(struct wizard *w)
{
	while (change_undo_once(w))
		;
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
		build_printf(b, c->kind == CHANGE_EDIT ? _("Change in %s") : _("New file %s"), c->path);
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
