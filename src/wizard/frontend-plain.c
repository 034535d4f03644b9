/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/plain.h"

#include "base/str.h"
#include "base/strv.h"

static int plain_show(struct frontend *f, const struct screen *s, struct event *ret, struct err *err)
{
	struct plain *p = (struct plain *)f;

	(void)err;
	plain_tell_screen(p, s);
	if (s->kind == SCREEN_TYPED) {
		plain_ask_word(p, s, ret);
		return 0;
	}
	if (plain_answer_pending(p, ret) || plain_ask_form(p, s, ret))
		return 0;
	for (;;) {
		_cleanup_free_ char *answer = NULL;
		unsigned enter = plain_answer_default(s);

		if (enter)
			fprintf(p->out, _("Number or word, ?, b, q [%u]: "), enter);
		else
			fputs(_("Number or word, ?, b, q: "), p->out);
		answer = plain_ask_line(p);
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
