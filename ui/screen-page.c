/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/screen.h"
#include "ui/terminal.h"
#include "ui/text.h"
#include "ui/theme.h"

#include <curses.h>

#define PAGE_FLOOR_LINES 16
#define PAGE_FLOOR_COLS 60
#define PAGE_PANE_FROM 110
#define PAGE_MESSAGE_LINES 3

void status_lines_done(struct status_lines *s)
{
	free(s->message);
	free(s->keys);
	*s = (struct status_lines){ 0 };
}

bool screen_too_small(void)
{
	return LINES < PAGE_FLOOR_LINES || COLS < PAGE_FLOOR_COLS;
}

void screen_draw_too_small(void)
{
	_cleanup_free_ char *text =
		xasprintf(_("Make the window at least %dx%d\n(now %dx%d). Nothing is lost."),
			  PAGE_FLOOR_COLS, PAGE_FLOOR_LINES, COLS, LINES);
	const char *p = text;

	erase();
	for (int y = 0; y < LINES && *p; y++) {
		const char *next;
		size_t n = text_wrap(p, COLS > 2 ? COLS - 2 : 1, &next);
		_cleanup_free_ char *line = xstrndup(p, n);

		body_put(y, COLS > 2, line, COLS);
		p = next;
	}
	move(0, 0);
}

/* Rules and the row of steps are the first to go on a small terminal. */
static bool page_is_compact(void)
{
	return LINES < 24 || COLS < 80;
}

void page_rule(int y)
{
	if (terminal_is_ascii())
		mvhline(y, 0, '-', COLS);
	else
		mvhline(y, 0, ACS_HLINE, COLS);
}

static char *page_prefixed(const struct status_lines *s)
{
	switch (s->kind) {
	case MESSAGE_NOTE:
		return xasprintf(_("Note: %s"), s->message);
	case MESSAGE_WARNING:
		return xasprintf(_("Warning: %s"), s->message);
	case MESSAGE_ERROR:
		return xasprintf(_("Error: %s"), s->message);
	case MESSAGE_NONE:
		break;
	}
	return xstrdup(s->message);
}

static int page_message_lines(const struct status_lines *s)
{
	_cleanup_free_ char *text = s->message ? page_prefixed(s) : NULL;
	int n = 0;

	/* the help of a row is one line, or the body would jump with every move of the focus */
	if (!text || s->kind == MESSAGE_NONE)
		return 1;
	for (const char *p = text; *p && n < PAGE_MESSAGE_LINES; n++)
		text_wrap(p, COLS - 2, &p);
	return n ? n : 1;
}

int screen_status_height(const struct status_lines *status)
{
	return page_message_lines(status) + 1;
}

void page_draw_status(const struct status_lines *s)
{
	_cleanup_free_ char *text = s->message ? page_prefixed(s) : NULL;
	int lines = page_message_lines(s), y = LINES - 1 - lines;
	enum theme_role role = s->kind == MESSAGE_ERROR	    ? THEME_PROBLEM :
			       s->kind == MESSAGE_WARNING ? THEME_CAUTION :
							    THEME_NORMAL;
	const char *p = text;

	for (int i = 0; i < lines; i++) {
		move(y + i, 0);
		clrtoeol();
		if (!p || !*p)
			continue;
		if (i == lines - 1) {
			body_put(y + i, 1, p, COLS - 2);
		} else {
			const char *line = p;
			size_t n = text_wrap(line, COLS - 2, &p);
			_cleanup_free_ char *piece = xstrndup(line, n);

			body_put(y + i, 1, piece, COLS - 2);
		}
		theme_paint(y + i, 1, COLS - 2, role);
	}
	move(LINES - 1, 0);
	clrtoeol();
	body_put(LINES - 1, 1, s->keys, COLS - 2);
}

static void page_add_step(struct str *out, const struct screen_step *step)
{
	const char *format = step->here	    ? (step->needs_you ? "[!%s]" : "[%s]") :
			     step->done	    ? "+%s" :
			     step->needs_you ? "!%s" :
					       "%s";

	str_addf(out, format, step->label);
}

/* " +Host  [Kernel]  ~  Devices"; what stands before the current step gives way on a narrow one. */
static void page_draw_steps(int y, const struct screen_step *steps, unsigned n)
{
	for (unsigned first = 0; first < n; first++) {
		_cleanup_str_ struct str out = { 0 };
		int here_ends = 0;

		str_add(&out, first ? "... " : "");
		for (unsigned i = first; i < n; i++) {
			str_add(&out, i > first ? "  " : "");
			page_add_step(&out, &steps[i]);
			if (steps[i].here)
				here_ends = text_width(str_c(&out));
		}
		if (here_ends > COLS - 2 && !steps[first].here)
			continue;
		body_put(y, 1, str_c(&out), COLS - 2);
		return;
	}
}

void page_draw_frame(const char *title, const char *status, const struct screen_step *steps,
		     unsigned n_steps, const struct status_lines *below, int *ret_y, int *ret_height)
{
	/* TRANSLATORS: title bar; %s is the title of the screen. */
	_cleanup_free_ char *bar = title ? xasprintf(_("Passthrough setup - %s"), title)
					 : xstrdup(_("Passthrough setup"));
	int right = text_width(status), bottom = LINES - screen_status_height(below);

	erase();
	if (right > COLS / 2)
		right = 0;
	body_put(0, 1, bar, COLS - 3 - right);
	if (right)
		body_put(0, COLS - 1 - right, status, right);
	theme_paint(0, 0, COLS, THEME_TITLE);
	*ret_y = 1;
	if (!page_is_compact()) {
		page_draw_steps(1, steps, n_steps);
		page_rule(2);
		page_rule(--bottom);
		*ret_y = 3;
	}
	*ret_height = bottom - *ret_y;
	page_draw_status(below);
}

static bool page_has_detail(const struct screen *s)
{
	for (unsigned i = 0; i < s->n_rows; i++) {
		if (s->rows[i].id && !str_is_empty(s->rows[i].detail))
			return true;
	}
	return false;
}

static void page_draw_pane(const struct layer *l, int y, int height, int x)
{
	const struct view_item *item = l->focus < 0 ? NULL : &l->view.items[l->focus];
	const struct screen_row *row =
		item && item->kind == VIEW_ROW ? &l->screen->rows[item->index] : NULL;
	const char *p = !row ? NULL : !str_is_empty(row->detail) ? row->detail : row->help;

	if (terminal_is_ascii())
		mvvline(y, x, '|', height);
	else
		mvvline(y, x, ACS_VLINE, height);
	for (int i = 0; i < height && p && *p; i++) {
		const char *next;
		size_t n = text_wrap(p, COLS - x - 3, &next);
		_cleanup_free_ char *line = xstrndup(p, n);

		body_put(y + i, x + 2, i == height - 1 && *next ? "..." : line, COLS - x - 3);
		p = next;
	}
}

void page_draw(struct layer *l, const struct status_lines *below, bool active)
{
	const struct screen *s = l->screen;
	int y, height, width = COLS;

	page_draw_frame(s->title, s->status, s->steps, s->n_steps, below, &y, &height);
	if (COLS >= PAGE_PANE_FROM && page_has_detail(s))
		width = COLS * 3 / 5 < 79 ? 79 : COLS * 3 / 5;
	body_draw(l, y, 0, height, width, y > 1 ? y - 1 : -1, active);
	if (width < COLS)
		page_draw_pane(l, y, height, width);
}
