/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/build.h"

#include <stdarg.h>
#include <string.h>

void build_begin(struct screen_build *b, enum screen_kind kind, const char *id, const char *title)
{
	*b = (struct screen_build){ .arena = arena_new() };
	b->screen.kind = kind;
	b->screen.id = arena_strdup(b->arena, id);
	b->screen.title = arena_strdup(b->arena, title);
	b->screen.keys = "";
}

void build_done(struct screen_build *b)
{
	arena_free(b->arena);
	*b = (struct screen_build){ 0 };
}

struct screen_row *build_row(struct screen_build *b, enum row_kind kind, const char *id)
{
	struct screen *s = &b->screen;
	struct screen_row *row;

	if (s->n_rows == b->rows_cap) {
		unsigned cap = b->rows_cap ? b->rows_cap * 2 : 32;
		struct screen_row *rows = arena_alloc(b->arena, cap * sizeof(*rows));

		if (s->n_rows)
			memcpy(rows, s->rows, s->n_rows * sizeof(*rows));
		s->rows = rows;
		b->rows_cap = cap;
	}
	row = &s->rows[s->n_rows++];
	*row = (struct screen_row){ .kind = kind, .id = arena_strdup(b->arena, id) };
	return row;
}

void build_text(struct screen_build *b, const char *text)
{
	build_row(b, ROW_TEXT, NULL)->label = arena_strdup(b->arena, text);
}

void build_blank(struct screen_build *b)
{
	build_row(b, ROW_BLANK, NULL);
}

void build_heading(struct screen_build *b, const char *text)
{
	build_row(b, ROW_HEADING, NULL)->label = arena_strdup(b->arena, text);
}

struct screen_row *build_fact(struct screen_build *b, const char *id, const char *label,
			      const char *value, enum row_state state)
{
	struct screen_row *row = build_row(b, ROW_FACT, id);

	row->label = arena_strdup(b->arena, label);
	row->value = arena_strdup(b->arena, value);
	row->state = state;
	return row;
}

void build_button(struct screen_build *b, const char *id, const char *label, const char *why_not)
{
	struct screen *s = &b->screen;

	if (s->n_buttons == b->buttons_cap) {
		unsigned cap = b->buttons_cap ? b->buttons_cap * 2 : 8;
		struct screen_button *buttons = arena_alloc(b->arena, cap * sizeof(*buttons));

		if (s->n_buttons)
			memcpy(buttons, b->buttons, s->n_buttons * sizeof(*buttons));
		b->buttons = buttons;
		b->buttons_cap = cap;
	}
	b->buttons[s->n_buttons++] = (struct screen_button){
		.id = arena_strdup(b->arena, id),
		.label = arena_strdup(b->arena, label),
		.disabled = why_not != NULL,
		.why_not = arena_strdup(b->arena, why_not),
	};
	s->buttons = b->buttons;
}

char *build_printf(struct screen_build *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(b->arena, fmt, ap);
	va_end(ap);
	return s;
}
