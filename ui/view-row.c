/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/view-row.h"

#include "base/strv.h"
#include "ui/text.h"

#include <string.h>

#define VIEW_GAP 2
#define VIEW_FIELD_COLS 24
#define VIEW_LABEL_MIN 24
#define VIEW_VALUE_MIN 10
#define VIEW_NOTE_MIN 10

const char *view_state_word(enum row_state state)
{
	switch (state) {
	case ROW_OK:
		return "OK";
	case ROW_PROBLEM:
		return "!!";
	case ROW_CAUTION:
		return "!";
	case ROW_UNKNOWN:
		return "??";
	case ROW_NEUTRAL:
		return "--";
	case ROW_PLAIN:
		break;
	}
	return "";
}

static enum view_style view_state_style(enum row_state state)
{
	switch (state) {
	case ROW_OK:
		return VIEW_OK;
	case ROW_PROBLEM:
		return VIEW_PROBLEM;
	case ROW_CAUTION:
	case ROW_UNKNOWN:
		return VIEW_CAUTION;
	case ROW_PLAIN:
	case ROW_NEUTRAL:
		break;
	}
	return VIEW_PLAIN;
}

/* What stands before the label: "[x] ", "no  ", "(*) ", "- " of an open group. */
static const char *view_row_mark(const struct screen_row *row)
{
	if (row->kind == ROW_GROUP)
		return row->marked ? "- " : "+ ";
	if (row->kind != ROW_CHECK && row->kind != ROW_RADIO)
		return "";
	if (row->disabled)
		return "no  ";
	if (row->kind == ROW_RADIO)
		return row->marked ? "(*) " : "( ) ";
	return row->marked ? "[x] " : "[ ] ";
}

static int view_row_indent(const struct screen_row *row)
{
	return row->indent > 8 ? 16 : row->indent * 2;
}

static int view_row_label_cols(const struct screen_row *row)
{
	return view_row_indent(row) + (int)strlen(view_row_mark(row)) + text_width(row->label);
}

static int view_row_value_cols(const struct screen_row *row)
{
	int width = text_width(row->value);

	if (row->kind == ROW_FIELD)
		return width + 1 > VIEW_FIELD_COLS ? width + 1 : VIEW_FIELD_COLS;
	return row->kind == ROW_LIST ? width + 4 : width;
}

/* "(Linux, other)": what a list offers besides what is chosen, when the step has nothing better. */
static char *view_row_other_choices(const struct screen_row *row)
{
	_cleanup_str_ struct str out = { 0 };
	_cleanup_strv_ char **choices = NULL;

	if (row->kind != ROW_LIST || !row->choices || row->note)
		return row->note ? xstrdup(row->note) : NULL;
	choices = strv_split(row->choices, "|");
	for (char **c = choices; c && *c; c++) {
		if (str_eq(*c, row->value))
			continue;
		str_add(&out, out.len ? ", " : "(");
		str_add(&out, *c);
	}
	if (out.len)
		str_addc(&out, ')');
	return str_steal(&out);
}

static void view_widen(int *cols, int want)
{
	if (*cols < want)
		*cols = want;
}

void view_columns_measure(struct view_columns *c, const struct screen_row *row)
{
	_cleanup_free_ char *note = view_row_other_choices(row);
	int label = view_row_label_cols(row), value = view_row_value_cols(row);
	bool more = row->state != ROW_PLAIN || !str_is_empty(note);

	/* a label or value that nothing follows may use the columns behind it */
	if (value > 0)
		view_widen(&c->label, label);
	else if (more)
		view_widen(&c->alone, label);
	if (value > 0 && more)
		view_widen(&c->value, value);
	if (row->state != ROW_PLAIN)
		c->state = 2;
	view_widen(&c->note, text_width(note));
}

static int view_shrink(int *cols, int min, int over)
{
	int give = *cols - min < over ? *cols - min : over;

	if (over <= 0 || give <= 0)
		return over;
	*cols -= give;
	return over - give;
}

void view_columns_fit(struct view_columns *c)
{
	int over;

	if (!c->label && c->alone)
		c->label = c->alone;
	view_widen(&c->value, c->alone - c->label - VIEW_GAP);
	over = VIEW_MARGIN + c->label + 1 - c->cols;
	over += c->value ? VIEW_GAP + c->value : 0;
	over += c->state ? VIEW_GAP + c->state : 0;
	over += c->note ? VIEW_GAP + c->note : 0;
	over = view_shrink(&c->note, VIEW_NOTE_MIN, over);
	over = view_shrink(&c->label, VIEW_LABEL_MIN, over);
	over = view_shrink(&c->value, VIEW_VALUE_MIN, over);
	over = view_shrink(&c->note, 0, over);
	view_shrink(&c->label, 8, over);
}

static void view_format_field(const struct screen_row *row, struct field *field, int room,
			      struct str *out, struct view_item *item, int col)
{
	_cleanup_free_ char *shown = NULL;
	int cursor = 0;
	int used;

	item->col = col;
	if (field) {
		shown = field_show(field, room, &cursor);
		used = text_add_cut(out, shown, 0, room);
	} else {
		used = text_add_cut(out, row->value, 0, room);
	}
	item->cols = room;
	item->cursor = col + cursor;
	text_add_repeat(out, '_', room - used);
}

void view_row_format(const struct view_columns *c, const struct screen_row *row, struct field *field,
		     struct str *out, struct view_item *item, struct view_mark *mark)
{
	_cleanup_free_ char *note = view_row_other_choices(row);
	_cleanup_str_ struct str label = { 0 };
	bool more = row->state != ROW_PLAIN || !str_is_empty(note);
	bool has_value = row->kind == ROW_FIELD || row->kind == ROW_LIST || !str_is_empty(row->value);
	int end = c->cols - 1;
	int state_at = VIEW_MARGIN + c->label + (c->value ? VIEW_GAP + c->value : 0) + VIEW_GAP;
	int note_at = state_at + (c->state ? c->state + VIEW_GAP : 0);
	int col = VIEW_MARGIN, room;

	text_add_repeat(out, ' ', VIEW_MARGIN + view_row_indent(row));
	item->col = item->cursor = VIEW_MARGIN + view_row_indent(row);
	str_add(&label, view_row_mark(row));
	str_add(&label, row->label ? row->label : "");
	room = has_value ? c->label : more ? state_at - VIEW_GAP - VIEW_MARGIN : end - VIEW_MARGIN;
	item->cols = text_add_cut(out, str_c(&label), 0, room - view_row_indent(row));
	col += view_row_indent(row) + item->cols;
	if (item->cols == 0)
		item->cols = 1;
	if (has_value) {
		text_add_repeat(out, ' ', VIEW_MARGIN + c->label + VIEW_GAP - col);
		col = VIEW_MARGIN + c->label + VIEW_GAP;
		room = more ? state_at - VIEW_GAP - col : end - col;
		if (row->kind == ROW_FIELD) {
			if (!more && room > view_row_value_cols(row))
				room = view_row_value_cols(row);
			view_format_field(row, field, room, out, item, col);
			col += room;
		} else if (row->kind == ROW_LIST) {
			item->col = item->cursor = col;
			str_add(out, "< ");
			item->cols = 4 + text_add_cut(out, row->value, 0, room - 4);
			str_add(out, " >");
			col += item->cols;
		} else {
			col += text_add_cut(out, row->value, 0, room);
		}
	}
	if (row->state != ROW_PLAIN) {
		text_add_repeat(out, ' ', state_at - col);
		text_add_padded(out, view_state_word(row->state), c->state);
		*mark = (struct view_mark){ state_at, c->state, view_state_style(row->state) };
		col = state_at + c->state;
	}
	if (!str_is_empty(note) && end - note_at >= 4) {
		text_add_repeat(out, ' ', note_at - col);
		text_add_cut(out, note, 0, end - note_at);
	}
}
