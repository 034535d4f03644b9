/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/plain.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>
#include <strings.h>

void plain_event(struct event *ret, enum event_kind kind, const char *id, const char *text)
{
	*ret = (struct event){ .kind = kind };
	snprintf(ret->id, sizeof(ret->id), "%s", id ? id : "");
	snprintf(ret->text, sizeof(ret->text), "%s", text ? text : "");
}

bool plain_hang_up(struct event *ret)
{
	*ret = (struct event){ .kind = EVENT_HANGUP, .signal = 1 };
	return true;
}

char *plain_ask_line(struct plain *p)
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

/* "Name [win11]: "; false when the answer leaves it as it is. */
static bool ask_field(struct plain *p, const struct screen_row *row, struct event *ret)
{
	_cleanup_free_ char *answer = NULL;

	fprintf(p->out, "%s", row->label ? row->label : row->id);
	if (!str_is_empty(row->note))
		fprintf(p->out, " (%s)", row->note);
	fprintf(p->out, " [%s]: ", row->value ? row->value : "");
	answer = plain_ask_line(p);
	if (!answer)
		return plain_hang_up(ret);
	if (str_eq(answer, "?") && row->help) {
		plain_tell_text(p, row->help, 2);
		return ask_field(p, row, ret);
	}
	if (!*answer || str_eq(answer, row->value))
		return false;
	plain_event(ret, EVENT_SET, row->id, answer);
	return true;
}

static bool ask_list(struct plain *p, const struct screen_row *row, struct event *ret)
{
	_cleanup_strv_ char **choices = strv_split(row->choices ? row->choices : "", "|");
	size_t n = strv_length(strv_const(choices));
	_cleanup_free_ char *answer = NULL;
	uint64_t number;

	fprintf(p->out, "%s\n", row->label ? row->label : row->id);
	for (size_t i = 0; i < n; i++)
		fprintf(p->out, "%3zu  %s\n", i + 1, choices[i]);
	fprintf(p->out, _("Number or word [%s]: "), row->value ? row->value : "");
	answer = plain_ask_line(p);
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

bool plain_ask_row(struct plain *p, const struct screen_row *row, struct event *ret)
{
	return row->kind == ROW_LIST ? ask_list(p, row, ret) : ask_field(p, row, ret);
}

bool plain_ask_form(struct plain *p, const struct screen *s, struct event *ret)
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
		if (plain_ask_row(p, row, ret)) {
			p->asks_again = true;
			return true;
		}
	}
	return false;
}

void plain_ask_word(struct plain *p, const struct screen *s, struct event *ret)
{
	_cleanup_free_ char *answer = NULL;

	fprintf(p->out, _("Type %s to go on, or Enter to go back: "), s->word ? s->word : "");
	answer = plain_ask_line(p);
	if (!answer)
		plain_hang_up(ret);
	else if (!*answer)
		*ret = (struct event){ .kind = EVENT_CLOSE };
	else
		plain_event(ret, EVENT_BUTTON, "confirm", answer);
}
