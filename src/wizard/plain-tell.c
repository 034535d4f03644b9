/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/plain.h"

#include "base/str.h"
#include "base/strv.h"

bool plain_is_listed(const struct screen_row *row)
{
	return row->id && row->kind != ROW_TEXT && row->kind != ROW_HEADING && row->kind != ROW_BLANK;
}

static const char *tell_state_word(enum row_state state)
{
	static const char *const words[] = { "", "OK", "!!", "!", "??", "--" };

	return words[state];
}

static const char *tell_mark(const struct screen_row *row)
{
	if (row->kind == ROW_GROUP)
		return row->marked ? "- " : "+ ";
	if (row->kind == ROW_CHECK && row->disabled)
		return "no  ";
	if (row->kind == ROW_CHECK)
		return row->marked ? "[x] " : "[ ] ";
	if (row->kind == ROW_RADIO)
		return row->marked ? "(*) " : "( ) ";
	return "";
}

static void tell_add_column(struct str *out, const char *text)
{
	if (str_is_empty(text))
		return;
	str_add(out, "   ");
	str_add_printable(out, text);
}

void plain_tell_text(struct plain *p, const char *text, int indent)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");

	for (char **line = lines; line && *line; line++) {
		_cleanup_str_ struct str out = { 0 };

		str_add_printable(&out, *line);
		fprintf(p->out, "%*s%s\n", indent, "", str_c(&out));
	}
}

static char *tell_format_row(const struct screen_row *row, unsigned number)
{
	struct str out = { 0 };

	if (number)
		str_addf(&out, "%3u  ", number);
	else if (row->kind == ROW_FACT || row->kind == ROW_DIFF)
		str_add(&out, "     ");
	for (int i = 0; i < row->indent; i++)
		str_add(&out, "  ");
	str_add(&out, tell_mark(row));
	str_add_printable(&out, row->label ? row->label : "");
	tell_add_column(&out, row->value);
	tell_add_column(&out, tell_state_word(row->state));
	tell_add_column(&out, row->note);
	return str_steal(&out);
}

static void tell_steps(struct plain *p, const struct screen *s)
{
	_cleanup_str_ struct str title = { 0 };
	unsigned here = 0, n = 0;

	for (unsigned i = 0; i < s->n_steps; i++) {
		/* a restart is no step of its own */
		n += !str_eq(s->steps[i].label, "~");
		if (s->steps[i].here)
			here = n;
	}
	str_add_printable(&title, s->title ? s->title : "");
	fputc('\n', p->out);
	if (here && s->kind == SCREEN_PAGE)
		/* TRANSLATORS: number of the step, number of steps, title of the screen. */
		fprintf(p->out, _("Step %u of %u: %s"), here, n, str_c(&title));
	else
		fputs(str_c(&title), p->out);
	if (!str_is_empty(s->status))
		fprintf(p->out, "   (%s)", s->status);
	fputc('\n', p->out);
}

static void tell_message(struct plain *p, const struct screen *s)
{
	_cleanup_str_ struct str text = { 0 };
	const char *format = s->message_kind == MESSAGE_ERROR	? _("Error: %s\n") :
			     s->message_kind == MESSAGE_WARNING ? _("Warning: %s\n") :
								  _("Note: %s\n");

	if (s->message_kind == MESSAGE_NONE || str_is_empty(s->message))
		return;
	str_add_printable_lines(&text, s->message);
	fprintf(p->out, format, str_c(&text));
}

void plain_tell_screen(struct plain *p, const struct screen *s)
{
	bool same = str_eq(p->screen, s->id) && s->kind == SCREEN_PAGE;
	_cleanup_strv_ char **before = TAKE_PTR(p->told);
	unsigned number = 0;

	if (!same) {
		tell_steps(p, s);
		free(p->screen);
		p->screen = s->id ? xstrdup(s->id) : NULL;
		p->asked = 0;
		strv_free(p->toggles);
		p->toggles = NULL;
	}
	for (unsigned i = 0; i < s->n_rows; i++) {
		const struct screen_row *row = &s->rows[i];
		char *line;

		number += plain_is_listed(row);
		line = tell_format_row(row, plain_is_listed(row) ? number : 0);
		if (!same || !strv_contains(strv_const(before), line)) {
			if (row->kind == ROW_TEXT && row->label)
				plain_tell_text(p, row->label, row->indent * 2);
			else
				fprintf(p->out, "%s\n", line);
		}
		strv_add_owned(&p->told, line);
	}
	tell_message(p, s);
	for (unsigned i = 0; !same && i < s->n_buttons; i++) {
		const struct screen_button *b = &s->buttons[i];

		fprintf(p->out, "%3u  [ %s ]", ++number, b->label);
		if (b->disabled)
			fprintf(p->out, "   %s", b->why_not ? b->why_not : _("not possible now"));
		fputc('\n', p->out);
	}
}
