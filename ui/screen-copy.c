/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/screen.h"

struct screen *screen_copy(struct arena *a, const struct screen *s)
{
	struct screen *copy = arena_alloc(a, sizeof(*copy));
	struct screen_step *steps = arena_alloc(a, (s->n_steps + 1) * sizeof(*steps));
	struct screen_button *buttons = arena_alloc(a, (s->n_buttons + 1) * sizeof(*buttons));

	*copy = *s;
	copy->id = arena_strdup(a, s->id);
	copy->title = arena_strdup(a, s->title);
	copy->status = arena_strdup(a, s->status);
	copy->message = arena_strdup(a, s->message);
	copy->keys = arena_strdup(a, s->keys);
	copy->help = arena_strdup(a, s->help);
	copy->focus = copy->word = copy->missing_answer = NULL;
	for (unsigned i = 0; i < s->n_steps; i++) {
		steps[i] = s->steps[i];
		steps[i].label = arena_strdup(a, s->steps[i].label);
	}
	copy->rows = arena_alloc(a, (s->n_rows + 1) * sizeof(*copy->rows));
	for (unsigned i = 0; i < s->n_rows; i++) {
		struct screen_row *row = &copy->rows[i];

		*row = s->rows[i];
		row->id = arena_strdup(a, row->id);
		row->label = arena_strdup(a, row->label);
		row->value = arena_strdup(a, row->value);
		row->note = arena_strdup(a, row->note);
		row->choices = arena_strdup(a, row->choices);
		row->help = arena_strdup(a, row->help);
		row->detail = arena_strdup(a, row->detail);
	}
	for (unsigned i = 0; i < s->n_buttons; i++) {
		buttons[i] = s->buttons[i];
		buttons[i].id = arena_strdup(a, s->buttons[i].id);
		buttons[i].label = arena_strdup(a, s->buttons[i].label);
		buttons[i].why_not = arena_strdup(a, s->buttons[i].why_not);
	}
	copy->steps = steps;
	copy->buttons = buttons;
	return copy;
}
