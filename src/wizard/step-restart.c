/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two checkpoints: the same screen after the kernel options and after the binding. */
#include "wizard/step.h"

#include "base/spawn.h"
#include "base/str.h"

#include <string.h>

static bool restart_applies(const struct wizard *w, const char *stage)
{
	return session_restart_is_due(w->s) && str_eq(w->s->state.stage, stage);
}

static bool restart_kernel_applies(const struct wizard *w)
{
	return restart_applies(w, "kernel");
}

static bool restart_bind_applies(const struct wizard *w)
{
	return restart_applies(w, "bind");
}

static const char *restart_files(struct screen_build *b, const struct journal_entry *e)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < e->n_files; i++)
		if (!e->files[i].output)
			str_addf(&s, "%s%s", s.len ? ", " : "", e->files[i].path);
	return arena_strdup(b->arena, str_c(&s));
}

/* What was written last, and what could not be run here. */
static void restart_add_done(const struct wizard *w, struct screen_build *b)
{
	struct journal_entry **entries = NULL;
	const struct journal_entry *e;
	unsigned n = 0;

	if (session_journal(w->s, &entries, &n, NULL) < 0 || n == 0)
		return;
	e = entries[n - 1];
	build_fact(b, "done", _("Done"), e->title, ROW_OK)->note = build_printf(b, _("undo %03u"), e->number);
	build_fact(b, "files", _("Written"), restart_files(b, e), ROW_OK);
	for (unsigned i = 0; !e->commands_ran && i < e->n_commands; i++) {
		const struct journal_command *c = &e->commands[i];
		_cleanup_free_ char *command = spawn_quote(c->by_hand ? c->by_hand : c->argv);

		build_fact(b, build_printf(b, "run-%u", i), _("Run there"), command, ROW_PROBLEM)->help =
			_("This is not the running computer: run the command on that system before it starts.");
	}
	journal_list_free(entries, n);
}

static void restart_add_promises(const struct wizard *w, struct screen_build *b)
{
	size_t i;
	const json_t *p;

	build_heading(b, _("Measured after the restart"));
	json_array_foreach (w->s->state.promises, i, p) {
		const char *text = json_string_value(json_object_get(p, "text"));

		if (text)
			build_text(b, build_printf(b, "- %s", text));
	}
}

/*
 * What waits for the restart is a trial: by what was done, not by what was asked for, because where no
 * trial was possible the arguments are there for good.
 */
static bool restart_is_trial(const struct wizard *w)
{
	struct journal_entry **entries = NULL;
	unsigned n = 0;
	bool trial;

	if (session_journal(w->s, &entries, &n, NULL) < 0 || n == 0)
		return false;
	trial = str_eq(entries[n - 1]->title, _(PLANNER_TRIAL_TITLE));
	journal_list_free(entries, n);
	return trial;
}

static void restart_add_rescue(const struct wizard *w, struct screen_build *b)
{
	build_heading(b, _("If the computer does not start"));
	if (restart_is_trial(w))
		build_text(b, _("Switch it off and on: only this one start gets the new options, the next is as before."));
	if (w->s->boot.loader && w->s->boot.loader->rescue)
		build_text(b, w->s->boot.loader->rescue(w->s->host));
	else
		build_text(b, _("Choose an older entry in the boot menu, or start from a rescue medium."));
	build_text(b, build_printf(b, _("Then run:  vfio-wizard undo   (state and copies: %s)"), w->s->state_dir));
}

static void restart_describe(struct wizard *w, struct screen_build *b)
{
	const char *why_not = NULL;

	build_text(b, _("What was written takes effect when the computer restarts."));
	build_blank(b);
	restart_add_done(w, b);
	build_fact(b, "next", _("After it run"), "vfio-wizard", ROW_NEUTRAL);
	build_blank(b);
	restart_add_promises(w, b);
	build_blank(b);
	restart_add_rescue(w, b);
	if (!fsroot_is_live(w->s->root))
		why_not = _("This is not the running computer.");
	build_button(b, "leave", _("Restart later, leave now"), NULL);
	build_button(b, "restart", _("Restart now"), why_not);
	build_button(b, "undo", _("Undo this change"), NULL);
	b->screen.focus = "leave";
	if (w->message_kind == MESSAGE_NONE)
		wizard_say(w, MESSAGE_NOTE, _("Nothing is lost if you leave; vfio-wizard continues here."));
}

static enum move restart_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "leave") == 0)
		return MOVE_LEAVE;
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "restart") == 0)
		return wizard_restart(w, false, NULL) ? MOVE_LEAVE : MOVE_STAY;
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "undo") == 0) {
		wizard_undo_centre(w);
		return session_restart_is_due(w->s) ? MOVE_STAY : MOVE_BACK;
	}
	if (proposed == MOVE_NEXT) {
		wizard_say(w, MESSAGE_NOTE, _("The next step needs the restart: leave, restart, run vfio-wizard again."));
		return MOVE_STAY;
	}
	return proposed;
}

#define RESTART_HELP                                                                                  \
	N_("The answers are saved. After the restart vfio-wizard measures whether everything that was " \
	   "promised came true, and goes on from there.")

const struct step step_restart_kernel = {
	.id = "restart_kernel",
	.label = "~",
	.title = N_("Restart 1 of 2"),
	.help = RESTART_HELP,
	.applies = restart_kernel_applies,
	.describe = restart_describe,
	.handle = restart_handle,
};

const struct step step_restart_bind = {
	.id = "restart_bind",
	.label = "~",
	.title = N_("Restart 2 of 2"),
	.help = RESTART_HELP,
	.applies = restart_bind_applies,
	.describe = restart_describe,
	.handle = restart_handle,
};
