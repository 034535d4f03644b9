/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"

#include <string.h>

static void popup_text(struct screen_build *b, const char *const *lines)
{
	for (; lines && *lines; lines++) {
		if (**lines)
			build_text(b, *lines);
		else
			build_blank(b);
	}
}

void wizard_popup(struct wizard *w, struct screen_build *b, struct event *ev)
{
	struct err err = { 0 };

	*ev = (struct event){ .kind = EVENT_CLOSE };
	/* before the first page there is only this row to tell where one is */
	wizard_add_steps(w, b);
	if (w->f->ops->show(w->f, &b->screen, ev, &err) < 0) {
		wizard_say_err(w, &err);
		ev->kind = EVENT_CLOSE;
	}
	if (ev->kind == EVENT_HANGUP)
		w->signal = ev->signal;
	/* q in a question answers it with no; Ctrl-C asks whether to leave, and again leaves */
	if (ev->kind == EVENT_QUIT && w->asking_quit)
		w->quit_again = true;
	else if (ev->kind == EVENT_QUIT)
		w->leave = wizard_quit_question(w);
	if (ev->kind == EVENT_QUIT)
		ev->kind = EVENT_CLOSE;
}

bool wizard_ask(struct wizard *w, const char *title, const char *const *lines, const char *safe,
		const char *act)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct event ev;

	build_begin(&b, SCREEN_POPUP, "ask", title);
	popup_text(&b, lines);
	build_button(&b, "cancel", safe, NULL);
	build_button(&b, "confirm", act, NULL);
	wizard_popup(w, &b, &ev);
	return ev.kind == EVENT_BUTTON && strcmp(ev.id, "confirm") == 0;
}

/* The word counts in any case, translated or in English. */
bool wizard_ask_typed(struct wizard *w, const char *title, const char *const *lines, const char *word)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct event ev;

	build_begin(&b, SCREEN_TYPED, "ask-typed", title);
	popup_text(&b, lines);
	b.screen.word = arena_strdup(b.arena, _(word));
	wizard_popup(w, &b, &ev);
	return (ev.kind == EVENT_BUTTON || ev.kind == EVENT_SET) &&
	       (strcasecmp(ev.text, word) == 0 || strcasecmp(ev.text, _(word)) == 0);
}

int wizard_choose(struct wizard *w, const char *id, const char *title, const char *const *lines,
		  const char *const *buttons)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct event ev;

	build_begin(&b, SCREEN_POPUP, id, title);
	popup_text(&b, lines);
	for (unsigned i = 0; buttons[i]; i++)
		build_button(&b, build_printf(&b, "%u", i), buttons[i], NULL);
	wizard_popup(w, &b, &ev);
	return ev.kind == EVENT_BUTTON && ev.id[0] >= '0' && ev.id[0] <= '9' ? ev.id[0] - '0' : -1;
}

void wizard_show_text(struct wizard *w, const char *title, const char *text)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct event ev;

	build_begin(&b, SCREEN_POPUP, "text", title);
	build_text(&b, text);
	build_button(&b, "close", _("Close"), NULL);
	wizard_popup(w, &b, &ev);
}

void wizard_show_lines(struct wizard *w, const char *title, const char *text)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct event ev;
	unsigned n = 0;

	build_begin(&b, SCREEN_POPUP, "lines", title);
	while (*text) {
		size_t len = strcspn(text, "\n");

		build_row(&b, ROW_DIFF, build_printf(&b, "line-%u", n++))->label =
			arena_strndup(b.arena, text, len);
		text += len + (text[len] == '\n');
	}
	build_button(&b, "close", _("Close"), NULL);
	b.screen.focus = n ? "line-0" : "close";
	/* Enter on a line is no answer */
	do
		wizard_popup(w, &b, &ev);
	while (ev.kind == EVENT_OPEN);
}
