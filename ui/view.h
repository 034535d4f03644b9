/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ui/field.h"
#include "wizard/frontend.h"

/*
 * A screen laid out into lines of a given width, without a terminal: what stands where, what can be
 * focused and which columns carry a meaning that colour may repeat.
 */
enum view_style { VIEW_PLAIN, VIEW_HEADING, VIEW_OK, VIEW_CAUTION, VIEW_PROBLEM };
struct view_mark {
	int col, cols;
	enum view_style style;
};
struct view_line {
	const char *text; /* fit for the terminal */
	struct view_mark mark;
};

enum view_kind { VIEW_ROW, VIEW_WORD, VIEW_BUTTON };
struct view_item {
	enum view_kind kind;
	unsigned index; /* of the row or the button */
	const char *id;
	unsigned line; /* in lines, for a button in button_lines */
	int col, cols; /* what is highlighted; the cursor stands on its first column */
	int cursor;    /* column of the cursor while a field is edited, else col */
	unsigned part; /* Tab goes from part to part: a whole list, one field, one button */
};

struct view {
	struct arena *arena;
	struct view_line *lines;
	unsigned n_lines, cap_lines;
	struct view_line *button_lines; /* kept in sight below the lines */
	unsigned n_button_lines, cap_button_lines;
	struct view_item *items;
	unsigned n_items, cap_items;
	unsigned n_row_items;	     /* the first of them are rows */
	unsigned n_listed, n_matching; /* rows a filter looks at, rows it found */
	bool has_detail;	     /* some row has text for the pane beside the list */
};

struct view_request {
	const struct screen *screen;
	int cols;
	const char *filter;  /* NULL or "": everything */
	int shift;	     /* columns that rows of a file are moved to the left */
	bool boxed;	     /* popup: buttons below each other when one line is too short */
	struct field *field; /* being edited, or NULL */
	const char *field_id;
};

/* Columns left of what a row says: blank, the '>' of the focus, blank. */
#define VIEW_MARGIN 3
/* Id of the place to type the word of a SCREEN_TYPED. */
#define VIEW_WORD_ID ""

void view_build(const struct view_request *req, struct view *ret);
void view_done(struct view *v);
/* Index of the item with that id, -1 when there is none. */
int view_find(const struct view *v, const char *id);
/* True for rows that Space, Enter and / treat as entries of a list. */
bool view_is_listed(const struct screen_row *row);
/* "OK", "!!", "!", "??", "--" or "". */
const char *view_state_word(enum row_state state) _returns_nonnull_;
