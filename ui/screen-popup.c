/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/screen.h"
#include "ui/terminal.h"
#include "ui/text.h"
#include "ui/theme.h"

#include <curses.h>

#define POPUP_COLS 78
#define POPUP_COLS_MIN 40

static void popup_line(int y, int x, int cols, chtype left, chtype middle, chtype right)
{
	mvaddch(y, x, left);
	mvhline(y, x + 1, middle, cols - 2);
	mvaddch(y, x + cols - 1, right);
}

static void popup_box(int y, int x, int lines, int cols, const char *title)
{
	bool ascii = terminal_is_ascii();
	chtype side = ascii ? '|' : ACS_VLINE, flat = ascii ? '-' : ACS_HLINE;
	_cleanup_str_ struct str shown = { 0 };
	int width;

	popup_line(y, x, cols, ascii ? '+' : ACS_ULCORNER, flat, ascii ? '+' : ACS_URCORNER);
	for (int i = 1; i < lines - 1; i++)
		popup_line(y + i, x, cols, side, ' ', side);
	popup_line(y + lines - 1, x, cols, ascii ? '+' : ACS_LLCORNER, flat,
		   ascii ? '+' : ACS_LRCORNER);
	str_addc(&shown, ' ');
	text_add_cut(&shown, title, 0, cols - 8);
	str_addc(&shown, ' ');
	width = text_width(str_c(&shown));
	body_put(y, x + (cols - width) / 2, str_c(&shown), width);
}

static int popup_wanted_cols(const struct layer *l)
{
	int widest = text_width(l->screen->title) + 6;

	for (unsigned i = 0; i < l->view.n_lines; i++) {
		int width = text_width(l->view.lines[i].text);

		widest = width > widest ? width : widest;
	}
	for (unsigned i = 0; i < l->view.n_button_lines; i++) {
		int width = text_width(l->view.button_lines[i].text);

		widest = width > widest ? width : widest;
	}
	/* two columns for what a text needs beside itself, see view_build() */
	return widest + 2;
}

/* BOTTOM is the first line below the popups: message and keys stay in sight. */
void popup_draw(struct layer *l, int bottom, bool active)
{
	int max_cols = COLS - 4 < POPUP_COLS ? COLS - 4 : POPUP_COLS;
	int inner, lines, y, x, air;

	body_layout(l, max_cols - 2);
	inner = popup_wanted_cols(l);
	inner = inner < POPUP_COLS_MIN ? POPUP_COLS_MIN : inner;
	inner = inner > max_cols - 2 ? max_cols - 2 : inner;
	body_layout(l, inner);
	lines = (int)l->view.n_lines + (int)l->view.n_button_lines + (l->view.n_button_lines > 0) + 2;
	/* an empty line above the text where there is room for it */
	air = lines + 1 <= bottom - 2;
	lines += air;
	if (lines > bottom - 1)
		lines = bottom - 1;
	y = (bottom - lines) / 2;
	x = (COLS - inner - 2) / 2;
	popup_box(y, x, lines, inner + 2, l->screen->title);
	body_draw(l, y + 1 + air, x + 1, lines - 2 - air, inner, y, active);
}
