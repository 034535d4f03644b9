/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/frontend.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>
#include <strings.h>

/*
 * One question per line, for speech readers, TERM=dumb and pipes.  Nothing is printed twice: when a
 * screen comes again only its message and the lines that changed are told.
 */
struct plain {
	struct frontend base;
	FILE *in, *out;
	char *screen;	  /* id of the screen told last */
	char **told;	  /* its lines, to tell only what changed */
	unsigned asked;	  /* fields of it that were asked for */
	bool asks_again;  /* the last field was wrong */
	char **toggles;	  /* ids still to be marked: "1 3 4" is one answer */
	char *progress;
	bool ended;	  /* no more input */
};

static bool plain_is_listed(const struct screen_row *row)
{
	return row->id && row->kind != ROW_TEXT && row->kind != ROW_HEADING && row->kind != ROW_BLANK;
}

static const char *plain_state_word(enum row_state state)
{
	static const char *const words[] = { "", "OK", "!!", "!", "??", "--" };

	return words[state];
}

static const char *plain_mark(const struct screen_row *row)
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

static void plain_add_column(struct str *out, const char *text)
{
	if (str_is_empty(text))
		return;
	str_add(out, "   ");
	str_add_printable(out, text);
}

/* Lines of TEXT one by one: what comes from a host may not move the cursor, but may have lines. */
static void plain_print_text(struct plain *p, const char *text, int indent)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");

	for (char **line = lines; line && *line; line++) {
		_cleanup_str_ struct str out = { 0 };

		str_add_printable(&out, *line);
		fprintf(p->out, "%*s%s\n", indent, "", str_c(&out));
	}
}

static char *plain_format_row(const struct screen_row *row, unsigned number)
{
	struct str out = { 0 };

	if (number)
		str_addf(&out, "%3u  ", number);
	else if (row->kind == ROW_FACT || row->kind == ROW_DIFF)
		str_add(&out, "     ");
	for (int i = 0; i < row->indent; i++)
		str_add(&out, "  ");
	str_add(&out, plain_mark(row));
	str_add_printable(&out, row->label ? row->label : "");
	plain_add_column(&out, row->value);
	plain_add_column(&out, plain_state_word(row->state));
	plain_add_column(&out, row->note);
	return str_steal(&out);
}

static void plain_tell_steps(struct plain *p, const struct screen *s)
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

static void plain_tell_message(struct plain *p, const struct screen *s)
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

/* Everything when the screen is new, else what changed. */
static void plain_tell(struct plain *p, const struct screen *s)
{
	bool same = str_eq(p->screen, s->id) && s->kind == SCREEN_PAGE;
	_cleanup_strv_ char **before = TAKE_PTR(p->told);
	unsigned number = 0;

	if (!same) {
		plain_tell_steps(p, s);
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
		line = plain_format_row(row, plain_is_listed(row) ? number : 0);
		if (!same || !strv_contains(strv_const(before), line)) {
			if (row->kind == ROW_TEXT && row->label)
				plain_print_text(p, row->label, row->indent * 2);
			else
				fprintf(p->out, "%s\n", line);
		}
		strv_add_owned(&p->told, line);
	}
	plain_tell_message(p, s);
	for (unsigned i = 0; !same && i < s->n_buttons; i++) {
		const struct screen_button *b = &s->buttons[i];

		fprintf(p->out, "%3u  [ %s ]", ++number, b->label);
		if (b->disabled)
			fprintf(p->out, "   %s", b->why_not ? b->why_not : _("not possible now"));
		fputc('\n', p->out);
	}
}

/* A line without its end; NULL when there is no more. */
static char *plain_read(struct plain *p)
{
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;

	fflush(p->out);
	if (p->ended || getline(&line, &cap, p->in) < 0) {
		p->ended = true;
		return NULL;
	}
	return xstrdup(str_trim(line));
}

static void plain_event(struct event *ret, enum event_kind kind, const char *id, const char *text)
{
	*ret = (struct event){ .kind = kind };
	snprintf(ret->id, sizeof(ret->id), "%s", id ? id : "");
	snprintf(ret->text, sizeof(ret->text), "%s", text ? text : "");
}

/* Nobody is there any more: the same as a terminal that went away. */
static bool plain_hang_up(struct event *ret)
{
	*ret = (struct event){ .kind = EVENT_HANGUP, .signal = 1 };
	return true;
}

static const struct screen_row *plain_row(const struct screen *s, unsigned number)
{
	for (unsigned i = 0; i < s->n_rows; i++) {
		if (plain_is_listed(&s->rows[i]) && --number == 0)
			return &s->rows[i];
	}
	return NULL;
}

static unsigned plain_n_rows(const struct screen *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_rows; i++)
		n += plain_is_listed(&s->rows[i]);
	return n;
}

/* The number of what WORD names: a number, an id, or a label, its beginning when that is enough. */
static unsigned plain_find(const struct screen *s, const char *word)
{
	unsigned n_rows = plain_n_rows(s), n = n_rows + s->n_buttons, found = 0;
	uint64_t number;

	if (str_to_u64(word, n, &number) == 0)
		return (unsigned)number;
	for (unsigned i = 1; i <= n; i++) {
		const struct screen_row *row = i <= n_rows ? plain_row(s, i) : NULL;
		const struct screen_button *b = row ? NULL : &s->buttons[i - 1 - n_rows];
		const char *id = row ? row->id : b->id, *label = row ? row->label : b->label;

		if (strcasecmp(id, word) == 0 || (label && strcasecmp(label, word) == 0))
			return i;
		if (label && strncasecmp(label, word, strlen(word)) == 0)
			found = found ? n + 1 : i;
	}
	return found > n ? 0 : found;
}

/* What Enter means: the way on that harms nothing. */
static unsigned plain_default(const struct screen *s)
{
	unsigned n_rows = plain_n_rows(s), first = 0;

	for (unsigned i = 0; i < s->n_buttons; i++) {
		const struct screen_button *b = &s->buttons[i];

		if (b->disabled)
			continue;
		if (s->kind == SCREEN_PAGE ? str_eq(b->id, s->focus) || str_eq(b->id, "next") : true)
			return n_rows + 1 + i;
		if (!first && !str_eq(b->id, "back"))
			first = n_rows + 1 + i;
	}
	return first;
}

/* "Name [win11]: "; false when the answer leaves it as it is. */
static bool plain_ask_field(struct plain *p, const struct screen_row *row, struct event *ret)
{
	_cleanup_free_ char *answer = NULL;

	fprintf(p->out, "%s", row->label ? row->label : row->id);
	if (!str_is_empty(row->note))
		fprintf(p->out, " (%s)", row->note);
	fprintf(p->out, " [%s]: ", row->value ? row->value : "");
	answer = plain_read(p);
	if (!answer)
		return plain_hang_up(ret);
	if (str_eq(answer, "?") && row->help) {
		plain_print_text(p, row->help, 2);
		return plain_ask_field(p, row, ret);
	}
	if (!*answer || str_eq(answer, row->value))
		return false;
	plain_event(ret, EVENT_SET, row->id, answer);
	return true;
}

static bool plain_ask_list(struct plain *p, const struct screen_row *row, struct event *ret)
{
	_cleanup_strv_ char **choices = strv_split(row->choices ? row->choices : "", "|");
	size_t n = strv_length(strv_const(choices));
	_cleanup_free_ char *answer = NULL;
	uint64_t number;

	fprintf(p->out, "%s\n", row->label ? row->label : row->id);
	for (size_t i = 0; i < n; i++)
		fprintf(p->out, "%3zu  %s\n", i + 1, choices[i]);
	fprintf(p->out, _("Number or word [%s]: "), row->value ? row->value : "");
	answer = plain_read(p);
	if (!answer)
		return plain_hang_up(ret);
	for (size_t i = 0; i < n; i++) {
		bool named = strcasecmp(choices[i], answer) == 0 ||
			     (str_to_u64(answer, n, &number) == 0 && number == i + 1);

		if (named && str_eq(choices[i], row->value))
			return false;
		if (named) {
			plain_event(ret, EVENT_SET, row->id, choices[i]);
			return true;
		}
	}
	if (*answer)
		fprintf(p->out, _("\"%s\" is none of them; nothing is changed.\n"), answer);
	return false;
}

static bool plain_ask(struct plain *p, const struct screen_row *row, struct event *ret)
{
	return row->kind == ROW_LIST ? plain_ask_list(p, row, ret) : plain_ask_field(p, row, ret);
}

/* A form asks for one field after the other, the wrong one again. */
static bool plain_ask_form(struct plain *p, const struct screen *s, struct event *ret)
{
	unsigned n = 0;

	if (s->message_kind == MESSAGE_ERROR && p->asked > 0 && p->asks_again)
		p->asked--;
	p->asks_again = false;
	for (unsigned i = 0; i < s->n_rows; i++) {
		const struct screen_row *row = &s->rows[i];

		if (!row->id || (row->kind != ROW_FIELD && row->kind != ROW_LIST) || n++ < p->asked)
			continue;
		p->asked++;
		if (plain_ask(p, row, ret)) {
			p->asks_again = true;
			return true;
		}
	}
	return false;
}

static bool plain_choose_row(struct plain *p, const struct screen_row *row, struct event *ret)
{
	switch (row->kind) {
	case ROW_CHECK:
	case ROW_RADIO:
		plain_event(ret, EVENT_TOGGLE, row->id, NULL);
		return true;
	case ROW_FIELD:
	case ROW_LIST:
		return plain_ask(p, row, ret);
	case ROW_GROUP:
		plain_event(ret, EVENT_OPEN, row->id, NULL);
		return true;
	case ROW_FACT:
	case ROW_DIFF:
		if (str_is_empty(row->detail)) {
			plain_event(ret, EVENT_OPEN, row->id, NULL);
			return true;
		}
		plain_print_text(p, row->detail, 2);
		return false;
	case ROW_TEXT:
	case ROW_HEADING:
	case ROW_BLANK:
		break;
	}
	return false;
}

static bool plain_choose(struct plain *p, const struct screen *s, unsigned number, struct event *ret)
{
	unsigned n_rows = plain_n_rows(s);
	const struct screen_button *b;

	if (number <= n_rows)
		return plain_choose_row(p, plain_row(s, number), ret);
	b = &s->buttons[number - 1 - n_rows];
	if (b->disabled) {
		fprintf(p->out, "%s\n", b->why_not ? b->why_not : _("This is not possible now."));
		return false;
	}
	plain_event(ret, EVENT_BUTTON, b->id, NULL);
	return true;
}

/* "?" alone: what the screen is about; "? 3": what is known about that line. */
static void plain_help(struct plain *p, const struct screen *s, const char *word)
{
	unsigned number = *word ? plain_find(s, word) : 0;
	const struct screen_row *row =
		number && number <= plain_n_rows(s) ? plain_row(s, number) : NULL;

	/* the details often begin with the same sentence */
	if (row && row->help && !str_starts_with(row->detail ? row->detail : "", row->help))
		plain_print_text(p, row->help, 2);
	if (row && row->detail)
		plain_print_text(p, row->detail, 2);
	if (row)
		return;
	if (!str_is_empty(s->help))
		plain_print_text(p, s->help, 2);
	if (!str_is_empty(s->keys))
		fprintf(p->out, "  %s\n", s->keys);
	plain_print_text(p, _("Answer with a number or the word beside it. ? and a number tells more "
			      "about a line, n goes on, b goes back, u takes changes back, q leaves."), 2);
}

static bool plain_is_step_key(const char *keys, char key)
{
	for (const char *k = keys; k && *k;) {
		if (*k == key || (k[1] == '-' && *k <= key && key <= k[2]))
			return true;
		k = strstr(k, "  ");
		while (k && *k == ' ')
			k++;
	}
	return false;
}

/* One letter that is a key in the full screen, too. */
static bool plain_key(const struct screen *s, char key, struct event *ret)
{
	bool page = s->kind == SCREEN_PAGE;

	if (plain_is_step_key(s->keys, key)) {
		*ret = (struct event){ .kind = EVENT_KEY, .key = key };
		return true;
	}
	if (key == 'b')
		*ret = (struct event){ .kind = page ? EVENT_BACK : EVENT_CLOSE };
	else if (key == 'q')
		*ret = (struct event){ .kind = EVENT_QUIT };
	else if (key == 'n' && page)
		*ret = (struct event){ .kind = EVENT_NEXT };
	else if (key == 'u' && page)
		*ret = (struct event){ .kind = EVENT_UNDO };
	else
		return false;
	return true;
}

/* "1 3 4" marks three lines: the first now, the others when the screen comes again. */
static bool plain_several(struct plain *p, const struct screen *s, const char *answer, struct event *ret)
{
	_cleanup_strv_ char **words = strv_split(answer, " ,");

	if (strv_length(strv_const(words)) < 2)
		return false;
	for (char **w = words; *w; w++) {
		uint64_t number;

		if (str_to_u64(*w, plain_n_rows(s), &number) < 0 || number == 0)
			return false;
	}
	for (char **w = words; *w; w++) {
		const struct screen_row *row = plain_row(s, plain_find(s, *w));

		if (row && (row->kind == ROW_CHECK || row->kind == ROW_RADIO))
			strv_add(&p->toggles, row->id);
	}
	if (!p->toggles)
		return false;
	plain_event(ret, EVENT_TOGGLE, p->toggles[0], NULL);
	return true;
}

/* The next of several lines to mark; false when there is none. */
static bool plain_pending(struct plain *p, struct event *ret)
{
	char **rest = NULL;

	if (!p->toggles)
		return false;
	for (char **id = p->toggles + 1; *id; id++)
		strv_add(&rest, *id);
	strv_free(p->toggles);
	p->toggles = rest;
	if (!rest)
		return false;
	plain_event(ret, EVENT_TOGGLE, rest[0], NULL);
	return true;
}

static bool plain_answer(struct plain *p, const struct screen *s, char *answer, struct event *ret)
{
	unsigned number = *answer ? 0 : plain_default(s);

	if (*answer == '?') {
		plain_help(p, s, str_trim(answer + 1));
		return false;
	}
	if (strlen(answer) == 1 && plain_key(s, *answer, ret))
		return true;
	if (plain_several(p, s, answer, ret))
		return true;
	if (*answer)
		number = plain_find(s, answer);
	if (number)
		return plain_choose(p, s, number, ret);
	fprintf(p->out, _("There is no \"%s\" here.\n"), answer);
	return false;
}

static void plain_ask_word(struct plain *p, const struct screen *s, struct event *ret)
{
	_cleanup_free_ char *answer = NULL;

	fprintf(p->out, _("Type %s to go on, or Enter to go back: "), s->word ? s->word : "");
	answer = plain_read(p);
	if (!answer)
		plain_hang_up(ret);
	else if (!*answer)
		*ret = (struct event){ .kind = EVENT_CLOSE };
	else
		plain_event(ret, EVENT_BUTTON, "confirm", answer);
}

static int plain_show(struct frontend *f, const struct screen *s, struct event *ret, struct err *err)
{
	struct plain *p = (struct plain *)f;

	(void)err;
	plain_tell(p, s);
	if (s->kind == SCREEN_TYPED) {
		plain_ask_word(p, s, ret);
		return 0;
	}
	if (plain_pending(p, ret) || plain_ask_form(p, s, ret))
		return 0;
	for (;;) {
		_cleanup_free_ char *answer = NULL;
		unsigned enter = plain_default(s);

		if (enter)
			fprintf(p->out, _("Number or word, ?, b, q [%u]: "), enter);
		else
			fputs(_("Number or word, ?, b, q: "), p->out);
		answer = plain_read(p);
		if (!answer) {
			plain_hang_up(ret);
			return 0;
		}
		if (plain_answer(p, s, answer, ret))
			return 0;
	}
}

/* A line when a step begins or ends; its output is in the log. */
static bool plain_progress(struct frontend *f, const struct progress *pr)
{
	struct plain *p = (struct plain *)f;
	_cleanup_str_ struct str now = { 0 };

	/* takes a moment, and what was found comes next */
	if (pr->only_looks)
		return true;
	for (unsigned i = 0; i < pr->n_labels; i++) {
		if (str_eq(pr->states[i], "waiting"))
			continue;
		str_addf(&now, "%3u/%u  ", i + 1, pr->n_labels);
		str_add_printable(&now, pr->labels[i]);
		str_addf(&now, "   %s\n", str_eq(pr->states[i], "done")   ? _("done") :
					   str_eq(pr->states[i], "failed") ? _("failed") :
									     _("running"));
	}
	if (!str_eq(str_c(&now), p->progress)) {
		_cleanup_strv_ char **before = strv_split(p->progress ? p->progress : "", "\n");
		_cleanup_strv_ char **lines = strv_split(str_c(&now), "\n");

		for (char **line = lines; line && *line; line++) {
			if (!strv_contains(strv_const(before), *line))
				fprintf(p->out, "%s\n", *line);
		}
		fflush(p->out);
		free(p->progress);
		p->progress = str_steal(&now);
	}
	return true;
}

static void plain_close(struct frontend *f, const char *last_words)
{
	struct plain *p = (struct plain *)f;

	if (!str_is_empty(last_words))
		fprintf(p->out, "%s%s", last_words, str_ends_with(last_words, "\n") ? "" : "\n");
	fflush(p->out);
	free(p->screen);
	free(p->progress);
	strv_free(p->told);
	strv_free(p->toggles);
	free(p);
}

static const struct frontend_ops plain_ops = {
	.name = "plain",
	.show = plain_show,
	.progress = plain_progress,
	.close = plain_close,
};

struct frontend *frontend_plain_new(FILE *in, FILE *out)
{
	struct plain *p = xcalloc(1, sizeof(*p));

	p->base.ops = &plain_ops;
	p->in = in;
	p->out = out;
	return &p->base;
}
