/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks on while a transaction runs. */
#include "wizard/watch.h"

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"

#include <string.h>

static void watch_add_line(struct watch *p)
{
	if (p->n_output == WATCH_OUTPUT_LINES) {
		free(p->output[0]);
		memmove(p->output, p->output + 1, (WATCH_OUTPUT_LINES - 1) * sizeof(p->output[0]));
		p->n_output--;
	}
	p->output[p->n_output++] = str_steal(&p->line);
}

static void watch_add_output(struct watch *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			watch_add_line(p);
		else
			str_addc(&p->line, bytes[i]);
	}
}

static void watch_paint(struct watch *p)
{
	struct progress view = { .title = p->title,
				 .steps = p->build.screen.steps,
				 .n_steps = p->build.screen.n_steps,
				 .labels = p->labels,
				 .states = p->states,
				 .elapsed_ms = p->elapsed_ms,
				 .n_labels = p->n,
				 .output = strv_const(p->output),
				 .n_output = p->n_output,
				 .log = log_path() };

	if (!p->w->f->ops->progress(p->w->f, &view))
		p->stop = true;
}

static void watch_grow(struct watch *p, unsigned n)
{
	struct arena *a = p->build.arena;
	const char **labels = arena_alloc(a, (n + 1) * sizeof(*labels));
	const char **states = arena_alloc(a, (n + 1) * sizeof(*states));
	unsigned *elapsed = arena_alloc(a, (n + 1) * sizeof(*elapsed));

	for (unsigned i = 0; i < n; i++) {
		labels[i] = i < p->n ? p->labels[i] : "";
		states[i] = i < p->n ? p->states[i] : "waiting";
		elapsed[i] = i < p->n ? p->elapsed_ms[i] : 0;
	}
	p->labels = labels;
	p->states = states;
	p->elapsed_ms = elapsed;
	p->n = n;
}

static void watch_on_event(void *user, const struct txn_event *ev)
{
	struct watch *p = user;
	unsigned i = ev->step ? ev->step - 1 : 0;
	unsigned n = ev->n_steps > i ? ev->n_steps : i + 1;

	if (n > p->n)
		watch_grow(p, n);
	switch (ev->kind) {
	case TXN_STEP_BEGIN:
		p->labels[i] = arena_strndup(p->build.arena, ev->text, ev->text_len);
		p->states[i] = "running";
		break;
	case TXN_STEP_DONE:
		p->states[i] = "done";
		p->elapsed_ms[i] = ev->elapsed_ms;
		break;
	case TXN_STEP_FAILED:
		p->states[i] = "failed";
		p->elapsed_ms[i] = ev->elapsed_ms;
		break;
	case TXN_OUTPUT:
		watch_add_output(p, ev->text, ev->text_len);
		break;
	case TXN_PENDING:
		break;
	}
	watch_paint(p);
}

static bool watch_keep_going(void *user)
{
	const struct watch *p = user;

	return !p->stop;
}

void watch_begin(struct watch *p, struct wizard *w, const char *title)
{
	*p = (struct watch){ .w = w, .title = title };
	p->watcher = (struct txn_watcher){ .on_event = watch_on_event,
					   .keep_going = watch_keep_going,
					   .user = p };
	build_begin(&p->build, SCREEN_PAGE, "progress", title);
	wizard_add_steps(w, &p->build);
}

void watch_done(struct watch *p)
{
	for (unsigned i = 0; i < p->n_output; i++)
		free(p->output[i]);
	str_done(&p->line);
	build_done(&p->build);
}

void watch_show_failure(struct watch *p, const char *title, const struct err *err)
{
	_cleanup_str_ struct str s = { 0 };

	str_addf(&s, "%s\n", err->msg);
	if (err->hint[0])
		str_addf(&s, "%s\n", err->hint);
	if (p->n)
		str_addf(&s, "\n%s\n", _("How far it came"));
	for (unsigned i = 0; i < p->n; i++) {
		bool done = str_eq(p->states[i], "done"), waiting = str_eq(p->states[i], "waiting");

		if (*p->labels[i])
			str_addf(&s, "  %s %s\n", done ? "[x]" : waiting ? "[ ]" : "[!]", p->labels[i]);
	}
	if (p->line.len)
		watch_add_line(p);
	if (p->n_output)
		str_addf(&s, "\n%s\n", _("What it printed last"));
	for (unsigned i = 0; i < p->n_output; i++)
		str_addf(&s, "  | %s\n", p->output[i]);
	if (log_path())
		str_addf(&s, _("The whole output is in %s.\n"), log_path());
	wizard_show_text(p->w, title, str_c(&s));
}
