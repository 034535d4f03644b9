/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/plain.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>
#include <strings.h>

static const struct screen_row *answer_row(const struct screen *s, unsigned number)
{
	for (unsigned i = 0; i < s->n_rows; i++) {
		if (plain_is_listed(&s->rows[i]) && --number == 0)
			return &s->rows[i];
	}
	return NULL;
}

static unsigned answer_n_rows(const struct screen *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_rows; i++)
		n += plain_is_listed(&s->rows[i]);
	return n;
}

/* The number of what WORD names: a number, an id, or a label, its beginning when that is enough. */
static unsigned answer_find(const struct screen *s, const char *word)
{
	unsigned n_rows = answer_n_rows(s), n = n_rows + s->n_buttons, found = 0;
	uint64_t number;

	if (str_to_u64(word, n, &number) == 0)
		return (unsigned)number;
	for (unsigned i = 1; i <= n; i++) {
		const struct screen_row *row = i <= n_rows ? answer_row(s, i) : NULL;
		const struct screen_button *b = row ? NULL : &s->buttons[i - 1 - n_rows];
		const char *id = row ? row->id : b->id, *label = row ? row->label : b->label;

		if (strcasecmp(id, word) == 0 || (label && strcasecmp(label, word) == 0))
			return i;
		if (label && strncasecmp(label, word, strlen(word)) == 0)
			found = found ? n + 1 : i;
	}
	return found > n ? 0 : found;
}

unsigned plain_answer_default(const struct screen *s)
{
	unsigned n_rows = answer_n_rows(s), first = 0;

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

static bool answer_choose_row(struct plain *p, const struct screen_row *row, struct event *ret)
{
	switch (row->kind) {
	case ROW_CHECK:
	case ROW_RADIO:
		plain_event(ret, EVENT_TOGGLE, row->id, NULL);
		return true;
	case ROW_FIELD:
	case ROW_LIST:
		return plain_ask_row(p, row, ret);
	case ROW_GROUP:
		plain_event(ret, EVENT_OPEN, row->id, NULL);
		return true;
	case ROW_FACT:
	case ROW_DIFF:
		if (str_is_empty(row->detail)) {
			plain_event(ret, EVENT_OPEN, row->id, NULL);
			return true;
		}
		plain_tell_text(p, row->detail, 2);
		return false;
	case ROW_TEXT:
	case ROW_HEADING:
	case ROW_BLANK:
		break;
	}
	return false;
}

static bool answer_choose(struct plain *p, const struct screen *s, unsigned number, struct event *ret)
{
	const struct screen_row *row = answer_row(s, number);
	const struct screen_button *b;

	if (row)
		return answer_choose_row(p, row, ret);
	b = &s->buttons[number - 1 - answer_n_rows(s)];
	if (b->disabled) {
		fprintf(p->out, "%s\n", b->why_not ? b->why_not : _("This is not possible now."));
		return false;
	}
	plain_event(ret, EVENT_BUTTON, b->id, NULL);
	return true;
}

/* "?" alone: what the screen is about; "? 3": what is known about that line. */
static void answer_help(struct plain *p, const struct screen *s, const char *word)
{
	unsigned number = *word ? answer_find(s, word) : 0;
	const struct screen_row *row =
		number && number <= answer_n_rows(s) ? answer_row(s, number) : NULL;

	/* the details often begin with the same sentence */
	if (row && row->help && !str_starts_with(row->detail ? row->detail : "", row->help))
		plain_tell_text(p, row->help, 2);
	if (row && row->detail)
		plain_tell_text(p, row->detail, 2);
	if (row)
		return;
	if (!str_is_empty(s->help))
		plain_tell_text(p, s->help, 2);
	if (!str_is_empty(s->keys))
		fprintf(p->out, "  %s\n", s->keys);
	plain_tell_text(p, _("Answer with a number or the word beside it. ? and a number tells more "
			     "about a line, n goes on, b goes back, u takes changes back, q leaves."), 2);
}

static bool answer_is_step_key(const char *keys, char key)
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
static bool answer_key(const struct screen *s, char key, struct event *ret)
{
	bool page = s->kind == SCREEN_PAGE;

	if (answer_is_step_key(s->keys, key)) {
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
static bool answer_several(struct plain *p, const struct screen *s, const char *answer,
			   struct event *ret)
{
	_cleanup_strv_ char **words = strv_split(answer, " ,");

	if (strv_length(strv_const(words)) < 2)
		return false;
	for (char **w = words; *w; w++) {
		uint64_t number;

		if (str_to_u64(*w, answer_n_rows(s), &number) < 0 || number == 0)
			return false;
	}
	for (char **w = words; *w; w++) {
		const struct screen_row *row = answer_row(s, answer_find(s, *w));

		if (row && (row->kind == ROW_CHECK || row->kind == ROW_RADIO))
			strv_add(&p->toggles, row->id);
	}
	if (!p->toggles)
		return false;
	plain_event(ret, EVENT_TOGGLE, p->toggles[0], NULL);
	return true;
}

bool plain_answer_pending(struct plain *p, struct event *ret)
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

bool plain_answer(struct plain *p, const struct screen *s, char *answer, struct event *ret)
{
	unsigned number = *answer ? 0 : plain_answer_default(s);

	if (*answer == '?') {
		answer_help(p, s, str_trim(answer + 1));
		return false;
	}
	if (strlen(answer) == 1 && answer_key(s, *answer, ret))
		return true;
	if (answer_several(p, s, answer, ret))
		return true;
	if (*answer)
		number = answer_find(s, answer);
	if (number)
		return answer_choose(p, s, number, ret);
	fprintf(p->out, _("There is no \"%s\" here.\n"), answer);
	return false;
}
