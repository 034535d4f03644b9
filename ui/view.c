/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/view.h"

#include "ui/text.h"
#include "ui/view-row.h"

#include <string.h>

#define VIEW_TEXT_COLS 76

static void *view_more(void *items, unsigned n, unsigned *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 32;
	return xrealloc(items, *cap * size);
}

static void view_add_line(struct view *v, const char *text, struct view_mark mark)
{
	v->lines = view_more(v->lines, v->n_lines, &v->cap_lines, sizeof(*v->lines));
	v->lines[v->n_lines++] = (struct view_line){ arena_strdup(v->arena, text), mark };
}

static void view_add_item(struct view *v, struct view_item item)
{
	v->items = view_more(v->items, v->n_items, &v->cap_items, sizeof(*v->items));
	v->items[v->n_items++] = item;
}

void view_done(struct view *v)
{
	free(v->lines);
	free(v->button_lines);
	free(v->items);
	arena_free(v->arena);
	*v = (struct view){ 0 };
}

int view_find(const struct view *v, const char *id)
{
	for (unsigned i = 0; id && i < v->n_items; i++) {
		if (str_eq(v->items[i].id, id))
			return (int)i;
	}
	return -1;
}

static void view_add_text(struct view *v, const char *text, int indent, int cols, enum view_style style)
{
	int margin = 1 + indent * 2;
	int room = cols - margin - 1;

	if (room > VIEW_TEXT_COLS)
		room = VIEW_TEXT_COLS;
	do {
		int hang = (int)strspn(text, " ");

		/* what is wrapped stays below the beginning of its own line */
		if (hang > room / 2)
			hang = 0;
		text += hang;
		for (;;) {
			_cleanup_str_ struct str out = { 0 };
			const char *next;
			size_t n = text_wrap(text, room - hang, &next);
			_cleanup_free_ char *piece = xstrndup(text, n);
			bool ended = !*next || next[-1] == '\n';

			text_add_repeat(&out, ' ', margin + hang);
			text_add_cut(&out, piece, 0, room - hang);
			view_add_line(v, str_c(&out), (struct view_mark){ 0, cols, style });
			text = next;
			if (ended)
				break;
		}
	} while (*text);
}

static enum view_style view_diff_style(const char *text)
{
	if (text && *text == '+')
		return VIEW_OK;
	return text && *text == '-' ? VIEW_PROBLEM : VIEW_PLAIN;
}

/* A line of a file that cannot be focused is never cut: it goes on below, '\' marks the place. */
static void view_add_diff(struct view *v, const struct screen_row *row, int cols)
{
	const char *text = row->label ? row->label : "";
	int room = cols - VIEW_MARGIN - 2;
	int width = text_width(text);
	int from = 0;

	do {
		_cleanup_str_ struct str out = { 0 };
		int last = from, at = 0, w;
		const char *p = text;

		text_add_repeat(&out, ' ', VIEW_MARGIN);
		for (wchar_t wc; (wc = text_next(&p, &w)); at += w) {
			if (at < from)
				continue;
			if (at + w > from + room)
				break;
			text_add_char(&out, wc);
			last = at + w;
		}
		if (last == from)
			last = width;
		from = last;
		if (from < width)
			str_addc(&out, '\\');
		view_add_line(v, str_c(&out),
			      (struct view_mark){ VIEW_MARGIN, cols, view_diff_style(text) });
	} while (from < width);
}

static void view_add_word(struct view *v, const struct view_request *req)
{
	_cleanup_str_ struct str out = { 0 };
	_cleanup_free_ char *shown = NULL;
	/* TRANSLATORS: what has to be typed to do something that may cost the console or the boot. */
	_cleanup_free_ char *label = xasprintf(_("Type %s:"), req->screen->word);
	int col, room, cursor = 0;

	text_add_repeat(&out, ' ', VIEW_MARGIN);
	col = VIEW_MARGIN + text_add_cut(&out, label, 0, req->cols - VIEW_MARGIN - 12) + 1;
	str_addc(&out, ' ');
	room = req->cols - col - 2 < 24 ? req->cols - col - 2 : 24;
	if (req->field && str_eq(req->field_id, VIEW_WORD_ID))
		shown = field_show(req->field, room, &cursor);
	str_add(&out, shown ? shown : "");
	text_add_repeat(&out, '_', room - text_width(shown));
	view_add_line(v, "", (struct view_mark){ 0 });
	view_add_line(v, str_c(&out), (struct view_mark){ 0 });
	view_add_item(v, (struct view_item){ .kind = VIEW_WORD, .id = VIEW_WORD_ID,
					     .line = v->n_lines - 1, .col = col, .cols = room,
					     .cursor = col + cursor, .part = 1u << 20 });
}

static void view_end_button_line(struct view *v, struct str *line)
{
	v->button_lines = view_more(v->button_lines, v->n_button_lines, &v->cap_button_lines,
				    sizeof(*v->button_lines));
	v->button_lines[v->n_button_lines++] =
		(struct view_line){ arena_strdup(v->arena, str_c(line)), { 0 } };
	str_done(line);
}

static int view_button_cols(const struct screen_button *b, int cols)
{
	int width = text_width(b->label) + 4;

	return width > cols - VIEW_MARGIN - 1 ? cols - VIEW_MARGIN - 1 : width;
}

static void view_add_buttons(struct view *v, const struct view_request *req)
{
	const struct screen *s = req->screen;
	struct str line = { 0 };
	int all = 0, used = 0;
	bool stacked;

	for (unsigned i = 0; i < s->n_buttons; i++)
		all += VIEW_MARGIN + view_button_cols(&s->buttons[i], req->cols);
	stacked = req->boxed && all > req->cols - 1;
	for (unsigned i = 0; i < s->n_buttons; i++) {
		const struct screen_button *b = &s->buttons[i];
		int width = view_button_cols(b, req->cols);

		if (i > 0 && (stacked || used + VIEW_MARGIN + width > req->cols - 1)) {
			view_end_button_line(v, &line);
			used = 0;
		}
		text_add_repeat(&line, ' ', VIEW_MARGIN);
		view_add_item(v, (struct view_item){ .kind = VIEW_BUTTON, .index = i, .id = b->id,
						     .line = v->n_button_lines,
						     .col = used + VIEW_MARGIN, .cols = width,
						     .cursor = used + VIEW_MARGIN,
						     .part = (1u << 21) + i });
		str_add(&line, b->disabled ? "[-" : "[ ");
		text_add_padded(&line, b->label, width - 4);
		str_add(&line, b->disabled ? "-]" : " ]");
		used += VIEW_MARGIN + width;
	}
	if (s->n_buttons)
		view_end_button_line(v, &line);
}

static bool view_row_matches(const struct screen_row *row, const char *filter)
{
	return text_contains(row->label, filter) || text_contains(row->value, filter) ||
	       text_contains(row->note, filter) || text_contains(row->id, filter);
}

bool view_is_listed(const struct screen_row *row)
{
	return row->id && (row->kind == ROW_CHECK || row->kind == ROW_RADIO ||
			   row->kind == ROW_GROUP || row->kind == ROW_FACT);
}

/* Marks the rows to show: children of closed groups and what a filter does not name are left out. */
static bool *view_choose_rows(struct view *v, const struct view_request *req)
{
	const struct screen *s = req->screen;
	bool filtered = !str_is_empty(req->filter);
	bool *shown = xcalloc(s->n_rows + 1, sizeof(*shown));
	int closed = -1, inside = -1;

	for (unsigned i = 0; i < s->n_rows; i++) {
		const struct screen_row *row = &s->rows[i];
		bool listed = view_is_listed(row), matches = false;

		if (closed >= 0 && row->indent <= closed)
			closed = -1;
		if (inside >= 0 && row->indent <= inside)
			inside = -1;
		if (listed) {
			v->n_listed++;
			matches = filtered && view_row_matches(row, req->filter);
			v->n_matching += matches;
		}
		shown[i] = filtered ? !listed || matches || inside >= 0 : closed < 0;
		if (matches && row->kind == ROW_GROUP && inside < 0)
			inside = row->indent;
		if (!filtered && row->kind == ROW_GROUP && !row->marked && closed < 0)
			closed = row->indent;
		/* a found device is shown below its group */
		for (unsigned j = i; matches && row->indent > 0 && j-- > 0;) {
			if (s->rows[j].kind == ROW_GROUP && s->rows[j].indent < row->indent) {
				shown[j] = true;
				break;
			}
		}
	}
	return shown;
}

static bool view_is_columns(enum row_kind kind)
{
	return kind != ROW_TEXT && kind != ROW_HEADING && kind != ROW_BLANK && kind != ROW_DIFF;
}

/* One run of rows whose columns stand below each other. */
static unsigned view_add_run(struct view *v, const struct view_request *req, const bool *shown,
			     unsigned from)
{
	const struct screen *s = req->screen;
	struct view_columns columns = { .cols = req->cols };
	unsigned end = from;

	for (; end < s->n_rows && view_is_columns(s->rows[end].kind); end++) {
		if (shown[end])
			view_columns_measure(&columns, &s->rows[end]);
	}
	view_columns_fit(&columns);
	for (unsigned i = from; i < end; i++) {
		const struct screen_row *row = &s->rows[i];
		_cleanup_str_ struct str out = { 0 };
		struct view_item item = { .kind = VIEW_ROW, .index = i, .id = row->id };
		struct view_mark mark = { 0 };

		if (!shown[i])
			continue;
		view_row_format(&columns, row, str_eq(row->id, req->field_id) ? req->field : NULL,
				&out, &item, &mark);
		item.part = view_is_listed(row) ? from : i;
		item.line = v->n_lines;
		view_add_line(v, str_c(&out), mark);
		if (row->id)
			view_add_item(v, item);
		v->has_detail |= row->id && !str_is_empty(row->detail);
	}
	return end;
}

static void view_add_focusable_diff(struct view *v, const struct view_request *req, unsigned i)
{
	const struct screen_row *row = &req->screen->rows[i];
	_cleanup_str_ struct str out = { 0 };
	int room = req->cols - VIEW_MARGIN - 1;
	int used;

	text_add_repeat(&out, ' ', VIEW_MARGIN);
	used = text_add_cut(&out, row->label, req->shift, room);
	view_add_item(v, (struct view_item){ .kind = VIEW_ROW, .index = i, .id = row->id,
					     .line = v->n_lines, .col = VIEW_MARGIN,
					     .cols = used ? used : 1, .cursor = VIEW_MARGIN });
	view_add_line(v, str_c(&out),
		      (struct view_mark){ VIEW_MARGIN, req->cols, view_diff_style(row->label) });
	v->has_detail |= !str_is_empty(row->detail);
}

void view_build(const struct view_request *req, struct view *ret)
{
	const struct screen *s = req->screen;
	struct view v = { .arena = arena_new() };
	_cleanup_free_ bool *shown = view_choose_rows(&v, req);

	for (unsigned i = 0; i < s->n_rows;) {
		const struct screen_row *row = &s->rows[i];

		if (view_is_columns(row->kind)) {
			i = view_add_run(&v, req, shown, i);
			continue;
		}
		if (row->kind == ROW_BLANK)
			view_add_line(&v, "", (struct view_mark){ 0 });
		else if (row->kind == ROW_DIFF && row->id)
			view_add_focusable_diff(&v, req, i);
		else if (row->kind == ROW_DIFF)
			view_add_diff(&v, row, req->cols);
		else
			view_add_text(&v, row->label ? row->label : "", row->indent, req->cols,
				      row->kind == ROW_HEADING ? VIEW_HEADING : VIEW_PLAIN);
		i++;
	}
	v.n_row_items = v.n_items;
	if (s->kind == SCREEN_TYPED)
		view_add_word(&v, req);
	view_add_buttons(&v, req);
	*ret = v;
}
