/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/curses-frontend.h"

#include "base/str.h"

#include "base/strv.h"

#include <string.h>

/* Popups that the frontend shows by itself: the step never hears of them. */
static void inner_run(struct curses *c, const struct screen *s, struct event *ret)
{
	struct event ev;

	/* a third popup would hide what the second is about */
	if (c->n_layers >= CURSES_MAX_LAYERS || str_starts_with(curses_top(c)->memory->id, "?")) {
		*ret = (struct event){ .kind = EVENT_CLOSE };
		return;
	}
	free(c->notice);
	c->notice = NULL;
	curses_push(c, s);
	do
		curses_loop(c, &ev);
	while (ev.kind != EVENT_CLOSE && ev.kind != EVENT_BUTTON && ev.kind != EVENT_TOGGLE &&
	       ev.kind != EVENT_QUIT && ev.kind != EVENT_HANGUP);
	curses_pop(c);
	*ret = ev;
}

static void inner_text(struct curses *c, const char *id, const char *title, const char *text)
{
	struct screen_row row = { .kind = ROW_TEXT, .label = text };
	const struct screen_button close = { .id = "close", .label = _("Close") };
	const struct screen s = {
		.kind = SCREEN_POPUP, .id = id,	       .title = title,	 .rows = &row,
		.n_rows = 1,	      .buttons = &close, .n_buttons = 1,
	};
	struct event ev;

	inner_run(c, &s, &ev);
}

void inner_help(struct curses *c)
{
	const struct layer *l = curses_top(c);
	const struct screen_row *row = focus_row(l);
	_cleanup_str_ struct str text = { 0 };
	_cleanup_free_ char *title = xasprintf(_("Help: %s"), l->screen->title ? l->screen->title : "");

	if (!str_is_empty(l->screen->help))
		str_addf(&text, "%s\n\n", l->screen->help);
	if (row && !str_is_empty(row->help))
		str_addf(&text, "%s\n  %s\n\n", row->label ? row->label : "", row->help);
	str_addf(&text, "%s\n", _("States"));
	str_addf(&text, "  %s\n", _("OK fine   !! must be solved   ! costs something   ?? cannot be "
				    "known   -- does not matter"));
	str_addf(&text, "\n%s\n", _("Keys"));
	if (!str_is_empty(l->screen->keys))
		str_addf(&text, "  %s\n", l->screen->keys);
	str_add(&text, _("  Up Down, k j             move\n"
			 "  PgUp PgDn, K J           a page\n"
			 "  Home End, g G            first, last\n"
			 "  Tab, Shift-Tab           next, previous part\n"
			 "  Enter                    open, choose, press the button\n"
			 "  Space                    mark, unmark\n"
			 "  Left Right, - +          fold, unfold, change a value\n"
			 "  n b, F8 F7               next step, previous step\n"
			 "  / N                      find, next match; Esc shows all again\n"
			 "  d, F4                    details of the line\n"
			 "  u                        take changes back\n"
			 "  Ctrl-L                   draw the screen again\n"
			 "  Ctrl-Z                   stop for a while; fg comes back\n"
			 "  q, F10, Ctrl-C           leave"));
	inner_text(c, "?help", title, str_c(&text));
}

void inner_detail(struct curses *c, const struct screen_row *row)
{
	inner_text(c, "?detail", row->label ? row->label : _("Details"), row->detail);
}

bool inner_choose(struct curses *c, const struct screen_row *row, char *text, size_t size)
{
	_cleanup_strv_ char **choices = strv_split(row->choices ? row->choices : "", "|");
	size_t n = strv_length(strv_const(choices));
	_cleanup_free_ struct screen_row *rows = xcalloc(n + 1, sizeof(*rows));
	const struct screen_button keep = { .id = "keep", .label = _("Leave as it is") };
	const struct screen s = {
		.kind = SCREEN_POPUP,  .id = "?choose",	   .title = row->label, .rows = rows,
		.n_rows = (unsigned)n, .focus = row->value, .buttons = &keep,	.n_buttons = 1,
	};
	struct event ev;

	for (size_t i = 0; i < n; i++)
		rows[i] = (struct screen_row){ .kind = ROW_RADIO,
					       .id = choices[i],
					       .label = choices[i],
					       .marked = str_eq(choices[i], row->value) };
	inner_run(c, &s, &ev);
	if (ev.kind != EVENT_TOGGLE)
		return false;
	snprintf(text, size, "%s", ev.text);
	return !str_eq(text, row->value);
}
