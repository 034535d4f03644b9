/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wizard/frontend.h"

/* What a stretch of the screen means; words and marks say it already, attributes only repeat it. */
enum theme_role {
	THEME_NORMAL,
	THEME_TITLE,
	THEME_FOCUS,
	THEME_HEADING,
	THEME_OK,
	THEME_CAUTION,
	THEME_PROBLEM,
};

/* Colours when the terminal has them and neither NO_COLOR nor --color=never says no. */
void theme_open(const struct frontend_options *o);
/* Gives COLS cells from Y, X the attributes of ROLE. */
void theme_paint(int y, int x, int cols, enum theme_role role);
