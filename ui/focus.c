/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/curses-frontend.h"

#include "base/str.h"

const struct view_item *focus_item(const struct layer *l)
{
	return l->focus < 0 || l->focus >= (int)l->view.n_items ? NULL : &l->view.items[l->focus];
}

const struct screen_row *focus_row(const struct layer *l)
{
	const struct view_item *item = focus_item(l);

	return item && item->kind == VIEW_ROW ? &l->screen->rows[item->index] : NULL;
}

const struct screen_button *focus_button(const struct layer *l)
{
	const struct view_item *item = focus_item(l);

	return item && item->kind == VIEW_BUTTON ? &l->screen->buttons[item->index] : NULL;
}

bool focus_is_text(const struct layer *l)
{
	const struct view_item *item = focus_item(l);
	const struct screen_row *row = focus_row(l);

	return (row && row->kind == ROW_FIELD) || (item && item->kind == VIEW_WORD);
}

void focus_set(struct layer *l, int at)
{
	const struct view_item *item;

	if (at < 0 || at >= (int)l->view.n_items)
		return;
	l->focus = at;
	l->scrolled = false;
	item = &l->view.items[at];
	free(l->memory->focus);
	l->memory->focus = xstrdup(item->id);
	l->memory->position = (unsigned)at;
}

/* Next item of another part in direction STEP: its first one, also when going back. */
static int focus_other_part(const struct layer *l, int step)
{
	const struct view *v = &l->view;
	int n = (int)v->n_items, at = l->focus;
	unsigned part;

	if (at < 0)
		return -1;
	part = v->items[at].part;
	for (int i = 0; i < n && v->items[at].part == part; i++)
		at = (at + step + n) % n;
	while (step < 0 && at > 0 && v->items[at - 1].part == v->items[at].part)
		at--;
	return at;
}

static bool focus_scroll(struct layer *l, int lines)
{
	int last = (int)l->view.n_lines - l->height;
	int top = l->memory->top + lines;

	if (top > last)
		top = last;
	if (top < 0)
		top = 0;
	if (top == l->memory->top)
		return false;
	l->memory->top = top;
	l->scrolled = true;
	return true;
}

/* A page on; the focus goes along when there is something to focus. */
static void focus_page(struct layer *l, int step)
{
	int lines = l->height > 1 ? l->height - 1 : 1;
	bool moved = focus_scroll(l, step * lines);
	int n = (int)l->view.n_row_items, best = -1;

	if (l->focus >= n)
		return;
	for (int i = 0; i < n; i++) {
		int line = (int)l->view.items[i].line - l->memory->top;

		if (line < 0 || line >= l->height)
			continue;
		if (best < 0 || (step > 0 && !moved) || (step < 0 && moved && i <= l->focus))
			best = i;
		if (step > 0 && moved && best >= 0)
			break;
	}
	if (best >= 0) {
		focus_set(l, best);
		l->scrolled = moved;
	}
}

/* Lines that nothing on them can be focused are read by moving over them. */
static bool focus_line(struct layer *l, int step)
{
	const struct view *v = &l->view;
	int to = l->focus + step, n_rows = (int)v->n_row_items;
	bool text_below = step > 0 && l->memory->top + l->height < (int)v->n_lines;
	bool text_above = step < 0 && l->memory->top > 0;

	if (to >= 0 && to < n_rows) {
		int line = (int)v->items[to].line - l->memory->top;

		/* far away: first show what is between */
		if ((line >= 2 * l->height || line < -l->height) && focus_scroll(l, step))
			return true;
	} else if ((text_below && l->focus < n_rows) || (text_above && l->focus <= 0)) {
		return focus_scroll(l, step);
	} else if (n_rows == 0 && (text_below || text_above)) {
		return focus_scroll(l, step);
	}
	if (to < 0 || to >= (int)v->n_items)
		return false;
	focus_set(l, to);
	return true;
}

bool focus_move(struct layer *l, enum action action)
{
	int n_rows = (int)l->view.n_row_items, n = (int)l->view.n_items;
	int before = l->focus;

	if (action == ACTION_UP || action == ACTION_DOWN) {
		focus_line(l, action == ACTION_UP ? -1 : 1);
	} else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN) {
		focus_page(l, action == ACTION_PAGE_UP ? -1 : 1);
	} else if (action == ACTION_FIRST) {
		focus_scroll(l, -(int)l->view.n_lines);
		if (n_rows > 0)
			focus_set(l, 0);
	} else if (action == ACTION_LAST) {
		focus_scroll(l, (int)l->view.n_lines);
		if (n_rows > 0)
			focus_set(l, n_rows - 1);
	} else if (action == ACTION_NEXT_PART || action == ACTION_PREVIOUS_PART) {
		if (n > 0)
			focus_set(l, focus_other_part(l, action == ACTION_NEXT_PART ? 1 : -1));
	} else {
		return false;
	}
	l->moved |= l->focus != before;
	return true;
}

void focus_begin_edit(struct layer *l)
{
	const struct view_item *item = focus_item(l);
	const struct screen_row *row = focus_row(l);

	if (!item || !focus_is_text(l) || str_eq(l->field_id, item->id))
		return;
	free(l->field_id);
	l->field_id = xstrdup(item->id);
	field_set(&l->field, row ? row->value : NULL);
	body_layout(l, l->width);
}

char *focus_end_edit(struct layer *l)
{
	const struct screen_row *row = focus_row(l);
	char *text;

	if (!row || row->kind != ROW_FIELD || !str_eq(l->field_id, row->id))
		return NULL;
	text = field_text(&l->field);
	free(l->field_id);
	l->field_id = NULL;
	if (str_eq(text, row->value ? row->value : "")) {
		free(text);
		return NULL;
	}
	return text;
}
