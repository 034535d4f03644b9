/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/frontend.h"

#include "base/str.h"

#include <errno.h>

/* Goes on by itself: everything was answered before, in a file. */
struct answers {
	struct frontend base;
	FILE *out;
	char *page;	/* id of the page shown last: "next" led nowhere when it comes again */
	char *progress; /* what progress() said last */
};

static const struct screen_button *answers_confirm(const struct screen *s)
{
	for (unsigned i = 0; i < s->n_buttons; i++) {
		if (str_eq(s->buttons[i].id, "confirm") && !s->buttons[i].disabled)
			return &s->buttons[i];
	}
	return NULL;
}

/* The button a page starts at is the way on: "leave" where a restart is due, "finish" at the end. */
static const struct screen_button *answers_way_on(const struct screen *s)
{
	for (unsigned i = 0; i < s->n_buttons; i++)
		if (str_eq(s->buttons[i].id, s->focus) && !s->buttons[i].disabled &&
		    !str_eq(s->buttons[i].id, "back"))
			return &s->buttons[i];
	return NULL;
}

static int answers_page(struct answers *a, const struct screen *s, struct event *ret, struct err *err)
{
	const struct screen_button *on = answers_way_on(s);

	if (str_eq(a->page, s->id))
		return err_set(err, ERR_NOT_POSSIBLE, -ECANCELED, "%s: %s", s->title ? s->title : "",
			       s->message_kind != MESSAGE_NONE && s->message ? s->message
									     : _("This step cannot be left."));
	free(a->page);
	a->page = s->id ? xstrdup(s->id) : NULL;
	if (on) {
		*ret = (struct event){ .kind = EVENT_BUTTON };
		snprintf(ret->id, sizeof(ret->id), "%s", on->id);
	}
	return 0;
}

/*
 * A page is answered by its way on.  A question of level 1 is agreed to: that was said with --yes.  A
 * word to be typed never is: whoever may lose the console has to sit there.
 */
static int answers_show(struct frontend *f, const struct screen *s, struct event *ret, struct err *err)
{
	struct answers *a = (struct answers *)f;
	_cleanup_str_ struct str line = { 0 };

	*ret = (struct event){ .kind = EVENT_NEXT };
	str_add_printable(&line, s->title ? s->title : "");
	if (s->message_kind != MESSAGE_NONE && s->message) {
		str_add(&line, ": ");
		str_add_printable(&line, s->message);
	}
	fprintf(a->out, "%s\n", str_c(&line));
	fflush(a->out);
	if (s->missing_answer)
		return err_set(err, ERR_ANSWER_MISSING, -ENODATA,
			       _("The answer \"%s\" is missing; it is asked for on the screen \"%s\"."),
			       s->missing_answer, s->title ? s->title : "");
	if (s->kind == SCREEN_TYPED)
		return err_set(err, ERR_ANSWER_MISSING, -ENODATA,
			       _("\"%s\" asks to type %s; that is not answered from a file."),
			       s->title ? s->title : "", s->word ? s->word : "");
	if (s->kind == SCREEN_POPUP) {
		ret->kind = answers_confirm(s) ? EVENT_BUTTON : EVENT_CLOSE;
		if (ret->kind == EVENT_BUTTON)
			snprintf(ret->id, sizeof(ret->id), "confirm");
	}
	return s->kind == SCREEN_PAGE ? answers_page(a, s, ret, err) : 0;
}

static bool answers_progress(struct frontend *f, const struct progress *p)
{
	struct answers *a = (struct answers *)f;
	_cleanup_str_ struct str now = { 0 };

	if (p->only_looks)
		return true;
	for (unsigned i = 0; i < p->n_labels; i++) {
		if (!str_eq(p->states[i], "running") && !str_eq(p->states[i], "failed"))
			continue;
		str_add_printable(&now, p->labels[i]);
		str_addf(&now, " (%s)\n", str_eq(p->states[i], "failed") ? _("failed") : _("running"));
	}
	if (now.len && !str_eq(str_c(&now), a->progress)) {
		fputs(str_c(&now), a->out);
		fflush(a->out);
		free(a->progress);
		a->progress = str_steal(&now);
	}
	return true;
}

static void answers_close(struct frontend *f, const char *last_words)
{
	struct answers *a = (struct answers *)f;

	if (!str_is_empty(last_words))
		fprintf(a->out, "%s%s", last_words, str_ends_with(last_words, "\n") ? "" : "\n");
	fflush(a->out);
	free(a->page);
	free(a->progress);
	free(a);
}

static const struct frontend_ops answers_ops = {
	.name = "answers",
	.show = answers_show,
	.progress = answers_progress,
	.close = answers_close,
};

struct frontend *frontend_answers_new(FILE *out)
{
	struct answers *a = xcalloc(1, sizeof(*a));

	a->base.ops = &answers_ops;
	a->out = out;
	return &a->base;
}
