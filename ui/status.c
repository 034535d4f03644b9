/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/curses-frontend.h"

#include "base/str.h"
#include "ui/text.h"

#include <string.h>

#include <curses.h>

/* Lists longer than this are worth searching in. */
#define STATUS_FIND_FROM 8

/* Adds "Key Label" when it fits beside what has to stand at the end. */
static void status_add_key(struct str *out, int room, const char *key, const char *label)
{
	_cleanup_free_ char *item = label ? xasprintf("%s %s", key, label) : xstrdup(key);

	if (text_width(str_c(out)) + text_width(item) + (out->len ? 2 : 0) > room)
		return;
	str_add(out, out->len ? "  " : "");
	str_add(out, item);
}

static void status_add_row_keys(struct str *out, int room, const struct screen_row *row)
{
	switch (row->kind) {
	case ROW_CHECK:
		status_add_key(out, room, _("Space"), _("Mark"));
		break;
	case ROW_RADIO:
		status_add_key(out, room, _("Space"), _("Choose"));
		break;
	case ROW_GROUP:
		status_add_key(out, room, "Enter", row->marked ? _("Fold") : _("Unfold"));
		status_add_key(out, room, _("Space"), _("Mark"));
		break;
	case ROW_LIST:
		status_add_key(out, room, _("Left/Right"), _("Value"));
		status_add_key(out, room, "Enter", _("All values"));
		break;
	case ROW_FACT:
		status_add_key(out, room, "Enter", row->detail ? _("Details") : _("Open"));
		break;
	case ROW_DIFF:
		status_add_key(out, room, _("Left/Right"), _("Scroll"));
		break;
	case ROW_TEXT:
	case ROW_HEADING:
	case ROW_FIELD:
	case ROW_BLANK:
		break;
	}
}

static void status_add_page_keys(struct str *out, int room, const struct layer *l)
{
	const struct screen *s = l->screen;
	const char *next = NULL, *back = NULL;

	for (unsigned i = 0; i < s->n_buttons; i++) {
		if (str_eq(s->buttons[i].id, "next") && !s->buttons[i].disabled)
			next = s->buttons[i].label;
		if (str_eq(s->buttons[i].id, "back"))
			back = s->buttons[i].label;
	}
	if (!back && s->n_steps > 0 && !s->steps[0].here)
		back = _("Back");
	if (next && !str_eq(focus_button(l) ? focus_button(l)->id : NULL, "next"))
		status_add_key(out, room, "n", next);
	if (back)
		status_add_key(out, room, "b", back);
}

static void status_add_text_keys(struct str *out, int room, const struct layer *l)
{
	if (l->screen->kind == SCREEN_TYPED) {
		status_add_key(out, room, "Enter", _("Go on with the word typed"));
		status_add_key(out, room, "Esc", _("Go back"));
		return;
	}
	status_add_key(out, room, "Tab", _("Next field"));
	status_add_key(out, room, "Enter", _("Next"));
	status_add_key(out, room, "Esc", _("Old value"));
	status_add_key(out, room, "F8", _("Next step"));
}

static char *status_keys(const struct curses *c, const struct layer *l)
{
	bool text = focus_is_text(l), popup = l->screen->kind != SCREEN_PAGE;
	_cleanup_free_ char *tail = xasprintf("%s %s  %s %s", text ? "F1" : "?", _("Help"),
					      text || popup ? _("Ctrl-C") : "q", _("Quit"));
	int room = COLS - 4 - text_width(tail);
	struct str out = { 0 };
	const struct screen_row *row = focus_row(l);
	const char *step_keys = l->screen->keys ? l->screen->keys : "";

	if (c->finding) {
		status_add_key(&out, COLS - 2, "Enter", _("Keep"));
		status_add_key(&out, COLS - 2, "Esc", _("Show all"));
		return str_steal(&out);
	}
	if (text) {
		status_add_text_keys(&out, room, l);
	} else {
		if (row)
			status_add_row_keys(&out, room, row);
		else if (focus_button(l))
			status_add_key(&out, room, "Enter", _("Choose"));
		if (!str_is_empty(step_keys))
			status_add_key(&out, room, step_keys, NULL);
		if (l->view.n_items > 1)
			status_add_key(&out, room, "Tab",
				       row && view_is_listed(row) ? _("Next part") : _("Next"));
		/* d may be a key of the step's own here */
		if (row && !str_is_empty(row->detail) && row->kind != ROW_FACT &&
		    !str_starts_with(step_keys, "d ") && !strstr(step_keys, "  d "))
			status_add_key(&out, room, "d", _("Details"));
		if (l->scrolls && !row)
			status_add_key(&out, room, _("Up/Down"), _("Scroll"));
		if (!str_is_empty(l->memory->filter))
			status_add_key(&out, room, "Esc", _("Show all"));
		else if (l->view.n_listed >= STATUS_FIND_FROM)
			status_add_key(&out, room, "/", _("Find"));
		if (popup)
			status_add_key(&out, room, "Esc", _("Close"));
		else
			status_add_page_keys(&out, room, l);
	}
	/* our own popups explain or choose, there is nothing more to say about them */
	if (!str_starts_with(l->memory->id, "?"))
		status_add_key(&out, COLS - 2, tail, NULL);
	return str_steal(&out);
}

static char *status_find(struct curses *c, const struct layer *l, int *ret_cursor)
{
	int col, prefix;
	_cleanup_free_ char *shown = field_show(&c->find, 30, &col);
	_cleanup_free_ char *before = xasprintf(_("Find: %s"), "");
	char *line;

	prefix = text_width(before);
	*ret_cursor = 1 + prefix + col;
	/* TRANSLATORS: what is typed to search, then rows found, then all rows. */
	line = xasprintf(_("Find: %s    %u of %u"), shown, l->view.n_matching, l->view.n_listed);
	if (str_is_empty(shown)) {
		free(line);
		line = xasprintf(_("Find: %s"), "");
	}
	return line;
}

void status_lines_make(struct curses *c, struct status_lines *ret)
{
	struct layer *l = curses_top(c);
	const struct screen *s = l->screen;
	const struct screen_row *row = focus_row(l);
	const struct screen_button *button = focus_button(l);
	bool has_message = s->message_kind != MESSAGE_NONE && !str_is_empty(s->message);

	*ret = (struct status_lines){ .message_cursor = -1 };
	ret->keys = status_keys(c, l);
	if (c->finding) {
		ret->message = status_find(c, l, &ret->message_cursor);
	} else if (c->notice) {
		ret->message = xstrdup(c->notice);
		ret->kind = MESSAGE_NOTE;
	} else if (has_message && (!l->moved || s->message_kind == MESSAGE_ERROR)) {
		ret->message = xstrdup(s->message);
		ret->kind = s->message_kind;
	} else if (button && button->disabled && !str_is_empty(button->why_not)) {
		ret->message = xstrdup(button->why_not);
		ret->kind = MESSAGE_NOTE;
	} else if (row && !str_is_empty(row->help)) {
		ret->message = xasprintf(_("Help: %s"), row->help);
	} else if (has_message) {
		ret->message = xstrdup(s->message);
		ret->kind = s->message_kind;
	}
}
