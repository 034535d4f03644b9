/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/screen.h"
#include "ui/text.h"
#include "ui/theme.h"

#include <curses.h>

static const enum theme_role body_roles[] = {
	[VIEW_PLAIN] = THEME_NORMAL,   [VIEW_HEADING] = THEME_HEADING, [VIEW_OK] = THEME_OK,
	[VIEW_CAUTION] = THEME_CAUTION, [VIEW_PROBLEM] = THEME_PROBLEM,
};

void body_put(int y, int x, const char *text, int cols)
{
	_cleanup_str_ struct str out = { 0 };

	text_add_cut(&out, text, 0, cols);
	mvaddstr(y, x, str_c(&out));
}

static void body_put_right(int y, int right, const char *text)
{
	body_put(y, right - text_width(text), text, right);
}

void body_layout(struct layer *l, int cols)
{
	struct memory *m = l->memory;
	struct view_request req = {
		.screen = l->screen, .cols = cols,	   .filter = m->filter,
		.shift = m->shift,   .field = &l->field, .field_id = l->field_id,
		.boxed = l->screen->kind != SCREEN_PAGE,
	};

	if (!l->field_id)
		req.field = NULL;
	view_done(&l->view);
	view_build(&req, &l->view);
	l->focus = view_find(&l->view, m->focus);
	if (l->focus < 0 && l->view.n_items > 0)
		l->focus = (int)(m->position < l->view.n_items ? m->position : l->view.n_items - 1);
}

static int body_clamp(int value, int min, int max)
{
	if (value > max)
		value = max;
	return value < min ? min : value;
}

/* Lines [*FROM, *TO] that belong to the focused row: itself and the text around it. */
static int body_focus_lines(const struct layer *l, int *from, int *to)
{
	const struct view *v = &l->view;
	unsigned n = v->n_row_items + (l->screen->kind == SCREEN_TYPED);
	unsigned at = (unsigned)l->focus;

	if (l->focus < 0 || at >= n)
		return -1;
	*from = at > 0 ? (int)v->items[at - 1].line + 1 : 0;
	*to = at + 1 < n ? (int)v->items[at + 1].line - 1 : (int)v->n_lines - 1;
	return (int)v->items[at].line;
}

static void body_scroll(struct layer *l, int room)
{
	int *top = &l->memory->top;
	int from, to, line = l->scrolled ? -1 : body_focus_lines(l, &from, &to);

	if (line >= 0) {
		if (to >= *top + room)
			*top = to - room + 1 < line ? to - room + 1 : line;
		if (from < *top)
			*top = from > line - room + 1 ? from : line - room + 1;
		*top = body_clamp(*top, line - room + 1, line);
	}
	*top = body_clamp(*top, 0, (int)l->view.n_lines - room);
}

static void body_draw_line(const struct view_line *line, int y, int x, int width)
{
	if (line->text)
		body_put(y, x, line->text, width);
	if (line->mark.cols > 0) {
		int cols = line->mark.cols;

		if (cols > width - line->mark.col)
			cols = width - line->mark.col;
		theme_paint(y, x + line->mark.col, cols, body_roles[line->mark.style]);
	}
}

static void body_draw_focus(const struct layer *l)
{
	const struct view_item *item;
	int y, x;

	if (l->focus < 0)
		return;
	item = &l->view.items[l->focus];
	body_cursor(l, &y, &x);
	if (item->kind == VIEW_BUTTON) {
		mvaddch(y, l->x + item->col - 2, '>');
	} else {
		int line = (int)item->line - l->memory->top;

		if (line < 0 || line >= l->height)
			return;
		mvaddch(y, l->x + 1, '>');
	}
	theme_paint(y, l->x + item->col, item->cols, THEME_FOCUS);
}

static void body_draw_marks(const struct layer *l, int top_y, int bottom_y)
{
	const struct view *v = &l->view;
	int top = l->memory->top;

	if (top > 0)
		body_put(top_y, l->x + 5, _("^ more"), l->width - 6);
	if (top + l->height < (int)v->n_lines)
		body_put(bottom_y, l->x + 5, _("v more"), l->width - 6);
	if (!str_is_empty(l->memory->filter)) {
		/* TRANSLATORS: rows that were found, of all, and what was looked for. */
		_cleanup_free_ char *found = xasprintf(_("%u of %u with \"%s\""), v->n_matching,
						       v->n_listed, l->memory->filter);

		body_put_right(bottom_y, l->x + l->width - 1, found);
	} else if (l->scrolls) {
		unsigned at = (unsigned)(l->focus < 0 ? 0 : l->focus);
		_cleanup_free_ char *where = NULL;

		if (v->n_row_items > 0 && at < v->n_row_items)
			where = xasprintf("%u/%u", at + 1, v->n_row_items);
		else
			where = xasprintf("%d-%d/%u", top + 1,
					  body_clamp(top + l->height, 0, (int)v->n_lines), v->n_lines);
		body_put_right(bottom_y, l->x + l->width - 1, where);
	}
}

void body_draw(struct layer *l, int y, int x, int height, int width, int rule_y, bool active)
{
	const struct view *v = &l->view;
	bool filtered = !str_is_empty(l->memory->filter);
	int n_buttons, n_lines, room, bottom_y;

	body_layout(l, width);
	n_lines = (int)v->n_lines;
	n_buttons = (int)v->n_button_lines;
	room = height - n_buttons - (n_buttons > 0);
	l->scrolls = n_lines > room;
	if (l->scrolls && rule_y < 0) {
		rule_y = y++;
		room--;
	}
	if (n_buttons == 0 && (l->scrolls || filtered) && room > 1)
		room--;
	if (room < 1)
		room = 1;
	l->y = y;
	l->x = x;
	l->width = width;
	l->height = room;
	body_scroll(l, room);
	for (int i = 0; i < room && l->memory->top + i < n_lines; i++)
		body_draw_line(&v->lines[l->memory->top + i], y + i, x, width);
	bottom_y = y + (n_lines < room ? n_lines : room);
	l->buttons_y = bottom_y + 1;
	for (int i = 0; i < n_buttons; i++)
		body_draw_line(&v->button_lines[i], l->buttons_y + i, x, width);
	if (l->scrolls || filtered)
		body_draw_marks(l, rule_y, bottom_y);
	if (active)
		body_draw_focus(l);
}

void body_cursor(const struct layer *l, int *ret_y, int *ret_x)
{
	const struct view_item *item;
	int line;

	*ret_y = l->y;
	*ret_x = l->x;
	if (l->focus < 0)
		return;
	item = &l->view.items[l->focus];
	line = (int)item->line;
	*ret_x = l->x + item->cursor;
	if (item->kind == VIEW_BUTTON)
		*ret_y = l->buttons_y + line;
	else
		*ret_y = l->y + body_clamp(line - l->memory->top, 0, l->height - 1);
}
