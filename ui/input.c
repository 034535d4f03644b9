/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/curses-frontend.h"

#include "base/str.h"
#include "ui/text.h"

#include <curses.h>
#include <string.h>

#define INPUT_SHIFT 8

static bool input_event(struct event *ret, enum event_kind kind, const char *id)
{
	*ret = (struct event){ .kind = kind };
	snprintf(ret->id, sizeof(ret->id), "%s", id ? id : "");
	return true;
}

static bool input_set(struct event *ret, const char *id, const char *text)
{
	input_event(ret, EVENT_SET, id);
	snprintf(ret->text, sizeof(ret->text), "%s", text);
	return true;
}

/* The step's own keys, "f Show  1-4 View": the first word of each piece is a key or a range. */
static bool input_is_step_key(const char *keys, int key)
{
	if (key <= ' ' || key > 126)
		return false;
	for (const char *p = keys; p && *p;) {
		bool one = p[1] == ' ' || !p[1];
		bool range = p[1] == '-' && p[2] && (p[3] == ' ' || !p[3]);

		if ((one && *p == key) || (range && *p <= key && key <= p[2]))
			return true;
		p = strstr(p, "  ");
		while (p && *p == ' ')
			p++;
	}
	return false;
}

/* A choice of a ROW_LIST STEP further, round at the ends. */
static bool input_step_list(const struct screen_row *row, int step, struct event *ret)
{
	const char *p = row->choices ? row->choices : "";
	const char *starts[64];
	int n = 0, now = 0;
	_cleanup_free_ char *text = NULL;

	while (*p && n < 64) {
		size_t len = strcspn(p, "|");

		if (row->value && strlen(row->value) == len && strncmp(row->value, p, len) == 0)
			now = n;
		starts[n++] = p;
		p += len + (p[len] == '|');
	}
	if (n < 2)
		return false;
	p = starts[(now + step + n) % n];
	text = xstrndup(p, strcspn(p, "|"));
	return input_set(ret, row->id, text);
}

static int input_parent(const struct layer *l)
{
	const struct screen_row *row = focus_row(l);

	for (int i = l->focus - 1; row && i >= 0; i--) {
		const struct screen_row *above = &l->screen->rows[l->view.items[i].index];

		if (above->kind == ROW_GROUP && above->indent < row->indent)
			return i;
	}
	return -1;
}

static bool input_sideways(struct curses *c, struct layer *l, enum action action, struct event *ret)
{
	const struct screen_row *row = focus_row(l);
	int step = action == ACTION_LEFT || action == ACTION_CLOSE_NODE ? -1 : 1;

	(void)c;
	if (focus_button(l)) {
		int to = l->focus + step;

		if (to >= (int)l->view.n_row_items && to < (int)l->view.n_items)
			focus_set(l, to);
		return false;
	}
	if (!row)
		return false;
	if (row->kind == ROW_LIST)
		return input_step_list(row, step, ret);
	if (row->kind == ROW_GROUP && row->marked == (step < 0))
		return input_event(ret, EVENT_OPEN, row->id);
	if (row->kind == ROW_DIFF) {
		l->memory->shift += step * INPUT_SHIFT;
		if (l->memory->shift < 0)
			l->memory->shift = 0;
	} else if (step < 0 && row->indent > 0) {
		focus_set(l, input_parent(l));
	}
	return false;
}

static bool input_press(struct curses *c, struct layer *l, const struct screen_button *b,
			struct event *ret)
{
	if (b->disabled) {
		curses_say(c, b->why_not ? b->why_not : _("This is not possible now."));
		return false;
	}
	input_event(ret, EVENT_BUTTON, b->id);
	if (l->screen->kind == SCREEN_TYPED && str_eq(b->id, "confirm")) {
		_cleanup_free_ char *text = field_text(&l->field);

		if (!*text) {
			curses_say(c, _("Type the word first."));
			return false;
		}
		snprintf(ret->text, sizeof(ret->text), "%s", text);
	}
	return true;
}

/* The name is cut in the list: the event carries the whole. */
static bool input_toggle(const struct screen_row *row, struct event *ret)
{
	input_event(ret, EVENT_TOGGLE, row->id);
	snprintf(ret->text, sizeof(ret->text), "%s", row->label ? row->label : "");
	return true;
}

static bool input_enter(struct curses *c, struct layer *l, struct event *ret)
{
	const struct screen_row *row = focus_row(l);
	const struct screen_button *button = focus_button(l);

	if (button)
		return input_press(c, l, button, ret);
	if (!row)
		return false;
	switch (row->kind) {
	case ROW_CHECK:
	case ROW_RADIO:
		return input_toggle(row, ret);
	case ROW_GROUP:
		return input_event(ret, EVENT_OPEN, row->id);
	case ROW_LIST: {
		char text[sizeof(ret->text)];

		return inner_choose(c, row, text, sizeof(text)) && input_set(ret, row->id, text);
	}
	case ROW_FACT:
	case ROW_DIFF:
		if (str_is_empty(row->detail))
			return input_event(ret, EVENT_OPEN, row->id);
		inner_detail(c, row);
		return false;
	case ROW_TEXT:
	case ROW_HEADING:
	case ROW_FIELD:
	case ROW_BLANK:
		break;
	}
	return false;
}

static bool input_space(struct curses *c, struct layer *l, struct event *ret)
{
	const struct screen_row *row = focus_row(l);

	if (row && (row->kind == ROW_CHECK || row->kind == ROW_RADIO || row->kind == ROW_GROUP))
		return input_toggle(row, ret);
	if (row && row->kind == ROW_LIST)
		return input_step_list(row, 1, ret);
	if (focus_button(l))
		return input_press(c, l, focus_button(l), ret);
	return false;
}

/* The page may have a reason why its next step is not possible yet. */
static bool input_next(struct curses *c, struct layer *l, struct event *ret)
{
	const struct screen *s = l->screen;

	if (s->kind != SCREEN_PAGE)
		return false;
	for (unsigned i = 0; i < s->n_buttons; i++) {
		if (str_eq(s->buttons[i].id, "next") && s->buttons[i].disabled)
			return input_press(c, l, &s->buttons[i], ret);
	}
	return input_event(ret, EVENT_NEXT, NULL);
}

static void input_clear_filter(struct layer *l)
{
	free(l->memory->filter);
	l->memory->filter = NULL;
}

static bool input_escape(struct layer *l, struct event *ret)
{
	if (!str_is_empty(l->memory->filter)) {
		input_clear_filter(l);
		return false;
	}
	return input_event(ret, l->screen->kind == SCREEN_PAGE ? EVENT_BACK : EVENT_CLOSE, NULL);
}

static void input_find_next(struct layer *l)
{
	int n = (int)l->view.n_row_items;

	for (int i = 1; i <= n; i++) {
		int at = ((l->focus < n ? l->focus : -1) + i) % n;
		const struct screen_row *row = &l->screen->rows[l->view.items[at].index];

		if (view_is_listed(row) && row->kind != ROW_GROUP) {
			focus_set(l, at);
			return;
		}
	}
}

/* What is typed behind "/" narrows the list with every key. */
static void input_find_key(struct curses *c, struct layer *l, int key)
{
	enum field_key edit;
	enum action action = keys_action(key, true);

	if (action == ACTION_ESCAPE) {
		input_clear_filter(l);
		c->finding = false;
		return;
	}
	if (action == ACTION_ENTER || action == ACTION_UP || action == ACTION_DOWN ||
	    action == ACTION_NEXT_PART) {
		c->finding = false;
		return;
	}
	if (keys_edit(key, &edit))
		field_edit(&c->find, edit);
	else if (key >= TERMINAL_CODE || !field_insert(&c->find, (wchar_t)key))
		return;
	input_clear_filter(l);
	l->memory->filter = field_text(&c->find);
	body_layout(l, l->width);
	if (!focus_row(l) || !view_is_listed(focus_row(l)) ||
	    !str_eq(focus_item(l)->id, l->memory->focus))
		focus_set(l, 0);
	if (focus_row(l) && focus_row(l)->kind == ROW_GROUP)
		input_find_next(l);
}

static bool input_mouse(struct curses *c, struct layer *l, struct event *ret)
{
	MEVENT mouse;

	if (getmouse(&mouse) != OK)
		return false;
	for (unsigned i = 0; i < l->view.n_items; i++) {
		const struct view_item *item = &l->view.items[i];
		bool button = item->kind == VIEW_BUTTON;
		int y = button ? l->buttons_y + (int)item->line :
				 l->y + (int)item->line - l->memory->top;

		if (y != mouse.y || mouse.x < l->x || mouse.x >= l->x + l->width ||
		    (button && (mouse.x < l->x + item->col || mouse.x >= l->x + item->col + item->cols)))
			continue;
		focus_set(l, (int)i);
		if (button || (mouse.bstate & BUTTON1_DOUBLE_CLICKED))
			return input_enter(c, l, ret);
	}
	return false;
}

static bool input_action(struct curses *c, struct layer *l, enum action action, struct event *ret)
{
	bool page = l->screen->kind == SCREEN_PAGE;

	if (focus_move(l, action))
		return false;
	switch (action) {
	case ACTION_ENTER:
		return input_enter(c, l, ret);
	case ACTION_SPACE:
		return input_space(c, l, ret);
	case ACTION_LEFT:
	case ACTION_RIGHT:
	case ACTION_OPEN_NODE:
	case ACTION_CLOSE_NODE:
		return input_sideways(c, l, action, ret);
	case ACTION_NEXT:
		return input_next(c, l, ret);
	case ACTION_BACK:
		return input_event(ret, page ? EVENT_BACK : EVENT_CLOSE, NULL);
	case ACTION_ESCAPE:
		return input_escape(l, ret);
	case ACTION_FIND:
		if (l->view.n_listed > 0) {
			c->finding = true;
			field_set(&c->find, l->memory->filter);
		}
		return false;
	case ACTION_FIND_NEXT:
		input_find_next(l);
		return false;
	case ACTION_HELP:
		inner_help(c);
		return false;
	case ACTION_DETAILS:
		if (focus_row(l) && !str_is_empty(focus_row(l)->detail))
			inner_detail(c, focus_row(l));
		return false;
	case ACTION_UNDO:
		return page && input_event(ret, EVENT_UNDO, NULL);
	case ACTION_REDRAW:
		terminal_redraw();
		return false;
	case ACTION_SUSPEND:
		terminal_suspend();
		return false;
	case ACTION_MOUSE:
		return input_mouse(c, l, ret);
	case ACTION_NONE:
	case ACTION_QUIT:
	case ACTION_UP:
	case ACTION_DOWN:
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
	case ACTION_FIRST:
	case ACTION_LAST:
	case ACTION_NEXT_PART:
	case ACTION_PREVIOUS_PART:
		break;
	}
	return false;
}

/* Typing the word of a level 2 question; plain Enter does nothing. */
static bool input_word_key(struct curses *c, struct layer *l, int key, struct event *ret)
{
	enum action action = keys_action(key, true);
	enum field_key edit;

	if (action == ACTION_ENTER) {
		_cleanup_free_ char *text = field_text(&l->field);

		if (!*text)
			return false;
		input_event(ret, EVENT_BUTTON, "confirm");
		snprintf(ret->text, sizeof(ret->text), "%s", text);
		return true;
	}
	if (keys_edit(key, &edit))
		field_edit(&l->field, edit);
	else if (action != ACTION_NONE)
		return input_action(c, l, action, ret);
	else if (key < TERMINAL_CODE)
		field_insert(&l->field, (wchar_t)key);
	return false;
}

static bool input_field_key(struct curses *c, struct layer *l, int key, struct event *ret)
{
	enum action action = keys_action(key, true);
	const struct screen_row *row = focus_row(l);
	_cleanup_free_ char *text = NULL;
	enum field_key edit;

	if (keys_edit(key, &edit)) {
		field_edit(&l->field, edit);
		return false;
	}
	if (action == ACTION_NONE) {
		if (key < TERMINAL_CODE)
			field_insert(&l->field, (wchar_t)key);
		return false;
	}
	if (action == ACTION_REDRAW || action == ACTION_SUSPEND || action == ACTION_HELP ||
	    action == ACTION_MOUSE)
		return input_action(c, l, action, ret);
	text = focus_end_edit(l);
	/* the old value is back with the next drawing */
	if (action == ACTION_ESCAPE)
		return text ? false : input_escape(l, ret);
	if (action == ACTION_ENTER)
		action = ACTION_NEXT_PART;
	if (!text)
		return input_action(c, l, action, ret);
	/* first what was typed, then what the key is for */
	if (!focus_move(l, action))
		c->waiting_key = key;
	return input_set(ret, row->id, text);
}

bool input_key(struct curses *c, int key, struct event *ret)
{
	struct layer *l = curses_top(c);
	const struct view_item *item = focus_item(l);
	bool text = focus_is_text(l);
	enum action action = keys_action(key, text || c->finding);

	free(c->notice);
	c->notice = NULL;
	if (screen_too_small() && action != ACTION_QUIT && action != ACTION_REDRAW &&
	    action != ACTION_SUSPEND)
		return false;
	if (c->finding && action != ACTION_QUIT) {
		input_find_key(c, l, key);
		return false;
	}
	if (action == ACTION_QUIT) {
		const struct screen_row *row = focus_row(l);
		_cleanup_free_ char *typed = focus_end_edit(l);

		c->finding = false;
		if (typed) {
			c->waiting_key = key;
			return input_set(ret, row->id, typed);
		}
		/* a popup is left before the program is */
		return input_event(ret, key == 'q' && l->screen->kind != SCREEN_PAGE ? EVENT_CLOSE :
										      EVENT_QUIT, NULL);
	}
	if (text && item->kind == VIEW_WORD)
		return input_word_key(c, l, key, ret);
	if (text)
		return input_field_key(c, l, key, ret);
	if (input_is_step_key(l->screen->keys, key)) {
		input_event(ret, EVENT_KEY, item ? item->id : NULL);
		ret->key = key;
		return true;
	}
	return input_action(c, l, action, ret);
}
