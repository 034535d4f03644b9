/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything this program has changed, what taking it back would do, and taking it back. */
#include "wizard/watch.h"

#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"

#include <string.h>

struct centre {
	struct wizard *w;
	struct journal_entry **entries; /* oldest first */
	unsigned n;
};

static int centre_preview(const struct centre *c, const struct journal_entry *e,
			  struct undo_preview **ret, struct err *err)
{
	return undo_preview(c->w->s->root, c->w->s->state_dir, e, ret, err);
}

/* What a newer entry did to the same file is no edit of a person's. */
static bool centre_is_changed_later(const struct centre *c, unsigned at, const char *path)
{
	for (unsigned i = at + 1; i < c->n; i++)
		for (unsigned k = 0; k < c->entries[i]->n_files; k++)
			if (strcmp(c->entries[i]->files[k].path, path) == 0)
				return true;
	return false;
}

static bool centre_is_edited(const struct centre *c, unsigned at, const struct undo_file *f)
{
	return (f->action == UNDO_MERGE || f->action == UNDO_CONFLICT) &&
	       !centre_is_changed_later(c, at, f->file->path);
}

/* "in place", "edited since"; NULL when it cannot be found out. */
static const char *centre_now(const struct centre *c, unsigned at)
{
	_cleanup_(undo_preview_freep) struct undo_preview *p = NULL;

	if (centre_preview(c, c->entries[at], &p, NULL) < 0)
		return NULL;
	for (unsigned i = 0; i < p->n_files; i++)
		if (centre_is_edited(c, at, &p->files[i]))
			return _("edited since");
	return _("in place");
}

static void centre_describe(const struct centre *c, struct screen_build *b)
{
	struct wizard *w = c->w;
	const char *why_not = w->s->read_only ? w->s->read_only_why : NULL;

	build_begin(b, SCREEN_PAGE, "undo", _("Undo"));
	b->screen.help = _("Everything this program wrote can be taken back, newest first: an older change is "
			   "the ground of the newer ones. Files you edited afterwards keep your edits.\n"
			   "Enter or d on a line shows what taking it back would do, as a diff.\n"
			   "The same without this program's screen, also from a rescue system: vfio-wizard undo");
	b->screen.status = build_printf(b, ngettext("%u change", "%u changes", c->n), c->n);
	wizard_add_steps(w, b);
	build_text(b, c->n ? _("Everything this program has changed, newest first.")
			   : _("This program has changed nothing here."));
	build_blank(b);
	for (unsigned i = c->n; i > 0; i--) {
		const struct journal_entry *e = c->entries[i - 1];
		const char *now = centre_now(c, i - 1);
		struct screen_row *row =
			build_fact(b, build_printf(b, "%u", e->number),
				   build_printf(b, "%03u  %s", e->number, wizard_time(b, e->when)), e->title,
				   ROW_PLAIN);

		row->note = now ? now : _("cannot be read");
		row->help = i < c->n ? _("What is above it is taken back first. Enter shows what would happen.")
				     : _("Enter shows what taking it back would do.");
	}
	if (c->n) {
		build_blank(b);
		build_text(b, _("Disk images and what is on them are never deleted."));
	}
	build_button(b, "back", _("Back"), NULL);
	if (c->n)
		build_button(b, "undo-newest",
			     build_printf(b, _("Undo %03u"), c->entries[c->n - 1]->number), why_not);
	if (c->n > 1)
		build_button(b, "undo-all", _("Undo all"), why_not);
	b->screen.keys = c->n ? _("d Diff") : "";
	b->screen.focus = "back";
	if (w->message_kind != MESSAGE_NONE) {
		b->screen.message_kind = w->message_kind;
		b->screen.message = arena_strdup(b->arena, w->message);
		w->message_kind = MESSAGE_NONE;
	}
}

static const char *centre_action(enum undo_action a)
{
	switch (a) {
	case UNDO_RESTORE:
		return _("gets back what it held before");
	case UNDO_REMOVE:
		return _("was new, is removed");
	case UNDO_KEEP:
		return _("is as before already");
	case UNDO_MERGE:
		return _("edited since: only the lines of this program go");
	case UNDO_CONFLICT:
		return _("edited since in the same lines: you will be asked");
	}
	return "";
}

static void centre_add_diff(struct str *out, const struct undo_file *f)
{
	const struct change c = { .kind = f->file->link ? CHANGE_LINK : f->current ? CHANGE_EDIT : CHANGE_CREATE,
				  .path = f->file->path,
				  .before = f->current,
				  .before_len = f->current_len,
				  .after = f->result ? f->result : "",
				  .after_len = f->result ? f->result_len : 0 };
	_cleanup_free_ char *diff = NULL;

	if (f->action == UNDO_KEEP || f->action == UNDO_REMOVE || (!f->current && !f->result))
		return;
	diff = change_diff(&c);
	str_addf(out, "\n%s", diff);
}

static void centre_add_details(const struct undo_preview *p, struct str *out)
{
	for (unsigned i = 0; i < p->n_files; i++)
		/* what a command would have made and has not is nothing to tell */
		if (!p->files[i].file->output || p->files[i].action != UNDO_KEEP)
			str_addf(out, "%s   %s\n", p->files[i].file->path, centre_action(p->files[i].action));
	for (unsigned i = 0; i < p->n_commands; i++) {
		_cleanup_free_ char *command = spawn_quote(p->commands[i]);

		str_addf(out, _("then run   %s\n"), command);
	}
	if (p->needs_reboot)
		str_addf(out, "%s\n", _("It counts after the next restart."));
	for (unsigned i = 0; i < p->n_files; i++)
		centre_add_diff(out, &p->files[i]);
}

static void centre_show(const struct centre *c, const char *id)
{
	_cleanup_(undo_preview_freep) struct undo_preview *p = NULL;
	_cleanup_str_ struct str text = { 0 };
	_cleanup_free_ char *title = NULL;
	const struct journal_entry *e = c->n ? c->entries[c->n - 1] : NULL;
	struct err err = { 0 };

	for (unsigned i = 0; i < c->n; i++)
		if (c->entries[i]->number == (unsigned)atoi(id))
			e = c->entries[i];
	if (!e)
		return;
	if (centre_preview(c, e, &p, &err) < 0) {
		wizard_say_err(c->w, &err);
		return;
	}
	if (e != c->entries[c->n - 1])
		str_addf(&text, "%s\n\n", _("As it would be now, with the newer changes still in place:"));
	centre_add_details(p, &text);
	title = xasprintf(_("Taking back %03u"), e->number);
	wizard_show_lines(c->w, title, str_c(&text));
}

static void centre_show_preview(const struct centre *c, const struct undo_preview *p)
{
	_cleanup_str_ struct str text = { 0 };

	centre_add_details(p, &text);
	wizard_show_lines(c->w, _("What differs"), str_c(&text));
}

/* Level 1; the first button harms nothing. */
static bool centre_ask_conflict(const struct centre *c, const struct undo_preview *p, enum undo_conflict *ret)
{
	const char *const buttons[] = { _("Go back"), _("Show what differs"), _("Keep the edited file"),
					_("Put the old file back"), NULL };
	_cleanup_strv_ char **lines = NULL;

	for (unsigned i = 0; i < p->n_files; i++)
		if (p->files[i].action == UNDO_CONFLICT)
			strv_add_owned(&lines, xasprintf(_("%s was edited since, in the same lines."),
							 p->files[i].file->path));
	strv_add(&lines, "");
	strv_add(&lines, _("Keep it: it stays as you edited it, and this program forgets the change."));
	strv_add(&lines, _("Put the old one back: it gets what it held before, your edit is lost."));
	for (;;) {
		int choice = wizard_choose(c->w, "undo-conflict", _("Edited since"), strv_const(lines), buttons);

		if (choice == 1) {
			centre_show_preview(c, p);
			if (!c->w->signal && !c->w->leave)
				continue;
		}
		*ret = choice == 3 ? UNDO_CONFLICT_RESTORE : UNDO_CONFLICT_KEEP;
		return choice > 1;
	}
}

static bool centre_ask(const struct centre *c, const struct undo_preview *p, bool all)
{
	_cleanup_strv_ char **lines = NULL;

	if (all)
		for (unsigned i = c->n; i > 0; i--)
			strv_add_owned(&lines, xasprintf("%03u  %s", c->entries[i - 1]->number,
							 c->entries[i - 1]->title));
	for (unsigned i = 0; !all && i < p->n_files; i++)
		if (!p->files[i].file->output || p->files[i].action != UNDO_KEEP)
			strv_add_owned(&lines, xasprintf("%s  %s", p->files[i].file->path,
							 centre_action(p->files[i].action)));
	strv_add(&lines, "");
	strv_add(&lines, _("Every file gets back what it held before, byte for byte; what you edited since stays."));
	return wizard_ask(c->w, all ? _("Undo everything?") : _("Undo this change?"), strv_const(lines),
			  _("Go back"), all ? _("Undo all") : _("Undo"));
}

static void centre_say_result(const struct centre *c, const struct txn_result *result, bool needs_reboot)
{
	if (result->pending)
		wizard_say(c->w, MESSAGE_WARNING, _("Taken back. Still to be run on that system: %s"),
			   result->pending[0]);
	else if (needs_reboot)
		wizard_say(c->w, MESSAGE_NOTE,
			   _("Taken back. What the kernel was told at its start changes with the next restart."));
	else
		wizard_say(c->w, MESSAGE_NOTE, _("Taken back."));
}

/* Also after a failure: some entries may be gone. */
static void centre_look_again(struct wizard *w)
{
	struct journal_entry **entries = NULL;
	struct err err = { 0 };
	unsigned n = 0;

	if (session_journal(w->s, &entries, &n, &err) == 0 && n == 0) {
		w->taken_back = true;
		w->saved[0] = '\0';
	}
	journal_list_free(entries, n);
	if (wizard_look(w, &err) < 0)
		wizard_say_err(w, &err);
}

static void centre_undo(const struct centre *c, bool all)
{
	_cleanup_(undo_preview_freep) struct undo_preview *p = NULL;
	_cleanup_watch_ struct watch watch = { 0 };
	enum undo_conflict on_conflict = UNDO_CONFLICT_REFUSE;
	struct txn_result result = { 0 };
	struct wizard *w = c->w;
	struct err err = { 0 };
	bool needs_reboot = false;
	int r = centre_preview(c, c->entries[c->n - 1], &p, &err);

	if (r < 0) {
		wizard_say_err(w, &err);
		return;
	}
	for (unsigned i = all ? 0 : c->n - 1; i < c->n; i++)
		needs_reboot |= c->entries[i]->then == STAGE_END_REBOOT;
	if (p->has_conflict ? !centre_ask_conflict(c, p, &on_conflict) : !centre_ask(c, p, all))
		return;
	watch_begin(&watch, w, _("Taking back"));
	r = session_undo(w->s, all, on_conflict, &watch.watcher, &result, &err);
	if (r < 0) {
		watch_show_failure(&watch, _("It was not taken back"), &err);
		wizard_say(w, MESSAGE_ERROR, "%s", err.msg);
	} else {
		centre_say_result(c, &result, needs_reboot);
	}
	centre_look_again(w);
}

static bool centre_goes_back(const struct event *ev)
{
	return ev->kind == EVENT_BACK || ev->kind == EVENT_CLOSE || ev->kind == EVENT_NEXT ||
	       (ev->kind == EVENT_BUTTON && strcmp(ev->id, "back") == 0);
}

/* False when it is time to go back to the step. */
static bool centre_once(struct wizard *w)
{
	struct centre c = { .w = w };
	_cleanup_build_ struct screen_build b = { 0 };
	struct event ev = { 0 };
	struct err err = { 0 };
	bool again = true;

	if (session_journal(w->s, &c.entries, &c.n, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	centre_describe(&c, &b);
	if (w->f->ops->show(w->f, &b.screen, &ev, &err) < 0) {
		wizard_say_err(w, &err);
		again = false;
	} else if (ev.kind == EVENT_HANGUP) {
		w->signal = ev.signal;
	} else if (ev.kind == EVENT_QUIT) {
		w->leave = wizard_quit_question(w);
	} else if (ev.kind == EVENT_OPEN || ev.kind == EVENT_KEY) {
		centre_show(&c, ev.id);
	} else if (ev.kind == EVENT_BUTTON && c.n && str_starts_with(ev.id, "undo-")) {
		centre_undo(&c, strcmp(ev.id, "undo-all") == 0);
	} else {
		again = !centre_goes_back(&ev);
	}
	journal_list_free(c.entries, c.n);
	return again && !w->signal && !w->leave;
}

void wizard_undo_centre(struct wizard *w)
{
	/* u here again, or from the question behind q: it is open already */
	if (w->in_undo_centre)
		return;
	w->in_undo_centre = true;
	while (centre_once(w))
		;
	w->in_undo_centre = false;
}
