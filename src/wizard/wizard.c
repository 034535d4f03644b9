/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk itself: which step is shown, how one leads to the next, how it ends and resumes. */
#include "wizard/wizard.h"

#include "base/log.h"
#include "base/str.h"
#include "wizard/step.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

const struct step *const step_table[] = {
#define STEP(id) &step_##id,
#include "wizard/step.def"
#undef STEP
};
const unsigned step_count = ARRAY_SIZE(step_table);

void wizard_say(struct wizard *w, enum message_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->message, sizeof(w->message), fmt, ap);
	va_end(ap);
	w->message_kind = kind;
}

void wizard_say_err(struct wizard *w, const struct err *err)
{
	wizard_say(w, MESSAGE_ERROR, err->hint[0] ? "%s %s" : "%s%s", err->msg, err->hint);
	log_line("wizard: %s", err->msg);
}

const char *wizard_address(const struct pci_device *d)
{
	return str_starts_with(d->address, "0000:") ? d->address + 5 : d->address;
}

const char *wizard_time(struct screen_build *b, const char *stamp)
{
	char *text = arena_strdup(b->arena, stamp ? stamp : "");
	char *t = strchr(text, 'T');

	/* "2026-05-14T14:02:11": seconds tell nobody anything. */
	if (t)
		*t = ' ';
	if (strlen(text) > 16)
		text[16] = '\0';
	return text;
}

void wizard_replan(struct wizard *w)
{
	plan_free(TAKE_PTR(w->plan));
	w->plan_err = (struct err){ 0 };
	if (session_plan(w->s, &w->plan, &w->plan_err) < 0)
		w->plan = NULL;
}

struct stage *wizard_stage(const struct wizard *w, const char *name)
{
	for (unsigned i = 0; w->plan && i < w->plan->n_stages; i++)
		if (strcmp(w->plan->stages[i]->name, name) == 0)
			return w->plan->stages[i];
	return NULL;
}

bool wizard_answer(struct wizard *w, const char *key, const char *value)
{
	struct err err = { 0 };
	_cleanup_free_ char *where = xasprintf("--%s", key);

	answers_clear(&w->s->answers, key);
	if (value && *value && answers_set(&w->s->answers, key, value, where, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	return true;
}

struct wizard_look {
	struct wizard *w;
	const char *title;
};

static void wizard_on_probe(void *user, const char *title)
{
	struct wizard *w = user;
	const char *labels[] = { title };
	const char *states[] = { "running" };
	unsigned elapsed[] = { 0 };
	struct progress p = { .title = _("Looking at this computer"),
			      .labels = labels,
			      .states = states,
			      .elapsed_ms = elapsed,
			      .n_labels = 1 };

	w->f->ops->progress(w->f, &p);
}

int wizard_look(struct wizard *w, struct err *err)
{
	int r = session_look(w->s, wizard_on_probe, w, err);

	if (r == 0)
		wizard_replan(w);
	return r;
}

static void wizard_save(struct wizard *w)
{
	struct err err = { 0 };
	struct tm tm;
	time_t now = time(NULL);

	if (session_save(w->s, step_table[w->at]->id, &err) < 0) {
		wizard_say_err(w, &err);
		return;
	}
	localtime_r(&now, &tm);
	strftime(w->saved, sizeof(w->saved), "%H:%M", &tm);
}

static bool wizard_applies(const struct wizard *w, unsigned i)
{
	return !step_table[i]->applies || step_table[i]->applies(w);
}

/* Passes over steps that do not apply; stays where it is at either end. */
static void wizard_move(struct wizard *w, int direction)
{
	unsigned i = w->at;

	for (;;) {
		if ((direction < 0 && i == 0) || (direction > 0 && i + 1 == step_count))
			return;
		i = direction < 0 ? i - 1 : i + 1;
		if (wizard_applies(w, i))
			break;
	}
	w->at = i;
	if (i > w->furthest)
		w->furthest = i;
	wizard_save(w);
}

static const char *wizard_status(const struct wizard *w, struct arena *a)
{
	if (w->s->options.dry_run)
		return _("DRY RUN");
	if (w->s->read_only)
		return _("READ ONLY");
	return w->saved[0] ? arena_printf(a, _("saved %s"), w->saved) : "";
}

void wizard_add_steps(const struct wizard *w, struct screen_build *b)
{
	struct screen_step *steps = arena_alloc(b->arena, step_count * sizeof(*steps));

	for (unsigned i = 0; i < step_count; i++) {
		bool is_restart = strcmp(step_table[i]->label, "~") == 0;

		steps[i] = (struct screen_step){
			.label = is_restart ? "~" : _(step_table[i]->label),
			.done = i < w->at && !is_restart,
			.here = i == w->at,
		};
	}
	b->screen.steps = steps;
	b->screen.n_steps = step_count;
}

static int wizard_show_step(struct wizard *w, struct event *ev, struct err *err)
{
	const struct step *step = step_table[w->at];
	_cleanup_build_ struct screen_build b = { 0 };

	build_begin(&b, SCREEN_PAGE, step->id, _(step->title));
	b.screen.help = _(step->help);
	b.screen.status = wizard_status(w, b.arena);
	wizard_add_steps(w, &b);
	step->describe(w, &b);
	if (w->message_kind != MESSAGE_NONE) {
		b.screen.message_kind = w->message_kind;
		b.screen.message = arena_strdup(b.arena, w->message);
		w->message_kind = MESSAGE_NONE;
	}
	return w->f->ops->show(w->f, &b.screen, ev, err);
}

bool wizard_quit_question(struct wizard *w)
{
	const char *const buttons[] = { _("Stay"), _("Leave, continue later"), _("Undo..."), NULL };
	const char *lines[] = { w->s->read_only ? _("Nothing was written. Nothing is running.")
						: _("Your answers are saved. Nothing is running."),
				NULL };

	switch (wizard_choose(w, "quit", _("Leave?"), lines, buttons)) {
	case 1:
		return true;
	case 2:
		wizard_undo_centre(w);
		return false;
	default:
		return false;
	}
}

static enum move wizard_propose(struct wizard *w, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_NEXT:
		return MOVE_NEXT;
	case EVENT_BACK:
		/* On the first screen there is nothing to go back to. */
		return w->at ? MOVE_BACK : wizard_quit_question(w) ? MOVE_LEAVE : MOVE_STAY;
	case EVENT_BUTTON:
		if (strcmp(ev->id, "next") == 0)
			return MOVE_NEXT;
		return strcmp(ev->id, "back") == 0 ? MOVE_BACK : MOVE_STAY;
	case EVENT_UNDO:
		wizard_undo_centre(w);
		return MOVE_STAY;
	case EVENT_QUIT:
		return wizard_quit_question(w) ? MOVE_LEAVE : MOVE_STAY;
	case EVENT_HANGUP:
		w->signal = ev->signal;
		return MOVE_LEAVE;
	case EVENT_TOGGLE:
	case EVENT_OPEN:
	case EVENT_SET:
	case EVENT_KEY:
	case EVENT_CLOSE:
		break;
	}
	return MOVE_STAY;
}

static int wizard_loop(struct wizard *w, struct err *err)
{
	for (;;) {
		struct event ev = { 0 };
		enum move move;
		int r = wizard_show_step(w, &ev, err);

		if (r < 0)
			return r;
		move = wizard_propose(w, &ev);
		if (move != MOVE_LEAVE && ev.kind != EVENT_UNDO && ev.kind != EVENT_QUIT &&
		    step_table[w->at]->handle)
			move = step_table[w->at]->handle(w, &ev, move);
		/* A popup inside the step may have lost the terminal. */
		if (w->signal || w->leave)
			move = MOVE_LEAVE;
		if (move == MOVE_LEAVE)
			break;
		if (move == MOVE_NEXT)
			wizard_move(w, 1);
		else if (move == MOVE_BACK)
			wizard_move(w, -1);
	}
	wizard_save(w);
	return 0;
}

static unsigned wizard_step_index(const char *id)
{
	for (unsigned i = 0; id && i < step_count; i++)
		if (strcmp(step_table[i]->id, id) == 0)
			return i;
	return 0;
}

/* The first step that still has something to do by the facts of now. */
static unsigned wizard_step_by_facts(const struct wizard *w)
{
	unsigned saved = wizard_step_index(w->s->state.step);

	if (session_restart_is_due(w->s))
		return saved;
	if (strncmp(step_table[saved]->id, "restart_", 8) == 0 && w->verification &&
	    w->verification->all_kept && saved + 1 < step_count)
		saved++;
	while (saved + 1 < step_count && !wizard_applies(w, saved))
		saved++;
	return saved;
}

static const char *wizard_resume_sentence(const struct wizard *w)
{
	if (session_restart_is_due(w->s))
		return _("The computer has not been restarted since.");
	if (!w->verification || w->verification->n_checks == 0)
		return NULL;
	if (!w->verification->rebooted)
		return NULL;
	return w->verification->all_kept
		       ? _("The computer has been restarted since: everything that was promised came true.")
		       : _("The computer has been restarted since, but not everything came true: the new "
			   "options are not active. Was another boot entry chosen?");
}

static void wizard_add_promises(const struct wizard *w, struct str *text)
{
	for (unsigned i = 0; w->verification && i < w->verification->n_checks; i++) {
		const struct promise_check *p = &w->verification->checks[i];

		str_addf(text, "%s %s\n", p->result == PROMISE_KEPT ? "[x]" : "[!]", p->text);
		if (p->evidence)
			str_addf(text, "    %s\n", p->evidence);
		if (p->advice)
			str_addf(text, "    %s\n", p->advice);
	}
}

/* What was promised is measured again, never remembered. */
static void wizard_resume(struct wizard *w)
{
	struct run_state *st = &w->s->state;
	struct err err = { 0 };
	_cleanup_str_ struct str stopped = { 0 }, next = { 0 };
	_cleanup_build_ struct screen_build b = { 0 };
	const char *sentence;

	if (!st->step)
		return;
	verification_free(w->verification);
	w->verification = NULL;
	if (session_verify(w->s, &w->verification, &err) < 0)
		wizard_say_err(w, &err);
	w->at = wizard_step_by_facts(w);
	w->furthest = w->at;
	sentence = wizard_resume_sentence(w);
	build_begin(&b, SCREEN_POPUP, "", "");
	str_addf(&stopped, _("You stopped on %s."), wizard_time(&b, st->saved_at));
	str_addf(&next, _("Next: %s"), _(step_table[w->at]->title));
	for (;;) {
		const char *const lines[] = { str_c(&stopped), sentence ? sentence : str_c(&next),
					      sentence ? str_c(&next) : NULL, NULL };
		const char *const buttons[] = { _("Continue"), _("Look at the finished steps"),
						_("Start again, keep the changes made so far"), _("Undo..."),
						_("Show what was measured"), NULL };
		int choice = wizard_choose(w, "resume", _("Continue?"), lines, buttons);

		if (choice == 1 || choice == 2)
			w->at = 0;
		if (choice == 2) {
			answers_done(&w->s->answers);
			answers_init(&w->s->answers);
			wizard_replan(w);
		}
		if (choice == 3)
			wizard_undo_centre(w);
		if (choice != 4)
			break;
		_cleanup_str_ struct str text = { 0 };

		wizard_add_promises(w, &text);
		wizard_show_text(w, _("Measured just now"), text.len ? str_c(&text) : _("Nothing was promised."));
	}
}

static int wizard_exit_code(const struct wizard *w)
{
	if (w->signal)
		return 128 + w->signal;
	if (session_restart_is_due(w->s))
		return 1;
	return strcmp(step_table[w->at]->id, "test") == 0 ? 0 : 1;
}

int wizard_run(struct session *s, struct frontend *f, struct err *err)
{
	struct wizard w = { .s = s, .f = f, .review_view = 1 };
	int r = wizard_look(&w, err);

	if (r == 0) {
		if (s->read_only)
			wizard_say(&w, MESSAGE_NOTE, "%s", s->read_only_why);
		wizard_resume(&w);
		r = w.signal ? 0 : wizard_loop(&w, err);
	}
	f->ops->close(f, r < 0 || w.signal ? NULL : str_c(&w.last_words));
	if (r == 0)
		r = wizard_exit_code(&w);
	plan_free(w.plan);
	verification_free(w.verification);
	str_done(&w.last_words);
	return r;
}
