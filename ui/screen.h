/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ui/view.h"

/* What is remembered of a screen by its id, so that coming back finds the same place. */
struct memory {
	struct memory *next;
	char *id;
	char *focus;	   /* id of the focused row or button; NULL: not shown yet */
	unsigned position; /* index of it, for when that row is gone */
	int top;	   /* first line shown */
	int shift;	   /* columns a file is moved to the left */
	char *filter;
};

/* One screen on the terminal: a page, or a popup over what was there. */
struct layer {
	const struct screen *screen;
	struct memory *memory;
	struct view view;
	int focus;	   /* item, -1 none */
	bool scrolled;	   /* by a page key: the focus need not be in sight */
	bool moved;	   /* since it is shown: the help of the focus replaces a note */
	struct field field;
	char *field_id;	   /* row being edited, NULL none */
	/* as drawn last */
	int y, x, height, width; /* of the lines that scroll */
	int buttons_y;
	bool scrolls;
};

/* What the line of messages and the line of keys say. */
struct status_lines {
	char *message; /* NULL: empty */
	enum message_kind kind;
	char *keys;
	int message_cursor; /* column while something is typed there, else -1 */
};
void status_lines_done(struct status_lines *s);

/* Rows below the body: 1 key line and what the message takes. */
int screen_status_height(const struct status_lines *status);
bool screen_too_small(void);
void screen_draw_too_small(void);

/* screen-body.c: rows and buttons in a rectangle; RULE_Y is the line for "^ more", -1: none. */
void body_layout(struct layer *l, int cols);
void body_draw(struct layer *l, int y, int x, int height, int width, int rule_y, bool active);
/* Where the hardware cursor belongs. */
void body_cursor(const struct layer *l, int *ret_y, int *ret_x);
void body_put(int y, int x, const char *text, int cols);

/* screen-page.c */
void page_draw_frame(const char *title, const char *status, const struct screen_step *steps,
		     unsigned n_steps, const struct status_lines *below, int *ret_y, int *ret_height);
void page_draw(struct layer *l, const struct status_lines *below, bool active);
void page_draw_status(const struct status_lines *below);
void page_rule(int y);

/* screen-popup.c */
void popup_draw(struct layer *l, int bottom, bool active);

/* screen-copy.c: a page outlives its step's data while popups stand over it. */
struct screen *screen_copy(struct arena *a, const struct screen *s);
