/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ui/keys.h"
#include "ui/screen.h"
#include "ui/terminal.h"

/* A page, a popup of the step over it, and our own over both (help, details, choices). */
#define CURSES_MAX_LAYERS 3

/* The curses frontend: what is on the screen and what is being typed. */
struct curses {
	struct frontend base;
	struct layer layers[CURSES_MAX_LAYERS];
	unsigned n_layers;
	struct memory *memories;
	struct event last_event; /* what the step was told last */
	struct arena *page_arena; /* the page below popups, our copy */
	struct screen *page;
	bool finding;	     /* typing behind "/" */
	struct field find;
	char *notice;	     /* one sentence in the line of messages until the next key */
	char *last_id;	     /* of the screen shown last */
	int waiting_key;     /* comes again at the next screen: a changed field was first; -1 none */
	int ended_by;	     /* signal that ends the program, 0: none */
	bool stop_requested; /* during progress() */
	long long painted_ms;
	unsigned painted_state;
};

/* The layer that gets the keys. */
struct layer *curses_top(struct curses *c) _returns_nonnull_;
void curses_push(struct curses *c, const struct screen *s);
void curses_pop(struct curses *c);
void curses_draw(struct curses *c);
/* Works on the top layer until something happens that is not done here. */
void curses_loop(struct curses *c, struct event *ret);
void curses_say(struct curses *c, const char *sentence);

/* status.c */
void status_lines_make(struct curses *c, struct status_lines *ret);

/* focus.c: moving about on a layer. */
const struct view_item *focus_item(const struct layer *l);
/* NULL when the focus is on a button or nowhere. */
const struct screen_row *focus_row(const struct layer *l);
const struct screen_button *focus_button(const struct layer *l);
bool focus_is_text(const struct layer *l);
void focus_set(struct layer *l, int item);
bool focus_move(struct layer *l, enum action action);
/* Begins to edit when a field has the focus. */
void focus_begin_edit(struct layer *l);
/* Text of the field when it was changed, free() it; NULL when it was not.  Editing ends. */
char *focus_end_edit(struct layer *l);

/* input.c: one key; true when *RET is an event of the step. */
bool input_key(struct curses *c, int key, struct event *ret);
/* inner-popup.c */
void inner_help(struct curses *c);
void inner_detail(struct curses *c, const struct screen_row *row);
/* The choice taken from a ROW_LIST, in TEXT; false when it was left as it is. */
bool inner_choose(struct curses *c, const struct screen_row *row, char *text, size_t size);

/* progress.c */
bool curses_progress(struct frontend *f, const struct progress *p);
