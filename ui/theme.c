/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/theme.h"

#include "base/str.h"

#include <curses.h>

enum { PAIR_DEFAULT, PAIR_FOCUS, PAIR_CAUTION, PAIR_PROBLEM, PAIR_OK };

/*
 * No underline or half-bright beside a colour: the Linux console shows colours instead of them
 * (terminfo ncv#18).
 */
static const struct theme_entry {
	attr_t mono, colour;
	short pair;
} theme_entries[] = {
	[THEME_NORMAL] = { A_NORMAL, A_NORMAL, PAIR_DEFAULT },
	[THEME_TITLE] = { A_REVERSE, A_REVERSE, PAIR_DEFAULT },
	[THEME_FOCUS] = { A_REVERSE, A_NORMAL, PAIR_FOCUS },
	[THEME_HEADING] = { A_BOLD, A_BOLD, PAIR_DEFAULT },
	[THEME_OK] = { A_NORMAL, A_NORMAL, PAIR_OK },
	[THEME_CAUTION] = { A_BOLD, A_NORMAL, PAIR_CAUTION },
	[THEME_PROBLEM] = { A_BOLD, A_NORMAL, PAIR_PROBLEM },
};
static bool theme_has_colour;

void theme_open(const struct frontend_options *o)
{
	bool refused = o->color_never || (!str_is_empty(getenv("NO_COLOR")) && !o->color_always);

	theme_has_colour = !refused && has_colors() && start_color() == OK;
	if (!theme_has_colour)
		return;
	use_default_colors();
	init_pair(PAIR_FOCUS, COLOR_BLACK, COLOR_CYAN);
	init_pair(PAIR_CAUTION, COLOR_YELLOW, -1);
	init_pair(PAIR_PROBLEM, COLOR_RED, -1);
	init_pair(PAIR_OK, COLOR_GREEN, -1);
}

void theme_paint(int y, int x, int cols, enum theme_role role)
{
	const struct theme_entry *entry = &theme_entries[role];

	if (role == THEME_NORMAL || cols <= 0)
		return;
	mvchgat(y, x, cols, theme_has_colour ? entry->colour : entry->mono,
		theme_has_colour ? entry->pair : PAIR_DEFAULT, NULL);
}
